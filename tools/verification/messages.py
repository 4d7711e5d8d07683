"""What a teacher is told of a proposed alignment that does not stand: what is wrong, and what to do about it.

Templates for `molreflect.tools.english.ENGLISH`, `str.format` with articles and plurals. Every one may use
`{pattern}`, `{quoted}` (the proposal's words), `{text}`, `{name}` and `{key}` (the phrase as the caption reader has it,
its name, and as the corpus counts it); the rest is given by its use.
"""

AS_IT_IS = "{said}"
"""A message that another module has worded."""
NOT_VERIFIED = "verification was off"

# Quoted, and of a kind that has a structure
MISQUOTED = "{quoted!r} does not stand in the caption; quote the caption's own words, letter by letter"
NO_STRUCTURE = "{kind:a} names no structure; leave it unpatterned"
WORDS_OF_NO_STRUCTURE = "{quoted!r} is {kind:a}, which names no structure; leave it unpatterned"
WORDS_OF_RELATION = "{quoted!r} states a relation; submit it as kind relation without a pattern"
NO_PATTERN = "no pattern was proposed for {quoted!r}; propose SMARTS, or leave the phrase out"

KNOWN_BUT_ABSENT = (
    "nothing that {key!r} is known to mean was found in the molecule, which decides nothing where the words mean more; "
    "leave the phrase out, or propose SMARTS"
)

# Present
ABSENT = "{pattern}: the pattern does not occur in the molecule; propose another one, or drop the phrase"
LACKS_ATOMS = "{quoted!r} names {atoms}, of which the molecule has too few atoms or none; drop the phrase"
OTHER_CONFIGURATION = "{pattern}: the atoms are there with another configuration than the phrase states"
NOT_COMPUTED = "the rings or the carbon skeleton of {key:a} were not found in the molecule"

# Specific, and what the phrase means
ANY_CARBON = "any carbon fits this pattern; add the atoms that make the group"
ANY_OXYGEN = "an oxygen by itself does not say what it is bound to; add the carbon that the words speak of"
LONE_CARBON = "a lone carbon says nothing; add the atoms that make the group"
LONE_ATOM = "a lone atom, here found {times:#time}, is no group; add its neighbours"
ANY_CHAIN = "the pattern fits nearly any carbon chain; make it specific"
NO_ELEMENT = "the pattern names no element; say which atoms make the group"
WHOLE_MOLECULE = "the pattern covers the whole molecule although the phrase names a part; cut it down to that part"
MEANS_ANOTHER = (
    "{key!r} means {meant.name} ({meant.patterns[0]}), which this molecule does not contain; use that pattern, or drop "
    "the phrase"
)
MEANS_ELSEWHERE = (
    "{key!r} means {meant.name} ({meant.patterns[0]}), which is at other atoms of this molecule; use that pattern, or "
    "drop the phrase"
)
OTHER_EXTENT = (
    "{key!r} means {meant.name} ({meant.patterns[0]}), which is here, but is not the atoms that {pattern} covers; use "
    "that pattern, or one of the same atoms other than carbon"
)
ALSO_ELSEWHERE = (
    "{pattern} also covers {extra:#other place} of this molecule beside {meant.name} ({meant.patterns[0]}); make it so "
    "specific that it is found only there"
)
MINED_ONLY = "only a fragment that the corpus suggests stands behind {key!r}: a hint, not what the words mean"
SAYS_NOTHING = "{pattern} fits atoms of nearly any molecule; add the atoms and hydrogens that make the group"

# What absence means: none of these refutes
NARROWER = "{pattern} is not in the molecule, but {key!r} may mean more than this pattern says"
USED_WIDER = "{pattern} is not in the molecule, but other captions say {key!r} of molecules without it as well"
CHANGED_FORM = "{pattern} is not in the molecule as it stands; the words speak of a part or of a compound that changed"
CONSUMED = "{pattern} is not in the molecule; the sentence speaks of a change in which it may have been used up"
COUNTER_ION = "{pattern} is not in the molecule, which is drawn without the other ion of the salt"
OPEN_NAME = "{pattern} is not in the molecule, but {text!r} leaves positions open, of which it is one choice"
BRIDGE = "{pattern} is not in the molecule, but {text!r} joins two positions, which a larger ring does as well"
CLASS_OF_NAME = "{text!r} are compounds like the one of that name, which differ from it; it need not be there itself"
OTHER_RANKING = "{name!r} is there with its descriptors, but groups rank otherwise there: either hand may be meant"
ISOTOPES = "{pattern} is not in the molecule, but it counts hydrogens, of which the molecule draws some as isotopes"
HALF_READ = "{pattern} is not in the molecule, but not all words of {text!r} were read"
UNDEFINED_CENTRE = "{pattern} is in the molecule with a centre or double bond left undefined, which contradicts nothing"
OTHER_PROTONATION = "{pattern} is in the molecule, but its protons are drawn at other atoms"
OTHER_BONDS = "the atoms of {pattern} are in the molecule with other bonds or hydrogens"
TAUTOMER = "{pattern} is in another tautomer of the molecule"
NOT_IN_TIME = "{pattern} was not found, and a more generous search took too long"
NOT_EVEN_CHANGED = (
    "the molecule does not hold {name!r}, not even with its groups changed: its atoms are elsewhere or absent"
)
GROUP_REPLACED = (
    "all of {name!r} but one group is in the molecule, with another group in its place: some say of such a molecule "
    "that it derives from the compound"
)
CLASS_OF_THAT_NAME = "the compound {name!r} does not stand in the molecule, but the class that goes by the name does"
ONLY_OTHER_CONFIGURATION = "the molecule holds {name!r} in another configuration only"
OTHER_PARENT = (
    "{pattern} is in the molecule, but not at {locants} of {parent}, which may be numbered otherwise or not be meant"
)
MEANT_ANOTHER = (
    "{pattern} is in the molecule; what {key!r} means ({meant.patterns[0]}) was not found, which decides nothing here"
)
FEWER_OF_ONE_PATTERN = (
    "{text!r} states {count}, the molecule has {times} of {pattern}; of all patterns that mean it there are {every}"
)
FEWER_LEFT = "{text!r} states {count}, the molecule has {times} of {pattern} as such; some may have been used up"

OPEN_MEMBER = "whether the molecule is {key:a} is open: it {why}, though some call it so"
NOT_A_MEMBER = "the molecule is no {key}: it {why}; drop the phrase"
REPEATED = "the text speaks of a repeating unit, of which the molecule may be drawn once: how many {key:a} has is open"

# At the stated positions, as often as stated
OTHER_POSITIONS = "the molecule contains {bare:a}, but not with the positions {name!r} states; drop the phrase"
NOT_AT_POSITIONS = (
    "{pattern} is in the molecule, but not at {locants} of {parent}; drop the phrase, or quote the positions it is at"
)
TOO_MANY = "{text!r} states {count}, {pattern} is there {times:#time}; {meant.patterns[0]} is what {meant.name} means"
TOO_FEW = (
    "{text!r} states {count}, the molecule has {times} of {pattern}; use a pattern that is there as often, or drop the "
    "phrase"
)
WHICH_PLACE = (
    "{pattern} is there {times:#time} and {text!r} speaks of {count}; propose a pattern that is only at the place that "
    "is meant, or leave the phrase"
)
WHICH_ONE = "which {text!r} is the {word!r} one was not found out; propose a pattern that is only there"
FEWER_ON = "{times} of {quoted!r} were found on {carrier!r}; the words may place them otherwise than they were read"
NOT_COMPARED = "{quoted!r} is there; whether the {words} are as it says was not found out"
KINDS = "{quoted!r} speaks of {count} different ones and there are {times}"
GEOMETRY_OPEN = "{quoted!r} is there; whether it is {word!r} was not found out"
OTHER_GEOMETRY = "{quoted!r} is there, but what is said of it, {word!r}, is not so"
OTHERWISE_ON_RING = "{text!r} is not {how} to {named!r}: on their benzene ring the two are {really}"
NOT_ON = "{quoted!r} is there, but not on {words}"

# Supported by the corpus
PARTLY_READ = "{unread!r} was not read, only {meant.name!r}"
RARELY_TOGETHER = (
    "{pattern} is in only {evidence.recall:.0%} of the {evidence.pairs_with_phrase:#other pair} whose caption says "
    "{key!r} (not in {shown}); propose what they share"
)
NO_OFTENER_TOGETHER = (
    "{pattern} is in {background:.0%} of all molecules, hardly more often where the caption says {key!r}; make it "
    "specific"
)
COMMON = "{pattern} is in {background:.0%} of all molecules; make it specific"
TOO_RARE = "too few pairs of the corpus say {key!r} to decide without the molecule"
NOT_TOGETHER = (
    "{pattern} is in {evidence.recall:.0%} of the {evidence.pairs_with_phrase:#pair} whose caption says {key!r}, and "
    "in {background:.0%} of all; propose what they share"
)

# Relations
NEEDS_MOLECULE = "a relation needs the molecule to be compared with"
NO_RELATION = "{quoted!r} states no relation that can be checked; quote it from the relation word on"
NOT_RECOGNISED = "{name!r} is not recognised in the molecule, so the relation cannot be compared; leave it as it is"
UNKNOWN_STRUCTURE = "{name!r} has no known structure, so the relation cannot be compared; leave it as it is"
NAME_UNKNOWN = "no structure is known for {name!r}, so the relation cannot be compared"
CLASS_NOT_LEFT = "{name!r} is a class, not one structure, and is not left standing in this molecule"

# Claims that something is not there
PRESENT_THOUGH_DENIED = "the text says that {quoted!r} is not there, and the molecule has it {times:#time}"
DENIAL_UNDECIDED = "the text says that {quoted!r} is not there; nothing here decides whether it is"
TOO_MANY_CLAIMS = "the text makes more than {most} claims; check its parts one by one"


def is_partly_read(message: str) -> bool:
    """Say whether a message is `PARTLY_READ`."""
    return " was not read, only " in message

"""Words of the grammar: determiners, fillers, verbs and prepositions with the relation that they state."""

from __future__ import annotations

from molreflect.agents.analyst.grammar.relations import (
    Relation,
    at_places,
    attached,
    bears,
    ends_in,
    fused,
    greek,
    has,
    holds_within,
    is_conjugated,
    next_to,
    placed,
    within,
)

MOLECULE = frozenset(["it", "molecule", "compound", "structure", "substance", "this", "drug"])
FILLERS = frozenset(
    """directly also indeed therefore thus clearly overall structurally simply formally covalently additionally further
    furthermore moreover finally here however together chemically notably specifically""".split()
)
"""Words that say nothing of the structure, wherever they stand."""
PLAIN = frozenset(
    """free simple plain typical classic classical characteristic distinct separate discrete intact actual overall
    corresponding respective remaining pendant pendent appended attached own common small key central-to entire
    standard ordinary familiar existing parent""".split()
)
"""Adjectives that no structure can make false."""
STOP = frozenset(
    """is are was were be being been has have had having bears bear bearing carries carry carrying contains contain
    containing holds hold holding features feature featuring possesses possess includes include including displays
    shows with without within on onto in into inside at to from of off by via through between and or but while whereas
    that which who whose where the a an its their it they them this these those each both all every no not neither nor
    one's as than so because since hence i.e e.g namely attached bonded bound linked connected joined tethered coupled
    fused substituted located situated positioned placed found sits sit sitting lies lie lying resides reside hangs hang
    hanging stands stand standing ends end ending terminates terminate terminating spans span occupies occupy comprises comprise
    comprising consists consist consisting constitutes constitute forms form forming makes make runs run belongs belong links link linking
    connects connect connecting bridges bridge joins join separates separate flanks flank flanked flanking shares
    share shared conjugated adjacent next ortho meta para alpha beta gamma delta opposite vicinal decorate decorates
    decorated takes up uses use same i.e. e.g.""".split()
)
"""Words at which a noun ends."""
NUMBER_HEADS = ("exactly", "precisely", "only", "just", "altogether")
RELATIONS: dict[str, Relation] = {
    "attached": attached,
    "bears": bears,
    "has": has,
    "contains": holds_within,
    "within": within,
    "fused": fused,
    "next": next_to,
    "conjugated": is_conjugated,
    "ends": ends_in,
    "ortho": placed("ortho"),
    "meta": placed("meta"),
    "para": placed("para"),
    "1,2": at_places("1,2"),
    "1,3": at_places("1,3"),
    "1,4": at_places("1,4"),
    "alpha": greek("alpha"),
    "beta": greek("beta"),
    "gamma": greek("gamma"),
    "delta": greek("delta"),
}
_BARE = "attached bonded bound linked connected joined tethered coupled anchored appended affixed hooked"
_SITS = "sits sit lies lie resides reside hangs hang stands stand sitting lying hanging standing"
VERBS: dict[tuple[str, ...], str] = {}
"""Verbs that take a noun phrase, and the relation of the subject to it."""
for _words, _name in (
    ("bears bear bearing carries carry carrying holds hold holding wears displays display", "bears"),
    ("has have having possesses possess possessing features feature featuring with shows show showing exhibits", "has"),
    ("includes include including incorporates incorporate incorporating", "has"),
    ("contains contain containing comprises comprise comprising encompasses embeds", "contains"),
):
    VERBS |= {(word,): _name for word in _words.split()}
OF_THE_MOLECULE = frozenset(
    [
        ("combines",),
        ("consists", "of"),
        ("is", "composed", "of"),
        ("is", "made", "up", "of"),
        ("is", "made", "of"),
        ("is", "built", "on"),
        ("is", "built", "around"),
        ("is", "built", "from"),
        ("is", "based", "on"),
        ("is", "built", "upon"),
        ("is", "constructed", "from"),
        ("is", "derived", "from"),
        ("centres", "on"),
        ("centers", "on"),
        ("is", "centred", "on"),
        ("is", "centered", "on"),
        ("incorporates",),
        ("unites",),
        ("couples",),
        ("shows",),
        ("displays",),
        ("boasts",),
        ("presents",),
    ]
)
"""Verbs that say of the molecule that it has something."""
JOINS = frozenset(["joins", "fuses", "links", "couples", "connects", "attaches", "tethers", "combines"])
"""Verbs of the molecule whose two things stand in a relation: "fuses a pyrazole to a pyrimidine"."""
MAKES_UP = frozenset(
    [("constitute",), ("constitutes",), ("make", "up"), ("makes", "up"), ("form",), ("forms",), ("represent",), ("represents",),
     ("comprise",), ("are",), ("is",), ("define",), ("belong", "to"), ("belongs", "to"), ("are", "part", "of"), ("is", "part", "of")]
)  # fmt: skip
"""Verbs between indices and the part whose atoms they are."""
CORES = frozenset(["core", "scaffold", "framework", "nucleus", "skeleton", "backbone", "parent"])
VERBS |= {
    ("ends", "in"): "ends", ("end", "in"): "ends", ("ends", "with"): "ends", ("terminates", "in"): "ends",
    ("terminate", "in"): "ends", ("terminates", "with"): "ends", ("ending", "in"): "ends", ("terminating", "in"): "ends",
    ("is", "terminated", "by"): "ends", ("is", "capped", "by"): "ends", ("is", "capped", "with"): "ends",
    ("belongs", "to"): "within", ("belong", "to"): "within",
    ("decorates",): "attached", ("decorate",): "attached", ("hangs", "off"): "attached", ("hang", "off"): "attached",
    ("substituted", "with"): "bears", ("substituted", "by"): "bears", ("decorated", "with"): "bears",
    ("flanks",): "next", ("flank",): "next",
}  # fmt: skip
PLACES: dict[tuple[str, ...], str] = {}
"""Words behind "is" or a noun that place it, and the relation of what is placed to the noun phrase behind them."""
for _word in _BARE.split():
    for _to in ("to", "onto", "on", "with", "at"):
        PLACES[(_word, _to)] = "attached"
for _words, _name in (
    ("on|onto|off", "attached"),
    ("carried by|borne by|held by", "attached"),
    ("in|within|inside|part of|a part of|a member of|embedded in|incorporated in|incorporated into|contained in", "within"),
    ("found in|present in|included in|located in", "within"),
    ("fused to|fused with|fused onto|annulated to|condensed with", "fused"),
    ("next to|adjacent to|vicinal to|beside|neighbouring|neighboring|directly adjacent to", "next"),
    ("conjugated with|conjugated to|in conjugation with", "conjugated"),
    ("ortho to|in ortho position to|in the ortho position to|at the ortho position to|ortho with respect to", "ortho"),
    ("meta to|in meta position to|in the meta position to|at the meta position to|meta with respect to", "meta"),
    ("para to|in para position to|in the para position to|at the para position to|para with respect to", "para"),
    ("opposite|opposite to|directly opposite|across the ring from|across from", "1,4"),
    ("1,2 to", "1,2"), ("1,3 to", "1,3"), ("1,4 to", "1,4"),
    ("alpha to|in alpha position to", "alpha"), ("beta to|in beta position to", "beta"),
    ("gamma to|in gamma position to", "gamma"), ("delta to", "delta"),
):  # fmt: skip
    PLACES |= {tuple(words.split()): _name for words in _words.split("|")}
SITS = frozenset(
    [*_SITS.split(), "is", "are", "being", "located", "situated", "positioned", "placed", "found", "stand"]
)
"""Verbs behind which only a place follows."""
TOGETHER: dict[str, str] = {
    "adjacent": "next", "neighbouring": "next", "neighboring": "next", "vicinal": "next", "consecutive": "next",
    "contiguous": "next",
}  # fmt: skip
"""Adjectives of atoms that several groups stand on together."""
OTHER = (("each", "other"), ("one", "another"))
TAKES_UP = frozenset(
    [("spans",), ("span",), ("comprises",), ("comprise",), ("occupies",), ("occupy",), ("uses",), ("use",), ("takes", "up"),
     ("take", "up"), ("consists", "of"), ("consist", "of"), ("is", "made", "of"), ("is", "made", "up", "of"),
     ("is", "formed", "by"), ("is", "comprised", "of"), ("is", "composed", "of"), ("covers",), ("is", "built", "from"),
     ("includes",), ("corresponds", "to"), ("correspond", "to"), ("involves",), ("runs", "over"), ("is",), ("are",), ("sits", "at"), ("sit", "at"), ("lies", "at"), ("lie", "at"), ("is", "at"), ("are", "at"), ("is", "located", "at"), ("are", "located", "at"), ("is", "found", "at"), ("are", "found", "at"), ("has", "index"), ("has", "the", "index"), ("have", "indices"), ("is", "numbered"), ("is", "labelled"), ("carries", "index"), ("carries", "the", "index"), ("make", "up"), ("makes", "up")]
)  # fmt: skip
"""Words behind which the atoms of a part are given."""
LINKS = frozenset(
    """links link linking connects connect connecting bridges bridge bridging joins join joining separates separate
    separating spans tethers unites couples""".split()
)
SHARES = frozenset(["share", "shares", "sharing"])

"""Reading a caption: which words speak about structure, relations, roles and origin, with exact character offsets.

The reader is a small deterministic grammar over the tokens of `tools.captions.cue_words`: cues ("It is a", "derives
from",
"substituted by", "has a role as", "isolated from") say what the noun phrases after them mean, and coordinated lists
are split into their items. No model, no lookup beyond the lexicon, time linear in the length of the caption.

What is deliberately not a structural phrase: what is replaced or removed ("in which the hydroxy group ... is replaced
by"), what reacts away ("condensation of the carboxy group of X": X is a relation), stereo configurations alone,
linkages the lexicon does not know, negations, and class names that only modify another noun ("alcohol dehydrogenase").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from molreflect.tools.captions.cue_words import (
    ADJECTIVES,
    ARTICLES,
    BOND_NOUNS,
    CLASS_HEADS,
    COUNTS,
    GROUP_NOUNS,
    MAX_PHRASE_LENGTH,
    MULTIPLIERS,
    NOT_NAMES,
    NOT_STRUCTURE,
    PART_NOUNS,
    ROLE_BUT_STRUCTURE,
    ROLE_NOUNS,
    STOP,
    Token,
    looks_chemical,
    tokenise,
    words,
)
from molreflect.tools.lexicon.classes import Lexicon, normalise_name
from molreflect.tools.terms import PhraseKind

_MAX_NOUN_PHRASE = 20
"""Most tokens of one noun phrase; longer ones are prose that the grammar does not follow."""
_MAX_LOOKAHEAD = 60
"""Most tokens that are searched for the verb of a clause."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words quoted from a caption; `caption[start:end] == text` always."""

    text: str
    start: int
    """0-based character offset of the first character."""
    end: int
    """0-based character offset behind the last character."""
    kind: PhraseKind
    key: str
    """Normalised name for lookups and corpus statistics: singular, no article, no count, no "group". For a relation
    the compound it names, for an origin the organism or place."""
    count: int | None = None
    """How many of `key` the phrase states ("two chloro substituents", "dichloro"), else None."""
    locants: tuple[str, ...] = ()
    """Positions the phrase states, as written: ("3", "11"), ("N-2",), ("3beta",)."""
    relation: str | None = None
    """For relations the relation in words, one of `CAPTION_RELATIONS`."""
    source: str = ""
    """Which rule found it: "head", "item", "parent", "modified-parent", "component", "substituent", "group",
    "modifier", "name" (unknown to the lexicon, only its shape is chemical), "relation", "role", "origin"."""
    whole: bool = False
    """Whether the phrase names the whole molecule: what follows "The molecule is a"."""
    name: str = ""
    """The name behind `key` with its capitals ("N-acetyl-L-leucine", "O-methyl"), which nomenclature needs; empty for
    roles and origins."""


CAPTION_RELATIONS = (
    "derives from", "derives from a hydride of", "functionally related to", "functional parent", "conjugate base of",
    "conjugate acid of", "enantiomer of", "stereoisomer of", "tautomer of", "zwitterion of", "anion of", "cation of",
    "salt of", "free base of", "hydrate of", "ester of", "ether of", "derivative of", "analogue of", "metabolite of",
    "isotopologue of", "isomer of", "oligomer of", "condensation of", "acylation of", "reaction of", "deprotonation of",
    "protonation of", "addition to", "oxidation of", "reduction of", "hydrolysis of",
)  # fmt: skip
"""Every value that `Phrase.relation` can take."""

_ISOMER_WORDS = {
    "enantiomer": "enantiomer of", "stereoisomer": "stereoisomer of", "diastereoisomer": "stereoisomer of",
    "diastereomer": "stereoisomer of", "epimer": "stereoisomer of", "anomer": "stereoisomer of",
    "isomer": "isomer of", "tautomer": "tautomer of", "racemate": "stereoisomer of", "congener": "analogue of",
}  # fmt: skip
_ION_WORDS = {
    "anion": "anion of", "monoanion": "anion of", "dianion": "anion of", "trianion": "anion of",
    "tetraanion": "anion of", "pentaanion": "anion of", "hexaanion": "anion of", "cation": "cation of",
    "dication": "cation of", "trication": "cation of", "zwitterion": "zwitterion of",
}  # fmt: skip
_MADE_WORDS = {
    "salt": "salt of", "hydrochloride": "salt of", "dihydrochloride": "salt of", "hydrobromide": "salt of",
    "monohydrochloride": "salt of", "mesylate": "salt of", "maleate": "salt of", "tartrate": "salt of",
    "hydrate": "hydrate of", "monohydrate": "hydrate of", "dihydrate": "hydrate of", "hemihydrate": "hydrate of",
    "ester": "ester of", "monoester": "ester of", "diester": "ester of", "triester": "ester of",
    "hemisuccinate": "ester of", "acetate": "ester of", "propionate": "ester of", "valerate": "ester of",
    "ether": "ether of", "diether": "ether of", "monoether": "ether of", "derivative": "derivative of",
    "amide": "derivative of", "monoamide": "derivative of", "oxime": "derivative of", "hydrazone": "derivative of",
    "glycoside": "derivative of", "glucoside": "derivative of", "glucuronide": "derivative of",
    "adduct": "derivative of", "conjugate": "derivative of", "oxide": "derivative of", "n-oxide": "derivative of",
    "acetal": "derivative of", "anhydride": "derivative of", "lactone": "derivative of", "thioester": "ester of",
    "analogue": "analogue of", "analog": "analogue of", "homologue": "analogue of", "homolog": "analogue of",
    "metabolite": "metabolite of", "prodrug": "derivative of", "isotope": "isotopologue of",
    "isotopologue": "isotopologue of", "radioisotope": "isotopologue of", "dimer": "oligomer of",
    "trimer": "oligomer of", "tetramer": "oligomer of", "oligomer": "oligomer of", "base": "free base of",
}  # fmt: skip
_REACTIONS = {
    "condensation": "condensation of", "reaction": "reaction of", "acylation": "acylation of",
    "esterification": "condensation of", "alkylation": "reaction of", "methylation": "reaction of",
    "amidation": "condensation of", "deprotonation": "deprotonation of", "protonation": "protonation of",
    "addition": "addition to", "oxidation": "oxidation of", "reduction": "reduction of", "hydrolysis": "hydrolysis of",
    "dehydration": "reaction of", "glycosylation": "condensation of", "phosphorylation": "condensation of",
    "coupling": "condensation of", "cyclisation": "reaction of", "hydroxylation": "oxidation of",
    "epoxidation": "oxidation of", "dimerisation": "oligomer of", "combination": "reaction of",
    "hydrogenation": "reduction of", "sulfation": "condensation of", "acetylation": "acylation of",
    "mono-esterification": "condensation of", "decarboxylation": "reaction of", "demethylation": "reaction of",
    "removal": "deprotonation of", "loss": "deprotonation of", "transfer": "tautomer of",
}  # fmt: skip
_MISSPELT = {
    "poition": "position", "poitions": "positions", "postion": "position", "postions": "positions",
    "positon": "position", "positons": "positions", "poistion": "position", "poistions": "positions",
    "substitued": "substituted", "subsituted": "substituted", "condesation": "condensation",
}  # fmt: skip
"""Words that cue the grammar, as captions misspell them."""
_FORM_WORDS = {"form", "forms"}
_BE = words("is are was were")
_AUXILIARY = words(
    """is are was were has have had been being be also both each formally all either respectively, then undergone"""
)
_REPLACED = words(
    """replaced converted oxidised oxidized reduced removed exchanged hydrolysed hydrolyzed undergone transformed
    lost cleaved eliminated dehydrated changed"""
)
_MODIFIED = words(
    """esterified acylated acetylated methylated glycosylated phosphorylated sulfated alkylated amidated condensed
    etherified hydroxylated benzoylated protected capped"""
)
_SUBJECT_STAYS = words(
    "substituted esterified acylated glycosylated joined linked fused attached condensed alkylated etherified bonded"
)
"""What may be done to the subject of a clause so that it is still in the molecule."""
_LIST_VERBS = words(
    """substituted replaced carrying bearing carries bears having acylated esterified acetylated linked attached
    glycosylated phosphorylated sulfated alkylated methylated connected bonded joined with contains
    containing possessing possesses featuring features hydroxylated amidated fused conjugated flanked"""
)
_COMPONENT_VERBS = words("consisting consists consist composed comprised comprising comprises")
_ORIGIN_VERBS = {
    "isolated": ("from",), "extracted": ("from",), "obtained": ("from",), "found": ("in", "throughout"),
    "observed": ("in",), "detected": ("in",), "identified": ("in", "from"), "produced": ("by",), "derived": ("from",),
    "occurring": ("in",), "occurs": ("in",), "present": ("in",), "synthesized": ("by",), "purified": ("from",),
    "secreted": ("by",), "biosynthesized": ("by",), "originating": ("from",), "sourced": ("from",),
}  # fmt: skip
_SURE_ORIGINS = words("isolated extracted purified")
_ORIGIN_WORDS = words(
    """plant plants bacteria bacterium fungi fungus animals mammals humans urine blood plasma serum roots root
    leaves leaf bark stem stems seeds seed fruit fruits flowers rhizomes sponge sponges coral algae alga oil
    oils milk tissue tissues brain liver bile venom broth culture wood heartwood needles parts peel tubers soil
    yeast yeasts streptomycetes vegetables tea coffee tobacco honey wine soybean soybeans tomatoes insects fish
    shellfish lichens mushrooms nature species cannabis opium poppy cyanobacteria marine"""
)
_ORIGIN_END = words(
    """that which it this exhibits exhibit exhibited has have had and/or is are was were while where when as with
    by used showing shows exhibiting displays because the's may can but they who for inhibits they're being
    where it's resulting although"""
)
_EPITHET = re.compile(r"^[A-Z][a-z]{3,}$|^[A-Z]\.$")
_LOCANT = re.compile(
    r"^(?:[1-9]\d{0,2}(?:[a-z]|alpha|beta|[RSEZ]|bis|ter)?'{0,4}(?:\([\w'-]{1,9}\))?"
    r"|[CNOSP][-(]?\d{0,3}[a-z]?'{0,3}\)?|[NOSC](?:alpha|beta|gamma|epsilon)?|alpha|beta|gamma|delta|epsilon|omega"
    r"|omega-\d|\(omega-1\)|ortho|meta|para|N\(?\d{0,3}\)?|N\(?(?:alpha|epsilon|tau|pi)\)?|[NOC]-?(?:\d{1,3}|alpha|epsilon)'{0,3}"
    r"|\d{1,3}-?pro-[RS]|reducing-end|sn-\d|anomeric)$"
)
_LEADING_LOCANT = re.compile(
    r"^(\(?\d{1,2}[a-z]?(?:alpha|beta|[RSEZ]|xi)?'{0,3}\)?|[CNOS](?:\(?\d{0,3}\)?)?|alpha|beta|gamma|omega|\(omega-1\)|\(\d{1,2}[EZRS]\))-(?=[A-Za-z])"
)
_OWN_LOCANTS = re.compile(
    r"((?:(?:\d{1,2}[a-z]?'{0,3}-)?[NOSC](?:\(?\d{0,3}\)?)?'{0,2}|\d{1,2}[a-z]?'{0,3}(?:alpha|beta)?)"
    r"(?:,(?:[NOSC]\(?\d{0,3}\)?|\d{1,2})'{0,3}){0,6})-(?=[\w(\[{])"
)
_SIMPLE_SUBSTITUENTS = words(
    """hydroxy hydroxyl oxo keto methyl ethyl propyl butyl amino nitro chloro bromo fluoro iodo carboxy methoxy
    ethoxy acetoxy acetyl formyl sulfo sulfooxy phospho phosphono phosphate phosphonooxy cyano hydroxymethyl
    prenyl geranyl farnesyl isopropyl isopropenyl methylidene methylene epoxy benzoyloxy acetamido methylamino
    dimethylamino phenyl benzyl trifluoromethyl mercapto sulfanyl isobutyl tert-butyl vinyl allyl ethenyl
    propenyl hydroperoxy ammonio carboxylato carboxylate imino thioxo azido carbamoyl carboxymethyl
    methoxycarbonyl ethoxycarbonyl acyl alkyl aryl chlorine bromine fluorine iodine sulfanediyl methylthio
    methylsulfanyl glycosyl ribosyl tosyl galloyl tetradecanoyl hexadecanoyl octadecanoyl hydroxide carboxylic
    aldehyde ketone guanidino ureido"""
)
_CHAINED = words("""phosphate phosphono phospho methylamino sulfanediyl hydroxide acyl alkyl aryl ketone thioxo""")
"""Names before which "di" makes a chain or another group: a diphosphate is not two phosphates."""
_STEREO_HEADS = words(
    """configuration configurations stereochemistry stereoisomer diastereomer isomer enantiomer anomer epimer"""
)
_PARENS = re.compile(r"\s\((?:[^()]{1,120})\)(?=\s)")
_FORMAL = frozenset(
    r for r in CAPTION_RELATIONS if r.startswith(("derives", "functional", "conjugate", "enantiomer", "tautomer"))
)
_KEEPS = frozenset({"salt of", "hydrate of", "stereoisomer of", "enantiomer of", "free base of"})
_PARENT_FOLLOWS = words(
    """substituted in having carrying bearing with attached acylated which where . , glycosylated linked lacking
    esterified containing hydroxylated ("""
)
_MADE_BY = words(
    """formal formally obtained resulting results result arising arises formed derived via prepared produced from"""
)
_NO_CLAIMS = words(
    """derivative structure heterocyclic anionic cationic parent nucleus trans cis aglycon aglycone free dihydro
    tetrahydro hexahydro didehydro dehydro dideoxy deoxy compound polymer macromolecule combine macrocyclic"""
) | {
    "organic compound", "chemical compound", "parent compound", "organic molecule", "carbon compound",
    "one-carbon compound", "anomeric carbon", "anomeric carbon atom",
}  # fmt: skip
"""What alone says nothing about structure, or only that something was changed."""
_LINKAGE_ALONE = re.compile(r"^(?:sequentially )?(?:alpha|beta)?-?\(\d{1,2}'?->\d{1,2}'?\)(?:[- ]linkage)?$")
_EMPTY_HEADS = words("compound compounds derivative derivatives salt salts acid acids base bases ion ions")
"""Class words that say nothing alone."""
_ADJECTIVE_ENDINGS = (
    "-chain", "-acting", "-labile", "-carbon", "-soluble", "-active", "-", "ly", "able", "-free", "-stable", "-gray",
    "-white", "-yellow", "-based", "-like", "-selective", "-dosed", "-bound",
)  # fmt: skip
_SUBSTANCE_ROLES = words(
    """antibiotic antibiotics drug insecticide herbicide fungicide hormone diuretic analgesic antihistamine
    antidepressant antipsychotic antimalarial dye sedative hypnotic vitamin pesticide antifungal antiviral"""
)
"""Roles whose modifier is often a class of structures: "macrolide antibiotic", "azo dye"."""
_CUES_INSIDE = frozenset(_REACTIONS) | {"role", "conjugate", "functionally", "functional"}
_SALT_WORDS = words("""sodium potassium calcium magnesium lithium zinc ammonium disodium dipotassium salt""")
_TAUTOMER_WORDS = words("""keto enol pyranose furanose open-chain lactone enamine imine aldehydo cyclic hydrated""")
_GROUP_LIKE = GROUP_NOUNS | words("terminus termini nitrogen nitrogens oxygen oxygens ring")
_NEGATIONS = words("""lacking lacks without no not neither non unlike lack devoid except missing rather""")


class _NounPhrase:
    """A run of tokens between function words: its extent, count, and whether an article stood before it."""

    __slots__ = ("article", "count", "counted_from", "first", "last", "next")

    def __init__(self, first: int, last: int, after: int, count: int | None, counted_from: int, article: bool) -> None:
        self.first = first
        self.last = last
        """Index of the last token, inclusive."""
        self.next = after
        self.count = count
        self.counted_from = counted_from
        """Index of the count word, or `first` when there is none."""
        self.article = article


class CaptionReader:
    """Reads captions against one lexicon. Keeps no state between captions; safe to share between threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._known: dict[str, bool] = {}

    def read(self, caption: str) -> tuple[Phrase, ...]:
        """Find the phrases of a caption.

        Args:
            caption: The caption as it stands in the corpus; any text is allowed.

        Returns:
            Phrases sorted by start; phrases of one kind never overlap, phrases of different kinds may (the "methyl
            ester" in "methyl ester of benzoic acid" is a structure inside a relation).
        """
        return _Reading(caption, self).run()

    def knows(self, name: str) -> bool:
        """Say whether the lexicon has a class of that name (any spelling)."""
        known = self._known.get(name)
        if known is None:
            known = len(name) <= MAX_PHRASE_LENGTH and self._lexicon.find(name) is not None
            if len(self._known) < 200_000:  # bounded: hostile corpora must not fill the memory
                self._known[name] = known
        return known


class _Reading:
    """One pass over one caption."""

    def __init__(self, caption: str, reader: CaptionReader) -> None:
        self.caption = caption
        self.knows = reader.knows
        self.tokens: Sequence[Token] = tokenise(caption)
        self.lows = [_MISSPELT.get(token.low, token.low) for token in self.tokens]
        self.lows.extend([".", ".", ".", "."])  # so that looking a few tokens ahead needs no bounds checks
        self.size = len(self.tokens)
        self.found: list[Phrase] = []
        self.pending: tuple[str, ...] = ()
        """Locants of what is being replaced, for the substituents that take its place."""
        self.sentence = 0
        """Index of the first token of the current sentence."""

    # The walk -------------------------------------------------------------------------------------------------------

    def run(self) -> tuple[Phrase, ...]:
        i = 0
        while i < self.size:
            low = self.lows[i]
            if low == ".":
                self.pending = ()
                i += 1
                self.sentence = i
                if i < self.size:
                    i = self.opening(i)
                continue
            if i == 0:
                after = self.opening(i)
                if after > i:
                    i = after
                    continue
            if not self.tokens[i].word:
                i += 1
                continue
            after = self.cue(i, low)
            i = after if after > i else self.plain(i)
        return self.settle()

    def settle(self) -> tuple[Phrase, ...]:
        """Sort, and keep phrases of one kind apart: the first one read wins."""
        kept: list[Phrase] = []
        ends: dict[PhraseKind, int] = {}
        order = {id(phrase): n for n, phrase in enumerate(self.found)}
        for phrase in sorted(self.found, key=lambda p: (p.start, -p.end, order[id(p)])):
            if phrase.start >= ends.get(phrase.kind, 0):
                ends[phrase.kind] = phrase.end
                kept.append(phrase)
        return tuple(kept)

    def cue(self, i: int, low: str) -> int:
        """Read what the word at `i` announces; return the index behind it, or `i` when it announces nothing."""
        lows = self.lows
        if low in _BE:
            return self.copula(i)
        if low == "role" and lows[i + 1] == "as":
            return self.roles(i + 2)
        if low in {"used", "acts", "functions", "serves", "acting"} and lows[i + 1] == "as":
            return self.roles(i + 2, prose=True)
        if low in {"derives", "derived"} and lows[i + 1] == "from":
            return self.derives(i)
        if low == "related" and lows[i + 1] == "to" and lows[i - 1] == "functionally" and i:
            return self.relation_list(i - 1, i + 2, "functionally related to")
        if low == "functional" and lows[i + 1] == "parent":
            return self.relation_list(i, i + 3 if lows[i + 2] == "of" else i + 2, "functional parent")
        if low in {"in", "where", "whereby"} and (low != "in" or lows[i + 1] == "which"):
            return self.clause(i + 2 if low == "in" else i + 1)
        if low == "with" and lows[i + 1] == "data" and lows[i + 2] == "available":
            return i + 3
        if low in _ORIGIN_VERBS:
            after = self.origin(i)
            if after > i:
                return after
        if low in _REACTIONS:
            return self.reaction(i, low)
        if low == "conjugate" and lows[i + 1] in {"base", "acid"} and lows[i + 2] == "of":
            return self.relation_list(i, i + 3, f"conjugate {lows[i + 1]} of")
        if low in _NEGATIONS:
            return self.skip_phrase(i + 1)
        if low in {"specified", "identified"} and lows[i + 1] == "as":
            return self.substituents(i + 2, "substituent")
        if low in _COMPONENT_VERBS or (low in {"built", "made"} and lows[i + 1] in {"of", "from", "up"}):
            return self.components(i)
        if low == "with" and not self.is_having(i):
            return i
        if low in {"those", "that"} and lows[i + 1] == "at":
            after, self.pending, _ = self.locants_after(i + 1)
            return after
        if low in _LIST_VERBS:
            return self.announced(i, low)
        return i

    def plain(self, i: int) -> int:
        """Without a cue only "X group" and the like speak about the molecule; step over everything else."""
        if self.lows[i] in STOP:
            return i + 1
        phrase = self.noun_phrase(i)
        if phrase is None:
            return i + 1
        head = self.lows[phrase.last]
        named_ring = (
            head in PART_NOUNS
            and phrase.last > self.trim(phrase)
            and self.tokens[i - 1].low in ARTICLES
            and self.knows(self.text(self.trim(phrase), phrase.last))
        )
        if (head in GROUP_NOUNS or named_ring) and not self.is_replaced_next(phrase.next) and self.is_part(phrase):
            after, locants, shared = self.locants_after(phrase.next)
            self.add_part(phrase, "group", locants, after if locants and not shared else None)
            return max(after, phrase.next)
        if self.lows[i - 1] == "of" and i >= 2 and self.is_place(i - 2):
            self.compound_inside_at(phrase)  # "position 3 of prop-2-enoic acid": the compound is there, changed
        if head in ROLE_NOUNS and self.sentence == i and head not in {"component", "intermediate", "metabolite"}:
            self.add_role(phrase)
        for k in range(i + 1, phrase.last + 1):
            if self.lows[k] in _CUES_INSIDE:
                return k
        return max(phrase.next, i + 1)

    def is_place(self, i: int) -> bool:
        """Say whether a token is a place in a compound: "position", "C-3", "nitrogen", "group"."""
        places = {"position", "positions", "carbon", "nitrogen", "oxygen", "sulfur", "terminus", "atom"} | GROUP_NOUNS
        return self.lows[i] in places or _is_locant(self.tokens[i].text)

    def opening(self, i: int) -> int:
        """Read a sentence that opens with its claim: "A nitroimidazole used to treat ...", "An alkaloid ..."."""
        low = self.lows[i]
        if low not in {"a", "an"} or not self.tokens[i].text[0].isupper():
            return i
        return self.items(i, head=False, prose=True)

    # Noun phrases ---------------------------------------------------------------------------------------------------

    def noun_phrase(self, i: int) -> _NounPhrase | None:
        """Read determiners, a count and the words of one name; stop at the first word that cannot belong to it."""
        tokens, lows = self.tokens, self.lows
        article = False
        count: int | None = None
        counted_from = -1
        begin = i
        while i < self.size and i - begin < _MAX_NOUN_PHRASE:
            low = lows[i]
            if low in ARTICLES and not (low == "a" and tokens[i].text == "A" and i != self.sentence):
                article = True
            elif low in COUNTS and lows[i + 1] != "of":
                count, counted_from = COUNTS[low], i
            elif low in {"one", "both", "each", "either", "all", "two", "three", "some"} and lows[i + 1] == "of":
                i += 1
            elif low in {"one", "both", "each", "all"}:
                pass
            else:
                break
            i += 1
        first = i
        last = -1
        while i < self.size and i - first < _MAX_NOUN_PHRASE:
            token = tokens[i]
            if not token.word:
                if token.low == "(" and last >= 0:
                    closed = self.bracket_end(i)
                    if closed and lows[closed + 1] in CLASS_HEADS | GROUP_NOUNS:
                        i = closed + 1
                        continue
                elif token.low == "(" and last < 0:
                    closed = self.bracket_end(i)
                    if closed and lows[closed + 1] in GROUP_NOUNS:
                        last = closed
                        i = closed + 1
                        continue
                break
            low = token.low
            if low == "and" and last >= 0 and lows[i + 1] == "o-substituted" and lows[i + 2] == "derivatives":
                last = i + 2  # "dicarboxylic acids and O-substituted derivatives" is one class
                i += 3
                break
            if low in STOP and not (low == "a" and token.text == "A" and last >= 0) and not self.is_letter(i, last):
                break
            last = i
            i += 1
        if last < 0:
            return None
        return _NounPhrase(first, last, i, count, counted_from if counted_from >= 0 else first, article)

    def is_letter(self, i: int, last: int) -> bool:
        """Say whether a stop word is in fact the letter or short name that ends a trivial name ("protein A")."""
        text = self.tokens[i].text
        return last >= 0 and len(text) == 1 and text.isupper()

    def bracket_end(self, i: int) -> int:
        """Return the index of the `)` token that closes the `(` token at `i`, at most 8 tokens on; 0 if none."""
        depth = 0
        for j in range(i, min(i + 9, self.size)):
            low = self.lows[j]
            if low == "(":
                depth += 1
            elif low == ")":
                depth -= 1
                if depth == 0:
                    return j
            elif low == ".":
                return 0
        return 0

    def skip_phrase(self, i: int) -> int:
        phrase = self.noun_phrase(i)
        return phrase.next if phrase else i

    def text(self, first: int, last: int) -> str:
        return self.caption[self.tokens[first].start : self.tokens[last].end]

    def trim(self, phrase: _NounPhrase) -> int:
        """Return the first token of the phrase that is not a mere describing word."""
        first = phrase.first
        while first < phrase.last and (
            self.lows[first] in ADJECTIVES
            or (
                self.lows[first].endswith("ly")
                and self.lows[first][:-2] + "l" not in {"al"}
                and self.lows[first] in NOT_NAMES
            )
            or self.lows[first] == "("
        ):
            first += 1
        return first

    def is_chemical(self, first: int, last: int) -> bool:
        """Say whether the tokens name something of structure, by lexicon or by the shape of the head."""
        head = self.lows[last]
        if head in NOT_STRUCTURE or head in NOT_NAMES:
            return False
        if self.knows(self.text(first, last)):
            return True
        if head in ROLE_NOUNS:
            return False
        if looks_chemical(self.tokens[last].text):
            return True
        if head in CLASS_HEADS and last > first:
            return any(looks_chemical(self.tokens[k].text) for k in range(first, last)) or head in {"acid", "acids"}
        if head in PART_NOUNS:
            return last > first and looks_chemical(self.tokens[last - 1].text)
        tail = self.tokens[last].text  # "coenzyme A", "prostaglandin F1alpha", "phosphatidylcholine 36:0"
        short = len(tail) <= 8 and (tail[0].isupper() or tail[0].isdigit())
        return last > first and short and looks_chemical(self.tokens[last - 1].text)

    def is_part(self, phrase: _NounPhrase) -> bool:
        """Say whether "X group(s)" names a substituent worth a phrase."""
        last = phrase.last
        if self.lows[last] in GROUP_NOUNS:
            last -= 1
            if last >= phrase.first and self.lows[last] in {"side", "functional", "protecting", "end", "leaving"}:
                last -= 1
        if last < phrase.first:
            return False
        if self.lows[last] == ")":
            return any(looks_chemical(self.tokens[k].text) for k in range(phrase.first, last))
        head = self.lows[last]
        if head in {"hydrogen", "hydrogens", "carbon", "proton", "acyl", "alkyl", "aryl"} and last == phrase.first:
            return False
        if head in NOT_STRUCTURE or head in ROLE_NOUNS:
            return self.knows(self.text(phrase.first, last))
        return self.is_chemical(phrase.first, last) or self.knows(self.text(phrase.first, phrase.last))

    # Phrases --------------------------------------------------------------------------------------------------------

    def add(
        self,
        first: int,
        last: int,
        kind: PhraseKind,
        key: str,
        source: str,
        *,
        count: int | None = None,
        locants: tuple[str, ...] = (),
        relation: str | None = None,
        whole: bool = False,
        name: str = "",
    ) -> None:
        start, end = self.tokens[first].start, self.tokens[last].end
        if kind is PhraseKind.STRUCTURE and (key in _NO_CLAIMS or _LINKAGE_ALONE.match(key)):
            return
        if end > start:
            text = self.caption[start:end]
            self.found.append(Phrase(text, start, end, kind, key, count, locants, relation, source, whole, name))

    def add_class(self, phrase: _NounPhrase, source: str, *, whole: bool = False, count: int | None = None) -> None:
        """Add a name or class as a structural phrase."""
        first = self.trim(phrase)
        text = self.text(first, phrase.last)
        if len(text) > MAX_PHRASE_LENGTH:
            return
        if source not in {"head", "item"} and not self.knows(text):
            source = source if source.endswith("parent") else "name"
        key = self.class_key(text)
        self.add(
            first, phrase.last, PhraseKind.STRUCTURE, key, source, count=count, whole=whole, name=_as_written(text, key)
        )

    def class_key(self, text: str) -> str:
        name = normalise_name(_PARENS.sub("", text))
        if self.knows(name):
            return name
        for word in (" compound", " derivative", " group", " residue", " moiety", " unit"):
            if name.endswith(word) and self.knows(name.removesuffix(word)):
                return normalise_name(name.removesuffix(word))
        for word in (" group", " residue", " moiety", " unit"):
            name = name.removesuffix(word)
        return name

    def add_part(
        self, phrase: _NounPhrase, source: str, locants: tuple[str, ...] = (), until: int | None = None
    ) -> None:
        """Add a substituent, ring or bond as a structural phrase; `until` is the index behind its locants."""
        first = self.trim(phrase)
        if phrase.count is not None:
            first = phrase.counted_from
        last = phrase.last if until is None else until - 1
        if self.tokens[last].end - self.tokens[first].start > MAX_PHRASE_LENGTH:
            return
        name_first = self.trim(phrase)
        name_last = phrase.last
        if self.lows[name_last] in GROUP_NOUNS and name_last > name_first:
            name_last -= 1
            if self.lows[name_last] in {"side", "functional"} and name_last > name_first:
                name_last -= 1
        if self.lows[name_first] == "(":
            name_first, name_last = name_first + 1, max(name_first + 1, name_last - 1)
        written = _PARENS.sub("", self.text(name_first, name_last))
        name = normalise_name(written)
        count = phrase.count
        if name.endswith(" oh"):  # "three diphosphate OH groups" counts the hydroxy groups, not the diphosphates
            name, written, count = name[:-3].removeprefix("free "), written[:-3].removeprefix("free "), None
            if name == "free" or not name:
                return
        own = _LEADING_LOCANT.match(self.text(name_first, name_last))
        if own and (own.end() < 30) and _tail_is_simple(name[own.end() :]):
            name = name[own.end() :]
            locants = locants or (own.group(1).strip("()"),) if not _is_letters_only(own.group(1)) else locants
        if count is None:
            name, count = _separate_count(name)
        if source != "group" and not self.knows(name):
            source = "name"
        self.add(
            first,
            last,
            PhraseKind.STRUCTURE,
            name,
            source,
            count=count,
            locants=locants,
            name=_as_written(written, name),
        )

    def add_relation(self, first: int, phrase: _NounPhrase, relation: str) -> None:
        name = self.compound(phrase)
        key = normalise_name(name)
        self.add(first, phrase.last, PhraseKind.RELATION, key, "relation", relation=relation, name=name)

    def add_role(self, phrase: _NounPhrase, until: int | None = None) -> None:
        last = phrase.last if until is None else until - 1
        text = self.text(phrase.first, last)
        if len(text) <= MAX_PHRASE_LENGTH:
            self.add(phrase.first, last, PhraseKind.ROLE, normalise_name(text), "role")

    # "is a ..." -----------------------------------------------------------------------------------------------------

    def copula(self, i: int) -> int:
        """Read what "is" claims, when the subject is the molecule."""
        lows = self.lows
        subject = lows[i - 1] if i > self.sentence else ""
        after = i + 1
        while lows[after] in {"also", "basically", "chemically", "structurally"}:
            after += 1
        if lows[after] in {"not", "no"}:
            return self.skip_phrase(after + 1)
        if subject in {"molecule", "it", "compound", "this"} and i - self.sentence <= 2:
            head = subject != "it"
            return self.items(after, head=head, prose=False)
        if subject in {"that", "which"}:
            if lows[after] in ARTICLES or lows[after] in {"one"}:
                return self.items(after, head=False, prose=False)
            return self.parents(after)
        if subject == "and" and lows[self.sentence] in {"it", "the"} and lows[after] in {"a", "an"}:
            return self.items(after, head=False, prose=True)
        short = i - self.sentence <= 5 and not any(lows[k] in STOP - ARTICLES for k in range(self.sentence, i))
        if short and i > self.sentence:
            return self.items(after, head=False, prose=True)
        return i + 1

    def items(self, i: int, *, head: bool, prose: bool) -> int:
        """Read a coordinated list "a A, a B and a C" of claims.

        In prose (any sentence that is not "It is ...") only names that look chemical are claims.
        """
        lows = self.lows
        begin = i
        first_item = True
        while i < self.size:
            here = i
            article = lows[i] in ARTICLES and not (lows[i] == "a" and self.tokens[i].text == "A" and i != self.sentence)
            if article:
                i += 1
            if lows[i] == "one" and lows[i + 1] == "of":
                if lows[i + 2] != "the" or self.noun_phrase(i + 2) is None:
                    return self.skip_phrase(i + 2)
                i += 2  # "one of the cholines"
            while lows[i] in {"a", "an", "the"}:  # "an a lipid"
                i += 1
            if lows[i] in {"simplest", "smallest"} and lows[i + 1] == "member":
                i += 1
            member = lows[i] in {"member", "memebr", "parent"} and lows[i + 1] == "of"
            if member:
                i += 2
                if lows[i] == "the" and lows[i + 1] in {"class", "family", "group"} and lows[i + 2] == "of":
                    i += 3
                elif lows[i] == "the":
                    i += 1
            elif lows[i] in {"class", "type", "family"} and lows[i + 1] == "of":
                i += 2
            related = self.relation_noun(i)
            if related > i:
                i = related
            else:
                phrase = self.noun_phrase(i)
                if phrase is None:
                    return max(i, begin + (0 if here == begin else 1))
                for _ in range(4):  # "a potent, selective, long-chain amine": adjectives in a row
                    onward = phrase.next + 1
                    if not self.describes(phrase) or lows[phrase.next] not in {",", "and"} or lows[onward] in ARTICLES:
                        break
                    phrase = self.noun_phrase(onward) or phrase
                    if phrase.first < onward:
                        break
                if not first_item and not article and not self.can_follow(phrase):
                    return here
                self.claim(phrase, head=head, prose=prose, article=article, member=member)
                i = self.after_synonym(phrase.next)
            first_item = False
            follow = self.next_item(i, head=head)
            if follow == i:
                return i
            i = follow
        return i

    def after_synonym(self, i: int) -> int:
        """Step over a bracket that only repeats a name ("palmitoyl (hexadecanoyl)")."""
        if self.lows[i] == "(":
            closed = self.bracket_end(i)
            if closed and closed - i <= 4 and self.lows[closed + 1] in {",", "and", "respectively", "."}:
                return closed + 1
        return i

    def next_item(self, i: int, *, head: bool) -> int:
        """Return where the next item of a list begins, or `i` when the list is over."""
        lows = self.lows
        j = i
        if lows[j] == ",":
            j += 1
        if lows[j] in {"and", "or"}:
            j += 1
        if j == i:
            return i
        if lows[j] in ARTICLES or (lows[j] == "member" and lows[j + 1] == "of"):
            if lows[j] in {"a", "an", "the"}:
                return j
            return j if lows[j] == "member" else i
        return j if lows[j - 1] == "and" and lows[j] not in STOP else i

    def describes(self, phrase: _NounPhrase) -> bool:
        """Say whether a noun phrase is no noun at all: it ends in an adjective."""
        low = self.lows[phrase.last]
        if self.knows(self.text(phrase.first, phrase.last)):
            return False
        return low in ADJECTIVES or low.endswith(_ADJECTIVE_ENDINGS)

    def can_follow(self, phrase: _NounPhrase) -> bool:
        """Say whether a bare "and X" continues a list of claims: X must be chemical and not the subject of a verb."""
        follows = self.lows[phrase.next]
        first = self.trim(phrase)
        return follows not in _AUXILIARY and self.is_chemical(first, phrase.last)

    def claim(self, phrase: _NounPhrase, *, head: bool, prose: bool, article: bool, member: bool = False) -> None:
        """Add one item of a list of claims: structure, role, or nothing."""
        low = self.lows[phrase.last]
        first = self.trim(phrase)
        text = self.text(first, phrase.last)
        known = self.knows(text)
        if low in ROLE_NOUNS and not known and not member and not (low in ROLE_BUT_STRUCTURE and not prose):
            self.add_role(phrase)
            self.claim_inside_role(phrase)
            return
        if low.rsplit("-", 1)[-1] in _STEREO_HEADS or ((low in NOT_STRUCTURE or low in ADJECTIVES) and not known):
            return
        if phrase.last == phrase.first and not known and (low in NOT_NAMES or low in _EMPTY_HEADS or low.isdigit()):
            return
        if self.describes(phrase):
            return
        chemical = known or self.is_chemical(first, phrase.last)
        if not chemical and (prose or not article or not self.may_be_trivial(first, phrase.last)):
            return
        whole = head and not self.is_modified_next(phrase.next)
        if low in GROUP_NOUNS:
            self.add_part(phrase, "group")
            return
        self.add_class(phrase, "head" if head else "item" if chemical and not prose else "name", whole=whole)

    def claim_inside_role(self, phrase: _NounPhrase) -> None:
        """A role's modifiers may name a class: "a macrolide antibiotic", "an antineoplastic phenothiazine drug"."""
        if self.lows[phrase.last] not in _SUBSTANCE_ROLES:
            return
        first = self.trim(phrase)
        if not looks_chemical(self.tokens[phrase.last - 1].text):
            return
        for k in range(first, phrase.last):
            name = self.text(k, phrase.last - 1)
            if self.knows(name) or (k + 1 == phrase.last and self.lows[phrase.last].startswith("antibiotic")):
                self.add(k, phrase.last - 1, PhraseKind.STRUCTURE, self.class_key(name), "item", name=name)
                return

    def may_be_trivial(self, first: int, last: int) -> bool:
        """Say whether an unknown item of "It is a X" can be a class nobody listed ("FAHFA", "angucycline")."""
        token = self.tokens[last]
        return last - first <= 4 and len(token.low) > 2 and not token.low.endswith(("ing", "ed", "ness", "tion", "ity"))

    def is_modified_next(self, i: int) -> bool:
        """Say whether the words after a head name change it: then it does not name the whole molecule."""
        if self.lows[i] in {"substituted", "carrying", "bearing", "acylated", "attached", "linked"}:
            return True
        if self.lows[i] != "in" or self.lows[i + 1] != "which":
            return False
        ahead = self.lows[i + 2 : i + 20]
        return any(low in _REPLACED for low in ahead[: ahead.index(".") if "." in ahead else None])

    # Relations ------------------------------------------------------------------------------------------------------

    def relation_noun(self, i: int) -> int:
        """Read "(the) conjugate base of X", "2-methyl ether of X", "sulfate salt form of X"; `i` if it is none."""
        lows = self.lows
        if lows[i] == "conjugate" and lows[i + 1] in {"base", "acid"} and lows[i + 2] == "of":
            return self.relation_list(i, i + 3, f"conjugate {lows[i + 1]} of")
        if lows[i] == "hydride" and lows[i + 1] == "of":
            return self.relation_list(i, i + 2, "derives from a hydride of")
        phrase = self.noun_phrase(i)
        if phrase is None or lows[phrase.next] != "of":
            return i
        last = phrase.last
        word = lows[last]
        if word in _FORM_WORDS and last > phrase.first:
            last -= 1
            word = lows[last]
            if word == "zwitterionic":
                return self.relation_list(phrase.first, phrase.next + 1, "zwitterion of")
            if word in {"anionic", "cationic", "deprotonated", "protonated", "ionised", "ionized"}:
                return self.relation_list(
                    phrase.first, phrase.next + 1, "anion of" if word != "cationic" else "cation of"
                )
            if word.endswith("hydrate"):
                return self.relation_list(phrase.first, phrase.next + 1, "hydrate of")
            if word in _TAUTOMER_WORDS:
                return self.relation_list(phrase.first, phrase.next + 1, "tautomer of")
            if word not in _MADE_WORDS and (word in _SALT_WORDS or word.endswith(("ate", "ide", "ium"))):
                return self.relation_list(phrase.first, phrase.next + 1, "salt of")
        tail = word.rsplit("-", 1)[-1]
        relation = _ISOMER_WORDS.get(tail) or _ION_WORDS.get(word) or _MADE_WORDS.get(word) or _MADE_WORDS.get(tail)
        if relation is None and word.endswith(("oside", "osides", "uronide")):
            relation = "derivative of"
        if relation is None and word.endswith(("hydrochloride", "hydrobromide")):
            relation = "salt of"
        if relation is None and word.endswith("hydrate") and "carbo" not in word:
            relation = "hydrate of"
        if relation is None:
            return i
        # "the R-enantiomer of X" says that the molecule is an X; an ester or ether of X holds it.
        described = relation in {"enantiomer of", "stereoisomer of", "isomer of"} and tail not in {"epimer", "isomer"}
        described = described and (tail != word or last > phrase.first)
        after = self.relation_list(phrase.first, phrase.next + 1, relation, single=described)
        if described or tail == "isomer" or relation in {"ester of", "ether of"}:
            self.compound_inside(phrase.next + 1)
        if relation in {"ester of", "ether of", "derivative of", "salt of"} and after > phrase.next + 1:
            self.modifier(phrase, last, word)
        return after

    def compound_inside(self, i: int) -> None:
        """Add the compound a relation names as a structure: it stands in the molecule as it is."""
        phrase = self.noun_phrase(i)
        if phrase is not None:
            self.compound_inside_at(phrase)

    def compound_inside_at(self, phrase: _NounPhrase) -> None:
        first = self.trim(phrase)
        low = self.lows[phrase.last]
        if low in NOT_STRUCTURE or low in GROUP_NOUNS or low in ROLE_NOUNS or low in NOT_NAMES | ADJECTIVES:
            return
        if not self.is_chemical(first, phrase.last) and (first < phrase.last or not low.isalpha() or len(low) < 6):
            return
        if self.lows[phrase.next] == "of" or self.is_modified_next(phrase.next):
            return
        self.add_class(phrase, "modified-parent")

    def modifier(self, phrase: _NounPhrase, last: int, word: str) -> None:
        """Add the structural part of a relation: "methyl ester" of X, "N-acetyl" derivative of X."""
        first = self.trim(phrase)
        if word in {"derivative", "salt", "conjugate", "adduct", "form", "analogue", "metabolite", "prodrug"}:
            if word == "derivative" and last > first:
                if not looks_chemical(self.tokens[last - 1].text):
                    return
                name = self.text(first, last - 1)
                own = _OWN_LOCANTS.match(name)
                stem = name
                locants: tuple[str, ...] = ()
                if own:
                    stem = name[own.end() :]
                    locants = tuple(part for part in own.group(1).split(",") if part)
                key, count = _separate_count(normalise_name(stem))
                self.add(
                    first, last, PhraseKind.STRUCTURE, key, "modifier", count=count, locants=locants,
                    name=_as_written(stem, key),
                )  # fmt: skip
            elif word == "salt" and last > first and self.knows(self.text(first, last)):
                name = self.text(first, last)
                self.add(first, last, PhraseKind.STRUCTURE, self.class_key(name), "modifier", name=name)
            return
        written = self.text(first, last)
        name = normalise_name(written)
        locants = ()
        own = _OWN_LOCANTS.match(written)
        if own and last > first and _tail_is_simple(name[own.end() :].split(" ", 1)[0]):
            locants = tuple(part for part in own.group(1).split(",") if part)
            name = name[own.end() :]
        count = None
        for prefix in ("mono",):
            if name.startswith(prefix) and len(name) > 8:
                name = name[len(prefix) :]
        if last > first:
            name, count = _separate_count(name)
        self.add(
            first, last, PhraseKind.STRUCTURE, name, "modifier", count=count, locants=locants,
            name=_as_written(written, name),
        )  # fmt: skip

    def derives(self, i: int) -> int:
        lows = self.lows
        if lows[i + 2] in {"a", "the"} and lows[i + 3] == "hydride" and lows[i + 4] == "of":
            return self.relation_list(i, i + 5, "derives from a hydride of")
        if lows[i + 2] == "hydride" and lows[i + 3] == "of":
            return self.relation_list(i, i + 4, "derives from a hydride of")
        source = self.noun_phrase(i + 2)
        if (
            self.lows[i] == "derived"
            and source is not None
            and source.last > source.first
            and not self.is_chemical(source.first, source.last)
        ):
            genus, species = self.tokens[source.first].text, self.tokens[source.first + 1].text
            if _EPITHET.match(genus) and species.isalpha() and species.islower():
                return max(self.origin(i), i + 2)  # "derived from Streptomyces venezuelae"
        return self.relation_list(i, i + 2, "derives from")

    def relation_list(self, start: int, i: int, relation: str, *, single: bool = False) -> int:
        """Read the named compounds of a relation; the first phrase spans the relation's own words."""
        first_item = True
        begin = i
        inner = 0
        while i < self.size:
            phrase = self.noun_phrase(i)
            if phrase is None:
                break
            low = self.lows[phrase.last]
            if (
                first_item
                and inner < 4
                and self.lows[phrase.next] == "of"
                and (low in GROUP_NOUNS or low in _FORM_WORDS or low == "base")
            ):
                inner += 1
                i = phrase.next + 1  # "derived from the carboxy group of X"
                continue
            if not self.is_compound(phrase, listed=not first_item):
                break
            self.add_relation(start if first_item else self.trim(phrase), phrase, relation)
            first_item = False
            i = self.after_synonym(phrase.next)
            follow = self.next_item(i, head=False)
            if follow == i:
                return i
            if self.lows[follow] not in ARTICLES and self.lows[i] != "and":
                return i
            if self.lows[i] == "," and (relation not in _FORMAL or single):
                # ", a naturally occurring alkaloid" describes X; what a salt holds is still there
                described = self.noun_phrase(follow) if relation in _KEEPS or single else None
                if described is None:
                    return i
                self.claim(described, head=False, prose=True, article=True)
                return described.next
            upcoming = self.noun_phrase(follow)
            if (
                upcoming is None
                or not self.is_compound(upcoming, listed=True)
                or self.lows[upcoming.next] in _AUXILIARY
            ):
                return i
            i = follow
        return i if not first_item else begin

    def is_compound(self, phrase: _NounPhrase, *, listed: bool) -> bool:
        """Say whether a relation's object can be a compound at all; later items of a list must look like one."""
        low = self.lows[phrase.last]
        first = self.trim(phrase)
        if len(self.text(first, phrase.last)) > MAX_PHRASE_LENGTH:
            return False
        if self.knows(self.text(first, phrase.last)):
            return True
        if low in NOT_STRUCTURE or low in GROUP_NOUNS or (low in NOT_NAMES | ADJECTIVES and first == phrase.last):
            return False
        if self.tokens[first].text.startswith("[DB"):  # "salt of [DB01345]": a database's number is no name
            return False
        if not listed:
            return low not in ROLE_NOUNS
        return low not in ROLE_NOUNS and (phrase.article or self.is_chemical(first, phrase.last))

    def compound(self, phrase: _NounPhrase) -> str:
        """Return the compound's name as written: "antibiotic" goes from "the antibiotic daunorubicin"."""
        first = self.trim(phrase)
        for k in range(first, phrase.last):
            named_after = self.tokens[phrase.last].end - self.tokens[k + 1].start >= 4
            if self.lows[k] in _SUBSTANCE_ROLES and named_after and not self.knows(self.text(first, phrase.last)):
                first = k + 1
        return _PARENS.sub("", self.text(first, phrase.last))

    def reaction(self, i: int, low: str) -> int:
        """Read "condensation of the carboxy group of X with the amino group of Y", "deprotonation of ... of X"."""
        lows = self.lows
        relation = _REACTIONS[low]
        gentle = relation in {"deprotonation of", "protonation of", "tautomer of"}
        if lows[i + 1] not in {"of", "between", "at", "to", "by", "on"}:
            return i
        if not any(lows[k] in _MADE_BY for k in range(max(self.sentence, i - 4), i)):
            return i  # "prevents the addition of amino acids": a process, not how the molecule is made
        j = i + 2
        first_item = True
        steps = 0
        while j < self.size and steps < 8:
            steps += 1
            phrase = self.noun_phrase(j)
            if phrase is None:
                if lows[j] in {"position", "positions"} or lows[j] in {"both", "the"}:
                    j += 1
                    continue
                break
            head = lows[phrase.last]
            follows = lows[phrase.next]
            if head in {
                "proton",
                "protons",
                "position",
                "positions",
                "hydrogen",
                "equivalent",
                "equivalents",
                "molecule",
                "molecules",
                "units",
                "carbon",
            } or (
                head in GROUP_NOUNS
                or head in {"terminus", "nitrogen", "nitrogens", "oxygen", "ring"}
                or follows in {"to", "from"}
                or self.ends_in_group(phrase)
                or (head in {"carboxy", "amino", "phosphate", "hydroxy"})
                or (follows == "of" and head not in {"acid"})
            ):
                if gentle and head not in {"proton", "protons"} and self.is_part(phrase):
                    after, places, _ = self.locants_after(phrase.next)
                    self.add_part(phrase, "group", places, after if places else None)
                j = phrase.next
                while lows[j] in {"at", "in", "on"}:
                    after, _, _ = self.locants_after(j)
                    if after == j:
                        break
                    j = after
                if lows[j] in {"of", "from", "to", "with", "and", "by"}:
                    j += 1
                    continue
                if lows[j] == "," and gentle:
                    j += 2 if lows[j + 1] == "and" else 1
                    continue
                break
            if head in {"functions", "function"} or not self.is_compound(phrase, listed=False) or self.is_prose(phrase):
                break
            start = i if first_item else self.trim(phrase)
            self.add_relation(start, phrase, relation)
            if relation in {"condensation of", "acylation of"}:
                self.compound_inside_at(phrase)  # both partners stand in the product, less what they lost
            first_item = False
            j = self.after_synonym(phrase.next)
            while lows[j] in {"at", "in"} or lows[j] == "(":
                after, _, _ = self.locants_after(j)
                if after == j:
                    break
                j = after
            if relation in {"deprotonation of", "protonation of", "tautomer of"}:
                break
            if lows[j] in {"with", "and", "by", "to"} or (lows[j] == "," and lows[j + 1] == "and"):
                j += 1 if lows[j] != "," else 2
                continue
            break
        return max(j, i + 2)

    def ends_in_group(self, phrase: _NounPhrase) -> bool:
        """Say whether "X, Y and Z functions" follows: then X is a group and not a compound."""
        j = phrase.next
        for _ in range(5):
            at = j
            j += self.lows[j] == ","
            j += self.lows[j] in {"and", "or"}
            following = self.noun_phrase(j) if j > at else None
            if following is None:
                return False
            if self.lows[following.last] in _GROUP_LIKE:
                return not following.article
            if following.article:
                return False
            j = following.next
        return False

    def is_prose(self, phrase: _NounPhrase) -> bool:
        """Say whether a noun phrase is ordinary English: no token in it has the shape of a name."""
        if phrase.first == phrase.last and len(self.lows[phrase.last]) > 4 and self.lows[phrase.last] not in NOT_NAMES:
            return self.lows[phrase.last].endswith(("ed", "ing", "tion", "sis", "ness", "ity", "ment"))
        return not any(
            looks_chemical(token.text) or self.knows(token.text) or any(c.isdigit() or c.isupper() for c in token.text)
            for token in self.tokens[phrase.first : phrase.last + 1]
        )

    # Substituents ---------------------------------------------------------------------------------------------------

    def announced(self, i: int, low: str) -> int:
        """Read the substituents after "substituted (at position 2) by", "bearing", "with", "replaced by" ..."""
        lows = self.lows
        j = i + 1
        locants: tuple[str, ...] = ()
        if low in {"having", "contains", "containing"} and lows[j] in {"the", "a", "an"} and lows[j + 1] in {"role"}:
            return i
        for _ in range(4):
            if lows[j] in {"at", "in", "on"}:
                after, places, _ = self.locants_after(j)
                if after == j:
                    ring = self.noun_phrase(j + 1)
                    if not locants or ring is None or lows[ring.last] not in PART_NOUNS:
                        return i + 1
                    self.add_part(ring, "group")
                    after, places = ring.next, locants
                j, locants = after, places
            elif lows[j] in {"by", "with", "to", "into", "via", "through", ","}:
                j += 1
            elif lows[j] in {
                "glycosidically",
                "respectively",
                "also",
                "exclusively",
                "formally",
                "both",
                "para",
                "ortho",
            }:
                j += 1
            else:
                break
        if low in {"contains", "containing"}:
            return self.components(j - 1)
        if locants:
            self.pending = locants
        return self.substituents(j, "substituent", subject=low == "with" or low == "having")

    def substituents(self, i: int, source: str, *, subject: bool = False) -> int:
        """Read a coordinated list of substituents with counts and locants.

        `subject` says the list may turn out to be what is replaced ("with the hydroxy hydrogen replaced by ...").
        """
        lows = self.lows
        begin = i
        gathered: list[tuple[_NounPhrase, tuple[str, ...], int | None]] = []
        pre: tuple[str, ...] = ()
        pending, self.pending = self.pending, ()
        while i < self.size:
            if lows[i] in {"at", "in", "on"}:
                after, pre, _ = self.locants_after(i)
                if after == i:
                    break
                i = after
                while lows[i] in {"by", "with", "and", "the"} or (lows[i] in {"a", "an"} and lows[i + 1] in {"by"}):
                    i += 1
            phrase = self.noun_phrase(i)
            if phrase is None:
                break
            plain_part = self.is_part(phrase) or self.is_bond(phrase)
            if not plain_part and not self.skippable(phrase):
                break
            after = self.after_synonym(phrase.next)
            after, locants, _ = self.locants_after(after)
            if pre and not locants:
                locants, until = pre, None
            else:
                until = after if locants else None
            pre = ()
            if plain_part:
                gathered.append((phrase, locants, until))
            i = after
            j = i
            if lows[j] == ",":
                j += 1
            if lows[j] == "as" and lows[j + 1] == "well" and lows[j + 2] == "as":
                j += 3
            elif lows[j] in {"and", "or"}:
                j += 1
                while lows[j] in {"by", "with", "either", "also"}:
                    j += 1
            if j == i or not self.list_goes_on(j):
                break
            i = j
        if not gathered:
            self.pending = pending
            return begin
        if (subject and self.is_replaced_next(i)) or (self.is_replaced_next(i) and lows[i] in _REPLACED):
            self.pending = gathered[-1][1]
            return i
        respectively = lows[i] == "respectively" or (lows[i] in {",", "("} and lows[i + 1] == "respectively")
        self.assign(gathered, pending, respectively, source)
        return i

    def assign(
        self,
        gathered: list[tuple[_NounPhrase, tuple[str, ...], int | None]],
        pending: tuple[str, ...],
        respectively: bool,
        source: str,
    ) -> None:
        """Give every substituent of a list its own locants, and none where the caption leaves them open."""
        shared = gathered[-1][1] or pending
        own = [locants for _, locants, _ in gathered]
        if respectively and len(shared) == len(gathered) and not any(own[:-1]):
            for (phrase, _, _), locant in zip(gathered, shared, strict=True):
                self.add_part(phrase, source, (locant,))
            return
        for n, (phrase, locants, until) in enumerate(gathered):
            bare = n + 1 < len(gathered) and not own[n] and not gathered[n + 1][0].article
            if not locants and pending and len(gathered) == 1:
                locants = pending
            if n and n + 1 == len(gathered) and not phrase.article and phrase.count is None and not any(own[:-1]):
                # "hydroxy and methyl groups at positions 3 and 7": which is where is not said
                self.add_part(phrase, source, (), until if until is not None and not bare else None)
                continue
            self.add_part(phrase, source, locants, until)

    def is_having(self, i: int) -> bool:
        """Say whether "with" announces a part ("butane with a methyl group"), not company or means."""
        if i and self.lows[i - 1] in {
            "combination",
            "together",
            "condensation",
            "reaction",
            "treatment",
            "along",
            "treated",
            "associated",
            "binds",
            "interacts",
            "compared",
            "mixed",
            "reacts",
            "interferes",
        }:
            return False
        phrase = self.noun_phrase(i + 1)
        if phrase is None:
            return self.lows[i + 1] == "at"
        counted = phrase.article or phrase.count is not None
        return counted or self.lows[phrase.last] in GROUP_NOUNS or self.lows[phrase.next] in {"as", "and", "at"}

    def is_bond(self, phrase: _NounPhrase) -> bool:
        head = self.lows[phrase.last]
        if head not in BOND_NOUNS:
            return False
        if phrase.last > phrase.first and self.lows[phrase.last - 1].rsplit("-")[-1] in {"double", "triple"}:
            return phrase.count != 0 and self.lows[phrase.first] != "0"
        return self.knows(self.text(self.trim(phrase), phrase.last))

    def skippable(self, phrase: _NounPhrase) -> bool:
        """Say whether a list may go on over this item although it is no phrase: hydrogens, stereo, plain counts."""
        head = self.lows[phrase.last]
        return head in {"hydrogen", "hydrogens", "configuration", "carbons", "stereochemistry"} or head.endswith(
            "-configuration"
        )

    def list_goes_on(self, i: int) -> bool:
        if self.lows[i] in {"at", "in", "on"}:
            after, locants, _ = self.locants_after(i)
            return bool(locants) and after > i and self.lows[after] in ARTICLES | {"by", "with"}
        phrase = self.noun_phrase(i)
        if phrase is None or self.lows[phrase.next] in {"is", "are", "was", "has", "have"}:
            return False
        return self.is_part(phrase) or self.is_bond(phrase) or self.skippable(phrase)

    def is_replaced_next(self, i: int) -> bool:
        """Say whether the noun phrase before `i` is what goes away: "... (is|has been) replaced by"."""
        for j in range(i, min(i + 6, self.size)):
            low = self.lows[j]
            if low in _REPLACED:
                return True
            if low not in _AUXILIARY and low not in {"formally", "to"}:
                return False
        return False

    def locants_after(self, i: int) -> tuple[int, tuple[str, ...], bool]:
        """Read "at positions 3, 7 and 11", "(located) at C-2", "in the 2- and 4-positions", "at the 3'-position".

        Returns:
            Index behind it, the locants as written, and whether they belong to more than one item.
        """
        lows, tokens = self.lows, self.tokens
        j = i
        if lows[j] == "(" and lows[j + 1] in {"at", "one"}:
            j += 1
        while lows[j] in {"located", "attached", "positioned", "situated", "specified", "each", "both"}:
            j += 1
        if lows[j] not in {"at", "on", "in", "position", "positions", "to"} or (
            lows[j] == "in" and lows[j + 1] == "which"
        ):
            return i, (), False
        if lows[j] in {"at", "on", "in", "to"}:
            j += 1
        elif tokens[j].text[:1].isupper():
            return i, (), False
        named = False
        while lows[j] in {
            "the",
            "position",
            "positions",
            "both",
            "carbon",
            "carbons",
            "atom",
            "a",
            "each",
            "of",
            "either",
        }:
            named = named or lows[j].startswith("position")
            j += 1
        locants: list[str] = []
        while j < self.size and len(locants) < 64:
            raw = tokens[j].text
            if not tokens[j].word:
                break
            stem, hyphen, tail = raw.rpartition("-")
            if tail.lower() in {"position", "positions", "carbon", "carbons", "yl"} and stem:
                locants.append(stem)
                named = True
                j += 1
            elif hyphen and not tail and _is_locant(stem):
                locants.append(stem)
                j += 1
            elif _is_locant(raw):
                locants.append(raw)
                j += 1
            elif "," in raw and all(_is_locant(part.rstrip("-")) for part in raw.split(",")[:40]):
                locants.extend(part.rstrip("-") for part in raw.split(",")[:40])
                j += 1
            else:
                break
            k = j
            if lows[k] in {"position", "positions", "carbon", "carbons"}:
                named = True
                k += 1
                j = k
            if lows[k] == ",":
                k += 1
            if lows[k] in {"and", "or"}:
                k += 1
            if lows[k] in {"the", "position", "positions"}:
                k += 1
            if k == j:
                break
            following = tokens[k].text if k < self.size and tokens[k].word else ""
            stem = following.rpartition("-")[0] if following.endswith(("-", "-position", "-positions")) else following
            if not following or not _is_locant(stem):
                break
            j = k
        if not locants:
            return i, (), False
        if not named and not all(any(c.isdigit() for c in locant) for locant in locants):
            return i, (), False
        if lows[j] in {"position", "positions"}:
            j += 1
        if lows[i] == "(" and lows[j] == ")":
            j += 1
        return j, tuple(locants), False

    # "in which ..." -------------------------------------------------------------------------------------------------

    def clause(self, i: int) -> int:
        """Read "in which the hydrogens at positions 2 and 4 are replaced by ...": skip what goes away."""
        lows = self.lows
        verb = i
        limit = min(i + _MAX_LOOKAHEAD, self.size)
        while verb < limit and lows[verb] not in {".", ";"}:
            if lows[verb] in _BE or lows[verb] in {"has", "have"} or lows[verb] in _REPLACED:
                break
            verb += 1
        subject = self.noun_phrase(i)
        if subject is not None and lows[subject.next] in {"carries", "bears", "acylates"}:
            if lows[subject.last] in GROUP_NOUNS | PART_NOUNS:
                if self.is_part(subject):
                    self.add_part(subject, "group")
            elif self.is_chemical(self.trim(subject), subject.last):
                self.add_class(subject, "modified-parent")
            return subject.next
        if verb >= limit or lows[verb] in {".", ";"}:
            return i
        predicate = verb
        while lows[predicate] in _AUXILIARY and predicate < limit and lows[predicate] != "undergone":
            predicate += 1
        action = lows[predicate]
        phrase = self.noun_phrase(i)
        locants: tuple[str, ...] = ()
        if phrase is not None:
            _, locants, _ = self.locants_after(self.skip_of(phrase.next))
        has_hydrogen = any(lows[k].endswith(("hydrogen", "hydrogens", "proton", "protons")) for k in range(i, verb))
        if phrase is not None and phrase.next == verb and not has_hydrogen and action in _SUBJECT_STAYS:
            self.subject(phrase, reacts=action in _MODIFIED)
        elif phrase is not None and lows[phrase.next] == "of" and lows[phrase.last] in GROUP_NOUNS:
            self.compound_inside(phrase.next + 1)
        if action in _REPLACED or action in _MODIFIED or (action == "substituted" and has_hydrogen):
            self.pending = locants
            if action == "converted":
                return self.announced(predicate, action)
            if action == "undergone":
                return predicate + 1
            return predicate
        if action == "specified":
            self.pending = locants or self.locants_of(i, verb)
            return predicate
        if lows[verb] in _BE and phrase is not None and predicate < limit and lows[predicate] not in STOP | ARTICLES:
            self.pending = locants or self.locants_of(i, verb)
            after = self.substituents(predicate, "substituent")
            return max(after, predicate)
        if action in {"located", "attached", "positioned", "at"} and phrase is not None and self.is_part(phrase):
            after, places, _ = self.locants_after(predicate)
            self.add_part(phrase, "group", places)
            return max(after, predicate)
        return i

    def subject(self, phrase: _NounPhrase, *, reacts: bool) -> None:
        """Add the compound or ring that a clause says something is done to: "in which isoquinoline is substituted".

        A group that `reacts` ("in which the hydroxy group is esterified") is none any more; a compound is still there.
        """
        head = self.lows[phrase.last]
        if head in GROUP_NOUNS or head in PART_NOUNS:
            if self.is_part(phrase) and not reacts:
                self.add_part(phrase, "group")
        elif self.is_chemical(self.trim(phrase), phrase.last) and head not in NOT_STRUCTURE | ROLE_NOUNS:
            self.add_class(phrase, "modified-parent")

    def locants_of(self, i: int, verb: int) -> tuple[str, ...]:
        """Find the locants anywhere in a subject: "the acyl groups specified at positions 1 and 2"."""
        leading = [re.match(r"(\d{1,2}'{0,2}|[NOS])-(?:acyl|alkyl|$)", self.tokens[k].text) for k in range(i, verb)]
        if any(leading):
            return tuple(hit.group(1) for hit in leading if hit)
        for k in range(i, verb):
            if self.lows[k] in {"at", "position", "positions"}:
                _, locants, _ = self.locants_after(k)
                if locants:
                    return locants
        return ()

    def skip_of(self, i: int) -> int:
        """Step over "of the methyl group" behind a subject."""
        if self.lows[i] == "of":
            phrase = self.noun_phrase(i + 1)
            if phrase is not None:
                return phrase.next
        return i

    # Parents and components -----------------------------------------------------------------------------------------

    def parents(self, i: int) -> int:
        """Read "that is X (substituted by ...)": the parent the substituents sit on."""
        related = self.relation_noun(i)
        if related > i:
            return related
        phrase = self.noun_phrase(i)
        if phrase is None:
            return i
        first = self.trim(phrase)
        low = self.lows[phrase.last]
        if (
            low in NOT_STRUCTURE
            or low in ROLE_NOUNS
            or (low in ADJECTIVES and not self.knows(self.text(first, phrase.last)))
        ):
            return phrase.next
        follows = self.lows[phrase.next]
        if not self.is_chemical(first, phrase.last) and (
            self.lows[phrase.last].endswith(("ed", "ing", "ly", "ic", "ous", "able"))
            or phrase.last - first > 2
            or not (
                follows in _PARENT_FOLLOWS
                or (first == phrase.last and any(c.isupper() for c in self.tokens[first].text))
            )
        ):
            return phrase.next
        modified = follows in {"in", "where"} and (self.lows[phrase.next + 1] == "which" or follows == "where")
        self.add_class(phrase, "modified-parent" if modified else "parent")
        return phrase.next

    def components(self, i: int) -> int:
        """Read "consisting of X, Y and two Z residues"."""
        lows = self.lows
        j = i + 1
        if lows[j] in {"of", "in", "solely", "mainly", "from", "up"}:
            j += 1
        if lows[j] == "of":
            j += 1
        opening = self.noun_phrase(j)
        if (
            opening is not None
            and lows[opening.next] == "of"
            and lows[opening.last] in {"total", "mixture", "sequence", "chain", "series", "combination"}
        ):
            j = opening.next + 1
        first_item = True
        while j < self.size:
            related = self.relation_noun(j + 1 if lows[j] in {"a", "an", "the"} else j)
            if related > j + 1:
                return related
            phrase = self.noun_phrase(j)
            if phrase is None:
                break
            first = self.trim(phrase)
            head = lows[phrase.last]
            if head in GROUP_NOUNS or head in PART_NOUNS:
                if not self.is_part(phrase):
                    break
                after, locants, _ = self.locants_after(phrase.next)
                self.add_part(phrase, "component", locants, after if locants else None)
                j = after
            elif self.is_bond(phrase):
                after, locants, _ = self.locants_after(phrase.next)
                self.add_part(phrase, "component", locants, after if locants else None)
                j = after
            elif self.is_chemical(first, phrase.last) and not (lows[phrase.next] == "of" and head not in {"acid"}):
                if first_item and lows[phrase.next] in {"in", "where"} and lows[phrase.next + 1] == "which":
                    self.add_class(phrase, "modified-parent")
                else:
                    self.add_class(phrase, "component", count=phrase.count)
                j = phrase.next
            else:
                break
            first_item = False
            follow = j
            if lows[follow] == ",":
                follow += 1
            if lows[follow] in {"and", "or"}:
                follow += 1
            if follow == j or lows[follow] in STOP - ARTICLES - {"both"}:
                return j
            j = follow
        return max(j, i + 1)

    # Roles and origins ----------------------------------------------------------------------------------------------

    def roles(self, i: int, *, prose: bool = False) -> int:
        """Read "a plant metabolite, an antioxidant and a human urinary metabolite"."""
        lows = self.lows
        while i < self.size:
            if lows[i] in {"an", "a", "the", "both", "either"}:
                i += 1
            first = i
            last = -1
            while i < self.size and i - first < 40 and lows[i] != ".":
                low = lows[i]
                if low == "(":
                    closed = self.bracket_end(i)
                    if closed and lows[closed + 1] not in {".", ",", "and"}:
                        i = closed + 1
                        continue
                    break
                if low in {",", ";", ":"}:
                    break
                if low in {"and", "or"} and (lows[i + 1] in ARTICLES or prose):
                    break
                if prose and low in STOP and low != "and":
                    break
                if low in {
                    "that",
                    "which",
                    "in",
                    "for",
                    "against",
                    "by",
                    "with",
                    "isolated",
                    "used",
                    "to",
                    "when",
                    "due",
                }:
                    break
                if self.tokens[i].word:
                    last = i
                i += 1
            if last < 0:
                return i
            text = self.text(first, last)
            if len(text) <= MAX_PHRASE_LENGTH and (not prose or lows[last] in ROLE_NOUNS):
                self.add(first, last, PhraseKind.ROLE, normalise_name(text), "role")
            j = i
            if lows[j] == "(":
                closed = self.bracket_end(j)
                j = closed + 1 if closed else j
            at = j
            if lows[j] == ",":
                j += 1
            if lows[j] in {"and", "or"}:
                j += 1
            if j == at:
                return at
            if lows[j] not in {"a", "an", "the"}:
                following = self.noun_phrase(j) if prose else None
                if following is None or lows[following.last] not in ROLE_NOUNS:
                    return max(i, at)
            i = j
        return i

    def origin(self, i: int) -> int:
        """Read "isolated from the roots of Genus species and Genus species"."""
        lows, tokens = self.lows, self.tokens
        verb = lows[i]
        j = i + 1
        if lows[j] in {"or", "and"} and lows[j + 1] in _ORIGIN_VERBS:  # "found in or produced by"
            j += 1
        if verb == "found" and lows[j] == "in" and lows[j + 1] == "or" and lows[j + 2] == "produced":
            j += 3
        elif lows[j] in {"originally", "naturally", "mainly", "primarily", "exclusively", "widely", "commonly"}:
            j += 1
        if lows[j] not in _ORIGIN_VERBS[verb] and lows[j] not in {"by", "in", "from"}:
            return i
        if i and lows[i - 1] in {"not", "have", "never"}:
            return i
        j += 1
        start = i
        first_item = True
        opens = i == self.sentence and verb in {"found", "present", "obtained"}  # "Found in parsley and chamomile."
        while j < self.size:
            first = j
            last = -1
            while j < self.size and j - first < 30:
                low = lows[j]
                if low in {".", ";", ":", ",", "("} or low in _ORIGIN_END:
                    break
                if low in {"and", "or"} and self.origin_splits(j):
                    break
                if tokens[j].word:
                    last = j
                j += 1
            if last < 0:
                return i if first_item else first
            named = any(
                _EPITHET.match(tokens[k].text)
                for k in range(first, last + 1)
                if k != first or tokens[k].text[0].isupper()
            )
            usual = any(lows[k] in _ORIGIN_WORDS for k in range(first, last + 1))
            if first_item and not (verb in _SURE_ORIGINS or named or usual or opens):
                return i
            if lows[first] == "other" or (not first_item and not named and not usual):
                return j
            text = self.text(start if first_item else first, last)
            if len(text) <= MAX_PHRASE_LENGTH:
                key_from = first
                for k in range(first, last):
                    if lows[k] in {"of", "sponge", "fungus", "bacterium"}:
                        key_from = k + 1
                while key_from < last and lows[key_from] in {"the", "a", "an"}:
                    key_from += 1
                begin = start if first_item else first
                self.add(begin, last, PhraseKind.ORIGIN, " ".join(self.text(key_from, last).lower().split()), "origin")
            first_item = False
            if lows[j] == "(":
                closed = self.bracket_end(j)
                if closed:
                    j = closed + 1
            k = j
            if lows[k] == ",":
                k += 1
            if lows[k] in {"and", "or"}:
                k += 1
            if lows[k] in {"the", "an", "a"} and not _EPITHET.match(tokens[min(k + 1, self.size - 1)].text):
                pass
            if (
                k == j
                or k >= self.size
                or not tokens[k].word
                or lows[k] in _ORIGIN_END
                or lows[k] in {"has", "exhibits"}
            ):
                return j
            j = k
        return j

    def origin_splits(self, i: int) -> bool:
        """Say whether "and" parts two organisms (or two clauses) rather than two parts of one."""
        if i + 1 >= self.size:
            return True
        following = self.tokens[i + 1].text
        return following[:1].isupper() or self.lows[i + 1] in _ORIGIN_END or self.lows[i + 1] in {"other", "from", "in"}


def _as_written(text: str, key: str) -> str:
    """Return the part of `text` that `key` normalises, capitals kept; the key itself where the two differ too much."""
    where = text.lower().find(key)
    if where >= 0:
        return text[where : where + len(key)]
    return key if len(key) + 4 < len(text) else text


def _is_locant(text: str) -> bool:
    return len(text) <= 24 and bool(_LOCANT.match(text))


def _is_letters_only(locant: str) -> bool:
    return not any(c.isdigit() for c in locant) and locant not in {"N", "O", "S", "alpha", "beta", "gamma", "omega"}


def _tail_is_simple(name: str) -> bool:
    if name in _SIMPLE_SUBSTITUENTS:
        return True
    stem, count = _separate_count(name)
    return count is not None and stem in _SIMPLE_SUBSTITUENTS


def _separate_count(name: str) -> tuple[str, int | None]:
    """Split "dichloro" into ("chloro", 2); names whose prefix does not merely count come back whole."""
    if name.split(" ", 1)[0] in _SIMPLE_SUBSTITUENTS:
        return name, None
    for prefix, count in MULTIPLIERS:
        if name.startswith(prefix):
            stem = (
                name[len(prefix) :].strip("()") if name[len(prefix) : len(prefix) + 1] == "(" else name[len(prefix) :]
            )
            if stem.split(" ", 1)[0] in _SIMPLE_SUBSTITUENTS - _CHAINED:
                return stem, count
    return name, None


def of_kind(phrases: Iterable[Phrase], kind: PhraseKind) -> tuple[Phrase, ...]:
    """Keep the phrases of one kind, in order."""
    return tuple(phrase for phrase in phrases if phrase.kind is kind)


def shift(phrase: Phrase, by: int) -> Phrase:
    """Move a phrase's offsets by a number of characters, for captions that are parts of a longer text."""
    return replace(phrase, start=phrase.start + by, end=phrase.end + by)

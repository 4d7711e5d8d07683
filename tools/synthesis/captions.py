"""Captions that are true by construction: a molecule in, a caption and the atoms of everything it says out.

What a caption says is taken from the tools alone: classes of the lexicon that match as written, the parts of a
systematic name that OPSIN reads back as the very same molecule, and relations to the compounds a molecule was made
from. The atoms of each part are known before the caption is written; the words are then judged like anybody else's, and
a caption with one tie that is not `supported`, or with a claim that nobody made, is not used.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.lexicon.classes import Lexicon, StructuralClass
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.meaning.interpretation import Source
from molreflect.tools.molecules.match import MatchTimeoutError, find, match_at
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.molecules.write import mirror_image
from molreflect.tools.names.structures import Nomenclature
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import Resources
from molreflect.tools.synthesis.molecules import Proposal
from molreflect.tools.terms import Level, PhraseKind, Verdict
from molreflect.tools.verification.by_relation import compared_as
from molreflect.tools.verification.case import read_phrases, stands_modified
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify

VERSION = "synthesis-1"
"""Bump on any change of what a seed gives: captions, choices, or the molecules tried."""

NAMING_SECONDS = 20.0
"""Most time for one name. Far above what a molecule within the bounds below takes, so that a slow machine does not
change the result; a name that takes longer all the same is counted as `naming timed out`."""
MAX_NAMED_ATOMS = 40
MAX_NAMED_RINGS = 4
"""Rings of one fused or bridged system; names of larger systems can take openclatura minutes."""
MIN_TIES = 2
"""Fewest structural alignments of a caption that is worth training on."""
RENEW = 2_000
"""Captions after which names, molecules and patterns that were read are forgotten; memory does not grow with a run."""
MAX_NAME = 90
"""Characters of a parent or substituent; longer ones are no caption's words."""

_GROUPS = frozenset({
    "acid", "acid_anion", "alcohol", "aldehyde", "amide", "amine", "aromatic", "coumarin", "ester", "ether", "halide",
    "heterocycle", "ion", "ketone", "lactone", "nitrogen", "phenol", "phosphorus", "sulfur",
})  # fmt: skip
"""Families whose members are told by the presence of a group or a ring. Natural-product families are not among them:
their patterns are made to find the members, not to keep everything else out."""
_NOT_SAID = frozenset({
    "N-alkylpyrrolidine", "N-hydroxy compound", "acetamide", "acetanilide", "aldehydic acid", "amino acid ester",
    "ammonium ion derivative", "amphetamine", "aralkylamino compound", "aromatic compound", "azabicycloalkane",
    "azacycloalkane", "beta-hydroxy enone", "beta-hydroxy ketone", "betaine", "biaryl", "bridged compound",
    "butanamide", "carbamic acid", "carbocation", "catechol", "chloroethane", "chloromethane", "cresol",
    "cyclic alcohol", "diarylmethane", "dicarboxylic acid diamide", "dicarboxylic acid monoamide",
    "dicarboxylic acids and O-substituted derivatives", "diether", "ethanolamines", "ethylenediamine derivative",
    "formamide", "gem-dihalide", "glycol", "guaiacol", "halohydrin", "halomethane", "hydroquinone", "imidate",
    "iminium salt", "macrocycle", "monothiocarbamic ester", "nitrogen mustard", "organic anion", "organic cation",
    "organonitrogen compound", "organooxygen compound", "p-cymene", "phenyl acetate", "phenylethanolamine",
    "phosphorodiamide", "polycyclic ether", "polyene alcohol", "polyether", "quinomethane", "resorcinol",
    "ring assembly", "salicylate", "saturated fatty aldehyde", "sulfanilamide", "tertiary alpha-hydroxy acid",
    "tetracenequinone", "thioacetal", "thiocarbamate ester", "thiocarbonyl compound", "toluene", "tropane", "xylene",
    "zwitterion",
})  # fmt: skip
"""Entries that mean one compound, that a caption uses in a narrower sense than their pattern, or that say nothing."""
_BROAD = frozenset({
    "1,3-diol", "alcohol", "alkyl halide", "alkyl ketone", "alkylbenzene", "amine", "aryl halide", "azaarene",
    "benzenes", "carboxamide", "carboxylic acid", "cyclic acetal", "cyclic ether", "dialkylarylamine", "ether",
    "heteroarene", "ketone", "organic heterocyclic compound", "organic hydroxy compound", "organohalogen compound",
    "organonitrogen heterocyclic compound", "organophosphorus compound", "organosulfur compound",
    "organosulfur heterocyclic compound", "oxygen heterocycle", "saturated cyclic ether", "vicinal diol",
})  # fmt: skip
"""True of very many molecules; said now and then, as captions do, and never first where there is a better word."""
_NUMBERED = re.compile(r"(?<![a-z])(mono|di|tri|tetra|penta|hexa|poly)(?=[a-z])")
_COUNT_OF = {"mono": 1, "di": 2, "tri": 3, "tetra": 4, "penta": 5, "hexa": 6}
_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
_PLAIN_HEADS = (
    "ester", "ether", "ketone", "alcohol", "aldehyde", "amide", "compound", "derivative", "lactone", "halide", "amine",
    "anion", "ion", "sulfide", "thiol", "oxide", "imide", "acetal", "epoxide",
)  # fmt: skip
"""Class names that captions use with an article even where they name a ring; the others are "a member of pyridines"."""

_LOCANT = r"(?:\d+[a-z]?'*|N\d*'*|[OS]\d*)"
_LOCANTS = re.compile(rf"({_LOCANT}(?:,{_LOCANT})*)-")
_STEREO = re.compile(r"^\(((?:\d*[a-z]?[RSrsEZ],?)+)\)-")
_HYDRO = re.compile(r"^(?:di|tetra|hexa|octa|deca|dodeca)?hydro$")
_INDICATED = re.compile(r"^(?:\d+[a-z]?H,?)+$|^(?:\d+[a-z]?H,?)+-")
_MULTIPLIERS = {"di": 2, "tri": 3, "tetra": 4, "penta": 5, "hexa": 6}
_BRACKET_MULTIPLIERS = {"bis": 2, "tris": 3, "tetrakis": 4}


@dataclass(frozen=True, slots=True)
class Synthetic:
    """One triple: molecule, caption, and every tie of the caption with its verdict."""

    smiles: str
    inchikey: str
    block: str
    caption: str
    judged: tuple[Verification, ...]
    """Structure and relation ties in the caption's order, all `supported`."""
    way: str
    """How the molecule came about, as in `molreflect.tools.synthesis.molecules.Proposal`."""
    pattern: str
    """Which kind of sentence opens the caption."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Why a proposal gave no triple; equal reasons are counted together."""

    reason: str


@dataclass(frozen=True, slots=True)
class ClassClaim:
    """A class that a molecule belongs to as written."""

    entry: StructuralClass
    atoms: frozenset[int]
    hits: int


@dataclass(frozen=True, slots=True)
class Group:
    """A substituent of a named molecule, or several of one name."""

    name: str
    locants: tuple[str, ...]
    """Positions on the parent as the name gives them; empty where it needs none."""
    atoms: frozenset[int]
    """0-based atoms of all of them together."""
    count: int


@dataclass(frozen=True, slots=True)
class Derivation:
    """A molecule as parent and substituents, by a systematic name that reads back as the same molecule."""

    name: str
    parent: str
    parent_atoms: frozenset[int]
    groups: tuple[Group, ...]
    stereo: str
    """Descriptors that open the name, e.g. "2R,3S"; empty where it has none."""


class Composer:
    """Writes captions. Not to be shared between threads; keeps what it learned of molecules it met again and again."""

    def __init__(self, resources: Resources, namer: Namer) -> None:
        self.resources = resources
        self._namer = namer
        self._classes = _claimable(resources.lexicon)
        self._substituents = tuple(
            entry for entry in resources.lexicon.classes
            if entry.group in ("substituent", "halide", "sulfur", "acyl group") and entry.name.endswith(" group")
            and entry.name not in _VAGUE_GROUPS
        )  # fmt: skip
        self._names = lru_cache(maxsize=20_000)(self._read_name)
        self._composed = 0

    # What can be said -----------------------------------------------------------------------------------------------

    def classes(self, molecule: Molecule) -> list[ClassClaim]:
        """Classes of the lexicon that hold as written: exact matches, whole ring systems, and the right numbers."""
        found: list[ClassClaim] = []
        for entry in self._classes:
            for pattern in entry.patterns:
                read = read_pattern(pattern)
                if not molecule.mol.HasSubstructMatch(read.query):
                    continue
                hits = match_at(molecule, read, Level.EXACT)
                if hits and _meant(molecule.mol, entry, read.query, hits):
                    found.append(ClassClaim(entry, frozenset(i for hit in hits for i in hit), len(hits)))
                break
        return _most_specific(found)

    def derivation(self, molecule: Molecule) -> Derivation | str:
        """Parent and substituents of a molecule; a text says why there are none."""
        return self._names(molecule.smiles)

    def _read_name(self, smiles: str) -> Derivation | str:
        molecule = read_molecule(smiles)
        if molecule.heavy_atoms > MAX_NAMED_ATOMS or _largest_system(molecule.mol) > MAX_NAMED_RINGS:
            return "too large to be named"
        naming = self._namer.name(molecule, NAMING_SECONDS)
        if naming.status != "named":
            return "naming timed out" if naming.status == "timeout" else "has no name"
        name = restyle(naming.name)
        if "^" in name:
            return "has a name that no caption would use"
        structure = self.resources.nomenclature.resolve([name])[name]
        if structure is None or structure.kind != "molecule" or structure.ambiguous:
            return "its name cannot be read back"
        if read_molecule(structure.smiles).inchikey != molecule.inchikey:
            return "its name reads back as another molecule"
        parents = [part for part in naming.parts if part.role == "parent"]
        if len(parents) != 1 or " " in naming.name[: -len(parents[0].phrase) or None]:
            return Derivation(name, "", frozenset(), (), "")
        split = split_name(naming.name, parents[0].phrase)
        atoms = frozenset(parents[0].atoms)
        if split is None or not self._is_parent(split.parent, len(atoms)):
            return Derivation(name, "", frozenset(), (), "")
        groups = self._placed(molecule, atoms, split.groups)
        if groups is None:
            return Derivation(name, "", frozenset(), (), "")
        return Derivation(name, restyle(split.parent), atoms, groups, split.stereo)

    def _is_parent(self, parent: str, atoms: int) -> bool:
        read = self.resources.nomenclature.resolve([restyle(parent)])[restyle(parent)]
        return (
            read is not None and read.kind == "molecule" and not read.ambiguous
            and read_molecule(read.smiles).heavy_atoms == atoms
        )  # fmt: skip

    def _placed(
        self, molecule: Molecule, parent: frozenset[int], named: Sequence[tuple[str, tuple[str, ...], int]]
    ) -> tuple[Group, ...] | None:
        """The atoms of every substituent: what hangs on the parent, compared piece by piece with what OPSIN reads."""
        pieces = _hanging(molecule.mol, parent)
        if sum(count for _, _, count in named) != sum(len(atoms) for atoms in pieces.values()):
            return None
        left = {key: list(atoms) for key, atoms in pieces.items()}
        placed = []
        kinds: Counter[str] = Counter()
        for name, locants, count in named:
            read = self.resources.nomenclature.resolve([name])[name]
            if read is None or read.kind != "substituent":
                return None
            key = _flat(read.smiles)
            kinds[key] += 1
            mine = left.get(key, [])
            # Two names for one kind of piece: which piece is which cannot be told from the pieces.
            if len(mine) != count or kinds[key] > 1:
                return None
            left[key] = []
            placed.append(Group(name, locants, frozenset(i for atoms in mine for i in atoms), count))
        return tuple(placed)

    def substituents(self, molecule: Molecule) -> list[Group]:
        """Substituents of the lexicon that hang on the molecule by one bond, for captions without a systematic name."""
        found: list[Group] = []
        for entry in self._substituents:
            hits = next((h for p in entry.patterns if (h := match_at(molecule, read_pattern(p), Level.EXACT))), ())
            if hits and len(hits) <= 6 and all(_hangs(molecule.mol, hit) for hit in hits):
                atoms = frozenset(i for hit in hits for i in hit)
                name = entry.name.removesuffix(" group")
                if sum(map(len, hits)) == len(atoms) and all(self._is_called(molecule, hit, name) for hit in hits):
                    found.append(Group(name, (), atoms, len(hits)))
        largest = sorted(found, key=lambda g: (-len(g.atoms) // g.count, g.name))
        kept: list[Group] = []
        for group in largest:
            if all(group.atoms.isdisjoint(other.atoms) for other in kept):
                kept.append(group)
        return kept

    def _is_called(self, molecule: Molecule, hit: Sequence[int], name: str) -> bool:
        """Whether OPSIN reads a substituent's name as just these atoms, bound where they are bound."""
        read = self.resources.nomenclature.resolve([name])[name]
        outside = frozenset(range(molecule.mol.GetNumAtoms())).difference(hit)
        return read is not None and read.kind == "substituent" and _flat(read.smiles) in _hanging(molecule.mol, outside)

    # Saying it ------------------------------------------------------------------------------------------------------

    def compose(self, proposal: Proposal, chance: random.Random) -> Synthetic | Dropped:
        """Write a caption for a molecule.

        Args:
            proposal: The molecule, and what it was made from.
            chance: Decides between what could be said; the same state gives the same caption.

        Returns:
            The triple, or the reason why there is none. Every tie of a triple is `supported`, and every structural
            claim that the caption reader sees in the caption has a tie.
        """
        self._composed += 1
        if self._composed % RENEW == 0:  # what comes up once or twice must not fill the memory of a long run
            self.resources = replace(self.resources, nomenclature=Nomenclature())
            read_molecule.cache_clear()
            read_pattern.cache_clear()
        molecule = read_molecule(proposal.smiles)
        if not molecule.inchikey:
            return Dropped("has no InChIKey")
        classes = self.classes(molecule)
        if not classes:
            return Dropped("no class holds")
        try:
            written = self._write(molecule, classes, proposal, chance)
            if isinstance(written, Dropped):
                return written
            text, pattern = written
            judged = self._judged(molecule, text)
        except MatchTimeoutError:
            return Dropped("a pattern took too long")
        if isinstance(judged, Dropped):
            return judged
        if sum(j.proposal.kind is PhraseKind.STRUCTURE for j in judged) < MIN_TIES:
            return Dropped("fewer than two alignments")
        return Synthetic(
            molecule.smiles, molecule.inchikey, molecule.block, text.caption, judged, proposal.way, pattern
        )

    def _write(
        self, molecule: Molecule, classes: list[ClassClaim], proposal: Proposal, chance: random.Random
    ) -> tuple[_Text, str] | Dropped:
        ordered = _shuffled(classes, chance)
        text = _Text()
        if proposal.way in ("anion", "cation"):
            base = self.derivation(read_molecule(proposal.parents[0]))
            if isinstance(base, str):
                return Dropped(base)
            ordered = sorted(ordered, key=lambda c: c.entry.group not in ("acid_anion", "ion"))
            relation = "conjugate base of" if proposal.way == "anion" else "conjugate acid of"
            text.add("The molecule is ").head(ordered[0], chance).add(f" that is the {relation} {base.name}.")
            text.classes(ordered[1 : 1 + chance.choice((1, 2))])
            text.add(f" It is a {relation} {_article(base.name)} {base.name}.")
            return text, "ion"
        if proposal.way == "condensed":
            return self._condensed(molecule, ordered, proposal, text, chance)
        derived = self.derivation(molecule)
        if isinstance(derived, Derivation) and derived.parent and derived.groups:
            pattern = self._derived(derived, ordered, text, chance)
        else:
            pattern = self._bearing(molecule, ordered, text, chance)
        if isinstance(derived, Derivation):
            self._relations(molecule, derived, text, chance)
        return text, pattern

    def _condensed(
        self, molecule: Molecule, ordered: list[ClassClaim], proposal: Proposal, text: _Text, chance: random.Random
    ) -> tuple[_Text, str] | Dropped:
        acid, partner = (self.derivation(read_molecule(smiles)) for smiles in proposal.parents)
        if isinstance(acid, str) or isinstance(partner, str):
            return Dropped(acid if isinstance(acid, str) else str(partner))
        ends = frozenset(proposal.bond or ())
        site = "amino" if any(molecule.mol.GetAtomWithIdx(i).GetAtomicNum() == 7 for i in ends) else "hydroxy"
        family = "amide" if site == "amino" else "ester"
        made = [c for c in ordered if c.entry.group == family and ends <= c.atoms]
        if not made:
            return Dropped("no class holds of the new bond")
        rest = [c for c in ordered if c is not made[0]]
        how = chance.choice(("obtained by formal condensation", "resulting from the formal condensation"))
        text.add("The molecule is ").head(made[0], chance)
        text.add(f" {how} of the carboxy group of {acid.name} with the {site} group of {partner.name}.")
        text.classes(rest[: chance.choice((1, 2, 3))])
        if chance.random() < 0.7:
            named = [acid.name, *([partner.name] if chance.random() < 0.5 else [])]
            text.add(" It derives from " + " and ".join(f"{_article(n)} {n}" for n in named) + ".")
        return text, "condensed"

    def _derived(self, derived: Derivation, ordered: list[ClassClaim], text: _Text, chance: random.Random) -> str:
        """A parent and what it bears, in one of the ways captions have."""
        groups = list(derived.groups)
        pattern = chance.choice(("substituted", "carrying", "replaced", "having"))
        if pattern == "replaced" and (len(groups) > 2 or not all(group.locants for group in groups)):
            pattern = "substituted"
        # "a benzaldehyde that is benzaldehyde" says one thing twice
        ordered = sorted(ordered, key=lambda c: c.entry.name.removesuffix("s") == derived.parent)
        text.add("The molecule is ").head(ordered[0], chance)
        text.add(" consisting of " if pattern == "having" else " that is ").say(derived.parent, derived.parent_atoms)
        if pattern == "replaced":
            text.add(" in which ")
            for number, group in enumerate(groups):
                text.add(" and " if number else "")
                text.add(f"the hydrogen at position {group.locants[0]} is" if group.count == 1 else
                         f"the hydrogens at positions {_listed(group.locants)} are")  # fmt: skip
                text.add(" replaced by ").group(group, "group", places="")
        else:
            noun = chance.choice(("group", "group", "substituent"))
            verb = {"substituted": "substituted by", "having": "having"}.get(pattern) or chance.choice(
                ("carrying", "bearing")
            )
            text.add(f" {verb} ")
            for number, group in enumerate(groups):
                text.add("" if not number else " and " if number == len(groups) - 1 else ", ")
                text.group(group, noun, places="the {}-position" if pattern == "having" else "position {}")
        if derived.stereo:
            text.add(f" (the {derived.stereo}-stereoisomer)")
        text.add(".")
        text.classes(ordered[1 : 1 + chance.choice((1, 2, 2, 3, 4))])
        return pattern

    def _bearing(self, molecule: Molecule, ordered: list[ClassClaim], text: _Text, chance: random.Random) -> str:
        """Classes and, where the lexicon knows some, the groups that hang on the molecule."""
        groups = self.substituents(molecule)
        shown = chance.sample(groups, min(len(groups), chance.choice((0, 1, 2, 2, 3))))
        text.add("The molecule is ").head(ordered[0], chance)
        if shown:
            text.add(chance.choice((" bearing ", " carrying ", " substituted by ")))
            for number, group in enumerate(shown):
                text.add("" if not number else " and " if number == len(shown) - 1 else ", ")
                text.group(group, "group", places="")
        text.add(".")
        text.classes(ordered[1 : 1 + chance.choice((1, 2, 3, 4))])
        return "bearing" if shown else "classes"

    def _relations(self, molecule: Molecule, derived: Derivation, text: _Text, chance: random.Random) -> None:
        if derived.parent and derived.groups and " " in derived.parent and chance.random() < 0.6:
            text.add(f" It derives from {_article(derived.parent)} {derived.parent}.")
        if chance.random() < 0.4 and not _open_centres(molecule.mol):
            mirrored = str(Chem.MolToSmiles(mirror_image(molecule.mol)))
            other = _other_hand(derived.name)
            if mirrored != Chem.MolToSmiles(molecule.mol) and other != derived.name:
                text.add(f" It is an enantiomer of {_article(other)} {other}.")

    def _judged(self, molecule: Molecule, text: _Text) -> tuple[Verification, ...] | Dropped:
        """Every claim of the caption as the caption reader sees it, tied to the atoms that were meant, and judged."""
        caption = text.caption
        ties: list[ProposedAlignment] = []
        claimed: set[tuple[int, int]] = set()
        for phrase in read_phrases(self.resources, caption):
            tie = ProposedAlignment.of(phrase)
            if phrase.kind is PhraseKind.RELATION:
                if compared_as(phrase.relation) is not None:
                    ties.append(tie)
                continue
            meant = [(span, atoms) for span, atoms in text.said if span[0] < phrase.end and phrase.start < span[1]]
            if phrase.kind is PhraseKind.STRUCTURE and not meant and phrase.source == "modified-parent":
                left = self._left_of(molecule, phrase)  # "condensation of X with Y": both stand in the product
                if left is None:
                    return Dropped("a compound that reacted is not recognised")
                ties.append(tie.with_pattern(*left))
                continue
            if phrase.kind is not PhraseKind.STRUCTURE or len(meant) != 1:
                return Dropped("the reader sees a claim that was not made")
            claimed.add(meant[0][0])
            spelt = self._spelt(molecule, phrase, meant[0][1], caption)
            if spelt is None:
                return Dropped("the words mean other atoms than were meant")
            ties.append(tie.with_pattern(*spelt))
        if len(claimed) != len(text.said):
            return Dropped("the reader misses a claim")
        judged = tuple(verify(tie, molecule=molecule, caption=caption, resources=self.resources) for tie in ties)
        refused = next((j for j in judged if j.verdict is not Verdict.SUPPORTED), None)
        if refused is not None:
            return Dropped(f"judged {refused.verdict}: {refused.reason}")
        return judged

    def _left_of(self, molecule: Molecule, phrase: Phrase) -> tuple[str, Source, Level] | None:
        """The pattern of what is left of a compound that reacted; None where it is not there just once."""
        for reading in interpret(phrase.name or phrase.key, self.resources, modified=True, molecule=molecule):
            for pattern in reading.patterns:
                hits = find(molecule, pattern, floor=reading.floor)
                if hits is not None and hits.level is Level.EXACT and len(hits.atoms) == 1:
                    return pattern, reading.source, reading.floor
        return None

    def _spelt(
        self, molecule: Molecule, phrase: Phrase, meant: frozenset[int], caption: str
    ) -> tuple[str, Source, Level] | None:
        """The pattern that says of a phrase what it means, and finds exactly the atoms that were meant.

        Where the known meaning is found at more places (propanoic acid, from its end or from its phenyl group), the
        atoms are spelt as they stand in the molecule.
        """
        known = interpret(
            phrase.name or phrase.key, self.resources, modified=stands_modified(phrase, caption), molecule=molecule
        )
        found = [
            (reading, pattern, hits)
            for reading in known
            for pattern in reading.patterns
            if (hits := find(molecule, pattern, floor=reading.floor)) is not None and hits.level is Level.EXACT
        ]
        for reading, pattern, hits in found:
            if hits.covered == meant:
                return pattern, reading.source, reading.floor
        for reading, _, hits in found:
            chosen = [hit for hit in hits.atoms if meant.issuperset(hit)]
            if chosen and meant == {i for hit in chosen for i in hit}:
                pattern = _spelt_atoms(molecule.mol, chosen[0])
                own = find(molecule, pattern, floor=Level.EXACT)
                if own is not None and own.covered == meant:
                    return pattern, reading.source, Level.EXACT
        return None


def _spelt_atoms(mol: Chem.Mol, atoms: Sequence[int]) -> str:
    """SMARTS of some atoms as they stand: element, aromaticity, charge, neighbours and hydrogens of each."""
    symbols = []
    for atom in mol.GetAtoms():
        symbol = atom.GetSymbol().lower() if atom.GetIsAromatic() else atom.GetSymbol()
        symbols.append(f"[{symbol};D{atom.GetDegree()};H{atom.GetTotalNumHs()};{atom.GetFormalCharge():+d}]")
    return str(Chem.MolFragmentToSmiles(mol, sorted(atoms), atomSymbols=symbols, isomericSmiles=False))


class _Text:
    """A caption in the making, and where it says what."""

    def __init__(self) -> None:
        self.caption = ""
        self.said: list[tuple[tuple[int, int], frozenset[int]]] = []
        """Offsets of the words of every claim, and the atoms that are meant."""

    def add(self, words: str) -> _Text:
        self.caption += words
        return self

    def say(self, words: str, atoms: frozenset[int]) -> _Text:
        start = len(self.caption)
        self.caption += words
        self.said.append(((start, len(self.caption)), atoms))
        return self

    def head(self, claim: ClassClaim, chance: random.Random) -> _Text:
        if _plural(claim.entry):
            self.add(chance.choice(("a member of the class of ", "a member of ")))
        return self.named(claim, article=not _plural(claim.entry))

    def named(self, claim: ClassClaim, *, article: bool) -> _Text:
        name = claim.entry.name
        if not article:
            return self.say(name if name.endswith("s") else f"{name}s", claim.atoms)
        return self.add(f"{_article(name)} ").say(name, claim.atoms)

    def classes(self, claims: Sequence[ClassClaim]) -> _Text:
        if not claims:
            return self
        self.add(" It is ")
        for number, claim in enumerate(claims):
            self.add("" if not number else " and " if number == len(claims) - 1 else ", ")
            if _plural(claim.entry):
                self.add("a member of ")
            self.named(claim, article=not _plural(claim.entry))
        return self.add(".")

    def group(self, group: Group, noun: str, *, places: str) -> _Text:
        many = group.count > 1
        if not many:
            self.add(f"{_article(group.name)} ")
        counted = f"{_WORDS[group.count]} " if many and not (places and group.locants) else ""
        # "replaced by chloro groups" needs no number: the positions stand before it.
        counted = "" if group.locants and not places else counted
        words = f"{counted}{group.name} {noun}{'s' if many else ''}"
        if places and group.locants:
            place = places.format(_listed(group.locants))
            if many:
                place = place.replace("position", "positions")
                if "-position" in place:
                    place = f"the {_listed(tuple(f'{n}-' for n in group.locants))}positions"
            words += f" at {place}"
        return self.say(words, group.atoms)


@dataclass(frozen=True, slots=True)
class _Split:
    stereo: str
    groups: tuple[tuple[str, tuple[str, ...], int], ...]
    """Name, locants, count."""
    parent: str


def split_name(name: str, parent: str) -> _Split | None:
    """Take a systematic name apart into leading stereodescriptors, substituents with locants, and the parent.

    Args:
        name: E.g. "(2R)-2-amino-3-(4-chlorophenyl)propanoic acid".
        parent: The words it ends with, e.g. "propanoic acid".

    Returns:
        The parts, substituents in the order of the name with brackets as captions write them; None where the name is
        not built like this.
    """
    if not parent or not name.endswith(parent):
        return None
    rest = name[: -len(parent)]
    stereo = ""
    if (found := _STEREO.match(rest)) is not None:
        stereo, rest = found[1], rest[found.end() :]
    groups: list[tuple[str, tuple[str, ...], int]] = []
    for segment in _segments(rest):
        locants: tuple[str, ...] = ()
        body = segment
        if (found := _LOCANTS.match(segment)) is not None:
            locants, body = tuple(found[1].split(",")), segment[found.end() :]
        if _INDICATED.match(segment) or _HYDRO.match(body):
            return _Split(stereo, tuple(groups), rest[rest.rindex(segment) :] + parent) if groups or stereo else None
        read = _one_group(body, locants)
        if read is None:
            return None
        groups.append(read)
    return _Split(stereo, tuple(groups), parent)


def _segments(text: str) -> list[str]:
    """Cut a prefix at the hyphens, outside brackets, that a locant follows."""
    out, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        behind = text[index + 1 :]
        if char == "-" and not depth and index and not text[index - 1].isdigit() and (
            _LOCANTS.match(behind) or _INDICATED.match(behind)
        ):  # fmt: skip
            out.append(text[start:index])
            start = index + 1
    tail = text[start:].removesuffix("-")
    return [*out, tail] if tail else out


def _one_group(body: str, locants: tuple[str, ...]) -> tuple[str, tuple[str, ...], int] | None:
    count = 1
    for table in (_BRACKET_MULTIPLIERS, _MULTIPLIERS):
        for word, number in table.items():
            if body.startswith(word) and len(locants) == number and (table is _MULTIPLIERS or body[len(word)] == "("):
                body, count = body[len(word) :], number
                break
    if max(1, len(locants)) != count or not body or len(body) > MAX_NAME:
        return None
    if body.startswith("(") and _closing(body) == len(body) - 1:
        body = body[1:-1]
    if body.startswith("(") and body.endswith("phenyl)oxy") and _closing(body) == len(body) - len(")oxy"):
        body = body[1 : -len("yl)oxy")] + "oxy"  # "(4-chlorophenyl)oxy" is 4-chlorophenoxy
    return restyle(body), locants, count


def _closing(text: str) -> int:
    """Index of the bracket that closes the one at 0."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if not depth:
            return index
    return -1


def restyle(name: str) -> str:
    """Nest brackets as captions do: round inside, then square, then curly ones.

    Args:
        name: A systematic name with round brackets at every depth; square ones of ring names stay as they are.
    """
    stack: list[int] = []
    pairs: dict[int, int] = {}
    height: dict[int, int] = {}
    for index, char in enumerate(name):
        if char == "(":
            stack.append(index)
        elif char == ")" and stack:
            start = stack.pop()
            pairs[start] = index
            height[start] = 1 + max((height[s] for s in pairs if start < s < index), default=0)
    out = list(name)
    for start, end in pairs.items():
        out[start], out[end] = ("()", "[]", "{}")[(height[start] - 1) % 3]
    return "".join(out)


_VAGUE_GROUPS = frozenset({
    "acyl group", "alkyl group", "alkylamino group", "alpha-amino group", "aryl group", "aryloxy group",
    "ethylene group", "gem-dimethyl group", "halo group", "methine group", "methylene group", "oxo group",
    "sulfinyl group", "sulfonyl group", "carbonyl group", "perfluoroalkyl group",
})  # fmt: skip


def _claimable(lexicon: Lexicon) -> tuple[StructuralClass, ...]:
    return tuple(
        entry for entry in lexicon.classes
        if entry.group in _GROUPS and entry.scope == "part" and entry.name not in _NOT_SAID
        and not entry.name.endswith((" group", " ring", " atom", " salt"))
    )  # fmt: skip


def _meant(mol: Chem.Mol, entry: StructuralClass, query: Chem.Mol, hits: Sequence[tuple[int, ...]]) -> bool:
    """Whether matches are what the class is about, and not merely what a generous pattern lets pass."""
    if entry.group in ("acid_anion", "ion") and not all(
        any(mol.GetAtomWithIdx(i).GetFormalCharge() for i in hit) for hit in hits
    ):
        return False  # "acetate" is an ion here, though the ester is spoken of in the same way
    if entry.group in _HYDROXY and not all(any(_bears(mol, i, entry.group) for i in hit) for hit in hits):
        return False  # "salicylic acid" has synonyms that its esters share
    units = [Chem.MolToSmarts(unit) for unit in Chem.GetMolFrags(query, asMols=True, sanitizeFrags=False)]
    if len(units) > 1:
        # "diol" is two hydroxy groups anywhere, so the molecule must have just two; a "hydroxy ester" says nothing
        # about where the two are, and is not said at all.
        unit = Chem.MolFromSmarts(units[0])
        return len(set(units)) == 1 and len(mol.GetSubstructMatches(unit)) == len(units)
    if entry.group == "amide" and any(_aromatic_carbonyl(mol, i) for hit in hits for i in hit):
        return False  # xanthine is no urea
    return not entry.ring or all(_whole_rings(mol, query, hit) for hit in hits)


def _aromatic_carbonyl(mol: Chem.Mol, index: int) -> bool:
    atom = mol.GetAtomWithIdx(index)
    return bool(atom.GetIsAromatic()) and any(
        b.GetBondType() == Chem.BondType.DOUBLE and b.GetOtherAtom(atom).GetAtomicNum() in (8, 16)
        for b in atom.GetBonds()
    )


def _whole_rings(mol: Chem.Mol, query: Chem.Mol, hit: Sequence[int]) -> bool:
    """Whether a match is a ring system as a whole: piperidine is no class of tropane, nor oxepane of a bridged ring."""
    inside = set(hit)
    ring_bonds = {
        bond.GetIdx() for i in inside for bond in mol.GetAtomWithIdx(i).GetBonds() if bond.IsInRing()
    }  # fmt: skip
    bonds = [mol.GetBondWithIdx(b) for b in ring_bonds]
    if any(b.GetBeginAtomIdx() not in inside or b.GetEndAtomIdx() not in inside for b in bonds):
        return False
    Chem.FastFindRings(query)
    return len(ring_bonds) == sum(int(bond.IsInRing()) for bond in query.GetBonds())


_HYDROXY = frozenset({"acid", "phenol", "alcohol"})


def _bears(mol: Chem.Mol, index: int, group: str) -> bool:
    """Whether an atom is the hydroxy oxygen that makes an acid, a phenol or an alcohol."""
    atom = mol.GetAtomWithIdx(index)
    if atom.GetAtomicNum() not in (8, 16) or not atom.GetTotalNumHs() or not atom.GetDegree():
        return False
    bearer = atom.GetNeighbors()[0]
    if group == "phenol":
        return bool(bearer.GetIsAromatic())
    doubly = any(b.GetBondType() == Chem.BondType.DOUBLE and b.GetOtherAtom(bearer).GetAtomicNum() in (7, 8, 16)
                 for b in bearer.GetBonds())  # fmt: skip
    return doubly or bearer.GetAtomicNum() != 6 if group == "acid" else not doubly and bearer.GetAtomicNum() == 6


def _most_specific(claims: list[ClassClaim]) -> list[ClassClaim]:
    """Drop what another claim says better: "diol" beside "triol", "carboxylic acid" beside "monocarboxylic acid"."""
    highest: dict[str, int] = {}
    for claim in claims:
        if (number := _NUMBERED.search(claim.entry.name)) is not None and number[1] in _COUNT_OF:
            family = _NUMBERED.sub("#", claim.entry.name, count=1)
            highest[family] = max(highest.get(family, 0), _COUNT_OF[number[1]])
    kept = []
    for claim in claims:
        number = _NUMBERED.search(claim.entry.name)
        if number is not None:
            count = _COUNT_OF.get(number[1], 0)
            if count < highest.get(_NUMBERED.sub("#", claim.entry.name, count=1), 0):
                continue
            if count == 1 and claim.hits != 1:
                continue
        narrower = (
            other for other in claims
            if other is not claim and other.entry.name.endswith(claim.entry.name) and claim.atoms <= other.atoms
        )  # fmt: skip
        if next(narrower, None) is None:
            kept.append(claim)
    anhydride = frozenset(i for c in kept if c.entry.name.endswith("anhydride") for i in c.atoms)
    # An anhydride holds the atoms of an ester twice, and is none.
    return [
        c for c in kept if c.entry.group != "ester" or c.entry.name.endswith("anhydride") or not c.atoms & anhydride
    ]


def _shuffled(claims: Sequence[ClassClaim], chance: random.Random) -> list[ClassClaim]:
    """Claims in the order in which they are said: telling ones early more often than not."""
    weights = [0.15 if c.entry.name in _BROAD else 1.0 + 0.15 * len(c.atoms) / c.hits for c in claims]
    keyed = [(chance.random() ** (1 / weight), n) for n, weight in enumerate(weights)]
    ordered = [claims[n] for _, n in sorted(keyed, reverse=True)]
    first = next((c for c in ordered if c.entry.name not in _BROAD), ordered[0])
    return [first, *(c for c in ordered if c is not first)]


def _plural(entry: StructuralClass) -> bool:
    """Whether captions say "a member of pyridines" rather than "a pyridine"."""
    return entry.name.endswith("s") or (entry.ring and not entry.name.endswith(_PLAIN_HEADS))


def _article(name: str) -> str:
    first = next((char for char in name.lower() if char.isalpha()), "")
    letters = re.sub(r"^[^a-zA-Z]+", "", name).lower()
    vowel = first in "aeio" or (first == "u" and not letters.startswith(("ur", "uni")))
    return "an" if vowel and not re.match(r"[\d(\[{NOS]", name) and not letters.startswith(("eu", "one")) else "a"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + f" and {items[-1]}"


def _hanging(mol: Chem.Mol, parent: frozenset[int]) -> dict[str, list[frozenset[int]]]:
    """The pieces of a molecule outside its parent, by SMILES with `*` for the parent, stereo left out."""
    cut = [b.GetIdx() for b in mol.GetBonds() if (b.GetBeginAtomIdx() in parent) != (b.GetEndAtomIdx() in parent)]
    if not cut:
        return {}
    apart = Chem.FragmentOnBonds(mol, cut, dummyLabels=[(0, 0)] * len(cut))
    found: dict[str, list[frozenset[int]]] = {}
    size = mol.GetNumAtoms()
    for atoms in Chem.GetMolFrags(apart):
        own = frozenset(i for i in atoms if i < size)
        if own and own.isdisjoint(parent):
            text = Chem.MolFragmentToSmiles(apart, atoms, isomericSmiles=False)
            found.setdefault(_flat(text), []).append(own)
    return found


@lru_cache(maxsize=20_000)
def _flat(smiles: str) -> str:
    mol = Chem.MolFromSmiles(smiles)
    return "" if mol is None else str(Chem.MolToSmiles(mol, isomericSmiles=False))


def _hangs(mol: Chem.Mol, hit: Sequence[int]) -> bool:
    """Whether matched atoms are a substituent: one bond out, and not the hetero atom of an acid or an amide."""
    inside = set(hit)
    out = [
        (i, n.GetIdx()) for i in inside for n in mol.GetAtomWithIdx(i).GetNeighbors() if n.GetIdx() not in inside
    ]  # fmt: skip
    if len(out) != 1:
        return False
    near, far = (mol.GetAtomWithIdx(i) for i in out[0])
    if near.GetAtomicNum() == 6:
        return True
    return far.GetAtomicNum() == 6 and not any(
        b.GetBondType() == Chem.BondType.DOUBLE and b.GetOtherAtom(far).GetAtomicNum() != 6 for b in far.GetBonds()
    )


_DESCRIPTORS = re.compile(r"\((?:\d*[a-z]?'*[RSrsEZ],?)+\)")


def _other_hand(name: str) -> str:
    """The name of the mirror image: R and S changed round; what is pseudo-asymmetric or a double bond stays."""
    swap = str.maketrans("RS", "SR")
    return _DESCRIPTORS.sub(lambda found: found[0].translate(swap), name)


def _open_centres(mol: Chem.Mol) -> bool:
    """Whether a centre or a double bond is left without its configuration: its mirror image is then no one compound."""
    return any(found.specified == Chem.StereoSpecified.Unspecified for found in Chem.FindPotentialStereo(Chem.Mol(mol)))


def _largest_system(mol: Chem.Mol) -> int:
    """Most rings that hang together by shared atoms."""
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
    systems: list[tuple[set[int], int]] = []
    for ring in rings:
        touching = [s for s in systems if s[0] & ring]
        systems = [s for s in systems if not s[0] & ring]
        systems.append((ring.union(*(s[0] for s in touching)), 1 + sum(s[1] for s in touching)))
    return max((count for _, count in systems), default=0)


def counted(dropped: Mapping[str, int]) -> str:
    """Reasons with their counts, most frequent first, in one line."""
    return "; ".join(f"{reason} {count}" for reason, count in Counter(dropped).most_common())

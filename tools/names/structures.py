"""Names to structures: a curated table, OPSIN with rules for biochemical names, trivial names learned from a corpus."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from rdkit import Chem

from molreflect.tools.molecules.parts import atoms_of, bonds_of
from molreflect.tools.molecules.read import quiet_rdkit
from molreflect.tools.molecules.write import uncharge
from molreflect.tools.names.assembly import PartStructure, assemble, is_polyprenyl
from molreflect.tools.names.from_corpus import Definition, LearnedNames, PairSource
from molreflect.tools.names.misreadings import is_acid_ion, is_misread, leaves_place_open
from molreflect.tools.names.opsin import MAX_PARSED_NAME_LENGTH, Parse, Parser, named_molecule, opsin, opsin_version
from molreflect.tools.names.patterns import anchored_pattern, as_residue, molecule_pattern, substituent_pattern
from molreflect.tools.names.respelling import respelt_names
from molreflect.tools.names.rewriting import rewritten_names
from molreflect.tools.names.trivial import trivial_names
from molreflect.tools.names.wording import Wording, open_positions, wordings
from molreflect.tools.storage import connect, make_folder

RULES_VERSION = "14"
"""Version of the rules for wordings, patterns and parts; part of the cache key."""
MAX_DEPTH = 3
"""Most times a name is taken apart into parts of parts."""
MAX_OPEN_GROUPS = 12
"""Most groups without a place in one name."""

Kind = Literal["molecule", "substituent"]
Source = Literal["table", "opsin", "rules", "corpus"]
"""`table`: `data/trivial_names.toml`; `rules`: put together from named parts (molreflect.tools.names.assembly)."""


@dataclass(frozen=True, slots=True)
class NamedStructure:
    """What a name means."""

    name: str
    """The name as it was asked for."""
    smiles: str
    """The structure as named; a substituent's free valences are `*` atoms. Zwitterions are written uncharged."""
    kind: Kind
    source: Source
    pattern: str
    """SMARTS without charges. Molecules allow further substitution everywhere (so an ester matches its acid);
    substituents keep their hydrogen counts outside rings, the attachment atom must have its bond out, and a group
    such as ethyl is not found at the end of a longer chain."""
    strict_pattern: str
    """As `pattern`, but hydroxy and thiol groups keep their hydrogen: right for "it is a 2-methoxyphenol"."""
    charge: int = 0
    """Net charge the name states ("isocitrate(1-)") or, where it states none, the net charge of `smiles`."""
    stereo: bool = False
    """Whether the name fixes stereochemistry, which `smiles` and `pattern` then carry."""
    ambiguous: bool = False
    """The name leaves positions open ("trihydroxyflavone"): the pattern is the parent and, anywhere on it, the
    substituents (a SMARTS with dots); `smiles` is the parent alone."""
    read_as: str = ""
    """The wording OPSIN understood, where it is not `name`."""
    generic: bool = False
    """The name stands for many compounds ("1,2-diacyl-sn-glycerol"): `smiles` is the smallest of them, and `pattern`,
    which allows further substitution, is found in all."""
    learned_from: tuple[str, ...] = ()
    """Ids of the corpus pairs that define the name (`source` "corpus"), at most eight."""


# ---------------------------------------------------------------------------------------------------------------------
# Reading one name

_AMINO_ACID = re.compile(
    r"(?<![dl]-)(?<!meso-)(?:alan|argin|asparag|glutam|cyste|cyst|histid|isoleuc|leuc|lys|methion|phenylalan|prol|"
    r"ser|threon|tryptoph|tyros|val|ornith|homocyste|homoser|norval|norleuc|citrull|"
    r"aspart)(?:in|an|ion|on)?(?:e|yl|ium|ate|ic acid)\b",
    re.IGNORECASE,
)
_ESTER_OF_AN_ACID = re.compile(r"yl\)? [a-z]+ate$")
_ANOMERIC_GROUP = re.compile(r"(?:alpha|beta)-[DL]-\S*(?:os|onos|amin|ofuranos|opyranos)yl$")
_DESCRIBED_GROUP = re.compile(r"\([^()]*[RS](?:,[^()]*)?\).*[a-z]yl$")
STATES_STEREO = re.compile(
    r"(?:^|[^A-Za-z])(?:\d*[a-z]?[RSEZrs]|[DL]|alpha|beta|cis|trans|sn|meso|xi|rel|rac)(?=[^A-Za-z]|$)|\d(?:alpha|beta)"
    r"|\([+-]\)"
)
_DESCRIPTOR = re.compile(r"[(,]\d*[a-z]?'*[RSEZ](?=[,)])")
_FIXED_HAND = re.compile(r"(?<![A-Za-z])(?:[DL]-|alpha-|beta-)|\d(?:alpha|beta)")
_ROTATION = re.compile(r"\([+-]\)-?")
_ANOMERIC_FLUORIDE = Chem.MolFromSmarts("F-[CX4;R]-[O;R]")


@dataclass(frozen=True, slots=True)
class Resolver:
    """Turns one name into a structure by the curated table, OPSIN and the rules, in this order."""

    parse: Parser
    depth: int = MAX_DEPTH
    """How often names may still be taken apart."""

    def resolve(self, name: str) -> NamedStructure | None:
        """Turn a name into a structure; None where it has none."""
        if not name.strip() or len(name) > MAX_PARSED_NAME_LENGTH or not any(c.isalpha() for c in name):
            return None
        candidates = wordings(name)
        for wording in candidates:
            if (found := self._from_table(name, wording)) is not None:
                return found[0]
        if any(is_polyprenyl(wording.text) for wording in candidates):
            return self._by_rules(name, candidates)
        positions_open: Wording | None = None
        for wording in candidates:
            parsed = self._parsed(wording.text, wording.charge is not None)
            if parsed is None:
                continue
            if parsed.ambiguous:  # a later one may say more: "(9Z)-octadecenoic acid" against "octadec-9-enoic acid"
                positions_open = positions_open or wording
                continue
            anomeric = self.parse(wording.text + " fluoride") if _ANOMERIC_GROUP.search(wording.text) else None
            smiles = _anomeric_group(anomeric.smiles) if anomeric is not None else self._ranked(wording.text, parsed)
            return _structure(name, wording, smiles or parsed.smiles)
        if (by_rules := self._by_rules(name, candidates)) is not None:
            return by_rules
        return None if positions_open is None else self._with_open_positions(name, positions_open)

    def _ranked(self, text: str, group: Parse) -> str | None:
        """Give a group the handedness that its descriptor means where the group is bound.

        OPSIN ranks neighbours as if nothing stood on the free valence, so that the "(R)-2-hydroxypropyl" of an amine
        comes out as its mirror image; of the group's fluoride it ranks them right (a chloride would outrank sulfur,
        which the nitrogen or oxygen that groups are bound to does not).
        """
        if "*" not in group.smiles or _DESCRIBED_GROUP.search(text) is None:
            return None
        fluoride = self.parse(text + " fluoride")
        mol = named_molecule(fluoride.smiles) if fluoride is not None else None
        flat = Chem.CanonSmiles(group.smiles, useChiral=0)
        for atom in atoms_of(mol) if mol is not None else ():
            if atom.GetAtomicNum() == 9 and atom.GetDegree() == 1:
                copy = Chem.RWMol(mol)
                copy.GetAtomWithIdx(atom.GetIdx()).SetAtomicNum(0)
                smiles = str(Chem.MolToSmiles(copy))
                if Chem.CanonSmiles(smiles, useChiral=0) == flat:
                    return smiles
        return None

    def _parsed(self, text: str, charged: bool) -> Parse | None:
        """Ask OPSIN, and take no answer that the name cannot mean."""
        parsed = self.parse(text)
        if parsed is None:
            return None
        ion = is_acid_ion(text) and self.parse(f"{text.split(' ')[-1][:-3]}ic acid") is not None
        if is_misread(text, parsed.smiles, ion, charged):
            return None
        return replace(parsed, ambiguous=True) if leaves_place_open(text, parsed.smiles) else parsed

    def _from_table(self, name: str, wording: Wording) -> tuple[NamedStructure | None] | None:
        """Look a name up in the table, in a tuple; None where it has no such name."""
        entry = trivial_names().find(wording.text)
        if entry is None:
            return None
        parsed = self.parse(entry.reads) if entry.reads else None
        smiles = parsed.smiles if parsed is not None else entry.smiles
        if entry.flat and (mol := named_molecule(smiles)) is not None:
            smiles = str(Chem.MolToSmiles(mol, isomericSmiles=False))
        meant = replace(wording, text=entry.reads or wording.text, literal=True)
        return (_structure(name, meant, smiles, "table"),)

    def _by_rules(self, name: str, candidates: Sequence[Wording]) -> NamedStructure | None:
        """Read a name in another wording, or put it together from its parts."""
        tried = {wording.text for wording in candidates}
        for wording in candidates:
            for other in (*rewritten_names(wording.text), *respelt_names(wording.text)):
                if other.text in tried:
                    continue
                tried.add(other.text)
                meant = replace(wording, text=other.text, generic=other.generic)
                parsed = self._parsed(other.text, meant.charge is not None)
                if parsed is not None and not parsed.ambiguous:
                    return _structure(name, replace(meant, uncharged=other.uncharged), parsed.smiles)
                if self.depth and (part := assemble(other.text, self._part)) is not None:
                    return _put_together(name, meant, part)
        for text in dict.fromkeys(wording.text for wording in candidates):
            if self.depth and (part := assemble(text, self._part)) is not None:
                return _put_together(name, replace(candidates[-1], text=text), part)
        return None

    def _part(self, name: str) -> PartStructure | None:
        known = replace(self, depth=self.depth - 1).resolve(name)
        if known is None or known.kind != "molecule" or known.ambiguous or "." in known.smiles:
            return None
        neutral = uncharge(Chem.MolFromSmiles(known.smiles))
        return PartStructure(str(Chem.MolToSmiles(neutral)), known.generic)

    def _with_open_positions(self, name: str, wording: Wording) -> NamedStructure | None:
        """Read "dihydroxy-methoxyflavone": the parent, and groups anywhere on it."""
        for groups, rest in open_positions(wording.text):
            parsed = self.parse(rest)
            if parsed is None or len(groups) > MAX_OPEN_GROUPS:
                return None
            if parsed.ambiguous:
                continue
            parent = _structure(name, replace(wording, text=rest), parsed.smiles)
            if parent is None or parent.kind != "molecule":
                return None
            carbons = [atom for atom in Chem.MolFromSmiles(parent.smiles).GetAtoms() if atom.GetAtomicNum() == 6]
            write = anchored_pattern if all(atom.IsInRing() for atom in carbons) else substituent_pattern
            parts: list[str] = []
            for group in groups:
                known = self.parse(group)
                mol = named_molecule(known.smiles) if known else None
                if mol is None:
                    return None
                parts.append(write(mol))
            return replace(
                parent,
                pattern=".".join([parent.pattern, *parts]),
                strict_pattern=".".join([parent.strict_pattern, *parts]),
                ambiguous=True,
                read_as=wording.text if wording.text != name else "",
            )
        return None


def _put_together(name: str, wording: Wording, part: PartStructure) -> NamedStructure | None:
    charge = part.charge if wording.charge is None else wording.charge
    generic = wording.generic or part.generic
    meant = replace(wording, charge=charge, literal=True, generic=generic, uncharged=True)
    return _structure(name, meant, part.smiles, "rules")


def _anomeric_group(fluoride: str) -> str | None:
    """Cut the glycosyl group of a fluoride: OPSIN drops the anomeric stereo of a bare group, not of a fluoride."""
    mol = named_molecule(fluoride)
    if mol is None or len(hits := mol.GetSubstructMatches(_ANOMERIC_FLUORIDE)) != 1:
        return None
    copy = Chem.RWMol(mol)
    copy.GetAtomWithIdx(hits[0][0]).SetAtomicNum(0)
    return str(Chem.MolToSmiles(copy))


def _structure(name: str, wording: Wording, smiles: str, source: Source = "opsin") -> NamedStructure | None:
    """Describe what a wording of a name means, from the SMILES it was read as; None where that is no structure."""
    mol = named_molecule(smiles)
    if mol is None:
        return None
    wild = sum(atom.GetAtomicNum() == 0 for atom in atoms_of(mol))
    if wild == mol.GetNumAtoms():
        return None
    if mol.GetNumAtoms() == 1 and wording.charge not in (None, Chem.GetFormalCharge(mol)):
        return None  # "xenon(7+)": an atom has no protons that a charge could be moved with
    if not wording.literal and not STATES_STEREO.search(wording.text) and _AMINO_ACID.search(wording.text):
        # OPSIN reads "alanine" as L-alanine; a caption that means L-alanine says so.
        Chem.RemoveStereochemistry(mol)
    stereo = _has_stereo(mol)
    text = str(Chem.MolToSmiles(mol))
    mol = Chem.MolFromSmiles(text)
    charge = Chem.GetFormalCharge(mol) if wording.charge is None else wording.charge
    if wording.charge is None and charge < 0 and (wording.uncharged or _ESTER_OF_AN_ACID.search(wording.text)):
        # OPSIN leaves the free acid groups of "geranyl phosphate" ionised; captions write "(2-)" where they mean it.
        charge = 0
        mol = Chem.MolFromSmiles(Chem.MolToSmiles(uncharge(mol)))
        text = str(Chem.MolToSmiles(mol))
    if wild:
        pattern = strict = _of_ether(name, substituent_pattern(mol))
    else:
        part = as_residue(mol) if wording.residue else mol
        pattern, strict = molecule_pattern(part), molecule_pattern(part, keep_hydroxy=True)
    return NamedStructure(
        name=name,
        smiles=text,
        kind="substituent" if wild else "molecule",
        source=source,
        pattern=pattern,
        strict_pattern=strict,
        charge=charge,
        stereo=stereo,
        generic=wording.generic,
        read_as="" if wording.text == name else wording.text,
    )


_ETHER_OXYGEN = "[#8&X2&H0]"
"""How `substituent_pattern` writes an oxygen bound on both sides."""


def _of_ether(name: str, pattern: str) -> str:
    """Keep the oxygen of an ether that is named by one of its groups from being an ester's: "isopropyl ether"."""
    if not name.endswith(("ether", "ethers")) or pattern.count(_ETHER_OXYGEN) != 1:
        return pattern
    return pattern.replace(_ETHER_OXYGEN, "[#8&X2&H0;!$([#8][#6&X3]=[#8,#16]);!$([#8][#14,#15,#16])]")


def _has_stereo(mol: Chem.Mol) -> bool:
    return any(a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED for a in atoms_of(mol)) or any(
        b.GetStereo() > Chem.BondStereo.STEREOANY for b in bonds_of(mol)
    )


def states_configuration(named: NamedStructure, text: str) -> bool:
    """Tell whether a wording fixes the centres of a structure; OPSIN passes over the sign of rotation, "(-)-"."""
    said = _ROTATION.sub("", text) if named.source == "opsin" else text
    return STATES_STEREO.search(said) is not None


def states_descriptors(name: str) -> bool:
    """Tell whether a name states its configuration by R, S, E and Z alone, which depend on what else is bound."""
    return _DESCRIPTOR.search(name) is not None and _FIXED_HAND.search(name) is None


# ---------------------------------------------------------------------------------------------------------------------
# Reading many names


class Nomenclature:
    """Turns names into structures, with a cache on disk. Safe to share between threads; its file may have many readers.

    Args:
        cache: SQLite file, made where it is missing. None keeps results in memory only.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._memory: dict[str, NamedStructure | None] = {}
        self._learned = LearnedNames()
        self._version = f"opsin-{opsin_version()}/rules-{RULES_VERSION}/names-{trivial_names().version}"
        self._store: sqlite3.Connection | None = None
        self._resolver = Resolver(self._parse)
        self.lessons = 0
        """Corpora learned from so far."""
        self.parses = 0
        """Wordings handed to OPSIN so far; stays 0 while the cache knows every name."""
        if cache is not None:
            make_folder(cache.parent, "the cache folder")
            self._store = connect(cache, "a cache of names", _SCHEMA, remade=True)

    def resolve(self, names: Sequence[str], *, leave_out: str | None = None) -> dict[str, NamedStructure | None]:
        """Turn names into structures.

        OPSIN comes first, the names learned from a corpus second. Java starts with the first name that the cache does
        not know.

        Args:
            names: As captions write them; repetitions cost nothing.
            leave_out: Id of a corpus pair whose own definitions do not count, so that a pair is never checked
                against itself.

        Returns:
            One entry for every name asked for; None where a name has no structure.

        Raises:
            InputError: Java or OPSIN is not installed (and the cache does not know all names).
        """
        wanted = list(dict.fromkeys(names))
        with self._lock:
            missing = self._from_store([name for name in wanted if name not in self._memory])
            if missing:
                with quiet_rdkit():
                    fresh = [(name, self._resolver.resolve(name)) for name in missing]
                self._memory.update(fresh)
                self._to_store(fresh)
            return {name: self._memory[name] or self._from_corpus(name, leave_out) for name in wanted}

    def unknown(self, names: Sequence[str]) -> list[str]:
        """List the names that neither memory nor the cache knows, so that reading them takes Java."""
        with self._lock:
            return self._from_store([name for name in dict.fromkeys(names) if name not in self._memory])

    def learn(self, corpus: PairSource) -> int:
        """Learn the trivial names a corpus defines.

        A caption that is a name, or begins with one ("Nicotine is a ..."), names its molecule. "Conjugate base of X"
        and "conjugate acid of X" name the uncharged partner, "enantiomer of X" the mirror image. A name that two pairs
        define differently counts for nothing.

        Args:
            corpus: Anything with `pairs` that have `id`, `smiles` and `caption`.

        Returns:
            How many names are known from corpora now.
        """
        with self._lock, quiet_rdkit():
            self._learned.learn(corpus)
            self.lessons += 1
            return len(self._learned)

    def learn_definitions(self, defined: Iterable[tuple[str, Iterable[Definition]]]) -> None:
        """`learn` for pairs whose definitions are known: ids with what `definitions_of` gave for each."""
        with self._lock:
            self._learned.add(defined)
            self.lessons += 1

    def start(self) -> None:
        """Start Java, which the first name that the cache does not know would do; takes a second or two.

        Raises:
            InputError: Java or OPSIN is not installed.
        """
        opsin()

    def close(self) -> None:
        """Close the cache file; the Java machine lives on until the process ends."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None

    def _parse(self, text: str) -> Parse | None:
        self.parses += 1
        return opsin().parse(text)

    def _from_corpus(self, name: str, leave_out: str | None) -> NamedStructure | None:
        learned = self._learned.find(name, leave_out)
        if learned is None:
            return None
        with quiet_rdkit():
            found = _structure(name, Wording(name), learned[0], "corpus")
        return found and replace(found, learned_from=tuple(learned[1][:8]))

    def _from_store(self, names: list[str]) -> list[str]:
        """Take what the file knows into memory; return the names it does not know."""
        if self._store is None:
            return names
        for start in range(0, len(names), 500):  # SQLite allows 999 parameters on old builds
            chunk = names[start : start + 500]
            marks = ",".join("?" * len(chunk))
            rows = self._store.execute(
                f"SELECT name, structure FROM names WHERE version = ? AND name IN ({marks})", [self._version, *chunk]
            )
            for name, structure in rows:
                self._memory[name] = _read_record(structure)
        return [name for name in names if name not in self._memory]

    def _to_store(self, fresh: list[tuple[str, NamedStructure | None]]) -> None:
        if self._store is None:
            return
        rows = [(self._version, name, json.dumps(asdict(found)) if found else None) for name, found in fresh]
        with self._store:
            self._store.executemany("INSERT OR REPLACE INTO names VALUES (?, ?, ?)", rows)


_SCHEMA = """CREATE TABLE IF NOT EXISTS names (version TEXT NOT NULL, name TEXT NOT NULL, structure TEXT,
    PRIMARY KEY (version, name)) WITHOUT ROWID"""


def _read_record(structure: str | None) -> NamedStructure | None:
    if structure is None:
        return None
    record = json.loads(structure)
    record["learned_from"] = tuple(record["learned_from"])
    return NamedStructure(**record)

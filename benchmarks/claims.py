"""False alarms of `check_text` on true captions against detection of near misses, by kind of corruption.

Run: MOLREFLECT_SHARED_DATA=<folder> python benchmarks/claims.py [--every 10] [--seed 7] [--misses] [--json]

Over every N-th pair of ChEBI-20 validation. False alarms: claims of the captions as they stand that are refuted.
Detection: into each caption one error of every kind that fits is put (a ketone for an aldehyde, 3- for 4-, alpha for
beta, mono for di, chloro for bromo, R for S, one residue more, a sibling class of the lexicon), and it counts as
detected when a claim that overlaps the changed words is refuted. A swap is made only where the words are part of a
claim, that claim was not refuted before, and a second look says that the new words are false: a pattern of
`benchmarks/claims.toml` that the molecule lacks, a count of atoms, or the structures of the old and the new name, by
OPSIN, of which RDKit finds the old one in the molecule and the new one not. Where nothing can say so, no swap is made.
Only the siblings of the lexicon are looked at by its own patterns, down to the rung that compares no charges.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.classes import StructuralClass
from molreflect.tools.meaning.positions import parents_of
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule, quiet_rdkit, read_molecule
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import Level, PhraseKind, Verdict
from molreflect.tools.verification.text_check import CheckedClaim, check

TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
MOST_TRIES = 12
"""Most candidates of one kind that are looked at in one caption."""
BAR_DETECTION, BAR_FALSE_ALARMS = 0.90, 0.01
_COUNTS = ("mono", "di", "tri", "tetra", "penta", "hexa")
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven")
_CHAINS = (
    "propan butan pentan hexan heptan octan nonan decan undecan dodecan tridecan tetradecan pentadecan hexadecan "
    "heptadecan octadecan nonadecan icosan henicosan docosan tricosan tetracosan pentacosan hexacosan"
)
_RESIDUES = {
    "L-tryptophan": "c1ccc2[nH]ccc2c1",
    "L-histidine": "c1c[nH]cn1",
    "L-methionine": "CSC",
    "L-phenylalanine": "Cc1ccccc1",
    "L-lysine": "C(N)CCCC[NH2,NH3+]",
    "L-arginine": "NC(=N)N",
}
_SUGAR = "[CX4;R]1([OX2,NX3,SX2])[OX2;R][CX4;R][CX4;R]([OX2,NX3,H2])"
_UNITS = {
    "peptide": ("[NX3,NX4][#6][CX3](=[OX1])[OX2,OX1-,NX3]",),
    "saccharide": (f"{_SUGAR}[CX4;R]([OX2,NX3,H2])[CX4;R]1", f"{_SUGAR}[CX4;R]1", "O=C[CX4][OX2H1]"),
}
"""Patterns of one residue, the sugars' as rings and as chain."""


@dataclass(frozen=True, slots=True)
class Swap:
    """An error that can be put into a caption; the characters from `start` to `end` are replaced."""

    start: int
    end: int
    new: str
    false: Callable[[], bool]
    """The second look: whether the new words are false for certain."""


@dataclass(frozen=True)
class Pair:
    """A molecule with its true caption, the claims in it, and what a second look needs."""

    molecule: Molecule
    caption: str
    phrases: tuple[Phrase, ...]
    resources: Resources

    @property
    def structures(self) -> list[Phrase]:
        """The phrases that speak of structure or of a related compound."""
        return [p for p in self.phrases if p.kind in (PhraseKind.STRUCTURE, PhraseKind.RELATION)]

    def has(self, smarts: str) -> int:
        """Count the places of a pattern."""
        return len(self.molecule.mol.GetSubstructMatches(_query(smarts), maxMatches=100))

    def named(self, name: str) -> bool | None:
        """Say whether the structure of a name is in the molecule, configuration compared; None without a structure."""
        found = self.resources.nomenclature.resolve([name])[name]
        if found is None or found.ambiguous:
            return None
        part = _query(found.pattern)
        return any(mol.HasSubstructMatch(part, useChirality=True) for mol in self._forms)

    @property
    def _forms(self) -> tuple[Chem.Mol, ...]:
        with quiet_rdkit():
            return (self.molecule.mol, rdMolStandardize.Uncharger().uncharge(Chem.Mol(self.molecule.mol)))

    def is_of_another(self, at: int) -> bool:
        """Say whether a character is in words about another compound: "the thiol group of coenzyme A"."""
        return any(p.start <= at < p.end for p in self.structures if p.kind is PhraseKind.RELATION)

    def is_systematic(self, at: int) -> bool:
        """Say whether a character is in a name with positions: one more group would need one position more."""
        return any(p.start <= at < p.end and re.search(r"\d-|\b[NOS],", p.text) for p in self.structures)

    def name_swap(self, phrase: Phrase, start: int, end: int, new: str) -> Swap:
        """Swap characters of a phrase's name; false where the old name is found in the molecule and the new is not."""

        def false() -> bool:
            name = phrase.name or phrase.key
            at = phrase.text.find(name)
            if at < 0 or not phrase.start + at <= start < end <= phrase.start + at + len(name):
                return False
            local = start - phrase.start - at
            changed = name[:local] + new + name[local + end - start :]
            return bool(self.named(name)) and self.named(changed) is False

        return Swap(start, end, new, false)


@cache
def _query(smarts: str) -> Chem.Mol:
    found = Chem.MolFromSmarts(smarts)
    if found is None:
        raise ValueError(f"{smarts} is no SMARTS")
    return found


# --- kinds of corruption


def near_words(pair: Pair, rng: random.Random) -> Iterator[Swap]:
    """Another functional group or ring: "aldehyde" for "ketone"."""
    for old, new, smarts in TABLES["near"]:
        for hit in re.finditer(rf"(?<![\w-]){re.escape(old)}(?![\w-])(?! (?:acid|ester|anion|amide))", pair.caption):
            if not pair.is_of_another(hit.start()):
                yield Swap(hit.start(), hit.end(), new, lambda s=smarts: not pair.has(s))


def locants(pair: Pair, rng: random.Random) -> Iterator[Swap]:
    """Another position in a name, "3-" for "4-", or behind it, "at position 3"."""
    for phrase in pair.structures:
        for hit in re.finditer(r"(?<![\d\w'>(])(\d{1,2})(?=(?:,\d+)*-[a-z(])", phrase.text):
            old = int(hit[0])
            new = old + (rng.choice((-1, 1)) if old > 2 else 1)  # 1 is mostly the parent's own
            yield pair.name_swap(phrase, phrase.start + hit.start(), phrase.start + hit.end(), str(new))
        if len(phrase.locants) == 1 and phrase.locants[0].isdigit() and not phrase.key.endswith(("ring", "bond")):
            at = phrase.text.rfind(phrase.locants[0])
            for parent in parents_of(phrase, pair.phrases)[:1] if at >= 0 else ():
                other = str(int(phrase.locants[0]) + 1)
                names = [
                    f"{locant}-{phrase.key.removesuffix(' group')}{parent}" for locant in (phrase.locants[0], other)
                ]
                start = phrase.start + at
                yield Swap(
                    start,
                    start + len(phrase.locants[0]),
                    other,
                    lambda n=names: bool(pair.named(n[0])) and pair.named(n[1]) is False,
                )


def anomers(pair: Pair, rng: random.Random) -> Iterator[Swap]:
    """The other face: "alpha-D-" for "beta-D-", "3alpha" for "3beta"."""
    for phrase in pair.structures:
        for hit in re.finditer(r"(?<![a-z])(alpha|beta)(?=-[DL]-|[-,)])", phrase.text):
            new = "beta" if hit[0] == "alpha" else "alpha"
            yield pair.name_swap(phrase, phrase.start + hit.start(), phrase.start + hit.end(), new)


def configurations(pair: Pair, rng: random.Random) -> Iterator[Swap]:
    """The other configuration: "(2R)" for "(2S)", "D-" for "L-"."""
    other = {"R": "S", "S": "R", "L": "D", "D": "L", "E": "Z", "Z": "E"}
    for phrase in pair.structures:
        for hit in re.finditer(
            r"(?<=[\d(])[RS](?=[,)])|(?<![A-Za-z])[DL](?=-[a-z])|(?<=[\d(])[EZ](?=[,)-])", phrase.text
        ):
            start = phrase.start + hit.start()
            yield pair.name_swap(phrase, start, start + 1, other[hit[0]])


def counts(pair: Pair, rng: random.Random) -> Iterator[Swap]:
    """One more: "di" for "mono", "three" for "two"."""
    for group, smarts in TABLES["counted"].items():
        prefix = re.compile(rf"(?<![a-z])({'|'.join(_COUNTS[:-1])})(?={group})")
        number = re.compile(rf"(?<![a-z])({'|'.join(_NUMBERS[1:-1])})(?= {group} (?:group|substituent))")
        for found, words in ((prefix, _COUNTS), (number, _NUMBERS)):
            for hit in found.finditer(pair.caption):
                more = words.index(hit[1]) + 1
                if not pair.is_systematic(hit.start()) and not pair.is_of_another(hit.start()):
                    yield Swap(hit.start(), hit.end(), words[more], lambda s=smarts, n=more + 1: 0 < pair.has(s) < n)


def halogens(pair: Pair, rng: random.Random) -> Iterator[Swap]:
    """Another halogen, one that the molecule does not have: "bromo" for "chloro"."""
    elements = {"fluor": 9, "chlor": 17, "brom": 35, "iod": 53}
    there = {atom.GetAtomicNum() for atom in pair.molecule.mol.GetAtoms()}
    for hit in re.finditer(r"(?<![a-z])(?:di|tri)?(fluor|chlor|brom|iod)(?=o|ide)", pair.caption):
        for new in rng.sample(sorted(elements), len(elements)):
            if elements[hit[1]] in there and elements[new] not in there:
                yield Swap(hit.start(1), hit.end(1), new, lambda: True)
                break


def residues(pair: Pair, rng: random.Random) -> Iterator[Swap]:
    """One residue more: "tripeptide" for "dipeptide", an amino acid added to a list."""
    for hit in re.finditer(r"(?<![a-z])(di|tri|tetra|penta)(?=(peptide|saccharide))", pair.caption):
        more = _COUNTS.index(hit[1]) + 1
        units = [pair.has(smarts) for smarts in _UNITS[hit[2]]]  # beside a disaccharide may be a third sugar
        yield Swap(hit.start(), hit.end(), _COUNTS[more], lambda n=more + 1, u=units: sum(u) < n)
    for hit in re.finditer(r"composed of [^.]*?(?= (?:residues|units|joined))", pair.caption):
        for name in rng.sample(sorted(_RESIDUES), len(_RESIDUES)):
            stem = name.removeprefix("L-")
            if stem not in hit[0] and " and " in hit[0]:
                yield Swap(hit.end(), hit.end(), f" and {name}", lambda s=_RESIDUES[name]: not pair.has(s))


def chains(pair: Pair, rng: random.Random) -> Iterator[Swap]:
    """One carbon more in a chain: "heptadecanoic" for "hexadecanoic"."""
    names = _CHAINS.split()
    for phrase in pair.structures:
        for hit in re.finditer(rf"(?<![a-z])({'|'.join(names[:-1])})(?=oic|oyl|oate|-\d|e\b|ol|al)", phrase.text):
            new = names[names.index(hit[1]) + 1]
            yield pair.name_swap(phrase, phrase.start + hit.start(), phrase.start + hit.end(), new)


def siblings(pair: Pair, rng: random.Random) -> Iterator[Swap]:
    """Another class of the lexicon with the same parent, of which the molecule holds nothing on any rung."""
    lexicon = pair.resources.lexicon
    families = _families(lexicon.classes)
    for phrase in rng.sample(pair.structures, len(pair.structures)):
        entry = lexicon.find(phrase.key) if phrase.kind is PhraseKind.STRUCTURE else None
        if entry is None or phrase.count is not None or phrase.locants or phrase.text.rstrip() != phrase.key:
            continue
        family = [e for parent in entry.parents for e in families.get(parent, ()) if e.name != entry.name]
        for other in rng.sample(family, min(4, len(family))):
            if other.absence == "refutes":
                yield Swap(phrase.start, phrase.end, other.name, lambda e=other: not _occurs(e, pair.molecule))


@cache
def _families(classes: tuple[StructuralClass, ...]) -> dict[str, list[StructuralClass]]:
    found: dict[str, list[StructuralClass]] = {}
    for entry in classes:
        for parent in entry.parents:
            found.setdefault(parent, []).append(entry)
    return found


def _occurs(entry: StructuralClass, molecule: Molecule) -> bool:
    return any(find(molecule, pattern, floor=Level.NEUTRAL) is not None for pattern in entry.patterns)


KINDS: dict[str, Callable[[Pair, random.Random], Iterator[Swap]]] = {
    "group or ring (aldehyde for ketone)": near_words,
    "position (3- for 4-)": locants,
    "anomer (alpha for beta)": anomers,
    "configuration (R for S, D for L, E for Z)": configurations,
    "number (di for mono)": counts,
    "halogen (bromo for chloro)": halogens,
    "residue (one more)": residues,
    "chain (one carbon more)": chains,
    "class (a sibling of the lexicon)": siblings,
}


# --- scores


@dataclass
class Tally:
    """How the swaps of one kind ended."""

    made: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    @property
    def detection(self) -> float:
        """Share of the swaps that were refuted."""
        return self.ended["refuted"] / max(1, self.made)


@dataclass
class Result:
    """What was measured."""

    captions: int = 0
    claims: Counter[str] = field(default_factory=Counter)
    """Claims of the true captions, by verdict."""
    alarmed: int = 0
    """True captions with a refuted claim."""
    alarms: list[str] = field(default_factory=list)
    kinds: dict[str, Tally] = field(default_factory=dict)

    @property
    def false_alarms(self) -> float:
        """Share of the claims of true captions that are refuted."""
        return self.claims["refuted"] / max(1, sum(self.claims.values()))

    @property
    def detection(self) -> float:
        """Share of all swaps that were refuted."""
        made = sum(t.made for t in self.kinds.values())
        return sum(t.ended["refuted"] for t in self.kinds.values()) / max(1, made)


def _overlapping(claims: Sequence[CheckedClaim], start: int, end: int) -> list[CheckedClaim]:
    return [c for c in claims if c.start < max(end, start + 1) and start < c.end]


def _ended(claims: Sequence[CheckedClaim]) -> str:
    """Sum up the verdicts on the changed words: one refutation is a detection."""
    verdicts = [claim.verdict for claim in claims]
    order = (Verdict.REFUTED, Verdict.SUPPORTED, Verdict.UNCHECKED)
    return next((str(verdict) for verdict in order if verdict in verdicts), "not read")


def measure(molecule: Molecule, caption: str, resources: Resources, rng: random.Random, result: Result) -> None:
    """Check a true caption, and the same with one error of every kind that fits."""
    phrases = resources.reader.read(caption)
    found = check(molecule, caption, resources)
    result.captions += 1
    result.claims.update(str(claim.verdict) for claim in found.claims)
    result.alarmed += bool(found.refuted)
    result.alarms += [f"{molecule.smiles} {c.phrase!r}: {c.reason} {c.message}" for c in found.refuted]
    pair = Pair(molecule, caption, phrases, resources)
    for kind, make in KINDS.items():
        candidates = list(make(pair, rng))
        for swap in rng.sample(candidates, min(MOST_TRIES, len(candidates))):
            before = _overlapping(found.claims, swap.start, swap.end)
            if not before and swap.end > swap.start:
                continue  # words of no claim
            if any(claim.verdict is Verdict.REFUTED for claim in before) or not _is_false(swap):
                continue
            tally = result.kinds.setdefault(kind, Tally())
            changed = caption[: swap.start] + swap.new + caption[swap.end :]
            end = swap.start + len(swap.new)
            there = _overlapping(check(molecule, changed, resources).claims, swap.start, end)
            ended = _ended(there)
            tally.made += 1
            tally.ended[ended] += 1
            if ended != "refuted":
                said = "; ".join(f"{c.phrase!r} {c.verdict} {c.reason} ({c.message[-60:]})" for c in there)
                shown = changed[max(0, swap.start - 30) : end + 20]
                tally.misses.append(
                    f"{molecule.smiles} {caption[swap.start : swap.end]!r} -> {shown!r}: {ended} {said}"
                )
            break


def _is_false(swap: Swap) -> bool:
    try:
        return swap.false()
    except (InputError, MatchTimeoutError):
        return False


def table(result: Result) -> str:
    """Write the figures as Markdown."""
    head = "| error put into a true caption | captions | refuted | supported | unchecked | not read | detection |"
    lines = [head, "|---|---:|---:|---:|---:|---:|---:|"]
    whole = Tally()
    for kind in KINDS:
        tally = result.kinds.get(kind, Tally())
        whole.made += tally.made
        whole.ended.update(tally.ended)
        lines.append(_row(kind, tally))
    lines.append(_row("all", whole))
    claims = sum(result.claims.values())
    said = ", ".join(f"{result.claims[str(v)]} {v}" for v in Verdict)
    lines += [
        "",
        f"{result.captions} true captions make {claims} claims: {said}. False alarms: "
        f"{result.false_alarms:.2%} of the claims, in {result.alarmed} captions.",
    ]
    return "\n".join(lines)


def _row(kind: str, tally: Tally) -> str:
    ended = " | ".join(str(tally.ended[name]) for name in ("refuted", "supported", "unchecked", "not read"))
    return f"| {kind} | {tally.made} | {ended} | {tally.detection:.2f} |"


def to_json(result: Result) -> dict[str, Any]:
    """Plain JSON types."""
    kinds = {kind: {"made": t.made, **t.ended, "detection": t.detection} for kind, t in result.kinds.items()}
    whole = {"captions": result.captions, "claims": dict(result.claims), "false_alarms": result.false_alarms}
    return whole | {"alarmed_captions": result.alarmed, "detection": result.detection, "kinds": kinds}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="pairs; ChEBI-20 validation of MOLREFLECT_SHARED_DATA by default")
    parser.add_argument("--every", type=int, default=10, help="look at every N-th pair")
    parser.add_argument("--first", type=int, default=0, help="begin with this pair")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--misses", action="store_true", help="print every false alarm and every error not detected")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    chosen = parser.parse_args(arguments)
    corpus = chosen.corpus or Path(os.environ.get("MOLREFLECT_SHARED_DATA", "")) / "chebi20" / "validation.txt"
    pairs = read_corpus(corpus).pairs[chosen.first :: chosen.every]
    result = Result()
    with closing(open_resources()) as resources:
        for pair in pairs:
            rng = random.Random(f"{chosen.seed}-{pair.id}")
            measure(read_molecule(pair.smiles), pair.caption, resources, rng, result)
    if chosen.misses:
        print("\n".join(f"false alarm: {line}" for line in result.alarms))
        print("\n".join(f"{kind}: {line}" for kind, t in result.kinds.items() for line in t.misses))
    print(json.dumps(to_json(result), indent=2) if chosen.json else table(result))
    return 0 if result.detection >= BAR_DETECTION and result.false_alarms <= BAR_FALSE_ALARMS else 1


if __name__ == "__main__":
    sys.exit(main())

"""Patterns: SMARTS text in, a checked and bounded query out, with the looser queries of the match ladder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rdkit import Chem

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.parts import atoms_of, bonds_of
from molreflect.tools.molecules.read import quiet_rdkit

MAX_PATTERN_LENGTH = 5_000
"""Characters of a SMARTS pattern."""
MAX_PATTERN_NESTING = 40
"""Recursive environments `$(...)` in one pattern."""

_TINY, _SMALL, _PLAIN = 5, 10, 40
"""Atoms of connected patterns that are found or not in a short time: in any molecule within the limits; in a tame one
(`Molecule.is_tame`); in a tame one where every atom names its element and every bond its order."""


@dataclass(frozen=True)
class Pattern:
    """A readable SMARTS pattern with the query of every rung; those below `exact` are made when they are asked for."""

    smarts: str
    query: Chem.Mol
    quick: bool
    """Whether it is so small that no molecule within the limits makes its search long."""
    quick_in_tame: bool
    """Whether no tame molecule makes its search long."""

    @cached_property
    def has_stereo(self) -> bool:
        """Whether it names a stereo centre or a double-bond geometry."""
        return _states_stereo(self.query)

    @cached_property
    def neutral(self) -> Chem.Mol:
        """What the `neutral` rung searches for; the query itself where nothing in it is charged."""
        loosened = _without_charges(self.smarts)
        with quiet_rdkit():
            return self.query if loosened == self.smarts else Chem.MolFromSmarts(loosened) or self.query

    @cached_property
    def elements(self) -> Counter[int]:
        """Heavy atoms by atomic number that a molecule must have at least; atoms of any element are not counted."""
        allowed = (elements_of(atom) for atom in atoms_of(self.query))
        return Counter(next(iter(one)) for one in allowed if one is not None and len(one) == 1 and one != {1})

    @cached_property
    def parts(self) -> Mapping[Pattern, int]:
        """Patterns that stand apart in it, each with how often; none where it is in one piece, or one is a long search.

        Whatever holds the whole holds every part.
        """
        texts = Counter(split_at_dots(self.smarts))
        try:
            parts = {read_pattern(text): count for text, count in texts.items()} if texts.total() > 1 else {}
        except InputError:  # bonded across the dot, as in C1.C1
            return {}
        return parts if all(part.quick_in_tame for part in parts) else {}

    @cached_property
    def skeleton(self) -> Chem.Mol:
        """What the `skeleton` rung searches for."""
        return _skeleton(self.query)


@lru_cache(maxsize=6_000)  # some 30 kB each; the lexicon has 4,000 and more of its own
def read_pattern(pattern: str) -> Pattern:
    """Read a SMARTS pattern (a SMILES is one as well).

    Args:
        pattern: E.g. `[CX3](=O)[OX2H1]` for a carboxylic acid.

    Raises:
        InputError: RDKit cannot read it, it is empty, or it is over a limit on length or nesting.

    Source: Daylight theory manual, chapter 4.
    """
    text = pattern.strip()
    if not text:
        raise InputError("an empty text is not a pattern; pass SMARTS, e.g. '[CX3](=O)[OX2H1]'")
    if len(text) > MAX_PATTERN_LENGTH or text.count("$(") > MAX_PATTERN_NESTING:
        raise InputError(
            f"{shorten(text)} is over the limits for a pattern ({MAX_PATTERN_LENGTH} characters, "
            f"{MAX_PATTERN_NESTING} recursive environments); pass a smaller one"
        )
    if not text.isascii() or not text.isprintable() or any(c.isspace() for c in text):
        raise InputError(f"{shorten(pattern)} has characters no SMARTS has; pass e.g. '[CX3](=O)[OX2H1]'")
    with quiet_rdkit():
        query = Chem.MolFromSmarts(text)
    if query is None or query.GetNumAtoms() == 0:
        raise InputError(
            f"{shorten(pattern)} is not a SMARTS RDKit can read; check brackets and ring closures, "
            "e.g. '[CX3](=O)[OX2H1]' for a carboxylic acid"
        )
    size, connected = query.GetNumAtoms(), "." not in text
    plain = "~" not in text and all(atom.GetAtomicNum() for atom in atoms_of(query))
    return Pattern(
        text,
        query,
        quick=connected and size <= _TINY and "$(" not in text,
        quick_in_tame=connected and size <= (_PLAIN if plain else _SMALL),
    )


def split_at_dots(pattern: str) -> list[str]:
    """Cut SMARTS at the dots that stand in no bracket or parenthesis."""
    return split_outside_brackets(pattern, ".")


def split_outside_brackets(text: str, mark: str) -> list[str]:
    """Cut a text at the marks (one character) that stand in no bracket or parenthesis."""
    parts, depth, start = [], 0, 0
    for position, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if sign == mark and not depth:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


@lru_cache(maxsize=16_384)
def has_ring(pattern: str) -> bool:
    """Whether a pattern closes a ring of its own; its text does not say so ("[#15]" contains a 1)."""
    query = Chem.Mol(read_pattern(pattern).query)
    Chem.FastFindRings(query)
    return int(query.GetRingInfo().NumRings()) > 0


@lru_cache(maxsize=4_096)
def any_bonds(pattern: str) -> str:
    """Write a pattern's elements and connections only, as the `skeleton` rung searches for them."""
    return str(Chem.MolToSmarts(read_pattern(pattern).skeleton))


def _states_stereo(query: Chem.Mol) -> bool:
    """Whether a query names a stereo centre or a double-bond geometry."""
    directed = (Chem.BondDir.ENDUPRIGHT, Chem.BondDir.ENDDOWNRIGHT)
    return any(a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED for a in atoms_of(query)) or any(
        b.GetBondDir() in directed or b.GetStereo() not in (Chem.BondStereo.STEREONONE, Chem.BondStereo.STEREOANY)
        for b in bonds_of(query)
    )


_ELEMENTS = "|".join(
    symbol for symbol in map(Chem.GetPeriodicTable().GetElementSymbol, range(1, 119)) if len(symbol) == 2
)
_PRIMITIVE = re.compile(
    rf"!*(?:\$\(|#\d+|[+-]+\d*|@+(?:[A-Z]{{2}}\d+)?\??|(?:{_ELEMENTS}|se|as|te|si)|[A-Za-z*^](?:\{{[^}}]*\}}|\d+)?|\d+)"
)
"""One primitive of a bracket atom with its negations; of a recursive environment, the opening only."""
ELEMENT = re.compile(rf"#|{_ELEMENTS}|se|as|te|si|[BCNOFPSIKVYWUbcnops]$")
_COUNT = re.compile(r"([HhXv])(\d*)$")
"""A count that changes when a proton comes or goes: hydrogens, connections, valence."""


def _without_charges(smarts: str) -> str:
    """Rewrite bracket atoms so that a charged one also matches its uncharged form.

    `[OX1-]` becomes "as it stands, or with a proton more", `[NH3+]` "as it stands, or with a proton less": the
    `neutral` rung searches molecules in which protons have been moved, but in which nitro groups, N-oxides and
    quaternary centres keep their charges. An anion never becomes an ester this way.
    """
    out: list[str] = []
    position = 0
    while position < len(smarts):
        if smarts[position] != "[":
            out.append(smarts[position])
            position += 1
            continue
        end = _closing(smarts, position)
        out.append("[" + _loosen_atom(smarts[position + 1 : end]) + "]")
        position = end + 1
    return "".join(out)


def _closing(smarts: str, start: int) -> int:
    """Index of the bracket that closes the one at `start`."""
    depth = 0
    for index in range(start, len(smarts)):
        if smarts[index] == "[":
            depth += 1
        elif smarts[index] == "]":
            depth -= 1
            if depth == 0:
                return index
    return len(smarts) - 1


def _loosen_atom(content: str) -> str:
    """Loosen one bracket atom; recursive environments are loosened from the inside."""
    body, colon, number = content.rpartition(":")
    if not colon or not number.isdigit():
        body, colon, number = content, "", ""
    groups = parse_atom(body)
    if groups is None:
        return content
    charges = {_charge(alternative) for group in groups for alternative in group} - {None, 0}
    if not charges and not any(_is_any_charge(token) for group in groups for option in group for token in option):
        inner = ";".join(",".join("&".join(option) for option in group) for group in groups)
        same = inner.replace("&", "") == body.replace("&", "")  # nothing charged inside an environment either
        return content if same else inner + colon + number
    if not any(ELEMENT.match(token) for group in groups for option in group for token in option):
        return content  # "any cation": without its charge it would be any atom
    moves = sorted(charge for charge in charges if charge is not None)
    loosened = []
    for index, group in enumerate(groups):
        options = _loosen_group(group, moves, _states_hydrogens(groups[:index] + groups[index + 1 :]))
        if options is not None:
            loosened.append(",".join(dict.fromkeys("&".join(option) for option in options)))
    return (";".join(loosened) or "*") + colon + number


def parse_atom(body: str) -> list[list[list[str]]] | None:
    """Primitives of a bracket atom, by `;`, then `,`, then `&`; None for what is left alone (a bare hydrogen)."""
    if re.match(r"\d*H(?![a-z\d])", body):
        return None  # the atom itself is a hydrogen, and a proton stays one
    groups: list[list[list[str]]] = [[[]]]
    position = 0
    while position < len(body):
        if body[position] == ";":
            groups.append([[]])
        elif body[position] == ",":
            groups[-1].append([])
        elif body[position] != "&":
            found = _PRIMITIVE.match(body, position)
            if found is None:
                return None
            token, end = found[0], found.end()
            if token.endswith("$("):
                close = _closing_parenthesis(body, end - 1)
                token, end = token + _without_charges(body[end:close]) + ")", close + 1
            groups[-1][-1].append(token)
            position = end
            continue
        position += 1
    return groups


def _charge(option: list[str]) -> int | None:
    """The charge an alternative states, or None."""
    for token in option:
        if token[0] in "+-":
            digits = token.lstrip("+-")
            size = int(digits) if digits else len(token)
            return size if token[0] == "+" else -size
    return None


def _is_any_charge(token: str) -> bool:
    """Whether a primitive says "charged, whichever way"; stating it of an uncharged form would be absurd."""
    return token in ("!+0", "!-0")


def _states_hydrogens(groups: list[list[list[str]]]) -> bool:
    return any(re.match(r"H(?![a-z])|h", token) for group in groups for option in group for token in option)


def _loosen_group(group: list[list[str]], charges: list[int], states_hydrogens: bool) -> list[list[str]] | None:
    """The alternatives of one `;` group with their uncharged forms added; None where nothing is left to ask."""
    options: list[list[str]] = []
    own = any(_charge(option) for option in group)
    for option in group:
        plain = [token for token in option if not _is_any_charge(token)]
        if not plain:
            return None
        options.append(plain)
        charge = _charge(plain)
        moves = ([charge] if charge else []) if own else charges
        for move in moves:
            shifted = [_shifted(token, move) for token in plain if token[0] not in "+-"]
            if None in shifted:
                continue  # no proton to take away
            uncharged = [token for token in shifted if token]
            if charge and move < 0 and not (states_hydrogens or _states_hydrogens([[plain]])):
                uncharged.append("!H0")  # an uncharged acid has the proton its anion lost
            if charge:
                uncharged.append("+0")  # a quaternary centre keeps its charge and is no uncharged form of anything
            if not uncharged:
                return None
            options.append(uncharged)
    return options


def _shifted(token: str, charge: int) -> str | None:
    """A primitive after protons moved to cancel `charge`: empty where it says nothing any more, None if impossible."""
    found = _COUNT.fullmatch(token.lstrip("!"))
    if found is None:
        return token
    if token.startswith("!") or (found[1] == "h" and not found[2]):
        return ""
    count = int(found[2] or 1) - charge
    return f"{found[1]}{count}" if count >= 0 else None


def _closing_parenthesis(text: str, start: int) -> int:
    """Index of the parenthesis that closes the one at `start`."""
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] == "(") - (text[index] == ")")
        if depth == 0:
            return index
    return len(text) - 1


_MAX_DESCRIPTION = 200  # lines; RDKit indents a long condition deeper with every term


def _skeleton(query: Chem.Mol) -> Chem.Mol:
    """The query with elements kept and bond orders, aromaticity, charges and stereo ignored."""
    skeleton = Chem.RWMol()
    for atom in atoms_of(query):
        elements = _elements(atom.DescribeQuery())
        one_of = ",".join(f"#{number}" for number in sorted(elements or ()))
        skeleton.AddAtom(Chem.AtomFromSmarts(f"[{one_of}]" if one_of else "*"))
    any_bond = Chem.BondFromSmarts("~")
    for bond in bonds_of(query):
        skeleton.AddBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), Chem.BondType.SINGLE)
        skeleton.ReplaceBond(skeleton.GetNumBonds() - 1, any_bond)
    return skeleton.GetMol()


def elements_of(atom: Chem.Atom) -> set[int] | None:
    """Atomic numbers an atom of a pattern allows; None where any element may be meant."""
    return _elements(atom.DescribeQuery())


def _elements(description: str) -> set[int] | None:
    """Atomic numbers an atom query allows, read off RDKit's description of it; None where any element may be meant.

    The description is an indented tree, one node a line: `AtomOr` and `AtomAnd` above what they join.
    """
    lines = description.rstrip().split("\n")
    if len(lines) > _MAX_DESCRIPTION:
        return None
    waiting: dict[int, list[set[int] | None]] = {}  # what is known of the nodes at each depth, from the end on
    for line in reversed(lines):
        depth = len(line) - len(line.lstrip())
        head, *rest = line.split()
        children = waiting.pop(depth + 2, [])
        known = [child for child in children if child is not None]
        allowed: set[int] | None = None
        if head in ("AtomAtomicNum", "AtomType") and rest[1] == "=":
            allowed = {int(rest[0]) % 1000}  # aromatic types are counted from 1000
        elif head == "AtomOr" and len(known) == len(children):
            allowed = set().union(*known)
        elif head == "AtomAnd" and known:
            allowed = set.intersection(*known)
        waiting.setdefault(depth, []).append(allowed)
    return waiting[0][0]

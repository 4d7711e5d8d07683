"""Atoms that are called by what they bear or how many carbons they are bound to, and kinds of atom that are counted."""

from __future__ import annotations

from collections.abc import Callable

from molreflect.tools.molecules.read import Molecule

Places = tuple[tuple[int, ...], ...]

_HALOGENS = (9, 17, 35, 53)
_BEARERS = {"carbon": "#6", "nitrogen": "#7", "oxygen": "#8", "sulfur": "#16"}
_BORNE = {
    "methylated": ("methyl group", "[CH3]"),
    "ethylated": ("ethyl group", "[CH2][CH3]"),
    "acetylated": ("acetyl group", "C(=O)[CH3]"),
    "acylated": ("acyl group", "[CX3](=[OX1])[#6,#1]"),
    "hydroxylated": ("hydroxy group", "[OX2H1]"),
    "fluorinated": ("fluorine", "F"),
    "chlorinated": ("chlorine", "Cl"),
    "brominated": ("bromine", "Br"),
    "iodinated": ("iodine", "I"),
    "halogenated": ("halogen", "[F,Cl,Br,I]"),
    "oxygenated": ("oxygen", "[#8]"),
    "nitrated": ("nitro group", "[$([NX3](=O)=O),$([NX3+](=O)[O-])]"),
    "protonated": ("positive charge and a hydrogen", ""),
}
_AT_NITROGEN = (
    ("primary", "[NX3,NX4+;!H0;$([#7][#6]);!$([#7]([#6])[#6]);!$(N=*)]", "one carbon, by a single bond"),
    (
        "secondary",
        "[NX3,NX4+;$([#7]([#6])[#6]);!$([#7]([#6])([#6])[#6]);!$([#7]~[!#6;!#1])]",
        "two carbons, by single bonds",
    ),
    (
        "tertiary",
        "[NX3,NX4+;$([#7]([#6])([#6])[#6]);!$([#7]([#6])([#6])([#6])[#6])]",
        "three carbons, by single bonds",
    ),
    ("quaternary", "[NX4+;$([#7]([#6])([#6])([#6])[#6])]", "four carbons"),
)


_COUNTS = (("one", 1), ("two", 2), ("three", 3), ("four", 4))


def _bound(atom: str, carbons: int) -> str:
    """An atom with at least so many carbons bound to it."""
    return f"$([{atom}]{'(~[#6])' * carbons})"


def _patterns() -> tuple[tuple[tuple[str, ...], str, str, tuple[str, ...]], ...]:
    found: list[tuple[tuple[str, ...], str, str, tuple[str, ...]]] = []
    for said, (borne, smarts) in _BORNE.items():
        for name, atom in _BEARERS.items():
            pattern = f"[{atom};$([{atom}]-{smarts})]" if smarts else f"[{atom};+;!H0]"
            found.append(((f"{said} {name}",), f"{said} {name}", f"{name}s that bear a {borne}", (pattern,)))
    for name, atom in (*_BEARERS.items(), ("atom", "!#1"), ("halogen", "F,Cl,Br,I")):
        said_of = f"{name}s outside rings"
        names: tuple[str, ...] = (f"non-ring {name}", f"acyclic {name}", f"exocyclic {name}", f"non-cyclic {name}")
        names += ("non-ring", "acyclic atom", "exocyclic atom") if name == "atom" else ()
        found.append((names, f"non-ring {name}", said_of, (f"[{atom};!R]",)))
        if name not in ("atom", "halogen"):
            for kind, all_of in (("heteroatom", "!#1;!#6"), ("atom", "!#1")):
                others = f"{kind}s other than {name}"
                names = (f"non-{name} {kind}", *((f"non-{name}",) if kind == "atom" else ()))
                found.append((names, f"{kind} other than {name}", others, (f"[{all_of};!{atom}]",)))
    for name, atom in _BEARERS.items():
        for word, number in _COUNTS:
            others = f"[{atom};{_bound(atom, number)};!{_bound(atom, number + 1)}]"
            said_of = f"{name}s bound to {word} carbon{'s' * (number > 1)}, by bonds of any order"
            named = f"{name} bound to {word} carbon{'s' * (number > 1)}"
            found.append(((f"{word}-carbon-bound {name}",), named, said_of, (others,)))
    for degree, smarts, counted in _AT_NITROGEN:
        found.append(((f"{degree} nitrogen",), f"{degree} nitrogen", f"nitrogens bound to {counted}", (smarts,)))
    found += [
        (
            ("double-bonded oxygen", "doubly bonded oxygen", "double bonded oxygen", "doubly-bonded oxygen"),
            "double-bonded oxygen", "oxygens with a double bond", ("[OX1;$(O=*)]",),
        ),
        (
            ("single-bonded oxygen", "singly bonded oxygen", "single bonded oxygen", "singly-bonded oxygen"),
            "single-bonded oxygen", "oxygens with single bonds alone", ("[O;!$(O=*)]",),
        ),
        (
            ("double-bonded nitrogen", "doubly bonded nitrogen", "double bonded nitrogen"),
            "double-bonded nitrogen", "nitrogens with a double bond outside aromatic rings", ("[N;$(N=*)]",),
        ),
        (
            ("double-bonded carbon", "doubly bonded carbon", "double bonded carbon"),
            "double-bonded carbon", "carbons with a double bond outside aromatic rings", ("[C;$(C=*)]",),
        ),
        (
            ("triple-bonded carbon", "triply bonded carbon", "triple bonded carbon"),
            "triple-bonded carbon", "carbons with a triple bond", ("[C;$(C#*)]",),
        ),
        (("unsaturated carbon",), "unsaturated carbon", "carbons with other than single bonds", ("[#6;!$([CX4])]",)),
        (("terminal carbon", "end carbon"), "terminal carbon", "carbons bound to one heavy atom", ("[#6;D1]",)),
        (
            ("positively charged nitrogen", "cationic nitrogen", "charged nitrogen", "positive nitrogen"),
            "positively charged nitrogen", "nitrogens with a positive formal charge", ("[#7;+,+2]",),
        ),
        (
            ("negatively charged oxygen", "anionic oxygen", "charged oxygen", "negative oxygen"),
            "negatively charged oxygen", "oxygens with a negative formal charge", ("[#8;-]",),
        ),
    ]  # fmt: skip
    return tuple(found)


BY_BEARING = _patterns()
"""What they are called, the name in an answer, what is counted, and the SMARTS that finds them."""


def _by_element(numbers: Callable[[int], bool], *, hydrogen: bool = False) -> Callable[[Molecule], Places]:
    """One place for each element: all of its atoms."""

    def found(molecule: Molecule) -> Places:
        atoms: dict[int, list[int]] = {}
        for atom in molecule.mol.GetAtoms():
            if numbers(atom.GetAtomicNum()):
                atoms.setdefault(atom.GetAtomicNum(), []).append(atom.GetIdx())
            if hydrogen and atom.GetTotalNumHs():
                atoms.setdefault(1, []).append(atom.GetIdx())
        return tuple(tuple(dict.fromkeys(places)) for _, places in sorted(atoms.items()))

    return found


def kinds_of_atom() -> dict[tuple[str, ...], tuple[str, str, Callable[[Molecule], Places]]]:
    """Kinds of atom, one place for each element: "how many different halogens"."""
    return {
        ("different halogen", "halogen-kind"): (
            "different halogen",
            "elements among F, Cl, Br and I, a place for each",
            _by_element(lambda number: number in _HALOGENS),
        ),
        ("different element", "chemical element"): (
            "different element",
            "elements, hydrogen included, a place for each (hydrogen's by the atoms that bear it)",
            _by_element(lambda number: number > 0, hydrogen=True),
        ),
        ("different heteroatom", "heteroatom-kind"): (
            "different heteroatom",
            "elements other than carbon and hydrogen, a place for each",
            _by_element(lambda number: number not in (0, 1, 6)),
        ),
    }

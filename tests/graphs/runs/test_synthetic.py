from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from molreflect.agents.schemas import PairRecord
from molreflect.graphs.runs.export import FILES
from molreflect.graphs.runs.recheck import recheck
from molreflect.graphs.runs.synthetic import (
    CORPUS_FILE,
    Known,
    SynthesisSettings,
    Synthesized,
    read_known,
    read_smiles,
    synthesize,
)
from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import PhraseKind
from molreflect.tools.verification.proposals import ProposedAlignment
from molreflect.tools.verification.verify import verify
from molreflect.training.examples.records import read_run

SAMPLE = Path(__file__).parents[3] / "data" / "sample.tsv"
COUNT = 96


@pytest.fixture(scope="module")
def known() -> Known:
    blocks = tuple(pair.smiles for pair in read_corpus(SAMPLE).pairs)
    return Known((), blocks, frozenset(), (), "sample")


@pytest.fixture(scope="module")
def run(known: Known, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synthetic") / "run"
    made = synthesize(out, known, SynthesisSettings(count=COUNT, seed=1), workers=2)
    assert made.made == COUNT
    assert not made.short
    assert made.tried - made.made == sum(made.dropped.values())
    return out


@pytest.fixture(scope="module")
def resources() -> Resources:
    return open_resources()


def records(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "alignments.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_alignment_is_supported_when_it_is_judged_again(run: Path, resources: Resources) -> None:
    kinds: Counter[str] = Counter()
    for record in records(run):
        molecule = read_molecule(record["smiles"])
        assert len([a for a in record["alignments"] if a["kind"] == "structure"]) >= 2
        assert record["coverage"]["phrases"] == 1.0  # no claim of the caption is without its atoms
        for a in record["alignments"]:
            # From the caption and the pattern alone, as a teacher's own proposal: no word of where it came from.
            kind = PhraseKind(a["kind"])
            tie = ProposedAlignment(
                phrase=a["phrase"],
                pattern=a["pattern"] if kind is PhraseKind.STRUCTURE else None,
                start=a["start"],
                kind=kind,
            )
            judged = verify(tie, molecule=molecule, caption=record["caption"], resources=resources)
            assert judged.verdict == "supported", (record["smiles"], record["caption"], a["phrase"], judged.message)
            assert [list(hit) for hit in judged.atoms] == a["atoms"]
            kinds[kind] += 1
    assert kinds["structure"] > 3 * COUNT
    assert kinds["relation"] > COUNT / 10


def test_supported_alignments_replay_from_the_record_alone(run: Path) -> None:
    rechecked = recheck(run)
    assert rechecked.checked > 4 * COUNT
    assert rechecked.broken == ()


ITEM = r"(?:an? )?(?P<name>\S+) (?:group|substituent)s? at (?P<at>[^()]+?)"
GROUP = re.compile(rf"(?:^|, | and ){ITEM}(?=(?:, | and )(?:an? )?\S+ (?:group|substituent)s? at |$)")


def test_positions_are_those_of_a_name_that_means_the_molecule(run: Path, resources: Resources) -> None:
    """Put the caption's parent, groups and positions back into a name, and let OPSIN say what it means."""
    checked = 0
    for record in records(run):
        said = re.match(
            r"The molecule is an? .+?(?: that is| consisting of) (?P<parent>\S+(?: acid)?) "
            r"(?:substituted by|carrying|bearing|having) (?P<groups>.+?)(?: \(the (?P<stereo>\S+)-stereoisomer\))?\.",
            record["caption"],
        )
        if said is None:
            continue
        parts = []
        for group in GROUP.finditer(said["groups"]):
            places = re.findall(r"(?:\d|N\b)[\w']*", group["at"])
            times = {1: "", 2: "bis", 3: "tris", 4: "tetrakis"}[len(places)]
            parts.append(f"{','.join(places)}-{times}({group['name']})")
        if len(parts) != said["groups"].count(" at ") or not parts:
            continue  # a name with blanks in it, which this test does not take apart
        name = (f"({said['stereo']})-" if said["stereo"] else "") + "-".join(parts) + said["parent"]
        meant = resources.nomenclature.resolve([name])[name]
        if meant is None:
            continue
        checked += 1
        assert read_molecule(meant.smiles).inchikey == read_molecule(record["smiles"]).inchikey, (name, record)
    assert checked > COUNT / 12


def test_molecules_are_distinct_and_captions_are_of_many_forms(run: Path) -> None:
    found = records(run)
    assert len({read_molecule(r["smiles"]).inchikey for r in found}) == COUNT
    assert len({r["caption"] for r in found}) == COUNT
    reasons = " ".join(r["selected_because"] for r in found)
    for pattern in ("substituted", "carrying", "replaced", "having", "bearing", "classes", "condensed", "ion"):
        assert f"{pattern} sentence" in reasons
    assert [r["id"] for r in found[:2]] == ["SYN0000001", "SYN0000002"]


def test_a_synthetic_run_is_a_run_and_a_corpus(run: Path) -> None:
    assert all((run / name).is_file() for name in FILES)
    for record in records(run):
        PairRecord.model_validate(record)
    pairs = read_corpus(run / CORPUS_FILE)
    assert not pairs.bad_rows
    assert [(p.id, p.smiles, p.caption) for p in pairs.pairs] == [
        (r["id"], r["smiles"], r["caption"]) for r in records(run)
    ]
    rows = read_run(run)
    assert len(rows) == COUNT
    assert all(len(row.parts) >= 2 for row in rows)
    assert yaml.safe_load((run / "run.yaml").read_text())["settings"]["seed"] == 1


def synthesize_few(out: Path, known: Known, count: int = 30, **options: Any) -> Synthesized:
    return synthesize(out, known, SynthesisSettings(count=count, seed=1), **options)


def test_a_seed_gives_the_same_whatever_the_workers_and_interruptions(run: Path, known: Known, tmp_path: Path) -> None:
    whole = (run / "alignments.jsonl").read_text().splitlines()[:30]  # made by two processes
    out = tmp_path / "run"

    def stop(what: str, done: int, of: int) -> None:
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthesize_few(out, known, progress=stop)
    assert not (out / "alignments.jsonl").exists()
    with pytest.raises(InputError, match="--resume"):
        synthesize_few(out, known)
    with pytest.raises(InputError, match="other settings"):
        synthesize_few(out, known, count=31, resume=True)
    resumed = synthesize_few(out, known, resume=True)
    assert resumed.made == 30
    assert (out / "alignments.jsonl").read_text().splitlines() == whole
    assert sum(resumed.dropped.values()) == resumed.tried - resumed.made
    again = synthesize_few(out, known, resume=True)  # nothing left to do
    assert again == resumed


def test_given_molecules_come_first_and_what_is_to_be_left_out_stays_out(tmp_path: Path) -> None:
    (tmp_path / "m.smi").write_text("# mine\nO=C(O)c1ccccc1Cl first\nnonsense\nCc1ccc(N)cc1\nCCO\nCCO\n\n")
    (tmp_path / "test.tsv").write_text("CID\tSMILES\tdescription\n1\tNc1ccc(C)cc1\tThe molecule is an aniline.\n")
    given = read_known(tmp_path / "m.smi", SAMPLE, [tmp_path / "test.tsv"])
    assert given.given == ("O=C(O)c1ccccc1Cl", "CCO", "CCO")
    assert [(bad.line, bad.text) for bad in given.bad] == [(3, "nonsense")]
    out = tmp_path / "run"
    made = synthesize(out, given, SynthesisSettings())
    assert records(out)[0]["smiles"] == "O=C(O)c1ccccc1Cl"
    assert made.made + sum(made.dropped.values()) == made.tried == 3
    assert made.dropped.get("made before", 0) + made.dropped.get("fewer than two alignments", 0) > 0
    failures = [json.loads(line) for line in (out / "failures.jsonl").read_text().splitlines()]
    assert [f["line"] for f in failures] == [3]
    left = read_molecule("Nc1ccc(C)cc1").block
    more = synthesize(tmp_path / "more", given, SynthesisSettings(count=12))
    assert records(tmp_path / "more")[0]["smiles"] == "O=C(O)c1ccccc1Cl"
    assert more.made == 12
    assert left not in {read_molecule(r["smiles"]).block for r in records(tmp_path / "more")}


def test_molecules_that_nothing_new_can_be_made_of_end_the_run_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import molreflect.graphs.runs.synthetic

    monkeypatch.setattr(molreflect.graphs.runs.synthetic, "MAX_FRUITLESS", 40)
    made = synthesize(
        tmp_path / "run", Known((), ("FC(F)(F)C(F)(F)F",), frozenset(), (), "one"), SynthesisSettings(count=50)
    )
    assert made.short
    assert made.made < 50
    assert made.tried >= 40


def test_molecule_files_are_read_in_every_layout_and_mistakes_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('name,SMILES\n"x, y",CCO\nz,C(\n')
    assert read_smiles(tmp_path / "a.csv")[0] == ("CCO",)
    assert read_smiles(tmp_path / "a.csv")[1][0].line == 3
    (tmp_path / "b.txt").write_text("CID\tSMILES\tdescription\n1\tF/C=C\\\\F\tx\n")
    (tmp_path / "c.jsonl").write_text('{"smiles": "CCO"}\n{"smiles": "C1C"}\n')
    assert read_smiles(tmp_path / "c.jsonl")[0] == ("CCO",)
    assert [bad.line for bad in read_smiles(tmp_path / "c.jsonl")[1]] == [2]
    assert read_smiles(tmp_path / "b.txt")[0] == ("F/C=C\\F",)
    (tmp_path / "c.smi").write_text("nothing here\n")
    for path, words in ((tmp_path / "c.smi", "no molecule"), (tmp_path / "no.smi", "cannot be read")):
        with pytest.raises(InputError, match=words):
            read_smiles(path)
    with pytest.raises(InputError, match="--molecules"):
        read_known(None, tmp_path / "absent.tsv")
    with pytest.raises(InputError, match="--count"):
        synthesize(tmp_path / "x", read_known(None, SAMPLE), SynthesisSettings())
    for setting in ({"count": 0}, {"seed": -1}, {"max_heavy_atoms": 1}):
        with pytest.raises(InputError):
            SynthesisSettings(**setting)

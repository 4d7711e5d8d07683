from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import synthetic_run
from tiny_model import TEMPLATES, tiny_tokenizer

from molreflect.agents.student.chat_format import ChatFormat
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Direction
from molreflect.training.config import Arm, StudentConfig, load_config
from molreflect.training.examples.answers import parse_answer
from molreflect.training.examples.builder import ExampleBuilder, rewrite_smiles
from molreflect.training.examples.preview import preview
from molreflect.training.examples.records import (
    TrainRecord,
    fingerprint,
    read_records,
    read_run,
    read_supplied,
    write_records,
)
from molreflect.training.examples.text import Query
from molreflect.training.student.neighbours import TrainingIndex

CONFIGS = Path(__file__).parents[3] / "configs"


@pytest.fixture(scope="module")
def chat() -> ChatFormat:
    return ChatFormat(tiny_tokenizer())


@pytest.fixture
def run(tmp_path: Path) -> list[TrainRecord]:
    return read_run(synthetic_run.write_run(tmp_path / "run"))


def test_only_supported_structural_ties_of_the_selected_version_enter_a_rationale(run: list[TrainRecord]) -> None:
    assert [[(p.phrase, p.fragment) for p in r.parts] for r in run[:3]] == [
        [("primary alcohol", "CO")],
        [("primary alcohol", "CO")],
        [("monocarboxylic acid", "O=CO")],
    ]
    # The draft keeps what was refused, written like the others, in caption order.
    assert [(p.phrase, p.fragment) for p in run[0].draft] == [("molecule", "C"), ("primary alcohol", "[PbH2]")]


def test_parts_stand_in_caption_order_and_each_once(tmp_path: Path) -> None:
    row = synthetic_run.record(0, "CCO", "primary alcohol", "CO")
    first = synthetic_run.alignment(row["caption"], "molecule", "CCO")
    row["alignments"] += [first, dict(first)]
    [record] = read_run(synthetic_run.write_run(tmp_path, [row]))
    assert [p.phrase for p in record.parts] == ["molecule", "primary alcohol"]


def test_attached_fragments_are_cut_anew_from_the_atoms_and_refused_ones_stay_as_proposed(tmp_path: Path) -> None:
    rows = synthetic_run.records()[:3]
    for row, atoms in zip(rows, ([2], [3], [2, 1, 3]), strict=True):
        row["alignments"][1]["atoms"] = [atoms, [0]]
    read = read_run(synthetic_run.write_run(tmp_path, rows), attached=True)
    assert [[(p.phrase, p.fragment, p.atoms) for p in r.parts] for r in read] == [
        [("primary alcohol", "*O", 2)],
        [("primary alcohol", "*O", 2)],
        [("monocarboxylic acid", "*C(=O)O", 4)],
    ]
    assert ("primary alcohol", "[PbH2]") in [(p.phrase, p.fragment) for p in read[0].draft]


def test_attached_fragments_need_atoms_and_so_no_one_sided_alignments() -> None:
    with pytest.raises(InputError, match="takes no attached fragments"):
        StudentConfig(arm=Arm.SUPPLIED, supplied_run="x", direction="cap2mol", fragments="attached")
    with pytest.raises(InputError, match="fragments must be 'bare' or 'attached'"):
        StudentConfig(fragments="whole")  # type: ignore[arg-type]


def test_failed_records_and_one_sided_records_are_left_out(tmp_path: Path) -> None:
    rows = synthetic_run.records()[:4]
    rows[0]["status"] = "failed"
    rows[1]["caption"] = None
    rows[2]["smiles"] = ""
    assert [r.id for r in read_run(synthetic_run.write_run(tmp_path, rows))] == ["103"]


def test_a_run_without_its_file_a_broken_line_and_a_repeated_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="molreflect export"):
        read_run(tmp_path)
    folder = synthetic_run.write_run(tmp_path / "run", synthetic_run.records()[:1] * 2)
    with pytest.raises(InputError, match="twice"):
        read_run(folder)
    (folder / "alignments.jsonl").write_text("{\n")
    with pytest.raises(InputError, match="line 1 is not JSON"):
        read_run(folder)


def test_records_survive_the_copy_beside_an_adapter(run: list[TrainRecord], tmp_path: Path) -> None:
    write_records(run, tmp_path / "records.jsonl")
    again = read_records(tmp_path / "records.jsonl")
    assert again == [replace(record, neighbours=()) for record in run]
    assert fingerprint(again) == fingerprint(run)
    assert fingerprint([*run[:-1], replace(run[-1], caption="other")]) != fingerprint(run)


@pytest.mark.parametrize("direction", list(Direction))
def test_neighbours_stand_most_similar_last_with_input_parts_and_answer(
    run: list[TrainRecord], chat: ChatFormat, direction: Direction
) -> None:
    builder = ExampleBuilder(format=chat, max_length=2000)
    example = builder.example(run[0], [run[1], run[4]], direction)
    text = example.messages[-1]["content"]
    near, far = (run[1], run[4])
    assert example.context == ("104", "101")
    given, answer = ("Molecule:", "Caption:") if direction is Direction.MOL2CAP else ("Caption:", "Molecule:")

    def sides(r: TrainRecord) -> tuple[str, str]:
        return (r.smiles, r.caption) if direction is Direction.MOL2CAP else (r.caption, r.smiles)

    for record, part in ((near, "primary alcohol -> CO"), (far, "primary amine -> CN")):
        left, right = sides(record)
        assert f"{given} {left}\nParts:\n{part}\n{answer} {right}\n" in text
    assert text.index(sides(far)[0]) < text.index(f"{given} {sides(near)[0]}\n")
    assert text.endswith(f"{given} {sides(run[0])[0]}")
    assert example.completion == f"Parts:\nprimary alcohol -> CO\n{answer} {sides(run[0])[1]}"


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("arm", [arm for arm in Arm if arm is not Arm.SUPPLIED])
def test_no_arm_shows_the_answer_or_the_querys_own_parts_in_the_prompt(
    run: list[TrainRecord], chat: ChatFormat, direction: Direction, arm: Arm
) -> None:
    query = replace(run[8], parts=(run[8].parts[0]._replace(phrase="SECRET", fragment="[U]"),))
    example = ExampleBuilder(format=chat, arm=arm, max_length=2000).example(query, run[:2], direction)
    prompt = "\n".join(message["content"] for message in example.messages)
    hidden = query.caption if direction is Direction.MOL2CAP else query.smiles
    assert hidden not in prompt
    assert "SECRET" not in prompt
    assert "[U]" not in prompt
    assert hidden in example.completion
    verified = (Arm.WRITTEN, Arm.TRACED, Arm.NO_CONTEXT)
    assert ("SECRET -> [U]" in example.completion) is (arm in verified)
    assert (run[0].smiles in prompt) is arm.has_context
    assert (" -> " in example.completion) is (arm in (*verified, Arm.UNVERIFIED))
    assert ("[PbH2]" in example.completion) is (arm is Arm.UNVERIFIED)


def test_the_prompt_of_training_is_the_prompt_of_prediction(run: list[TrainRecord], chat: ChatFormat) -> None:
    builder = ExampleBuilder(format=chat, max_length=2000)
    example = builder.example(run[0], run[2:4], Direction.CAP2MOL)
    asked = builder.prompt(Query("new", run[0].caption, None), run[2:4], Direction.CAP2MOL)
    assert asked.messages == example.messages
    assert list(example.encoded.ids[: example.encoded.n_prompt]) == chat.prompt_ids(asked.messages)


def test_filler_takes_as_many_tokens_as_the_alignments_it_replaces(run: list[TrainRecord], chat: ChatFormat) -> None:
    written = ExampleBuilder(format=chat, max_length=2000).example(run[8], [], Direction.MOL2CAP)
    filler = ExampleBuilder(format=chat, arm=Arm.FILLER, max_length=2000).example(run[8], [], Direction.MOL2CAP)
    assert "phenol ->" not in filler.completion
    assert abs(len(written.encoded.ids) - len(filler.encoded.ids)) <= 1


def test_supplied_alignments_stand_in_the_prompt_and_come_from_the_input_side_only(
    run: list[TrainRecord], chat: ChatFormat, tmp_path: Path
) -> None:
    pair_run = synthetic_run.write_run(tmp_path / "pairs")
    with pytest.raises(InputError, match="give the answer away"):
        read_supplied(pair_run, Direction.CAP2MOL)
    rows = synthetic_run.records()
    for row in rows:
        row["view"] = "caption"
    supplied = read_supplied(synthetic_run.write_run(tmp_path / "captions", rows), Direction.CAP2MOL)
    builder = ExampleBuilder(format=chat, arm=Arm.SUPPLIED, max_length=2000, supplied=supplied)
    example = builder.example(run[0], [run[2]], Direction.CAP2MOL)
    assert example.messages[-1]["content"].endswith("Parts:\nprimary alcohol -> CO")
    assert example.completion == "Molecule: CCO"
    with pytest.raises(InputError, match="no alignments for 'new'"):
        builder.prompt(Query("new", "a caption", None), [], Direction.CAP2MOL)


@pytest.mark.parametrize("template", list(TEMPLATES))
@pytest.mark.parametrize("direction", list(Direction))
def test_masks_cover_the_prompt_and_train_on_the_whole_completion_and_its_end(
    run: list[TrainRecord], template: str, direction: Direction
) -> None:
    chat = ChatFormat(tiny_tokenizer(template))
    example = ExampleBuilder(format=chat, max_length=2000).example(run[8], run[:2], direction)
    shown = preview(example, chat)
    assert len(shown) == len(example.encoded.ids)
    trained = "".join(text for text, is_trained in shown if is_trained)
    masked = "".join(text for text, is_trained in shown if not is_trained)
    end = TEMPLATES[template][1]
    # The end mark is trained on although it is the padding token too.
    assert trained.strip() == f"{example.completion}{end}"
    assert chat.tokenizer.pad_token == end
    assert example.messages[-1]["content"] in masked
    flags = [is_trained for _, is_trained in shown]
    assert flags == sorted(flags)  # masked first, then trained, nothing between


def test_long_examples_lose_their_farthest_neighbours_first_and_never_the_target(
    run: list[TrainRecord], chat: ChatFormat
) -> None:
    lengths = [
        len(ExampleBuilder(format=chat, max_length=9999).example(run[0], run[2 : 2 + k], Direction.MOL2CAP).encoded.ids)
        for k in range(4)
    ]
    builder = ExampleBuilder(format=chat, max_length=lengths[3] - 1)
    example = builder.example(run[0], run[2:5], Direction.MOL2CAP)
    assert (example.context, example.dropped) == (("103", "102"), 1)
    bare = ExampleBuilder(format=chat, max_length=lengths[0]).example(run[0], run[2:5], Direction.MOL2CAP)
    assert (bare.context, bare.dropped) == ((), 3)
    assert run[0].caption in bare.completion
    with pytest.raises(InputError, match="target would be cut"):
        ExampleBuilder(format=chat, max_length=lengths[0] - 1).example(run[0], run[2:5], Direction.MOL2CAP)


def test_too_many_parts_keep_the_largest_in_caption_order(chat: ChatFormat, run: list[TrainRecord]) -> None:
    part = run[0].parts[0]
    many = replace(run[0], parts=tuple(part._replace(phrase=f"p{n}", atoms=n % 3) for n in range(6)))
    example = ExampleBuilder(format=chat, max_alignments=3, max_length=2000).example(many, [], Direction.MOL2CAP)
    assert [line.split(" ")[0] for line in example.completion.splitlines() if "->" in line] == ["p1", "p2", "p5"]


def test_the_querys_own_molecule_is_never_a_neighbour(run: list[TrainRecord], chat: ChatFormat) -> None:
    twin = replace(run[0], id="twin", smiles="OCC")
    with pytest.raises(InputError, match="same molecule"):
        ExampleBuilder(format=chat).example(run[0], [twin], Direction.MOL2CAP)
    index = TrainingIndex([*run, twin])
    for direction in Direction:
        text = run[0].smiles if direction is Direction.MOL2CAP else run[0].caption
        found = index(Query("other-id", text, run[0].block), direction, 50)
        assert {r.id for r in found} == {r.id for r in run[1:]}


def test_the_index_ranks_by_tanimoto_and_by_shared_words(run: list[TrainRecord]) -> None:
    from rdkit import DataStructs
    from rdkit.Chem import rdFingerprintGenerator

    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    fingerprint_of = {r.id: generator.GetFingerprint(read_molecule(r.smiles).mol) for r in run}
    index = TrainingIndex(run)
    found = index(Query("q", run[8].smiles, run[8].block), Direction.MOL2CAP, 5)
    scores = [DataStructs.TanimotoSimilarity(fingerprint_of["108"], fingerprint_of[r.id]) for r in found]
    assert found[0].id == "109"
    assert scores == sorted(scores, reverse=True)
    assert index(Query("q", run[6].caption, run[6].block), Direction.CAP2MOL, 1)[0].id == "107"


@pytest.mark.parametrize(
    ("text", "direction", "answer", "parts", "status"),
    [
        pytest.param(
            "Parts:\nmethyl ester -> COC=O\na -> b -> C\nCaption: The molecule is x.\n",
            Direction.MOL2CAP, "The molecule is x.", [("methyl ester", "COC=O"), ("a -> b", "C")], "ok", id="written",
        ),
        pytest.param("Parts:\nnone\nMolecule: CCO", Direction.CAP2MOL, "CCO", [], "ok", id="no-parts"),
        pytest.param("Molecule: CCO and more", Direction.CAP2MOL, "CCO", [], "ok", id="words-after-a-smiles"),
        pytest.param("The molecule is x.", Direction.MOL2CAP, "The molecule is x.", [], "unmarked", id="unmarked"),
        pytest.param("Parts:\nester -> CO", Direction.CAP2MOL, "", [("ester", "CO")], "no_answer", id="cut-short"),
        pytest.param("Molecule:", Direction.CAP2MOL, "", [], "no_answer", id="empty-answer"),
        pytest.param("", Direction.MOL2CAP, "", [], "no_answer", id="empty"),
        pytest.param(
            "Caption: one\ttwo\nthree\nMolecule: CC\nCaption: b", Direction.MOL2CAP, "one two three", [], "ok",
            id="runs-on",
        ),
        pytest.param(". . . .\nMolecule: C", Direction.CAP2MOL, "C", [], "ok", id="filler"),
    ],
)  # fmt: skip
def test_an_answer_is_read_back_out_of_a_generation(
    text: str, direction: Direction, answer: str, parts: list[tuple[str, str]], status: str
) -> None:
    parsed = parse_answer(text, direction)
    assert (parsed.answer, [(p.phrase, p.fragment) for p in parsed.parts], parsed.status) == (answer, parts, status)


def test_every_completion_reads_back_as_its_own_answer(run: list[TrainRecord], chat: ChatFormat) -> None:
    for direction in Direction:
        for record in run:
            example = ExampleBuilder(format=chat, max_length=2000).example(record, [], direction)
            parsed = parse_answer(example.completion, direction)
            assert parsed.answer == (record.caption if direction is Direction.MOL2CAP else record.smiles)
            assert [p.fragment for p in parsed.parts] == [p.fragment for p in record.parts]


def test_rewritten_smiles_are_the_same_molecule_and_a_seed_repeats_them() -> None:
    smiles = "C[C@H](N)C(=O)Oc1ccccc1/C=C/Cl"
    written = [rewrite_smiles(smiles, seed) for seed in range(8)]
    assert len(set(written)) > 4
    assert {read_molecule(text).inchikey for text in written} == {read_molecule(smiles).inchikey}
    assert rewrite_smiles(smiles, 3) == written[3]


@pytest.mark.parametrize(
    "path",
    sorted(p for p in CONFIGS.glob("*.yaml") if not p.name.startswith("accelerate-")),  # those are accelerate's own
    ids=lambda path: path.name,
)
def test_shipped_settings_are_valid_and_survive_a_round_trip(path: Path, tmp_path: Path) -> None:
    config = load_config(path)
    (tmp_path / "again.yaml").write_text(config.to_yaml())
    assert load_config(tmp_path / "again.yaml") == config


def test_overrides_replace_settings_and_mistakes_are_named() -> None:
    config = StudentConfig().with_overrides(["max_steps=30", "lora_targets=[q_proj, k_proj]", "learning_rate=2e-4"])
    assert (config.max_steps, config.lora_targets, config.learning_rate) == (30, ("q_proj", "k_proj"), 2e-4)
    for setting, words in {
        "max_step=3": "did you mean max_steps",
        "max_steps": "key=value",
        "max_steps=many": "max_steps must be a valid integer, got 'many'",
        "arm=nothing": "written",
        "lora_dropout=1": "less than 1",
        "learning_rate=0": "greater than 0",
        "arm=supplied": "supplied_run",
        "direction=up": "mol2cap",
        "limit=1": "greater than or equal to 2",
        "lora_targets=[]": "lora_targets: Tuple should have at least 1 item",
        "randomize_smiles=maybe": "valid boolean",
        "top_p=.nan": "finite number",
    }.items():
        with pytest.raises(InputError, match=words):
            StudentConfig().with_overrides([setting])

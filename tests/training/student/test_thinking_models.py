"""Base models that may think before they answer: their chat template is told not to, once and for all."""

from __future__ import annotations

from pathlib import Path

import pytest
import synthetic_run
from tiny_model import save_tiny_base

from molreflect.agents.student.chat_format import ChatFormat
from molreflect.agents.student.local import Student
from molreflect.agents.student.weights import load_tokenizer
from molreflect.tools.errors import InputError
from molreflect.training.config import StudentConfig, load_config
from molreflect.training.examples.records import read_run
from molreflect.training.student.merge import merge
from molreflect.training.student.predict import predict
from molreflect.training.student.train import train

pytestmark = pytest.mark.usefixtures("one_thread")

NO_THOUGHTS = {"enable_thinking": False}
MESSAGES = [{"role": "user", "content": "What is it?"}]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_base(tmp_path_factory.mktemp("base"), template="thinking")


def test_a_template_that_opens_an_answer_in_another_way_is_refused_until_it_is_told(base: Path) -> None:
    with pytest.raises(InputError, match="does not round-trip"):
        ChatFormat(load_tokenizer(base)).encode(MESSAGES, "CCO")
    encoded = ChatFormat(load_tokenizer(base, NO_THOUGHTS)).encode(MESSAGES, "CCO")
    assert encoded.n_text - encoded.n_prompt > 0


def test_a_student_is_asked_as_it_was_trained_by_whoever_loads_it(base: Path, tmp_path: Path) -> None:
    run = synthetic_run.write_run(tmp_path / "run", synthetic_run.records()[::4])
    config = StudentConfig(
        base=str(base), chat_template_kwargs=NO_THOUGHTS, neighbours=1, max_length=900, max_steps=1, batch_size=1,
        accumulation=1, eval_fraction=0, max_new_tokens=4,
    )  # fmt: skip
    out = train(run, tmp_path / "student", config).out
    trained = ChatFormat(load_tokenizer(base, NO_THOUGHTS)).prompt_ids(MESSAGES)
    assert ChatFormat(load_tokenizer(out)).prompt_ids(MESSAGES) == trained  # the template that was saved knows it
    assert predict(out, read_run(run)[:1], "cap2mol", tmp_path / "p.tsv").rows == 1
    merge(out, tmp_path / "merged", probes=1, max_new_tokens=2)
    assert Student.load(tmp_path / "merged", device="cpu").format.prompt_ids(MESSAGES) == trained


def test_variables_are_read_from_yaml_and_checked(tmp_path: Path, base: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("chat_template_kwargs: {enable_thinking: false, reasoning_effort: low}\n", encoding="utf-8")
    settings = load_config(path).chat_template_kwargs
    assert settings == {"enable_thinking": False, "reasoning_effort": "low"}
    assert load_tokenizer(base, settings).chat_template.startswith("{%- set enable_thinking = false -%}")
    with pytest.raises(InputError, match="'no name' is no name of a variable"):
        load_tokenizer(base, {"no name": True})

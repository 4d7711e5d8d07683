"""A merged student as a GGUF file: what other programs read in it, and a student served by llama.cpp."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic_run
from tiny_model import save_tiny_base

import molreflect
from molreflect.agents.analyst.turn import TurnLimits
from molreflect.agents.errors import TeacherError
from molreflect.agents.models.registry import Sampling
from molreflect.agents.student.weights import EMBEDDED, load_tokenizer, resolve_base
from molreflect.conversations import ask
from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.terms import TeacherProtocol
from molreflect.training.config import StudentConfig
from molreflect.training.student import gguf_file
from molreflect.training.student.folder import read_student
from molreflect.training.student.gguf_file import ParityError, pre_tokenizer, require_writable_as_gguf, torch_threads
from molreflect.training.student.gguf_server import serve_gguf
from molreflect.training.student.merge import MergeResult, merge
from molreflect.training.student.train import train

pytestmark = pytest.mark.usefixtures("one_thread")

POSITIONS = 32768
"""As many as a teacher's prompts need in the tokens of a tokenizer of 700 words."""


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = save_tiny_base(tmp_path_factory.mktemp("base"), positions=POSITIONS, kv_heads=2)
    run = synthetic_run.write_run(tmp_path_factory.mktemp("run"), synthetic_run.records()[::2])
    settings = {"arm": "no_context", "direction": "cap2mol", "max_steps": 3, "batch_size": 4, "learning_rate": 1e-2}
    out = tmp_path_factory.mktemp("students") / "student"
    train(run, out, StudentConfig(base=str(base), **settings, warmup_steps=0, eval_fraction=0.25, max_new_tokens=24))
    return out


@pytest.fixture(scope="module")
def merged(student: Path, tmp_path_factory: pytest.TempPathFactory) -> MergeResult:
    return merge(student, tmp_path_factory.mktemp("m") / "merged", max_new_tokens=8, device="cpu", gguf=True)


def test_transformers_and_llama_cpp_read_in_the_file_what_was_trained(merged: MergeResult) -> None:
    pytest.importorskip("xllamacpp", reason="llama.cpp (the package xllamacpp) is not installed")
    assert merged.gguf == merged.out / "model.gguf"
    assert merged.gguf_parity is not None
    assert merged.gguf_parity.llama_cpp
    assert merged.gguf_parity.max_logit_difference < 1e-4


def test_the_file_names_the_student_and_holds_its_chat_template(merged: MergeResult, student: Path) -> None:
    from gguf import GGUFReader

    fields = GGUFReader(merged.out / "model.gguf").fields
    tokenizer = load_tokenizer(student)
    assert fields["general.name"].contents() == "merged"
    assert fields["llama.attention.head_count_kv"].contents() == 2
    assert fields["tokenizer.chat_template"].contents() == tokenizer.chat_template
    assert fields["tokenizer.ggml.eos_token_id"].contents() == tokenizer.eos_token_id


def test_a_file_that_says_something_else_is_not_kept(
    student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = gguf_file._tensors

    def spoilt(model: Any) -> Iterator[tuple[str, Any]]:
        for name, values in written(model):
            yield name, np.roll(values, 1, axis=0) if name == "blk.1.attn_k.weight" else values

    monkeypatch.setattr(gguf_file, "_tensors", spoilt)
    with pytest.raises(ParityError, match="the GGUF file differs from the merged weights"):
        merge(student, tmp_path / "merged", probes=1, max_new_tokens=4, device="cpu", gguf=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_which_llama_cpp_reads_prompts_otherwise_is_not_kept(
    student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xllamacpp", reason="llama.cpp (the package xllamacpp) is not installed")
    monkeypatch.setattr(gguf_file, "_CONTROL", gguf_file._NORMAL)  # marks of turns are letters then
    with pytest.raises(ParityError, match="as other tokens than the student"):
        merge(student, tmp_path / "merged", probes=1, max_new_tokens=4, device="cpu", gguf=True)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_without_a_guess_is_refused(student: Path) -> None:
    loaded = read_student(student).load(device="cpu")
    require_writable_as_gguf(loaded.model, loaded.tokenizer)
    config = loaded.model.config
    for name, value, told in (
        ("model_type", "qwen3", "Llama models alone, and this one is qwen3"),
        ("rope_parameters", {"rope_type": "llama3"}, "positions scaled by llama3"),
    ):
        before = getattr(config, name)
        setattr(config, name, value)
        with pytest.raises(InputError, match=f"{told}; write it with llama.cpp's convert_hf_to_gguf.py"):
            require_writable_as_gguf(loaded.model, loaded.tokenizer)
        setattr(config, name, before)


def test_tokenizers_are_told_apart_by_how_they_cut_texts() -> None:
    by_bytes = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
    digits = {"type": "Digits", "individual_digits": True}
    split = {"type": "Split", "pattern": {"Regex": gguf_file._LLAMA3}, "behavior": "Isolated"}
    known = {
        "gpt-2": by_bytes,
        "smollm": {"type": "Sequence", "pretokenizers": [digits, by_bytes]},
        "llama-bpe": {"type": "Sequence", "pretokenizers": [split, by_bytes | {"use_regex": False}]},
    }
    model = {"type": "BPE"}
    for name, cutter in known.items():
        assert pre_tokenizer({"model": model, "normalizer": None, "pre_tokenizer": cutter}) == name
    for other in ({"type": "Metaspace"}, by_bytes | {"add_prefix_space": True}, None):
        assert pre_tokenizer({"model": model, "pre_tokenizer": other}) is None
    assert pre_tokenizer({"model": {"type": "Unigram"}, "pre_tokenizer": by_bytes}) is None


def test_the_embedded_student_can_be_written() -> None:
    try:
        base = resolve_base(EMBEDDED)
    except InputError as error:
        pytest.skip(str(error))
    described = json.loads(load_tokenizer(base).backend_tokenizer.to_str())
    assert pre_tokenizer(described) in ("gpt-2", "smollm")


def test_a_served_student_answers_as_it_does_here_and_as_teacher_and_in_a_conversation(
    student: Path, merged: MergeResult, tmp_path: Path
) -> None:
    pytest.importorskip("xllamacpp", reason="llama.cpp (the package xllamacpp) is not installed")
    pytest.importorskip("langchain_openai", reason="the extra molreflect[openai] is not installed")
    pairs = read_corpus(student / "heldout.tsv").pairs
    how: dict[str, Any] = {"direction": "cap2mol", "max_new_tokens": 12, "judge": "form"}
    corpus = student / "heldout.tsv"
    molreflect.predict(student, corpus, out=tmp_path / "here.tsv", **how)
    with serve_gguf(merged.out / "model.gguf", threads=torch_threads(), context=POSITIONS) as address:
        served = {"base_url": f"{address}/v1", "served_model": "student", "backend": "openai", "batch_size": 2}
        done = molreflect.predict(student, corpus, out=tmp_path / "served.tsv", **how, **served)
        assert (done.rows, done.failed) == (len(pairs), 0)
        texts = [
            [
                candidate["text"]
                for line in path.read_text().splitlines()
                for candidate in json.loads(line)["candidates"]
            ]
            for path in (tmp_path / "here.jsonl", tmp_path / "served.jsonl")
        ]
        assert texts[0] == texts[1]
        assert any(texts[0])
        # Weights this small know neither JSON nor tools: what counts is that they are asked, and are told so.
        how = {"sampling": Sampling(max_tokens=32), "protocol": TeacherProtocol.JSON}
        with pytest.raises(TeacherError, match=r"submitted no alignments|cut off at its limit of tokens"):
            molreflect.align(pairs[0].smiles, pairs[0].caption, teacher="student", base_url=f"{address}/v1", **how)
        answer = ask("Is CCO an alcohol?", model="student", base_url=f"{address}/v1", limits=TurnLimits(calls=1))
        assert answer.answer


def test_a_server_that_does_not_start_says_so(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    (tmp_path / "model.gguf").write_bytes(b"no model")
    with (
        pytest.raises(RuntimeError, match="server did not start"),
        serve_gguf(tmp_path / "model.gguf", threads=1),
    ):
        pass

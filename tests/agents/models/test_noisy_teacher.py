"""A teacher that errs at a known rate, by seed and pair, and mends what was refused at the same rate."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from molreflect.agents.models.corruptions import Corruption
from molreflect.agents.models.noisy_teacher import Noise, NoisyModel, is_embedded, read_noise
from molreflect.agents.models.prices import price_of
from molreflect.agents.models.registry import Sampling, load_chat_model, not_sent
from molreflect.agents.schemas import PairRecord
from molreflect.agents.teacher.agent import build_teacher
from molreflect.graphs.alignment.graph import build_alignment_graph
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentSettings, AlignmentState
from molreflect.graphs.batch.run import distill_corpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.runs.recheck import recheck
from molreflect.tools.corpus import Corpus, Pair, read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.terms import NOT_REFLECTED, PhraseKind, Reason, TraceMode, Verdict, View
from molreflect.training.examples.records import train_record


def run(resources: Any, noise: Noise | None, pair: Pair, *, verify: bool = True, repairs: int = 1) -> PairRecord:
    name = "lexicon" if noise is None else noise.name
    teacher = build_teacher(load_chat_model(name), build_alignment_tools(resources), name=name)
    settings = AlignmentSettings(verify=verify, max_repairs=repairs)
    context = AlignmentContext(teacher=teacher, resources=resources, settings=settings)
    state = AlignmentState(id=pair.id, smiles=pair.smiles, caption=pair.caption)
    record: PairRecord = build_alignment_graph().invoke(state, context=context)["record"]
    return record


def ties(record: PairRecord, *, supported: bool = False) -> dict[tuple[int | None, str], str | None]:
    return {
        (a.start, a.phrase): a.pattern
        for a in record.alignments
        if a.kind is PhraseKind.STRUCTURE and (not supported or a.verdict is Verdict.SUPPORTED)
    }


@pytest.fixture(scope="module")
def pairs(sample_corpus: Path) -> tuple[Pair, ...]:
    return read_corpus(sample_corpus).pairs[:10]


@pytest.fixture(scope="module")
def clean(resources: Any, pairs: tuple[Pair, ...]) -> list[PairRecord]:
    return [run(resources, None, pair) for pair in pairs]


def test_without_errors_it_says_what_the_lexicon_says(
    resources: Any, pairs: tuple[Pair, ...], clean: list[PairRecord]
) -> None:
    for pair, lexicon in zip(pairs, clean, strict=True):
        record = run(resources, Noise(0.0, 5), pair)
        assert record.teacher == "noisy:lexicon?rate=0&seed=5"
        assert ties(record) == ties(lexicon)


def test_as_many_ties_are_wrong_as_the_rate_says(
    resources: Any, pairs: tuple[Pair, ...], clean: list[PairRecord]
) -> None:
    for rate in (0.3, 1.0):
        wrong = total = 0
        for pair, lexicon in zip(pairs, clean, strict=True):
            right = {place: pattern for place, pattern in ties(lexicon).items() if pattern}
            for seed in (1, 2):
                said = ties(run(resources, Noise(rate, seed), pair, verify=False))
                assert said.keys() == ties(lexicon).keys()
                wrong += sum(said[place] != pattern for place, pattern in right.items())
                total += len(right)
        assert total > 60
        assert wrong / total == pytest.approx(rate, abs=0.12)


def test_errors_depend_on_the_seed_and_the_pair_alone(resources: Any, pairs: tuple[Pair, ...]) -> None:
    said = [ties(run(resources, Noise(0.5, 1), pair, verify=False)) for pair in pairs[:4]]
    renamed = [replace(pair, id=f"other-{pair.id}") for pair in reversed(pairs[:4])]
    assert [ties(run(resources, Noise(0.5, 1), pair, verify=False)) for pair in renamed] == said[::-1]
    assert [ties(run(resources, Noise(0.5, 2), pair, verify=False)) for pair in pairs[:4]] != said


def test_unverified_records_say_so_and_nothing_in_them_is_supported(resources: Any, pairs: tuple[Pair, ...]) -> None:
    for pair in pairs[:4]:
        record = run(resources, Noise(0.6, 1), pair, verify=False)
        assert {(a.verdict, a.reason) for a in record.alignments} == {(Verdict.UNCHECKED, Reason.NOT_VERIFIED)}
        assert (record.rounds, record.selected_because) == (0, NOT_REFLECTED)
        assert record.coverage.heavy_atoms == 0
        plain = train_record(record.to_json())
        assert not plain.parts
        assert len(plain.draft) == len({(a.phrase, a.fragment or a.pattern) for a in record.alignments if a.pattern})


def test_verification_and_repair_take_most_errors_out(
    resources: Any, pairs: tuple[Pair, ...], clean: list[PairRecord]
) -> None:
    right = wrong = lost = 0
    for pair, lexicon in zip(pairs, clean, strict=True):
        wanted = ties(lexicon, supported=True)
        found = ties(run(resources, Noise(0.4, 3), pair), supported=True)
        right += sum(wanted.get(place) == pattern for place, pattern in found.items())
        wrong += sum(place in wanted and wanted[place] != pattern for place, pattern in found.items())
        lost += len(wanted.keys() - found.keys())
    assert wrong <= 0.1 * (right + wrong)
    assert lost <= 0.3 * (right + lost)
    assert right > 20


def test_more_rounds_mend_more_and_what_is_refused_again_is_another_draw(
    resources: Any, pairs: tuple[Pair, ...], clean: list[PairRecord]
) -> None:
    def supported(repairs: int) -> int:
        noise = Noise(0.5, 1, kinds=(Corruption.FABRICATED,))
        return sum(len(ties(run(resources, noise, pair, repairs=repairs), supported=True)) for pair in pairs)

    none, some = supported(0), supported(4)
    assert none < some
    assert some >= 0.9 * sum(len(ties(record, supported=True)) for record in clean)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("noisy:", "errors are planted in the rules' answers only"),
        ("noisy:openai:gpt-5", "errors are planted in the rules' answers only"),
        ("noisy:lexicon?rate=2", "a number from 0 to 1, not '2'"),
        ("noisy:lexicon?rate=nan", "a number from 0 to 1, not 'nan'"),
        ("noisy:lexicon?rate=", "a number from 0 to 1, not ''"),
        ("noisy:lexicon?seed=-1", "a whole number from 0 on, not '-1'"),
        ("noisy:lexicon?rate=.1&rate=.2", "write each option once"),
        ("noisy:lexicon?nonsense", "no option 'nonsense'; known are rate, seed, kinds"),
        ("noisy:lexicon?kinds=fabricated+none", "not 'none'"),
    ],
)
def test_nonsense_in_its_name_is_one_line(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load_chat_model(name)
    assert "\n" not in str(caught.value)


def test_its_name_is_read_back_and_costs_nothing() -> None:
    noise = Noise(0.25, 7, (Corruption.FABRICATED, Corruption.OVER_GENERAL))
    assert read_noise(noise.name) == noise
    assert read_noise("noisy:lexicon") == Noise(0.2, 0)
    model = load_chat_model("noisy:lexicon?rate=.2&seed=1")
    assert isinstance(model, NoisyModel)
    assert model.noise_name == "noisy:lexicon?rate=0.2&seed=1"
    assert is_embedded("noisy:lexicon")
    assert is_embedded("lexicon")
    assert not is_embedded("openai:noisy")
    assert not_sent("noisy:lexicon", Sampling(temperature=0.5, seed=1)) == ("temperature", "seed")
    price = price_of("noisy:lexicon?rate=.2&seed=1")
    assert price is not None
    assert (price.input, price.output) == (0, 0)


def test_settings_refuse_what_makes_no_sense() -> None:
    with pytest.raises(InputError, match="not --view caption"):
        DistillSettings(teacher="noisy:lexicon", view=View.CAPTION)
    with pytest.raises(InputError, match="a number from 0 to 1"):
        DistillSettings(teacher="noisy:lexicon?rate=7")
    with pytest.raises(InputError, match="without verification there is one draft"):
        DistillSettings(verify=False, reflect_when="always")  # type: ignore[arg-type]
    assert "verify" not in DistillSettings().result_settings()
    assert DistillSettings(verify=False).result_settings()["verify"] is False


def test_a_batch_is_the_same_whatever_its_workers_and_records_what_was_off(
    sample_corpus: Path, cache: Path, tmp_path: Path
) -> None:
    corpus = read_corpus(sample_corpus)
    few = Corpus(corpus.pairs[:6], (), corpus.fingerprint, corpus.source)
    found = {}
    for name, changed in {"one": {}, "four": {"workers": 4}, "off": {"verify": False, "neighbours": 0}}.items():
        settings = DistillSettings(teacher="noisy:lexicon?rate=.5&seed=2", trace=TraceMode.OFF, **changed)  # type: ignore[arg-type]
        distill_corpus(few, tmp_path / name, settings, cache=cache)
        found[name] = [json.loads(line) for line in (tmp_path / name / "alignments.jsonl").read_text().splitlines()]
    assert [r["alignments"] for r in found["one"]] == [r["alignments"] for r in found["four"]]
    assert recheck(tmp_path / "one").broken == ()
    assert any(r["rounds"] > 0 for r in found["one"])
    assert {a["reason"] for r in found["off"] for a in r["alignments"]} == {"not_verified"}
    assert "verify: false" in (tmp_path / "off" / "run.yaml").read_text()
    assert SimpleNamespace(**found["off"][0]).teacher == "noisy:lexicon?rate=.5&seed=2"

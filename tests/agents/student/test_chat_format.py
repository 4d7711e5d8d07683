from __future__ import annotations

import pytest
from tiny_model import TEMPLATES, tiny_tokenizer

from molreflect.agents.student.chat_format import ChatFormat
from molreflect.tools.errors import InputError

PROMPT = [{"role": "user", "content": "Caption: a carboxylic acid"}]


@pytest.mark.parametrize("template", list(TEMPLATES))
def test_an_encoded_answer_is_split_where_generation_starts_and_ends_with_the_end_mark(template: str) -> None:
    tokenizer = tiny_tokenizer(template)
    chat = ChatFormat(tokenizer)
    messages = [{"role": "system", "content": "You are a chemist."}, {"role": "user", "content": "Molecule: CCO"}]
    encoded = chat.encode(messages, "Caption: an alcohol")
    assert list(encoded.ids[: encoded.n_prompt]) == chat.prompt_ids(messages)
    assert chat.decode(encoded.ids[encoded.n_prompt : encoded.n_text]).strip() == "Caption: an alcohol"
    assert tokenizer.convert_ids_to_tokens(list(encoded.ids[encoded.n_text :])) == [TEMPLATES[template][1]]
    assert chat.decode(encoded.ids[: encoded.n_prompt]).count("You are a chemist.") == 1
    assert chat.takes_system is (template not in ("mistral", "gemma"))


def test_a_template_that_rewrites_the_prompt_is_refused() -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = (
        "{% for m in messages %}{{ '<|im_start|>' + messages | length | string + m['content'] + '<|im_end|>' }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>' }}{% endif %}"
    )
    with pytest.raises(InputError, match="round-trip"):
        ChatFormat(tokenizer).encode(PROMPT, "C")


def test_a_completion_that_holds_an_end_mark_is_refused() -> None:
    with pytest.raises(InputError, match="round-trip"):
        ChatFormat(tiny_tokenizer()).encode(PROMPT, "CC<|im_end|>O")


def test_a_tokenizer_without_a_chat_template_is_refused() -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = None
    with pytest.raises(InputError, match="instruction-tuned"):
        ChatFormat(tokenizer)

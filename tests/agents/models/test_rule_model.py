"""Models that follow rules are streamed like any other."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from saying import Saying, calling

SAID = {
    "text": AIMessage("It is  an ester.\n- at atoms 1, 2\n", additional_kwargs={"understood": {"intent": "where"}}),
    "blank": AIMessage(" \n"),
    "nothing": AIMessage(""),
    "calls": calling("list_groups", "1", "2", smiles="CCO"),
    "blocks": AIMessage([{"type": "thinking", "thinking": "hm"}]),
}


@pytest.mark.parametrize("case", SAID)
def test_the_pieces_of_a_stream_are_the_message(case: str) -> None:
    said = SAID[case]
    pieces = list(Saying(says=[said]).stream("q"))
    whole: Any = AIMessageChunk("")
    for piece in pieces:
        whole += piece
    assert whole.text == said.text
    assert whole.additional_kwargs == said.additional_kwargs
    assert [(c["name"], c["args"], c["id"]) for c in whole.tool_calls] == [
        (c["name"], c["args"], c["id"]) for c in said.tool_calls
    ]
    if case == "text":
        assert len([p for p in pieces if p.text]) > 5

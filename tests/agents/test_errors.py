from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, ClassVar

import pytest
from langchain_core.messages import AIMessage, BaseMessage

from molreflect.agents.errors import endpoint_trouble
from molreflect.agents.models.rule_model import RuleModel


def test_trouble_of_a_client_is_one_short_line() -> None:
    openai = pytest.importorskip("openai")
    trouble = endpoint_trouble(openai.OpenAIError("Connection\n error. " + "x" * 900))
    assert trouble is not None
    line = trouble.text
    assert line.startswith("OpenAIError: Connection error.")
    assert len(line) <= 400
    assert endpoint_trouble(ValueError("bug")) is None


class Client(RuleModel):
    """A chat model whose answer is what a function of some module returns."""

    kind: ClassVar[str] = "client"
    ask: Any

    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        self.ask()
        return AIMessage("")


def raising(module: str) -> Callable[[], None]:
    """A function that raises as if it stood in a module."""

    def fail() -> None:
        raise ValueError("no choices")

    return FunctionType(fail.__code__, {"__name__": module, "__builtins__": {"ValueError": ValueError}})


@pytest.mark.parametrize(
    ("modules", "clients"),
    [
        (("openai.client",), True),
        (("molreflect.agents.models.plain_json", "openai.client"), True),
        (("langchain_openai.chat", "molreflect.graphs.traces"), False),
        (("molreflect.tools.molecules",), False),
    ],
)
def test_an_error_below_a_client_is_the_endpoints_and_one_in_our_own_code_is_a_bug(
    modules: tuple[str, ...], clients: bool
) -> None:
    ask = raising(modules[-1])
    for module in modules[-2::-1]:
        ask = FunctionType((lambda: inner()).__code__, {"__name__": module, "inner": ask})  # noqa: F821
    with pytest.raises(ValueError, match="no choices") as caught:
        Client(ask=ask).invoke("?")
    assert (endpoint_trouble(caught.value) is not None) is clients

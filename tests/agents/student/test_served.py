"""A student behind a server: a real socket on the loopback, whose answers are scripted or a model's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from model_server import Reply, Server, chat, completion

from molreflect.agents.student.local import Student
from molreflect.agents.student.served import ServedStudent
from molreflect.tools.errors import InputError

pytestmark = pytest.mark.usefixtures("one_thread")

PROMPTS = [
    [{"role": "system", "content": "You are an expert chemist."}, {"role": "user", "content": f"Molecule: {smiles}"}]
    for smiles in ("CCO", "CC(=O)OC", "c1ccccc1O")
]


@pytest.fixture
def serve() -> Iterator[Callable[[Reply], Server]]:
    servers: list[Server] = []

    def start(reply: Reply) -> Server:
        servers.append(Server(reply))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_a_served_student_sees_the_tokens_of_a_local_one_and_answers_alike(
    base: Path, serve: Callable[[Reply], Server]
) -> None:
    import torch

    local = Student.load(base, device="cpu")
    lock = threading.Lock()

    def reply(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        ids = torch.tensor([body["prompt"]])
        with lock, torch.inference_mode():
            settings = {"max_new_tokens": body["max_tokens"], "eos_token_id": body["stop_token_ids"]}
            out = local.model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, **settings)
        text = local.format.decode(out[0, ids.shape[1] :].tolist())
        return 200, completion(f"{text}<|im_end|>and more")  # some servers show the end mark

    server = serve(reply)
    served = ServedStudent(server.url, "student", tokenizer=base)
    assert served.max_positions == 900
    assert served.generate(PROMPTS, max_new_tokens=9) == local.generate(PROMPTS, max_new_tokens=9)
    starts = ["Parts:\nphenol -> Oc1ccccc1\nCaption:"] * 3
    assert served.generate(PROMPTS, max_new_tokens=9, starts=starts) == local.generate(
        PROMPTS, max_new_tokens=9, starts=starts
    )
    assert sorted(body["prompt"] for _, body in server.asked[:3]) == sorted(map(local.format.prompt_ids, PROMPTS))
    assert {(path, body["temperature"]) for path, body in server.asked} == {("/v1/completions", 0.0)}
    assert all("top_p" not in body and "top_k" not in body for _, body in server.asked)


def test_answers_come_back_in_the_order_of_the_prompts_with_the_sampling_that_was_asked_for(
    base: Path, serve: Callable[[Reply], Server]
) -> None:
    served_format = Student.load(base, device="cpu").format
    known = {tuple(served_format.prompt_ids(prompt)): i for i, prompt in enumerate(PROMPTS)}

    def reply(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        place = known[tuple(body["prompt"])]
        threading.Event().wait(0.05 * (2 - place))  # the first question is answered last
        return 200, completion(*(f"{place}-{k}" for k in range(body["n"])))

    server = serve(reply)
    served = ServedStudent(server.url, "student", tokenizer=base)
    answers = served.generate(PROMPTS, n=2, do_sample=True, temperature=0.6, top_p=0.7, top_k=5, seed=30)
    assert answers == [["0-0", "0-1"], ["1-0", "1-1"], ["2-0", "2-1"]]
    for _, body in server.asked:
        asked = {name: body[name] for name in ("n", "temperature", "top_p", "top_k")}
        assert asked == {"n": 2, "temperature": 0.6, "top_p": 0.7, "top_k": 5}
        assert body["seed"] == 30 + known[tuple(body["prompt"])]


def test_chat_sends_messages_and_continues_an_answer_that_was_begun(
    base: Path, serve: Callable[[Reply], Server]
) -> None:
    server = serve(lambda path, body: (200, chat("Caption: an alcohol")))
    served = ServedStudent(server.url, "student", tokenizer=base, api="chat")
    assert served.generate(PROMPTS[:1]) == [["Caption: an alcohol"]]
    assert server.asked[0][0] == "/v1/chat/completions"
    assert server.asked[0][1]["messages"] == PROMPTS[0]
    served.generate(PROMPTS[:1], starts=["Parts:\nnone\nCaption:"])
    body = server.asked[1][1]
    assert body["messages"][-1] == {"role": "assistant", "content": "Parts:\nnone\nCaption:"}
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)


def test_a_server_that_stumbles_is_asked_again(base: Path, serve: Callable[[Reply], Server]) -> None:
    stumbles = iter([(500, {"error": {"message": "busy"}}), (200, completion("fine"))])
    server = serve(lambda path, body: next(stumbles))
    served = ServedStudent(server.url, "student", tokenizer=base)
    assert served.generate(PROMPTS[:1]) == [["fine"]]
    assert len(server.asked) == 2


def test_each_failure_of_a_server_is_one_line(
    base: Path, serve: Callable[[Reply], Server], free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(match: str, act: Callable[[], Any]) -> None:
        with pytest.raises(InputError, match=match) as caught:
            act()
        assert "\n" not in str(caught.value)

    nobody = f"http://127.0.0.1:{free_port}/v1"
    said("cannot be reached", lambda: ServedStudent(nobody, "student", tokenizer=base, retries=0))
    said("is not an address", lambda: ServedStudent("localhost:8000", "student", tokenizer=base))
    said("completions, chat; got 'x'", lambda: ServedStudent(nobody, "student", tokenizer=base, api="x"))
    replies: list[tuple[int, dict[str, Any]]] = [(400, {"error": {"message": "too long\nby far"}})]
    server = serve(lambda path, body: replies[0])
    said("serves no model 'mine'; it serves student", lambda: ServedStudent(server.url, "mine", tokenizer=base))
    served = ServedStudent(server.url, "student", tokenizer=base, retries=0)
    said("answered 400: .*too long by far", lambda: served.generate(PROMPTS[:1]))
    replies[0] = (200, completion("one"))
    said("gave 1 answer .* where 2 were asked for", lambda: served.generate(PROMPTS[:1], n=2, do_sample=True))
    said("would all be the same", lambda: served.generate(PROMPTS[:1], n=2))
    said("one for each", lambda: served.generate(PROMPTS[:1], starts=["a", "b"]))
    assert served.generate([]) == []

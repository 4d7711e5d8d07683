"""The JSON API: right answers, errors in one line, nothing without the token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from api_client import HOST, SECRET, api, client_of
from commands import ASPIRIN

from molreflect.graphs.align_pair import align_pair
from molreflect.graphs.conversation.memory import ConversationStore
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.corpus import Pair
from molreflect.web.rest.app import AT, MAX_BODY

CAPTION = "The molecule is a primary alcohol."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def made_run(folder: Path, resources: Any) -> Path:
    """A run of three rows, two of them done."""
    pairs = [Pair(str(n), smiles, CAPTION, smiles, n + 2) for n, smiles in enumerate(("CCO", "CCCO", "CCCCO"))]
    records = [align_pair(p.smiles, p.caption, resources=resources).model_copy(update={"id": p.id}) for p in pairs[:2]]
    with closing(RunStore.create(folder, {"settings": {"view": "pair"}}, pairs, [p.id for p in pairs], [])) as store:
        store.keep_records((row, done, 0.1) for row, done in zip(store.rows(), records, strict=False))
    return folder


@pytest.fixture(scope="module")
def app(home: Path, cache: Path, resources: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    runs = tmp_path_factory.mktemp("runs")
    (runs / "empty").mkdir()
    (runs / "empty" / "run.yaml").write_text("{}", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MOLREFLECT_CACHE", str(cache))
        patched.setenv("MOLREFLECT_HOME", str(home))
        made_run(runs / "first", resources)
        with api(home, [runs / "first", runs]) as opened:
            yield opened


@pytest.fixture(scope="module")
def client(app: Any) -> Any:
    return client_of(app)


def post(client: Any, path: str, **body: Any) -> Any:
    answer = client.post(f"{AT}{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def problem_of(answer: Any, status: int) -> str:
    """The detail of a problem, which is one line and bears the status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == status
    assert "\n" not in found["detail"]
    assert "Traceback" not in found["detail"]
    detail: str = found["detail"]
    return detail


# ---------------------------------------------------------------------------------------------------- facts


def test_words_are_read_as_molecules_or_say_why_not(client: Any) -> None:
    found = post(client, "/read", words=["aspirin", "CCO", "xyzzy"])["molecules"]
    assert [(m["how"], bool(m["smiles"]), bool(m["why_not"])) for m in found] == [
        ("name", True, False), ("smiles", True, False), (None, False, True),
    ]  # fmt: skip


def test_groups_and_values_of_a_molecule(client: Any) -> None:
    found = post(client, "/groups", molecule=ASPIRIN)
    assert (found["formula"], found["form"]) == ("C9H8O4", "single")
    assert {"carboxylic acid", "carboxylic ester"} <= {group["name"] for group in found["groups"]}
    values = {p["key"]: p for p in post(client, "/properties", molecule=ASPIRIN)["properties"]}
    assert values["mass"]["value"] == 180.159
    assert values["mass"]["method"]
    assert post(client, "/properties", molecule=ASPIRIN)["lipinski"]["passes"] is True


def test_groups_are_located_with_atoms(client: Any) -> None:
    acid, nitrile, nonsense = post(
        client, "/locate", molecule=ASPIRIN, groups=["carboxylic acid", "nitrile", "frobnicyl"]
    )["groups"]
    assert (acid["count"], acid["atoms"]) == (1, [[10, 11, 12]])
    assert (nitrile["count"], nitrile["atoms"], nitrile["why_not"]) == (0, [], "")
    assert nonsense["why_not"]


def test_molecules_are_compared_and_similar_ones_found(client: Any) -> None:
    found = post(client, "/compare", molecules=["CCO", "CCCO"])
    assert (found["shared"], found["relation"]) == (["primary alcohol"], "different compounds")
    assert "Morgan" in found["fingerprint"]
    similar = post(client, "/similar", molecule=ASPIRIN, k=2)["similar"]
    assert len(similar) == 2
    assert similar[0]["similarity"] >= similar[1]["similarity"]


def test_a_drawing_is_svg_with_what_is_lit(client: Any) -> None:
    found = post(client, "/draw", molecule=ASPIRIN, groups=["ester", "nitrile"])
    assert found["svg"].startswith("<svg")
    assert found["lit"] == ["carboxylic ester"]


def test_texts_ties_and_captions_are_judged(client: Any) -> None:
    checked = post(client, "/check", molecule=ASPIRIN, text="It has an ester and a nitrile group.")
    assert [c["verdict"] for c in checked["claims"]] == ["supported", "refuted"]
    tie = {"smiles": "Oc1ccccc1", "caption": "It is a phenol.", "phrase": "phenol", "pattern": "Nc1ccccc1"}
    (judged,) = post(client, "/judge", ties=[tie])["judged"]
    assert (judged["verdict"], judged["reason"], judged["start"]) == ("refuted", "absent", 8)
    aligned = post(client, "/align", molecule=ASPIRIN, caption="The molecule is a monocarboxylic acid.")
    assert [(c["phrase"], c["atoms"]) for c in aligned["claims"]] == [("monocarboxylic acid", [[10, 11, 12]])]


# ---------------------------------------------------------------------------------------------------- conversations


def test_a_conversation_is_asked_streamed_read_renamed_and_deleted(client: Any) -> None:
    name = "a/b c"
    first = post(client, "/ask", question="What is in aspirin?", thread=name)
    assert "carboxylic acid" in first["answer"]
    assert [call["name"] for call in first["tool_calls"]][:1] == ["read_molecules"]
    streamed = client.post(f"{AT}/ask/stream", json={"question": "Where is the ester in it?", "thread": name})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    events = [block.split("\n") for block in streamed.text.strip().split("\n\n")]
    told = [(kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for kind, data in events]
    assert [kind for kind, _ in told][:2] == ["step_started", "step_ended"]
    assert told[-1][0] == "answer"
    pieces = "".join(data["text"] for kind, data in told if kind == "text")
    assert pieces == told[-1][1]["answer"]
    assert "(1, 2, 3, 4)" in pieces

    listed = client.get(f"{AT}/conversations").json()["conversations"]
    assert [(t["name"], t["turns"]) for t in listed if t["name"] == name] == [(name, 2)]
    kept = client.get(f"{AT}/conversations/a%2Fb%20c").json()["messages"]
    assert [m["text"] for m in kept if m["role"] == "user"] == ["What is in aspirin?", "Where is the ester in it?"]
    assert client.get(f"{AT}/messages", params={"words": "ester"}).json()["found"][0]["thread"] == name
    assert client.patch(f"{AT}/conversations/a%2Fb%20c", json={"name": "other"}).json()["turns"] == 2
    assert client.delete(f"{AT}/conversations/other").status_code == 204
    problem_of(client.delete(f"{AT}/conversations/other"), 404)
    problem_of(client.get(f"{AT}/conversations/other"), 404)


def test_a_conversation_that_is_in_use_is_refused_plainly(client: Any, home: Path) -> None:
    with ConversationStore(home) as store, store.owned("busy"):
        for path in ("/ask", "/ask/stream"):
            told = problem_of(client.post(f"{AT}{path}", json={"question": "What is CCO?", "thread": "busy"}), 409)
            assert "in use" in told


# ---------------------------------------------------------------------------------------------------- runs and traces


def test_runs_and_their_records_are_read(client: Any) -> None:
    run, empty = client.get(f"{AT}/runs").json()["runs"]
    assert (run["name"], run["rows"]) == ("first", {"done": 2, "pending": 1})
    assert (empty["name"], empty["state"]) == ("empty", "unreadable")
    assert "not a run directory" in empty["how"]
    assert client.get(f"{AT}/runs/first").json()["settings"]["settings"] == {"view": "pair"}
    page = client.get(f"{AT}/runs/first/records", params={"offset": 1, "limit": 2}).json()
    assert (page["total"], [each["id"] for each in page["records"]]) == (2, ["1"])
    problem_of(client.get(f"{AT}/runs/empty"), 422)
    assert "first" in problem_of(client.get(f"{AT}/runs/second"), 404)


def test_traces_are_listed_and_read(client: Any) -> None:
    post(client, "/ask", question="How many rings has theobromine?", thread="traced")
    found = client.get(f"{AT}/traces", params={"subject": "traced"}).json()
    assert found["total"] == 1
    trace = client.get(f"{AT}/traces/{found['traces'][0]['trace_id']}").json()
    assert trace["title"] == "How many rings has theobromine?"
    assert len(trace["steps"]) == min(200, trace["spans"])
    assert {"TOOL", "LLM"} <= {step["kind"] for step in trace["steps"]}
    problem_of(client.get(f"{AT}/traces/{'0' * 32}"), 404)


# ---------------------------------------------------------------------------------------------------- errors and bounds


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        pytest.param("/groups", {"molecule": "C" * 6_000}, "pass a smaller molecule", id="6,000 atoms"),
        pytest.param("/groups", {"molecule": "C" * 10_001}, "10000", id="too long for words"),
        pytest.param("/groups", {"molecule": "C1CC("}, "C1CC(", id="no molecule"),
        pytest.param("/groups", {"molecule": "CCO", "more": 1}, "more", id="a field nobody knows"),
        pytest.param("/groups", {}, "molecule", id="a field is missing"),
        pytest.param("/compare", {"molecules": ["CCO"]}, "at least 2", id="one to compare"),
        pytest.param("/align", {"molecule": "CCO", "caption": " "}, "empty", id="an empty caption"),
        pytest.param("/ask", {"question": " "}, "empty question", id="an empty question"),
        pytest.param("/ask/stream", {"question": " "}, "empty question", id="an empty question, streamed"),
        pytest.param("/ask", {"question": "What is CCO?", "thread": "a\nb"}, "cannot name", id="a name of two lines"),
        pytest.param("/judge", {"ties": []}, "ties", id="nothing to judge"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(client: Any, path: str, body: dict[str, Any], words: str) -> None:
    assert words in problem_of(client.post(f"{AT}{path}", json=body), 422)


def test_bodies_are_bounded_whether_they_say_their_length_or_not(client: Any) -> None:
    assert "larger than" in problem_of(client.post(f"{AT}/read", content=b"x" * (MAX_BODY + 1)), 413)
    pieces = (b"x" * 65_536 for _ in range(MAX_BODY // 65_536 + 1))
    assert "larger than" in problem_of(client.post(f"{AT}/read", content=pieces), 413)


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b'{"molecule": "\\ud800"}', b"[" * 100_000, b"null"], ids=lambda c: repr(c[:12])
)
def test_what_is_no_json_is_refused(client: Any, content: bytes) -> None:
    answer = client.post(f"{AT}/groups", content=content, headers={"Content-Type": "application/json"})
    problem_of(answer, answer.status_code)
    assert answer.status_code in (400, 422)


def test_unknown_addresses_and_methods_are_problems(client: Any) -> None:
    assert "/openapi.json" in problem_of(client.get(f"{AT}/nowhere"), 404)
    assert "/openapi.json" in problem_of(client.get(f"{AT}/conversations/a%0Ab"), 404)
    problem_of(client.get(f"{AT}/groups"), 405)


def test_a_misspelt_parameter_is_not_passed_over(client: Any) -> None:
    told = problem_of(client.get(f"{AT}/traces", params={"limt": 5}), 422)
    assert "no parameter 'limt'; there is limit, kind" in told
    assert "there is none" in problem_of(client.post(f"{AT}/groups?x=1", json={"molecule": "CCO"}), 422)


def test_only_who_has_the_token_is_answered(app: Any) -> None:
    for path in ("/openapi.json", f"{AT}/about", f"{AT}/nowhere"):
        for token in (None, "wrong"):
            answer = client_of(app, token=token).get(path)
            assert "Bearer" in problem_of(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
    with_cookie = client_of(app, token=None)
    assert with_cookie.get(f"{AT}/about", params={"token": SECRET}).json()["model"] == "offline"  # by the printed link
    assert with_cookie.get(f"{AT}/about").status_code == 200


def test_pages_of_other_sites_and_foreign_names_are_refused(client: Any) -> None:
    assert "other sites" in problem_of(client.get(f"{AT}/about", headers={"Origin": "https://elsewhere.example"}), 403)
    assert client.get(f"{AT}/about", headers={"Origin": f"http://{HOST}"}).status_code == 200
    assert "address" in problem_of(client.get(f"{AT}/about", headers={"Host": "elsewhere.example"}), 403)


def test_the_description_names_every_address_its_token_and_its_errors(client: Any) -> None:
    found = client.get("/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert found["servers"] == [{"url": AT}]
    assert found["security"] == [{"token": []}]
    operations = [(path, method, each) for path, of in found["paths"].items() for method, each in of.items()]
    assert len(operations) > 20
    text = json.dumps(found)
    for name in set(json.loads(text)["components"]["schemas"]):
        assert f"#/components/schemas/{name}" in text, f"{name} is described and never used"
    for path, method, each in operations:
        assert each["summary"], (path, method)
        assert {"401", "422"} <= set(each["responses"]) or path == "/about"
        for status, response in each["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"]

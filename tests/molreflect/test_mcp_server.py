"""The MCP server, spoken to by a client session of the SDK."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from browser import axe_findings, browser, needs_browser, opened
from commands import ASPIRIN

pytest.importorskip("mcp")
from mcp import Client, StdioServerParameters
from mcp.client.extension import advertise
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID

from molreflect.mcp_server import CARD, PANEL, open_server

CAPTION = "The molecule is a monocarboxylic acid. It has 2 rings. <script>alert(1)</script>"
SHOWN = {"locate", "align", "check_text"}
NAMES = {"read", "groups", "compare", "similar", "draw"} | SHOWN


async def session_of(client: Client) -> dict[str, Any]:
    """Call every tool once, and one with a molecule that cannot be read; read the panel."""
    async with client:
        listed = (await client.list_tools()).tools
        calls: dict[str, dict[str, Any]] = {
            "read": {"words": ["aspirin", "C1CC"]},
            "groups": {"molecule": "aspirin"},
            "locate": {"molecule": ASPIRIN, "groups": ["carboxylic acid", "nitrile"]},
            "align": {"molecule": ASPIRIN, "caption": CAPTION},
            "check_text": {"molecule": ASPIRIN, "text": "It has an ester and a nitrile group."},
            "compare": {"molecules": ["ethanol", "CCCO"]},
            "similar": {"molecule": ASPIRIN, "k": 2},
            "draw": {"molecule": ASPIRIN, "groups": ["ester"]},
        }
        results = {name: await client.call_tool(name, arguments) for name, arguments in calls.items()}
        wrong = {
            "unreadable": await client.call_tool("groups", {"molecule": "C1CC"}),
            "large": await client.call_tool("groups", {"molecule": "C" * 6_000}),
        }
        resources = (await client.list_resources()).resources
        panel = (await client.read_resource(PANEL)).contents[0]
        return {"listed": listed, "results": results, "wrong": wrong, "resources": resources, "panel": panel}


@pytest.fixture(scope="module")
def spoken(child_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a host with MCP Apps hears from the command."""
    env = child_env | {"MOLREFLECT_HOME": str(tmp_path_factory.mktemp("home"))}
    server = StdioServerParameters(command=sys.executable, args=["-m", "molreflect", "mcp"], env=env, cwd=Path.cwd())
    panels = advertise(EXTENSION_ID, {"mimeTypes": [APP_MIME_TYPE]})
    return asyncio.run(session_of(Client(server, read_timeout_seconds=250, extensions=[panels])))


def test_every_tool_says_what_it_answers_and_only_reads(spoken: dict[str, Any]) -> None:
    assert {tool.name for tool in spoken["listed"]} == NAMES
    for tool in spoken["listed"]:
        assert tool.output_schema["type"] == "object"
        assert tool.output_schema["properties"]
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False
        assert tool.description
        assert (tool.meta or {}).get("ui", {}).get("resourceUri") == (PANEL if tool.name in SHOWN else None)


def test_every_tool_answers(spoken: dict[str, Any]) -> None:
    found = {name: result.structured_content for name, result in spoken["results"].items()}
    assert [r.is_error for r in spoken["results"].values()] == [False] * len(NAMES)
    first, second = found["read"]["molecules"]
    assert first["smiles"]
    assert (second["smiles"], bool(second["why_not"])) == ("", True)
    assert "carboxylic acid" in [group["name"] for group in found["groups"]["groups"]]
    assert {p["key"]: p["value"] for p in found["groups"]["properties"]}["formula"] == "C9H8O4"
    assert [(g["words"], g["count"]) for g in found["locate"]["groups"]] == [("carboxylic acid", 1), ("nitrile", 0)]
    assert "supported" in [c["verdict"] for c in found["align"]["claims"]]
    assert "It has 2 rings" in found["align"]["unread"][0]
    assert [c["verdict"] for c in found["check_text"]["claims"]] == ["supported", "refuted"]
    assert found["compare"]["smiles"][1] == "CCCO"
    assert found["compare"]["shared"] == ["primary alcohol"]
    assert len(found["similar"]["similar"]) == 2
    assert found["draw"]["svg"].lstrip().startswith("<")
    assert len(found["draw"]["lit"]) == 1


def test_a_molecule_that_cannot_be_read_is_an_error_in_one_line(spoken: dict[str, Any]) -> None:
    for name, words in (("unreadable", "C1CC"), ("large", "pass a smaller molecule")):
        assert spoken["wrong"][name].is_error
        told = spoken["wrong"][name].content[0].text
        assert words in told
        assert "Traceback" not in told
        assert "\n" not in told


def test_hosts_with_panels_get_cards_and_others_the_same_text(
    spoken: dict[str, Any], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLREFLECT_CACHE", str(cache))
    monkeypatch.setenv("MOLREFLECT_HOME", str(tmp_path))

    async def plain() -> Any:
        with open_server() as server:
            async with Client(server) as client:
                return await client.call_tool("check_text", {"molecule": ASPIRIN, "text": "It has an ester."})

    assert {name for name, result in spoken["results"].items() if CARD in (result.meta or {})} == SHOWN
    result = asyncio.run(plain())
    assert CARD not in (result.meta or {})
    assert '"verdict":"supported"' in result.content[0].text


def test_the_panel_is_one_page_that_reaches_for_nothing(spoken: dict[str, Any]) -> None:
    assert [(r.uri, r.mime_type) for r in spoken["resources"]] == [(PANEL, APP_MIME_TYPE)]
    panel = spoken["panel"]
    assert panel.mime_type == APP_MIME_TYPE
    assert panel.text.startswith("<!doctype html>")
    assert "default-src &#39;none&#39;" in panel.text or "default-src 'none'" in panel.text
    assert "src=" not in panel.text
    assert "http:" not in panel.text.replace("http://www.w3.org", "")


# ---------------------------------------------------------------------------------------------------------------------

HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Host</title>
<style>iframe{width:100%;height:800px;border:0}</style>
<main><iframe title="panel"></iframe></main>
<script>
const frame = document.querySelector('iframe');
const told = [];
window.say = message => frame.contentWindow.postMessage({ jsonrpc: '2.0', ...message }, '*');
window.addEventListener('message', ({ data, source }) => {
  if (source !== frame.contentWindow) return;
  told.push(data);
  if (data.method === 'ui/initialize')
    say({ id: data.id, result: { protocolVersion: data.params.protocolVersion, hostInfo: { name: 'test', version: '1' },
          hostCapabilities: {}, hostContext: { theme: 'dark' } } });
});
// an address of this kind has an origin of its own, as hosts give it to panels
window.open_panel = html => { frame.src = 'data:text/html;charset=utf-8,' + encodeURIComponent(html); };
</script></html>"""


@pytest.fixture(scope="module")
def started() -> Any:
    with browser() as one:
        yield one


def plain_result(result: Any) -> dict[str, Any]:
    plain: dict[str, Any] = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    return plain


@needs_browser
def test_the_panel_lights_atoms_in_a_host(spoken: dict[str, Any], started: Any, tmp_path: Path) -> None:
    host = tmp_path / "host.html"
    host.write_text(HOST, encoding="utf-8")
    with opened(started, host, width=800) as page:
        page.evaluate("html => open_panel(html)", spoken["panel"].text)
        page.wait_for_function("told.some(m => m.method === 'ui/notifications/initialized')")
        asked = page.evaluate("told.find(m => m.method === 'ui/initialize').params")
        assert asked["protocolVersion"] == "2026-01-26"
        assert asked["appInfo"]["name"] == "MolReflect"
        panel = page.frames[1]
        page.evaluate("say({ method: 'ui/notifications/tool-input', params: { arguments: { molecule: 'aspirin' } } })")
        panel.get_by_text("Looking at aspirin").wait_for()
        result = plain_result(spoken["results"]["align"])
        page.evaluate("params => say({ method: 'ui/notifications/tool-result', params })", result)
        mark = panel.locator("mark", has_text="monocarboxylic acid").first
        mark.focus()
        assert panel.locator(".target.lit").count() == 3
        assert panel.locator("p.status").text_content() == "monocarboxylic acid"
        assert panel.locator("p.caption script").count() == 0
        assert "<script>alert(1)</script>" in panel.locator("p.caption").text_content()
        assert panel.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
        page.evaluate("say({ method: 'ui/notifications/host-context-changed', params: { theme: 'light' } })")
        panel.wait_for_function("getComputedStyle(document.body).colorScheme === 'light'")
        page.wait_for_function("told.some(m => m.method === 'ui/notifications/size-changed' && m.params.height > 150)")
        page.evaluate("say({ id: 7, method: 'ui/resource-teardown', params: { reason: 'done' } })")
        page.wait_for_function("told.some(m => m.id === 7 && m.result)")
        text_only = {"content": [{"type": "text", "text": "supported: <b>ester</b>"}]}
        page.evaluate("params => say({ method: 'ui/notifications/tool-result', params })", text_only)
        panel.get_by_text("supported: <b>ester</b>").wait_for()


@needs_browser
@pytest.mark.parametrize("tool", sorted(SHOWN))
def test_the_panel_is_accessible_on_a_phone(spoken: dict[str, Any], started: Any, tmp_path: Path, tool: str) -> None:
    path = tmp_path / "panel.html"
    path.write_text(spoken["panel"].text, encoding="utf-8")
    with opened(started, path, width=400) as page:
        page.get_by_text("The host does not show panels").wait_for()  # it is its own host here
        result = plain_result(spoken["results"][tool])
        page.evaluate(
            "params => window.postMessage({ jsonrpc: '2.0', method: 'ui/notifications/tool-result', params }, '*')",
            result,
        )
        page.locator("molreflect-alignment").wait_for()
        assert axe_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 400

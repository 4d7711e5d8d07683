"""A headless Chromium that looks at pages, from disk or served here; where there is none, tests are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH (Debian: apt install chromium)")

_WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', e => violations.push(`${e.violatedDirective}: ${e.blockedURI}`));
"""


@contextmanager
def browser() -> Iterator[Any]:
    """Start the browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield started
        finally:
            started.close()


@contextmanager
def opened(
    started: Any, path: Path | str, *, width: int = 1200, dark: bool = False, script: bool = True
) -> Iterator[Any]:
    """Open a page, and in the end find that nothing was refused by its policy, asked for from elsewhere, or went wrong.

    Args:
        started: From `browser`.
        path: The file, or an address; a served page may ask its own server.
        width: Of the window, in pixels.
        dark: Whether the reader prefers a dark theme.
        script: Whether scripts run.
    """
    page = started.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", java_script_enabled=script
    )
    wrong: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(_WATCH)
    address = path.as_uri() if isinstance(path, Path) else path
    own = "/".join(address.split("/")[:3]) + "/" if isinstance(path, str) else None
    page.goto(address)
    try:
        yield page
        assert not wrong, wrong
        elsewhere = [
            url
            for url in asked
            if url != address and not url.startswith(("blob:", "data:")) and not (own and url.startswith(own))
        ]
        assert not elsewhere, elsewhere
        violations = page.evaluate("window.violations") if script else []
        assert not violations, violations
    finally:
        page.close()


def axe_findings(page: Any) -> list[str]:
    """What axe finds wrong: rule and first element of each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]} {v['nodes'][0].get('failureSummary', '')}" for v in found]

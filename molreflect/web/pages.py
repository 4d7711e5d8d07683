"""Templates of the served pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from molreflect.graphs.traces.pages import open_templates

_HERE = Path(__file__).parent


def render(template: str, **content: Any) -> str:
    """Render a page of `templates/`; texts are escaped, `Markup` is not."""
    return _environment().get_template(template).render(content)


def part(template: str, name: str, *values: Any) -> str:
    """Render one macro of a template."""
    module: Any = _environment().get_template(template).module
    return str(getattr(module, name)(*values))


@cache
def _environment() -> Environment:
    return open_templates(_HERE / "templates")

"""Style sheets and scripts: those of every page of this package, and htmx."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from molreflect.tools.views.html import static_text

_HERE = Path(__file__).parent / "static"
SHARED = frozenset({"style.css", "trace.css", "alignment.js", "trace.js"})
"""Files of `tools/views/static`."""
OWN = frozenset(
    {
        *("runs.css", "runs.js", "review.js"),
        *("site.css", "list.js", "connection.js", "conversation.js", "align.js", "compare.js"),
        *("vendor/htmx-4.0.1.min.js", "vendor/openchemlib-9.25.0.js"),
    }
)
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}

router = APIRouter()


@router.get("/alive", status_code=204)
def alive() -> Response:
    """Answer pages that have lost the connection."""
    return Response(status_code=204)


@router.get("/static/{name:path}")
def static_file(name: str) -> Response:
    """Send a file; only those that pages name."""
    if name in SHARED:
        text = static_text(name)
    elif name in OWN:
        text = (_HERE / name).read_text(encoding="utf-8")
    else:
        raise HTTPException(404)
    return Response(text, media_type=_TYPES[name.rpartition(".")[2]])

"""Self-contained HTML pages: one style sheet, one component for an alignment, everything escaped but our own drawings.

A page is a template of `templates/`. It loads nothing, and its Content-Security-Policy names its one style sheet and
its scripts by their hashes, so that nothing which a model or a corpus wrote can act in it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from rdkit import Chem

from molreflect.tools.molecules.read import Molecule, quiet_rdkit
from molreflect.tools.views.cards import STEP, STEPS, alignment_card
from molreflect.tools.views.drawing import draw_alignments
from molreflect.tools.views.scene import svg_of
from molreflect.tools.views.theme import PALETTE, css_variables

MAX_SKETCHED_ATOMS = 150
"""Heavy atoms of the largest molecule that is sketched beside others."""
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a table."""

    title: str
    headings: Sequence[str]
    """Empty for a table without a head."""
    rows: Sequence[Sequence[object]]
    """A row of one cell is the heading of a group."""
    lead: str = ""
    legend: str = ""
    notes: Sequence[str] = ()


def render_page(template: str, *, scripts: Sequence[str] = (), styles: Sequence[str] = (), **content: Any) -> str:
    """Render a page; texts are escaped, `Markup` is not.

    Args:
        template: A file of `templates/`.
        scripts: Files of `static/` that stand at its end.
        styles: Files of `static/` that stand after the style sheet.
        content: What the template needs.
    """
    codes = [_static(name) for name in scripts]
    style = style_sheet() + "".join(map(_static, styles))
    policy = f"default-src 'none'; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    if codes:
        policy += f"; script-src {' '.join(map(_hash, codes))}"
    page = {"policy": Markup(policy), "style": Markup(style), "scripts": [Markup(code) for code in codes]}
    return _environment().get_template(template).render(content | page) + "\n"


def alignment_html(record: Mapping[str, Any]) -> str:
    """Show one record (a line of `alignments.jsonl`) as a part of a page that has our style sheet and script."""
    return card_html(alignment_card(record))


def card_html(card: dict[str, Any]) -> str:
    """Show a prepared card (see `cards`) in the same way; halos say the verdict of their phrase."""
    if card["drawing"]:
        _write_down(card["drawing"], card["rows"])
    module: Any = _environment().get_template("alignment.html").module
    return str(module.alignment(card)).strip()


def several_html(card: dict[str, Any]) -> str:
    """Show a card of several molecules (see `several`) in the same way."""
    for figure in card["figures"]:
        _write_down(figure["drawing"], card["rows"])
    module: Any = _environment().get_template("alignment.html").module
    return str(module.several(card)).strip()


def _write_down(drawing: dict[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Make the scene of a drawing into an SVG element."""
    if drawing["missing"]:
        return
    svg = svg_of(drawing["scene"])
    for row in rows:
        if row["colour"].startswith("lit-"):
            svg = svg.replace(f'data-key="{row["n"]}"', f'data-key="{row["n"]}" data-verdict="{row["verdict"]}"')
    drawing["svg"] = Markup(svg)


def alignment_page(record: Mapping[str, Any]) -> str:
    """Show one record as a page of its own."""
    return render_page(
        "pair.html",
        scripts=["alignment.js"],
        title=f"Alignments of {record['id']}",
        card=Markup(alignment_html(record)),
    )


def panel_page(version: str) -> str:
    """Make the panel of the MCP server: one page without data that works from a string; its host hands it cards."""
    scripts = ["alignment.js", "panel.js"]
    return render_page("panel.html", scripts=scripts, title="Molecule and phrases", version=version)


def notebook_html(*records: Mapping[str, Any]) -> str:
    """Show records in a notebook: what `_repr_html_` answers. Without scripts, it is still read in full."""
    return _in_notebook("\n".join(map(alignment_html, records)))


def notebook_several(card: dict[str, Any]) -> str:
    """Show a card of several molecules (see `several`) in a notebook."""
    return _in_notebook(several_html(card))


def _in_notebook(cards: str) -> str:
    code = f"<script>{_static('alignment.js')}</script>"
    return f'<div class="mr">\n<style>{style_sheet()}</style>\n{cards}\n{code}\n</div>\n'


def notebook_tables(*sections: Section, lead: str = "") -> str:
    """Show tables in a notebook, in the style of every other page."""
    module: Any = _environment().get_template("parts.html").module
    said = Markup("<p class='lead'>{}</p>").format(lead) if lead else ""
    tables = "\n".join(str(module.section(part)) for part in sections)
    return f'<div class="mr">\n<style>{style_sheet()}</style>\n{said}\n{tables}\n</div>\n'


@cache
def style_sheet() -> str:
    """The one style sheet, with the colours of `theme` as custom properties."""
    phrases = "".join(
        f".mr .colour-{n}{{--colour:var(--phrase-{n});stroke:var(--phrase-{n})}}\n" for n in range(len(PALETTE))
    )
    widths = "".join(f".mr .wide-{n} svg{{min-width:{n * STEP * 6 // 10}px}}\n" for n in range(2, STEPS + 1))
    return f"\n{css_variables()}{phrases}{widths}{_static('style.css')}"


def sketch(smiles: str, *, max_characters: int) -> Markup:
    """Draw a molecule without highlights, or say in a box why it is not drawn; any text may be given."""
    if len(smiles) > max_characters:
        return _blank(f"{len(smiles):,} characters, not read")
    with quiet_rdkit():
        mol = Chem.MolFromSmiles(smiles)
    if mol is None or not mol.GetNumAtoms():
        return _blank("not a molecule" if smiles.strip() else "nothing")
    if mol.GetNumAtoms() > MAX_SKETCHED_ATOMS:
        return _blank(f"{mol.GetNumHeavyAtoms()} heavy atoms, not drawn")
    return Markup(draw_alignments(Molecule(smiles, smiles, mol), alone=False))


def plain_svg(svg: str) -> str:
    """Turn the `style` attributes of an SVG element into presentation attributes, and drop its style elements.

    Fonts given in one go (`font: 10px sans-serif`) are taken apart.
    """
    svg = re.sub(r"<style[^>]*>.*?</style>", "", svg, flags=re.DOTALL)
    return re.sub(r"""\sstyle=(?:"([^"]*)"|'([^']*)')""", _presentation, svg)


_FONT = re.compile(r"(?:(?:italic|oblique|normal|bold|\d{3}) )*(?P<size>[\d.]+(?:px|pt)?) (?P<family>.+)")


def _presentation(match: re.Match[str]) -> str:
    attributes: dict[str, str] = {}
    for declaration in (match[1] or match[2] or "").split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font" and (font := _FONT.fullmatch(value)):
            attributes |= {"font-size": font["size"], "font-family": font["family"]}
        elif name:
            attributes[name] = value
    return "".join(f' {name}="{value.replace(chr(34), chr(39))}"' for name, value in attributes.items())


@cache
def _environment() -> Environment:
    return environment()


def environment(*folders: Path, **other: Any) -> Environment:
    """Open the templates, and those of other folders."""
    made = Environment(
        loader=FileSystemLoader([_HERE / "templates", *folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **other,
    )
    made.filters["visible"] = visible
    return made


def visible(text: str) -> str:
    """Write characters that a reader would not see, or that turn the direction of a line, as their escapes.

    Line ends and tabs stay.
    """
    if isinstance(text, Markup) or text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def static_text(name: str) -> str:
    """Read a file of `static/`, for a server of pages; `style.css` is the whole style sheet."""
    return style_sheet() if name == "style.css" else _static(name)


@cache
def _static(name: str) -> str:
    text = (_HERE / "static" / name).read_text(encoding="utf-8")
    if re.search(r"</(?:script|style)|<!--", text):
        raise RuntimeError(f"static/{name} holds what would end its element in a page")
    return text


def _hash(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def _blank(why: str) -> Markup:
    return Markup("<div class='blank'>{}</div>").format(why)

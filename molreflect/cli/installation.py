"""Commands about the installation itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from molreflect.cli.options import AsJson, BaseUrl, Prices
from molreflect.cli.render import print_json
from molreflect.tools.errors import InputError


def prompts(out: Annotated[Path | None, typer.Option(help="Write them into this file.")] = None) -> None:
    """Print every prompt of the teacher.

    docs/prompts.md is made with it.

    Example: molreflect prompts --out docs/prompts.md
    """
    from molreflect.agents.prompts.document import document
    from molreflect.tools.storage import atomic_write_text, require_writable

    if out is None:
        print(document(), end="")
        return
    require_writable(out, "--out")
    atomic_write_text(out, document())
    print(out)


def doctor(
    teacher: Annotated[
        str | None, typer.Option(help="Ask this teacher what it can do (three calls): provider:model.")
    ] = None,
    base_url: BaseUrl = None,
    prices: Prices = None,
    as_json: AsJson = False,
) -> None:
    """Say what is installed, what is missing, and how to get it.

    With --teacher, exit code 1 where it cannot be had or reached.

    Example: molreflect doctor --teacher openai:gpt-5-mini
    """
    from molreflect.cli.render import print_findings
    from molreflect.doctor import ANSWERS, examine, examine_teacher
    from molreflect.settings import Settings

    if teacher is None and base_url is not None:
        raise InputError("--base-url is the address of a teacher's server; name its model with --teacher")
    findings = examine(Settings())
    if teacher is not None:
        findings += examine_teacher(teacher, base_url=base_url, prices=prices)
    print_json([finding.to_json() for finding in findings]) if as_json else print_findings(findings)
    if any(finding.name == ANSWERS and not finding.ok for finding in findings):
        raise typer.Exit(1)

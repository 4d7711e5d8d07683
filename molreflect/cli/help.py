"""How `--help` is laid out: plain text, options and commands in panels, what is used most comes first."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

CORPUS = "The corpus"
REFLECTION = "Reflection and neighbours"
SELECTION = "Selection"
ASKING = "How the teacher is asked"
BATCHES = "Drafts by batch files"
PAIR = "Bounds of a pair"
TURN = "Bounds of a turn"
CAPS = "Caps of the run"
SERVER = "A student behind a server"
CANDIDATES = "Several answers"
INTERVALS = "Intervals and tests"
PAPER = "Rows for a paper"
SPLIT = "Which rows"
CURRICULUM = "A curriculum"
NOISE = "A teacher that errs"
VERDICTS = "Learning from verdicts"
WATCHED = "While it is trained"
MORE = "Seldom needed"


class PanelCommand(TyperCommand):
    """A command whose options stand under the names of their panels, in the order in which panels come up."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, the options without a panel, then one section a panel."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
                sections.setdefault(getattr(parameter, "rich_help_panel", None) or usual, []).append(record)
        sections[MORE] = sections.pop(MORE, [])  # comes last
        for name, records in sections.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)


class PanelGroup(TyperGroup):
    """A group whose commands stand under the names of their panels."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section a panel; summaries are short enough to stand whole."""
        sections: dict[str, list[tuple[str, str]]] = {}
        found = [(name, command) for name in self.list_commands(ctx) if (command := self.get_command(ctx, name))]
        for name, command in found:
            panel = getattr(command, "rich_help_panel", None) or "Commands"
            summary = command.get_short_help_str(formatter.width)
            sections.setdefault(panel, []).append((name, summary))
        for panel, rows in sections.items():
            with formatter.section(panel):
                formatter.write_dl(rows)

"""Options that several commands share, and groups of options that become one settings object."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from molreflect.cli import help
from molreflect.tools.errors import InputError
from molreflect.tools.terms import SamplingPreset, TeacherProtocol, TraceMode

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
BaseUrl = Annotated[str | None, typer.Option("--base-url", help="Address of an OpenAI-compatible server.")]
BatchSize = Annotated[int, typer.Option(min=1, help="Sequences decoded together.")]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        help="Which column is what: id=mol_id,smiles=canonical,caption=text.",
        rich_help_panel=help.CORPUS,
    ),
]
Chat = Annotated[str, typer.Option(help="'offline', or provider:model.")]
Config = Annotated[Path | None, typer.Option(help="Settings of a training as YAML; see configs/.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N usable pairs.")]
PredictionColumns = Annotated[
    str | None, typer.Option("--columns", help="Which column is what: input=prompt,truth=target,output=answer.")
]
Predictions = Annotated[Path, typer.Argument(help="Predictions: TSV in MolT5's layout, CSV, JSONL or Parquet.")]
Prices = Annotated[
    Path | None,
    typer.Option(help="Your price table (TOML); it wins.", envvar="MOLREFLECT_PRICES", rich_help_panel=help.MORE),
]
Preset = Annotated[
    SamplingPreset,
    typer.Option(
        "--sampling",
        help="The provider's defaults, or the paper's: T .75, top_p .85, top_k 40, 512 tokens.",
        rich_help_panel=help.ASKING,
    ),
]
Report = Annotated[Path | None, typer.Option(help="Write a self-contained HTML page.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted.")]
Run = Annotated[Path, typer.Argument(help="A run directory.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="One setting; repeatable.", metavar="<key=value>")]
StartOver = Annotated[bool, typer.Option("--start-over", help="Do not go on with what was interrupted.")]
SimilarIn = Annotated[str | None, typer.Option(help="Pairs to look for similar molecules in.")]
Student = Annotated[Path, typer.Argument(help="A folder that train wrote.")]
Thread = Annotated[str | None, typer.Option(help="Name of a conversation to go on with.")]
TraceLevel = Annotated[
    TraceMode,
    typer.Option(
        "--trace", help="Keep traces with every message, without texts, or not at all.", rich_help_panel=help.MORE
    ),
]
Private = Annotated[
    bool,
    typer.Option("--private", help="Keep hashes in traces instead of molecules and texts.", rich_help_panel=help.MORE),
]
TracesOf = Annotated[
    Path | None, typer.Argument(help="A run directory; by default the home folder, where single questions are kept.")
]
TracesOfRun = Annotated[Path | None, typer.Option("--run", help="The same, as an option.")]


@dataclass(frozen=True, kw_only=True)
class TeacherOptions:
    """Which teacher, and how it is spoken to."""

    teacher: Annotated[
        str, typer.Option(help="Who proposes: 'lexicon', or provider:model, e.g. openai:gpt-5-mini.")
    ] = "lexicon"
    base_url: BaseUrl = None
    protocol: Annotated[
        TeacherProtocol,
        typer.Option(
            help="How the teacher is spoken to: tool calls, plain JSON, or ask it once which it can.",
            rich_help_panel=help.ASKING,
        ),
    ] = TeacherProtocol.AUTO


def given_fields(context: typer.Context, group: str, options: Any) -> dict[str, Any]:
    """List the fields of a group of options that the command line or the environment names, with their values.

    Args:
        context: Of the command that `grouped` made.
        group: The command's parameter for the group.
        options: What was given for it.
    """
    named = {}
    for field in fields(options):
        source = context.get_parameter_source(f"{group}_{field.name}")
        if source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP"):
            named[field.name] = getattr(options, field.name)
    return named


def grouped(command: Callable[..., Any]) -> Callable[..., Any]:
    """Offer the fields of a command's dataclass parameters as options of the command.

    A field is an option of its own name unless its `typer.Option` gives another; the command gets the dataclass.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    parameters = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name not in groups:
            parameters.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        kinds = get_type_hints(groups[name], include_extras=True)
        for field in fields(groups[name]):
            option = kinds[field.name].__metadata__[0]
            if option.default is ...:  # in `Annotated`, the first name given stands there
                option.default = f"--{field.name.replace('_', '-')}"
            parameters.append(
                inspect.Parameter(
                    f"{name}_{field.name}",
                    inspect.Parameter.KEYWORD_ONLY,
                    default=field.default,
                    annotation=kinds[field.name],
                )
            )

    @functools.wraps(command)
    def call(**given: Any) -> Any:
        for name, kind in groups.items():
            given[name] = kind(**{field.name: given.pop(f"{name}_{field.name}") for field in fields(kind)})
        return command(**given)

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    del call.__wrapped__  # typer reads the signature made here
    return call


_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0}


def seconds_of(text: str, name: str) -> float:
    """Read a span of time such as `30d`, `12h` or `5m`.

    Raises:
        InputError: It is none.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.replace(".", "", 1).isdecimal() or not number.isascii():
        raise InputError(f"{name} {text} is no time; write a number and d, h or m, e.g. 30d")
    return float(number) * _UNITS[unit]


def listed(text: str, name: str) -> tuple[str, ...]:
    """Split values at commas.

    Raises:
        InputError: There is none.
    """
    if not (found := tuple(part.strip() for part in text.split(",") if part.strip())):
        raise InputError(f"{name} names nothing; separate values by commas")
    return found


def listed_numbers(text: str, name: str) -> tuple[float, ...]:
    """Split numbers at commas.

    Raises:
        InputError: There is none, or one is no number.
    """
    found = []
    for part in listed(text, name):
        try:
            found.append(float(part))
        except ValueError:
            raise InputError(f"{name} must be numbers separated by commas; got {text!r}") from None
    return tuple(found)


def listed_integers(text: str, name: str) -> tuple[int, ...]:
    """Split whole numbers at commas.

    Raises:
        InputError: There is none, or one is no whole number.
    """
    try:
        return tuple(int(part) for part in listed(text, name))
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} must be whole numbers separated by commas; got {text!r}") from None

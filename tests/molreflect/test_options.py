"""Options of the command line that become one settings object."""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from molreflect.cli import alignment
from molreflect.cli.options import listed, listed_integers
from molreflect.graphs.batch.run import DistillSettings
from molreflect.tools.errors import InputError

SAMPLE = Path(__file__).parents[2] / "data" / "sample.tsv"


def settings_of(*arguments: object, monkeypatch: pytest.MonkeyPatch) -> DistillSettings:
    """What `distill` would run with."""
    found: list[DistillSettings] = []

    def caught(*_: object, settings: DistillSettings, **__: object) -> None:
        found.append(settings)
        raise typer.Exit

    monkeypatch.setattr("molreflect.api.distill", caught)
    app = typer.Typer()
    app.command()(alignment.distill)
    app([str(SAMPLE), "--out", "run", *(str(a) for a in arguments)], standalone_mode=False)
    return found[0]


def test_the_defaults_of_the_options_are_those_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asdict(settings_of(monkeypatch=monkeypatch))
    assert found == asdict(DistillSettings(protocol="auto"))  # only the command asks which protocol fits


CHANGED: dict[str, tuple[tuple[object, ...], Any]] = {
    "view": (("--view", "caption"), "caption"),
    "student": (("--student", "smollm2", "--select", "perplexity"), "smollm2"),
    "reflect_when": (("--reflect", "always"), "always"),
    "max_repairs": (("--repairs", 0), 0),
    "protocol": (("--protocol", "json"), "json"),
    "base_url": (("--base-url", "http://x"), "http://x"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_an_option_sets_its_field(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, expected = CHANGED[name]
    assert getattr(settings_of(*arguments, monkeypatch=monkeypatch), name) == expected


def test_bounds_of_a_pair_and_caps_of_a_run_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    options = [word for n, f in enumerate(fields(alignment.CapOptions), 1) for word in (f"--pair-{f.name}", n)]
    found = settings_of(*options, "--max-calls", 9, monkeypatch=monkeypatch)
    limits, caps = found.limits, found.caps
    assert (limits.calls, limits.tokens, limits.seconds, limits.cost) == (1, 2, 3, 4)
    assert (caps.calls, caps.tokens, caps.seconds, caps.cost) == (9, None, None, None)


def test_what_is_given_wins_over_the_preset_of_the_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings_of("--sampling", "paper", "--top-k", 7, "--answer-tokens", 9, monkeypatch=monkeypatch).sampling
    assert (found.temperature, found.top_p, found.top_k, found.max_tokens) == (0.75, 0.85, 7, 9)


CONFIG = """
teacher: openai:gpt-5-mini
base_url: http://127.0.0.1:1/v1
view: caption
neighbours: 4
sampling: {temperature: 0.2, top_k: 5}
limits: {calls: 6}
student: none
"""


def test_a_file_of_settings_stands_between_the_defaults_and_what_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(CONFIG)
    given = ("--config", path, "--view", "pair", "--top-k", 7, "--pair-tokens", 900)
    found = settings_of(*given, monkeypatch=monkeypatch)
    assert (found.teacher, found.view, found.neighbours, found.student) == ("openai:gpt-5-mini", "pair", 4, None)
    assert (found.sampling.temperature, found.sampling.top_k, found.sampling.timeout) == (0.2, 7, 120.0)
    assert (found.limits.calls, found.limits.tokens, found.protocol) == (6, 900, "auto")
    reset = settings_of("--config", path, "--sampling", "paper", monkeypatch=monkeypatch).sampling
    assert (reset.temperature, reset.top_k) == (0.75, 40)
    assert settings_of("--config", path, "--view", "pair", "--neighbours", 2, monkeypatch=monkeypatch).neighbours == 2


def test_settings_of_another_run_are_read_from_its_run_yaml(
    monkeypatch: pytest.MonkeyPatch, sample_run: SimpleNamespace, tmp_path: Path
) -> None:
    found = settings_of("--config", sample_run.folder / "run.yaml", monkeypatch=monkeypatch)
    assert found.result_settings() == sample_run.settings.result_settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("neighbors: 3", "neighbors is no setting of a run; did you mean neighbours?"),
        ("limits: {call: 3}", "limits.call is no setting of a run; did you mean calls?"),
        ("limits: 3", "limits must hold `name: value` lines, got 3"),
        ("neighbours: many", "neighbours is 'many': input should be a valid integer"),
        ("view: both", "view is 'both': input should be 'pair', 'molecule' or 'caption'"),
        ("neighbours: 99", "neighbours must be 0 to 16, got 99"),
        ("[1]", "must hold `name: value` lines"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_mistake_in_a_file_of_settings_is_named(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(said)):
        settings_of("--config", path, monkeypatch=monkeypatch)
    with pytest.raises(InputError, match="cannot be read"):
        settings_of("--config", tmp_path / "none.yaml", monkeypatch=monkeypatch)


def test_values_are_split_at_commas() -> None:
    assert listed(" a, b ,,c", "arms") == ("a", "b", "c")
    assert listed_integers("1, 2", "seeds") == (1, 2)
    for text, said in ((" , ", "seeds names nothing"), ("1,x", "seeds must be whole numbers .* got '1,x'")):
        with pytest.raises(InputError, match=said):
            listed_integers(text, "seeds")

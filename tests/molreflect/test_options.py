"""Options of the command line that become one settings object."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import pytest
import typer

from molreflect.cli import alignment
from molreflect.cli.options import listed, listed_integers
from molreflect.graphs.batch.run import DistillSettings
from molreflect.tools.errors import InputError


def settings_of(*arguments: object, monkeypatch: pytest.MonkeyPatch) -> DistillSettings:
    """What `distill` would run with."""
    found: list[DistillSettings] = []

    def caught(*_: object, settings: DistillSettings, **__: object) -> None:
        found.append(settings)
        raise typer.Exit

    monkeypatch.setattr("molreflect.api.distill", caught)
    app = typer.Typer()
    app.command()(alignment.distill)
    app(["corpus.tsv", "--out", "run", *(str(a) for a in arguments)], standalone_mode=False)
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


def test_values_are_split_at_commas() -> None:
    assert listed(" a, b ,,c", "arms") == ("a", "b", "c")
    assert listed_integers("1, 2", "seeds") == (1, 2)
    for text, said in ((" , ", "seeds names nothing"), ("1,x", "seeds must be whole numbers .* got '1,x'")):
        with pytest.raises(InputError, match=said):
            listed_integers(text, "seeds")

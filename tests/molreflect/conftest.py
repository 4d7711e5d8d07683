"""What the tests of the front door share."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from commands import Ran

import molreflect.cli.main as cli


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], child_env: dict[str, str]) -> Any:
    """Run a command through `main`, in this process, so that packages are imported once."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for name in ("MOLREFLECT_CACHE", "MOLREFLECT_HOME", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(name, child_env[name])

    def command(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["molreflect", *(str(a) for a in arguments)])
        # The console was made when the module was imported; its stream is looked up at every print.
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capfd.readouterr()
        return Ran(code=stop.value.code, out=out, err=err)

    return command

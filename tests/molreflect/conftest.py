"""What the tests of the front door share."""

from __future__ import annotations

import io
import sys
from pathlib import Path
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

    def command(*arguments: object, stdin: str | None = None) -> Ran:
        if stdin is not None:  # as from a pipe
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        monkeypatch.setattr(sys, "argv", ["molreflect", *(str(a) for a in arguments)])
        # The console was made when the module was imported; its stream is looked up at every print.
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capfd.readouterr()
        return Ran(code=stop.value.code, out=out, err=err)

    return command


@pytest.fixture(scope="session")
def tiny_student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import synthetic_run
    from tiny_model import save_tiny_base

    from molreflect.training.config import StudentConfig
    from molreflect.training.student.train import train

    root = tmp_path_factory.mktemp("student")
    config = StudentConfig(
        base=str(save_tiny_base(root / "base")), neighbours=1, max_length=900, max_steps=1, batch_size=1,
        accumulation=1, warmup_steps=0, learning_rate=5e-3, eval_fraction=0, max_new_tokens=5,
    )  # fmt: skip
    return train(synthetic_run.write_run(root / "run"), root / "student", config).out


@pytest.fixture
def two_systems(tmp_path: Path) -> tuple[Path, Path]:
    from molreflect.training.evaluation.prediction_files import write_predictions

    a, b = tmp_path / "a.tsv", tmp_path / "b.tsv"
    questions = [("an acid", "CC(=O)O"), ("an alcohol", "CCCCO"), ("an amine", "CCCCN")]
    write_predictions(a, "cap2mol", [(*q, "CC(") for q in questions])
    write_predictions(b, "cap2mol", [(*q, q[1]) for q in questions])
    return a, b

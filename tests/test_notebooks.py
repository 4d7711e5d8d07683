"""The notebooks in `examples/` run from top to bottom, and results show themselves there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="the extra molreflect[dev] is not installed")
nbclient = pytest.importorskip("nbclient", reason="the extra molreflect[dev] is not installed")
EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


def run_notebook(name: str, parameters: str, folder: Path, env: dict[str, str], patch: pytest.MonkeyPatch) -> Any:
    """Run a notebook in a kernel of its own, with other parameters, and return it with its outputs."""
    for key, value in env.items():
        patch.setenv(key, value)
    for key in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        patch.setenv(key, str(folder / key.lower()))
    book = nbformat.read(EXAMPLES / name, as_version=4)
    (place,) = [n for n, cell in enumerate(book.cells) if "parameters" in cell.metadata.get("tags", ())]
    book.cells.insert(place + 1, nbformat.v4.new_code_cell(parameters))
    nbclient.NotebookClient(
        book, timeout=240, kernel_name="python3", resources={"metadata": {"path": folder}}
    ).execute()
    return book


def shown(book: Any) -> str:
    """All that the cells print and show, HTML where there is some."""
    told = []
    for cell in book.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            told.append(data.get("text/html", data.get("text/plain", output.get("text", ""))))
    return "\n".join(told)


def test_a_pair_a_text_and_a_run_show_themselves(
    tmp_path: Path, child_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = shown(run_notebook("align_and_look.ipynb", "PAIRS = 3", tmp_path, child_env, monkeypatch))
    assert told.count('<article class="alignment') == 1 + 1 + 3
    assert "('methyl ester'," in told
    assert "('CC(C)=O', 'aldehyde', 'refuted')" in told
    assert "('nitro group', True, 'supported'" in told
    assert "Verdicts by kind of phrase" in told
    assert "report.html" in told


def test_a_student_is_trained_and_scored(
    tmp_path: Path, child_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("trl", reason="the extra molreflect[train] is not installed")
    from tiny_model import save_tiny_base

    base = save_tiny_base(tmp_path / "base")
    small = f"BASE, PAIRS, STEPS, QUESTIONS = {str(base)!r}, 8, 2, 2\n"
    small += "SETTINGS |= {'max_length': 3000, 'max_new_tokens': 8}"
    told = shown(run_notebook("distil_train_evaluate.ipynb", small, tmp_path, child_env, monkeypatch))
    assert "'steps': 2" in told
    assert "description\tground truth\toutput" in told
    assert "Exact match" in told
    assert "claims" in told


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs_and_name_no_folder_of_a_machine(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert "/home/" not in cell.source

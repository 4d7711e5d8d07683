"""What is uploaded to the Hugging Face hub, and the upload."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from molreflect.tools.errors import InputError

if TYPE_CHECKING:
    from molreflect.tools.hub import Upload


def upload_of(folder: Path | str, name: str, *, licence: str | None = None, public: bool = False) -> Upload:
    """Put together what `push` would upload of a run or a student, and as what.

    Args:
        folder: A run directory, or a folder that `train` wrote.
        name: Of the dataset or model on the hub, `owner/name`.
        licence: Of the captions or the adapter, as the hub spells it, e.g. `cc-by-4.0`.
        public: Let everybody see it; otherwise its owner alone does.

    Raises:
        InputError: The folder is neither, a file of it is missing, or the name is none.
    """
    path = Path(folder)
    if (path / "run.yaml").is_file():
        from molreflect.graphs.runs.publish import run_upload

        return run_upload(path, name, licence=licence, private=not public)
    if (path / "student.json").is_file():
        from molreflect.training.student.publish import student_upload

        return student_upload(path, name, licence=licence, private=not public)
    raise InputError(f"{path} is neither a run directory nor a student; pass what `distill` or `train` wrote")


def push(folder: Path | str, name: str, *, licence: str | None = None, public: bool = False) -> str:
    """Upload a run (as a dataset) or a student (as a model) to the Hugging Face hub; private unless `public`.

    >>> push("runs/first", "me/my-run", licence="cc-by-4.0")  # doctest: +SKIP
    'https://huggingface.co/datasets/me/my-run'

    Args:
        folder: As in `upload_of`, like the other arguments.
        name: Of the dataset or model.
        licence: Of it.
        public: Let everybody see it.

    Returns:
        The address of its page.

    Raises:
        InputError: It cannot be put together, nobody is logged in, or the hub refuses or cannot be reached.
    """
    from molreflect.tools.hub import push as upload

    return upload(upload_of(folder, name, licence=licence, public=public))

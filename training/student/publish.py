"""What of a student is uploaded to a hub: the folder that `train` wrote, its base named as others know it."""

from __future__ import annotations

from pathlib import Path

import yaml

from molreflect.agents.student.weights import EMBEDDED, public_name
from molreflect.tools.hub import Upload
from molreflect.training.student.folder import CONFIG_FILE, read_student

_PATHS = ("supplied_run", "curriculum", "start", "candidates")


def student_upload(folder: Path, name: str, *, licence: str | None = None, private: bool = True) -> Upload:
    """Put together what is uploaded of a student: adapter, tokenizer, settings, figures, and the training records.

    The records are what a student is shown as neighbours; without them it cannot be asked.

    Args:
        folder: A folder that `train` wrote.
        name: Of the model on the hub.
        licence: Of the adapter, as the hub spells it.
        private: Whether only its owner may see it.

    Raises:
        InputError: It is no student.
    """
    student = read_student(folder)
    files: dict[str, bytes | Path] = {
        path.name: path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")
    }
    files[CONFIG_FILE] = _public_settings(folder / CONFIG_FILE).encode()
    if licence is not None:
        card = (folder / "README.md").read_text(encoding="utf-8")
        files["README.md"] = card.replace("---\n", f"---\nlicense: {licence}\n", 1).encode()
    message = f"A molreflect student of {public_name(student.config.base)}, direction {student.config.direction}"
    return Upload(name, "model", files, message, private)


def _public_settings(path: Path) -> str:
    """The settings with paths of this machine shortened to their last part."""
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    if settings["base"] != EMBEDDED:
        settings["base"] = public_name(settings["base"])
    for name in _PATHS:
        if settings.get(name):
            settings[name] = Path(settings[name]).name
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)

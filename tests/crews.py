"""What a process of a crew is opened with, in tests."""

from __future__ import annotations

from functools import partial

from graphs.crew import Opening
from graphs.distill import DistillSettings
from graphs.pair import open_teacher
from graphs.workspace import Workspace


def opening(workspace: Workspace, settings: DistillSettings) -> Opening:
    """The collaborators of a workspace, one call at a time."""
    return Opening(
        corpus=workspace.corpus, phrases=workspace.phrases, folder=workspace.folder, cache=workspace.cache,
        settings=settings.of_a_pair(), index_hash="", open_teacher=partial(open_teacher, settings, None), calls=1,
    )  # fmt: skip

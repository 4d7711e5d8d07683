"""What the tests of trainings share."""

from __future__ import annotations

import gc

import pytest


@pytest.fixture(scope="module")
def one_thread(one_thread: None) -> None:
    """Import what trains before it is put out of the garbage collector's sight."""
    from trl import SFTTrainer  # noqa: F401

    gc.freeze()

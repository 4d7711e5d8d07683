"""What a process of a crew is opened with, in tests."""

from __future__ import annotations

from functools import partial

from molreflect.graphs.align_pair import open_teacher
from molreflect.graphs.batch.executors import Opening
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus
from molreflect.graphs.batch.run import DistillSettings


def opening(prepared: PreparedCorpus, settings: DistillSettings) -> Opening:
    """The collaborators of a prepared, one call at a time."""
    return Opening(
        corpus=prepared.corpus, phrases=prepared.phrases, folder=prepared.folder, cache=prepared.cache,
        settings=settings.pair_settings(), index_hash="", open_teacher=partial(open_teacher, settings, None), calls=1,
    )  # fmt: skip

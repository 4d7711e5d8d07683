"""Make what a worker process opens, in tests."""

from __future__ import annotations

from functools import partial

from molreflect.graphs.batch.executors import WorkerSetup
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.teacher_setup import open_teacher


def worker_setup(prepared: PreparedCorpus, settings: DistillSettings) -> WorkerSetup:
    """Collaborators over a prepared corpus, one call at a time in each process."""
    return WorkerSetup(
        prepared.corpus,
        prepared.phrases,
        prepared.folder,
        prepared.cache,
        settings.pair_settings(),
        "",
        partial(open_teacher, settings, None),
        calls=1,
    )

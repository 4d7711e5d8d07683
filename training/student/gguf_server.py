"""llama.cpp's server in a process of its own: to end it in this one may wait for ever, and a process can be killed."""

from __future__ import annotations

import importlib.util
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from molreflect.tools.errors import InputError

START_SECONDS = 300.0
"""Most seconds until a model is loaded and the server listens."""
_END_SECONDS = 10.0


@contextmanager
def serve_gguf(path: Path, *, threads: int, context: int = 2048, name: str = "student") -> Iterator[str]:
    """Let llama.cpp serve a GGUF file on the loopback by its OpenAI-compatible server, for as long as the block lasts.

    Args:
        path: The file.
        threads: How many compute.
        context: Most tokens of prompt and answer.
        name: What the server calls the model.

    Yields:
        The server's address, e.g. `http://127.0.0.1:8080`.

    Raises:
        InputError: The package xllamacpp is missing.
        RuntimeError: The server does not start.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise InputError("serving a GGUF file needs llama.cpp; run: pip install xllamacpp")
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, str(path), threads, context, name), daemon=True)
    process.start()
    theirs.close()
    try:
        yield _address(ours)
    finally:
        ours.close()
        process.terminate()
        process.join(_END_SECONDS)
        process.kill()  # nothing where it has ended
        process.join()


def _address(connection: Connection) -> str:
    """Wait until the server listens."""
    if not connection.poll(START_SECONDS):
        raise RuntimeError(f"llama.cpp's server did not start within {START_SECONDS:.0f} s")
    try:
        address, problem = connection.recv()
    except EOFError:
        raise RuntimeError("llama.cpp's server ended before it listened") from None
    if problem:
        raise RuntimeError(f"llama.cpp's server did not start: {problem}")
    return str(address)


def _serve(connection: Connection, path: str, threads: int, context: int, name: str) -> None:
    """Serve until the other side goes, or ends this process."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = path
    settings.model_alias = {name}
    settings.n_ctx, settings.n_parallel, settings.warmup, settings.verbosity = context, 1, False, 0
    settings.hostnames, settings.port = ["127.0.0.1"], 0
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
    settings.cache_type_k = settings.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    try:
        server = xllamacpp.Server(settings)
    except Exception as error:  # noqa: BLE001  (said by the other side)
        connection.send(("", str(error) or type(error).__name__))
        return
    connection.send((str(server.listening_address), ""))
    connection.poll(None)  # the other side sends nothing: it ends once that one is closed

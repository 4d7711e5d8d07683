"""Processes give the results of one process, and one that dies is named or survived."""

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.processes import ProcessPool, WorkerDiedError, available_cores


def blocks(smiles: Sequence[str]) -> list[str]:
    return [read_molecule(text).block for text in smiles]


def test_results_come_in_the_order_of_the_tasks_whatever_the_number_of_workers() -> None:
    texts = ["C" * n for n in range(1, 20)]
    for workers in (1, 3):
        with ProcessPool(workers) as pool:
            assert list(pool.in_order(lambda text: blocks([text]), ((text,) for text in texts))) == [
                blocks([text]) for text in texts
            ]


def test_a_mistake_of_the_caller_stays_one() -> None:
    with ProcessPool(2) as pool, pytest.raises(InputError, match="is not a SMILES"):
        list(pool.in_order(lambda text: blocks([text]), [("CCO",), ("C1C",)]))


def die_at_three(n: int) -> int:
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def test_a_worker_that_dies_is_named_and_the_pool_goes_on_afterwards() -> None:
    with ProcessPool(2) as pool:
        with pytest.raises(WorkerDiedError, match="a worker process died"):
            list(pool.in_order(die_at_three, ((n,) for n in range(9))))
        assert list(pool.in_order(die_at_three, [(1,), (2,)])) == [1, 2]


def test_only_the_items_that_kill_their_process_are_lost() -> None:
    def fragile(items: list[int]) -> list[int]:
        if {4, 17} & set(items):
            os.kill(os.getpid(), signal.SIGKILL)
        return [item * 2 for item in items]

    chunks = [list(range(start, start + 5)) for start in range(0, 40, 5)]
    found: dict[int, int] = {}
    with ProcessPool(2) as pool:
        for items, results in pool.surviving(fragile, chunks, -1):
            found.update(zip(items, results, strict=True))
    assert found == {item: -1 if item in (4, 17) else item * 2 for item in range(40)}


def test_a_script_without_a_main_guard_in_another_folder_may_use_them(tmp_path: Path) -> None:
    (tmp_path / "molreflect.py").write_text("raise RuntimeError('the working directory was looked at')")
    script = (
        "from molreflect.tools.processes import ProcessPool\n"
        "from molreflect.training.evaluation.metrics.workers import score_rows\n"
        "with ProcessPool(2, print, ('begun',)) as pool:\n"
        "    print(sorted(pool.in_order(len, [('a',), ('bb',)])))\n"
        "print(len(score_rows([('C1C', 'CC'), ('CC', 'CC')], workers=2)))\n"
    )
    path = os.pathsep.join([str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
    )
    said = done.stdout.replace("begun", "").split("\n")  # two processes may print it into one line
    assert [line for line in said if line] == ["[1, 2]", "2"]
    assert done.stderr == ""


SETTLE = (
    "from molreflect.tools.processes import settle_threads as s; print(s()); import os; print(os.environ.get({!r}))"
)


def settled(env: dict[str, str], shown: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SETTLE.format(shown)], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.splitlines()


def test_torch_gets_as_many_threads_as_cores_are_free(child_env: dict[str, str]) -> None:
    env = {name: value for name, value in child_env.items() if name != "OMP_NUM_THREADS"}
    told, threads = settled(env, "OMP_NUM_THREADS")
    assert 1 <= int(threads) <= available_cores()
    many = "" if threads == "1" else "s"
    assert told == (
        f"{threads} thread{many}: {threads} of {available_cores()} cores free at the start "
        "(OMP_NUM_THREADS=N sets another number)"
    )


def test_a_number_of_threads_that_the_user_has_set_stays(child_env: dict[str, str]) -> None:
    assert settled(child_env | {"OMP_NUM_THREADS": "3"}, "OMP_NUM_THREADS") == ["None", "3"]


def test_cores_that_others_use_are_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    from molreflect.tools import processes

    seen = iter([{0: 10.0, 1: 20.0, 2: 30.0}, {0: 10.0, 1: 20.0099, 2: 30.01}, {0: 0.0}, {0: 0.0}])
    monkeypatch.setattr(processes, "available_cores", lambda: 3)
    monkeypatch.setattr(processes, "_idle_seconds", lambda: next(seen))
    assert processes.free_cores(0.01) == 2
    assert processes.free_cores(0.01) == 1  # one is always taken
    monkeypatch.setattr(processes, "_idle_seconds", lambda: None)
    monkeypatch.setattr(os, "getloadavg", lambda: (1.1, 0, 0))
    assert processes.free_cores() == 2


@pytest.mark.parametrize("given", [{}, {"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "100"}])
def test_threads_wait_passively_unless_the_user_says_how(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    from molreflect.tools.processes import wait_passively

    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    wait_passively()
    assert os.environ.get("OMP_WAIT_POLICY") == (given.get("OMP_WAIT_POLICY") if given else "PASSIVE")
    os.environ.pop("OMP_WAIT_POLICY", None)


def environment(name: str) -> str:
    return os.environ.get(name, "")


def test_results_come_as_they_are_done_with_the_environment_that_was_asked_for() -> None:
    ticks: list[int] = []
    with ProcessPool(2, env={"OMP_NUM_THREADS": "1"}) as pool:
        names = [("OMP_NUM_THREADS",), ("LOKY_MAX_MEMORY_LEAK_SIZE",), ("OMP_NUM_THREADS",)]
        found = list(pool.as_completed(environment, names, tick=lambda: ticks.append(1), every=0.05))
    assert sorted(found) == ["1", "1", "1e15"]
    assert ticks  # processes take longer than that to start


def test_a_process_that_dies_under_way_is_named() -> None:
    with ProcessPool(1) as pool, pytest.raises(WorkerDiedError, match="a worker process died"):
        list(pool.as_completed(die_at_three, [(1,), (3,)], tick=lambda: None, every=1.0))


HEAPS = """
import re, sys, threading
from pathlib import Path
from molreflect.tools.processes import keep_few_heaps
if sys.argv[1] == "few":
    keep_few_heaps()
from rdkit import Chem
ready = threading.Barrier(8)
def work():
    ready.wait()
    kept = [Chem.MolFromSmiles("C" * n) for n in range(1, 60)]
    ready.wait()
threads = [threading.Thread(target=work) for _ in range(7)]
for thread in threads:
    thread.start()
ready.wait()
ready.wait()
# glibc maps each further heap at a multiple of 64 MB
found = re.findall("^([0-9a-f]+)-[0-9a-f]+ rw-p 00000000 00:00 0 *$", Path("/proc/self/maps").read_text(), re.M)
print(sum(int(start, 16) % (64 << 20) == 0 for start in found))
for thread in threads:
    thread.join()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives each thread a heap of its own")
def test_threads_take_their_memory_from_one_heap(child_env: dict[str, str]) -> None:
    counts = {
        how: int(
            subprocess.run(
                [sys.executable, "-c", HEAPS, how], env=child_env, capture_output=True, text=True, check=True
            ).stdout
        )
        for how in ("many", "few")
    }
    assert counts["few"] == 0 < counts["many"]


TRIMMED = """
import re
from pathlib import Path
from molreflect.tools.processes import give_memory_back
def held():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
from rdkit import Chem
kept = [Chem.MolFromSmiles("CCO")]
many = [Chem.MolFromSmiles("C" * 60) for _ in range(4_000)]
kept.append(Chem.MolFromSmiles("CCN"))  # above the others, so that what is freed is not the end of the heap
most = held()
del many
before = held()
give_memory_back()
print(most, before, held())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library gives back what it likes")
def test_memory_that_was_freed_goes_back_to_the_machine(child_env: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-c", TRIMMED], env=child_env, capture_output=True, text=True, check=True)
    most, before, after = map(int, done.stdout.split())
    assert after < before <= most
    assert after < most - 20

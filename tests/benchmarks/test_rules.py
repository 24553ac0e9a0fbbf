"""The benchmark of rules: it reads families from files and names what the sides disagree on."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

pytest.importorskip("ortools")

from benchmarks import rules
from benchmarks.families import families
from benchmarks.mixes import mixes
from vmd_solver import formats
from vmd_solver.csp.families import latin, with_rules
from vmd_solver.csp.rules import Sum
from vmd_training.evaluation.sets import entries


def test_both_sides_prove_the_same(tmp_path: Path) -> None:
    puzzles = list(islice(mixes(seed=3), 8))
    (tmp_path / "mixes.jsonl").write_text("".join(formats.write_all(puzzles, "jsonl")))
    ((name, read),) = families([str(tmp_path)], 6)
    assert (name, [entry.puzzle for entry in read]) == ("mixes.jsonl", puzzles[:6])
    row = rules.compare(name, read, limit=60)
    assert (row["ours_decided"], row["cp_sat_decided"], row["differ"]) == (1, 1, [])


def test_a_wrong_count_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    unique = with_rules(latin(2), [Sum(2, (0, 3))]).empty()
    entries = [
        formats.Entry(unique, "", None, 1, solution=(1, 2, 2, 1)),
        formats.Entry(latin(2).empty(), "", None, 2, solution=(1, 2, 2, 1)),
    ]
    monkeypatch.setattr(rules.cpsat, "proved", lambda model, seconds: 2)
    row = rules.compare("one", entries, limit=60)
    assert (row["unique"], row["as_stated"], row["differ"]) == (1, 1, [0])


def test_puzzles_may_be_texts_in_json_lines(tmp_path: Path) -> None:
    path, puzzle = tmp_path / "texts.jsonl", latin(4).empty()
    row = {"input": formats.write(puzzle, "vmd"), "solution": "1234214334124321"}
    path.write_text(json.dumps(row) + "\n")
    (entry,) = entries(path)
    assert entry.puzzle == puzzle and entry.solution == tuple(map(int, row["solution"]))

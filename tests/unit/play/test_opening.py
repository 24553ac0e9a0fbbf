"""Puzzles from files and from nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmd_solver.play import judge, opening
from vmd_solver.play.opening import KINDS


def test_shipped_files_can_all_be_played() -> None:
    files = opening.shipped_files()
    assert len(files) > 20
    for path in files:
        assert all(entry.puzzle is not None for entry in opening.entries(path)), path


def test_shipped_puzzles_are_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(opening.entries("puzzles/hard-100.sdm")) == 100
    assert opening.entries("puzzles/nowhere.txt")[0].error is not None


def test_titles() -> None:
    (entry,) = opening.entries("puzzles/easy.txt")
    assert opening.title_of(entry, 1, 1) == "easy.txt"
    assert opening.title_of(entry, 3, 100) == "easy.txt 3"


SMALL = [kind for kind in KINDS if "16x16" not in kind.name and "25x25" not in kind.name]


@pytest.mark.parametrize("kind", SMALL, ids=lambda kind: kind.name)
def test_what_is_made_has_one_solution_and_follows_from_its_seed(kind: opening.Kind) -> None:
    puzzle = opening.make(kind, 7)
    assert judge(puzzle).kind == "one"
    assert puzzle == opening.make(kind, 7)
    if kind.clues:
        assert sum(value > 0 for value in puzzle.givens) == kind.clues

"""Puzzles from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmd_solver.play import opening


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

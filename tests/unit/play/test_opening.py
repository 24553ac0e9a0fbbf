"""Puzzles of files, of pasted texts, and of days."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from vmd_solver.formats import write
from vmd_solver.generation import make
from vmd_solver.play import opening
from vmd_solver.techniques import LEVELS, grade

PUZZLES = Path(__file__).resolve().parents[3] / "puzzles"


def test_the_collection_can_all_be_played() -> None:
    assert len({one.title for one in opening.COLLECTION.values()}) == len(opening.COLLECTION) > 20
    for file in opening.COLLECTION:
        found = opening.included(file)
        assert found and all(entry.puzzle is not None for entry in found), file


def test_levels_of_the_collection() -> None:
    """Of small boards: the techniques of large ones take long."""
    for file, one in opening.COLLECTION.items():
        puzzle = opening.included(file)[0].puzzle
        if one.level and puzzle is not None and puzzle.board.n <= 81:
            assert grade(puzzle, unique=True).level == one.level, file


def test_what_is_not_in_the_collection_is_a_copy_or_for_programs() -> None:
    others = {path.name for path in PUZZLES.iterdir()} - opening.COLLECTION.keys()
    kinds = {name.partition("-")[0].partition(".")[0] for name in others}
    assert kinds == {"README", "batch", "killer", "medium"}


ROWS = "53..7....\n6..195...\n.98....6.\n8...6...3\n4..8.3..1\n7...2...6\n.6....28.\n...419..5\n"


@pytest.mark.parametrize(
    "text",
    [
        "1..4............",
        "1..4............\n",
        "1..4\n....\n....\n4..1",
        f"{ROWS}....8..79",
        f"\n\n{ROWS}....8..79\n\n",
        "4:2/1/3/2/2/3/1/2/3/2/1/2/1/2/2/3",
        *(
            write(opening.included("killer.txt")[0].puzzle, form)
            for form in ("link", "sudokupad", "vmd")
        ),
    ],
)
def test_a_text_of_any_form_is_read(text: str) -> None:
    (entry,) = opening.typed(text)
    assert entry.puzzle is not None, entry.error


def test_several_pasted_puzzles_are_read() -> None:
    assert len(opening.typed("1..4............\n..1.............")) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ROWS, "pasted:8:1: expected 9 rows of 9 cells, got 8"),
        (f"{ROWS}....8..7", "pasted:9:9: expected 9 cells in the row, got 8"),
        ("1..4.............", "pasted:1:18: expected 81 cells (or 16, 36,"),
        ("nowhere.txt", "nowhere.txt: no such file"),
        ("", "nothing: no such file"),
    ],
)
def test_what_is_wrong_with_a_text_is_one_line_with_its_place(text: str, message: str) -> None:
    (entry,) = opening.typed(text)
    assert str(entry.error).startswith(message) and "\n" not in str(entry.error)


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("1..4............")
    assert opening.typed(f" {tmp_path / 'mine.txt'} ")[0].puzzle is not None
    assert opening.typed("mine.txt", tmp_path)[0].puzzle is not None
    assert str(opening.typed(str(tmp_path))[0].error) == f"{tmp_path}: is a folder"


def test_each_day_has_a_puzzle_of_its_own_easiest_on_monday() -> None:
    monday = date(2026, 11, 30)
    week = [opening.daily(monday + timedelta(days)) for days in range(7)]
    assert len({spec.seed for spec in week}) == 7
    levels = [LEVELS.index(spec.level or "easy") for spec in week]
    assert levels[0] == min(levels) and levels[-1] == max(levels) > levels[0]


def test_the_puzzle_of_a_day_is_found() -> None:
    monday = date(2026, 11, 30)
    for days in range(7):
        made = make(opening.daily(monday + timedelta(days)))
        assert made is not None and made == make(opening.daily(monday + timedelta(days)))


def test_a_streak_is_days_in_a_row_up_to_today_or_yesterday() -> None:
    days = {"2026-01-01", "2026-01-02", "2026-01-04"}
    expected = {2: 2, 3: 2, 4: 1, 5: 1, 6: 0}
    for day, count in expected.items():
        assert opening.streak(days, date(2026, 1, day)) == count
    assert opening.longest(days) == 2
    assert opening.longest(set()) == 0


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

"""One cell as text: everything is said without colour, in every size."""

from __future__ import annotations

import pytest

from vmd_solver.csp.families import latin, sudoku
from vmd_solver.drawing.geometry import CellSize, TextLayout
from vmd_solver.drawing.text import play_lines, value_lines

DIGITS = tuple("123456789")


@pytest.mark.parametrize(
    ("size", "value", "marks", "signs", "lines"),
    [
        (CellSize(2, 5), 5, 0, ("'", "", ""), ("  5'  ", "      ")),
        (CellSize(2, 5), 5, 0, (" ", "", ""), ("  5   ", "      ")),
        (CellSize(2, 5), 5, 0, ("'", "!", "/"), (" !5'  ", "      ")),
        (CellSize(2, 5), 0, 0b101010001, (" ", "", "░"), ("░1   5", "  7 9 ")),
        (CellSize(2, 5), 0, 0, (" ", "∅", ""), ("  ∅   ", "      ")),
        (CellSize(3, 3, True), 0, 0b111, (" ", "", ""), (" 1 2 3", "      ", "      ")),
        (CellSize(3, 3, True), 7, 0, (" ", "x", "X"), ("X     ", " x7   ", "      ")),
        (CellSize(3, 3, True, True), 0, 0b111, (" ", "∅", "X"), ("∅1 2 3 ", "       ", "       ")),
        (CellSize(1, 2), 0, 0b11, (" ", "", ""), (" 12",)),
        (CellSize(1, 2), 0, 0b111, (" ", "", "\\"), ("\\1…",)),
        (CellSize(1, 2), 7, 0, ("'", "", "\\"), ("\\7'",)),
        (CellSize(1, 1), 7, 0, ("'", "", "\\"), ("7'",)),
        (CellSize(2, 3), 0, 0b11111, (" ", "", ""), (" 123", " 45 ")),
        (CellSize(2, 3), 0, 0b1111111, (" ", "", "X"), ("X123", " 45…")),
        (CellSize(1, 1), 7, 0, ("'", "!", ""), ("7!",)),
        (CellSize(1, 1), 0, 0, (" ", "", "\\"), ("·\\",)),
        (CellSize(1, 1), 0, 0b11, (" ", "", ""), ("12",)),
        (CellSize(1, 1), 0, 0b111, (" ", "", ""), ("1…",)),
    ],
)
def test_cells_say_everything_without_colour(
    size: CellSize, value: int, marks: int, signs: tuple[str, str, str], lines: tuple[str, ...]
) -> None:
    """Signs are those after the value, before it, and of the cell's diagonal or window."""
    assert play_lines(TextLayout(sudoku(), size), DIGITS, value, marks, *signs) == lines


def test_marks_of_the_smallest_board_stand_in_one_column() -> None:
    layout = TextLayout(latin(2), CellSize(2, 1))
    assert play_lines(layout, ("1", "2"), 0, 0b11) == ("1 ", "2 ")


def test_a_symbol_is_in_the_middle_with_a_text_below() -> None:
    assert value_lines(6, 3, "12", "?", "!", below="95") == ("      ", " !12? ", "  95  ")
    assert value_lines(6, 2, "12", below="95") == ("  12  ", "  95  ")
    assert value_lines(2, 3, "7", "?", "!", below="95") == ("  ", "7!", "  ")

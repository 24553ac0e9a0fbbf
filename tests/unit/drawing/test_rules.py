"""Marks of rules on paper and in characters: where they are, what is listed, what makes room."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from vmd_solver.csp import rules
from vmd_solver.csp.families import latin, sudoku, with_rules, without_rules
from vmd_solver.csp.puzzle import Board, Puzzle, Rule
from vmd_solver.drawing.elements import CELL
from vmd_solver.drawing.geometry import CellSize, TextLayout, cell_sizes, fitted
from vmd_solver.drawing.marks import Clue, legend, pictures, titles_at
from vmd_solver.drawing.pages import pdf
from vmd_solver.drawing.ruled import extent
from vmd_solver.drawing.shapes import svg
from vmd_solver.drawing.signs import in_words, signs_of
from vmd_solver.drawing.text import picture

FOUR, NINE = sudoku(2, 2), sudoku()


def text_of(board: Board, ascii_only: bool = False) -> list[str]:
    """The lines of an empty board."""
    lines = picture(board.empty(), (0,) * board.n, 80, ascii_only)
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_cages_have_no_lines_within_and_their_sum_on_the_line_above() -> None:
    board = with_rules(FOUR, [rules.Killer(6, (0, 1, 4)), rules.Killer(7, (10, 14))])
    assert text_of(board) == [
        "┏6━━━━━━┳━━━┯━━━┓",
        "┃ .   . ┃ . │ . ┃",
        "┃   ┌───╂───┼───┨",
        "┃ . │ . ┃ . │ . ┃",
        "┣━━━┿━━━╋7━━┿━━━┫",
        "┃ . │ . ┃ . │ . ┃",
        "┠───┼───┨   ├───┨",
        "┃ . │ . ┃ . │ . ┃",
        "┗━━━┷━━━┻━━━┷━━━┛",
    ]
    assert in_words(board) == []


def test_a_sign_above_a_cell_with_a_note_stands_beside_it() -> None:
    board = with_rules(FOUR, [rules.Killer(7, (4, 5)), rules.Difference(1, (0, 4))])
    assert text_of(board)[2].startswith("┠7○─")


def test_clues_make_room_where_they_are() -> None:
    plain, board = TextLayout(NINE, CellSize(1, 2)), with_rules(NINE, [sandwich(12, 0)])
    layout = TextLayout(board, CellSize(1, 2))
    assert (layout.width, layout.height) == (plain.width + 3, plain.height)
    assert [layout.cell_at(x, 1) for x in (0, 3, 4)] == [None, None, 0]
    assert text_of(board)[1].startswith("12 │ . ")
    assert extent(board)[:3] == (CELL, 0, 10 * CELL)
    assert extent(NINE) == (0, 0, 9 * CELL, 9 * CELL)


def sandwich(total: int, row: int) -> Rule:
    return rules.Sandwich(total, tuple(range(9 * row, 9 * row + 9)))


def test_kinds_of_clue_are_told_apart_where_they_are_mixed() -> None:
    down = rules.Skyscraper(3, tuple(range(0, 81, 9)))
    slanted = rules.LittleKiller(20, (2, 10, 18))
    board = with_rules(NINE, [sandwich(12, 0), down, slanted])
    texts = [mark.text for one in pictures(board) for mark in one.marks if isinstance(mark, Clue)]
    assert texts == ["s12", "k3", "20"]
    assert text_of(board)[0].split() == ["k3", "20↙"]
    assert legend(with_rules(NINE, [down])) == [("3", "skyscraper")]


@pytest.mark.parametrize(
    ("rule", "listed"),
    [
        (rules.Difference(1, (0, 1)), []),
        (rules.Difference(2, (0, 10)), ["difference 2: r1c1 r3c3"]),
        (rules.PairSum(7, (0, 1)), []),
        (rules.Thermo((0, 1, 6)), ["thermo: r1c1 r1c2 r2c3"]),
        (rules.Sum(5, (0, 5)), ["sum 5: r1c1 r2c2"]),
        (rules.Quadruple((1, 2), (0, 1, 4, 5)), ["quadruple 1,2: r1c1 r1c2 r2c1 r2c2"]),
    ],
)
def test_what_characters_cannot_show_is_listed(rule: Rule, listed: list[str]) -> None:
    assert in_words(with_rules(FOUR, [rule])) == listed


def test_of_two_cages_that_overlap_the_second_is_listed() -> None:
    board = with_rules(FOUR, [rules.Killer(3, (0, 1)), rules.Sum(6, (1, 2))])
    assert in_words(board) == ["sum 6: r1c2 r1c3"]
    assert signs_of(board).notes == {0: "3"}


def test_letters_tell_tables_and_clones_apart() -> None:
    tables = [rules.Table(((1, 2),), (0, 1)), rules.Table(((1, 3),), (2, 3))]
    again = rules.Table(((1, 2),), (4, 5))
    board = with_rules(FOUR, [*tables, again, rules.Clone((8, 13)), rules.Clone((9, 12))])
    assert [one.text for one in pictures(board)] == ["a", "b", "a", "c", "d"]
    assert legend(board) == [("a", "table 1-2"), ("b", "table 1-3"), ("c d", "clone")]


def test_rules_are_said_of_their_cells() -> None:
    board = with_rules(FOUR, [rules.Killer(3, (0, 1)), rules.AntiKing(), rules.Odd((1,))])
    assert titles_at(board, 0) == ["killer 3", "anti-king"]
    assert titles_at(board, 1) == ["killer 3", "anti-king", "odd"]


def test_plain_characters_say_the_same_in_the_same_places() -> None:
    marks = [rules.Difference(1, (0, 1)), rules.Greater((6, 2)), rules.Killer(6, (8, 9, 12))]
    board = with_rules(FOUR, [*marks, rules.Thermo((15, 14, 10)), rules.Odd((3,))])
    drawn, plain = text_of(board), text_of(board, ascii_only=True)
    assert list(map(len, drawn)) == list(map(len, plain))
    assert "".join(plain).isascii()
    assert drawn[2][10] == "∧" and plain[2][10] == "^"
    assert drawn[7][12] == "←" and plain[7][12] == "<"


def test_a_board_without_signs_keeps_its_layouts() -> None:
    board = with_rules(NINE, [rules.AntiKnight(), rules.Odd((0,))])
    assert cell_sizes(board) == cell_sizes(without_rules(board))
    with_lines = with_rules(NINE, [rules.Ratio(2, (0, 1))])
    assert all(size.ruled for size in cell_sizes(with_lines))
    assert fitted(with_lines, 1, 58, 22).height == 19


def test_holes_are_black_and_hold_no_symbol() -> None:
    board = Board("grid", 2, 3, 3, (), holes=(0,))
    ruled = with_rules(board, [rules.Killer(3, (1, 2)), rules.Killer(4, (3, 4))])
    drawing = svg(Puzzle(ruled, (0,) * 6), (1, 1, 2, 1, 3, 2))
    texts = [
        text.text
        for text in ElementTree.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert texts == ["4", "3", "3  killer", "1", "2", "1", "3", "2"]
    assert text_of(ruled)[1].startswith("┃ \\3│")


def test_a_hole_has_room_for_clues_across_and_down_alone() -> None:
    board = Board("grid", 3, 3, 3, (), holes=(0, 2))
    towards = [rules.Skyscraper(2, (5, 8)), rules.Sandwich(0, (3, 6)), rules.Killer(3, (3, 6))]
    away = rules.Skyscraper(1, (4, 3))  # from a cell
    slanted = rules.LittleKiller(4, (4, 8))
    signs = signs_of(with_rules(board, [*towards, away, slanted]))
    assert signs.clues == {(0, 2): "k2\\", (0, 0): "s0,3\\"}
    assert signs.listed == (away, slanted)


def test_a_line_of_one_cell_or_with_jumps_is_drawn() -> None:
    board = with_rules(NINE, [rules.Renban((0,)), rules.Arrow((40, 41, 42, 31, 22, 80))])
    assert "R" in svg(board.empty())
    assert pdf([(board.empty(), ())]).startswith(b"%PDF")


def test_rules_of_a_latin_square_need_no_regions() -> None:
    board = with_rules(latin(3), [rules.KenKen("+", 5, (0, 1, 3))])
    assert text_of(board)[0] == "┏5+━━━━━┯━━━┓"

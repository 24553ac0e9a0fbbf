"""Constraint strings of Interactive Sudoku Solver: what they mean, what is wrong with one."""

from __future__ import annotations

import pytest

from vmd_solver import formats
from vmd_solver.csp.families import latin, sudoku, sudoku_x, windoku, with_rules
from vmd_solver.csp.rules import Clone, Diagonal, KenKen, Quadruple, Skyscraper
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.ruletext import rule_text

READ = {
    ".Cage~15~R1C1~R1C2": ["killer 15 r1c1 r1c2"],
    ".Cage~0~R1C1~R1C2": ["different r1c1 r1c2"],
    ".Cage~9~R1C1~R1C2~R1C1": ["different r1c1 r1c2", "sum 9 r1c1 r1c2 r1c1"],
    ".Sum~9_=_1_2~R1C1~R1C2": ["sum 9 r1c1 r1c2 r1c2"],
    ".Whisper~R1C1~R1C2": ["whisper 5 r1c1 r1c2"],
    ".WhiteDot~R1C1~R1C2~R5C5~R5C6": ["difference 1 r1c1 r1c2", "difference 1 r5c5 r5c6"],
    ".GreaterThan~R1C2~R1C1": ["greater r1c2 r1c1"],
    ".SumLine~10~R1C1~R1C2~LOOP": ["sum-line 10 loop r1c1 r1c2"],
    ".PillArrow~2~R1C2~R1C1~R2C1~R3C1": ["pill-arrow 2 r1c1 r1c2 r2c1 r3c1"],
    ".Skyscraper~R1~4~2": ["skyscraper 4 r1", "skyscraper 2 -r1"],
    ".Skyscraper~R1~4~.Skyscraper~R1~5~": ["skyscraper 5 r1"],
    ".XSum~C2~~20": ["x-sum 20 -c2"],
    ".Sandwich~18~C3": ["sandwich 18 c3"],
    ".LittleKiller~20~R1C4": ["little-killer 20 r1c4-r4c1"],
    ".LittleKiller~10~R2C9": ["little-killer 10 r2c9 r1c8"],
    ".Diagonal~1": ["diagonal up"],
    ".StrictXV.X~R1C1~R1C2": ["negative x v", "pair-sum 10 r1c1 r1c2"],
    ".Quad~R1C1~1~2": ["quadruple 1,2 r1c1 r1c2 r2c1 r2c2"],
    ".ContainAtLeast~1_1~R1C1~R5C5": ["quadruple 1,1 r1c1 r5c5"],
    ".Indexing~C~R1C1": ["indexing column r1c1"],
    ".Regex~WzEtM10q~R1C1~R1C2~~R2C1": ['regex "[1-3]*" r1c1 r1c2', 'regex "[1-3]*" r2c1'],
    ".Pair~C~_name~R1C1~R1C2": ["table 1-2 r1c1 r1c2"],
    ".~R1C1_1_2~R1C1_2_3~R1C2_4_5": ["marks 4,5 r1c2"],
}


@pytest.mark.parametrize("text", READ)
def test_a_constraint_is_a_rule(text: str) -> None:
    puzzle = formats.parse(text if "~" in text else f"{text}.Shape~9x9", format="iss")
    board = puzzle.board
    assert [rule_text(rule, board) for rule in board.rules] == READ[text]


def test_boards() -> None:
    def board(text: str) -> object:
        return formats.parse(text, format="iss").board

    assert board(".Shape~9x9") == sudoku()
    assert board(".Shape~6x6.Diagonal~1.Diagonal~-1") == sudoku_x(2, 3)
    assert board(".Shape~7x7") == board(".Shape~7x7.NoBoxes") == latin(7)
    assert board(".Windoku") == windoku()
    zero = formats.parse(".Shape~9x9~0-8.~R1C1_0")
    assert (zero.board.low, zero.givens[0], zero.alphabet[0]) == (0, 1, "0")
    wide = formats.parse(".Shape~4x7.Jigsaw~1111222111222233334443334444", format="iss").board
    assert (wide.family, wide.D, len(wide.units)) == ("grid", 7, 11 + 4)


BAD = {
    ".~R1C1_1.Or.Cage~3~R1C1~R1C2.End": (9, "Or: is no constraint that can be read here"),
    ".~R1C1_1.Frog~1": (9, "Frog: is no constraint that can be read here"),
    ".~R1C1_10": (1, "a given of R1C1: expected 1 to 9, got '10'"),
    ".~R1C1_1~R1C1_2": (1, "no number is left for R1C1"),
    ".Cage~x~R1C1": (1, "Cage: expected a whole number, got 'x'"),
    ".Cage~3~R1Ca": (1, "Cage: 'R1Ca' is no cell: expected R1C1 to R9C9"),
    ".~R1C1_1.Cage~5~R1C1~R1C2~R1C3": (9, "killer: no values in its cells can keep it"),
    ".WhiteDot~R1C1~R3C3": (1, "WhiteDot: expected cells side by side"),
    ".Skyscraper~R10~3~": (1, "'R10' is no row or column: expected R1 or C1 to R9 or C9"),
    ".LittleKiller~3~R5C5": (1, "LittleKiller: no diagonal has the name R5C5"),
    ".Shape~17x17": (1, "Shape: expected at most 16 rows"),
    ".Shape~9x9~5": (1, "Shape: expected at most 16 rows"),
    ".Jigsaw~112": (1, "Jigsaw: expected a letter for each of 81 cells, got 3"),
    ".Shape~4x4.Shape~6x6": (11, "Shape: is stated twice"),
    ".Shape~7x7.Windoku": (11, "Windoku: needs a square board with boxes"),
    ".Quad~R9C9~1": (1, "Quad: no square of four cells begins at R9C9"),
    ".Sum~3_=_1_-1~R1C1~R1C2": (1, "Sum: expected 2 counts of 1 or more"),
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_has_its_column(text: str) -> None:
    column, message = BAD[text]
    with pytest.raises(PuzzleSyntaxError) as caught:
        formats.parse(text, format="iss")
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (1, column)


def test_what_has_no_name_there_is_written_as_pairs_or_refused() -> None:
    board = with_rules(sudoku(), [Skyscraper(2, tuple(range(9))[::-1]), Diagonal("up")])
    text = ".Shape~9x9.Skyscraper~R1~~2.Diagonal~1\n"
    assert formats.write(board.empty(), "iss") == text
    assert formats.parse(text).board == board
    board = with_rules(sudoku(2, 2), [Clone((0, 9)), Quadruple((1, 2), (0, 1, 4, 5))])
    assert ".Pair~hQI~R1C1~R3C2" in formats.write(board.empty(), "iss")
    for refused in (
        with_rules(sudoku(), [KenKen("x", 24, (0, 1, 2))]),
        sudoku(3, 2),
        latin(17),
    ):
        with pytest.raises(PuzzleError, match="the iss format cannot hold"):
            formats.write(refused.empty(), "iss")

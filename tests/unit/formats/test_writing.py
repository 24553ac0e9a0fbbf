"""What is written, to the letter, and what is refused."""

from __future__ import annotations

import pytest

from vmd_solver import formats
from vmd_solver.csp.families import FAMILIES, grid, jigsaw, latin, sudoku, sudoku_x
from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.errors import PuzzleError

SMALL = Puzzle(sudoku(2, 2), (1, 0, 0, 4) + (0,) * 12, name="four\nby four")
PIECES = [0, 0, 0, 1, 2, 0, 1, 1, 2, 2, 3, 1, 2, 3, 3, 3]

WRITTEN = {
    "line": "1..4............\n",
    "grid": "1.|.4\n..|..\n--+--\n..|..\n..|..\n",
    "csv": "puzzle,family,name\n1..4............,sudoku,four by four\n",
    "jsonl": '{"family":"sudoku","rows":4,"cols":4,"values":4,"box":[2,2],"name":"four by four",'
    '"givens":[1,0,0,4,0,0,0,0,0,0,0,0,0,0,0,0]}\n',
    "vmd": "family: sudoku\nname: four by four\nsize: 4x4\nbox: 2x2\n"
    "givens:\n1..4\n....\n....\n....\n",
}


def test_a_document_has_a_tail() -> None:
    puzzle = sudoku().empty()
    game = f'<game data="{"0" * 81}"/>\n'
    text = "".join(formats.write_all([puzzle] * 2, "opensudoku"))
    assert text == f"<opensudoku>\n{game}{game}</opensudoku>\n"
    assert "".join(formats.write_all([], "opensudoku")) == ""


@pytest.mark.parametrize("name", [form.name for form in formats.FORMATS if not form.write])
def test_a_format_that_is_only_read_says_so(name: str) -> None:
    with pytest.raises(PuzzleError, match=rf"the {name} format is only read: write one of .*line"):
        formats.write(sudoku().empty(), name)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_small_puzzle_to_the_letter(name: str) -> None:
    assert formats.write(SMALL, name) == WRITTEN[name]


def test_regions_and_units_to_the_letter() -> None:
    text = formats.write(jigsaw(PIECES, True).empty())
    assert "family: jigsaw-x\nsize: 4x4\nregions:\nAAAB\nCABB\nCCDB\nCDDD\ngivens:\n" in text
    text = formats.write(Puzzle(grid(1, 3, 12, [(0, 2), (1,)]), (10, 0, 3)))
    assert text == "family: grid\nsize: 1x3\nvalues: 12\nunits:\nr1c1 r1c3\nr1c2\ngivens:\nA.3\n"


def test_many_puzzles_have_what_belongs_between_them() -> None:
    two = [sudoku(2, 2).empty()] * 2
    assert "".join(formats.write_all(two, "line")).count("\n") == 2
    assert "".join(formats.write_all(two, "csv")).count("puzzle") == 1
    assert "\n---\nfamily" in "".join(formats.write_all(two, "vmd"))
    assert "\n\n" in "".join(formats.write_all(two, "grid"))


def test_a_form_that_cannot_hold_a_family_names_those_that_can() -> None:
    for puzzle in (jigsaw(PIECES).empty(), grid(1, 2, 2, [(0, 1)]).empty()):
        for name in ("line", "grid", "sdk", "sdm", "ss", "csv", "exchange", "hodoku", "pls"):
            with pytest.raises(
                PuzzleError, match=rf"the {name} format cannot .*: expected .*jsonl, vmd"
            ):
                formats.write(puzzle, name)


def test_every_family_has_a_form() -> None:
    assert {family for format in formats.FORMATS for family in format.families} == set(FAMILIES)


REFUSED = {
    "box": ("line", sudoku(3, 2).empty(), "cannot hold this box shape"),
    "thin box": ("grid", sudoku(1, 4).empty(), "cannot hold this box shape"),
    "alphabet": ("line", Puzzle(latin(2), (1, 0, 0, 0), ("a", "b")), "cannot hold this alphabet"),
    "size": ("sdm", sudoku(2, 2).empty(), "9x9 puzzles of digits only"),
    "letters": ("sdk", Puzzle(sudoku(), (9,) * 81, tuple("ABCDEFGHI")), "9x9 puzzles of digits"),
    "order": ("pls", Puzzle(latin(2), (0,) * 4, ("2", "1")), "cannot hold this alphabet"),
    "value": ("vmd", Puzzle(latin(2), (0, 3, 0, 0)), "value 3 at r1c2 cannot be written"),
    "symbol": ("vmd", Puzzle(latin(2), (0,) * 4, ("#", "|")), "'#' cannot stand in a row"),
    "units": ("jsonl", Board("sudoku", 1, 2, 2, ((0, 1),)).empty(), "are not those of the family"),
    "no unit": ("vmd", Board("grid", 1, 2, 2, ((),)).empty(), "an empty unit cannot be written"),
    "unknown family": ("vmd", Board("killer", 1, 1, 1, ()).empty(), "cannot hold a killer puzzle"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_read_back_as_something_else_is_refused(case: str) -> None:
    name, puzzle, message = REFUSED[case]
    with pytest.raises(PuzzleError, match=message):
        formats.write(puzzle, name)


def test_boxes_of_any_shape_are_drawn() -> None:
    for board in (sudoku(3, 2), sudoku_x(4, 3), sudoku(2, 6)):
        text = formats.write(board.empty(), "grid")
        assert formats.parse(text, family=board.family).board == board


@pytest.mark.parametrize("format", ["line", "grid", "csv", "jsonl", "vmd"])
@pytest.mark.parametrize("order", [70, 110])
def test_boards_of_more_than_63_values_are_read_as_they_are_written(
    order: int, format: str
) -> None:
    givens = [(row + col) % order + 1 for row in range(order) for col in range(order)]
    givens[::3] = [0] * len(givens[::3])
    puzzle = Puzzle(latin(order), tuple(givens))
    (entry,) = formats.read(formats.write(puzzle, format), family="latin")
    assert entry.puzzle == puzzle

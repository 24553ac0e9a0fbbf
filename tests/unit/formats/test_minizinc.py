"""Data of MiniZinc models: where the cells are, what the order means, what is left out."""

from __future__ import annotations

import pytest

from vmd_solver import formats
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.puzzle import Puzzle

GIVENS = (1, 0, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
ROWS = "[| 1, _, _, 4 | _, _, _, _ | _, 1, _, _ | _, _, _, _ |]"
LIST = "1, 0, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0"

READ = {
    "rows": f"n = 2;\nstart = {ROWS};",
    "zeros": f"S=2;start={ROWS.replace('_', '0')}",
    "absent": f"n=2;x={ROWS.replace('_', '<>')};",
    "last bar": f"% a remark\n% another\nn = 2;\npuzzle = {ROWS[:-2]}|\n ];",
    "no last bar": f"start = {ROWS.replace('|]', ']')}; % the end\nn = 4;",
    "array2d": f"x = array2d(1..n, 1..n, [\n% 20\n {LIST} ]);\n n = 4;\n",
    "ranges": f"problem = array2d(1..4, 1..4, [{LIST}, ]);",
    "list": f"N = 4; grid = [{LIST}];",
    "json": f'{{"n": 2, "start": [{LIST}]}}',
}


@pytest.mark.parametrize("form", READ)
def test_cells_are_found_in_every_form(form: str) -> None:
    (entry,) = formats.read(READ[form])
    assert (entry.puzzle, entry.notes) == (Puzzle(sudoku(2, 2), GIVENS), ())


def test_numbers_of_two_digits() -> None:
    cells = ", ".join(["16", *["_"] * 255])
    assert formats.parse(f"x = [{cells}];").givens[:2] == (16, 0)


def test_a_name_that_comes_again_begins_another_puzzle() -> None:
    one = f"n = 2;\nstart = {ROWS};\n"
    bad = "n = 2;\nstart = [| 1, 2 | 3 |];\n"
    found = list(formats.read(one + bad + one))
    assert [entry.line for entry in found] == [1, 3, 5]
    assert [entry.error is None for entry in found] == [True, False, True]


def test_a_solution_is_kept_and_other_names_are_noted() -> None:
    solved = "[| 1,2,3,4 | 3,4,1,2 | 4,1,2,3 | 2,3,4,1 |]"
    (entry,) = formats.read(f"n=2; start={ROWS}; solution={solved}; KING = true; R = 1..4;")
    assert entry.solution is not None and entry.solution[:4] == (1, 2, 3, 4)
    assert entry.notes == ("not read: KING, R",)


WRONG = {
    "n = 3;": (1, 1, "expected one array, the cells of a puzzle, got none"),
    f"a = {ROWS}; b = {ROWS};": (1, 1, "got 'a, b'"),
    "n = 2;\nx = [| 1, x |];": (2, 11, "unexpected 'x': expected a number, or _ where open"),
    "n = 2;\nx = [| 1 2 |];": (2, 10, "unexpected '2': expected a comma"),
    "n = 2;\nx = [| 1, 2": (2, 11, "unexpected '2': expected ] at the end"),
    "n = 2;\nx = [1] ++ [2];": (2, 9, "nothing after the cells"),
    "n = 2;\nx = transpose([1]);": (2, 5, "unexpected 'transpose': expected cells"),
    f"n = 3; x = {ROWS};": (1, 1, "the board is 3x3, but its cells 4x4"),
    f"n = 2; x = {ROWS.replace('4', '5')};": (1, 1, "r1c4 is 5: expected 1 to 4"),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_where_it_is(text: str) -> None:
    line, column, message = WRONG[text]
    (entry,) = formats.read(text, "f")
    assert str(entry.error).startswith(f"f:{line}:{column}: ")
    assert message in str(entry.error)


def test_what_is_no_assignment_takes_no_puzzle_with_it() -> None:
    one = f"n = 2;\nstart = {ROWS};\n"
    found = list(formats.read(f"{one}n: 2;\n{one}"))
    assert [(entry.line, entry.error is None) for entry in found] == [
        (1, True),
        (3, False),
        (4, True),
    ]


def test_no_more_is_held_than_is_looked_at() -> None:
    (entry,) = formats.read(f"x = [{'1,' * 500_000}", "f")
    assert "at the end of the cells" in str(entry.error)
    assert len(entry.text) < 100_000
    assert sum(1 for _ in formats.read("".join(f"a{n} = 1;\n" for n in range(1000)))) == 10


def test_remarks_alone_are_no_data() -> None:
    entries = list(formats.read(f"% a remark\n{'.' * 81}"))
    assert entries[-1].puzzle == sudoku().empty()

"""Cells in every form that JSON has, one object a line, over several lines, and in arrays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vmd_solver import formats
from vmd_solver.csp.families import latin, sudoku
from vmd_solver.csp.puzzle import Puzzle

LINE = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"
SOLVED = "417369825632158947958724316825437169791586432346912758289643571573291684164875293"
GIVENS = tuple(0 if cell == "." else int(cell) for cell in LINE)
ROWS = [list(GIVENS[at : at + 9]) for at in range(0, 81, 9)]
PUZZLE = Puzzle(sudoku(), GIVENS)


def rows(blank: Any, of: type = int) -> list[list[Any]]:
    return [[of(cell) if cell else blank for cell in row] for row in ROWS]


CELLS = {
    "rows": ROWS,
    "null": rows(None),
    "empty strings": rows("", str),
    "dots": rows(".", str),
    "dots among numbers": rows("."),
    "empty strings among numbers": rows(""),
    "spaces": rows(" ", str),
    "minus one": rows(-1),
    "strings": [LINE[at : at + 9] for at in range(0, 81, 9)],
    "spaced strings": [" ".join(LINE[at : at + 9]) for at in range(0, 81, 9)],
    "a list": list(GIVENS),
    "a list of symbols": list(LINE),
    "a string": LINE,
}
KEYS = ("givens", "puzzle", "question", "quizzes", "quiz", "sudoku", "board", "unsolved", "grid")


@pytest.mark.parametrize("form", CELLS)
def test_cells_are_read_in_every_form(form: str) -> None:
    for text in (
        json.dumps({"puzzle": CELLS[form]}),
        json.dumps({"puzzle": CELLS[form]}, indent=1),
    ):
        (entry,) = formats.read(text)
        assert (entry.puzzle, entry.notes) == (PUZZLE, ())
    if form != "a string":
        (entry,) = formats.read(json.dumps(CELLS[form], indent=1))
        assert entry.puzzle == PUZZLE


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("answer", ["solution", "solutions", "answer", "solved"])
def test_other_collections_have_other_keys(key: str, answer: str) -> None:
    solved = [[int(cell) for cell in SOLVED[at : at + 9]] for at in range(0, 81, 9)]
    for solution in (SOLVED, solved, [SOLVED] if answer == "solutions" else list(SOLVED)):
        (entry,) = formats.read(json.dumps({key: rows(None), answer: solution}))
        assert entry.puzzle == PUZZLE
        assert entry.solution == tuple(map(int, SOLVED))


@pytest.mark.parametrize("order", ['"n":3', '"S":3', '"n":9', '"rows":9,"cols":9', '"n":3,"S":3'])
def test_minizinc_states_the_order_of_boxes(order: str) -> None:
    assert formats.parse(f'{{{order},"start":{json.dumps(ROWS)}}}') == PUZZLE


def entries(text: str) -> list[tuple[int, bool]]:
    return [(entry.line, entry.error is None) for entry in formats.read(text, "file")]


def test_every_item_of_an_array_is_an_entry_of_its_own() -> None:
    good, bad = f'{{"puzzle":"{LINE}"}}', '{"puzzle":"1"}'
    text = f'[\n{good},\n{bad},\n{{"puzzle" "1"}},\nnonsense,\n{good}, {good},\n7\n]\n'
    expected = [(2, True), (3, False), (4, False), (5, False), (6, True), (6, True), (7, False)]
    assert entries(text) == expected


@pytest.mark.parametrize(
    ("items", "count"),
    [
        ([LINE, LINE], 2),
        ([list(GIVENS)] * 3, 3),
        ([ROWS, ROWS], 2),
        ([[1, 0, 0, 4] * 4] * 16, 16),
        ([[0] * 16] * 15 + [[16] + [0] * 15], 1),
        (["1..4", "....", "....", "...."], 1),
        ([1, 0, 0, 4] * 4, 1),
    ],
)
def test_an_array_is_one_grid_or_many_puzzles(items: Any, count: int) -> None:
    found = list(formats.read(json.dumps(items)))
    assert len(found) == count
    assert all(entry.puzzle for entry in found)
    ambiguous = count == 16
    assert [bool(entry.notes) for entry in found] == [ambiguous] + [False] * (count - 1)


def test_a_grid_with_a_bad_cell_is_one_error_where_it_is() -> None:
    text = json.dumps(ROWS).replace("], [", "],\n[").replace("[5, 0", "[5, x")
    (entry,) = formats.read(text, "f")
    assert str(entry.error).startswith("f:8:5: not JSON")


def test_values_may_follow_one_another_on_many_lines() -> None:
    one = json.dumps({"board": ROWS}, indent=2)
    assert entries(f"{one}\n\n{one},\n{json.dumps(ROWS)}\n{one}") == [
        (1, True),
        (one.count("\n") + 3, True),
        (2 * one.count("\n") + 4, True),
        (2 * one.count("\n") + 5, True),
    ]


def test_what_is_cut_short_takes_no_other_puzzle_with_it() -> None:
    good = f'{{"puzzle":"{LINE}"}}'
    assert entries(f'{{\n"puzzle": [[1,\n{good}\n{good}') == [(1, False), (3, True), (4, True)]
    assert entries(f"[\n{good},\n{good[:-9]}\n") == [(2, True), (3, False), (1, False)]
    assert entries("[1, 2, 3") == [(1, False)]


def test_an_error_stands_where_it_is() -> None:
    (entry,) = formats.read(f'{{\n "id": 1,\n "puzzle": "y{LINE[1:]}"\n}}', "f")
    assert str(entry.error).startswith("f:3:13: unexpected 'y'")
    *_, entry = formats.read(f'[{json.dumps({"puzzle": LINE})}, {{"a" 1}}]', "f")
    assert str(entry.error).startswith("f:1:104: not JSON")


WRONG = {
    '{"puzzle":[[1,2],[3]]}': "expected 2 cells in row 2, got 1",
    '{"puzzle":[[1,2],3]}': "expected 2 cells in row 2, got 3",
    '{"puzzle":"1...","board":[[1]]}': "keep one of puzzle, board",
    '{"start":[[1,0],[0,0]],"n":3,"family":"latin"}': "the board is 3x3, but its cells 2x2",
    '{"givens":[true,0,0,0],"family":"latin"}': "r1c1 is True",
    '{"givens":["a",{},0,0],"family":"latin"}': "r1c2 is an object",
    '{"givens":"....","family":"latin","regions":["a"]}': "whole numbers, got 'a' at place 1",
    '{"puzzle":"1..4............","solution":"1"}': "expected 16 cells in the solution, got 1",
    '{"puzzle":"1..4............","solutions":[[1,0],[0,1]]}': "expected 16 cells in the solution",
    '{"puzzle":"1..4............","answer":".234341221434321"}': "leaves a cell open",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said(text: str) -> None:
    (entry,) = formats.read(text)
    assert entry.error is not None
    assert WRONG[text] in entry.error.message


def test_what_may_be_a_rule_is_named() -> None:
    (entry,) = formats.read(
        json.dumps({"puzzle": LINE, "cages": [{"sum": 3}], "tags": [], "x1": 2})
    )
    assert (entry.puzzle, entry.notes) == (PUZZLE, ("not read: cages",))


@pytest.mark.parametrize("blank", [None, ".", "", "x"])
@pytest.mark.parametrize("of", [int, str])
def test_zero_is_a_value_where_another_sign_is_open_and_no_nine_occurs(
    blank: Any, of: type
) -> None:
    solved = [of(int(cell) - 1) for cell in SOLVED]
    less = [blank if cell in "39" else of(int(cell) - 1) for cell in SOLVED]
    (entry,) = formats.read(json.dumps({"puzzle": less, "solution": solved}))
    assert entry.puzzle is not None
    assert entry.puzzle.alphabet == tuple("012345678")
    assert entry.puzzle.givens == tuple(0 if cell in "39" else int(cell) for cell in SOLVED)
    assert entry.solution == tuple(map(int, SOLVED))
    assert "0 is read as a value, one of 0-8" in entry.notes[0]


def test_two_signs_are_open_where_a_nine_occurs() -> None:
    mixed = [[None, *row[1:]] if not row[0] else row for row in ROWS]
    (entry,) = formats.read(json.dumps({"puzzle": mixed}))
    assert (entry.puzzle, entry.notes) == (PUZZLE, ())


def test_several_solutions_are_named() -> None:
    (entry,) = formats.read(json.dumps({"puzzle": LINE, "solutions": [SOLVED, SOLVED]}))
    assert entry.solution == tuple(map(int, SOLVED))
    assert entry.notes == ("2 solutions are stated: the first is compared",)


def test_an_array_of_any_length_is_read_as_it_comes() -> None:
    taken = 0

    def lines() -> Any:
        nonlocal taken
        yield "["
        while True:
            taken += 1
            yield f'{{"puzzle": "{"." * 15}1"}},'

    found = formats.read(lines())
    for count in range(1, 5):
        assert next(found).puzzle is not None
        assert taken <= count + 1


def test_a_value_without_end_is_held_no_longer_than_a_line() -> None:
    (entry, last) = formats.read("[{" + '"a":[\n' * 400_000, "f")
    assert "longer than 1,000,000" in str(entry.error)
    assert len(entry.text) < 2_000_000
    assert "the array does not end" in str(last.error)


def test_lists_and_objects_are_families_too() -> None:
    found = formats.parse(json.dumps([["1", "2"], ["2", ""]]), family="latin")
    assert found == Puzzle(latin(2), (1, 2, 2, 0))

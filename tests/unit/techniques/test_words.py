"""What steps say: where to look, why, and what follows; and what a picture of them shows."""

from __future__ import annotations

from itertools import pairwise

import pytest
from positions import cell_of, column, filled, position, rest

from vmd_solver.csp import Board
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.techniques import BY_NAME, LEVELS, State, Step, grade, next_step, solve_path
from vmd_solver.techniques.state import counted

JIGSAW = jigsaw((0, 0, 0, 1, 0, 1, 1, 1, 2, 2, 2, 3, 2, 3, 3, 3))


def step_of(technique: str, board: Board, marks: dict[str, str]) -> Step:
    return next(BY_NAME[technique].steps(position(board, marks)))


@pytest.mark.parametrize(
    ("board", "numbers", "last", "said"),
    [
        (sudoku(), (0,), "and", "row 1"),
        (sudoku(), (2, 6, 2), "and", "rows 3 and 7"),
        (sudoku(), (2, 6), "or", "row 3 or 7"),
        (sudoku(), (9, 10, 11), "and", "columns 1, 2 and 3"),
        (sudoku(), (18, 22), "and", "boxes 1 and 5"),
        (sudoku(), (2, 18), "and", "row 3 and box 1"),
        (windoku(), (27, 29), "and", "windows 1 and 3"),
        (sudoku_x(), (27, 28), "and", "the main diagonal and the other diagonal"),
        (JIGSAW, (8, 9), "and", "regions 1 and 2"),
        (grid(2, 3, 3, [(0, 1, 5), (3, 4, 2)]), (0, 1), "or", "unit 1 or 2"),
    ],
)
def test_units_in_one_phrase(board: Board, numbers: tuple[int, ...], last: str, said: str) -> None:
    assert State.of(board.empty()).words.units(numbers, last) == said


def test_candidates_in_one_phrase() -> None:
    words = State.of(sudoku().empty()).words
    assert words.marks([(0, 5)]) == "5 in r1c1"
    assert words.marks([(0, 5), (1, 5), (0, 7), (1, 7), (9, 2)], "or") == (
        "2 in r2c1 or 5 and 7 in r1c1 and r1c2"
    )
    assert words.seen_by(0b11, 2) == "r1c1 and r1c2 see both of them"
    assert words.seen_by(0b1, 3) == "r1c1 sees all 3 of them"
    assert (counted(2), counted(4)) == ("both", "all 4")


def test_a_hidden_single_says_which_cells_have_it_struck() -> None:
    board = sudoku()
    values = filled(board, {"r2c4": 5, "r3c7": 5}).values
    marks = position(board, {"r1c2": "-5", "r1c3": "-5"}).candidates
    step = next(BY_NAME["hidden single"].steps(State.of(board.empty(), values, marks)))
    assert step.why == (
        "Only r1c1 can hold it there: in r1c2 and r1c3 it is struck, and the other open cells see "
        "the 5 in r2c4 or r3c7."
    )


def test_singles_do_not_point_at_the_cell_first() -> None:
    board = sudoku()
    single = step_of("naked single", board, {"r5c5": "3"})
    assert single.where == "Look for a cell in row 5 with one candidate."
    assert single.area(board) == set(board.units[4])
    assert single.groups == (((cell_of(board, "r5c5"), 3),),)


def test_a_subset_says_who_sees_it_from_outside() -> None:
    pair = step_of("naked pair", sudoku(), {"r1c12": "12"})
    assert pair.where == "Look for 2 cells in row 1 with 2 candidates between them."
    assert pair.why == (
        "r1c1 and r1c2 have only 1 and 2 between them and take one each: none is left for another "
        "cell of row 1. r2c1, r2c2, r2c3, r3c1, r3c2 and r3c3 see every 1 and 2 among them too."
    )
    apart = step_of("naked pair", sudoku(), {"r1c15": "12"})
    assert apart.why.endswith("none is left for another cell of row 1.")


def test_a_fish_and_its_fins() -> None:
    board = sudoku()
    plain = step_of("X-wing", board, {rest(2, "38"): "-5", rest(7, "38"): "-5"})
    assert plain.where == "Look for 5 in rows 2 and 7."
    assert plain.why == (
        "There it stands nowhere but in columns 3 and 8, so that rows 2 and 7 take the 5 of both "
        "of these: none is left for another cell there."
    )
    assert plain.area(board) == {*board.units[1], *board.units[6]} and len(plain.groups) == 1
    finned = step_of("finned X-wing", board, {rest(2, "389"): "-5", rest(7, "38"): "-5"})
    assert finned.why == (
        "Unless it is in r2c9, every 5 of rows 2 and 7 is in column 3 or 8, so that rows 2 and 7 "
        "take the 5 of both of these; r1c8 and r3c8 see r2c9 and are in column 8."
    )
    body, fins = finned.groups
    assert fins == ((cell_of(board, "r2c9"), 5),) and len(body) == 4


def test_a_chain_is_told_link_by_link() -> None:
    board = sudoku()
    step = step_of(
        "alternating inference chain",
        board,
        {"r1c1": "12", column(5, "15"): "-2", "r5c8": "24", "r9c8": "14"},
    )
    assert step.where == "Look at r1c1 and r9c8, and at what links them."
    assert step.why == (
        "If r1c1 is not 1, it is 2; so r1c5 is not 2, and r5c5 is 2 (column 5); so r5c8 is not 2 "
        "but 4; so r9c8 is not 4 but 1. So 1 is in r1c1 or r9c8; r1c8 and r9c1 see both of them."
    )
    marks = [(cell_of(board, name), value) for name, value in CHAIN]
    assert step.groups == (tuple(marks[::2]), tuple(marks[1::2]))
    pairs = pairwise(marks)
    assert step.links == tuple((*pair, at % 2 == 0) for at, pair in enumerate(pairs))


CHAIN = (
    *(("r1c1", 1), ("r1c1", 2), ("r1c5", 2), ("r5c5", 2)),
    *(("r5c8", 2), ("r5c8", 4), ("r9c8", 4), ("r9c8", 1)),
)


def test_a_loop_says_that_it_closes() -> None:
    step = step_of("XY-chain", latin(9), {"r1c1": "12", "r1c5": "23", "r5c5": "34", "r5c1": "14"})
    assert "so the chain is a loop: of every two candidates that follow one another" in step.why
    assert step.links[-1][:2] == (step.links[-2].end, step.links[0].start)


def test_groups_of_places_are_told_as_such() -> None:
    step = step_of(
        "grouped inference chain",
        sudoku(),
        {"r1c1": "12", "r5c4": "12", column(5, "1456"): "-2"},
    )
    assert "and one of r4c5, r5c5 and r6c5 is 2 (column 5)" in step.why
    empty = step_of("empty rectangle", sudoku(), {"r4c46 r6c46": "-5", column(2, "59"): "-5"})
    assert "is 5 (box 5)" in empty.why or "of r4c5 and r6c5 is 5" in empty.why


def test_sets_are_called_by_letters() -> None:
    step = step_of("ALS-XZ", sudoku(), {"r1c1": "123", "r1c2": "23", "r5c1": "14", "r5c5": "34"})
    assert step.where == "Look at r1c1 and r1c2; r5c1 and r5c5."
    assert step.why == (
        "A is r1c1 and r1c2 with 1, 2 and 3; B is r5c1 and r5c5 with 1, 3 and 4: each has one "
        "value more than cells. Only one of A and B holds 1, since its places in one see those in "
        "the other; the one that lacks it holds 3; r1c5 sees every 3 of both."
    )
    assert [len(group) for group in step.groups] == [5, 4]


def test_cases_and_suppositions_are_told_in_order() -> None:
    step = step_of(
        "forcing chain",
        sudoku(),
        {"r1c1": "123", "r1c9": "14", "r9c1": "24", "r2c2": "35", "r2c9": "45"},
    )
    assert step.where == "Look at r1c1."
    assert step.why == (
        "It is 1, 2 or 3. If r1c1 is 1, then r1c9 is not 1 but 4; so r9c9 is not 4. If r1c1 is 2, "
        "then r9c1 is not 2 but 4; so r9c9 is not 4. If r1c1 is 3, then r2c2 is not 3 but 5; so "
        "r2c9 is not 5 but 4; so r9c9 is not 4."
    )
    net = step_of("forcing net", latin(9), {rest(5, "19"): "-5", rest(9, "19"): "-5"})
    assert net.where.endswith(", and try its candidates.")
    assert net.why.startswith("Suppose that r1c1 is 5. Then ")
    assert "left for 5 in" in net.why


def test_old_words_are_gone() -> None:
    path = solve_path(filled(sudoku(2, 2), {"r1c1": 1, "r1c2": 2, "r2c3": 1, "r3c2": 3}).puzzle)
    for step in path.steps:
        for old in ("only place there", "lost it before", "all in", "loses that value"):
            assert old not in step.text


def test_techniques_up_to_a_level() -> None:
    state = position(sudoku(), {"r1c1": "12", "r1c5": "13", "r5c1": "23"})
    hard = next_step(state, "hard")
    assert hard is not None and hard.technique == "XY-wing" and hard == next_step(state)
    assert next_step(state, "medium") is None
    puzzle = filled(sudoku(2, 2), {"r1c1": 1, "r1c2": 2, "r2c3": 1, "r3c2": 3}).puzzle
    assert grade(puzzle, most="easy").level in ("easy", LEVELS[-1])

"""Techniques of rules on positions small enough to check by hand, and what is said of them."""

from __future__ import annotations

import pytest

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.families import grid, latin, sudoku, with_rules
from vmd_solver.csp.puzzle import Rule
from vmd_solver.csp.rules import (
    AntiKnight,
    Arrow,
    CountingCircles,
    Different,
    Even,
    Killer,
    Sandwich,
    Takuzu,
    Thermo,
)
from vmd_solver.techniques import BY_NAME, State, Step, next_step, solve_path


def ruled(*rules: Rule, board: Board | None = None, **filled: int) -> State:
    """The state of a 9x9 sudoku, or another board, with rules and some cells filled."""
    board = with_rules(board or sudoku(), rules)
    givens = [0] * board.n
    for name, value in filled.items():
        row, col = name[1:].split("c")
        givens[(int(row) - 1) * board.cols + int(col) - 1] = value
    return State.of(Puzzle(board, tuple(givens)))


def first(technique: str, state: State) -> Step:
    return next(BY_NAME[technique].steps(state))


def test_comparison_says_what_the_rule_says() -> None:
    state = ruled(Thermo((0, 10, 20)), r2c2=4)
    step = first("comparison", state)
    assert step == next_step(state)
    assert step.text == (
        "Look at thermo in r1c1 and r2c2. Numbers rise from the first cell, the bulb, to the last. "
        "No number that is left in r2c2 goes with 5, 6, 7, 8 or 9 in r1c1. "
        "So strike 5, 6, 7, 8 and 9 from r1c1."
    )
    assert step.cells == (0, 10)


def test_cage_combinations_name_the_sets() -> None:
    step = first("cage combinations", ruled(Killer(7, (0, 1, 9))))
    assert step.where == "Look at killer of 7 in r1c1, r1c2 and r2c1."
    assert "The cells can hold 1 2 4: no way" in step.why
    assert step.follows == "So strike 3, 5, 6, 7, 8 and 9 from r1c1, r1c2 and r2c1."


@pytest.mark.parametrize(
    ("technique", "cages", "sum", "follows"),
    [
        # Eight cells of row 1 make 40: the ninth is 5.
        ("45 rule", [(17, (0, 1, 2, 3)), (23, (4, 5, 6, 7))], "r1c9 inside is 5", "r1c9"),
        # Cages that cover row 1 and a cell below it make 48: that cell is 3.
        (
            "45 rule",
            [(15, (0, 1, 2)), (15, (3, 4, 5)), (18, (6, 7, 8, 17))],
            "r2c9 outside is 3",
            "r2c9",
        ),
        (
            "45 rule of several",
            [(41, (2, 3, 4, 5, 6, 7, 17)), (45, (8, *range(9, 17)))],
            "r1c1 and r1c2 inside is 4",
            "r1c1 and r1c2",
        ),
    ],
)
def test_sums_of_whole_units(
    technique: str, cages: list[tuple[int, tuple[int, ...]]], sum: str, follows: str
) -> None:
    step = first(technique, ruled(*(Killer(total, cells) for total, cells in cages)))
    assert f"the sum of {sum}" in step.why
    assert step.follows.endswith(f"from {follows}.")


def test_a_rule_by_cases() -> None:
    step = first("rule by cases", ruled(Sandwich(2, tuple(range(9))), r1c1=1))
    assert step.where == "Look at sandwich of 2 in row 1."
    left = {cell: {value for at, value in step.eliminations if at == cell} for cell in (1, 2, 3)}
    assert left == {1: {3, 4, 5, 6, 7, 8, 9}, 2: {2, 3, 4, 5, 6, 7, 8}, 3: {9}}
    arrow = first("rule by cases", ruled(Arrow((0, 1, 2))))
    assert set(arrow.eliminations) == {(0, 1), (1, 9), (2, 9)}


def test_hidden_cells_are_thought_through_with_their_rule() -> None:
    # One circle: the number in it is 1. Two in a row differ, and cannot be 1 and 2.
    step = first("rule by cases", ruled(CountingCircles((0,))))
    assert set(step.eliminations) == {(0, value) for value in range(2, 10)}


def test_candidates_begin_with_what_rules_allow() -> None:
    state = ruled(Even((0,)), AntiKnight(), r3c2=4)
    assert state.candidates[0] == 0b10100010  # 2, 6 and 8


def test_numbers_are_those_of_the_board() -> None:
    board = grid(4, 4, 2, ())
    puzzle = Puzzle(
        with_rules(Board(**{**vars_of(board), "low": 0}), [Takuzu()]), (2, 2) + (0,) * 14
    )
    step = solve_path(puzzle).steps[0]
    assert step.where == "Look at takuzu in r1c1, r1c2, r1c3 and r1c4."
    assert step.follows == "So strike 1 from r1c3 and r1c4."


def vars_of(board: Board) -> dict[str, object]:
    return {name: getattr(board, name) for name in board.__dataclass_fields__}


def test_a_broken_rule_is_a_problem() -> None:
    state = ruled(Killer(7, (0, 1)), r1c1=1, r1c2=2)
    assert "killer of 7 is broken" in state.problem
    assert next_step(state) is None
    assert not ruled(Killer(7, (0, 1)), r1c1=1).problem


def test_units_of_rules_are_called_by_them() -> None:
    state = ruled(Different((0, 10, 20)))
    number = len(state.puzzle.board.units) - 1
    assert state.words.unit(number) == "different in r1c1, r2c2 and r3c3"
    assert state.words.unit(0) == "row 1"


def test_no_rectangle_is_called_unique_where_rules_may_tell_its_corners_apart() -> None:
    marks = [0b111111111] * 81
    for cell in (0, 1, 27):
        marks[cell] = 0b11
    for rules, found in (((), True), ((Thermo((0, 1)),), False)):
        board = with_rules(sudoku(), rules)
        state = State.of(board.empty(), candidates=marks, unique=True)
        assert any(BY_NAME["unique rectangle"].steps(state)) == found


def test_boards_without_rules_have_no_steps_of_rules() -> None:
    state = State.of(latin(4).empty())
    for name in ("comparison", "cage combinations", "45 rule", "rule by cases"):
        assert not any(BY_NAME[name].steps(state))

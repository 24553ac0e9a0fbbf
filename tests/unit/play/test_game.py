"""Moves, marks, mistakes, savepoints: the game without any screen."""

from __future__ import annotations

import pytest

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, with_rules
from vmd_solver.csp.rules import Difference, Odd, Thermo
from vmd_solver.play import Game, SolutionCount, analyse
from vmd_solver.play.analysis import grade_words, graded
from vmd_solver.play.game import Rules, Stopwatch
from vmd_solver.techniques import Grade, grade

GIVENS = (1, 2, 0, 0) + (0,) * 8 + (0, 0, 2, 1)
SOLUTION = (1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1)


@pytest.fixture
def game() -> Game:
    return Game(Puzzle(sudoku(2, 2), GIVENS))


@pytest.fixture
def analysed() -> Game:
    puzzle = Puzzle(sudoku(2, 2), (1, 0, 3, 0, 0, 4, 0, 2, 2, 0, 4, 0, 0, 3, 0, 1))
    game = Game(puzzle)
    game.solution_count = analyse(puzzle)
    assert game.solution_count == SolutionCount("one", SOLUTION)
    return game


def test_givens_never_change(game: Game) -> None:
    assert not game.enter([0], 3)
    assert not game.clear([0])
    assert not game.mark([0], 3)
    assert game.values == list(GIVENS)


def test_entering_the_same_value_again_is_no_move(game: Game) -> None:
    assert game.enter([4], 3)
    assert not game.enter([4], 3)
    assert len(game.done) == 1


def test_entering_cleans_the_marks_of_peers_and_of_no_one_else(game: Game) -> None:
    for cell in (5, 6, 11):
        game.mark([cell], 3)
    game.enter([4], 3)
    assert [game.marks[cell] for cell in (5, 6, 11)] == [0, 0, 0b100]
    game.undo()
    assert [game.marks[cell] for cell in (5, 6, 11)] == [0b100, 0b100, 0b100]


def test_without_cleaning_marks_stay(game: Game) -> None:
    game.mark([5], 3)
    game.enter([4], 3, clean=False)
    assert game.marks[5] == 0b100


def test_marks_lie_beneath_a_value(game: Game) -> None:
    game.mark([4], 3)
    game.mark([4], 4)
    game.enter([4], 3)
    assert not game.mark([4], 1)
    game.clear([4])
    assert (game.values[4], game.marks[4]) == (0, 0b1100)
    game.clear([4])
    assert game.marks[4] == 0


def test_several_cells_are_one_move(game: Game) -> None:
    assert game.mark([2, 3, 4], 3, corner=True)
    assert [game.cells[cell].corners for cell in (2, 3, 4)] == [4, 4, 4]
    assert game.mark([2], 3, corner=True)
    assert game.mark([2, 3], 3, corner=True), "not all of them have it"
    assert [game.cells[cell].corners for cell in (2, 3)] == [4, 4]
    assert game.enter([0, 2, 7], 3)
    assert (game.values[0], game.values[2], game.values[7]) == (1, 3, 3)
    assert game.cells[3].corners == 0, "a peer of one of them"
    assert len(game.done) == 4
    assert game.clear([0, 2, 7])
    assert game.values == list(GIVENS)


def test_colours_are_moves_and_cleared_last(game: Game) -> None:
    assert game.paint([0, 2], 4)
    assert not game.clear([0]) or game.cells[0].colour == 0
    game.mark([2], 3)
    assert game.clear([2])
    assert (game.marks[2], game.cells[2].colour) == (0, 4)
    assert game.paint([2], 4)
    assert game.cells[2].colour == 0
    assert game.undo()
    assert game.cells[2].colour == 4


def test_candidates_respect_filled_cells(game: Game) -> None:
    game.enter([4], 3)
    game.fill_candidates()
    assert [bin(game.marks[cell]) for cell in (2, 3, 5)] == ["0b1100", "0b1100", "0b1000"]
    assert all(not game.marks[cell] for cell, value in enumerate(game.values) if value)


def test_candidates_of_one_cell(game: Game) -> None:
    assert game.fill_candidates([2])
    assert [cell for cell, mask in enumerate(game.marks) if mask] == [2]


def test_a_new_move_forgets_what_was_undone_but_no_move_does_not(game: Game) -> None:
    game.enter([2], 3)
    game.undo()
    assert not game.clear([2])
    assert game.redo()
    game.undo()
    game.enter([2], 4)
    assert not game.redo()


def test_restart_can_be_undone(game: Game) -> None:
    game.enter([2], 3)
    game.mark([3], 4)
    assert game.restart()
    assert game.values == list(GIVENS)
    assert not any(game.marks)
    game.undo()
    assert (game.values[2], game.marks[3]) == (3, 0b1000)


def test_conflicts_name_every_cell_of_a_clash(game: Game) -> None:
    game.enter([8], 1)
    assert game.conflicts() == {0, 8}
    game.enter([9], 1)
    assert game.conflicts() == {0, 8, 9}


def test_wrong_entries_need_a_single_solution(analysed: Game) -> None:
    analysed.enter([1], 4)
    analysed.enter([3], 4)
    assert analysed.wrong() == {1}
    analysed.solution_count = SolutionCount("several")
    assert analysed.wrong() == set()


def test_undo_to_before_the_first_mistake(analysed: Game) -> None:
    analysed.enter([1], 2)
    analysed.enter([3], 3)  # wrong
    analysed.enter([4], 3)
    analysed.enter([6], 4)  # wrong
    assert analysed.undo_mistakes() == 3
    assert analysed.values[1] == 2
    assert not analysed.wrong()
    assert analysed.helped
    assert analysed.redo()


def test_without_mistakes_nothing_is_undone(analysed: Game) -> None:
    analysed.enter([1], 2)
    assert analysed.undo_mistakes() == 0
    assert not analysed.helped


def test_without_a_solution_mistakes_are_broken_rules(game: Game) -> None:
    game.solution_count = SolutionCount("several")
    game.enter([4], 3)
    game.enter([5], 3)
    game.enter([6], 4)
    assert game.undo_mistakes() == 2
    assert not game.helped


def test_savepoints_are_returned_to_by_a_move(game: Game) -> None:
    game.enter([2], 3)
    point = game.save_point("before the guess")
    game.enter([3], 4)
    game.mark([4], 3)
    assert game.return_to(point)
    assert (game.values[3], game.marks[4]) == (0, 0)
    assert game.undo()
    assert game.values[3] == 4
    game.forget_point(point)
    assert game.savepoints == []


def test_dead_cells_have_no_value_left(game: Game) -> None:
    game.enter([4], 3)
    game.enter([6], 4, clean=False)
    assert game.dead() == {5}


def test_possible_cells_follow_the_rules_and_the_marks(game: Game) -> None:
    assert game.possible(3) >= {2, 3, 4, 5}
    game.mark([2], 4)
    assert 2 not in game.possible(3)


def test_left_counts_what_is_missing(game: Game) -> None:
    assert game.left() == [2, 2, 4, 4]
    for cell in (4, 5, 6, 7, 8):
        game.enter([cell], 3)
    assert game.left()[2] == -1


def test_left_of_a_free_grid_needs_the_solution() -> None:
    board = grid(1, 4, 3, [(0, 1, 2), (1, 2, 3)])
    game = Game(Puzzle(board, (1, 2, 0, 0)))
    assert game.left() == [None, None, None]
    game.solution_count = analyse(game.puzzle)
    assert game.left() == [1, 0, 1]


def test_a_finished_game_stops_its_time_and_finishes_once(analysed: Game) -> None:
    now = [0.0]
    analysed.watch = Stopwatch(clock=lambda: now[0])
    analysed.watch.start()
    for cell, value in enumerate(SOLUTION):
        analysed.enter([cell], value)
    now[0] = 5.0
    assert analysed.finish()
    now[0] = 9.0
    assert analysed.watch.elapsed_s == 5.0
    analysed.clear([1])
    assert not analysed.finish()
    analysed.enter([1], 2)
    assert analysed.is_solved()
    assert not analysed.finish()


def test_a_full_board_with_a_conflict_is_not_solved(analysed: Game) -> None:
    for cell, value in enumerate(SOLUTION):
        analysed.enter([cell], value)
    analysed.enter([1], 3)
    assert not analysed.open_cells
    assert not analysed.finish()


@pytest.mark.parametrize(
    ("board", "places"),
    [
        (sudoku(2, 2), 4),
        (latin(5), 5),
        (jigsaw((0, 0, 1, 1) * 2 + (2, 2, 3, 3) * 2), 4),
        (grid(2, 2, 2, [(0, 1)]), None),
    ],
)
def test_how_often_a_value_occurs(board: object, places: int | None) -> None:
    assert Rules(board).places == places  # type: ignore[arg-type]


def test_the_stopwatch_does_not_count_pauses() -> None:
    now = [10.0]
    watch = Stopwatch(2.0, lambda: now[0])
    watch.start()
    now[0] = 13.0
    watch.start()  # no second start
    assert watch.elapsed_s == 5.0
    watch.stop()
    now[0] = 99.0
    assert watch.elapsed_s == 5.0
    watch.start()
    now[0] = 100.0
    assert watch.elapsed_s == 6.0


def test_verdicts() -> None:
    board = sudoku(2, 2)
    assert analyse(board.empty()).kind == "several"
    assert analyse(Puzzle(board, (1, 1) + (0,) * 14)).kind == "none"
    assert analyse(Puzzle(board, (1, 2, 0, 0, 0, 0, 3, 0, 0, 0, 4, 0) + (0,) * 4)).kind == "none"
    hard = Puzzle(sudoku(5, 5), (0,) * 625)
    assert analyse(hard, lambda: True).kind in ("undecided", "several")
    assert analyse(hard, time_limit_s=0.0).kind in ("undecided", "several")


def test_the_grade_of_a_puzzle_can_be_waited_for_or_not(analysed: Game) -> None:
    found = graded(analysed.puzzle)
    assert found == grade(analysed.puzzle, unique=True)
    assert graded(analysed.puzzle, lambda: True) is None
    assert "Beyond" in grade_words(Grade("swordfish", "beyond", 9))
    assert grade_words(Grade("", "easy", 0)) == "Easy. Score 0."


def test_candidates_keep_rules_of_one_cell_and_of_two() -> None:
    board = with_rules(sudoku(2, 2), [Thermo((5, 6)), Odd((0,)), Difference(1, (3, 7))])
    game = Game(Puzzle(board, (0,) * 5 + (3,) + (0,) * 10))
    assert game.fill_candidates([0, 3, 6, 7])
    assert [game.marks[cell] for cell in (0, 3, 6, 7)] == [0b0001, 0b1111, 0b1000, 0b1011]
    assert game.enter([7], 1, clean=False) and game.fill_candidates([3])
    assert game.marks[3] == 0b0010

"""Hints: staged, sound, and silent about nothing that is wrong on the board."""

from __future__ import annotations

import pytest

from vmd_solver.csp.families import latin
from vmd_solver.formats import parse
from vmd_solver.play import Game, judge, opening
from vmd_solver.play.hints import hint, obstacle, state_of, take
from vmd_solver.techniques import Step


def judged(name: str) -> Game:
    (entry,) = opening.entries(f"puzzles/{name}.txt")
    assert entry.puzzle is not None
    game = Game(entry.puzzle)
    game.verdict = judge(entry.puzzle)
    return game


@pytest.mark.parametrize("name", ["easy", "medium"])
def test_hints_taken_lead_to_the_solution_or_stop_without_a_mistake(name: str) -> None:
    game = judged(name)
    while not game.is_solved() and isinstance(step := hint(state_of(game)), Step):
        assert take(game, step)
        assert not obstacle(game)
    assert game.is_solved() or name != "easy"


def test_a_step_taken_is_one_move() -> None:
    game = judged("easy")
    before = list(game.values)
    step = hint(state_of(game))
    assert isinstance(step, Step)
    take(game, step)
    game.undo()
    assert list(game.values) == before


def test_struck_candidates_become_marks() -> None:
    game = judged("medium")
    step = Step("", "", "", (), eliminations=((game.values.index(0), 1),))
    cell = game.values.index(0)
    candidates = game.rules.candidates(game.values)[cell]
    assert take(game, step)
    assert game.marks[cell] == candidates & ~1


def test_mistakes_come_before_hints() -> None:
    game = judged("easy")
    assert game.verdict.solution is not None
    cell = game.values.index(0)
    right = game.verdict.solution[cell]
    assert obstacle(game) == ""
    game.mark(cell, right % 9 + 1)
    assert "leave out" in obstacle(game)
    game.enter(cell, right % 9 + 1)
    assert "mistake" in obstacle(game)


def test_no_step_is_said_in_words() -> None:
    assert hint(state_of(Game(latin(4).empty()))) == "No technique known here applies."
    stuck = Game(parse("1...2..........."))
    stuck.enter(1, 1)
    assert "repeats" in str(hint(state_of(stuck)))

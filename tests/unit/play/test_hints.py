"""Hints: staged, sound, and silent about nothing that is wrong on the board."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import FakeDenoiser, oracle

from vmd_solver.csp.families import latin
from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.formats import parse
from vmd_solver.play import Game, analyse, opening
from vmd_solver.play.analysis import STUCK, hint, opinion, state_of, take
from vmd_solver.play.game import mask_values
from vmd_solver.techniques import Step


def analysed(name: str) -> Game:
    (entry,) = opening.entries(f"puzzles/{name}.txt")
    assert entry.puzzle is not None
    game = Game(entry.puzzle)
    game.solution_count = analyse(entry.puzzle)
    return game


@pytest.mark.parametrize("name", ["easy", "medium"])
def test_hints_taken_lead_to_the_solution_or_stop_without_a_mistake(name: str) -> None:
    game = analysed(name)
    while not game.is_solved() and isinstance(step := hint(state_of(game)), Step):
        assert take(game, step)
        assert not game.mistakes()
    assert game.is_solved() or name != "easy"


def test_a_step_taken_is_one_move() -> None:
    game = analysed("easy")
    before = list(game.values)
    step = hint(state_of(game))
    assert isinstance(step, Step)
    take(game, step)
    game.undo()
    assert list(game.values) == before


def test_struck_candidates_become_marks() -> None:
    game = analysed("medium")
    step = Step("", "", "", (), eliminations=((game.values.index(0), 1),))
    cell = game.values.index(0)
    candidates = game.rules.candidates(game.values)[cell]
    assert take(game, step)
    assert game.marks[cell] == candidates & ~1


def test_marks_are_notes_until_every_open_cell_has_some() -> None:
    """A pair of places, pencilled into two cells, is not all that these cells can hold."""
    game = analysed("easy")
    without = state_of(game).candidates
    cell = game.values.index(0)
    game.mark([cell], next(mask_values(without[cell])))
    assert state_of(game).candidates == without
    game.fill_candidates()
    several = next(at for at, mask in enumerate(without) if mask.bit_count() > 1)
    assert game.solution_count.solution is not None
    right = game.solution_count.solution[several]
    game.mark([several], next(v for v in mask_values(without[several]) if v != right))
    assert state_of(game).candidates[several] == game.marks[several] != without[several]


def test_marks_that_leave_a_value_out_do_not_end_hints() -> None:
    game = analysed("easy")
    game.fill_candidates()
    cell = game.values.index(0)
    assert game.solution_count.solution is not None
    game.mark([cell], game.solution_count.solution[cell])
    while not game.is_solved() and isinstance(step := hint(state_of(game)), Step):
        take(game, step)
    assert game.is_solved()


def test_no_step_is_reported_in_words() -> None:
    assert hint(state_of(Game(latin(4).empty()))) == STUCK
    stuck = Game(parse("1...2..........."))
    stuck.enter([1], 1)
    assert "repeats" in str(hint(state_of(stuck)))


def test_an_opinion_is_of_an_open_cell_and_of_what_its_candidates_allow() -> None:
    game = analysed("medium")
    assert game.solution_count.solution is not None
    state = state_of(game)
    found = opinion(state, oracle(np.array(game.solution_count.solution)))
    assert game.values[found.cell] == 0
    assert found.value == game.solution_count.solution[found.cell]
    assert 0.99 < found.probability <= 1
    assert found == opinion(state, oracle(np.array(game.solution_count.solution)))


def test_an_opinion_is_the_mean_over_latents() -> None:
    """Half of the latents are sure of one value, half of another; one cell is always 0.7."""
    game = Game(latin(4).empty())
    game.enter([0], 1)

    def logits(x_t: Ints, allowed: Floats, z: Floats) -> Floats:
        p = np.full(allowed.shape, 0.25, dtype=np.float32)
        p[::2, 1], p[1::2, 1] = (0.97, 0.01, 0.01, 0.01), (0.01, 0.97, 0.01, 0.01)
        p[:, 2] = (0.1, 0.1, 0.7, 0.1)
        return np.log(p)

    found = opinion(state_of(game), FakeDenoiser("torn", logits))
    assert (found.cell, found.value) == (2, 3)
    assert found.probability == pytest.approx(0.7 / 0.9, abs=0.01), "1 is closed in that row"

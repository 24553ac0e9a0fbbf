"""The comparison of orders of search: what it asks, and how it sums up."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.order import of_puzzle, predicted, summed
from vmd_solver import denoiser, load
from vmd_solver.assets import model_folder
from vmd_solver.csp import exact
from vmd_solver.denoiser import Denoiser
from vmd_training.evaluation.sets import propagated


@pytest.fixture(scope="module")
def grids() -> Denoiser:
    return denoiser.load(model_folder(None), "cpu", 1)


def test_the_prediction_keeps_to_what_propagation_leaves(grids: Denoiser) -> None:
    puzzle = load("puzzles/rules-signs.txt")[0]
    p, masks = predicted(grids, puzzle, 2), propagated(puzzle)[0]
    assert p.shape == (puzzle.board.n, puzzle.board.D)
    assert p.sum(axis=1) == pytest.approx(np.ones(puzzle.board.n), abs=1e-4)
    gone = (masks[:, None] >> np.arange(puzzle.board.D, dtype=np.uint64)) & np.uint64(1) == 0
    assert p[gone].max() < 1e-6


def test_each_way_is_asked_of_a_puzzle(grids: Denoiser) -> None:
    hard = load("puzzles/hard-100.sdm")
    puzzle = max(hard, key=lambda one: exact.count(one, 1).guesses)
    row = of_puzzle(grids, puzzle, 1, 10_000)
    assert row["own"] == exact.count(puzzle, 1).guesses > 1
    assert row["calls"] >= 1
    assert min(row[key] for key in ("own_s", "calls_s", "model_s", "guided_s")) >= 0


def test_a_family_is_the_sum_of_its_puzzles() -> None:
    rows = [
        {"own": 9, "model": 0, "guided": 3, "calls": 1, "own_s": 1.0, "calls_s": 0.5},
        {"own": 0, "model": 9, "guided": 3, "calls": 0, "own_s": 2.0, "calls_s": 0.5},
    ]
    row = summed("two", rows)
    assert (row["family"], row["open"], row["own"], row["guided"], row["own_s"]) == (
        "two",
        2,
        9,
        6,
        3,
    )
    assert (row["ratio"], row["fewer"], row["more"]) == (pytest.approx(1.0), 1, 1)

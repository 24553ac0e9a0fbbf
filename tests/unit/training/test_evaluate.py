"""Evaluation counts what is right, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import full_grids
from vmd_training import evaluate
from vmd_training.generate import held_out
from vmd_training.graph import Grid
from vmd_training.model import VMD
from vmd_training.recipes import Group

BOARD = sudoku(2, 2)


def test_valid_grids_break_no_unit() -> None:
    grids = full_grids(BOARD, 20, 0)
    assert evaluate.valid(grids, BOARD).all()
    for cell in range(16):
        wrong = grids.copy()
        wrong[:, cell] = wrong[:, cell] % 4 + 1
        assert not evaluate.valid(wrong, BOARD).any()


class Oracle(torch.nn.Module):
    """Knows all solutions, and tells from its second call on (its state counts the calls)."""

    def __init__(self, solutions: np.ndarray) -> None:
        super().__init__()
        self.sharpness = torch.nn.Parameter(torch.ones(()))
        self.solutions = torch.from_numpy(solutions.astype(np.int64))

    def forward(self, grid: Grid, z: Tensor, h: Tensor, loops: int) -> tuple[Tensor, Tensor]:
        agree = ((grid.x_t[:, None] == self.solutions) | (grid.x_t[:, None] == 0)).all(dim=-1)
        answer = self.solutions[agree.float().argmax(dim=1)]
        if float(h.mean()) < 1:
            answer = answer % 4 + 1
        return self.sharpness * torch.nn.functional.one_hot(answer - 1, 4)[None], h + 1


def test_solve_rates_by_number_of_calls(group: Group, model_of: Callable[[str], VMD]) -> None:
    (pack,) = held_out(group, 70, seed=0)
    model = model_of("candidate")
    known = pack.solutions[:35]
    model.denoiser = Oracle(known)  # type: ignore[assignment]
    solved = [(known == row).all(axis=1).any() for row in pack.solutions]
    rates = evaluate.solve_rates(model, (pack,), (1, 2), loops=1)
    assert rates == {"1x1": 0, "2x1": pytest.approx(np.mean(solved))}
    assert 0.5 <= rates["2x1"] < 1


def test_an_empty_board_is_filled_by_drawing(model_of: Callable[[str], VMD]) -> None:
    model = model_of("none")
    model.denoiser = oracle = Oracle(full_grids(BOARD, 1, 0))  # type: ignore[assignment]
    model.start = lambda grid: torch.ones(*grid.allowed.shape, 1)  # type: ignore[method-assign]
    assert evaluate.valid_from_empty(model, BOARD, 50, loops=1) < 0.5  # e to 1 for what is right
    oracle.sharpness.data *= 50
    assert evaluate.valid_from_empty(model, BOARD, 50, loops=1) == 1


def test_the_score_weighs_groups(
    group: Group, model_of: Callable[[str], VMD], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "FINAL_PUZZLES", 6)
    monkeypatch.setattr(evaluate, "EMPTY_GRIDS", 2)
    rates = iter((0.5, 0.9))
    monkeypatch.setattr(
        evaluate,
        "solve_rates",
        lambda model, packs, calls, loops: dict.fromkeys(("1x2", "4x2", "10x2"), next(rates)),
    )
    groups = (group, replace(group, name="other", weight=3.0))
    metrics = evaluate.final(model_of("none"), groups, seed=0, loops=2)
    assert metrics["score"] == pytest.approx((0.5 + 3 * 0.9) / 4)
    assert metrics["solve_rate"]["other"] == {"1x2": 0.9, "4x2": 0.9, "10x2": 0.9}
    assert metrics["puzzles"] == {"tiny": 6, "other": 6}
    assert set(metrics["valid_empty"]) == {"4x4", "9x9"}

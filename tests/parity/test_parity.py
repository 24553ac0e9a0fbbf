"""torch and ONNX Runtime say the same, at the sizes that `vmd_solver` meets.

Random weights, heads included. The tolerances are for a tiny model over several calls; what an
export of a trained one must keep is `vmd_training.export.LOGIT_TOLERANCE`, checked at every export.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vmd_solver.csp import Board, rules
from vmd_solver.csp.families import latin, sudoku, sudoku_x, with_rules
from vmd_solver.csp.generate import random_grid
from vmd_solver.denoiser.onnx import OnnxDenoiser
from vmd_training.evaluate import grid_on
from vmd_training.export import LOGIT_TOLERANCE, export
from vmd_training.model import VMD, ModelConfig

LOOPS, CALLS = 2, 3
MIX = (rules.Killer(9, (0, 1, 6)), rules.Greater((2, 3)), rules.Skyscraper(2, (4, 10, 16, 22)))
TOLERANCE = 1e-4
"""Largest difference of a logit, in nats, after CALLS calls that carry the hidden state."""

BOARDS: dict[str, Callable[[], Board]] = {
    "4x4": lambda: sudoku(2, 2),
    "9x9": lambda: sudoku(3, 3),
    "16x16": lambda: sudoku(4, 4),
}
OTHERS: dict[str, Callable[[], Board]] = {
    "X": lambda: sudoku_x(3, 3),
    "latin": lambda: latin(5),
    "incomplete units": lambda: random_grid(3, 4, 6, 0)[0],
    "rules": lambda: with_rules(sudoku(2, 3), MIX),
    "relations": lambda: with_rules(latin(5), [rules.Greater((0, 1)), rules.Thermo((5, 6, 12))]),
    "automata": lambda: with_rules(latin(4), [rules.Sum(8, (0, 5, 10)), rules.Sum(5, (3, 2))]),
    "hidden cells": lambda: with_rules(latin(4), [rules.CountingCircles((0, 1, 2, 5))]),
}
KINDS: dict[str, dict[str, Any]] = {
    "ruled": {"latent": "candidate", "links": 3},
    "none": {"latent": "none"},
    "global": {"latent": "global"},
    "candidate": {"latent": "candidate"},
}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[VMD, OnnxDenoiser]]:
    """A tiny model of each kind, in torch and as exported."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return {kind: _pair(kind, tmp_path_factory.mktemp("parity")) for kind in KINDS}


def _pair(kind: str, folder: Path) -> tuple[VMD, OnnxDenoiser]:
    widths = {"d": 8, "messages": 8, "hidden": 8, "patterns": 5, "latent_d": 4, "latent_loops": 2}
    config = ModelConfig(**widths, **KINDS[kind])
    model = VMD(config).eval()
    for parameter in model.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "vmd_training.export.PARITY_BATCHES", (1,)
        )  # the tests below take all of them
        export(model, folder / kind, kind, LOOPS, {})
    return model, OnnxDenoiser(folder / kind, "cpu", threads=1)


def puzzle(board: Board, B: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x_t (B, n), allowed (B, n, D) and values x0 (B, n) that agree with both."""
    rng = np.random.default_rng(B)
    x0 = rng.integers(1, board.D + 1, (B, board.n))
    x_t = np.where(rng.random(x0.shape) < 0.3, x0, 0)
    answer = x0[..., None] == np.arange(1, board.D + 1)
    allowed = (rng.random(answer.shape) < 0.8) | answer
    return x_t, allowed.astype(np.float32), x0


def assert_same_calls(model: VMD, denoiser: OnnxDenoiser, board: Board, B: int) -> None:
    """Several calls, each from the other's state of before: logits and choices agree."""
    x_t, allowed, _ = puzzle(board, B)
    grid = grid_on([board], x_t, allowed, denoiser.ruled)
    z = denoiser.draw(board, x_t, allowed, np.random.default_rng(0), learned=False)
    state = denoiser.start(board, B)
    h = model.start(grid)
    for _ in range(CALLS):
        logits, state = denoiser(board, x_t, allowed, z, state)
        with torch.no_grad():
            expected, h = model.denoiser(grid, model.spread(torch.from_numpy(z), grid), h, LOOPS)
        want = expected[-1, :, : board.n].numpy()
        np.testing.assert_allclose(logits, want, rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(state, h.numpy(), rtol=0, atol=TOLERANCE)
        second, best = np.sort(want, axis=-1)[..., -2:].transpose(2, 0, 1)
        tied = best - second < 2 * TOLERANCE
        assert ((logits.argmax(-1) == want.argmax(-1)) | tied).all()
        assert tied.mean() < 0.5  # without z, values that nothing tells apart are tied
        assert len(np.unique(want.argmax(-1))) > 1


@pytest.mark.parametrize("B", [1, 2, 7, 64])
@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
@pytest.mark.parametrize("kind", KINDS)
def test_calls_are_the_same(
    pairs: dict[str, tuple[VMD, OnnxDenoiser]], kind: str, board: Callable[[], Board], B: int
) -> None:
    assert_same_calls(*pairs[kind], board(), B)


@pytest.mark.parametrize("board", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("kind", ["candidate", "none", "ruled"])
def test_other_boards_are_the_same(
    pairs: dict[str, tuple[VMD, OnnxDenoiser]], kind: str, board: Callable[[], Board]
) -> None:
    assert_same_calls(*pairs[kind], board(), 3)


@pytest.mark.parametrize("board", [*BOARDS.values(), *OTHERS.values()], ids=[*BOARDS, *OTHERS])
@pytest.mark.parametrize("latent", ["global", "candidate", "ruled"])
def test_latents_are_the_same(
    pairs: dict[str, tuple[VMD, OnnxDenoiser]], latent: str, board: Callable[[], Board]
) -> None:
    (model, denoiser), at = pairs[latent], board()
    x_t, allowed, x0 = puzzle(at, 7)
    grid = grid_on([at], x_t, allowed, denoiser.ruled)
    rng = np.random.default_rng(1)
    drawn = denoiser.draw(at, x_t, allowed, rng)
    inferred = denoiser.infer(at, x0, x_t, allowed, rng)
    rng = np.random.default_rng(1)
    noises = [rng.standard_normal(drawn.shape, dtype=np.float32) for _ in range(2)]
    assert model.prior is not None
    assert model.encoder is not None
    with torch.no_grad():
        prior = model.prior(grid).sample(torch.from_numpy(noises[0]))
        known = np.pad(x0, ((0, 0), (0, grid.x_t.shape[1] - at.n)))
        encoder = model.encoder(grid, torch.from_numpy(known)).sample(torch.from_numpy(noises[1]))
    np.testing.assert_allclose(drawn, prior.numpy(), rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(inferred, encoder.numpy(), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("latent", ["none", "candidate"])
def test_a_model_of_the_usual_size_keeps_the_stated_tolerance(tmp_path: Path, latent: str) -> None:
    torch.manual_seed(0)
    model = VMD(ModelConfig(latent)).eval()  # type: ignore[arg-type]
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vmd_training.export.PARITY_BATCHES", (1, 7))
        folder = export(model, tmp_path / "model", "model", 8, {})
    worst = json.loads((folder / "metrics.json").read_text())["parity"]
    assert set(worst) >= {"denoiser.logits", "denoiser.h_out"}
    assert 0 < max(worst.values()) < LOGIT_TOLERANCE <= 5e-3

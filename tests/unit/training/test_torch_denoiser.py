"""The torch denoiser answers as the exported one does, draw by draw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser.onnx import OnnxDenoiser
from vmd_solver.sampling import Settings, Solver
from vmd_training import export as exporting
from vmd_training.evaluate import TorchDenoiser
from vmd_training.export import export
from vmd_training.model import VMD

BOARD = sudoku(2, 2)
X_T = np.array([[1, 2, 3, 4, *[0] * 12], [0] * 16], dtype=np.int64)
ALLOWED = np.ones((2, 16, 4), dtype=np.float32)


@pytest.mark.parametrize("latent", ["none", "global", "candidate"])
def test_both_runtimes_agree(
    latent: str, model_of: Callable[[str], VMD], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PARITY_BATCHES", (1,))
    model = model_of(latent)
    onnx = OnnxDenoiser(export(model, tmp_path / "m", "m", 2, {}), "cpu", threads=1)
    own = TorchDenoiser(model, "m", 2, torch.device("cpu"))
    for learned in (True, False):
        drawn = [
            d.draw(BOARD, X_T, ALLOWED, np.random.default_rng(1), learned) for d in (onnx, own)
        ]
        assert drawn[0].shape == drawn[1].shape
        np.testing.assert_allclose(*drawn, atol=1e-4)
    x0 = np.tile(np.array([1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1]), (2, 1))
    z = [d.infer(BOARD, x0, X_T, ALLOWED, np.random.default_rng(2)) for d in (onnx, own)]
    np.testing.assert_allclose(*z, atol=1e-4)
    for loops in (2, 5):
        onnx.loops = own.loops = loops
        h = np.random.default_rng(3).standard_normal(own.start(BOARD, 2).shape, dtype=np.float32)
        (logits, state), (want, want_state) = (d(BOARD, X_T, ALLOWED, z[0], h) for d in (own, onnx))
        np.testing.assert_allclose(logits, want, atol=5e-3)
        np.testing.assert_allclose(state, want_state, atol=5e-3)


def test_the_engine_solves_with_it(model_of: Callable[[str], VMD]) -> None:
    denoiser = TorchDenoiser(model_of("candidate"), "m", 1, torch.device("cpu"))
    puzzle = Puzzle(BOARD, tuple(X_T[0].tolist()))
    solution = Solver(Settings(nfe=2, latents=3, z="refine"), denoiser).solve(puzzle)
    assert (solution.status, solution.verified) == ("solved", True)

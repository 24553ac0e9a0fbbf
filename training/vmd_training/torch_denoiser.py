"""A `Denoiser` over torch: models that were not exported, and devices that ONNX Runtime lacks here.

Draws the same noise from the same generator as the ONNX denoiser does, so that both solve alike.
It must not know of search.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vmd_solver.csp import Board
from vmd_solver.denoiser.protocol import Floats, Ints, LatentKind, Randomness, standard_normal
from vmd_training.evaluate import grid_of
from vmd_training.graph import Grid
from vmd_training.model import VMD, Gaussian


class TorchDenoiser:
    """The networks of `model` behind the engine's interface; arrays stay numpy outside."""

    def __init__(self, model: VMD, name: str, loops: int, device: torch.device) -> None:
        self.model = model.to(device).eval().requires_grad_(False)
        self.name, self.loops, self.device = name, loops, device
        self.latent: LatentKind = model.config.latent

    def start(self, board: Board, B: int) -> Floats:
        """Zeros (B, n, D, d)."""
        allowed = np.ones((B, board.n, board.D), dtype=np.float32)
        empty = np.zeros((B, board.n), dtype=np.int64)
        return _numpy(self.model.start(self._grid(board, empty, allowed)))

    def draw(
        self, board: Board, x_t: Ints, allowed: Floats, rng: Randomness, learned: bool = True
    ) -> Floats:
        """z from the prior, (B, n, D, k), or (B, patterns) of a global latent."""
        prior = self.model.prior if learned else None
        gaussian = None if prior is None else prior(self._grid(board, x_t, allowed))
        return self._sample(gaussian, allowed, rng)

    def infer(self, board: Board, x0: Ints, x_t: Ints, allowed: Floats, rng: Randomness) -> Floats:
        """z from the encoder, shaped as `draw` does."""
        encoder, answer = self.model.encoder, torch.as_tensor(x0, device=self.device)
        gaussian = None if encoder is None else encoder(self._grid(board, x_t, allowed), answer)
        return self._sample(gaussian, allowed, rng)

    def __call__(
        self, board: Board, x_t: Ints, allowed: Floats, z: Floats, h: Floats,
        loops: int | None = None,
    ) -> tuple[Floats, Floats]:  # fmt: skip
        """One call of this many loops, by default `self.loops`."""
        grid = self._grid(board, x_t, allowed)
        latent = torch.as_tensor(z, device=self.device)
        if self.latent != "none":
            latent = self.model.spread(latent, grid)
        state = torch.as_tensor(h, device=self.device)
        logits, h_out = self.model.denoiser(grid, latent, state, loops or self.loops)
        return _numpy(logits[-1]), _numpy(h_out)

    def _sample(self, gaussian: Gaussian | None, allowed: Floats, rng: Randomness) -> Floats:
        """A draw from a distribution, the standard normal without one."""
        B, n, D = allowed.shape
        shape = (B, 0) if self.latent == "none" else self.model.z_shape(B, n, D)
        noise = standard_normal(rng, shape)
        if gaussian is None:
            return noise
        return _numpy(gaussian.sample(torch.as_tensor(noise, device=self.device)))

    def _grid(self, board: Board, x_t: Ints, allowed: Floats) -> Grid:
        """The batch as the networks see it: one board for all rows."""
        values = torch.as_tensor(np.asarray(x_t, dtype=np.int64))
        grid = grid_of(values, board.incidence, board.complete, board.D, self.device)
        return grid._replace(allowed=torch.as_tensor(allowed, device=self.device))


def _numpy(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().cpu().numpy()
    return array

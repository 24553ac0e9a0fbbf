"""Denoisers without a network, for tests and for measuring what search alone does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vmd_solver.csp import Board
from vmd_solver.denoiser.graph import CLOSED_LOGIT
from vmd_solver.denoiser.protocol import Floats, Ints, LatentKind, Randomness, standard_normal


class FakeDenoiser:
    """Logits from a function of (x_t, allowed, z); z is standard normal on each candidate.

    `calls` counts the calls.
    """

    loops = 1
    latent: LatentKind = "candidate"

    def __init__(self, name: str, logits: Callable[[Ints, Floats, Floats], Floats]) -> None:
        self.name, self._logits, self.calls = name, logits, 0

    def start(self, board: Board, B: int) -> Floats:
        return np.zeros((B, 0), dtype=np.float32)

    def draw(
        self, board: Board, x_t: Ints, allowed: Floats, rng: Randomness, learned: bool = True
    ) -> Floats:
        return standard_normal(rng, allowed.shape)

    def infer(self, board: Board, x0: Ints, x_t: Ints, allowed: Floats, rng: Randomness) -> Floats:
        return standard_normal(rng, allowed.shape)  # a fake learns nothing from x0

    def __call__(
        self, board: Board, x_t: Ints, allowed: Floats, z: Floats, h: Floats, loops: int = 0
    ) -> tuple[Floats, Floats]:
        """Closed values get CLOSED_LOGIT, unmasked cells keep their value."""
        self.calls += 1
        fixed = x_t[..., None] == np.arange(1, board.D + 1)
        open_ = np.where((x_t > 0)[..., None], fixed, allowed > 0)
        logits = np.where(open_, self._logits(x_t, allowed, z), CLOSED_LOGIT)
        return logits.astype(np.float32), h


def undecided() -> FakeDenoiser:
    """Every value as likely as any other, up to noise from z: what search does without a guide."""
    return FakeDenoiser("undecided", lambda x_t, allowed, z: z)


def oracle(solution: Ints) -> FakeDenoiser:
    """Knows the solution (n,)."""
    return FakeDenoiser("oracle", lambda x_t, allowed, z: _peaks(solution, allowed))


def adversary(solution: Ints) -> FakeDenoiser:
    """Knows the solution (n,), and is sure of anything else."""
    return FakeDenoiser("adversary", lambda x_t, allowed, z: z - _peaks(solution, allowed))


def _peaks(solution: Ints, allowed: Floats) -> Floats:
    right = np.asarray(solution)[:, None] == np.arange(1, allowed.shape[-1] + 1)
    return np.broadcast_to(np.float32(10) * right.astype(np.float32), allowed.shape)

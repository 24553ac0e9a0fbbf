"""The seam between search and network: a denoiser returns raw logits, and knows no search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board

LatentKind = Literal["none", "global", "candidate"]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Randomness: TypeAlias = "np.random.Generator | Sequence[np.random.Generator]"
"""One generator for all rows, or one a row: rows of different puzzles keep their own."""


def standard_normal(rng: Randomness, shape: tuple[int, ...]) -> Floats:
    """Noise of this shape, whose first axis is B; the same whether drawn at once or row by row."""
    if isinstance(rng, np.random.Generator):
        return rng.standard_normal(shape, dtype=np.float32)
    return np.stack([of_row.standard_normal(shape[1:], dtype=np.float32) for of_row in rng])


class Denoiser(Protocol):
    """p(x0 | x_t, z) for batches on one board, with its encoder and prior.

    Shapes: x_t (B, n) int64, 0 is the mask; allowed (B, n, D) float32 in {0, 1}, the values not
    ruled out from outside; z and h are opaque arrays whose first axis is B, so that rows can be
    selected, repeated and joined.
    """

    name: str
    loops: int
    """Loops of a call that is given 0 of them; may be set, at least 1."""
    latent: LatentKind
    ruled: bool
    """Whether it reads relations and automata; units it always does."""

    def start(self, board: Board, B: int) -> Floats:
        """The hidden state h before the first call."""

    def draw(
        self, board: Board, x_t: Ints, allowed: Floats, rng: Randomness, learned: bool = True
    ) -> Floats:
        """z from the prior p(z | x_t), or from the standard normal where `learned` is False."""

    def infer(self, board: Board, x0: Ints, x_t: Ints, allowed: Floats, rng: Randomness) -> Floats:
        """z from the encoder q(z | x0, x_t); x0 (B, n) is a full grid, right or not."""

    def __call__(
        self, board: Board, x_t: Ints, allowed: Floats, z: Floats, h: Floats, loops: int = 0
    ) -> tuple[Floats, Floats]:
        """Logits (B, n, D) in nats, unnormalised, and the new hidden state."""

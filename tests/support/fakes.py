"""Models without a network: of grids, and of text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vmd_solver.csp import Board
from vmd_solver.denoiser.graph import CLOSED_LOGIT
from vmd_solver.denoiser.protocol import Floats, Ints, LatentKind, Randomness, standard_normal
from vmd_solver.text.alphabet import Alphabet
from vmd_solver.text.denoiser import Gaussian, Memory


class FakeDenoiser:
    """Logits from a function of (x_t, allowed, z); z is standard normal on each candidate.

    `calls` counts the calls.
    """

    loops = 1
    latent: LatentKind = "candidate"
    ruled = False

    def __init__(self, name: str, logits: Callable[[Ints, Floats, Floats], Floats]) -> None:
        self.name, self.logits, self.calls = name, logits, 0

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
        logits = np.where(open_, self.logits(x_t, allowed, z), CLOSED_LOGIT)
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


class FakeText:
    """Logits from a function of (x_t, z); the memory counts tokens and holds nothing else.

    `asked` are the blocks it was called with, `finished` those that were finished.
    """

    name = "fake"

    def __init__(
        self, logits: Callable[[Ints, Floats], Floats], alphabet: Alphabet, length: int = 32
    ) -> None:
        self.logits, self.alphabet, self.length = logits, alphabet, length
        self.asked: list[Ints] = []
        self.finished: list[Ints] = []

    def begin(self, B: int) -> Memory:
        """No tokens."""
        empty = np.zeros((1, B, 1, 0, 1), dtype=np.float32)
        return Memory(0, empty, empty)

    def finish(self, x0: Ints, memory: Memory) -> Memory:
        """So many tokens more."""
        assert (x0 > 0).all()
        self.finished.append(x0.copy())
        return memory._replace(start=memory.start + x0.shape[1])

    def __call__(self, x_t: Ints, z: Floats, memory: Memory) -> Floats:
        """Whatever the function says."""
        self.asked.append(x_t.copy())
        return self.logits(x_t, z)

    def prior(self, x_t: Ints, memory: Memory) -> Gaussian:
        """A standard normal number."""
        return Gaussian(*np.zeros((2, len(x_t), 1), dtype=np.float32))

    def encode(self, x0: Ints, x_t: Ints, memory: Memory) -> Gaussian:
        """As `prior`: a fake learns nothing from x0."""
        return self.prior(x_t, memory)

"""A model of text without a network, for tests and for screens that need one at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.text.alphabet import Alphabet
from vmd_solver.text.denoiser import Gaussian, Memory


class FakeText:
    """Logits from a function of (x_t, z); the memory counts tokens and holds nothing else.

    `asked` are the blocks it was called with, `finished` those that were finished.
    """

    name = "fake"

    def __init__(
        self, logits: Callable[[Ints, Floats], Floats], alphabet: Alphabet, length: int = 32
    ) -> None:
        self._logits, self.alphabet, self.length = logits, alphabet, length
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
        return self._logits(x_t, z)

    def prior(self, x_t: Ints, memory: Memory) -> Gaussian:
        """A standard normal number."""
        return Gaussian(*np.zeros((2, len(x_t), 1), dtype=np.float32))

    def encode(self, x0: Ints, x_t: Ints, memory: Memory) -> Gaussian:
        """As `prior`: a fake learns nothing from x0."""
        return self.prior(x_t, memory)

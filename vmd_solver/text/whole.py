"""Whole characters: tokens drawn so that the bytes of a block are valid UTF-8, whatever is drawn.

The denoiser gives every masked token a distribution of its own. What is drawn here follows their
product, *given* that the whole block is UTF-8 without control characters: exactly, by one pass
backward over the states of an automaton and one forward (as in a hidden Markov model). Any part of
a whole proposal may be committed, since the rest of it completes it. Ours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.text.alphabet import Alphabet

Table = npt.NDArray[np.intp]
Weights = npt.NDArray[np.float64]

STATES = 10
START, DEAD = 0, STATES - 1
"""Between characters, and nowhere."""
LEAST = 1e-12
"""No token is less probable than this, so that there is always a way to a whole character."""

_CONTROLS = [value for value in (*range(0x20), 0x7F) if value not in b"\n\t"]
_STEPS = (
    (0x00, 0x7F, START, START),
    (0xC2, 0xC2, START, 8), (0xC3, 0xDF, START, 1), (0xE0, 0xE0, START, 3), (0xE1, 0xEF, START, 2),
    (0xED, 0xED, START, 4), (0xF0, 0xF0, START, 5), (0xF1, 0xF3, START, 6), (0xF4, 0xF4, START, 7),
    (0x80, 0xBF, 1, START), (0x80, 0xBF, 2, 1), (0xA0, 0xBF, 3, 1), (0x80, 0x9F, 4, 1),
    (0x90, 0xBF, 5, 2), (0x80, 0xBF, 6, 2), (0x80, 0x8F, 7, 2), (0xA0, 0xBF, 8, START),
)  # fmt: skip
"""Bytes from first to last, in a state, and the state that follows. State 1 lacks one byte, 2 lacks
two; the others are what certain first bytes need (Unicode 15, table 3-7)."""


def byte_steps(written: bool) -> Table:
    """The state (STATES, 256) after a byte in a state.

    What is `written` here has no control characters, of which a terminal might do anything; given
    text may have them.
    """
    steps = np.full((STATES, 256), DEAD, dtype=np.intp)
    for first, last, state, after in _STEPS:
        steps[state, first : last + 1] = after
    if written:
        steps[START, _CONTROLS] = DEAD
    else:
        steps[8, 0x80:0xA0] = START
    return steps


class Whole:
    """Draws tokens of an alphabet for a block; `begins` (V,) are those that begin a character."""

    def __init__(self, alphabet: Alphabet) -> None:
        self._tokens = alphabet.tokens
        self.begins = np.array([not 0x80 <= token[0] < 0xC0 for token in alphabet.tokens])
        self._written = self._steps(byte_steps(written=True))
        given = self._steps(byte_steps(written=False))
        self._given = np.where(self._written == DEAD, given, self._written)

    def _steps(self, steps: Table) -> Table:
        """The state (STATES, V) after a token in a state."""
        after = np.repeat(np.arange(STATES)[:, None], len(self._tokens), axis=1)
        for place in range(max(map(len, self._tokens))):
            fits = [i for i, token in enumerate(self._tokens) if len(token) > place]
            byte = [self._tokens[i][place] for i in fits]
            after[:, fits] = steps[after[:, fits], byte]
        return after

    def propose(self, p: Floats, x_t: Ints, rng: np.random.Generator | None) -> Ints:
        """All tokens (L,) of a block: those of x_t (L,), and for the masked ones of them others.

        p (L, V) are the probabilities of the denoiser. Drawn with `rng`; without it the most
        probable tokens together.
        """
        L = len(x_t)
        weights: Weights = np.maximum(p.astype(np.float64), LEAST)
        ahead = np.zeros((L + 1, STATES))
        ahead[L, START] = 1.0
        for i in range(L - 1, -1, -1):
            ways = self._ways(weights[i], int(x_t[i]), ahead[i + 1])
            ahead[i] = ways.max(axis=-1) if rng is None else ways.sum(axis=-1)
            ahead[i] /= ahead[i].max()
        found, state = np.array(x_t, dtype=np.int64), START
        for i in range(L):
            if not x_t[i]:
                ways = self._ways(weights[i], 0, ahead[i + 1])[state]
                found[i] = 1 + int(ways.argmax() if rng is None else _draw(ways, rng))
            state = int((self._given if x_t[i] else self._written)[state, found[i] - 1])
        return found

    def _ways(self, weights: Weights, fixed: int, after: Weights) -> Weights:
        """What each token of a place (V of them, or the fixed one) is worth in each state."""
        if fixed:
            return after[self._given[:, fixed - 1 : fixed]]
        return weights * after[self._written]


def _draw(weights: Weights, rng: np.random.Generator) -> int:
    cumulative = weights.cumsum()
    return int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))

"""What passes from those who make puzzles to those who train on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PACK = 64
"""Puzzles a pack: all of one board, so that its units are sent once."""


@dataclass(frozen=True)
class Pack:
    """Puzzles of one board, as the training loop takes them. m puzzles."""

    group: str
    """The pool they belong to: all boards of a group have the same n and D."""
    givens: npt.NDArray[np.int8]
    """(m, n), 0 where open."""
    solutions: npt.NDArray[np.int8]
    """(m, n); where a puzzle has several, the one it was dug from."""
    candidates: npt.NDArray[np.uint64]
    """(m, n) bit masks after naked and hidden singles."""
    unique: npt.NDArray[np.bool_]
    """(m,) known to have one solution."""
    units: npt.NDArray[np.uint8]
    """(U, n) incidence."""
    complete: npt.NDArray[np.bool_]
    """(U,)"""

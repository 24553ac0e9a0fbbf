"""Candidate masks of whole batches: bit v - 1 of a cell's word is set where value v is possible.

It must not know of search or networks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.puzzle import Board


def initial_masks(board: Board, givens: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    """Masks (..., n) uint64 of givens (..., n): one bit where given, all D where open (0)."""
    values = np.asarray(givens).astype(np.uint64)
    full = np.uint64((1 << board.D) - 1)
    return np.where(values > 0, np.uint64(1) << (values - np.uint64(values > 0)), full)


def mask_values(masks: npt.NDArray[np.integer]) -> npt.NDArray[np.int8]:
    """Values (..., n) int8 of masks: the value where one candidate is left, else 0."""
    words = masks.astype(np.uint64)
    single = (words != 0) & ((words & (words - np.uint64(words != 0))) == 0)
    return np.where(single, np.log2(np.where(single, words, 1)).astype(np.int8) + 1, 0).astype(
        np.int8
    )

"""Which cells of a grid break a rule: the validity check of every step, whole batches at once.

It decides what is remasked and when to stop. That a grid may be called solved is for
`vmd_solver.csp.verify` alone to say.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board


def conflicts(board: Board, values: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Cells (B, n) of grids (B, n), 0 where masked, that share a unit with an equal value."""
    symbols = np.arange(1, board.D + 1)
    holds = (values[..., None] == symbols).astype(np.float32)  # (B, n, D)
    units = board.incidence.astype(np.float32)
    crowded = (np.matmul(units, holds) > 1).astype(np.float32)  # (B, U, D)
    result: npt.NDArray[np.bool_] = ((np.matmul(units.T, crowded) > 0) & (holds > 0)).any(axis=-1)
    return result

"""A second search, for hard boards: SAT by clause learning, with python-sat (extra `sat`).

The open candidates of a board become variables, its rules clauses, and Glucose 4 searches. The
caller alternates it with the kernel, a number of conflicts at a time.

Sources: the 3D encoding of Kautz et al., Balance and filtering in structured satisfiable problems
(2001); Glucose after Audemard and Simon (2009), through python-sat of Ignatiev et al. (2018).
"""

from __future__ import annotations

import math
from functools import cache
from importlib.util import find_spec
from threading import TIMEOUT_MAX, Timer

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.candidates import Masks, masks_to_allowed, masks_to_values
from vmd_solver.csp.puzzle import Board

MOST_CLAUSES = 500_000
"""More than that take a second to write down, and boards with so much open are easy."""


@cache
def available() -> bool:
    """Whether python-sat is installed; it is not imported to find out."""
    return find_spec("pysat") is not None


class SatSearch:
    """A SAT search for the solutions within candidate masks (n,), none of which is empty."""

    def __init__(self, board: Board, masks: Masks) -> None:
        from pysat.solvers import Glucose4

        allowed = _open(board, masks)
        self._values = masks_to_values(masks)
        self._cells, self._bits = np.nonzero(allowed)
        self._solver = Glucose4(bootstrap_with=_clauses(board, allowed))
        self.guesses = 0
        self.grids: list[tuple[int, ...]] = []

    @property
    def solutions(self) -> int:
        return len(self.grids)

    def run(self, limit: int, conflicts: int, seconds: float = math.inf) -> bool:
        """Search on: whether `limit` solutions are found, or all there are.

        The budget is checked at restarts only, so it may be exceeded by some hundred conflicts.
        """
        if conflicts <= 0:
            return False
        clock = Timer(min(seconds, TIMEOUT_MAX), self._solver.interrupt)
        clock.start()
        end = self.guesses + conflicts
        try:
            while self.solutions < limit:
                self._solver.conf_budget(max(1, end - self.guesses))
                # With expect_interrupt it leaves Ctrl-C to Python, and holds up no other threads.
                found = self._solver.solve_limited(expect_interrupt=True)
                self.guesses = self._solver.accum_stats()["conflicts"]
                if not found:
                    return found is False
                model = np.array(self._solver.get_model(), dtype=np.int64)
                true = model[model > 0]
                grid = self._values.copy()
                grid[self._cells[true - 1]] = self._bits[true - 1] + 1
                self.grids.append(tuple(grid.tolist()))
                self._solver.add_clause((-true).tolist())  # not this one again
            return True
        finally:
            clock.cancel()
            clock.join()
            self._solver.clear_interrupt()


def within_reach(board: Board, masks: Masks) -> bool:
    """Whether the board has few enough clauses for `SatSearch`."""
    allowed = _open(board, masks)
    pairs = sum(int(allowed[cell] @ allowed[list(peers)].sum(0)) for cell, peers in _peers(board))
    return pairs < MOST_CLAUSES


def _open(board: Board, masks: Masks) -> npt.NDArray[np.bool_]:
    """The candidates (n, D) of cells with more than one; their order numbers the variables."""
    allowed = masks_to_allowed(masks, board.D)
    allowed[allowed.sum(1) == 1] = False
    return allowed


def _peers(board: Board) -> list[tuple[int, list[int]]]:
    """Each cell with the peers that come after it."""
    return [(cell, [p for p in peers if p > cell]) for cell, peers in enumerate(board.peers)]


def _clauses(board: Board, allowed: npt.NDArray[np.bool_]) -> list[list[int]]:
    """Each cell has one value, peers differ, and in a complete unit each value has a place."""
    variables = np.zeros(allowed.shape, np.int64)
    variables[allowed] = np.arange(allowed.sum()) + 1
    rows = [row[row > 0].tolist() for row in variables]
    clauses = [row for row in rows if row]
    clauses += [[-a, -b] for row in rows for at, a in enumerate(row) for b in row[:at]]
    for cell, peers in _peers(board):
        if rows[cell] and peers:
            which, values = np.nonzero(allowed[peers] & allowed[cell])
            here, there = variables[cell, values], variables[np.array(peers)[which], values]
            clauses += np.stack((-here, -there), 1).tolist()
    for unit in board.units:
        if len(unit) == board.D:
            columns = variables[list(unit)].T
            clauses += [column[column > 0].tolist() for column in columns if column.any()]
    return clauses

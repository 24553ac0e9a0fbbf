"""The two machines the kernel runs on: plain Python at once, or compiled with numba for batches.

`machine()` is the only door. Numba is imported behind it, never at import time, and compiled code
is cached on disk where some place is writable. It must not know what the kernel computes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import kernel
from vmd_solver.csp.puzzle import Board

PARTS = ("propagate", "fewest", "fewest_by_score", "load", "search")
"""Kernel functions that others in it call; those come first."""

ENTRIES = ("search", "solve_many", "dig_many")
"""Kernel functions that are called from outside."""


@dataclass(frozen=True)
class Machine:
    """The kernel's entries, and how to hand it arrays and get them back."""

    compiled: bool
    search: Callable[..., Any]
    solve_many: Callable[..., Any]
    dig_many: Callable[..., Any]

    def give(self, values: npt.ArrayLike, dtype: npt.DTypeLike = np.int64) -> Any:
        """`values` as this machine reads them: (nested) lists, or a C-ordered array; a copy."""
        array = np.array(values, dtype=dtype, order="C")
        return array if self.compiled else array.tolist()

    def tables(self, board: Board) -> kernel.Tables:
        """The board in flat form for this machine."""
        return _tables(self, board)

    def state(self, board: Board, stored: int = 1) -> kernel.State:
        """Room for one search that keeps its first `stored` solutions; use it again and again."""
        levels = board.n + 1
        if self.compiled:
            rows: Any = np.empty((levels, board.n), dtype=np.int64)
        else:
            rows = [[0] * board.n for _ in range(levels)]
        return kernel.State(
            rows,
            self.give(np.zeros(levels)),
            self.give(np.zeros(levels)),
            self.give(np.zeros(board.n)),
            self.give(np.zeros((stored, board.n))),
            self.give(np.zeros(3)),
        )


def available() -> bool:
    """Whether numba is installed; it is not imported to find out."""
    return find_spec("numba") is not None


def machine(compiled: bool | None = None) -> Machine:
    """The plain machine (False), the compiled one (True), or the faster one there is (None)."""
    return _machine(available() if compiled is None else compiled)


@cache
def _machine(compiled: bool) -> Machine:
    entries = {name: getattr(kernel, name) for name in ENTRIES}
    if compiled:
        from numba.extending import register_jitable

        for name in PARTS:
            register_jitable(getattr(kernel, name))
        entries = {name: _compile(entry) for name, entry in entries.items()}
    return Machine(compiled, **entries)


def _compile(entry: Callable[..., Any]) -> Callable[..., Any]:
    import numba

    try:
        return numba.njit(cache=True)(entry)
    except RuntimeError:  # no writable place for the cache
        return numba.njit(entry)


@cache
def _tables(machine: Machine, board: Board) -> kernel.Tables:
    complete = [unit for unit in board.units if len(unit) == board.D]
    touch = [0] * board.n
    for number, unit in enumerate(complete):
        for cell in unit:
            touch[cell] |= 1 << number % 63
    peers = [peer for cell in range(board.n) for peer in board.peers[cell]]
    starts = np.cumsum([0, *map(len, board.peers)])
    return kernel.Tables(
        board.n,
        board.D,
        (1 << board.D) - 1,
        len(complete),
        machine.give(starts),
        machine.give(peers, np.uint32),
        machine.give([cell for unit in complete for cell in unit], np.uint32),
        machine.give(touch),
    )

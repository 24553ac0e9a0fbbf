"""The two machines the kernel runs on: plain Python at once, or compiled with numba for batches.

Callers enter by `machine()`. Numba is imported behind it, never at import time, and the compiled
code is kept on disk where any place is writable. It must not know what the kernel computes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from importlib.util import find_spec
from inspect import isfunction
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import kernel
from vmd_solver.csp.puzzle import Board

WORTH_CELLS = 200_000
"""Cells to search, over a whole batch, that repay importing numba: a second, or, the first time on
a machine, the compilation of some twenty."""


@dataclass(frozen=True, eq=False)
class Machine:
    """The functions of the kernel that callers enter, and how to hand it boards and room."""

    compiled: bool
    search: Callable[..., bool]
    propagate_many: Callable[..., None]
    solve_many: Callable[..., None]
    lone_many: Callable[..., None]
    dig_many: Callable[..., None]

    def give(self, values: npt.ArrayLike, dtype: npt.DTypeLike = np.int64) -> Any:
        """A copy of `values` as this machine reads them: (nested) lists, or a C-ordered array."""
        array = np.array(values, dtype=dtype, order="C")
        return array if self.compiled else array.tolist()

    def tables(self, board: Board) -> kernel.Tables:
        """The board in flat form, made once."""
        return _tables(self.compiled, board)

    def state(self, board: Board, stored: int = 1) -> kernel.State:
        """Room for a search that keeps its first `stored` solutions; good for any number."""
        n, levels = board.n, board.n + 1
        # Untouched pages of an empty array cost nothing; most searches are shallow.
        stack = (
            np.empty((levels, n), np.int64) if self.compiled else [[0] * n for _ in range(levels)]
        )
        shapes = levels, levels, n, (stored, n), n, n, 6
        return kernel.State(stack, *(self.give(np.zeros(shape)) for shape in shapes))

    def adopt(self, state: kernel.State) -> kernel.State:
        """A copy of a search begun on the other machine, to continue on this one."""
        return kernel.State(*map(self.give, state))


@cache
def available() -> bool:
    """Whether numba is installed; it is not imported to find out."""
    return find_spec("numba") is not None


def machine(compiled: bool | None = None, cells: int = 0) -> Machine:
    """The plain machine (False), the compiled one (True), or (None) the one that will be faster.

    That is the compiled one where numba is installed, and either imported already or worth it for
    `cells` cells to search in all. Raises ImportError for True without numba.
    """
    if compiled is not None:
        return _machine(compiled)
    if available() and (cells >= WORTH_CELLS or "numba" in sys.modules):
        try:
            return _machine(True)
        except ImportError:  # installed, and broken: slower is better than not at all
            return _machine(False)
    return _machine(False)


@cache
def _machine(compiled: bool) -> Machine:
    names = [field.name for field in fields(Machine)[1:]]
    entries: dict[str, Callable[..., Any]] = {name: getattr(kernel, name) for name in names}
    if compiled:
        from numba.extending import register_jitable

        # The others are compiled into the entries.
        for part in filter(isfunction, vars(kernel).values()):
            register_jitable(part)
        entries = {name: compile_entry(entry) for name, entry in entries.items()}
    return Machine(compiled, **entries)


def compile_entry(entry: Callable[..., Any]) -> Callable[..., Any]:
    """The function compiled at its first call, without the interpreter's lock, so that puzzles can
    be made beside training."""
    from numba import njit

    try:
        compiled: Callable[..., Any] = njit(cache=True, nogil=True)(entry)
    except RuntimeError:  # no writable place for the cache: compile again in each process
        compiled = njit(nogil=True)(entry)
    return compiled


@lru_cache(maxsize=256)  # boards may be drawn by the thousand
def _tables(compiled: bool, board: Board) -> kernel.Tables:
    give = _machine(compiled).give
    complete = [unit for unit in board.units if len(unit) == board.D]
    touch = [0] * board.n
    for number, unit in enumerate(complete):
        for cell in unit:
            touch[cell] |= 1 << (number % kernel.GROUPS)
    # Unsigned words: compiled code then need not look out for negative indices.
    return kernel.Tables(
        n=board.n,
        D=board.D,
        full=(1 << board.D) - 1,
        units=len(complete),
        peer_start=give(np.cumsum([0, *map(len, board.peers)]), np.uint64),
        peers=give([peer for peers in board.peers for peer in peers], np.uint32),
        unit_start=give(np.arange(len(complete) + 1) * board.D, np.uint64),
        unit_cells=give([cell for unit in complete for cell in unit], np.uint32),
        touch=give(touch),
    )

"""The two machines the kernel runs on: plain Python at once, or compiled with numba for batches.

Callers enter by `machine()`. Numba is imported behind it, never at import time, and the compiled
code is kept on disk where any place is writable. It must not know what the kernel computes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass, fields
from functools import cache
from importlib.util import find_spec
from inspect import isfunction
from itertools import accumulate, chain
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import kernel, memory
from vmd_solver.csp.constraints import Layers, Relation, turned
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
        try:
            array = np.array(values, dtype=dtype, order="C")
        except OverflowError:  # masks of 64 values and more, which plain Python alone takes
            array = np.array(values, dtype=np.object_)
        return array if self.compiled else array.tolist()

    def tables(self, board: Board) -> kernel.Tables:
        """The board in flat form, made once."""
        return _tables(self.compiled, board)

    def state(self, board: Board, stored: int = 1, levels: int | None = None) -> kernel.State:
        """Room for a search that keeps its first `stored` solutions; good for any number.

        The stack has so many levels, or as many as a search can need and memory allows. Raises
        TooLarge.
        """
        memory.require(24 * stored * board.n, f"to hold {stored:,} solutions")
        tables = self.tables(board)
        n = tables.units.n
        most = max(2, min(n + 1, memory.MOST // (8 * n)))
        notes = tables.rules.reached + max(
            (sum(map(len, read.layers)) + 1 for read in board.constraints.automata), default=0
        )
        stack = (most if levels is None else min(levels, most)), n
        shapes = stack, n + 1, n + 1, n, (stored, board.n), n, n, 6, notes
        return kernel.State(*map(self._room, shapes))

    def deeper(self, state: kernel.State) -> kernel.State:
        """The search with a stack of twice as many levels. Raises TooLarge."""
        levels, n = len(state.stack), len(state.root)
        memory.require(8 * (levels + 1) * n, f"a search of {levels + 1:,} guesses in a row")
        stack = self._room((min(2 * levels, memory.MOST // (8 * n)), n))
        stack[:levels] = state.stack
        return state._replace(stack=stack)

    def _room(self, shape: Any) -> Any:
        """Zeros; pages of a large array that nobody touches cost nothing."""
        zeros = np.zeros(shape, dtype=np.int64)
        return zeros if self.compiled else zeros.tolist()

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


@memory.kept(256)  # boards may be drawn by the thousand
def _tables(compiled: bool, board: Board) -> kernel.Tables:
    memory.require(memory.of_search(board), "its search")
    give = _machine(compiled).give
    domains, relations, automata = board.constraints
    n = len(domains)
    peers = *board.peers, *([()] * (n - board.n))
    complete = [unit for unit in board.units if len(unit) == board.D]
    touch = [0] * n
    for number, unit in enumerate(complete):
        for cell in unit:
            touch[cell] |= 1 << (number % kernel.GROUPS)
    links, rows = _links(relations, n, board.D)
    automata = tuple(sorted(automata, key=lambda read: sum(map(len, chain(*read.layers)))))
    readers: list[list[int]] = [[] for _ in range(n)]
    for number, read in enumerate(automata):
        for cell in dict.fromkeys(read.cells):
            readers[cell].append(number)
    first, layers, arcs = _states(tuple(read.layers for read in automata))
    parts: dict[str, Iterable[int]] = {
        "domains": domains,
        "link_start": _starts(links),
        "link_to": [to for cell in links for to, _ in cell],
        "link_rows": [at for cell in links for _, at in cell],
        "reader_start": _starts(readers),
        "readers": chain(*readers),
        "read_start": _starts([read.cells for read in automata]),
        "read_cells": [cell for read in automata for cell in read.cells],
        "layer_start": first,
        "layers": layers,
        "arc_start": _starts(arcs),
        "arc_values": [values for state in arcs for values, _ in state],
        "arc_to": [to for state in arcs for _, to in state],
        "free": _free(arcs, board.D),
    }
    program, offsets = rows, {}
    for name, part in parts.items():
        offsets[name] = len(program)
        program += part
    # Unsigned words: compiled code then need not look out for negative indices.
    units = kernel.Units(
        n=n,
        cells=board.n,
        D=board.D,
        full=(1 << board.D) - 1,
        complete=len(complete),
        peer_start=give(_starts(peers), np.uint64),
        peers=give(list(chain(*peers)), np.uint32),
        unit_start=give(np.arange(len(complete) + 1) * board.D, np.uint64),
        unit_cells=give([cell for unit in complete for cell in unit], np.uint32),
        touch=give(touch),
    )
    rules = kernel.Rules(
        size=len(relations) + len(automata),
        automata=len(automata),
        program=give(program),
        **offsets,
        waits=n,
        pending=2 * n,
        stale=3 * n + 1,
        reached=3 * n + 1 + len(automata),
    )
    return kernel.Tables(units, rules)


def _starts(lists: Iterable[Sized]) -> list[int]:
    """Where each of the lists begins if they stand one after another, and where the last ends."""
    return list(accumulate(map(len, lists), initial=0))


def _links(
    relations: Iterable[Relation], n: int, D: int
) -> tuple[list[list[tuple[int, int]]], list[int]]:
    """The links of each cell, both ways: (other cell, where its rows begin), and all rows."""
    tables: dict[tuple[int, ...], int] = {}
    links: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for a, b, rows in relations:
        links[a].append((b, D * tables.setdefault(rows, len(tables))))
        links[b].append((a, D * tables.setdefault(turned(rows), len(tables))))
    return links, [row for rows in tables for row in rows]


def _free(arcs: list[tuple[tuple[int, int], ...]], D: int) -> list[int]:
    """Which states accept whatever follows: each value leads to such a state, or nothing does."""
    free = [0] * len(arcs)
    for state in reversed(range(len(arcs))):
        taken = 0
        for values, to in arcs[state]:
            taken |= values * free[to]
        free[state] = int(not arcs[state] or taken == (1 << D) - 1)
    return free


def _states(
    machines: tuple[Layers, ...],
) -> tuple[list[int], list[int], list[tuple[tuple[int, int], ...]]]:
    """Where each automaton's layers begin; the first state of each layer; the arcs of each state.

    Equal automata share their states.
    """
    known: dict[Layers, int] = {}
    layers: list[int] = []
    arcs: list[tuple[tuple[int, int], ...]] = []
    for machine in machines:
        if machine in known:
            continue
        known[machine] = len(layers)
        for layer in machine:
            layers.append(len(arcs))
            following = len(arcs) + len(layer)
            arcs += [tuple((values, following + to) for values, to in state) for state in layer]
        layers += len(arcs), len(arcs) + 1
        arcs.append(())
    return [known[machine] for machine in machines], layers, arcs

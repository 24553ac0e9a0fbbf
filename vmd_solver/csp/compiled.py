"""The two machines the kernel runs on: plain Python at once, or machine code for batches.

Callers enter by `machine()`. The machine code ships as LLVM bitcode, which `build` makes and
llvmlite loads, at the first use and never at import time: numba is needed only to make it anew. It
must not know what the kernel computes.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Sized
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import kernel, memory
from vmd_solver.csp.constraints import Layers, Relation, turned
from vmd_solver.csp.puzzle import Board
from vmd_solver.errors import TooLarge

WORTH_CELLS = 20_000
"""Cells to search, over a whole batch, that repay loading the machine code: a tenth of a second."""

ENTRIES = {
    "load_on": "****i",
    "search_on": "***iii*",
    "propagate_many": "**i*i*",
    "solve_many": "**i**i*iii**",
    "lone_many": "**i**ii*",
    "dig_many": "**i***ii*",
}
"""The functions of the kernel that callers enter, and which of their arguments are arrays (*)."""

BITCODE = Path(__file__).with_name("kernel.bc")

WORD_BITS = 63
"""Values of a board that machine code takes; plain Python takes any number."""

Words = Any
"""A sequence of the kernel: a flat list, or a contiguous array."""


@dataclass(frozen=True, eq=False)
class Machine:
    """The functions of the kernel that callers enter, and how to hand it boards and room."""

    compiled: bool
    load_on: Callable[..., None]
    search_on: Callable[..., None]
    propagate_many: Callable[..., None]
    solve_many: Callable[..., None]
    lone_many: Callable[..., None]
    dig_many: Callable[..., None]

    def give(self, values: npt.ArrayLike, dtype: npt.DTypeLike = np.int64) -> Words:
        """A copy of `values` as this machine reads them: a flat list, or a C-ordered array."""
        array = np.array(values, dtype=dtype, order="C")
        return array if self.compiled else array.ravel().tolist()

    def tables(self, board: Board) -> Words:
        """The board in flat form, made once. Raises TooLarge."""
        return _tables(self.compiled, board)

    def room(self, board: Board, stored: int = 1, levels: int | None = None) -> Words:
        """Words for a search that keeps its first `stored` solutions; good for any number.

        The stack has so many levels, or as many as a search can need and memory allows. Raises
        TooLarge.
        """
        memory.require(8 * stored * board.n, f"to hold {stored:,} solutions")
        tables = kernel.tables(self.tables(board))
        most = max(2, min(int(tables.n) + 1, memory.MOST // (8 * int(tables.width))))
        levels = most if levels is None else min(levels, most)
        room = self._zeros(int(tables.found + stored * tables.cells + levels * tables.width))
        room[kernel.STORED], room[kernel.LEVELS] = stored, levels
        return room

    def deeper(self, board: Board, room: Words) -> Words:
        """The search with a stack of twice as many levels. Raises TooLarge."""
        levels, width = int(room[kernel.LEVELS]), int(kernel.tables(self.tables(board)).width)
        memory.require(8 * (levels + 1) * width, f"a search of {levels + 1:,} guesses in a row")
        more = min(levels, memory.MOST // (8 * width) - levels)
        room = np.append(room, self._zeros(more * width)) if self.compiled else room + [0] * (more * width)
        room[kernel.LEVELS] += more
        return room

    def found(self, board: Board, room: Words) -> npt.NDArray[np.int8]:
        """The solutions (S, n) that a search has kept."""
        tables = kernel.tables(self.tables(board))
        kept = int(min(room[kernel.SOLUTIONS], room[kernel.STORED]))
        found = np.array(room[tables.found : tables.found + kept * board.n], dtype=np.int8)
        return found.reshape(kept, board.n)

    def root(self, board: Board, room: Words) -> npt.NDArray[np.uint64]:
        """The candidates (n,) from which a search began: zeros where they contradict."""
        tables = kernel.tables(self.tables(board))
        return np.array(room[tables.root : tables.root + int(tables.n)], dtype=np.uint64)

    def _zeros(self, size: int) -> Words:
        """Pages of a large array that nobody touches cost nothing."""
        return np.zeros(size, dtype=np.int64) if self.compiled else [0] * size


@cache
def available() -> bool:
    """Whether llvmlite is installed; it is not imported to find out."""
    return find_spec("llvmlite") is not None


def machine(compiled: bool | None = None, cells: int = 0) -> Machine:
    """The plain machine (False), the compiled one (True), or (None) the one that will be faster.

    That is the compiled one where llvmlite is installed, and the code either loaded already or
    worth it for `cells` cells to search in all. Raises ImportError for True without llvmlite.
    """
    if compiled is not None:
        return _machine(compiled)
    if available() and (cells >= WORTH_CELLS or _loaded):
        try:
            return _machine(True)
        except (ImportError, OSError, RuntimeError):  # broken: slower is better than not at all
            return _machine(False)
    return _machine(False)


_loaded: list[Any] = []
"""The engine that owns the machine code, once there is one."""


@cache
def _machine(compiled: bool) -> Machine:
    entries = {name: getattr(kernel, name) for name in ENTRIES}
    return Machine(compiled, **(_load() if compiled else entries))


def source_digest() -> str:
    """What the bitcode was made of."""
    return hashlib.sha256(Path(kernel.__file__).read_bytes()).hexdigest()


def _load() -> dict[str, Callable[..., None]]:
    """Machine code of the entries for the processor at hand."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    code = BITCODE.read_bytes()
    cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    module = llvm.parse_bitcode(code)
    module.triple = llvm.get_process_triple()
    target = llvm.Target.from_triple(module.triple)
    engine = llvm.create_mcjit_compiler(
        module, target.create_target_machine(cpu=cpu, features=features, opt=3, jit=True)
    )
    engine.finalize_object()
    _loaded.append(engine)
    return {name: _entry(engine.get_function_address(name), kinds) for name, kinds in ENTRIES.items()}


def _entry(address: int, kinds: str) -> Callable[..., None]:
    """A function of machine code; ctypes lets other threads run meanwhile."""
    types = (ctypes.c_void_p if kind == "*" else ctypes.c_int64 for kind in kinds)
    call = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *types)(address)
    unused = ctypes.create_string_buffer(16)  # for a result and an error, which there are not

    def entry(*args: Any) -> None:
        call(
            unused, unused,
            *(one.ctypes.data if isinstance(one, np.ndarray) else one for one in args),
        )  # fmt: skip

    return entry


@memory.kept(256)  # boards may be drawn by the thousand
def _tables(compiled: bool, board: Board) -> Words:
    memory.require(memory.of_search(board), "its search")
    if compiled and board.D > WORD_BITS:
        raise TooLarge(f"machine code takes alphabets of up to {WORD_BITS} values, got {board.D}")
    D = board.D
    domains, relations, automata = board.constraints
    n = len(domains)
    full = 0 if any(len(unit) > D for unit in board.units) else (1 << D) - 1
    complete = [unit for unit in board.units if len(unit) == D]
    homes: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for number, unit in enumerate(complete):
        for position, cell in enumerate(unit):
            homes[cell].append((number * D, 1 << position))
    near = [set(unit) for unit in complete]
    others = [
        sorted(set(peers).difference(*(near[base // D] for base, _ in homes[cell])))
        for cell, peers in enumerate(board.peers)
    ]
    crosses, few = _crosses(complete, homes, D)
    links, rows = _links(relations, n, D)
    automata = tuple(sorted(automata, key=lambda read: sum(map(len, chain(*read.layers)))))
    readers: list[list[int]] = [[] for _ in range(n)]
    for number, read in enumerate(automata):
        for cell in dict.fromkeys(read.cells):
            readers[cell].append(number)
    first, layers, arcs = _states(tuple(read.layers for read in automata))
    head = len(kernel.Tables._fields) - 1
    factors, states = len(complete) * D, max((sum(map(len, read.layers)) + 1 for read in automata), default=0)
    parts: dict[str, Iterable[int]] = {
        "rows": rows,
        "domains": [mask & full for mask in domains],
        "home_start": _starts(homes),
        "home_base": [base for cell in homes for base, _ in cell],
        "home_unit": [base // D for cell in homes for base, _ in cell],
        "home_bit": [bit for cell in homes for _, bit in cell],
        "members": chain(*complete),
        "other_start": [*_starts(others), *[sum(map(len, others))] * (n - board.n)],
        "others": chain(*others),
        "cross_start": _starts(crosses),
        "cross_base": [one[0] for place in crosses for one in place],
        "cross_here": [one[1] for place in crosses for one in place],
        "cross_there": [one[2] for place in crosses for one in place],
        "link_start": _starts(links),
        "link_to": [to for cell in links for to, _ in cell],
        "link_rows": [head + at for cell in links for _, at in cell],
        "reader_start": _starts(readers),
        "readers": chain(*readers),
        "read_start": _starts([read.cells for read in automata]),
        "read_cells": [cell for read in automata for cell in read.cells],
        "layer_start": first,
        "layers": layers,
        "arc_start": _starts(arcs),
        "arc_values": [values for state in arcs for values, _ in state],
        "arc_to": [to for state in arcs for _, to in state],
        "free": _free(arcs, D),
    }
    words = [0] * head
    sizes = {
        "n": n,
        "cells": board.n,
        "D": D,
        "units": len(complete),
        "few": few,
        "rules": len(relations) + len(automata),
        "automata": len(automata),
    }
    for name, part in parts.items():
        sizes[name] = len(words)
        words += part
    room = {
        "queue": n + factors + 1,
        "confined": max(0, few - 1) * factors + 1,
        "weights": n,
        "notes": n,
        "waits": n,
        "pending": n + 1,
        "stale": len(automata),
        "reached": states,
        "root": n + factors + 2 + (n + 31) // 32 + len(complete),
    }
    at = kernel.HEAD
    for name, size in room.items():
        sizes[name] = at
        at += size
    vacant = n + factors + 2
    unplaced = vacant + (n + 31) // 32
    width = unplaced + len(complete)
    sizes |= {"found": at, "width": width, "left": n + factors, "due": n + factors + 1, "vacant": vacant, "unplaced": unplaced}
    sizes["dense"] = int(not board.rules and n <= 126 and len(complete) <= 63 and full > 0 and D < 63)
    dense = sizes["dense"]
    low = min(range((n + 1) // 2, 64), key=lambda low: (sum(min(u) < low <= max(u) for u in complete))) if dense else 0
    if dense: sizes |= dict(low=low, all_low=(1 << low) - 1, all_high=(1 << max(0, n - low)) - 1, all_units=(1 << len(complete)) - 1)
    if dense: sizes |= dict(word=len(words)); words += [int(cell >= low) for cell in range(n)]
    if dense: sizes |= dict(bit=len(words)); words += [1 << ((cell - low if cell >= low else cell) % 63) for cell in range(n)]
    if dense: sizes |= dict(shift=len(words)); words += [cell - low if cell >= low else cell for cell in range(n)]
    def split(cells: Iterable[int]) -> tuple[int, int]:
        mask = sum(1 << cell for cell in cells)
        return mask & (1 << low) - 1, mask >> low
    if sizes["dense"]:
        sizes |= dict(near=len(words)); words += chain(*(split(peers) for peers in board.peers))
        sizes |= dict(homes=len(words)); words += [sum(1 << base // D for base, _ in cell) for cell in homes]
        sizes |= dict(within=len(words)); words += chain(*(split(unit) for unit in complete))
        sizes |= dict(open=2 * D, done=3 * D, left=3 * D + 2, due=3 * D + 3, width=3 * D + 4)
    else:
        sizes |= dict.fromkeys("low all_low all_high all_units near homes within open done word bit shift".split(), 0)
    words[:head] = [sizes[name] for name in kernel.Tables._fields[1:]]
    return np.array(words, dtype=np.int64) if compiled else words


def _crosses(
    complete: list[tuple[int, ...]], homes: list[list[tuple[int, int]]], D: int
) -> tuple[list[list[tuple[int, int, int]]], int]:
    """For each position of each unit, the units that share two cells or more with it, one there.

    As (base, mask of what is shared here, there); and the most cells that two units share.
    """
    shared: dict[tuple[int, int], int] = {}
    for cell in homes:
        for base, bit in cell:
            for there, _ in cell:
                if there != base:
                    shared[base, there] = shared.get((base, there), 0) | bit
    crosses: list[list[tuple[int, int, int]]] = []
    few = 1
    for number, unit in enumerate(complete):
        for cell in unit:
            place = []
            for there, _ in homes[cell]:
                here = shared.get((number * D, there), 0)
                if here.bit_count() > 1:
                    place.append((there, here, shared[there, number * D]))
                    few = max(few, here.bit_count())
            crosses.append(place)
    return crosses, few


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

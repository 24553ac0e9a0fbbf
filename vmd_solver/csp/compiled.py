"""The two machines the kernel runs on: plain Python at once, or machine code for batches.

Callers enter by `machine()`. The machine code ships as LLVM bitcode, which
`training/make_kernel.py` makes and llvmlite loads, at the first use and never at import time: numba
is needed only to make it anew. It must not know what the kernel computes.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import kernel, memory, subsets
from vmd_solver.csp.puzzle import Board
from vmd_solver.csp.tables import flat
from vmd_solver.files import cached

WORTH_CELLS = 8_000
"""Cells to search, over a whole batch, that repay loading the machine code."""

ENTRIES = {
    "load_on": "****i",
    "search_on": "***iii*",
    "propagate_many": "**i**",
    "solve_many": "**i**i*iii**",
    "lone_many": "**i**ii*",
    "dig_many": "**i***ii*",
    "sweep_many": "**i**",
}
"""The functions of `kernel` and `subsets` that callers enter; which arguments are arrays (*)."""

BITCODE = Path(__file__).with_name("kernel.bc")

Words = Any
"""A sequence of the kernel: a flat list, or a contiguous array."""


@dataclass(frozen=True, eq=False)
class Machine:
    """The functions that callers enter, and how to hand them boards and room."""

    compiled: bool
    load_on: Callable[..., None]
    search_on: Callable[..., None]
    propagate_many: Callable[..., None]
    solve_many: Callable[..., None]
    lone_many: Callable[..., None]
    dig_many: Callable[..., None]
    sweep_many: Callable[..., None]

    def give(self, values: npt.ArrayLike, dtype: npt.DTypeLike = np.int64) -> Words:
        """A copy of `values` as this machine reads them: a flat list, or a C-ordered array."""
        try:
            array = np.array(values, dtype=dtype, order="C")
        except OverflowError:  # masks of 64 values and more, which plain Python alone takes
            array = np.array(values, dtype=np.object_)
        return array if self.compiled else array.ravel().tolist()

    def tables(self, board: Board, singles: bool = False) -> Words:
        """The board in flat form, made once. `singles`: units yield no more. Raises TooLarge."""
        return _tables(self.compiled, board, singles)

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
        room = (
            np.append(room, self._zeros(more * width))
            if self.compiled
            else room + [0] * (more * width)
        )
        room[kernel.LEVELS] += more
        return room

    def found(self, board: Board, room: Words) -> npt.NDArray[np.int8]:
        """The solutions (S, n) that a search has kept."""
        tables = kernel.tables(self.tables(board))
        kept = int(min(room[kernel.SOLUTIONS], room[kernel.STORED]))
        found = np.array(room[tables.found : tables.found + kept * board.n], dtype=np.int8)
        return found.reshape(kept, board.n)

    def root(self, board: Board, room: Words) -> list[int]:
        """The candidates (n,) from which a search began, hidden cells included."""
        tables = kernel.tables(self.tables(board))
        row = int(tables.root)
        return [int(kernel.candidates(tables, room, row, cell)) for cell in range(tables.n)]

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
    if available() and (cells >= WORTH_CELLS or _engines):
        try:
            return _machine(True)
        except (ImportError, OSError, RuntimeError):  # broken: slower is better than not at all
            return _machine(False)
    return _machine(False)


_engines: list[Any] = []
"""The engine that owns the machine code, once there is one."""


@cache
def _machine(compiled: bool) -> Machine:
    entries = {name: source(name) for name in ENTRIES}
    return Machine(compiled, **(_load() if compiled else entries))


def source(name: str) -> Callable[..., None]:
    """The function in plain Python."""
    entry: Callable[..., None] = (vars(kernel) | vars(subsets))[name]
    return entry


def source_digest() -> str:
    """What the bitcode is to be made of."""
    sources = (
        BITCODE.with_name(name).read_bytes() for name in ("digits.py", "kernel.py", "subsets.py")
    )
    return hashlib.sha256(b"".join(sources)).hexdigest()


def _load() -> dict[str, Callable[..., None]]:
    """The entries as code for the processor at hand, translated once on a machine."""
    import llvmlite
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple, cpu = llvm.get_process_triple(), llvm.get_host_cpu_name()
    features, bitcode = llvm.get_host_cpu_features().flatten(), BITCODE.read_bytes()
    target = llvm.Target.from_triple(triple).create_target_machine(
        cpu=cpu, features=features, opt=3, jit=True
    )

    def translated() -> bytes:
        module = llvm.parse_bitcode(bitcode)
        module.triple = target.triple  # on Windows another: its object files cannot be loaded
        return bytes(target.emit_object(module))

    made_of = repr((llvmlite.__version__, triple, cpu, features)).encode() + bitcode
    file = f"kernel-{hashlib.sha256(made_of).hexdigest()[:16]}.o"
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
    engine.add_object_file(llvm.ObjectFileRef.from_data(cached(file, translated)))
    engine.finalize_object()
    _engines.append(engine)
    return {
        name: _entry(engine.get_function_address(name), kinds) for name, kinds in ENTRIES.items()
    }


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
def _tables(compiled: bool, board: Board, singles: bool) -> Words:
    memory.require(memory.of_search(board), "its search")
    words = flat(board, singles)
    return np.array(words, dtype=np.int64) if compiled else words

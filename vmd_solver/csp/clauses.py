"""A second search, for hard boards: SAT by clause learning, with python-sat (extra `sat`).

The open candidates of a board become variables, its rules clauses, and a solver searches: Glucose
4, quick to begin, or CaDiCaL 1.9.5, far ahead on what takes seconds. The caller alternates them
with the kernel, a number of conflicts at a time.

Sources: the 3D encoding of Kautz et al., Balance and filtering in structured satisfiable problems
(2001); automata with a variable for each state, after Bacchus, GAC via unit propagation (2007);
Glucose after Audemard and Simon (2009) and CaDiCaL after Biere et al. (2020), through python-sat of
Ignatiev et al. (2018).
"""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from importlib.util import find_spec
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.candidates import Allowed, masks_to_allowed, words_of
from vmd_solver.csp.constraints import Automaton
from vmd_solver.csp.puzzle import Board

GLUCOSE, CADICAL = "Glucose4", "Cadical195"
"""What python-sat calls them."""

MOST_CLAUSES = 1_000_000
"""More than that take a second to write down, and boards with so much open are easy."""

_MOMENT_S = 0.05
"""Between two looks at the clock as a solver runs."""

_FEW = 256
"""Clauses that are lists at a time."""

_MEMBERS = "5solveEv", "9terminateEv"
"""Functions of CaDiCaL's `Solver`, as a C++ compiler spells them."""

_HALF = 32
"""Bits of a literal, where two are one number."""


@cache
def available() -> bool:
    """Whether python-sat is installed; it is not imported to find out."""
    return find_spec("pysat") is not None


@cache
def solvers() -> dict[str, Callable[..., Any]]:
    """The solvers that can be had here, the better one last.

    CaDiCaL only where its own functions can be called: those of python-sat hold the interpreter's
    lock as long as it searches, and cannot stop it.
    """
    from pysat.solvers import Cadical195, Glucose4, pysolvers

    try:
        library = ctypes.CDLL(pysolvers.__file__)
        solve, terminate = (getattr(library, f"_ZN10CaDiCaL1956Solver{end}") for end in _MEMBERS)
    except (AttributeError, OSError):
        return {GLUCOSE: Glucose4}
    address = ctypes.pythonapi.PyCapsule_GetPointer
    address.restype, address.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    for function in (solve, terminate):
        function.argtypes = (ctypes.c_void_p,)

    class Cadical(Cadical195):  # type: ignore[misc]
        """CaDiCaL with the functions of Glucose, set to look for solutions: restarts are few."""

        def __init__(self, bootstrap_with: Iterator[list[int]]) -> None:
            super().__init__()
            self.configure({"stabilizeonly": 1})
            for clause in bootstrap_with:
                self.add_clause(clause)

        def solve_limited(self, expect_interrupt: bool) -> bool | None:
            self.status = {10: True, 20: False}.get(solve(address(self.cadical, None)))
            return self.status

        def interrupt(self) -> None:
            terminate(address(self.cadical, None))

        def clear_interrupt(self) -> None:
            pass  # the next call forgets it

    return {GLUCOSE: Glucose4, CADICAL: Cadical}


class SatSearch:
    """A SAT search for the solutions within `allowed` (n, D), hidden cells or not, none empty.

    By a solver of `solvers`, the best by default.
    """

    def __init__(self, board: Board, allowed: Allowed, solver: str | None = None) -> None:
        allowed = _with_hidden(board, allowed)
        own = allowed[: board.n]
        self._values = np.where(own.sum(1) == 1, own.argmax(1) + 1, 0)
        self._cells, self._bits = _open(own).nonzero()
        make = [*solvers().values()][-1] if solver is None else solvers()[solver]
        self._solver = make(bootstrap_with=_clauses(board, allowed))
        self.guesses = 0
        self.grids: list[tuple[int, ...]] = []

    @property
    def solutions(self) -> int:
        return len(self.grids)

    def run(
        self,
        limit: int,
        conflicts: int,
        seconds: float = math.inf,
        cancelled: Callable[[], bool] = bool,
    ) -> bool:
        """Search on: whether `limit` solutions are found, or all there are.

        Glucose checks its budget at restarts only, and may exceed it by some hundred conflicts.
        """
        end, late = self.guesses + conflicts, time.monotonic() + seconds
        while self.solutions < limit and self.guesses < end:
            self._solver.conf_budget(end - self.guesses)
            found = self._solve(lambda: cancelled() or time.monotonic() >= late)
            self.guesses = self._solver.accum_stats()["conflicts"]
            if not found:
                return found is False
            model = np.array(self._solver.get_model(), dtype=np.int64)
            true = model[: len(self._cells)]
            true = true[true > 0]
            grid = self._values.copy()
            grid[self._cells[true - 1]] = self._bits[true - 1] + 1
            self.grids.append(tuple(grid.tolist()))
            self._solver.add_clause((-true).tolist())  # not this one again
        return self.solutions >= limit

    def _solve(self, over: Callable[[], bool]) -> bool | None:
        """Whether there is a solution; None where the budget does not tell, or it is `over`.

        In another thread, as this one, waiting, can be interrupted by Ctrl-C.
        """
        with ThreadPoolExecutor(1) as thread:
            found = thread.submit(self._solver.solve_limited, expect_interrupt=True)
            try:
                while not found.done() and not over():
                    wait([found], _MOMENT_S)
            finally:
                if not found.done():
                    self._solver.interrupt()
        self._solver.clear_interrupt()
        told: bool | None = found.result()
        return told


def size(board: Board, allowed: Allowed) -> int:
    """About how many clauses a `SatSearch` has to write down."""
    is_open = _open(_with_hidden(board, allowed))
    cells, units = board.members
    groups = [is_open.sum(1), *(np.bincount(units, has[cells]) for has in is_open.T)]
    pairs = sum(int(group @ (group - 1)) // 2 for group in groups)
    arcs = sum(len(state) for read in board.constraints.automata for state in chain(*read.layers))
    return pairs + arcs + len(board.constraints.relations) * board.D


def _with_hidden(board: Board, allowed: Allowed) -> Allowed:
    """The candidates (n + hidden, D): those of hidden cells too."""
    hidden = np.array(board.constraints.domains[len(allowed) :], dtype=words_of(board.D))
    return np.concatenate([allowed, masks_to_allowed(hidden, board.D)])


def _open(allowed: Allowed) -> Allowed:
    """The candidates of cells with more than one; their order numbers the variables."""
    found: Allowed = allowed & (allowed.sum(1) > 1)[:, None]
    return found


def _clauses(board: Board, allowed: Allowed) -> Iterator[list[int]]:
    """Each cell has one value, peers differ, in a complete unit each value has a place, and rules.

    Of a rule only what the candidates leave of it.
    """
    is_open = _open(allowed)
    variables: npt.NDArray[np.int64] = np.where(is_open, is_open.cumsum().reshape(is_open.shape), 0)
    # Of each group at most one is true: the candidates of a cell, the places of a value in a unit.
    cell, value = is_open.nonzero()
    cells, units = board.members
    at, held = is_open[cells].nonzero()
    groups = np.append(cell, len(allowed) + units[at] * board.D + held)
    literals = np.append(variables[cell, value], variables[cells[at], held])
    needed = np.append(np.full(len(allowed), True), np.repeat(board.complete, board.D))
    order = groups.argsort(kind="stable")
    groups, literals = groups[order], literals[order]
    sizes = np.bincount(groups)[groups]
    pairs = []
    for size in np.unique(sizes):
        those = sizes == size
        rows = literals[those].reshape(-1, size)
        yield from _lists(rows[needed[groups[those][::size]]])
        low, high = np.triu_indices(size, 1)
        pairs.append((rows[:, low] << _HALF | rows[:, high]).ravel())
    both = np.unique(np.concatenate([*pairs, literals[:0]]))  # two units may share two cells
    yield from _lists(-np.stack((both >> _HALF, both & (1 << _HALF) - 1), 1))
    if board.linked:
        yield from _rule_clauses(board, allowed, variables)


def _lists(rows: npt.NDArray[np.int64]) -> Iterator[list[int]]:
    """The rows as lists, few at a time: a great many take the garbage collector longer than all
    the rest."""
    for at in range(0, len(rows), _FEW):
        yield from rows[at : at + _FEW].tolist()


def _rule_clauses(
    board: Board, allowed: Allowed, variables: npt.NDArray[np.int64]
) -> list[list[int]]:
    """Relations and automata; their states are variables after those of candidates."""
    clauses: list[list[int]] = []
    _, relations, automata = board.constraints
    # The literal of each candidate: 0 where the cell is settled, and then it is true.
    literals: list[dict[int, int]] = [{} for _ in allowed]
    for cell, value in np.argwhere(allowed).tolist():
        literals[cell][value] = int(variables[cell, value])
    for a, b, table in relations:
        for value, literal in literals[a].items():
            if literal:
                partners = [to for other, to in literals[b].items() if table[value] >> other & 1]
                if 0 not in partners:
                    clauses.append([-literal, *partners])
    free = int(variables.max(initial=0)) + 1
    for read in automata:
        free = _read(read, literals, clauses, free)
    return clauses


def _read(
    read: Automaton, literals: list[dict[int, int]], clauses: list[list[int]], free: int
) -> int:
    """Add an automaton; its states are variables from `free` on. Returns the next free one."""
    names = {0: 0}  # the variable of each state that a layer can be in; 0 is the first, and true
    for cell, layer in zip(read.cells, read.layers, strict=True):
        here = literals[cell]
        following: dict[int, int] = {}
        sources: dict[int, list[int]] = {}
        carriers: dict[int, list[int]] = {value: [] for value in here}
        for number, name in names.items():
            leaving: list[int] = []
            for value, literal in here.items():
                ends = [to for values, to in layer[number] if values >> value & 1]
                for to in ends:
                    if to not in following:
                        following[to], free = free, free + 1
                    sources.setdefault(to, []).append(name)
                negated = [-at for at in (name, literal) if at]
                clauses.append([*negated, *(following[to] for to in ends)])
                if ends:
                    carriers[value].append(name)
                    leaving.append(literal)
            if name and 0 not in leaving:
                clauses.append([-name, *leaving])
        for to, names_before in sources.items():
            if 0 not in names_before:
                clauses.append([-following[to], *names_before])
        for value, literal in here.items():
            if literal and 0 not in carriers[value]:
                clauses.append([-literal, *carriers[value]])
        names = following
    return free

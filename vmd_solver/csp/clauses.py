"""A second search, for hard boards: SAT by clause learning, with python-sat (extra `sat`).

The open candidates of a board become variables, its rules clauses, and Glucose 4 searches. The
caller alternates it with the kernel, a number of conflicts at a time.

Sources: the 3D encoding of Kautz et al., Balance and filtering in structured satisfiable problems
(2001); automata with a variable for each state, after Bacchus, GAC via unit propagation (2007);
Glucose after Audemard and Simon (2009), through python-sat of Ignatiev et al. (2018).
"""

from __future__ import annotations

import math
from functools import cache
from importlib.util import find_spec
from itertools import chain
from threading import TIMEOUT_MAX, Timer

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.candidates import Masks, masks_to_allowed, masks_to_values
from vmd_solver.csp.constraints import Automaton
from vmd_solver.csp.puzzle import Board

MOST_ARCS = 1_000_000
"""Of automata; to write down so many takes some seconds, a small part of such a search."""

MOST_CLAUSES = 500_000
"""More than that take a second to write down, and boards with so much open are easy."""


@cache
def available() -> bool:
    """Whether python-sat is installed; it is not imported to find out."""
    return find_spec("pysat") is not None


class SatSearch:
    """A SAT search for the solutions within masks (n,), none empty; hidden cells may follow."""

    def __init__(self, board: Board, masks: Masks) -> None:
        from pysat.solvers import Glucose4

        hidden = board.constraints.domains[len(masks) :]
        masks = np.append(masks, np.array(hidden, dtype=np.uint64))
        allowed = _open(board, masks)
        self._values = masks_to_values(masks[: board.n])
        self._cells, self._bits = np.nonzero(allowed[: board.n])
        self._solver = Glucose4(bootstrap_with=_clauses(board, masks))
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
                true = model[: len(self._cells)]
                true = true[true > 0]
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
    candidates = allowed.sum(1)
    own = int(candidates @ (candidates - 1)) // 2
    if max(own, len(board.constraints.relations) * board.D) >= MOST_CLAUSES:
        return False
    pairs = sum(int(allowed[cell] @ allowed[list(peers)].sum(0)) for cell, peers in _peers(board))
    arcs = sum(len(state) for read in board.constraints.automata for state in chain(*read.layers))
    return pairs < MOST_CLAUSES and arcs < MOST_ARCS


def _open(board: Board, masks: Masks) -> npt.NDArray[np.bool_]:
    """The candidates (n + hidden, D) of cells with more than one; their order numbers variables."""
    allowed = masks_to_allowed(masks, board.D)
    allowed[allowed.sum(1) == 1] = False
    return allowed


def _peers(board: Board) -> list[tuple[int, list[int]]]:
    """Each cell with the peers that come after it."""
    return [(cell, [p for p in peers if p > cell]) for cell, peers in enumerate(board.peers)]


def _clauses(board: Board, masks: Masks) -> list[list[int]]:
    """Each cell has one value, peers differ, in a complete unit each value has a place, and rules.

    Of a rule only what the candidates leave of it.
    """
    allowed = _open(board, masks)
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
    _, relations, automata = board.constraints
    # The literal of each candidate: 0 where the cell is settled, and then it is true.
    literals = [
        {value: int(variables[cell, value]) for value in range(board.D) if mask >> value & 1}
        for cell, mask in enumerate(map(int, masks))
    ]
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

"""The solvers that `peers` runs side by side, and checks: each a function of a puzzle and seconds.

It returns the values of all cells, None for "there is none", or raises GaveUp. It is made in the
process that uses it, and everything it imports is imported there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import combinations
from typing import Any

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.families import sudoku

Values = Sequence[int]
Answer = Callable[[Puzzle, float], Values | None]


class GaveUp(Exception):
    """No answer within the time, or none that the solver can give."""


@dataclass(frozen=True)
class Peer:
    """A solver: how to start it, what boards it reads, and what must be installed for it."""

    name: str
    make: Callable[[], Answer]
    reads: Callable[[Board], bool] = lambda board: True
    needs: str = ""  # a module, or a program if it begins with $; empty for none

    @property
    def missing(self) -> str:
        """What is not installed here; empty where nothing is missing."""
        name = self.needs.lstrip("$")
        find = find_spec if name == self.needs else shutil.which
        return "" if not name or find(name) else name


def ours(mode: str, model: str | None = None, sat: bool = True) -> Answer:
    """This project, through its public interface; without `sat` no clauses are learned."""
    from vmd_solver.csp import clauses
    from vmd_solver.csp.compiled import available, machine
    from vmd_solver.denoiser import load
    from vmd_solver.sampling import Settings, Solver

    denoiser = None if mode == "exact" else load(model, "cpu")
    settings = Settings(mode)  # type: ignore[arg-type]
    if available():
        machine(True)
    if not sat:
        clauses.available = lambda: False  # type: ignore[assignment]

    def answer(puzzle: Puzzle, seconds: float) -> Values | None:
        found = Solver(replace(settings, timeout_s=seconds), denoiser).solve(puzzle)
        if found.values is None and found.status != "unsatisfiable":
            raise GaveUp(found.message)
        return found.values

    return answer


def loaded(answer: Answer, *modules: str) -> Answer:
    """A solver that is a function, when the modules that it imports are loaded."""
    for module in modules:
        import_module(module)
    return answer


def norvig(puzzle: Puzzle, seconds: float) -> Values | None:
    """Propagation and depth-first search over a dict of strings, the way of Norvig's essay."""
    board = puzzle.board
    units = [[unit for unit in board.units if cell in unit] for cell in range(board.n)]

    def assign(values: dict[int, str], cell: int, digit: str) -> bool:
        return all(eliminate(values, cell, other) for other in values[cell] if other != digit)

    def eliminate(values: dict[int, str], cell: int, digit: str) -> bool:
        if digit not in values[cell]:
            return True
        values[cell] = values[cell].replace(digit, "")
        if not values[cell]:
            return False
        if len(values[cell]) == 1:
            last = values[cell]
            if not all(eliminate(values, peer, last) for peer in board.peers[cell]):
                return False
        for unit in units[cell]:
            places = [other for other in unit if digit in values[other]]
            if not places:
                return False
            if len(places) == 1 and not assign(values, places[0], digit):
                return False
        return True

    def search(values: dict[int, str]) -> dict[int, str] | None:
        if all(len(left) == 1 for left in values.values()):
            return values
        _, cell = min((len(left), cell) for cell, left in values.items() if len(left) > 1)
        for digit in values[cell]:
            copy = values.copy()
            if assign(copy, cell, digit) and (found := search(copy)):
                return found
        return None

    digits = "".join(chr(48 + value) for value in range(1, board.D + 1))
    values = dict.fromkeys(range(board.n), digits)
    for cell, given in enumerate(puzzle.givens):
        if given and not assign(values, cell, chr(48 + given)):
            return None
    found = search(values)
    return None if found is None else [ord(found[cell]) - 48 for cell in range(board.n)]


def cp_sat(puzzle: Puzzle, seconds: float) -> Values | None:
    """OR-Tools CP-SAT with its default settings: an all-different for each unit."""
    from ortools.sat.python import cp_model

    board, model = puzzle.board, cp_model.CpModel()
    cells = [
        model.new_int_var(given or 1, given or board.D, f"c{cell}")
        for cell, given in enumerate(puzzle.givens)
    ]
    for unit in board.units:
        model.add_all_different([cells[cell] for cell in unit])
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise GaveUp
    return [int(solver.value(cell)) for cell in cells]


def sat(puzzle: Puzzle, seconds: float, solver: str) -> Values | None:
    """A solver of python-sat: a variable for each value that no given rules out."""
    from pysat import solvers

    board = puzzle.board
    names: dict[tuple[int, int], int] = {}
    for cell, given in enumerate(puzzle.givens):
        taken = {puzzle.givens[peer] for peer in board.peers[cell]}
        for value in (given,) if given else range(1, board.D + 1):
            if value not in taken:
                names[cell, value] = len(names) + 1
    with getattr(solvers, solver)() as search:
        for cell in range(board.n):
            mine = [names[cell, v] for v in range(1, board.D + 1) if (cell, v) in names]
            search.add_clause(mine)
            at_most_one(search, mine)
        for unit in board.units:
            for value in range(1, board.D + 1):
                places = [names[cell, value] for cell in unit if (cell, value) in names]
                at_most_one(search, places)
                if len(unit) == board.D:
                    search.add_clause(places)
        if not search.solve():
            return None
        true = set(search.get_model() or ())
    return [value for (_, value), name in names.items() if name in true]


def at_most_one(solver: Any, literals: Sequence[int]) -> None:
    """Forbid each pair of these."""
    for pair in combinations(literals, 2):
        solver.add_clause([-pair[0], -pair[1]])


def py_sudoku(puzzle: Puzzle, seconds: float) -> Values | None:
    """py-sudoku: backtracking in plain Python."""
    from sudoku import Sudoku

    rows = puzzle.to_array().reshape(9, 9).tolist()
    solved = Sudoku(3, 3, board=[[value or None for value in row] for row in rows]).solve()
    values = [value for row in solved.board for value in row]
    return None if None in values else values


def dlxsudoku(puzzle: Puzzle, seconds: float) -> Values | None:
    """dlxsudoku: singles, then exact cover, in plain Python."""
    from dlxsudoku import Sudoku

    solver = Sudoku("".join(map(str, puzzle.givens)))
    solver.solve()
    return [int(char) for char in solver.to_oneliner()]


def qqwing(puzzle: Puzzle, seconds: float) -> Values | None:
    """QQWing, a program that reads puzzles from its input, one a line, and prints the grid."""
    command = ["qqwing", "--solve", "--one-line"]
    line = "".join(str(value or ".") for value in puzzle.givens) + "\n"
    done = subprocess.run(
        command, input=line, capture_output=True, encoding="utf-8", timeout=seconds
    )
    found = re.search(r"[1-9]{81}", done.stdout.replace("\n", ""))
    if found is None:
        raise GaveUp(done.stderr)
    return [int(char) for char in found.group()]


def _nine(board: Board) -> bool:
    return board == sudoku()


SAT = {"CaDiCaL": "Cadical153", "CaDiCaL 1.9.5": "Cadical195", "Glucose": "Glucose4"}

PEERS = (
    Peer("ours, guided", partial(ours, "guided"), needs="onnxruntime"),
    Peer("ours, neural", partial(ours, "neural"), lambda board: board.n <= 256, "onnxruntime"),
    Peer("ours, exact", partial(ours, "exact")),
    Peer("ours, without sat", partial(ours, "exact", sat=False), needs="pysat"),
    Peer(
        "no latent, neural", partial(ours, "neural", "grids-none"), lambda board: board.n <= 256,
        "onnxruntime",
    ),
    Peer("Norvig's way", partial(loaded, norvig), lambda board: board.D <= 25),
    Peer("CP-SAT", partial(loaded, cp_sat, "ortools.sat.python.cp_model"), needs="ortools"),
    *(
        Peer(name, partial(loaded, partial(sat, solver=solver), "pysat.solvers"), needs="pysat")
        for name, solver in SAT.items()
    ),
    Peer("py-sudoku", partial(loaded, py_sudoku, "sudoku"), _nine, "sudoku"),
    Peer("dlxsudoku", partial(loaded, dlxsudoku, "dlxsudoku"), _nine, "dlxsudoku"),
    Peer("qqwing", partial(loaded, qqwing), _nine, "$qqwing"),
)  # fmt: skip
"""Everything that is run, in the order of the table."""

"""How fast is the exact kernel on one core, and does it agree with an independent solver?

Puzzles a second: solved, proved to have one solution, narrowed by singles; for the kernel compiled
and in plain Python, with a SAT solver (CaDiCaL, python-sat) beside them. Then full grids and
minimal puzzles made a second. Sets are made here from --seed, and --data DIR adds every .txt file
of DIR/sudoku. --agree N compares the counts of N mixed puzzles of every family, with none, one or
several solutions, and of every puzzle read, with the SAT solver's.

Compilation is not timed. Times are processor time of this process, the best of --repeats passes.
The last line is one JSON document.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.harness import end, machine, options_of, passes, show
from benchmarks.solvers import at_most_one
from vmd_solver.csp import Board, Puzzle, rating
from vmd_solver.csp.candidates import initial_masks, propagate
from vmd_solver.csp.compiled import available
from vmd_solver.csp.exact import count, solve_batch
from vmd_solver.csp.families import latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import (
    full_grids,
    jigsaw_board,
    loosen,
    minimal_puzzles,
    random_grid,
)
from vmd_training.evaluation.sets import puzzles_of
from vmd_training.tables import Row

Givens = npt.NDArray[np.int8]


def sat_count(puzzle: Puzzle, limit: int) -> int:
    """Solutions of the puzzle up to `limit`, by a SAT solver that is given the rules and no more.

    One variable a cell and value; each cell has one value, and no two cells of a unit the same.
    """
    from pysat.solvers import Cadical153

    board, D = puzzle.board, puzzle.board.D
    variables = np.arange(1, board.n * D + 1).reshape(board.n, D)
    with Cadical153() as solver:
        for of_cell in variables.tolist():
            solver.add_clause(of_cell)
            at_most_one(solver, of_cell)
        for unit in board.units:
            for of_value in variables[list(unit)].T.tolist():
                at_most_one(solver, of_value)
        for cell, value in enumerate(puzzle.givens):
            if value:
                solver.add_clause([int(variables[cell, value - 1])])
        found = 0
        while found < limit and solver.solve():
            found += 1
            solver.add_clause([-literal for literal in solver.get_model() if literal > 0])
    return found


def mixed(number: int, seed: int) -> Iterator[Puzzle]:
    """Puzzles of every family in turn, with one, none and several solutions in turn."""
    rng = np.random.default_rng(seed)
    while number > 0:
        boards = [
            sudoku(2, 2), sudoku(2, 3), sudoku(3, 3), sudoku_x(3, 3), windoku(3, 3), latin(5),
            latin(8), jigsaw_board(6, rng), jigsaw_board(9, rng), jigsaw_board(6, rng, True),
            random_grid(6, 6, 6, rng)[0], random_grid(5, 7, 6, rng)[0],
            random_grid(4, 4, 9, rng, layers=4)[0],
        ]  # fmt: skip
        for board in boards[:number]:
            (givens,), (solution,) = minimal_puzzles(board, 1, rng)
            kind = number % 3
            if kind == 0:
                (givens,) = loosen(givens[None], int(rng.integers(1, 4)), rng)
            if kind == 1:
                spoil(givens, solution, board.D, rng)
            yield Puzzle(board, tuple(givens.tolist()))
            number -= 1


def spoil(givens: Givens, solution: Givens, D: int, rng: np.random.Generator) -> None:
    """Add one wrong clue, in place, to the givens (n,) of a puzzle that has an open cell."""
    if not givens.all():
        cell = rng.choice(np.flatnonzero(givens == 0))
        givens[cell] = (solution[cell] + rng.integers(D - 1)) % D + 1


def agreement(puzzles: Iterable[Puzzle], limit: int = 5) -> Row:
    """Whether kernel and SAT solver count the same up to `limit`; how often which number came."""
    seen: Counter[int] = Counter()
    differ: list[str] = []
    for puzzle in puzzles:
        expected = sat_count(puzzle, limit)
        seen[expected] += 1
        if count(puzzle, limit).solutions != expected:
            differ.append(f"{puzzle.board.family} {puzzle.givens}")
    return {
        "puzzles": seen.total(),
        "agree": seen.total() - len(differ),
        "solutions": {str(number): seen[number] for number in sorted(seen)},
        "differ": differ,
    }


def rate(work: Callable[[], object], items: int, repeats: int) -> int:
    """Items a second of processor time, the best of `repeats` passes."""
    return round(items / max(min(passes(work, repeats, time.process_time)), 1e-9))


def read(path: Path) -> Givens:
    """Givens (B, 81) of a file with one 9x9 puzzle a line."""
    lines = path.read_text().split()
    return np.array([[int(char) if char.isdigit() else 0 for char in line] for line in lines], "i1")


def sets(options: argparse.Namespace) -> dict[str, Givens]:
    """Name and givens (B, 81) of each set."""
    rng = np.random.default_rng(options.seed)
    minimal, _ = minimal_puzzles(sudoku(), options.count, rng)
    order = np.argsort(-rating.rate(sudoku(), minimal, rng), kind="stable")
    found = {"minimal, made": minimal, "hardest tenth": minimal[order[: len(order) // 10 or 1]]}
    if options.data:
        found |= {path.name: read(path) for path in sorted((options.data / "sudoku").glob("*.txt"))}
    return found


def speed(name: str, givens: Givens, repeats: int) -> Row:
    """One line of the table of speeds."""
    board = sudoku()
    few = givens[:100]
    masks = initial_masks(board, givens)
    fast = available()
    result = solve_batch(board, givens, 2, compiled=fast)

    def solved(limit: int) -> Callable[[], object]:
        return lambda: solve_batch(board, givens, limit, compiled=fast)

    def by_sat() -> None:
        for puzzle in puzzles_of(board, few):
            sat_count(puzzle, 1)

    return {
        "set": name,
        "puzzles": len(givens),
        "unique": int((result.counts == 1).sum()),
        "guesses": round(float(result.guesses.mean()), 2),
        "solved": rate(solved(1), len(givens), repeats),
        "proved": rate(solved(2), len(givens), repeats),
        "narrowed": rate(lambda: propagate(board, masks, fast), len(givens), repeats),
        "narrowed, numpy": rate(lambda: propagate(board, masks, False), len(givens), repeats),
        "solved, plain": rate(lambda: solve_batch(board, few, compiled=False), len(few), 2),
        "solved, SAT": rate(by_sat, len(few), 1),
        "digest": sha256(givens.tobytes()).hexdigest()[:12],
    }


def making(options: argparse.Namespace) -> Iterator[Row]:
    """How many grids and puzzles are made a second."""
    boards: dict[str, tuple[Board, int]] = {
        "9x9": (sudoku(), options.count), "6x6": (sudoku(2, 3), options.count),
        "X 9x9": (sudoku_x(), options.count // 10), "windoku": (windoku(), options.count // 10),
        "jigsaw 9x9": (jigsaw_board(9, options.seed), options.count // 10),
        "latin 9x9": (latin(9), options.count), "16x16": (sudoku(4, 4), options.count // 10),
        "25x25": (sudoku(5, 5), options.count // 50),
    }  # fmt: skip
    for name, (board, number) in boards.items():
        number = max(1, number)
        row = {"board": name, "grids": number}
        full_grids(board, 1, options.seed)

        def grids(board: Board = board, number: int = number) -> object:
            return full_grids(board, number, options.seed)

        def puzzles(board: Board = board, number: int = number) -> object:
            return minimal_puzzles(board, number, options.seed)

        row["full"] = rate(grids, number, options.repeats)
        if board.D <= 9:
            row["minimal"] = rate(puzzles, number, options.repeats)
        yield row


def main() -> None:
    """Print the tables and, last, the document."""
    parser = options_of(__doc__)
    parser.add_argument("--data", type=Path, help="folder of evaluation data, e.g. shared/data")
    parser.add_argument("--count", type=int, default=1000, help="puzzles made for each set")
    parser.add_argument("--repeats", type=int, default=5, help="passes, of which the best counts")
    parser.add_argument("--agree", type=int, default=0, metavar="N", help="puzzles to compare")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    given = sets(options)
    print(", ".join(f"{name} {value}" for name, value in machine().items()), end="\n\n")
    speeds = show(speed(name, rows, options.repeats) for name, rows in given.items())
    print()
    document: Row = {"speed": speeds, "making": show(making(options))}
    if options.agree:
        document["agreement"] = agreement(mixed(options.agree, options.seed))
        for name, rows in given.items():
            document[f"agreement, {name}"] = agreement(puzzles_of(sudoku(), rows))
    end("exact", seed=options.seed, **document)


if __name__ == "__main__":
    main()

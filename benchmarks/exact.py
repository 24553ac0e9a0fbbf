"""How fast is the exact kernel on one core, and does it agree with an independent solver?

Puzzles a second: solved, proved to have one solution, narrowed by singles; compiled and in plain
Python, with a SAT solver (CaDiCaL, python-sat) beside them; then grids and minimal puzzles made a
second. --agree N compares the counts of N mixed puzzles of every family, and of every set, with the
SAT solver's. Processor time without compilation, the best of --repeats passes.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
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
from vmd_solver.csp.generate import full_grids, jigsaw_board, loosen, minimal_puzzles, random_grid
from vmd_training.evaluation.sets import puzzles_of, read
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


def families(rng: np.random.Generator, nines: int = 1) -> list[Board]:
    """One board of every family and size, of 9x9 Sudoku so many."""
    return [
        sudoku(2, 2), sudoku(2, 3), *[sudoku()] * nines, sudoku_x(), windoku(),
        latin(5), latin(8), jigsaw_board(6, rng), jigsaw_board(9, rng), jigsaw_board(6, rng, True),
        random_grid(6, 6, 6, rng)[0], random_grid(5, 7, 6, rng)[0],
    ]  # fmt: skip


def changed(
    board: Board, givens: Givens, solutions: Givens, kind: str, rng: np.random.Generator
) -> Givens:
    """Minimal puzzles as they are (unique), with clues less (several) or a wrong one (spoilt)."""
    if kind == "several":
        return loosen(givens, int(rng.integers(1, 4)), rng)
    if kind == "unique":
        return givens
    spoilt = givens.copy()
    for row, solution in zip(spoilt, solutions, strict=True):
        if not row.all():
            cell = rng.choice(np.flatnonzero(row == 0))
            row[cell] = (solution[cell] + rng.integers(board.D - 1)) % board.D + 1
    return spoilt


def mixed(number: int, seed: int) -> Iterator[Puzzle]:
    """Puzzles of every family in turn, with several, none and one solution in turn."""
    rng = np.random.default_rng(seed)
    while number > 0:
        boards = [*families(rng), random_grid(4, 4, 9, rng, layers=4)[0]]
        for board in boards[:number]:
            givens, solutions = minimal_puzzles(board, 1, rng)
            kind = ("several", "spoilt", "unique")[number % 3]
            yield from puzzles_of(board, changed(board, givens, solutions, kind, rng))
            number -= 1


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


def speed(name: str, givens: Givens, repeats: int) -> Row:
    """One line of the table of speeds."""
    board, many, few, fast = sudoku(), len(givens), givens[:100], available()
    solved = partial(solve_batch, board, givens, compiled=fast)
    plain = partial(solve_batch, board, few, compiled=False)
    narrowed = partial(propagate, board, initial_masks(board, givens))
    result, sat = solved(limit=2), puzzles_of(board, few)
    return {
        "set": name,
        "puzzles": many,
        "unique": int((result.counts == 1).sum()),
        "guesses": round(float(result.guesses.mean()), 2),
        "solved": rate(partial(solved, limit=1), many, repeats),
        "proved": rate(partial(solved, limit=2), many, repeats),
        "narrowed": rate(partial(narrowed, fast), many, repeats),
        "solved, plain": rate(plain, len(few), 2),
        "solved, SAT": rate(lambda: [sat_count(puzzle, 1) for puzzle in sat], len(few), 1),
        "digest": sha256(givens.tobytes()).hexdigest()[:12],
    }


def making(number: int, seed: int, repeats: int) -> Iterator[Row]:
    """How many grids and puzzles are made a second."""
    boards = {
        "9x9": (sudoku(), 1),
        "6x6": (sudoku(2, 3), 1),
        "X 9x9": (sudoku_x(), 10),
        "windoku": (windoku(), 10),
        "jigsaw 9x9": (jigsaw_board(9, seed), 10),
        "latin 9x9": (latin(9), 1),
        "16x16": (sudoku(4, 4), 10),
        "25x25": (sudoku(5, 5), 50),
    }
    for name, (board, fewer) in boards.items():
        wanted = max(1, number // fewer)
        full_grids(board, 1, seed)
        row = {"board": name, "grids": wanted}
        row["full"] = rate(partial(full_grids, board, wanted, seed), wanted, repeats)
        if board.D <= 9:
            row["minimal"] = rate(partial(minimal_puzzles, board, wanted, seed), wanted, repeats)
        yield row


def main() -> None:
    options = options_of(
        __doc__,
        data=(Path, "folder of evaluation data, e.g. shared/data: every .txt file of its sudoku/"),
        count=(1000, "puzzles made for each set"),
        repeats=(5, "passes, of which the best counts"),
        agree=(0, "puzzles to compare"),
        seed=(0, "of all that is made"),
    )
    rng = np.random.default_rng(options.seed)
    minimal, _ = minimal_puzzles(sudoku(), options.count, rng)
    order = np.argsort(-rating.rate(sudoku(), minimal, rng), kind="stable")
    sets = {"minimal, made": minimal, "hardest tenth": minimal[order[: len(order) // 10 or 1]]}
    for path in sorted((options.data / "sudoku").glob("*.txt")) if options.data else ():
        sets[path.name] = np.array([one.givens for one in read(path, None).puzzles], np.int8)
    print(", ".join(f"{name} {value}" for name, value in machine().items()), end="\n\n")
    speeds = show(speed(name, givens, options.repeats) for name, givens in sets.items())
    print()
    made = show(making(options.count, options.seed, options.repeats))
    document: Row = {"speed": speeds, "making": made}
    if options.agree:
        document["agreement"] = agreement(mixed(options.agree, options.seed))
        for name, givens in sets.items():
            document[f"agreement, {name}"] = agreement(puzzles_of(sudoku(), givens))
    end("exact", seed=options.seed, **document)


if __name__ == "__main__":
    main()

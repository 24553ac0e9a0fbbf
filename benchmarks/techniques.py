"""How hard are random puzzles for a person, how long does grading take, and is any step ever false?

Walks the path of made puzzles, minimal ones unless the board is large, and holds every step against
the solution; a false step ends the run. Then grades each puzzle again with cells relabelled and
values renamed, without and with unique rectangles. Processor time of `next_step` and `apply` alone.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from functools import partial

import numpy as np

from benchmarks.harness import end, median_and_p90, options_of, show
from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.families import grid, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import dig, full_grids, jigsaw_board
from vmd_solver.techniques import LEVELS, TECHNIQUES, Path, State, Step, apply, next_step
from vmd_solver.techniques import grade as grade_of
from vmd_training.tables import Cell, Row

MAX_GUESSES = 2000
"""Of each search while puzzles are dug: on large boards they may not be quite minimal."""

BOARDS: dict[str, tuple[Board, int, float]] = {
    "sudoku 4x4": (sudoku(2, 2), 0, 1.0),
    "sudoku 6x6": (sudoku(2, 3), 0, 1.0),
    "sudoku 9x9": (sudoku(), 0, 1.0),
    "sudoku-x 6x6": (sudoku_x(2, 3), 0, 1.0),
    "sudoku-x 9x9": (sudoku_x(), 0, 1.0),
    "windoku 9x9": (windoku(), 0, 1.0),
    "jigsaw 7x7": (jigsaw_board(7, 1), 0, 1.0),
    "jigsaw 9x9": (jigsaw_board(9, 2), 0, 1.0),
    "jigsaw-x 6x6": (jigsaw_board(6, 4, diagonal=True), 0, 1.0),
    "latin 8x8": (latin(8), 0, 1.0),
    "sudoku 16x16": (sudoku(4, 4), 110, 0.05),
    "sudoku 25x25": (sudoku(5, 5), 310, 0.01),
}
"""The boards; givens that are left (0: minimal); the share of --count that is made."""


def walk(puzzle: Puzzle, solution: list[int]) -> tuple[Path, list[float]]:
    """The path of a puzzle and the seconds of each step.

    Ends the run at a step that contradicts the solution or does nothing.
    """
    state = State.of(puzzle, unique=True)
    steps: list[Step] = []
    seconds: list[float] = []
    while True:
        started = time.process_time()
        step = next_step(state)
        state = apply(state, step) if step else state
        seconds.append(time.process_time() - started)
        if step is None:
            return Path(tuple(steps), state), seconds
        wrong = any(solution[cell] != value for cell, value in step.placements)
        wrong |= any(solution[cell] == value for cell, value in step.eliminations)
        if wrong or not (step.placements or step.eliminations):
            raise SystemExit(f"a false step: {step}")
        steps.append(step)


def renamed(puzzle: Puzzle, rng: np.random.Generator) -> Puzzle:
    """The same puzzle with other names for cells and values."""
    board = puzzle.board
    cells, values = rng.permutation(board.n), rng.permutation(board.D) + 1
    givens = np.zeros(board.n, dtype=np.int64)
    givens[cells] = np.append(0, values)[list(puzzle.givens)]
    units = [cells[list(unit)].tolist() for unit in board.units]
    return Puzzle(grid(board.rows, board.cols, board.D, units), tuple(givens.tolist()))


def measure(board: Board, count: int, givens: int, seed: int) -> Row:
    """What the paths of `count` puzzles on a board are like."""
    rng, digging = np.random.default_rng(seed), np.random.default_rng(seed)
    levels, uses, same = Counter[str](), Counter[str](), Counter[bool]()
    totals, longest = [], 0.0
    solutions = full_grids(board, count, digging)
    puzzles = dig(board, solutions, digging, givens, max_guesses=MAX_GUESSES)
    for clues, solution in zip(puzzles, solutions, strict=True):
        puzzle = Puzzle(board, tuple(clues.tolist()))
        path, seconds = walk(puzzle, solution.tolist())
        levels[path.grade.level] += 1
        uses.update(step.technique for step in path.steps)
        totals.append(1000 * sum(seconds))
        longest = max(longest, 1000 * max(seconds))
        other = renamed(puzzle, rng)
        for unique in (False, True):
            one, two = grade_of(puzzle, unique=unique), grade_of(other, unique=unique)
            same[unique] += (one.hardest, one.level) == (two.hardest, two.level)
    return {
        "puzzles": count,
        "steps": uses.total(),
        "levels": {level: levels[level] for level in LEVELS},
        "uses": {technique.name: uses[technique.name] for technique in TECHNIQUES},
        "same_grade": same[False],
        "same_grade_with_rectangles": same[True],
        **median_and_p90(totals, "path_ms", 1),
        "longest_step_ms": round(longest, 1),
    }


def _level(level: str, row: Row) -> str:
    return str(row["levels"][level])


COLUMNS: dict[str, str | Cell] = {
    "board": "board",
    "puzzles": "puzzles",
    "steps": "steps",
    **{level: partial(_level, level) for level in LEVELS},
    "same grade": lambda row: f"{row['same_grade']} / {row['same_grade_with_rectangles']}",
    "ms a path": "median_path_ms",
    "p90": "p90_path_ms",
    "step": "longest_step_ms",
}


def main() -> None:
    options = options_of(
        __doc__,
        count=(100, "puzzles of each small board"),
        seed=(1, "of the puzzles"),
    )
    gc.disable()  # or else some step is charged with the collection of everything before it

    def row(name: str) -> Row:
        board, givens, share = BOARDS[name]
        count = max(1, round(options.count * share))
        return {"board": name, **measure(board, count, givens, options.seed)}

    rows = show(map(row, BOARDS), COLUMNS)
    end("techniques", seed=options.seed, max_guesses=MAX_GUESSES, boards=rows)


if __name__ == "__main__":
    main()

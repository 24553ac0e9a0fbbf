"""How hard are random puzzles for a person, how long does grading take, and is any step ever false?

Walks the path of made puzzles, minimal ones unless the board is large, or of those of files that
have one solution, and holds every step against it, with --every also steps that are not taken; a
false step ends the run. Made puzzles are
graded again with cells relabelled and values renamed, without forcing and without what only one
solution allows. Processor time of `next_step` and `apply` alone.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.harness import end, median_and_p90, options_of, show
from vmd_solver import load
from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.exact import count
from vmd_solver.csp.families import grid, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import dig, full_grids, jigsaw_board
from vmd_solver.techniques import LEVELS, TECHNIQUES, State, Step, apply, grade, next_step
from vmd_solver.techniques import Path as StepPath
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


def check(step: Step, solution: Sequence[int]) -> None:
    """End the run at a step that contradicts the solution or does nothing."""
    wrong = any(solution[cell] != value for cell, value in step.placements)
    wrong |= any(solution[cell] == value for cell, value in step.eliminations)
    if wrong or not (step.placements or step.eliminations):
        raise SystemExit(f"a false step: {step}")


def walk(puzzle: Puzzle, solution: Sequence[int], every: int) -> tuple[StepPath, list[float], int]:
    """The path of a puzzle, the seconds of each step, and how many steps were checked: those taken,
    and `every` one that a technique finds, up to that many, where singles do not help."""
    state, steps, seconds, checked = State.of(puzzle, unique=True), list[Step](), list[float](), 0
    while True:
        started = time.process_time()
        step = next_step(state)
        after = apply(state, step) if step else state
        seconds.append(time.process_time() - started)
        found = [step] if step else []
        if every and not (step and step.placements):
            for technique in TECHNIQUES:
                found += islice(technique.steps(state), every)
        for each in found:
            check(each, solution)
        checked += len(found)
        if step is None:
            return StepPath(tuple(steps), state), seconds, checked
        steps.append(step)
        state = after


def renamed(puzzle: Puzzle, rng: np.random.Generator) -> Puzzle:
    """The same puzzle with other names for cells and values."""
    board = puzzle.board
    cells, values = rng.permutation(board.n), rng.permutation(board.D) + 1
    givens = np.zeros(board.n, dtype=np.int64)
    givens[cells] = np.append(0, values)[list(puzzle.givens)]
    units = [cells[list(unit)].tolist() for unit in board.units]
    return Puzzle(grid(board.rows, board.cols, board.D, units), tuple(givens.tolist()))


def made(
    board: Board, number: int, givens: int, seed: int
) -> Iterator[tuple[Puzzle, tuple[int, ...]]]:
    """Puzzles on a board, and their solutions."""
    digging = np.random.default_rng(seed)
    solutions = full_grids(board, number, digging)
    puzzles = dig(board, solutions, digging, givens, max_guesses=MAX_GUESSES)
    for clues, solution in zip(puzzles, solutions, strict=True):
        yield Puzzle(board, tuple(clues.tolist())), tuple(solution.tolist())


def listed(path: str) -> Iterator[tuple[Puzzle, tuple[int, ...]]]:
    """The puzzles of a file that have one solution, and their solutions."""
    for puzzle in load(path):
        found = count(puzzle, 2)
        if found.complete and found.solutions == 1:
            yield puzzle, found.grids[0]


def measure(
    puzzles: Iterable[tuple[Puzzle, tuple[int, ...]]], seed: int, every: int, again: bool
) -> Row:
    """What the paths of some puzzles are like."""
    rng = np.random.default_rng(seed)
    levels, uses, same, checks = Counter[str](), Counter[str](), 0, 0
    totals, steps = list[float](), list[float]()
    for puzzle, solution in puzzles:
        path, seconds, checked = walk(puzzle, solution, every)
        checks += checked
        levels[path.grade.level] += 1
        uses.update(step.technique for step in path.steps)
        totals.append(1000 * sum(seconds))
        steps += [1000 * each for each in seconds]
        if again:
            one, two = (grade(each, most="expert") for each in (puzzle, renamed(puzzle, rng)))
            same += one.level == two.level
    return {
        "puzzles": len(totals),
        "steps": uses.total(),
        "checked": checks,
        "levels": {level: levels[level] for level in LEVELS},
        "uses": {technique.name: uses[technique.name] for technique in TECHNIQUES},
        "same_level": same if again else None,
        **median_and_p90(totals, "path_ms", 1),
        "median_step_ms": round(float(np.median(steps)), 2),
        "p99_step_ms": round(float(np.quantile(steps, 0.99)), 1),
        "longest_step_ms": round(max(steps), 1),
    }


def _level(level: str, row: Row) -> str:
    return str(row["levels"][level])


COLUMNS: dict[str, str | Cell] = {
    "board": "board",
    "puzzles": "puzzles",
    "steps": "steps",
    "checked": "checked",
    **{level: partial(_level, level) for level in LEVELS},
    "same level": "same_level",
    "ms a path": "median_path_ms",
    "p90": "p90_path_ms",
    "ms a step": "median_step_ms",
    "p99": "p99_step_ms",
    "longest": "longest_step_ms",
}


def main() -> None:
    options = options_of(
        __doc__,
        "files of puzzles to grade, instead of those made here",
        count=(100, "puzzles of each small board"),
        board=([str], "only this board; may be given again", list(BOARDS)),
        every=(0, "steps of each technique that are checked wherever singles do not help"),
        seed=(1, "of the puzzles"),
    )
    gc.disable()  # or else some step is charged with the collection of everything before it

    def of_board(name: str) -> Row:
        board, givens, share = BOARDS[name]
        number = max(1, round(options.count * share))
        found = made(board, number, givens, options.seed)
        return {"board": name, **measure(found, options.seed, options.every, again=True)}

    def of_file(path: str) -> Row:
        return {
            "board": Path(path).name,
            **measure(listed(path), options.seed, options.every, again=False),
        }

    files = map(of_file, options.arguments)
    rows = show(files if options.arguments else map(of_board, options.board or BOARDS), COLUMNS)
    end("techniques", seed=options.seed, max_guesses=MAX_GUESSES, boards=rows)


if __name__ == "__main__":
    main()

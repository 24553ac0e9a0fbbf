"""Is an answer of guided mode ever wrong? Any number of made puzzles, every answer checked.

Puzzles of every family and several sizes, a third each with one solution, with several and, mostly,
with none, go through `vmd-solve --unique --jobs N`, --chunk of them at a time, from file to file.
The truth about each is found separately, by the exact kernel, and for one in --sat by a SAT solver
that is given the rules (python-sat). An answer is right if solved puzzles have a solution
that the rules and givens allow and that is the only one exactly where it is said to be, if those
said to have none have none, and if nothing is left open. Ends with exit code 1 at the first chunk
with a wrong answer, which it shows. The last line is one JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.exact import Givens, sat_count, spoil
from benchmarks.harness import end, options_of
from vmd_solver import formats
from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.families import latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import jigsaw_board, loosen, minimal_puzzles, random_grid
from vmd_solver.csp.verify import verify
from vmd_solver.formats.cells import cells_of
from vmd_training.evaluation.sets import puzzles_of
from vmd_training.tables import Row

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("unique", "several", "spoilt")


def boards(rng: np.random.Generator) -> list[Board]:
    """One board of every family and size."""
    return [
        sudoku(2, 2), sudoku(2, 3), sudoku(), sudoku(), sudoku(), sudoku_x(), windoku(),
        latin(5), latin(8), jigsaw_board(6, rng), jigsaw_board(9, rng), jigsaw_board(6, rng, True),
        random_grid(6, 6, 6, rng)[0], random_grid(5, 7, 6, rng)[0],
    ]  # fmt: skip


def made(count: int, rng: np.random.Generator) -> list[tuple[Puzzle, int]]:
    """Puzzles in random order, each with its number of solutions, 2 for more; -1 if invalid."""
    found: list[tuple[Puzzle, int]] = []
    for board in boards(rng):
        givens, solutions = minimal_puzzles(board, count // len(boards(rng)) + 1, rng)
        for kind, rows in zip(KINDS, np.array_split(np.arange(len(givens)), 3), strict=True):
            part = changed(board, givens[rows], solutions[rows], kind, rng)
            counts = solve_batch(board, part, 2).counts.tolist()
            for puzzle, number in zip(puzzles_of(board, part), counts, strict=True):
                found.append((puzzle, number if puzzle.is_valid() else -1))
    return [found[at] for at in rng.permutation(len(found))[:count].tolist()]


def changed(
    board: Board, givens: Givens, solutions: Givens, kind: str, rng: np.random.Generator
) -> Givens:
    """Minimal puzzles as they are, with some clues less, or with one wrong clue more."""
    if kind == "several":
        return loosen(givens, int(rng.integers(1, 4)), rng)
    spoilt = givens.copy()
    if kind == "spoilt":
        for row, solution in zip(spoilt, solutions, strict=True):
            spoil(row, solution, board.D, rng)
    return spoilt


def answers(puzzles: list[Puzzle], folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """The rows that the command writes about the puzzles."""
    given, out = folder / "p.jsonl", folder / "out.jsonl"
    given.write_text("".join(formats.write_all(puzzles, "jsonl")), encoding="utf-8")
    command = [sys.executable, "-m", "vmd_solver.cli.solve", "--unique", "-q", "-o", str(out)]
    command += ["--jobs", str(options.jobs), *options.arguments, str(given)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, check=False, stderr=subprocess.DEVNULL, env=environment)
    with out.open(encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def wrong(puzzle: Puzzle, number: int, row: Row) -> str | None:
    """What is wrong with an answer, None if nothing is."""
    due = {-1: "invalid", 0: "unsatisfiable"}.get(number, "solved")
    if row["status"] != due:
        return f"{row['status']} where {due} is true"
    if due != "solved":
        return "a grid without a solution" if row["solution"] else None
    certificate = verify(puzzle, cells_of(row["solution"]).values(puzzle.alphabet))
    if not certificate:
        return certificate.problems[0]
    return None if row["unique"] is (number == 1) else f"unique {row['unique']} of {number}"


def main() -> None:
    """Check chunk after chunk."""
    parser = options_of(__doc__)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--chunk", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sat", type=int, default=100, metavar="N", help="ask about one in N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("arguments", nargs="*", help="of vmd-solve, after --")
    options = parser.parse_args()
    rng, seen, started = np.random.default_rng(options.seed), Counter[str](), time.perf_counter()
    bad: list[str] = []
    while seen.total() < options.count and not bad:
        puzzles = made(min(options.chunk, options.count - seen.total()), rng)
        for puzzle, number in puzzles[:: options.sat]:
            if number >= 0 and sat_count(puzzle, 2) != number:
                bad.append(f"the kernel counts {number}: {formats.write(puzzle, 'jsonl')}")
        with tempfile.TemporaryDirectory() as folder:
            rows = answers([puzzle for puzzle, _ in puzzles], Path(folder), options)
            for (puzzle, number), row in zip(puzzles, rows, strict=True):
                seen[{-1: "invalid", 0: "none", 1: "one"}.get(number, "several")] += 1
                if (reason := wrong(puzzle, number, row)) is not None:
                    bad.append(f"{reason}: {formats.write(puzzle, 'jsonl')}")
        print(f"{seen.total():,} checked, {len(bad)} wrong, {dict(seen)}", flush=True)
    print("".join(bad[:20]), end="")
    end(
        "answers", seed=options.seed, arguments=options.arguments, checked=seen.total(),
        solutions=dict(seen), wrong=len(bad), seconds=round(time.perf_counter() - started),
    )  # fmt: skip
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()

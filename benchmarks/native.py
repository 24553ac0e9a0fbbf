"""Compiled solvers of 9x9 Sudoku beside our kernel: the loops run without Python on both sides.

A solver is a library `lib*.so` of a folder with the function of tdoku's benchmark, `Solve(puzzle,
limit, configuration, solution, guesses)`, tdoku and its neighbours among them. Puzzles are random
isomorphs of a set, so that none comes twice: branch prediction remembers a puzzle, and that
flatters the fastest. It must not know how sets come about.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.harness import installed, run
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.puzzle import conflicts
from vmd_training.tables import Cell, Row, number

Givens = npt.NDArray[np.int8]

OURS = "ours"
LIMITS = {1: "a solution", 2: "only one?"}
PROGRAM = "solve"
"""Beside the libraries, tdoku's example of a program: it reads lines and writes lines."""


class Answers(NamedTuple):
    """Seconds of processor time; how many solutions (B,), one of each (B, 81), guesses (B,)."""

    seconds: float
    counts: npt.NDArray[np.int64]
    solutions: Givens
    guesses: npt.NDArray[np.int64] | None = None


Solve = Callable[[Givens, int], Answers]
"""What solves rows of givens (B, 81), up to a number of solutions of each."""


def isomorphs(givens: Givens, count: int, seed: int) -> Givens:
    """So many puzzles (count, 81), each equivalent to one of `givens`, all of which come as often.

    Digits are renamed, rows, columns, bands and stacks change places, and half are transposed.
    """
    rng = np.random.default_rng(seed)

    def mixed(*shape: int) -> npt.NDArray[np.int64]:
        return rng.permuted(np.broadcast_to(np.arange(shape[-1]), (count, *shape)), axis=-1)

    rows, columns = ((3 * mixed(3)[:, :, None] + mixed(3, 3)).reshape(count, 9) for _ in range(2))
    cells = 9 * rows[:, :, None] + columns[:, None, :]
    turned = rng.random(count) < 0.5
    cells[turned] = cells[turned].swapaxes(1, 2)
    chosen = givens[rng.permutation(np.arange(count) % len(givens))]
    moved = np.take_along_axis(chosen, cells.reshape(count, 81), axis=1)
    names = np.pad(mixed(9) + 1, ((0, 0), (1, 0))).astype(np.int8)
    return np.take_along_axis(names, moved.astype(np.int64), axis=1)


def ours(givens: Givens, limit: int) -> Answers:
    """Our kernel, through its public interface on arrays."""
    started = time.process_time()
    found = solve_batch(sudoku(), givens, limit, compiled=True)
    seconds = time.process_time() - started
    return Answers(seconds, found.counts, found.solutions, found.guesses)


def loaded(library: Path) -> Solve:
    """The solver of a library."""
    from numba import njit

    function = ctypes.CDLL(str(library.resolve())).Solve
    address = ctypes.c_ssize_t  # numba has no conversion of a number to a pointer
    function.argtypes = [address, ctypes.c_size_t, ctypes.c_uint32, address, address]
    function.restype = ctypes.c_size_t

    @njit
    def loop(texts: Any, limit: Any, solutions: Any, counts: Any, guesses: Any) -> None:
        text, solution, guess = texts.ctypes.data, solutions.ctypes.data, guesses.ctypes.data
        for row in range(len(texts)):
            counts[row] = function(text + 82 * row, limit, 0, solution + 81 * row, guess + 8 * row)

    def solve(givens: Givens, limit: int) -> Answers:
        texts = np.pad(_text(givens), ((0, 0), (0, 1)))  # ends with a zero, as text does in C
        solutions = np.zeros((len(givens), 81), np.uint8)
        counts, guesses = np.zeros(len(givens), np.int64), np.zeros(len(givens), np.int64)
        loop(texts[:0], limit, solutions, counts, guesses)  # compiles
        started = time.process_time()
        loop(texts, limit, solutions, counts, guesses)
        seconds = time.process_time() - started
        return Answers(seconds, counts.clip(max=limit), _values(solutions), guesses)

    return solve


def job(command: Sequence[str]) -> Solve:
    """A command that reads `puzzles` and writes `out.txt`, lines both, as a whole process."""

    def solve(givens: Givens, limit: int) -> Answers:
        with TemporaryDirectory() as folder:
            texts = np.pad(_text(givens), ((0, 0), (0, 1)), constant_values=ord("\n"))
            Path(folder, "puzzles").write_bytes(texts.tobytes())
            seconds = run(list(command), folder).cpu_s
            lines = Path(folder, "out.txt").read_bytes().split()
        solutions = _values(np.frombuffer(b"".join(line[-81:] for line in lines), np.uint8))
        solutions = solutions.reshape(-1, 81)
        solved = np.array(solutions.all(axis=1), np.int64)
        return Answers(seconds, solved, solutions)

    return solve


def _text(givens: Givens) -> npt.NDArray[np.uint8]:
    return np.where(givens > 0, givens + ord("0"), ord(".")).astype(np.uint8)


def _values(text: npt.NDArray[np.uint8]) -> Givens:
    return np.where(text > ord("0"), text - ord("0"), 0).astype(np.int8)


def jobs(folder: Path) -> dict[str, Solve]:
    """`vmd-solve --mode exact`, one process, and the folder's program, if it has one."""
    program, exact = folder.resolve() / PROGRAM, ("--mode", "exact", "--jobs", "1", "-q")
    theirs = ["sh", "-c", '"$0" 1 < puzzles > out.txt', str(program)]
    both = {
        OURS: job([installed("vmd-solve"), *exact, "-o", "out.txt", "puzzles"]),
        "tdoku": job(theirs),
    }
    return both if program.exists() else {}


def solvers(folder: Path, names: str) -> dict[str, Solve]:
    """Ours, and every solver of the folder whose name holds one of `names`, by comma."""
    found = {path.stem.removeprefix("lib"): path for path in sorted(folder.glob("lib*.so"))}
    if not found:
        raise SystemExit(f"expected libraries lib*.so in {folder}, found none")
    asked = [name for name in found if any(part in name for part in names.split(","))]
    return {OURS: ours, **{name: loaded(found[name]) for name in asked}}


def faults(givens: Givens, limit: int, answers: Answers, expected: Answers) -> list[int]:
    """The puzzles that a solver answers wrongly: another count, or a grid that is no solution.

    Some solvers give no grid where they only count: zeros are not looked at.
    """
    wrong = answers.counts != expected.counts
    given = answers.solutions.all(axis=1)
    changed = ((givens > 0) & (givens != answers.solutions)).any(axis=1)
    broken = changed | conflicts(sudoku(), answers.solutions).any(axis=1)
    return np.flatnonzero(wrong | (given & broken)).tolist()


def compare(
    name: str, givens: Givens, limit: int, by: Mapping[str, Solve], rounds: int
) -> Iterator[Row]:
    """A row for each solver but ours: both in turn, forwards and backwards, on the same puzzles."""
    seconds: dict[str, list[float]] = {each: [] for each in by}
    wrong: dict[str, list[int]] = {}
    guesses: dict[str, float | None] = {}
    expected = by[OURS](givens, limit)  # which also pays what only a first run costs
    for turn in range(rounds):
        for each in sorted(by, reverse=bool(turn % 2)):
            answers = by[each](givens, limit)
            seconds[each].append(answers.seconds)
            if not turn:
                wrong[each] = faults(givens, limit, answers, expected)
                guesses[each] = None if answers.guesses is None else answers.guesses.mean()
    for each in by:
        ratios = [a / b for a, b in zip(seconds[OURS], seconds[each], strict=True)]
        yield {
            "set": name,
            "limit": limit,
            "peer": each,
            "puzzles": len(givens),
            "microseconds": round(1e6 * median(seconds[each]) / len(givens), 2),
            "ratio": round(median(ratios), 2),
            "low": round(min(ratios), 2),
            "high": round(max(ratios), 2),
            "guesses": guesses[each],
            "wrong": wrong[each],
        }


COLUMNS: dict[str, str | Cell] = {
    "set": "set",
    "asked": lambda row: LIMITS[row["limit"]],
    "solver": "peer",
    "us": number("microseconds"),
    "guesses": lambda row: "" if row["guesses"] is None else f"{row['guesses']:.2f}",
    "ours takes times": lambda row: f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})",
    "wrong": lambda row: str(len(row["wrong"]) or ""),
}

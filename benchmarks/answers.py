"""Is an answer of guided mode ever wrong? Any number of made puzzles, every answer checked.

Puzzles of every family, a third each with one solution, with several and, mostly, with none, go
through `vmd-solve --unique`, --chunk of them at a time. The truth is found by the exact kernel, and
for one in --sat by a SAT solver that is given the rules (python-sat). Nothing may be left open.
With --rules any they have rules of every kind, and the truth is found by CP-SAT as well.
Ends with exit code 1 at the first chunk with a wrong answer, which it shows.
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
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.exact import changed, families, sat_count
from benchmarks.harness import ROOT, end, options_of
from benchmarks.mixes import disagreement, mixes
from vmd_solver import formats
from vmd_solver.csp import Puzzle
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.generate import minimal_puzzles
from vmd_solver.csp.verify import verify
from vmd_solver.formats.rows import cells_of
from vmd_training.evaluation.sets import puzzles_of
from vmd_training.tables import Row


def made(count: int, rng: np.random.Generator) -> list[tuple[Puzzle, int]]:
    """Puzzles in random order, each with its number of solutions, 2 for more; -1 if invalid."""
    found: list[tuple[Puzzle, int]] = []
    for board in families(rng, nines=3):
        number = len(families(rng, nines=3))  # draws boards anew, so that a seed keeps its puzzles
        given, solutions = minimal_puzzles(board, count // number + 1, rng)
        thirds = np.array_split(np.arange(len(given)), 3)
        for kind, rows in zip(("unique", "several", "spoilt"), thirds, strict=True):
            part = changed(board, given[rows], solutions[rows], kind, rng)
            counts = solve_batch(board, part, 2).counts.tolist()
            for puzzle, number in zip(puzzles_of(board, part), counts, strict=True):
                found.append((puzzle, number if puzzle.is_valid() else -1))
    return [found[at] for at in rng.permutation(len(found))[:count].tolist()]


def with_rules(stream: Iterator[Puzzle], count: int, bad: list[str]) -> list[tuple[Puzzle, int]]:
    """The next puzzles with rules, as `made` has them; what the kernel and CP-SAT disagree on is
    bad."""
    found = []
    for puzzle in islice(stream, count):
        number, problem = disagreement(puzzle, 50)
        if problem:
            bad.append(f"{problem}: {formats.write(puzzle, 'jsonl')}")
        if number >= 0:
            found.append((puzzle, min(number, 2)))
    return found


def answers(puzzles: list[Puzzle], options: argparse.Namespace) -> list[Row]:
    """The rows that the command writes about the puzzles."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "p.jsonl", Path(folder) / "out.jsonl"
        given.write_text("".join(formats.write_all(puzzles, "jsonl")), encoding="utf-8")
        command = [sys.executable, "-m", "vmd_solver.cli.solve", "--unique", "-q", "-o", str(out)]
        command += ["--jobs", str(options.jobs), *options.arguments, str(given)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL, env=environment)
        return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def wrong(puzzle: Puzzle, number: int, row: Row) -> str | None:
    """What is wrong with an answer, None if nothing is.

    A solved puzzle has a solution that rules and givens allow, unique exactly if there is one.
    """
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
    options = options_of(
        __doc__,
        rest="of vmd-solve, after --",
        count=(3000, "puzzles"),
        chunk=(20_000, "puzzles of one run of the command"),
        jobs=(2, "workers of the command"),
        rules=("none", "what puzzles are made of beside units", ("none", "any")),
        sat=(100, "the SAT solver is asked about one in so many"),
        seed=(0, "of the puzzles"),
    )
    rng, seen, started = np.random.default_rng(options.seed), Counter[str](), time.perf_counter()
    bad: list[str] = []
    stream = mixes(options.seed) if (ruled := options.rules == "any") else iter(())
    while seen.total() < options.count and not bad:
        count = min(options.chunk, options.count - seen.total())
        puzzles = with_rules(stream, count, bad) if ruled else made(count, rng)
        for puzzle, number in [] if ruled else puzzles[:: options.sat]:
            if number >= 0 and sat_count(puzzle, 2) != number:
                bad.append(f"the kernel counts {number}: {formats.write(puzzle, 'jsonl')}")
        rows = answers([puzzle for puzzle, _ in puzzles], options)
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

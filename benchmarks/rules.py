"""How fast is one solution proved on puzzles with rules, beside CP-SAT with one worker?

Each file of puzzles, in any format, or each file of a folder, is a family. Both sides build a
puzzle anew, nothing kept from others, and prove how many solutions there are, up to two: in turns,
in one process, ours as machine code where llvmlite is. Milliseconds are of building and proving
together; a puzzle that takes longer than --limit counts as that. `as stated` are the unique ones
whose file states a solution that is verified. A disagreement is named, and the exit code is 1; a
puzzle that is not proved unique by us is named on standard error.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

from benchmarks import cpsat
from benchmarks.families import families
from benchmarks.harness import end, median_and_p90, options_of, show
from vmd_solver.csp import Puzzle, rules
from vmd_solver.csp.compiled import available
from vmd_solver.csp.exact import count
from vmd_solver.csp.families import with_rules, without_rules
from vmd_solver.csp.verify import verify
from vmd_solver.formats import Entry
from vmd_training.tables import Cell, Row, number

Answer = tuple[int | None, float, float]
"""Solutions up to two, None where time ran out; seconds to build, and to build and prove."""


def ours(puzzle: Puzzle, limit: float) -> Answer:
    """By the kernel."""
    plain, own = without_rules(puzzle.board), puzzle.board.rules
    for kept in vars(rules).values():
        getattr(kept, "cache_clear", int)()
    started = time.perf_counter()
    built = Puzzle(with_rules(plain, own), puzzle.givens)
    ready = time.perf_counter()
    found = count(built, 2, deadline_s=limit, compiled=available())
    seconds = time.perf_counter() - started
    assert all(verify(puzzle, grid) for grid in found.grids)
    return found.solutions if found.complete else None, ready - started, seconds


def theirs(puzzle: Puzzle, limit: float) -> Answer:
    """By CP-SAT."""
    started = time.perf_counter()
    model = cpsat.Model(puzzle)
    ready = time.perf_counter()
    found = cpsat.proved(model, limit)
    return found, ready - started, time.perf_counter() - started


def compare(name: str, entries: list[Entry], limit: float) -> Row:
    """One row: both on the puzzles of a family, the first in turns."""
    puzzles = [entry.puzzle for entry in entries if entry.puzzle]
    sides: dict[str, Callable[[Puzzle, float], Answer]] = {"ours": ours, "cp_sat": theirs}
    answers: dict[str, list[Answer]] = {side: [] for side in sides}
    ours(puzzles[0], limit)  # what only the first costs: compilation
    for at, puzzle in enumerate(puzzles):
        for side in list(sides)[:: -1 if at % 2 else 1]:
            answers[side].append(sides[side](puzzle, limit))
    found: Row = {"family": name, "puzzles": len(puzzles)}
    seconds: dict[str, list[float]] = {}
    for side, of_side in answers.items():
        decided = [solutions is not None for solutions, _, _ in of_side]
        seconds[side] = [
            min(limit, took) if done else limit
            for (_, _, took), done in zip(of_side, decided, strict=True)
        ]
        found |= {
            f"{side}_decided": round(sum(decided) / len(decided), 4),
            **median_and_p90((1000 * took for took in seconds[side]), f"{side}_ms", 2),
            f"median_{side}_build_ms": round(1000 * median(built for _, built, _ in of_side), 2),
        }
    ratios = [them / us for us, them in zip(seconds["ours"], seconds["cp_sat"], strict=True)]
    counts = [[solutions for solutions, _, _ in of_side] for of_side in answers.values()]
    both = list(zip(*counts, strict=True))
    for entry, (us, _), took in zip(entries, both, seconds["ours"], strict=True):
        if us != 1:
            title = entry.puzzle.name if entry.puzzle else ""
            told = f"{us} solutions" if us is not None else "undecided"
            print(f"{name}:{entry.line} {title}: {told} after {took:.1f} s", file=sys.stderr)
    return found | {
        **median_and_p90(ratios, "times_faster", 2),
        "within_10s": sum(
            us == 1 and s < 10 for (us, _), s in zip(both, seconds["ours"], strict=True)
        ),
        "unique": sum(us == 1 for us, _ in both),
        "as_stated": sum(
            us == 1
            and bool(entry.puzzle and entry.solution and verify(entry.puzzle, entry.solution))
            for entry, (us, _) in zip(entries, both, strict=True)
        ),
        "differ": [at for at, pair in enumerate(both) if None not in pair and len({*pair}) > 1],
    }


COLUMNS: dict[str, str | Cell] = {
    "family": "family",
    "puzzles": "puzzles",
    "unique": "unique",
    "as stated": "as_stated",
    "in 10 s": "within_10s",
    "decided": number("ours_decided", ".3f"),
    "CP-SAT": number("cp_sat_decided", ".3f"),
    "median ms": number("median_ours_ms"),
    "CP-SAT ": number("median_cp_sat_ms"),
    "p90 ms": number("p90_ours_ms"),
    "CP-SAT  ": number("p90_cp_sat_ms"),
    "build ms": number("median_ours_build_ms"),
    "CP-SAT   ": number("median_cp_sat_build_ms"),
    "times faster": number("median_times_faster"),
    "differ": lambda row: ", ".join(map(str, row["differ"])),
}


def main() -> int:
    """Compare on every family; 1 where the answers differ."""
    options = options_of(
        __doc__,
        rest="files of puzzles, or folders of them",
        count=(50, "puzzles of a file, at most"),
        limit=(20.0, "seconds a puzzle and side"),
    )
    rows = show(
        (
            compare(name, puzzles, options.limit)
            for name, puzzles in families(options.arguments, options.count)
        ),
        COLUMNS,
    )
    end("rules", families=rows, options=vars(options))
    return int(any(row["differ"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())

"""How many puzzles are made a second at each level, beside qqwing?

Processor time of whole commands, a batch of --count puzzles, the start included; and from the
difference to a batch of half as many, the start apart; the median of --rounds, in turn. Levels are
like ones: qqwing's simple and easy are puzzles of singles, intermediate asks for pairs and locked
candidates, expert for more. Its puzzles have no clue to spare, or with a symmetry no orbit, as ours
then.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.harness import end, installed, options_of, run, show
from vmd_training.tables import Row

LIKE = {"simple": "easy", "easy": "easy", "intermediate": "medium", "expert": "hard"}
"""qqwing's levels, and ours."""

SYMMETRIES = {"none": ("--minimal",), "rotate180": ("--symmetry", "half-turn")}
"""qqwing's symmetries, and our options."""


def rows(qqwing: Path | None, count: int, rounds: int, seed: int) -> Iterator[Row]:
    """One line for each level and symmetry."""
    ours = [installed("vmd-make"), "-q", "--tries", "100000"]
    for theirs, level in LIKE.items():
        for symmetry, options in SYMMETRIES.items():
            commands = {"ours": [*ours, "-d", level, *options, "--seed", str(seed), "-n"]}
            if qqwing is not None:
                asked = ["--one-line", "--difficulty", theirs, "--symmetry", symmetry]
                commands["qqwing"] = [str(qqwing.resolve()), *asked, "--generate"]
            times: dict[str, list[float]] = {name: [] for name in commands}
            halves: dict[str, list[float]] = {name: [] for name in commands}
            for _ in range(rounds):
                for name, command in commands.items():
                    halves[name].append(run([*command, str(count // 2)]).cpu_s)
                    times[name].append(run([*command, str(count)]).cpu_s)
            row: Row = {"level": level, "qqwing's": theirs, "symmetry": symmetry}
            for name in commands:
                whole, half = median(times[name]), median(halves[name])
                row[f"{name}, ms"] = round(1000 * whole / count, 2)
                row[f"{name}, start apart"] = round(1000 * (whole - half) / (count - count // 2), 2)
            yield row


def main() -> None:
    options = options_of(
        __doc__,
        qqwing=(Path, "the program; only ours without it"),
        count=(100, "puzzles of a batch"),
        rounds=(3, "batches of each, in turn"),
        seed=(0, "of ours"),
    )
    made = show(rows(options.qqwing, options.count, options.rounds, options.seed))
    end("making", made=made, options=vars(options))


if __name__ == "__main__":
    main()

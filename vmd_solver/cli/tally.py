"""Counts over a run: what progress, --stats and the exit code are made of.

Eight bytes a puzzle. Knows nothing of terminals.
"""

from __future__ import annotations

import time
from array import array
from collections import Counter
from statistics import median

from vmd_solver.cli.outcomes import Outcome


class Tally:
    """What came so far; the clock runs from the first moment."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self._seconds = array("d")
        self._nfe = 0
        self._guesses = 0
        self._start = time.perf_counter()

    def add(self, outcome: Outcome) -> None:
        """Count one more; input that cannot be read counts as invalid and nothing else."""
        self.statuses[outcome.status] += 1
        if outcome.solution is not None:
            self._seconds.append(outcome.solution.seconds)
            self._nfe += outcome.solution.nfe
            self._guesses += outcome.solution.guesses

    def line(self) -> str:
        """How far it got, for progress."""
        done = self.statuses.total()
        return (
            f"{done:,} done, {self.statuses['solved']:,} solved, {self._rate(done):,.0f} a second"
        )

    def summary(self) -> list[str]:
        """The lines of --stats."""
        done = self.statuses.total()
        parts = [f"{count:,} {status}" for status, count in self.statuses.most_common()]
        lines = [f"{done:,} puzzle{'s' * (done != 1)}: {', '.join(parts) or 'none'}"]
        if self._seconds:
            solved = len(self._seconds)
            lines.append(
                f"mean NFE {self._nfe / solved:.2f}, guesses {self._guesses:,} in all, "
                f"{self._guesses / solved:.2f} a puzzle"
            )
            lines.append(
                f"seconds a puzzle: median {median(self._seconds):.4f}, "
                f"p90 {quantile(self._seconds, 0.9):.4f}; {self._rate(done):,.1f} puzzles a second"
            )
        return lines

    def _rate(self, done: int) -> float:
        return done / max(time.perf_counter() - self._start, 1e-9)


def quantile(values: array[float], share: float) -> float:
    """The smallest of the values that at least `share` of them do not exceed.

    >>> quantile(array("d", [3, 1, 2]), 0.5)
    2.0
    """
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]

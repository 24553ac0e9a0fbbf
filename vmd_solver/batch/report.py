"""What comes out of solving some entries: records to write, counts, and lines for the user.

Processes hand reports to one another, whoever solves and however many at a time. Knows no stream.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from vmd_solver.batch.outcome import Outcome

STEP = 1.01
"""Ratio of the edges of two neighbouring bins of seconds."""


class Tally:
    """Counts of outcomes, in as much memory for ten million puzzles as for ten; they add up."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.seconds = Spread()
        self._nfe = 0
        self._guesses = 0

    def add(self, outcome: Outcome) -> None:
        """Count one more; input that cannot be read counts as invalid and nothing else."""
        self.statuses[outcome.status] += 1
        if outcome.solution is not None:
            self.seconds.add(outcome.solution.seconds)
            self._nfe += outcome.solution.nfe
            self._guesses += outcome.solution.guesses

    def add_solved(self, count: int, guesses: int, seconds: float) -> None:
        """Count `count` puzzles that took these guesses together and these seconds each."""
        self.statuses["solved"] += count
        self.seconds.add(seconds, count)
        self._guesses += guesses

    def merge(self, other: Tally) -> None:
        """Count all that the other has counted."""
        self.statuses.update(other.statuses)
        self.seconds.merge(other.seconds)
        self._nfe += other._nfe
        self._guesses += other._guesses

    @property
    def done(self) -> int:
        return self.statuses.total()

    def summary(self, rate: float) -> list[str]:
        """The lines of --stats, of a run at `rate` puzzles a second."""
        parts = [f"{count:,} {status}" for status, count in self.statuses.most_common()]
        lines = [f"{self.done:,} puzzle{'s' * (self.done != 1)}: {', '.join(parts) or 'none'}"]
        if timed := len(self.seconds):
            lines.append(
                f"mean NFE {self._nfe / timed:.2f}, guesses {self._guesses:,} in all, "
                f"{self._guesses / timed:.2f} a puzzle"
            )
            median, p90 = self.seconds.quantile(0.5), self.seconds.quantile(0.9)
            lines.append(
                f"seconds a puzzle: median {median:.4f}, p90 {p90:.4f}; "
                f"{rate:,.1f} puzzles a second"
            )
        return lines


class Spread:
    """How often durations occurred, in bins that are STEP apart."""

    def __init__(self) -> None:
        self._bins: Counter[int] = Counter()

    def __len__(self) -> int:
        return self._bins.total()

    def add(self, seconds: float, times: int = 1) -> None:
        self._bins[math.ceil(math.log(max(seconds, 1e-9), STEP))] += times

    def merge(self, other: Spread) -> None:
        self._bins.update(other._bins)

    def quantile(self, share: float) -> float:
        """What at least `share` of the durations do not exceed, at most a hundredth too much.

        >>> spread = Spread()
        >>> for seconds in (3, 1, 2):
        ...     spread.add(seconds)
        >>> round(spread.quantile(0.5), 1)
        2.0
        """
        wanted, passed = share * len(self), 0
        for step in sorted(self._bins):
            passed += self._bins[step]
            if passed >= wanted:
                break
        return float(STEP**step)


@dataclass(frozen=True)
class Message:
    """A line for standard error; --quiet takes notes away, and leaves errors."""

    text: str
    is_error: bool = False


@dataclass(frozen=True)
class Report:
    """Whole records as `data`, without what comes before the first or between two reports."""

    data: bytes = b""
    tally: Tally = field(default_factory=Tally)
    messages: tuple[Message, ...] = ()


def joined(reports: Iterable[Report], between: bytes) -> Report:
    """One report of all, with `between` where two records meet."""
    data: list[bytes] = []
    messages: list[Message] = []
    tally = Tally()
    for report in reports:
        if report.data:
            data.append(report.data)
        messages += report.messages
        tally.merge(report.tally)
    return Report(between.join(data), tally, tuple(messages))

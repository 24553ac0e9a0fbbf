"""What became of one puzzle, in words and counts; and the `Report` that solving some returns."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from vmd_solver.batch.request import Request
from vmd_solver.formats import Entry
from vmd_solver.sampling import Solution

SETTLED = {"propagation": "propagation", "model": "the model", "search": "search"}
"""What settles a puzzle, in words."""

STEP = 1.01
"""Ratio of the edges of two neighbouring bins of seconds."""


@dataclass(frozen=True)
class Outcome:
    """An entry, and what solving it ended in; None where it could not be read."""

    entry: Entry
    solution: Solution | None = None

    @property
    def status(self) -> str:
        return "invalid" if self.solution is None else self.solution.status

    @property
    def place(self) -> str:
        """Source and line, as messages begin: `puzzles.txt:3`; of a whole file its name alone."""
        line = self.entry.line if self.entry.error is None else self.entry.error.line
        return f"{self.entry.source}" if line is None else f"{self.entry.source}:{line}"

    @property
    def error(self) -> str | None:
        """What is wrong with the puzzle itself, or None."""
        if self.entry.error is not None:
            return self.entry.error.message
        return self.solution.message if self.solution and self.status == "invalid" else None

    def answer(self, request: Request) -> str:
        """What was asked beside a solution, in words; empty where nothing was, or is known."""
        solution = self.solution
        if solution is None or self.status not in ("solved", "unsatisfiable"):
            return ""
        if request.asked == "unique":
            known = {True: "unique", False: "not unique", None: "uniqueness not decided"}
            return known[solution.unique] if self.status == "solved" else "no solution"
        if not request.counts or (request.asked == "all" and solution.counted_all):
            return ""
        least = "" if solution.counted_all else ">= "
        return f"{least}{solution.count} solution{'' if solution.count == 1 else 's'}"

    def statement(self, request: Request) -> str:
        """How it ended, in words. Says "verified" of nothing that is not."""
        solution, seconds = self.solution, request.settings.timeout_s
        if self.status == "unsatisfiable":
            return "no solution (proved)"
        if solution is None or self.status != "solved":
            spent = f"{seconds:g} s" if self.status == "timeout" and seconds else "the budget"
            return f"not solved within {spent}; this does not mean there is no solution"
        by = SETTLED.get(solution.settled_by or "", "")
        words = [f"solved{by and f' by {by}'}, verified"]
        if request.asked == "unique":
            texts = {True: "unique", False: "not unique", None: "uniqueness not decided"}
            words.append(texts[solution.unique])
        if request.counts:
            found = number_of(solution.count, "solution")
            words.append(f"{found} in all" if solution.counted_all else f"at least {found}")
        return ", ".join(words)


def require_verified(solution: Solution) -> Solution:
    """The solution; unsolved where it claims to be solved and the verifier has not accepted it."""
    if solution.status == "solved" and not (solution.verified and solution.values):
        doubted = replace(solution, status="unsolved", values=None, verified=False)
        return replace(doubted, solutions=(), count=0)
    return solution


def number_of(count: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> number_of(1, "guess", "guesses"), number_of(1200, "loop")
    ('1 guess', '1,200 loops')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


class Spread(Counter[int]):
    """How often durations occurred, in bins that are STEP apart."""

    def add(self, seconds: float, times: int = 1) -> None:
        self[math.ceil(math.log(max(seconds, 1e-9), STEP))] += times

    def quantile(self, share: float) -> float:
        """What at least `share` of the durations do not exceed, at most a hundredth too much.

        >>> spread = Spread()
        >>> for seconds in (3, 1, 2):
        ...     spread.add(seconds)
        >>> round(spread.quantile(0.5), 1)
        2.0
        """
        wanted, passed = share * self.total(), 0
        for step in sorted(self):
            passed += self[step]
            if passed >= wanted:
                break
        return float(STEP**step)


@dataclass
class Tally:
    """Counts of outcomes, in as much memory for ten million puzzles as for ten; they add up."""

    statuses: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    """How many were settled by what."""
    seconds: Spread = field(default_factory=Spread)
    nfe: int = 0
    guesses: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count one more; input that cannot be read counts as invalid and nothing else."""
        self.statuses[outcome.status] += 1
        if outcome.solution is not None:
            self.seconds.add(outcome.solution.seconds)
            self.nfe += outcome.solution.nfe
            self.guesses += outcome.solution.guesses
            if outcome.solution.settled_by:
                self.settled[outcome.solution.settled_by] += 1

    def merge(self, other: Tally) -> None:
        """Count all that the other has counted."""
        self.statuses.update(other.statuses)
        self.settled.update(other.settled)
        self.seconds.update(other.seconds)
        self.nfe += other.nfe
        self.guesses += other.guesses

    @property
    def done(self) -> int:
        return self.statuses.total()

    def summary(self, rate: float) -> list[str]:
        """The lines of --stats, of a run at `rate` puzzles a second."""
        parts = [f"{count:,} {status}" for status, count in self.statuses.most_common()]
        lines = [f"{number_of(self.done, 'puzzle')}: {', '.join(parts) or 'none'}"]
        if by := [f"{SETTLED[one]} {self.settled[one]:,}" for one in SETTLED if self.settled[one]]:
            lines.append(f"settled by {', '.join(by)}")
        if timed := self.seconds.total():
            median, p90 = self.seconds.quantile(0.5), self.seconds.quantile(0.9)
            lines += [
                f"mean NFE {self.nfe / timed:.2f}, guesses {self.guesses:,} in all, "
                f"{self.guesses / timed:.2f} a puzzle",
                f"seconds a puzzle: median {median:.4f}, p90 {p90:.4f}; "
                f"{rate:,.1f} puzzles a second",
            ]
        return lines


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

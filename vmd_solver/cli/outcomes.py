"""What became of each puzzle of the input, in input order.

Joins the entries that cannot be read with the solutions of those that can. Knows no output format.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from vmd_solver.csp import Puzzle
from vmd_solver.formats import Entry

if TYPE_CHECKING:
    from vmd_solver.sampling import Solution, Solver

_MOST_WAITING = 10_000
"""Entries read ahead of the next solution, so that endless bad lines cannot fill the memory."""


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
        whole = self.entry.error is not None and self.entry.error.line is None
        return f"{self.entry.source}" if whole else f"{self.entry.source}:{self.entry.line}"

    @property
    def column(self) -> int | None:
        return self.entry.error.column if self.entry.error else None

    @property
    def error(self) -> str | None:
        """What is wrong with the puzzle itself, or None."""
        if self.entry.error is not None:
            return self.entry.error.message
        return self.solution.message if self.solution and self.status == "invalid" else None


def outcomes(entries: Iterable[Entry], solver: Callable[[int], Solver]) -> Iterator[Outcome]:
    """The outcome of every entry.

    `solver(before)` is called at the first puzzle there is, and again, after `before` puzzles,
    where so much was waiting that the stream had to be begun anew.
    """
    rest = iter(entries)
    before = 0
    for entry in rest:
        if entry.puzzle is None:
            yield Outcome(entry)
            continue
        for outcome in _solved(solver(before), entry, rest):
            before += outcome.solution is not None
            yield outcome


def _solved(solver: Solver, first: Entry, rest: Iterator[Entry]) -> Iterator[Outcome]:
    """Outcomes from `first`, a puzzle, until the input ends or too much of it waits."""
    waiting: deque[Entry] = deque()

    def puzzles() -> Iterator[Puzzle]:
        for entry in chain([first], rest):
            waiting.append(entry)
            if entry.puzzle is not None:
                yield entry.puzzle
            if len(waiting) >= _MOST_WAITING:
                return

    for solution in solver.stream(puzzles()):
        yield from _unreadable(waiting)
        yield Outcome(waiting.popleft(), _checked(solution))
    yield from _unreadable(waiting)


def _unreadable(waiting: deque[Entry]) -> Iterator[Outcome]:
    """Outcomes of the entries in front that hold no puzzle."""
    while waiting and waiting[0].puzzle is None:
        yield Outcome(waiting.popleft())


def _checked(solution: Solution) -> Solution:
    """The solution; but nothing that the verifier has not accepted passes for one."""
    if solution.status == "solved" and not (solution.verified and solution.values):
        doubted = replace(solution, status="unsolved", values=None, verified=False)
        return replace(doubted, solutions=(), count=0)
    return solution

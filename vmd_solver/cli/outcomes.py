"""What became of each puzzle of the input, in input order.

Joins what is there already (input that cannot be read, puzzles that were settled in bulk) with the
solutions of the engine. Knows no output format.
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
    from vmd_solver.cli.report import Report
    from vmd_solver.sampling import Solution, Solver

_MOST_WAITING = 10_000
"""Entries read ahead of the next solution, so that endless bad lines cannot fill the memory."""


@dataclass(frozen=True)
class Asked:
    """An entry, and its number in the whole input, from 0."""

    number: int
    entry: Entry
    count: int = 1

    @property
    def open(self) -> bool:
        """Whether it takes a solver."""
        return self.entry.puzzle is not None


@dataclass(frozen=True)
class Settled:
    """What is there already for `count` entries, and only waits for its turn."""

    ready: Report
    count: int
    open: bool = False


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


def outcomes(
    items: Iterable[Asked | Settled], solver: Callable[[], Solver]
) -> Iterator[Outcome | Report]:
    """The outcome of every entry, and what was ready, in the order of the items.

    `solver()` is called at the first puzzle there is, and again where so much was waiting that the
    stream had to be begun anew.
    """
    rest = iter(items)
    for item in rest:
        yield from _solved(solver(), item, rest) if item.open else [_closed(item)]


def _solved(
    solver: Solver, first: Asked | Settled, rest: Iterator[Asked | Settled]
) -> Iterator[Outcome | Report]:
    """Outcomes from `first`, a puzzle, until the input ends or too much of it waits."""
    waiting: deque[Asked | Settled] = deque()
    ahead = 0

    def puzzles() -> Iterator[tuple[int, Puzzle]]:
        nonlocal ahead
        for item in chain([first], rest):
            waiting.append(item)
            ahead += item.count
            if isinstance(item, Asked) and item.entry.puzzle is not None:
                yield item.number, item.entry.puzzle
            if ahead >= _MOST_WAITING:
                return

    for solution in solver.numbered(puzzles()):
        while not waiting[0].open:
            ahead -= waiting[0].count
            yield _closed(waiting.popleft())
        asked = waiting.popleft()
        assert isinstance(asked, Asked)
        ahead -= asked.count
        yield Outcome(asked.entry, _checked(solution))
    for item in waiting:
        yield _closed(item)


def _closed(item: Asked | Settled) -> Outcome | Report:
    return item.ready if isinstance(item, Settled) else Outcome(item.entry)


def _checked(solution: Solution) -> Solution:
    """The solution; but nothing that the verifier has not accepted passes for one."""
    if solution.status == "solved" and not (solution.verified and solution.values):
        doubted = replace(solution, status="unsolved", values=None, verified=False)
        return replace(doubted, solutions=(), count=0)
    return solution

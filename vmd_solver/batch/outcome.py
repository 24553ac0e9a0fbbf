"""What became of one puzzle of the input. Knows no output format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vmd_solver.batch.request import Request
from vmd_solver.formats import Entry
from vmd_solver.sampling import Solution


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


def require_verified(solution: Solution) -> Solution:
    """The solution; unsolved where it claims to be solved and the verifier has not accepted it."""
    if solution.status == "solved" and not (solution.verified and solution.values):
        doubted = replace(solution, status="unsolved", values=None, verified=False)
        return replace(doubted, solutions=(), count=0)
    return solution


def statement(solution: Solution, request: Request) -> str:
    """How it ended, in words. Says "verified" of nothing that is not."""
    if solution.status == "unsatisfiable":
        return "no solution (proved)"
    if solution.status == "solved":
        return ", ".join(["solved, verified", *_answers(solution, request)])
    seconds = request.settings.timeout_s
    spent = f"{seconds:g} s" if solution.status == "timeout" and seconds else "the budget"
    return f"not solved within {spent}; this does not mean there is no solution"


def _answers(solution: Solution, request: Request) -> Iterator[str]:
    """What else was asked: uniqueness, or the number of solutions."""
    if request.asked == "unique":
        texts = {True: "unique", False: "not unique", None: "uniqueness not decided"}
        yield texts[solution.unique]
    if request.counts:
        found = number_of(solution.count, "solution")
        yield f"{found} in all" if solution.counted_all else f"at least {found}"


def number_of(count: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> number_of(1, "guess", "guesses"), number_of(1200, "loop")
    ('1 guess', '1,200 loops')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"

"""How many solutions a puzzle has (one, several, none), and how hard it is for a person.

By complete search and by techniques. Both can be cancelled, and the search gives up after a while:
a puzzle is playable without a solution count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vmd_solver.csp.exact import count
from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.techniques import LEVELS, Grade, Path, State, apply, next_step


@dataclass(frozen=True)
class SolutionCount:
    """What is known: `kind`, and the solution where it is the only one."""

    kind: Literal["unknown", "one", "several", "none", "undecided"] = "unknown"
    solution: tuple[int, ...] | None = None

    @property
    def words(self) -> str:
        """What to tell the player."""
        return {
            "unknown": "solutions not counted yet",
            "one": "one solution",
            "several": "several solutions: any of them will do",
            "none": "no solution (proved)",
            "undecided": "solutions not counted: the search took too long",
        }[self.kind]


def analyse(
    puzzle: Puzzle, cancelled: Callable[[], bool] = bool, time_limit_s: float = 20.0
) -> SolutionCount:
    """The solution count on the puzzle; "undecided" where time ran out or `cancelled` said so.

    >>> from vmd_solver.csp.families import latin
    >>> analyse(Puzzle(latin(2), (1, 0, 0, 0)))
    SolutionCount(kind='one', solution=(1, 2, 2, 1))
    >>> analyse(latin(2).empty()).kind
    'several'
    """
    if not puzzle.is_valid():
        return SolutionCount("none")
    found = count(puzzle, 2, deadline_s=time_limit_s, cancelled=cancelled)
    if found.solutions > 1:
        return SolutionCount("several")
    if not found.complete:
        return SolutionCount("undecided")
    return SolutionCount("one", found.grids[0]) if found.solutions else SolutionCount("none")


def graded(puzzle: Puzzle, cancelled: Callable[[], bool] = bool) -> Grade | None:
    """How hard a puzzle with one solution is; None where `cancelled` said so."""
    state, steps = State.of(puzzle, unique=True), []
    while step := next_step(state):
        if cancelled():
            return None
        steps.append(step)
        state = apply(state, step)
    return Path(tuple(steps), state).grade


def grade_words(grade: Grade) -> str:
    """The grade in a sentence or two.

    >>> grade_words(Grade("X-wing", "hard", 740))
    'Hard: the hardest step is by X-wing. Score 740.'
    """
    if grade.level == LEVELS[-1]:
        return "Beyond the techniques known here."
    hardest = f": the hardest step is by {grade.hardest}" if grade.hardest else ""
    return f"{grade.level.capitalize()}{hardest}. Score {grade.score}."

"""The easiest next step, the path of steps to the solution, and the grade that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmd_solver.csp import Puzzle
from vmd_solver.techniques.registry import BY_NAME, LEVELS, TECHNIQUES, Level, Technique
from vmd_solver.techniques.state import State, apply
from vmd_solver.techniques.step import Step


@dataclass(frozen=True)
class Grade:
    """How hard a puzzle is for a person.

    `hardest` is the name of the hardest technique on the path, empty where nothing was to be done.
    `level` is its level, or `beyond` where the path does not reach the solution. `score` is the sum
    over the steps of what each counts for; it depends, a little, on the order they are found in.
    """

    hardest: str
    level: Level
    score: int


@dataclass(frozen=True)
class Path:
    """Steps from a state on, each the easiest there was, and the state that they end in."""

    steps: tuple[Step, ...]
    state: State

    @property
    def solved(self) -> bool:
        """Whether they lead to a solution."""
        return self.state.solved

    @property
    def grade(self) -> Grade:
        """The grade of a puzzle whose path this is."""
        used = [BY_NAME[step.technique] for step in self.steps]
        hardest = max(used, key=TECHNIQUES.index, default=None)
        level = (hardest.level if hardest else LEVELS[0]) if self.solved else LEVELS[-1]
        score = sum(technique.score for technique in used)
        return Grade(hardest.name if hardest else "", level, score)


def next_step(state: State, techniques: Sequence[Technique] = TECHNIQUES) -> Step | None:
    """A step by the first of the techniques that has any; None where none has.

    None too after a contradiction, which `state.problem` names.
    """
    if state.problem:
        return None
    found = (step for technique in techniques for step in technique.steps(state))
    return next(found, None)


def path_from(state: State, techniques: Sequence[Technique] = TECHNIQUES) -> Path:
    """The path from a state to the solution, or as far as the techniques lead."""
    steps = []
    while step := next_step(state, techniques):
        steps.append(step)
        state = apply(state, step)
    return Path(tuple(steps), state)


def solve_path(puzzle: Puzzle, *, unique: bool = False) -> Path:
    """The path from the givens of a puzzle; `unique` says that it is known to have one solution.

    >>> from vmd_solver.csp.families import sudoku
    >>> path = solve_path(Puzzle(sudoku(2, 2), (1, 2, 3, 0, 3) + (0,) * 7 + (4, 0, 0, 1)))
    >>> path.solved, path.grade
    (True, Grade(hardest='hidden single', level='easy', score=52))
    >>> print(path.steps[0].text)
    Look at row 1. All its cells but r1c4 are filled, and it holds every value. So r1c4 is 4.
    """
    return path_from(State.of(puzzle, unique=unique))


def grade(puzzle: Puzzle, *, unique: bool = False) -> Grade:
    """How hard a puzzle is; `unique` says that it is known to have one solution."""
    return solve_path(puzzle, unique=unique).grade

"""How a person would solve a puzzle, as text and as data. Loaded only where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from textwrap import fill
from typing import Any

from vmd_solver.batch.outcome import number_of
from vmd_solver.sampling import Solution
from vmd_solver.techniques import Path, solve_path


def facts(solution: Solution) -> dict[str, Any]:
    """The columns that --explain adds to a row."""
    path = path_of(solution)
    grade = path.grade
    return {
        "explained": path.solved,
        "level": grade.level,
        "hardest": grade.hardest or None,
        "score": grade.score,
        "steps": [{"technique": step.technique, **asdict(step)} for step in path.steps],
        "stuck": None if path.solved else _stuck(path),
    }


def paragraphs(solution: Solution, width: int) -> Iterator[str]:
    """A line that sums up, every step, and how it ends where that is not the solution."""
    path = path_of(solution)
    yield summary(path)
    for number, step in enumerate(path.steps, 1):
        lead = f"{number:>3}. "
        text = f"{step.technique}: {step.text}"
        yield fill(text, width, initial_indent=lead, subsequent_indent=" " * len(lead))
    if not path.solved:
        yield fill(ending(path, solution), width)


def path_of(solution: Solution) -> Path:
    """The steps of a person; reasons from uniqueness are for where a search has proved it."""
    return solve_path(solution.puzzle, unique=solution.unique is True)


def summary(path: Path) -> str:
    """The grade and the number of steps."""
    grade, steps = path.grade, number_of(len(path.steps), "step")
    if path.solved:
        return f"{grade.level}: {steps}, hardest {grade.hardest or 'none'}, score {grade.score:,}"
    if path.state.problem:
        return f"{steps} to a contradiction"
    return f"{grade.level}: {steps}, without reaching a solution"


def ending(path: Path, solution: Solution) -> str:
    """How it ends where that is not the solution.

    Of cells that no step fills it says what is known of them, and that it is not explained.
    """
    if path.state.problem:
        rest = "So there is no solution."
    elif solution.unique is False:
        rest = "The puzzle has several solutions, so no reasoning can settle all of them."
    elif solution.status == "solved":
        rest = "Their values above were found by the solver and are not explained."
    elif solution.status == "unsatisfiable":
        rest = "That there is no solution was proved by a search and is not explained."
    else:
        rest = "They are not explained."
    return f"{_stuck(path)}. {rest}"


def _stuck(path: Path) -> str:
    if path.state.problem:
        return f"After these steps {path.state.problem}"
    n = path.state.puzzle.board.n
    return f"No technique applies any further: {path.state.open.bit_count()} of {n} cells stay open"

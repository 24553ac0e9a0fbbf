"""How a person would solve a puzzle, as text and as data; the steps come from the techniques.

Knows no stream and no option. Loaded only where an explanation is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from textwrap import fill
from typing import Any

from vmd_solver.sampling import Solution
from vmd_solver.techniques import Path, solve_path


def facts(solution: Solution) -> dict[str, Any]:
    """The columns that --explain adds to a row."""
    path = _path(solution)
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
    path = _path(solution)
    yield _summary(path)
    for number, step in enumerate(path.steps, 1):
        lead = f"{number:>3}. "
        text = f"{step.technique}: {step.text}"
        yield fill(text, width, initial_indent=lead, subsequent_indent=" " * len(lead))
    if not path.solved:
        yield fill(f"{_stuck(path)}. {_rest(path, solution)}", width)


def _path(solution: Solution) -> Path:
    """The path, with reasons from uniqueness where a search has proved that."""
    return solve_path(solution.puzzle, unique=solution.unique is True)


def _summary(path: Path) -> str:
    grade, steps = path.grade, len(path.steps)
    counted = f"{steps:,} step{'s' * (steps != 1)}"
    if path.solved:
        return f"{grade.level}: {counted}, hardest {grade.hardest or 'none'}, score {grade.score:,}"
    if path.state.problem:
        return f"{counted} to a contradiction"
    return f"{grade.level}: {counted}, which do not reach a solution"


def _stuck(path: Path) -> str:
    if path.state.problem:
        return f"After these steps {path.state.problem}"
    n = path.state.puzzle.board.n
    return f"No technique applies any further: {path.state.open_cells} of {n} cells stay open"


def _rest(path: Path, solution: Solution) -> str:
    """What is known of the cells that no step fills, and that it is not explained."""
    if path.state.problem:
        return "So there is no solution."
    if solution.unique is False:
        return "The puzzle has several solutions, so no reasoning can settle all of them."
    if solution.status == "solved":
        return "Their values above were found by the solver and are not explained."
    if solution.status == "unsatisfiable":
        return "That there is no solution was proved by a search and is not explained."
    return "They are not explained."

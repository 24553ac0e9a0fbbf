"""Boards with rules as they are drawn, against files: `VMD_UPDATE_GOLDEN=1` writes them anew."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from vmd_solver.batch.outcome import Outcome
from vmd_solver.batch.request import Request
from vmd_solver.cli.render import Pretty
from vmd_solver.drawing.pages import svg_sheet
from vmd_solver.formats import read_path
from vmd_solver.sampling import Settings, Solver

FOLDER = Path(__file__).parent
PRETTY = Pretty(Request((), Settings(mode="exact")))


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """The puzzles beside this file, solved; what their searches took is nought."""
    entries = list(read_path(FOLDER / "rules-puzzles.txt"))
    solved = Solver(PRETTY.request.settings).stream(one.puzzle for one in entries if one.puzzle)
    plain = (replace(solution, seconds=0.0, guesses=0) for solution in solved)
    return [Outcome(entry, solution) for entry, solution in zip(entries, plain, strict=True)]


def same(page: str, name: str) -> bool:
    path = FOLDER / name
    if os.environ.get("VMD_UPDATE_GOLDEN"):
        path.write_text(page, encoding="utf-8")
    return page == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "encoding"), [("rules.txt", "utf-8"), ("rules-ascii.txt", "ascii")]
)
def test_text(outcomes: list[Outcome], name: str, encoding: str) -> None:
    page = "\n".join(map(replace(PRETTY, encoding=encoding).record, outcomes))
    assert same(page, name)
    assert page.isascii() == (encoding == "ascii")
    assert page.count(", verified") == 3


def test_paper(outcomes: list[Outcome]) -> None:
    solutions = [outcome.solution for outcome in outcomes if outcome.solution]
    items = [(one.puzzle, one.values or ()) for one in solutions]
    assert same(svg_sheet(items, solutions=True), "rules.svg")

"""What people see, against pages to look at: `VMD_UPDATE_GOLDEN=1` writes them anew."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vmd_solver.batch.outcome import Outcome
from vmd_solver.batch.page import Page
from vmd_solver.batch.request import Request
from vmd_solver.cli.render import Pretty
from vmd_solver.formats import read_path
from vmd_solver.sampling import Settings, Solution, Solver
from vmd_solver.sampling.job import Status
from vmd_solver.sampling.settings import MODES

FOLDER = Path(__file__).parent
ONE = Request((), Settings(mode="exact"))
TITLED = Pretty(ONE, titled=True)
STYLES = {
    "pretty.txt": TITLED,
    "pretty-ascii.txt": replace(TITLED, encoding="ascii"),
    "pretty-color.txt": replace(TITLED, color=True),
    "page.html": Page(ONE),
}
SGR = re.compile(r"\x1b\[\d*m")


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """The puzzles beside this file, each solved exactly; their times, which vary, are nought."""
    solver = Solver(ONE.settings)
    entries = [replace(entry, source="p.txt") for entry in read_path(FOLDER / "puzzles.txt")]
    solved = solver.stream(entry.puzzle for entry in entries if entry.puzzle)
    pairs = zip(entries, solved, strict=True)
    return [Outcome(entry, replace(solution, seconds=0.0)) for entry, solution in pairs]


@pytest.mark.parametrize("name", STYLES)
def test_pages(name: str, outcomes: list[Outcome]) -> None:
    style = STYLES[name]
    shown = outcomes[:2] if isinstance(style, Page) else outcomes
    page = style.head + "\n".join(map(style.record, shown))
    path = FOLDER / name
    if os.environ.get("VMD_UPDATE_GOLDEN"):
        path.write_text(page, encoding="utf-8")
    assert page == path.read_text(encoding="utf-8")


def test_colour_only_repeats(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        painted = replace(TITLED, color=True).record(outcome)
        assert painted != SGR.sub("", painted) == TITLED.record(outcome)


def test_ascii_has_the_same_shape(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        drawn = TITLED.record(outcome)
        plain = replace(TITLED, encoding="ascii").record(outcome)
        assert plain.isascii()
        assert list(map(len, plain.splitlines())) == list(map(len, drawn.splitlines()))


def test_every_cell_is_shown_and_givens_are_marked(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        solution = outcome.solution
        assert solution is not None
        puzzle = solution.puzzle
        width = max(map(len, puzzle.alphabet))
        drawing = TITLED.record(outcome).partition("' given")[0]
        rows = " ".join(drawing.splitlines()[1:])
        if puzzle.board.family.endswith("-x"):
            rows = rows.replace("X", " ")
        cells = re.findall(rf"([0-9A-Z]{{{width}}}|\.)('?)", rows)
        values = solution.values or puzzle.givens
        symbols = (".", *puzzle.alphabet)
        expected = [
            (symbols[value], "'" * bool(given))
            for value, given in zip(values, puzzle.givens, strict=True)
        ]
        assert cells == expected


def lines_of(outcomes: list[Outcome]) -> Iterator[str]:
    """The last lines, for every status, mode and question."""
    outcome = outcomes[0]
    assert outcome.solution is not None
    costs = {"nfe": 3, "loops": 48, "latents": 1, "remasked": 2, "guesses": 1, "seconds": 0.25}
    statuses: tuple[Status, ...] = ("solved", "unsolved", "unsatisfiable", "timeout")
    for mode in MODES:
        for status in statuses:
            settings = Settings(mode=mode, timeout_s=2.5)
            facts = costs if status == "solved" else {**costs, "values": None, "verified": False}
            solution: Solution = replace(outcome.solution, status=status, mode=mode, **facts)  # type: ignore[arg-type]
            yield last(replace(outcome, solution=solution), Request((), settings))
    for unique in (True, False, None):
        solution = replace(outcome.solution, unique=unique, mode="guided", **costs)  # type: ignore[arg-type]
        yield last(replace(outcome, solution=solution), replace(ONE, asked="unique"))
    for count, counted_all in ((1, True), (1234, True), (1234, False)):
        solution = replace(outcome.solution, count=count, counted_all=counted_all)
        yield last(replace(outcome, solution=solution), replace(ONE, asked="count"))


def last(outcome: Outcome, request: Request) -> str:
    """What stands under the drawing."""
    return Pretty(request).record(outcome).partition("' given\n")[2]


def test_status_lines(outcomes: list[Outcome]) -> None:
    page = "".join(lines_of(outcomes))
    path = FOLDER / "status.txt"
    if os.environ.get("VMD_UPDATE_GOLDEN"):
        path.write_text(page, encoding="utf-8")
    assert page == path.read_text(encoding="utf-8")
    for line in page.splitlines():
        assert len(line) < 80 and ("verified" in line) == line.startswith("solved")

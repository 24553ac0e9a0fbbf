"""Drawings in files, against files to look at: `VMD_UPDATE_GOLDEN=1` writes them anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import oracle, undecided

from vmd_solver.csp.families import sudoku, sudoku_x
from vmd_solver.csp.generate import full_grids
from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.drawing.diagrams import Diagram, document_of
from vmd_solver.drawing.pages import Solved, html, svg_sheet
from vmd_solver.drawing.slides import Slideshow, cast, storyboard
from vmd_solver.play.player import FIRST, Player, record
from vmd_solver.play.replay import Replay
from vmd_solver.tui.export import slideshow

FOLDER = Path(__file__).parent


def solved(board: Board) -> Solved:
    """A puzzle of which every third cell is given."""
    values = full_grids(board, 1, np.random.default_rng(0))[0].tolist()
    givens = tuple(value * (at % 3 == 0) for at, value in enumerate(values))
    return Puzzle(board, givens, name="every third"), values


def items() -> list[Solved]:
    return [solved(sudoku(2, 2)), solved(sudoku_x(2, 3))]


def replayed() -> Slideshow:
    """Three frames of a run that succeeds, and beside it of one that breaks rules; two latents."""
    puzzle, values = solved(sudoku(2, 2))
    replays = [Replay(puzzle), Replay(puzzle)]
    for replay, denoiser in zip(replays, (oracle(np.array(values)), undecided()), strict=True):
        record(puzzle, replace(FIRST, latents=2), denoiser, replay.add)
    frames = Player(*replays).timeline
    return slideshow(puzzle, [frames[1], frames[4], frames[-1]])


def step() -> str:
    """A step with all that a diagram may show, in a file of its own."""
    puzzle, values = solved(sudoku(2, 3))
    shown = tuple(value * (at % 2 == 0 or at % 3 == 0) for at, value in enumerate(values))
    masks = tuple(0 if shown[at] else 0b110111 for at in range(36))
    chain = (1, 1), (7, 2), (13, 5)
    diagram = Diagram(
        puzzle,
        shown,
        masks,
        range(6, 12),
        [chain[:1], chain[1:], [(5, 1)]],
        [(*chain[:2], True), (*chain[1:], False)],
        [(19, 2), (13, 5)],
        [(25, 1)],
    )
    return document_of(diagram, "Chain", ["Look at row 2.", "So it is.", "So strike 2."])


DRAWINGS: dict[str, Callable[[], str]] = {
    "sheet.svg": lambda: svg_sheet(items(), solutions=True),
    "sheet.html": lambda: html(items(), solutions=True),
    "step.svg": step,
    "replay.svg": lambda: storyboard(replayed()),
    "replay.cast": lambda: cast(replayed(), 0.5, "every third"),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings(name: str) -> None:
    drawing, path = DRAWINGS[name](), FOLDER / name
    if os.environ.get("VMD_UPDATE_GOLDEN"):
        path.write_text(drawing, encoding="utf-8")
    assert drawing == path.read_text(encoding="utf-8")

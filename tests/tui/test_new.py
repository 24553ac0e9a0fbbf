"""New puzzles: asked for, made beside the screen, given up."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fakes import undecided
from textual.widgets import Button, Input, OptionList, Select, Static
from waiting import HANG_S

from vmd_solver.csp.puzzle import Board
from vmd_solver.denoiser import Denoiser
from vmd_solver.errors import ModelError
from vmd_solver.generation import Grid, PuzzleSpec, exact_grid, make
from vmd_solver.play.opening import READY
from vmd_solver.tui.screens.home import HomeScreen
from vmd_solver.tui.screens.new import NewScreen
from vmd_solver.tui.screens.play import PlayScreen

Start = Any


async def asked(at: Any, **answers: Any) -> NewScreen:
    """The screen for new puzzles with these answers, the family first."""
    await at.press("n")
    screen = at.app.screen
    assert isinstance(screen, NewScreen)
    for name, answer in answers.items():
        if name in ("clues", "seed"):
            screen.query_one(f"#{name}", Input).value = str(answer)
        else:
            screen.query_one(f"#{name}", Select).value = answer
        await at.settle()
    screen.query_one(Button).focus()
    return screen


def said(at: Any, name: str = "message") -> str:
    return str(at.app.screen.query_one(f"#{name}", Static).content)


async def test_a_puzzle_is_made_as_it_was_asked_for_and_played(start: Start) -> None:
    async with start() as at:
        await asked(at, family="jigsaw", size=5, level="easy", symmetry="none", seed=12)
        assert (
            said(at, "command") == "vmd-make --family jigsaw --size 5 --difficulty easy --seed 12"
        )
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        spec = PuzzleSpec("jigsaw", 5, level="easy", seed=12)
        made = make(spec)
        assert made is not None and at.game.puzzle == made.puzzle
        assert "jigsaw 5x5  Easy, seed 12" in at.text()
        assert at.app.spec == spec


async def test_what_is_ready_to_be_had_is_made_at_once(start: Start) -> None:
    async with start() as at:
        at.app.screen.query_one(OptionList).focus()
        options = at.app.screen.query_one(OptionList)
        options.highlighted = options.get_option_index(f"spec {READY.index(PuzzleSpec(size=4))}")
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        await at.analysed()
        assert at.game.solution_count.kind == "one" and at.game.board.D == 4


async def test_the_making_tells_of_itself_and_can_be_given_up(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, drawing = threading.Semaphore(0), threading.Lock()

    def slowly(board: Board, rng: Any) -> Grid:
        with drawing:
            assert go_on.acquire(timeout=HANG_S)
        return exact_grid(board, rng)

    monkeypatch.setattr("vmd_solver.tui.screens.new.exact_grid", slowly)
    async with start() as at:
        await asked(at, size=4, level="expert")  # which no 4x4 is
        await at.press("enter")
        go_on.release(2)
        await at.until(lambda: "grid 2 of 200" in said(at))
        assert "Cancel" in at.text()
        await at.press("escape")
        assert said(at) == "Given up." and isinstance(at.app.screen, NewScreen)
        go_on.release(2)
        await at.until(lambda: not drawing.locked())
        assert said(at) == "Given up." and "Make" in at.text()
        await at.press("enter enter")  # the second at once
        assert said(at) == "Given up." and "Make" in at.text()
        go_on.release(2)
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen)


async def test_what_cannot_be_had_is_reported(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vmd_solver.tui.screens.new.generate", lambda *asked: None)
    async with start() as at:
        screen = await asked(at, size=4, level="expert")
        await at.press("enter")
        await at.until(lambda: "Not found in 200 grids" in said(at))
        screen.query_one("#clues", Input).value = "99"
        await at.press("enter")
        await at.until(lambda: "Not found" not in said(at))
        assert "clues of 0 to 16 expected, got 99" in said(at)


async def test_another_family_keeps_the_size_where_it_has_it(start: Start) -> None:
    async with start() as at:
        screen = await asked(at, family="latin", size=7)
        await at.settle()
        screen.query_one("#family", Select).value = "jigsaw"
        await at.settle()
        assert screen.query_one("#size", Select).value == 7
        screen.query_one("#family", Select).value = "windoku"
        await at.settle()
        assert screen.query_one("#size", Select).value == 9
        screen.query_one("#size", Select).value = 16
        await at.settle()
        assert screen.query_one("#clues", Input).value == "119"


async def test_the_model_draws_grids_where_there_is_one(start: Start) -> None:
    async with start(denoiser=undecided) as at:
        await asked(at, size=4, grids="the model", level="any")
        assert said(at, "command").endswith("--mode neural")
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, PlayScreen))
        await at.until(lambda: "The grid is by" in at.said())


async def test_without_a_model_that_is_reported(start: Start) -> None:
    def missing() -> Denoiser:
        raise ModelError("no model folder; make one")

    async with start(denoiser=missing) as at:
        await asked(at, size=4, grids="the model")
        await at.press("enter")
        await at.until(lambda: "no model folder" in said(at))

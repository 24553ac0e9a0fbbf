"""Watching the model: films made here and films of traces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser import Denoiser
from vmd_solver.denoiser.fakes import FakeDenoiser, oracle, undecided
from vmd_solver.errors import ModelError
from vmd_solver.play.film import Film, State
from vmd_solver.play.player import FIRST, shoot
from vmd_solver.tui.screens.play import PlayScreen
from vmd_solver.tui.screens.watch import WatchScreen
from vmd_solver.tui.widgets.film import FilmBoard

Start = Any


def watching(at: Any) -> WatchScreen:
    assert isinstance(at.app.screen, WatchScreen)
    return at.app.screen


async def made(at: Any) -> WatchScreen:
    """Wait for the film that is being made."""
    await at.until(lambda: watching(at).film.ended)
    return watching(at)


def knowing(solution: tuple[int, ...]) -> Callable[[], FakeDenoiser]:
    return lambda: oracle(np.array(solution))


async def test_the_game_is_paused_while_its_puzzle_is_watched(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("v")
        screen = await made(at)
        assert screen.film.puzzle == four
        await at.press("escape")
        assert isinstance(at.app.screen, PlayScreen)
        assert at.board.covered and at.game.helped


async def test_play_pause_step_and_rewind(
    start: Start, four: Puzzle, solution: tuple[int, ...]
) -> None:
    async with start(four, films=[None], denoiser=knowing(solution)) as at:
        screen = await made(at)
        await at.press("end")
        assert screen.player.frame.status == "solved"
        assert "solved" in at.text() and "2*" in at.text()
        await at.press("comma")
        assert screen.player.frame.step == "verified"
        await at.press("home full_stop")
        assert screen.player.frame.step == "call 1" and not screen.player.playing
        assert "2?" in at.text() and "1'" in at.text()
        await at.press("minus minus space")
        assert screen.player.playing and screen.player.speed == 0.5
        await at.press("plus plus plus plus plus")
        assert screen.player.speed == 16
        await at.until(lambda: bool(screen.player.frame.status))


async def test_the_cell_under_the_cursor_tells_value_probability_and_candidates(
    start: Start, four: Puzzle, solution: tuple[int, ...]
) -> None:
    async with start(four, films=[None], denoiser=knowing(solution)) as at:
        await made(at)
        await at.press("home full_stop right")
        assert "r1c2  2 100.0%" in at.text()
        assert "Fits  2\n" in at.text()


async def test_another_policy_more_latents_calls_and_seed_run_again(
    start: Start, four: Puzzle
) -> None:
    empty = sudoku(2, 2).empty()
    async with start(empty, films=[None]) as at:
        screen = await made(at)
        before = screen.film
        await at.press("p k k N s")
        assert (screen.settings.latents, screen.settings.nfe, screen.settings.seed) == (4, 8, 1)
        assert screen.settings.policy != FIRST.policy
        await made(at)
        assert screen.film is not before
        await at.press("end")
        assert len(screen.player.frame.layers) == 4
        assert len(screen.query(FilmBoard)) == 1
        await at.press("a")
        assert [board.latent for board in screen.query(FilmBoard)] == [0, 1, 2, 3]
        await at.press("tab")
        assert "Latent     2 of 4" in at.text()
        await at.pilot.click(screen.query(FilmBoard)[2], offset=(1, 2))
        assert (screen.latent, screen.cursor) == (2, 0)
        await at.press("home")  # where the puzzle is the same on every board
        assert {board.latent for board in screen.query(FilmBoard)} <= {0, 1, 2, 3}


async def test_a_trace_is_shown_without_a_model(
    start: Start, four: Puzzle, solution: tuple[int, ...]
) -> None:
    film = Film(four)
    shoot(four, FIRST, oracle(np.array(solution)), film.add)

    def missing() -> Denoiser:
        raise ModelError("no model folder; make one")

    async with start(four, films=[film], denoiser=missing) as at:
        assert watching(at).film is film
        assert "A run from a trace" in at.text()
        await at.press("r")
        await at.until(lambda: "no model folder" in at.text())
        assert watching(at).player.frame.layers[0].cells[1].state is State.OPEN


async def test_leaving_gives_the_run_up(start: Start) -> None:
    fake = undecided()
    async with start(sudoku(3, 3).empty(), films=[None], denoiser=lambda: fake) as at:
        await at.press("n n escape")
        assert not isinstance(at.app.screen, WatchScreen)
        await at.until(lambda: all(worker.is_finished for worker in at.app.workers))


async def test_large_boards_and_small_windows(start: Start) -> None:
    async with start(sudoku(5, 5).empty(), films=[None], size=(60, 16)) as at:
        await made(at)
        await at.press("end up left")
        assert watching(at).cursor == 624
        assert "r25c25" in at.text()

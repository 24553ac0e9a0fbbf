"""Watching the model: replays made here and replays of traces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeDenoiser, oracle, undecided
from textual.widgets import Select, Static
from waiting import HANG_S

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser import Denoiser
from vmd_solver.errors import ModelError
from vmd_solver.play.player import FIRST, Player, record
from vmd_solver.play.replay import Replay, State
from vmd_solver.tui.screens.play import PlayScreen
from vmd_solver.tui.screens.watch import ReplayView, WatchScreen

Start = Any


def watching(at: Any) -> WatchScreen:
    assert isinstance(at.app.screen, WatchScreen)
    return at.app.screen


async def made(at: Any) -> WatchScreen:
    """Wait for the replay that is being made."""
    await at.until(lambda: watching(at).replay.ended)
    return watching(at)


def knowing(solution: tuple[int, ...]) -> Callable[[], FakeDenoiser]:
    return lambda: oracle(np.array(solution))


async def test_the_game_is_paused_while_its_puzzle_is_watched(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("v")
        screen = await made(at)
        assert screen.replay.puzzle == four
        await at.press("escape")
        assert isinstance(at.app.screen, PlayScreen)
        assert at.board.covered and at.game.helped


async def test_play_pause_step_and_rewind(
    start: Start, four: Puzzle, solution: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Player, "delay_s", HANG_S)  # no frame goes by while this looks
    async with start(four, replays=[None], denoiser=knowing(solution)) as at:
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
        monkeypatch.undo()
        await at.press("plus")
        await at.until(lambda: bool(screen.player.frame.status))


async def test_the_cell_under_the_cursor_tells_value_probability_and_candidates(
    start: Start, four: Puzzle, solution: tuple[int, ...]
) -> None:
    async with start(four, replays=[None], denoiser=knowing(solution)) as at:
        await made(at)
        await at.press("home full_stop right")
        assert "r1c2  2 100.0%" in at.text()
        assert "Fits  2\n" in at.text()


async def test_another_policy_more_latents_calls_and_seed_run_again(
    start: Start, four: Puzzle
) -> None:
    empty = sudoku(2, 2).empty()
    async with start(empty, replays=[None]) as at:
        screen = await made(at)
        before = screen.replay
        await at.press("p k k N s")
        assert (screen.settings.latents, screen.settings.nfe, screen.settings.seed) == (4, 8, 1)
        assert screen.settings.policy != FIRST.policy
        await made(at)
        assert screen.replay is not before
        await at.press("end")
        assert len(screen.player.frame.layers) == 4
        assert len(screen.query(ReplayView)) == 1
        await at.press("a")
        assert [board.key for board in screen.query(ReplayView)] == [(0, k) for k in range(4)]
        await at.press("tab")
        assert "Latent     2 of 4" in at.text()
        await at.pilot.click(screen.query(ReplayView)[2], offset=(1, 2))
        assert (screen.chosen, screen.cursor) == ((0, 2), 0)
        await at.press("home")  # where the puzzle is the same on every board
        assert {board.key for board in screen.query(ReplayView)} <= {(0, k) for k in range(4)}


async def test_the_model_without_latent_is_seen_beside(
    start: Start, four: Puzzle, solution: tuple[int, ...]
) -> None:
    sure = knowing(solution)
    async with start(four, replays=[None], denoiser=undecided, baseline=sure) as at:
        screen = await made(at)
        await at.press("k c")
        await at.until(lambda: len(screen.player.replays) == 2 and screen.player.ended)
        with_latent, without = screen.player.replays
        assert without.frames[-1].status == "solved" and without.frames[-1].nfe == 1
        assert len(with_latent.frames[-1].layers) == 2, "of the one without a single run is enough"
        await at.press("home full_stop full_stop")
        assert [board.key for board in screen.query(ReplayView)] == [(0, 0), (1, 0)]
        assert "no latent" in at.text()
        await at.press("tab tab")
        assert "Latent     none" in at.text() and screen.chosen == (1, 0)
        await at.press("end a")
        assert len(screen.query(ReplayView)) == 3
        await at.press("s")
        assert len(screen.player.replays) == 2, "another seed, still beside it"
        await at.press("c")
        await at.until(lambda: screen.player.ended)
        assert len(screen.player.replays) == 1 and "no latent" not in at.text()


async def test_without_anything_to_compare_with_that_is_reported(
    start: Start, four: Puzzle
) -> None:
    def missing() -> Denoiser:
        raise ModelError("no model without latent")

    async with start(four, replays=[None], baseline=missing) as at:
        screen = await made(at)
        await at.press("c")
        said = screen.query_one("#message", Static)
        await at.until(lambda: "nothing to compare with: no model" in str(said.content))
        assert len(screen.player.replays) == 1


async def test_a_film_is_exported(
    start: Start, four: Puzzle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with start(four, replays=[None]) as at:
        screen = await made(at)
        await at.press("e")
        assert not screen.player.playing
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, WatchScreen))
        assert "Written" in at.said()
        await at.press("e enter")
        assert "frame.svg is there already" in at.text()
        at.app.screen.query_one(Select).value = "the replay, as asciicast"
        await at.settle()
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, WatchScreen))
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["frame.svg", "replay.cast"]


async def test_keys_for_watching_are_changed_and_found(start: Start, four: Puzzle) -> None:
    async with start(four, replays=[None]) as at:
        screen = await made(at)
        at.app.change(keys={"watch-all": "W"})
        await at.press("W")
        assert screen.side_by_side
        await at.press("ctrl+p")
        await at.press("l a t e n t s space s i d e")
        await at.until(lambda: "One latent, or all side by side" in at.text())
        assert "W" in at.text()
        await at.press("enter")
        await at.until(lambda: not screen.side_by_side)


async def test_a_trace_is_shown_without_a_model(
    start: Start, four: Puzzle, solution: tuple[int, ...]
) -> None:
    replay = Replay(four)
    record(four, FIRST, oracle(np.array(solution)), replay.add)

    def missing() -> Denoiser:
        raise ModelError("no model folder; make one")

    async with start(four, replays=[replay], denoiser=missing) as at:
        assert watching(at).replay is replay
        assert "A run from a trace" in at.text()
        await at.press("r")
        await at.until(lambda: "no model folder" in at.text())
        assert watching(at).player.frame.layers[0].cells[1].state is State.OPEN


async def test_leaving_gives_the_run_up(start: Start) -> None:
    fake = undecided()
    async with start(sudoku(3, 3).empty(), replays=[None], denoiser=lambda: fake) as at:
        await at.press("n n escape")
        assert not isinstance(at.app.screen, WatchScreen)
        await at.until(lambda: all(worker.is_finished for worker in at.app.workers))


async def test_large_boards_and_small_windows(start: Start) -> None:
    async with start(sudoku(5, 5).empty(), replays=[None], size=(60, 16)) as at:
        await made(at)
        await at.press("end up left")
        assert watching(at).cursor == 624
        assert "r25c25" in at.text()

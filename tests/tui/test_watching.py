"""Watching the model: replays made here and replays of traces."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeDenoiser, oracle, undecided
from rich.color import Color
from rich.style import Style
from textual.widgets import Select, Static
from waiting import HANG_S

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser import Denoiser
from vmd_solver.errors import ModelError
from vmd_solver.play.demonstrations import DEMONSTRATIONS
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


def grounds(board: ReplayView) -> set[Color | None]:
    """The colours behind what a board shows."""
    return {span.style.bgcolor for span in board.render().spans if isinstance(span.style, Style)}


def knowing(solution: tuple[int, ...]) -> Callable[[], FakeDenoiser]:
    return lambda: oracle(np.array(solution))


async def test_the_game_is_paused_while_its_puzzle_is_watched(start: Start, four: Puzzle) -> None:
    async with start(four) as at:
        await at.press("v")
        assert "counts as helped" in at.message and not at.game.helped, "it asks first"
        await at.press("v")
        screen = await made(at)
        assert screen.replay.puzzle == four
        await at.press("escape")
        assert isinstance(at.app.screen, PlayScreen)
        assert not at.board.covered and at.game.helped


async def test_play_pause_step_and_rewind(
    start: Start, four: Puzzle, solution: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Player, "delay_s", HANG_S)  # no frame goes by while this looks
    async with start(four, replays=[None], denoiser=knowing(solution)) as at:
        screen = await made(at)
        await at.press("end")
        assert screen.player.frame.status == "solved"
        assert "Solved after 1 call" in at.text() and "2*" in at.text()
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
        await at.press("home full_stop")
        assert "r1c2      likeliest values" in at.text()
        assert "Latent 3  2? 100%" in at.text()
        assert "Open by the rules: 2 " in at.text() + " "
        await at.press("right")
        assert "r1c3 is given: 3." in at.text()


async def test_the_three_likeliest_values_in_each_latent(start: Start) -> None:
    async with start(sudoku(3, 3).empty(), replays=[None], size=(120, 40)) as at:
        screen = await made(at)
        await at.press("home full_stop right")
        for number, layer in enumerate(screen.player.frame.layers, 1):
            cell = layer.cells[1]
            (line,) = (one for one in at.text().splitlines() if f"  Latent {number}  " in one)
            told = line.split(f"  Latent {number}  ")[1]
            assert [part[0] for part in re.findall(r"\d\??(?= \d+%)", told)] == [
                str(value) for value, _ in cell.likeliest
            ]
            assert told.startswith(f"{cell.value}? ") and told.endswith(f"{cell.entropy:.2f}")


async def test_four_latents_are_side_by_side_where_there_is_room(start: Start) -> None:
    for size, boards in (((120, 40), 4), ((200, 60), 4), ((80, 24), 1), ((60, 30), 1)):
        async with start(sudoku(3, 3).empty(), replays=[None], size=size) as at:
            screen = await made(at)
            await at.press("home full_stop")
            assert len(screen.query(ReplayView)) == boards
            titles = range(1, 5) if boards == 4 else [1]
            assert all(f"Latent {number}" in at.text() for number in titles)
            assert boards == 4 or "Latent 1 of 4, " in at.text()
            assert screen.query_one("#boards").max_scroll_y == 0, "nothing is out of sight"
            await at.press("tab")
            assert screen.chosen == (0, 1) and "Latent 2" in at.text()
            await at.press("a")
            assert len(screen.query(ReplayView)) == 5 - boards


async def test_where_latents_differ_is_marked_and_said(start: Start) -> None:
    async with start(sudoku(3, 3).empty(), replays=[None], size=(120, 40)) as at:
        screen = await made(at)
        await at.press("home full_stop")
        one, other = (screen.player.frame.layers[latent] for latent in (0, 1))
        differ = len(other.differing([one]))
        assert differ > 20 and f"Latent 2: {differ} cells differ" in at.text()
        boards = [board.render().plain for board in screen.query(ReplayView)]
        marked = [text.count("≠") for text in boards]
        assert marked[0] == 0 and marked[1] == differ, "the chosen one is what others differ from"
        await at.press("tab")
        boards = [board.render().plain for board in screen.query(ReplayView)]
        assert [text.count("≠") for text in boards][:2] == [differ, 0]
        await at.press("tab tab tab home")
        assert "≠" not in screen.query(ReplayView)[1].render().plain, "where nothing is proposed"


async def test_alone_a_latent_is_marked_where_any_other_differs(start: Start) -> None:
    async with start(sudoku(3, 3).empty(), replays=[None], size=(80, 24)) as at:
        screen = await made(at)
        await at.press("home full_stop")
        one, *others = screen.player.frame.layers
        (board,) = screen.query(ReplayView)
        assert board.render().plain.count("≠") == len(one.differing(others)) > 0


async def test_cells_are_shaded_by_entropy(start: Start) -> None:
    async with start(sudoku(3, 3).empty(), replays=[None], size=(200, 60)) as at:
        screen = await made(at)
        await at.press("home full_stop")
        assert "entropy from" not in at.text()
        await at.press("h")
        assert "entropy from  0.1  0.5  1  nats" in at.text()
        (board, *_) = screen.query(ReplayView)
        cell = screen.player.frame.layers[0].cells[0]
        assert cell.entropy is not None and 1.0 < cell.entropy < 2.2
        shade = board.style_of("unsure-3").bgcolor
        assert shade in grounds(board)
        assert f"{cell.entropy:.1f}" in at.text(), "where there is room the number stands below"
        await at.press("h")
        assert shade not in grounds(board)


async def test_demonstrations_follow_each_other(start: Start, four: Puzzle) -> None:
    async with start(four, replays=[None], size=(120, 40)) as at:
        screen = await made(at)
        for number in (0, 1, 2, 0):
            demonstration = DEMONSTRATIONS[number]
            await at.press("d")
            await made(at)
            assert screen.replay.puzzle == demonstration.puzzle
            assert demonstration.look[:20] in at.text() and demonstration.name in at.text()
        assert screen.settings.select == "margin"
        await at.press("v")
        assert screen.settings.select == "valid"


async def test_a_demonstration_is_known_by_its_puzzle(start: Start) -> None:
    puzzles = [one.puzzle for one in DEMONSTRATIONS]
    async with start(*puzzles, replays=[None] * 3) as at:
        assert "Two solutions" in at.text() and "An empty board" in at.text()
        await at.press("down enter")
        screen = await made(at)
        assert screen.demonstration == DEMONSTRATIONS[1]
        await at.press("end pagedown")
        assert screen.query_one("#side").scroll_y > 0
        await at.press("pageup")
        assert screen.query_one("#side").scroll_y == 0


async def test_another_policy_more_latents_calls_and_seed_run_again(
    start: Start, four: Puzzle
) -> None:
    empty = sudoku(2, 2).empty()
    async with start(empty, replays=[None]) as at:
        screen = await made(at)
        before = screen.replay
        await at.press("p k K N s")
        assert (screen.settings.latents, screen.settings.nfe, screen.settings.seed) == (4, 8, 1)
        assert screen.settings.policy != FIRST.policy
        await made(at)
        assert screen.replay is not before
        await at.press("end")
        assert len(screen.player.frame.layers) == 4
        assert [board.key for board in screen.query(ReplayView)] == [(0, k) for k in range(4)]
        await at.press("a")
        assert len(screen.query(ReplayView)) == 1
        await at.press("a tab")
        assert "▸ Latent 2" in at.text()
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
        await at.press("K c")
        await at.until(lambda: len(screen.player.replays) == 2 and screen.player.ended)
        with_latent, without = screen.player.replays
        assert without.frames[-1].status == "solved" and without.frames[-1].nfe == 1
        assert len(with_latent.frames[-1].layers) == 2, "of the one without a single run is enough"
        await at.press("home full_stop a")
        assert [board.key for board in screen.query(ReplayView)] == [(0, 0), (1, 0)]
        broken = [len(layer.conflicts) for layer in screen.player.frames[0].layers]
        said = "{} and {} with a latent, 0 without.".format(*sorted(broken))
        assert said in " ".join(str(screen.query_one("#facts", Static).content).split())
        await at.press("tab tab")
        assert "▸ No latent" in at.text() and screen.chosen == (1, 0)
        await at.press("end a")
        assert len(screen.query(ReplayView)) == 3
        await at.press("s")
        assert len(screen.player.replays) == 2, "another seed, still beside it"
        await at.press("c")
        await at.until(lambda: screen.player.ended)
        assert len(screen.player.replays) == 1 and "No latent" not in at.text()


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
        assert screen.side_by_side is False
        await at.press("ctrl+p")
        await at.press("l a t e n t s space s i d e")
        await at.until(lambda: "One latent, or all side by side" in at.text())
        assert "W" in at.text()
        await at.press("enter")
        await at.until(lambda: screen.side_by_side is True)


async def test_a_trace_is_shown_without_a_model(
    start: Start, four: Puzzle, solution: tuple[int, ...]
) -> None:
    replay = Replay(four)
    record(four, FIRST, oracle(np.array(solution)), replay.add)

    def missing() -> Denoiser:
        raise ModelError("no model folder; make one")

    async with start(four, replays=[replay], denoiser=missing, size=(120, 40)) as at:
        assert watching(at).replay is replay
        assert "A run from a trace" in at.text()
        await at.press("r")
        said = watching(at).query_one("#message", Static)
        await at.until(lambda: "no model folder" in str(said.content))
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

"""The application in a folder of its own, without a terminal; tests here may be coroutines."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeText, undecided
from textual.pilot import Pilot
from textual.widgets import Static
from waiting import HANG_S

from vmd_solver.assets import BASELINE_MODEL
from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser import Denoiser
from vmd_solver.formats import Entry
from vmd_solver.play import Game
from vmd_solver.play.replay import Replay
from vmd_solver.play.storage import Folders, folders_at
from vmd_solver.text.alphabet import KNOWN
from vmd_solver.text.denoiser import TextDenoiser
from vmd_solver.tui.app import PlayApp
from vmd_solver.tui.screens.play import PlayScreen
from vmd_solver.tui.widgets.board import BoardView


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: Any) -> bool | None:
    """Run a test that is a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@dataclass
class At:
    """The running application, and hands to use it with."""

    app: PlayApp
    pilot: Pilot[None] = field(init=False)
    notes: list[str] = field(default_factory=list)
    """All notifications, which the application forgets after some seconds."""

    def __post_init__(self) -> None:
        show = self.app.notify

        def notify(message: str, **options: Any) -> None:
            self.notes.append(message)
            show(message, **options)

        self.app.notify = notify  # type: ignore[method-assign]

    @property
    def screen(self) -> PlayScreen:
        """The game's screen, which must be the one in front."""
        assert isinstance(self.app.screen, PlayScreen), self.app.screen
        return self.app.screen

    @property
    def game(self) -> Game:
        return self.screen.game

    @property
    def board(self) -> BoardView:
        return self.screen.board

    async def press(self, keys: str) -> None:
        """Press keys, written with spaces between."""
        await self.pilot.press(*keys.split())
        await self.settle()

    async def go(self, cell: int) -> None:
        """Put the cursor on a cell."""
        self.board.cursor = cell
        await self.settle()

    async def settle(self) -> None:
        """Wait until no widget has a message left, nor one that comes of it."""
        await self.pilot.pause()
        quiet = 0
        while quiet < 3:
            if self.app._exception is not None:  # then no message is taken any more
                raise self.app._exception
            await self.pilot.pause(0)
            widgets = self.app.screen.walk_children(with_self=True)
            waiting = sum(pump.message_queue_size for pump in (self.app, *widgets))
            quiet = 0 if waiting else quiet + 1

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for what happens beside the screen."""
        end = time.monotonic() + HANG_S
        while not true():
            assert time.monotonic() < end, f"never came true; the screen says:\n{self.text()}"
            await self.pilot.pause(0.02)

    async def analysed(self) -> None:
        """Wait for the solution count on the puzzle, and for its grade if it has one."""
        await self.until(lambda: self.game.solution_count.kind != "unknown")
        await self.until(
            lambda: self.game.solution_count.kind != "one" or self.game.grade is not None
        )

    def text(self) -> str:
        """What the screen says, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    @property
    def message(self) -> str:
        """What stands beside the board."""
        return str(self.screen.query_one("#message", Static).content)

    def said(self) -> str:
        """All notifications that were shown."""
        return "\n".join(self.notes)


Start = Callable[..., AbstractAsyncContextManager[At]]


def entry(puzzle: Puzzle) -> Entry:
    return Entry(puzzle, "", "test.txt", 1)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return folders_at(tmp_path / "home")


def doubtful() -> FakeText:
    """All tokens are alike to it."""
    return FakeText(lambda x_t, z: np.zeros((*x_t.shape, 256), np.float32), KNOWN["bytes"])


@pytest.fixture
def start(folders: Folders) -> Start:
    """Starts the application, with puzzles to begin with."""

    @asynccontextmanager
    async def run(
        *puzzles: Puzzle,
        size: tuple[int, int] = (80, 20),  # a lower one has no room for large digits
        resume: bool = False,
        replays: list[Replay | None] | None = None,
        denoiser: Callable[[], Denoiser] = undecided,
        baseline: Callable[[], Denoiser] = undecided,
        text: Callable[[], TextDenoiser] = doubtful,
        root: Path | None = None,
        daily: bool = False,
    ) -> AsyncIterator[At]:
        entries = [entry(puzzle) for puzzle in puzzles]

        def model(name: str) -> Denoiser:
            return baseline() if name == BASELINE_MODEL else denoiser()

        app = PlayApp(folders, entries, resume, replays, model, text, root, daily)
        at = At(app)
        async with app.run_test(size=size) as at.pilot:
            await at.settle()
            yield at

    return run


@pytest.fixture
def solution() -> tuple[int, ...]:
    """The only solution of `four`."""
    return (1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1)


@pytest.fixture
def four(solution: tuple[int, ...]) -> Puzzle:
    """A 4x4 puzzle with one solution; its open cells are 1, 3, 4, 6, 9, 11, 12, 14."""
    hidden = {1, 3, 4, 6, 9, 11, 12, 14}
    givens = tuple(0 if cell in hidden else value for cell, value in enumerate(solution))
    return Puzzle(sudoku(2, 2), givens, name="four")

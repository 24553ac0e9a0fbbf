"""The model at work, frame by frame: a run that is made here, or one that a trace tells of."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, ScrollableContainer, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import get_current_worker

from vmd_solver.errors import VmdError
from vmd_solver.play.film import Film, Row
from vmd_solver.play.player import FIRST, Player, shoot, varied
from vmd_solver.play.record import heading
from vmd_solver.sampling import Settings
from vmd_solver.tui.commands import WATCHING, bindings
from vmd_solver.tui.widgets.bar import Bar
from vmd_solver.tui.widgets.film import FilmBoard, Legend
from vmd_solver.tui.widgets.geometry import stepped
from vmd_solver.tui.widgets.keybar import KeyBar

if TYPE_CHECKING:
    from vmd_solver.tui.app import PlayApp

_CHANGING = 3
"""The last frames, which may still change while a film is made."""


class WatchScreen(Screen[None]):
    """A film, its counters, and what to run next."""

    CSS_PATH = "watch.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(WATCHING)
    app: PlayApp

    @dataclass
    class Told(Message):
        """The run that makes `film` went on."""

        film: Film
        row: Row

    @dataclass
    class Failed(Message):
        """There can be no run; `why` in a line."""

        film: Film
        why: str

    def __init__(self, film: Film, title: str) -> None:
        super().__init__()
        self.player = Player(film)
        self.settings = FIRST
        self.latent, self.cursor, self.side_by_side = 0, 0, False
        self._title = title
        self._traced = len(film.frames) > 1
        self._message = ""
        self._boards: list[FilmBoard] = []
        self._laying = asyncio.Lock()
        self._clock: Timer | None = None

    @property
    def film(self) -> Film:
        """The film that is shown."""
        return self.player.film

    def compose(self) -> ComposeResult:
        """The bar, the boards with what is beside them, and the keys."""
        yield Bar()
        with Horizontal(id="table"):
            yield ScrollableContainer(id="boards", can_focus=False)
            with Vertical(id="side"):
                yield Static(id="message", markup=False)
                yield Static(id="facts", markup=False)
                yield Legend()
        yield KeyBar()

    async def on_mount(self) -> None:
        """Begin: with the film as it is, or by making one."""
        await self._lay_out()
        self._wind()
        if not self._traced:
            self.action_run()

    # The run

    def action_run(self) -> None:
        """Solve the puzzle by the settings as they are, and show it from the beginning."""
        self._traced, self._message = False, ""
        self.player.show(Film(self.film.puzzle))
        self._run(self.film, self.settings)
        self._show()

    @work(thread=True, group="run", exclusive=True)
    def _run(self, film: Film, settings: Settings) -> None:
        worker = get_current_worker()

        def told(row: Row) -> None:
            self.post_message(self.Told(film, row))

        try:
            shoot(film.puzzle, settings, self.app.denoiser(), told, lambda: worker.is_cancelled)
        except VmdError as error:
            self.post_message(self.Failed(film, str(error)))

    @on(Told)
    async def _heard(self, told: Told) -> None:
        if told.film is not self.film:  # of a run that is no longer wanted
            return
        self.film.add(told.row)
        if self.player.at >= len(self.film.frames) - _CHANGING:
            self._show()
        else:
            self._show_bar()

    @on(Failed)
    def _failed(self, failed: Failed) -> None:
        if failed.film is self.film:
            self._message = f"The model cannot be watched: {failed.why}"
            self._show()

    def action_vary(self, name: str, step: int) -> None:
        """Change one setting of the run, and run again."""
        self.settings = varied(self.settings, name, step)
        self.action_run()

    # The film

    def _wind(self) -> None:
        """Let the clock tick as fast as is wanted."""
        if self._clock is not None:
            self._clock.stop()
        self._clock = self.set_interval(self.player.delay_s, self._tick)

    def _tick(self) -> None:
        if self.player.tick():
            self._show()

    def action_play(self) -> None:
        """Play or pause."""
        self.player.toggle()
        self._show()

    def action_step(self, step: int) -> None:
        """Some frames on or back."""
        self.player.go(self.player.at + step)
        self._show()

    def action_first(self) -> None:
        """Rewind."""
        self.player.go(0)
        self._show()

    def action_last(self) -> None:
        """Go to the last frame there is."""
        self.player.go(len(self.film.frames))
        self._show()

    def action_faster(self, step: int) -> None:
        """Play faster or slower."""
        self.player.faster(step)
        self._wind()
        self._show()

    # What is looked at

    async def action_latent(self, step: int) -> None:
        """Look at another latent."""
        self.latent = (self.latent + step) % len(self.player.frame.layers)
        await self._lay_out()

    async def action_all(self) -> None:
        """One latent large, or all of them small."""
        self.side_by_side = not self.side_by_side
        await self._lay_out()

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor."""
        self.cursor = stepped(self.film.puzzle.board, self.cursor, down, right, wrap=True)
        self._show()
        if not self._boards:
            return
        board = next((one for one in self._boards if one.latent == self.latent), self._boards[0])
        at = board.region_of(self.cursor).translate(board.virtual_region.offset)
        self.query_one("#boards").scroll_to_region(at, animate=False)

    @on(FilmBoard.Chosen)
    def _chosen(self, chosen: FilmBoard.Chosen) -> None:
        self.latent, self.cursor = chosen.latent, chosen.cell
        self._show()

    def action_leave(self) -> None:
        """Back to where one came from; a run is given up."""
        self.workers.cancel_node(self)
        self.app.pop_screen()

    # Showing

    async def _lay_out(self) -> None:
        """Make a board for each latent that is to be seen.

        Keys are handled beside the screen's own messages: only one of them may do this at a time.
        """
        async with self._laying:
            await self._mount_boards()
        self._show()

    async def _mount_boards(self) -> None:
        wanted, table = self._wanted(), self.query_one("#boards")
        room = table.size
        boards = [FilmBoard(self.film.puzzle, latent) for latent in wanted]
        if len(boards) == 1:
            boards[0].fit(room)
        per_row = max(1, room.width // (boards[0].drawing.width + 1))
        rows = [boards[at : at + per_row] for at in range(0, len(boards), per_row)]
        await table.remove_children()
        await table.mount(*(Horizontal(*row, classes="row") for row in rows))
        self._boards = boards

    def _wanted(self) -> list[int]:
        count = len(self.player.frame.layers)
        self.latent = min(self.latent, count - 1)
        return list(range(count)) if self.side_by_side else [self.latent]

    def on_resize(self) -> None:
        """Fit the boards to the new room."""
        self.call_after_refresh(self._lay_out)

    def _show(self) -> None:
        if not self.is_mounted:
            return
        if [board.latent for board in self._boards] != self._wanted():
            self.call_later(self._lay_out)  # which comes back here
            return
        frame = self.player.frame
        for board in self._boards:
            board.show(frame.layers[board.latent], self.cursor)
        self.query_one("#facts", Static).update("\n".join(self._facts()))
        said = self.query_one("#message", Static)
        said.update(self._message)
        said.display = bool(self._message)
        self._show_bar()

    def _show_bar(self) -> None:
        player, count = self.player, len(self.film.frames)
        going = "playing" if player.playing else "paused"
        more = "" if self.film.ended or self._message else "…"
        title = heading(self.film.puzzle, self._title)
        place = f"{going}  {player.at + 1}/{count}{more}  {player.speed:g}/s"
        self.query_one(Bar).show(title, place)

    def _facts(self) -> list[str]:
        frame, asked = self.player.frame, self.settings
        layer = frame.layers[self.latent]
        run = (
            ["A run from a trace", ""]
            if self._traced
            else [
                f"{asked.policy}, remask {asked.remask}",
                f"K {asked.latents}  NFE {asked.nfe}  seed {asked.seed}",
            ]
        )
        return [
            *run,
            "",
            frame.step,
            f"Calls      {frame.nfe}",
            f"Loops      {frame.loops}",
            f"Latent     {self.latent + 1} of {len(frame.layers)}",
            f"Conflicts  {len(layer.conflicts)}",
            f"Remasked   {frame.remasked}",
            f"Guesses    {frame.guesses}",
            "",
            *self._about_cell(),
        ]

    def _about_cell(self) -> list[str]:
        layer = self.player.frame.layers[self.latent]
        cell, symbols = layer.cells[self.cursor], self._boards[0].symbols
        chance = "" if cell.probability is None else f"{100 * cell.probability:.1f}%"
        fits = self.film.candidates(layer, self.cursor)
        value = symbols[cell.value - 1] if cell.value else ""
        listed = " ".join(symbols[value - 1] for value in fits)
        return [
            f"{self.film.puzzle.board.cell_name(self.cursor)}  {value} {chance}".rstrip(),
            f"Fits  {listed}" if listed else "",
        ]

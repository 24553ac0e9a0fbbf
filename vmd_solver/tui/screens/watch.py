"""The model at work, frame by frame: a run that is made here, or one from a trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from rich.style import Style
from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, ScrollableContainer, Vertical
from textual.geometry import Offset, Size
from textual.timer import Timer
from textual.widget import Widget

from vmd_solver.assets import BASELINE_MODEL, DEFAULT_MODEL
from vmd_solver.csp import Puzzle
from vmd_solver.drawing.geometry import Run, fitted
from vmd_solver.play.library import heading
from vmd_solver.play.player import FIRST, Player, record, varied
from vmd_solver.play.replay import Layer, Replay, Row, State
from vmd_solver.sampling import Settings
from vmd_solver.tui.commands import WATCHING, bindings
from vmd_solver.tui.export import BROKEN, ROLES, Key, boards_of, slide_cell, title_of
from vmd_solver.tui.screens.base import AppScreen, message
from vmd_solver.tui.screens.dialogs import ExportScreen
from vmd_solver.tui.widgets.bars import Bar, KeyBar
from vmd_solver.tui.widgets.board import layered, region_of, stepped
from vmd_solver.tui.widgets.keyboard import legible

_CHANGING = 3
"""The last frames of a replay, which may still change while it is made."""


class ReplayPart(Widget):
    """What shows states: one style for each."""

    COMPONENT_CLASSES = {  # noqa: RUF012
        f"replay--{name}"
        for name in ("conflict", "cursor", "rule", *(state.name.lower() for state in State))
    }

    def style_of(self, state: State, conflict: bool = False, cursor: bool = False) -> Style:
        names = [state.name.lower()] + ["conflict"] * conflict + ["cursor"] * cursor
        return layered(self, *(f"replay--{name}" for name in names))


class Legend(ReplayPart):
    """What the signs mean, a line for each."""

    def render(self) -> Text:
        text = Text(end="")
        for state, role in ROLES.items():
            text.append(f"5{role.sign}", self.style_of(state)).append(f" {role.words}\n")
        text.append(f"{BROKEN.sign}5", self.style_of(State.PROPOSED, conflict=True))
        return text.append(f" {BROKEN.words}")


class ReplayView(ReplayPart):
    """A board of a replay, with its title above."""

    def __init__(self, puzzle: Puzzle, key: Key, room: Size) -> None:
        """Cells are as large as there is room for, or else as small as can be."""
        super().__init__()
        self.key, self.symbols = key, legible(puzzle.alphabet)
        wide = max(map(len, self.symbols))
        self.drawing = fitted(puzzle.board, wide, room.width, room.height - 1)
        self.styles.width, self.styles.height = self.drawing.width, self.drawing.height + 1
        self._shown: tuple[Layer | None, int] = (None, 0)

    def show(self, layer: Layer, cursor: int) -> None:
        if (layer, cursor) != self._shown:
            self._shown = (layer, cursor)
            self.refresh()

    def render(self) -> Text:
        layer, cursor = self._shown
        text = Text(no_wrap=True, end="")
        if layer is None:
            return text
        broken = f", {len(layer.conflicts)} broken" if layer.conflicts else ""
        text.append((title_of(self.key) + broken)[: self.drawing.width], "bold")

        def drawn(at: int, line: int) -> Iterator[Run[Style]]:
            cell, conflict = layer.cells[at], at in layer.conflicts
            lines = slide_cell(cell, conflict, self.symbols).lines(self.drawing)
            yield lines[line], self.style_of(cell.state, conflict, at == cursor)

        rule = self.get_component_rich_style("replay--rule")
        for y in range(self.drawing.height):
            text.append("\n")
            for run in self.drawing.runs(y, drawn, rule):
                text.append(*run)
        return text


class WatchScreen(AppScreen[None]):
    """A replay, its counters, and what to run next."""

    BINDINGS = bindings(WATCHING)

    def __init__(self, replay: Replay, title: str) -> None:
        super().__init__()
        self.player = Player(replay)
        self.settings = FIRST
        self.chosen: Key = (0, 0)
        """The replay and the latent that the facts are about."""
        self.cursor, self.side_by_side = 0, False
        self._title = title
        self._traced = len(replay.frames) > 1
        self._message = ""
        self._boards: list[ReplayView] = []
        self._clock: Timer | None = None

    @property
    def replay(self) -> Replay:
        return self.player.replay

    def compose(self) -> ComposeResult:
        yield Bar()
        side = Vertical(message(), message("facts"), Legend(), id="side")
        yield Horizontal(ScrollableContainer(id="boards", can_focus=False), side, id="table")
        yield KeyBar()

    async def on_mount(self) -> None:
        """Begin: with the replay as it is, or by making one."""
        await self._lay_out()
        self.action_faster(0)
        if not self._traced:
            self.action_run()

    # The run

    def action_run(self, other: bool = False) -> None:
        """Run again; with `other` the model without latent joins, or does no longer."""
        beside = (len(self.player.replays) > 1) is not other
        self._traced, self._message, self.chosen = False, "", (0, 0)
        self.workers.cancel_group(self, "run")
        puzzle, one = self.replay.puzzle, replace(self.settings, latents=1)
        runs = [(Replay(puzzle), DEFAULT_MODEL, self.settings)]
        runs += [(Replay(puzzle), BASELINE_MODEL, one)] * beside
        self.player.show(*(replay for replay, _, _ in runs))
        for run in runs:
            self._record(*run)
        self._show()

    def _record(self, replay: Replay, model: str, settings: Settings) -> None:
        def solve() -> None:
            denoiser = self.app.denoiser(model)
            record(replay.puzzle, settings, denoiser, partial(self.report, added))

        def added(row: Row) -> None:
            replay.add(row)
            if len(self.player.replays) > 1 or self.player.at >= self.player.count - _CHANGING:
                self._show()
            else:
                self._show_bar()

        def failed(why: str) -> None:
            if replay is self.replay:
                self._message = f"The model cannot be watched: {why}"
            else:
                self._message = f"There is nothing to compare with: {why}"
                self.player.show(self.replay)
            self._show()

        self.in_thread(solve, failed, group="run", exclusive=False)

    def action_vary(self, name: str, step: int) -> None:
        self.settings = varied(self.settings, name, step)
        self.action_run()

    # The replay

    def _tick(self) -> None:
        if self.player.tick():
            self._show()

    def action_play(self) -> None:
        self.player.toggle()
        self._show()

    def action_step(self, step: int) -> None:
        self.player.go(self.player.at + step)
        self._show()

    def action_go(self, at: int) -> None:
        """Go to a frame by its number; -1 is the last one."""
        self.player.go(at % self.player.count)
        self._show()

    def action_faster(self, step: int) -> None:
        """Let the clock tick faster by some steps."""
        self.player.faster(step)
        if self._clock is not None:
            self._clock.stop()
        self._clock = self.set_interval(self.player.delay_s, self._tick)
        self._show()

    # What is looked at

    def action_latent(self, step: int) -> None:
        known = self._known()
        self.chosen = known[(known.index(self.chosen) + step) % len(known)]
        self._show()

    def action_all(self) -> None:
        self.side_by_side = not self.side_by_side
        self._show()

    def action_move(self, down: int, right: int) -> None:
        self.cursor = stepped(self.replay.puzzle.board, self.cursor, down, right, wrap=True)
        self._show()
        for board in self._boards:
            if board.key == self.chosen:
                at = board.virtual_region.offset + Offset(0, 1)  # below the title
                region = region_of(board.drawing, self.cursor).translate(at)
                self.query_one("#boards").scroll_to_region(region, animate=False)

    def on_click(self, event: events.Click) -> None:
        """Look at the cell of a board that is clicked."""
        board = event.widget
        if isinstance(board, ReplayView) and (at := event.get_content_offset(board)) is not None:
            cell = board.drawing.cell_at(at.x, at.y - 1)
            if cell is not None:
                self.chosen, self.cursor = board.key, cell
                self._show()

    @work(group="dialog")
    async def action_export(self) -> None:
        """Write what is shown, or the whole replay, into a file."""
        player = self.player
        if player.playing:
            self.action_play()
        await self.app.push_screen_wait(ExportScreen(player.replays, player.frames, player.speed))

    def action_leave(self) -> None:
        """Back to where one came from; a run is given up."""
        self.workers.cancel_node(self)
        self.app.pop_screen()

    # Showing

    def _known(self) -> list[Key]:
        """Every replay's latents at this frame; the chosen one is among them from now on."""
        known = boards_of(self.player.frames)
        if self.chosen not in known:
            self.chosen = (0, 0)
        return known

    def _wanted(self) -> list[Key]:
        """The boards to be seen: all, or the chosen latent, and what it is compared with."""
        known = self._known()
        if self.side_by_side:
            return known
        replay = self.chosen[0]
        return [self.chosen if at == replay else (at, 0) for at in range(len(self.player.replays))]

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay_out)

    async def _lay_out(self) -> None:
        """Make a board for each latent that is to be seen.

        Only the screen's own messages may call this: the next one waits until this is done.
        """
        wanted, table = self._wanted(), self.query_one("#boards")
        room = each = table.size
        if len(wanted) > 1:
            each = Size(room.width // 2 - 1, room.height) if len(wanted) == 2 else Size(0, 0)
        boards = [ReplayView(self.replay.puzzle, key, each) for key in wanted]
        per_row = max(1, room.width // (boards[0].drawing.width + 1))
        rows = [boards[at : at + per_row] for at in range(0, len(boards), per_row)]
        await table.remove_children()
        await table.mount(*(Horizontal(*row, classes="row") for row in rows))
        self._boards = boards
        self._show()

    def _show(self) -> None:
        if not self.is_mounted:
            return
        if [board.key for board in self._boards] != self._wanted():
            self.call_later(self._lay_out)  # which comes back here
            return
        for board in self._boards:
            replay, latent = board.key
            board.show(self.player.frames[replay].layers[latent], self.cursor)
        self.say("\n".join(self._facts()), "facts")
        self.say(self._message)
        self.query_one("#message").display = bool(self._message)
        self._show_bar()

    def _show_bar(self) -> None:
        player = self.player
        going = "playing" if player.playing else "paused"
        more = "" if player.ended or self._message else "…"
        title = heading(self.replay.puzzle, self._title)
        place = f"{going}  {player.at + 1}/{player.count}{more}  {player.speed:g}/s"
        self.query_one(Bar).ends = (title, place)

    def _facts(self) -> list[str]:
        """About the run, the frame and the cell under the cursor."""
        replay, latent = self.chosen
        frame, asked = self.player.frames[replay], self.settings
        layer = frame.layers[latent]
        run = [
            f"{asked.policy}, remask {asked.remask}",
            f"K {asked.latents}  NFE {asked.nfe}  seed {asked.seed}",
        ]
        cell, symbols = layer.cells[self.cursor], ("", *self._boards[0].symbols)
        name = self.replay.puzzle.board.cell_name(self.cursor)
        chance = "" if cell.probability is None else f"{100 * cell.probability:.1f}%"
        fits = " ".join(symbols[value] for value in self.replay.candidates(layer, self.cursor))
        return [
            *(["A run from a trace", ""] if self._traced else run),
            "",
            frame.step,
            f"Calls      {frame.nfe}",
            f"Loops      {frame.loops}",
            f"Latent     {'none' if replay else f'{latent + 1} of {len(frame.layers)}'}",
            f"Conflicts  {len(layer.conflicts)}",
            f"Remasked   {frame.remasked}",
            f"Guesses    {frame.guesses}",
            "",
            f"{name}  {symbols[cell.value]} {chance}".rstrip(),
            f"Fits  {fits}" if fits else "",
        ]

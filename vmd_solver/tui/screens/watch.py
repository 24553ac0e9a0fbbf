"""The model at work, frame by frame: a run that is made here, or one from a trace."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial

from rich.style import Style
from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, ScrollableContainer, VerticalScroll
from textual.geometry import Offset, Size
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from vmd_solver.assets import BASELINE_MODEL, DEFAULT_MODEL
from vmd_solver.csp import Puzzle
from vmd_solver.drawing.geometry import CellSize, Run, TextLayout
from vmd_solver.drawing.signs import lined
from vmd_solver.play import commentary
from vmd_solver.play.demonstrations import DEMONSTRATIONS, Demonstration
from vmd_solver.play.library import heading
from vmd_solver.play.player import FIRST, Player, record, varied
from vmd_solver.play.replay import Cell, Frame, Layer, Replay, Row, State
from vmd_solver.sampling import Settings
from vmd_solver.tui.commands import WATCHING, bindings
from vmd_solver.tui.export import (
    BROKEN,
    DIFFERS,
    ROLES,
    Key,
    boards_of,
    slide_cell,
    title_of,
)
from vmd_solver.tui.screens.base import AppScreen, message
from vmd_solver.tui.screens.dialogs import ExportScreen
from vmd_solver.tui.widgets.bars import Bar, KeyBar
from vmd_solver.tui.widgets.board import layered, region_of, stepped
from vmd_solver.tui.widgets.keyboard import legible

_UNSURE = (0.1, 0.5, 1.0)
"""Entropies, in nats, from which a cell is shaded, and shaded darker."""

_SIZES = ((7, 14), (5, 11), (4, 9), (3, 7), (2, 6), (2, 5), (1, 4), (1, 3), (1, 2))
"""Lines and characters of cells, the best first: a value, its signs, and a number below."""

_MOST_READ = 8
"""Latents that are all read out; of more only the chosen one."""


@lru_cache(maxsize=4)
def _drawings(puzzle: Puzzle) -> tuple[TextLayout, ...]:
    wide, ruled = max(map(len, legible(puzzle.alphabet))), lined(puzzle.board)
    sizes = (CellSize(rows, max(1, (width - 1) // wide), ruled=ruled) for rows, width in _SIZES)
    return tuple(TextLayout(puzzle.board, size, wide) for size in sizes)


class ReplayPart(Widget):
    """What shows states: one style for each."""

    COMPONENT_CLASSES = {  # noqa: RUF012
        f"replay--{name}"
        for name in (
            *(state.name.lower() for state in State),
            *("conflict", "cursor", "differs", "rule"),
            *(f"unsure-{level}" for level in range(1, len(_UNSURE) + 1)),
        )
    }

    def __init__(self) -> None:
        super().__init__()
        self._styles: dict[tuple[str, ...], Style] = {}

    def notify_style_update(self) -> None:
        """Forget the styles of the theme that was."""
        super().notify_style_update()
        self._styles = {}

    def style_of(self, *names: str) -> Style:
        """The styles of these names, one over the other."""
        if names not in self._styles:
            self._styles[names] = layered(self, *(f"replay--{name}" for name in names))
        return self._styles[names]


class Legend(ReplayPart):
    """What signs and shades mean, in as few lines as the width allows."""

    unsure: reactive[bool] = reactive(False, layout=True)
    """Whether cells are shaded by entropy."""

    def _items(self) -> Iterator[Text]:
        for state, role in ROLES.items():
            style = self.style_of(state.name.lower())
            yield Text.assemble((f"5{role.sign.strip()}", style), f" {role.words}")
        for name, role in (("conflict", BROKEN), ("differs", DIFFERS)):
            style = self.style_of("proposed", name)
            yield Text.assemble((f"{role.sign}5", style), f" {role.words}")
        if self.unsure:
            shades = (
                (f" {least:g} ", self.style_of(f"unsure-{level}"))
                for level, least in enumerate(_UNSURE, 1)
            )
            yield Text.assemble("entropy from ", *shades, " nats")

    def _lines(self, width: int) -> list[Text]:
        lines: list[Text] = []
        for item in self._items():
            if lines and len(lines[-1]) + 2 + len(item) <= width:
                lines[-1].append("  ").append_text(item)
            else:
                lines.append(item)
        return lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Text:
        text = Text("\n", no_wrap=True, end="").join(self._lines(self.content_size.width))
        text.end = ""
        return text


class ReplayView(ReplayPart):
    """A board of a replay, with its title above."""

    def __init__(self, puzzle: Puzzle, key: Key, drawing: TextLayout) -> None:
        super().__init__()
        self.key, self.drawing, self.symbols = key, drawing, legible(puzzle.alphabet)
        self.styles.width, self.styles.height = drawing.width, drawing.height + 1
        self._shown: tuple[Layer | None, frozenset[int], int, str, bool] = (
            None, frozenset(), 0, "", False,
        )  # fmt: skip

    def show(
        self, layer: Layer, marked: frozenset[int], cursor: int, title: str, unsure: bool
    ) -> None:
        """Show a layer, some of its cells marked; cells are shaded if they are `unsure`."""
        before, self._shown = self._shown, (layer, marked, cursor, title, unsure)
        if self._shown != before:
            self.refresh()

    def render(self) -> Text:
        layer, marked, cursor, title, unsure = self._shown
        text = Text(no_wrap=True, end="")
        if layer is None:
            return text
        text.append(title[: self.drawing.width], "bold")
        cells = []
        for at, cell in enumerate(layer.cells):
            conflict, differs = at in layer.conflicts, at in marked and not unsure
            slide = slide_cell(cell, conflict, differs, self.symbols, unsure)
            names = [cell.state.name.lower()]
            if unsure and (level := bisect(_UNSURE, cell.entropy or 0.0)):
                names.append(f"unsure-{level}")
            elif differs:
                names.append("differs")
            names += ["conflict"] * conflict + ["cursor"] * (at == cursor)
            cells.append((slide.lines(self.drawing), self.style_of(*names)))

        def drawn(at: int, line: int) -> Iterator[Run[Style]]:
            lines, style = cells[at]
            yield lines[line], style

        rule = self.style_of("rule")
        for y in range(self.drawing.height):
            text.append("\n")
            for run in self.drawing.runs(y, drawn, rule):
                text.append(*run)
        return text


def _ranked(cell: Cell, symbols: Sequence[str]) -> Iterator[str]:
    """The likeliest values of a cell, each with its probability; a sign after the one shown."""
    pairs = cell.likeliest or ([(cell.value, cell.probability)] if cell.value else [])
    for value, chance in pairs:
        sign = ROLES[cell.state].sign.strip() * (value == cell.value)
        share = "" if chance is None else f"{100 * chance:.0f}%" if chance >= 0.005 else "<1%"
        yield f"{symbols[value]}{sign} {share}"


class WatchScreen(AppScreen[None]):
    """A replay, what is to be said of it, and what to run next."""

    BINDINGS = bindings(WATCHING)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-usual"), (150, "-broad")]  # noqa: RUF012

    def __init__(self, replay: Replay, title: str) -> None:
        super().__init__()
        self.player = Player(replay)
        self.settings = FIRST
        self.chosen: Key = (0, 0)
        """The replay and the latent that others are compared with."""
        self.side_by_side: bool | None = None
        """Whether every board is shown; None where they are as long as there is room."""
        self.unsure = False
        """Whether cells are shaded by entropy, and not where the latents differ."""
        self._title = title
        puzzles = {one.puzzle: one for one in DEMONSTRATIONS}
        self._demonstrate(puzzles.get(replay.puzzle))
        self._traced = len(replay.frames) > 1
        self._message, self._due = "", False
        self._boards: list[ReplayView] = []
        self._clock: Timer | None = None

    @property
    def replay(self) -> Replay:
        return self.player.replay

    def compose(self) -> ComposeResult:
        yield Bar()
        side = VerticalScroll(message(), message("look"), message("facts"), id="side")
        side.can_focus = False
        yield Horizontal(ScrollableContainer(id="boards", can_focus=False), side, id="table")
        yield Legend()
        yield KeyBar()

    async def on_mount(self) -> None:
        """Begin: with the replay as it is, or by making one."""
        self.action_faster(0)
        if not self._traced:
            self.action_run()
        self.call_after_refresh(self._lay_out)

    # The run

    def action_run(self, other: bool = False) -> None:
        """Run again; with `other` the model without latent joins, or does no longer."""
        beside = (len(self.player.replays) > 1) is not other
        self._traced, self._message, self.chosen = False, "", (0, 0)
        self.workers.cancel_group(self, "run")
        puzzle, one = self.replay.puzzle, replace(self.settings, latents=1)
        runs = [(Replay(puzzle, self.settings.latents), DEFAULT_MODEL, self.settings)]
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
            if not self._due:  # rows may come faster than they can be shown
                self._due = True
                self.call_after_refresh(self._show)

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

    def _demonstrate(self, what: Demonstration | None) -> None:
        self.demonstration = what
        givens = self.replay.puzzle.givens
        self.cursor = givens.index(0) if 0 in givens else 0
        self.settings = replace(FIRST, **(what.settings if what else {}))

    def action_demonstrate(self) -> None:
        """Run the next demonstration."""
        now = self.demonstration
        at = DEMONSTRATIONS.index(now) + 1 if now else 0
        what = DEMONSTRATIONS[at % len(DEMONSTRATIONS)]
        self._title, self._boards = what.name, []
        self.player.show(Replay(what.puzzle))
        self._demonstrate(what)
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
        self.side_by_side = len(self._boards) < len(self._known())
        self._show()

    def action_shade(self) -> None:
        self.unsure = self.query_one(Legend).unsure = not self.unsure
        self._show()

    def action_scroll(self, pages: int) -> None:
        side = self.query_one("#side")
        side.scroll_relative(y=pages * side.size.height, animate=False)

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
        """The boards to be seen: all of them, or the chosen latent and what it is compared with."""
        known = self._known()
        room = self.side_by_side is None and self._arranged(len(known)) is not None
        if self.side_by_side or room:
            return known
        replay = self.chosen[0]
        return [self.chosen if at == replay else (at, 0) for at in range(len(self.player.replays))]

    @property
    def _drawings(self) -> tuple[TextLayout, ...]:
        """The board with cells of every size, the best first."""
        return _drawings(self.replay.puzzle)

    def _arranged(self, count: int) -> TextLayout | None:
        """How so many boards are drawn as large as can be; None where there is no room for all."""
        room = self.query_one("#boards").outer_size
        ways = [
            (room.width // n - 1, room.height // -(-count // n) - 1) for n in range(1, count + 1)
        ]
        for drawing in self._drawings:
            signed = count == 1 or drawing.cell_width > drawing.symbol_width + 1
            if signed and any(
                drawing.width <= width and drawing.height <= height for width, height in ways
            ):
                return drawing
        return None

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay_out)

    async def _lay_out(self) -> None:
        """Make a board for each latent that is to be seen.

        Only the screen's own messages may call this: the next one waits until this is done.
        """
        wanted, table = self._wanted(), self.query_one("#boards")
        drawing = self._arranged(len(wanted)) or self._drawings[-1]
        boards = [ReplayView(self.replay.puzzle, key, drawing) for key in wanted]
        per_row = max(1, table.outer_size.width // (drawing.width + 1))
        rows = [boards[at : at + per_row] for at in range(0, len(boards), per_row)]
        await table.remove_children()
        await table.mount(*(Horizontal(*row, classes="row") for row in rows))
        self._boards = boards
        self._show()

    def _show(self) -> None:
        self._due = False
        if not self.is_mounted:
            return
        if [board.key for board in self._boards] != self._wanted():
            self.call_later(self._lay_out)  # which comes back here
            return
        for board in self._boards:
            layer, others = self._layer(board.key), [self._layer(self.chosen)]
            if len(self._boards) == 1:  # then what differs from it is marked on the chosen one
                others = [*self.player.frames[self.chosen[0]].layers]
            marked = layer.differing(others)
            board.show(layer, marked, self.cursor, self._heading(board.key), self.unsure)
        self.query_one("#facts", Static).update(self._facts())
        for name, text in (
            ("message", self._message),
            ("look", self.demonstration.look if self.demonstration else ""),
        ):
            self.say(text, name)
            self.query_one(f"#{name}").display = bool(text)
        self._show_bar()

    def _show_bar(self) -> None:
        player = self.player
        going = "playing" if player.playing else "paused"
        more = "" if player.ended or self._message else "…"
        title = heading(self.replay.puzzle, self._title)
        place = f"{going}, frame {player.at + 1} of {player.count}{more}, {player.speed:g} a second"
        self.query_one(Bar).ends = (title, place)

    def _layer(self, key: Key) -> Layer:
        return self.player.frames[key[0]].layers[key[1]]

    def _heading(self, key: Key) -> str:
        """What stands above a board: whose it is, and whether it breaks rules."""
        layer, alone, known = self._layer(key), len(self._boards) == 1, len(self._known())
        chosen = "▸ " * (key == self.chosen and not alone)
        several = f" of {known}" * (alone and known > 1)
        whose, broken = f"{chosen}{title_of(key).capitalize()}{several}", len(layer.conflicts)
        state = ", solved" if layer.solved else f", {broken} broken" if broken else ""
        room = self._boards[0].drawing.width
        return whose + (state if len(whose + state) <= room else f" {BROKEN.sign}{broken}")

    # In words

    def _facts(self) -> Text:
        """About the step, the latents, the cell under the cursor and the run."""
        replay, latent = self.chosen
        frames, asked = self.player.frames, None if self._traced else self.settings
        parts = [
            [commentary.step(frames[replay], latent, asked)],
            [*self._cell_facts()],
            [*self._readings()],
            [*self._figures(frames[replay])],
        ]
        text = Text()
        for at, lines in enumerate(filter(None, parts)):
            text.append("\n\n" * bool(at)).append("\n".join(lines), "" if at else "bold")
        text.highlight_regex(r"(?m)^(Latent \d+|No latent)", "bold")
        return text

    def _readings(self) -> Iterator[str]:
        known, frames = self._known(), self.player.frames
        if not frames[0].event:  # nothing is proposed yet
            return
        for key in known if len(known) <= _MOST_READ else [self.chosen]:
            chosen, board = self._layer(self.chosen), self.replay.puzzle.board
            told = commentary.reading(frames[key[0]], key[1], chosen, board)
            yield f"{title_of(key).capitalize()}: {told}"
        yield from filter(None, (commentary.solutions(frames[0]), commentary.compared(frames)))

    def _cell_facts(self) -> Iterator[str]:
        """The likeliest values of the cell under the cursor, in each latent."""
        symbols = ("", *legible(self.replay.puzzle.alphabet))
        name, known = self.replay.puzzle.board.cell_name(self.cursor), self._known()
        own = self._layer(self.chosen).cells[self.cursor]
        if own.state is State.GIVEN:
            yield f"{name} is given: {symbols[own.value]}."
            return
        told = [self._layer(key).cells[self.cursor] for key in known]
        head = f"{'likeliest values':<21} nats" if any(cell.value for cell in told) else "is open."
        yield f"{name:<9} {head}"
        for key, cell in zip(known, told, strict=True):
            if not cell.value or (len(known) > _MOST_READ and key != self.chosen):
                continue
            ranked = "".join(f"{part:<7}" for part in _ranked(cell, symbols))
            nats = "" if cell.entropy is None else f"{cell.entropy:.2f}"
            yield f"{title_of(key).capitalize():<9} {ranked:<21} {nats}".rstrip()
        if any(cell.probability is not None and not cell.likeliest for cell in told):
            yield "This trace tells only the likeliest value."
        fits = self.replay.candidates(self._layer(self.chosen), self.cursor)
        if fits:
            yield f"Open by the rules: {' '.join(symbols[value] for value in fits)}"

    def _figures(self, frame: Frame) -> Iterator[str]:
        """The run in figures, for those who know what they mean."""
        asked, replay = self.settings, self.chosen[0]
        yield f"Calls (NFE) {frame.nfe:<7} Loops {frame.loops}"
        yield f"Remasked {frame.remasked:<10} Guesses {frame.guesses}"
        if self._traced:
            yield "A run from a trace"
            return
        yield f"Latents (K) {'none' if replay else len(frame.layers):<7} Seed {asked.seed}"
        yield f"Policy {asked.policy:<12} Remasking {asked.remask}"
        valid = asked.select == "valid"
        yield f"Ends {'at the first valid grid' if valid else 'when no cell is left to commit'}"

"""The game on the screen: turns keys and clicks into moves, and shows what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from vmd_solver.assets import DEFAULT_MODEL
from vmd_solver.play import Opened, Savepoint, Settings, SolutionCount, analyse
from vmd_solver.play.analysis import (
    STUCK,
    Opinion,
    grade_words,
    graded,
    hint,
    obstacle,
    opinion,
    state_of,
    take,
)
from vmd_solver.play.game import mask_values, shown
from vmd_solver.play.library import heading, kind_of
from vmd_solver.play.replay import Replay
from vmd_solver.play.statistics import Finished
from vmd_solver.techniques import LEVELS, Grade, Step
from vmd_solver.tui.commands import COMMANDS, bindings
from vmd_solver.tui.screens.base import AppScreen, Run
from vmd_solver.tui.screens.savepoints import SavepointsScreen
from vmd_solver.tui.screens.watch import WatchScreen
from vmd_solver.tui.widgets.bar import Bar
from vmd_solver.tui.widgets.board import BoardView
from vmd_solver.tui.widgets.digits import Digits
from vmd_solver.tui.widgets.keybar import KeyBar

SMALLEST = (30, 12)
"""Columns and lines below which nothing but a message is shown."""

_NARROW = 66
"""Columns below which there is no room for a column beside the board."""

_SAVE_TIME_S = 30.0
"""Seconds that may run before they alone are a reason to save."""

_TELLING = ("several", "none", "undecided")
"""Counts of solutions that are shown on opening."""


class PlayScreen(AppScreen[None]):
    """One game in play."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(COMMANDS)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_NARROW, "-wide")]  # noqa: RUF012

    def __init__(self, opened: Opened, settings: Settings) -> None:
        super().__init__()
        self.opened = opened
        self.game = opened.game
        # Made here, not in `compose`: a key may come before that.
        self.board = BoardView(self.game, settings)
        self._bar = Bar()
        self._digits = Digits(self.board.symbols)
        self._about = Static(id="facts", markup=False)
        self._message_line = Static(id="message", markup=False)
        self._marking = False
        self._one_mark = False
        self._message = ""
        self._trouble = ""
        self._hint: Step | None = None
        self._hinted, self._stage = 0, 0
        self._stuck = -1
        """The version of the game that no technique helps with: a hint then asks the model."""

    def compose(self) -> ComposeResult:
        yield self._bar
        with Horizontal(id="table"):
            yield self.board
            with Vertical(id="side"):
                yield self._digits
                yield self._about
                yield self._message_line
        yield Static(id="tiny", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin: count solutions, let time run, save now and then."""
        for note in self.opened.notes:
            self.notify(note, severity="warning", timeout=10)
        if not self.opened.resumed and self.app.settings.auto_candidates:
            self.game.fill_candidates()
        self.board.focus()
        self.in_thread(self._count_solutions, self._say, "analyse")
        if not self.game.finished:
            self.game.watch.start()
        self.set_interval(1.0, self._tick)
        self._show()

    def on_unmount(self) -> None:
        """Whatever ended the screen, the game is saved."""
        self.leave()

    def leave(self) -> None:
        """Save, and let others have the game."""
        self.game.watch.stop()
        try:
            self.opened.close()
        except OSError as error:
            self.app.exit_messages.append(f"the game could not be saved: {error}")

    # Work beside the screen

    def _count_solutions(self, run: Run) -> None:
        """Count solutions, and find how hard the puzzle is where there is one; in a thread."""
        solution_count = analyse(self.game.puzzle, run.cancelled)
        run.report(self._counted, solution_count)
        grade = graded(self.game.puzzle, run.cancelled) if solution_count.solution else None
        if grade is not None:
            run.report(self._graded, grade)

    def _counted(self, solution_count: SolutionCount) -> None:
        self.game.solution_count = solution_count
        if solution_count.kind in _TELLING:
            self.notify(f"This puzzle: {solution_count.words}.", severity="warning", timeout=8)
        self._show()

    def _graded(self, grade: Grade) -> None:
        self.game.grade = grade
        self._message = self._message or grade_words(grade)
        self._show()

    def _tick(self) -> None:
        self._show_bar()
        self._autosave()

    @work(group="save")
    async def _autosave(self) -> None:
        """Write what changed, in a thread; an error is shown once."""
        try:
            await asyncio.to_thread(self.opened.write, self.opened.draft(_SAVE_TIME_S))
            self._trouble = ""
        except OSError as error:
            trouble = f"The game could not be saved: {error.strerror or error}"
            if trouble != self._trouble:
                self._trouble = trouble
                self.notify(trouble, severity="error", timeout=10)

    # Filling in

    @on(BoardView.Typed)
    def _typed(self, typed: BoardView.Typed) -> None:
        self._put(typed.value, typed.pencil or self._marking)

    @on(Digits.Chosen)
    def _clicked(self, chosen: Digits.Chosen) -> None:
        if chosen.filter:
            self._filter(chosen.value)
        else:
            self._put(chosen.value, self._marking)

    def _put(self, value: int, pencil: bool) -> None:
        pencil, self._one_mark = pencil or self._one_mark, False
        cell = self.board.cursor
        if self.game.is_given(cell):
            self._say("Givens stay as they are.")
        elif pencil and self.game.values[cell]:
            self._say("Marks go into open cells.")
        elif pencil:
            self._edit(self.game.mark, cell, value)
        else:
            self._edit(self.game.enter, cell, value, self.app.settings.auto_clean)

    def _edit(self, change: Callable[..., bool], *args: object) -> bool:
        """Make a change, unless the game is paused, and show it; whether there was any."""
        if self.board.covered or not change(*args):
            self._show()
            return False
        self._message, self._hint = "", None
        self.board.spotlight = frozenset()
        if self.game.finish():
            self._celebrate()
        self._show()
        return True

    def _celebrate(self) -> None:
        """The game is solved for the first time: keep that."""
        kind, seconds = kind_of(self.game.puzzle), self.game.watch.elapsed_s
        best = self.app.statistics.best_s(kind)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        done = Finished(kind, self.opened.path.stem, round(seconds, 3), self.game.helped, now)
        try:
            self.app.statistics.add(done)
        except OSError as error:
            self.notify(f"The time could not be kept: {error}", severity="error")
        is_best = not self.game.helped and (best is None or seconds < best)
        text = "Your best time yet." if is_best else f"Best time: {shown(best)}." if best else ""
        self.notify(f"Solved in {shown(seconds)}. {text}".strip(), title="Solved", timeout=8)
        self._autosave()

    def action_marks(self) -> None:
        self._marking = not self._marking
        self._show()

    def action_one_mark(self) -> None:
        self._one_mark = not self._one_mark
        self._show()

    def action_clear(self) -> None:
        self._edit(self.game.clear, self.board.cursor)

    def action_candidates(self) -> None:
        self._edit(self.game.fill_candidates)

    def action_cell_candidates(self) -> None:
        self._edit(self.game.fill_candidates, [self.board.cursor])

    def action_clear_marks(self) -> None:
        self._edit(self.game.clear_marks)

    # Back and forth

    def action_undo(self) -> None:
        if not self._edit(self.game.undo):
            self._say("Nothing to undo.")

    def action_redo(self) -> None:
        if not self._edit(self.game.redo):
            self._say("Nothing to redo.")

    def action_undo_mistakes(self) -> None:
        if self.board.covered:
            return
        taken = self.game.undo_mistakes()
        moves = "1 move" if taken == 1 else f"{taken} moves"
        self._say(f"Took back {moves}." if taken else "No mistake on the board.")

    def action_restart(self) -> None:
        if self._edit(self.game.restart):
            self._say("Started over. Undo brings it back.")

    def action_savepoint(self) -> None:
        if not self.board.covered:
            point = self.game.save_point()
            self._say(f"Kept as position {point.name}.")

    @work(group="dialog")
    async def action_savepoints(self) -> None:
        if self.board.covered:
            return
        chosen: Savepoint | None = await self.app.push_screen_wait(SavepointsScreen(self.game))
        if chosen is not None and self._edit(self.game.return_to, chosen):
            self._say(f"Back at position {chosen.name}.")

    # Looking

    def action_move(self, down: int, right: int) -> None:
        self.board.move(down, right)

    def action_open(self, step: int) -> None:
        self.board.move_open(step)

    def action_zoom(self, step: int) -> None:
        self.board.zoom(step)

    def action_filter(self) -> None:
        value = self.game.values[self.board.cursor]
        self._filter(value or self.board.chosen)

    def action_filter_by(self, step: int) -> None:
        """Filter for the next value; beyond the last none is."""
        values = self.game.board.D + 1
        self.board.chosen = (self.board.chosen + step) % values
        self._show()

    def _filter(self, value: int) -> None:
        self.board.chosen = 0 if value == self.board.chosen else value
        self._show()

    def action_hint(self) -> None:
        """A hint, each time a stage further: where, why, what; then it is done."""
        if self.board.covered or self.game.finished:
            return
        if self._stuck == self.game.version:
            self._ask_model()
            return
        if self._hint is None or self._hinted != self.game.version:
            self._find_hint()
            return
        stages = (self._hint.where, self._hint.why, self._hint.follows)
        self._stage += 1
        if self._stage < len(stages):
            self._say(stages[self._stage])
        else:
            self._edit(take, self.game, self._hint)

    def _find_hint(self) -> None:
        if problem := obstacle(self.game):
            self.game.helped |= self.game.solution_count.solution is not None
            self._say(f"{problem} {self.app.key_of('undo-mistakes')} undoes mistakes.")
            return
        state, version = state_of(self.game), self.game.version

        def search(run: Run) -> None:
            run.report(self._show_hint, hint(state), version)

        self.in_thread(search, self._say, "hint")

    def _show_hint(self, found: Step | str, version: int) -> None:
        if version != self.game.version:
            return
        if found == STUCK:
            self._stuck = version
            self._say(f"{STUCK} {self.app.key_of('hint')} asks the model.")
            return
        if isinstance(found, str):
            self._say(found)
            return
        self._hint, self._hinted, self._stage = found, version, 0
        self.game.helped = True
        struck = {cell for cell, _ in (*found.placements, *found.eliminations)}
        units = {cell for number in found.units for cell in self.game.board.units[number]}
        self.board.spotlight = frozenset({*found.cells, *found.partners}) or frozenset(
            units or struck
        )
        self._say(found.where)

    def _ask_model(self) -> None:
        state, version = state_of(self.game), self.game.version

        def ask(run: Run) -> None:
            run.report(
                self._show_opinion, opinion(state, self.app.denoiser(DEFAULT_MODEL)), version
            )

        self.in_thread(ask, self._no_model, "hint")

    def _no_model(self, why: str) -> None:
        self.notify(f"There is no model to ask: {why}", severity="warning", markup=False)

    def _show_opinion(self, found: Opinion, version: int) -> None:
        if version != self.game.version:
            return
        self.game.helped = True
        self.board.spotlight = frozenset({found.cell})
        cell, symbol = self.game.board.cell_name(found.cell), self.board.symbols[found.value - 1]
        self._say(
            f"The model thinks that {cell} is {symbol}, with probability "
            f"{found.probability:.2f}: an opinion, not a proof."
        )

    def action_watch(self) -> None:
        """Watch the model solve the puzzle, while the game is paused."""
        if not self.game.finished:
            self.game.helped = True
            self._pause(True)
        self.app.push_screen(WatchScreen(Replay(self.game.puzzle), self.game.title))

    def action_wrong(self) -> None:
        shown_now = not self.app.settings.show_wrong
        self.app.change(show_wrong=shown_now)
        if not shown_now:
            self._say("Wrong entries are not shown.")
        elif self.game.solution_count.solution is None:
            self._say(f"Nothing to compare with: {self.game.solution_count.words}.")
        else:
            count = len(self.game.wrong())
            self._say(f"{count} wrong." if count else "All entries are right.")

    def action_pause(self) -> None:
        self._pause(not self.board.covered)

    def _pause(self, pause: bool) -> None:
        if self.game.finished or pause == self.board.covered:
            return
        self.board.covered = pause
        if pause:
            self.game.watch.stop()
            self._say(f"Paused. {self.app.key_of('pause')} continues.")
        else:
            self.game.watch.start()
            self._say("")

    def on_app_blur(self, event: events.AppBlur) -> None:
        if self.app.settings.pause_on_blur:
            self._pause(True)

    # Showing

    def settings_changed(self) -> None:
        """Show the game by the settings as they are now."""
        self.board.settings = self.app.settings
        self._show()

    @on(BoardView.Moved)
    def _moved(self) -> None:
        self._show_side()

    def _say(self, text: str) -> None:
        """Say something beside the board, until the next change."""
        self._message = text
        self._show()

    def _show(self) -> None:
        self.board.refresh_game()
        self._show_side()
        self._show_bar()

    def _show_bar(self) -> None:
        game = self.game
        title = heading(game.puzzle, game.title)
        filled = f"{game.board.n - game.open_cells}/{game.board.n}"
        time = shown(game.watch.elapsed_s) if self.app.settings.show_timer else ""
        self._bar.show(title, "  ".join(filter(None, (filled, time))))

    def _show_side(self) -> None:
        counted = self.app.settings.show_counts
        self._digits.show(self.game.left(), self.board.chosen, counted)
        self._about.update("\n".join(self._facts()), layout=False)
        solved = self.game.finished and self.game.is_solved()
        self._message_line.set_class(solved, "-solved")
        text = self._message or (self._solved_text() if solved else "")
        self._message_line.update(text, layout=False)

    def _solved_text(self) -> str:
        helped = ", with help" if self.game.helped else ""
        grade = f" {grade_words(self.game.grade)}" if self.game.grade else ""
        return f"Solved in {shown(self.game.watch.elapsed_s)}{helped}.{grade}"

    def _facts(self) -> list[str]:
        game, cell = self.game, self.board.cursor
        symbols = self.board.symbols
        mode = "marks" if self._marking else "one mark" if self._one_mark else "values"
        filtered = symbols[self.board.chosen - 1] if self.board.chosen else "none"
        between = " " * (max(map(len, symbols)) > 1)
        marks = between.join(symbols[value - 1] for value in mask_values(game.marks[cell]))
        level = game.grade.level if game.grade else ""
        beyond = " hints" if level == LEVELS[-1] else ""
        given = " given" if game.is_given(cell) else ""
        return [
            f"Typing  {mode}",
            f"Filter  {filtered}",
            f"Cell    {game.board.cell_name(cell)}{given}",
            f"Marks   {marks if not game.values[cell] else ''}",
            f"Level   {level}{beyond}",
            "",
            game.solution_count.words.capitalize(),
        ]

    def on_resize(self, event: events.Resize) -> None:
        """Say so where the terminal is too small for anything."""
        columns, lines = SMALLEST
        tiny = event.size.width < columns or event.size.height < lines
        self.set_class(tiny, "-tiny")
        self.query_one("#tiny", Static).update(
            f"The terminal is {event.size.width}x{event.size.height}.\n"
            f"vmd-play needs {columns}x{lines}:\nmake it larger."
        )

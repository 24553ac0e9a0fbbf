"""The game on the screen: turns keys and clicks into moves, and shows what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import var

from vmd_solver.assets import DEFAULT_MODEL
from vmd_solver.drawing.marks import titles_at
from vmd_solver.play import Opened, SolutionCount, analysis
from vmd_solver.play.game import mask_values, shown
from vmd_solver.play.library import heading, kind_of
from vmd_solver.play.replay import Replay
from vmd_solver.play.statistics import Finished
from vmd_solver.techniques import LEVELS, Grade, State, Step
from vmd_solver.tui.commands import COMMANDS, bindings
from vmd_solver.tui.screens.base import AppScreen, cancelled, message
from vmd_solver.tui.screens.dialogs import SavepointsScreen
from vmd_solver.tui.screens.watch import WatchScreen
from vmd_solver.tui.widgets.bars import Bar, Digits, KeyBar
from vmd_solver.tui.widgets.board import BoardView, stepped
from vmd_solver.tui.widgets.keyboard import Keyboard


class PlayScreen(AppScreen[None]):
    """One game in play."""

    BINDINGS = bindings(COMMANDS)
    # Below 66 columns there is no room for a column beside the board, and below the smallest size
    # for nothing but a message.
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (30, "-narrow"), (66, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (12, "-high")]  # noqa: RUF012

    marking: var[bool] = var(False, init=False)
    """Whether values that are typed become pencil marks."""
    one_mark: var[bool] = var(False, init=False)
    """Whether the next one does."""

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self.opened, self.game = opened, opened.game
        # Made here, not in `compose`: a key may come before that.
        self.board = BoardView(self.game, self.app.settings)
        self._keyboard, self._digits = Keyboard(self.board.symbols), Digits(self.board.symbols)
        self._bar, self._about, self._message_line = Bar(), message("facts"), message()
        self._rules = message("rules")
        self._rules.display = bool(self.game.board.rules)
        self._message = ""
        self._warned = False
        """Whether the player knows that leaving now loses what could not be saved."""
        self._hinted = -1
        self._stages: list[Callable[[], object]] = []
        """The version of the game that a hint is for, and what more of it there is to be had."""

    def compose(self) -> ComposeResult:
        yield self._bar
        side = Vertical(self._digits, self._about, self._rules, self._message_line, id="side")
        yield Horizontal(self.board, side, id="table")
        yield message("tiny")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin: count solutions, let time run, save now and then."""
        for note in self.opened.notes:
            self.notify(note, severity="warning", timeout=10)
        if not self.opened.resumed and self.app.settings.auto_candidates:
            self.game.fill_candidates()
        for seen in ("cursor", "chosen"):
            self.watch(self.board, seen, self._moved, init=False)
        self.in_thread(self._analyse, self._tell, "analyse")
        if not self.game.finished:
            self.game.watch.start()
        self.set_interval(1.0, self._autosave)
        self._show()

    def may_leave(self) -> bool:
        """Save; where that fails, say so and stay, until the player leaves all the same."""
        path = self.opened.path
        with self.app.keeping(path):
            self.opened.save()
        if (why := self.app.unsaved.get(path)) is None or self._warned:
            return True
        self._warned = True
        self._tell(f"The game cannot be saved: {why}. The same key again leaves it unsaved.")
        return False

    def leave(self) -> None:
        """Save, and let others have the game."""
        self.game.watch.stop()
        if self.opened.saves:
            with self.app.keeping(self.opened.path):
                self.opened.close()

    on_unmount = leave
    """Whatever ended the screen, the game is saved."""

    # Work beside the screen

    def _analyse(self) -> None:
        """Count solutions, and find how hard the puzzle is where there is one; in a thread."""
        solution_count = analysis.analyse(self.game.puzzle, cancelled)
        self.report(self._analysed, solution_count)
        grade = analysis.graded(self.game.puzzle, cancelled) if solution_count.solution else None
        if grade is not None:
            self.report(self._analysed, solution_count, grade)

    def _analysed(self, solution_count: SolutionCount, grade: Grade | None = None) -> None:
        self.game.solution_count, self.game.grade = solution_count, grade
        if grade is not None:
            self._message = self._message or analysis.grade_words(grade)
        elif solution_count.kind != "one":
            self.notify(f"This puzzle: {solution_count.words}.", severity="warning", timeout=8)
        self._show()

    @work(group="save")
    async def _autosave(self) -> None:
        """Show the time, and write what changed, in a thread."""
        self._show_bar()
        if (draft := self.opened.draft(patience_s=30.0)) is not None:
            with self.app.keeping(self.opened.path):
                await asyncio.to_thread(self.opened.write, draft)
                self._warned = False

    # Filling in

    def on_key(self, event: events.Key) -> None:
        """Take a key that stands for a value; leave others alone."""
        typed = self._keyboard.typed(event.key, event.character)
        if typed is not None:
            event.stop()
            event.prevent_default()
            self._put(*typed)

    def on_click(self, event: events.Click) -> None:
        """Put in a value that is clicked beside the board; with other buttons filter for it."""
        if value := event.style.meta.get("value"):
            (self._put if event.button == 1 else self._filter)(value)

    def _put(self, value: int, pencil: bool = False) -> None:
        pencil, self.one_mark = pencil or self.marking or self.one_mark, False
        cell = self.board.cursor
        if self.game.is_given(cell):
            self._tell("Givens stay as they are.")
        elif pencil and self.game.values[cell]:
            self._tell("Marks go into open cells.")
        elif pencil:
            self._edit(self.game.mark, cell, value)
        else:
            self._edit(self.game.enter, cell, value, self.app.settings.auto_clean)

    def _edit(self, change: Callable[..., bool], *args: object) -> bool:
        """Make a change, unless the game is paused, and show it; whether there was any."""
        changed = not self.board.covered and change(*args)
        if changed:
            self._message, self.board.spotlight = "", frozenset()
            if self.game.finish():
                self._celebrate()
        self._show()
        return changed

    def _celebrate(self) -> None:
        """The game is solved for the first time: keep that."""
        kind, seconds = kind_of(self.game.puzzle), self.game.watch.elapsed_s
        helped, best = self.game.helped, self.app.statistics.best_s(kind)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        done = Finished(kind, self.opened.path.stem, round(seconds, 3), helped, now)
        with self.app.keeping(self.app.statistics.path):
            self.app.statistics.add(done)
        text = f" Best time: {shown(best)}." if best else ""
        if not helped and (best is None or seconds < best):
            text = " Your best time yet."
        self.notify(f"Solved in {shown(seconds)}.{text}", title="Solved", timeout=8)
        self._autosave()

    def action_edit(self, name: str) -> None:
        """Edit the game by its method of this name."""
        if not self._edit(getattr(self.game, name)) and name in ("undo", "redo"):
            self._tell(f"Nothing to {name}.")

    def action_clear(self) -> None:
        self._edit(self.game.clear, self.board.cursor)

    def action_cell_candidates(self) -> None:
        self._edit(self.game.fill_candidates, [self.board.cursor])

    # Back and forth

    def action_undo_mistakes(self) -> None:
        if not self.board.covered:
            taken = self.game.undo_mistakes()
            moves = "1 move" if taken == 1 else f"{taken} moves"
            self._tell(f"Took back {moves}." if taken else "No mistake on the board.")

    def action_restart(self) -> None:
        if self._edit(self.game.restart):
            self._tell("Started over. Undo brings it back.")

    def action_savepoint(self) -> None:
        if not self.board.covered:
            self._tell(f"Kept as position {self.game.save_point().name}.")

    @work(group="dialog")
    async def action_savepoints(self) -> None:
        if self.board.covered:
            return
        chosen = await self.app.push_screen_wait(SavepointsScreen(self.game))
        if chosen is not None and self._edit(self.game.return_to, chosen):
            self._tell(f"Back at position {chosen.name}.")

    # Looking

    def action_move(self, down: int, right: int) -> None:
        board, wrap = self.board, self.app.settings.wrap
        board.cursor = stepped(self.game.board, board.cursor, down, right, wrap)

    def action_board(self, name: str, step: int) -> None:
        """Zoom, or go to another open cell, by the board's method of this name."""
        getattr(self.board, name)(step)

    def action_filter(self) -> None:
        self._filter(self.game.values[self.board.cursor] or self.board.chosen)

    def action_filter_by(self, step: int) -> None:
        """Filter for the next value; beyond the last none is."""
        self.board.chosen = (self.board.chosen + step) % (self.game.board.D + 1)

    def _filter(self, value: int) -> None:
        self.board.chosen = 0 if value == self.board.chosen else value

    def action_hint(self) -> None:
        """A hint, each time a stage further: where, why, what; then it is done."""
        if self.board.covered or self.game.finished:
            return
        if self._hinted == self.game.version:
            stage, *rest = self._stages
            self._stages = rest or [stage]
            stage()
        elif problem := analysis.obstacle(self.game):
            self.game.helped |= self.game.solution_count.solution is not None
            self._tell(f"{problem} {self.app.key_of('undo-mistakes')} undoes mistakes.")
        else:
            self._think(analysis.hint, self._show_hint, self._tell)

    def _think(
        self, about: Callable[[State], Any], show: Callable[..., None], failed: Callable[..., None]
    ) -> None:
        """Show what a thread finds about the game, if nothing changed meanwhile."""
        state, version = analysis.state_of(self.game), self.game.version

        def found(answer: Any) -> None:
            if version == self.game.version:
                show(answer)

        self.in_thread(lambda: self.report(found, about(state)), failed, "hint")

    def _show_hint(self, found: Step | str) -> None:
        if isinstance(found, Step):
            self._hinted, self.game.helped = self.game.version, True
            texts = [partial(self._tell, text) for text in (found.why, found.follows)]
            self._stages = [*texts, partial(self._edit, analysis.take, self.game, found)]
            struck = {cell for cell, _ in (*found.placements, *found.eliminations)}
            units = {cell for number in found.units for cell in self.game.board.units[number]}
            self.board.spotlight = frozenset({*found.cells, *found.partners} or units or struck)
            self._tell(found.where)
        elif found == analysis.STUCK:
            self._hinted, self._stages = self.game.version, [self._ask_model]
            self._tell(f"{analysis.STUCK} {self.app.key_of('hint')} asks the model.")
        else:
            self._tell(found)

    def _ask_model(self) -> None:
        def show(found: analysis.Opinion) -> None:
            self.game.helped, self.board.spotlight = True, frozenset({found.cell})
            cell = self.game.board.cell_name(found.cell)
            self._tell(
                f"The model thinks that {cell} is {self.board.symbols[found.value - 1]}, with "
                f"probability {found.probability:.2f}: an opinion, not a proof."
            )

        def failed(why: str) -> None:
            self.notify(f"There is no model to ask: {why}", severity="warning", markup=False)

        def ask(state: State) -> analysis.Opinion:
            return analysis.opinion(state, self.app.denoiser(DEFAULT_MODEL))

        self._think(ask, show, failed)

    def action_watch(self) -> None:
        """Watch the model solve the puzzle, while the game is paused."""
        if not self.game.finished:
            self.game.helped = True
            self._pause(True)
        self.app.push_screen(WatchScreen(Replay(self.game.puzzle), self.game.title))

    def action_wrong(self) -> None:
        shown_now = not self.app.settings.show_wrong
        self.app.change(show_wrong=shown_now)
        count, text = len(self.game.wrong()), "All entries are right."
        if not shown_now:
            text = "Wrong entries are not shown."
        elif self.game.solution_count.solution is None:
            text = f"Nothing to compare with: {self.game.solution_count.words}."
        elif count:
            text = f"{count} wrong."
        self._tell(text)

    def action_pause(self) -> None:
        self._pause(not self.board.covered)

    def on_app_blur(self) -> None:
        if self.app.settings.pause_on_blur:
            self._pause(True)

    def _pause(self, pause: bool) -> None:
        if self.game.finished or pause == self.board.covered:
            return
        self.board.covered = pause
        if pause:
            self.game.watch.stop()
        else:
            self.game.watch.start()
        self._tell(f"Paused. {self.app.key_of('pause')} continues." if pause else "")

    # Showing

    def settings_changed(self) -> None:
        """Show the game by the settings as they are now."""
        self.board.settings = self.app.settings
        self._show()

    def _tell(self, text: str) -> None:
        """Say something beside the board, until the next change."""
        self._message = text
        self._show()

    def _show(self) -> None:
        self.board.refresh_game()
        self._show_side()
        self._show_bar()

    def _show_bar(self) -> None:
        game = self.game
        cells = game.board.n - len(game.board.holes)
        filled = f"{cells - game.open_cells}/{cells}"
        time = f"  {shown(game.watch.elapsed_s)}" if self.app.settings.show_timer else ""
        self._bar.ends = (heading(game.puzzle, game.title), filled + time)

    def _show_side(self) -> None:
        """The counts, facts about the cell and the game, and the message, or how it was solved."""
        game, cell, symbols = self.game, self.board.cursor, self.board.symbols
        self._digits.show(game.left(), self.board.chosen, self.app.settings.show_counts)
        mode = "marks" if self.marking else "one mark" if self.one_mark else "values"
        filtered = symbols[self.board.chosen - 1] if self.board.chosen else "none"
        between = " " * (max(map(len, symbols)) > 1)
        marks = between.join(symbols[value - 1] for value in mask_values(game.marks[cell]))
        level = game.grade.level if game.grade else ""
        facts = (
            f"Typing  {mode}",
            f"Filter  {filtered}",
            f"Cell    {game.board.cell_name(cell)}{' given' * game.is_given(cell)}",
            f"Marks   {marks if not game.values[cell] else ''}",
            f"Level   {level}{' hints' * (level == LEVELS[-1])}",
            "",
            game.solution_count.words.capitalize(),
        )
        self._about.update("\n".join(facts), layout=False)
        self._rules.update(" · ".join(titles_at(game.board, cell)))
        text, solved = self._message, game.finished and game.is_solved()
        if solved and not text:
            grade = f" {analysis.grade_words(game.grade)}" if game.grade else ""
            helped = ", with help" * game.helped
            text = f"Solved in {shown(game.watch.elapsed_s)}{helped}.{grade}"
        self._message_line.set_class(solved, "-solved")
        self._message_line.update(text, layout=False)

    watch_marking = watch_one_mark = _show_side

    def _moved(self) -> None:
        """Show the facts about another cell or value once the board has been drawn."""
        self.call_after_refresh(self._show_side)

    def on_resize(self, event: events.Resize) -> None:
        """Say so where the terminal is too small for anything."""
        now = f"The terminal is {event.size.width}x{event.size.height}."
        self.say(f"{now}\nvmd-play needs 30x12:\nmake it larger.", "tiny")

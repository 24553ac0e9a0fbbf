"""The game on the screen: turns keys and clicks into moves, and shows what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.reactive import var

from vmd_solver.assets import DEFAULT_MODEL
from vmd_solver.drawing.marks import titles_at
from vmd_solver.play import Opened, SolutionCount, analysis, opening
from vmd_solver.play.game import Typing, mask_values, shown
from vmd_solver.play.library import heading, kind_of
from vmd_solver.play.replay import Replay
from vmd_solver.play.statistics import Finished
from vmd_solver.techniques import LEVELS, Grade, State, Step
from vmd_solver.tui.commands import COMMANDS, bindings
from vmd_solver.tui.screens.base import AppScreen, cancelled, message
from vmd_solver.tui.screens.dialogs import RulesScreen, SavepointsScreen
from vmd_solver.tui.screens.files import CopyScreen
from vmd_solver.tui.screens.watch import WatchScreen
from vmd_solver.tui.widgets.bars import Bar, Digits, KeyBar
from vmd_solver.tui.widgets.board import BoardView, HintPicture, picture_of
from vmd_solver.tui.widgets.keyboard import Keyboard

_COLOUR_KEYS = frozenset("123456789")


class PlayScreen(AppScreen[None]):
    """One game in play."""

    BINDINGS = bindings(COMMANDS)
    # Below 66 columns there is no room for a column beside the board, and below the smallest size
    # for nothing but a message.
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-slim"),
        (30, "-narrow"),
        (66, "-wide"),
        (100, "-broad"),
        (160, "-vast"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (12, "-high"), (28, "-tall")]  # noqa: RUF012

    once: var[Typing | None] = var(None, init=False)
    """What the next value that is typed becomes, where that is not what the game says."""

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self.opened, self.game = opened, opened.game
        # Made here, not in `compose`: a key may come before that.
        self.board = BoardView(self.game, self.app.settings)
        self._keyboard, self._digits = Keyboard(self.board.symbols), Digits(self.board.symbols)
        self._bar, self._about, self._message_line = Bar(), message("facts"), message()
        self._rules = message("rules")
        self._rules.display = bool(self.game.board.rules)
        self._message = self._asking = ""
        """What stands beside the board, and the action that it asks about, if any."""
        self._said = ""
        self._resumes = False
        """Whether time runs again once the screen above this one is gone."""
        self._warned = False
        """Whether the player knows that leaving now loses what could not be saved."""
        self._drawing: Callable[[], str] = str
        """Draws what is shown of a hint, as SVG."""
        self._hinted = -1
        self._stages: list[Callable[[], object]] = []
        """The version of the game that a hint is for, and what more of it there is to be had."""

    def compose(self) -> ComposeResult:
        yield self._bar
        words = VerticalScroll(self._message_line, id="words", can_focus=False)
        self._side = Vertical(self._digits, self._about, self._rules, words, id="side")
        yield Horizontal(self.board, self._side, id="table")
        yield message("tiny")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin: count solutions, let time run, save now and then."""
        for note in self.opened.notes:
            self.notify(note, severity="warning", timeout=10)
        if not self.opened.resumed and self.app.settings.auto_candidates:
            self.game.fill_candidates()
        for seen in ("cursor", "chosen", "selected"):
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

    def typed(self, event: events.Key) -> bool:
        """Take a key that stands for a value, or a colour; leave others alone."""
        character = event.character or ""
        if self._typing == "colours" and character in _COLOUR_KEYS:
            self._put(int(character))
        elif (found := self._keyboard.typed(event.key, character)) is not None:
            self._put(*found)
        else:
            return False
        return True

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted here is to be played instead."""
        event.stop()
        self.app.action_open(event.text)

    def on_click(self, event: events.Click) -> None:
        """Put in a value that is clicked beside the board; with other buttons filter for it."""
        if value := event.style.meta.get("value"):
            (self._put if event.button == 1 else self._filter)(value)

    @property
    def _typing(self) -> Typing:
        return self.once or self.game.typing

    def _put(self, value: int, pencil: bool = False) -> None:
        """Make of a value what is typed, in all cells that are chosen."""
        typing: Typing = "marks" if pencil else self._typing
        self.once = None
        game, cells = self.game, self.board.cells
        if typing == "colours":
            self._edit(game.paint, cells, value)
        elif all(map(game.is_given, cells)):
            self._tell("Givens stay as they are.")
        elif typing == "values":
            self._edit(game.enter, cells, value, self.app.settings.auto_clean)
        elif all(game.cells[cell].value for cell in cells):
            self._tell("Marks go into open cells.")
        else:
            self._edit(game.mark, cells, value, typing == "corners")

    def _edit(self, change: Callable[..., bool], *args: object) -> bool:
        """Make a change, unless the game is paused, and show it; whether there was any."""
        changed = not self.board.covered and change(*args)
        if changed:
            self._message, self._asking, self.board.hint = "", "", None
            if self.game.finish():
                self._celebrate()
            elif not self.game.open_cells and not self.game.is_solved():
                key = self.app.key_of("undo-mistakes")
                self._message = f"Every cell is filled, but not rightly. {key} undoes to before."
        self._show()
        return changed

    def _celebrate(self) -> None:
        """The game is solved for the first time: keep that."""
        kind, seconds = kind_of(self.game.puzzle), self.game.watch.elapsed_s
        level = self.game.grade.level if self.game.grade else ""
        helped, best = self.game.helped, self.app.statistics.best_s(kind, level)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        key, day = self.opened.path.stem, opening.day_of(self.game.title)
        done = Finished(kind, key, round(seconds, 3), helped, now, level, day)
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
        self._edit(self.game.clear, self.board.cells)

    def action_cell_candidates(self) -> None:
        self._edit(self.game.fill_candidates, self.board.cells)

    def action_typing(self, typing: Typing) -> None:
        """What is typed becomes this; the same again: values."""
        self.game.typing = "values" if self.game.typing == typing else typing
        self._show()

    def action_once(self, typing: Typing) -> None:
        """The next value becomes this."""
        self.once = None if self.once == typing else typing

    # Back and forth

    def action_undo_mistakes(self) -> None:
        if not self.board.covered:
            taken, self.board.hint = self.game.undo_mistakes(), None
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

    def action_move(self, down: int, right: int, extend: bool = False) -> None:
        self.board.move(down, right, extend)

    def action_select_all(self) -> None:
        self.board.select(range(self.game.board.n))

    def action_escape(self) -> None:
        """Choose one cell again; where that is so, show the list of puzzles."""
        if self.board.selected:
            self.board.selected = frozenset()
        else:
            self.app.action_leave_game()

    def action_scroll_words(self, pages: int) -> None:
        """Scroll a long text beside the board."""
        words = self.query_one("#words")
        words.scroll_relative(y=pages * max(1, words.size.height - 1), animate=False)

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
        elif self.game.mistakes():
            self.game.helped |= self.game.solution_count.solution is not None
            key = self.app.key_of("undo-mistakes")
            self._tell(f"There is a mistake on the board. {key} undoes to before it.")
        else:
            self._think(analysis.hint, self._show_hint, self._tell)

    def _think(
        self, about: Callable[[State], Any], show: Callable[..., None], failed: Callable[..., None]
    ) -> None:
        """Show what a thread finds about the game as it is, if nothing changed meanwhile."""
        state, version = analysis.state_of(self.game), self.game.version

        def found(answer: Any) -> None:
            if version == self.game.version:
                show(answer, state)

        self.in_thread(lambda: self.report(found, about(state)), failed, "hint")

    def _show_hint(self, found: Step | str, state: State) -> None:
        if isinstance(found, Step):
            self._hinted, self.game.helped = self.game.version, True
            stages = [partial(self._show_stage, found, state, stage) for stage in (1, 2, 3)]
            self._stages = [*stages[1:], partial(self._edit, analysis.take, self.game, found)]
            stages[0]()
        elif found == analysis.STUCK:
            self._hinted, self._stages = self.game.version, [self._ask_model]
            self._tell(f"{analysis.STUCK} {self.app.key_of('hint')} asks the model.")
        else:
            self._tell(found)

    def _show_stage(self, step: Step, state: State, stage: int) -> None:
        """Where to look; then why something follows, with its candidates; then what."""
        told = step.up_to(stage)
        self.board.hint = picture_of(told, state)
        self._drawing = partial(analysis.drawing_of, told, state)
        onward = ("shows why", "shows what follows", "does it")[stage - 1]
        self._tell(f"{step.title} ({stage}/3)\n{told.text}\n{self.app.key_of('hint')} {onward}.")
        if stage > 1:  # what was read before may go up
            self.call_after_refresh(self.query_one("#words").scroll_end, animate=False)

    def _ask_model(self) -> None:
        def show(found: analysis.Opinion, _: State) -> None:
            self.game.helped, self._drawing = True, str
            self.board.hint = HintPicture(frozenset({found.cell}))
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

    def action_copy(self) -> None:
        """Copy the puzzle out, or the picture of the hint that is shown."""
        self.app.push_screen(CopyScreen(self.game, self._drawing() if self.board.hint else ""))

    def action_rules(self) -> None:
        self.app.push_screen(RulesScreen(self.game.puzzle))

    def action_watch(self) -> None:
        """Watch the model solve the puzzle, while the game is paused; asks where that is help."""
        game, key = self.game, self.app.key_of("watch")
        if not (game.finished or game.helped or self._asking == "watch"):
            text = f"The model shows the solution: the game counts as helped. {key} watches it."
            self._tell(text, asking="watch")
            return
        if not game.finished:
            game.helped = True
            self._resumes = not self.board.covered
            self._pause(True)
        self.app.push_screen(WatchScreen(Replay(game.puzzle), game.title))

    def on_screen_resume(self) -> None:
        """Let time run again after what was watched."""
        if self._resumes:
            self._resumes = False
            self._pause(False)

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

    def _tell(self, text: str, asking: str = "") -> None:
        """Say something beside the board, until the next change; `asking` about an action."""
        self._message, self._asking = text, asking
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
        typing = f"{self._typing}  " if self._typing != "values" else ""
        unsaved = "" if self.opened.saves else "NOT SAVED: open in another vmd-play  "
        if self.opened.path in self.app.unsaved:
            unsaved = "NOT SAVED  "
        self._bar.ends = (heading(game.puzzle, game.title), unsaved + typing + filled + time)

    def _show_side(self) -> None:
        """The counts, facts about the cell and the game, and the message, or how it was solved."""
        game, cell, symbols = self.game, self.board.cursor, self.board.symbols
        self._digits.show(game.left(), self.board.chosen, self.app.settings.show_counts)
        content = game.cells[cell]
        filtered = symbols[self.board.chosen - 1] if self.board.chosen else "none"
        between = " " * (max(map(len, symbols)) > 1)
        masks = () if content.value else (content.marks, content.corners)
        marks = " / ".join(
            between.join(symbols[value - 1] for value in mask_values(mask))
            for mask in masks
            if mask
        )
        cells = len(self.board.selected)
        chosen = f"{cells} selected" if cells > 1 else game.board.cell_name(cell)
        level = game.grade.level if game.grade else ""
        facts = (
            f"Typing  {self._typing}{' once' * bool(self.once)}",
            f"Filter  {filtered}",
            f"Cell    {chosen}{' given' * game.is_given(cell)}",
            f"Marks   {marks}",
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
            text += f"\n{self.app.key_of('next')} the next puzzle."
        if text != self._said:
            self._said = text
            self.query_one("#words").scroll_home(animate=False)
        self._message_line.set_class(solved, "-solved")
        self._message_line.update(text)
        self._side.set_class(self.board.hint is not None, "-hint")

    def watch_once(self) -> None:
        """Tell what is typed next."""
        self._show_side()
        self._show_bar()

    def _moved(self) -> None:
        """Show the facts about another cell or value once the board has been drawn."""
        self.call_after_refresh(self._show_side)

    def on_resize(self, event: events.Resize) -> None:
        """Say so where the terminal is too small for anything."""
        now = f"The terminal is {event.size.width}x{event.size.height}."
        self.say(f"{now}\nvmd-play needs 30x12:\nmake it larger.", "tiny")

"""A puzzle entered by hand: givens typed on a board, and solutions counted meanwhile."""

from __future__ import annotations

from functools import partial

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Label, Select

from vmd_solver.csp import Puzzle
from vmd_solver.formats import BARE
from vmd_solver.formats.boards import bare_board
from vmd_solver.play import Game, SolutionCount, analysis, opening
from vmd_solver.tui.commands import ENTERING, bindings
from vmd_solver.tui.screens.base import AppScreen, cancelled, message
from vmd_solver.tui.screens.new import choice, offer_sizes
from vmd_solver.tui.widgets.bars import Bar, KeyBar
from vmd_solver.tui.widgets.board import BoardView
from vmd_solver.tui.widgets.keyboard import Keyboard

TITLE = "Entered by hand"

_COUNTS = {
    "one": "One solution: a proper puzzle.",
    "several": "Several solutions: more givens are needed.",
    "none": "No solution.",
    "undecided": "The search for a second solution takes too long.",
}


class EnterScreen(AppScreen[None]):
    """An empty board to type givens on; a game begins as soon as the player wants it.

    `app.entered` keeps them till then, and nothing is saved.
    """

    BINDINGS = bindings(ENTERING)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (66, "-wide")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.view = BoardView(self.app.entered, self.app.settings)

    def compose(self) -> ComposeResult:
        board = self.app.entered.board
        chosen = {"family": (BARE, board.family), "size": (opening.sizes(board.family), board.D)}
        rows = []
        for name, (offered, value) in chosen.items():
            box = choice(name, offered, value)
            rows.append(Horizontal(Label(name.capitalize()), box, classes="row"))
        yield Bar()
        with Horizontal(id="table"):
            yield Vertical(self.view, id="board")
            yield Vertical(*rows, message("count"), message(), id="side")
        yield KeyBar()

    def on_mount(self) -> None:
        self.view.focus()
        self._changed()

    @property
    def game(self) -> Game:
        """The board and its givens, which are values to this game."""
        return self.app.entered

    @on(Select.Changed)
    def _other_board(self, event: Select.Changed) -> None:
        """Another kind or size of board; it is empty."""
        board, size = self.game.board, self.query_one("#size", Select)
        family = str(self.query_one("#family", Select).value)
        if event.select is not size and family != board.family:
            with self.prevent(Select.Changed):
                offer_sizes(size, family)
        if (family, size.value) != (board.family, board.D) and isinstance(size.value, int):
            self._show_board(Game(bare_board(family, size.value).empty()))

    def _show_board(self, game: Game) -> None:
        self.app.entered, self.view = game, BoardView(game, self.app.settings)
        room = self.query_one("#board")
        room.remove_children()
        room.mount(self.view)
        self.call_after_refresh(self.view.focus)
        self._changed()

    # Typing

    def typed(self, event: events.Key) -> bool:
        """Take a key that stands for a value."""
        found = Keyboard(self.view.symbols).typed(event.key, event.character)
        if found is not None:
            self._edit(partial(self.game.enter, self.view.cells, found[0], clean=False))
        return found is not None

    def action_clear(self) -> None:
        self._edit(partial(self.game.clear, self.view.cells))

    def action_edit(self, name: str) -> None:
        self._edit(getattr(self.game, name))

    def _edit(self, change: partial[bool]) -> None:
        if change():
            self._changed()

    def action_move(self, down: int, right: int) -> None:
        self.view.move(down, right)

    def settings_changed(self) -> None:
        """Show the board by the settings as they are now."""
        self.view.settings = self.app.settings
        self.view.refresh_game()

    # What comes of it

    @property
    def puzzle(self) -> Puzzle:
        """The puzzle as it is entered so far."""
        return Puzzle(self.game.board, tuple(self.game.values))

    def _changed(self) -> None:
        """Show the givens, and count solutions in a thread, which the next change cancels."""
        puzzle, board = self.puzzle, self.game.board
        givens = sum(map(bool, puzzle.givens))
        self.view.refresh_game()
        self.query_one(Bar).ends = (TITLE, f"{givens} given{'s' * (givens != 1)}")
        broken = ", ".join(map(board.cell_name, sorted(self.game.conflicts())))
        self.say(f"Break a rule: {broken}." if broken else "")
        self.say("Counting solutions…", "count")

        def count() -> None:
            self.report(self._counted, analysis.analyse(puzzle, cancelled))

        self.in_thread(count, self.notify, "count")

    def _counted(self, found: SolutionCount) -> None:
        self.say(_COUNTS[found.kind], "count")

    def action_play(self) -> None:
        """Begin a game of what was entered."""
        puzzle = self.puzzle
        if not any(puzzle.givens):
            self.say("Type givens first.")
        elif not puzzle.is_valid():
            self.say("Givens that break a rule make no puzzle: change them first.")
        else:
            self.app.entered = Game(self.game.board.empty())
            self.dismiss(None)
            self.app.play_puzzle(puzzle, TITLE)

    def action_leave(self) -> None:
        self.dismiss(None)

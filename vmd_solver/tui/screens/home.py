"""Where a puzzle is chosen: an unfinished game, one from a file, a new one."""

from __future__ import annotations

from collections.abc import Iterator

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from vmd_solver.generation import PuzzleSpec
from vmd_solver.play import opening
from vmd_solver.play.game import shown
from vmd_solver.play.opening import READY, origin, words
from vmd_solver.tui.commands import LISTING, bindings
from vmd_solver.tui.screens.base import AppScreen, heading
from vmd_solver.tui.screens.dialogs import FindScreen
from vmd_solver.tui.screens.new import NewScreen
from vmd_solver.tui.widgets.bars import KeyBar


class HomeScreen(AppScreen[None]):
    """The list of what can be played."""

    BINDINGS = bindings(LISTING)
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        head = Static("v m d - p l a y", id="head")
        yield Vertical(head, OptionList(id="choices", markup=False), id="home")
        yield KeyBar()

    def on_screen_resume(self) -> None:
        """List again: what was played meanwhile comes first."""
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([*self._options()])
        options.focus()
        options.action_first()

    def _options(self) -> Iterator[Option]:
        games = [game for game in self.app.library.saved() if not game.finished]
        if games:
            yield heading("Continue")
        for game in games[:20]:
            title = f"  {game.kind}, {game.title}" if game.title else f"  {game.kind}"
            done = f"{game.cells - game.open_cells:>3}/{game.cells} {shown(game.elapsed_s):>8}"
            yield Option(f"{title[:42].ljust(42)} {done}", f"game {game.key}")
        yield heading("A new puzzle")
        yield Option("  Choose family, size, difficulty…", "new")
        for at, spec in enumerate(READY):
            yield Option(f"  {words(spec)}", f"spec {at}")
        yield heading("Text")
        yield Option("  Type, mask, fill, lock what you like…", "text")
        yield heading("Included puzzles")
        for path in opening.shipped_files():
            yield Option(f"  {path.name}", f"file {path}")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        what, _, which = (event.option_id or "").partition(" ")
        if what == "game":
            self.app.resume(which)
            self.on_screen_resume()
        elif what == "new":
            self.action_new()
        elif what == "spec":
            self._make(READY[int(which)], begin=True)
        elif what == "text":
            self.app.action_dialog("text")
        elif what == "file":
            self.app.open_entries(opening.entries(which))

    def action_new(self) -> None:
        """Ask what the puzzle should be like, beginning with what was asked for last."""
        self._make(self.app.spec, begin=False)

    @work(group="dialog")
    async def _make(self, spec: PuzzleSpec, begin: bool) -> None:
        """Have a puzzle made, by this spec or by what it is changed to, and play it."""
        made = await self.app.push_screen_wait(NewScreen(spec, begin))
        if made is not None:
            self.app.play_puzzle(made.puzzle, made.puzzle.name)
            if note := origin(made):
                self.notify(note, timeout=8)

    @work(group="dialog")
    async def action_find(self) -> None:
        path = await self.app.push_screen_wait(FindScreen())
        if path is not None:
            self.app.open_entries(opening.entries(path))

    def action_remove(self) -> None:
        option = self.query_one(OptionList).highlighted_option
        what, _, which = ((option.id if option else "") or "").partition(" ")
        if what != "game":
            self.notify("Choose a game to delete.")
        elif not self.app.library.remove(which):
            self.notify("That game is open in another vmd-play.", severity="warning")
        self.on_screen_resume()

    def action_move(self, way: str) -> None:
        # Not `focused.cursor_...`: Textual fails to list such keys while nothing has the focus.
        getattr(self.query_one(OptionList), f"action_cursor_{way}")()

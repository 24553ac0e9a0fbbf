"""A puzzle beside a list of puzzles: what it is called, what is known of it, and its board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widgets import Static

from vmd_solver.play import Game, Settings
from vmd_solver.tui.widgets.board import BoardView


class Preview(Vertical):
    """What is highlighted in a list; to look at only."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = replace(
            settings, highlight_lines=False, highlight_regions=False, highlight_same=False
        )

    def compose(self) -> ComposeResult:
        yield Static(classes="preview--title", markup=False)
        yield Static(classes="preview--facts", markup=False)
        yield Container()

    def show(self, title: str, facts: Sequence[str] = (), game: Game | None = None) -> None:
        """Show this, and no longer what was shown before.

        In no worker that another one cancels: a widget that is being removed would go on waiting,
        and end the application with it.
        """
        self.query_one(".preview--title", Static).update(title)
        self.query_one(".preview--facts", Static).update("\n".join(filter(None, facts)))
        room = self.query_one(Container)
        room.remove_children()
        if game is not None:
            board = BoardView(game, self._settings)
            board.can_focus = False
            room.mount(board)

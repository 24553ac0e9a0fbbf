"""The kept positions of a game, to go back to one or to forget it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from vmd_solver.play import Game, Savepoint
from vmd_solver.tui.screens.dialog import Dialog


class SavepointsScreen(Dialog[Savepoint]):
    """Gives the position that was chosen, the newest first."""

    TITLE = "Kept positions"
    SUB_TITLE = "enter, d forget, esc"
    BINDINGS: ClassVar[list[BindingType]] = [("delete,d", "forget", "Forget")]

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game

    def contents(self) -> ComposeResult:
        if self.game.savepoints:
            yield OptionList(*map(_option, reversed(self.game.savepoints)))
        else:
            yield Static("None yet: s keeps the position on the board.")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._point(event.option_index))

    def _point(self, index: int) -> Savepoint:
        return self.game.savepoints[-1 - index]

    def action_forget(self) -> None:
        for options in self.query(OptionList):
            if (at := options.highlighted) is not None:
                self.game.forget_point(self._point(at))
                options.remove_option_at_index(at)


def _option(point: Savepoint) -> Option:
    return Option(f"Position {point.name}: {point.values.count(0)} cells open")

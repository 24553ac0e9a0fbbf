"""What all dialogs have in common: a box with a title, and Escape to leave."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Checkbox

from vmd_solver.tui.screens.base import AppScreen


class Dialog(ModalScreen[ScreenResultType | None], AppScreen[ScreenResultType | None]):
    """A box before another screen; gives None where it was left.

    TITLE stands on the upper edge and SUB_TITLE, the keys, on the lower one; `contents` fills it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "Close")]
    SUB_TITLE = "esc"
    SCROLLED_BY_KEYS = False
    """Whether the box itself takes the keys; else something in it does."""

    def contents(self) -> ComposeResult:
        """The widgets in the box."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        box = VerticalScroll(classes="dialog--box", can_focus=self.SCROLLED_BY_KEYS)
        box.border_title, box.border_subtitle = self.title, self.sub_title
        with box:
            yield from self.contents()

    def action_leave(self) -> None:
        self.dismiss(None)


class Toggle(Checkbox):
    """A check box that shows without colour whether it is on."""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]
        return "X" if self.value else " "

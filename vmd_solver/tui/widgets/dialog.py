"""What all dialogs have in common: a box in the middle, and Escape to leave. Knows no game."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen, ScreenResultType

Box = TypeVar("Box", Vertical, VerticalScroll)


class Dialog(ModalScreen[ScreenResultType | None]):
    """A screen before another one; gives None where it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "Close")]

    def action_leave(self) -> None:
        """Close without a result."""
        self.dismiss(None)


def titled(box: Box, title: str, keys: str) -> Box:
    """The box with a title above and the keys below."""
    box.border_title, box.border_subtitle = title, keys
    return box

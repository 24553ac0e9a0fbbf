"""The line at the top: what is played on the left, how it goes on the right."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget


class Bar(Widget):
    """One line with two ends; the left one is cut where there is no room for both."""

    def __init__(self) -> None:
        super().__init__()
        self._ends = ("", "")

    def show(self, left: str, right: str) -> None:
        if (left, right) != self._ends:
            self._ends = (left, right)
            self.refresh()

    def render(self) -> Text:
        left, right = self._ends
        room = self.content_size.width - len(right) - 1
        kept = left if len(left) <= room else left[: max(0, room - 1)] + "…"
        return Text(kept.ljust(max(0, room)) + " " + right, no_wrap=True, end="")

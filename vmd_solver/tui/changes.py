"""What is written to the terminal when a part of the screen changes: that part, and no more.

Textual begins each piece at the left edge of its widget, so that a board whose cells change here
and there is written several times over: 13 to 80 kilobytes a key, which a slow line shows.
"""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.control import Control
from textual._compositor import ChopsUpdate


class Changes(ChopsUpdate):
    """An update of spans of lines, each cut at both ends."""

    def render_segments(self, console: Console) -> str:
        """The spans as control sequences."""
        written: list[str] = []
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                left, right = max(x, first), min(end, last)
                if strip is not None and left < right:
                    written.append(Control.move_to(left, y).segment.text)
                    written.append(strip.crop(left - x, right - x).render(console))
        return "".join(written)


def cut(update: RenderableType | None) -> RenderableType | None:
    """The update, cut to what changes if it is one of spans."""
    if type(update) is ChopsUpdate:
        return Changes(update.chops, update.spans, update.chop_ends)
    return update

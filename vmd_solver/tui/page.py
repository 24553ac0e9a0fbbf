"""The process of one page in a browser, as Textual's driver: it ends with the server."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import Any

from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp

MOST_SIZE = (1000, 400)
"""Columns and rows of a page at most; more would take memory that no window needs."""


def bounded(width: Any, height: Any) -> tuple[int, int]:
    """The size of a page as it is asked for, within bounds; the largest where it is no size."""
    asked = zip((width, height), MOST_SIZE, strict=True)
    columns, rows = (max(1, min(one, most)) if type(one) is int else most for one, most in asked)
    return columns, rows


class PageDriver(WebDriver):
    """Draws for a browser, within MOST_SIZE, as long as there is a server to draw for."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._size = bounded(*(self._size or MOST_SIZE))
        self._write = partial(self._write_while_heard)

    def _write_while_heard(self, data: bytes) -> int:
        with suppress(BrokenPipeError):
            return os.write(self.fileno, data)
        return 0

    def run_input_thread(self) -> None:
        """Input ends with the server, however that ended: then the game is saved, as on leaving."""
        super().run_input_thread()
        self._app.post_message(ExitApp())

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        if packet_type == "resize":
            columns, rows = bounded(payload.get("width"), payload.get("height"))
            payload = {"width": columns, "height": rows}
        super().on_meta(packet_type, payload)

"""A file is named here, with completion. Whether it holds puzzles is found out later."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.suggester import Suggester
from textual.widgets import Input, Static

from vmd_solver.tui.widgets.dialog import Dialog, titled


class FindScreen(Dialog[Path]):
    """Gives the path of a file that exists."""

    CSS_PATH = "find.tcss"

    def compose(self) -> ComposeResult:
        """One line to type in."""
        with titled(
            Vertical(classes="dialog--box"), "Open a puzzle file", "enter, → complete, esc"
        ):
            yield Input(placeholder="path of a file", suggester=_Paths(use_cache=False))
            yield Static(id="problem", markup=False)

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        path = Path(event.value.strip()).expanduser()
        if path.is_file():
            self.dismiss(path)
        else:
            kind = "is a folder" if path.is_dir() else "no such file"
            self.query_one("#problem", Static).update(f"{event.value.strip() or 'nothing'}: {kind}")


class _Paths(Suggester):
    """Completes the name that was begun."""

    async def get_suggestion(self, value: str) -> str | None:
        """The first file or folder, by name, that begins so."""
        folder, begun = os.path.split(value)
        try:
            names = sorted(_names(Path(folder or ".").expanduser(), begun))
        except OSError:
            return None
        return str(Path(folder) / names[0]) if folder and names else names[0] if names else None


def _names(folder: Path, begun: str) -> Iterable[str]:
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name.startswith(begun) and (begun or not entry.name.startswith(".")):
                yield entry.name + (os.sep if entry.is_dir() else "")

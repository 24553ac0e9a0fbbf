"""What the keys do and what the signs mean."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from vmd_solver.tui.commands import COMMANDS, LISTING, WATCHING, WRITING, Command
from vmd_solver.tui.screens.dialog import Dialog

_VALUES = (
    ("1-9, A-Z", "Enter a value; letters as capitals"),
    ("Alt and a value", "Pencil mark, where the terminal sends Alt"),
    ("mouse", "Click a cell, then a value; right click: filter"),
)

_SIGNS = (
    ("5'", "a given"),
    ("!5", "breaks a rule"),
    ("x5", "differs from the solution (where that is shown)"),
    ("∅", "an open cell that no value fits (where that is shown)"),
    ("\\ / X ░", "on a diagonal, on both, in a window"),
    ("12…", "more marks than there is room for: + makes cells larger"),
)


class HelpScreen(Dialog[None]):
    """A page to read."""

    TITLE = "Help"
    SUB_TITLE = "↑ ↓, esc"
    SCROLLED_BY_KEYS = True

    def contents(self) -> ComposeResult:
        yield Static(self._page())

    def _page(self) -> Text:
        page = Text()
        _section(page, "Values", _VALUES)
        self._commands(page, COMMANDS)
        _section(page, "Signs on the board", _SIGNS)
        self._commands(page, (*WATCHING, *WRITING, *LISTING))
        page.append("\nCtrl+P finds every command by its name. Games save themselves.")
        return page

    def _commands(self, page: Text, commands: Iterable[Command]) -> None:
        for area, group in groupby(commands, key=lambda one: one.area):
            _section(page, area, [(self.app.key_of(one.name), one.text) for one in group])


def _section(page: Text, title: str, rows: Iterable[tuple[str, str]]) -> None:
    page.append(f"{title}\n", "bold underline")
    for left, right in rows:
        page.append(f"  {left:<22}", "bold").append(f"{right}\n")
    page.append("\n")

"""From a file to a puzzle: the file is named, with completion, and one of its puzzles chosen."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.suggester import Suggester
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from vmd_solver.formats import Entry
from vmd_solver.play.library import kind_of
from vmd_solver.play.opening import MOST_ENTRIES, title_of
from vmd_solver.tui.screens.dialog import Dialog


class FindScreen(Dialog[Path]):
    """Gives the path of a file that exists; whether it holds puzzles is checked later."""

    TITLE = "Open a puzzle file"
    SUB_TITLE = "enter, → complete, esc"

    def contents(self) -> ComposeResult:
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
    """Completes a path with the first file or folder, by name, that begins so."""

    async def get_suggestion(self, value: str) -> str | None:
        folder, begun = os.path.split(value)
        try:
            names = sorted(_names(Path(folder or ".").expanduser(), begun))
        except OSError:
            return None
        return os.path.join(folder, names[0]) if names else None  # noqa: PTH118


def _names(folder: Path, begun: str) -> Iterable[str]:
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name.startswith(begun) and (begun or not entry.name.startswith(".")):
                yield entry.name + (os.sep if entry.is_dir() else "")


class PickScreen(Dialog[int]):
    """Gives the place of the chosen puzzle among the entries of a file."""

    SUB_TITLE = "enter, esc"

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self.entries = entries
        count = len(entries)
        self.title = f"{count} puzzles" if count < MOST_ENTRIES else f"The first {count} puzzles"

    def contents(self) -> ComposeResult:
        options = (self._option(entry, at) for at, entry in enumerate(self.entries, 1))
        yield OptionList(*options, markup=False)

    def _option(self, entry: Entry, number: int) -> Option:
        puzzle = entry.puzzle
        if puzzle is None:
            return Option(f"{number:>4}  {entry.error}", disabled=True)
        clues = sum(value > 0 for value in puzzle.givens)
        title = title_of(entry, number, len(self.entries))
        return Option(f"{number:>4}  {kind_of(puzzle)}, {clues} givens  {title}")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

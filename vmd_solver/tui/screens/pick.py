"""The puzzles of one file, to choose one of."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from vmd_solver.formats import Entry
from vmd_solver.play.opening import MOST_ENTRIES, title_of
from vmd_solver.play.record import kind_of
from vmd_solver.tui.widgets.dialog import Dialog, titled


class PickScreen(Dialog[int]):
    """Gives the place of the puzzle among the entries of the file."""

    CSS_PATH = "pick.tcss"

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self.entries = entries

    def compose(self) -> ComposeResult:
        """The list; entries that cannot be read say why."""
        count = len(self.entries)
        title = f"{count} puzzles" if count < MOST_ENTRIES else f"The first {count} puzzles"
        with titled(Vertical(classes="dialog--box"), title, "enter, esc"):
            yield OptionList(
                *(self._option(entry, at) for at, entry in enumerate(self.entries, 1)),
                markup=False,
            )

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

"""Finished games and best times, by kind."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from vmd_solver.play.statistics import Statistics
from vmd_solver.play.stopwatch import shown
from vmd_solver.tui.widgets.dialog import Dialog, titled


class StatisticsScreen(Dialog[None]):
    """A table to read."""

    CSS_PATH = "statistics.tcss"

    def __init__(self, statistics: Statistics) -> None:
        super().__init__()
        self._tallies = statistics.tallies()

    def compose(self) -> ComposeResult:
        """The table, or that there is nothing yet."""
        with titled(Vertical(classes="dialog--box"), "Statistics", "esc"):
            if self._tallies:
                yield DataTable[str](cursor_type="row")
                yield Static("Times are of games solved without help.", markup=False)
            else:
                yield Static("No game finished yet.")

    def on_mount(self) -> None:
        """Fill the table."""
        for table in self.query(DataTable):
            table.add_columns("kind", "solved", "with help", "best", "mean", "last")
            for one in self._tallies:
                times = [shown(s) if s is not None else "-" for s in _times(one)]
                table.add_row(one.kind, str(one.games), str(one.helped), *times)


def _times(one: object) -> list[float | None]:
    return [getattr(one, name) for name in ("best_s", "mean_s", "last_s")]

"""Finished games and best times, by kind."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import DataTable, Static

from vmd_solver.play.game import shown
from vmd_solver.play.statistics import Statistics
from vmd_solver.tui.screens.dialog import Dialog


class StatisticsScreen(Dialog[None]):
    """A table to read, or that there is nothing yet."""

    TITLE = "Statistics"

    def __init__(self, statistics: Statistics) -> None:
        super().__init__()
        self._tallies = statistics.tallies()

    def contents(self) -> ComposeResult:
        if not self._tallies:
            yield Static("No game finished yet.")
            return
        table = DataTable[str](cursor_type="row")
        table.add_columns("kind", "solved", "with help", "best", "mean", "last")
        for one in self._tallies:
            times = ("-" if s is None else shown(s) for s in (one.best_s, one.mean_s, one.last_s))
            table.add_row(one.kind, str(one.games), str(one.helped), *times)
        yield table
        yield Static("Times are of games solved without help.", markup=False)

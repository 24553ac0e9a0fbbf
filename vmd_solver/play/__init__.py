"""Playing a puzzle: the game, what is kept of it on disk, and how people like it set.

Everything that a screen shows is decided here; nothing here knows of screens.
"""

from vmd_solver.play.analysis import analyse
from vmd_solver.play.game import Game, Savepoint, SolutionCount
from vmd_solver.play.library import Library, Opened, Summary
from vmd_solver.play.settings import Settings

__all__ = [
    "Game",
    "Library",
    "Opened",
    "Savepoint",
    "Settings",
    "SolutionCount",
    "Summary",
    "analyse",
]

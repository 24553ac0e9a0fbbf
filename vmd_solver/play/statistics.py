"""Finished games: one line each in a file that only grows, and what they add up to.

Lines that cannot be read are ignored and stay where they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from vmd_solver.play.storage import append_line


@dataclass(frozen=True)
class Finished:
    """One finished game: its kind (`sudoku 9x9`), its key, seconds, and when (ISO 8601, UTC)."""

    kind: str
    key: str
    elapsed_s: float
    helped: bool
    when: str


@dataclass(frozen=True)
class Tally:
    """All finished games of a kind. Times are of games without help; None where there are none."""

    kind: str
    games: int
    helped: int
    best_s: float | None
    mean_s: float | None
    last_s: float | None


class Statistics:
    """The finished games kept in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, finished: Finished) -> None:
        """Keep one more. Raises OSError where the disk refuses."""
        append_line(self.path, json.dumps(asdict(finished)))

    def games(self) -> list[Finished]:
        """Every finished game, in the order in which they were finished."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        return [game for game in map(_read, lines) if game is not None]

    def tallies(self) -> list[Tally]:
        """One tally a kind, in the order of their names."""
        kinds: dict[str, list[Finished]] = {}
        for game in self.games():
            kinds.setdefault(game.kind, []).append(game)
        return [tally(kind, games) for kind, games in sorted(kinds.items())]

    def best_s(self, kind: str) -> float | None:
        """The best time of a kind so far."""
        return tally(kind, [game for game in self.games() if game.kind == kind]).best_s


def tally(kind: str, games: Iterable[Finished]) -> Tally:
    """What these games of one kind add up to.

    >>> games = [Finished("x", "k", 60.0, False, ""), Finished("x", "k", 9.0, True, "")]
    >>> tally("x", games)
    Tally(kind='x', games=2, helped=1, best_s=60.0, mean_s=60.0, last_s=60.0)
    """
    known = list(games)
    times = [game.elapsed_s for game in known if not game.helped]
    helped = sum(game.helped for game in known)
    if not times:
        return Tally(kind, len(known), helped, None, None, None)
    return Tally(kind, len(known), helped, min(times), fmean(times), times[-1])


def _read(line: str) -> Finished | None:
    try:
        found = Finished(**json.loads(line))
    except (ValueError, TypeError):
        return None
    sound = isinstance(found.kind, str) and isinstance(found.elapsed_s, float | int)
    return found if sound and found.elapsed_s >= 0 else None

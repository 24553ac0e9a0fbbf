"""Finished games: one line each in a file that only grows; lines that cannot be read stay there."""

from __future__ import annotations

import json
from contextlib import suppress
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
        """Raises OSError where the disk refuses."""
        append_line(self.path, json.dumps(asdict(finished)))

    def games(self) -> list[Finished]:
        """Every finished game, in the order in which they were finished."""
        found: list[Finished] = []
        with suppress(OSError):
            for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
                with suppress(ValueError, TypeError):
                    game = Finished(**json.loads(line))
                    if isinstance(game.kind, str) and game.elapsed_s >= 0:
                        found.append(game)
        return found

    def tallies(self) -> list[Tally]:
        """One tally a kind, in the order of their names."""
        found, by_kind = [], dict[str, list[Finished]]()
        for game in self.games():
            by_kind.setdefault(game.kind, []).append(game)
        for kind, games in sorted(by_kind.items()):
            times = [game.elapsed_s for game in games if not game.helped]
            shown = (min(times), fmean(times), times[-1]) if times else (None, None, None)
            found.append(Tally(kind, len(games), len(games) - len(times), *shown))
        return found

    def best_s(self, kind: str) -> float | None:
        """The best time of a kind so far, without help."""
        alike = (game for game in self.games() if game.kind == kind and not game.helped)
        return min((game.elapsed_s for game in alike), default=None)

"""Finished games: one line each in a file that only grows; lines that cannot be read stay there."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from vmd_solver.play.storage import append_line
from vmd_solver.techniques import LEVELS


@dataclass(frozen=True)
class Finished:
    """One finished game: its kind (`sudoku 9x9`), its key, seconds, and when (ISO 8601, UTC).

    `level` is empty where it was not known, as in lines of earlier versions; `day` is the day whose
    puzzle it was (ISO 8601), empty for any other puzzle.
    """

    kind: str
    key: str
    elapsed_s: float
    helped: bool
    when: str
    level: str = ""
    day: str = ""


@dataclass(frozen=True)
class Tally:
    """All finished games of a kind and level. Times are of games without help; None without any."""

    kind: str
    level: str
    games: int
    helped: int
    best_s: float | None
    mean_s: float | None
    last_s: float | None


def _known(game: Finished) -> bool:
    """Whether a line makes sense; that of a later version may have a level unheard of."""
    texts = (game.kind, game.key, game.level, game.day)
    known = all(isinstance(text, str) for text in texts) and game.level in ("", *LEVELS)
    return known and game.elapsed_s >= 0


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
                    if _known(game):
                        found.append(game)
        return found

    def tallies(self) -> list[Tally]:
        """One tally for each kind and level, by the name of the kind and from easy to hard."""
        found, alike = [], dict[tuple[str, str], list[Finished]]()
        for game in self.games():
            alike.setdefault((game.kind, game.level), []).append(game)
        order = ("", *LEVELS)
        for kind, level in sorted(alike, key=lambda one: (one[0], order.index(one[1]))):
            games = alike[kind, level]
            times = [game.elapsed_s for game in games if not game.helped]
            shown = (min(times), fmean(times), times[-1]) if times else (None, None, None)
            found.append(Tally(kind, level, len(games), len(games) - len(times), *shown))
        return found

    def best_s(self, kind: str, level: str = "") -> float | None:
        """The best time of a kind and level so far, without help."""
        return next(
            (one.best_s for one in self.tallies() if (one.kind, one.level) == (kind, level)), None
        )

    def days(self) -> set[str]:
        """The days whose puzzle was solved."""
        return {game.day for game in self.games() if game.day}

    def keys(self) -> set[str]:
        """The keys of all puzzles that were solved."""
        return {game.key for game in self.games()}

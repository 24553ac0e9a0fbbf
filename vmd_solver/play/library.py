"""The games on disk: one file each, saved as they go, resumed by their puzzle, one player each.

A game is kept as its puzzle and every move, and not what these lead to, so that a file cannot
contradict itself. A file that cannot be read is renamed and reported, never overwritten. Knows no
screen.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from errno import EBUSY
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleError, SaveError
from vmd_solver.formats import parse, write
from vmd_solver.play.game import COLOURS, TYPINGS, Content, Game, Savepoint, Stopwatch
from vmd_solver.play.storage import DELETED, Lock, read_json, set_aside, sweep, write_json

VERSION = 2

ELSEWHERE = "This game is open in another vmd-play: what you do here is not saved."


def key_of(puzzle: Puzzle) -> str:
    """The name that a puzzle's game is kept under: equal for equal puzzles."""
    text = write(replace(puzzle, name=""), "jsonl")
    return sha256(text.encode()).hexdigest()[:16]


def kind_of(puzzle: Puzzle) -> str:
    """What kind of puzzle it is, in words: `sudoku 9x9`, or `sudoku 9x9 killer, thermo`."""
    board = puzzle.board
    rules = ", ".join(dict.fromkeys(rule.name for rule in board.rules))
    return f"{board.family} {board.rows}x{board.cols} {rules}".strip()


def heading(puzzle: Puzzle, title: str) -> str:
    """The kind of a puzzle and its title, unless that begins with the kind."""
    kind = kind_of(puzzle)
    return title if title.startswith(kind) else f"{kind}  {title}".strip()


def to_data(game: Game) -> dict[str, Any]:
    """The game as JSON data. A move is a list of [cell, *content] that it put in place."""
    cells, open_cells = game.board.n, game.open_cells
    moves = (*game.done, *reversed(game.undone))
    return {
        "version": VERSION,
        "title": game.title,
        "puzzle": write(game.puzzle, "jsonl"),
        "moves": [[[cell, *now] for cell, now in move.after.items()] for move in moves],
        "done": len(game.done),
        "savepoints": [asdict(point) for point in game.savepoints],
        "elapsed_s": round(game.watch.elapsed_s, 3),
        "helped": game.helped,
        "finished": game.finished,
        "cursor": game.cursor,
        "typing": game.typing,
        "summary": {
            "kind": kind_of(game.puzzle),
            "level": game.grade.level if game.grade else "",
            "cells": cells,
            "open_cells": open_cells,
        },
    }


def from_data(data: Any) -> Game:
    """The game that was saved, by this version or the one before. Raises SaveError for others."""
    try:
        if data["version"] not in (1, VERSION):
            raise SaveError(f"version {VERSION} expected, got {data['version']!r}")
        puzzle, elapsed_s = parse(data["puzzle"], format="jsonl"), float(data["elapsed_s"])
        _require(0 <= elapsed_s < 1e9, "an impossible time")
        game = Game(puzzle, str(data["title"]), Stopwatch(elapsed_s))
        moves, done = data["moves"], data["done"]
        for move in moves:
            contents = {cell: _content(game, cell, content) for cell, *content in move}
            _require(game.play(contents), "a move that changes nothing")
        _require(isinstance(done, int) and 0 <= done <= len(moves), "an impossible number of moves")
        for _ in range(len(moves) - done):
            game.undo()
        for point in data["savepoints"]:
            # The version before had one list of values and one of marks.
            cells = (
                point["cells"]
                if data["version"] == VERSION
                else zip(point["values"], point["marks"], strict=True)
            )
            kept = tuple(_content(game, at, [*content]) for at, content in enumerate(cells))
            _require(len(kept) == puzzle.board.n, "a savepoint of another size")
            game.savepoints.append(Savepoint(str(point["name"]), kept))
        game.helped, game.finished = bool(data["helped"]), bool(data["finished"])
        game.cursor, game.typing = data.get("cursor", game.cursor), data.get("typing", "values")
        _require(type(game.cursor) is int and 0 <= game.cursor < puzzle.board.n, "no such cursor")
        _require(game.typing in TYPINGS, f"no way of typing {game.typing!r}")
    except (PuzzleError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise SaveError(f"it is no saved game: {error}") from error
    return game


def _content(game: Game, cell: Any, content: list[Any]) -> Content:
    """What a cell holds. Raises SaveError where it cannot."""
    _require(type(cell) is int and 0 <= cell < game.board.n, f"no cell {cell!r}")
    known = len(content) in (2, 4) and all(type(part) is int for part in content)
    _require(known, f"no content {content!r}")
    value, marks, corners, colour = new = Content(*content)
    full = game.rules.full_mask
    fits = 0 <= value <= game.board.D and 0 <= colour <= COLOURS
    fits = fits and 0 <= marks <= full and 0 <= corners <= full
    _require(fits, f"no content {content!r}")
    _require(game.puzzle.givens[cell] in (0, value), "another value in the place of a given")
    return new


def _require(fits: bool, problem: str) -> None:
    if not fits:
        raise SaveError(f"it holds {problem}")


@dataclass(frozen=True)
class Summary:
    """What a list of saved games shows of one. `saved` is a POSIX time; `level` may be unknown."""

    key: str
    title: str
    kind: str
    level: str
    cells: int
    open_cells: int
    elapsed_s: float
    finished: bool
    saved: float


class Draft(NamedTuple):
    """A game as it was at one moment, ready to be written."""

    version: int
    elapsed_s: float
    data: Any


class Opened:
    """A game in play, and where it is kept.

    `saves` is False where another program has the game open: then nothing is written. A lock that
    could not be made is tried again with each writing. `notes` tell the player what was unusual.
    """

    def __init__(
        self, game: Game, path: Path, lock: Lock | None, resumed: bool, notes: tuple[str, ...]
    ) -> None:
        self.game, self.path, self.resumed, self.notes = game, path, resumed, notes
        self._lock, self._writing = lock, threading.Lock()
        self._written = Draft(game.version, game.watch.elapsed_s, None)

    @property
    def saves(self) -> bool:
        """Whether the game is ours to write."""
        return self._lock is not None

    def draft(self, patience_s: float = 0.0) -> Draft | None:
        """What there is to write now; None where it is on disk already, or is not to be.

        Time that ran is reason to write only from `patience_s` on, and none where a new puzzle was
        only looked at.
        """
        version, elapsed_s = self.game.version, self.game.watch.elapsed_s
        kept = self.resumed or self._written.data is not None
        waited = kept and elapsed_s - self._written.elapsed_s > patience_s
        if not self.saves or not (version > self._written.version or waited):
            return None
        return Draft(version, elapsed_s, to_data(self.game))

    def write(self, draft: Draft | None) -> None:
        """Write a draft, unless a later one is written; may run in another thread.

        Raises OSError where the disk refuses.
        """
        with self._writing:
            if draft is not None and self.saves and draft[:2] > self._written[:2]:
                if self._lock is not None and not self._lock.take():
                    raise BlockingIOError(EBUSY, "the game is open in another vmd-play")
                write_json(self.path, draft.data)
                self._written = draft

    def save(self) -> None:
        """Write the game as it is now."""
        self.write(self.draft())

    def close(self) -> None:
        """Save, and let others have the game; from then on nothing is written."""
        try:
            self.save()
        finally:
            if self._lock is not None:
                self._lock.release()
                self._lock = None


class Library:
    """A folder of saved games."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        sweep(folder)

    def path(self, key: str) -> Path:
        """Where the game with that key is kept."""
        return self.folder / f"{key}.json"

    def open(self, puzzle: Puzzle, title: str = "") -> Opened:
        """The game of this puzzle: the saved one, or a new one."""
        path, notes = self.path(key_of(puzzle)), list[str]()
        lock = Lock(path)
        ours = True
        try:
            ours = lock.take()
            notes += [ELSEWHERE] * (not ours)
        except OSError as error:
            notes.append(f"This game is not saved: {self.folder}: {error.strerror or error}.")
        game, resumed = Game(puzzle, title), False
        try:
            saved = from_data(read_json(path))
            if saved.puzzle != puzzle:
                raise SaveError("it holds another puzzle")
            game, resumed = saved, True
        except FileNotFoundError:
            pass
        except SaveError as error:
            unread = f"The saved game cannot be read: {error}"
            notes.append(_kept_aside(path, error) if ours else unread)
        return Opened(game, path, lock if ours else None, resumed, tuple(notes))

    def resume(self, key: str) -> Opened:
        """A saved game by its key. Raises SaveError where it cannot be read."""
        path = self.path(key)
        try:
            game = from_data(read_json(path))
        except FileNotFoundError as error:
            raise SaveError(f"{path} is gone: choose another game") from error
        except SaveError as error:
            raise SaveError(_kept_aside(path, error)) from error
        return self.open(game.puzzle, game.title)

    def saved(self) -> list[Summary]:
        """Every saved game that looks like one, the last saved first."""
        found = filter(None, map(_summary, self.folder.glob("*.json")))
        return sorted(found, key=lambda one: one.saved, reverse=True)

    def last(self) -> Summary | None:
        """The game that was saved last and is not finished."""
        return next((one for one in self.saved() if not one.finished), None)

    def look(self, key: str) -> Game:
        """A saved game as it is on disk, only to be seen. Raises SaveError or OSError."""
        return from_data(read_json(self.path(key)))

    def remove(self, key: str) -> bool:
        """Delete a saved game, which `restore` brings back; False where another program has it."""
        return self._move(self.path(key), self._deleted(key))

    def restore(self, key: str) -> bool:
        """Bring back a game that was deleted; False where there is one of that puzzle by now."""
        return not self.path(key).exists() and self._move(self._deleted(key), self.path(key))

    def _deleted(self, key: str) -> Path:
        """Where a deleted game is kept for some weeks, whatever becomes of this program."""
        return self.path(key).with_suffix(DELETED)

    def _move(self, path: Path, place: Path) -> bool:
        lock = Lock(self.path(path.stem))
        ours = lock.take()
        if ours:
            with suppress(FileNotFoundError):
                os.utime(path)  # from now on it is kept for some weeks
                path.replace(place)
            lock.release()
        return ours


def _summary(path: Path) -> Summary | None:
    try:
        data, saved = read_json(path), path.stat().st_mtime
        summary = data["summary"]
        title, kind, level = str(data["title"]), str(summary["kind"]), summary.get("level", "")
        cells, open_cells = int(summary["cells"]), int(summary["open_cells"])
        elapsed_s, finished = float(data["elapsed_s"]), bool(data["finished"])
    except (SaveError, OSError, LookupError, TypeError, ValueError):
        return None
    return Summary(
        path.stem, title, kind, str(level), cells, open_cells, elapsed_s, finished, saved
    )


def _kept_aside(path: Path, error: SaveError) -> str:
    place = set_aside(path)
    if place is None:
        return f"The saved game {path} cannot be read: {error}"
    return f"The saved game could not be read and is kept as {place.name} ({error})."

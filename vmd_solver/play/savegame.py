"""A game as data that JSON can hold, and back: the puzzle, every move, savepoints and time.

Only what moves lead to is written, so that a file cannot contradict itself.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleError, SaveError
from vmd_solver.formats import parse, write
from vmd_solver.play.game import Content, Game, Savepoint
from vmd_solver.play.stopwatch import Stopwatch

VERSION = 1
_MOST_SECONDS = 1e9


def key_of(puzzle: Puzzle) -> str:
    """The name that a puzzle's game is kept under: equal for equal puzzles."""
    text = write(replace(puzzle, name=""), "jsonl")
    return sha256(text.encode()).hexdigest()[:16]


def kind_of(puzzle: Puzzle) -> str:
    """What kind of puzzle it is, in words: `sudoku 9x9`."""
    return f"{puzzle.board.family} {puzzle.board.rows}x{puzzle.board.cols}"


def heading(puzzle: Puzzle, title: str) -> str:
    """The kind of a puzzle and its title, unless that begins with the kind."""
    kind = kind_of(puzzle)
    return title if title.startswith(kind) else f"{kind}  {title}".strip()


def to_data(game: Game) -> dict[str, Any]:
    """The game as JSON data. A move is a list of [cell, value, marks] that it put in place."""
    cells, open_cells = game.board.n, game.open_cells
    return {
        "version": VERSION,
        "title": game.title,
        "puzzle": write(game.puzzle, "jsonl"),
        "moves": [move.after for move in (*game.done, *reversed(game.undone))],
        "done": len(game.done),
        "savepoints": [asdict(point) for point in game.savepoints],
        "elapsed_s": round(game.watch.elapsed_s, 3),
        "helped": game.helped,
        "finished": game.finished,
        "summary": {"kind": kind_of(game.puzzle), "cells": cells, "open_cells": open_cells},
    }


def from_data(data: Any) -> Game:
    """The game that was saved. Raises SaveError where the data makes no sense."""
    try:
        if data["version"] != VERSION:
            raise SaveError(f"version {VERSION} expected, got {data['version']!r}")
        puzzle, elapsed_s = parse(data["puzzle"], format="jsonl"), float(data["elapsed_s"])
        _require(0 <= elapsed_s < _MOST_SECONDS, "an impossible time")
        game = Game(puzzle, str(data["title"]), Stopwatch(elapsed_s))
        moves, done = data["moves"], data["done"]
        for move in moves:
            contents = [_content(game, at, value, marks) for at, value, marks in move]
            _require(game.play(contents), "a move that changes nothing")
        _require(isinstance(done, int) and 0 <= done <= len(moves), "an impossible number of moves")
        for _ in range(len(moves) - done):
            game.undo()
        for point in data["savepoints"]:
            values, marks = tuple(point["values"]), tuple(point["marks"])
            _require(len(values) == len(marks) == puzzle.board.n, "a savepoint of another size")
            for cell, (value, mask) in enumerate(zip(values, marks, strict=True)):
                _content(game, cell, value, mask)
            game.savepoints.append(Savepoint(str(point["name"]), values, marks))
        game.helped, game.finished = bool(data["helped"]), bool(data["finished"])
    except (PuzzleError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise SaveError(f"it is no saved game: {error}") from error
    return game


def _content(game: Game, cell: Any, value: Any, marks: Any) -> Content:
    """What a cell holds. Raises SaveError where it cannot."""
    _require(type(cell) is int and 0 <= cell < game.board.n, f"no cell {cell!r}")
    known = type(value) is int and type(marks) is int
    fits = known and 0 <= value <= game.board.D and 0 <= marks <= game.rules.full_mask
    _require(fits, f"no content {value!r}, {marks!r}")
    _require(game.puzzle.givens[cell] in (0, value), "another value in the place of a given")
    return cell, value, marks


def _require(fits: bool, problem: str) -> None:
    if not fits:
        raise SaveError(f"it holds {problem}")

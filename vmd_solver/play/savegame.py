"""A game as data that JSON can hold, and back: the puzzle, every move, savepoints and time.

Only what moves lead to is written, so that a file cannot contradict itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleError, SaveError
from vmd_solver.formats import parse, write
from vmd_solver.play.game import Game, Savepoint
from vmd_solver.play.stopwatch import Stopwatch

VERSION = 1
_MOST_SECONDS = 1e9


def key_of(puzzle: Puzzle) -> str:
    """The name that a puzzle's game is kept under: equal for equal puzzles."""
    text = write(replace(puzzle, name=""), "jsonl")
    return sha256(text.encode()).hexdigest()[:16]


def kind_of(puzzle: Puzzle) -> str:
    """What kind of puzzle it is, in words: `sudoku 9x9`."""
    board = puzzle.board
    return f"{board.family} {board.rows}x{board.cols}"


def heading(puzzle: Puzzle, title: str) -> str:
    """The kind of a puzzle and its title, unless that begins with the kind."""
    kind = kind_of(puzzle)
    return title if title.startswith(kind) else f"{kind}  {title}".strip()


def to_data(game: Game) -> dict[str, Any]:
    """The game as JSON data. A move is a list of [cell, value, marks] that it put in place."""
    history = game.history
    moves = [*history.done, *reversed(history.undone)]
    return {
        "version": VERSION,
        "title": game.title,
        "puzzle": write(game.puzzle, "jsonl"),
        "moves": [move.after for move in moves],
        "done": len(history.done),
        "savepoints": [
            {"name": point.name, "values": point.values, "marks": point.marks}
            for point in game.savepoints
        ],
        "elapsed_s": round(game.watch.elapsed_s, 3),
        "helped": game.helped,
        "finished": game.finished,
        "summary": {
            "kind": kind_of(game.puzzle),
            "cells": game.board.n,
            "open_cells": game.open_cells,
        },
    }


def from_data(data: Any) -> Game:
    """The game that was saved. Raises SaveError where the data makes no sense."""
    try:
        return _game(data)
    except (PuzzleError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise SaveError(f"it is no saved game: {error}") from error


def _game(data: Any) -> Game:
    if data["version"] != VERSION:
        raise SaveError(f"version {VERSION} expected, got {data['version']!r}")
    puzzle = parse(data["puzzle"], format="jsonl")
    elapsed_s = float(data["elapsed_s"])
    _require(0 <= elapsed_s < _MOST_SECONDS, "an impossible time")
    game = Game(puzzle, str(data["title"]), Stopwatch(elapsed_s))
    _replay(game, data["moves"], data["done"])
    game.savepoints = [_savepoint(point, game) for point in data["savepoints"]]
    game.helped, game.finished = bool(data["helped"]), bool(data["finished"])
    return game


def _replay(game: Game, moves: Any, done: Any) -> None:
    for move in moves:
        _require(game.history.play(_contents(move, game)), "a move that changes nothing")
    _require(isinstance(done, int) and 0 <= done <= len(moves), "an impossible number of moves")
    for _ in range(len(moves) - done):
        game.history.undo()


def _contents(move: Any, game: Game) -> Iterator[tuple[int, int, int]]:
    for cell, value, marks in move:
        _require(type(cell) is int and 0 <= cell < game.board.n, f"no cell {cell!r}")
        _require_content(cell, value, marks, game)
        yield cell, value, marks


def _savepoint(point: Any, game: Game) -> Savepoint:
    values, marks = tuple(point["values"]), tuple(point["marks"])
    _require(len(values) == len(marks) == game.board.n, "a savepoint of another size")
    for cell, (value, mask) in enumerate(zip(values, marks, strict=True)):
        _require_content(cell, value, mask, game)
    return Savepoint(str(point["name"]), values, marks)


def _require_content(cell: int, value: Any, marks: Any, game: Game) -> None:
    known = type(value) is int and type(marks) is int
    fits = known and 0 <= value <= game.board.D and 0 <= marks <= game.rules.full_mask
    _require(fits, f"no content {value!r}, {marks!r}")
    given = game.puzzle.givens[cell]
    _require(not given or value == given, "another value in the place of a given")


def _require(fits: bool, problem: str) -> None:
    if not fits:
        raise SaveError(f"it holds {problem}")

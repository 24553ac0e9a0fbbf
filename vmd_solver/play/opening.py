"""From a file, or a kind of puzzle, to a puzzle to play. Knows nothing of games or screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from vmd_solver.assets import path as asset
from vmd_solver.assets import shipped
from vmd_solver.csp import generate
from vmd_solver.csp.families import latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.errors import AssetNotFound
from vmd_solver.formats import Entry, read_path
from vmd_solver.formats.entry import one_line

MOST_ENTRIES = 2000
"""Puzzles of a file that are offered; files may hold millions."""

_MOST_GUESSES = 200
"""Guesses of one search while digging: a clue that needs more stays."""


def entries(name: str | Path) -> list[Entry]:
    """The puzzles of a file, bad ones with their error; `puzzles/...` may be one that ships."""
    return list(islice(read_path(shipped(str(name))), MOST_ENTRIES))


def shipped_files() -> list[Path]:
    """The puzzle files that ship, by name."""
    try:
        folder = asset("puzzles")
    except AssetNotFound:
        return []
    return sorted(path for path in folder.iterdir() if path.suffix != ".md")


def title_of(entry: Entry, number: int, of: int) -> str:
    """What to call a puzzle of a file: its own name, or the file's and its number there."""
    if entry.puzzle is not None and entry.puzzle.name:
        return entry.puzzle.name
    name = one_line(Path(entry.source or "puzzle").name)
    return f"{name} {number}" if of > 1 else name


@dataclass(frozen=True)
class Kind:
    """A kind of puzzle that can be made: `clues` given, or as few as possible where 0."""

    name: str
    board: Callable[[np.random.Generator], Board]
    clues: int = 0


def _jigsaw(order: int, diagonal: bool = False) -> Callable[[np.random.Generator], Board]:
    return lambda rng: generate.jigsaw_board(order, rng, diagonal)


KINDS = (
    Kind("Sudoku 4x4", lambda _: sudoku(2, 2)),
    Kind("Sudoku 6x6", lambda _: sudoku(2, 3)),
    Kind("Sudoku 9x9, many clues", lambda _: sudoku(), 36),
    Kind("Sudoku 9x9, some clues", lambda _: sudoku(), 29),
    Kind("Sudoku 9x9, no clue to spare", lambda _: sudoku()),
    Kind("Sudoku 12x12", lambda _: sudoku(3, 4), 60),
    Kind("Sudoku 16x16", lambda _: sudoku(4, 4), 125),
    Kind("Sudoku 25x25", lambda _: sudoku(5, 5), 350),
    Kind("Sudoku X 9x9", lambda _: sudoku_x(), 26),
    Kind("Windoku 9x9", lambda _: windoku(), 26),
    Kind("Jigsaw 6x6", _jigsaw(6)),
    Kind("Jigsaw 9x9", _jigsaw(9), 27),
    Kind("Jigsaw X 9x9", _jigsaw(9, diagonal=True), 24),
    Kind("Latin square 6x6", lambda _: latin(6)),
    Kind("Latin square 9x9", lambda _: latin(9), 38),
)
"""What can be made here and now, within seconds."""


def make(kind: Kind, seed: int) -> Puzzle:
    """A puzzle of the kind with one solution: the same for the same seed."""
    rng = np.random.default_rng(seed)
    board = kind.board(rng)
    grids = generate.full_grids(board, 1, rng, compiled=False)
    dug = generate.dig(board, grids, rng, kind.clues, max_guesses=_MOST_GUESSES, compiled=False)
    puzzle = Puzzle(board, tuple(dug[0].tolist()))
    return replace(puzzle, name=f"{kind.name}, seed {seed}")

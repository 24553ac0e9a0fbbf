"""The puzzles of an evaluation: made here from seeds that training never draws, or read.

A set keeps its name and its digest, so that figures can be compared. Knows no models.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

import numpy as np

from vmd_solver import formats
from vmd_solver.csp import Board, Puzzle, exact
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import loosen, minimal_puzzles
from vmd_solver.csp.rating import rate
from vmd_solver.errors import PuzzleError

STREAM = 0xBE7C
"""Seeds (seed, STREAM, ...) are those of evaluation."""

MOST_GUESSES = 10
"""Guesses of one uniqueness check on boards beyond 9x9: a clue whose check needs more stays."""

TENTH = 10
"""The hardest of this many times the wanted puzzles."""

SEVERAL = 50
"""Most solutions of a puzzle all of whose solutions are to be sampled."""


@dataclass(frozen=True)
class PuzzleSet:
    """Puzzles under one name; `solutions` lists all of each, where they were enumerated."""

    name: str
    puzzles: tuple[Puzzle, ...]
    solutions: tuple[tuple[tuple[int, ...], ...], ...] = ()

    @property
    def digest(self) -> str:
        """Twelve digits of the SHA-256 of all givens."""
        givens = repr([puzzle.givens for puzzle in self.puzzles])
        return sha256(givens.encode()).hexdigest()[:12]

    def first(self, count: int) -> PuzzleSet:
        """So many of its puzzles, or all."""
        return PuzzleSet(self.name, self.puzzles[:count], self.solutions[:count])


def minimal(name: str, board: Board, count: int, seed: int) -> PuzzleSet:
    """Minimal puzzles with one solution; beyond 9x9 nearly minimal ones."""
    givens, _ = minimal_puzzles(
        board, count, _stream(seed, 0), max_guesses=MOST_GUESSES if board.D > 9 else None
    )
    return PuzzleSet(name, puzzles_of(board, givens))


def hardest(name: str, count: int, seed: int) -> PuzzleSet:
    """The hardest tenth, by rating, of fresh minimal 9x9 puzzles."""
    board = sudoku(3, 3)
    givens, _ = minimal_puzzles(board, TENTH * count, _stream(seed, 1))
    order = np.argsort(-rate(board, givens, _stream(seed, 2), orders=16), kind="stable")
    return PuzzleSet(name, puzzles_of(board, givens[order[:count]]))


def mined(path: Path, count: int, seed: int) -> PuzzleSet:
    """`count` of the hardest tenth of the 9x9 Sudokus in a dataset of `vmd-train data`.

    A file of two arrays, givens and rating, serves as well. Raises PuzzleError for another.
    """
    try:
        with np.load(path) as arrays:
            section = "" if "rating" in arrays else "sudoku-9x9/"
            givens, ratings = arrays[f"{section}givens"], arrays[f"{section}rating"]
    except (OSError, ValueError, KeyError) as error:
        raise PuzzleError(
            f"{path} holds no rated 9x9 Sudokus as vmd-train data makes them"
        ) from error
    rated = np.flatnonzero(~np.isnan(ratings))
    tenth = rated[np.argsort(-ratings[rated], kind="stable")][: max(1, len(rated) // TENTH)]
    chosen = np.sort(_stream(seed, 3).permutation(tenth)[:count])
    return PuzzleSet(path.stem, puzzles_of(sudoku(3, 3), givens[chosen]))


def read(path: Path, count: int | None) -> PuzzleSet:
    """The first `count` puzzles of a file, or all. Raises PuzzleError where it holds none."""
    entries = (entry.puzzle for entry in formats.read_path(str(path)))
    puzzles = tuple(islice((puzzle for puzzle in entries if puzzle is not None), count))
    if not puzzles:
        raise PuzzleError(f"{path} holds no puzzle that can be read; docs/FORMATS.md says what can")
    return PuzzleSet(path.stem, puzzles)


def several(name: str, board: Board, count: int, seed: int) -> PuzzleSet:
    """Puzzles with 2 to SEVERAL solutions, dug past uniqueness, and all their solutions."""
    rng = _stream(seed, 4)
    found: list[Puzzle] = []
    while len(found) < count:
        givens, _ = minimal_puzzles(board, count, rng)
        for clues, rows in enumerate(np.array_split(rng.permutation(givens), 3), 1):
            found += puzzles_of(board, loosen(rows, clues, rng))
        counts = [exact.count(puzzle, SEVERAL + 1, stored=0).solutions for puzzle in found]
        found = [one for one, m in zip(found, counts, strict=True) if 1 < m <= SEVERAL]
    return enumerated(name, found[:count])


def enumerated(name: str, puzzles: Iterable[Puzzle]) -> PuzzleSet:
    """Those of the puzzles that have 2 to SEVERAL solutions, with all of them."""
    every = [(puzzle, exact.count(puzzle, SEVERAL + 1).grids) for puzzle in puzzles]
    kept = [(puzzle, grids) for puzzle, grids in every if 1 < len(grids) <= SEVERAL]
    return PuzzleSet(name, tuple(p for p, _ in kept), tuple(grids for _, grids in kept))


def _stream(seed: int, number: int) -> np.random.Generator:
    return np.random.default_rng((seed, STREAM, number))


def puzzles_of(board: Board, givens: np.ndarray) -> tuple[Puzzle, ...]:
    """The puzzles of rows of givens (B, n)."""
    return tuple(Puzzle(board, tuple(int(value) for value in row)) for row in givens)

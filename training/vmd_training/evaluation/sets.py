"""The puzzles of an evaluation: made here from seeds that training never draws, or read.

A set keeps its name and its digest, so that figures can be compared. Knows no models.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path

import numpy as np

from vmd_solver import formats
from vmd_solver.csp import Board, Puzzle, exact
from vmd_solver.csp.candidates import Masks, initial_masks, masks_to_values, propagate
from vmd_solver.csp.families import sudoku, with_rules
from vmd_solver.csp.generate import full_grids, loosen, minimal_puzzles
from vmd_solver.csp.rating import rate
from vmd_solver.csp.rules import Greater, neighbours
from vmd_solver.errors import PuzzleError
from vmd_solver.formats import Entry
from vmd_solver.generation import PuzzleSpec, make

STREAM = 0xBE7C
"""Seeds (seed, STREAM, ...) are those of evaluation."""

MOST_GUESSES = 10
"""Guesses of one uniqueness check on boards beyond 9x9: a clue whose check needs more stays."""

TENTH = 10
"""The hardest of this many times the wanted puzzles."""

SEVERAL = 50
"""Most solutions of a puzzle all of whose solutions are to be sampled."""

RARE = 5
"""Puzzles of a file that have the same rules, from which they are a set of their own."""

MADE_TRIES = 20
"""Grids from which one puzzle with rules is tried to be made."""


@dataclass(frozen=True)
class PuzzleSet:
    """Puzzles under one name; `solutions` lists all of each, where they were enumerated."""

    name: str
    puzzles: tuple[Puzzle, ...]
    solutions: tuple[tuple[tuple[int, ...], ...], ...] = ()

    @property
    def digest(self) -> str:
        """Twelve digits of the SHA-256 of all givens and rules."""
        asked = repr([(*puzzle.givens, *puzzle.board.rules) for puzzle in self.puzzles])
        return sha256(asked.encode()).hexdigest()[:12]

    @cached_property
    def propagated(self) -> int:
        """How many of the puzzles propagation alone solves."""
        return sum(bool((masks_to_values(propagated(one)) > 0).all()) for one in self.puzzles)

    def first(self, count: int) -> PuzzleSet:
        """So many of its puzzles, or all."""
        return PuzzleSet(self.name, self.puzzles[:count], self.solutions[:count])


def propagated(puzzle: Puzzle) -> Masks:
    """Its candidates (1, n) once propagation is through."""
    return propagate(puzzle.board, initial_masks(puzzle.board, [puzzle.givens]))[0]


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
    puzzles = tuple(islice((entry.puzzle for entry in entries(path) if entry.puzzle), count))
    if not puzzles:
        raise PuzzleError(f"{path} holds no puzzle that can be read")
    return PuzzleSet(path.stem, puzzles)


def entries(path: Path) -> Iterator[Entry]:
    """The puzzles of a file in any format; of JSON lines with a puzzle as text under `input` each
    of these, with the `solution` that stands beside it, a symbol a cell."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        first = next(lines, "")
        if not (first.startswith("{") and '"input":' in first):
            yield from formats.read_path(path)
            return
        for number, line in enumerate(chain((first,), lines), 1):
            row = json.loads(line)
            for entry in formats.read(row["input"]):
                symbols = entry.puzzle.alphabet if entry.puzzle else ""
                stated = row.get("solution") if entry.puzzle else None
                values = tuple(symbols.index(one) + 1 for one in stated) if stated else None
                yield replace(entry, line=number, solution=values)


def kinds(path: Path, count: int) -> list[PuzzleSet]:
    """The puzzles with rules of a file: a set of up to `count` for each board and choice of rules.

    What rules fewer than RARE puzzles have is various, and these are a set for each size.
    """
    found: dict[str, list[Puzzle]] = {}
    puzzles = [one for one in read(path, None).puzzles if one.board.rules]
    rules = [" and ".join(sorted({rule.name for rule in one.board.rules})) for one in puzzles]
    common = Counter(rules)
    for names, puzzle in zip(rules, puzzles, strict=True):
        kind = f"{puzzle.board.rows}x{puzzle.board.cols}"
        kind += f" {puzzle.board.family}, {names}" if common[names] >= RARE else ", various"
        found.setdefault(f"{path.stem} {kind}", []).append(puzzle)
    return [PuzzleSet(kind, tuple(puzzles[:count])) for kind, puzzles in found.items()]


def ruled(spec: PuzzleSpec, count: int, seed: int) -> PuzzleSet:
    """Puzzles of a family with rules, as `vmd-make` makes them; each has one solution."""
    spec = replace(
        spec, seed=int(_stream(seed, 8, *spec.family.encode()).integers(1 << 62)), tries=MADE_TRIES
    )
    made = (make(spec, number) for number in range(count))
    return PuzzleSet(spec.family, tuple(one.puzzle for one in made if one is not None))


def with_signs(name: str, board: Board, signs: int, count: int, seed: int) -> PuzzleSet:
    """One board with so many signs of inequality and no givens, `count` times."""
    return PuzzleSet(name, (_signed(board, _stream(seed, 9), signs).empty(),) * count)


def several_with_signs(name: str, board: Board, count: int, seed: int) -> PuzzleSet:
    """Boards without givens whose signs of inequality leave 2 to SEVERAL solutions, and these."""
    rng, found = _stream(seed, 10), list[Puzzle]()
    while len(found) < count:
        puzzle = _signed(board, rng).empty()
        found += enumerated(name, (puzzle,)).puzzles
    return enumerated(name, found)


def _signed(board: Board, rng: np.random.Generator, signs: int | None = None) -> Board:
    """The board with so many signs that a random grid keeps; with as many as it takes to leave no
    more than SEVERAL solutions, if no number is given."""
    values = full_grids(board, 1, rng)[0]
    pairs = rng.permutation(neighbours(board)).tolist()
    every = [Greater((a, b) if values[a] > values[b] else (b, a)) for a, b in pairs]

    def few(signs: int) -> bool:
        puzzle = with_rules(board, every[:signs]).empty()
        return exact.count(puzzle, SEVERAL + 1, stored=0).solutions <= SEVERAL

    least = bisect_left(range(len(every)), True, key=few) if signs is None else signs
    return with_rules(board, every[:least])


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


def _stream(seed: int, *numbers: int) -> np.random.Generator:
    return np.random.default_rng((seed, STREAM, *numbers))


def puzzles_of(board: Board, givens: np.ndarray) -> tuple[Puzzle, ...]:
    """The puzzles of rows of givens (B, n)."""
    return tuple(Puzzle(board, tuple(int(value) for value in row)) for row in givens)

"""What a dataset is made of, as data, and the making of it part by part.

A part follows from its seed alone. Must not know of files or processes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board
from vmd_solver.csp.compiled import available
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.generate import Values, minimal_puzzles
from vmd_solver.csp.rating import rate, refuted
from vmd_solver.errors import SearchError
from vmd_training import boards
from vmd_training.data import mined_puzzles
from vmd_training.dataset import Section, joined
from vmd_training.mine import ORDERS as MINED_ORDERS
from vmd_training.mine import guesses, mine

Rng = np.random.Generator

DATA = 0xDA7A
"""Seeds (seed, maker, part, 0, DATA) make datasets, maker 0 mines; all others are shorter."""

MOST_SOLUTIONS = 1000
"""Where counting ends: this many, or more."""

COUNT_GUESSES = 20_000
"""Guesses of one count. What takes more keeps its clues, and one solution."""

ORDERS, RATE_GUESSES = 4, 2000
"""Searches behind a rating, and the most guesses of each."""

BLOCK = 64
"""Puzzles on one random board."""

SEVERAL = 0.1
"""Share of puzzles dug past uniqueness."""

LINES, ROUNDS, ISLAND = 100, 800, 4000
"""Of one island of the miner: its size, its time (a minute or two of one core), and how many of
the some 10,000 puzzles it finds are kept: half are the hardest, half are drawn from the rest."""


FOUNDERS, STEEP_ROUNDS = 100, 2400
"""Of an island that climbs from puzzles that are hard already: founders for each number of clues,
and its time (some 20 minutes of one core)."""
CLUES = range(22, 26)
"""Of founders: puzzles of fewer are the first to look deep, and stay where they are."""


@dataclass(frozen=True)
class Maker:
    """Puzzles of one kind, on boards of one name."""

    section: str
    """Where they go; all boards of a section have one size."""
    board: str
    """A name that `training.boards` draws."""
    share: float
    """Of the puzzles of a recipe."""
    part: int
    """Puzzles of one part: a minute of one core, or less."""
    max_guesses: int = 100
    """Guesses of one proof that a clue can go; see `vmd_solver.csp.generate.dig`."""


def makers(
    section: str, share: float, part: int, max_guesses: int, *names: str
) -> tuple[Maker, ...]:
    """A section's makers, one for each board, with even shares."""
    return tuple(Maker(section, name, share / len(names), part, max_guesses) for name in names)


NINE = makers("sudoku-9x9", 1.0, 32768, 100, "sudoku-3x3")
RECIPES: dict[str, tuple[Maker, ...]] = {
    "sudoku": NINE,
    "grids": (
        *makers("sudoku-4x4", 0.05, 65536, 100, "sudoku-2x2"),
        *makers("mixed-5x5", 0.03, 65536, 100, "latin-5", "jigsaw-5", "grid-5x5"),
        *makers("mixed-6x6", 0.10, 65536, 100,
                "sudoku-2x3", "sudoku-3x2", "jigsaw-6", "latin-6", "grid-6x6"),
        *makers("mixed-7x7", 0.03, 65536, 100, "latin-7", "jigsaw-7"),
        *makers("mixed-8x8", 0.05, 32768, 100, "sudoku-2x4", "sudoku-4x2", "jigsaw-8", "latin-8"),
        *makers("sudoku-9x9", 0.35, 32768, 100, "sudoku-3x3"),
        *makers("mixed-9x9", 0.14, 16384, 100,
                "sudoku-x-3x3", "windoku-3x3", "jigsaw-9", "latin-9"),
        *makers("mixed-9x9", 0.06, 4096, 100, "jigsaw-x-9", "grid-9x9"),
        *makers("mixed-10x10", 0.05, 8192, 100, "sudoku-2x5", "jigsaw-10", "latin-10"),
        *makers("mixed-12x12", 0.05, 4096, 50, "sudoku-3x4", "sudoku-2x6", "jigsaw-12", "latin-12"),
        *makers("mixed-12x12", 0.01, 512, 50, "grid-12x12"),
        *makers("sudoku-16x16", 0.05, 1024, 20, "sudoku-4x4"),
        *makers("mixed-16x16", 0.02, 1024, 8, "sudoku-x-4x4", "jigsaw-16", "latin-16"),
        *makers("mixed-20x20", 0.006, 512, 8, "sudoku-4x5", "latin-20"),
        *makers("mixed-25x25", 0.004, 256, 4, "sudoku-5x5", "latin-25"),
    ),
}  # fmt: skip
"""Puzzles of each recipe. Proofs are bounded, from 12x12 on so tightly that some puzzles keep a
clue more than they need."""

MINED = Maker("sudoku-9x9", "sudoku-3x3", 0.0, ISLAND)
"""What is mined besides."""


@dataclass(frozen=True)
class Part:
    """A piece of work: `rows` puzzles of one maker."""

    maker: Maker
    mined: bool
    rows: int
    seed: tuple[int, ...]
    climbs: bool = False
    """Mined from the hardest puzzles that ship, in place of random ones."""


def plan(recipe: str, puzzles: int, mined: int, seed: int, climb: bool = False) -> tuple[Part, ...]:
    """The parts that make up a dataset, in its order: sections together, what is mined last."""
    chosen = RECIPES[recipe]
    shares = np.cumsum([0.0, *(maker.share for maker in chosen)])
    edges = np.rint(shares / shares[-1] * puzzles).astype(int)
    parts = [
        Part(maker, False, rows, (seed, number, at, 0, DATA))
        for number, maker in enumerate(chosen, 1)
        for at, rows in _cut(int(edges[number] - edges[number - 1]), maker.part)
    ]
    parts += [
        Part(MINED, True, rows, (seed, 0, at, 0, DATA), climb) for at, rows in _cut(mined, ISLAND)
    ]
    order = list(dict.fromkeys(part.maker.section for part in parts))
    return tuple(sorted(parts, key=lambda part: order.index(part.maker.section)))


def _cut(rows: int, size: int) -> Iterator[tuple[int, int]]:
    """Numbers, from 1, and sizes of the parts of so many rows."""
    for number, start in enumerate(range(0, rows, size), 1):
        yield number, min(size, rows - start)


def make(part: Part) -> Section:
    """The puzzles of a part: the same ones wherever and whenever it is made."""
    rng = np.random.default_rng(part.seed)
    maker = part.maker
    if part.mined:
        board = boards.draw(maker.board, rng)
        founders = _shipped_deepest() if part.climbs else None
        found = mine(board, rng, LINES, STEEP_ROUNDS if part.climbs else ROUNDS, founders)
        order = np.argsort(-found.ratings, kind="stable")
        hardest, rest = np.split(order, [part.rows // 2])
        kept = found.chosen(np.append(hardest, rng.permutation(rest)[: part.rows - len(hardest)]))
        ratings = kept.ratings
        if part.climbs:
            ratings = guesses(board, kept.puzzles, rng, MINED_ORDERS)
        return Section.of(maker.section, board, kept.puzzles, kept.solutions, rating=ratings)
    size = part.rows if boards.fixed(maker.board) else BLOCK
    return joined([_block(maker, rows, rng) for _, rows in _cut(part.rows, size)])


def deepest(mined: Section) -> tuple[Values, Values]:
    """Of mined puzzles those of which trials refute least, and their solutions: founders."""
    clues = (mined.givens > 0).sum(axis=1)
    order = np.argsort(refuted(mined.boards[0], mined.givens, available()), kind="stable")
    chosen = np.concatenate([order[clues[order] == some][:FOUNDERS] for some in CLUES])
    return mined.givens[chosen], mined.solutions[chosen]


@cache
def _shipped_deepest() -> tuple[Values, Values]:
    """The same of the puzzles that ship, found once in a process."""
    return deepest(mined_puzzles())


def _block(maker: Maker, rows: int, rng: Rng) -> Section:
    """Puzzles on one board. Random boards whose full grids are too rare to find are drawn again."""
    while True:
        board = boards.draw(maker.board, rng)
        with contextlib.suppress(SearchError):
            puzzles, solutions = minimal_puzzles(
                board, rows, rng, max_guesses=maker.max_guesses, compiled=available()
            )
            ratings = rate(board, puzzles, rng, ORDERS, RATE_GUESSES, available())
            puzzles, counts = loosened(board, puzzles, rng)
            ratings[counts > 1] = np.nan
            return Section.of(maker.section, board, puzzles, solutions, counts, ratings)


def loosened(board: Board, puzzles: Values, rng: Rng) -> tuple[Values, npt.NDArray[np.int64]]:
    """The puzzles (m, n) and how many solutions each has, once a share of them has lost clues.

    One clue mostly, or two, or more. Of 9x9 Sudokus so treated half have fewer than 250 solutions,
    a third more than are counted.
    """
    some = rng.random(len(puzzles)) < SEVERAL
    clues = np.where(some, rng.geometric(0.5, len(puzzles)), 0)
    lots = np.where(puzzles > 0, rng.random(puzzles.shape), 2.0)
    loose = np.where(lots.argsort(axis=1).argsort(axis=1) < clues[:, None], np.int8(0), puzzles)
    (changed,) = (loose != puzzles).any(axis=1).nonzero()
    counted = solve_batch(
        board, loose[changed], MOST_SOLUTIONS, max_guesses=COUNT_GUESSES, compiled=available()
    )
    uncounted = changed[~counted.complete]
    loose[uncounted] = puzzles[uncounted]
    counts = np.ones(len(puzzles), dtype=np.int64)
    counts[changed] = np.where(counted.complete, counted.counts, 1)
    return loose, counts

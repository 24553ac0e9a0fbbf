"""The hard tail: puzzles with one solution, made harder and harder by swapping clues.

An island is a population that breeds alone, from its own seed: what it finds depends on nothing
else. Must not know of files or processes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board
from vmd_solver.csp.candidates import masks_to_allowed
from vmd_solver.csp.compiled import available
from vmd_solver.csp.exact import lone_values, solve_batch
from vmd_solver.csp.generate import Values, dig, loosen, minimal_puzzles
from vmd_solver.csp.rating import rate, refuted

Rng = np.random.Generator

ORDERS = 16
"""Searches behind the rating of a puzzle that is kept."""

STARTERS = 4
"""Random minimal puzzles for each that founds a line: the hardest of them do."""

MOST_SOLUTIONS = 100
"""A puzzle without the clue to swap may have fewer solutions than this. Those with more have hardly
any clue that decides, and take long."""

MAX_GUESSES = 2000
"""Guesses of any one search. The hardest 9x9 Sudoku known take a few hundred."""


SHALLOW = 0.01
"""Share of refuted candidates below which a puzzle hardly counts as deeper."""


def guesses(board: Board, puzzles: Values, rng: Rng, orders: int) -> npt.NDArray[np.float64]:
    """How many guesses so many searches need on average: (m,)."""
    return rate(board, puzzles, rng, orders, MAX_GUESSES, available())


def depth(board: Board, puzzles: Values, rng: Rng, orders: int) -> npt.NDArray[np.float64]:
    """How few candidates a trial refutes: (m,) from 1 to 100, where nothing is refuted."""
    return 1 / (refuted(board, puzzles, available()) + SHALLOW)


@dataclass(frozen=True)
class Breeding:
    """Who become parents, and which children are kept."""

    rate: Callable[[Board, Values, Rng, int], npt.NDArray[np.float64]]
    """How hard puzzles are, in so many searches."""
    litter: int
    """Most children of one puzzle a round, of which at most one is kept."""
    fade: float
    """What each round as a parent leaves of a puzzle's claim to be one again."""
    siblings: int
    """Most parents of one line a round: lines that do well have more, and none takes all."""
    sieve: tuple[tuple[int, float], ...]
    """Searches behind the rating of a new puzzle, and what share of its parent's rating it needs to
    be looked at more closely."""
    two: float
    """Share of children for which two clues are swapped."""


WIDE = Breeding(guesses, 6, 0.5, 6, ((1, 0.5), (4, 0.7), (12, 0.85)), 0.15)
"""From random puzzles to many that a search needs many guesses for."""
STEEP = Breeding(depth, 40, 0.9, 10, ((1, 0.7),), 0.5)
"""From hard puzzles to those that no single trial helps with: large litters, the same parents again
and again, and larger steps."""


@dataclass(frozen=True, eq=False)
class Population:
    """m minimal puzzles with one solution each, of several lines of descent."""

    puzzles: Values
    """(m, n)"""
    solutions: Values
    """(m, n)"""
    ratings: npt.NDArray[np.float64]
    """(m,) as the breeding rates."""
    lines: npt.NDArray[np.intp]
    """(m,) which founder each descends from."""
    spent: npt.NDArray[np.intp]
    """(m,) rounds each has been a parent in."""

    def __len__(self) -> int:
        return len(self.puzzles)

    def __add__(self, other: Population) -> Population:
        both = zip(vars(self).values(), vars(other).values(), strict=True)
        return Population(*map(np.concatenate, both))

    def chosen(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Population:
        """The puzzles that indices or a mask (m,) name."""
        return Population(*(array[rows] for array in vars(self).values()))


def mine(
    board: Board,
    seed: int | tuple[int, ...] | Rng,
    lines: int,
    rounds: int,
    founders: tuple[Values, Values] | None = None,
) -> Population:
    """All that an island of so many lines of descent finds in so many rounds, founders included.

    Each round the most promising puzzles have children, as many of them as there are lines, and the
    hardest child of each joins if it is new and not too easy beside its parent. Lines descend from
    random puzzles, or from `founders`, minimal puzzles (m, n) that are hard and their solutions.
    """
    rng = np.random.default_rng(seed)
    if founders is None:
        breeding, found = WIDE, _founders(board, lines, rng, WIDE)
    else:
        breeding, found = STEEP, _rated(board, *founders, rng, STEEP)
    seen = set(map(bytes, found.puzzles))
    for _ in range(rounds):
        parents = _parents(found, lines, breeding)
        found.spent[parents] += 1
        litter = _litter(board, found.chosen(parents), rng, breeding)
        fresh = np.array([bytes(puzzle) not in seen for puzzle in litter.puzzles], dtype=np.bool_)
        seen.update(map(bytes, litter.puzzles))
        found += litter.chosen(fresh)
    return found


def _founders(board: Board, lines: int, rng: Rng, breeding: Breeding) -> Population:
    """The hardest of random minimal puzzles."""
    puzzles, solutions = minimal_puzzles(
        board, STARTERS * lines, rng, max_guesses=MAX_GUESSES, compiled=available()
    )
    found = _rated(board, puzzles, solutions, rng, breeding)
    best = found.chosen(np.argsort(-found.ratings, kind="stable")[:lines])
    return replace(best, lines=np.arange(lines))


def _rated(
    board: Board, puzzles: Values, solutions: Values, rng: Rng, breeding: Breeding
) -> Population:
    """Founders of a line each."""
    names, unspent = np.arange(len(puzzles)), np.zeros(len(puzzles), dtype=np.intp)
    ratings = breeding.rate(board, puzzles, rng, ORDERS)
    return Population(puzzles, solutions, ratings, names, unspent)


def _parents(found: Population, most: int, breeding: Breeding) -> npt.NDArray[np.intp]:
    """The puzzles whose turn it is: those with the best claims, and few of any one line."""
    claims = found.ratings * breeding.fade**found.spent
    order = np.lexsort((-claims, found.lines))
    allowed = order[_places(found.lines[order]) < breeding.siblings]
    return allowed[np.argsort(-claims[allowed], kind="stable")[:most]]


def _litter(board: Board, parents: Population, rng: Rng, breeding: Breeding) -> Population:
    """The hardest child of each parent that has one hard enough, its clues all needed."""
    children, origin = swapped(board, parents.puzzles, rng, breeding)
    ratings, done = np.zeros(len(children)), 0
    for orders, share in breeding.sieve:
        more = breeding.rate(board, children, rng, orders - done)
        ratings = (ratings * done + more * (orders - done)) / orders
        hard = ratings >= share * parents.ratings[origin]
        children, origin, ratings, done = children[hard], origin[hard], ratings[hard], orders
    order = np.lexsort((-ratings, origin))
    best = order[_firsts(origin[order])]
    children, origin = children[best], origin[best]
    solutions = solve_batch(board, children, compiled=available()).solutions
    puzzles = dig(board, solutions, rng, puzzles=children, max_guesses=MAX_GUESSES,
                  compiled=available())  # fmt: skip
    ratings = breeding.rate(board, puzzles, rng, ORDERS)
    kept = ratings >= breeding.sieve[-1][1] * parents.ratings[origin]
    lines, unspent = parents.lines[origin], np.zeros(len(origin), dtype=np.intp)
    return Population(puzzles, solutions, ratings, lines, unspent).chosen(kept)


def swapped(
    board: Board, puzzles: Values, rng: Rng, breeding: Breeding = WIDE
) -> tuple[Values, npt.NDArray[np.intp]]:
    """Puzzles (c, n) with one solution that differ from one of `puzzles` (m, n) by a swap of clues,
    and which one (c,): at most a litter of each, and of many none.

    One clue goes, or two, and for the second of them another comes, which some solution has. A
    last clue that only one of the solutions left has makes that one the only one.
    """
    rows = loosen(puzzles, 1, rng)
    two = np.flatnonzero(rng.random(len(rows)) < breeding.two)
    rows[two] = _exchanged(board, rows[two], rng)
    lone = lone_values(board, rows, MOST_SOLUTIONS, max_guesses=MAX_GUESSES, compiled=available())
    origin, cells, values = masks_to_allowed(lone, board.D).nonzero()
    order = np.lexsort((rng.random(len(origin)), origin))
    origin, cells, values = origin[order], cells[order], values[order] + 1
    # What a parent had there itself would be the parent again.
    kept = (_places(origin) < breeding.litter) & (puzzles[origin, cells] != values)
    children = rows[origin[kept]]
    children[np.arange(len(children)), cells[kept]] = values[kept]
    return children, origin[kept]


def _exchanged(board: Board, rows: Values, rng: Rng) -> Values:
    """One more clue gone from each of the rows (m, n), and another there that a solution has."""
    fewer = loosen(rows, 1, rng)
    scores = rng.random((len(fewer), board.n, board.D))
    some = solve_batch(
        board, fewer, max_guesses=MAX_GUESSES, scores=scores, compiled=available()
    ).solutions
    cells = np.where(fewer == 0, rng.random(fewer.shape), 2.0).argmin(axis=1)
    index = np.arange(len(fewer))
    fewer[index, cells] = some[index, cells]
    return fewer


def _firsts(labels: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Where each label comes first in labels (m,), which are in order."""
    return np.unique(labels, return_index=True)[1]


def _places(labels: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """How many of the same label come before each of labels (m,), which are in order."""
    return np.arange(len(labels)) - np.searchsorted(labels, labels)

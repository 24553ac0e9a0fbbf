"""The hard tail: puzzles with one solution, made harder and harder by swapping clues.

An island is a population that evolves alone, from its own seed: what it finds depends on nothing
else. Must not know of files or processes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board
from vmd_solver.csp.candidates import masks_to_allowed
from vmd_solver.csp.exact import lone_values, solve_batch
from vmd_solver.csp.generate import Values, dig, loosen, minimal_puzzles
from vmd_solver.csp.rating import rate, refuted

Rng = np.random.Generator
Ratings = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

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


def guesses(board: Board, puzzles: Values, rng: Rng, orders: int) -> Ratings:
    """How many guesses this many searches need on average: (m,)."""
    return rate(board, puzzles, rng, orders, MAX_GUESSES)


def depth(board: Board, puzzles: Values, rng: Rng, orders: int) -> Ratings:
    """How few candidates a trial refutes: (m,) from 1 to 100, where nothing is refuted."""
    return 1 / (refuted(board, puzzles) + SHALLOW)


@dataclass(frozen=True)
class Selection:
    """Which puzzles become parents, and which of their children are kept."""

    rate: Callable[[Board, Values, Rng, int], Ratings]
    """How hard puzzles are, in this many searches."""
    children: int
    """Most children of one puzzle a round, of which at most one is kept."""
    fade: float
    """What each round as a parent leaves of a puzzle's claim to be one again."""
    siblings: int
    """Most parents of one line a round: lines that do well have more, and none takes all."""
    stages: tuple[tuple[int, float], ...]
    """Searches behind the rating of a child, and what share of its parent's rating it needs to
    get to the next stage."""
    two: float
    """Share of children for which two clues are swapped."""


WIDE = Selection(guesses, 6, 0.5, 6, ((1, 0.5), (4, 0.7), (12, 0.85)), 0.15)
"""From random puzzles to many that a search needs many guesses for."""
STEEP = Selection(depth, 40, 0.9, 10, ((1, 0.7),), 0.5)
"""From hard puzzles to those that no single trial helps with: many children, the same parents again
and again, and larger steps."""


@dataclass(frozen=True, eq=False)
class Population:
    """m minimal puzzles with one solution each, of several lines of descent."""

    puzzles: Values
    """(m, n)"""
    solutions: Values
    """(m, n)"""
    ratings: Ratings
    """(m,) as the selection rates."""
    lines: Indices
    """(m,) which founder each descends from."""
    spent: Indices
    """(m,) rounds each has been a parent in."""

    def __len__(self) -> int:
        return len(self.puzzles)

    def __add__(self, other: Population) -> Population:
        both = zip(vars(self).values(), vars(other).values(), strict=True)
        return Population(*map(np.concatenate, both))

    def chosen(self, rows: Indices | npt.NDArray[np.bool_]) -> Population:
        """The puzzles that indices or a mask (m,) name."""
        return Population(*(array[rows] for array in vars(self).values()))


def mine(
    board: Board,
    seed: int | tuple[int, ...] | Rng,
    lines: int,
    rounds: int,
    founders: tuple[Values, Values] | None = None,
) -> Population:
    """All that an island of that many lines of descent finds in that many rounds, with founders.

    Each round the most promising puzzles have children, as many of them as there are lines, and the
    hardest child of each joins if it is new and not too easy beside its parent. Lines descend from
    random puzzles, or from `founders`, minimal puzzles (m, n) that are hard and their solutions.
    """
    rng = np.random.default_rng(seed)
    selection = WIDE if founders is None else STEEP
    first = founders or minimal_puzzles(board, STARTERS * lines, rng, max_guesses=MAX_GUESSES)
    found = _rated(board, *first, np.arange(len(first[0])), rng, selection)
    if founders is None:
        hardest = np.argsort(-found.ratings, kind="stable")[:lines]
        found = replace(found.chosen(hardest), lines=np.arange(lines))
    seen = set(map(bytes, found.puzzles))
    for _ in range(rounds):
        parents = _parents(found, lines, selection)
        found.spent[parents] += 1
        children = _children(board, found.chosen(parents), rng, selection)
        fresh = np.array([bytes(puzzle) not in seen for puzzle in children.puzzles], dtype=np.bool_)
        seen.update(map(bytes, children.puzzles))
        found += children.chosen(fresh)
    return found


def _rated(
    board: Board, puzzles: Values, solutions: Values, lines: Indices, rng: Rng, selection: Selection
) -> Population:
    """Puzzles that have not been parents yet."""
    ratings = selection.rate(board, puzzles, rng, ORDERS)
    return Population(puzzles, solutions, ratings, lines, np.zeros(len(puzzles), dtype=np.intp))


def _parents(found: Population, most: int, selection: Selection) -> Indices:
    """The puzzles whose turn it is: those with the best claims, and few of any one line."""
    claims = found.ratings * selection.fade**found.spent
    order = np.lexsort((-claims, found.lines))
    allowed = order[_places(found.lines[order]) < selection.siblings]
    return allowed[np.argsort(-claims[allowed], kind="stable")[:most]]


def _children(board: Board, parents: Population, rng: Rng, selection: Selection) -> Population:
    """The hardest child of each parent that has one hard enough, its clues all needed."""
    children, origin = swapped(board, parents.puzzles, rng, selection)
    ratings, done = np.zeros(len(children)), 0
    for orders, share in selection.stages:
        more = selection.rate(board, children, rng, orders - done)
        ratings = (ratings * done + more * (orders - done)) / orders
        hard = ratings >= share * parents.ratings[origin]
        children, origin, ratings, done = children[hard], origin[hard], ratings[hard], orders
    order = np.lexsort((-ratings, origin))
    best = order[_places(origin[order]) == 0]
    children, origin = children[best], origin[best]
    solutions = solve_batch(board, children).solutions
    puzzles = dig(board, solutions, rng, puzzles=children, max_guesses=MAX_GUESSES)
    kept = _rated(board, puzzles, solutions, parents.lines[origin], rng, selection)
    return kept.chosen(kept.ratings >= selection.stages[-1][1] * parents.ratings[origin])


def swapped(
    board: Board, puzzles: Values, rng: Rng, selection: Selection = WIDE
) -> tuple[Values, Indices]:
    """Puzzles (c, n) with one solution that differ from one of `puzzles` (m, n) by a swap of clues,
    and which one (c,): at most `selection.children` of each, and of many none.

    One clue goes, or two, and for the second of them another comes, which some solution has. A
    last clue that only one of the solutions left has makes that one the only one.
    """
    rows = loosen(puzzles, 1, rng)
    two = np.flatnonzero(rng.random(len(rows)) < selection.two)
    fewer = loosen(rows[two], 1, rng)
    scores = rng.random((len(fewer), board.n, board.D))
    some = solve_batch(board, fewer, max_guesses=MAX_GUESSES, scores=scores).solutions
    cells = np.where(fewer == 0, rng.random(fewer.shape), 2.0).argmin(axis=1)
    index = np.arange(len(fewer))
    fewer[index, cells] = some[index, cells]
    rows[two] = fewer
    lone = lone_values(board, rows, MOST_SOLUTIONS, max_guesses=MAX_GUESSES)
    origin, cells, values = masks_to_allowed(lone, board.D).nonzero()
    order = np.lexsort((rng.random(len(origin)), origin))
    origin, cells, values = origin[order], cells[order], values[order] + 1
    # What a parent had there itself would be the parent again.
    kept = (_places(origin) < selection.children) & (puzzles[origin, cells] != values)
    children = rows[origin[kept]]
    children[np.arange(len(children)), cells[kept]] = values[kept]
    return children, origin[kept]


def _places(labels: Indices) -> Indices:
    """How many of the same label come before each of labels (m,), which are in order."""
    return np.arange(len(labels)) - np.searchsorted(labels, labels)

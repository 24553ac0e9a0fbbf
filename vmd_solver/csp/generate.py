"""New puzzles: full grids, puzzles dug out of them, and boards to draw them on.

Everything follows from an explicit seed, and is the same on both machines of the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.compiled import machine
from vmd_solver.csp.exact import NO_LIMIT, solve_batch
from vmd_solver.csp.families import grid, jigsaw
from vmd_solver.csp.puzzle import Board
from vmd_solver.errors import SearchError

Values = npt.NDArray[np.int8]
Seed = int | np.random.Generator

CHUNK_CELLS = 1 << 14
"""Cells of the grids made at a time; bounds the memory of their random orders."""

TRIES = 1000
"""Searches of one grid, each in a new order, before its board counts as impossible."""

MIXING = 4
"""Cuts for each piece of a jigsaw, after which its pieces no longer look like rows."""


def full_grids(board: Board, count: int, seed: Seed, compiled: bool | None = None) -> Values:
    """Random full grids (count, n) int8 of values 1..D.

    Each comes from a search that breaks ties at random, gets few guesses, and starts again in
    another order where those are spent: that cuts the heavy tail which makes large boards slow.
    One complete unit, drawn at random, starts as 1..D; values are renamed at random in the end, so
    that this leaves nothing out. Rules may tell values apart: boards that have some do without
    both. Every grid can come about, and none much more often than others: on 4x4 shares differ by
    about a sixth. Raises SearchError where the board has no full grid or none is found.
    """
    rng = np.random.default_rng(seed)
    use = machine(compiled, count * board.n * board.n).compiled
    step = max(1, CHUNK_CELLS // board.n)
    sizes = [min(step, count - start) for start in range(0, count, step)]
    parts = [_full_grids(board, size, rng, use) for size in sizes]
    return np.concatenate([np.zeros((0, board.n), np.int8), *parts])


def grids_of(board: Board, rngs: Sequence[np.random.Generator], compiled: bool) -> Values:
    """A full grid for each generator (B, n) int8: the first that `full_grids` makes by it."""
    return _full_grids(board, len(rngs), rngs, compiled)


def _full_grids(
    board: Board,
    count: int,
    rng: np.random.Generator | Sequence[np.random.Generator],
    compiled: bool,
) -> Values:
    def drawn(rows: Sequence[int], draw: Callable[[np.random.Generator, int], Any]) -> Any:
        """Something random for each of these grids: by one generator, or by that of each."""
        if isinstance(rng, np.random.Generator):
            return draw(rng, len(rows))
        return np.concatenate([draw(rng[row], 1) for row in rows])

    grids, values = np.zeros((count, board.n), dtype=np.int8), np.arange(board.D, dtype=np.int8)
    units = np.array([unit for unit in board.units if len(unit) == board.D])
    for _ in range(TRIES):
        (missing,) = (grids == 0).any(axis=1).nonzero()
        if not len(missing):
            if board.rules:
                return grids
            names = drawn(range(count), lambda by, k: by.permuted(np.tile(values, (k, 1)), axis=1))
            return np.take_along_axis(names, grids - np.int64(1), axis=1) + np.int8(1)
        scores = drawn(missing, lambda by, k: by.random((k, board.n, board.D)))
        starts, most = np.zeros((len(missing), board.n), np.int8), 2 * board.n
        if len(units) and not board.rules:
            chosen = units[drawn(missing, lambda by, k: by.integers(len(units), size=k))]
            np.put_along_axis(starts, chosen, np.arange(1, board.D + 1)[None], axis=1)
        found = solve_batch(board, starts, max_guesses=most, scores=scores, compiled=compiled)
        if (found.complete & (found.counts == 0)).any():
            raise SearchError(f"this {board.family} board has no full grid: its units contradict")
        grids[missing] = found.solutions
    raise SearchError(f"no full grid of this {board.family} board found in {TRIES} searches each")


def dig(
    board: Board,
    solutions: npt.ArrayLike,
    seed: Seed,
    givens: int = 0,
    *,
    puzzles: npt.ArrayLike | None = None,
    max_guesses: int | None = None,
    compiled: bool | None = None,
) -> Values:
    """Puzzles (B, n) int8 whose only solutions are the full grids `solutions` (B, n).

    They start as `puzzles` (B, n), with those solutions and no others, or as the full grids. Clues
    leave in random order as long as the solution stays the only one, until `givens` are left; with
    0 what is left is minimal, and every clue needed. On boards where a search can take too long,
    `max_guesses` bounds each: a clue whose search is cut off stays, so that the puzzle is certainly
    unique, and perhaps not quite minimal.
    """
    rng = np.random.default_rng(seed)
    grids = np.asarray(solutions, dtype=np.int8)
    starts = grids if puzzles is None else np.asarray(puzzles, dtype=np.int8)
    use = machine(compiled, grids.size * board.n)
    budget = NO_LIMIT if max_guesses is None else max_guesses
    tables, room, unscored = use.tables(board), use.room(board), use.give([], np.float64)
    step = max(1, CHUNK_CELLS // board.n)
    dug = [grids[:0]]
    for part in (slice(at, at + step) for at in range(0, len(grids), step)):
        cells = rng.permuted(np.tile(np.arange(board.n), (len(grids[part]), 1)), axis=1)
        clues = np.take_along_axis(starts[part], cells, axis=1) > 0
        orders = np.take_along_axis(cells, np.argsort(clues, axis=1, kind="stable"), axis=1)
        left = use.give(starts[part], np.int8)
        use.dig_many(
            tables, room, len(orders), use.give(grids[part], np.int8), use.give(orders), unscored,
            givens, budget, left,
        )  # fmt: skip
        dug.append(np.array(left, dtype=np.int8).reshape(orders.shape))
    return np.concatenate(dug)


def minimal_puzzles(
    board: Board,
    count: int,
    seed: Seed,
    *,
    max_guesses: int | None = None,
    compiled: bool | None = None,
) -> tuple[Values, Values]:
    """Puzzles (count, n) with one solution and no clue to spare, and their solutions; both int8.

    `max_guesses` as in `dig`.
    """
    rng = np.random.default_rng(seed)
    use = machine(compiled, count * board.n * board.n).compiled
    solutions = full_grids(board, count, rng, use)
    return dig(board, solutions, rng, max_guesses=max_guesses, compiled=use), solutions


def loosen(puzzles: npt.ArrayLike, clues: int, seed: Seed) -> Values:
    """The puzzles (B, n) with `clues` more clues gone from each, drawn at random.

    A minimal puzzle has several solutions then, whichever clue it was.
    """
    rng = np.random.default_rng(seed)
    rows = np.array(puzzles, dtype=np.int8)
    lots = np.where(rows > 0, rng.random(rows.shape), 2.0)
    np.put_along_axis(rows, np.argsort(lots, axis=1)[:, :clues], np.int8(0), axis=1)
    return rows


def jigsaw_board(order: int, seed: Seed, diagonal: bool = False) -> Board:
    """A random jigsaw board that has full grids; with `diagonal`, jigsaw X.

    Drawn again until a grid is found quickly, a little less crooked each time: few random boards
    of order 16 and more have any. Raises SearchError where all of that does not help.
    """
    rng = np.random.default_rng(seed)
    open_cells = np.zeros((1, order * order), dtype=np.int8)
    use = machine(None, order**4).compiled
    for attempt in range(TRIES):
        cuts = max(1, round(MIXING * order * 0.9**attempt))
        board = jigsaw(jigsaw_regions(order, rng, cuts), diagonal)
        found = solve_batch(board, open_cells, max_guesses=order * order, compiled=use)
        if found.counts[0]:
            return board
    raise SearchError(f"no jigsaw board of order {order} with a full grid found")


def jigsaw_regions(order: int, seed: Seed, cuts: int | None = None) -> tuple[int, ...]:
    """Region of each cell (order * order): connected random pieces of `order` cells.

    Starts from the rows; `cuts` times, or MIXING * order, two pieces that touch are joined and cut
    apart along a random spanning tree, where that makes halves. The pieces may allow no full grid:
    see `jigsaw_board`. Source: the recombination walk of redistricting (ReCom, DeFord et al. 2019).
    """
    rng = np.random.default_rng(seed)
    regions = [cell // order for cell in range(order * order)]
    left = MIXING * order if cuts is None else cuts
    while order > 1 and left > 0:
        cell = int(rng.integers(order * order))
        other = int(rng.choice(_neighbours(cell, order)))
        pair = {regions[cell], regions[other]}
        if len(pair) == 2:
            joined = [place for place, region in enumerate(regions) if region in pair]
            half = _half(joined, order, rng)
            for place in half:
                regions[place] = min(pair)
            for place in set(joined) - half if half else ():
                regions[place] = max(pair)
            left -= 1
    return tuple(regions)


def _neighbours(cell: int, order: int) -> list[int]:
    row, col = divmod(cell, order)
    inside = row > 0, row < order - 1, col > 0, col < order - 1
    return list(compress((cell - order, cell + order, cell - 1, cell + 1), inside))


def _half(cells: list[int], order: int, rng: np.random.Generator) -> set[int]:
    """A connected half of `cells` whose rest is connected too; empty where the tree has none."""
    root = cells[int(rng.integers(len(cells)))]
    parent, walk, rim = {root: root}, [root], [(root, near) for near in _neighbours(root, order)]
    inside = set(cells)
    while rim:
        at = int(rng.integers(len(rim)))
        rim[at], rim[-1] = rim[-1], rim[at]
        near, cell = rim.pop()
        if cell in inside and cell not in parent:
            parent[cell] = near
            walk.append(cell)
            rim += [(cell, further) for further in _neighbours(cell, order)]
    below = {cell: {cell} for cell in walk}
    for cell in reversed(walk[1:]):
        if len(below[cell]) == order:
            return below[cell]
        below[parent[cell]] |= below[cell]
    return set()


def random_grid(
    rows: int, cols: int, D: int, seed: Seed, layers: int = 3, whole: float = 0.7
) -> tuple[Board, Values]:
    """A board of random units with at least one full grid, and that grid (n,) int8.

    The grid comes first: values spread evenly at random. Each of `layers` layers then deals the
    cells out to units in which no value repeats, so that every cell is in `layers` units. A share
    `whole` of the units stays as dealt, the others lose some of their cells. Where D divides the
    number of cells, the units that stay are complete.
    """
    rng = np.random.default_rng(seed)
    n = rows * cols
    solution = rng.permutation(np.arange(n) % D).astype(np.int8) + np.int8(1)
    hands = -(-n // D)
    units: list[list[int]] = []
    for _ in range(layers):
        dealt: list[list[int]] = [[] for _ in range(hands)]
        for value in range(1, D + 1):
            cells = np.flatnonzero(solution == value)
            for hand, cell in zip(rng.permutation(hands), cells, strict=False):
                dealt[hand].append(int(cell))
        for unit in dealt:
            if rng.random() >= whole and len(unit) > 2:
                size = int(rng.integers(2, len(unit)))
                unit = [unit[at] for at in rng.permutation(len(unit))[:size]]
            units.append(sorted(unit))
    return grid(rows, cols, D, [unit for unit in units if len(unit) > 1]), solution

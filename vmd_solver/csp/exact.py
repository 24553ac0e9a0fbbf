"""Exact answers: solve, count up to a limit, prove uniqueness; one puzzle or whole batches.

Complete search over the kernel's states, with no network anywhere. One puzzle runs in plain Python
and moves to the compiled kernel when its search turns out long; batches start there. A search that
stays long is joined by a SAT search, where python-sat is installed: a portfolio of two searches,
alternating.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import clauses
from vmd_solver.csp import kernel as k
from vmd_solver.csp.candidates import Allowed, Masks, masks_to_allowed, words_of
from vmd_solver.csp.clauses import SatSearch
from vmd_solver.csp.compiled import Machine, available, machine
from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.csp.tables import WORD
from vmd_solver.errors import InvalidPuzzle, SearchError

Scores = npt.NDArray[np.float64]

NO_LIMIT = 1 << 62
"""More guesses than any search makes."""

STORED = 1000
"""Solutions that `count` returns by default."""

SLICE_CELLS = 20_000
"""Plain Python looks at the clock after this many cells' worth of guesses, some tens of ms."""

COMPILED_SPEED = 50
"""How many guesses the compiled kernel makes in the time of one in plain Python."""

SWITCH_CELLS = 20_000
"""Cells' worth of guesses after which one puzzle is worth loading the machine code."""

SAT_AFTER = 2_000
"""Guesses, compiled, before the SAT search joins: as long as it takes to write its clauses. So many
conflicts is its first turn."""

SAT_CELLS = 1_250_000
"""On large boards, where a guess takes longer, it joins after so many cells' worth of guesses."""

SAT_CLAUSES = 2_000
"""Without relations or automata it joins after the cube of how many times as many clauses it has:
Latin squares of order 40 and more are sooner searched than written down."""

SAT_LIMIT = 2
"""Solutions up to which the SAT search joins: the kernel is better at enumerating many."""

FIRST_LEVELS = 64
"""Levels of the stack of one puzzle at first; hardly any 9x9 puzzle needs as many."""

CHUNK_CELLS = 1 << 18
"""Cells of a batch handed to the kernel at a time; bounds the memory of scores."""


@dataclass(frozen=True)
class Count:
    """What a search found: `solutions` of them, up to its limit.

    `complete` where that number is final: no more exist, or the limit was reached. Otherwise the
    guesses or the time ran out, and there may be more (or, at 0, any). `grids` are the first
    solutions, `guesses` the search's decisions between values.
    """

    solutions: int
    complete: bool
    guesses: int
    grids: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Batch:
    """`Count` for B puzzles: `solutions` (B, n) int8, the first of each row, zeros without one.

    `counts` (B,) int64, up to the limit; `guesses` (B,) int64; `complete` (B,) bool.
    """

    solutions: npt.NDArray[np.int8]
    counts: npt.NDArray[np.int64]
    guesses: npt.NDArray[np.int64]
    complete: npt.NDArray[np.bool_]


def count(
    puzzle: Puzzle,
    limit: int = 2,
    *,
    max_guesses: int | None = None,
    deadline_s: float | None = None,
    scores: npt.ArrayLike | None = None,
    masks: npt.ArrayLike | None = None,
    stored: int | None = None,
    compiled: bool | None = None,
    cancelled: Callable[[], bool] = bool,
) -> Count:
    """How many solutions the puzzle has, up to `limit`, and the first `stored` (or STORED) of them.

    The search stops after `max_guesses`, or `deadline_s` seconds from now, and says so. `scores`
    (n, D) steer it and never change what is there: of the cells with the fewest candidates the one
    with the greatest margin comes first, values in falling order. `masks` (n,) rule out values
    from outside. `compiled` picks the machine; None takes the compiled one where it is loaded, and
    otherwise starts plain and moves on when that pays.
    `cancelled` is asked every now and then; once it returns True the search stops. Where
    python-sat is installed, a search that is long alternates with a SAT search, whose conflicts
    count as guesses.

    Raises InvalidPuzzle for givens that are no values, SearchError for settings out of range.
    """
    started = time.monotonic()
    last = _budget(limit, max_guesses)
    keep = min(limit, STORED if stored is None else stored)
    board, givens = puzzle.board, _values(puzzle.board, [puzzle.givens])
    allowed = _allowed(board, givens.shape, masks)
    kernel = _Kernel(board, givens, allowed, _scores(board, 1, scores), keep, compiled)
    sat: SatSearch | None = None
    # By what is installed, not by what runs: the two alternate in the same way wherever it begins.
    slower = 1 if available() and board.D <= WORD else COMPILED_SPEED
    joins = limit <= SAT_LIMIT and clauses.available()
    due = min(SAT_AFTER, SAT_CELLS // board.n) // slower if joins else NO_LIMIT
    turn = SAT_AFTER
    end = math.inf if deadline_s is None else started + deadline_s
    best: _Kernel | SatSearch = kernel
    spent = 0
    while True:
        most = min(due - kernel.guesses, last - spent)
        done = kernel.run(limit, most)
        if not done and kernel.guesses >= due:
            if sat is None:
                due = max(due, kernel.sat_after() // slower)
                sat = kernel.sat_search() if kernel.guesses >= due else None
            if sat is not None:
                # As many conflicts as guesses, which take about five times as long: what comes here
                # is hard, and hard is what clauses are for.
                most = min(turn, last - kernel.guesses - sat.guesses)
                done = sat.run(limit, most, end - time.monotonic(), cancelled)
                due, turn = kernel.guesses + turn // slower, 2 * turn
                if done or sat.solutions > kernel.solutions:
                    best = sat
        spent = kernel.guesses + (0 if sat is None else sat.guesses)
        if done or spent >= last or time.monotonic() >= end or cancelled():
            break
    return Count(best.solutions, bool(done), spent, tuple(best.grids[:keep]))


class _Kernel:
    """The kernel's search for a puzzle: begun plain, moved to machine code where that pays."""

    def __init__(
        self,
        board: Board,
        givens: npt.NDArray[np.int8],
        masks: Masks,
        scores: Scores,
        keep: int,
        compiled: bool | None,
    ) -> None:
        self._use = use = _machine(board, compiled)
        self._board = board
        self._room = use.room(board, keep, FIRST_LEVELS)
        self._scores = use.give(scores, np.float64)
        self._scored = 0 if len(scores) else -1
        use.load_on(
            use.tables(board), self._room, use.give(givens, np.int8),
            use.give(masks), 0 if len(masks) else -1,
        )  # fmt: skip
        undecided = compiled is None and not use.compiled and board.D <= WORD
        self._move_at = SWITCH_CELLS // board.n if undecided else NO_LIMIT

    def run(self, limit: int, guesses: int) -> bool:
        """Search on: whether `limit` solutions are found, or all there are.

        It ends after `guesses`, or where it is time to look at the clock; it loads the machine code
        first if the search turned out long.
        """
        if self.guesses >= self._move_at:
            self._use, self._move_at = machine(None, NO_LIMIT), NO_LIMIT
            self._room = self._use.give(self._room)
            self._scores = self._use.give(self._scores, np.float64)
        speed = COMPILED_SPEED if self._use.compiled else 1
        end = self.guesses + min(guesses, SLICE_CELLS * speed // self._board.n + 1)
        tables, done = self._use.tables(self._board), self._use.give([0])
        self._use.search_on(tables, self._room, self._scores, self._scored, limit, end, done)
        if not done[0] and self._room[k.DEPTH] == self._room[k.LEVELS]:
            self._room = self._use.deeper(self._board, self._room)
        return bool(done[0])

    def sat_after(self) -> int:
        """Guesses, compiled, before which the SAT search does not join; NO_LIMIT for never."""
        size = clauses.size(self._board, self._allowed)
        if size > clauses.MOST_CLAUSES:
            return NO_LIMIT
        return 0 if self._board.linked else (size // SAT_CLAUSES) ** 3

    def sat_search(self) -> SatSearch:
        """A SAT search from the same candidates."""
        return SatSearch(self._board, self._allowed)

    @property
    def _allowed(self) -> Allowed:
        """The candidates (n + hidden, D) where the search began."""
        root = np.array(self._use.root(self._board, self._room), words_of(self._board.D))
        return masks_to_allowed(root, self._board.D)

    @property
    def guesses(self) -> int:
        return int(self._room[k.GUESSES])

    @property
    def solutions(self) -> int:
        return int(self._room[k.SOLUTIONS])

    @property
    def grids(self) -> list[tuple[int, ...]]:
        return list(map(tuple, self._use.found(self._board, self._room).tolist()))


def solve(puzzle: Puzzle) -> tuple[int, ...] | None:
    """A solution of the puzzle, or None if it has none, however long that takes.

    >>> from vmd_solver.csp.families import sudoku
    >>> solve(Puzzle(sudoku(2, 2), (1, 2, 3, 4) + (0,) * 12))
    (1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1)
    """
    return next(iter(count(puzzle, limit=1).grids), None)


def is_unique(puzzle: Puzzle) -> bool:
    """Whether the puzzle has exactly one solution: however long it takes."""
    return count(puzzle, limit=2, stored=0).solutions == 1


def solve_batch(
    board: Board,
    givens: npt.ArrayLike,
    limit: int = 1,
    *,
    max_guesses: int | None = None,
    scores: npt.ArrayLike | None = None,
    masks: npt.ArrayLike | None = None,
    compiled: bool | None = None,
    singles: bool = False,
) -> Batch:
    """`count` for each row of `givens` (B, n), with the first solution of each.

    `max_guesses` is for one row; `scores` (B, n, D) and `masks` (B, n) as in `count`. The result
    does not depend on the machine; `compiled` None takes the faster one for this many rows. With
    `singles` units yield singles alone, as where puzzles are rated: searches take more guesses.
    """
    budget = _budget(limit, max_guesses)
    rows = _values(board, givens)
    if rows.ndim != 2 or rows.shape[1] != board.n:
        raise SearchError(f"givens (B, {board.n}) expected for this board, got {rows.shape}")
    allowed, order = _allowed(board, rows.shape, masks), _scores(board, len(rows), scores)
    use = _machine(board, compiled, rows.size)
    tables, room = use.tables(board, singles), use.room(board)
    solutions, told = np.zeros(rows.shape, np.int8), np.zeros((len(rows), 3), np.int64)
    step = max(1, CHUNK_CELLS // board.n)
    for part in (slice(at, at + step) for at in range(0, len(rows), step)):
        given = rows[part]
        found, facts = use.give(solutions[part], np.int8), use.give(told[part])
        use.solve_many(
            tables, room, len(given), use.give(given, np.int8),
            use.give(allowed[part]), int(masks is not None),
            use.give(order[part], np.float64), int(scores is not None),
            limit, budget, found, facts,
        )  # fmt: skip
        solutions[part] = np.reshape(found, given.shape)
        told[part] = np.reshape(facts, (len(given), 3))
    counts, guesses, complete = told.T.copy()
    return Batch(solutions, counts, guesses, complete > 0)


def lone_values(
    board: Board,
    givens: npt.ArrayLike,
    limit: int,
    *,
    max_guesses: int | None = None,
    compiled: bool | None = None,
) -> Masks:
    """Where one more clue leaves one solution: masks (B, n) of the values that do so in each cell.

    They are the values that one of the several solutions has in that cell, and no other. Zeros for
    rows of `givens` (B, n) with fewer than two solutions, with `limit` or more, or with a search of
    more than `max_guesses`. Memory grows with `limit`: all solutions of a row are held at a time.

    >>> from vmd_solver.csp.families import latin
    >>> lone_values(latin(2), [[0, 0, 0, 0]], limit=3).tolist()
    [[3, 3, 3, 3]]
    """
    budget = _budget(limit, max_guesses)
    rows = _values(board, givens)
    use = _machine(board, compiled, rows.size)
    lone, unscored = use.give(np.zeros(rows.shape)), use.give([], np.float64)
    use.lone_many(
        use.tables(board), use.room(board, limit), len(rows), use.give(rows, np.int8), unscored,
        limit, budget, lone,
    )  # fmt: skip
    masks: Masks = np.array(lone, dtype=words_of(board.D)).reshape(rows.shape)
    return masks


def _budget(limit: int, max_guesses: int | None) -> int:
    if limit < 1:
        raise SearchError(f"a limit of 1 solution or more expected, got {limit}")
    if max_guesses is not None and max_guesses < 0:
        raise SearchError(f"max_guesses of 0 or more expected, got {max_guesses}")
    return NO_LIMIT if max_guesses is None else max_guesses


def _machine(board: Board, compiled: bool | None, cells: int = 0) -> Machine:
    """As `machine`; what is too large for machine code runs plain."""
    return machine(compiled if board.D <= WORD else False, cells)


def _values(board: Board, givens: npt.ArrayLike) -> npt.NDArray[np.int8]:
    rows = np.asarray(givens)
    if rows.size and not 0 <= rows.min() <= rows.max() <= board.D:
        raise InvalidPuzzle(f"givens of 0..{board.D} expected, got {rows.min()}..{rows.max()}")
    return rows.astype(np.int8, copy=False)


def _allowed(board: Board, shape: tuple[int, ...], masks: npt.ArrayLike | None) -> Masks:
    """`masks` in the shape of the givens, or nothing."""
    if masks is None:
        return np.zeros((0, board.n), dtype=np.uint64)
    allowed = np.asarray(masks, dtype=words_of(board.D))
    if allowed.size != math.prod(shape):
        raise SearchError(f"masks of shape {shape} expected, got {allowed.shape}")
    return allowed.reshape(shape)


def _scores(board: Board, B: int, scores: npt.ArrayLike | None) -> Scores:
    """Scores (B, n * D) fit to compare: finite, with NaN last; none if None."""
    if scores is None:
        return np.zeros((0, board.n * board.D))
    given = np.asarray(scores, dtype=np.float64)
    if given.size != B * board.n * board.D:
        expected = (B, board.n, board.D)
        raise SearchError(f"scores of shape {expected} expected, got {given.shape}")
    if not np.isfinite(given).all():
        given = np.nan_to_num(given, nan=-1e30, posinf=1e30, neginf=-1e30)
    return given.reshape(B, board.n * board.D)

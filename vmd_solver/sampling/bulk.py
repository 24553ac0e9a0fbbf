"""The first stage of a large batch: what propagation, or one short search, settles at once.

Works on arrays, with no object for a puzzle; the outcomes are those of the solver. All others
(invalid or unsatisfiable puzzles, the ones that need the model or much search) continue in the
solver with the candidates that propagation left. It must not know of text.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.candidates import initial_masks, masks_to_values, propagate
from vmd_solver.csp.compiled import machine
from vmd_solver.csp.exact import Batch, solve_batch
from vmd_solver.csp.verify import verify_many
from vmd_solver.sampling.guided import MODEL_FIRST, guesses_before
from vmd_solver.sampling.job import Propagated, Solution
from vmd_solver.sampling.settings import Settings
from vmd_solver.sampling.solver import BATCH_GUESSES

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

FEW_GUESSES = 100
"""Guesses on each puzzle of a piece, before those that need more are searched together."""

ROWS = 256
"""Puzzles of a call that may make BATCH_GUESSES on each, and the fewest for a thread: a process
that is interrupted ends once the calls at work have."""

EXPECTED = 4
"""A batch is expected to be this many times as long as it was so far: pieces mean a long input."""


@dataclass(frozen=True, eq=False)
class Settled:
    """Which puzzles were settled: `rows` (k,), their solutions `values` (k, n), verified.

    `guesses` (k,) int64 as the solver counts them; `seconds` on each puzzle, on average.
    `propagated` is where the solver continues each of the other rows: None where propagation filled
    it in and the verifier refused that, which is not to be trusted.
    """

    rows: npt.NDArray[np.intp]
    values: npt.NDArray[np.int8]
    guesses: npt.NDArray[np.int64]
    seconds: float
    propagated: dict[int, Propagated | None]


class Bulk:
    """Settles puzzles of many pieces, one after another, with so many threads."""

    def __init__(self, settings: Settings, threads: int = 1) -> None:
        self._settings, self._threads = settings, threads
        self._work = 0

    def settle(
        self, board: Board, givens: npt.NDArray[np.int8], numbers: npt.NDArray[np.int64]
    ) -> Settled:
        """What is settled of the rows of `givens` (B, n), each of them 0..D; `numbers` (B,) in the
        input decide in guided mode which of them are searched before the model is asked."""
        started, B = time.perf_counter(), len(givens)
        self._expect(givens.size)
        counts, guesses = np.zeros((2, B), np.int64)
        found = Batch(np.zeros_like(givens), counts, guesses, np.zeros(B, bool))
        share = max(ROWS, -(-B // self._threads))
        if self._settings.mode == "exact":
            self._search(found, board, givens, np.arange(B), FEW_GUESSES, share)
            left = np.flatnonzero(~found.complete)
            self._search(found, board, givens, left, BATCH_GUESSES, ROWS)
        else:
            first, later = (guesses_before(board, number) for number in (0, MODEL_FIRST))
            for most, rows in ((first, numbers < MODEL_FIRST), (later, numbers >= MODEL_FIRST)):
                most = min(most, BATCH_GUESSES)
                self._search(found, board, givens, np.flatnonzero(rows), most, share)
        right = found.complete & (counts == 1) & verify_many(board, givens, found.solutions)
        (rows,), (others,) = right.nonzero(), (~right).nonzero()
        propagated = _propagated(board, givens, others) if len(others) else {}
        values = found.solutions[rows] if len(others) else found.solutions
        seconds = (time.perf_counter() - started) / max(1, B)
        return Settled(rows, values, guesses[rows], seconds, propagated)

    def _search(
        self,
        found: Batch,
        board: Board,
        givens: npt.NDArray[np.int8],
        rows: npt.NDArray[np.intp],
        most: int,
        share: int,
    ) -> None:
        """Search some of the rows, so many to a call, with at most as many guesses on each."""
        asked = self._settings.max_guesses
        budget = most if asked is None else min(asked, most)

        def search(start: int) -> None:
            chosen = rows[start : start + share]
            more = solve_batch(board, givens[chosen], self._settings.solutions, max_guesses=budget)
            for name, values in vars(more).items():
                getattr(found, name)[chosen] = values

        starts = range(0, len(rows), share)
        # Machine code runs without the interpreter's lock, and an interrupt need not wait for it.
        at_once = self._pool.map if self._threads > 1 and machine(None).compiled else map
        for _ in at_once(search, starts):
            pass

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(self._threads)

    def _expect(self, cells: int) -> None:
        """Load compiled code if this many more cells make it worth the time.

        No piece alone may be worth it, and all together still are.
        """
        self._work += EXPECTED * cells
        machine(None, self._work)


def bulk_of(settings: Settings, threads: int = 1) -> Bulk | None:
    """A `Bulk`, where the settings leave it something to do: guided or exact, without a clock."""
    if settings.mode == "neural" or settings.timeout_s is not None:
        return None
    return Bulk(settings, threads)


def solution_of(
    puzzle: Puzzle, values: tuple[int, ...], settings: Settings, guesses: int, seconds: float
) -> Solution:
    """The solver's outcome for a puzzle that was settled here."""
    facts: dict[str, Any] = {"count": 1, "guesses": guesses, "seconds": seconds}
    facts["settled_by"] = "search" if guesses else "propagation"
    if settings.solutions > 1:
        facts |= {"unique": True, "solutions": (values,), "counted_all": True}
    return Solution(puzzle, "solved", settings.mode, values, verified=True, **facts)


def _propagated(
    board: Board, givens: npt.NDArray[np.int8], rows: npt.NDArray[np.intp]
) -> dict[int, Propagated | None]:
    """Of the rows that are not settled, as `Settled` has it."""
    masks, consistent = propagate(board, initial_masks(board, givens[rows]))
    refused = consistent & (masks_to_values(masks) > 0).all(axis=1)
    found = map(Propagated, masks, consistent.tolist())
    told = zip(rows.tolist(), found, refused.tolist(), strict=True)
    return {row: None if wrong else one for row, one, wrong in told}

"""The first stage of a large batch: what propagation, or one short search, settles at once.

Works on arrays, with no object for a puzzle; the outcomes are those of the solver. All others
(invalid or unsatisfiable puzzles, the ones that need the model or much search) continue in the
solver with the candidates that propagation left. It must not know of text.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.candidates import NUMPY_SPEED, Masks, initial_masks, masks_to_values, propagate
from vmd_solver.csp.compiled import machine
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.verify import verify_many
from vmd_solver.sampling.guided import guesses_before
from vmd_solver.sampling.job import Propagated, Solution
from vmd_solver.sampling.settings import Settings
from vmd_solver.sampling.solver import BATCH_GUESSES

ROWS = 256
"""Puzzles of one compiled call: an interrupt waits for its end."""

EXPECTED = 4
"""A batch is expected to be this many times as long as it was so far: pieces mean a long input."""


@dataclass(frozen=True, eq=False)
class Settled:
    """Which puzzles were settled: `rows` (k,), their solutions `values` (k, n), verified.

    `guesses` (k,) int64 as the solver counts them; `seconds` on each puzzle, on average. `masks`
    (B, n) are the candidates of all rows, `consistent` (B,) is false where they contradict.
    """

    rows: npt.NDArray[np.intp]
    values: npt.NDArray[np.int8]
    guesses: npt.NDArray[np.int64]
    seconds: float
    masks: Masks
    consistent: npt.NDArray[np.bool_]

    def propagated(self, row: int) -> Propagated | None:
        """Where the solver continues a row that was not settled.

        None where propagation filled it in and the verifier refused that: it is not to be trusted.
        """
        consistent = bool(self.consistent[row])
        refused = consistent and (masks_to_values(self.masks[row]) > 0).all()
        return None if refused else Propagated(self.masks[row], consistent)


class Bulk:
    """Settles puzzles of many pieces, one after another."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._work = 0

    def settle(
        self, board: Board, givens: npt.NDArray[np.int8], numbers: npt.NDArray[np.int64]
    ) -> Settled:
        """What is settled of the rows of `givens` (B, n), each of them 0..D; `numbers` (B,) in the
        input decide in guided mode which of them are searched before the model is asked."""
        started, settings = time.perf_counter(), self._settings
        self._expect(givens.size // NUMPY_SPEED)
        masks, consistent = propagate(board, initial_masks(board, givens))
        values = masks_to_values(masks)
        guesses = np.zeros(len(values), np.int64)
        stalled = np.flatnonzero(consistent & (values == 0).any(axis=1))
        most = BATCH_GUESSES if settings.max_guesses is None else settings.max_guesses
        if settings.mode == "guided":
            before = [guesses_before(board, number) for number in numbers[stalled].tolist()]
            stalled, most = stalled[np.array(before, bool)], min(most, max(before, default=0))
        most = min(most, BATCH_GUESSES)
        self._expect(len(stalled) * board.n)
        for start in range(0, len(stalled), ROWS):
            rows = stalled[start : start + ROWS]
            none = np.zeros((len(rows), board.n), np.int8)  # the givens are in the masks
            found = solve_batch(
                board, none, settings.solutions, max_guesses=most, masks=masks[rows]
            )
            alone = found.complete & (found.counts == 1)
            values[rows[alone]] = found.solutions[alone]
            guesses[rows] = found.guesses
        rows = np.flatnonzero(verify_many(board, givens, values))
        seconds = (time.perf_counter() - started) / max(1, len(givens))
        return Settled(rows, values[rows], guesses[rows], seconds, masks, consistent)

    def _expect(self, cells: int) -> None:
        """Load compiled code if this many more cells make it worth the time.

        No piece alone may be worth it, and all together still are.
        """
        self._work += EXPECTED * cells
        machine(None, self._work)


def bulk_of(settings: Settings) -> Bulk | None:
    """A `Bulk`, where the settings leave it something to do: guided or exact, without a clock."""
    return Bulk(settings) if settings.mode != "neural" and settings.timeout_s is None else None


def solution_of(
    puzzle: Puzzle, values: tuple[int, ...], settings: Settings, guesses: int, seconds: float
) -> Solution:
    """The solver's outcome for a puzzle that was settled here."""
    facts: dict[str, Any] = {"count": 1, "guesses": guesses, "seconds": seconds}
    facts["settled_by"] = "search" if guesses else "propagation"
    if settings.solutions > 1:
        facts |= {"unique": True, "solutions": (values,), "counted_all": True}
    return Solution(puzzle, "solved", settings.mode, values, verified=True, **facts)

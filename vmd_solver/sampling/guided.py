"""Guided mode: propagation narrows, the model proposes an order, search follows it and decides.

After each call a search from the givens, complete but for a limit of guesses, tries values in the
order of the best attempt. Calls and limits start small and double: the two alternate, and neither
is spent on a puzzle that the other would have settled. Where a search
stops undecided the model commits what it is sure of, that is propagated, and it is asked again;
where that contradicts, the attempt goes back to what the givens alone imply and draws another z.
The last search has no limit but the user's: the end is always a verified solution, a proof that
there is none, or a budget that was spent. The first call is short, so its z is drawn from the
standard normal: the learned prior would cost as much as two loops. On larger boards, where ten
calls cost up to seconds, and on those with relations or automata, whose propagation leaves a search
little to do, a search comes first; it stays alone where a call would take too much memory.
"""

from __future__ import annotations

import numpy as np

from vmd_solver.csp import Board, exact, memory
from vmd_solver.csp.candidates import (
    Masks,
    allowed_to_masks,
    masks_to_allowed,
    masks_to_values,
    propagate,
)
from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.sampling.job import Attempt, Job

FIRST_LOOPS = 2
"""Loops of the first call."""

FIRST_GUESSES = 256
"""Guesses of the search after it: in compiled code about the time of a loop on a 9x9 board."""

LARGE = 1000
"""Candidates from which a board is searched first: 10x10, where the model is no help to search."""

HEAD_START = 4
"""Guesses per candidate before the first call on such boards: the time of ten calls."""

RULED_START = 40
"""The same on boards with relations or automata: most are done before a call would be, and the long
searches that are left take less time than with a tenth of it, or without any call."""


def loops_of(calls: int, most: int) -> int:
    """Loops of the call after this many: twice those of the call before, up to the model's own."""
    return min(most, FIRST_LOOPS << min(calls, 10))


def begin(job: Job) -> None:
    """Start from the candidates that propagation left of the givens; often that is all."""
    assert job.propagated is not None
    masks, consistent = job.propagated
    values = masks_to_values(masks)
    cells = np.flatnonzero((values > 0) & (job.puzzle.to_array() == 0))
    job.emit("Propagated", cells=tuple(cells.tolist()), values=tuple(values[cells].tolist()))
    if not consistent:
        job.finish("unsatisfiable", message="propagation alone proves that there is no solution")
        return
    if (values > 0).all():
        # Propagation only removes what no solution has: what it leaves is the only solution.
        job.decide(exact.Count(1, True, 0, (tuple(values.tolist()),)))
        return
    candidates = job.board.n * job.board.D
    if memory.of_call(job.board) * job.settings.latents > memory.MOST:
        _search(job, masks, None, None)
    elif candidates >= LARGE or job.board.linked:
        start = RULED_START if job.board.linked else HEAD_START
        _search(job, masks, None, candidates * start)
    if job.solution is None:
        shown = _shown(job.board, masks)
        job.attempts = [Attempt(k, *shown) for k in range(job.settings.latents)]


def advance(job: Job) -> None:
    """What follows a call: a valid grid, a search, or, where that stops, the next commitments."""
    assert job.propagated is not None
    root, settings = job.propagated.masks, job.settings
    if job.late:
        job.finish("timeout", message="the time was spent")
        return
    valid = next((attempt for attempt in job.attempts if not attempt.broken.any()), None)
    if valid is not None and settings.solutions == 1:
        job.finish("solved", tuple(valid.grid.tolist()))
    elif valid is not None:
        _search(job, root, valid, None)
    else:
        last = job.nfe >= settings.nfe
        _search(job, root, job.best_attempt, None if last else FIRST_GUESSES << job.nfe - 1)
        for attempt in job.attempts if job.solution is None else ():
            _commit(job, attempt, root)
            if job.nfe == 1:
                attempt.z = None  # from the cheap prior: the next call draws from the learned one


def _search(job: Job, root: Masks, attempt: Attempt | None, limit: int | None) -> None:
    """Search from the givens in the order of an attempt, if there is one.

    At a `limit` of guesses that is not the user's nothing is decided.
    """
    settings, scores = job.settings, None if attempt is None else attempt.p
    if scores is not None and settings.temperature > 0:
        # Gumbel's trick: the order of these sums is that of drawing without replacement.
        scores = np.log(scores + 1e-30) + job.rng.gumbel(size=scores.shape)
    left = None if settings.max_guesses is None else settings.max_guesses - job.guesses
    last = limit is None or (left is not None and left <= limit)
    count = exact.count(
        job.puzzle,
        settings.solutions,
        max_guesses=left if last else limit,
        deadline_s=job.seconds_left,
        scores=scores,
        masks=root,
    )
    job.guesses += count.guesses
    job.emit("Searched", guesses=job.guesses)
    if last or count.complete or job.late:
        job.decide(count)


def _shown(board: Board, masks: Masks) -> tuple[Ints, Floats]:
    """Candidates as x_t (n,), where settled cells are unmasked, and what is allowed (n, D)."""
    allowed = masks_to_allowed(masks[None], board.D)[0].astype(np.float32)
    return masks_to_values(masks).astype(np.int64), allowed


def _commit(job: Job, attempt: Attempt, root: Masks) -> None:
    """Commit what the policy chooses and propagate it; on a contradiction start from the givens."""
    chosen = job.commit(attempt)
    cells = np.flatnonzero(chosen)
    masks = allowed_to_masks(attempt.allowed[None] > 0)[0]
    masks[cells] = 1 << (attempt.grid[cells] - 1).astype(masks.dtype)
    narrowed, consistent = propagate(job.board, masks[None])
    if consistent[0]:
        attempt.x_t, attempt.allowed = _shown(job.board, narrowed[0])
        return
    job.remask(attempt, (masks_to_values(root) == 0) & ((attempt.x_t > 0) | chosen))
    attempt.x_t, attempt.allowed = _shown(job.board, root)
    attempt.z = attempt.h = None

"""Guided mode: propagation narrows, the model proposes an order, search follows it and decides.

After each call a search from the givens, complete but for a limit of guesses, tries values in the
order of the best attempt. Calls and limits start small and double: the two alternate, and neither
is spent on a puzzle that the other would have settled. Where a search
stops undecided the model commits what it is sure of, that is propagated, and it is asked again;
where that contradicts, the attempt goes back to what the givens alone imply and draws another z.
The last search has no limit but the user's: the end is always a verified solution, a proof that
there is none, or a budget that was spent. The first call is short, so its z is drawn from the
standard normal: the learned prior would cost as much as two loops. On larger boards, where ten
calls cost up to seconds, a search comes first.
"""

from __future__ import annotations

import numpy as np

from vmd_solver.csp import exact
from vmd_solver.csp.candidates import (
    Masks,
    allowed_to_masks,
    masks_to_allowed,
    masks_to_values,
    propagate,
)
from vmd_solver.denoiser.protocol import Floats
from vmd_solver.sampling import events
from vmd_solver.sampling.job import Attempt, Job, emit_committed
from vmd_solver.sampling.policy import choose

FIRST_LOOPS = 2
"""Loops of the first call."""

FIRST_GUESSES = 256
"""Guesses of the search after it: in compiled code about the time of a loop on a 9x9 board."""

LARGE = 1000
"""Candidates from which a board is searched first: 10x10, where the model is no help to search."""

HEAD_START = 4
"""Guesses per candidate before the first call on such boards: the time of ten calls."""


def loops_of(calls: int, most: int) -> int:
    """Loops of the call after this many: twice those of the call before, up to the model's own."""
    return min(most, FIRST_LOOPS << min(calls, 10))


def begin(job: Job, masks: Masks, consistent: bool) -> None:
    """Start from the candidates (n,) that propagation left of the givens; often that is all."""
    values = masks_to_values(masks)
    settled = (values > 0) & (job.puzzle.to_array() == 0)
    cells = np.flatnonzero(settled)
    job.emit(events.Propagated, cells=tuple(cells.tolist()), values=tuple(values[cells].tolist()))
    if not consistent:
        job.finish("unsatisfiable", message="propagation alone proves that there is no solution")
    elif (values > 0).all():
        # Propagation only removes what no solution has: what it leaves is the only solution.
        grid = tuple(int(value) for value in values)
        asked = job.settings.solutions > 1
        job.finish(
            "solved",
            values.astype(np.int64),
            unique=True if asked else None,
            solutions=(grid,) if asked else (),
            counted_all=asked,
        )
    else:
        candidates = job.board.n * job.board.D
        if candidates >= LARGE:
            _search(job, masks, None, candidates * HEAD_START)
        if job.solution is None:
            job.attempts = [_attempt(job, masks, k) for k in range(job.settings.latents)]


def advance(job: Job, root: Masks) -> None:
    """What follows a call: a valid grid, a search, or, where that stops, the next commitments."""
    if job.late:
        job.finish("timeout", message="the time was spent")
        return
    for attempt in job.attempts:
        assert attempt.broken is not None
        if not attempt.broken.any():
            _found(job, attempt, root)
            return
    best = job.best_attempt
    assert best is not None
    last = job.nfe >= job.settings.nfe
    _search(job, root, best, None if last else FIRST_GUESSES << job.nfe - 1)
    if job.solution is None:
        for attempt in job.attempts:
            _commit(job, attempt, root)
            if job.nfe == 1:
                attempt.z = None  # from the cheap prior: the next call draws from the learned one


def _found(job: Job, attempt: Attempt, root: Masks) -> None:
    """A valid grid: done, unless it was asked how many there are."""
    if job.settings.solutions == 1:
        job.finish("solved", attempt.grid)
    else:
        _search(job, root, attempt, None)


def _search(job: Job, root: Masks, attempt: Attempt | None, limit: int | None) -> None:
    """Search from the givens in the order of an attempt, if there is one.

    At a `limit` of guesses that is not the user's nothing is decided.
    """
    settings = job.settings
    left = None if settings.max_guesses is None else settings.max_guesses - job.guesses
    last = limit is None or (left is not None and left <= limit)
    count = exact.count(
        job.puzzle,
        settings.solutions,
        max_guesses=left if last else limit,
        deadline_s=job.seconds_left,
        scores=_order(job, attempt),
        masks=root,
    )
    job.guesses += count.guesses
    job.emit(events.Searched, guesses=job.guesses)
    if last or count.complete or job.late:
        decide(job, count)


def _order(job: Job, attempt: Attempt | None) -> Floats | None:
    """Scores (n, D): values from the most probable down or, at a temperature, as drawn."""
    if attempt is None or attempt.p is None or job.settings.temperature == 0:
        return None if attempt is None else attempt.p
    # Gumbel's trick: the order of these sums is that of drawing without replacement.
    drawn: Floats = np.log(attempt.p + 1e-30) + job.rng.gumbel(size=attempt.p.shape)
    return drawn


def decide(job: Job, count: exact.Count) -> None:
    """Turn what a search found into an outcome; shared with exact mode."""
    if count.grids:
        asked = job.settings.solutions > 1
        several = count.solutions > 1
        job.finish(
            "solved",
            np.array(count.grids[0], dtype=np.int64),
            unique=(False if several else True if count.complete else None) if asked else None,
            solutions=count.grids if asked else (),
            count=count.solutions,
            counted_all=count.complete and count.solutions < job.settings.solutions,
        )
    elif count.complete:
        job.finish("unsatisfiable", message="the complete search found no solution")
    elif job.late:
        job.finish("timeout", message="the time was spent")
    else:
        job.finish("unsolved", message=f"the budget of {job.guesses} guesses was spent")


def _attempt(job: Job, masks: Masks, latent: int) -> Attempt:
    attempt = Attempt(latent, np.zeros(job.board.n, dtype=np.int64), np.zeros(0, dtype=np.float32))
    _see(job, attempt, masks)
    return attempt


def _see(job: Job, attempt: Attempt, masks: Masks) -> None:
    """Show an attempt the candidates: settled cells are unmasked, the rest narrowed."""
    attempt.x_t = masks_to_values(masks).astype(np.int64)
    attempt.allowed = masks_to_allowed(masks[None], job.board.D)[0].astype(np.float32)


def _commit(job: Job, attempt: Attempt, root: Masks) -> None:
    """Commit what the policy chooses and propagate it; on a contradiction start from the givens."""
    assert attempt.p is not None and attempt.grid is not None
    masked = attempt.x_t == 0
    chosen = choose(job.settings, attempt.p, masked, job.settings.nfe - job.nfe, job.rng)
    cells = np.flatnonzero(chosen)
    emit_committed(job, attempt, cells)
    masks = allowed_to_masks(attempt.allowed[None] > 0)[0]
    masks[cells] = np.uint64(1) << (attempt.grid[cells] - 1).astype(np.uint64)
    narrowed, consistent = propagate(job.board, masks[None])
    if consistent[0]:
        _see(job, attempt, narrowed[0])
        return
    before = (masks_to_values(root) == 0) & ((attempt.x_t > 0) | chosen)
    job.remasked += int(before.sum())
    job.emit(events.Remasked, latent=attempt.latent, cells=tuple(np.flatnonzero(before).tolist()))
    _see(job, attempt, root)
    attempt.z = attempt.h = None

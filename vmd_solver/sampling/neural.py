"""Neural mode: the model alone. Givens are clamped; no candidate is eliminated, nothing searched.

After each call the proposed grids are checked; a valid one ends the puzzle. Otherwise the policy
commits some cells, and those that break a rule are masked again where `remask` is on.
"""

from __future__ import annotations

import numpy as np

from vmd_solver.sampling import events
from vmd_solver.sampling.job import Attempt, Job, tell_committed
from vmd_solver.sampling.policy import choose
from vmd_solver.sampling.rules import conflicts


def begin(job: Job) -> None:
    """Give the job its attempts."""
    board = job.board
    x_t = job.puzzle.to_array().astype(np.int64)
    allowed = np.ones((board.n, board.D), dtype=np.float32)
    job.attempts = [Attempt(k, x_t.copy(), allowed) for k in range(job.settings.latents)]


def advance(job: Job) -> None:
    """What follows a call: finish, or commit and go on."""
    for attempt in job.attempts:
        assert attempt.broken is not None
        if not attempt.broken.any():
            job.finish("solved", attempt.grid)
            return
    if job.nfe >= job.settings.nfe:
        message = f"no valid grid within {job.nfe} calls"
        job.finish("timeout" if job.late else "unsolved", message=message)
        return
    if job.late:
        job.finish("timeout", message="the time was spent")
        return
    for attempt in job.attempts:
        _commit(job, attempt)
        if job.settings.remask:
            _remask(job, attempt)


def _commit(job: Job, attempt: Attempt) -> None:
    assert attempt.p is not None and attempt.grid is not None
    masked = attempt.x_t == 0
    # The call that will come last needs no commit after it: it proposes every cell left.
    calls_left = job.settings.nfe - job.nfe
    chosen = choose(job.settings, attempt.p, masked, calls_left, job.rng)
    attempt.x_t = np.where(chosen, attempt.grid, attempt.x_t)
    tell_committed(job, attempt, np.flatnonzero(chosen))


def _remask(job: Job, attempt: Attempt) -> None:
    """Mask again what breaks a rule; the givens stay."""
    wrong = conflicts(job.board, attempt.x_t[None])[0] & (job.puzzle.to_array() == 0)
    if not wrong.any():
        return
    attempt.x_t = np.where(wrong, 0, attempt.x_t)
    job.remasked += int(wrong.sum())
    cells = tuple(np.flatnonzero(wrong).tolist())
    job.tell(events.Remasked, latent=attempt.latent, cells=cells)

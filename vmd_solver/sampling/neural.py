"""Neural mode: the model alone. Givens are clamped; no candidate is eliminated, nothing searched.

After each call the policy commits some cells, and `remask` takes some back. With `select="valid"`
the proposed grids are checked after each call, and a valid one ends the puzzle; with "margin" no
rule decides when to stop or what to answer, and the answer meets the verifier only in the end.
"""

from __future__ import annotations

import numpy as np

from vmd_solver.csp.puzzle import conflicts
from vmd_solver.sampling import events
from vmd_solver.sampling.job import Attempt, Job, emit_committed
from vmd_solver.sampling.policy import choose, in_doubt


def begin(job: Job) -> None:
    """Give the job its attempts."""
    board = job.board
    x_t = job.puzzle.to_array().astype(np.int64)
    allowed = np.ones((board.n, board.D), dtype=np.float32)
    job.attempts = [Attempt(k, x_t.copy(), allowed) for k in range(job.settings.latents)]


def advance(job: Job) -> None:
    """What follows a call: finish, or commit and continue."""
    if job.settings.select == "valid":
        for attempt in job.attempts:
            assert attempt.broken is not None
            if not attempt.broken.any():
                job.finish("solved", attempt.grid)
                return
    if job.late or job.nfe >= job.settings.nfe:
        _conclude(job)
        return
    for attempt in job.attempts:
        _commit(job, attempt)
        _remask(job, attempt)
    if all((attempt.x_t > 0).all() for attempt in job.attempts):
        _conclude(job)  # nothing is left to ask


def _conclude(job: Job) -> None:
    """The end without a valid grid seen on the way."""
    best = job.best_attempt
    assert best is not None and best.answer is not None
    grid = np.array(best.answer.values)
    if job.settings.select == "margin" and not conflicts(job.board, grid[None]).any():
        job.finish("solved", grid)
    elif job.late:
        job.finish("timeout", message="the time was spent")
    else:
        job.finish("unsolved", message=f"no valid grid within {job.nfe} calls")


def _commit(job: Job, attempt: Attempt) -> None:
    assert attempt.p is not None and attempt.grid is not None
    masked = attempt.x_t == 0
    # The call that will come last needs no commit after it: it proposes every cell left.
    calls_left = job.settings.nfe - job.nfe
    chosen = choose(job.settings, attempt.p, masked, calls_left, job.rng)
    attempt.x_t = np.where(chosen, attempt.grid, attempt.x_t)
    emit_committed(job, attempt, np.flatnonzero(chosen))


def _remask(job: Job, attempt: Attempt) -> None:
    """Mask committed cells again, as the settings say; the givens stay."""
    committed = (attempt.x_t > 0) & (job.puzzle.to_array() == 0)
    if job.settings.remask == "none" or not committed.any():
        return
    if job.settings.remask == "rules":
        wrong = committed & conflicts(job.board, attempt.x_t[None])[0]
    else:
        assert attempt.margins is not None
        wrong = in_doubt(attempt.margins, committed)
    if not wrong.any():
        return
    attempt.x_t = np.where(wrong, 0, attempt.x_t)
    job.remasked += int(wrong.sum())
    cells = tuple(np.flatnonzero(wrong).tolist())
    job.emit(events.Remasked, latent=attempt.latent, cells=cells)

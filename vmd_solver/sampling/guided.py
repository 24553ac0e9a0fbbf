"""Guided mode: propagation narrows, the model proposes a grid and an order, search follows it.

A call that proposes a valid grid settles the puzzle. After any other a search from the givens,
complete but for a limit of guesses, which doubles, tries values in the order of the best attempt.
Where it stops undecided the model commits what it is sure of, that is propagated, and it is asked
again; where that contradicts, the attempt goes back to what the givens alone imply and draws
another z. The last search has no limit but the user's: the end is always a verified solution, a
proof that there is none, or a budget that was spent.

A search comes first where a call would cost many times what it saves: on larger boards, on those
with relations or automata, whose propagation leaves little to do, and from a certain puzzle of an
input on. It stays alone where a call would take too much memory.
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

FIRST_GUESSES = 256
"""Guesses of the search after the first call: in compiled code about its time on a 9x9 board."""

MODEL_FIRST = 256
"""Puzzles of an input that the model is asked about before any search. Of those that come later
only what as many guesses leave open as a call takes time, of 9x9 Sudokus less than one in ten
thousand: that a call gives a valid grid, or a better order, saves a hundredth of what it costs."""

LARGE = 1000
"""Candidates from which a board is searched first: 10x10, where the model is no help to search."""

HEAD_START = 4
"""Guesses per candidate before the first call on such boards: the time of ten calls."""

RULED_START = 40
"""The same on boards with relations or automata: most are done before a call would be, and the long
searches that are left take less time than with a tenth of it, or without any call."""


def guesses_before(board: Board, number: int) -> int:
    """Most guesses before the first call on a puzzle of this number in the input."""
    candidates = board.n * board.D
    if board.linked:
        return RULED_START * candidates
    if candidates >= LARGE:
        return HEAD_START * candidates
    return 0 if number < MODEL_FIRST else FIRST_GUESSES


def head_start(job: Job) -> int:
    """`guesses_before` a call on this job; none where propagation has settled it."""
    assert job.propagated is not None
    masks, consistent = job.propagated
    settled = not consistent or (masks_to_values(masks) > 0).all()
    return 0 if settled else guesses_before(job.board, job.number)


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
    if memory.of_call(job.board) * job.settings.latents > memory.MOST:
        _search(job, masks, None, None)
    elif start := guesses_before(job.board, job.number):
        _search(job, masks, None, start)
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
        job.finish("solved", tuple(valid.grid.tolist()), settled_by="model")
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

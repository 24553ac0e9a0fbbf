"""The state of one puzzle while it is being solved: a job, with one attempt for each latent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.candidates import Masks
from vmd_solver.csp.puzzle import conflicts
from vmd_solver.csp.verify import verify
from vmd_solver.denoiser.protocol import Denoiser, Floats, Ints
from vmd_solver.errors import VmdError
from vmd_solver.sampling import events
from vmd_solver.sampling.policy import margins, softmax
from vmd_solver.sampling.settings import Settings
from vmd_solver.sampling.solution import Proposal, Solution, Status

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass
class Attempt:
    """One latent's way through a puzzle."""

    latent: int
    x_t: Ints
    """(n,) 0 where masked."""
    allowed: Floats
    """(n, D) values not ruled out from outside."""
    z: Floats | None = None
    h: Floats | None = None
    p: Floats | None = None
    """(n, D) probabilities of the last call."""
    grid: Ints | None = None
    """(n,) the full grid the last call proposes."""
    broken: npt.NDArray[np.bool_] | None = None
    """(n,) cells of `grid` that break a rule."""
    margins: Floats | None = None
    """(n,) by how much each value of `grid` led when the model was last asked; givens lead by 1."""

    answer: Proposal | None = None
    """The grid of the last call, or the surest of all calls where each begins with another z."""

    @property
    def confidence(self) -> float:
        """How sure it is of its answer; less than any number before there is one."""
        return -np.inf if self.answer is None else self.answer.margin

    def see(self, p: Floats, grid: Ints, broken: npt.NDArray[np.bool_], surest: bool) -> None:
        """Take in what a call answered: p (n, D), and of the grid (n,) it proposes what breaks.

        With `surest` the answer stays that of an earlier call that was surer.
        """
        self.p, self.grid, self.broken = p, grid, broken
        before = 1.0 if self.margins is None else self.margins
        # The logits of a committed cell say nothing: its margin is that of when it was committed.
        self.margins = np.where(self.x_t > 0, before, margins(p, grid)).astype(np.float32)
        margin = float(self.margins.mean())
        if not surest or margin > self.confidence:
            self.answer = Proposal(tuple(grid.tolist()), margin)


class Propagated(NamedTuple):
    """What propagation left of the givens."""

    masks: Masks
    """(n,)"""
    consistent: bool
    """Whether it met no contradiction."""


@dataclass
class Job:
    """One puzzle, its attempts, what it has cost, and who observes it."""

    number: int
    puzzle: Puzzle
    settings: Settings
    observe: events.Observer | None = None
    propagated: Propagated | None = None
    """None until that is done."""
    attempts: list[Attempt] = field(default_factory=list)
    nfe: int = 0
    loops: int = 0
    remasked: int = 0
    guesses: int = 0
    seconds: float = 0.0
    """Time spent on it: its own, and its share of what it does together with others."""
    started: float = field(default_factory=time.perf_counter)
    since: float = field(default_factory=time.perf_counter)
    """When it last began to be timed."""
    solution: Solution | None = None

    def __post_init__(self) -> None:
        # One generator a puzzle: its result does not depend on what else is in the batch.
        self.rng = np.random.default_rng((self.settings.seed, self.number))

    @property
    def board(self) -> Board:
        """The board of the puzzle."""
        return self.puzzle.board

    @property
    def seconds_left(self) -> float | None:
        """Time left of its limit; None where it has none."""
        timeout = self.settings.timeout_s
        return None if timeout is None else self.started + timeout - time.perf_counter()

    @property
    def late(self) -> bool:
        """Whether its time is over."""
        left = self.seconds_left
        return left is not None and left <= 0

    @property
    def uses_cheap_prior(self) -> bool:
        """Whether the next call is too short for the learned prior, which costs as much."""
        return self.settings.mode == "guided" and self.nfe == 0

    @property
    def best_attempt(self) -> Attempt | None:
        """The attempt that is surest of its answer; None before there are any."""
        return max(self.attempts, key=lambda attempt: attempt.confidence, default=None)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Charge the time of a block to this job."""
        self.since = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - self.since

    def emit(self, kind: type[events.Event], **facts: Any) -> None:
        """Hand an event to the observer, if there is one."""
        if self.observe is not None:
            self.observe(kind(self.number, **facts))

    def finish(self, status: Status, values: Ints | None = None, **facts: Any) -> None:
        """End the job. Values go through the verifier, and only its word makes them a solution."""
        found = None if values is None else tuple(int(value) for value in values)
        if found is not None:
            certificate = verify(self.puzzle, found)
            if not certificate:
                raise VmdError(f"internal error, please report: {certificate.problems[0]}")
            self.emit(events.Verified, values=found)
        answers = [attempt.answer for attempt in self.attempts if attempt.answer is not None]
        best = max(answers, key=lambda answer: answer.margin, default=None)
        self.solution = Solution(
            self.puzzle,
            status,
            self.settings.mode,
            values=found,
            verified=found is not None,
            best=None if status == "solved" or best is None else best.values,
            proposals=tuple(answers) if self.settings.mode == "neural" else (),
            nfe=self.nfe,
            loops=self.loops,
            latents=len(self.attempts),
            remasked=self.remasked,
            guesses=self.guesses,
            seconds=self.seconds + time.perf_counter() - self.since,
            **{"count": int(found is not None), **facts},
        )
        self.emit(events.Finished, solution=self.solution)


def call(denoiser: Denoiser, jobs: list[Job], loops: int) -> None:
    """One denoiser call on every attempt of jobs that share a board; fills in p, grid, broken."""
    board, settings, started = jobs[0].board, jobs[0].settings, time.perf_counter()
    rows = [(job, attempt) for job in jobs for attempt in job.attempts]
    _latents(denoiser, rows)
    attempts = [attempt for _, attempt in rows]
    logits, h = denoiser(
        board,
        np.stack([attempt.x_t for attempt in attempts]),
        np.stack([attempt.allowed for attempt in attempts]),
        _stack([attempt.z for attempt in attempts]),
        _stack([attempt.h for attempt in attempts]),
        loops,
    )
    p = softmax(logits, settings.temperature)
    picked = [
        _pick(row, settings.temperature, job.rng) for row, (job, _) in zip(p, rows, strict=True)
    ]
    x_t = np.stack([attempt.x_t for attempt in attempts])
    grids = np.where(x_t > 0, x_t, np.stack(picked))
    seen = zip(attempts, h, p, grids, conflicts(board, grids), strict=True)
    surest = settings.policy == "last" and settings.z == "redraw"
    for attempt, state, probabilities, grid, broken in seen:
        attempt.h = state
        attempt.see(probabilities, grid, broken, surest)
    share = (time.perf_counter() - started) / len(jobs)
    for job in jobs:
        job.nfe += 1
        job.loops += loops
        job.seconds += share
        _emit_calls(job)


Rows = list[tuple[Job, Attempt]]
"""Rows of a call, and whose they are."""


def _latents(denoiser: Denoiser, rows: Rows) -> None:
    """Give each row the z of its next call, and a hidden state if it has none."""
    settings, board = rows[0][0].settings, rows[0][0].board
    later = [row for row in rows if row[1].z is not None]
    first = [row for row in rows if row[1].z is None]
    cheap = [row for row in first if row[0].uses_cheap_prior]
    _place(cheap, partial(denoiser.draw, learned=False), "normal prior")
    draw = partial(denoiser.draw, learned=settings.prior == "learned")
    source = f"{settings.prior} prior"
    _place([row for row in first if not row[0].uses_cheap_prior], draw, source)
    if settings.z == "redraw":
        _place(later, draw, source)
    elif settings.z == "refine" and later:
        proposed = _stack([attempt.grid for _, attempt in later])
        _place(later, partial(denoiser.infer, x0=proposed), "encoder")
    fresh = [attempt for _, attempt in rows if attempt.h is None]
    for attempt, h in zip(fresh, denoiser.start(board, len(fresh)), strict=True):
        attempt.h = h


def _place(rows: Rows, z_of: Callable[..., Floats], source: str) -> None:
    """Set z of these rows to what a denoiser draws or infers for them, with their jobs' chance."""
    if not rows:
        return
    x_t = np.stack([attempt.x_t for _, attempt in rows])
    allowed = np.stack([attempt.allowed for _, attempt in rows])
    rngs = [job.rng for job, _ in rows]
    drawn = z_of(rows[0][0].board, x_t=x_t, allowed=allowed, rng=rngs)
    for (job, attempt), z in zip(rows, drawn, strict=True):
        attempt.z = z
        job.emit(events.DrewLatent, latent=attempt.latent, source=source)


def _stack(parts: list[npt.NDArray[Scalar] | None]) -> npt.NDArray[Scalar]:
    return np.stack([part for part in parts if part is not None])


def _pick(p: Floats, temperature: float, rng: np.random.Generator) -> Ints:
    """A value 1..D for every cell: the most probable, or one drawn from p."""
    if temperature == 0:
        chosen: Ints = p.argmax(axis=-1).astype(np.int64)
        return chosen + 1
    steps = p.cumsum(axis=-1)
    drawn: Ints = (rng.random((len(p), 1)) * steps[:, -1:] > steps).sum(axis=-1)
    value: Ints = np.minimum(drawn, p.shape[-1] - 1) + 1
    return value


def emit_committed(job: Job, attempt: Attempt, cells: npt.NDArray[np.intp]) -> None:
    """Emit that an attempt commits what its grid proposes for these cells, if there are any."""
    if not len(cells):
        return
    assert attempt.p is not None and attempt.grid is not None
    values = attempt.grid[cells]
    job.emit(
        events.Committed,
        latent=attempt.latent,
        cells=tuple(cells.tolist()),
        values=tuple(values.tolist()),
        probabilities=tuple(round(float(p), 4) for p in attempt.p[cells, values - 1]),
    )


def _emit_calls(job: Job) -> None:
    if job.observe is None:
        return
    for attempt in job.attempts:
        assert attempt.p is not None and attempt.grid is not None
        chosen = np.take_along_axis(attempt.p, attempt.grid[:, None] - 1, axis=1)[:, 0]
        job.emit(
            events.Called,
            nfe=job.nfe,
            loops=job.loops,
            latent=attempt.latent,
            grid=tuple(attempt.grid.tolist()),
            probabilities=tuple(round(float(value), 4) for value in chosen),
        )

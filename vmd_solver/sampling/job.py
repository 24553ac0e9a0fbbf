"""The state of one puzzle while it is being solved: a job, with one attempt for each latent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.verify import verify
from vmd_solver.denoiser.protocol import Denoiser, Floats, Ints
from vmd_solver.errors import VmdError
from vmd_solver.sampling import events
from vmd_solver.sampling.policy import softmax
from vmd_solver.sampling.rules import conflicts
from vmd_solver.sampling.settings import Settings
from vmd_solver.sampling.solution import Solution, Status


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

    @property
    def confidence(self) -> float:
        """Mean log probability of the proposed grid, for choosing among grids."""
        if self.p is None or self.grid is None:
            return -np.inf
        chosen = np.take_along_axis(self.p, self.grid[:, None] - 1, axis=1)
        return float(np.log(np.maximum(chosen, 1e-9)).mean())


@dataclass
class Job:
    """One puzzle, its attempts, what it has cost, and whom to tell."""

    number: int
    puzzle: Puzzle
    settings: Settings
    observe: events.Observer | None = None
    attempts: list[Attempt] = field(default_factory=list)
    nfe: int = 0
    loops: int = 0
    remasked: int = 0
    guesses: int = 0
    seconds: float = 0.0
    """Time spent on it: its own, and its share of what it does together with others."""
    started: float = field(default_factory=time.perf_counter)
    since: float = field(default_factory=time.perf_counter)
    """When it was last taken up."""
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
    def most_convinced(self) -> Attempt | None:
        """The attempt whose grid is the most probable; None before there are any."""
        return max(self.attempts, key=lambda attempt: attempt.confidence, default=None)

    @contextmanager
    def taken_up(self) -> Iterator[None]:
        """Charge the time of a block to this job."""
        self.since = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - self.since

    def tell(self, kind: type[events.Event], **facts: Any) -> None:
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
            self.tell(events.Verified, values=found)
        best = self.most_convinced
        grid = None if best is None or best.grid is None else tuple(int(v) for v in best.grid)
        self.solution = Solution(
            self.puzzle,
            status,
            self.settings.mode,
            values=found,
            verified=found is not None,
            best=None if status == "solved" else grid,
            nfe=self.nfe,
            loops=self.loops,
            latents=len(self.attempts),
            remasked=self.remasked,
            guesses=self.guesses,
            seconds=self.seconds + time.perf_counter() - self.since,
            **{"count": int(found is not None), **facts},
        )
        self.tell(events.Finished, solution=self.solution)


def call(denoiser: Denoiser, jobs: list[Job]) -> None:
    """One denoiser call on every attempt of jobs that share a board; fills in p, grid, broken."""
    board, settings, started = jobs[0].board, jobs[0].settings, time.perf_counter()
    for job in jobs:
        fresh = [a for a in job.attempts if settings.redraw or a.z is None]
        if fresh:
            _draw(denoiser, job, fresh)
    attempts = [attempt for job in jobs for attempt in job.attempts]
    logits, h = denoiser(
        board,
        np.stack([attempt.x_t for attempt in attempts]),
        np.stack([attempt.allowed for attempt in attempts]),
        _stack([attempt.z for attempt in attempts]),
        _stack([attempt.h for attempt in attempts]),
    )
    p = softmax(logits if settings.temperature == 0 else logits / settings.temperature)
    row = 0
    for job in jobs:
        job.nfe += 1
        job.loops += denoiser.loops
        for attempt in job.attempts:
            attempt.h, attempt.p = h[row], p[row]
            proposed = _pick(p[row], settings.temperature, job.rng)
            attempt.grid = np.where(attempt.x_t > 0, attempt.x_t, proposed)
            row += 1
    grids = np.stack([attempt.grid for attempt in attempts if attempt.grid is not None])
    broken = conflicts(board, grids)
    for attempt, cells in zip(attempts, broken, strict=True):
        attempt.broken = cells
    share = (time.perf_counter() - started) / len(jobs)
    for job in jobs:
        job.seconds += share
        _tell_call(job)


def _draw(denoiser: Denoiser, job: Job, attempts: list[Attempt]) -> None:
    """Draw z for attempts of a job, and start their hidden state if they have none."""
    settings = job.settings
    x_t = np.stack([attempt.x_t for attempt in attempts])
    allowed = np.stack([attempt.allowed for attempt in attempts])
    z = denoiser.draw(job.board, x_t, allowed, job.rng, settings.prior == "learned")
    h = denoiser.start(job.board, len(x_t))
    for row, attempt in enumerate(attempts):
        attempt.z = z[row]
        attempt.h = h[row] if attempt.h is None else attempt.h
        job.tell(events.DrewLatent, latent=attempt.latent, source=f"{settings.prior} prior")


def _stack(parts: list[Floats | None]) -> Floats:
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


def tell_committed(job: Job, attempt: Attempt, cells: npt.NDArray[np.intp]) -> None:
    """Report that an attempt commits what its grid proposes for these cells."""
    assert attempt.p is not None and attempt.grid is not None
    values = attempt.grid[cells]
    job.tell(
        events.Committed,
        latent=attempt.latent,
        cells=tuple(cells.tolist()),
        values=tuple(values.tolist()),
        probabilities=tuple(round(float(p), 4) for p in attempt.p[cells, values - 1]),
    )


def _tell_call(job: Job) -> None:
    if job.observe is None:
        return
    for attempt in job.attempts:
        assert attempt.p is not None and attempt.grid is not None
        chosen = np.take_along_axis(attempt.p, attempt.grid[:, None] - 1, axis=1)[:, 0]
        job.tell(
            events.Called,
            nfe=job.nfe,
            loops=job.loops,
            latent=attempt.latent,
            grid=tuple(attempt.grid.tolist()),
            probabilities=tuple(round(float(value), 4) for value in chosen),
        )

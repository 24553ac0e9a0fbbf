"""The engine: puzzles in, verified outcomes out, in order and in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from vmd_solver.csp import Board, Puzzle, exact
from vmd_solver.csp.candidates import Masks, initial_masks, propagate
from vmd_solver.denoiser.protocol import Denoiser
from vmd_solver.errors import SearchError
from vmd_solver.sampling import events, guided, neural
from vmd_solver.sampling.job import Job, call
from vmd_solver.sampling.settings import Settings
from vmd_solver.sampling.solution import Solution

WINDOW = 16
"""Puzzles held at a time, in units of what one call takes."""


class Solver:
    """Solves puzzles with one set of settings.

    `denoiser` may be None in exact mode only; `observe` is handed every event as it happens.
    Raises SearchError where a model is needed and there is none.
    """

    def __init__(
        self,
        settings: Settings,
        denoiser: Denoiser | None = None,
        observe: events.Observer | None = None,
    ) -> None:
        if denoiser is None and settings.mode != "exact":
            raise SearchError(f"mode {settings.mode} needs a model; use --mode exact without one")
        self.settings, self.denoiser, self.observe = settings, denoiser, observe

    def solve(self, puzzle: Puzzle) -> Solution:
        """The outcome for one puzzle."""
        return next(self.stream([puzzle]))

    def stream(self, puzzles: Iterable[Puzzle]) -> Iterator[Solution]:
        """Outcomes in the order of the puzzles; only a window of them is held at a time."""
        source = enumerate(puzzles)
        # A time limit is for one puzzle alone: sharing calls would share the clock.
        alone = self.settings.timeout_s is not None
        window = 1 if alone else max(1, WINDOW * self.settings.batch // self.settings.latents)
        while held := [self._job(number, puzzle) for number, puzzle in islice(source, window)]:
            self._run(held)
            for job in held:
                assert job.solution is not None
                yield job.solution

    def _job(self, number: int, puzzle: Puzzle) -> Job:
        job = Job(number, puzzle, self.settings, self.observe)
        problems = puzzle.status()
        if problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            job.finish("invalid", message=f"{problems[0]}{more}")
        return job

    def _run(self, jobs: list[Job]) -> None:
        """Solve a window of jobs, those of one board together."""
        boards: dict[Board, list[Job]] = {}
        for job in jobs:
            if job.solution is None:
                boards.setdefault(job.board, []).append(job)
        for group in boards.values():
            if self.settings.mode == "exact":
                self._exact(group)
            elif self.settings.mode == "neural":
                for job in group:
                    neural.begin(job)
                self._sample(group, {})
            else:
                self._guided(group)

    def _exact(self, jobs: list[Job]) -> None:
        settings = self.settings
        for job in jobs:
            with job.taken_up():
                count = exact.count(
                    job.puzzle,
                    settings.solutions,
                    max_guesses=settings.max_guesses,
                    deadline_s=job.seconds_left,
                )
                job.guesses = count.guesses
                guided.decide(job, count)

    def _guided(self, jobs: list[Job]) -> None:
        board = jobs[0].board
        givens = np.stack([job.puzzle.to_array() for job in jobs])
        masks, consistent = propagate(board, initial_masks(board, givens))
        for job, row, good in zip(jobs, masks, consistent, strict=True):
            with job.taken_up():
                guided.begin(job, row, bool(good))
        roots = {job.number: row for job, row in zip(jobs, masks, strict=True)}
        self._sample([job for job in jobs if job.solution is None], roots)

    def _sample(self, jobs: list[Job], roots: dict[int, Masks]) -> None:
        """Call the denoiser on the jobs still open; as one finishes the next one takes its rows."""
        assert self.denoiser is not None
        waiting, running = deque(jobs), list[Job]()
        room = max(1, self.settings.batch // self.settings.latents)
        while waiting or running:
            while waiting and len(running) < room:
                running.append(waiting.popleft())
            call(self.denoiser, running)
            for job in running:
                with job.taken_up():
                    if self.settings.mode == "neural":
                        neural.advance(job)
                    else:
                        guided.advance(job, roots[job.number])
            running = [job for job in running if job.solution is None]

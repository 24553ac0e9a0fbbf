"""The engine: puzzles in, verified outcomes out, in order and in bounded memory."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice, starmap

import numpy as np

from vmd_solver.csp import Board, Puzzle, exact
from vmd_solver.csp.candidates import initial_masks, propagate
from vmd_solver.denoiser.protocol import Denoiser
from vmd_solver.errors import InvalidPuzzle, SearchError
from vmd_solver.sampling import events, guided, neural
from vmd_solver.sampling.job import Job, Propagated, call
from vmd_solver.sampling.settings import Settings
from vmd_solver.sampling.solution import Solution

WINDOW = 16
"""Most puzzles held at a time, in units of what one call takes."""

BATCH_PAYS = 64
"""Puzzles from which the compiled kernel is worth loading in exact mode."""

BATCH_GUESSES = 2000
"""Guesses on a puzzle in a batch; after these milliseconds it is searched alone, with the clock."""

Numbered = tuple[int, Puzzle, Propagated | None]
"""A puzzle, its number in the input, and its candidates if a stage before has propagated them."""


class Solver:
    """Solves puzzles with one set of settings.

    `denoiser` may be None in exact mode only; `observe` is handed every event as it happens.
    Raises SearchError where a model is needed and missing.
    """

    def __init__(
        self,
        settings: Settings,
        denoiser: Denoiser | None = None,
        observe: events.Observer | None = None,
    ) -> None:
        if denoiser is None and settings.mode != "exact":
            raise SearchError(f"mode {settings.mode} needs a model; use --mode exact without one")
        drawn = settings.temperature > 0 or settings.policy == "random"
        if denoiser is not None and denoiser.latent == "none" and not drawn:
            settings = replace(settings, latents=1)  # the attempts would not differ
        self.settings, self.denoiser, self.observe = settings, denoiser, observe
        self._window = 1

    def solve(self, puzzle: Puzzle) -> Solution:
        """The outcome for one puzzle."""
        return next(self.stream([puzzle]))

    def stream(self, puzzles: Iterable[Puzzle]) -> Iterator[Solution]:
        """Outcomes in the order of the puzzles, each as soon as those before it are out.

        Only a window of puzzles is held at a time. It starts with one puzzle and doubles, so that
        the first answers come early and later ones share their calls.
        """
        return self.numbered((number, puzzle, None) for number, puzzle in enumerate(puzzles))

    def numbered(self, puzzles: Iterable[Numbered]) -> Iterator[Solution]:
        """`stream`, where each puzzle comes with its number: its own seed, and its name in events.

        The window keeps growing from one call to the next.
        """
        source = iter(puzzles)
        # A time limit is for one puzzle alone: sharing calls would share the clock.
        alone = self.settings.timeout_s is not None
        most = 1 if alone else max(1, WINDOW * self.settings.batch // self.settings.latents)
        while held := deque(starmap(self._job, islice(source, self._window))):
            for _ in self._run(list(held)):
                while held and held[0].solution is not None:
                    yield held.popleft().solution  # type: ignore[misc]
            self._window = min(2 * self._window, most)

    def _job(self, number: int, puzzle: Puzzle, propagated: Propagated | None) -> Job:
        job = Job(number, puzzle, self.settings, self.observe, propagated)
        job.emit(events.Began, asked=puzzle)
        try:
            puzzle.require_valid()
        except InvalidPuzzle as error:
            job.finish("invalid", message=str(error))
        return job

    def _run(self, jobs: list[Job]) -> Iterator[None]:
        """Solve a window of jobs, those of one board together; yields whenever some are done."""
        boards: dict[Board, list[Job]] = {}
        for job in jobs:
            if job.solution is None:
                boards.setdefault(job.board, []).append(job)
        yield
        for group in boards.values():
            yield from {"exact": self._exact, "neural": self._neural, "guided": self._guided}[
                self.settings.mode
            ](group)

    def _exact(self, jobs: list[Job]) -> Iterator[None]:
        settings = self.settings
        if len(jobs) >= BATCH_PAYS and settings.solutions == 1:
            # What a stage before has propagated it has also searched, as far as a batch does.
            self._exact_batch([job for job in jobs if job.propagated is None])
            jobs = [job for job in jobs if job.solution is None]
            yield
        for job in jobs:
            with job.timed():
                count = self._search(job)
                job.guesses = count.guesses
                guided.decide(job, count)
            yield

    def _search(self, job: Job) -> exact.Count:
        """A complete search, from what propagation left where that is known."""
        masks, consistent = job.propagated or (None, True)
        if not consistent:
            return exact.Count(0, True, 0, ())
        return exact.count(
            job.puzzle,
            self.settings.solutions,
            max_guesses=self.settings.max_guesses,
            deadline_s=job.seconds_left,
            masks=masks,
        )

    def _exact_batch(self, jobs: list[Job]) -> None:
        """One solution each: all at once, by the compiled kernel where there is one.

        Jobs that need more guesses than a call that nothing interrupts should make stay open.
        """
        if not jobs:
            return
        started = time.perf_counter()
        givens = np.stack([job.puzzle.to_array() for job in jobs])
        asked = self.settings.max_guesses
        most = BATCH_GUESSES if asked is None else min(asked, BATCH_GUESSES)
        found = exact.solve_batch(jobs[0].board, givens, max_guesses=most)
        share = (time.perf_counter() - started) / len(jobs)
        rows = zip(found.solutions, found.counts, found.complete, found.guesses, strict=True)
        for job, (grid, count, complete, guesses) in zip(jobs, rows, strict=True):
            job.seconds += share
            if not complete:
                continue
            job.guesses = int(guesses)
            grids = (tuple(grid.tolist()),) if count else ()
            with job.timed():
                guided.decide(job, exact.Count(int(count), True, int(guesses), grids))

    def _neural(self, jobs: list[Job]) -> Iterator[None]:
        for job in jobs:
            neural.begin(job)
        yield from self._sample(jobs, neural.advance, lambda calls, most: most)

    def _guided(self, jobs: list[Job]) -> Iterator[None]:
        _propagate([job for job in jobs if job.propagated is None])
        for job in jobs:
            assert job.propagated is not None
            with job.timed():
                guided.begin(job, *job.propagated)
        yield
        waiting = [job for job in jobs if job.solution is None]
        yield from self._sample(waiting, _advance_guided, guided.loops_of)

    def _sample(
        self, jobs: list[Job], advance: Callable[[Job], None], loops_of: Callable[[int, int], int]
    ) -> Iterator[None]:
        """Call the denoiser on the jobs still open; as one finishes the next one takes its rows.

        `loops_of` gives the loops of a job's next call from its calls so far and the usual number.
        """
        assert self.denoiser is not None
        waiting, running = deque(jobs), list[Job]()
        room = max(1, self.settings.batch // self.settings.latents)
        usual = self.settings.loops or self.denoiser.loops
        while waiting or running:
            while waiting and len(running) < room:
                running.append(waiting.popleft())
            calls: dict[int, list[Job]] = {}
            for job in running:
                calls.setdefault(loops_of(job.nfe, usual), []).append(job)
            for loops, group in calls.items():
                call(self.denoiser, group, loops)
            for job in running:
                with job.timed():
                    advance(job)
            running = [job for job in running if job.solution is None]
            yield


def _propagate(jobs: list[Job]) -> None:
    """Find the candidates of jobs that share a board."""
    if jobs:
        board = jobs[0].board
        givens = np.stack([job.puzzle.to_array() for job in jobs])
        for job, masks, good in zip(
            jobs, *propagate(board, initial_masks(board, givens)), strict=True
        ):
            job.propagated = Propagated(masks, bool(good))


def _advance_guided(job: Job) -> None:
    assert job.propagated is not None
    guided.advance(job, job.propagated.masks)

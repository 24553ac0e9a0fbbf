"""The engine: puzzles in, verified outcomes out, in order and in bounded memory."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice, starmap

import numpy as np

from vmd_solver.csp import Board, Puzzle, exact, memory
from vmd_solver.csp.candidates import initial_masks, propagate
from vmd_solver.denoiser.protocol import Denoiser
from vmd_solver.errors import InvalidPuzzle, SearchError, TooLarge
from vmd_solver.formats import write
from vmd_solver.sampling import guided, neural
from vmd_solver.sampling.job import Job, Observer, Propagated, Solution, call, refused
from vmd_solver.sampling.settings import Settings

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
        self, settings: Settings, denoiser: Denoiser | None = None, observe: Observer | None = None
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
        while held := deque(starmap(self._job, self._taken(source))):
            for _ in self._run(list(held)):
                while held and held[0].solution is not None:
                    yield held.popleft().solution  # type: ignore[misc]
            self._window = min(2 * self._window, most)

    def _taken(self, source: Iterator[Numbered]) -> Iterator[Numbered]:
        """The next puzzles of a window; fewer where they are large."""
        room = memory.HELD
        for numbered in islice(source, self._window):
            yield numbered
            room -= memory.size(numbered[1].board)
            if room < 0:
                return

    def _job(self, number: int, puzzle: Puzzle, propagated: Propagated | None) -> Job:
        job = Job(number, puzzle, self.settings, self.observe, propagated)
        if self.observe is not None:
            job.emit("Began", asked=json.loads(write(puzzle, "jsonl")))
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
            if self.settings.mode == "exact":
                yield from self._exact(group)
                continue
            if self.settings.mode == "guided":
                with refused(group):
                    _propagate([job for job in group if job.propagated is None])
                left = [job for job in group if job.solution is None]
                starts = {job.number: guided.head_start(job) for job in left}
                if self.observe is None and any(starts.values()):
                    waiting = [job for job in left if starts[job.number]]
                    self._search_many(waiting, max(starts.values()))
            begin = guided.begin if self.settings.mode == "guided" else neural.begin
            for job in [job for job in group if job.solution is None]:
                with job.timed():
                    begin(job)
            yield
            yield from self._sample([job for job in group if job.solution is None])

    def _exact(self, jobs: list[Job]) -> Iterator[None]:
        settings = self.settings
        # What a stage before has propagated it has also searched, as far as a batch does.
        self._search_many([job for job in jobs if job.propagated is None])
        yield
        for job in [job for job in jobs if job.solution is None]:
            masks, consistent = job.propagated or (None, True)
            with job.timed():
                count = exact.Count(0, True, 0)
                if consistent:
                    count = exact.count(
                        job.puzzle,
                        settings.solutions,
                        max_guesses=settings.max_guesses,
                        deadline_s=job.seconds_left,
                        masks=masks,
                    )
                job.guesses = count.guesses
                job.decide(count)
            yield

    def _search_many(self, jobs: list[Job], most: int = BATCH_GUESSES) -> None:
        """Search for at most so many guesses on each of these jobs, if a batch of them pays."""
        if len(jobs) >= BATCH_PAYS and self.settings.solutions == 1:
            asked = self.settings.max_guesses
            with suppress(MemoryError, TooLarge):  # one by one they may have room
                _search_batch(jobs, min(most, BATCH_GUESSES if asked is None else asked))

    def _sample(self, waiting: list[Job]) -> Iterator[None]:
        """Call the denoiser on the jobs still open; as one finishes the next one takes its rows."""
        assert self.denoiser is not None
        advance = guided.advance if self.settings.mode == "guided" else neural.advance
        each = memory.of_call(waiting[0].board) if waiting else 1
        room = max(1, min(self.settings.batch, memory.MOST // each) // self.settings.latents)
        loops = self.settings.loops or self.denoiser.loops
        running = list[Job]()
        while waiting or running:
            free = room - len(running)
            running, waiting = running + waiting[:free], waiting[free:]
            with refused(running):
                call(self.denoiser, running, loops)
            for job in [job for job in running if job.solution is None]:
                with job.timed():
                    advance(job)
            running = [job for job in running if job.solution is None]
            yield


def _propagate(jobs: list[Job]) -> None:
    """Find the candidates of jobs that share a board."""
    if jobs:
        board = jobs[0].board
        givens = np.stack([job.puzzle.to_array() for job in jobs])
        found = propagate(board, initial_masks(board, givens))
        for job, masks, consistent in zip(jobs, *found, strict=True):
            job.propagated = Propagated(masks, bool(consistent))


def _search_batch(jobs: list[Job], most: int) -> None:
    """One solution for each of jobs that share a board: all at once, compiled where that is there.

    Jobs that need more guesses than a call that nothing interrupts should make stay open.
    """
    started = time.perf_counter()
    givens = np.stack([job.puzzle.to_array() for job in jobs])
    found = exact.solve_batch(jobs[0].board, givens, max_guesses=most)
    share = (time.perf_counter() - started) / len(jobs)
    for row, job in enumerate(jobs):
        job.seconds += share
        if found.complete[row]:
            job.guesses, solutions = int(found.guesses[row]), int(found.counts[row])
            grids = (tuple(found.solutions[row].tolist()),) if solutions else ()
            with job.timed():
                job.decide(exact.Count(solutions, True, job.guesses, grids))

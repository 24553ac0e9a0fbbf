"""All parts of an input solved, by this process and, if there is much to do, by workers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain
from time import perf_counter

from vmd_solver.batch.outcome import Report
from vmd_solver.batch.parts import Part, cut_to, entries_in
from vmd_solver.batch.pipeline import Pipeline, Trace
from vmd_solver.batch.pool import Process, Task, Worker, WorkerPool, processors
from vmd_solver.batch.records import OutputFormat
from vmd_solver.denoiser.onnx import CUDA, providers

ALONE_S = 2.0
"""Work that this process does before it starts others: they take a second to be there."""

FEED_S = 1e-5
"""Twice what it takes this process to hand out a puzzle and take its row: what it solves as fast it
had better solve alone."""

MOST_JOBS = 8
"""Workers unless a number is asked for: more than one process can feed with easy puzzles."""

SMALLEST, LARGEST = 16, 4096
"""Entries in a task."""

SHORT_S, LONG_S = 0.2, 1.0
"""What a task should take: tasks become larger below, and smaller above."""


class TaskSize:
    """How many entries a task should have, from how long the last ones took."""

    def __init__(self) -> None:
        self.entries = 4 * SMALLEST

    def learn(self, entries: int, seconds: float) -> None:
        """So many entries took so long."""
        if seconds > LONG_S:
            self.entries = max(SMALLEST, min(self.entries, entries // 2))
        elif seconds < SHORT_S and 2 * entries > self.entries:
            self.entries = min(LARGEST, 2 * self.entries)


def tasks(parts: Iterable[Part], size: TaskSize) -> Iterator[Task]:
    """The parts in order, cut and put together to the size of the moment, or less than twice that:
    parts that are not too large stay whole."""
    source = cut_to(parts, lambda: size.entries)
    while True:
        payload, count = list[Part](), 0
        while count < size.entries and (part := next(source, None)) is not None:
            payload.append(part)
            count += entries_in(part[1])
        if not payload:
            return
        first = payload[0][0] + 1
        yield Task(payload, f"puzzles {first:,} to {first + count - 1:,}", count)


def solve_parts(
    parts: Iterator[Part], form: OutputFormat, trace: Trace | None = None
) -> Generator[Report, None, None]:
    """Reports on all parts, in order. Raises VmdError; what `trace` takes is of this process."""
    request = form.request
    if request.ray in (None, "local"):  # any other cluster is there, or it is said at once
        pipeline = Pipeline(form, trace)
        if (request.ray, request.jobs) == (None, 1) or trace is not None:
            yield from pipeline.reports(parts)
            return
        if request.jobs is None:
            size = TaskSize()
            parts = cut_to(parts, lambda: size.entries)
            yield from pipeline.reports(_for_a_while(parts, size))
        if (first := next(parts, None)) is None:
            return
        parts = chain([first], parts)
    size = TaskSize()
    with worker_pool(form) as pool:
        yield from pool.map(tasks(parts, size), size.learn)


@contextmanager
def worker_pool(form: OutputFormat) -> Iterator[WorkerPool]:
    """Workers of this machine or of a Ray cluster, each of them a pipeline."""
    request = form.request
    jobs, threads, gpus = request.jobs, request.threads or 1, int(request.device == "cuda")
    if request.ray is None:
        # A worker for each processor; but one only where they would have to share a GPU.
        model = request.settings.mode != "exact" and request.device != "cpu"
        jobs = jobs or (1 if model and CUDA in providers() else min(processors(), MOST_JOBS))
        threads = request.threads or max(1, processors() // jobs)
    new_work = partial(Pipeline, replace(form, request=replace(request, threads=threads)))
    spawn: Callable[[], Worker] = partial(Process, new_work)
    with ExitStack() as stack:
        if request.ray is not None:
            from vmd_solver.batch.cluster import cluster

            spawn, room = stack.enter_context(cluster(request.ray, new_work, threads, gpus))
            jobs = jobs or room
        yield stack.enter_context(WorkerPool(spawn, jobs or 1))


def _for_a_while(parts: Iterator[Part], size: TaskSize) -> Iterator[Part]:
    """The first of the parts, until the work on them, without the wait for them, is ALONE_S; all of
    them as long as workers could not do it faster."""
    work, count = 0.0, 0
    for part in parts:
        since = perf_counter()
        yield part
        seconds, entries = perf_counter() - since, entries_in(part[1])
        size.learn(entries, seconds)
        work, count = work + seconds, count + entries
        if work > max(ALONE_S, count * FEED_S):
            return

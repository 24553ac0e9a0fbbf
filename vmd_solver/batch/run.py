"""All parts of an input solved, by this process and, if there is much to do, by workers."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

from vmd_solver.batch.parts import Part, cut_to, entries_in
from vmd_solver.batch.pipeline import Pipeline, Trace
from vmd_solver.batch.pool import Task, WorkerPool
from vmd_solver.batch.records import OutputStyle
from vmd_solver.batch.report import Report
from vmd_solver.batch.request import Request
from vmd_solver.denoiser.onnx import CUDA, providers

ALONE_S = 2.0
"""Work that this process does before it starts others: they take a second to be there."""

FIRST = 256
"""Most entries in a part until then."""

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
    """The parts in order, cut and put together to the size of the moment."""
    payload: list[Part] = []
    count = 0

    def room() -> int:
        return max(1, size.entries - count)

    for part in cut_to(parts, room):
        payload.append(part)
        count += entries_in(part[1])
        if count >= size.entries:
            yield _task(payload, count)
            payload, count = [], 0
    if payload:
        yield _task(payload, count)


def _task(parts: list[Part], count: int) -> Task:
    first = parts[0][0] + 1
    return Task(parts, f"puzzles {first:,} to {first + count - 1:,}", count)


def solve_parts(
    parts: Iterator[Part], request: Request, style: OutputStyle, trace: Trace | None = None
) -> Generator[Report, None, None]:
    """Reports on all parts, in order. Raises VmdError; what `trace` takes is of this process."""
    if request.ray is None:
        pipeline = Pipeline(request, style, trace)
        if request.jobs == 1 or trace is not None:
            yield from pipeline.reports(parts)
            return
        if request.jobs is None:
            parts = cut_to(parts, lambda: FIRST)
            yield from pipeline.reports(_for_a_while(parts))
        if (first := next(parts, None)) is None:
            return
        parts = chain([first], parts)
    size = TaskSize()
    with worker_pool(request, style) as pool:
        yield from pool.map(tasks(parts, size), size.learn)


@contextmanager
def worker_pool(request: Request, style: OutputStyle) -> Iterator[WorkerPool[Any]]:
    """Workers of this machine or of a Ray cluster, each of them a pipeline."""
    if request.ray is not None:
        from vmd_solver.batch.cluster import ray_backend

        threads, gpus = request.threads or 1, int(request.device == "cuda")
        new_work = partial(Pipeline, replace(request, threads=threads), style)
        with (
            ray_backend(request.ray, new_work, threads, gpus) as cluster,
            WorkerPool(cluster, request.jobs or cluster.capacity) as pool,
        ):
            yield pool
        return
    from vmd_solver.batch.processes import ProcessBackend

    jobs = request.jobs or _usual_jobs(request)
    threads = request.threads or max(1, (os.cpu_count() or 1) // jobs)
    new_work = partial(Pipeline, replace(request, threads=threads), style)
    with WorkerPool(ProcessBackend(new_work), jobs) as pool:
        yield pool


def _for_a_while(parts: Iterator[Part]) -> Iterator[Part]:
    """The first of the parts, until the work on them, without the wait for them, is ALONE_S."""
    left = ALONE_S
    for part in parts:
        since = time.perf_counter()
        yield part
        left -= time.perf_counter() - since
        if left < 0:
            return


def _usual_jobs(request: Request) -> int:
    """A worker for each processor; but one only where they would have to share a GPU."""
    on_gpu = request.settings.mode != "exact" and request.device != "cpu" and CUDA in providers()
    if on_gpu:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, MOST_JOBS)

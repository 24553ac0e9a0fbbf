"""Worker processes: parts of the input go out to them, their reports come back in input order.

A worker that dies is replaced, and what it had in hand is done again. What is out at a time is
bounded, and so is the time that a worker takes for what it is given. Knows neither puzzles nor
output.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait

from vmd_solver.cli.engine import Engine, Look, Part, cut, entries_in
from vmd_solver.cli.interrupt import deaf_children
from vmd_solver.cli.report import Report
from vmd_solver.cli.request import Request
from vmd_solver.errors import VmdError
from vmd_solver.formats import Entry, Piece

AHEAD = 4
"""Tasks for each worker that may be out, or back and waiting for one before them."""

DEATHS = 3
"""Workers that may die over the same task."""

SMALLEST, LARGEST = 16, 4096
"""Entries in a task."""

SHORT_S, LONG_S = 0.2, 1.0
"""What a task should take: tasks become larger below, and smaller above."""


class Sizes:
    """How many entries to give out at a time: found out as reports come back."""

    def __init__(self) -> None:
        self.entries = 4 * SMALLEST

    def learn(self, entries: int, seconds: float) -> None:
        """So many entries took so long."""
        if seconds > LONG_S:
            self.entries = max(SMALLEST, min(self.entries, entries // 2))
        elif seconds < SHORT_S and 2 * entries > self.entries:
            self.entries = min(LARGEST, 2 * self.entries)


@dataclass(eq=False)
class Task:
    """Parts that go out together; the workers that died over them, and the report in the end."""

    parts: list[Part]
    entries: int = 0
    deaths: int = 0
    report: Report | None = None


def tasks(parts: Iterable[Part], sizes: Sizes) -> Iterator[Task]:
    """The parts in order, cut and put together to the size of the moment."""
    task = Task([])
    for number, part in parts:
        rest: Piece | Entry | None = part
        while rest is not None:
            first, rest = cut(rest, max(1, sizes.entries - task.entries))
            task.parts.append((number, first))
            task.entries += entries_in(first)
            number += entries_in(first)
            if task.entries >= sizes.entries:
                yield task
                task = Task([])
    if task.parts:
        yield task


class _Worker:
    """A process, the task it has in hand, and since when."""

    def __init__(self, request: Request, look: Look) -> None:
        # A fresh interpreter: threads of a library that this process runs do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, request, look), daemon=True)
        with deaf_children():
            self._process.start()
        theirs.close()
        self.task: Task | None = None
        self.since = 0.0

    def give(self, task: Task) -> None:
        """Hand out a task. A process that is dead shows when the report is asked for."""
        self.task, self.since = task, time.perf_counter()
        with suppress(OSError):
            self.connection.send(task.parts)

    def end(self) -> None:
        """Whatever it is doing."""
        self._process.kill()
        self._process.join()
        self.connection.close()


class Crew:
    """At most `jobs` workers, started as there is something to do. Use it in a `with` statement."""

    def __init__(self, request: Request, look: Look, jobs: int) -> None:
        threads = request.threads or max(1, (os.cpu_count() or 1) // jobs)
        self._request, self._look = replace(request, threads=threads), look
        self._jobs = jobs
        self._workers: list[_Worker] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def reports(self, parts: Iterable[Part]) -> Iterator[Report]:
        """The reports on all parts, in order. Raises what a worker raised, and VmdError."""
        sizes = Sizes()
        source = tasks(parts, sizes)
        out: deque[Task] = deque()
        while True:
            while len(out) < AHEAD * self._jobs and (worker := self._idle()):
                if (task := next(source, None)) is None:
                    break
                out.append(task)
                worker.give(task)
            if not out:
                return
            for worker in self._heard():
                self._take(worker, sizes)
            while out and out[0].report is not None:
                yield out.popleft().report  # type: ignore[misc]

    def _idle(self) -> _Worker | None:
        """A worker that has nothing to do, a new one if need be; None where all are busy."""
        worker = next((worker for worker in self._workers if worker.task is None), None)
        if worker is None and len(self._workers) < self._jobs:
            worker = _Worker(self._request, self._look)
            self._workers.append(worker)
        return worker

    def _heard(self) -> list[_Worker]:
        """The workers that have reported, or died, at last."""
        busy = {worker.connection: worker for worker in self._workers if worker.task}
        return [busy[ready] for ready in wait(list(busy)) if isinstance(ready, Connection)]

    def _take(self, worker: _Worker, sizes: Sizes) -> None:
        """Take in a report; a worker that died gives way to another, with the same task."""
        task, worker.task = worker.task, None
        assert task is not None
        try:
            answer = worker.connection.recv()
        except (EOFError, OSError):
            self._replace(worker, task)
            return
        if isinstance(answer, Exception):
            raise answer
        task.report = answer
        sizes.learn(task.entries, time.perf_counter() - worker.since)

    def _replace(self, worker: _Worker, task: Task) -> None:
        worker.end()
        self._workers.remove(worker)
        task.deaths += 1
        if task.deaths == DEATHS:
            first = task.parts[0][0] + 1
            raise VmdError(
                f"{DEATHS} worker processes died over puzzles {first:,} to "
                f"{first + task.entries - 1:,}: is there memory for --jobs {self._jobs}?"
            )
        other = _Worker(self._request, self._look)
        self._workers.append(other)
        other.give(task)


def work(connection: Connection, request: Request, look: Look) -> None:
    """The life of a worker: reports on what comes, until nothing does."""
    engine = Engine(request, look)
    with suppress(EOFError, OSError):
        while True:
            connection.send(_answer(engine, connection.recv()))


def _answer(engine: Engine, parts: list[Part]) -> Report | Exception:
    try:
        return engine.whole(parts)
    except Exception as error:
        return error

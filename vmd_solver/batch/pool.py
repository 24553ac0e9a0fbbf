"""A pool of workers: tasks go out to them, results come back in order.

A worker that dies is replaced, and its task is done again; what is out at a time is bounded.
(`concurrent.futures` gives up the whole pool when a worker is killed.) Workers are processes of
this machine, or the actors of `cluster`.
"""

from __future__ import annotations

import os
import pickle
import signal
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from vmd_solver.errors import WorkersUnavailable

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

AHEAD = 4
"""Tasks for each worker that may be out, or back and waiting for one before them."""

MOST_DEATHS = 3
"""Workers that may die over the same task, or one after another before they are up."""

Work = Callable[[Any], Any]
NewWork = Callable[[], Work]
"""Makes, in the worker itself, what answers payloads. It is pickled, as these and answers are."""


@dataclass(eq=False)
class Task:
    """A payload, what messages call it, and how many puzzles it holds."""

    payload: Any
    label: str
    size: int = 1
    deaths: int = 0
    """Workers that died over it."""
    done: bool = False
    result: Any = None


class WorkerLostError(Exception):
    """The worker died."""


class Worker(ABC):
    """Works on one task at a time."""

    up = True
    """Whether it can be given anything; one that is not gives a first answer when it is."""
    task: Task | None = None
    since = 0.0

    @abstractmethod
    def submit(self, payload: Any) -> None:
        """Hand out a payload. That the worker is dead shows when it is asked for its answer."""

    @abstractmethod
    def answer(self) -> Any:
        """The result, or the exception that was raised. Raises WorkerLostError."""

    @abstractmethod
    def kill(self) -> None:
        """End it, whatever it is doing."""

    @staticmethod
    @abstractmethod
    def ready(workers: Sequence[Any]) -> Sequence[Any]:
        """Those that can answer, or have died; waits until there are any. Raises
        WorkersUnavailable."""


class WorkerPool:
    """At most `jobs` workers, spawned as there are tasks. Use it in a `with` statement."""

    def __init__(self, spawn: Callable[[], Worker], jobs: int) -> None:
        self._spawn, self._jobs = spawn, jobs
        self.workers: list[Worker] = []
        self._again: deque[Task] = deque()
        self._startup_failures = 0

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.kill()

    def map(
        self, tasks: Iterable[Task], on_done: Callable[[int, float], None] | None = None
    ) -> Iterator[Any]:
        """The results in order of the tasks. Raises what a worker raised, and WorkersUnavailable.

        `on_done` gets the size of each task and the seconds it took.
        """
        source = iter(tasks)
        out: deque[Task] = deque()
        while True:
            no_more = self._submit(source, out)
            if no_more and not out:
                return
            busy = [worker for worker in self.workers if worker.task or not worker.up]
            for worker in busy[0].ready(busy):
                task = self._collect(worker)
                if task is not None and on_done is not None:
                    on_done(task.size, time.perf_counter() - worker.since)
            while out and out[0].done:
                yield out.popleft().result

    def _submit(self, source: Iterator[Task], out: deque[Task]) -> bool:
        """Give tasks to workers while there are both; those of dead workers come first.

        Whether there are no more tasks. Where no worker is up yet, nobody knows.
        """
        while self._again or len(out) < AHEAD * self._jobs:
            if (worker := self._idle()) is None:
                return False
            if self._again:
                task = self._again.popleft()
            elif (found := next(source, None)) is not None:
                out.append(task := found)
            else:
                return True
            worker.task, worker.since = task, time.perf_counter()
            worker.submit(task.payload)
        return False

    def _idle(self) -> Worker | None:
        """A worker without a task, a new one if need be; None if there is none yet."""
        for worker in self.workers:
            if worker.up and worker.task is None:
                return worker
        while len(self.workers) < self._jobs:
            self.workers.append(self._spawn())
            if self.workers[-1].up:
                return self.workers[-1]
        return None

    def _collect(self, worker: Worker) -> Task | None:
        """The task that the worker has done, if any; that of a dead worker is kept for another."""
        task, worker.task = worker.task, None
        try:
            answer = worker.answer()
        except WorkerLostError as error:
            worker.kill()
            self.workers.remove(worker)
            if task is None:
                self._startup_failures += 1
                if self._startup_failures == MOST_DEATHS:
                    raise self._given_up("before they had begun", error) from None
                return None
            task.deaths += 1
            if task.deaths == MOST_DEATHS:
                raise self._given_up(f"over {task.label}", error) from None
            self._again.append(task)
            return None
        self._startup_failures = 0
        if isinstance(answer, Exception):
            raise answer
        if task is not None:
            task.done, task.result = True, answer
        return task

    def _given_up(self, when: str, error: WorkerLostError) -> WorkersUnavailable:
        return WorkersUnavailable(
            f"{MOST_DEATHS} workers died {when} ({error}): is there memory for --jobs {self._jobs}?"
            " Try fewer, or smaller puzzles"
        )


class Process(Worker):
    """A process of this machine, and the pipe to it."""

    def __init__(self, new_work: NewWork) -> None:
        from multiprocessing import get_context

        # A fresh interpreter: threads of a library that this process runs do not survive a fork.
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs,), daemon=True)
        with sigint_masked():
            self.process.start()
        theirs.close()
        self.submit(new_work)

    def submit(self, payload: Any) -> None:
        with suppress(OSError):
            self.connection.send(payload)

    def answer(self) -> Any:
        try:
            return self.connection.recv()
        except (EOFError, OSError) as error:
            self.process.join(timeout=1)
            raise WorkerLostError(f"the last with exit code {self.process.exitcode}") from error

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()

    @staticmethod
    def ready(workers: Sequence[Process]) -> list[Process]:
        from multiprocessing.connection import wait

        ready = wait([worker.connection for worker in workers])
        return [worker for worker in workers if worker.connection in ready]


def serve(connection: Connection) -> None:
    """Make the work that comes first, and answer what follows, until nothing does: what the process
    runs. What goes wrong in the making is an answer too."""
    if not hasattr(signal, "pthread_sigmask"):  # see `sigint_masked`
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        work = cache(partial(_made, connection.recv_bytes()))
        while True:
            sent = connection.recv_bytes()
            connection.send(answer_of(lambda sent: work()(pickle.loads(sent)), sent))


def _made(sent: bytes) -> Work:
    new_work: NewWork = pickle.loads(sent)
    return new_work()


def answer_of(work: Work, payload: Any) -> Any:
    """What a worker answers: the result, or the exception that was raised."""
    try:
        return work(payload)
    except Exception as error:
        return error


def processors() -> int:
    """How many this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@contextmanager
def sigint_masked() -> Iterator[None]:
    """Processes started in the block get no SIGINT; one for this process waits until its end.

    A terminal interrupts all processes at once, and only the first should decide what follows.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where `serve` ignores it
        yield
        return
    from multiprocessing.resource_tracker import ensure_running

    ensure_running()  # started in the block, it would unmask the signal
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

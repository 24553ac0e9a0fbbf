"""A pool of workers: tasks go out to them, results come back in order.

A worker that dies is replaced, and its task is done again. What is out at a time is bounded. Knows
neither puzzles nor what a worker is: `processes` has a backend of this machine, `cluster` one of
several. (`concurrent.futures` gives up the whole pool when a worker is killed.)
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from vmd_solver.errors import VmdError

AHEAD = 4
"""Tasks for each worker that may be out, or back and waiting for one before them."""

MOST_DEATHS = 3
"""Workers that may die over the same task, or one after another before they are up."""

Work = Callable[[Any], Any]
"""What a worker does with the payload of a task."""

NewWork = Callable[[], Work]
"""Makes that in the worker itself. It is pickled, as payloads and results are."""


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


class Worker(Protocol):
    """Works on one payload at a time."""

    up: bool
    """Whether it can be given anything; one that is not gives a first answer when it is."""

    def submit(self, payload: Any) -> None:
        """Hand out a payload. That the worker is dead shows when it is asked for its answer."""

    def answer(self) -> Any:
        """The result, or the exception that was raised. Raises WorkerLostError."""

    def kill(self) -> None:
        """End it, whatever it is doing."""


W = TypeVar("W", bound=Worker)


class Backend(Protocol[W]):
    """Where workers come from."""

    def spawn(self) -> W:
        """Another worker."""

    def ready(self, workers: Sequence[W]) -> Sequence[W]:
        """Those that can answer, or have died; waits until there are any. Raises VmdError."""


@dataclass(eq=False)
class Slot(Generic[W]):
    """A worker, its task, and when it was submitted."""

    worker: W
    task: Task | None = None
    since: float = 0.0

    def submit(self, task: Task) -> None:
        self.task, self.since = task, time.perf_counter()
        self.worker.submit(task.payload)


class WorkerPool(Generic[W]):
    """At most `jobs` workers, spawned as there are tasks. Use it in a `with` statement."""

    def __init__(self, backend: Backend[W], jobs: int) -> None:
        self._backend, self._jobs = backend, jobs
        self.slots: list[Slot[W]] = []
        self._again: deque[Task] = deque()
        self._startup_failures = 0

    def __enter__(self) -> WorkerPool[W]:
        return self

    def __exit__(self, *_: object) -> None:
        for slot in self.slots:
            slot.worker.kill()

    def map(
        self, tasks: Iterable[Task], on_done: Callable[[int, float], None] | None = None
    ) -> Iterator[Any]:
        """The results in the order of the tasks. Raises what a worker raised, and VmdError.

        `on_done` gets the size of each task and the seconds it took.
        """
        source = iter(tasks)
        out: deque[Task] = deque()
        while True:
            no_more = self._submit(source, out)
            if no_more and not out:
                return
            for slot in self._ready():
                self._collect(slot, on_done)
            while out and out[0].done:
                yield out.popleft().result

    def _submit(self, source: Iterator[Task], out: deque[Task]) -> bool:
        """Give tasks to workers while there are both; those of dead workers come first.

        Whether there are no more tasks. Where no worker is up yet, nobody knows.
        """
        while self._again or len(out) < AHEAD * self._jobs:
            if (slot := self._idle()) is None:
                return False
            if self._again:
                task = self._again.popleft()
            elif (found := next(source, None)) is not None:
                out.append(task := found)
            else:
                return True
            slot.submit(task)
        return False

    def _idle(self) -> Slot[W] | None:
        """A slot without a task, a new one if need be; None if there is none yet."""
        for slot in self.slots:
            if slot.worker.up and slot.task is None:
                return slot
        while len(self.slots) < self._jobs:
            slot = Slot(self._backend.spawn())
            self.slots.append(slot)
            if slot.worker.up:
                return slot
        return None

    def _ready(self) -> list[Slot[W]]:
        """The slots whose worker has an answer, or died, once there are any."""
        slots = {id(slot.worker): slot for slot in self.slots if slot.task or not slot.worker.up}
        ready = self._backend.ready([slot.worker for slot in slots.values()])
        return [slots[id(worker)] for worker in ready]

    def _collect(self, slot: Slot[W], on_done: Callable[[int, float], None] | None) -> None:
        """Take an answer; the task of a dead worker is kept for another."""
        task, slot.task = slot.task, None
        try:
            answer = slot.worker.answer()
        except WorkerLostError as error:
            slot.worker.kill()
            self.slots.remove(slot)
            self._on_worker_lost(task, error)
            return
        self._startup_failures = 0
        if isinstance(answer, Exception):
            raise answer
        if task is not None:
            task.done, task.result = True, answer
            if on_done is not None:
                on_done(task.size, time.perf_counter() - slot.since)

    def _on_worker_lost(self, task: Task | None, error: WorkerLostError) -> None:
        if task is None:
            self._startup_failures += 1
            if self._startup_failures == MOST_DEATHS:
                raise VmdError(f"{MOST_DEATHS} workers died before they had begun: {error}")
            return
        task.deaths += 1
        if task.deaths == MOST_DEATHS:
            raise VmdError(
                f"{MOST_DEATHS} workers died over {task.label}:"
                f" is there memory for --jobs {self._jobs}?"
            )
        self._again.append(task)


def answer_of(work: Work, payload: Any) -> Any:
    """What a worker answers: the result, or the exception that was raised."""
    try:
        return work(payload)
    except Exception as error:
        return error

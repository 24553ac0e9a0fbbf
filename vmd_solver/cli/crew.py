"""Workers: parts of the input go out to them, their reports come back in input order.

A worker that dies is replaced, and what it had in hand is done again. What is out at a time is
bounded, and so is the time that a worker takes for what it is given. Knows neither puzzles nor
output, nor what a worker is: `processes` has those of this machine, `cluster` those of several.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from vmd_solver.cli.engine import Engine, Part, cut, entries_in
from vmd_solver.cli.report import Report
from vmd_solver.errors import VmdError
from vmd_solver.formats import Entry, Piece

AHEAD = 4
"""Tasks for each worker that may be out, or back and waiting for one before them."""

DEATHS = 3
"""Workers that may die over the same task, or one after another before they are up."""

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


Answer = Report | Exception
"""What a worker says to what it was given: a report, or what it raised."""


class GoneError(Exception):
    """The worker died."""


class Worker(Protocol):
    """Something that reports on the parts it is given, one lot at a time."""

    up: bool
    """Whether it can be given anything; one that is not will say when it is."""

    def give(self, parts: list[Part]) -> None:
        """Hand out a lot. That a worker is dead shows when it is asked for its answer."""

    def answer(self) -> Answer | None:
        """Its answer, once it is ready; None from one that has come up. Raises GoneError."""

    def end(self) -> None:
        """Whatever it is doing."""


W = TypeVar("W", bound=Worker)


class Yard(Protocol[W]):
    """Where workers come from."""

    def hire(self) -> W:
        """Another worker."""

    def ready(self, workers: Sequence[W]) -> Sequence[W]:
        """Those that can answer, or have died; waits until there are any. Raises VmdError."""


@dataclass(eq=False)
class _Hand(Generic[W]):
    """A worker, the task it has, and since when."""

    worker: W
    task: Task | None = None
    since: float = 0.0

    def give(self, task: Task) -> None:
        self.task, self.since = task, time.perf_counter()
        self.worker.give(task.parts)


class Crew(Generic[W]):
    """At most `jobs` workers, hired as there is something to do. Use it in a `with` statement."""

    def __init__(self, yard: Yard[W], jobs: int) -> None:
        self._yard, self._jobs = yard, jobs
        self._hands: list[_Hand[W]] = []
        self._again: deque[Task] = deque()
        self._stillborn = 0

    def __enter__(self) -> Crew[W]:
        return self

    def __exit__(self, *_: object) -> None:
        for hand in self._hands:
            hand.worker.end()

    def reports(self, parts: Iterable[Part]) -> Iterator[Report]:
        """The reports on all parts, in order. Raises what a worker raised, and VmdError."""
        sizes = Sizes()
        source = tasks(parts, sizes)
        out: deque[Task] = deque()
        while True:
            hand = None
            while self._again or len(out) < AHEAD * self._jobs:
                if (hand := self._idle()) is None:
                    break
                if self._again:
                    task = self._again.popleft()
                elif (found := next(source, None)) is not None:
                    out.append(task := found)
                else:
                    break
                hand.give(task)
            if not out and hand is not None:
                return
            for heard in self._heard():
                self._take(heard, sizes)
            while out and out[0].report is not None:
                yield out.popleft().report  # type: ignore[misc]

    def _idle(self) -> _Hand[W] | None:
        """A hand that has nothing to do, a new one if need be; None where there is none yet."""
        for hand in self._hands:
            if hand.worker.up and hand.task is None:
                return hand
        while len(self._hands) < self._jobs:
            hand = _Hand(self._yard.hire())
            self._hands.append(hand)
            if hand.worker.up:
                return hand
        return None

    def _heard(self) -> list[_Hand[W]]:
        """The hands that have something to say, or died, at last."""
        hands = {id(hand.worker): hand for hand in self._hands if hand.task or not hand.worker.up}
        ready = self._yard.ready([hand.worker for hand in hands.values()])
        return [hands[id(worker)] for worker in ready]

    def _take(self, hand: _Hand[W], sizes: Sizes) -> None:
        """Take in an answer; what a dead worker had in hand is kept for another."""
        task, hand.task = hand.task, None
        try:
            answer = hand.worker.answer()
        except GoneError as error:
            hand.worker.end()
            self._hands.remove(hand)
            self._mourn(task, error)
            return
        self._stillborn = 0
        if isinstance(answer, Exception):
            raise answer
        if task is not None:
            task.report = answer
            sizes.learn(task.entries, time.perf_counter() - hand.since)

    def _mourn(self, task: Task | None, error: GoneError) -> None:
        if task is None:
            self._stillborn += 1
            if self._stillborn == DEATHS:
                raise VmdError(f"{DEATHS} workers died before they had begun: {error}")
            return
        task.deaths += 1
        if task.deaths == DEATHS:
            first = task.parts[0][0] + 1
            raise VmdError(
                f"{DEATHS} workers died over puzzles {first:,} to {first + task.entries - 1:,}:"
                f" is there memory for --jobs {self._jobs}?"
            )
        self._again.append(task)


def answer_of(engine: Engine, parts: list[Part]) -> Answer:
    """What a worker with this engine says."""
    try:
        return engine.whole(parts)
    except Exception as error:
        return error

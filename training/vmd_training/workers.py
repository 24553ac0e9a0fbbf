"""Processes that make puzzles: packs beside the training loop, or the parts of a dataset.

A part is written whole or not at all, so that an interruption costs only the parts in work.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing as mp
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vmd_solver.batch.pool import sigint_masked
from vmd_solver.errors import ModelError
from vmd_training.dataset import Dataset, DatasetError, Section, joined, read, write
from vmd_training.files import write_text
from vmd_training.generate import Pack, Part, make_part, sources
from vmd_training.recipes import Group

QUEUED = 8
"""Packs of each group that wait for the training loop."""
PATIENCE_S = 300.0
"""Longest wait for a pack; the first one may have to compile the kernel."""
POLL_S = 0.2
"""Between two looks at how the parts of a dataset get on."""


class Workers:
    """`jobs` processes that each go through the generator `work(*arguments, number)`, from 1, and
    end after a piece if their owner is gone. Ctrl-C reaches the owner alone, who closes them."""

    def __init__(self, jobs: int, work: Callable[..., Iterator[None]], *arguments: Any) -> None:
        context = mp.get_context("spawn")
        self.processes = [
            context.Process(target=_run, args=(os.getpid(), work, *arguments, number), daemon=True)
            for number in range(1, jobs + 1)
        ]
        with sigint_masked():
            for process in self.processes:
                process.start()

    def close(self) -> None:
        """End them."""
        for process in self.processes:
            process.terminate()
            process.join()

    def alive(self) -> bool:
        """Whether any is at work."""
        return any(process.is_alive() for process in self.processes)


def _run(owner: int, work: Callable[..., Iterator[None]], *arguments: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where interrupts cannot be blocked before
    for _ in work(*arguments):
        if os.getppid() != owner:
            return


class Stream:
    """Packs of every group without end, made by `workers` processes beside the caller; `waited_s`
    says how long `take` waited for them."""

    def __init__(
        self, groups: tuple[Group, ...], seed: tuple[int, ...], workers: int = 1,
        data: Path | None = None,
    ) -> None:  # fmt: skip
        context = mp.get_context("spawn")
        self.waited_s = 0.0
        self._queues: dict[str, Any] = {group.name: context.Queue(QUEUED) for group in groups}
        self._workers = Workers(workers, _fill, self._queues, groups, data, seed)
        self.close = self._workers.close

    def take(self, group: str) -> Pack:
        """The next pack of a group. Raises ModelError where its workers have ended."""
        started, alive = time.perf_counter(), True
        while alive and time.perf_counter() - started < PATIENCE_S:
            with contextlib.suppress(queue.Empty):
                pack: Pack = self._queues[group].get(timeout=1)
                self.waited_s += time.perf_counter() - started
                return pack
            alive = self._workers.alive()
        raise ModelError(
            f"no more puzzles of {group}: the processes that make them ended; is there memory for"
            " them? Continue with --resume and fewer --workers"
        )


def _fill(
    queues: dict[str, Any], groups: tuple[Group, ...], data: Path | None, seed: tuple[int, ...],
    worker: int,
) -> Iterator[None]:  # fmt: skip
    """Keep every group's queue full."""
    make = sources(groups, data)
    for waiting in queues.values():
        waiting.cancel_join_thread()  # else a worker whose owner died waits for a reader for ever
    rng = np.random.default_rng((*seed, worker))
    while True:
        short = [name for name, waiting in queues.items() if not waiting.full()]
        for name in short:
            pack = make[name](rng)
            with contextlib.suppress(queue.Full):
                queues[name].put_nowait(pack)
        if not short:
            time.sleep(0.02)
        yield


class PartsFolder:
    """The parts of the dataset at `out` that are made so far, and what they follow from."""

    def __init__(self, out: Path) -> None:
        self.out, self.path = out, out.with_name(f"{out.name}.parts")

    def begin(self, options: dict[str, Any]) -> None:
        """Make the folder and write down the options."""
        self.path.mkdir(parents=True)
        write_text(self.path / "plan.json", json.dumps(options))

    def options(self) -> dict[str, Any]:
        """The options written down. Raises DatasetError if there are none."""
        try:
            return dict(json.loads((self.path / "plan.json").read_text("utf-8")))
        except (OSError, ValueError) as error:
            told = f"{self.path} holds no parts to continue; start without --resume"
            raise DatasetError(told) from error

    def part(self, number: int) -> Path:
        """Where part `number` is, once made."""
        return self.path / f"{number:06}.npz"

    def missing(self, parts: Sequence[Part]) -> list[int]:
        """The numbers of parts not made yet."""
        return [number for number in range(len(parts)) if not self.part(number).exists()]

    def make(self, parts: Sequence[Part], jobs: int, show: Callable[[list[int]], None]) -> None:
        """Make the missing parts in `jobs` processes; `show` is called with what is missing still.
        Raises DatasetError where a process ends early. Whatever is raised, they are ended first."""
        todo = [(self.part(number), parts[number]) for number in self.missing(parts)]
        context = mp.get_context("spawn")
        begun, wrong = context.Value("q", 0), context.SimpleQueue()
        workers = Workers(min(jobs, len(todo)), _make_parts, todo, begun, wrong)
        with contextlib.closing(workers):
            alive = True
            while alive:
                alive = workers.alive()  # asked first: what failed after that is seen next time
                show(self.missing(parts))
                if not wrong.empty():
                    raise DatasetError(f"{wrong.get()}; continue with --resume")
                if failed := [one.exitcode for one in workers.processes if one.exitcode]:
                    raise DatasetError(
                        f"a process that makes puzzles ended with code {failed[0]} (memory?);"
                        " continue with --resume, perhaps with fewer --jobs"
                    )
                time.sleep(POLL_S * alive)

    def sections(self, parts: Sequence[Part]) -> Iterator[Section]:
        """The sections that all parts make together, one at a time."""
        for name in dict.fromkeys(part.maker.section for part in parts):
            numbers = [at for at, part in enumerate(parts) if part.maker.section == name]
            yield joined([read(self.part(number)).sections[0] for number in numbers])


def _make_parts(
    todo: list[tuple[Path, Part]], begun: Any, wrong: Any, worker: int
) -> Iterator[None]:
    """Make the next part that no worker has begun, until none is left; why not, goes to `wrong`."""
    while True:
        with begun.get_lock():
            at, begun.value = begun.value, begun.value + 1
        if at >= len(todo):
            return
        path, part = todo[at]
        try:
            write(path, Dataset({"part": int(path.stem)}, (make_part(part),)))
        except OSError as error:
            wrong.put(f"{path}: {(error.strerror or str(error)).lower()}")
            return
        yield

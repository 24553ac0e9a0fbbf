"""Many parts of one dataset, made side by side and kept in a folder until all are there.

A part is written whole or not at all, so that whatever interrupts costs the parts in flight. Must
not know how puzzles are made.
"""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vmd_training.dataset import Dataset, DatasetError, Section, joined, read, write
from vmd_training.making import Part, make

POLL_S = 0.2


@dataclass(frozen=True)
class Folder:
    """The parts of the dataset at `out`, and the options that they follow from."""

    out: Path

    @property
    def path(self) -> Path:
        """Beside the file, under its name."""
        return self.out.with_name(f"{self.out.name}.parts")

    def begin(self, options: dict[str, Any]) -> None:
        """Make the folder and state the plan."""
        self.path.mkdir(parents=True)
        partial = self.path / "plan.partial"
        partial.write_text(json.dumps(options), "utf-8")
        partial.replace(self.path / "plan.json")

    def options(self) -> dict[str, Any]:
        """The plan stated. Raises DatasetError where there is none."""
        try:
            options: dict[str, Any] = json.loads((self.path / "plan.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise DatasetError(
                f"{self.path} holds no parts to go on from; start without --resume"
            ) from error
        return options

    def part(self, number: int) -> Path:
        """Where part `number` is, once made."""
        return self.path / f"{number:06}.npz"

    def missing(self, parts: Sequence[Part]) -> list[int]:
        """The numbers of parts not made yet."""
        return [number for number in range(len(parts)) if not self.part(number).exists()]

    def sections(self, parts: Sequence[Part]) -> Iterator[Section]:
        """The sections that all parts make together, one at a time."""
        names = dict.fromkeys(part.maker.section for part in parts)
        for name in names:
            numbers = [at for at, part in enumerate(parts) if part.maker.section == name]
            yield joined([read(self.part(number)).sections[0] for number in numbers])

    def remove(self) -> None:
        """Away with the parts, once the dataset is written."""
        shutil.rmtree(self.path)


def make_all(
    folder: Folder, parts: Sequence[Part], jobs: int, show: Callable[[list[int]], None]
) -> None:
    """Make the parts that are missing, in `jobs` processes; `show` is told what is missing still.

    Raises DatasetError where a process ends before its time. Whatever is raised, also by an
    interrupt, the processes are ended first.
    """
    missing = folder.missing(parts)
    with _workers(folder, parts, missing, min(jobs, len(missing))) as workers:
        while any(worker.is_alive() for worker in workers):
            show(folder.missing(parts))
            time.sleep(POLL_S)
            failed = [worker.exitcode for worker in workers if worker.exitcode]
            if failed:
                raise DatasetError(
                    f"a process that makes puzzles ended with code {failed[0]} (memory?);"
                    " go on with --resume, perhaps with fewer --jobs"
                )
    show(folder.missing(parts))


@contextmanager
def _workers(
    folder: Folder, parts: Sequence[Part], missing: list[int], jobs: int
) -> Iterator[list[Any]]:
    """Processes that make the missing parts, each the next one that nobody has begun."""
    context = mp.get_context("spawn")
    begun = context.Value("q", 0)
    todo = [(number, parts[number]) for number in missing]
    workers = [
        context.Process(target=_work, args=(folder, todo, begun, os.getpid()), daemon=True)
        for _ in range(jobs)
    ]
    try:
        for worker in workers:
            worker.start()
        yield workers
    finally:
        for worker in workers:
            if worker.pid is not None:
                worker.terminate()
                worker.join()


def _work(folder: Folder, todo: list[tuple[int, Part]], begun: Any, owner: int) -> None:
    """Make parts until none is left or the owner is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner, who ends its workers
    while os.getppid() == owner:
        with begun.get_lock():
            at = begun.value
            begun.value += 1
        if at >= len(todo):
            return
        number, part = todo[at]
        try:
            write(folder.part(number), Dataset({"part": number}, (make(part),)))
        except OSError as error:
            raise SystemExit(f"{folder.part(number)} cannot be written: {error}") from None

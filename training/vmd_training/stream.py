"""Puzzles beside the training loop: processes of their own fill a queue of packs for each group.

They make them (`training.data`), or draw them from a file (`training.dataset`).
"""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from vmd_solver.errors import ModelError
from vmd_training.data import Group, drawn_pack, make_pack
from vmd_training.dataset import DatasetError, Section, read
from vmd_training.pack import Pack

QUEUED = 8
"""Packs of each group that wait for the training loop."""

PATIENCE_S = 300.0
"""Longest wait for a pack; the first one may have to compile the kernel."""

Make = Callable[[np.random.Generator], Pack]


def sources(groups: tuple[Group, ...], data: Path | None) -> dict[str, Make]:
    """How the packs of each group come about: from its section of the file, or made.

    Raises DatasetError where the file cannot be read, has a section that does not fit its group, or
    has none for any of them.
    """
    made: dict[str, Make] = {group.name: partial(make_pack, group) for group in groups}
    if data is None:
        return made
    sections = {section.name: section for section in read(data).sections}
    drawn = {group.name: _drawn(data, group, sections[group.name]) for group in groups
             if group.name in sections}  # fmt: skip
    if not drawn:
        raise DatasetError(
            f"{data} has no section for this recipe; it has {', '.join(sections)}, the recipe"
            f" {', '.join(made)}"
        )
    return {**made, **drawn}


def _drawn(data: Path, group: Group, section: Section) -> Make:
    if (section.n, section.D) != (group.n, group.D) or section.U > group.U:
        raise DatasetError(f"section {section.name} of {data} holds boards of another size")
    return partial(drawn_pack, group, section)


def _produce(
    queues: dict[str, Any],
    groups: tuple[Group, ...],
    data: Path | None,
    seed: tuple[int, ...],
    owner: int,
) -> None:
    """Keep every group's queue full for as long as the owner lives."""
    make = sources(groups, data)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner, who ends its makers
    for waiting in queues.values():
        waiting.cancel_join_thread()  # else a maker whose owner died waits for a reader for ever
    rng = np.random.default_rng(seed)
    while os.getppid() == owner:
        hungry = [group for group in groups if not queues[group.name].full()]
        for group in hungry:
            pack = make[group.name](rng)
            with contextlib.suppress(queue.Full):
                queues[group.name].put_nowait(pack)
        if not hungry:
            time.sleep(0.02)


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Ctrl-C waits: makers inherit that, so none dies of it before it can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Stream:
    """Packs of every group without end, made by `workers` processes beside the caller.

    `take(group)` waits only where the makers are slower than the caller; `waited_s` says how long.
    """

    def __init__(
        self,
        groups: tuple[Group, ...],
        seed: tuple[int, ...],
        workers: int = 1,
        data: Path | None = None,
    ) -> None:
        context = mp.get_context("spawn")
        self._queues: dict[str, Any] = {group.name: context.Queue(QUEUED) for group in groups}
        self.waited_s = 0.0
        self._makers = [
            context.Process(
                target=_produce,
                args=(self._queues, groups, data, (*seed, maker), os.getpid()),
                daemon=True,
            )
            for maker in range(1, workers + 1)
        ]
        with _interrupts_blocked():
            for maker in self._makers:
                maker.start()

    def take(self, group: str) -> Pack:
        """The next pack of a group. Raises ModelError where its makers have ended."""
        started = time.perf_counter()
        while time.perf_counter() - started < PATIENCE_S:
            with contextlib.suppress(queue.Empty):
                pack: Pack = self._queues[group].get(timeout=1)
                self.waited_s += time.perf_counter() - started
                return pack
            if not any(maker.is_alive() for maker in self._makers):
                break
        raise ModelError(f"no more puzzles of {group}: the process that makes them gave up")

    def close(self) -> None:
        """Stop the makers."""
        for maker in self._makers:
            maker.terminate()
            maker.join()

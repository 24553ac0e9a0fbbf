"""Workers that are processes of this machine.

Knows how they are started, spoken to and ended, and not what they are given.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait

from vmd_solver.cli.crew import Answer, GoneError, answer_of
from vmd_solver.cli.engine import Engine, Look, Part
from vmd_solver.cli.request import Request
from vmd_solver.console.interrupt import deaf_children


class Process:
    """A process and the pipe to it."""

    up = True

    def __init__(self, request: Request, look: Look) -> None:
        # A fresh interpreter: threads of a library that this process runs do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, request, look), daemon=True)
        with deaf_children():
            self._process.start()
        theirs.close()

    def give(self, parts: list[Part]) -> None:
        """As `Worker.give`."""
        with suppress(OSError):
            self.connection.send(parts)

    def answer(self) -> Answer:
        """As `Worker.answer`."""
        try:
            answer: Answer = self.connection.recv()
        except (EOFError, OSError) as error:
            raise GoneError(f"process {self._process.pid} ended") from error
        return answer

    def end(self) -> None:
        """As `Worker.end`."""
        self._process.kill()
        self._process.join()
        self.connection.close()


class Processes:
    """The processes of a crew of `jobs`, which share the processors."""

    def __init__(self, request: Request, look: Look, jobs: int) -> None:
        threads = request.threads or max(1, (os.cpu_count() or 1) // jobs)
        self._request, self._look = replace(request, threads=threads), look

    def hire(self) -> Process:
        """As `Yard.hire`."""
        return Process(self._request, self._look)

    def ready(self, workers: Sequence[Process]) -> list[Process]:
        """As `Yard.ready`."""
        of = {worker.connection: worker for worker in workers}
        return [of[heard] for heard in wait(list(of)) if isinstance(heard, Connection)]


def work(connection: Connection, request: Request, look: Look) -> None:
    """The life of a worker: answers what comes, until nothing does."""
    engine = Engine(request, look)
    with suppress(EOFError, OSError):
        while True:
            connection.send(answer_of(engine, connection.recv()))

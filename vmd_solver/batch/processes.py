"""Workers that are processes of this machine."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from vmd_solver.batch.pool import NewWork, WorkerLostError, answer_of


class Process:
    """A process and the pipe to it; a `Worker`."""

    up = True

    def __init__(self, new_work: NewWork) -> None:
        # A fresh interpreter: threads of a library that this process runs do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, new_work), daemon=True)
        with sigint_masked():
            self.process.start()
        theirs.close()

    def submit(self, payload: Any) -> None:
        with suppress(OSError):
            self.connection.send(payload)

    def answer(self) -> Any:
        try:
            return self.connection.recv()
        except (EOFError, OSError) as error:
            raise WorkerLostError(f"process {self.process.pid} ended") from error

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


class ProcessBackend:
    """Processes that all do the same work; a `Backend`."""

    def __init__(self, new_work: NewWork) -> None:
        self._new_work = new_work

    def spawn(self) -> Process:
        return Process(self._new_work)

    def ready(self, workers: Sequence[Process]) -> list[Process]:
        by_connection = {worker.connection: worker for worker in workers}
        ready = wait(list(by_connection))
        return [by_connection[one] for one in ready if isinstance(one, Connection)]


def serve(connection: Connection, new_work: NewWork) -> None:
    """Answer what comes, until nothing does: what the process runs."""
    work = new_work()
    with suppress(EOFError, OSError):
        while True:
            connection.send(answer_of(work, connection.recv()))


@contextmanager
def sigint_masked() -> Iterator[None]:
    """Processes started in the block get no SIGINT; one for this process waits until its end.

    A terminal interrupts all processes at once, and only the first should decide what follows.
    """
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing.resource_tracker import ensure_running

        ensure_running()  # started in the block, it would unmask the signal
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

"""Workers on the machines of a Ray cluster (extra `ray`, imported only to join one)."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from vmd_solver import __version__
from vmd_solver.batch.pool import NewWork, Worker, WorkerLostError, answer_of
from vmd_solver.errors import WorkersUnavailable

PATIENCE_S = 120.0
"""How long none of the workers may be up before the run is given up."""

ANSWER_S = 5.0
"""How long the cluster may take to answer."""


class Remote:
    """What runs in the cluster: answers payloads, at first with the version of vmd-solver there."""

    def __init__(self, new_work: NewWork) -> None:
        self._work = new_work()

    def version(self) -> str:
        return __version__

    def work(self, payload: Any) -> Any:
        return answer_of(self._work, payload)


class Actor(Worker):
    """An actor, which may have to wait for room, and its pending answer: at first its version."""

    def __init__(self, handle: Any) -> None:
        self.up = False
        self._handle = handle
        self.pending = handle.version.remote()

    def submit(self, payload: Any) -> None:
        self.pending = self._handle.work.remote(payload)

    def answer(self) -> Any:
        """As `Worker.answer`. Raises WorkersUnavailable where vmd-solver has another version."""
        import ray

        try:
            answer = ray.get(self.pending)
        except ray.exceptions.RayError as error:
            raise WorkerLostError(str(error).strip().splitlines()[-1]) from error
        if not self.up and answer != __version__:
            raise WorkersUnavailable(
                f"a machine of the cluster has vmd-solver {answer}, this one {__version__};"
                " install the same on all"
            )
        self.up = True
        return answer

    def kill(self) -> None:
        import ray

        ray.kill(self._handle)

    @staticmethod
    def ready(workers: Sequence[Actor]) -> list[Actor]:
        """As `Worker.ready`. Raises WorkersUnavailable where none comes up for PATIENCE_S."""
        import ray

        by_answer = {worker.pending: worker for worker in workers}
        wait_s = None if any(worker.up for worker in workers) else PATIENCE_S
        ready, _ = ray.wait(list(by_answer), num_returns=1, timeout=wait_s)
        if not ready:
            raise WorkersUnavailable(
                f"no worker came up within {PATIENCE_S:.0f} s: is there a free processor in the"
                " cluster? see `ray status`"
            )
        return [by_answer[answer] for answer in ready]


@contextmanager
def cluster(
    address: str, new_work: NewWork, threads: int, gpus: int
) -> Iterator[tuple[Callable[[], Actor], int]]:
    """What spawns a worker on the cluster at this address, and how many there is room for.

    Each has so many threads and GPUs. The block joins the cluster. Raises WorkersUnavailable.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise WorkersUnavailable("--ray needs Ray: pip install 'vmd-solver[ray]'") from error
    try:
        host, colon, port = address.rpartition(":")
        if colon:  # where nobody listens Ray itself would keep trying for minutes
            socket.create_connection((host, int(port)), timeout=ANSWER_S).close()
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        raise WorkersUnavailable(
            f"no Ray cluster at {address}; start one with `ray start --head`, and give its"
            " host:port, auto for the one that this machine is in, or local for a temporary one"
        ) from error
    try:
        remote = ray.remote(num_cpus=threads, num_gpus=gpus)(Remote)
        resources = ray.cluster_resources()  # type: ignore[no-untyped-call]
        room = max(1, int(resources.get("CPU", 0)) // threads)
        yield lambda: Actor(remote.remote(new_work)), room
    finally:
        ray.shutdown()

"""Workers that are actors of a Ray cluster: a batch spread over several machines.

The input is read and the output written here; the workers see parts of the one and reports for the
other. Knows how they are started, spoken to and ended, and not what they are given. Imports ray
only when a cluster is joined (extra `ray`).
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from vmd_solver import __version__
from vmd_solver.cli.crew import Answer, GoneError, answer_of
from vmd_solver.cli.engine import Engine, Look, Part
from vmd_solver.cli.request import Request
from vmd_solver.errors import ClusterUnavailable, VmdError

PATIENCE_S = 120.0
"""How long none of the workers may be up before the run is given up."""

ANSWER_S = 5.0
"""How long the cluster may take to answer."""


class Remote:
    """What runs in the cluster: an engine, opened when the first parts come."""

    def __init__(self, request: Request, look: Look) -> None:
        self._engine = Engine(request, look)

    def up(self) -> str:
        """The version of vmd-solver there."""
        return __version__

    def work(self, parts: list[Part]) -> Answer:
        """The answer to a lot."""
        return answer_of(self._engine, parts)


class Actor:
    """An actor, and what it has been asked last."""

    def __init__(self, handle: Any) -> None:
        self.up = False
        self._handle = handle
        self.asked = handle.up.remote()

    def give(self, parts: list[Part]) -> None:
        """As `Worker.give`."""
        self.asked = self._handle.work.remote(parts)

    def answer(self) -> Answer | None:
        """As `Worker.answer`. Raises VmdError where another version of vmd-solver is there."""
        import ray

        try:
            answer = ray.get(self.asked)
        except ray.exceptions.RayError as error:
            raise GoneError(str(error).strip().splitlines()[-1]) from error
        if self.up:
            said: Answer = answer
            return said
        if answer != __version__:
            raise VmdError(
                f"a machine of the cluster has vmd-solver {answer}, this one {__version__};"
                " install the same on all"
            )
        self.up = True
        return None

    def end(self) -> None:
        """As `Worker.end`."""
        import ray

        ray.kill(self._handle)


class Cluster:
    """A cluster that was joined."""

    def __init__(self, request: Request, look: Look) -> None:
        import ray

        self._threads = request.threads or 1
        self._request, self._look = replace(request, threads=self._threads), look
        gpus = 1 if request.device == "cuda" else 0
        self._remote = ray.remote(num_cpus=self._threads, num_gpus=gpus)(Remote)

    @property
    def jobs(self) -> int:
        """As many as there is room for."""
        import ray

        there = ray.cluster_resources()  # type: ignore[no-untyped-call]
        return max(1, int(there.get("CPU", 0)) // self._threads)

    def hire(self) -> Actor:
        """As `Yard.hire`; it may have to wait for room."""
        return Actor(self._remote.remote(self._request, self._look))

    def ready(self, workers: Sequence[Actor]) -> list[Actor]:
        """As `Yard.ready`. Raises VmdError where none comes up for PATIENCE_S."""
        import ray

        of = {worker.asked: worker for worker in workers}
        wait_s = None if any(worker.up for worker in workers) else PATIENCE_S
        heard, _ = ray.wait(list(of), num_returns=1, timeout=wait_s)
        if not heard:
            raise VmdError(
                f"no worker came up within {PATIENCE_S:.0f} s: is there a free processor in the"
                " cluster? `ray status` tells"
            )
        return [of[reference] for reference in heard]


@contextmanager
def joined(address: str, request: Request, look: Look) -> Iterator[Cluster]:
    """The cluster at this address, until the block ends. Raises ClusterUnavailable."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ClusterUnavailable("--ray needs Ray; install vmd-solver[ray]") from error
    try:
        _require_answer(address)
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        raise ClusterUnavailable(
            f"no Ray cluster at {address}; start one with `ray start --head`, and give its"
            " host:port, auto for the one that this machine is in, or local for a passing one"
        ) from error
    try:
        yield Cluster(request, look)
    finally:
        ray.shutdown()


def _require_answer(address: str) -> None:
    """Raise OSError where nobody listens: Ray itself would go on asking for minutes."""
    host, colon, port = address.rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), timeout=ANSWER_S).close()

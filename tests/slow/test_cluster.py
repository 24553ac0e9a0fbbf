"""A batch over a Ray cluster: the same rows in the same order, whatever becomes of its machines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from waiting import HANG_S

from vmd_solver.batch.parts import Part
from vmd_solver.batch.records import JsonLines
from vmd_solver.batch.request import Request
from vmd_solver.batch.run import TaskSize, tasks, worker_pool
from vmd_solver.formats import read
from vmd_solver.sampling import Settings

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, *["-m", "vmd_solver.cli.solve", "--mode", "exact", "--format", "jsonl"]]
PUZZLE = "....7..2.8.......6.1.2.5...9.54....8.........3....85.1...3.2.8.4.......9.7..6...."
COUNT = 400


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head that does nothing, and two machines of one processor each, all of them here."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        quiet = {"include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **quiet})
        for _ in range(2):
            cluster.add_node(num_cpus=1)
        yield cluster
        cluster.shutdown()


@pytest.fixture
def many(tmp_path: Path) -> Path:
    path = tmp_path / "p.txt"
    path.write_text(f"{PUZZLE}\n" * COUNT)
    return path


def without_times(rows: bytes) -> list[dict[str, Any]]:
    return [{**json.loads(row), "seconds": None} for row in rows.splitlines()]


def test_the_command_writes_what_it_writes_alone(cluster: Any, many: Path) -> None:
    def rows(*arguments: str) -> bytes:
        done = subprocess.run(
            [*COMMAND, *arguments, str(many)], capture_output=True, check=True, timeout=HANG_S
        )
        assert done.stderr == b""
        return done.stdout

    alone, together = rows("--jobs", "1"), rows("--ray", cluster.address)
    assert without_times(together) == without_times(alone)
    assert len(without_times(together)) == COUNT


def test_a_machine_that_is_lost_loses_nothing(cluster: Any, many: Path) -> None:
    """There is work until both machines are up and one of them is lost, and some for the other."""
    request = Request((str(many),), Settings("exact"), ray=cluster.address)
    entry = next(read(PUZZLE))
    data, lost, sent = [], False, 0

    def found() -> Iterator[Part]:
        nonlocal sent
        left = COUNT
        while left:
            left -= lost
            yield sent, entry
            sent += 1

    with worker_pool(JsonLines(request)) as pool:
        for report in pool.map(tasks(found(), size := TaskSize()), size.learn):
            data.append(report.data)
            if not lost and [worker.up for worker in pool.workers] == [True, True]:
                cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
                lost = True
    assert lost
    rows = without_times(b"".join(data))
    assert [row["verified"] for row in rows] == [True] * sent
    assert {row["solution"] for row in rows} == {rows[0]["solution"]}

"""Where there is no Ray cluster, or no Ray, one line says so; `tests/slow` has a cluster."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from vmd_solver.batch.parts import parts
from vmd_solver.batch.records import JsonLines
from vmd_solver.batch.request import Request
from vmd_solver.batch.run import solve_parts, worker_pool
from vmd_solver.errors import WorkersUnavailable
from vmd_solver.sampling import Settings

PUZZLE = "....7..2.8.......6.1.2.5...9.54....8.........3....85.1...3.2.8.4.......9.7..6...."


@pytest.mark.parametrize("address", ["127.0.0.1:9", "here", "127.0.0.1:x"])
def test_where_no_cluster_is_one_line_says_so(address: str, solve: Callable[..., Any]) -> None:
    pytest.importorskip("ray")
    done = solve("--mode", "exact", "--ray", address, PUZZLE)
    assert done.code == 3
    assert done.err.startswith(f"vmd-solve: no Ray cluster at {address}; start one with")
    assert done.err.count("\n") == 1


def test_without_ray_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    request = Request(("-",), Settings("exact"), ray="auto")
    with (
        pytest.raises(WorkersUnavailable, match=r"pip install 'vmd-solver\[ray\]'"),
        worker_pool(JsonLines(request)),
    ):
        pass


def test_a_temporary_cluster_waits_until_there_is_much_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    request = Request((PUZZLE,), Settings("exact"), ray="local")
    (report,) = solve_parts(parts(request.files, None, "sudoku"), JsonLines(request))
    assert report.tally.statuses == {"solved": 1}
    asked = replace(request, jobs=1)
    with pytest.raises(WorkersUnavailable, match="needs Ray"):
        next(solve_parts(parts(request.files, None, "sudoku"), JsonLines(asked)))

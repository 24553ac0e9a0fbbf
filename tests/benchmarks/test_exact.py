"""The searches agree: the kernel, the SAT search beside it, and a SAT solver of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.exact import agreement, mixed
from vmd_solver.csp import exact
from vmd_solver.csp.candidates import initial_masks, masks_to_allowed, propagate
from vmd_solver.csp.clauses import SatSearch
from vmd_solver.csp.verify import verify
from vmd_training.evaluation.sets import read

pytest.importorskip("pysat")


def test_counts_agree_with_a_sat_solver() -> None:
    result = agreement(mixed(156, seed=11))
    assert result["differ"] == []
    assert set(result["solutions"]) >= {"0", "1", "5"}, "none, one and many occur"


@pytest.mark.parametrize("name", ["multi", "hard"])
def test_counts_agree_with_a_sat_solver_on_given_puzzles(shared_data: Path, name: str) -> None:
    result = agreement(read(shared_data / "sudoku" / f"{name}.txt", 40).puzzles)
    assert result["differ"] == []
    assert ("1" in result["solutions"]) == (name == "hard")


def test_it_finds_what_the_kernel_finds() -> None:
    seen = set()
    for puzzle in mixed(156, seed=5):
        due = exact.count(puzzle, 5).solutions
        masks, consistent = propagate(puzzle.board, initial_masks(puzzle.board, [puzzle.givens]))
        if not consistent[0]:
            assert due == 0
            continue
        search = SatSearch(puzzle.board, masks_to_allowed(masks[0], puzzle.board.D))
        assert search.run(5, 10**6)
        seen.add(search.solutions)
        assert search.solutions == due == len(set(search.grids))
        assert all(verify(puzzle, grid) for grid in search.grids)
    assert seen >= {0, 1, 5}


@pytest.mark.parametrize("limit", [1, 2])
def test_alternating_ends_with_the_answer_of_either(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel is given so little at a time that the other search is often first."""
    monkeypatch.setattr(exact, "SAT_AFTER", 1)
    monkeypatch.setattr(exact, "SAT_CLAUSES", 10**6)
    monkeypatch.setattr(exact, "SLICE_CELLS", 1)
    for puzzle in mixed(52, seed=7):
        alone = exact.count(puzzle, 3)
        beside = exact.count(puzzle, limit, compiled=False)
        assert beside.complete and beside.solutions == min(alone.solutions, limit)
        assert len(beside.grids) == beside.solutions
        assert all(verify(puzzle, grid) for grid in beside.grids)

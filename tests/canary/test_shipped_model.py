"""The models that ship are alive: loose bounds on what they were measured to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vmd_solver import assets
from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import minimal_puzzles
from vmd_solver.denoiser import load
from vmd_solver.formats import read_path
from vmd_solver.sampling import Settings, Solver

MODELS = ("grids", "grids-none")


def minimal(count: int) -> list[Puzzle]:
    """Minimal 9x9 puzzles from a seed of this test's own."""
    board = sudoku(3, 3)
    givens, _ = minimal_puzzles(board, count, seed=4711)
    return [Puzzle(board, tuple(int(value) for value in row)) for row in givens]


@pytest.mark.parametrize("name", MODELS)
def test_neural_solves_most_minimal_puzzles(name: str) -> None:
    # As neural mode does unless told otherwise: nothing is committed before the last call.
    solver = Solver(Settings("neural", nfe=10, policy="last"), load(name, "cpu", 1))
    solved = sum(solution.status == "solved" for solution in solver.stream(minimal(20)))
    assert solved >= 13


def test_the_latent_makes_grids_from_nothing() -> None:
    def share(name: str, temperature: float) -> float:
        settings = Settings("neural", nfe=1, temperature=temperature)
        found = Solver(settings, load(name, "cpu", 1)).stream([sudoku(2, 2).empty()] * 60)
        return sum(solution.status == "solved" for solution in found) / 60

    # z is the source of variety; without it there is none but drawing values.
    assert share("grids", 0.0) > share("grids-none", 1.0) + 0.4


def test_guided_ends_every_shipped_9x9_as_it_should() -> None:
    solver = Solver(Settings(nfe=4), load(None, "cpu", 1))
    for name, status in (("easy", "solved"), ("hard", "solved"), ("none", "unsatisfiable")):
        (entry,) = read_path(str(assets.puzzle_path(name)))
        assert entry.puzzle is not None
        assert solver.solve(entry.puzzle).status == status


@pytest.mark.parametrize("name", MODELS)
def test_the_files_say_what_they_are(name: str) -> None:
    folder = assets.model_path(name)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert 0 < metrics["score"] <= 1
    assert max(metrics["parity"].values()) < 5e-3
    assert (folder / "README.md").read_text().startswith(f"# {name}")
    for file in folder.glob("*.onnx"):
        text = file.read_bytes()
        assert b".py" not in text
        assert str(Path.home()).encode() not in text

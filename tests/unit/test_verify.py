"""The verifier: what it accepts, what it says of everything else."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp import verify as module
from vmd_solver.csp.families import grid, latin, sudoku, sudoku_x
from vmd_solver.csp.generate import full_grids
from vmd_solver.csp.verify import Certificate, verify, verify_many

GRID = (1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1)
PUZZLE = Puzzle(sudoku(2, 2), (1, 0, 0, 0) + (0,) * 12)


def test_a_solution_is_certified() -> None:
    assert verify(PUZZLE, GRID) == Certificate(())
    assert verify(PUZZLE, np.array(GRID, dtype=np.int8)).ok
    assert verify(PUZZLE, GRID)


@pytest.mark.parametrize(
    ("solution", "reason"),
    [
        (GRID[:-1], "15 values for 16 cells"),
        ((0, *GRID[1:]), "r1c1 holds 0, which is no value"),
        ((*GRID[:-1], 5), "r4c4 holds 5, which is no value"),
        ((*GRID[:-1], 1.5), "r4c4 holds 1.5, which is no value"),
        (tuple(value % 4 + 1 for value in GRID), "r1c1 is given as 1, and holds 2"),
        ((1, 1, *GRID[2:]), "r1c1 and r1c2 of unit 1 both hold 1"),
    ],
)
def test_every_other_grid_is_refused_with_the_reason(
    solution: tuple[int, ...], reason: str
) -> None:
    certificate = verify(PUZZLE, solution)
    assert not certificate
    assert reason in certificate.problems


def test_every_unit_is_checked() -> None:
    latin_square = (1, 2, 3, 4, 2, 1, 4, 3, 3, 4, 1, 2, 4, 3, 2, 1)
    assert verify(latin(4).empty(), latin_square)
    assert len(verify(sudoku(2, 2).empty(), latin_square).problems) == 8
    assert not verify(sudoku_x(2, 2).empty(), GRID)


def test_a_cell_in_no_unit_may_hold_any_value() -> None:
    assert verify(grid(1, 2, 2, []).empty(), (2, 2))


def test_it_imports_nothing_that_searches() -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {
        "__future__", "collections.abc", "dataclasses", "vmd_solver.csp.meaning",
        "vmd_solver.csp.puzzle",
    }  # fmt: skip
    plain = [node.names[0].name for node in ast.walk(tree) if isinstance(node, ast.Import)]
    assert plain == ["numpy", "numpy.typing"]


@pytest.mark.parametrize("board", [sudoku(2, 2), sudoku_x(2, 2), latin(3)], ids=lambda b: b.family)
def test_many_rows_are_verified_as_one_is(board: Board) -> None:
    """Right grids, grids with a cell changed to any number, and givens that are not kept."""
    rng = np.random.default_rng(0)
    solutions = np.repeat(full_grids(board, 20, rng, compiled=False), 20, axis=0)
    givens = np.where(rng.random(solutions.shape) < 0.4, solutions, 0)
    for row in range(0, len(solutions), 2):
        cell = rng.integers(board.n)
        (solutions if row % 4 else givens)[row, cell] = rng.integers(-1, board.D + 2)
    expected = [
        bool(verify(Puzzle(board, tuple(given)), tuple(grid)))
        for given, grid in zip(givens.tolist(), solutions.tolist(), strict=True)
    ]
    assert verify_many(board, givens, solutions).tolist() == expected
    assert 0 < sum(expected) < len(expected)

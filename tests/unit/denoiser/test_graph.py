"""The candidate graph against a plain account of what it stands for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from vmd_solver.csp import Board
from vmd_solver.csp.families import latin, sudoku, sudoku_x
from vmd_solver.csp.generate import random_grid
from vmd_solver.denoiser.graph import CLOSED_LOGIT, CandidateGraph

BOARDS: dict[str, Callable[[], Board]] = {
    "4x4": lambda: sudoku(2, 2),
    "9x9": lambda: sudoku(3, 3),
    "X": lambda: sudoku_x(3, 3),
    "latin": lambda: latin(5),
    "incomplete units": lambda: random_grid(3, 4, 6, 0)[0],
}


def some(board: Board, B: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(B)
    x_t = rng.integers(1, board.D + 1, (B, board.n)) * (rng.random((B, board.n)) < 0.2)
    return x_t, (rng.random((B, board.n, board.D)) < 0.8).astype(np.float32)


def told(board: Board, x_t: np.ndarray, allowed: np.ndarray) -> dict[tuple[int, ...], set[object]]:
    """Each open (row, cell, value) and the names of its factors."""
    nodes: dict[tuple[int, ...], set[object]] = {}
    for row, values in enumerate(x_t):
        for cell in range(board.n):
            for value in range(1, board.D + 1):
                mine = [u for u, unit in enumerate(board.units) if cell in unit]
                seen = {int(values[other]) for u in mine for other in board.units[u]}
                if not values[cell] and allowed[row, cell, value - 1] and value not in seen:
                    places = {("unit", row, u, value) for u in mine}
                    nodes[row, cell, value] = {("cell", row, cell), *places}
    return nodes


@pytest.mark.parametrize("make", BOARDS.values(), ids=BOARDS)
def test_nodes_and_factors_are_those_of_the_puzzle(make: Callable[[], Board]) -> None:
    board = make()
    x_t, allowed = some(board)
    graph, expected = CandidateGraph.of(board, x_t, allowed), told(board, x_t, allowed)
    places = np.stack(np.unravel_index(graph.index, graph.shape), axis=1)
    names = [(int(row), int(cell), int(value) + 1) for row, cell, value in places]
    assert names == list(expected)
    N, F = len(graph), len(graph.kinds)
    # Two nodes share a factor here exactly where they do there.
    members: dict[object, set[int]] = {}
    for node, name in enumerate(names):
        for factor in expected[name]:
            members.setdefault(factor, set()).add(node)
    found = [frozenset(row[row < N].tolist()) for row in graph.nodes]
    assert sorted(map(sorted, found)) == sorted(map(sorted, members.values()))
    assert len(found) == F and all(found)
    for node, row in enumerate(graph.factors):
        assert {factor for factor in range(F) if node in found[factor]} == set(row[row < F])
        assert graph.kinds[row[0], 0] == 1, "the cell comes first"


@pytest.mark.parametrize("make", BOARDS.values(), ids=BOARDS)
def test_kinds_say_what_is_a_cell_and_where_one_must_be_true(make: Callable[[], Board]) -> None:
    board = make()
    x_t, allowed = some(board)
    graph = CandidateGraph.of(board, x_t, allowed)
    for row, (is_cell, exactly) in zip(graph.nodes, graph.kinds, strict=True):
        place = graph.index[row[row < len(graph)]]
        cells, values = place // board.D, place % board.D
        assert is_cell == (len(set(cells.tolist())) == 1 and is_cell)
        if is_cell:
            assert exactly == 1
        else:
            assert len(set(values.tolist())) == 1
    complete = {bool(exactly) for is_cell, exactly in graph.kinds if not is_cell}
    assert complete == set(np.asarray(board.complete).astype(bool).tolist())


def test_logits_of_what_is_not_open_are_closed_and_of_what_is_unmasked_zero() -> None:
    board = sudoku(2, 2)
    x_t, allowed = some(board)
    graph = CandidateGraph.of(board, x_t, allowed)
    logits = graph.logits(np.arange(1, len(graph) + 1, dtype=np.float32))
    assert np.array_equal(logits.reshape(-1)[graph.index], np.arange(1, len(graph) + 1))
    rows, cells = x_t.nonzero()
    assert (logits[rows, cells, x_t[rows, cells] - 1] == 0).all()
    assert ((logits == CLOSED_LOGIT) | (logits == 0) | (logits >= 1)).all()
    assert (logits == 0).sum() == len(rows)


def test_state_is_gathered_and_put_back() -> None:
    board = sudoku(2, 2)
    graph = CandidateGraph.of(board, *some(board))
    state = np.random.default_rng(0).random((*graph.shape, 3)).astype(np.float32)
    assert np.array_equal(graph.scatter(graph.gather(state), state), state)
    changed = graph.scatter(np.zeros((len(graph), 3), np.float32), state)
    assert (changed == 0).all(axis=-1).sum() == len(graph)


def test_a_full_grid_has_no_nodes() -> None:
    board = sudoku(2, 2)
    x_t = np.ones((2, 16), dtype=np.int64)
    graph = CandidateGraph.of(board, x_t, np.ones((2, 16, 4), np.float32))
    assert len(graph) == 0 and len(graph.kinds) == 0
    assert graph.logits(np.zeros(0, np.float32)).argmax(-1).tolist() == [[0] * 16] * 2

"""The candidate graph against a plain account of what it stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from vmd_solver.csp import Board
from vmd_solver.csp.families import FAMILIES, grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import random_grid
from vmd_solver.denoiser.graph import CLOSED_LOGIT, CandidateGraph

Array = npt.NDArray[np.generic]
Node = tuple[int, int, int]
REGIONS = (0, 0, 0, 1, 0, 1, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3)
BOARDS: dict[str, Callable[[], Board]] = {
    "4x4": lambda: sudoku(2, 2),
    "9x9": lambda: sudoku(3, 3),
    "16x16": lambda: sudoku(4, 4),
    "X": lambda: sudoku_x(3, 3),
    "windoku": windoku,
    "jigsaw": lambda: jigsaw(REGIONS),
    "jigsaw X": lambda: jigsaw(REGIONS, diagonal=True),
    "latin": lambda: latin(5),
    "incomplete units": lambda: random_grid(3, 4, 6, 0)[0],
    "cells of no unit": lambda: grid(3, 5, 6, [(0, 1, 2), (4, 9, 14)]),
    "no units": lambda: grid(2, 3, 3, []),
}


class Factor(NamedTuple):
    """Nodes of which one is true, in order, and what is said of them."""

    nodes: list[Node]
    is_cell: bool
    exactly: bool


def some(board: Board, B: int = 3) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """x_t with a fifth of the cells filled at random, and allowed without a fifth of the values."""
    rng = np.random.default_rng(B)
    x_t = rng.integers(1, board.D + 1, (B, board.n)) * (rng.random((B, board.n)) < 0.2)
    return x_t, (rng.random((B, board.n, board.D)) < 0.8).astype(np.float32)


def told(board: Board, x_t: Array, allowed: Array) -> tuple[list[Node], list[Factor]]:
    """Open (row, cell, value) in order, and the factors that have any of them."""
    nodes: list[Node] = []
    factors: dict[object, Factor] = {}
    for row, values in enumerate(x_t):
        for cell in range(board.n):
            mine = [u for u, unit in enumerate(board.units) if cell in unit]
            seen = {int(values[other]) for u in mine for other in board.units[u]}
            for value in range(1, board.D + 1):
                if values[cell] or not allowed[row, cell, value - 1] or value in seen:
                    continue
                nodes.append((row, cell, value))
                factors.setdefault((row, cell), Factor([], True, True)).nodes.append(nodes[-1])
                for u in mine:
                    whole = len(board.units[u]) == board.D
                    one = factors.setdefault((row, u, value), Factor([], False, whole))
                    one.nodes.append(nodes[-1])
    return nodes, list(factors.values())


def names_of(graph: CandidateGraph) -> list[Node]:
    row, cell, value = np.unravel_index(graph.index, graph.shape)
    return list(zip(row.tolist(), cell.tolist(), (value + 1).tolist(), strict=True))


def factors_of(graph: CandidateGraph) -> list[Factor]:
    names, N = names_of(graph), len(graph)
    return [
        Factor([names[node] for node in row[row < N]], bool(is_cell), bool(exactly))
        for row, (is_cell, exactly) in zip(graph.nodes, graph.kinds, strict=True)
    ]


def test_every_family_is_tried() -> None:
    assert {make().family for make in BOARDS.values()} | {"jigsaw-x"} == set(FAMILIES)


@pytest.mark.parametrize("make", BOARDS.values(), ids=BOARDS)
def test_nodes_and_factors_are_those_of_the_puzzle(make: Callable[[], Board]) -> None:
    board = make()
    x_t, allowed = some(board)
    graph, (nodes, factors) = CandidateGraph.of(board, x_t, allowed), told(board, x_t, allowed)
    assert names_of(graph) == nodes
    assert nodes
    assert sorted(factors_of(graph)) == sorted(factors)


def test_nodes_of_more_values_than_a_word_has_bits() -> None:
    board = grid(1, 70, 70, [tuple(range(70))])
    x_t = np.array([[70, 64, 63, *[0] * 67]])
    graph = CandidateGraph.of(board, x_t, np.ones((1, 70, 70), np.float32))
    assert {value for _, _, value in names_of(graph)} == set(range(1, 71)) - {63, 64, 70}


@pytest.mark.parametrize("make", BOARDS.values(), ids=BOARDS)
def test_both_tables_say_the_same_and_a_node_names_its_cell_first(
    make: Callable[[], Board],
) -> None:
    board = make()
    graph = CandidateGraph.of(board, *some(board))
    N, F = len(graph), len(graph.kinds)
    of_factors = {(node, f) for f, row in enumerate(graph.nodes) for node in row[row < N]}
    of_nodes = [(node, f) for node, row in enumerate(graph.factors) for f in row[row < F]]
    assert set(of_nodes) == of_factors
    assert len(of_nodes) == len(of_factors)
    assert (graph.kinds[graph.factors[:, 0], 0] == 1).all()
    rest = graph.factors[:, 1:]
    assert (graph.kinds[rest[rest < F], 0] == 0).all()
    for table, end in ((graph.nodes, N), (graph.factors, F)):
        assert table.min() >= 0
        assert table.max() <= end, "what fills a table up is one past the last"


def test_a_unit_with_fewer_cells_than_values_has_each_at_most_once() -> None:
    board = grid(1, 5, 3, [(0, 1, 2), (3, 4)])
    x_t, allowed = np.zeros((1, 5), np.int64), np.ones((1, 5, 3), np.float32)
    for nodes, is_cell, exactly in factors_of(CandidateGraph.of(board, x_t, allowed)):
        assert exactly == (is_cell or nodes[0][1] < 3)


def test_a_cell_without_candidates_has_no_nodes_and_no_factor() -> None:
    board = sudoku(2, 2)
    x_t, allowed = np.zeros((2, 16), np.int64), np.ones((2, 16, 4), np.float32)
    allowed[1, 5] = 0
    graph = CandidateGraph.of(board, x_t, allowed)
    assert len(graph) == 2 * 64 - 4
    assert graph.kinds[:, 0].sum() == 2 * 16 - 1
    logits = graph.logits(np.ones(len(graph), np.float32))
    assert (logits[1, 5] == CLOSED_LOGIT).all()
    assert (np.delete(logits.reshape(32, 4), 16 + 5, axis=0) == 1).all()


def test_rows_stand_side_by_side() -> None:
    board = sudoku(3, 3)
    x_t, allowed = some(board)
    together = factors_of(CandidateGraph.of(board, x_t, allowed))
    alone = [
        factor._replace(nodes=[(row, *place) for _, *place in factor.nodes])
        for row in range(len(x_t))
        for factor in factors_of(
            CandidateGraph.of(board, x_t[row : row + 1], allowed[row : row + 1])
        )
    ]
    assert together == alone


def test_logits_of_what_is_not_open_are_closed_and_of_what_is_unmasked_zero() -> None:
    board = sudoku(2, 2)
    x_t, allowed = some(board)
    graph = CandidateGraph.of(board, x_t, allowed)
    logits = graph.logits(np.arange(1, len(graph) + 1, dtype=np.float32))
    assert logits.dtype == np.float32
    assert np.array_equal(logits.reshape(-1)[graph.index], np.arange(1, len(graph) + 1))
    rows, cells = x_t.nonzero()
    assert (logits[rows, cells, x_t[rows, cells] - 1] == 0).all()
    assert ((logits == CLOSED_LOGIT) | (logits == 0) | (logits >= 1)).all()
    assert (logits == 0).sum() == len(rows)


def test_state_is_gathered_and_put_back() -> None:
    board = sudoku(2, 2)
    graph = CandidateGraph.of(board, *some(board))
    state = np.random.default_rng(0).random((*graph.shape, 3)).astype(np.float32)
    before = state.copy()
    assert np.array_equal(graph.scatter(graph.gather(state), state), state)
    changed = graph.scatter(np.zeros((len(graph), 3), np.float32), state)
    assert (changed == 0).all(axis=-1).sum() == len(graph)
    assert np.array_equal(state, before)


@pytest.mark.parametrize("full", [True, False], ids=["nothing is masked", "nothing is allowed"])
def test_without_open_candidates_there_are_no_nodes(full: bool) -> None:
    board = sudoku(2, 2)
    x_t = np.full((2, 16), int(full))
    graph = CandidateGraph.of(board, x_t, np.full((2, 16, 4), full, np.float32))
    assert len(graph) == len(graph.kinds) == len(graph.nodes) == len(graph.factors) == 0
    logits = graph.logits(np.zeros(0, np.float32))
    assert (logits[..., 0] == (0 if full else CLOSED_LOGIT)).all()
    assert (logits[..., 1:] == CLOSED_LOGIT).all()

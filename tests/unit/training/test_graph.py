"""The graph in torch is that of the runtime, and its sums have the gradients of sums."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from vmd_solver.csp import Board
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import random_grid
from vmd_solver.denoiser import graph as runtime
from vmd_training.evaluate import grid_on
from vmd_training.export import example
from vmd_training.graph import CandidateGraph, Grid

JIGSAW = jigsaw((0, 0, 0, 1, 0, 1, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3), diagonal=True)
BOARDS = [
    sudoku(2, 2), sudoku(3, 3), sudoku_x(2, 2), windoku(), JIGSAW, latin(5),
    random_grid(3, 4, 6, 0)[0], grid(3, 5, 6, [(0, 1, 2), (4, 9, 14)]), grid(2, 3, 3, []),
]  # fmt: skip


def on(board: Board, B: int) -> Grid:
    """A random grid whose rows share the board as it is."""
    found, _ = example(board, B, 1)
    return grid_on([board], found.x_t, found.allowed.numpy())


def of_runtime(board: Board, rows: Grid) -> runtime.CandidateGraph:
    return runtime.CandidateGraph.of(board, rows.x_t.numpy(), rows.allowed.numpy())


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: f"{board.family}-{board.n}")
def test_it_is_the_graph_of_the_runtime(board: Board) -> None:
    rows = on(board, 3)
    one, other = CandidateGraph.of(rows), of_runtime(board, rows)
    assert one.index.tolist() == other.index.tolist()
    assert len(one) > 0
    assert torch.equal(one.facts[:, 1:], torch.from_numpy(other.kinds))
    lists = (one.of_factor, one.of_node)
    for found, table, end in zip(
        lists, (other.nodes, other.factors), (len(one), len(other.kinds)), strict=True
    ):
        assert found.members.tolist() == table[table < end].tolist()
        assert found.starts.diff().tolist() == (table < end).sum(axis=1)[:-1].tolist()
    assert one.facts[:, 0].tolist() == pytest.approx(1 / (other.nodes < len(one)).sum(axis=1))
    assert one.degree[:, 0].tolist() == (other.factors < len(other.kinds)).sum(axis=1).tolist()


def test_rows_with_boards_of_their_own_are_the_graphs_of_these_boards() -> None:
    boards = (sudoku(2, 2), latin(4), JIGSAW)
    U = max(len(board.units) for board in boards)
    rows = [on(board, 1) for board in boards]
    padded = [
        row._replace(
            units=F.pad(row.units, (0, 0, 0, U - row.units.shape[1])),
            complete=F.pad(row.complete, (0, U - row.complete.shape[1])),
        )
        for row in rows
    ]
    graph = CandidateGraph.of(Grid(*(torch.cat([row[at] for row in padded]) for at in range(4))))
    alone = [of_runtime(board, row) for board, row in zip(boards, rows, strict=True)]
    first = np.cumsum([0, *map(len, alone)])[:-1]
    index, kinds, members, sizes = [], [], [], []
    for number, (one, node) in enumerate(zip(alone, first, strict=True)):
        index += (one.index + number * 16 * 4).tolist()
        kinds += one.kinds.tolist()
        members += (one.nodes[one.nodes < len(one)] + node).tolist()
        sizes += (one.nodes < len(one)).sum(axis=1).tolist()
    assert graph.index.tolist() == index
    assert graph.facts[:, 1:].tolist() == kinds
    assert graph.of_factor.members.tolist() == members
    assert graph.of_factor.starts.tolist() == np.cumsum([0, *sizes])[:-1].tolist()


def test_a_full_grid_has_no_nodes() -> None:
    rows = grid_on([sudoku(2, 2)], torch.ones(2, 16))
    graph = CandidateGraph.of(rows)
    assert len(graph) == len(graph.facts) == 0
    assert graph.logits(torch.zeros(0)).argmax(dim=-1).tolist() == [[0] * 16] * 2
    assert graph.to_nodes(graph.to_factors(torch.zeros(0, 3))).shape == (0, 3)


def test_logits_are_those_of_the_runtime() -> None:
    board = sudoku(3, 3)
    rows = on(board, 2)
    graph, other = CandidateGraph.of(rows), of_runtime(board, rows)
    logits = torch.randn(len(graph))
    assert np.array_equal(graph.logits(logits).numpy(), other.logits(logits.numpy()))


def test_state_is_gathered_and_put_back() -> None:
    graph = CandidateGraph.of(on(sudoku(2, 2), 2))
    state = torch.randn(*graph.shape, 3)
    assert torch.equal(graph.scatter(graph.gather(state), state), state)
    changed = graph.scatter(torch.zeros(len(graph), 3), state)
    assert (changed == 0).all(dim=-1).sum() == len(graph)


def test_sums_are_those_of_the_memberships_and_have_the_gradients_of_sums() -> None:
    board = sudoku(2, 2)
    rows = on(board, 2)
    graph, other = CandidateGraph.of(rows), of_runtime(board, rows)
    member = np.stack([(other.nodes == node).any(axis=1) for node in range(len(graph))], axis=1)
    dense = torch.from_numpy(member).double()  # (F, N)
    x = torch.randn(len(graph), 2, dtype=torch.float64, requires_grad=True)
    y = torch.randn(len(graph.facts), 2, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(graph.to_factors(x), dense @ x)
    torch.testing.assert_close(graph.to_nodes(y), dense.T @ y)
    assert torch.autograd.gradcheck(graph.to_factors, (x,))
    assert torch.autograd.gradcheck(graph.to_nodes, (y,))


def test_shares_of_a_cell_sum_to_one() -> None:
    graph = CandidateGraph.of(on(sudoku(3, 3), 2))
    logits = 30 * torch.randn(len(graph)).clamp(-1, 1)
    shares = graph.softmax(logits)
    total = torch.zeros(2 * 81).index_add(0, graph.cell, shares)
    open_ = torch.zeros(2 * 81, dtype=torch.bool).index_fill(0, graph.cell, True)
    torch.testing.assert_close(total, open_.float())
    # The closed logits of the others have no share.
    whole = graph.logits(logits).softmax(dim=-1).flatten()[graph.index]
    torch.testing.assert_close(shares, whole)

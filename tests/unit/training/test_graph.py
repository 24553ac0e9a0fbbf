"""The graph in torch is that of the runtime, and its sums have the gradients of sums."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from training.export import example
from training.graph import CandidateGraph
from vmd_solver.csp import Board
from vmd_solver.csp.families import latin, sudoku, sudoku_x
from vmd_solver.csp.generate import random_grid
from vmd_solver.denoiser import graph as runtime

BOARDS = [sudoku(2, 2), sudoku(3, 3), sudoku_x(2, 2), latin(5), random_grid(3, 4, 6, 0)[0]]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.family)
def test_it_is_the_graph_of_the_runtime(board: Board) -> None:
    grid, _ = example(board, 3, 1)
    grid = grid._replace(
        units=torch.from_numpy(board.incidence.astype(np.float32))[None],
        complete=torch.from_numpy(board.complete.astype(np.float32))[None],
    )
    one = CandidateGraph.of(grid)
    other = runtime.CandidateGraph.of(board, grid.x_t.numpy(), grid.allowed.numpy())
    assert one.index.tolist() == other.index.tolist()
    assert torch.equal(one.facts[:, 1:], torch.from_numpy(other.kinds))
    lists = (one.of_factor, one.of_node)
    for found, table, end in zip(
        lists, (other.nodes, other.factors), (len(one), len(other.kinds)), strict=True
    ):
        assert found.members.tolist() == table[table < end].tolist()
        assert found.starts.diff().tolist() == (table < end).sum(axis=1)[:-1].tolist()
    assert one.facts[:, 0].tolist() == pytest.approx(1 / (other.nodes < len(one)).sum(axis=1))


def test_sums_have_the_gradients_of_sums() -> None:
    graph = CandidateGraph.of(example(sudoku(2, 2), 2, 0)[0])
    x = torch.randn(len(graph), 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(graph.to_factors, (x,))
    y = torch.randn(len(graph.facts), 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(graph.to_nodes, (y,))
    # A node is in a factor as often as the factor has it.
    assert torch.allclose((graph.to_factors(x) * y).sum(), (graph.to_nodes(y) * x).sum())


def test_shares_of_a_cell_sum_to_one() -> None:
    graph = CandidateGraph.of(example(sudoku(3, 3), 2, 0)[0])
    shares = graph.softmax(torch.randn(len(graph)))
    total = torch.zeros(2 * 81).index_add(0, graph.cell, shares)
    assert torch.allclose(total[total > 0], torch.ones(()))
    assert (total > 0).sum() == len(graph.cell.unique())

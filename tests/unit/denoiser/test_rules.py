"""What networks are told of relations and automata is what the constraints say."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from vmd_solver.csp import Board, rules
from vmd_solver.csp.families import latin, sudoku, with_rules
from vmd_solver.denoiser.graph import CandidateGraph, cells_of
from vmd_solver.denoiser.rules import BoardRules, rules_of

PAIRS = with_rules(latin(4), [rules.Greater((0, 1)), rules.Thermo((5, 9, 13))])
CAGES = with_rules(sudoku(2, 2), [rules.Killer(7, (0, 1, 4)), rules.Skyscraper(2, (0, 4, 8, 12))])
MIXED = with_rules(
    latin(4), [rules.Killer(6, (0, 1, 4)), rules.Greater((2, 3)), rules.Sandwich(2, (3, 2, 1, 0))]
)
HIDDEN = with_rules(latin(4), [rules.CountingCircles((0, 1, 2, 5))])
BOARDS = {"pairs": PAIRS, "cages": CAGES, "mixed": MIXED, "hidden": HIDDEN}

every_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)


def accepted(heard: BoardRules, start: int, length: int) -> set[tuple[tuple[int, ...], ...]]:
    """The sequences of places by which arcs lead from a state to an accepting one."""
    ways = {((), start)}
    for at in range(length):
        arcs = heard.arcs[heard.layer == at].tolist()
        ways = {(((*path, place)), to) for path, state in ways for s, place, to, _ in arcs
                if s == state}  # fmt: skip
    return {path for path, state in ways if heard.ends[state, 1]}  # type: ignore[misc]


@every_board
def test_arcs_accept_what_the_automata_accept(board: Board) -> None:
    heard = BoardRules.of(board)
    starts = np.flatnonzero(heard.ends[:, 0])
    assert len(starts) == len(board.constraints.automata) == heard.ends[:, 1].sum()
    for (cells, layers), start in zip(board.constraints.automata, starts, strict=True):
        due = set()
        for values in product(range(board.D), repeat=len(cells)):
            states = {0}
            for layer, value in zip(layers, values, strict=True):
                states = {to for s in states for mask, to in layer[s] if mask >> value & 1}
            if states:
                due.add(tuple(c * board.D + v for c, v in zip(cells, values, strict=True)))
        assert accepted(heard, int(start), len(cells)) == due


@every_board
def test_supports_are_the_tables_read_from_both_sides(board: Board) -> None:
    heard, D = BoardRules.of(board), board.D
    told = {
        (int(heard.sources[support]), int(heard.hearers[support]), int(place))
        for support, place in heard.members
    }
    due = set()
    for a, b, rows in board.constraints.relations:
        for v, w in product(range(D), repeat=2):
            if rows[v] >> w & 1:
                due |= {(a, b * D + w, a * D + v), (b, a * D + v, b * D + w)}
    assert told == due
    assert len(heard.hearers) == 2 * D * len(board.constraints.relations)
    assert (np.diff(heard.members[:, 0]) >= 0).all()


@every_board
def test_a_fixed_cell_excludes_what_no_relation_allows_beside_it(board: Board) -> None:
    n, D = cells_of(board), board.D
    for cell, value in product(range(board.n), range(D)):
        fixed = np.zeros((n, D), dtype=bool)
        fixed[cell, value] = True
        due = np.zeros_like(fixed)
        for a, b, rows in board.constraints.relations:
            for w in range(D):
                due[b, w] |= a == cell and not rows[value] >> w & 1
                due[a, w] |= b == cell and not rows[w] >> value & 1
        found = BoardRules.of(board).excluded(fixed.ravel())
        np.testing.assert_array_equal(found.reshape(n, D), due)


@every_board
def test_a_batch_is_its_boards_side_by_side(board: Board) -> None:
    one, two = rules_of(board, 1), rules_of(board, 2)
    n, D = cells_of(board), board.D
    assert (one.cells, two.cells) == (n, 2 * n)
    for name, step in {
        "sources": n, "hearers": n * D, "layer": 0, "ends": 0,
        "members": (len(one.hearers), n * D), "readings": (n * D, len(one.ends)),
        "arcs": (len(one.ends), n * D, len(one.ends), len(one.readings)),
    }.items():  # fmt: skip
        part = getattr(one, name)
        np.testing.assert_array_equal(getattr(two, name), np.concatenate((part, part + step)))


@every_board
def test_the_graph_leaves_closed_candidates_out(board: Board) -> None:
    rng = np.random.default_rng(0)
    x_t = np.zeros((2, board.n), dtype=np.int64)
    x_t[1, 1] = 2
    allowed = (rng.random((2, board.n, board.D)) < 0.7).astype(np.float32)
    graph = CandidateGraph.of(board, x_t, allowed, ruled=True)
    N, heard, whole = len(graph), graph.rules, rules_of(board, 2)
    assert heard is not None
    node = {int(place): number for number, place in enumerate(graph.index)}
    fixed = {cells_of(board) * board.D + board.D + 1: N}
    layers = np.repeat(np.arange(len(heard.layers) - 1), np.diff(heard.layers))
    due = [
        (int(layer), int(before), {**node, **fixed}[int(place)], int(after))
        for layer, (before, place, after, _) in zip(whole.layer, whole.arcs, strict=True)
        if int(place) in node or int(place) in fixed
    ]
    found = zip(layers.tolist(), *heard.arcs[:, :3].T.tolist(), strict=True)
    assert sorted(found) == sorted(due)
    assert (np.diff(layers) >= 0).all()
    for _, place, _, reading in heard.arcs:
        assert (reading == len(heard.readings)) == (place == N)
        assert place == N or heard.readings[reading, 0] == place
    decided = {cells_of(board) + 1}
    kept = [
        s for s, (source, place) in enumerate(zip(whole.sources, whole.hearers, strict=True))
        if int(place) in node and int(source) not in decided
    ]  # fmt: skip
    assert heard.hearers.tolist() == [node[int(whole.hearers[s])] for s in kept]
    pairs = [
        (kept.index(s), node[place]) for s, place in whole.members.tolist()
        if s in kept and place in node
    ]  # fmt: skip
    assert heard.members.tolist() == [list(pair) for pair in pairs]
    tables = heard.inputs(N)
    assert (tables["supports"] < N).sum() == len(heard.members)
    assert (tables["heard"] < len(heard.hearers)).sum() == len(heard.hearers)


def test_hidden_cells_are_masked_cells_of_the_graph_for_who_reads_rules() -> None:
    n, D = HIDDEN.n, HIDDEN.D
    x_t, allowed = np.ones((1, n), np.int64), np.ones((1, n, D), np.float32)
    assert cells_of(HIDDEN) > n
    assert len(CandidateGraph.of(HIDDEN, x_t, allowed)) == 0
    graph = CandidateGraph.of(HIDDEN, x_t, allowed, ruled=True)
    assert graph.shape == (1, cells_of(HIDDEN), D)
    assert (graph.index >= n * D).all()

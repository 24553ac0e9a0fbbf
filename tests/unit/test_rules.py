"""Boards with rules: what they come to, and both searches on them, on both machines."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, product

import numpy as np
import pytest

from benchmarks.mixes import mixes
from vmd_solver.csp import Puzzle, constraints, exact, kernel
from vmd_solver.csp.candidates import initial_masks, masks_to_allowed, propagate
from vmd_solver.csp.clauses import SatSearch
from vmd_solver.csp.compiled import Machine, Words, machine
from vmd_solver.csp.constraints import Layers, layered
from vmd_solver.csp.families import grid, latin, sudoku, with_rules, without_rules
from vmd_solver.csp.rules import (
    AntiKnight,
    Arrow,
    CountingCircles,
    Different,
    Killer,
    Odd,
    Regex,
    Sum,
    SumLine,
    Thermo,
)
from vmd_solver.csp.verify import verify
from vmd_solver.errors import InvalidPuzzle

LIMIT = 60
PUZZLES = [puzzle for seed in range(10) for puzzle in islice(mixes(seed), 8)]


def accepted(layers: Layers, D: int) -> set[tuple[int, ...]]:
    """Every sequence of values 1..D that an automaton accepts."""
    found = set()
    for values in product(range(1, D + 1), repeat=len(layers)):
        states = {0}
        for value, layer in zip(values, layers, strict=True):
            arcs = [arc for state in states for arc in layer[state]]
            states = {to for mask, to in arcs if mask >> value - 1 & 1}
        if states:
            found.add(values)
    return found


def sums(total: int, length: int = 3, D: int = 4) -> Layers:
    """Accepts what adds up to a total."""
    return layered(D, length, 0, lambda at, _, value: at + value, lambda at: at == total)


def test_an_automaton_accepts_what_its_steps_do() -> None:
    assert accepted(sums(5), 4) == {v for v in product((1, 2, 3, 4), repeat=3) if sum(v) == 5}


def test_an_automaton_may_be_in_several_states() -> None:
    # The third from the end is 1: which one that is, shows only later.
    layers = layered(
        2,
        5,
        0,
        lambda at, _, value: {0, 1} if (at, value) == (0, 1) else at + (at > 0),
        lambda at: at == 3,
    )
    assert accepted(layers, 2) == {v for v in product((1, 2), repeat=5) if v[2] == 1}


def test_an_automaton_without_a_way_has_no_layers() -> None:
    assert sums(13) == ()


def test_states_with_the_same_future_are_one() -> None:
    parity = layered(9, 6, 0, lambda at, _, value: at + value, lambda at: at % 2 == 0)
    assert max(map(len, parity)) == 2


def test_a_rule_with_too_many_cases_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constraints, "MAX_ARCS", 10_000)
    with pytest.raises(InvalidPuzzle, match="too many cases"):
        layered(9, 9, 1, lambda at, _, value: at * 10 + value, bool)


def test_rules_bring_units_and_take_them_away_again() -> None:
    board = with_rules(sudoku(), [AntiKnight(), Killer(15, (0, 1, 2)), Odd((5,))])
    assert len(board.units) == 27 + 224 + 1 and without_rules(board) == sudoku()
    assert with_rules(board, [Odd((5,))]).units == sudoku().units


def test_only_relations_and_automata_link_a_board() -> None:
    assert not with_rules(sudoku(), [AntiKnight(), Odd((5,)), Different((0, 10))]).linked
    assert with_rules(sudoku(), [Thermo((0, 1))]).linked


def test_domains_narrow_an_open_cell_and_a_given() -> None:
    board = with_rules(latin(3), [Odd((0, 4))])
    masks = initial_masks(board, [[0, 0, 0, 0, 2, 0, 0, 0, 0]])
    assert masks[0].tolist() == [5, 7, 7, 7, 0, 7, 7, 7, 7]


def test_numbers_of_rules_are_those_of_the_board() -> None:
    cells = (0, 1)
    from_zero = with_rules(replace(grid(1, 2, 3, []), low=0), [Sum(1, cells)])
    assert exact.count(from_zero.empty(), 10).solutions == 2  # 0 1 and 1 0
    assert exact.count(with_rules(grid(1, 2, 3, []), [Sum(3, cells)]).empty(), 10).solutions == 2


def test_holes_hold_nothing_that_matters() -> None:
    plus = replace(grid(3, 3, 9, []), holes=(0, 2, 6, 8))
    board = with_rules(plus, [Killer(24, (1, 4, 7)), Killer(23, (3, 4, 5))])
    found = exact.count(board.empty(), 100)
    assert found.solutions == 8  # 8 or 9 in the middle, and the others either way round
    assert all(verify(board.empty(), values) for values in found.grids)


def test_hidden_cells_add_no_solutions() -> None:
    board = with_rules(grid(1, 3, 3, []), [CountingCircles((0, 1, 2))])
    found = exact.count(board.empty(), 100)
    assert sorted(found.grids) == [(1, 2, 2), (2, 1, 2), (2, 2, 1), (3, 3, 3)]


def test_sums_over_whole_units_lose_them() -> None:
    row = tuple(range(9))
    arcs = [
        sum(len(state) for layer in read.layers for state in layer)
        for read in with_rules(sudoku(), [Sum(45 + 15, (*row, 9, 28, 47))]).constraints.automata
    ]
    assert arcs == [
        sum(
            len(s)
            for layer in layered(9, 3, 0, lambda a, _, v: a + v, lambda a: a == 15)
            for s in layer
        )
    ]
    with pytest.raises(InvalidPuzzle, match="no values"):
        with_rules(sudoku(), [Sum(44, row)])


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_propagation_keeps_every_solution(compiled: bool) -> None:
    for puzzle in PUZZLES:
        words, consistent = propagate(
            puzzle.board, initial_masks(puzzle.board, [puzzle.givens]), compiled
        )
        allowed = masks_to_allowed(words[0], puzzle.board.D)
        found = exact.count(puzzle, LIMIT, compiled=compiled, max_guesses=400)
        assert consistent[0] or not found.solutions
        for values in found.grids:
            assert allowed[np.arange(puzzle.board.n), np.array(values) - 1].all()
            assert verify(puzzle, values)


def test_both_machines_agree_guess_for_guess() -> None:
    for puzzle in PUZZLES:
        plain = exact.count(puzzle, LIMIT, compiled=False, max_guesses=400)
        assert plain == exact.count(puzzle, LIMIT, compiled=True, max_guesses=400)


def test_the_sat_search_finds_the_same_solutions() -> None:
    pytest.importorskip("pysat")
    for puzzle in PUZZLES:
        masks = initial_masks(puzzle.board, [puzzle.givens])
        words, consistent = propagate(puzzle.board, masks)
        if not consistent[0]:
            continue
        search = SatSearch(puzzle.board, masks_to_allowed(words[0], puzzle.board.D))
        assert search.run(LIMIT, 10**9)
        found = exact.count(puzzle, LIMIT)
        assert search.solutions == found.solutions
        if found.solutions < LIMIT:
            assert sorted(search.grids) == sorted(found.grids)


@pytest.fixture
def hard() -> Puzzle:
    """One that both machines search for a while, with failures of automata."""
    diagonal = tuple(range(0, 36, 7))
    rules = [Arrow((0, 7, 14)), SumLine(7, tuple(range(6, 12))), Regex("[1-4]*6.*", diagonal)]
    return with_rules(sudoku(2, 3), rules).empty()


def test_a_search_moves_between_machines_with_its_rules(hard: Puzzle) -> None:
    pytest.importorskip("llvmlite")
    plain, compiled = machine(False), machine(True)
    whole, moved = (begun(plain, hard) for _ in range(2))
    assert not ended(plain, hard, moved, 20)
    moved = compiled.give(moved)
    assert ended(compiled, hard, moved, 10**9)
    assert ended(plain, hard, whole, 10**9)
    assert whole[kernel.GUESSES] > 40
    notes = kernel.tables(plain.tables(hard.board)).notes  # all before: counts, and weights
    assert list(moved[:notes]) == list(whole[:notes])


def begun(use: Machine, puzzle: Puzzle) -> Words:
    room = use.room(puzzle.board, 100)
    tables, givens = use.tables(puzzle.board), use.give(puzzle.givens, np.int8)
    use.load_on(tables, room, givens, use.give([]), -1)
    return room


def ended(use: Machine, puzzle: Puzzle, room: Words, budget: int) -> bool:
    done, nothing = use.give([0]), use.give([], np.float64)
    use.search_on(use.tables(puzzle.board), room, nothing, -1, 100, budget, done)
    return bool(done[0])


def test_a_failed_automaton_adds_to_the_weights_of_its_cells() -> None:
    # Arc by arc it can be kept, and no two of its cells say that it cannot.
    board = with_rules(grid(1, 4, 2, []), [Sum(4, (0, 1, 2)), Arrow((3, 0)), Regex("1*", (1, 2))])
    plain = machine(False)
    tables, room = kernel.tables(plain.tables(board)), plain.room(board)
    kernel.fail(tables, room, -1 - 4 - 0 - (tables.automata - 1))
    weights = room[tables.weights : tables.weights + 4]
    assert sorted(weights) == [0, 2, 2, 2] and weights[3] == 0

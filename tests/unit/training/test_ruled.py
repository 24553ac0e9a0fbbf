"""Puzzles with rules are what they claim: a solution that keeps every rule, and few givens."""

from __future__ import annotations

import numpy as np
import pytest

from vmd_solver.csp import Puzzle, exact
from vmd_solver.csp.rules import RULES
from vmd_solver.csp.verify import verify
from vmd_solver.errors import SearchError
from vmd_training import ruled
from vmd_training.ruled import KINDS, TRAINED, UNFIT, ZERO_SHOT, Ruled, arcs_of, puzzles

BASES = ("latin-4", "sudoku-2x2", "grid-5x5", "jigsaw-5", "sudoku-2x3")


def made(base: str, kinds: tuple[str, ...] = TRAINED, m: int = 6, seed: int = 0) -> list[Ruled]:
    return puzzles(base, kinds, np.random.default_rng(seed), m, several=0.3)


@pytest.mark.parametrize("base", BASES)
def test_solutions_keep_every_rule_and_are_alone_where_it_is_said(base: str) -> None:
    found = made(base, m=20)
    assert len(found) == 20
    assert {one.unique for one in found} == {True, False}
    for board, givens, solution, unique in found:
        puzzle = Puzzle(board, tuple(givens.tolist()))
        verify(puzzle, solution.tolist())
        assert ((givens == 0) | (givens == solution)).all()
        assert len(board.constraints.domains) == board.n
        if unique:
            assert exact.count(puzzle, 2).solutions == 1


def test_some_puzzles_of_several_solutions_have_them() -> None:
    loose = [one for one in made("latin-4", m=40) if not one.unique]
    counts = [exact.count(Puzzle(one.board, tuple(one.givens.tolist())), 2) for one in loose]
    assert sum(count.solutions == 2 for count in counts) > len(loose) / 2


@pytest.mark.parametrize("kind", TRAINED)
def test_every_kind_can_be_asked_for_alone(kind: str) -> None:
    for board, *_ in made("sudoku-2x3", (kind,), m=2):
        assert len({rule.name for rule in board.rules}) <= (2 if kind == "indexing" else 1)


def test_what_is_never_trained_is_a_rule_and_never_drawn() -> None:
    assert RULES.keys() >= {*ZERO_SHOT}
    assert KINDS.keys().isdisjoint(ZERO_SHOT + UNFIT)
    names = {rule.name for base in BASES for one in made(base, m=20) for rule in one.board.rules}
    assert len(names) > 15
    assert names.isdisjoint(ZERO_SHOT)


def test_the_same_seed_gives_the_same_puzzles() -> None:
    one, other = made("jigsaw-5"), made("jigsaw-5")
    assert [ruled.board for ruled in one] == [ruled.board for ruled in other]
    assert all((a.givens == b.givens).all() for a, b in zip(one, other, strict=True))
    assert [ruled.board for ruled in one] != [ruled.board for ruled in made("jigsaw-5", seed=1)]


def test_boards_with_too_many_arcs_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    some = made("sudoku-2x3", ("killer",), m=4)
    assert max(arcs_of(one.board) for one in some) > 60
    monkeypatch.setattr(ruled, "MOST_ARCS", 60)
    few = made("sudoku-2x3", ("killer",), m=2)
    assert max(arcs_of(one.board) for one in few) <= 60


def test_kinds_that_do_not_fit_a_board_are_named() -> None:
    with pytest.raises(SearchError, match=r"no puzzles on latin-5 with rules .*: entropic"):
        made("latin-5", ("entropic",))


def test_givens_are_needed() -> None:
    for board, givens, solution, unique in made("latin-4", m=12):
        for cell in np.flatnonzero(givens) if unique else ():
            fewer = givens.copy()
            fewer[cell] = 0
            assert exact.count(Puzzle(board, tuple(fewer.tolist())), 2).solutions == 2
        assert (solution > 0).all()

"""Rules in formats: parse after write is the identity; iss may call a rule otherwise, no more."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmd_solver import formats
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, with_rules
from vmd_solver.csp.puzzle import Board, Puzzle, Rule
from vmd_solver.csp.rules import RULES
from vmd_solver.errors import InvalidPuzzle, PuzzleError
from vmd_solver.formats.ruletext import parse_rule, rule_text

PIECES = [0, 0, 0, 1, 2, 0, 1, 1, 2, 2, 3, 1, 2, 3, 3, 3]
BOARDS = (
    sudoku(2, 2),
    sudoku_x(2, 3),
    latin(6),
    jigsaw(PIECES),
    replace(sudoku(2, 3), low=0),
    grid(4, 4, 2, []),
    grid(2, 5, 9, [range(5)], [0] * 5 + [1] * 5),
    replace(grid(3, 4, 9, [(1, 2, 3), (4, 8)], [1] * 6 + [0] * 6), holes=(0, 11), low=0),
)


def of_type(hint: Any, board: Board) -> st.SearchStrategy[Any]:
    """Any value of a rule's field."""
    numbers = st.integers(-3, 30)
    if hint is bool:
        return st.booleans()
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if hint is str:
        return st.text("123.*[]()| ", min_size=1, max_size=8)
    if hint is int:
        return numbers
    if hint == tuple[str, ...]:
        return st.sampled_from((("x", "v"), ("white",), ("black", "white")))
    items = numbers if get_args(hint)[0] is int else st.tuples(numbers, numbers)
    return st.lists(items, min_size=1, max_size=5).map(tuple)


@st.composite
def rules(draw: st.DrawFn, board: Board, kind: type[Rule]) -> Rule:
    """A rule of this kind, sense or nonsense; its cells lie anywhere, or in a line."""
    hints, given = get_type_hints(kind), {}
    anywhere = st.lists(st.integers(0, board.n - 1), min_size=1, max_size=6, unique=True)
    rows = [tuple(range(at, at + board.cols)) for at in range(0, board.n, board.cols)]
    lines = st.sampled_from([*rows, *zip(*rows, strict=True)]).flatmap(
        lambda line: st.sampled_from([line, line[::-1], line[:2], line[:3]])
    )
    for field in fields(kind):  # type: ignore[arg-type]
        of_cells = field.name in ("more", "cells")
        strategy = anywhere.map(tuple) | lines if of_cells else of_type(hints[field.name], board)
        given[field.name] = draw(strategy)
    return kind(**given)


@st.composite
def ruled(draw: st.DrawFn, kind: type[Rule]) -> Puzzle:
    """A puzzle whose board has such rules as it can have, of this kind and others."""
    board = draw(st.sampled_from(BOARDS))
    others = st.sampled_from(list(RULES.values()))
    for one in [kind, kind, draw(others), draw(others)]:
        try:
            board = with_rules(board, (*board.rules, draw(rules(board, one))))
        except InvalidPuzzle:
            continue
    values = draw(st.lists(st.integers(1, board.D), min_size=board.n, max_size=board.n))
    may = zip(values, board.constraints.domains, strict=False)
    return Puzzle(board, tuple(value if has >> value - 1 & 1 else 0 for value, has in may))


KINDS = pytest.mark.parametrize("name", RULES)


@KINDS
@given(data=st.data())
@settings(max_examples=8)
def test_a_rule_is_the_same_after_text(name: str, data: st.DataObject) -> None:
    board = data.draw(st.sampled_from(BOARDS))
    rule = data.draw(rules(board, RULES[name]))
    text = rule_text(rule, board)
    assert "\n" not in text
    assert parse_rule(text, board) == rule


@KINDS
@given(data=st.data())
@settings(max_examples=3, deadline=None)
def test_a_puzzle_with_rules_is_the_same_after_text(name: str, data: st.DataObject) -> None:
    puzzle = data.draw(ruled(RULES[name]))
    for form in ("vmd", "jsonl"):
        assert formats.parse(formats.write(puzzle, form)) == puzzle


@KINDS
@given(data=st.data())
@settings(max_examples=3, deadline=None)
def test_what_iss_holds_means_the_same(name: str, data: st.DataObject) -> None:
    puzzle = data.draw(ruled(RULES[name]))
    try:
        text = formats.write(puzzle, "iss")
    except PuzzleError as error:
        assert "the iss format cannot hold" in str(error)
        return
    assert meaning(formats.parse(text)) == meaning(puzzle)


def meaning(puzzle: Puzzle) -> tuple[Any, ...]:
    """What a puzzle asks, whatever its rules are called; a given is a candidate alone."""
    board, asked = puzzle.board, puzzle.board.constraints
    given = [1 << value - 1 if value else -1 for value in puzzle.givens]
    domains = [has & values for has, values in zip(given, asked.domains, strict=False)]
    units = {frozenset(unit) for unit in board.units}
    automata = [(one.cells, one.layers) for one in asked.automata]
    return board.low, board.D, domains, units, {*asked.relations}, {*automata}

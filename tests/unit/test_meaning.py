"""What rules mean: examples by hand, and that what rules are made of allows exactly the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.constraints import Automaton
from vmd_solver.csp.exact import count
from vmd_solver.csp.families import grid, latin, sudoku, with_rules
from vmd_solver.csp.meaning import MEANINGS, broken
from vmd_solver.csp.puzzle import Rule, conflicts, violations
from vmd_solver.csp.rules import (
    RULES,
    AntiKing,
    AntiKnight,
    AntiTaxicab,
    Arrow,
    Between,
    Clone,
    CountingCircles,
    Diagonal,
    Difference,
    Different,
    DisjointGroups,
    DoubleArrow,
    Entropic,
    EqualityCage,
    Even,
    FullRank,
    GlobalEntropy,
    Greater,
    GreaterSum,
    HiddenSkyscraper,
    Indexing,
    KenKen,
    Killer,
    LittleKiller,
    Lockout,
    Lunchbox,
    MagicSquare,
    Marks,
    Maximum,
    Minimum,
    Modular,
    Negative,
    NonConsecutive,
    NumberedRoom,
    Odd,
    PairSum,
    Palindrome,
    PillArrow,
    Quadruple,
    Queens,
    Ratio,
    Regex,
    RegionSumLine,
    Rellik,
    Renban,
    SameValues,
    Sandwich,
    Skyscraper,
    SlowThermo,
    Sum,
    SumLine,
    Table,
    Takuzu,
    Thermo,
    Whisper,
    XSum,
    Zipper,
)
from vmd_solver.csp.verify import verify, verify_many
from vmd_solver.errors import InvalidPuzzle

ALL2, ALL3, ALL4, ALL5 = (tuple(range(size)) for size in (2, 3, 4, 5))
SQUARE = tuple(range(9))

EXAMPLES: list[tuple[Any, str, set[int]] | tuple[Any, str, set[int], dict[str, Any]]] = [
    # A rule, the numbers of a board (. open, # no cell, / next row), the cells that are broken.
    (AntiKnight(), "1../..1/1..", {0, 5, 6}),
    (AntiKnight(), "1../.1./1.1", set()),
    (AntiKing(), "1./.1", {0, 3}),
    (AntiKing(), "1.1", set()),
    (AntiTaxicab(), "2.2/.../2..", {0, 2, 6}),
    (AntiTaxicab(), "3.3/.1./1..", set()),
    (AntiTaxicab(), "00/00", set(), {"low": 0}),
    (NonConsecutive(), "12.3", {0, 1}),
    (NonConsecutive(), "13/3#/24", {2, 4}),
    (NonConsecutive(), "13/4./2#", set()),
    (Diagonal("down"), "12/21", {0, 3}),
    (Diagonal("up"), "12/31", set()),
    (Diagonal("down"), "#../.1./..1", {4, 8}),
    (DisjointGroups(), "12.2/1...", {0, 4, 1, 3}, {"box": (1, 2)}),
    (DisjointGroups(), "12/21", set(), {"box": (1, 2)}),
    (GlobalEntropy(), "12/31", set(), {"D": 3}),
    (GlobalEntropy(), "125/146", {0, 1, 3, 4}, {"D": 6}),
    (GlobalEntropy(), "1#/11", set(), {"D": 3}),
    (Negative(("v", "x")), "23.64", {0, 1, 3, 4}),
    (Negative(("white", "black")), "2.3/6.5", set()),
    (Negative(("white", "black")), "45/95", {0, 1}),
    (Negative(("black",)), "2463", {0, 1, 2, 3}),
    (Takuzu(), "0011/1100", set(), {"D": 2, "low": 0}),
    (Takuzu(), "0001/1...", {0, 1, 2, 3}, {"D": 2, "low": 0}),
    (Takuzu(True), "01../..../01../....", set(), {"D": 2, "low": 0}),
    (Takuzu(True), "0101/..../0101/....", {0, 1, 2, 3, 8, 9, 10, 11}, {"D": 2, "low": 0}),
    (Different((0, 1, 3)), "1221", {0, 3}),
    (Different((0, 1, 3)), "1223", set()),
    (Odd((0, 1)), "122", {1}),
    (Odd((0,)), "1.", set()),
    (Even((0, 1)), "012", {1}, {"low": 0}),
    (Even((0, 2)), "012", set(), {"low": 0}),
    (Marks((1, 3), ALL3), "123", {1}),
    (Marks((1, 3), ALL3), "1.3", set()),
    (Minimum((0, 1)), "215", set()),
    (Minimum((1,)), "31/21", {1, 3}),
    (Maximum((1,)), "315", {0, 1, 2}),
    (Maximum((1,)), "13#", set()),
    (Clone((0, 1, 3, 2)), "1221", set()),
    (Clone((0, 1, 2, 3)), "1221", {0, 1, 2, 3}),
    (SameValues(2, ALL4), "1221", set()),
    (SameValues(2, ALL4), "1222", {0, 1, 2, 3}),
    (SameValues(3, (0, 1, 2, 3, 4, 5)), "123121", {0, 1, 2, 3, 4, 5}),
    (Quadruple((1, 1, 4), ALL4), "1241", set()),
    (Quadruple((1, 1, 4), ALL4), "1244", {0, 1, 2, 3}),
    (Difference(1, ALL2), "32", set()),
    (Difference(1, ALL2), "31", {0, 1}),
    (Ratio(2, ALL2), "63", set()),
    (Ratio(2, ALL2), "62", {0, 1}),
    (Ratio(2, ALL2), "00", set(), {"low": 0}),
    (PairSum(10, ALL2), "64", set()),
    (PairSum(10, ALL2), "65", {0, 1}),
    (Greater(ALL3), "963", set()),
    (Greater(ALL3), "933", {1, 2}),
    (GreaterSum((0, 1), (2,)), "234", set()),
    (GreaterSum((0, 1), (2,)), "235", {0, 1, 2}),
    (Table(((1, 2), (3, 3)), ALL2), "33", set()),
    (Table(((1, 2), (3, 3)), ALL2), "21", {0, 1}),
    (Killer(15, ALL2), "87", set()),
    (Killer(15, ALL2), "89", {0, 1}),
    (Killer(15, ALL3), "55.", {0, 1}),
    (Sum(15, (0, 0, 1)), "69", {0, 1}),
    (Sum(15, (0, 0, 1)), "63", set()),
    (KenKen("-", 2, ALL3), "263", {0, 1, 2}),
    (KenKen("-", 2, ALL3), "162", {0, 1, 2}),
    (KenKen("-", 3, ALL3), "162", set()),
    (KenKen("/", 3, ALL3), "126", set()),
    (KenKen("/", 0, ALL2), "00", {0, 1}, {"low": 0}),
    (KenKen("x", 12, ALL3), "261", set()),
    (KenKen("+", 12, ALL3), "261", {0, 1, 2}),
    (KenKen("-", 4, (0,)), "4", set()),
    (LittleKiller(6, (0, 3)), "3./.3", set()),
    (LittleKiller(6, (0, 3)), "3./.4", {0, 3}),
    (Rellik(8, ALL3), "134", {0, 1, 2}),
    (Rellik(8, ALL3), "136", set()),
    (Rellik(9, ALL3), "1.1", {0, 2}),
    (EqualityCage(ALL4), "1289", set()),
    (EqualityCage(ALL4), "1245", {0, 1, 2, 3}),
    (EqualityCage(ALL2), "54", {0, 1}),
    (Lunchbox(5, ALL4), "1234", set()),
    (Lunchbox(5, ALL4), "2134", {0, 1, 2, 3}),
    (Lunchbox(0, ALL3), "132", set()),
    (CountingCircles(ALL3), "221", set()),
    (CountingCircles(ALL3), "223", {0, 1, 2}),
    (CountingCircles(ALL2), "01", {0, 1}, {"low": 0}),
    (MagicSquare(SQUARE), "276/951/438", set()),
    (MagicSquare(SQUARE), "276/951/483", set(SQUARE)),
    (Thermo(ALL3), "125", set()),
    (Thermo(ALL3), "1.5", set()),
    (Thermo(ALL3), "155", {1, 2}),
    (SlowThermo(ALL3), "155", set()),
    (SlowThermo(ALL3), "154", {1, 2}),
    (Whisper(5, ALL3), "161", set()),
    (Whisper(5, ALL3), "165", {1, 2}),
    (Renban(ALL3), "354", set()),
    (Renban(ALL3), "356", {0, 1, 2}),
    (Palindrome(ALL5), "12.21", set()),
    (Palindrome(ALL5), "12.31", {1, 3}),
    (Between(ALL4), "5231", set()),
    (Between(ALL4), "5251", {0, 2, 3}),
    (Lockout(4, ALL3), "195", set()),
    (Lockout(4, ALL3), "135", {0, 1, 2}),
    (Lockout(4, ALL3), "1.4", {0, 2}),
    (Zipper(ALL5), "12534", set()),
    (Zipper(ALL4), "1343", {0, 1, 2, 3}),
    (RegionSumLine(ALL4), "1225", {0, 1, 2, 3}, {"regions": (0, 0, 1, 1)}),
    (RegionSumLine((0, 1, 2, 0)), "213.", {0, 2}, {"regions": (0, 0, 1, 1)}),
    (RegionSumLine((0, 1, 2)), "213", set(), {"regions": (0, 0, 1)}),
    (SumLine(5, ALL4), "1455", set()),
    (SumLine(5, ALL4), "4145", {0, 1, 2, 3}),
    (SumLine(5, ALL4, loop=True), "1541", {0, 1, 2, 3}),
    (SumLine(5, ALL4, loop=True), "2553", set()),
    (SumLine(5, ALL4), "2553", {0, 1, 2, 3}),
    (SumLine(5, ALL4), "0050", set(), {"low": 0}),
    (SumLine(5, ALL2), "00", {0, 1}, {"low": 0}),
    (Modular(3, ALL4), "1231", set()),
    (Modular(3, ALL4), "1233", {1, 2, 3}),
    (Modular(3, ALL2), "14", {0, 1}),
    (Entropic(ALL4), "1482", set()),
    (Entropic(ALL3), "145", {0, 1, 2}),
    (Arrow(ALL3), "624", set()),
    (Arrow(ALL3), "625", {0, 1, 2}),
    (PillArrow(2, ALL4), "1376", set()),
    (PillArrow(2, ALL4), "1378", {0, 1, 2, 3}),
    (DoubleArrow(ALL4), "2563", {0, 1, 2, 3}),
    (DoubleArrow(ALL4), "2324", {0, 1, 2, 3}),
    (DoubleArrow(ALL4), "2334", set()),
    (Regex("[12]+3?", ALL3), "213", set()),
    (Regex("[12]+3?", ALL3), "231", {0, 1, 2}),
    (Sandwich(5, ALL5), "41239", set()),
    (Sandwich(4, ALL5), "41239", {0, 1, 2, 3, 4}),
    (Sandwich(0, ALL3), "123", {0, 1, 2}),
    (Sandwich(3, ALL4), "3120", set(), {"D": 4, "low": 0}),
    (Skyscraper(3, ALL4), "2139", set()),
    (Skyscraper(2, ALL4), "2139", {0, 1, 2, 3}),
    (Skyscraper(2, ALL3), "010", set(), {"low": 0}),
    (HiddenSkyscraper(1, ALL4), "2139", set()),
    (HiddenSkyscraper(3, ALL4), "2139", {0, 1, 2, 3}),
    (HiddenSkyscraper(3, ALL3), "123", {0, 1, 2}),
    (XSum(6, ALL4), "3129", set()),
    (XSum(7, ALL4), "3129", {0, 1, 2, 3}),
    (XSum(0, ALL2), "01", {0, 1}, {"low": 0}),
    (NumberedRoom(2, ALL4), "3129", set()),
    (NumberedRoom(1, ALL4), "3129", {0, 1, 2, 3}),
    (NumberedRoom(1, ALL2), "31", {0, 1}),
    (FullRank(1, (0, 1)), "12/34", set()),
    (FullRank(2, (0, 1)), "12/34", {0, 1}),
    (FullRank(1, (0, 1)), "11/34", {0, 1}),
    (Indexing("column", (0, 1)), "213", set()),
    (Indexing("column", (0, 1)), "321.", set()),
    (Indexing("row", (0, 1)), "2/3/2", {0}),
    (Queens(ALL4), "2413", set()),
    (Queens(ALL4), "2314", {0, 1}),
    (Queens(ALL3), "31.", set()),
]


def posed(text: str, D: int = 9, low: int = 1, **facts: Any) -> tuple[Board, list[int]]:
    """The board of a drawing, and its values: rows by /, numbers, . open, # no cell."""
    rows = text.split("/")
    holes = tuple(at for at, sign in enumerate("".join(rows)) if sign == "#")
    board = replace(grid(len(rows), len(rows[0]), D, []), low=low, holes=holes, **facts)
    signs = {".": 0, "#": 1}
    return board, [signs[s] if s in signs else int(s) - low + 1 for s in "".join(rows)]


def broken_cells(board: Board, values: Sequence[int]) -> set[int]:
    return {cell for cells, _ in broken(board, values) for cell in cells}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example[0]} {example[1]}")
def test_an_example(example: Any) -> None:
    rule, text, expected, *facts = example
    board, values = posed(text, **(facts[0] if facts else {}))
    assert broken_cells(replace(board, rules=(rule,)), values) == expected


def test_every_rule_has_a_meaning_and_examples_of_both_kinds() -> None:
    assert set(MEANINGS) == set(RULES.values())
    assert {type(rule) for rule, _, cells, *_ in EXAMPLES if not cells} == set(RULES.values())
    assert {type(rule) for rule, _, cells, *_ in EXAMPLES if cells} == set(RULES.values())


def test_a_message_names_the_rule_its_cells_and_what_is_wrong() -> None:
    board = replace(grid(2, 2, 9, []), rules=(Killer(15, ALL2), Thermo((0, 2)), Odd((2,))))
    assert [message for _, message in broken(board, (9, 8, 4, 0))] == [
        "killer of 15 is broken: r1c1, r1c2 add up to 17",
        "thermo is broken: r1c1, r2c1 hold 9, 4",
        "odd is broken: r2c1 holds 4",
    ]


def line(length: int, D: int = 4, low: int = 1, **facts: Any) -> Board:
    return replace(grid(1, length, D, []), low=low, **facts)


def area(rows: int, cols: int, D: int, low: int = 1, **facts: Any) -> Board:
    return replace(grid(rows, cols, D, []), low=low, **facts)


HALVES = {"regions": (0, 0, 1, 1)}
LATIN3, LATIN4 = latin(3), latin(4)
MOST = 400

CASES: list[tuple[Rule, Board]] = [
    (AntiKnight(), area(2, 3, 3)),
    (AntiKnight(), area(3, 3, 2, holes=(4, 5))),
    (AntiKing(), area(2, 3, 4)),
    (AntiTaxicab(), area(3, 3, 3, holes=(8,))),
    (AntiTaxicab(), area(2, 3, 3, low=0)),
    (NonConsecutive(), area(2, 3, 4)),
    (Diagonal("down"), area(3, 3, 3, holes=(0,))),
    (Diagonal("up"), area(2, 2, 3)),
    (DisjointGroups(), area(2, 4, 4, box=(1, 2), holes=(3,))),
    (DisjointGroups(), sudoku(2, 2)),
    (GlobalEntropy(), area(2, 3, 3)),
    (GlobalEntropy(), area(2, 3, 6, low=0, holes=(5,))),
    (Negative(("white", "v")), area(2, 2, 5)),
    (Negative(("black", "x")), area(2, 2, 8, low=0)),
    (Takuzu(), area(2, 4, 2)),
    (Takuzu(True), area(4, 4, 2, low=0)),
    (Different((0, 1, 3)), line(4)),
    (Odd((0, 2)), line(3, low=0)),
    (Even((0, 2)), line(3)),
    (Marks((0, 3), (0, 1)), line(3, low=0)),
    (Minimum((0, 4)), area(2, 3, 3)),
    (Maximum((1, 2)), area(2, 3, 3, holes=(5,))),
    (Clone((0, 1, 3, 4)), line(5, 3)),
    (SameValues(2, ALL4), line(4)),
    (SameValues(3, ALL3), line(3)),
    (SameValues(3, (0, 1, 2, 3, 4, 5)), line(6, 3)),
    (Quadruple((2, 2, 3), ALL4), area(2, 2, 4)),
    (Quadruple((0,), ALL4), area(2, 2, 4, low=0)),
    (Difference(2, ALL2), line(2, 6)),
    (Difference(0, ALL2), line(2)),
    (Ratio(2, ALL2), line(2, 9, low=0)),
    (Ratio(3, ALL2), line(2, 9)),
    (PairSum(5, ALL2), line(2, 6)),
    (Greater(ALL3), line(3)),
    (GreaterSum((0, 1), (2, 3)), line(4)),
    (GreaterSum((3,), (0, 1)), line(4, low=0)),
    (Table(((1, 2), (3, 3)), ALL2), line(2)),
    (Killer(7, ALL2), line(2, 6)),
    (Killer(9, ALL4), line(4, 5, low=0)),
    (Killer(3, (0,)), line(2)),
    (Sum(7, ALL3), line(3)),
    (Sum(9, (0, 1, 0)), line(2, 6, low=0)),
    (Sum(10, (0, 1, 4, 5)), LATIN4),
    (KenKen("-", 1, ALL3), line(3, 5)),
    (KenKen("/", 2, ALL3), line(3, 6)),
    (KenKen("/", 2, ALL2), line(2, 6, low=0)),
    (KenKen("x", 12, ALL3), line(3, 6)),
    (KenKen("x", 0, ALL3), line(3, low=0)),
    (KenKen("+", 6, ALL3), line(3)),
    (KenKen("x", 3, (0,)), line(1)),
    (LittleKiller(6, (0, 4, 8)), LATIN3),
    (Rellik(5, ALL3), line(3, 6)),
    (Rellik(4, ALL3), line(3, 5, low=0)),
    (EqualityCage(ALL4), line(4, 5)),
    (EqualityCage(ALL4), line(4, 6, low=0)),
    (Lunchbox(2, ALL4), line(4, 5)),
    (Lunchbox(0, ALL2), line(2)),
    (Lunchbox(3, ALL4), line(4, 5, low=0)),
    (CountingCircles(ALL5), line(5, 3)),
    (CountingCircles(ALL4), line(4, 4, low=0)),
    (MagicSquare(ALL4), area(2, 2, 4)),
    (MagicSquare(SQUARE), area(3, 3, 9)),
    (MagicSquare(SQUARE), area(3, 3, 10)),
    (Thermo(ALL3), line(3)),
    (SlowThermo(ALL3), line(3)),
    (Whisper(2, ALL3), line(3, 5)),
    (Renban(ALL3), line(3, 6)),
    (Palindrome(ALL5), line(5, 3)),
    (Between(ALL4), line(4, 5)),
    (Between((0, 2, 1)), LATIN3),
    (Lockout(2, ALL4), line(4, 5)),
    (Lockout(1, ALL2), line(2)),
    (Zipper(ALL4), line(4)),
    (Zipper(ALL5), line(5, 4, low=0)),
    (RegionSumLine(ALL4), line(4, **HALVES)),
    (RegionSumLine((0, 1, 2, 3, 0)), line(4, low=0, **HALVES)),
    (RegionSumLine((0, 1)), line(4, **HALVES)),
    (SumLine(4, ALL4), line(4)),
    (SumLine(4, ALL5, loop=True), line(5, 4, low=0)),
    (SumLine(5, ALL5, loop=True), line(5)),
    (SumLine(3, ALL4), line(4, low=0)),
    (Modular(3, ALL5), line(5)),
    (Modular(3, ALL2), line(2, 6, low=0)),
    (Entropic(ALL4), line(4, 6)),
    (Entropic(ALL2), line(2, 6, low=0)),
    (Arrow(ALL3), line(3, 6, low=0)),
    (PillArrow(2, ALL5), line(5, 6)),
    (PillArrow(2, ALL4), line(4, 11)),
    (DoubleArrow(ALL4), line(4)),
    (Regex("[12]+3?", ALL4), line(4)),
    (Regex("(0|1.)*", ALL4), line(4, low=0)),
    (Sandwich(2, ALL4), line(4)),
    (Sandwich(3, ALL4), line(4, low=0)),
    (Skyscraper(2, ALL4), line(4)),
    (Skyscraper(1, ALL4), line(4, low=0)),
    (HiddenSkyscraper(2, ALL4), line(4)),
    (HiddenSkyscraper(0, ALL4), line(4, low=0)),
    (XSum(4, ALL4), line(4)),
    (XSum(4, ALL3), line(3, 5, low=0)),
    (NumberedRoom(2, ALL4), line(4, 5)),
    (NumberedRoom(0, ALL3), line(3, 5, low=0)),
    (FullRank(3, (1, 3)), area(2, 2, 4)),
    (FullRank(8, (2, 1, 0)), area(3, 3, 2)),
    (FullRank(5, (0, 1, 2)), area(3, 3, 3)),
    (FullRank(5, (0, 4, 8, 12)), LATIN4),
    (Indexing("column", (0, 4)), area(2, 3, 3)),
    (Indexing("row", (0, 4)), area(2, 3, 3, low=0)),
    (Indexing("column", (1, 5)), LATIN3),
    (Queens(ALL4), line(4)),
]


def grids_of(board: Board) -> list[tuple[int, ...]]:
    """Full grids that the board's own units allow: all, or MOST of them from everywhere."""
    free = [cell for cell in range(board.n) if cell not in board.holes]
    if board.units:
        found: Any = count(board.empty(), 1000).grids
    elif board.D ** len(free) <= 20_000:
        found = list(product(range(1, board.D + 1), repeat=len(free)))
    else:
        rng = np.random.default_rng(0)
        found = rng.integers(1, board.D + 1, (MOST // 2, len(free))).tolist()
        found += [rng.permutation(len(free)) % board.D + 1 for _ in found]
    some = [found[at] for at in np.random.default_rng(0).permutation(len(found))[:MOST]]
    of_free = [dict(zip(free, values, strict=not board.units)) for values in some]
    return [tuple(int(held.get(cell, 1)) for cell in range(board.n)) for held in of_free]


def allowed(board: Board, values: Sequence[int]) -> bool:
    """Whether units, domains, relations and automata allow a full grid, whatever is hidden."""
    domains, relations, automata = board.constraints
    if any(len({values[cell] for cell in unit}) < len(unit) for unit in board.units):
        return False
    if not all(domain >> value - 1 & 1 for domain, value in zip(domains, values, strict=False)):
        return False
    if not all(r.rows[values[r.a] - 1] >> values[r.b] - 1 & 1 for r in relations):
        return False

    def fits(found: list[int]) -> bool:
        """Whether what is known of the hidden cells can be completed."""
        known = [one for one in automata if max(one.cells) == len(found) - 1]
        if not all(reads(one, found) for one in known):
            return False
        if len(found) == len(domains):
            return True
        own = (value for value in range(1, board.D + 1) if domains[len(found)] >> value - 1 & 1)
        return any(fits([*found, value]) for value in own)

    plain = [one for one in automata if max(one.cells) < board.n]
    return all(reads(one, values) for one in plain) and fits(list(values))


def reads(automaton: Automaton, values: Sequence[int]) -> bool:
    states = {0}
    for layer, cell in zip(automaton.layers, automaton.cells, strict=True):
        steps = [step for state in states for step in layer[state]]
        states = {after for mask, after in steps if mask >> values[cell] - 1 & 1}
    return bool(states)


@pytest.mark.parametrize(("rule", "board"), CASES, ids=str)
def test_what_a_rule_is_made_of_allows_exactly_what_it_means(rule: Rule, board: Board) -> None:
    ruled = with_rules(board, [rule])
    kept = 0
    for values in grids_of(board):
        means = not broken_cells(ruled, values)
        assert allowed(ruled, values) == means, values
        kept += means
    assert kept or isinstance(rule, MagicSquare)


def test_every_rule_is_compared() -> None:
    assert {type(rule) for rule, _ in CASES} == set(RULES.values())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example[0]} {example[1]}")
def test_what_a_rule_is_made_of_agrees_with_every_full_example(example: Any) -> None:
    rule, text, expected, *facts = example
    board, values = posed(text, **(facts[0] if facts else {}))
    if not all(values):
        return
    try:
        ruled = with_rules(board, [rule])
    except InvalidPuzzle:
        assert expected, "nothing can keep it"
    else:
        assert allowed(ruled, values) == (not expected)
        assert bool(verify(Puzzle(ruled, (0,) * ruled.n), values)) == (not expected)


def test_many_rows_are_judged_as_one_is() -> None:
    """Batches above and below the size from which answers are looked up, and open cells."""
    rules: list[Any] = [Thermo((0, 1)), Killer(6, (1, 2, 4)), Odd((3,)), FullRank(2, ALL3)]
    board = replace(grid(3, 3, 3, []), rules=tuple(rules))
    for rows in (2, 300):
        values = np.random.default_rng(rows).integers(0, 4, (rows, 9))
        found = conflicts(board, values)
        for row, marked in zip(values.tolist(), found, strict=True):
            assert set(np.flatnonzero(marked).tolist()) == broken_cells(board, row)
        assert 0 < found.sum() < found.size
        full = np.where(values == 0, 1, values)
        right = [not broken_cells(board, row) for row in full.tolist()]
        assert verify_many(board, np.zeros_like(full), full).tolist() == right


def test_what_a_cell_that_is_none_holds_does_not_matter() -> None:
    board = with_rules(replace(grid(1, 3, 3, [(0, 2)]), holes=(1,)), [Thermo((0, 2))])
    puzzle = Puzzle(board, (1, 3, 0))
    for between in (0, 1, 3):
        assert verify(puzzle, (1, between, 2))
        assert not verify(puzzle, (1, between, 1))
        given, grids = np.array([puzzle.givens]), np.array([[1, between, 2]])
        assert verify_many(board, given, grids).tolist() == [True]


def test_givens_that_break_a_rule_are_violations() -> None:
    """Units that rules bring are not named beside them."""
    board = with_rules(sudoku(2, 2), [Killer(5, (0, 7)), Killer(6, (14, 15)), AntiKnight()])
    puzzle = Puzzle(board, (3, 0, 0, 0, 0, 0, 3, 3) + (0,) * 8)
    assert [(one.kind, one.cells, one.message) for one in puzzle.status()] == [
        ("repeated", (6, 7), "value 3 repeats in row 2: r2c3, r2c4"),
        ("repeated", (6, 7), "value 3 repeats in box 2: r2c3, r2c4"),
        ("rule", (0, 7), "killer of 5 is broken: r1c1, r2c4 both hold 3"),
        ("rule", (0, 7), "killer of 5 is broken: r1c1, r2c4 add up to 6"),
        ("rule", (0, 6), "anti-knight is broken: r1c1, r2c3 both hold 3"),
    ]
    with pytest.raises(InvalidPuzzle, match=r"and 4 more"):
        puzzle.require_valid()
    assert violations(board, (3, 0, 0, 0, 0, 0, 0, 2) + (0,) * 8) == ()
    values = np.zeros((1, 16), dtype=np.int8)
    values[0, 14:] = 1, 2
    assert np.flatnonzero(conflicts(board, values)[0]).tolist() == [14, 15]

"""Random puzzles with any rules, to check answers with: small, and of every kind of trouble.

Clues are mostly read off a full grid, so that there is a solution, and some are not. Cells of a
rule lie as people draw them, or anywhere. A board may have no rows, holes, or numbers from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.cpsat import solutions
from vmd_solver.csp import Board, Puzzle, rules
from vmd_solver.csp.exact import count
from vmd_solver.csp.families import grid, latin, sudoku, with_rules
from vmd_solver.csp.generate import full_grids, jigsaw_board
from vmd_solver.csp.meaning import MEANINGS
from vmd_solver.csp.puzzle import Cells, Rule
from vmd_solver.csp.verify import verify
from vmd_solver.errors import InvalidPuzzle

Rng = np.random.Generator
Values = Sequence[int]

OUTSIDE = (
    rules.Sandwich, rules.Skyscraper, rules.HiddenSkyscraper, rules.XSum, rules.NumberedRoom,
    rules.FullRank, rules.Queens, rules.Regex,
)  # fmt: skip
PAIRS = (rules.Difference, rules.Ratio, rules.PairSum, rules.Table)
SETS = (
    rules.Odd, rules.Even, rules.Marks, rules.Minimum, rules.Maximum, rules.Clone,
    rules.SameValues, rules.CountingCircles, rules.Indexing,
)  # fmt: skip
SQUARES = (rules.Quadruple, rules.MagicSquare)
PATTERNS = ("[12]*", "1.*2.*", ".*3.?3.*", "(1|2[34])*.?", "[^1]+", "(?!1).*", ".*12.*|.*21.*")


def lines(board: Board) -> list[Cells]:
    """Rows and columns, both ways, of cells that exist."""
    cells, holes = range(board.n), set(board.holes)
    found = [cells[at : at + board.cols] for at in range(0, board.n, board.cols)]
    found += [cells[at :: board.cols] for at in range(board.cols)]
    both = [way for line in found for way in (tuple(line), tuple(line)[::-1])]
    return [line for line in both if holes.isdisjoint(line)]


def walk(board: Board, rng: Rng, length: int, steps: Sequence[tuple[int, int]]) -> Cells:
    """Cells one after the other by these steps, none twice, and no more than there is room for."""
    free = [cell for cell in range(board.n) if cell not in board.holes]
    cells = [int(rng.choice(free))]
    while len(cells) < length:
        places = [(cells[-1] // board.cols + r, cells[-1] % board.cols + c) for r, c in steps]
        near = [
            row * board.cols + col
            for row, col in places
            if 0 <= row < board.rows and 0 <= col < board.cols
        ]
        near = [cell for cell in near if cell in free and cell not in cells]
        if not near:
            break
        cells.append(int(rng.choice(near)))
    return tuple(cells)


SIDES = ((0, 1), (1, 0), (0, -1), (-1, 0))
KING = (*SIDES, (1, 1), (1, -1), (-1, 1), (-1, -1))


def cells_for(kind: type[Rule], board: Board, rng: Rng) -> Cells:
    """Cells that a rule of this kind may have."""
    free = [cell for cell in range(board.n) if cell not in board.holes]
    length = int(rng.integers(max(kind.least, 1), max(kind.least, 4) + 1))
    if issubclass(kind, OUTSIDE):
        found = lines(board)
        return found[rng.integers(len(found))] if found else ()
    if issubclass(kind, PAIRS):
        length = 2
    if issubclass(kind, (rules.Clone, rules.SameValues)):
        length += length % 2
    if issubclass(kind, SQUARES):
        if kind is rules.MagicSquare and board.D < 9 and rng.random() < 0.8:
            return ()  # none has a solution
        size = 3 if kind is rules.MagicSquare and board.D >= 9 else 2
        at = [row * board.cols + col for row in range(size) for col in range(size)]
        fits = [
            cell
            for cell in range(board.n)
            if cell // board.cols + size <= board.rows and cell % board.cols + size <= board.cols
        ]
        square = tuple(int(rng.choice(fits)) + step for step in at) if fits else ()
        return square if len(set(square) & set(free)) == len(at) else ()
    if issubclass(kind, SETS) or rng.random() < 0.15:
        drawn = rng.choice(free, min(length, len(free)), replace=False).tolist()
    else:
        cage = issubclass(kind, (rules.Killer, rules.KenKen, rules.Sum, rules.GreaterSum))
        drawn = list(walk(board, rng, length, SIDES if cage else KING))
    if kind.repeated and rng.random() < 0.2:
        drawn += [int(rng.choice(drawn))]
    return tuple(drawn)


def keeps(rule: Rule, board: Board, values: Values) -> bool:
    """Whether a full grid keeps a rule, by its meaning."""
    checks = MEANINGS[type(rule)](rule, board)
    return all(
        check.test(*[board.number(values[cell]) for cell in check.cells]) for check in checks
    )


def drawn(kind: Any, board: Board, rng: Rng, values: Values | None) -> Rule | None:
    """A rule of a kind that these values keep, or any one without values; None if none is found."""
    numbers = range(board.low, board.high + 1)
    asked = {field.name for field in fields(kind)}
    ways: dict[str, Any] = {
        "cells": partial(cells_for, kind, board, rng),
        "more": partial(cells_for, kind, board, rng),
        "direction": lambda: str(rng.choice(["down", "up"])),
        "by": lambda: str(rng.choice(["column", "row"])),
        "operation": lambda: str(rng.choice(["+", "-", "x", "/"])),
        "unique": lambda: bool(rng.integers(2)),
        "loop": lambda: bool(rng.integers(2)),
        "pattern": lambda: str(rng.choice(PATTERNS)),
        "sets": lambda: 2,
        "pill": lambda: 2,
        "signs": lambda: tuple(
            rng.choice(["white", "black", "v", "x"], rng.integers(1, 3), replace=False).tolist()
        ),
        "numbers": lambda: tuple(rng.choice(numbers, rng.integers(1, 4)).tolist()),
        "pairs": lambda: tuple(
            (int(a), int(b)) for a, b in rng.choice(numbers, (len(numbers) * 2, 2)).tolist()
        ),
    }
    clue = next((name for name in ("total", "number", "target", "rank") if name in asked), None)
    for _ in range(40):
        rule_of = partial(kind, **{name: ways[name]() for name in ways if name in asked})
        tries = range(board.high * 5) if clue else (0,)
        for number in rng.permutation(tries).tolist():
            rule: Rule = rule_of(**{clue: number}) if clue else rule_of()
            if makes_sense(rule, board, values):
                return rule
    return None


def makes_sense(rule: Rule, board: Board, values: Values | None) -> bool:
    """Whether the board may have the rule, and these values keep it.

    Raises AssertionError where the board refuses a rule that can be kept.
    """
    try:
        ruled = replace(board, rules=(rule,))
    except InvalidPuzzle:  # too few cells
        return False
    if isinstance(rule, rules.RegionSumLine) and board.regions is None:
        return False
    if isinstance(rule, rules.PillArrow) and len(rule.cells) <= rule.pill:
        return False
    if values is not None and not keeps(rule, ruled, values):
        return False
    try:
        with_rules(board, [rule])
    except InvalidPuzzle as error:
        told = ("no values", "no number is left", "no numbers for")
        assert values is None or not any(part in str(error) for part in told), (rule, values, error)
        return False
    return True


FIRST = {
    rules.MagicSquare,
    rules.PillArrow,
    *(kind for kind in rules.RULES.values() if "cells" not in {one.name for one in fields(kind)}),
}
"""Kinds that few grids keep, those of the whole board above all: a grid is sought for them."""


def boards(rng: Rng) -> Board:
    """A board of any kind, seldom a large one."""
    choices: list[tuple[float, Any]] = [
        (3, lambda: latin(4)),
        (3, lambda: sudoku(2, 2)),
        (2, lambda: latin(5)),
        (3, lambda: sudoku(2, 3)),
        (1, lambda: latin(6)),
        (1, lambda: jigsaw_board(5, rng)),
        (1, lambda: grid(2, 6, 5, [])),
        (1, lambda: grid(3, 3, 4, [])),
        (1, lambda: grid(4, 4, 2, [])),
        (0.5, lambda: grid(3, 4, 9, [])),
        (1, lambda: replace(grid(4, 4, 6, [(1, 2, 3), (8, 12)]), holes=(0, 5))),
        (0.5, lambda: sudoku()),
    ]
    weights = np.array([weight for weight, _ in choices])
    board: Board = choices[int(rng.choice(len(choices), p=weights / weights.sum()))][1]()
    return replace(board, low=0) if rng.random() < 0.2 else board


def full_grid(board: Board, rng: Rng) -> Values:
    """Random values that the units and rules of a board allow, if there are any."""
    if not board.rules:
        if board.holes or not board.units:
            free = rng.integers(1, board.D + 1, board.n)
            free[list(board.holes)] = 1
            for unit in board.units:
                free[list(unit)] = rng.permutation(board.D)[: len(unit)] + 1
            return tuple(free.tolist())
        return tuple(full_grids(board, 1, rng)[0].tolist())
    for share in (0.15, 0.08, 0.0):
        givens = np.where(rng.random(board.n) < share, rng.integers(1, board.D + 1, board.n), 0)
        if found := solutions(Puzzle(board, tuple(givens.tolist())), 1):
            return found[0]
    return ()


def mix(kinds: Sequence[type[Rule]], rng: Rng) -> Puzzle | None:
    """A puzzle with one rule or two of each kind; None where that comes to nothing."""
    first = [kind for kind in kinds if kind in FIRST]
    for _ in range(20):
        board = boards(rng)
        found = [rule for kind in first if (rule := drawn(kind, board, rng, None))]
        if len(found) == len(first):
            break
    try:
        values = full_grid(with_rules(board, found), rng)
        for kind in kinds:
            for _ in range(0 if kind in FIRST else int(rng.integers(1, 3))):
                right = values if values and rng.random() < 0.93 else None
                if rule := drawn(kind, board, rng, right):
                    found.append(rule)
        ruled = with_rules(board, found)
    except InvalidPuzzle:  # rules that leave a cell no number between them
        return None
    if not found:
        return None
    givens = np.where(rng.random(board.n) < rng.choice([0.0, 0.2, 0.4, 0.6]), values or 0, 0)
    if rng.random() < 0.1:
        givens[rng.integers(board.n)] = rng.integers(1, board.D + 1)
    return Puzzle(ruled, tuple(givens.tolist()))


def mixes(seed: int) -> Iterator[Puzzle]:
    """Puzzles without end: each kind of rule alone in turns, and as many mixes of up to four."""
    rng, kinds = np.random.default_rng(seed), list(rules.RULES.values())
    while True:
        for kind in kinds:
            others = [kinds[at] for at in rng.choice(len(kinds), rng.integers(1, 4), replace=False)]
            for some in ([kind], others):
                puzzle = mix(list(dict.fromkeys(some)), rng)
                if puzzle is not None and puzzle.is_valid():
                    yield puzzle


def disagreement(puzzle: Puzzle, limit: int, seconds: float = 60.0) -> tuple[int, str]:
    """How many solutions CP-SAT finds, up to a limit; and where the kernel, or the verifier, is of
    another opinion, empty if nowhere. -1 where one of them takes too long."""
    ours = count(puzzle, limit, deadline_s=seconds)
    try:
        theirs = solutions(puzzle, limit, seconds)
    except TimeoutError:
        return -1, ""
    if ours.complete and ours.solutions != len(theirs):
        return len(theirs), f"the kernel counts {ours.solutions}, CP-SAT {len(theirs)}"
    refused = [grid for grid in (*ours.grids, *theirs) if not verify(puzzle, grid)]
    found = len(theirs) if ours.complete else -1
    return found, f"{refused[0]} is refused" if refused else ""

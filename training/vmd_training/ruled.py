"""Puzzles with rules: a full grid, rules drawn from it by chance, and few givens or none.

What is drawn, and how, is what `vmd-make` draws, but for random tables, which stand for the
relations that nobody thought of. Must not know of networks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from vmd_solver.csp import Board, Puzzle, exact
from vmd_solver.csp import rules as r
from vmd_solver.csp.families import with_rules
from vmd_solver.csp.generate import Values, dig, full_grids
from vmd_solver.csp.puzzle import Rule
from vmd_solver.csp.ruled import CAGES, CELLS, CLUES, LINES, SIGNS, VARIANTS, Drawn, Sheet
from vmd_solver.errors import InvalidPuzzle, SearchError
from vmd_training import boards

Rng = np.random.Generator

ZERO_SHOT = (
    "whisper", "palindrome", "between", "lockout", "zipper",
    "little-killer", "sandwich", "x-sum", "numbered-room",
)  # fmt: skip
"""Rules that are never trained, so that one can see what a network makes of a new rule."""
UNFIT = ("full-rank", "counting-circles", "marks")
"""Rules that are no use here: with hidden cells, or that nothing else than givens would be like."""

TRIES = 12
"""Lines drawn for one that the grid keeps: a tenth of those of `vmd-make`."""
MOST_ARCS = 6000
"""Steps of all automata of a board; rules with more are halved, so that batches stay small."""
ROUNDS = 50
"""Grids tried for each puzzle before the kinds count as unfit for the board."""
DIG_GUESSES, THIN_GUESSES = 100, 200
"""Guesses of one proof that a given, or that rules can go. What takes more stays."""
THINNED = 0.4
"""Share of puzzles whose rules are thinned out: the others have more of them than they need."""


def _relations(sheet: Sheet) -> Iterable[Rule]:
    """Random tables on neighbours, or on any cells: all the same one, or each its own."""
    rng, board = sheet.rng, sheet.board
    numbers = np.arange(board.low, board.high + 1)
    pairs: list[tuple[int, int]] = list(r.neighbours(board))
    if rng.random() < 0.2:
        drawn = (rng.permutation(board.n)[:2].tolist() for _ in pairs)
        pairs = [(a, b) for a, b in drawn]
    shared, density = rng.random() < 0.5, rng.uniform(0.15, 0.6)
    table = rng.random((board.D, board.D)) < density
    for a, b in sheet.shuffled(pairs):
        if not shared:
            table = rng.random((board.D, board.D)) < density
        right = sheet.numbers[a] - board.low, sheet.numbers[b] - board.low
        if shared and not table[right]:
            if not table[right[::-1]]:
                continue
            a, b, right = b, a, right[::-1]
        allowed = table.copy()
        allowed[right] = True
        first, second = allowed.nonzero()
        listed = zip(numbers[first].tolist(), numbers[second].tolist(), strict=True)
        yield r.Table(tuple(listed), (a, b))


KINDS: dict[str, Drawn] = {
    name: draw
    for name, draw in (LINES | CAGES | SIGNS | CLUES | CELLS).items()
    if name not in ZERO_SHOT + UNFIT
} | {"kenken": VARIANTS["kenken"].drawn, "table": _relations}
TRAINED = tuple(KINDS)
"""Names of the kinds that are trained."""

USUAL = (
    "greater", "greater", "greater", "skyscraper", "skyscraper", "killer", "kenken",
    "thermo", "arrow", "difference", "table",
)  # fmt: skip
"""Kinds that every second puzzle has one of; signs and clues, of which few may stand, more often.
"""
WHOLE = ("killer", "kenken", "sum")
"""Kinds that mostly cover the board."""


class Ruled(NamedTuple):
    """One puzzle: givens (n,), 0 where open, and a solution (n,); whether it is the only one."""

    board: Board
    givens: Values
    solution: Values
    unique: bool


def puzzles(base: str, kinds: Sequence[str], rng: Rng, m: int, several: float = 0.1) -> list[Ruled]:
    """m puzzles with rules of some of the kinds, on one board of that name (`boards.draw`).

    Their givens are minimal, and of a share THINNED the rules too, nearly. A share `several` has
    lost some more, and has several solutions mostly. Raises SearchError where the board has no
    full grid, or none whose rules fit in.
    """
    board = boards.draw(base, rng)
    found: list[Ruled] = []
    for _ in range(ROUNDS):
        for solution in full_grids(board, m - len(found), rng, compiled=True):
            ruled = _ruled(board, solution, kinds, rng)
            if ruled is not None:
                found.append(_puzzle(ruled, solution, rng, several))
        if len(found) == m:
            return found
    told = f"no puzzles on {base} with rules of these kinds: {', '.join(kinds)}"
    raise SearchError(f"{told}; none fits this board")


def _ruled(board: Board, solution: Values, kinds: Sequence[str], rng: Rng) -> Board | None:
    """The board with rules that the grid keeps; None where they come to nothing, or too much."""
    usual = [kind for kind in USUAL if kind in kinds]
    count = min(len(kinds), int(rng.choice(4, p=(0.55, 0.25, 0.12, 0.08))) + 1)
    chosen = rng.choice(kinds, size=count, replace=False).tolist()
    if usual and rng.random() < 0.5:
        chosen[0] = usual[rng.integers(len(usual))]
    rules: list[Rule] = []
    for kind in dict.fromkeys(chosen):
        numbers = tuple(board.number(int(value)) for value in solution)
        drawn = list(KINDS[kind](Sheet(board, numbers, rng, tries=TRIES)))
        whole = kind in WHOLE and rng.random() < 0.8
        share = 1.0 if whole or (count == 1 and rng.random() < 0.3) else rng.uniform(0.15, 1.0)
        rules += drawn[: max(1, round(share * len(drawn)))]
    while rules:
        try:
            ruled = with_rules(board, [*board.rules, *rules])
        except InvalidPuzzle:
            return None
        if len(ruled.constraints.domains) > board.n:
            return None
        if arcs_of(ruled) <= MOST_ARCS:
            return ruled
        rules = [rules[at] for at in rng.permutation(len(rules))[: len(rules) // 2]]
    return None


def arcs_of(board: Board) -> int:
    """Steps of all automata of a board, value by value."""
    layers = chain.from_iterable(layers for _, layers in board.constraints.automata)
    states = chain.from_iterable(layers)
    return sum(values.bit_count() for values, _ in chain.from_iterable(states))


def _puzzle(board: Board, solution: Values, rng: Rng, several: float) -> Ruled:
    """A puzzle with that solution, with as few givens and rules as was tried for."""
    if rng.random() < THINNED:
        board = _thinned(board, solution, rng)
    givens = dig(board, solution[None], rng, max_guesses=DIG_GUESSES, compiled=True)[0]
    if rng.random() >= several:
        return Ruled(board, givens, solution, True)
    clues = np.flatnonzero(givens)
    lost = rng.permutation(clues)[: rng.geometric(0.5)]
    givens[lost] = 0
    if not len(lost):
        kept = [rule for rule in board.rules if rng.random() < 0.8]
        board = with_rules(board, kept)
    return Ruled(board, givens, solution, False)


def _thinned(board: Board, solution: Values, rng: Rng) -> Board:
    """The board without rules that nobody misses where a few givens stand: all are tried at once,
    then halves of them."""
    share = rng.choice((0.0, 0.1, 0.2))
    givens = tuple(np.where(rng.random(board.n) < share, solution, 0).tolist())

    def unique(one: Board) -> bool:
        found = exact.count(Puzzle(one, givens), 2, max_guesses=THIN_GUESSES, compiled=True)
        return found.complete and found.solutions == 1

    def drop(one: Board, rules: Sequence[Rule]) -> Board:
        gone = set(rules)
        fewer = with_rules(one, [rule for rule in one.rules if rule not in gone])
        if unique(fewer):
            return fewer
        if len(rules) == 1:
            return one
        half = len(rules) // 2
        return drop(drop(one, rules[:half]), rules[half:])

    if not unique(board):
        return board
    return drop(board, [board.rules[at] for at in rng.permutation(len(board.rules))])

"""What rules leave, one at a time: signs and lines, the sets of cages, clues; and the 45 rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from vmd_solver.csp import Board, rules
from vmd_solver.techniques.parts import Part
from vmd_solver.techniques.state import (
    State,
    Steps,
    geometry,
    listed,
    marks_at,
    marks_of,
    members,
    set_of,
    values_of,
)

MOST_SETS = 8
"""Sets of numbers of a cage that are named in words; more of them are left to the reader."""

MOST_OPEN = 3
"""Open cells of a sum of whole units that are tried in every way."""

CAGES = (rules.Killer, rules.Sum, rules.LittleKiller, rules.KenKen)


def comparison(state: State) -> Steps:
    """A value that goes with nothing in the other cell of a relation is struck."""
    words = state.words
    for part, strikes in _struck(state):
        for cell, other in zip(part.cells, part.cells[::-1], strict=True) if part.relation else ():
            own = {value: cells & 1 << cell for value, cells in strikes.items()}
            lost = [value for value in own if own[value]]
            if lost and not isinstance(part.rule, CAGES):
                yield words.striking(
                    own,
                    f"Look at {words.rule(part.rule, part.cells)}.",
                    f"{words.says(part.rule)} No number that is left in {words.cell(other)} goes "
                    f"with {words.values(sorted(lost), 'or')} in {words.cell(cell)}.",
                    part.cells,
                    groups=[marks_at(state, other) or marks_at(state, cell)],
                )


def cage_combinations(state: State) -> Steps:
    """A value that is in no set of numbers which a cage can still hold is struck."""
    words = state.words
    for part, strikes in _struck(state):
        if isinstance(part.rule, CAGES):
            sets = _sets(part, state.masks)
            named = [" ".join(map(words.value, values)) for values in sets]
            known = f"The cells can hold {listed(named, 'or')}: no" if sets else "All told, no"
            yield words.striking(
                strikes,
                f"Look at {words.rule(part.rule, part.cells)}.",
                f"{words.says(part.rule)} {known} way to place these has {_marks(state, strikes)}.",
                part.cells,
                groups=[marks_at(state, *part.cells)],
            )


def rule_by_cases(state: State) -> Steps:
    """A value that no way to keep a rule has is struck: every way that its cells leave is tried."""
    words = state.words
    for part, strikes in _struck(state):
        if not part.relation and not isinstance(part.rule, CAGES):
            yield words.striking(
                strikes,
                f"Look at {words.rule(part.rule, part.cells)}.",
                f"{words.says(part.rule)} Of the ways to do so that the candidates leave, none has "
                f"{_marks(state, strikes)}.",
                part.cells,
                groups=[marks_at(state, *part.cells)],
            )


def _marks(state: State, strikes: dict[int, int]) -> str:
    marks = (mark for value, cells in strikes.items() for mark in marks_of(value, cells))
    return state.words.marks(marks, "or")


def _struck(state: State) -> Iterator[tuple[Part, dict[int, int]]]:
    """The parts that strike something, and for each value the set of cells that lose it."""
    for part in state.geometry.parts:
        strikes: dict[int, int] = {}
        for cell, left in zip(part.cells, part.left(state.masks), strict=True):
            for value in values_of(state.candidates[cell] & ~left):
                strikes[value] = strikes.get(value, 0) | 1 << cell
        if strikes:
            yield part, strikes


def _sets(part: Part, masks: Sequence[int]) -> list[tuple[int, ...]]:
    """The sets of values that the cells of a cage can hold, smallest first; none where many."""
    if part.relation is not None:
        first, second = (masks[cell] for cell in part.cells)
        rows = part.relation.rows
        found = {
            tuple(sorted((a, b))) for a in values_of(first) for b in values_of(rows[a - 1] & second)
        }
        return sorted(found) if len(found) <= MOST_SETS else []
    (automaton,) = part.automata
    ways: set[tuple[int, tuple[int, ...]]] = {(0, ())}
    for cell, layer in zip(automaton.cells, automaton.layers, strict=True):
        ways = {
            (to, tuple(sorted((*held, value))))
            for at, held in ways
            for arc, to in layer[at]
            for value in values_of(arc & masks[cell])
        }
        if len(ways) > 500:
            return []
    sets = sorted({held for _, held in ways})
    return sets if len(sets) <= MOST_SETS else []


# -- the 45 rule --------------------------------------------------------------------------------


class Equation(NamedTuple):
    """The numbers in the cells `inside` of some units, that no cage covers, less those in the cells
    `outside`, that cages stick out by, are `rest`."""

    units: tuple[int, ...]
    inside: tuple[int, ...]
    outside: tuple[int, ...]
    rest: int


def sums_of_units(state: State, least: int, most: int) -> Steps:
    """Units that hold every value have a known sum: what cages leave of it is in few cells.

    The 45 rule, with innies and outies, of `least` to `most` units side by side.
    """
    words, board = state.words, state.puzzle.board
    for equation in _equations(board) if board.rules else ():
        if not least <= len(equation.units) <= most:
            continue
        signs = {**dict.fromkeys(equation.inside, 1), **dict.fromkeys(equation.outside, -1)}
        rest = equation.rest
        for cell in [cell for cell in signs if state.values[cell]]:
            rest -= signs.pop(cell) * board.number(state.values[cell])
        if not 0 < len(signs) <= MOST_OPEN:
            continue
        kept = _kept(state, list(signs.items()), rest)
        strikes: dict[int, int] = {}
        for cell in signs:
            for value in values_of(state.candidates[cell] & ~kept.get(cell, 0)):
                strikes[value] = strikes.get(value, 0) | 1 << cell
        if strikes:
            total = len(equation.units) * sum(map(board.number, range(1, board.D + 1)))
            where = listed(map(words.unit, equation.units))
            ins = [cell for cell, sign in signs.items() if sign > 0]
            outs = [cell for cell, sign in signs.items() if sign < 0]
            sides = ((ins, "inside"), (outs, "outside"))
            parts = [f"{words.cells(cells)} {side}" for cells, side in sides if cells]
            if not ins:
                rest = -rest
            yield words.striking(
                strikes,
                f"Look at the cages of {where}.",
                f"All numbers there add up to {total}. By the sums of the cages and what is filled "
                f"in, the sum of {' less that of '.join(parts)} is {rest}.",
                signs,
                units=equation.units,
                groups=[marks_at(state, *cells) for cells in (ins, outs) if cells],
            )


def _kept(state: State, terms: list[tuple[int, int]], rest: int) -> dict[int, int]:
    """The masks of the values that make the rest, of cells with their signs."""
    board, kept = state.puzzle.board, dict[int, int]()

    def choose(at: int, rest: int, chosen: dict[int, int]) -> None:
        if at == len(terms):
            if rest == 0:
                for cell, value in chosen.items():
                    kept[cell] = kept.get(cell, 0) | 1 << value - 1
            return
        cell, sign = terms[at]
        taken = {chosen[peer] for peer in chosen if state.geometry.peers[cell] >> peer & 1}
        for value in values_of(state.candidates[cell]):
            if value not in taken:
                choose(at + 1, rest - sign * board.number(value), {**chosen, cell: value})

    choose(0, rest, {})
    return kept


@lru_cache(maxsize=64)
def _equations(board: Board) -> tuple[Equation, ...]:
    """What cages leave of up to three complete units side by side: cages inside, or all there."""
    cages = [(set_of(cells), total) for cells, total in _cages(board)]
    known, found = geometry(board), dict[tuple[tuple[int, ...], ...], Equation]()
    total = sum(map(board.number, range(1, board.D + 1)))
    for kind in known.kinds if cages else ():
        whole = [unit for unit in kind.units if unit in known.complete]
        for size in (1, 2, 3):
            for units in combinations(whole, size):
                cells = sum(known.units[unit] for unit in units)
                if not _adjacent(board, [known.units[unit] for unit in units]):
                    continue
                for stick_out in (False, True):
                    covered = outside = 0
                    rest = size * total
                    for cage, target in cages:
                        inside = cage & cells
                        fits = inside if stick_out else inside == cage
                        if fits and not cage & (covered | outside):
                            covered, outside = covered | inside, outside | cage & ~cells
                            rest -= target
                    ends = tuple(members(cells & ~covered)), tuple(members(outside))
                    if covered and any(ends):
                        found.setdefault(ends, Equation(units, *ends, rest))
    return tuple(found.values())


def _cages(board: Board) -> Iterator[tuple[tuple[int, ...], int]]:
    """The cells of each cage with a sum, and the sum."""
    for rule in board.rules:
        if isinstance(rule, rules.Killer | rules.Sum) and len({*rule.cells}) == len(rule.cells):
            yield rule.cells, rule.total
        elif isinstance(rule, rules.KenKen) and (rule.operation == "+" or len(rule.cells) == 1):
            yield rule.cells, rule.target


def _adjacent(board: Board, units: list[int]) -> bool:
    """Whether units, as sets of cells, hang together."""
    reach, left = units[0], units[1:]
    while left:
        rim = {
            near
            for cell in members(reach)
            for near in (cell - board.cols, cell + board.cols, cell - 1, cell + 1)
            if near >= 0 and (near // board.cols == cell // board.cols or abs(near - cell) > 1)
        }
        beside = [unit for unit in left if unit & set_of(rim)]
        if not beside:
            return False
        reach |= beside[0]
        left.remove(beside[0])
    return True

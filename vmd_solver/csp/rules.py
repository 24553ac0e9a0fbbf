"""Every rule a puzzle may have beside its units: a value object that says what it means, and how
it is made of units, domains, relations and automata.

Numbers in rules (a total, a difference) are the numbers that people read: value v of a board means
`board.number(v)`. Cells are indices. A rule knows no text, no drawing and no search, and nothing
of the check in `meaning`, which judges solutions without what stands here. A new rule is a class
here, a check in `meaning`, a look in `drawing.marks` and an example in docs/rules.py; the text form
follows from its fields.
"""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache, partial
from itertools import chain, combinations, pairwise, product
from math import comb, isqrt
from typing import Any, ClassVar, Literal, cast

from vmd_solver.csp.constraints import (
    Automaton,
    Constraint,
    Domain,
    Layers,
    Relation,
    layered,
    mask_of,
    table,
)
from vmd_solver.csp.puzzle import Board, Cells, Rule
from vmd_solver.errors import InvalidPuzzle

MOST_SETS = 20_000
"""Sets of values above which a cage is read by its sum, and its unit keeps values apart."""

Test = Callable[[int, int], bool]
Pairs = Iterable[tuple[int, int]]


# -- rules of the whole board -------------------------------------------------------------------


class AntiKnight(Rule):
    """Cells a knight's move apart differ."""

    name = "anti-knight"

    def units(self, board: Board) -> Iterator[Cells]:
        return iter(apart(board, ((1, 2), (2, 1), (1, -2), (2, -1))))


class AntiKing(Rule):
    """Cells that touch at a corner or side differ."""

    name = "anti-king"

    def units(self, board: Board) -> Iterator[Cells]:
        return iter(apart(board, ((0, 1), (1, 0), (1, 1), (1, -1))))


class AntiTaxicab(Rule):
    """Two cells with the same number are not that number of steps apart, along rows and columns."""

    name = "anti-taxicab"

    def constraints(self, board: Board) -> Iterator[Constraint]:
        for distance in range(max(1, board.low), board.high + 1):
            steps = [(r, c) for r in range(distance + 1) for c in {distance - r, r - distance}]
            pairs = apart(board, [step for step in steps if step > (0, 0)])
            yield from related(board, pairs, partial(_unlike_at, distance))


def _unlike_at(distance: int, a: int, b: int) -> bool:
    return not a == b == distance


class NonConsecutive(Rule):
    """Neighbours along rows and columns never differ by 1."""

    name = "non-consecutive"

    def constraints(self, board: Board) -> Iterator[Constraint]:
        return related(board, neighbours(board), lambda a, b: abs(a - b) != 1)


class Diagonal(Rule):
    """All cells of a diagonal differ: `down` from top left, or `up` from bottom left."""

    name = "diagonal"
    direction: Literal["down", "up"]

    def units(self, board: Board) -> Iterator[Cells]:
        _require(self, board.rows == board.cols, "needs a square board")
        rows = range(board.rows)
        cols = rows if self.direction == "down" else reversed(rows)
        yield _unit(board, zip(rows, cols, strict=True))


class DisjointGroups(Rule):
    """Cells at the same place of two boxes differ."""

    name = "disjoint-groups"

    def units(self, board: Board) -> Iterator[Cells]:
        _require(self, board.box is not None, "needs boxes")
        rows, cols = board.box or (1, 1)
        for r, c in product(range(rows), range(cols)):
            yield _unit(board, product(range(r, board.rows, rows), range(c, board.cols, cols)))


class GlobalEntropy(Rule):
    """Every 2x2 square holds a low, a middle and a high number."""

    name = "global-entropy"

    def constraints(self, board: Board) -> Iterator[Constraint]:
        third = _third(self, board)
        layers = layered(
            board.D,
            4,
            0,
            lambda seen, _, value: seen | 1 << (value - 1) // third,
            lambda seen: seen == 7,
        )
        for row, col in product(range(board.rows - 1), range(board.cols - 1)):
            at = row * board.cols + col
            square = (at, at + 1, at + board.cols, at + board.cols + 1)
            if not set(square) & set(board.holes):
                yield Automaton(square, layers)


SIGNS: dict[str, Test] = {
    "white": lambda a, b: abs(a - b) == 1,
    "black": lambda a, b: a == 2 * b or b == 2 * a,
    "v": lambda a, b: a + b == 5,
    "x": lambda a, b: a + b == 10,
}
"""What the signs between neighbours mean that a `Negative` rule may exclude elsewhere."""


class Negative(Rule):
    """Every sign of these kinds is given: no other neighbours have numbers that would earn one."""

    name = "negative"
    signs: tuple[str, ...]

    def constraints(self, board: Board) -> Iterator[Constraint]:
        for sign in self.signs:
            _require(self, sign in SIGNS, f"unknown sign {sign}, expected {', '.join(SIGNS)}")
        marked = {frozenset(pair) for rule in board.rules for pair in signed(rule, self.signs)}
        pairs = [pair for pair in neighbours(board) if frozenset(pair) not in marked]
        tests = [SIGNS[sign] for sign in self.signs]
        return related(board, pairs, lambda a, b: not any(test(a, b) for test in tests))


class Takuzu(Rule):
    """Two numbers, as many of one as of the other in each line, never three alike in a row;
    with `unique` no two rows and no two columns are the same."""

    name = "takuzu"
    unique: bool = False

    def constraints(self, board: Board) -> Iterator[Constraint]:
        even = board.rows % 2 == board.cols % 2 == 0
        _require(self, even and board.D == 2, "needs two values and an even number of cells a line")
        _require_whole(self, board)
        rows, cols = grid_lines(board)
        for line in rows + cols:
            yield Automaton(line, _takuzu(len(line)))
        for lines in (rows, cols) if self.unique else ():
            layers = _unlike(len(lines[0]))
            for one, other in combinations(lines, 2):
                yield Automaton(
                    tuple(cell for pair in zip(one, other, strict=True) for cell in pair), layers
                )


@cache
def _takuzu(length: int) -> Layers:
    def step(state: tuple[int, int, int], _: int, value: int) -> tuple[int, int, int] | None:
        last, run, ones = state
        run, ones = run + 1 if value == last else 1, ones + (value == 1)
        return None if run > 2 or ones > length // 2 else (value, run, ones)

    return layered(2, length, (0, 0, 0), step, lambda state: state[2] == length // 2)


@cache
def _unlike(length: int) -> Layers:
    """Two lines, read in turns, that differ somewhere: the state is the value to differ from."""

    def step(state: int, index: int, value: int) -> int:
        if state < 0:
            return -1
        return value if index % 2 == 0 else (0 if value == state else -1)

    return layered(2, 2 * length, 0, step, lambda state: state < 0)


# -- rules of cells -----------------------------------------------------------------------------


class Different(Rule):
    """All cells differ: an extra region, or a part of one."""

    name = "different"
    cells: Cells
    differ: ClassVar[bool] = True


class Odd(Rule):
    """The cells hold odd numbers."""

    name = "odd"
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        return _domains(self, board, self.cells, lambda number: number % 2 == 1)


class Even(Rule):
    """The cells hold even numbers."""

    name = "even"
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        return _domains(self, board, self.cells, lambda number: number % 2 == 0)


class Marks(Rule):
    """Each cell holds one of `numbers`: given pencil marks."""

    name = "marks"
    numbers: tuple[int, ...]
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        _values(self, board, self.numbers)
        return _domains(self, board, self.cells, lambda number: number in self.numbers)


class Minimum(Rule):
    """Each cell is smaller than its neighbours along rows and columns that are no minimum too."""

    name = "minimum"
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        return related(board, _around(board, self.cells), operator.lt)


class Maximum(Rule):
    """Each cell is greater than its neighbours along rows and columns that are no maximum too."""

    name = "maximum"
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        return related(board, _around(board, self.cells), operator.gt)


class Clone(Rule):
    """The second half of the cells repeats the first half, cell by cell."""

    name = "clone"
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        _require(self, len(self.cells) % 2 == 0, "needs as many cells again")
        half = len(self.cells) // 2
        pairs = zip(self.cells[:half], self.cells[half:], strict=True)
        return related(board, pairs, operator.eq)


class SameValues(Rule):
    """The cells are `sets` groups of one size, in order, that hold the same numbers as often."""

    name = "same-values"
    sets: int
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        whole = self.sets > 0 and len(self.cells) % self.sets == 0
        _require(self, whole, f"cannot split {len(self.cells)} cells into {self.sets} sets")
        groups = groups_of(self.cells, self.sets)
        if len(groups[0]) == 1:
            yield from related(board, pairwise(self.cells), operator.eq)
            return
        for one, other in pairwise(groups):
            for value in range(1, board.D + 1):
                yield Automaton(one + other, _as_often(board.D, len(one), value))


@lru_cache(maxsize=1024)
def _as_often(D: int, half: int, value: int) -> Layers:
    def step(count: int, index: int, found: int) -> int | None:
        count += (1 if index < half else -1) * (found == value)
        return None if count < 0 else count

    return layered(D, 2 * half, 0, step, lambda count: count == 0)


class Quadruple(Rule):
    """The cells around a corner hold all of `numbers`, each as often as it is named."""

    name = "quadruple"
    numbers: tuple[int, ...]
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        values = _values(self, board, self.numbers)
        fits = len(values) <= len(self.cells)
        _require(self, fits, f"{len(values)} numbers do not fit {len(self.cells)} cells")
        wanted = tuple(sorted(values))

        def step(left: tuple[int, ...], _: int, value: int) -> tuple[int, ...]:
            if value not in left:
                return left
            at = left.index(value)
            return left[:at] + left[at + 1 :]

        yield Automaton(self.cells, layered(board.D, len(self.cells), wanted, step, operator.not_))


# -- signs between cells ------------------------------------------------------------------------


class Difference(Rule):
    """Two cells differ by `number`; by 1 it is a white kropki dot."""

    name = "difference"
    number: int
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        return _pair(self, board, lambda a, b: abs(a - b) == self.number)


class Ratio(Rule):
    """One of two cells is `number` times the other; 2 times it is a black kropki dot."""

    name = "ratio"
    number: int
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        return _pair(self, board, lambda a, b: a == self.number * b or b == self.number * a)


class PairSum(Rule):
    """Two cells add up to `number`; V is 5 and X is 10."""

    name = "pair-sum"
    number: int
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        return _pair(self, board, lambda a, b: a + b == self.number)


class Greater(Rule):
    """Each cell is greater than the next one."""

    name = "greater"
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        few = len(self.cells) <= board.D
        _require(self, few, f"{len(self.cells)} cells cannot fall through {board.D} values")
        return related(board, pairwise(self.cells), operator.gt)


class GreaterSum(Rule):
    """The cells of `more` add up to more than those of `cells`: cages or boxes compared."""

    name = "greater-sum"
    more: Cells
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        size, low = len(self.more), board.low

        def step(total: int, index: int, value: int) -> int:
            return total + (value - 1 + low) * (1 if index < size else -1)

        length = size + len(self.cells)
        layers = layered(board.D, length, 0, step, lambda total: total > 0)
        yield Automaton(self.more + self.cells, layers)


class Table(Rule):
    """Two cells hold one of the `pairs` of numbers that a user lists."""

    name = "table"
    pairs: tuple[tuple[int, int], ...]
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        allowed = set(self.pairs)
        _values(self, board, dict.fromkeys(chain.from_iterable(self.pairs)))
        return _pair(self, board, lambda a, b: (a, b) in allowed)


# -- cages --------------------------------------------------------------------------------------


class Killer(Rule):
    """The cells differ and add up to `total`."""

    name = "killer"
    total: int
    cells: Cells
    differ: ClassVar[bool] = True

    def constraints(self, board: Board) -> Iterator[Constraint]:
        yield from cage(board, self.cells, self.total, different=True)


class Sum(Rule):
    """The cells add up to `total`; numbers may repeat, and a cell named twice counts twice."""

    name = "sum"
    total: int
    cells: Cells
    repeated: ClassVar[bool] = True

    def constraints(self, board: Board) -> Iterator[Constraint]:
        if len(set(self.cells)) == len(self.cells):
            return cage(board, self.cells, self.total)
        return linear(board, list(Counter(self.cells).items()), self.total)


class KenKen(Rule):
    """The cells make `target` by `operation`: + and x of all, - and / from the greatest."""

    name = "kenken"
    operation: Literal["+", "-", "x", "/"]
    target: int
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        if self.operation == "+" or len(self.cells) == 1:
            return cage(board, self.cells, self.target)
        layers = _kenken(board.D, board.low, len(self.cells), self.operation, self.target)
        return iter([Automaton(self.cells, layers)])


@lru_cache(maxsize=4096)
def _kenken(D: int, low: int, length: int, operation: str, target: int) -> Layers:
    """State: the greatest number so far, and the sum or product of all."""

    def step(state: tuple[int, int], _: int, value: int) -> tuple[int, int] | None:
        greatest, total = state
        number = value - 1 + low
        total = total + number if operation == "-" else total * number
        if operation == "x":
            if target == 0:
                return 0, min(total, 1)
            return (0, total) if total and target % total == 0 else None
        return max(greatest, number), total

    def accept(state: tuple[int, int]) -> bool:
        greatest, total = state
        if operation == "x":
            return total == target
        if operation == "-":
            return 2 * greatest - total == target
        return total > 0 and greatest * greatest == target * total

    return layered(D, length, (0, 0 if operation == "-" else 1), step, accept)


class LittleKiller(Rule):
    """The cells of a diagonal add up to `total`, which stands outside before the first."""

    name = "little-killer"
    total: int
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        return cage(board, self.cells, self.total)


class Rellik(Rule):
    """The cells differ, and no one or more of them add up to `total`."""

    name = "rellik"
    total: int
    cells: Cells
    differ: ClassVar[bool] = True

    def constraints(self, board: Board) -> Iterator[Constraint]:
        _require(self, self.total > 0, "needs a total of 1 or more")
        low, within = board.low, (2 << self.total) - 1

        def step(sums: int, _: int, value: int) -> int | None:
            sums |= (sums << value - 1 + low) & within
            return None if sums >> self.total & 1 else sums

        yield Automaton(self.cells, layered(board.D, len(self.cells), 1, step, bool))


class EqualityCage(Rule):
    """The cells differ: as many odd as even, and as many low as high; the middle is neither."""

    name = "equality-cage"
    cells: Cells
    differ: ClassVar[bool] = True

    def constraints(self, board: Board) -> Iterator[Constraint]:
        D, low = board.D, board.low

        def step(state: tuple[int, int], _: int, value: int) -> tuple[int, int]:
            high = (2 * value > D + 1) - (2 * value < D + 1)
            return state[0] + (1 if (value - 1 + low) % 2 else -1), state[1] + high

        layers = layered(D, len(self.cells), (0, 0), step, lambda state: state == (0, 0))
        yield Automaton(self.cells, layers)


class Lunchbox(Rule):
    """The cells differ, and those between the least and the greatest add up to `total`."""

    name = "lunchbox"
    total: int
    cells: Cells
    differ: ClassVar[bool] = True
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        yield Automaton(self.cells, _crusts(board.D, board.low, len(self.cells), self.total, True))


@lru_cache(maxsize=1024)
def _crusts(D: int, low: int, length: int, total: int, any_ends: bool) -> Layers:
    """Two crusts and what is between them: the ends of what is read, or those of the board.

    State: both crusts, which one came first (0 none, 3 both), and the sum since.
    """
    ends = list(combinations(range(1, D + 1), 2)) if any_ends else [(1, D)]

    def step(state: tuple[int, ...] | None, _: int, value: int) -> set[tuple[int, ...]]:
        after: set[tuple[int, ...]] = set()
        for least, greatest, first, between in [state] if state else [(*e, 0, 0) for e in ends]:
            if value in (least, greatest):
                crust = 1 if value == least else 2
                if first == 0:
                    after.add((least, greatest, crust, 0))
                elif first + crust == 3 and between == total:
                    after.add((least, greatest, 3, 0))
            elif least < value < greatest:
                between += value - 1 + low if first in (1, 2) else 0
                if between <= total:
                    after.add((least, greatest, first, between))
        return after

    return layered(D, length, None, step, lambda state: state[2] == 3)


class CountingCircles(Rule):
    """A number in one of the cells is the number of these cells that hold it."""

    name = "counting-circles"
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        used = []
        for value in range(1, board.D + 1):
            number = board.number(value)
            hidden = -value  # 2 where the number is in a circle, else 1
            yield Domain(hidden, 3 if 0 < number <= len(self.cells) else 1)
            layers = _all_or_none(board.D, len(self.cells), value, number)
            yield Automaton((hidden, *self.cells), layers)
            used.append((hidden, number))
        # Of the numbers used each counts itself: together they are the number of cells.
        yield from linear(board, used, len(self.cells) + sum(n for _, n in used), values=True)


@lru_cache(maxsize=1024)
def _all_or_none(D: int, length: int, value: int, number: int) -> Layers:
    """State: how many cells are still to hold the value. The first value read says all or none."""

    def step(left: int, index: int, found: int) -> int | None:
        if index == 0:
            return number if found == 2 else 0 if found == 1 else None
        left -= found == value
        return left if 0 <= left <= length - index else None

    return layered(D, length + 1, 0, step, lambda left: left == 0)


class MagicSquare(Rule):
    """The cells are a square, row by row, whose rows, columns and diagonals have the same sum."""

    name = "magic-square"
    cells: Cells
    differ: ClassVar[bool] = True
    least: ClassVar[int] = 4

    def constraints(self, board: Board) -> Iterator[Constraint]:
        size = isqrt(len(self.cells))
        _require(self, size * size == len(self.cells), f"{len(self.cells)} cells are no square")
        rows = [self.cells[at : at + size] for at in range(0, size * size, size)]
        cols = list(zip(*rows, strict=True))
        diagonals = [self.cells[:: size + 1], self.cells[size - 1 : -1 : size - 1]]
        values = range(board.low, board.low + len(self.cells))
        if len(self.cells) == board.D:
            total, rest = divmod(sum(values), size)
            _require(self, rest == 0, "no total fits all lines")
            for line in rows + cols + diagonals:
                yield from cage(board, line, total, different=True)
            return
        for line in rows[1:] + cols + diagonals:
            yield from linear(board, [(cell, 1) for cell in rows[0]] + [(c, -1) for c in line], 0)


# -- lines --------------------------------------------------------------------------------------


class Thermo(Rule):
    """Numbers rise from the first cell, the bulb, to the last."""

    name = "thermo"
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        few = len(self.cells) <= board.D
        _require(self, few, f"{len(self.cells)} cells cannot rise through {board.D} values")
        return related(board, pairwise(self.cells), operator.lt)


class SlowThermo(Rule):
    """Numbers never fall from the first cell, the bulb, to the last."""

    name = "slow-thermo"
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        return related(board, pairwise(self.cells), operator.le)


class Whisper(Rule):
    """Neighbours on the line differ by `number` or more: 5 German, 4 Dutch."""

    name = "whisper"
    number: int
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        test: Test = lambda a, b: abs(a - b) >= self.number  # noqa: E731
        return related(board, pairwise(self.cells), test)


class Renban(Rule):
    """The cells hold consecutive numbers, in any order, none twice."""

    name = "renban"
    cells: Cells
    differ: ClassVar[bool] = True

    def constraints(self, board: Board) -> Iterator[Constraint]:
        yield Automaton(self.cells, _renban(board.D, len(self.cells)))


@lru_cache(maxsize=256)
def _renban(D: int, length: int) -> Layers:
    def step(used: int, _: int, value: int) -> int | None:
        bit = 1 << value - 1
        after = used | bit
        low = (after & -after).bit_length()
        return None if used & bit or after.bit_length() - low >= length else after

    return layered(D, length, 0, step, bool)


class Palindrome(Rule):
    """The line reads the same from both ends."""

    name = "palindrome"
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        half = len(self.cells) // 2
        pairs = zip(self.cells[:half], self.cells[::-1], strict=False)
        return related(board, pairs, operator.eq)


class Between(Rule):
    """Numbers on the line lie strictly between those at its ends."""

    name = "between"
    cells: Cells
    least: ClassVar[int] = 3

    def constraints(self, board: Board) -> Iterator[Constraint]:
        layers = _ends(board.D, len(self.cells), 0)
        yield Automaton((self.cells[0], self.cells[-1], *self.cells[1:-1]), layers)


class Lockout(Rule):
    """The ends differ by `number` or more; numbers on the line are neither at nor between them."""

    name = "lockout"
    number: int
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        _require(self, self.number > 0, "needs a number of 1 or more")
        layers = _ends(board.D, len(self.cells), self.number)
        yield Automaton((self.cells[0], self.cells[-1], *self.cells[1:-1]), layers)


@lru_cache(maxsize=256)
def _ends(D: int, length: int, lockout: int) -> Layers:
    """Both ends first: between them (0), or outside of ends that far apart."""

    def step(ends: tuple[int, ...], index: int, value: int) -> tuple[int, ...] | None:
        if index == 0:
            return (value,)
        if index == 1:
            low, high = sorted((ends[0], value))
            return None if high - low < lockout else (low, high)
        inside = ends[0] <= value <= ends[1] if lockout else ends[0] < value < ends[1]
        return ends if inside == (lockout == 0) else None

    return layered(D, length, (), step, lambda ends: True)


class Zipper(Rule):
    """Cells equally far from the middle have the same sum: the middle cell, where there is one."""

    name = "zipper"
    cells: Cells
    least: ClassVar[int] = 3

    def constraints(self, board: Board) -> Iterator[Constraint]:
        half, odd = divmod(len(self.cells), 2)
        pairs = list(zip(self.cells[:half], self.cells[::-1], strict=False))
        first = [(self.cells[half], -1)] if odd else [(cell, -1) for cell in pairs.pop()]
        for pair in pairs:
            yield from linear(board, [*first, *((cell, 1) for cell in pair)], 0)


class RegionSumLine(Rule):
    """Each part of the line within one region has the same sum."""

    name = "region-sum-line"
    cells: Cells
    repeated: ClassVar[bool] = True

    def constraints(self, board: Board) -> Iterator[Constraint]:
        _require(self, board.regions is not None, "needs regions")
        parts = sorted(segments(board, self.cells), key=len)
        sizes = tuple(map(len, parts))
        layers = _equal_sums(board.D, board.low, sizes)
        yield Automaton(tuple(cell for part in parts for cell in part), layers)


@lru_cache(maxsize=1024)
def _equal_sums(D: int, low: int, sizes: tuple[int, ...]) -> Layers:
    """State: the sum of the first part, or None while it is read, and the sum of this part."""
    ends = {sum(sizes[: at + 1]) - 1 for at in range(len(sizes))}
    left = [size - 1 - at for size in sizes for at in range(size)]  # cells of the part after this

    def step(state: tuple[int | None, int], index: int, value: int) -> Any:
        target, total = state
        total += value - 1 + low
        if target is None:
            return (total, 0) if index in ends else (None, total)
        rest = target - total
        if not low * left[index] <= rest <= (D - 1 + low) * left[index]:
            return None
        return (target, 0) if index in ends else (target, total)

    return layered(D, sum(sizes), (None, 0), step, lambda state: True)


class SumLine(Rule):
    """The line falls into parts that each add up to `total`; with `loop` it has no ends."""

    name = "sum-line"
    total: int
    cells: Cells
    loop: bool = False

    def constraints(self, board: Board) -> Iterator[Constraint]:
        _require(self, self.total > 0, "needs a total of 1 or more")
        layers = _parts(board.D, board.low, len(self.cells), self.total, self.loop)
        yield Automaton(self.cells, layers)


@lru_cache(maxsize=256)
def _parts(D: int, low: int, length: int, total: int, loop: bool) -> Layers:
    """State: what the part that goes round the loop holds at its beginning, and what this one does.

    A line begins with no part open. A loop may begin within a part, and then ends within it.
    Nothing is begun as long as all are 0.
    """

    def step(state: tuple[int, ...], _: int, value: int) -> Any:
        number = value - 1 + low
        if not state and not number:
            return state
        begun = [state] if state else [(part, part) for part in range(total if loop else 1)]
        return {(a, (b + number) % total) for a, b in begun if b + number <= total}

    return layered(D, length, (), step, lambda state: state and state[0] == state[1])


class Modular(Rule):
    """Any `number` cells in a row on the line leave different remainders divided by it."""

    name = "modular"
    number: int
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        _require(self, self.number > 1, "needs a number of 2 or more")
        return _classes(board, self.cells, self.number, lambda number: number % self.number)


class Entropic(Rule):
    """Any three cells in a row on the line are a low, a middle and a high number."""

    name = "entropic"
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        third = _third(self, board)
        return _classes(board, self.cells, 3, lambda number: (number - board.low) // third)


class Arrow(Rule):
    """The first cell, the circle, is the sum of the others."""

    name = "arrow"
    cells: Cells
    least: ClassVar[int] = 2

    def constraints(self, board: Board) -> Iterator[Constraint]:
        return linear(board, [(self.cells[0], -1), *((c, 1) for c in self.cells[1:])], 0)


class PillArrow(Rule):
    """The first `pill` cells, read as digits of one number, are the sum of the others."""

    name = "pill-arrow"
    pill: int
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        _require(
            self, 1 < self.pill < len(self.cells), "needs a pill of 2 or more, and other cells"
        )
        terms = [
            (cell, -(10 ** (self.pill - 1 - at))) for at, cell in enumerate(self.cells[: self.pill])
        ]
        yield from _domains(self, board, self.cells[1 : self.pill], lambda number: number < 10)
        yield from linear(board, [*terms, *((cell, 1) for cell in self.cells[self.pill :])], 0)


class DoubleArrow(Rule):
    """The two ends, the circles, add up to the sum of what lies between."""

    name = "double-arrow"
    cells: Cells
    least: ClassVar[int] = 3

    def constraints(self, board: Board) -> Iterator[Constraint]:
        ends, inner = (self.cells[0], self.cells[-1]), self.cells[1:-1]
        return linear(board, [*((c, -1) for c in ends), *((c, 1) for c in inner)], 0)


class Regex(Rule):
    """The symbols along the cells match a regular expression."""

    name = "regex"
    pattern: str
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        yield Automaton(self.cells, _regex(board.D, board.low, len(self.cells), self.pattern))


@lru_cache(maxsize=256)
def _regex(D: int, low: int, length: int, pattern: str) -> Layers:
    from interegular import InvalidSyntax, Unsupported, parse_pattern

    from vmd_solver.csp.puzzle import numerals

    symbols = numerals(D, low)
    if any(len(symbol) > 1 for symbol in symbols):
        raise InvalidPuzzle("regex: needs numbers of one character")
    try:
        re.compile(pattern)  # which `meaning` reads it with
        machine = parse_pattern(pattern).to_fsm()
    except (InvalidSyntax, Unsupported, ValueError, re.error) as error:
        raise InvalidPuzzle(f"regex: {pattern} is no regular expression: {error}") from None
    steps = cast(dict[Any, dict[Any, int]], machine.map)

    def step(state: int, _: int, value: int) -> int | None:
        after: int | None = (
            steps[state].get(machine.alphabet[symbols[value - 1]]) if state in steps else None
        )
        return after

    return layered(D, length, machine.initial, step, lambda state: state in machine.finals)


# -- clues outside the board, whose cells run away from the clue ---------------------------------


class Sandwich(Rule):
    """The numbers between the least and the greatest number of the board add up to `total`."""

    name = "sandwich"
    total: int
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        yield Automaton(self.cells, _crusts(board.D, board.low, len(self.cells), self.total, False))


class Skyscraper(Rule):
    """So many numbers are greater than all before them, seen from outside: `number`."""

    name = "skyscraper"
    number: int
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        layers = _skyscraper(board.D, board.low, len(self.cells), self.number)
        yield Automaton(self.cells, layers)


@lru_cache(maxsize=1024)
def _skyscraper(D: int, low: int, length: int, clue: int) -> Layers:
    def step(state: tuple[int, int], _: int, value: int) -> tuple[int, int] | None:
        highest, seen = state
        number = value - 1 + low
        if number <= highest:
            return state
        return (number, seen + 1) if seen < clue else None

    return layered(D, length, (low - 1, 0), step, lambda state: state[1] == clue)


class HiddenSkyscraper(Rule):
    """The first number that is not greater than all before it, seen from outside, is `number`."""

    name = "hidden-skyscraper"
    number: int
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        (wanted,) = _values(self, board, (self.number,))

        def step(highest: int, _: int, value: int) -> int | None:
            if highest > board.D:
                return highest
            if value > highest:
                return value
            return board.D + 1 if value == wanted else None

        accepts = lambda highest: highest > board.D  # noqa: E731
        yield Automaton(self.cells, layered(board.D, len(self.cells), 0, step, accepts))


class XSum(Rule):
    """The first X numbers add up to `total`, where X is the first of them."""

    name = "x-sum"
    total: int
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        yield Automaton(self.cells, _x_sum(board.D, board.low, len(self.cells), self.total))


@lru_cache(maxsize=1024)
def _x_sum(D: int, low: int, length: int, total: int) -> Layers:
    """State: cells still to add, and what they have still to add up to."""

    def step(state: tuple[int, int], index: int, value: int) -> tuple[int, int] | None:
        left, rest = state
        number = value - 1 + low
        if index == 0:
            left = number
        if left == 0:
            return state if index else None
        left, rest = left - 1, rest - number
        fits = low * left <= rest <= (D - 1 + low) * left and 0 <= left < length - index
        return (left, rest) if fits else None

    return layered(D, length, (0, total), step, lambda state: state == (0, 0))


class NumberedRoom(Rule):
    """The X-th cell holds `number`, where X is the number in the first."""

    name = "numbered-room"
    number: int
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        (wanted,) = _values(self, board, (self.number,))
        length, low = len(self.cells), board.low

        def step(left: int, index: int, value: int) -> int | None:
            if index == 0:
                left = value - 1 + low
                if not 1 <= left <= length:
                    return None
            if left == 1 and value != wanted:
                return None
            return max(0, left - 1)

        yield Automaton(self.cells, layered(board.D, length, 0, step, lambda left: True))


class FullRank(Rule):
    """Of all rows and columns, read as numbers from both ends and sorted, this line is number
    `rank`; no other equals it."""

    name = "full-rank"
    rank: int
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        _require(self, board.rows == board.cols, "needs a square board")
        _require_whole(self, board)
        rows, cols = grid_lines(board)
        lines = [line for forward in rows + cols for line in (forward, forward[::-1])]
        _require(self, self.cells in lines, "needs a whole row or column")
        _require(self, 1 <= self.rank <= len(lines), f"needs a rank of 1 to {len(lines)}")
        others = [line for line in lines if line != self.cells]
        layers = _compared(board.D, len(self.cells))
        hidden = []
        for number, line in enumerate(others, 1):
            hidden.append(-number)  # 2 where the line is smaller than this one, else 1
            yield Domain(-number, 3)
            cells = (cell for pair in zip(line, self.cells, strict=True) for cell in pair)
            yield Automaton((-number, *cells), layers)
        counted = layered(
            board.D,
            len(hidden),
            self.rank - 1,
            lambda left, _, value: left - (value == 2) if value <= 2 and left >= 0 else None,
            lambda left: left == 0,
        )
        yield Automaton(tuple(hidden), counted)
        edges = {frozenset(line) for line in (rows[0], rows[-1], cols[0], cols[-1])}
        if board.rows == board.D and edges <= set(map(frozenset, board.units)):
            # Each value begins four of the lines.
            yield Domain(self.cells[0], 1 << (self.rank - 1) // 4)


@lru_cache(maxsize=64)
def _compared(D: int, length: int) -> Layers:
    """What is to come out, then two lines in turns: 2 where the first one is smaller."""

    def step(state: tuple[int, int], index: int, value: int) -> tuple[int, int] | None:
        wanted, other = state
        if index == 0:
            return (value, 0) if value <= 2 else None
        if wanted == 0:
            return state
        if index % 2:
            return wanted, value
        if other == value:
            return wanted, 0
        return (0, 0) if (other < value) == (wanted == 2) else None

    return layered(D, 2 * length + 1, (0, 0), step, lambda state: state[0] == 0)


class Indexing(Rule):
    """A cell in column c with number n says that column n of its row holds c; or so for `row`."""

    name = "indexing"
    by: Literal["column", "row"]
    cells: Cells

    def constraints(self, board: Board) -> Iterator[Constraint]:
        _require_whole(self, board)
        across = self.by == "column"
        size, stride = (board.cols, 1) if across else (board.rows, board.cols)
        for cell in self.cells:
            row, col = divmod(cell, board.cols)
            place = (col if across else row) + 1
            start = cell - (place - 1) * stride
            line = {start + step * stride for step in range(size)}
            once = any(line <= set(unit) for unit in board.units)
            yield from _domains(self, board, (cell,), lambda number: 1 <= number <= size)
            for at in set(range(1, size + 1)) - {place}:
                test = partial(_both_or_neither if once else _only_if, at, place)
                yield from related(board, [(cell, start + (at - 1) * stride)], test)


def _both_or_neither(first: int, second: int, a: int, b: int) -> bool:
    return (a == first) == (b == second)


def _only_if(first: int, second: int, a: int, b: int) -> bool:
    return a != first or b == second


class Queens(Rule):
    """One queen a line: cell i says where in line i it stands; none attacks another."""

    name = "queens"
    cells: Cells
    differ: ClassVar[bool] = True

    def constraints(self, board: Board) -> Iterator[Constraint]:
        for (i, one), (j, other) in combinations(enumerate(self.cells), 2):
            yield from related(board, [(one, other)], partial(_not_apart, j - i))


def _not_apart(distance: int, a: int, b: int) -> bool:
    return abs(a - b) != distance


RULES: dict[str, type[Rule]] = {
    kind.name: kind
    for kind in list(globals().values())
    if isinstance(kind, type) and issubclass(kind, Rule) and kind is not Rule
}
"""Every rule by its name, in the order of this file."""


# -- what rules are made of ---------------------------------------------------------------------


def cage(board: Board, cells: Cells, total: int, different: bool = False) -> Iterator[Constraint]:
    """Cells, none twice, that add up to `total`; exactly, where they differ or share a unit."""
    if len(cells) == 2:
        test: Test = lambda a, b: a + b == total and not (different and a == b)  # noqa: E731
        yield from related(board, [tuple(cells)], test)  # type: ignore[list-item]
        return
    k = len(cells)
    different = different or all(set(cells) <= {cell, *board.peers[cell]} for cell in cells)
    if different and k <= board.D and comb(board.D, min(k, board.D // 2)) <= MOST_SETS:
        yield Automaton(cells, _sets(board.D, board.low, k, total))
    else:
        yield from linear(board, [(cell, 1) for cell in cells], total)


@lru_cache(maxsize=4096)
def _sets(D: int, low: int, length: int, total: int) -> Layers:
    """Different values with a sum: the state is the set of values used, and so knows the sum."""
    high = D - 1 + low

    def step(state: tuple[int, int], index: int, value: int) -> tuple[int, int] | None:
        used, rest = state
        bit = 1 << value - 1
        rest -= value - 1 + low
        left = length - 1 - index
        least = left * low + left * (left - 1) // 2
        most = left * high - left * (left - 1) // 2
        return None if used & bit or not least <= rest <= most else (used | bit, rest)

    return layered(D, length, (0, total), step, lambda state: state[1] == 0)


def linear(
    board: Board, terms: Sequence[tuple[int, int]], total: int, values: bool = False
) -> Iterator[Constraint]:
    """Cells times whole numbers that add up to `total`: of numbers, or of `values` 1..D."""
    low = 1 if values else board.low
    terms, total = (terms, total) if values else _fewest(board, terms, total)
    if terms:
        cells, factors = zip(*terms, strict=True)
        yield Automaton(cells, _linear(board.D, low, factors, total))
    elif total:
        yield Automaton((0,), ())


def _fewest(
    board: Board, terms: Sequence[tuple[int, int]], total: int
) -> tuple[Sequence[tuple[int, int]], int]:
    """The same equation with fewer cells, where it holds most of a unit, whose sum is known."""
    factors: Counter[int] = Counter()
    for cell, factor in terms:
        factors[cell] += factor
    sum_of_unit = sum(range(board.low, board.high + 1))
    for unit in (unit for unit in board.units if len(unit) == board.D):
        common, count = Counter(factors[cell] for cell in unit).most_common(1)[0]
        already = sum(factors[cell] == 0 for cell in unit)
        if common and count > already:
            factors.subtract(dict.fromkeys(unit, common))
            total -= common * sum_of_unit
    return [(cell, factor) for cell, factor in factors.items() if factor], total


@lru_cache(maxsize=4096)
def _linear(D: int, low: int, factors: tuple[int, ...], total: int) -> Layers:
    high = D - 1 + low
    least, most = [0], [0]  # of what the last cells can add
    for factor in reversed(factors[1:]):
        ends = factor * low, factor * high
        least.append(least[-1] + min(ends))
        most.append(most[-1] + max(ends))

    def step(rest: int, index: int, value: int) -> int | None:
        rest -= factors[index] * (value - 1 + low)
        return rest if least[-1 - index] <= rest <= most[-1 - index] else None

    return layered(D, len(factors), total, step, lambda rest: rest == 0)


def related(board: Board, pairs: Pairs, test: Test) -> Iterator[Constraint]:
    """The relation of numbers that pass the test, for each pair of cells."""
    rows = table(board.D, lambda a, b: test(board.number(a), board.number(b)))
    for a, b in pairs:
        yield Relation(a, b, rows)


def _pair(rule: Any, board: Board, test: Test) -> Iterator[Constraint]:
    _require(rule, len(rule.cells) == 2, f"needs two cells, got {len(rule.cells)}")
    return related(board, [rule.cells], test)


def _classes(
    board: Board, cells: Cells, size: int, kind: Callable[[int], int]
) -> Iterator[Constraint]:
    """Cells less than `size` apart are of different kinds, and those `size` apart of the same."""
    for at, cell in enumerate(cells):
        near = [(cell, other) for other in cells[at + 1 : at + size]]
        yield from related(board, near, lambda a, b: kind(a) != kind(b))
        far = [(cell, other) for other in cells[at + size : at + size + 1]]
        yield from related(board, far, lambda a, b: kind(a) == kind(b))


def _domains(
    rule: Rule, board: Board, cells: Cells, test: Callable[[int], bool]
) -> Iterator[Constraint]:
    values = mask_of(value for value in range(1, board.D + 1) if test(board.number(value)))
    _require(rule, values > 0, f"no number of {board.low} to {board.high} will do")
    for cell in cells:
        yield Domain(cell, values)


def _values(rule: Rule, board: Board, numbers: Iterable[int]) -> list[int]:
    """The values of numbers. Raises InvalidPuzzle for one that the board has not."""
    found = list(numbers)
    for number in found:
        inside = board.low <= number <= board.high
        _require(rule, inside, f"{number} is no number of {board.low} to {board.high}")
    return [number - board.low + 1 for number in found]


def _third(rule: Rule, board: Board) -> int:
    _require(rule, board.D % 3 == 0, f"needs values in three equal parts, got {board.D}")
    return board.D // 3


def _require(rule: Rule, condition: bool, message: str) -> None:
    if not condition:
        raise InvalidPuzzle(f"{rule.name}: {message}")


def _require_whole(rule: Rule, board: Board) -> None:
    _require(rule, not board.holes, "needs a board without holes")


def _unit(board: Board, places: Iterable[tuple[int, int]]) -> Cells:
    """The cells at these rows and columns, but holes."""
    cells = (row * board.cols + col for row, col in places)
    return tuple(cell for cell in cells if cell not in board.holes)


def _around(board: Board, cells: Cells) -> list[tuple[int, int]]:
    """Each of the cells with each neighbour that is not one of them."""
    both = [pair for pair in neighbours(board) for pair in (pair, pair[::-1])]
    return [(a, b) for a, b in both if a in cells and b not in cells]


def neighbours(board: Board) -> list[tuple[int, int]]:
    """Pairs of cells that share a side."""
    return apart(board, ((0, 1), (1, 0)))


def apart(board: Board, steps: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pairs of cells that are one of these (rows, columns) apart."""
    found, holes = [], set(board.holes)
    for (down, right), cell in product(steps, range(board.n)):
        row, col = cell // board.cols + down, cell % board.cols + right
        if 0 <= row < board.rows and 0 <= col < board.cols:
            pair = cell, row * board.cols + col
            if holes.isdisjoint(pair):
                found.append(pair)
    return found


def grid_lines(board: Board) -> tuple[list[Cells], list[Cells]]:
    """The cells of each row, and of each column."""
    rows = [tuple(range(at, at + board.cols)) for at in range(0, board.n, board.cols)]
    return rows, list(zip(*rows, strict=True))


def groups_of(cells: Cells, count: int) -> list[Cells]:
    """The cells in `count` groups of one size, in order."""
    size = len(cells) // count
    return [cells[at : at + size] for at in range(0, len(cells), size)]


def segments(board: Board, cells: Cells) -> list[Cells]:
    """The line cut wherever it enters another region."""
    parts: list[list[int]] = []
    regions = board.regions or (0,) * board.n
    for at, cell in enumerate(cells):
        if at == 0 or regions[cell] != regions[cells[at - 1]]:
            parts.append([])
        parts[-1].append(cell)
    return [tuple(part) for part in parts]


def signed(rule: Rule, signs: Sequence[str]) -> list[tuple[int, int]]:
    """The pair of cells of a rule that is one of these signs; none for other rules."""
    found = {
        "white": isinstance(rule, Difference) and rule.number == 1,
        "black": isinstance(rule, Ratio) and rule.number == 2,
        "v": isinstance(rule, PairSum) and rule.number == 5,
        "x": isinstance(rule, PairSum) and rule.number == 10,
    }
    return [rule.cells] if any(found[sign] for sign in signs) else []  # type: ignore[attr-defined]

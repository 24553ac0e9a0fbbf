"""What every rule means in numbers, as people read it: the judge of solutions and of conflicts.

It adds the cage up and looks along the row, and shares nothing with what rules are made of, nor
with any search. A rule comes to *checks*: cells, and what their numbers have to be, asked once all
of them are filled.
"""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import combinations, groupby, pairwise, product
from math import isqrt, prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import rules
from vmd_solver.csp.puzzle import Board, Cells, Rule, numerals

Test = Callable[..., bool]


class Check(NamedTuple):
    """What a rule asks of the numbers in `cells`, and what to say where it is broken.

    `says` may name the numbers, `{0}` and so on, all of them, `{numbers}`, or their `{total}`.
    `blames` are the cells to point at, where they are not all that are looked at.
    """

    cells: Cells
    test: Test
    says: str = "hold {numbers}"
    blames: Cells = ()


@lru_cache(maxsize=64)
def checks(board: Board) -> tuple[tuple[Rule, Check], ...]:
    """What the rules of a board ask, each check with its rule; kept for the next question."""
    return tuple(
        (rule, check) for rule in board.rules for check in MEANINGS[type(rule)](rule, board)
    )


def broken(board: Board, values: Sequence[int]) -> Iterator[tuple[Cells, str]]:
    """Cells that break a rule, and how, among `values` (n entries, 0 or outside 1..D where open).

    >>> from vmd_solver.csp.families import latin, with_rules
    >>> board = with_rules(latin(4), [rules.Killer(5, (0, 1))])
    >>> list(broken(board, (3, 4) + (0,) * 14))
    [((0, 1), 'killer of 5 is broken: r1c1, r1c2 add up to 7')]
    """
    full = [1 <= value <= board.D for value in values]
    for rule, check in checks(board) if board.rules else ():
        if all(map(full.__getitem__, check.cells)):
            numbers = [board.number(int(values[cell])) for cell in check.cells]
            if not check.test(*numbers):
                cells = check.blames or check.cells
                names = ", ".join(board.cell_name(cell) for cell in dict.fromkeys(cells))
                told = ", ".join(map(str, numbers[: len(cells)]))
                says = check.says.format(*numbers, numbers=told, total=sum(numbers))
                yield cells, f"{title(rule)} is broken: {names} {says}"


def broken_rows(
    board: Board, values: npt.NDArray[np.integer]
) -> Iterator[tuple[Cells, npt.NDArray[np.bool_]]]:
    """For each check its cells, and which rows of grids (B, n) break it, (B,) bool: `broken`, for
    many."""
    full = (values >= 1) & (values <= board.D)
    numbers, known = values.astype(np.int64) + board.low - 1, range(board.low, board.high + 1)
    for _, check in checks(board) if board.rules else ():
        cells, wrong = list(check.cells), np.zeros(len(values), dtype=np.bool_)
        rows = np.flatnonzero(full[:, cells].all(axis=1))
        if len(rows) > board.D ** len(cells):  # each combination once, rather than each row
            answers = [not check.test(*found) for found in product(known, repeat=len(cells))]
            table = np.reshape(answers, (board.D,) * len(cells))
            wrong[rows] = table[tuple(values[rows][:, cells].T - 1)]
        elif len(rows):
            found = numbers[rows][:, cells].tolist()
            wrong[rows] = [not check.test(*row) for row in found]
        yield check.blames or check.cells, wrong


def title(rule: Rule) -> str:
    """What a message calls a rule: its name, and its clue if that is a number.

    >>> title(rules.Killer(15, (0, 1))), title(rules.Thermo((0, 1)))
    ('killer of 15', 'thermo')
    """
    values = (getattr(rule, field.name) for field in fields(rule))
    clue = next((value for value in values if type(value) is int), None)
    return rule.name if clue is None else f"{rule.name} of {clue}"


# -- what checks are made of --------------------------------------------------------------------


def _each(pairs: Iterable[Cells], test: Test, says: str = "hold {numbers}") -> Iterator[Check]:
    return (Check(cells, test, says) for cells in pairs)


def _differ(cells: Cells) -> Iterator[Check]:
    return _each(combinations(cells, 2), operator.ne, "both hold {0}")


def _adds_up(cells: Cells, total: int) -> Check:
    return Check(cells, lambda *found: sum(found) == total, "add up to {total}")


def _cage(cells: Cells, test: Test, says: str = "hold {numbers}") -> Iterator[Check]:
    """Cells that differ, and one thing more."""
    yield from _differ(cells)
    yield Check(cells, test, says)


def _cells(board: Board) -> list[int]:
    return [cell for cell in range(board.n) if cell not in set(board.holes)]


def _pairs(board: Board, wanted: Callable[[int, int], bool]) -> Iterator[Cells]:
    """Pairs of cells so many rows and columns apart."""
    places = [(cell, *divmod(cell, board.cols)) for cell in _cells(board)]
    for (a, row, col), (b, other_row, other_col) in combinations(places, 2):
        if wanted(abs(row - other_row), abs(col - other_col)):
            yield a, b


def _neighbours(board: Board) -> list[Cells]:
    return list(_pairs(board, lambda down, across: down + across == 1))


def _lines(board: Board) -> tuple[list[Cells], list[Cells]]:
    """Rows and columns."""
    rows = [tuple(range(row * board.cols, (row + 1) * board.cols)) for row in range(board.rows)]
    return rows, [tuple(range(col, board.n, board.cols)) for col in range(board.cols)]


def _windows(cells: Cells, size: int) -> list[Cells]:
    """Every `size` cells in a row on a line; the whole line where it is shorter."""
    return [cells[at : at + size] for at in range(max(1, len(cells) - size + 1))]


def _third(board: Board, number: int) -> int:
    """0 for a low, 1 for a middle, 2 for a high number."""
    return (number - board.low) * 3 // board.D


# -- rules that take more than one question -----------------------------------------------------


def _taxicab(rule: rules.AntiTaxicab, board: Board) -> Iterator[Check]:
    for a, b in _pairs(board, lambda down, across: True):
        distance = abs(a // board.cols - b // board.cols) + abs(a % board.cols - b % board.cols)
        yield Check((a, b), lambda x, y, far=distance: not x == y == far, "both hold {0}")


def _diagonal(rule: rules.Diagonal, board: Board) -> Iterator[Check]:
    down = rule.direction == "down"
    places = [(at, at if down else board.cols - 1 - at) for at in range(board.rows)]
    cells = {row * board.cols + col for row, col in places}
    return _differ(tuple(cell for cell in _cells(board) if cell in cells))


def _disjoint_groups(rule: rules.DisjointGroups, board: Board) -> Iterator[Check]:
    height, width = board.box or (1, 1)

    def place(cell: int) -> tuple[int, int]:
        return cell // board.cols % height, cell % board.cols % width

    pairs = combinations(_cells(board), 2)
    return _each((pair for pair in pairs if place(pair[0]) == place(pair[1])), operator.ne)


def _entropy(rule: rules.GlobalEntropy, board: Board) -> Iterator[Check]:
    for cell in range(board.n - board.cols):
        square = (cell, cell + 1, cell + board.cols, cell + board.cols + 1)
        if cell % board.cols < board.cols - 1 and not set(square) & set(board.holes):
            yield Check(square, lambda *found: len({_third(board, one) for one in found}) == 3)


def _earned(a: int, b: int) -> set[str]:
    """The signs that two numbers would earn."""
    low, high = sorted((a, b))
    earns = {"white": high - low == 1, "black": high == 2 * low, "v": a + b == 5, "x": a + b == 10}
    return {sign for sign, does in earns.items() if does}


def _marked(board: Board, signs: Sequence[str]) -> set[Cells]:
    """The pairs of cells that have one of the signs."""
    all_signs: dict[tuple[type[Rule], int], str] = {
        (rules.Difference, 1): "white",
        (rules.Ratio, 2): "black",
        (rules.PairSum, 5): "v",
        (rules.PairSum, 10): "x",
    }
    found = (
        (all_signs.get((type(rule), getattr(rule, "number", 0))), rule) for rule in board.rules
    )
    return {tuple(sorted(rule.all_cells)) for sign, rule in found if sign in signs}


def _negative(rule: rules.Negative, board: Board) -> Iterator[Check]:
    marked = _marked(board, rule.signs)
    pairs = (pair for pair in _neighbours(board) if pair not in marked)
    return _each(pairs, lambda a, b: _earned(a, b).isdisjoint(rule.signs))


def _takuzu(rule: rules.Takuzu, board: Board) -> Iterator[Check]:
    for lines in _lines(board):
        for line in lines:
            yield Check(line, lambda *found: 2 * found.count(board.low) == len(found))
            yield from _each(_windows(line, 3), lambda *found: len(found) < 3 or len({*found}) > 1)
        for one, other in combinations(lines, 2) if rule.unique else ():
            yield Check(one + other, lambda *both: both[: len(both) // 2] != both[len(both) // 2 :])


def _extreme(rule: rules.Minimum | rules.Maximum, board: Board) -> Iterator[Check]:
    test = operator.lt if isinstance(rule, rules.Minimum) else operator.gt
    for pair in _neighbours(board):
        for a, b in (pair, pair[::-1]):
            if a in rule.cells and b not in rule.cells:
                yield Check((a, b), test)


def _same_values(rule: rules.SameValues, board: Board) -> Iterator[Check]:
    size = len(rule.cells) // rule.sets
    for at in range(0, len(rule.cells) - size, size):
        both = rule.cells[at : at + 2 * size]
        yield Check(both, lambda *found: sorted(found[:size]) == sorted(found[size:]))


def _kenken(rule: rules.KenKen, board: Board) -> Iterator[Check]:
    def test(*found: int) -> bool:
        *others, greatest = sorted(found)
        if rule.operation == "-":
            return greatest - sum(others) == rule.target
        if rule.operation == "/":
            return prod(others) != 0 and greatest == rule.target * prod(others)
        return (sum if rule.operation == "+" else prod)(found) == rule.target

    yield Check(rule.cells, test)


def _rellik(rule: rules.Rellik, board: Board) -> Iterator[Check]:
    def test(*found: int) -> bool:
        sizes = range(1, len(found) + 1)
        return all(sum(some) != rule.total for size in sizes for some in combinations(found, size))

    return _cage(rule.cells, test)


def _equality(rule: rules.EqualityCage, board: Board) -> Iterator[Check]:
    def test(*found: int) -> bool:
        low = sum(2 * number < board.low + board.high for number in found)
        high = sum(2 * number > board.low + board.high for number in found)
        return 2 * sum(number % 2 for number in found) == len(found) and low == high

    return _cage(rule.cells, test)


def _between_sum(found: Sequence[int], least: int, greatest: int) -> int | None:
    """The sum of the numbers between two, None unless each of these occurs once."""
    if found.count(least) != 1 or found.count(greatest) != 1:
        return None
    start, end = sorted((found.index(least), found.index(greatest)))
    return sum(found[start + 1 : end])


def _sandwich(rule: rules.Sandwich, board: Board) -> Iterator[Check]:
    ends = board.low, board.high
    yield Check(rule.cells, lambda *found: _between_sum(found, *ends) == rule.total)


def _lunchbox(rule: rules.Lunchbox, board: Board) -> Iterator[Check]:
    test = lambda *found: _between_sum(found, min(found), max(found)) == rule.total  # noqa: E731
    return _cage(rule.cells, test)


def _magic(rule: rules.MagicSquare, board: Board) -> Iterator[Check]:
    size = isqrt(len(rule.cells))

    def test(*found: int) -> bool:
        square = np.reshape(found, (size, size))
        sums = {*square.sum(0).tolist(), *square.sum(1).tolist()}
        return len(sums | {int(np.trace(square)), int(np.trace(square[::-1]))}) == 1

    return _cage(rule.cells, test)


def _ends(rule: rules.Between | rules.Lockout, board: Board) -> Iterator[Check]:
    ends = rule.cells[0], rule.cells[-1]
    lockout = isinstance(rule, rules.Lockout)
    if isinstance(rule, rules.Lockout):
        yield Check(ends, lambda a, b: abs(a - b) >= rule.number)
    for cell in rule.cells[1:-1]:
        if lockout:
            yield Check((*ends, cell), lambda a, b, on: not min(a, b) <= on <= max(a, b))
        else:
            yield Check((*ends, cell), lambda a, b, on: min(a, b) < on < max(a, b))


def _zipper(rule: rules.Zipper, board: Board) -> Iterator[Check]:
    half, odd = divmod(len(rule.cells), 2)
    pairs = [(rule.cells[at], rule.cells[-1 - at]) for at in range(half)]
    middle = (rule.cells[half],) if odd else pairs.pop()
    for pair in pairs:
        yield Check((*pair, *middle), lambda a, b, *found: a + b == sum(found))


def _region_sums(rule: rules.RegionSumLine, board: Board) -> Iterator[Check]:
    regions = board.regions or ()
    parts = [tuple(part) for _, part in groupby(rule.cells, regions.__getitem__)]
    for one, other in pairwise(parts):
        yield Check(one + other, _splits_evenly(len(one)))


def _splits_evenly(size: int) -> Test:
    return lambda *found: sum(found[:size]) == sum(found[size:])


def _sum_line(rule: rules.SumLine, board: Board) -> Iterator[Check]:
    def falls_apart(found: Sequence[int]) -> bool:
        """Whether parts of the sum, one after the other, are the whole line."""
        part = 0
        for number in found:
            part = number if number and part == rule.total else part + number
            if part > rule.total:
                return False
        return part == rule.total

    def test(*found: int) -> bool:
        turns = range(len(found) if rule.loop else 1)
        return any(falls_apart(found[at:] + found[:at]) for at in turns)

    yield Check(rule.cells, test)


def _modular(rule: rules.Modular | rules.Entropic, board: Board) -> Iterator[Check]:
    if isinstance(rule, rules.Modular):
        size = rule.number
        kind = lambda number: number % size  # noqa: E731
    else:
        size, kind = 3, lambda number: _third(board, number)
    for window in _windows(rule.cells, size):
        yield Check(window, lambda *found: len(set(map(kind, found))) == len(found))


def _pill(rule: rules.PillArrow, board: Board) -> Iterator[Check]:
    def test(*found: int) -> bool:
        digits = found[: rule.pill]
        return max(digits[1:]) < 10 and int("".join(map(str, digits))) == sum(found[rule.pill :])

    yield Check(rule.cells, test)


def _regex(rule: rules.Regex, board: Board) -> Iterator[Check]:
    symbols, pattern = numerals(board.D, board.low), re.compile(rule.pattern)

    def test(*found: int) -> bool:
        text = "".join(symbols[number - board.low] for number in found)
        return pattern.fullmatch(text) is not None

    yield Check(rule.cells, test)


def _seen(found: Sequence[int]) -> list[bool]:
    """Which numbers are greater than all before them."""
    return [all(other < number for other in found[:at]) for at, number in enumerate(found)]


def _hidden(rule: rules.HiddenSkyscraper, board: Board) -> Iterator[Check]:
    def test(*found: int) -> bool:
        hidden = (one for one, seen in zip(found, _seen(found), strict=True) if not seen)
        return next(hidden, None) == rule.number

    yield Check(rule.cells, test)


def _x_sum(rule: rules.XSum, board: Board) -> Iterator[Check]:
    def test(*found: int) -> bool:
        return 1 <= found[0] <= len(found) and sum(found[: found[0]]) == rule.total

    yield Check(rule.cells, test)


def _numbered_room(rule: rules.NumberedRoom, board: Board) -> Iterator[Check]:
    def test(*found: int) -> bool:
        return 1 <= found[0] <= len(found) and found[found[0] - 1] == rule.number

    yield Check(rule.cells, test)


def _full_rank(rule: rules.FullRank, board: Board) -> Iterator[Check]:
    size = board.rows
    lines = [line for lines in _lines(board) for line in lines]
    others = [line for one in lines for line in (one, one[::-1]) if line != rule.cells]

    def test(*found: int) -> bool:
        ours, *read = (found[at : at + size] for at in range(0, len(found), size))
        return ours not in read and sum(line < ours for line in read) == rule.rank - 1

    cells = sum(others, rule.cells)
    yield Check(cells, test, blames=rule.cells)


def _indexing(rule: rules.Indexing, board: Board) -> Iterator[Check]:
    rows, cols = _lines(board)
    for cell in rule.cells:
        row, col = divmod(cell, board.cols)
        line, place = (rows[row], col) if rule.by == "column" else (cols[col], row)

        def test(index: int, *found: int, place: int = place) -> bool:
            return 1 <= index <= len(found) and found[index - 1] == place + 1

        yield Check((cell, *line), test, blames=(cell,))


def _queens(rule: rules.Queens, board: Board) -> Iterator[Check]:
    for (i, one), (j, other) in combinations(enumerate(rule.cells), 2):
        test = lambda a, b, far=j - i: abs(a - b) not in (0, far)  # noqa: E731
        yield Check((one, other), test)


def _one(test: Callable[[Any, tuple[int, ...]], bool], says: str = "hold {numbers}") -> Any:
    """The meaning of a rule that is one question about all its cells."""
    return lambda rule, board: [Check(rule.cells, lambda *found: test(rule, found), says)]


def _along(test: Callable[[Any, int, int], bool]) -> Any:
    """The meaning of a rule that asks something of each cell and the next."""
    return lambda rule, board: _each(pairwise(rule.cells), lambda a, b: test(rule, a, b))


def _alone(test: Callable[[Any, int], bool]) -> Any:
    """The meaning of a rule that asks something of each cell."""
    return lambda rule, board: _each(
        ((cell,) for cell in rule.cells), lambda number: test(rule, number), "holds {0}"
    )


def _mirrored(cells: Cells, back: int) -> Iterator[Cells]:
    half = len(cells) // 2
    return zip(cells[:half], cells[half:] if back > 0 else cells[::-1], strict=False)


_TOTAL = _one(lambda rule, found: sum(found) == rule.total, "add up to {total}")

MEANINGS: dict[type[Rule], Callable[[Any, Board], Iterable[Check]]] = {
    rules.AntiKnight: lambda rule, board: _each(
        _pairs(board, lambda down, across: {down, across} == {1, 2}), operator.ne, "both hold {0}"
    ),
    rules.AntiKing: lambda rule, board: _each(
        _pairs(board, lambda down, across: max(down, across) == 1), operator.ne, "both hold {0}"
    ),
    rules.AntiTaxicab: _taxicab,
    rules.NonConsecutive: lambda rule, board: _each(
        _neighbours(board), lambda a, b: abs(a - b) != 1
    ),
    rules.Diagonal: _diagonal,
    rules.DisjointGroups: _disjoint_groups,
    rules.GlobalEntropy: _entropy,
    rules.Negative: _negative,
    rules.Takuzu: _takuzu,
    rules.Different: lambda rule, board: _differ(rule.cells),
    rules.Odd: _alone(lambda rule, number: number % 2 == 1),
    rules.Even: _alone(lambda rule, number: number % 2 == 0),
    rules.Marks: _alone(lambda rule, number: number in rule.numbers),
    rules.Minimum: _extreme,
    rules.Maximum: _extreme,
    rules.Clone: lambda rule, board: _each(_mirrored(rule.cells, 1), operator.eq),
    rules.SameValues: _same_values,
    rules.Quadruple: _one(lambda rule, found: not Counter(rule.numbers) - Counter(found)),
    rules.Difference: _along(lambda rule, a, b: abs(a - b) == rule.number),
    rules.Ratio: _along(lambda rule, a, b: rule.number * a == b or rule.number * b == a),
    rules.PairSum: _along(lambda rule, a, b: a + b == rule.number),
    rules.Greater: _along(lambda rule, a, b: a > b),
    rules.GreaterSum: lambda rule, board: [
        Check(
            rule.more + rule.cells,
            lambda *found: sum(found[: len(rule.more)]) > sum(found[len(rule.more) :]),
        )
    ],
    rules.Table: _one(lambda rule, found: found in rule.pairs),
    rules.Killer: lambda rule, board: [*_differ(rule.cells), _adds_up(rule.cells, rule.total)],
    rules.Sum: _TOTAL,
    rules.KenKen: _kenken,
    rules.LittleKiller: _TOTAL,
    rules.Rellik: _rellik,
    rules.EqualityCage: _equality,
    rules.Lunchbox: _lunchbox,
    rules.CountingCircles: _one(lambda rule, found: all(found.count(one) == one for one in found)),
    rules.MagicSquare: _magic,
    rules.Thermo: _along(lambda rule, a, b: a < b),
    rules.SlowThermo: _along(lambda rule, a, b: a <= b),
    rules.Whisper: _along(lambda rule, a, b: abs(a - b) >= rule.number),
    rules.Renban: lambda rule, board: _cage(
        rule.cells, lambda *found: max(found) - min(found) == len(found) - 1
    ),
    rules.Palindrome: lambda rule, board: _each(_mirrored(rule.cells, -1), operator.eq),
    rules.Between: _ends,
    rules.Lockout: _ends,
    rules.Zipper: _zipper,
    rules.RegionSumLine: _region_sums,
    rules.SumLine: _sum_line,
    rules.Modular: _modular,
    rules.Entropic: _modular,
    rules.Arrow: _one(lambda rule, found: found[0] == sum(found[1:])),
    rules.PillArrow: _pill,
    rules.DoubleArrow: _one(lambda rule, found: found[0] + found[-1] == sum(found[1:-1])),
    rules.Regex: _regex,
    rules.Sandwich: _sandwich,
    rules.Skyscraper: _one(lambda rule, found: sum(_seen(found)) == rule.number),
    rules.HiddenSkyscraper: _hidden,
    rules.XSum: _x_sum,
    rules.NumberedRoom: _numbered_room,
    rules.FullRank: _full_rank,
    rules.Indexing: _indexing,
    rules.Queens: _queens,
}
"""For every rule, the checks that it comes to on a board."""

"""Any board with its rules as a CP-SAT model, written from what the rules mean: the rival, and the
oracle that answers are checked against.

One whole-number variable a cell, and the constraints that CP-SAT has for what a rule says: nothing
here comes from our own relations and automata.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import accumulate, combinations, groupby, pairwise, product
from math import isqrt
from typing import Any

from interegular import parse_pattern
from ortools.sat.python import cp_model

from vmd_solver.csp import Board, Puzzle, rules
from vmd_solver.csp.puzzle import Cells, Rule, numerals

Values = tuple[int, ...]


class Model(cp_model.CpModel):
    """The model of a puzzle; `numbers[cell]` is the number in a cell."""

    def __init__(self, puzzle: Puzzle) -> None:
        super().__init__()
        self.board = board = puzzle.board
        holes, self._equal = set(board.holes), dict[tuple[int, int], Any]()
        self.numbers = {
            cell: self.new_int_var(board.low, board.high, board.cell_name(cell))
            for cell in range(board.n)
            if cell not in holes
        }
        for unit in board.units:
            self.add_all_different(self.of(unit))
        for rule in board.rules:
            RULES[type(rule)](self, rule, self.of(getattr(rule, "cells", ())))
        for cell, number in self.numbers.items():
            if value := puzzle.givens[cell]:
                self.add(number == board.number(value))

    def of(self, cells: Iterable[int]) -> list[Any]:
        """The numbers of cells."""
        return [self.numbers[cell] for cell in cells]

    def within(self, expression: Any, values: Iterable[int]) -> None:
        """An expression has one of these values."""
        domain = cp_model.Domain.from_values(list(values))
        self.add_linear_expression_in_domain(expression, domain)

    def pairs(self, pairs: Iterable[Sequence[Any]], test: Callable[[int, int], bool]) -> None:
        """Each pair of numbers passes the test: as a table."""
        known = range(self.board.low, self.board.high + 1)
        allowed = [pair for pair in product(known, known) if test(*pair)]
        for pair in pairs:
            self.add_allowed_assignments(list(pair), allowed)

    def whole(self, least: int, most: int) -> Any:
        """A new variable."""
        return self.new_int_var(least, most, "")

    def holds(self, cell: int, number: int) -> Any:
        """Whether a cell holds a number, as a Boolean variable; one for both."""
        if (cell, number) not in self._equal:
            self._equal[cell, number] = self.true_where(self.numbers[cell], [number])
        return self._equal[cell, number]

    def true_where(self, expression: Any, values: Iterable[int]) -> Any:
        """A Boolean variable: whether an expression has one of these values."""
        domain, true = cp_model.Domain.from_values(list(values)), self.new_bool_var("")
        self.add_linear_expression_in_domain(expression, domain).only_enforce_if(true)
        self.add_linear_expression_in_domain(expression, domain.complement()).only_enforce_if(~true)
        return true

    def greater(self, one: Any, other: Any) -> Any:
        """A Boolean variable: whether one expression is greater than another."""
        true = self.new_bool_var("")
        self.add(one > other).only_enforce_if(true)
        self.add(one <= other).only_enforce_if(~true)
        return true

    def derived(self, add: Callable[[Any, Any], Any], of: Any, least: int, most: int) -> Any:
        """A new variable that `add`, such as add_max_equality, makes a function of others."""
        found = self.whole(least, most)
        add(found, of)
        return found

    def greatest(self, numbers: Sequence[Any]) -> Any:
        return self.derived(self.add_max_equality, numbers, self.board.low, self.board.high)

    def least(self, numbers: Sequence[Any]) -> Any:
        return self.derived(self.add_min_equality, numbers, self.board.low, self.board.high)

    def product(self, numbers: Sequence[Any]) -> Any:
        most = self.board.high ** len(numbers)
        return self.derived(self.add_multiplication_equality, numbers, 0, most)

    def remainder(self, expression: Any, divisor: int) -> Any:
        found = self.whole(0, divisor - 1)
        self.add_modulo_equality(found, expression, divisor)
        return found

    def third(self, number: Any) -> Any:
        """0 for a low, 1 for a middle, 2 for a high number."""
        found = self.whole(0, 2)
        self.add_division_equality(found, number - self.board.low, self.board.D // 3)
        return found

    def visible(self, numbers: Sequence[Any]) -> list[Any]:
        """For each number but the first whether it is greater than all before it."""
        return [
            self.greater(number, self.greatest(numbers[:at]))
            for at, number in enumerate(numbers)
            if at
        ]

    def sum_between(self, numbers: Sequence[Any], ends: Sequence[Any], total: int) -> None:
        """What lies between the places of two numbers adds up to a total."""
        places = [self.derived_place(numbers, end) for end in ends]
        last = len(numbers) - 1
        first = self.derived(self.add_min_equality, places, 0, last)
        second = self.derived(self.add_max_equality, places, 0, last)
        parts = []
        for at, number in enumerate(numbers):
            after, before = self.greater(at, first), self.greater(second, at)
            between, part = self.new_bool_var(""), self.whole(0, max(0, self.board.high))
            self.add_bool_and(after, before).only_enforce_if(between)
            self.add_bool_or(~after, ~before).only_enforce_if(~between)
            self.add(part == number).only_enforce_if(between)
            self.add(part == 0).only_enforce_if(~between)
            parts.append(part)
        self.add(sum(parts) == total)

    def derived_place(self, numbers: Sequence[Any], number: Any) -> Any:
        """The place of a number that occurs once."""
        place = self.whole(0, len(numbers) - 1)
        self.add_element(place, numbers, number)
        return place


# -- rules of the whole board -------------------------------------------------------------------


def _apart(board: Board, steps: Iterable[tuple[int, int]]) -> list[Cells]:
    """Pairs of cells that are one of these (rows, columns) apart."""
    found: list[Cells] = []
    for cell in range(board.n):
        for down, right in steps:
            row, col = cell // board.cols + down, cell % board.cols + right
            other = row * board.cols + col
            inside = 0 <= row < board.rows and 0 <= col < board.cols
            if inside and not {cell, other} & set(board.holes):
                found.append((cell, other))
    return found


KNIGHT = ((1, 2), (2, 1), (1, -2), (2, -1))
KING = ((0, 1), (1, 0), (1, 1), (1, -1))
SIDES = ((0, 1), (1, 0))


def _lines(board: Board) -> tuple[list[Cells], list[Cells]]:
    cells = range(board.n)
    rows = [tuple(cells[row * board.cols : (row + 1) * board.cols]) for row in range(board.rows)]
    return rows, [tuple(cells[col :: board.cols]) for col in range(board.cols)]


def _unlike(model: Model, steps: Iterable[tuple[int, int]]) -> None:
    for pair in _apart(model.board, steps):
        one, other = model.of(pair)
        model.add(one != other)


def _taxicab(model: Model, rule: Any, numbers: list[Any]) -> None:
    for distance in range(max(1, model.board.low), model.board.high + 1):
        steps = [(d, r) for d in range(distance + 1) for r in {distance - d, d - distance}]
        for pair in _apart(model.board, [step for step in steps if step > (0, 0)]):
            model.add_forbidden_assignments(model.of(pair), [(distance, distance)])


def _beside(model: Model, rule: Any, numbers: list[Any]) -> None:
    pairs = map(model.of, _apart(model.board, SIDES))
    model.pairs(pairs, lambda a, b: abs(a - b) != 1)


def _diagonal(model: Model, rule: Any, numbers: list[Any]) -> None:
    size, down = model.board.rows, rule.direction == "down"
    cells = [row * size + (row if down else size - 1 - row) for row in range(size)]
    model.add_all_different(model.of(set(cells) - set(model.board.holes)))


def _disjoint(model: Model, rule: Any, numbers: list[Any]) -> None:
    board = model.board
    height, width = board.box or (1, 1)
    for down, right in product(range(height), range(width)):
        rows, cols = range(down, board.rows, height), range(right, board.cols, width)
        cells = {row * board.cols + col for row, col in product(rows, cols)}
        model.add_all_different(model.of(cells - set(board.holes)))


def _entropy(model: Model, rule: Any, numbers: list[Any]) -> None:
    board, third = model.board, model.board.D // 3
    kinds = [range(board.low + third * at, board.low + third * (at + 1)) for at in range(3)]
    is_kind = {
        cell: [model.true_where(number, kind) for kind in kinds]
        for cell, number in model.numbers.items()
    }
    for row, col in product(range(board.rows - 1), range(board.cols - 1)):
        at = row * board.cols + col
        square = (at, at + 1, at + board.cols, at + board.cols + 1)
        if is_kind.keys() >= set(square):
            for kind in range(3):
                model.add_bool_or(is_kind[cell][kind] for cell in square)


SIGNS: dict[str, tuple[type[Rule], int, Callable[[int, int], bool]]] = {
    "white": (rules.Difference, 1, lambda a, b: abs(a - b) == 1),
    "black": (rules.Ratio, 2, lambda a, b: 2 * a == b or 2 * b == a),
    "v": (rules.PairSum, 5, lambda a, b: a + b == 5),
    "x": (rules.PairSum, 10, lambda a, b: a + b == 10),
}


def _negative(model: Model, rule: Any, numbers: list[Any]) -> None:
    signs = [SIGNS[sign] for sign in rule.signs]
    marked = [
        set(other.all_cells)
        for other in model.board.rules
        for kind, number, _ in signs
        if isinstance(other, kind) and other.number == number  # type: ignore[attr-defined]
    ]
    free = [pair for pair in _apart(model.board, SIDES) if set(pair) not in marked]
    model.pairs(map(model.of, free), lambda a, b: not any(test(a, b) for _, _, test in signs))


def _takuzu(model: Model, rule: Any, numbers: list[Any]) -> None:
    low = model.board.low
    for lines in _lines(model.board):
        read = []
        for line in lines:
            bits = [number - low for number in model.of(line)]
            model.add(2 * sum(bits) == len(bits))
            for at in range(len(bits) - 2):
                model.add_linear_constraint(sum(bits[at : at + 3]), 1, 2)
            read.append(sum(2**at * bit for at, bit in enumerate(bits)))
        if rule.unique:
            model.add_all_different(read)


# -- rules of cells -----------------------------------------------------------------------------


def _only(test: Callable[[Any, int], bool]) -> Any:
    def add(model: Model, rule: Any, numbers: list[Any]) -> None:
        known = range(model.board.low, model.board.high + 1)
        for number in numbers:
            model.within(number, [one for one in known if test(rule, one)])

    return add


def _extreme(model: Model, rule: Any, numbers: list[Any]) -> None:
    for pair in _apart(model.board, SIDES):
        for a, b in (pair, pair[::-1]):
            if a in rule.cells and b not in rule.cells:
                one, other = model.of((a, b))
                model.add(one < other if isinstance(rule, rules.Minimum) else one > other)


def _clone(model: Model, rule: Any, numbers: list[Any]) -> None:
    half = len(numbers) // 2
    for one, other in zip(numbers[:half], numbers[half:], strict=True):
        model.add(one == other)


def _same_values(model: Model, rule: Any, numbers: list[Any]) -> None:
    size = len(rule.cells) // rule.sets
    groups = [rule.cells[at : at + size] for at in range(0, len(rule.cells), size)]
    for number in range(model.board.low, model.board.high + 1):
        counts = [sum(model.holds(cell, number) for cell in group) for group in groups]
        for one, other in pairwise(counts):
            model.add(one == other)


def _quadruple(model: Model, rule: Any, numbers: list[Any]) -> None:
    for number, times in Counter(rule.numbers).items():
        model.add(sum(model.holds(cell, number) for cell in rule.cells) >= times)


def _apart_by(model: Model, difference: Any, least: int, most: int | None = None) -> None:
    """A difference is that great either way."""
    top = model.board.D if most is None else most
    model.within(difference, [sign * by for by in range(least, top + 1) for sign in (1, -1)])


def _ratio(model: Model, rule: Any, numbers: list[Any]) -> None:
    model.pairs([numbers], lambda a, b: rule.number * a == b or rule.number * b == a)


def _greater_sum(model: Model, rule: Any, numbers: list[Any]) -> None:
    model.add(sum(model.of(rule.more)) > sum(numbers))


# -- cages --------------------------------------------------------------------------------------


def _total(model: Model, rule: Any, numbers: list[Any]) -> None:
    model.add(sum(numbers) == rule.total)


def _killer(model: Model, rule: Any, numbers: list[Any]) -> None:
    model.add_all_different(numbers)
    model.add(sum(numbers) == rule.total)


def _kenken(model: Model, rule: Any, numbers: list[Any]) -> None:
    if rule.operation == "+":
        model.add(sum(numbers) == rule.target)
    elif rule.operation == "x":
        most = max(rule.target, model.board.high ** len(numbers))
        made = model.whole(0, most)
        model.add_multiplication_equality(made, numbers)
        model.add(made == rule.target)
    elif len(numbers) == 1:
        model.add(numbers[0] == rule.target)
    elif len(numbers) == 2:  # a table, as anybody would
        minus = rule.operation == "-"

        def made_by(a: int, b: int) -> bool:
            great, small = max(a, b), min(a, b)
            return (
                great - small == rule.target
                if minus
                else small != 0 and great == rule.target * small
            )

        model.pairs([numbers], made_by)
    elif rule.operation == "-":
        model.add(2 * model.greatest(numbers) - sum(numbers) == rule.target)
    else:
        greatest = model.greatest(numbers)
        model.add(model.product([greatest, greatest]) == rule.target * model.product(numbers))
        for number in numbers:
            model.add(number != 0)


def _rellik(model: Model, rule: Any, numbers: list[Any]) -> None:
    model.add_all_different(numbers)
    for size in range(1, len(numbers) + 1):
        for some in combinations(numbers, size):
            model.add(sum(some) != rule.total)


def _equality(model: Model, rule: Any, numbers: list[Any]) -> None:
    board = model.board
    known = range(board.low, board.high + 1)
    odd = [number for number in known if number % 2]
    low = [number for number in known if 2 * number < board.low + board.high]
    high = [number for number in known if 2 * number > board.low + board.high]
    model.add_all_different(numbers)

    def count(kind: list[int]) -> Any:
        return sum(model.holds(cell, number) for cell in rule.cells for number in kind)

    model.add(2 * count(odd) == len(numbers))
    model.add(count(low) == count(high))


def _lunchbox(model: Model, rule: Any, numbers: list[Any]) -> None:
    model.add_all_different(numbers)
    model.sum_between(numbers, [model.least(numbers), model.greatest(numbers)], rule.total)


def _circles(model: Model, rule: Any, numbers: list[Any]) -> None:
    for number in range(model.board.low, model.board.high + 1):
        model.within(sum(model.holds(cell, number) for cell in rule.cells), {0, number})


def _magic(model: Model, rule: Any, numbers: list[Any]) -> None:
    size = isqrt(len(numbers))
    rows = [numbers[at : at + size] for at in range(0, len(numbers), size)]
    diagonals = [[row[at] for at, row in enumerate(one)] for one in (rows, rows[::-1])]
    model.add_all_different(numbers)
    for line in (*rows[1:], *zip(*rows, strict=True), *diagonals):
        model.add(sum(line) == sum(rows[0]))


# -- lines --------------------------------------------------------------------------------------


def _along(add: Callable[[Model, Any, Any, Any], object]) -> Any:
    def added(model: Model, rule: Any, numbers: list[Any]) -> None:
        for one, other in pairwise(numbers):
            add(model, rule, one, other)

    return added


def _renban(model: Model, rule: Any, numbers: list[Any]) -> None:
    model.add_all_different(numbers)
    model.add(model.greatest(numbers) - model.least(numbers) == len(numbers) - 1)


def _palindrome(model: Model, rule: Any, numbers: list[Any]) -> None:
    for at in range(len(numbers) // 2):
        model.add(numbers[at] == numbers[-1 - at])


def _between(model: Model, rule: Any, numbers: list[Any]) -> None:
    ends = [numbers[0], numbers[-1]]
    low, high = model.least(ends), model.greatest(ends)
    for number in numbers[1:-1]:
        model.add(number > low)
        model.add(number < high)


def _lockout(model: Model, rule: Any, numbers: list[Any]) -> None:
    ends = [numbers[0], numbers[-1]]
    _apart_by(model, ends[0] - ends[1], rule.number)
    low, high = model.least(ends), model.greatest(ends)
    for number in numbers[1:-1]:
        above = model.new_bool_var("")
        model.add(number > high).only_enforce_if(above)
        model.add(number < low).only_enforce_if(~above)


def _zipper(model: Model, rule: Any, numbers: list[Any]) -> None:
    half, odd = divmod(len(numbers), 2)
    sums = [numbers[at] + numbers[-1 - at] for at in range(half)]
    for one, other in pairwise([*sums, *numbers[half : half + odd]]):
        model.add(one == other)


def _region_sums(model: Model, rule: Any, numbers: list[Any]) -> None:
    regions = model.board.regions or ()
    parts = [model.of(part) for _, part in groupby(rule.cells, lambda cell: regions[cell])]
    for one, other in pairwise(parts):
        model.add(sum(one) == sum(other))


def _sum_line(model: Model, rule: Any, numbers: list[Any]) -> None:
    """With what a part held before each cell: it may reach the total there, and not pass it."""
    first: Any = model.whole(0, rule.total - 1) if rule.loop else 0
    held, total = first, first
    for number in numbers:
        total = total + number
        model.add(held + number <= rule.total)
        held = model.remainder(total, rule.total)
    model.add(held == first)
    model.add(total - first >= rule.total)


def _windows(model: Model, kinds: list[Any], size: int) -> None:
    for at in range(max(1, len(kinds) - size + 1)):
        model.add_all_different(kinds[at : at + size])


def _modular(model: Model, rule: Any, numbers: list[Any]) -> None:
    _windows(model, [model.remainder(number, rule.number) for number in numbers], rule.number)


def _entropic(model: Model, rule: Any, numbers: list[Any]) -> None:
    _windows(model, [model.third(number) for number in numbers], 3)


def _pill(model: Model, rule: Any, numbers: list[Any]) -> None:
    for number in numbers[1 : rule.pill]:
        model.add(number < 10)
    read: Any = reduce(lambda so_far, digit: 10 * so_far + digit, numbers[: rule.pill])
    model.add(read == sum(numbers[rule.pill :]))


def _regex(model: Model, rule: Any, numbers: list[Any]) -> None:
    symbols = numerals(model.board.D, model.board.low)
    machine: Any = parse_pattern(rule.pattern).to_fsm()
    steps = [
        (state, number, to[machine.alphabet[symbol]])
        for state, to in machine.map.items()
        for number, symbol in enumerate(symbols, model.board.low)
        if machine.alphabet[symbol] in to
    ]
    model.add_automaton(numbers, machine.initial, list(machine.finals), steps)


# -- clues outside the board --------------------------------------------------------------------


def _sandwich(model: Model, rule: Any, numbers: list[Any]) -> None:
    ends = model.board.low, model.board.high
    for end in ends:
        model.add_exactly_one(model.holds(cell, end) for cell in rule.cells)
    model.sum_between(numbers, ends, rule.total)


def _skyscraper(model: Model, rule: Any, numbers: list[Any]) -> None:
    model.add(1 + sum(model.visible(numbers)) == rule.number)


def _hidden(model: Model, rule: Any, numbers: list[Any]) -> None:
    visible = model.visible(numbers)
    for at, (seen, number) in enumerate(zip(visible, numbers[1:], strict=True)):
        model.add(number == rule.number).only_enforce_if(~seen, *visible[:at])
    model.add_bool_or(~seen for seen in visible)


def _x_sum(model: Model, rule: Any, numbers: list[Any]) -> None:
    sums = []
    for total in accumulate(numbers):
        sums.append(model.whole(0, model.board.high * len(numbers)))
        model.add(sums[-1] == total)
    model.add_element(numbers[0] - 1, sums, rule.total)


def _numbered_room(model: Model, rule: Any, numbers: list[Any]) -> None:
    model.add_element(numbers[0] - 1, numbers, rule.number)


def _full_rank(model: Model, rule: Any, numbers: list[Any]) -> None:
    base = model.board.D

    def read(line: Cells) -> Any:
        digits = [number - model.board.low for number in model.of(line)]
        return sum(digit * base**at for at, digit in enumerate(reversed(digits)))

    lines = [line for lines in _lines(model.board) for line in lines]
    both = [way for line in lines for way in (line, line[::-1]) if way != rule.cells]
    ours, smaller = read(rule.cells), []
    for other in map(read, both):
        model.add(other != ours)
        smaller.append(model.greater(ours, other))
    model.add(sum(smaller) == rule.rank - 1)


def _indexing(model: Model, rule: Any, numbers: list[Any]) -> None:
    rows, cols = _lines(model.board)
    for cell, number in zip(rule.cells, numbers, strict=True):
        row, col = divmod(cell, model.board.cols)
        line, place = (rows[row], col) if rule.by == "column" else (cols[col], row)
        model.add_element(number - 1, model.of(line), place + 1)


def _queens(model: Model, rule: Any, numbers: list[Any]) -> None:
    for step in (-1, 0, 1):
        model.add_all_different(number + step * at for at, number in enumerate(numbers))


def _added(add: Callable[[Model, Any, Any], Any]) -> Any:
    """A rule that is one linear constraint of its numbers."""
    return lambda model, rule, numbers: model.add(add(model, rule, numbers))


RULES: dict[type[Rule], Callable[[Model, Any, list[Any]], object]] = {
    rules.AntiKnight: lambda model, rule, numbers: _unlike(model, KNIGHT),
    rules.AntiKing: lambda model, rule, numbers: _unlike(model, KING),
    rules.AntiTaxicab: _taxicab,
    rules.NonConsecutive: _beside,
    rules.Diagonal: _diagonal,
    rules.DisjointGroups: _disjoint,
    rules.GlobalEntropy: _entropy,
    rules.Negative: _negative,
    rules.Takuzu: _takuzu,
    rules.Different: lambda model, rule, numbers: model.add_all_different(numbers),
    rules.Odd: _only(lambda rule, number: number % 2 == 1),
    rules.Even: _only(lambda rule, number: number % 2 == 0),
    rules.Marks: _only(lambda rule, number: number in rule.numbers),
    rules.Minimum: _extreme,
    rules.Maximum: _extreme,
    rules.Clone: _clone,
    rules.SameValues: _same_values,
    rules.Quadruple: _quadruple,
    rules.Difference: lambda model, rule, numbers: _apart_by(
        model, numbers[0] - numbers[1], rule.number, rule.number
    ),
    rules.Ratio: _ratio,
    rules.PairSum: lambda model, rule, numbers: model.add(sum(numbers) == rule.number),
    rules.Greater: _along(lambda model, rule, one, other: model.add(one > other)),
    rules.GreaterSum: _greater_sum,
    rules.Table: lambda model, rule, numbers: model.add_allowed_assignments(numbers, rule.pairs),
    rules.Killer: _killer,
    rules.Sum: _total,
    rules.KenKen: _kenken,
    rules.LittleKiller: _total,
    rules.Rellik: _rellik,
    rules.EqualityCage: _equality,
    rules.Lunchbox: _lunchbox,
    rules.CountingCircles: _circles,
    rules.MagicSquare: _magic,
    rules.Thermo: _along(lambda model, rule, one, other: model.add(one < other)),
    rules.SlowThermo: _along(lambda model, rule, one, other: model.add(one <= other)),
    rules.Whisper: _along(
        lambda model, rule, one, other: _apart_by(model, one - other, rule.number)
    ),
    rules.Renban: _renban,
    rules.Palindrome: _palindrome,
    rules.Between: _between,
    rules.Lockout: _lockout,
    rules.Zipper: _zipper,
    rules.RegionSumLine: _region_sums,
    rules.SumLine: _sum_line,
    rules.Modular: _modular,
    rules.Entropic: _entropic,
    rules.Arrow: _added(lambda model, rule, numbers: numbers[0] == sum(numbers[1:])),
    rules.PillArrow: _pill,
    rules.DoubleArrow: _added(
        lambda model, rule, numbers: numbers[0] + numbers[-1] == sum(numbers[1:-1])
    ),
    rules.Regex: _regex,
    rules.Sandwich: _sandwich,
    rules.Skyscraper: _skyscraper,
    rules.HiddenSkyscraper: _hidden,
    rules.XSum: _x_sum,
    rules.NumberedRoom: _numbered_room,
    rules.FullRank: _full_rank,
    rules.Indexing: _indexing,
    rules.Queens: _queens,
}
"""How each rule is added to a model."""


# -- questions ----------------------------------------------------------------------------------


class _Grids(cp_model.CpSolverSolutionCallback):
    """Different grids, until there are enough."""

    def __init__(self, model: Model, limit: int) -> None:
        super().__init__()
        self.model, self.limit, self.found = model, limit, dict[Values, None]()

    def on_solution_callback(self) -> None:
        self.found[_values(self.model, self.value)] = None
        if len(self.found) >= self.limit:
            self.stop_search()


def _values(model: Model, value: Callable[[Any], int]) -> Values:
    board, numbers = model.board, model.numbers
    return tuple(
        value(numbers[cell]) - board.low + 1 if cell in numbers else 1 for cell in range(board.n)
    )


def _solver(seconds: float | None, **parameters: Any) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if seconds is not None:
        solver.parameters.max_time_in_seconds = seconds
    for name, setting in parameters.items():
        setattr(solver.parameters, name, setting)
    return solver


def solutions(puzzle: Puzzle, limit: int, seconds: float | None = None) -> list[Values]:
    """The first different grids up to `limit`, by enumeration; raises TimeoutError when late."""
    model = Model(puzzle)
    grids, solver = _Grids(model, limit), _solver(seconds, enumerate_all_solutions=True)
    status = solver.solve(model, grids)
    if status == cp_model.MODEL_INVALID:
        raise ValueError(model.validate())
    if status not in (cp_model.OPTIMAL, cp_model.INFEASIBLE) and len(grids.found) < limit:
        raise TimeoutError
    return list(grids.found)


def proved(model: Model, seconds: float) -> int | None:
    """0, 1, or 2 for more solutions, None when late: one grid, and then another that differs."""
    solver = _solver(seconds)
    for found in range(2):
        status = solver.solve(model)
        if status == cp_model.INFEASIBLE:
            return found
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        if found == 0:
            cells = list(model.numbers.values())
            model.add_forbidden_assignments(cells, [[solver.value(cell) for cell in cells]])
            solver.parameters.max_time_in_seconds = max(0.0, seconds - solver.wall_time)
    return 2

"""The value objects of the package: a board (cells and units), and a puzzle (a board and givens).

Nothing here searches or guesses; nothing here knows of text, files or networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, ClassVar, Literal, NamedTuple, NoReturn, dataclass_transform

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.constraints import Automaton, Constraint, Domain, Relation
from vmd_solver.errors import InvalidPuzzle

Cells = tuple[int, ...]
"""Indices of cells, row by row from 0."""

MAX_VALUES = 127
"""Largest alphabet: values are int8. Beyond 63 masks are no 64-bit words, and searches slow."""

_DIGITS = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def default_alphabet(D: int) -> tuple[str, ...]:
    """Symbols of the values 1..D: 1-9, then A-Z, and decimal numbers beyond 35.

    >>> default_alphabet(12)[-3:]
    ('A', 'B', 'C')
    """
    return tuple(_DIGITS[:D] if len(_DIGITS) >= D else map(str, range(1, D + 1)))


def numerals(D: int, low: int) -> tuple[str, ...]:
    """Symbols of D values that mean the numbers from `low`: the usual alphabet where that is 1.

    >>> numerals(3, 0)
    ('0', '1', '2')
    """
    return default_alphabet(D) if low == 1 else tuple(map(str, range(low, low + D)))


@dataclass(frozen=True)
class Violation:
    """One broken rule: `cells` (indices) break it; `value` and `unit` where it has them."""

    kind: Literal["repeated", "out_of_range", "unit_too_large", "rule"]
    cells: tuple[int, ...]
    value: int = 0
    unit: int = -1
    message: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.message


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Rule:
    """What a board asks beside its units; each kind is a class of `vmd_solver.csp.rules`.

    Subclasses are frozen dataclasses. They share the methods here, because to generate those of
    all kinds would take as long as the rest of a start.
    """

    name: ClassVar[str]
    """What text calls it."""
    least: ClassVar[int] = 1
    """Cells it needs at least, if it has any."""
    repeated: ClassVar[bool] = False
    """Whether it may name a cell twice."""
    differ: ClassVar[bool] = False
    """Whether its cells are a unit."""
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls) -> None:
        dataclass(init=False, repr=False, eq=False)(cls)

    def __init__(self, *values: Any, **named: Any) -> None:
        names = [one.name for one in fields(self)]
        defaults = {one.name: one.default for one in fields(self) if one.default is not MISSING}
        given = dict(zip(names, values, strict=False))
        found = defaults | given | named
        if len(values) > len(names) or given.keys() & named.keys() or found.keys() != set(names):
            expected = ", ".join(names) or "nothing"
            raise TypeError(f"{type(self).__name__} takes {expected}, got {values} and {named}")
        self.__dict__.update((name, found[name]) for name in names)

    def __setattr__(self, key: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to {key!r}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        told = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"{type(self).__name__}({told})"

    def constraints(self, board: Board) -> Iterator[Constraint]:
        """What it is made of beside units, on a board that has it.

        Raises InvalidPuzzle where it makes no sense there.
        """
        return iter(())

    def units(self, board: Board) -> Iterator[Cells]:
        """The units that it brings. Raises as `constraints` does."""
        return iter((self.all_cells,) if self.differ else ())

    @property
    def all_cells(self) -> Cells:
        """Every cell that it names."""
        named = (getattr(self, key, ()) for key in ("more", "cells"))
        return tuple(chain.from_iterable(named))


class Constraints(NamedTuple):
    """What the rules of a board come to, beside units: masks (n + hidden,) of the values that each
    cell may have, relations and automata. Hidden cells come after those of the board."""

    domains: tuple[int, ...]
    relations: tuple[Relation, ...]
    automata: tuple[Automaton, ...]


@dataclass(frozen=True)
class Board:
    """A constraint grid: n = rows x cols cells, values 1..D, units, and other rules.

    A unit is a set of cells whose values all differ; it is *complete* where it has D cells, so that
    every value occurs in it. `box` is (box rows, box cols) where the regions are equal rectangles;
    `regions` gives each cell's region where the family draws some (boxes or jigsaw pieces).
    To rules value v means the number `low` + v - 1. A *hole* is a place without a cell: it is in no
    unit and no rule, and holds value 1 for all to see.
    Build one with `vmd_solver.csp.families`; `with_rules` there adds rules, and their units.

    Raises InvalidPuzzle where the shape, the alphabet or a unit makes no sense.
    """

    family: str
    rows: int
    cols: int
    D: int
    units: tuple[tuple[int, ...], ...]
    box: tuple[int, int] | None = None
    regions: tuple[int, ...] | None = None
    low: int = 1
    holes: Cells = ()
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        if self.rows < 1 or self.cols < 1:
            raise InvalidPuzzle(f"a board needs at least one cell, got {self.rows}x{self.cols}")
        if not 1 <= self.D <= MAX_VALUES:
            raise InvalidPuzzle(
                f"alphabets of 1 to {MAX_VALUES} values are supported, got {self.D}"
            )
        if self.regions is not None and len(self.regions) != self.n:
            raise InvalidPuzzle(f"{len(self.regions)} region labels for {self.n} cells")
        for number, unit in enumerate(self.units, 1):
            if len(set(unit)) != len(unit):
                raise InvalidPuzzle(f"unit {number} names a cell twice")
            if any(not 0 <= cell < self.n for cell in unit):
                raise InvalidPuzzle(f"unit {number} names a cell outside the {self.n} of the board")
            if not set(self.holes).isdisjoint(unit):
                raise InvalidPuzzle(f"unit {number} names a hole of the board")
        if any(not 0 <= cell < self.n for cell in self.holes):
            raise InvalidPuzzle("a hole lies outside the board")
        for rule in self.rules:
            self._require_cells(rule)

    def _require_cells(self, rule: Rule) -> None:
        """Raise InvalidPuzzle where a rule names cells that it cannot have."""
        cells, holes = rule.all_cells, set(self.holes)
        for cell in cells:
            if not 0 <= cell < self.n or cell in holes:
                what = "a hole" if cell in holes else "outside the board"
                raise InvalidPuzzle(f"{rule.name}: {self.cell_name(cell)} is {what}")
            if not rule.repeated and cells.count(cell) > 1:
                raise InvalidPuzzle(f"{rule.name}: {self.cell_name(cell)} is named twice")
        if hasattr(rule, "cells") and len(cells) < rule.least:
            raise InvalidPuzzle(
                f"{rule.name}: {rule.least} cells or more expected, got {len(cells)}"
            )

    @property
    def high(self) -> int:
        """The number that value D means."""
        return self.low + self.D - 1

    def number(self, value: int) -> int:
        """The number that a value means."""
        return self.low + value - 1

    @cached_property
    def constraints(self) -> Constraints:
        """What the rules come to, beside units.

        Raises InvalidPuzzle where a rule makes no sense on this board, or no values can keep it.
        """
        full = (1 << self.D) - 1
        domains = [1 if cell in set(self.holes) else full for cell in range(self.n)]
        relations: list[Relation] = []
        automata: list[Automaton] = []
        for rule in self.rules:
            end = len(domains)

            def place(cell: int, end: int = end) -> int:
                return cell if cell >= 0 else end - 1 - cell

            for constraint in rule.constraints(self):
                if isinstance(constraint, Domain):
                    cell = place(constraint.cell)
                    domains += [full] * (cell + 1 - len(domains))
                    domains[cell] &= constraint.values
                elif isinstance(constraint, Relation):
                    relations.append(constraint)
                elif isinstance(constraint, Automaton):
                    if not constraint.layers:
                        raise InvalidPuzzle(f"{rule.name}: no values in its cells can keep it")
                    automata.append(
                        Automaton(tuple(map(place, constraint.cells)), constraint.layers)
                    )
            for cell in rule.all_cells:
                if domains[cell] == 0:
                    name = self.cell_name(cell)
                    raise InvalidPuzzle(f"{rule.name}: no number is left for {name}")
        for relation in relations:
            if not any(relation.rows):
                names = f"{self.cell_name(relation.a)} and {self.cell_name(relation.b)}"
                raise InvalidPuzzle(f"no numbers for {names} keep a rule between them")
        return Constraints(tuple(domains), tuple(relations), tuple(automata))

    @cached_property
    def linked(self) -> bool:
        """Whether rules ask for more than units."""
        return bool(self.rules and (self.constraints.relations or self.constraints.automata))

    @property
    def n(self) -> int:
        """Number of cells."""
        return self.rows * self.cols

    @cached_property
    def boxed(self) -> bool:
        """Whether the regions are rectangles of one shape, which people call boxes."""
        shapes = set[tuple[int, int]]()
        for label in set(self.regions or ()):
            cells = [
                divmod(at, self.cols) for at, own in enumerate(self.regions or ()) if own == label
            ]
            rows, cols = ({*side} for side in zip(*cells, strict=True))
            shapes.add((len(rows), len(cols)) if len(rows) * len(cols) == len(cells) else (0, 0))
        return len(shapes) == 1 and shapes != {(0, 0)}

    @cached_property
    def incidence(self) -> npt.NDArray[np.uint8]:
        """Unit incidence (U, n) uint8: 1 where the unit holds the cell. Read-only."""
        table = np.zeros((len(self.units), self.n), dtype=np.uint8)
        for number, unit in enumerate(self.units):
            table[number, list(unit)] = 1
        table.flags.writeable = False
        return table

    @cached_property
    def complete(self) -> npt.NDArray[np.bool_]:
        """Which units (U,) hold as many cells as there are values. Read-only."""
        table = np.array([len(unit) == self.D for unit in self.units], dtype=np.bool_)
        table.flags.writeable = False
        return table

    @cached_property
    def peers(self) -> tuple[tuple[int, ...], ...]:
        """For each cell the other cells it shares a unit with, in order."""
        units = [[self.units[number] for number in numbers] for numbers in self.homes]
        return tuple(tuple(sorted({*chain(*of)} - {cell})) for cell, of in enumerate(units))

    @cached_property
    def homes(self) -> tuple[tuple[int, ...], ...]:
        """For each cell the numbers of its units, in order."""
        found: list[list[int]] = [[] for _ in range(self.n)]
        for number, unit in enumerate(self.units):
            for cell in unit:
                found[cell].append(number)
        return tuple(map(tuple, found))

    @cached_property
    def most_homes(self) -> int:
        """The most units of a cell."""
        return max(map(len, self.homes))

    @cached_property
    def members(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Cells and units (M,), a pair for each cell of each unit, in the order of the cells."""
        cells = np.repeat(np.arange(self.n), list(map(len, self.homes)))
        return cells, np.array([*chain(*self.homes)], dtype=np.intp)

    def region_at(self, row: int, col: int) -> int:
        """Region of the cell there, -1 outside the board, 0 where the board has none."""
        if not (0 <= row < self.rows and 0 <= col < self.cols):
            return -1
        return self.regions[row * self.cols + col] if self.regions else 0

    def cell_name(self, cell: int) -> str:
        """Row and column of a cell, counted from 1: `r3c7`."""
        return f"r{cell // self.cols + 1}c{cell % self.cols + 1}"

    def empty(self) -> Puzzle:
        """The puzzle on this board without givens."""
        return Puzzle(self, (0,) * self.n)


@dataclass(frozen=True)
class Puzzle:
    """A board with givens: `givens[cell]` is a value 1..D, or 0 for an open cell.

    `alphabet` holds the symbol of each value; it matters to text only. Raises InvalidPuzzle where
    the number of givens or symbols does not fit the board. Rule violations do not raise: ask
    `status()`.

    >>> from vmd_solver.csp.families import sudoku
    >>> board = sudoku(2, 2)
    >>> Puzzle(board, (1, 1) + (0,) * 14).status()[0].message
    'value 1 repeats in row 1: r1c1, r1c2'
    """

    board: Board
    givens: tuple[int, ...]
    alphabet: tuple[str, ...] = ()
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if len(self.givens) != self.board.n:
            raise InvalidPuzzle(f"{len(self.givens)} givens for a board of {self.board.n} cells")
        if not self.alphabet:
            object.__setattr__(self, "alphabet", numerals(self.board.D, self.board.low))
        if self.board.holes:
            holes = set(self.board.holes)
            givens = (1 if at in holes else value for at, value in enumerate(self.givens))
            object.__setattr__(self, "givens", tuple(givens))
        _require_alphabet(self.alphabet, self.board.D)

    def status(self) -> tuple[Violation, ...]:
        """Every violation among the givens and units; empty where the puzzle is well formed."""
        return violations(self.board, self.givens, self.alphabet)

    def is_valid(self) -> bool:
        """Whether `status()` is empty. A valid puzzle may still have no solution."""
        return not self.status()

    def require_valid(self) -> None:
        """Raise InvalidPuzzle, with all violations, unless the puzzle is well formed."""
        found = self.status()
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            raise InvalidPuzzle(f"{found[0].message}{more}", found)

    def to_array(self) -> npt.NDArray[np.int16]:
        """Givens as (n,) int16, 0 where open."""
        return np.array(self.givens, dtype=np.int16)


@lru_cache(maxsize=256)  # puzzles are many, alphabets few
def _require_alphabet(alphabet: tuple[str, ...], D: int) -> None:
    if any(not symbol or not symbol.isprintable() or " " in symbol for symbol in alphabet):
        raise InvalidPuzzle("symbols of an alphabet are printable and hold no space")
    if len(set(alphabet)) != D:
        raise InvalidPuzzle(f"{D} different symbols expected, got {len(set(alphabet))}")


def violations(
    board: Board, values: Sequence[int], alphabet: Sequence[str] = ()
) -> tuple[Violation, ...]:
    """Every violation of `values` (n entries, 0 where open) on `board`: by unit, then by rule."""
    symbols = tuple(alphabet) or default_alphabet(board.D)
    found: list[Violation] = []
    outside = tuple(cell for cell, value in enumerate(values) if not 0 <= value <= board.D)
    if outside:
        message = f"values outside 1..{board.D} at {', '.join(map(board.cell_name, outside))}"
        found.append(Violation("out_of_range", outside, message=message))
    by_rule, own = _broken_rules(board, values) if board.rules else ([], len(board.units))
    for number, unit in enumerate(board.units):
        if len(unit) > board.D:
            message = f"{unit_name(board, number)} has {len(unit)} cells for {board.D} values"
            found.append(Violation("unit_too_large", unit, unit=number, message=message))
        places: dict[int, list[int]] = {}
        for cell in unit:
            if 1 <= values[cell] <= board.D:
                places.setdefault(values[cell], []).append(cell)
        for value, cells in sorted(places.items()):
            if len(cells) > 1 and number < own:
                names, where = ", ".join(map(board.cell_name, cells)), unit_name(board, number)
                message = f"value {symbols[value - 1]} repeats in {where}: {names}"
                found.append(Violation("repeated", tuple(cells), value, number, message))
    return (*found, *by_rule)


def _broken_rules(board: Board, values: Sequence[int]) -> tuple[list[Violation], int]:
    """The violations of rules, and how many units speak for themselves beside them."""
    # Both know the rules, and these know this module.
    from vmd_solver.csp.families import without_rules
    from vmd_solver.csp.meaning import broken

    found = [Violation("rule", cells, message=message) for cells, message in broken(board, values)]
    return found, len((without_rules(board) if found else board).units)


def conflicts(board: Board, values: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Cells (B, n) of grids (B, n), 0 where open, that share a unit with an equal value, or that
    break a rule whose cells are filled.

    Fast, for remasking and for stopping. Only `vmd_solver.csp.verify` may call a grid solved.
    """
    cells, units = board.members
    held = values[:, cells].astype(np.intp)  # (B, M)
    row = np.arange(len(values))[:, None] * len(board.units)
    place = (row + units) * (board.D + 1) + held  # of each value in each unit of each row
    found, where = np.nonzero((np.bincount(place.ravel())[place] > 1) & (held > 0))
    result = np.zeros(values.shape, dtype=np.bool_)
    result[found, cells[where]] = True
    if board.rules:
        from vmd_solver.csp.meaning import broken_rows  # knows rules, which know this module

        for cells, wrong in broken_rows(board, values):
            rows, checks = np.nonzero(wrong)
            result[rows[:, None], cells[checks]] = True
    return result


def unit_name(board: Board, number: int) -> str:
    """What people call a unit: a row, column, box, region, diagonal or window, or `unit 7`."""
    cells = board.units[number]
    places = [divmod(cell, board.cols) for cell in cells]
    rows, cols = {row for row, _ in places}, {col for _, col in places}
    if len(rows) == 1 and len(cells) > 1:
        return f"row {min(rows) + 1}"
    if len(cols) == 1 and len(cells) > 1:
        return f"column {min(cols) + 1}"
    labels = {board.regions[cell] for cell in cells} if board.regions is not None else set()
    if len(labels) == 1:
        return f"{'box' if board.boxed else 'region'} {min(labels) + 1}"
    if board.rows == board.cols == len(cells):
        if all(row == col for row, col in places):
            return "the main diagonal"
        if all(row + col == board.cols - 1 for row, col in places):
            return "the other diagonal"
    if board.family == "windoku":
        return f"window {number + 1 - len(board.units) + len(extra_units(board))}"
    return f"unit {number + 1}"


def extra_units(board: Board) -> tuple[tuple[int, ...], ...]:
    """The units that come after rows, columns and regions: both diagonals, or the windows.

    None of a free-form grid, whose units have no such order.
    """
    usual = board.rows + board.cols + len(set(board.regions or ()))
    return () if board.family == "grid" else board.units[usual:]

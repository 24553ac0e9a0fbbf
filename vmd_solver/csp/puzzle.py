"""The value objects of the package: a board (cells and units), and a puzzle (a board and givens).

Nothing here searches or guesses; nothing here knows of text, files or networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from typing import Literal

import numpy as np
import numpy.typing as npt

from vmd_solver.errors import InvalidPuzzle

MAX_VALUES = 63
"""Largest alphabet: candidates of a cell are the bits of one 64-bit word."""

_DIGITS = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def default_alphabet(D: int) -> tuple[str, ...]:
    """Symbols of the values 1..D: 1-9, then A-Z, and decimal numbers beyond 35.

    >>> default_alphabet(12)[-3:]
    ('A', 'B', 'C')
    """
    return tuple(_DIGITS[:D] if len(_DIGITS) >= D else map(str, range(1, D + 1)))


@dataclass(frozen=True)
class Violation:
    """One broken rule: `cells` (indices) break it; `value` and `unit` where it has them."""

    kind: Literal["repeated", "out_of_range", "unit_too_large"]
    cells: tuple[int, ...]
    value: int = 0
    unit: int = -1
    message: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Board:
    """An all-different constraint grid: n = rows x cols cells, values 1..D, and units.

    A unit is a set of cells whose values all differ; it is *complete* where it has D cells, so that
    every value occurs in it. `box` is (box rows, box cols) where the regions are equal rectangles;
    `regions` gives each cell's region where the family draws some (boxes or jigsaw pieces).
    Build one with `vmd_solver.csp.families`.

    Raises InvalidPuzzle where the shape, the alphabet or a unit makes no sense.
    """

    family: str
    rows: int
    cols: int
    D: int
    units: tuple[tuple[int, ...], ...]
    box: tuple[int, int] | None = None
    regions: tuple[int, ...] | None = None

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

    @property
    def n(self) -> int:
        """Number of cells."""
        return self.rows * self.cols

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
            object.__setattr__(self, "alphabet", default_alphabet(self.board.D))
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
    """Every violation of `values` (n entries, 0 where open) on `board`, in unit order."""
    symbols = tuple(alphabet) or default_alphabet(board.D)
    found: list[Violation] = []
    outside = tuple(cell for cell, value in enumerate(values) if not 0 <= value <= board.D)
    if outside:
        message = f"values outside 1..{board.D} at {', '.join(map(board.cell_name, outside))}"
        found.append(Violation("out_of_range", outside, message=message))
    for number, unit in enumerate(board.units):
        if len(unit) > board.D:
            message = f"{unit_name(board, number)} has {len(unit)} cells for {board.D} values"
            found.append(Violation("unit_too_large", unit, unit=number, message=message))
        places: dict[int, list[int]] = {}
        for cell in unit:
            if 1 <= values[cell] <= board.D:
                places.setdefault(values[cell], []).append(cell)
        for value, cells in sorted(places.items()):
            if len(cells) > 1:
                names, where = ", ".join(map(board.cell_name, cells)), unit_name(board, number)
                message = f"value {symbols[value - 1]} repeats in {where}: {names}"
                found.append(Violation("repeated", tuple(cells), value, number, message))
    return tuple(found)


def conflicts(board: Board, values: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Cells (B, n) of grids (B, n), 0 where open, that share a unit with an equal value.

    Fast, for remasking and for stopping. Only `vmd_solver.csp.verify` may call a grid solved.
    """
    holds = (values[..., None] == np.arange(1, board.D + 1)).astype(np.float32)  # (B, n, D)
    units = board.incidence.astype(np.float32)
    crowded = (np.matmul(units, holds) > 1).astype(np.float32)  # (B, U, D)
    result: npt.NDArray[np.bool_] = ((np.matmul(units.T, crowded) > 0) & (holds > 0)).any(axis=-1)
    return result


def unit_name(board: Board, number: int) -> str:
    """What people call unit `number`: a row, column, region, diagonal or window, or `unit 7`."""
    cells = board.units[number]
    places = [divmod(cell, board.cols) for cell in cells]
    rows, cols = {row for row, _ in places}, {col for _, col in places}
    if len(rows) == 1 and len(cells) > 1:
        return f"row {min(rows) + 1}"
    if len(cols) == 1 and len(cells) > 1:
        return f"column {min(cols) + 1}"
    labels = {board.regions[cell] for cell in cells} if board.regions is not None else set()
    if len(labels) == 1:
        return f"region {min(labels) + 1}"
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

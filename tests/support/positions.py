"""Positions on empty boards: a few cells have few candidates, or are filled; and cells by name."""

from __future__ import annotations

from vmd_solver.csp import Board, Puzzle
from vmd_solver.techniques import State

Marks = dict[str, str]


def cell_of(board: Board, name: str) -> int:
    """The cell `r3c7`."""
    row, col = name[1:].split("c")
    return (int(row) - 1) * board.cols + int(col) - 1


def cells_of(board: Board, names: str) -> set[int]:
    """The cells of `r1c2 r3c45`: of several columns in one row, each digit is one."""
    parts = [name.split("c") for name in names.split()]
    return {cell_of(board, f"{row}c{col}") for row, cols in parts for col in cols}


def mask_of(digits: str) -> int:
    return sum(1 << int(digit) - 1 for digit in digits)


def position(board: Board, marks: Marks, unique: bool = False) -> State:
    """The empty board whose cells `marks` have those candidates; `-5` means all but 5."""
    candidates = [(1 << board.D) - 1] * board.n
    for names, digits in marks.items():
        for cell in cells_of(board, names):
            mask = mask_of(digits.strip("-"))
            candidates[cell] &= ~mask if digits.startswith("-") else mask
    return State.of(board.empty(), candidates=candidates, unique=unique)


def rest(row: int, cols: str) -> str:
    """The cells of a row but for those columns."""
    return f"r{row}c" + "".join(col for col in "123456789" if col not in cols)


def column(col: int, rows: str) -> str:
    """The cells of a column but for those rows."""
    return " ".join(f"r{row}c{col}" for row in "123456789" if row not in rows)


def filled(board: Board, values: dict[str, int]) -> State:
    givens = [0] * board.n
    for name, value in values.items():
        givens[cell_of(board, name)] = value
    return State.of(Puzzle(board, tuple(givens)))

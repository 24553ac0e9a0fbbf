"""Rows as Markdown tables and as JSON: the one writer of reports, model cards and benchmarks.

A row is one measurement as a dictionary, ready for JSON. A table is made from rows by a function
for each column, or by spreading one key of the rows over the columns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vmd_solver.errors import printable
from vmd_training.files import write_text

Row = dict[str, Any]
Cell = Callable[[Row], str]


def markdown(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, a newline at its end.

    >>> print(markdown(("set", "solved"), [("easy", 3)]), end="")
    | set | solved |
    | --- | --- |
    | easy | 3 |
    """
    return "".join(line(cells) for cells in (head, ["---"] * len(head), *rows))


def line(cells: Iterable[object]) -> str:
    """One line of a Markdown table."""
    return printable(f"| {' | '.join(map(str, cells))} |") + "\n"


def rows_table(columns: dict[str, Cell], rows: Iterable[Row]) -> str:
    """A Markdown table of one line a row: a function for each column."""
    return markdown(tuple(columns), ([cell(row) for cell in columns.values()] for row in rows))


@dataclass(frozen=True)
class Table:
    """A table with its notes: sample size, seed, NFE, loops."""

    caption: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""

    def markdown(self) -> str:
        """As text, the caption above and the note below."""
        note = f"\n{self.note}\n" if self.note else ""
        return f"**{self.caption}**\n\n{markdown(self.head, self.rows)}{note}"


def share_cell(row: Row, digits: int = 2, to: str = "-") -> str:
    """A share and its interval.

    >>> share_cell({"share": 0.931, "low": 0.86, "high": 0.97})
    '0.93 (0.86-0.97)'
    """
    share, low, high = (f"{row[key]:.{digits}f}" for key in ("share", "low", "high"))
    return f"{share} ({low}{to}{high})"


def mean_cell(row: Row, digits: int = 2) -> str:
    """A mean and its interval, as far as there is any."""
    if row["mean"] is None:
        return "-"
    mean = f"{row['mean']:.{digits}f}"
    if row["low"] is None:
        return mean
    return f"{mean} ({row['low']:.{digits}f} to {row['high']:.{digits}f})"


def range_cell(values: Sequence[float], digits: int = 3) -> str:
    """The mean of values, and their range where there are several; `-` if there are none."""
    if not values:
        return "-"
    ends = {"low": min(values), "high": max(values)} if len(values) > 1 else {"low": None}
    return mean_cell({"mean": sum(values) / len(values), **ends}, digits)


def text(key: str) -> Cell:
    """The column of a key, as it is."""
    return lambda row: str(row[key])


def number(key: str, form: str = ".2f") -> Cell:
    """The column of a number in this format."""
    return lambda row: f"{row[key]:{form}}"


def pivot(
    caption: str,
    rows: Sequence[Row],
    index: dict[str, str],
    column: str,
    cell: Cell = share_cell,
    label: Callable[[Any], str] = str,
    note: str = "",
) -> Table:
    """A table of one cell a row: `index` names the columns at the left and the keys they show,
    `column` is the key whose values become the other columns, in the order they come."""
    columns = list(dict.fromkeys(row[column] for row in rows))
    lines: dict[tuple[object, ...], dict[object, str]] = {}
    for row in rows:
        lines.setdefault(tuple(row[key] for key in index.values()), {})[row[column]] = cell(row)
    body = [
        (*map(str, head), *(cells.get(value, "") for value in columns))
        for head, cells in lines.items()
    ]
    return Table(caption, (*index, *map(label, columns)), body, note)


def listed(caption: str, rows: Iterable[Row], columns: dict[str, Cell], note: str = "") -> Table:
    """A table of one line a row: a function for each column."""
    body = [tuple(cell(row) for cell in columns.values()) for row in rows]
    return Table(caption, tuple(columns), body, note)


def by_set(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each set, sets and rows in the order they come."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["set"], []).append(row)
    return found


NAMES = {
    "puzzles": "sample size",
    "loops": "loops a call",
    "nfe": "NFE at most",
    "z": "z between calls:",
    "remask": "remasking:",
    "select": "chosen by",
    "prior": "prior:",
}
"""How a note calls a key; others by their own name."""


def measured(rows: Sequence[Row], *keys: str) -> str:
    """The note under a table: what these keys are in all its rows, such as `seed 0, 16 loops`."""
    parts = []
    for key in keys:
        values = sorted({str(row[key]) for row in rows if key in row}, key=lambda v: (len(v), v))
        parts.append(f"{NAMES.get(key, key)} {', '.join(values)}")
    return "; ".join(parts) + "."


def write_json(path: Path, document: object, allow_nan: bool = False) -> None:
    """Write a document, whole or not at all. Raises ValueError for NaN unless it is allowed."""
    write_text(path, json.dumps(document, indent=1, allow_nan=allow_nan) + "\n")

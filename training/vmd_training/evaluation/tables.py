"""Rows into Markdown tables. Knows no section."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from vmd_training.evaluation.bench import Row, Table


def share_cell(row: Row) -> str:
    """`0.93 (0.86-0.97)`: a share and its interval."""
    return f"{row['share']:.2f} ({row['low']:.2f}-{row['high']:.2f})"


def mean_cell(row: Row, digits: int = 2) -> str:
    """A mean and its interval, as far as there is any."""
    if row["mean"] is None:
        return "-"
    if row["low"] is None:
        return f"{row['mean']:.{digits}f}"
    low, high = (f"{row[end]:.{digits}f}" for end in ("low", "high"))
    return f"{row['mean']:.{digits}f} ({low} to {high})"


def pivot(
    caption: str,
    rows: Sequence[Row],
    index: dict[str, str],
    column: str,
    cell: Callable[[Row], str],
    label: Callable[[object], str] = str,
    note: str = "",
) -> Table:
    """A table of one cell a row: `index` names the columns at the left and the keys they show,
    `column` is the key whose values become the other columns, in the order they come."""
    columns = list(dict.fromkeys(row[column] for row in rows))
    lines: dict[tuple[object, ...], dict[object, str]] = {}
    for row in rows:
        lines.setdefault(tuple(row[key] for key in index.values()), {})[row[column]] = cell(row)
    body = [
        (*(str(part) for part in head), *(cells.get(value, "") for value in columns))
        for head, cells in lines.items()
    ]
    return Table(caption, (*index, *(label(value) for value in columns)), body, note)


def by_set(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each set, sets and rows in the order they come."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["set"], []).append(row)
    return found


def listed(
    caption: str, rows: Iterable[Row], columns: dict[str, Callable[[Row], str]], note: str = ""
) -> Table:
    """A table of one line a row: a function for each column."""
    body = [tuple(cell(row) for cell in columns.values()) for row in rows]
    return Table(caption, tuple(columns), body, note)


def of(key: str) -> Callable[[Row], str]:
    """The column of a key, as it is."""
    return lambda row: str(row[key])


def number(key: str, digits: int = 2) -> Callable[[Row], str]:
    """The column of a number."""
    return lambda row: f"{row[key]:.{digits}f}"


def measured(rows: Sequence[Row], *keys: str) -> str:
    """The note under a table: what these keys are in all its rows, such as `seed 0, 16 loops`."""
    told = []
    for key in keys:
        values = sorted({str(row[key]) for row in rows if key in row}, key=lambda v: (len(v), v))
        told.append(f"{NAMES.get(key, key)} {', '.join(values)}")
    return "; ".join(told) + "."


NAMES = {
    "puzzles": "sample size",
    "loops": "loops a call",
    "nfe": "NFE at most",
    "latents": "latents",
    "z": "z between calls:",
    "remask": "remasking:",
    "select": "chosen by",
    "prior": "prior:",
    "policy": "policy",
}


def markdown(table: Table) -> str:
    """The table as text, its caption above and its note below."""
    head = ["| " + " | ".join(table.head) + " |", "|" + " --- |" * len(table.head)]
    body = ["| " + " | ".join(row) + " |" for row in table.rows]
    note = f"\n{table.note}\n" if table.note else ""
    return f"**{table.caption}**\n\n" + "\n".join(head + body) + "\n" + note

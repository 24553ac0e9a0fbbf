"""Outcomes as data: JSON lines, CSV, one line each, or drawn rows.

A format turns one outcome into one record, line ends included; where puzzles are solved as arrays
it may write many at once, with the same bytes. Knows no terminal.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.batch.outcome import Outcome
from vmd_solver.batch.request import Request
from vmd_solver.csp import Puzzle
from vmd_solver.errors import printable
from vmd_solver.formats import Entry
from vmd_solver.formats.cells import Layout, line_of
from vmd_solver.formats.grid import draw
from vmd_solver.sampling import Solution
from vmd_solver.sampling.bulk import solution_of

COSTS = ("nfe", "loops", "latents", "remasked", "guesses", "seconds")
COLUMNS = ("puzzle", "family", "status", "solution", "verified", "unique", "mode", *COSTS)
ERROR_COLUMNS = ("error", "source", "line", "column")
COUNT_COLUMNS = ("count", "counted_all")
EXPLAIN_COLUMNS = ("explained", "level", "hardest", "score", "steps", "stuck")

_LONGEST_TEXT = 1000
"""Characters that a row repeats of input that cannot be read."""

Row = dict[str, Any]
Record = Callable[[Outcome, Request], str]


@dataclass(frozen=True, eq=False)
class SolvedRows:
    """Solved puzzles of one board, as arrays.

    `givens` (k, n) and `values` (k, n) int8, 0 where open; `guesses` (k,) int64; `seconds` each.
    """

    layout: Layout
    givens: npt.NDArray[np.int8]
    values: npt.NDArray[np.int8]
    guesses: npt.NDArray[np.int64]
    seconds: float

    def first(self, request: Request) -> Outcome:
        """The first of them as an outcome."""
        givens, values = (tuple(rows[0].tolist()) for rows in (self.givens, self.values))
        puzzle = Puzzle(self.layout.board, givens, self.layout.alphabet)
        guesses = int(self.guesses[0])
        solution = solution_of(puzzle, values, request.settings, guesses, self.seconds)
        return Outcome(Entry(puzzle, "", None, 1), solution)

    def texts(self, values: npt.NDArray[np.int8]) -> list[bytes]:
        """The cells of each row (k, n) in one string."""
        n = values.shape[1]
        symbols = ("." + "".join(self.layout.alphabet)).encode().ljust(256)
        text = values.tobytes().translate(symbols)
        return [text[start : start + n] for start in range(0, len(text), n)]


RecordMany = Callable[[SolvedRows, Request], list[bytes]]


@dataclass(frozen=True)
class OutputFormat:
    """The record of an outcome, what comes first, and what comes between two.

    `record_many` writes the records of many solved rows, where the format can. `states_reason`
    says that a record states why there is no solution.
    """

    record: Record
    head: str = ""
    between: str = ""
    states_reason: bool = True
    encoding: str = "utf-8"
    record_many: RecordMany | None = None


@dataclass(frozen=True)
class OutputStyle:
    """Which output format to use, in a form that workers can be sent."""

    name: str

    def format(self, request: Request) -> OutputFormat:
        """The format itself: `jsonl`, `csv`, `line` or `grid`."""
        return _csv_format(request) if self.name == "csv" else _FORMATS[self.name]


def columns_of(request: Request) -> tuple[str, ...]:
    """The columns that every row has."""
    listed = ("solutions",) if request.asked == "all" else ()
    explained = EXPLAIN_COLUMNS if request.explain else ()
    return (*COLUMNS, *(COUNT_COLUMNS if request.counts else ()), *listed, *explained)


def row_of(outcome: Outcome, request: Request) -> Row:
    """The outcome as plain values; `error` and its place only if there is one."""
    facts = _facts(outcome)
    row: Row = {column: facts.get(column) for column in columns_of(request)}
    row |= {"status": outcome.status, "mode": request.settings.mode}
    if request.explain and outcome.solution is not None and outcome.error is None:
        from vmd_solver.batch import explain

        row |= explain.facts(outcome.solution)
    if outcome.error is not None:
        entry = outcome.entry
        row |= {"error": outcome.error, "source": entry.source, "line": entry.line}
        row["column"] = entry.error.column if entry.error else None
    return row


def puzzle_text(entry: Entry) -> str:
    """What a row calls the puzzle: its cells in one string, or the text that cannot be read."""
    return entry.text[:_LONGEST_TEXT] if entry.puzzle is None else line_of(entry.puzzle)


def _facts(outcome: Outcome) -> Row:
    solution = outcome.solution
    if solution is None:
        nothing: Row = dict.fromkeys((*COSTS, "count"), 0)
        unsolved = {"verified": False, "counted_all": False, "solutions": []}
        return {**nothing, "puzzle": puzzle_text(outcome.entry), **unsolved}
    puzzle = solution.puzzle
    return {
        **{name: getattr(solution, name) for name in COSTS},
        "puzzle": puzzle_text(outcome.entry),
        "family": puzzle.board.family,
        "solution": None if solution.values is None else line_of(puzzle, solution.values),
        "verified": solution.verified,
        "unique": solution.unique,
        "seconds": round(solution.seconds, 6),
        "count": solution.count,
        "counted_all": solution.counted_all,
        "solutions": [line_of(puzzle, values) for values in listed(solution)],
    }


def _json_line(outcome: Outcome, request: Request) -> str:
    return json.dumps(row_of(outcome, request), ensure_ascii=False) + "\n"


def _json_lines(solved: SolvedRows, request: Request) -> list[bytes]:
    row = row_of(solved.first(request), request)
    varying = _varying(solved, b'"%s"', b'["%s"]')
    parts: list[bytes | list[bytes]] = []
    for number, (column, value) in enumerate(row.items()):
        parts.append(b"%s%s: " % (b", " if number else b"{", json.dumps(column).encode()))
        parts.append(varying.get(column) or json.dumps(value, ensure_ascii=False).encode())
    return _interleaved([*parts, b"}\n"], len(solved.values))


def _varying(solved: SolvedRows, text: bytes, texts: bytes) -> dict[str, list[bytes]]:
    """The columns that differ from row to row; `text` and `texts` say how strings are written."""
    values = solved.texts(solved.values)
    return {
        "puzzle": list(map(text.__mod__, solved.texts(solved.givens))),
        "solution": list(map(text.__mod__, values)),
        "solutions": list(map(texts.__mod__, values)),
        "guesses": list(map(b"%d".__mod__, solved.guesses.tolist())),
    }


def _interleaved(parts: list[bytes | list[bytes]], count: int) -> list[bytes]:
    """`count` records of these parts, each of them one for all or one for each record."""
    columns = (repeat(part, count) if isinstance(part, bytes) else part for part in parts)
    return list(map(b"".join, zip(*columns, strict=True)))


def _csv_format(request: Request) -> OutputFormat:
    columns = (*columns_of(request), *ERROR_COLUMNS)

    def record(outcome: Outcome, request: Request) -> str:
        row = row_of(outcome, request)
        return _csv(_csv_cell(row.get(column)) for column in columns)

    def record_many(solved: SolvedRows, request: Request) -> list[bytes]:
        row = row_of(solved.first(request), request)
        varying = _varying(solved, b"%s", b"%s")
        parts: list[bytes | list[bytes]] = []
        for number, column in enumerate(columns):
            parts.append(b"," if number else b"")
            # No fact of a solved row needs quotes.
            parts.append(varying.get(column) or _csv_cell(row.get(column)).encode())
        return _interleaved([*parts, b"\n"], len(solved.values))

    return OutputFormat(record, _csv(columns), record_many=record_many)


def _csv_cell(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _csv(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def listed(solution: Solution) -> tuple[tuple[int, ...], ...]:
    """Every solution that was found and kept."""
    alone = () if solution.values is None else (solution.values,)
    return solution.solutions or alone


def _written(
    outcome: Outcome, request: Request, write: Callable[[Puzzle, tuple[int, ...]], str]
) -> list[str]:
    """The solution as `write` writes it, or all of them where all were asked for."""
    solution = outcome.solution
    if solution is None:
        return []
    most = None if request.asked == "all" else 1
    return [write(solution.puzzle, values) for values in listed(solution)[:most]]


def _line(outcome: Outcome, request: Request) -> str:
    """The solution; an empty line where there is none, and after the last where all are listed."""
    lines = _written(outcome, request, line_of)
    if request.asked == "all" or not lines:
        lines.append("")
    return "\n".join(lines) + "\n"


def _lines(solved: SolvedRows, request: Request) -> list[bytes]:
    end = b"\n\n" if request.asked == "all" else b"\n"
    return [text + end for text in solved.texts(solved.values)]


def _drawn(outcome: Outcome, request: Request) -> str:
    """Drawn rows, a blank line between two; a remark that readers skip where there are none."""
    drawn = "\n".join(_written(outcome, request, draw))
    return drawn or f"# {printable(outcome.place)}: {outcome.status}\n"


_FORMATS = {
    "jsonl": OutputFormat(_json_line, record_many=_json_lines),
    "line": OutputFormat(_line, states_reason=False, record_many=_lines),
    "grid": OutputFormat(_drawn, between="\n"),
}

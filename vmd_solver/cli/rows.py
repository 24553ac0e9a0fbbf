"""Outcomes as data: JSON lines, CSV, one line each, or drawn rows.

Every writer turns one outcome into one record, line ends included. Knows no terminal.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from vmd_solver.cli.outcomes import Outcome
from vmd_solver.cli.request import Request
from vmd_solver.console.narrator import printable
from vmd_solver.csp import Puzzle
from vmd_solver.formats import Entry
from vmd_solver.formats.grid import draw
from vmd_solver.formats.plain import line_of
from vmd_solver.sampling import Solution

COSTS = ("nfe", "loops", "latents", "remasked", "guesses", "seconds")
COLUMNS = ("puzzle", "family", "status", "solution", "verified", "unique", "mode", *COSTS)
ERROR_COLUMNS = ("error", "source", "line", "column")
COUNT_COLUMNS = ("count", "counted_all")
EXPLAIN_COLUMNS = ("explained", "level", "hardest", "score", "steps", "stuck")

_LONGEST_TEXT = 1000
"""Characters that a row repeats of input that cannot be read."""

Row = dict[str, Any]
Record = Callable[[Outcome, Request], str]


@dataclass(frozen=True)
class Form:
    """An output format: the record of an outcome, what comes first, and what between two.

    `silent` says that a record does not tell why there is no solution.
    """

    record: Record
    head: str = ""
    between: str = ""
    silent: bool = False
    encoding: str = "utf-8"


def form_of(name: str, request: Request) -> Form:
    """The data format of that name: `jsonl`, `csv`, `line` or `grid`."""
    if name == "csv":
        columns = (*columns_of(request), *ERROR_COLUMNS)
        return Form(lambda outcome, _: _csv_row(row_of(outcome, request), columns), _csv(columns))
    return _FORMS[name]


def columns_of(request: Request) -> tuple[str, ...]:
    """The columns that every row has."""
    listed = ("solutions",) if request.asked == "all" else ()
    explained = EXPLAIN_COLUMNS if request.explain else ()
    return (*COLUMNS, *(COUNT_COLUMNS if request.counts else ()), *listed, *explained)


def row_of(outcome: Outcome, request: Request) -> Row:
    """The outcome as plain values; `error` and its place only where there is one."""
    facts = _facts(outcome)
    row: Row = {column: facts.get(column) for column in columns_of(request)}
    row |= {"status": outcome.status, "mode": request.settings.mode}
    if request.explain and outcome.solution is not None and outcome.error is None:
        from vmd_solver.cli import explain

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
        told = {"verified": False, "counted_all": False, "solutions": []}
        return {**nothing, "puzzle": puzzle_text(outcome.entry), **told}
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


def _csv_row(row: Row, columns: Iterable[str]) -> str:
    return _csv(_csv_cell(row.get(column)) for column in columns)


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


def _drawn(outcome: Outcome, request: Request) -> str:
    """Drawn rows, a blank line between two; a remark that readers skip where there are none."""
    drawn = "\n".join(_written(outcome, request, draw))
    return drawn or f"# {printable(outcome.place)}: {outcome.status}\n"


_FORMS = {
    "jsonl": Form(_json_line),
    "line": Form(_line, silent=True),
    "grid": Form(_drawn, between="\n"),
}

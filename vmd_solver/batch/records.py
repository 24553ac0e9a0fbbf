"""Output formats: outcomes as JSON lines, CSV, one line each, or drawn rows.

Where puzzles are solved as arrays, many records are written at once, with the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from vmd_solver.batch.outcome import Outcome
from vmd_solver.batch.request import Request
from vmd_solver.csp import Puzzle
from vmd_solver.errors import printable
from vmd_solver.formats import Entry
from vmd_solver.formats.columns import Columns
from vmd_solver.formats.grid import draw
from vmd_solver.formats.plain import Layout, line_of
from vmd_solver.sampling import Solution
from vmd_solver.sampling.bulk import Settled, solution_of

COSTS = ("nfe", "loops", "latents", "remasked", "guesses", "seconds")
COLUMNS = ("puzzle", "family", "status", "solution", "verified", "unique", "mode", *COSTS)
ERROR_COLUMNS = ("error", "source", "line", "column")
COUNT_COLUMNS = ("count", "counted_all")
EXPLAIN_COLUMNS = ("explained", "level", "hardest", "score", "steps", "stuck")

_LONGEST_TEXT = 1000
"""Characters that a row repeats of input that cannot be read."""

Row = dict[str, Any]
Values = tuple[int, ...]


def columns_of(request: Request) -> tuple[str, ...]:
    """The columns that every row has."""
    listed = ("solutions",) if request.asked == "all" else ()
    explained = EXPLAIN_COLUMNS if request.explain else ()
    return (*COLUMNS, *(COUNT_COLUMNS if request.counts else ()), *listed, *explained)


def row_of(outcome: Outcome, request: Request) -> Row:
    """The outcome as plain values; `error` and its place only if there is one."""
    entry, solution = outcome.entry, outcome.solution
    facts: Row = dict.fromkeys((*COSTS, "count"), 0)
    facts |= {"verified": False, "counted_all": False, "solutions": []}
    if solution is not None:
        puzzle = solution.puzzle
        facts |= {name: getattr(solution, name) for name in (*facts, "unique")}
        facts["family"] = puzzle.board.family
        facts["seconds"] = round(solution.seconds, 6)
        facts["solutions"] = [line_of(puzzle, values) for values in listed(solution)]
        facts["solution"] = None if solution.values is None else line_of(puzzle, solution.values)
    facts |= {"puzzle": puzzle_text(entry), "status": outcome.status, "mode": request.settings.mode}
    row = {column: facts.get(column) for column in columns_of(request)}
    if outcome.error is not None:
        row |= {"error": outcome.error, "source": entry.source, "line": entry.line}
        row["column"] = entry.error.column if entry.error else None
    elif request.explain and solution is not None:
        from vmd_solver.batch import explain

        row |= explain.facts(solution)
    return row


def puzzle_text(entry: Entry) -> str:
    """What a row calls the puzzle: its cells in one string, or the text that cannot be read."""
    return entry.text[:_LONGEST_TEXT] if entry.puzzle is None else line_of(entry.puzzle)


def listed(solution: Solution) -> tuple[Values, ...]:
    """Every solution that was found and kept."""
    alone = () if solution.values is None else (solution.values,)
    return solution.solutions or alone


@dataclass(frozen=True)
class OutputFormat:
    """How the outcomes of a request are written, line ends included; workers are sent it."""

    request: Request
    encoding: str = "utf-8"
    between: ClassVar[str] = ""
    """What comes between two records."""
    states_reason: ClassVar[bool] = True
    """Whether a record says why there is no solution."""
    takes_arrays: ClassVar[bool] = True

    @property
    def head(self) -> str:
        """What comes before the first record."""
        return ""

    def record(self, outcome: Outcome) -> str:
        """The record of an outcome."""
        raise NotImplementedError

    def record_many(self, found: Columns, settled: Settled) -> list[bytes]:
        """The records of all settled rows, one or more; where the format `takes_arrays`."""
        raise NotImplementedError

    def written(self, outcome: Outcome, write: Callable[[Puzzle, Values], str]) -> list[str]:
        """The solution as `write` writes it, or all of them where all were asked for."""
        if (solution := outcome.solution) is None:
            return []
        most = None if self.request.asked == "all" else 1
        return [write(solution.puzzle, values) for values in listed(solution)[:most]]

    def first(self, found: Columns, settled: Settled) -> Row:
        """The row of the first settled puzzle."""
        givens = tuple(found.givens[settled.rows[0]].tolist())
        puzzle = Puzzle(found.layout.board, givens, found.layout.alphabet)
        values, guesses = tuple(settled.values[0].tolist()), int(settled.guesses[0])
        solution = solution_of(puzzle, values, self.request.settings, guesses, settled.seconds)
        return row_of(Outcome(Entry(puzzle, "", None, 1), solution), self.request)


class JsonLines(OutputFormat):
    """A JSON object a line."""

    def record(self, outcome: Outcome) -> str:
        return _json(row_of(outcome, self.request)) + "\n"

    def record_many(self, found: Columns, settled: Settled) -> list[bytes]:
        row = self.first(found, settled).items()
        leads = ["{", *[", "] * (len(row) - 1)]
        cells = [
            (f"{lead}{_json(column)}: ", column, _json(value))
            for lead, (column, value) in zip(leads, row, strict=True)
        ]
        return _many(found, settled, cells, b"}\n", b'"%s"', b'["%s"]')


class Table(OutputFormat):
    """CSV: the same columns in every row."""

    @property
    def head(self) -> str:
        return _csv((*columns_of(self.request), *ERROR_COLUMNS))

    def record(self, outcome: Outcome) -> str:
        return _csv(self._cells(row_of(outcome, self.request)).values())

    def record_many(self, found: Columns, settled: Settled) -> list[bytes]:
        # No fact of a solved row needs quotes.
        row = self._cells(self.first(found, settled)).items()
        cells = [("," * bool(number), *cell) for number, cell in enumerate(row)]
        return _many(found, settled, cells, b"\n", b"%s", b"%s")

    def _cells(self, row: Row) -> dict[str, str]:
        """What the cell of each column says."""
        cells = {}
        for column in (*columns_of(self.request), *ERROR_COLUMNS):
            value = row.get(column)
            if isinstance(value, list):
                value = ";".join(value)
            text = str(value).lower() if isinstance(value, bool) else str(value)
            cells[column] = "" if value is None else text
        return cells


class Lines(OutputFormat):
    """The solution; an empty line where there is none, and after the last where all are listed."""

    states_reason = False

    def record(self, outcome: Outcome) -> str:
        lines = self.written(outcome, line_of)
        if self.request.asked == "all" or not lines:
            lines.append("")
        return "\n".join(lines) + "\n"

    def record_many(self, found: Columns, settled: Settled) -> list[bytes]:
        end = b"\n\n" if self.request.asked == "all" else b"\n"
        return [text + end for text in _texts(found.layout, settled.values)]


class Drawn(OutputFormat):
    """Drawn rows, a blank line between two; a remark that readers skip where there are none."""

    between = "\n"
    takes_arrays = False

    def record(self, outcome: Outcome) -> str:
        drawn = "\n".join(self.written(outcome, draw))
        return drawn or f"# {printable(outcome.place)}: {outcome.status}\n"


FORMATS: dict[str, type[OutputFormat]] = {
    "jsonl": JsonLines,
    "csv": Table,
    "line": Lines,
    "grid": Drawn,
}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _csv(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _many(
    found: Columns,
    settled: Settled,
    cells: Iterable[tuple[str, str, str]],
    end: bytes,
    text: bytes,
    texts: bytes,
) -> list[bytes]:
    """The records of settled rows from the `cells` of the first: what leads to it, column, value.

    In columns that differ from row to row `text` and `texts` say how strings are written.
    """
    values = _texts(found.layout, settled.values)
    varying = {
        "puzzle": map(text.__mod__, _texts(found.layout, found.givens[settled.rows])),
        "solution": map(text.__mod__, values),
        "solutions": map(texts.__mod__, values),
        "guesses": map(b"%d".__mod__, settled.guesses.tolist()),
    }
    parts: list[Iterable[bytes]] = []
    for lead, column, value in cells:
        parts += [repeat(lead.encode()), varying.get(column) or repeat(value.encode())]
    return list(map(b"".join, zip(*parts, repeat(end), strict=False)))


def _texts(layout: Layout, values: npt.NDArray[np.int8]) -> list[bytes]:
    """The cells of each row (k, n) in one string."""
    n = values.shape[1]
    symbols = ("." + "".join(layout.alphabet)).encode().ljust(256)
    text = values.tobytes().translate(symbols)
    return [text[start : start + n] for start in range(0, len(text), n)]

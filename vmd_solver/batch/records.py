"""Output formats: outcomes as JSON lines, CSV, one line each, or drawn rows.

Where puzzles are solved as arrays, many records are written at once, with the same bytes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from vmd_solver.batch.outcome import Outcome
from vmd_solver.batch.request import Request
from vmd_solver.csp import Puzzle
from vmd_solver.errors import json_line, printable
from vmd_solver.formats import Entry
from vmd_solver.formats.cells import Layout, line_of
from vmd_solver.formats.columns import Columns
from vmd_solver.formats.grid import draw
from vmd_solver.sampling import Solution
from vmd_solver.sampling.bulk import Settled, solution_of

COSTS = ("nfe", "loops", "latents", "remasked", "guesses", "seconds")
COLUMNS = (
    "puzzle",
    "family",
    "status",
    "solution",
    "verified",
    "unique",
    "mode",
    "settled_by",
    *COSTS,
)
ERROR_COLUMNS = ("error", "source", "line", "column")
COUNT_COLUMNS = ("count", "counted_all")
EXPLAIN_COLUMNS = ("explained", "level", "hardest", "score", "steps", "stuck")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a spreadsheet knows one: https://owasp.org/www-community/attacks/CSV_Injection."""

_LONGEST_TEXT = 1000
"""Characters that a row repeats of input that cannot be read."""

Row = dict[str, Any]
Records = tuple[bytes, list[int]]
"""Records one after another, and where each begins and the last ends."""
Bytes = npt.NDArray[np.uint8]
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
        facts |= {name: getattr(solution, name) for name in (*facts, "unique", "settled_by")}
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
    """How the outcomes of a request are written, line ends included; workers are sent it.

    `head` comes before the first record, `between` between two. `states_reason` says that a record
    says why there is no solution; a format that `takes_arrays` has a `record_many`.
    """

    request: Request
    encoding: str = "utf-8"
    between: ClassVar[str] = ""
    states_reason: ClassVar[bool] = True
    takes_arrays: ClassVar[bool] = True

    @property
    def head(self) -> str:
        return ""

    def record(self, outcome: Outcome) -> str:
        """The record of an outcome."""
        raise NotImplementedError

    def record_many(self, found: Columns, settled: Settled) -> Records:
        """The records of all settled rows, one or more."""
        raise NotImplementedError

    def written(self, outcome: Outcome, write: Callable[[Puzzle, Values], str]) -> list[str]:
        """The solution as `write` writes it, or all of them where all were asked for."""
        if (solution := outcome.solution) is None:
            return []
        most = None if self.request.asked == "all" else 1
        return [write(solution.puzzle, values) for values in listed(solution)[:most]]


_WAYS = np.array([[*b"propagation"], [*b"search\0\0\0\0\0"]], dtype=np.uint8)
"""How the rows of `Settled` were settled, without and with guesses."""


class JsonLines(OutputFormat):
    """A JSON object a line."""

    def text(self, row: Row) -> str:
        """A row, written."""
        return json_line(row) + "\n"

    def record(self, outcome: Outcome) -> str:
        return self.text(row_of(outcome, self.request))

    def record_many(self, found: Columns, settled: Settled) -> Records:
        """The row of the first, with marks where the others differ: cut there and filled."""
        givens, layout = found.givens[settled.rows], found.layout
        puzzle = Puzzle(layout.board, tuple(givens[0].tolist()), layout.alphabet)
        values, guesses = tuple(settled.values[0].tolist()), int(settled.guesses[0])
        solution = solution_of(puzzle, values, self.request.settings, guesses, settled.seconds)
        row = row_of(Outcome(Entry(puzzle, "", None, 1), solution), self.request)
        fills = {
            "puzzle": _texts(layout, givens),
            "solution": _texts(layout, settled.values),
            "guesses": _numbers(settled.guesses),
            "settled_by": _WAYS[(settled.guesses > 0).astype(np.intp)],
        }
        row |= {name: f"<{name}>" for name in fills}
        if "solutions" in row:
            row["solutions"] = ["<solution>"]
        text = self.text(row).replace('"<guesses>"', "<guesses>")
        return _block(
            fills[part] if number % 2 else part.encode()
            for number, part in enumerate(re.split("<(puzzle|solution|guesses|settled_by)>", text))
        )


class Table(JsonLines):
    """These rows as CSV: the same columns in every one."""

    @property
    def head(self) -> str:
        return _csv((*columns_of(self.request), *ERROR_COLUMNS))

    def text(self, row: Row) -> str:
        cells = []
        for column in (*columns_of(self.request), *ERROR_COLUMNS):
            value = row.get(column)
            if isinstance(value, list):
                value = ";".join(value)
            text = str(value).lower() if isinstance(value, bool) else str(value)
            cells.append("" if value is None else safe(text))
        return _csv(cells)


class Lines(OutputFormat):
    """The solution; an empty line where there is none, and after the last where all are listed.

    What else was asked follows as a remark, which readers skip.
    """

    states_reason = False

    def record(self, outcome: Outcome) -> str:
        answer = _remark(outcome.answer(self.request))
        lines = self.written(outcome, line_of)
        lines = [*lines[:-1], lines[-1] + answer] if lines else [answer.lstrip()]
        if self.request.asked == "all" and lines != [""]:
            lines.append("")
        return "\n".join(lines) + "\n"

    def record_many(self, found: Columns, settled: Settled) -> Records:
        alone = {"unique": "unique", "count": "1 solution"}.get(self.request.asked, "")
        end = _remark(alone).encode() + (b"\n\n" if self.request.asked == "all" else b"\n")
        return _block((_texts(found.layout, settled.values), end))


class Drawn(OutputFormat):
    """Drawn rows, a blank line between two; a remark that readers skip where there are none."""

    between = "\n"
    takes_arrays = False

    def record(self, outcome: Outcome) -> str:
        drawn = "\n".join(self.written(outcome, draw))
        answer = _remark(outcome.answer(self.request)).lstrip()
        if not drawn:
            return f"# {printable(outcome.place)}: {outcome.status}\n"
        return f"{drawn}{answer}\n" if answer else drawn


def _remark(text: str) -> str:
    return f" # {text}" if text else ""


def safe(text: str) -> str:
    """A cell of CSV that no terminal obeys, and that no spreadsheet takes for a formula.

    >>> safe("=1+1")
    "'=1+1"
    """
    return printable(f"'{text}" if text.startswith(_FORMULA) else text)


FORMATS: dict[str, type[OutputFormat]]
FORMATS = {"jsonl": JsonLines, "csv": Table, "line": Lines, "grid": Drawn}


def _csv(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _texts(layout: Layout, values: npt.NDArray[np.int8]) -> Bytes:
    """The cells (k, n) of each row as symbols."""
    symbols = ("." + "".join(layout.alphabet)).encode().ljust(256)
    return np.frombuffer(values.tobytes().translate(symbols), np.uint8).reshape(values.shape)


def _numbers(values: npt.NDArray[np.int64]) -> Bytes:
    """The digits (k, w) of numbers, zeros before them."""
    powers = 10 ** np.arange(len(str(values.max())))[::-1]
    digits = values[:, None] // powers % 10 + ord("0")
    return np.where((values[:, None] >= powers) | (powers == 1), digits, 0).astype(np.uint8)


def _block(parts: Iterable[bytes | Bytes]) -> Records:
    """Records that consist of these parts: the same bytes in each, or a row (k, w) for each, of
    which zeros are left out."""
    columns = [
        np.frombuffer(part, np.uint8)[None] if isinstance(part, bytes) else part for part in parts
    ]
    k = max(map(len, columns))
    block = np.concatenate([np.broadcast_to(of, (k, of.shape[1])) for of in columns], axis=1)
    data, ends = block.tobytes(), np.arange(k + 1) * block.shape[1]
    if b"\0" in data:
        data, ends[1:] = data.translate(None, b"\0"), np.cumsum(np.count_nonzero(block, axis=1))
    return data, ends.tolist()

"""Data of MiniZinc models of Sudoku (`.dzn`): `n = 3; start = [| 5, 3, _ | ... |];`.

The one array is the cells, under any name, as rows or in an `array2d`; `_` and 0 are open. `n` or
`S` is the order of the boxes, or of the board. What other names mean only the model says: a note
lists them. A name that comes again begins another puzzle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats import jsonl
from vmd_solver.formats.entry import MAX_LINE, Context, Entry, Format, Found, Lines, Match
from vmd_solver.formats.symbols import shown

_TOKEN = re.compile(r'%.*|/\*.*?\*/|"[^"]*"|\[\||\|\]|\.\.|<>|\w+|-\d+|\S')
_ASSIGNED = re.compile(r"\s*(?!r\d+c\d)[^\W\d]\w*\s*=\s*(\d|\[|\{|array[12]d\b|true\b|false\b|$)")
_ORDERS = {"n": ("n",), "S": ("S",), "N": ("rows", "cols")}
_MOST, _MOST_TOKENS = 100, 20_000
"""Assignments of a puzzle, and tokens of one: more than any puzzle has."""

_ARRAYS = {"": "", "array2d(": ")", "array1d(": ")"}


@dataclass(frozen=True)
class _Token:
    text: str
    line: int
    column: int

    def error(self, expected: str) -> PuzzleSyntaxError:
        """That something else was expected here."""
        message = f"unexpected {shown(self.text)}: expected {expected}"
        return PuzzleSyntaxError(message, line=self.line, column=self.column)


@dataclass
class _Draft:
    """The assignments of one puzzle, and what is wrong with them."""

    line: int
    values: dict[str, list[_Token]] = field(default_factory=dict)
    error: PuzzleSyntaxError | None = None

    @property
    def text(self) -> str:
        """The assignments, one a line."""
        return "\n".join(
            f"{name} = {' '.join(token.text for token in tokens)};"
            for name, tokens in self.values.items()
        )

    def parse(self, family: str) -> Found:
        """The puzzle that they state."""
        if self.error:
            raise self.error
        row: dict[str, Any] = {}
        arrays: dict[str, Any] = {}
        free = []
        for name, tokens in self.values.items():
            if any(token.text in ("[", "[|") for token in tokens):
                arrays[name] = _array(tokens)
            elif name in _ORDERS and len(tokens) == 1 and re.fullmatch(r"\d{1,6}", tokens[0].text):
                row |= dict.fromkeys(_ORDERS[name], int(tokens[0].text))
            else:
                free.append(name)
        row |= {name: arrays.pop(name) for name in jsonl.SOLUTIONS if name in arrays}
        if len(arrays) != 1:
            got = shown(", ".join(arrays)) if arrays else "none"
            raise PuzzleSyntaxError(f"expected one array, the cells of a puzzle, got {got}")
        (row["givens"],) = arrays.values()
        found = jsonl.puzzle_of(row, "", family)
        more = [f"not read: {shown(', '.join(free))[1:-1]}"] if free else []
        return found._replace(notes=(*found.notes, *more))


def _array(tokens: list[_Token]) -> list[Any]:
    """The cells of an array literal, in rows where it has any."""
    begin = next(at for at, token in enumerate(tokens) if token.text in ("[", "[|"))
    head = "".join(token.text for token in tokens[:begin])
    tail = _ARRAYS.get(re.sub(r"\(.*", "(", head))
    if tail is None:
        raise tokens[0].error("cells, such as [| 5, 3, _ | ... |], or array2d(1..9, 1..9, [...])")
    rows: list[list[int | str]] = [[]]
    full = False
    for at, token in enumerate(tokens[begin + 1 :], begin + 1):
        text = token.text
        if text in ("]", "|]"):
            if "".join(token.text for token in tokens[at + 1 :]) != tail:
                raise tokens[min(at + 1, len(tokens) - 1)].error(tail or "nothing after the cells")
            break
        if full and text in (",", "|"):
            if text == "|":
                rows.append([])
            full = False
        elif not full and (text in ("_", "<>") or re.fullmatch(r"-?\d{1,6}", text)):
            rows[-1].append("_" if text in ("_", "<>") else int(text))
            full = True
        else:
            raise token.error(
                "a comma or the end of the cells" if full else "a number, or _ where open"
            )
    else:
        raise tokens[-1].error("] at the end of the cells")
    rows = [row for row in rows if row]
    return rows if tokens[begin].text == "[|" else [cell for row in rows for cell in row]


def _statements(lines: Lines) -> Iterator[list[_Token]]:
    """The tokens between semicolons; no more of them than are looked at."""
    found: list[_Token] = []
    for number, line in lines:
        for match in _TOKEN.finditer(line[: MAX_LINE + 1]):
            text = match.group()
            if text == ";":
                if found:
                    yield found
                found = []
            elif not text.startswith(("%", "/*")) and len(found) < _MOST_TOKENS:
                found.append(_Token(text, number, match.start() + 1))
    if found:
        yield found


def _drafts(lines: Lines) -> Iterator[_Draft]:
    """The puzzles of a text."""
    draft: _Draft | None = None
    for tokens in _statements(lines):
        name, wrong = tokens[0].text, ""
        if not name.isidentifier() or len(tokens) < 3 or tokens[1].text != "=":
            wrong = "an assignment, such as n = 3;"
        if draft and (wrong or name in draft.values or len(draft.values) == _MOST):
            yield draft
            draft = None
        if wrong:
            yield _Draft(tokens[0].line, error=tokens[0].error(wrong))
        else:
            draft = draft or _Draft(tokens[0].line)
            draft.values[name] = tokens[2:]
    if draft:
        yield draft


def _read(lines: Lines, context: Context) -> Iterator[Entry]:
    for draft in _drafts(lines):
        yield context.entry(draft.line, draft.text, _Draft.parse, draft)


def _recognise(lines: Iterable[str]) -> Match | None:
    """Whether the first line that is no comment assigns a value."""
    first = next((line for line in lines if not line.lstrip().startswith("%")), "")
    return Match(1.0, "a name that is assigned a value") if _ASSIGNED.match(first) else None


FORMAT = Format(
    name="dzn",
    summary="data of MiniZinc models of Sudoku (.dzn)",
    recognise=_recognise,
    read=_read,
    write=None,
)

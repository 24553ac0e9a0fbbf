"""JSON over several lines, and arrays of puzzles; `jsonl` has an object a line.

A text is cut into values by its brackets, as it comes: it may have any length, and a wrong value
takes no other with it. An array is one grid where its items are rows, else each item is a puzzle.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vmd_solver.csp.puzzle import MAX_VALUES
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats import jsonl
from vmd_solver.formats.boards import order_of
from vmd_solver.formats.entry import (
    MAX_LINE,
    Context,
    Entry,
    Format,
    Found,
    Lines,
    Match,
    require_short,
)
from vmd_solver.formats.rows import cells_of

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{},]|[^\s",\[\]{}]+')
_ARRAY = re.compile(r'\[[\s\[]*($|["{\]]|(null|-?\d+)\s*([,\]]|$))')
_OPENED, _CLOSED = "[", "]"


@dataclass
class _Value:
    """A value of the text: where it begins, and its lines; no more of them than are looked at."""

    number: int
    column: int
    parts: list[str] = field(default_factory=list)
    size: int = 0
    note: str = ""

    def take(self, part: str) -> None:
        """Add a line, or the rest of one."""
        if self.size <= MAX_LINE:
            self.parts.append(part)
            self.size += len(part) + 1

    @property
    def text(self) -> str:
        return "\n".join(self.parts)

    def parse(self, family: str) -> Found:
        """The puzzle. An error is placed in the file."""
        text = self.text
        require_short(text)
        try:
            found = jsonl.puzzle_of(jsonl.loaded(text), text, family)
        except PuzzleSyntaxError as error:
            before = text[: (error.column or 1) - 1].split("\n")
            shift = self.column if len(before) == 1 else 0
            line, column = self.number + len(before) - 1, len(before[-1]) + 1 + shift
            raise PuzzleSyntaxError(error.message, line=line, column=column) from None
        return found._replace(notes=(*found.notes, *filter(None, [self.note])))


def _values(lines: Lines) -> Iterator[_Value]:
    """The values of a text. Those that are `_OPENED` and `_CLOSED` stand around items of an array.

    A value that does not end is cut off where a line begins with `{` or `[[`.
    """
    depth, inside, value = 0, False, _Value(1, 0)
    for number, line in lines:
        if depth and line.startswith(("{", "[[")):
            yield value
            depth = 0
        begin = 0
        for token in _TOKEN.finditer(line[: MAX_LINE + 1]):
            mark = token.group()
            if depth:
                depth += (mark in ("[", "{")) - (mark in ("]", "}"))
                if depth == 0:
                    value.take(line[begin : token.end()])
                    yield value
            elif mark != ",":
                begin = token.start()
                value = _Value(number, begin)
                if mark == (_CLOSED if inside else _OPENED):
                    inside = not inside
                elif mark in ("[", "{"):
                    depth = 1
                    continue
                elif not inside:
                    value.take(line[begin:])
                    yield value
                    break
                value.take(mark)
                yield value
        if depth:
            value.take(line[begin:])
    if depth:
        yield value


def _read(lines: Lines, context: Context) -> Iterator[Entry]:
    values = _values(lines)
    for value in values:
        if value.text == _OPENED:
            yield from _items(value, values, context)
        else:
            yield _entry(value, context)


def _entry(value: _Value, context: Context) -> Entry:
    return context.entry(value.number, value.text, lambda given, family: given.parse(family), value)


def _items(opened: _Value, values: Iterator[_Value], context: Context) -> Iterator[Entry]:
    """The entries of an array, item by item, or the one of its cells."""
    held, size, last = list[_Value](), 0, opened
    for last in values:
        if last.text == _CLOSED:
            break
        held.append(last)
        size += last.size
        if last.text.startswith("{") or size > MAX_LINE:
            break
    else:  # the text ends: of a grid that is cut short the cells are none for themselves
        held = [value for value in held if value.text[0] in '{["']
    closed = last.text == _CLOSED
    found = [_loaded(value.text) for value in held if closed]
    if _is_grid([row for row in found if row is not None], opened):
        opened.parts = [f"[{','.join(item.text for item in held)}]"]
        held = [value for value, row in zip(held, found, strict=True) if row is None] or [opened]
    for value in held:
        value.note, opened.note = opened.note, ""
        yield _entry(value, context)
    if closed:
        return
    for value in values:
        if value.text == _CLOSED:
            return
        yield _entry(value, context)
    message = "the array does not end: the text is cut short, copy all of it"
    yield context.failed(message, _OPENED, opened.number)


def _loaded(text: str) -> Any:
    """An item of an array, None where it is no JSON; `null` is an open cell."""
    try:
        found = jsonl.loaded(text)
    except PuzzleSyntaxError:
        return None
    return "." if found is None else found


def _is_grid(items: list[Any], opened: _Value) -> bool:
    """Whether the items of an array are the rows, or the cells, of one grid.

    Rows of 16 cells may also be puzzles of 4x4: they are where no number is beyond 4, with a note.
    """
    rows = [list(cells_of(row).symbols) if isinstance(row, str) else row for row in items]
    if not any(isinstance(row, list | dict) and len(row) > 1 for row in rows):
        return bool(rows)
    if not all(isinstance(row, list) for row in rows):
        return False
    if any(isinstance(cell, list | dict) for row in rows for cell in row):
        return False
    wide = Counter(map(len, rows)).most_common(1)[0][0]
    order = order_of(wide)
    if order is None or order < 4:
        return True
    if wide != len(rows) or wide > MAX_VALUES:
        return False
    used = {str(cell) for row in rows for cell in row}
    if used - {"None", "", "0", ".", "-1", *map(str, range(1, order + 1))}:
        return True
    opened.note = (
        f"{wide} rows of {wide} cells: read as puzzles of {order}x{order}, not one of {wide}x{wide}"
    )
    return False


def _recognise(lines: Iterable[str]) -> Match | None:
    """Surest of an array; an object over several lines may belong to a site."""
    first = next(iter(lines), "").lstrip()
    if _ARRAY.match(first):
        return Match(1.0, "a JSON array")
    return Match(0.8, "a JSON object over several lines") if first.startswith("{") else None


FORMAT = Format(
    name="json",
    summary="JSON over several lines, or an array of puzzles",
    recognise=_recognise,
    read=_read,
    write=None,
    families=jsonl.FORMAT.families,
    bare=False,
    ruled=True,
    literal=True,
)

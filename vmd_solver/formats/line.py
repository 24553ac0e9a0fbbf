"""One puzzle a line: its cells row by row, then a solution or a remark if there is one.

The text states no family.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from vmd_solver.csp.puzzle import MAX_VALUES, Puzzle, default_alphabet
from vmd_solver.errors import PuzzleError
from vmd_solver.formats.boards import order_of
from vmd_solver.formats.entry import Context, Entry, Format, Lines, failed, one_line, require_short
from vmd_solver.formats.plain import (
    FIELD,
    MOST_CHARACTERS,
    Cells,
    cells_in,
    cells_of,
    layout_of,
    line_of,
    puzzle_of,
    require_bare,
)
from vmd_solver.formats.rows import is_rule
from vmd_solver.formats.symbols import BLANKS, values_of

_SMALLEST = 4
_LOOK = 5000
_CELLS = frozenset(BLANKS) | values_of(default_alphabet(MOST_CHARACTERS)).keys()


def read(lines: Lines, context: Context) -> Iterator[Entry]:
    """One entry for each line that is not blank."""
    source, family = context.source, context.family
    for number, text in lines:
        row = text.strip()
        layout = layout_of(family, len(row))
        values = layout and layout.values(row)
        if layout and values:
            puzzle = Puzzle(layout.board, tuple(values), layout.alphabet)
            yield Entry(puzzle, row, source, number)
        elif row:
            try:
                yield _entry(text, number, context)
            except PuzzleError as error:
                yield failed(error, row, number, context)


def _entry(text: str, number: int, context: Context) -> Entry:
    require_short(text)
    fields = _fields(text)
    cells, used = cells_in(fields, number)
    rest = fields[used:]
    answer = None
    if rest and len(rest[0].group()) == len(cells.symbols):
        answer = cells_of(rest[0].group(), number, rest[0].start() + 1)
        rest = rest[1:]
    name = one_line(" ".join(field.group() for field in rest))
    puzzle, solution = puzzle_of(cells, context.family, name, answer)
    return Entry(puzzle, text.strip(), context.source, number, solution=solution)


def _fields(text: str) -> list[re.Match[str]]:
    """The fields of a line, without a remark that begins with ` #`."""
    return list(FIELD.finditer(re.split(r"\s#", text, maxsplit=1)[0]))


def write(puzzle: Puzzle) -> str:
    """The puzzle as one line."""
    return line_of(puzzle) + "\n"


def recognise(lines: Iterable[str]) -> bool:
    """Whether a line among the first is longer than a row, or all are boards of 4x4 or 5x5."""
    seen: list[Cells] = []
    for text in lines:
        if is_rule(text[:_LOOK]):
            continue
        fields = _fields(text[:_LOOK].replace("|", ""))
        cells = cells_in(fields)[0]
        if _is_long(cells, len(fields)):
            return True
        seen.append(cells)
    return _are_small(seen)


def _is_long(cells: Cells, fields: int) -> bool:
    """Whether a line has more cells than a row of any grid."""
    single = fields < len(cells.symbols)
    if len(cells.symbols) <= (MOST_CHARACTERS if single else MAX_VALUES):
        return False
    return sum(symbol in _CELLS for symbol in cells.symbols) >= 0.8 * len(cells.symbols)


def _are_small(lines: Sequence[Cells]) -> bool:
    """Whether these are no rows of one grid, because each holds a board of small values only."""
    n = len(lines[0].symbols) if lines else 0
    order = order_of(n)
    if order is None or order < _SMALLEST:
        return False
    rows = [cells.symbols for cells in lines[:n] if len(cells.symbols) == n]
    return {cell for row in rows for cell in row} <= values_of(default_alphabet(order)).keys()


FORMAT = Format(
    name="line",
    summary="one puzzle a line, . or 0 where open",
    recognise=recognise,
    read=read,
    write=write,
    require=require_bare,
    per_line=True,
)

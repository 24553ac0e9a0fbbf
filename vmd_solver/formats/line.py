"""One puzzle a line: its cells row by row, then a solution or a remark if there is one.

The text states no family.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from vmd_solver.csp.puzzle import MAX_VALUES, Puzzle, default_alphabet
from vmd_solver.formats.boards import order_of
from vmd_solver.formats.cells import (
    FIELD,
    MOST_CHARACTERS,
    cells_in,
    cells_of,
    is_rule,
    layout_of,
    line_of,
    puzzle_of,
    require_bare,
)
from vmd_solver.formats.entry import Format, Found, by_line, one_line, require_short
from vmd_solver.formats.symbols import BLANKS, values_of

_SMALLEST = 4
_LOOK = 5000
_CELLS = frozenset(BLANKS) | values_of(default_alphabet(MOST_CHARACTERS)).keys()


def _parse(text: str, family: str) -> Found:
    """The puzzle of a line: by table where it is plain symbols, else field by field."""
    row = text.strip()
    layout = layout_of(family, len(row))
    values = layout and layout.values(row)
    if layout and values:
        return Puzzle(layout.board, tuple(values), layout.alphabet), None, None
    require_short(text)
    fields = _fields(text)
    cells, used = cells_in(fields)
    rest = fields[used:]
    answer = None
    if rest and len(rest[0].group()) == len(cells.symbols):
        answer = cells_of(rest[0].group(), rest[0].start() + 1)
        rest = rest[1:]
    name = one_line(" ".join(field.group() for field in rest))
    return *puzzle_of(cells, family, name, answer), None


def _fields(text: str) -> list[re.Match[str]]:
    """The fields of a line, without a remark that begins with ` #`."""
    return list(FIELD.finditer(re.split(r"\s#", text, maxsplit=1)[0]))


def recognise(lines: Iterable[str]) -> bool:
    """Whether a line among the first is longer than a row, or all are boards of 4x4 or 5x5."""
    seen: list[list[str]] = []
    for text in lines:
        if is_rule(text[:_LOOK]):
            continue
        fields = _fields(text[:_LOOK].replace("|", ""))
        symbols = list(cells_in(fields)[0].symbols)
        most = MOST_CHARACTERS if len(fields) < len(symbols) else MAX_VALUES
        if len(symbols) > most and sum(s in _CELLS for s in symbols) >= 0.8 * len(symbols):
            return True
        seen.append(symbols)
    # No rows of one grid, because each holds a board of small values only.
    n = len(seen[0]) if seen else 0
    order = order_of(n)
    if order is None or order < _SMALLEST:
        return False
    used = {symbol for symbols in seen[:n] if len(symbols) == n for symbol in symbols}
    return used <= values_of(default_alphabet(order)).keys()


FORMAT = Format(
    name="line",
    summary="one puzzle a line, . or 0 where open",
    recognise=recognise,
    read=by_line(_parse),
    write=lambda puzzle: line_of(puzzle) + "\n",
    require=require_bare,
    per_line=True,
)

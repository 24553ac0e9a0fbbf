"""HoDoKu library lines: `:technique:candidates:cells:deleted:eliminations:remark:`.

A cell written `+5` was placed while solving; the puzzle is what was given, so it is read as open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.boards import BARE
from vmd_solver.formats.entry import Context, Entry, Format, by_line, require_short
from vmd_solver.formats.plain import Cells, line_of, puzzle_of, require_classic

_LINE = re.compile(r"\s*:([^:\s]{0,20}):([^:\s]{0,200}):([^:]*)")
_CELL = re.compile(r"\+?(\S)")


def _entry(text: str, number: int, context: Context) -> Entry:
    require_short(text)
    match = _LINE.match(text)
    if match is None:
        raise PuzzleSyntaxError("expected ':technique:candidates:cells:'", column=1)
    found = list(_CELL.finditer(text, match.start(3), match.end(3)))
    symbols = ["." if cell.group()[0] == "+" else cell.group(1) for cell in found]
    cells = Cells(symbols, [cell.start(1) + 1 for cell in found], number)
    puzzle, _ = puzzle_of(cells, context.family)
    return Entry(puzzle, text.strip(), context.source, number)


def write(puzzle: Puzzle) -> str:
    """The puzzle as a line about no technique. Raises PuzzleError unless it is 9x9 with digits."""
    require_classic(puzzle, "hodoku")
    return f":0000:x:{line_of(puzzle)}:::\n"


def recognise(lines: Iterable[str]) -> bool:
    """Whether the first line has the fields."""
    return _LINE.match(next(iter(lines), "")[:5000]) is not None


FORMAT = Format(
    name="hodoku",
    summary="HoDoKu library: :technique:candidates:cells:...",
    families=BARE,
    bare=True,
    recognise=recognise,
    read=by_line(_entry),
    write=write,
    per_line=True,
)

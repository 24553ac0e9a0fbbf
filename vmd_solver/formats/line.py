"""One puzzle a line: its cells row by row, and beside them a solution, a name or a remark.

The text states no family.
"""

from __future__ import annotations

from collections.abc import Iterable

from vmd_solver.csp.puzzle import MAX_VALUES, Puzzle
from vmd_solver.formats.boards import order_of
from vmd_solver.formats.cells import (
    MOST_CHARACTERS,
    Cells,
    is_board,
    layout_of,
    line_of,
    puzzle_of,
    require_bare,
)
from vmd_solver.formats.entry import Format, Found, Match, by_line, one_line, require_short
from vmd_solver.formats.rows import (
    WIDEST,
    cells_in,
    cells_of,
    fields_of,
    is_rule,
    is_stray,
    looks_like_cells,
    without_remark,
)
from vmd_solver.formats.symbols import infer, values_of

_SMALLEST = 4
_LOOK = 5000


def parse(text: str, family: str) -> Found:
    """The puzzle of a line: by table where it is plain symbols, else field by field."""
    row = text.strip()
    layout = layout_of(family, len(row))
    values = layout and layout.values(row)
    if layout and values:
        return Found(Puzzle(layout.board, tuple(values), layout.alphabet))
    require_short(text)
    text = without_remark(text)
    cells, rest = cells_in(text, fields_of(text))
    answer = next((field for field in rest if len(field.group()) == len(cells.symbols)), None)
    name = one_line(" ".join(field.group() for field in rest if field is not answer))
    solved = cells_of(answer.group(), answer.start() + 1) if answer else None
    found = puzzle_of(cells, family, name, solved)
    placed = text.count("+")
    note = f"values after a +, placed while solving, are read as open cells: {placed}"
    return found._replace(notes=(*found.notes, note)) if placed else found


def recognise(lines: Iterable[str]) -> Match | None:
    """Certain where the first line that may be cells is longer than a row.

    Lines of 4x4 to 7x7 puzzles are as long as rows of larger ones: they are puzzles if no value is
    too large, and there are not as many as rows, or they would break a rule as puzzles.
    """
    seen: list[Cells] = []
    for text in lines:
        head = without_remark(text[:_LOOK])
        if is_rule(head) or is_stray(head) or ("|" in head and not _has_puzzle(head)):
            continue
        fields = fields_of(head)
        cells, rest = cells_in(head, fields)
        n, seen = len(cells.symbols), [*seen, cells]
        row = MOST_CHARACTERS if len(fields) - len(rest) < n else WIDEST
        if n > row and (row < WIDEST or n > MAX_VALUES or is_board(n)):
            if not looks_like_cells("".join(cells.symbols)):
                return None
            return Match(1.0 if len(seen) == 1 else 0.7, f"a line of {n} cells")
        if len(seen) > len(seen[0].symbols):
            break
    return _small(seen) if seen else None


def _has_puzzle(text: str) -> bool:
    return any(is_board(len(field.group())) for field in fields_of(text))


def _small(seen: list[Cells]) -> Match | None:
    """The match of lines that may be puzzles of 4x4 to 7x7, or else rows."""
    n = len(seen[0].symbols)
    order = order_of(n)
    if order is None or order < _SMALLEST:
        return None
    same = [cells for cells in seen[:n] if len(cells.symbols) == n]
    used = {symbol for cells in same for symbol in cells.symbols}
    if not used <= values_of(infer(used, order)).keys():
        return None
    reason = f"a line of {n} cells that may be of {order} values"
    if len(same) < n or len(seen) > n:
        return Match(0.97, reason)
    family = "sudoku" if is_board(n) else "latin"
    found = [puzzle_of(cells, family).puzzle for cells in same]
    if not all(any(puzzle.givens) and puzzle.is_valid() for puzzle in found):
        return None
    doubt = (
        f"{n} lines of {n} cells of {order} values are read as puzzles of {order}x{order}; "
        f"--input-format grid reads them as one of {n}x{n}"
    )
    return Match(0.97, reason, doubt)


FORMAT = Format(
    name="line",
    summary="one puzzle a line, . or 0 where open",
    recognise=recognise,
    read=by_line(parse),
    write=lambda puzzle: line_of(puzzle) + "\n",
    require=require_bare,
    per_line=True,
    stray=is_stray,
)

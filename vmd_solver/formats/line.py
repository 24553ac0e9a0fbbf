"""One puzzle a line: its cells row by row, then anything.

`4.....8.5.3...` , with a solution or a remark after it if there is one. The text states no family.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from vmd_solver.csp.puzzle import MAX_VALUES, Board, Puzzle, default_alphabet
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import BARE, bare_board, order_of
from vmd_solver.formats.entry import Context, Entry, Format, Lines, failed, require_short
from vmd_solver.formats.rows import is_rule
from vmd_solver.formats.symbols import BLANKS, decode, encode, infer, values_of

_BAD = 0xFF
_LONGEST_ROW = 35
_SMALLEST = 4
_FIELD = re.compile(r"[^\s,;]+")
_CELLS = frozenset(BLANKS + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True)
class Layout:
    """What the common case needs: a board, its alphabet and a byte table from symbol to value."""

    board: Board
    alphabet: tuple[str, ...]
    table: bytes


def read(lines: Lines, context: Context) -> Iterator[Entry]:
    """One entry for each line that is not blank."""
    source, family = context.source, context.family
    for number, text in lines:
        row = text.strip()
        layout = layout_of(family, len(row))
        if layout is not None and row.isascii():
            values = row.encode().translate(layout.table)
            if _BAD not in values:
                puzzle = Puzzle(layout.board, tuple(values), layout.alphabet)
                yield Entry(puzzle, row, source, number)
                continue
        if row:
            try:
                yield parse_line(text, number, context)
            except PuzzleError as error:
                yield failed(error, row, number, context)


@lru_cache(maxsize=256)
def layout_of(family: str, n: int) -> Layout | None:
    """The layout of a plain line of n characters, or None where the slow way must judge it."""
    order = order_of(n)
    if order is None or order > _LONGEST_ROW:
        return None
    try:
        board = bare_board(family, order)
    except PuzzleError:
        return None
    alphabet = default_alphabet(order)
    table = bytearray([_BAD]) * 256
    # From 10 values on 0 may be a value: `infer` decides.
    for blank in BLANKS if order < 10 else BLANKS.replace("0", ""):
        table[ord(blank)] = 0
    for value, symbol in enumerate(alphabet, 1):
        table[ord(symbol)] = table[ord(symbol.lower())] = value
    return Layout(board, alphabet, bytes(table))


def parse_line(text: str, number: int, context: Context) -> Entry:
    """The entry of one line, whatever it holds. Raises PuzzleError."""
    require_short(text)
    fields = list(_FIELD.finditer(_without_remark(text)))
    cells, columns, used = _cells_of(fields)
    order = order_of(len(cells))
    if order is None:
        raise PuzzleSyntaxError(
            f"{len(cells)} cells: expected {_expected(context.family)}",
            column=columns[-1] + len(cells[-1]) if cells else 1,
        )
    board = bare_board(context.family, order)
    rest = fields[used:]
    answer = rest[0].group() if rest and len(rest[0].group()) == len(cells) else ""
    alphabet = infer([*cells, *answer], order)
    givens = decode(cells, alphabet, lambda cell: (number, columns[cell]))
    solution = decode_solution(answer, alphabet, number, rest[0].start() + 1) if answer else None
    name = " ".join(field.group() for field in (rest[1:] if answer else rest))
    puzzle = Puzzle(board, givens, alphabet, name)
    return Entry(puzzle, text.strip(), context.source, number, solution=solution)


def cells_of_text(text: str) -> list[str]:
    """The cells of one line, which may stand in groups or as numbers, and nothing beside them."""
    fields = list(_FIELD.finditer(text))
    cells, _, used = _cells_of(fields)
    return cells if used == len(fields) else list("".join(field.group() for field in fields))


def decode_solution(
    answer: Sequence[str],
    alphabet: tuple[str, ...],
    line: int | None = None,
    column: int | None = None,
) -> tuple[int, ...]:
    """Values of a solution's symbols. Raises PuzzleSyntaxError at a foreign symbol or a blank."""

    def place(cell: int) -> tuple[int | None, int | None]:
        return line, None if column is None else column + cell

    values = decode(answer, alphabet, place)
    if 0 in values:
        row, at = place(values.index(0))
        raise PuzzleSyntaxError("the solution leaves a cell open", line=row, column=at)
    return values


def write(puzzle: Puzzle) -> str:
    """The puzzle as one line. Raises PuzzleError where a line cannot tell its board or alphabet."""
    require_bare(puzzle, "line", boxes=False)
    return line_of(puzzle) + "\n"


def line_of(puzzle: Puzzle, values: Sequence[int] | None = None) -> str:
    """The cells in one string, numbers apart by spaces where a symbol has several characters."""
    return glue(puzzle.alphabet).join(encode(puzzle, values))


def glue(alphabet: tuple[str, ...]) -> str:
    """What stands between two cells of a row."""
    return " " if any(len(symbol) > 1 for symbol in alphabet) else ""


def require_bare(puzzle: Puzzle, name: str, boxes: bool) -> None:
    """Raise PuzzleError unless text without a header, in the format `name`, can tell the puzzle.

    `boxes` says that the format draws the boxes, so that they may have another shape than usual.
    """
    board = puzzle.board
    if board.family not in BARE:
        raise PuzzleError(
            f"the {name} form cannot hold a {board.family} puzzle: use the form vmd or jsonl"
        )
    drawn = board.box if boxes and board.box and min(board.box) > 1 else None
    try:
        same = bare_board(board.family, board.rows, drawn) == board
    except PuzzleError:
        same = False
    if not same:
        raise PuzzleError(f"the {name} form cannot tell this box shape: use the form vmd or jsonl")
    if infer(encode(puzzle), board.D) != puzzle.alphabet:
        raise PuzzleError(f"the {name} form cannot tell this alphabet: use the form vmd or jsonl")


def recognise(lines: Iterable[str]) -> bool:
    """Whether a line among the first is longer than a row, or all are boards of 4x4 or 5x5."""
    seen: list[str] = []
    for text in lines:
        if _is_long(text):
            return True
        seen.append(text)
    return _are_small(seen)


def _is_long(text: str) -> bool:
    """Whether a line has more cells than a row of any grid."""
    if is_rule(text):
        return False
    fields = list(_FIELD.finditer(_without_remark(text[:5000].replace("|", ""))))
    cells = _cells_of(fields)[0]
    if len(cells) <= (_LONGEST_ROW if len(fields) < len(cells) else MAX_VALUES):
        return False
    return sum(map(_CELLS.__contains__, "".join(cells))) >= 0.8 * len("".join(cells))


def _are_small(lines: Sequence[str]) -> bool:
    """Whether these are no rows of one grid, because each holds a board of small values only."""
    boards = [_cells_of(list(_FIELD.finditer(_without_remark(text))))[0] for text in lines]
    n = len(boards[0]) if boards else 0
    order = order_of(n)
    if order is None or order < _SMALLEST:
        return False
    rows = [cells for cells in boards[:n] if len(cells) == n]
    return {cell for cells in rows for cell in cells} <= values_of(default_alphabet(order)).keys()


def _cells_of(fields: Sequence[re.Match[str]]) -> tuple[list[str], list[int], int]:
    """Cells, their columns, and how many fields they take.

    The first field, unless the fields are k groups of k characters or cells one by one.
    """
    if not fields:
        return [], [], 0
    k = len(fields[0].group())
    if len(fields) > 1 and all(len(field.group()) <= 2 for field in fields):
        return [f.group() for f in fields], [f.start() + 1 for f in fields], len(fields)
    grouped = len(fields) == k and all(len(field.group()) == k for field in fields)
    taken = fields if grouped else fields[:1]
    cells = [symbol for field in taken for symbol in field.group()]
    columns = [field.start() + 1 + step for field in taken for step in range(len(field.group()))]
    return cells, columns, len(taken)


def _without_remark(text: str) -> str:
    return re.split(r"\s#", text, maxsplit=1)[0]


def _expected(family: str) -> str:
    if family == "latin":
        return "a square number"
    return "81 for a 9x9 board (16, 36, 64, 144, 256, 400, 625 for other sizes)"


FORMAT = Format(
    name="line",
    summary="one puzzle a line, . or 0 where open",
    families=BARE,
    bare=True,
    recognise=recognise,
    read=read,
    write=write,
)

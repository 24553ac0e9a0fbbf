"""One puzzle a line, each a JSON object; holds every family.

Written: `family`, `rows`, `cols`, `values`, what the family needs (`box`, `regions` or `units`),
`alphabet` where it is not the usual one, `name` where there is one, and `givens` (0 where open).
Read besides: `n` and `kind` and `diag` for size and family, and `puzzle`, the cells as one string.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from vmd_solver.csp.families import FAMILIES, box_regions
from vmd_solver.csp.puzzle import Board, Puzzle, default_alphabet
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.boards import Description, build, describe
from vmd_solver.formats.entry import (
    Context,
    Entry,
    Format,
    by_line,
    first_line,
    number_in,
    one_line,
    require_short,
)
from vmd_solver.formats.plain import Cells, cells_of
from vmd_solver.formats.symbols import encode, infer, require_values, shown

Row = dict[str, Any]


def _entry(text: str, number: int, context: Context) -> Entry:
    require_short(text)
    row = _loaded(text)
    cells = _cells(row, text, number)
    board = build(_description(row, context.family), n=len(cells.symbols))
    if len(cells.symbols) != board.n:
        raise PuzzleSyntaxError(
            f"expected {board.n} givens, one for each cell, got {len(cells.symbols)}"
        )
    alphabet = _alphabet(row, board, cells)
    givens = _values(cells, board, alphabet, "givens")
    answer = row.get("solution")
    solution = None if answer is None else _solution(answer, board, alphabet)
    puzzle = Puzzle(board, givens, alphabet, _text(row, "name") or _text(row, "id"))
    rating = number_in(_text(row, "rating"))
    return Entry(puzzle, text, context.source, number, solution=solution, rating=rating)


def _text(row: Row, key: str) -> str:
    """The value of a key as one line of text; empty without one."""
    value = row.get(key)
    return one_line(str(value)) if isinstance(value, str | int | float) else ""


def _loaded(text: str) -> Row:
    """The JSON object of a line. Raises PuzzleSyntaxError with the column."""
    try:
        row = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        message = f"not JSON ({error.msg}): expected one object a line"
        raise PuzzleSyntaxError(message, column=error.pos + 1) from None
    except (ValueError, RecursionError):
        raise PuzzleSyntaxError("not a puzzle: the JSON nests or counts without end") from None
    if not isinstance(row, dict):
        raise PuzzleSyntaxError("expected a JSON object: {...}", column=1)
    return row


def _once(pairs: list[tuple[str, Any]]) -> Row:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PuzzleSyntaxError(f"the key {shown(twice)} occurs twice: keep one")
    return row


def _cells(row: Row, text: str, number: int) -> Cells:
    """The givens: a list of values, or symbols where they are written as a string."""
    found = [row[key] for key in ("givens", "puzzle") if row.get(key) is not None]
    if len(found) != 1:
        raise PuzzleSyntaxError("expected either 'givens' (a list) or 'puzzle' (a line of cells)")
    if isinstance(found[0], str):
        # Where the string stands without escapes, a bad symbol has a column.
        start = text.find(f'"{found[0]}"')
        return cells_of(found[0], number, None if start < 0 else start + 2)
    if not isinstance(found[0], list):
        raise PuzzleSyntaxError(f"givens: expected a list or a string, got {shown(found[0])}")
    return Cells(found[0], [])


def _description(row: Row, family: str) -> Description:
    rows, cols = _whole(row, "rows"), _whole(row, "cols")
    order = _whole(row, "n")
    if (rows is None) != (cols is None):
        raise PuzzleSyntaxError("rows and cols go together: state both, or neither")
    size = (rows, cols) if rows is not None and cols is not None else None
    if size is None and order is not None:
        size = (order, order)
    box = _numbers(row, "box")
    if box is not None and len(box) != 2:
        raise PuzzleSyntaxError(f"box: expected two numbers, rows and columns, got {len(box)}")
    regions = _numbers(row, "regions")
    return Description(
        _family(row, family, box, regions),
        size,
        (box[0], box[1]) if box else None,
        _whole(row, "values"),
        regions,
        _units(row),
    )


def _family(
    row: Row, family: str, box: tuple[int, ...] | None, regions: tuple[int, ...] | None
) -> str:
    """The family a row states, or shows by its regions and its mark for diagonals."""
    stated = row.get("family")
    if stated is not None:
        if not isinstance(stated, str):
            raise PuzzleSyntaxError(f"family: expected a name, got {shown(stated)}")
        return stated
    kind = row.get("kind", family)
    if kind != "sudoku" or (regions is None and "diag" not in row):
        return kind if isinstance(kind, str) else shown(kind)
    boxed = regions is None or (
        box is not None and min(box) > 0 and box[0] * box[1] <= 63 and regions == box_regions(*box)
    )
    return ("sudoku" if boxed else "jigsaw") + ("-x" if row.get("diag") is True else "")


def _alphabet(row: Row, board: Board, cells: Cells) -> tuple[str, ...]:
    stated = row.get("alphabet")
    if stated is None:
        return infer(cells.symbols, board.D) if _written(cells) else default_alphabet(board.D)
    if not isinstance(stated, str | list) or not all(isinstance(s, str) for s in stated):
        raise PuzzleSyntaxError("alphabet: expected a list of strings, or one string")
    return tuple(stated)


def _written(cells: Cells) -> bool:
    """Whether the cells are symbols, not values."""
    return all(isinstance(symbol, str) for symbol in cells.symbols)


def _values(cells: Cells, board: Board, alphabet: tuple[str, ...], key: str) -> tuple[int, ...]:
    if _written(cells):
        return cells.values(alphabet)
    values: Sequence[Any] = cells.symbols
    require_values(values, board.D, lambda cell: f"{key}: {board.cell_name(cell)}")
    return tuple(values)


def _solution(answer: Any, board: Board, alphabet: tuple[str, ...]) -> tuple[int, ...]:
    if not isinstance(answer, str | list):
        raise PuzzleSyntaxError(f"solution: expected a list or a string, got {shown(answer)}")
    cells = cells_of(answer) if isinstance(answer, str) else Cells(answer, [])
    if len(cells.symbols) != board.n:
        raise PuzzleSyntaxError(
            f"expected {board.n} cells in the solution, got {len(cells.symbols)}"
        )
    values = _values(cells, board, alphabet, "solution")
    if 0 in values:
        raise PuzzleSyntaxError("the solution leaves a cell open")
    return values


def _units(row: Row) -> tuple[tuple[int, ...], ...] | None:
    units = row.get("units")
    if units is None:
        return None
    if not isinstance(units, list):
        raise PuzzleSyntaxError(f"units: expected a list of lists, got {shown(units)}")
    return tuple(_whole_numbers(unit, "units") for unit in units)


def _numbers(row: Row, key: str) -> tuple[int, ...] | None:
    return None if row.get(key) is None else _whole_numbers(row[key], key)


def _whole_numbers(found: object, key: str) -> tuple[int, ...]:
    if not isinstance(found, list) or any(type(number) is not int for number in found):
        raise PuzzleSyntaxError(f"{key}: expected a list of whole numbers, got {shown(found)}")
    return tuple(found)


def _whole(row: Row, key: str) -> int | None:
    found = row.get(key)
    if found is not None and (type(found) is not int or not 1 <= found <= 1_000_000):
        raise PuzzleSyntaxError(f"{key}: expected a whole number from 1, got {shown(found)}")
    return found


def write(puzzle: Puzzle) -> str:
    """The puzzle as one line of JSON. Raises PuzzleError where no description builds its board."""
    return json.dumps(row_of(puzzle), ensure_ascii=False, separators=(",", ":")) + "\n"


def row_of(puzzle: Puzzle) -> Row:
    """The object that stands for a puzzle."""
    encode(puzzle)
    board = describe(puzzle.board)
    rows, cols = board.size or (0, 0)
    row: Row = {"family": board.family, "rows": rows, "cols": cols, "values": board.values}
    for key in ("box", "regions", "units"):
        if (value := getattr(board, key)) is not None:
            row[key] = value
    if puzzle.alphabet != default_alphabet(puzzle.board.D):
        row["alphabet"] = puzzle.alphabet
    if puzzle.name:
        row["name"] = one_line(puzzle.name)
    return {**row, "givens": puzzle.givens}


FORMAT = Format(
    name="jsonl",
    summary="one JSON object a line",
    recognise=first_line(lambda text: text.lstrip().startswith("{")),
    read=by_line(_entry, strip=False),
    write=write,
    families=FAMILIES,
    bare=False,
    per_line=True,
)

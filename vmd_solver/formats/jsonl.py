"""One puzzle a line, each a JSON object; holds every family.

Written: `family`, `rows`, `cols`, `values`, what the family needs (`box`, `regions` or `units`),
`low`, `holes`, `rules` where there are any,
`alphabet` where it is not the usual one, `name` where there is one, and `givens` (0 where open).
Read besides: `n` and `kind` and `diag` for size and family, and `puzzle`, the cells as one string.
"""

from __future__ import annotations

import json
from typing import Any

from vmd_solver.csp.families import FAMILIES, box_regions
from vmd_solver.csp.puzzle import Board, Puzzle, numerals
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.boards import Description, build, describe
from vmd_solver.formats.cells import Cells, cells_of
from vmd_solver.formats.entry import (
    Format,
    Found,
    by_line,
    first_line,
    number_in,
    one_line,
    require_short,
)
from vmd_solver.formats.ruletext import board_with, parse_rule, rule_text
from vmd_solver.formats.symbols import encode, infer, shown

_Object = dict[str, Any]


def _parse(text: str, family: str) -> Found:
    require_short(text)
    row = _loaded(text)
    cells = _givens(row, text)
    board = _ruled(build(_description(row, family), n=len(cells.symbols)), row, text)
    if len(cells.symbols) != board.n:
        raise PuzzleSyntaxError(
            f"expected {board.n} givens, one for each cell, got {len(cells.symbols)}"
        )
    stated = row.get("alphabet")
    if stated is None:
        written = all(isinstance(symbol, str) for symbol in cells.symbols) and board.low == 1
        alphabet = infer(cells.symbols, board.D) if written else numerals(board.D, board.low)
    elif isinstance(stated, str | list) and all(isinstance(symbol, str) for symbol in stated):
        alphabet = tuple(stated)
    else:
        raise PuzzleSyntaxError("alphabet: expected a list of strings, or one string")
    givens = _values(cells, board, alphabet, "givens")
    answer, solution = row.get("solution"), None
    if answer is not None:
        if not isinstance(answer, str | list):
            message = f"solution: expected a list or a string, got {shown(answer)}"
            raise PuzzleSyntaxError(message)
        solved = cells_of(answer) if isinstance(answer, str) else Cells(answer)
        if len(solved.symbols) != board.n:
            message = f"expected {board.n} cells in the solution, got {len(solved.symbols)}"
            raise PuzzleSyntaxError(message)
        solution = _values(solved, board, alphabet, "solution")
        if 0 in solution:
            raise PuzzleSyntaxError("the solution leaves a cell open")
    puzzle = Puzzle(board, givens, alphabet, _text(row, "name") or _text(row, "id"))
    return puzzle, solution, number_in(_text(row, "rating"))


def _loaded(text: str) -> _Object:
    """The JSON object of a line. Raises PuzzleSyntaxError with the column."""
    try:
        row = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        message = f"not JSON ({error.msg}): expected one object a line"
        raise PuzzleSyntaxError(message, column=error.pos + 1) from None
    except (ValueError, RecursionError):
        raise PuzzleSyntaxError("not a puzzle: the JSON nests or counts without end") from None
    if not isinstance(row, dict):
        raise PuzzleSyntaxError("expected a JSON object: {...}")
    return row


def _once(pairs: list[tuple[str, Any]]) -> _Object:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PuzzleSyntaxError(f"the key {shown(twice)} occurs twice: keep one")
    return row


def _givens(row: _Object, text: str) -> Cells:
    """The givens: a list of values, or symbols where they are written as a string."""
    found = [row[key] for key in ("givens", "puzzle") if row.get(key) is not None]
    if len(found) != 1:
        raise PuzzleSyntaxError("expected either 'givens' (a list) or 'puzzle' (a line of cells)")
    if isinstance(found[0], str):
        # Where the string stands without escapes, a bad symbol has a column.
        start = text.find(f'"{found[0]}"')
        return cells_of(found[0], None if start < 0 else start + 2)
    if not isinstance(found[0], list):
        raise PuzzleSyntaxError(f"givens: expected a list or a string, got {shown(found[0])}")
    return Cells(found[0])


def _values(cells: Cells, board: Board, alphabet: tuple[str, ...], key: str) -> tuple[int, ...]:
    """The values of symbols, or of whole numbers 0..D, which stand for themselves."""
    if all(isinstance(symbol, str) for symbol in cells.symbols):
        return cells.values(alphabet)
    values: list[Any] = list(cells.symbols)
    for cell, value in enumerate(values):
        if type(value) is not int or not 0 <= value <= board.D:
            got = f"{key}: {board.cell_name(cell)} is {shown(value)}"
            raise PuzzleSyntaxError(f"{got}: expected 1 to {board.D}, or 0 where open")
    return tuple(values)


def _description(row: _Object, family: str) -> Description:
    rows, cols, order = (_whole(row, key) for key in ("rows", "cols", "n"))
    if (rows is None) != (cols is None):
        raise PuzzleSyntaxError("rows and cols go together: state both, or neither")
    rows, cols = rows or order, cols or order
    box, regions, units = _numbers(row, "box"), _numbers(row, "regions"), row.get("units")
    if box is not None and len(box) != 2:
        raise PuzzleSyntaxError(f"box: expected two numbers, rows and columns, got {len(box)}")
    family, values = _family(row, family, box, regions), _whole(row, "values")
    if units is not None:
        if not isinstance(units, list):
            raise PuzzleSyntaxError(f"units: expected a list of lists, got {shown(units)}")
        units = tuple(_whole_numbers(unit, "units") for unit in units)
    size = (rows, cols) if rows is not None and cols is not None else None
    low, holes = row.get("low"), _numbers(row, "holes")
    if low is not None and type(low) is not int:
        raise PuzzleSyntaxError(f"low: expected a whole number, got {shown(low)}")
    shape = (box[0], box[1]) if box else None
    return Description(family, size, shape, values, regions, units, low, holes)


def _ruled(board: Board, row: _Object, text: str) -> Board:
    """The board with the rules of a row: a list of lines, as in the format vmd."""
    lines = row.get("rules")
    if lines is None:
        return board
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise PuzzleSyntaxError(f"rules: expected a list of strings, got {shown(lines)}")
    found = []
    for line in lines:
        start = text.find(json.dumps(line, ensure_ascii=False)) + 2  # 1: written with escapes
        try:
            found.append((parse_rule(line, board), None, max(1, start)))
        except PuzzleSyntaxError as error:
            column = start + (error.column or 1) - 1 if start > 1 else None
            raise PuzzleSyntaxError(error.message, column=column) from None
    return board_with(board, found)


def _family(
    row: _Object, family: str, box: tuple[int, ...] | None, regions: tuple[int, ...] | None
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


def _text(row: _Object, key: str) -> str:
    """The value of a key as one line of text; empty without one."""
    value = row.get(key)
    return one_line(str(value)) if isinstance(value, str | int | float) else ""


def _whole(row: _Object, key: str) -> int | None:
    found = row.get(key)
    if found is not None and (type(found) is not int or not 1 <= found <= 1_000_000):
        raise PuzzleSyntaxError(f"{key}: expected a whole number from 1, got {shown(found)}")
    return found


def _numbers(row: _Object, key: str) -> tuple[int, ...] | None:
    return None if row.get(key) is None else _whole_numbers(row[key], key)


def _whole_numbers(found: object, key: str) -> tuple[int, ...]:
    if not isinstance(found, list):
        raise PuzzleSyntaxError(f"{key}: expected a list of whole numbers, got {shown(found)}")
    for place, number in enumerate(found, 1):
        if type(number) is not int:
            what = f"{shown(number)} at place {place}"
            raise PuzzleSyntaxError(f"{key}: expected a list of whole numbers, got {what}")
    return tuple(found)


def _write(puzzle: Puzzle) -> str:
    """One line of JSON. Raises PuzzleError where no description builds the puzzle's board."""
    encode(puzzle)
    board = describe(puzzle.board)
    rows, cols = board.size or (0, 0)
    row: _Object = {"family": board.family, "rows": rows, "cols": cols, "values": board.values}
    for key in ("box", "regions", "units", "low", "holes"):
        if (value := getattr(board, key)) is not None:
            row[key] = value
    if board.rules:
        row["rules"] = [rule_text(rule, puzzle.board) for rule in board.rules]
    if puzzle.alphabet != numerals(puzzle.board.D, puzzle.board.low):
        row["alphabet"] = puzzle.alphabet
    if puzzle.name:
        row["name"] = one_line(puzzle.name)
    row["givens"] = puzzle.givens
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


FORMAT = Format(
    name="jsonl",
    summary="one JSON object a line",
    recognise=first_line(lambda text: text.lstrip().startswith("{")),
    read=by_line(_parse, strip=False),
    write=_write,
    families=FAMILIES,
    bare=False,
    ruled=True,
    per_line=True,
)

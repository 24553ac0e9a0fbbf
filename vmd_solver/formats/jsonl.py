"""Puzzles as JSON objects, one a line; holds every family. `json` reads them over several lines.

Written: `family`, `rows`, `cols`, `values`, what the family needs (`box`, `regions` or `units`),
`low`, `holes`, `rules` where there are any,
`alphabet` where it is not the usual one, `name` where there is one, and `givens` (0 where open).
Read besides: `n` and `kind` and `diag` for size and family, and the cells under other names, as one
string, one list or rows. What is no text or number and under an unknown key is named in a note, for
it may be a rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from vmd_solver.csp.families import FAMILIES, box_regions
from vmd_solver.csp.puzzle import MAX_VALUES, Board, Puzzle, numerals
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.boards import Description, build, describe
from vmd_solver.formats.cells import Cells, bare_puzzle
from vmd_solver.formats.entry import (
    Format,
    Found,
    Match,
    by_line,
    number_in,
    one_line,
    require_short,
)
from vmd_solver.formats.rows import cells_of
from vmd_solver.formats.ruletext import board_with, parse_rule, rule_text
from vmd_solver.formats.symbols import BLANKS, encode, infer, shown

Object = dict[str, Any]

GIVENS = (
    *("givens", "puzzle", "question", "quizzes", "quiz", "sudoku", "board", "unsolved"),
    *("grid", "start", "x"),
)
SOLUTIONS = ("solution", "solutions", "answer", "solved")
_BOARD = ("rows", "cols", "values", "box", "regions", "units", "low", "holes", "rules", "alphabet")
_READ = {*GIVENS, *SOLUTIONS, *_BOARD}


def _parse(text: str, family: str) -> Found:
    require_short(text)
    return puzzle_of(loaded(text), text, family)


def puzzle_of(value: object, text: str, family: str) -> Found:
    """The puzzle of an object or of its cells alone, its solution and rating, and a note.

    `text` is what it was read from, for the column of a bad symbol.
    """
    row = {"puzzle": value} if isinstance(value, list | str) else value
    if not isinstance(row, dict):
        raise PuzzleSyntaxError("expected a JSON object: {...}")
    given, shape = _givens(row, text)
    cells, opens = _marked(given)
    description = _description(row, family, shape, len(cells.symbols))
    board = _ruled(build(description, n=len(cells.symbols)), row, text)
    if len(cells.symbols) != board.n:
        raise PuzzleSyntaxError(
            f"expected {board.n} givens, one for each cell, got {len(cells.symbols)}"
        )
    notes: list[str] = []
    stated, zeros = row.get("alphabet"), None
    if stated is None and board.low == 1 and "0" in opens and len(opens) > 1:
        signs = ["." if _is_empty(cell) else str(cell) for cell in given.symbols]
        zeros = bare_puzzle(board, Cells(signs, given.columns), "")
    if zeros and zeros.puzzle.alphabet[0] == "0":
        cells, alphabet = Cells(signs), zeros.puzzle.alphabet
        notes = list(zeros.notes or ("0 is read as a value: another sign marks open cells",))
    elif stated is None:
        written = all(isinstance(symbol, str) for symbol in cells.symbols) and board.low == 1
        alphabet = infer(cells.symbols, board.D) if written else numerals(board.D, board.low)
    elif isinstance(stated, str | list) and all(isinstance(symbol, str) for symbol in stated):
        alphabet = tuple(stated)
    else:
        raise PuzzleSyntaxError("alphabet: expected a list of strings, or one string")
    givens = _values(cells, board, alphabet, "givens")
    solution, more = _solution(row, board, alphabet)
    notes += more
    free = [key for key in row.keys() - _READ if isinstance(row[key], list | dict) and row[key]]
    if free:
        notes.append(f"not read: {shown(', '.join(sorted(free)))[1:-1]}")
    puzzle = Puzzle(board, givens, alphabet, _text(row, "name") or _text(row, "id"))
    return Found(puzzle, solution, number_in(_text(row, "rating")), tuple(notes))


def loaded(text: str) -> object:
    """What a JSON text says. Raises PuzzleSyntaxError with the column, counted through the text."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        message = f"not JSON ({error.msg}): expected an object {{...}}, check that it is whole"
        raise PuzzleSyntaxError(message, column=error.pos + 1) from None
    except (ValueError, RecursionError):
        raise PuzzleSyntaxError("not a puzzle: the JSON nests or counts without end") from None


def _once(pairs: list[tuple[str, Any]]) -> Object:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PuzzleSyntaxError(f"the key {shown(twice)} occurs twice: keep one")
    return row


def _givens(row: Object, text: str) -> tuple[Cells, tuple[int, int] | None]:
    """The givens, and their shape where they are rows."""
    keys = [key for key in GIVENS if row.get(key) is not None]
    if len(keys) != 1:
        got = f": keep one of {', '.join(keys)}" if keys else ""
        raise PuzzleSyntaxError(
            f"expected either 'givens' (a list) or 'puzzle' (a line of cells){got}"
        )
    return _cells(row[keys[0]], keys[0], text)


def _cells(found: object, key: str, text: str = "") -> tuple[Cells, tuple[int, int] | None]:
    """Cells of a string, a list, or a list of rows; the shape that rows give."""
    if isinstance(found, str):
        # Where the string stands without escapes, a bad symbol has a column.
        start = text.find(f'"{found}"')
        return cells_of(found, None if start < 0 else start + 2), None
    if not isinstance(found, list):
        raise PuzzleSyntaxError(f"{key}: expected a list or a string, got {shown(found)}")
    rows = _rows(found)
    if list not in set(map(type, rows)):
        return Cells(found), None
    wide = next(len(row) for row in rows if isinstance(row, list))
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != wide:
            got = len(row) if isinstance(row, list) else shown(row)
            raise PuzzleSyntaxError(f"{key}: expected {wide} cells in row {number}, got {got}")
    return Cells([cell for row in rows for cell in row]), (len(rows), wide)


def _rows(found: list[Any]) -> list[Any]:
    """The items of a list; as lists of cells where they are as many strings of as many cells."""
    if not all(isinstance(row, str) and len(row) > 2 for row in found):
        return found
    rows = [list(cells_of(row).symbols) for row in found]
    return rows if all(len(row) == len(rows) for row in rows) else found


def _is_empty(cell: int | str | None) -> bool:
    return cell in (None, -1) or not str(cell).strip()


def _is_open(cell: int | str | None) -> bool:
    return _is_empty(cell) or cell == 0 or cell in set(BLANKS)


def _marked(cells: Cells) -> tuple[Cells, set[str]]:
    """The cells as numbers where all that are filled are, 0 where open; otherwise as symbols.

    And the signs of the open cells, as the text has them.
    """
    found: list[Any] = list(cells.symbols)
    kinds = set(map(type, found))
    if not kinds <= {int, str, type(None)}:
        return cells, set()  # cells of another kind are refused later, by name
    opened = {cell for cell in set(found) if _is_open(cell)}
    filled = set(found) - opened
    numbers = kinds != {str} and not any(isinstance(cell, str) for cell in filled)
    marked = {cell: cell if numbers else str(cell) for cell in filled}
    for cell in opened:
        marked[cell] = 0 if numbers else "." if _is_empty(cell) else str(cell)
    signs = {json.dumps(cell) if cell in (None, "") else str(cell) for cell in opened}
    if all(cell is sign for cell, sign in marked.items()):
        return cells, signs
    return Cells([marked[cell] for cell in found], cells.columns), signs


def _solution(
    row: Object, board: Board, alphabet: tuple[str, ...]
) -> tuple[tuple[int, ...] | None, list[str]]:
    """The solution that is stated, or None, with a note where there are several."""
    key = next((key for key in SOLUTIONS if row.get(key) not in (None, "", [])), None)
    if key is None:
        return None, []
    answer, notes = row[key], list[str]()
    if not isinstance(answer, str | list):
        raise PuzzleSyntaxError(f"{key}: expected a list or a string, got {shown(answer)}")
    if key == "solutions" and isinstance(answer, list) and _several(answer, board.n):
        notes = [f"{len(answer)} solutions are stated: the first is compared"] * (len(answer) > 1)
        answer = answer[0]
    solved, opens = _marked(_cells(answer, key)[0])
    if "0" in opens and alphabet[0] == "0" and board.low == 1:
        solved = Cells(list(map(str, solved.symbols)))
    if len(solved.symbols) != board.n:
        message = f"expected {board.n} cells in the solution, got {len(solved.symbols)}"
        raise PuzzleSyntaxError(message)
    solution = _values(solved, board, alphabet, key)
    if 0 in solution:
        raise PuzzleSyntaxError("the solution leaves a cell open")
    return solution, notes


def _several(found: Iterable[Any], n: int) -> bool:
    """Whether the items of a list are whole grids of n cells."""
    return all(
        isinstance(one, str | list) and len(_cells(one, "solutions")[0].symbols) == n
        for one in found
    )


def _values(cells: Cells, board: Board, alphabet: tuple[str, ...], key: str) -> tuple[int, ...]:
    """The values of symbols, or of whole numbers 0..D, which stand for themselves."""
    if all(isinstance(symbol, str) for symbol in cells.symbols):
        return cells.values(alphabet)
    values: list[Any] = list(cells.symbols)
    kinds = set(map(type, values))
    if kinds == {int} and min(values) >= 0 and max(values) <= board.D:
        return tuple(values)
    odd = not kinds <= {int, str}
    for cell, value in enumerate(values):
        if odd and type(value) in (int, str):
            continue
        if type(value) is not int or not 0 <= value <= board.D:
            got = f"{key}: {board.cell_name(cell)} is {shown(value)}"
            raise PuzzleSyntaxError(f"{got}: expected 1 to {board.D}, or 0 where open")
    return tuple(values)


def _description(row: Object, family: str, shape: tuple[int, int] | None, n: int) -> Description:
    """What the object says of its board; `shape` is that of rows of cells, n their number."""
    rows, cols, order, box_order = (_whole(row, key) for key in ("rows", "cols", "n", "S"))
    if (rows is None) != (cols is None):
        raise PuzzleSyntaxError("rows and cols go together: state both, or neither")
    if order and order**4 == n:  # so MiniZinc counts: n by n boxes
        order = order**2
    order = order or (box_order and box_order**2)
    rows, cols = rows or order, cols or order
    box, regions, units = _numbers(row, "box"), _numbers(row, "regions"), row.get("units")
    if box is not None and len(box) != 2:
        raise PuzzleSyntaxError(f"box: expected two numbers, rows and columns, got {len(box)}")
    family, values = _family(row, family, box, regions), _whole(row, "values")
    if units is not None:
        if not isinstance(units, list):
            raise PuzzleSyntaxError(f"units: expected a list of lists, got {shown(units)}")
        units = tuple(_whole_numbers(unit, "units") for unit in units)
    size = (rows, cols) if rows is not None and cols is not None else shape
    if shape not in (size, None):
        raise PuzzleSyntaxError(f"the board is {rows}x{cols}, but its cells {shape[0]}x{shape[1]}")
    low, holes = row.get("low"), _numbers(row, "holes")
    if low is not None and type(low) is not int:
        raise PuzzleSyntaxError(f"low: expected a whole number, got {shown(low)}")
    boxed = (box[0], box[1]) if box else None
    return Description(family, size, boxed, values, regions, units, low, holes)


def _ruled(board: Board, row: Object, text: str) -> Board:
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
    row: Object, family: str, box: tuple[int, ...] | None, regions: tuple[int, ...] | None
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
        box is not None
        and min(box) > 0
        and box[0] * box[1] <= MAX_VALUES
        and regions == box_regions(*box)
    )
    return ("sudoku" if boxed else "jigsaw") + ("-x" if row.get("diag") is True else "")


def _text(row: Object, key: str) -> str:
    """The value of a key as one line of text; empty without one."""
    value = row.get(key)
    return one_line(str(value)) if isinstance(value, str | int | float) else ""


def _whole(row: Object, key: str) -> int | None:
    found = row.get(key)
    if found is not None and (type(found) is not int or not 1 <= found <= 1_000_000):
        raise PuzzleSyntaxError(f"{key}: expected a whole number from 1, got {shown(found)}")
    return found


def _numbers(row: Object, key: str) -> tuple[int, ...] | None:
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
    row: Object = {"family": board.family, "rows": rows, "cols": cols, "values": board.values}
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


def _recognise(lines: Iterable[str]) -> Match | None:
    """Surest of an object in one line; one over several is none, unless the next begins another."""
    for number, line in enumerate(lines):
        if not line.lstrip().startswith("{"):
            return None
        if number or line.rstrip().endswith("}"):
            return Match(0.9 if number else 1.0, "a JSON object a line")
    return None


FORMAT = Format(
    name="jsonl",
    summary="one JSON object a line",
    recognise=_recognise,
    read=by_line(_parse, strip=False),
    write=_write,
    families=FAMILIES,
    bare=False,
    ruled=True,
    per_line=True,
    literal=True,
)

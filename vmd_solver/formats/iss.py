"""Constraint strings of Interactive Sudoku Solver, one puzzle a line: `.Cage~15~R1C1~R1C2.~R3C3_8`.

A string is items of a name and arguments, and an item without a name lists givens. What a name
means there is in tables here: a rule of ours, or a part of the board. Others are refused by name.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from functools import partial
from itertools import combinations, pairwise, product
from math import isqrt
from string import ascii_letters, digits
from typing import Any, Literal, NamedTuple

from vmd_solver.csp import families, rules
from vmd_solver.csp.constraints import Constraint, Domain, Relation
from vmd_solver.csp.puzzle import Board, Cells, Puzzle, Rule, numerals
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.entry import Format, Found, by_line, first_line, require_short
from vmd_solver.formats.ruletext import board_with
from vmd_solver.formats.symbols import shown

MOST = 16
"""Rows, columns and values that a board has there at most."""

_INDEX = "0123456789abcdefg"
_CELL = re.compile(r"R([1-9a-g])C([1-9a-g])", re.IGNORECASE)
_SHAPE = re.compile(
    r"(\d{1,3})x(\d{1,3})(?:~(?:(\d{1,3})(?:-(\d{1,3}))?|(?=~)))?(~Raw)?(?:~Sudoku)?"
)
_BITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LABELS = digits + ascii_letters


class _Item(NamedTuple):
    name: str
    args: list[str]
    column: int

    def error(self, message: str) -> PuzzleSyntaxError:
        name = f"{shown(self.name)[1:-1]}: " if self.name else ""
        return PuzzleSyntaxError(name + message, column=self.column)

    def number(self, at: int = 0) -> int:
        """An argument that is a whole number."""
        text = self.args[at] if at < len(self.args) else ""
        if not re.fullmatch(r"-?\d{1,6}", text):
            raise self.error(f"expected a whole number, got {shown(text)}")
        return int(text)

    def cells(self, names: Sequence[str], board: Board) -> Cells:
        """Cells by their names, `R1C1` to `RgCg`."""
        found = []
        for name in names:
            match = _CELL.fullmatch(name)
            row, col = (
                (_INDEX.index(digit.lower()) for digit in match.groups()) if match else (0, 0)
            )
            if not (1 <= row <= board.rows and 1 <= col <= board.cols):
                last = f"{_name(board.n - 1, board)}"
                raise self.error(f"{shown(name)} is no cell: expected R1C1 to {last}")
            found.append((row - 1) * board.cols + col - 1)
        return tuple(found)


class _Type(NamedTuple):
    """A rule under its name there; `form` says what its arguments are, beside `fixed` fields.

    `cells`: numbers, then cells. `pairs`: cells, and the rule for all pairs of neighbours among
    them. `ends`: a row or column, and a number at each of its ends.
    """

    name: str
    kind: type[Rule]
    form: str = "cells"
    fixed: dict[str, Any] = {}  # noqa: RUF012


_TYPES = (
    _Type("AntiKnight", rules.AntiKnight),
    _Type("AntiKing", rules.AntiKing),
    _Type("AntiTaxicab", rules.AntiTaxicab),
    _Type("AntiConsecutive", rules.NonConsecutive),
    _Type("GlobalEntropy", rules.GlobalEntropy),
    _Type("StrictKropki", rules.Negative, fixed={"signs": ("white", "black")}),
    _Type("StrictXV", rules.Negative, fixed={"signs": ("x", "v")}),
    _Type("AllDifferent", rules.Different),
    _Type("Cage", rules.Killer),
    _Type("Sum", rules.Sum),
    _Type("RellikCage", rules.Rellik),
    _Type("EqualityCage", rules.EqualityCage),
    _Type("Lunchbox", rules.Lunchbox),
    _Type("CountingCircles", rules.CountingCircles),
    _Type("SameValues", rules.SameValues),
    _Type("Thermo", rules.Thermo),
    _Type("Whisper", rules.Whisper),
    _Type("Renban", rules.Renban),
    _Type("Palindrome", rules.Palindrome),
    _Type("Between", rules.Between),
    _Type("Lockout", rules.Lockout),
    _Type("Zipper", rules.Zipper),
    _Type("RegionSumLine", rules.RegionSumLine),
    _Type("SumLine", rules.SumLine),
    _Type("Modular", rules.Modular),
    _Type("Entropic", rules.Entropic),
    _Type("Arrow", rules.Arrow),
    _Type("DoubleArrow", rules.DoubleArrow),
    _Type("PillArrow", rules.PillArrow),
    _Type("WhiteDot", rules.Difference, "pairs", {"number": 1}),
    _Type("BlackDot", rules.Ratio, "pairs", {"number": 2}),
    _Type("V", rules.PairSum, "pairs", {"number": 5}),
    _Type("X", rules.PairSum, "pairs", {"number": 10}),
    _Type("GreaterThan", rules.Greater, "pairs"),
    _Type("Skyscraper", rules.Skyscraper, "ends"),
    _Type("HiddenSkyscraper", rules.HiddenSkyscraper, "ends"),
    _Type("XSum", rules.XSum, "ends"),
    _Type("NumberedRoom", rules.NumberedRoom, "ends"),
    _Type("FullRank", rules.FullRank, "ends"),
)


# -- reading -------------------------------------------------------------------------------------


def _parse(text: str, family: str) -> Found:
    require_short(text)
    items = _items(text)
    board, ruled = _board(items)
    givens: dict[int, tuple[set[int], int]] = {}
    found: dict[object, tuple[Rule, None, int]] = {}
    for item in ruled:
        if not item.name:
            _take_givens(item, board, givens)
            continue
        if item.name not in _READERS:
            raise item.error("is no constraint that can be read here")
        for rule in _READERS[item.name](item, board):
            # Of two clues at one place the last one counts there.
            key = (item.name, rule.all_cells) if item.name in _PLACED else len(found)
            found[key] = rule, None, item.column
    values = [0] * board.n
    for cell, (numbers, column) in givens.items():
        if len(numbers) == 1:
            values[cell] = min(numbers) - board.low + 1
        else:
            found[cell, ""] = rules.Marks(tuple(sorted(numbers)), (cell,)), None, column
    return Found(Puzzle(board_with(board, list(found.values())), tuple(values)))


def _items(text: str) -> list[_Item]:
    if not text.lstrip().startswith("."):
        raise PuzzleSyntaxError("expected .Name~argument~argument, such as .Cage~15~R1C1~R1C2")
    items = []
    for match in re.finditer(r"\.([^.]*)", text):
        name, *args = (part.strip() for part in match.group(1).split("~"))
        items.append(_Item(name, args, match.start() + 1))
    return items


def _take_givens(item: _Item, board: Board, givens: dict[int, tuple[set[int], int]]) -> None:
    """Note what numbers each cell may have: what all givens of a cell have in common."""
    known = {str(number): number for number in range(board.low, board.high + 1)}
    for arg in item.args:
        name, *numbers = arg.split("_")
        (cell,) = item.cells([name], board)
        wrong = [number for number in numbers or [""] if number not in known]
        if wrong:
            expected = f"expected {board.low} to {board.high}, got {shown(wrong[0])}"
            raise item.error(f"a given of {name}: {expected}")
        both = {known[number] for number in numbers}
        both &= givens[cell][0] if cell in givens else both
        if not both:
            raise item.error(f"no number is left for {name}")
        givens[cell] = both, item.column


def _board(items: Sequence[_Item]) -> tuple[Board, list[_Item]]:
    """The board that some of the items describe, and the others."""
    about: dict[str, _Item] = {}
    left = [item for item in items if item.name not in _ABOUT_BOARD]
    for item in items:
        if item.name in _ABOUT_BOARD and about.setdefault(item.name, item).args != item.args:
            raise item.error("is stated twice, and not the same")
    rows, cols, D, low, raw = _shape(about.get("Shape"))
    size = about["RegionSize"].number() if "RegionSize" in about else max(rows, cols)
    box = None if raw or "NoBoxes" in about else _box_of(rows, cols, size)
    pieces = _pieces(about["Jigsaw"], rows * cols, size) if "Jigsaw" in about else ()
    boxes = _boxes(rows, cols, box) if box else ()
    units = [] if raw else [line for _, line in _lines(rows, cols)]
    for labels in filter(None, (boxes, pieces)):
        parts = families.units_of_regions(families.numbered(labels))
        units += [part for part in parts if len(part) == size]
    board = families.grid(rows, cols, D, units, boxes or pieces or None)
    board = next((one for one in _usual(board, box) if _alike(one, board)), board)
    if "Windoku" in about:
        if board.family != "sudoku":
            raise about["Windoku"].error("needs a square board with boxes")
        board = families.windoku(*(board.box or ()))
    directions = {item.args[0] for item in left if item.name == "Diagonal" and item.args}
    if directions == {"1", "-1"} and board.family in ("sudoku", "jigsaw"):
        board = families.with_diagonals(board, f"{board.family}-x")
        left = [item for item in left if item.name != "Diagonal"]
    return replace(board, low=low), left


_ABOUT_BOARD = ("Shape", "RegionSize", "NoBoxes", "Jigsaw", "Windoku")


def _usual(board: Board, box: tuple[int, int] | None) -> Iterator[Board]:
    """The boards of families that this one may be, by its size."""
    if board.rows == board.cols == board.D:
        yield families.latin(board.D)
        if box and box[0] * box[1] == board.D:
            yield families.sudoku(*box)
        if board.regions and set(Counter(board.regions).values()) == {board.D}:
            yield families.jigsaw(board.regions)


def _alike(one: Board, other: Board) -> bool:
    return (one.units, one.regions) == (other.units, other.regions)


def _shape(item: _Item | None) -> tuple[int, int, int, int, bool]:
    """Rows, columns, number of values, the least number, and whether lines are no units."""
    if item is None:
        return 9, 9, 9, 1, False
    match = _SHAPE.fullmatch("~".join(item.args))
    if match is None:
        raise item.error("expected a size such as 9x9, 6x6~9 or 9x9~0-8")
    rows, cols, first, last = (int(text) if text else 0 for text in match.groups()[:4])
    low, raw = first if match[4] else 1, match[5] is not None
    D = last - low + 1 if match[4] else first or max(rows, cols)
    least = 1 if raw else max(rows, cols)
    if not (0 < rows <= MOST and 0 < cols <= MOST and least <= D <= MOST and low in (0, 1)):
        expected = f"at most {MOST} rows, columns and values from 0 or 1, as many as a line needs"
        raise item.error(f"expected {expected}, got {shown('~'.join(item.args))}")
    return rows, cols, D, low, raw


def _box_of(rows: int, cols: int, size: int) -> tuple[int, int] | None:
    """The box of so many cells that the board falls into: as square as can be."""
    shapes = [
        (side, size // side) for side in range(isqrt(max(size, 0)), 1, -1) if size % side == 0
    ]
    both = [shape for pair in shapes for shape in (pair, pair[::-1])]
    return next((box for box in both if rows % box[0] == cols % box[1] == 0), None)


def _boxes(rows: int, cols: int, box: tuple[int, int]) -> tuple[int, ...]:
    """The box of each cell."""
    places = product(range(rows), range(cols))
    return families.numbered([row // box[0] * cols + col // box[1] for row, col in places])


def _pieces(item: _Item, n: int, size: int) -> tuple[int, ...]:
    """The piece of each cell; none where all are one. One piece may be of another size."""
    layout = item.args[-1] if item.args else ""
    if len(layout) != n:
        raise item.error(f"expected a letter for each of {n} cells, got {len(layout)}")
    counted = Counter(layout)
    if sum(count != size for count in counted.values()) > 1 and len(counted) > 1:
        raise item.error(f"expected pieces of {size} cells")
    return tuple(map(ord, layout)) if len(counted) > 1 else ()


def _lines(rows: int, cols: int) -> list[tuple[str, Cells]]:
    """Rows, then columns, with their names."""
    across = [(f"R{_INDEX[row + 1]}", range(row * cols, (row + 1) * cols)) for row in range(rows)]
    down = [(f"C{_INDEX[col + 1]}", range(col, rows * cols, cols)) for col in range(cols)]
    return [(name, tuple(line)) for name, line in across + down]


def _diagonals(board: Board) -> dict[int, Cells]:
    """The diagonals of two cells and more by the cell where each begins, its name there."""
    rows, cols = board.rows, board.cols
    starts = [
        *((row, 0, 1, 1) for row in range(rows - 1)),
        *((row, cols - 1, -1, -1) for row in range(1, rows - 1)),
        *((0, col, 1, -1) for col in range(1, cols)),
        *((rows - 1, col, -1, 1) for col in range(1, cols - 1)),
    ]
    found: dict[frozenset[int], Cells] = {}
    for row, col, down, right in starts:
        length = min(rows - row if down > 0 else row + 1, cols - col if right > 0 else col + 1)
        cells = tuple((row + down * at) * cols + col + right * at for at in range(length))
        if length > 1:
            found.setdefault(frozenset(cells), cells)
    return {cells[0]: cells for cells in found.values()}


# -- rules that are read -------------------------------------------------------------------------


def _plain(kind: _Type, item: _Item, board: Board) -> Iterator[Rule]:
    """A rule whose arguments are its numbers, then its cells."""
    numbers, others = _fields_of(kind)
    args, given = list(item.args), dict(kind.fixed)
    if kind.name == "Whisper" and args and _CELL.fullmatch(args[0]):
        args.insert(0, "5")
    if "loop" in others and args[-1:] == ["LOOP"]:
        given["loop"] = bool(args.pop())
    for at, name in enumerate(numbers):
        given[name] = item._replace(args=args).number(at)
    cells = item.cells(args[len(numbers) :], board)
    if "cells" in others:
        given["cells"] = cells
    elif cells:
        raise item.error("expected no cells")
    yield kind.kind(**given)


def _fields_of(kind: _Type) -> tuple[list[str], list[str]]:
    """The fields of a rule that are numbers, and the others; those that are fixed left out."""
    names = [one.name for one in fields(kind.kind) if one.name not in kind.fixed]
    others = [name for name in names if name in ("cells", "loop")]
    return [name for name in names if name not in others], others


def _pairs(kind: _Type, item: _Item, board: Board) -> Iterator[Rule]:
    """A rule for each two neighbours among the cells."""
    near = {frozenset(pair) for pair in rules.neighbours(board)}
    cells = item.cells(item.args, board)
    pairs = [pair for pair in combinations(cells, 2) if frozenset(pair) in near]
    if not pairs:
        raise item.error("expected cells side by side")
    for pair in pairs:
        yield kind.kind(**kind.fixed, cells=pair)


def _ends(kind: _Type, item: _Item, board: Board) -> Iterator[Rule]:
    """A rule for each end of a row or column where a number stands."""
    line = _line(item, item.args[0] if item.args else "", board)
    for at, cells in ((1, line), (2, line[::-1])):
        if item.args[at : at + 1] not in ([], [""]):
            yield kind.kind(item.number(at), cells)


def _line(item: _Item, name: str, board: Board) -> Cells:
    found = dict(_lines(board.rows, board.cols)).get(name[:1] + name[1:].lower())
    if found is None:
        last = f"R{_INDEX[board.rows]} or C{_INDEX[board.cols]}"
        raise item.error(f"{shown(name)} is no row or column: expected R1 or C1 to {last}")
    return found


def _sandwich(item: _Item, board: Board) -> Iterator[Rule]:
    """What lies between the least and the greatest number of a row or column."""
    cells = _line(item, "".join(item.args[1:2]), board)
    kind = rules.Sandwich if len(cells) == board.D else rules.Lunchbox
    yield kind(item.number(), cells)


def _little_killer(item: _Item, board: Board) -> Iterator[Rule]:
    (start,) = item.cells(item.args[1:2] or [""], board)
    if start not in _diagonals(board):
        raise item.error(f"no diagonal has the name {_name(start, board)}")
    yield rules.LittleKiller(item.number(), _diagonals(board)[start])


def _diagonal(item: _Item, board: Board) -> Iterator[Rule]:
    if item.args not in (["1"], ["-1"]):
        raise item.error("expected 1 (up) or -1 (down)")
    yield rules.Diagonal("up" if item.args == ["1"] else "down")


def _disjoint(item: _Item, board: Board) -> Iterator[Rule]:
    """Cells at the same place of two boxes differ; boxes that are no units count too."""
    if board.box:
        yield rules.DisjointGroups()
        return
    size = Counter(board.regions)[0] if board.regions else max(board.rows, board.cols)
    box = _box_of(board.rows, board.cols, size)
    if box is None:
        raise item.error("needs boxes")
    grid = rules.grid_lines(board)[0]
    for r, c in product(range(box[0]), range(box[1])):
        yield rules.Different(tuple(cell for row in grid[r :: box[0]] for cell in row[c :: box[1]]))


def _cage(item: _Item, board: Board) -> Iterator[Rule]:
    """A killer cage; without a sum, or with 0, its cells only differ. One named twice counts so."""
    cells = item.cells(item.args[1:], board)
    total = item.number() if item.args[:1] != [""] else 0
    once = tuple(dict.fromkeys(cells))
    if total and once == cells:
        yield rules.Killer(total, cells)
        return
    yield rules.Different(once)
    if total:
        yield rules.Sum(total, cells)


def _sum(item: _Item, board: Board) -> Iterator[Rule]:
    """A sum: `15`, or `15_=_1_2` with how often each of the cells counts."""
    total, *counts = (item.args or [""])[0].replace("_=", "").split("_")
    cells, numbers = item.cells(item.args[1:], board), item._replace(args=[total, *counts])
    times = [numbers.number(at) for at in range(1, len(numbers.args))] or [1] * len(cells)
    if len(times) != len(cells) or min(times) < 1:
        raise item.error(f"expected {len(cells)} counts of 1 or more, one for each cell")
    often = (cell for cell, count in zip(cells, times, strict=True) for cell in [cell] * count)
    yield rules.Sum(numbers.number(), tuple(often))


def _pill_arrow(item: _Item, board: Board) -> Iterator[Rule]:
    """An arrow whose pill is read in the order of the board."""
    pill, cells = item.number(), item.cells(item.args[1:], board)
    yield rules.PillArrow(pill, (*sorted(cells[:pill]), *cells[pill:]))


def _quad(item: _Item, board: Board) -> Iterator[Rule]:
    (corner,) = item.cells(item.args[:1] or [""], board)
    if corner % board.cols == board.cols - 1 or corner >= board.n - board.cols:
        raise item.error(f"no square of four cells begins at {_name(corner, board)}")
    numbers = tuple(item.number(at) for at in range(1, len(item.args)))
    yield rules.Quadruple(numbers, _square(corner, board))


def _square(corner: int, board: Board) -> Cells:
    return corner, corner + 1, corner + board.cols, corner + board.cols + 1


def _contain(item: _Item, board: Board) -> Iterator[Rule]:
    numbers = item._replace(args=(item.args or [""])[0].split("_"))
    found = tuple(map(numbers.number, range(len(numbers.args))))
    yield rules.Quadruple(found, item.cells(item.args[1:], board))


def _indexing(item: _Item, board: Board) -> Iterator[Rule]:
    if item.args[:1] not in (["C"], ["R"]):
        raise item.error("expected C or R, then cells")
    by: Literal["column", "row"] = "column" if item.args[0] == "C" else "row"
    yield rules.Indexing(by, item.cells(item.args[1:], board))


def _regex(item: _Item, board: Board) -> Iterator[Rule]:
    coded = "".join(item.args[:1])
    try:
        pattern = urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode("latin-1")
    except ValueError:
        raise item.error(f"expected a pattern in base64, got {shown(coded)}") from None
    for group in _groups(item.args[1:]):
        yield rules.Regex(pattern, item.cells(group, board))


def _table(item: _Item, board: Board) -> Iterator[Rule]:
    """The pairs of numbers that a key allows, for neighbours in a list, or all pairs (`X`)."""
    key = "".join(item.args[:1])
    if item.name.startswith("Binary"):  # an older spelling
        key = key.translate(str.maketrans("-_", "_-"))
    if not set(key) <= set(_BITS):
        raise item.error(f"expected a table in base64, got {shown(key)}")
    bits = [_BITS.index(digit) >> at & 1 for digit in key for at in range(6)]
    numbers = range(board.low, board.high + 1)
    both = zip(product(numbers, numbers), bits, strict=False)
    allowed = tuple(pair for pair, bit in both if bit)
    for group in _groups(item.args[1:]):
        cells = item.cells(group, board)
        for pair in combinations(cells, 2) if item.name.endswith("X") else pairwise(cells):
            yield rules.Table(allowed, pair)


def _groups(args: Sequence[str]) -> list[list[str]]:
    """Arguments in groups, between empty ones and names (`_name`)."""
    parted = "~".join("" if arg.startswith("_") else arg for arg in args).split("~~")
    groups = ([arg for arg in part.split("~") if arg] for part in parted)
    return [group for group in groups if group]


_FORMS: dict[str, Callable[[_Type, _Item, Board], Iterator[Rule]]]
_FORMS = {"cells": _plain, "pairs": _pairs, "ends": _ends}
_READERS: dict[str, Callable[[_Item, Board], Iterator[Rule]]] = {
    **{kind.name: partial(_FORMS[kind.form], kind) for kind in _TYPES},
    "Diagonal": _diagonal,
    "DisjointSets": _disjoint,
    "Cage": _cage,
    "Sum": _sum,
    "PillArrow": _pill_arrow,
    "Quad": _quad,
    "ContainAtLeast": _contain,
    "Indexing": _indexing,
    "Regex": _regex,
    "Sandwich": _sandwich,
    "LittleKiller": _little_killer,
    "Pair": _table,
    "PairX": _table,
    "Binary": _table,
    "BinaryX": _table,
}
_PLACED = {
    *(kind.name for kind in _TYPES if kind.form == "ends"),
    "Sandwich",
    "LittleKiller",
    "Quad",
}


# -- writing -------------------------------------------------------------------------------------

_LIMITS: dict[type[Rule], Callable[[Any, Board], bool]] = {
    rules.AntiTaxicab: lambda rule, board: board.low == 1,
    rules.Entropic: lambda rule, board: (board.D, board.low) == (9, 1),
    rules.GlobalEntropy: lambda rule, board: (board.D, board.low) == (9, 1),
    rules.FullRank: lambda rule, board: board.rows == board.D,
    rules.SumLine: lambda rule, board: rule.total <= 30,
    rules.Killer: lambda rule, board: rule.total != 0,
    rules.Lockout: lambda rule, board: rule.number > 0,
    rules.PillArrow: lambda rule, board: (
        rule.pill in (2, 3)
        and all(
            b - a in (1, board.cols, board.cols + 1) for a, b in pairwise(rule.cells[: rule.pill])
        )
    ),
}
"""What a rule must keep to so that its constraint there is the same."""


def _write(puzzle: Puzzle) -> str:
    """The puzzle as one line. Raises PuzzleError, by name, for what has no constraint there."""
    board = puzzle.board
    text = _board_text(families.without_rules(board))
    if puzzle.alphabet != numerals(board.D, board.low):
        raise PuzzleError("the iss format cannot hold this alphabet: use vmd or jsonl")
    for cell, value in enumerate(puzzle.givens):
        if value:
            text += f"{'' if '.~' in text else '.'}~{_name(cell, board)}_{board.number(value)}"
    return text + "".join(_rule_text(rule, board) for rule in board.rules) + "\n"


def _board_text(board: Board) -> str:
    """The items that describe a board without rules."""
    rows, cols, regions = board.rows, board.cols, board.regions
    text = f".Shape~{rows}x{cols}"
    if board.low != 1:
        text += f"~{board.low}-{board.high}"
    elif max(rows, cols) != board.D:
        text += f"~{board.D}"
    parts = board.units[rows + cols : -2 if board.family.endswith("-x") else None]
    size = len(parts[0]) if parts else max(rows, cols)
    text += f".RegionSize~{size}" if size != max(rows, cols) else ""
    box = _box_of(rows, cols, size)
    if box and regions == _boxes(rows, cols, box):
        parts = parts[max(regions) + 1 :]
    else:
        text += ".NoBoxes"
    if parts and board.family != "windoku" and len(parts) < len(_LABELS):
        piece = {cell: label for label, part in zip(_LABELS, parts, strict=False) for cell in part}
        text += ".Jigsaw~" + "".join(piece.get(cell, _LABELS[-1]) for cell in range(board.n))
    if board.family == "windoku":
        text += ".Windoku"
    if board.family.endswith("-x"):
        text += ".Diagonal~1.Diagonal~-1"
    try:
        same = _board(_items(text))[0] == board
    except PuzzleError:
        same = False
    if not same:
        raise PuzzleError(
            "the iss format cannot hold this board: expected rows, columns and regions as its "
            f"units, numbers from 0 or 1, and at most {MOST} of each"
        )
    return text


def _rule_text(rule: Rule, board: Board) -> str:
    """The items of one rule, under its name there or as the pairs and candidates it comes to."""
    given: Any = rule
    limit = _LIMITS.get(type(rule))
    if limit is None or limit(rule, board):
        match given:
            case rules.Sum() if len(set(given.cells)) < len(given.cells):
                counted = Counter(given.cells)
                counts = "_".join(map(str, counted.values()))
                return f".Sum~{given.total}_=_{counts}{_names(tuple(counted), board)}"
            case rules.Diagonal():
                return f".Diagonal~{1 if given.direction == 'up' else -1}"
            case rules.DisjointGroups():
                return ".DisjointSets"
            case rules.Quadruple() if given.cells == _square(given.cells[0], board):
                numbers = "".join(f"~{number}" for number in given.numbers)
                return f".Quad~{_name(given.cells[0], board)}{numbers}"
            case rules.Quadruple():
                numbers = "_".join(map(str, given.numbers))
                return f".ContainAtLeast~{numbers}{_names(given.cells, board)}"
            case rules.Indexing():
                return f".Indexing~{given.by[0].upper()}{_names(given.cells, board)}"
            case rules.Regex():
                coded = urlsafe_b64encode(given.pattern.encode("latin-1")).decode().rstrip("=")
                return f".Regex~{coded}{_names(given.cells, board)}"
            case rules.LittleKiller():
                starts = {frozenset(line): start for start, line in _diagonals(board).items()}
                start = starts.get(frozenset(given.cells))
                if start is None:
                    return f".Sum~{given.total}{_names(given.cells, board)}"
                return f".LittleKiller~{given.total}~{_name(start, board)}"
            case rules.Sandwich():
                for name, line in _lines(board.rows, board.cols):
                    if given.cells in (line, line[::-1]) and len(line) == board.D:
                        return f".Sandwich~{given.total}~{name}"
        for kind in _TYPES:
            if type(rule) is kind.kind and (text := _typed(kind, given, board)):
                return text
    units = (f".AllDifferent{_names(unit, board)}" for unit in rule.units(board))
    return "".join((*units, *(_part_text(part, rule, board) for part in rule.constraints(board))))


def _typed(kind: _Type, rule: Any, board: Board) -> str:
    """The items of a rule of this type; empty where it is none."""
    for name, value in kind.fixed.items():
        has = getattr(rule, name)
        if has != value and not (name == "signs" and set(has) == set(value)):
            return ""
    numbers, others = _fields_of(kind)
    if kind.form == "ends":
        for name, line in _lines(board.rows, board.cols):
            if rule.cells in (line, line[::-1]):
                gap = "~" if rule.cells == line else "~~"
                return f".{kind.name}~{name}{gap}{getattr(rule, numbers[0])}"
        return ""
    if kind.form == "pairs":
        pairs, near = list(pairwise(rule.cells)), {*map(frozenset, rules.neighbours(board))}
        if all(frozenset(pair) in near for pair in pairs):
            return "".join(f".{kind.name}{_names(pair, board)}" for pair in pairs)
        return ""
    text = f".{kind.name}" + "".join(f"~{getattr(rule, name)}" for name in numbers)
    text += _names(rule.cells, board) if "cells" in others else ""
    return text + ("~LOOP" if getattr(rule, "loop", False) else "")


def _part_text(part: Constraint, rule: Rule, board: Board) -> str:
    """One constraint of a rule that has no name there."""
    match part:
        case Domain(cell, values) if cell >= 0:
            numbers = (board.number(v) for v in range(1, board.D + 1) if values >> v - 1 & 1)
            return f".~{_name(cell, board)}_{'_'.join(map(str, numbers))}"
        case Relation(a, b, rows):
            bits = [row >> at & 1 for row in rows for at in range(board.D)]
            digits = (
                sum(bit << at for at, bit in enumerate(bits[i : i + 6]))
                for i in range(0, len(bits), 6)
            )
            return f".Pair~{''.join(_BITS[digit] for digit in digits)}{_names((a, b), board)}"
    raise PuzzleError(f"the iss format cannot hold the rule {rule.name}: use vmd or jsonl")


def _name(cell: int, board: Board) -> str:
    return f"R{_INDEX[cell // board.cols + 1]}C{_INDEX[cell % board.cols + 1]}"


def _names(cells: Cells, board: Board) -> str:
    return "".join(f"~{_name(cell, board)}" for cell in cells)


FORMAT = Format(
    name="iss",
    summary="constraint strings of Interactive Sudoku Solver, one a line",
    recognise=first_line(
        lambda text: text.lstrip().startswith(".") and "~" in text, "constraints after a . and a ~"
    ),
    read=by_line(_parse),
    write=_write,
    families=families.FAMILIES,
    bare=False,
    ruled=True,
    per_line=True,
    literal=True,
)

"""Puzzles of SudokuPad, as JSON objects: what of them is rules, to a puzzle and back.

They hold cells, regions, cages and a few rules of the whole board. Lines, arrows and other drawings
mean what the text of the rules says, which only a person can read: a note names them and quotes it.
Knows no links: see `links`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from vmd_solver.csp import families
from vmd_solver.csp.puzzle import MAX_VALUES, Board, Cells, Puzzle, Rule
from vmd_solver.csp.rules import (
    AntiKing,
    AntiKnight,
    Different,
    DisjointGroups,
    Killer,
    NonConsecutive,
    Sum,
)
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.entry import Found, one_line
from vmd_solver.formats.fpuzzles import (
    Object,
    board_of,
    counted,
    given_value,
    notes,
    title_of,
    whole_solution,
)
from vmd_solver.formats.symbols import shown

GLOBAL: dict[str, Rule] = {
    "antiknight": AntiKnight(),
    "antiking": AntiKing(),
    "nonconsecutive": NonConsecutive(),
    "disjoint": DisjointGroups(),
}
"""Rules of the whole board, by their names under `global` and in the metadata."""

_READ = ("cells", "regions", "cages", "global", "metadata", "id", "cellSize")
_MARKS = ("pencilMarks", "centremarks", "cornermarks", "candidates")
_ABOUT = re.compile(r"([a-z]+):\s*(.+)", re.DOTALL)

_SHORT_KEYS = {
    **{"c": "color", "ca": "cages", "ct": "center", "c1": "borderColor", "c2": "backgroundColor"},
    **{"ce": "cells", "cs": "cellSize", "a": "arrows", "o": "overlays", "u": "underlays"},
    **{"w": "width", "h": "height", "v": "value", "vd": "videos", "l": "lines", "r": "rounded"},
    **{"re": "regions", "fs": "fontSize", "th": "thickness", "hl": "headLength"},
    **{"wp": "wayPoints", "t": "title", "te": "text", "d": "duration", "d2": "d"},
}
_STRING = re.compile(r'("(?:[^"\\]|\\.)*")', re.DOTALL)


def unzipped(text: str) -> Any:
    """The object of the short form of JSON: short keys, no quotes around them, `{}` left out.

    Raises ValueError where it is none.

    >>> unzipped("{ce:[[,{v:3}]],metadata:{title:'It\\\\'s',hidden:t}}")
    {'cells': [[{}, {'value': 3}]], 'metadata': {'title': "It's", 'hidden': True}}
    """
    if '"' not in text:
        text = text.replace("\\'", "\0").replace("'", '"').replace("\0", "'")
    pieces = _STRING.split(text)
    for at in range(0, len(pieces), 2):  # what stands between strings
        piece = re.sub(r"([,{\[])(\w+):", r'\1"\2":', pieces[at])
        piece = re.sub(r"(,|\[)(?=[,\]}])", r"\1{}", piece)
        piece = re.sub(r":([tf])(?=[,}\]])", lambda m: ":true" if m[1] == "t" else ":false", piece)
        pieces[at] = re.sub(r":(#[0F]|[0-9a-fA-F]{6})(?=[,}\]])", r':"\1"', piece)
    found: Any = json.loads("".join(pieces), object_hook=_long_keys)
    return found


def _long_keys(found: Object) -> Object:
    return {_SHORT_KEYS.get(key, key): value for key, value in found.items()}


def puzzle_of(found: Object) -> Found:
    """The puzzle of cells, regions and cages, its solution, and a note on everything else."""
    cells, size = _cells(found)
    home = {
        cell: number
        for number, region in enumerate(_list(found, "regions"), 1)
        for cell in _points(region, size, f"region {number}")
    }
    board = board_of([home.get(cell) for cell in range(size * size)], size)
    about = found.get("metadata") or {}
    if not isinstance(about, dict):
        raise PuzzleSyntaxError(f"metadata: expected an object, got {shown(about)}")
    about = dict(about)
    free: list[str] = []
    rules = list(_cages(found, size, about, free))
    named = [str(name) for name in _list(found, "global")]
    named += [key for key in GLOBAL if about.get(key) in (True, "true")]
    for name in dict.fromkeys(named):
        if name not in GLOBAL:
            raise PuzzleSyntaxError(f"the rule {shown(name)} of SudokuPad is not supported")
        rules.insert(0, GLOBAL[name])
    givens = tuple(given_value(cell.get("value"), board, at) for at, cell in enumerate(cells))
    if any(cell.get(key) for cell in cells for key in _MARKS):
        free.append("pencil marks")
    free += [counted(key, value) for key, value in found.items() if key not in _READ and value]
    puzzle = Puzzle(families.with_rules(board, rules), givens, (), title_of(about))
    solution, wrong = whole_solution(about.get("solution"), board)
    return Found(puzzle, solution, None, (*wrong, *notes(free, about.get("rules"))))


def _cells(found: Object) -> tuple[list[Object], int]:
    rows = _list(found, "cells")
    cells = list(chain.from_iterable(row for row in rows if isinstance(row, list)))
    size = len(rows)
    if not size or any(not isinstance(row, list) or len(row) != size for row in rows):
        wide = max((len(row) for row in rows if isinstance(row, list)), default=0)
        raise PuzzleSyntaxError(
            f"cells: expected as many columns as rows, got {size} rows of up to {wide}: "
            "other shapes have rules that only their text states"
        )
    if size > MAX_VALUES:
        raise PuzzleSyntaxError(f"{size}x{size} is too large: at most {MAX_VALUES} values")
    for cell in cells:
        if not isinstance(cell, dict):
            raise PuzzleSyntaxError(f"cells: expected an object a cell, got {shown(cell)}")
    return cells, size


def _cages(found: Object, size: int, about: Object, free: list[str]) -> Iterator[Rule]:
    """The rules of cages; those without cells say something about the puzzle."""
    for number, cage in enumerate(_list(found, "cages"), 1):
        place = f"cage {number}"
        if not isinstance(cage, dict):
            raise PuzzleSyntaxError(f"{place}: expected an object, got {shown(cage)}")
        cells, value = _points(cage.get("cells") or [], size, place), cage.get("value")
        if not cells:
            if match := _ABOUT.fullmatch(str(value)):
                about.setdefault(match.group(1), match.group(2))
            continue
        stated = cage.get("sum", value)
        total = int(str(stated)) if re.fullmatch(r"\d{1,6}", str(stated)) else None
        if cage.get("style") == "extraregion" or (total is None and cage.get("unique") is True):
            yield Different(cells)
        elif total is not None:
            yield Sum(total, cells) if cage.get("unique") is False else Killer(total, cells)
        if total is None and not (value in (None, "") and cage.get("unique") is True):
            free.append(place if value in (None, "") else f"{place} marked {shown(value)}")


def _list(found: Object, key: str) -> list[Any]:
    value = found.get(key) or []
    if not isinstance(value, list):
        raise PuzzleSyntaxError(f"{key}: expected a list, got {shown(value)}")
    return value


def _points(points: object, size: int, place: str) -> Cells:
    """The cells of a list of [row, column], counted from 0."""
    if not isinstance(points, list):
        raise PuzzleSyntaxError(f"{place}: expected a list of cells, got {shown(points)}")
    cells = []
    for point in points:
        whole = isinstance(point, list) and [type(one) for one in point] == [int, int]
        if not whole or not all(0 <= one < size for one in point):
            raise PuzzleSyntaxError(
                f"{place}: {json.dumps(point)[:24]} is not a cell: expected [row, column] "
                f"from [0, 0] to [{size - 1}, {size - 1}]"
            )
        cells.append(point[0] * size + point[1])
    return tuple(cells)


def object_of(puzzle: Puzzle) -> Object:
    """What SudokuPad keeps of a puzzle. Raises PuzzleError at a rule that it has not."""
    board = puzzle.board
    names = {rule: name for name, rule in GLOBAL.items()}
    values = [{"value": value} if value else {} for value in puzzle.givens]
    found: Object = {
        "cellSize": 50,
        "metadata": {"title": one_line(puzzle.name)} if puzzle.name else {},
        "cells": [values[at : at + board.cols] for at in range(0, board.n, board.cols)],
        "regions": [
            _places(board, unit) for unit in families.units_of_regions(board.regions or ()) if unit
        ],
        "cages": [],
        "global": [],
    }
    for rule in board.rules:
        if rule in names:
            found["global"].append(names[rule])
            continue
        if not isinstance(rule, Different | Killer | Sum):
            raise PuzzleError(
                f"the sudokupad format cannot hold the rule {rule.name}: use vmd or jsonl"
            )
        cage: Object = {"cells": _places(board, rule.cells), "unique": not isinstance(rule, Sum)}
        if not isinstance(rule, Different):
            cage |= {"value": str(rule.total), "sum": rule.total}
        found["cages"].append(cage)
    return found


def _places(board: Board, cells: Sequence[int]) -> list[list[int]]:
    return [list(divmod(cell, board.cols)) for cell in cells]

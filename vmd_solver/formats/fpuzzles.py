"""Puzzles of f-puzzles, as JSON objects: to a puzzle with its rules, and back.

The table READERS says what each key means; what is written is looked up in the same tables. Knows
no links: see `links`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain, combinations, product
from typing import Any

from vmd_solver.csp import families
from vmd_solver.csp.puzzle import MAX_VALUES, Board, Cells, Puzzle, Rule
from vmd_solver.csp.rules import (
    AntiKing,
    AntiKnight,
    Arrow,
    Between,
    Clone,
    Diagonal,
    Difference,
    Different,
    DisjointGroups,
    DoubleArrow,
    Entropic,
    Even,
    Indexing,
    Killer,
    LittleKiller,
    Lockout,
    Marks,
    Maximum,
    Minimum,
    Modular,
    Negative,
    NonConsecutive,
    Odd,
    PairSum,
    Palindrome,
    PillArrow,
    Quadruple,
    Ratio,
    RegionSumLine,
    Renban,
    Sandwich,
    Skyscraper,
    SlowThermo,
    Thermo,
    Whisper,
    XSum,
    Zipper,
    signed,
)
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import default_box
from vmd_solver.formats.entry import Found, one_line
from vmd_solver.formats.symbols import shown

Object = dict[str, Any]

_CELL = re.compile(r"[Rr](\d{1,3})[Cc](\d{1,3})")
_STEPS = {"UR": (-1, 1), "UL": (-1, -1), "DR": (1, 1), "DL": (1, -1)}
_LONGEST_QUOTE = 200

ABOUT = ("size", "grid", "title", "author", "ruleset", "solution", "metadata")
"""Keys that say what the puzzle is, but its rules."""

FREE = (
    *("text", "line", "rectangle", "circle", "cage", "fogofwar", "foglight", "triggereffect"),
    *("disabledlogic", "truecandidatesoptions", "highlightconflicts", "successmessage"),
    *("successMessage", "highlightConflicts", "customcosmetic"),
)
"""Keys of drawings and of settings: they carry no rule."""

_READ_OF_CELL = ("value", "given", "region", "givenPencilMarks", "parity")
_FREE_OF_CELL = ("c", "cArray", "highlight", "centerPencilMarks", "cornerPencilMarks")

GLOBAL: dict[str, Rule] = {
    "diagonal-": Diagonal("down"),
    "diagonal+": Diagonal("up"),
    "antiknight": AntiKnight(),
    "antiking": AntiKing(),
    "disjointgroups": DisjointGroups(),
    "nonconsecutive": NonConsecutive(),
}

LINES: dict[str, Callable[[Cells], Rule]] = {
    "thermometer": Thermo,
    "slowthermometer": SlowThermo,
    "palindrome": Palindrome,
    "renban": Renban,
    "betweenline": Between,
    "regionsumline": RegionSumLine,
    "entropicline": Entropic,
    "modularline": partial(Modular, 3),
    "zipperline": Zipper,
    "doublearrow": DoubleArrow,
}
CELLS: dict[str, Callable[[Cells], Rule]] = {
    "odd": Odd,
    "even": Even,
    "minimum": Minimum,
    "maximum": Maximum,
}
"""Keys whose entries, of a cell each, make one rule."""

PARITIES = {"Odd": Odd, "Even": Even}
"""How older puzzles mark a cell."""

OUTSIDE: dict[str, Callable[[int, Cells], Rule]] = {
    "sandwichsum": Sandwich,
    "xsum": XSum,
    "skyscraper": Skyscraper,
    "littlekillersum": LittleKiller,
}
SETS: dict[str, Callable[[Cells], Rule]] = {
    "extraregion": Different,
    "rowindexer": partial(Indexing, "row"),
    "columnindexer": partial(Indexing, "column"),
}
NEGATIVE = {"ratio": ("black",), "xv": ("v", "x"), "difference": ("white",)}
SIGNS = {"v": 5, "x": 10}


@dataclass(frozen=True)
class Part:
    """One entry under a key: its fields, and `place` for messages, such as `arrow 2`."""

    place: str
    size: int
    fields: Object

    def error(self, message: str) -> PuzzleSyntaxError:
        """An error of this part."""
        return PuzzleSyntaxError(f"{self.place}: {message}")

    def cell(self, name: object) -> int:
        """The cell of that name."""
        row, col = self.point(name)
        if not (1 <= row <= self.size and 1 <= col <= self.size):
            raise self.error(
                f"{shown(name)} is not a cell: expected R1C1 to R{self.size}C{self.size}"
            )
        return (row - 1) * self.size + col - 1

    def point(self, name: object) -> tuple[int, int]:
        """Row and column of a cell, or of a place outside the board."""
        match = _CELL.fullmatch(name) if isinstance(name, str) else None
        if match is None:
            raise self.error(f"{shown(name)} is not a cell: expected a name such as R1C2")
        return int(match.group(1)), int(match.group(2))

    def cells(self, key: str = "cells") -> Cells:
        """The cells under a key."""
        return tuple(map(self.cell, self.items(key)))

    def items(self, key: str) -> list[Any]:
        """The list under a key; empty without one."""
        found = self.fields.get(key) or []
        if not isinstance(found, list):
            raise self.error(f"{key}: expected a list, got {shown(found)}")
        return found

    def lines(self) -> Iterator[Cells]:
        """The cells of each line; a line of one cell says nothing."""
        for line in self.items("lines"):
            if not isinstance(line, list):
                raise self.error(f"lines: expected lists of cells, got {shown(line)}")
            if len(line) > 1:
                yield tuple(map(self.cell, line))

    @property
    def blank(self) -> bool:
        """Whether no value is stated."""
        return self.fields.get("value") in (None, "")

    def number(self, usual: int | None = None) -> int:
        """The stated value, or the usual one."""
        value = self.fields.get("value")
        if self.blank and usual is not None:
            return usual
        return self.whole(value)

    def whole(self, value: object) -> int:
        """A whole number, also one that is written as a string."""
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,6}", str(value)):
            raise self.error(f"expected a whole number, got {shown(value)}")
        return int(str(value))

    def clue(self) -> Cells:
        """The cells that an outside clue sees, from it on."""
        place, direction = self.fields.get("cell"), self.fields.get("direction")
        if direction is None:
            seen = _lines_from_outside(self.size).get(self.point(place))
        else:
            seen = _diagonals(self.size).get((*self.point(place), str(direction)))
        if seen is None:
            raise self.error(f"no cells are seen from {shown(place)}: expected a place outside")
        return seen


@cache
def _lines_from_outside(size: int) -> dict[tuple[int, int], Cells]:
    """The row or column that begins beside each place around the board."""
    found: dict[tuple[int, int], Cells] = {}
    for at in range(size):
        row, col = range(at * size, (at + 1) * size), range(at, size * size, size)
        for place, line in (((at + 1, 0), row), ((0, at + 1), col)):
            found[place] = tuple(line)
            found[place[0] or size + 1, place[1]] = found[place]
        found[at + 1, size + 1], found[size + 1, at + 1] = tuple(row)[::-1], tuple(col)[::-1]
    return found


@cache
def _diagonals(size: int) -> dict[tuple[int, int, str], Cells]:
    """The diagonal that begins beside each place around the board, in each direction."""
    found: dict[tuple[int, int, str], Cells] = {}
    edge = (0, size + 1)
    for row, col in product(range(size + 2), repeat=2):
        if row in edge or col in edge:
            for name, (down, right) in _STEPS.items():
                steps = [(row + down * step, col + right * step) for step in range(1, size + 1)]
                cells = [(y - 1) * size + x - 1 for y, x in steps if 0 < y <= size >= x > 0]
                if cells:
                    found[row, col, name] = tuple(cells)
    return found


def _along(make: Callable[[Cells], Rule], part: Part) -> Iterator[Rule]:
    return map(make, part.lines())


def _on(make: Callable[[Cells], Rule], part: Part) -> Iterator[Rule]:
    yield make(part.cells())


def _seen(make: Callable[[int, Cells], Rule], part: Part) -> Iterator[Rule]:
    yield make(part.number(), part.clue())


def _arrow(part: Part) -> Iterator[Rule]:
    """Circles of several cells are read row by row, whatever the order they are listed in."""
    circle = tuple(sorted(part.cells()))
    for line in part.lines():
        cells = circle + tuple(cell for cell in line if cell not in circle)
        yield Arrow(cells) if len(circle) == 1 else PillArrow(len(circle), cells)


def _nabner(part: Part) -> Iterator[Rule]:
    return (Whisper(2, pair) for line in part.lines() for pair in combinations(line, 2))


def _xv(part: Part) -> Iterator[Rule]:
    sign = str(part.fields.get("value") or "").lower()
    if sign not in ("", *SIGNS):
        raise part.error(f"expected X or V, got {shown(sign)}")
    return iter([PairSum(SIGNS[sign], part.cells())] if sign else [])


READERS: dict[str, Callable[[Part], Iterable[Rule]]] = {
    **{key: partial(_along, make) for key, make in LINES.items()},
    **{key: partial(_on, make) for key, make in SETS.items()},
    **{key: partial(_seen, make) for key, make in OUTSIDE.items()},
    "whispers": lambda part: (
        Whisper(part.number((part.size + 1) // 2), line) for line in part.lines()
    ),
    "lockout": lambda part: (Lockout(part.size // 2, line) for line in part.lines()),
    "nabner": _nabner,
    "arrow": _arrow,
    "killercage": lambda part: [
        Different(part.cells()) if part.blank else Killer(part.number(), part.cells())
    ],
    "clone": lambda part: [Clone(part.cells() + part.cells("cloneCells"))],
    "quadruple": lambda part: [
        Quadruple(tuple(map(part.whole, part.items("values"))), part.cells())
    ],
    "difference": lambda part: [Difference(part.number(1), part.cells())],
    "ratio": lambda part: [Ratio(part.number(2), part.cells())],
    "sum": lambda part: [PairSum(part.number(), part.cells())],
    "xv": _xv,
}
"""The rules of an entry, by its key."""


def puzzle_of(found: Object) -> Found:
    """The puzzle that f-puzzles means, its solution, and a note on what carries no rule."""
    grid, size = _grid(found)
    cells = [cell for row in grid for cell in row]
    board = _board(cells, size, bool(found.get("diagonal+") and found.get("diagonal-")))
    rules: list[Rule] = []
    free: list[str] = []
    for key, value in found.items():
        if key in ABOUT or key in ("negative", *GLOBAL) or value in (None, False, "", [], {}):
            continue
        if key in FREE:
            free += _drawn(key, value, found)
        elif key in CELLS or key in READERS:
            parts = list(_parts(key, value, size))
            if key in CELLS:
                rules.append(
                    CELLS[key](tuple(part.cell(part.fields.get("cell")) for part in parts))
                )
            for part in parts if key in READERS else ():
                if part.blank and key in OUTSIDE:
                    free.append(f"{part.place} without a value")
                else:
                    rules += READERS[key](part)
        else:
            raise PuzzleSyntaxError(f"the rule {shown(key)} of f-puzzles is not supported")
    rules = [*_global(found, rules, board), *rules]
    givens = []
    for at, cell in enumerate(cells):
        givens.append(given_value(cell.get("value") if cell.get("given") else None, board, at))
        if cell.get("givenPencilMarks"):
            part = Part(board.cell_name(at), size, cell)
            rules.append(Marks(tuple(map(part.whole, part.items("givenPencilMarks"))), (at,)))
        if cell.get("parity") in PARITIES:
            rules.append(PARITIES[cell["parity"]]((at,)))
        for key in cell.keys() - {*_READ_OF_CELL, *_FREE_OF_CELL}:
            raise PuzzleSyntaxError(f"{board.cell_name(at)}: {shown(key)} is not supported")
    entries = sum(1 for cell in cells if cell.get("value") and not cell.get("given"))
    if entries:
        free.append(counted("values that are not givens", entries))
    free += [f"{key} of cells" for key in _FREE_OF_CELL if any(cell.get(key) for cell in cells)]
    puzzle = Puzzle(families.with_rules(board, rules), tuple(givens), (), title_of(found))
    solution, wrong = whole_solution(found.get("solution"), board)
    return Found(puzzle, solution, None, (*wrong, *notes(free, found.get("ruleset"))))


def _grid(found: Object) -> tuple[list[list[Object]], int]:
    grid = found.get("grid")
    if not isinstance(grid, list) or not grid:
        raise PuzzleSyntaxError("grid: expected rows of cells")
    size = found.get("size", len(grid))
    rows = [row if isinstance(row, list) else [] for row in grid]
    if size != len(grid) or any(len(row) != size for row in rows):
        wide = next((len(row) for row in rows if len(row) != size), len(rows[0]))
        raise PuzzleSyntaxError(
            f"grid: {len(grid)} rows of {wide} cells contradict size {shown(size)}"
        )
    size = len(grid)
    if size > MAX_VALUES:
        raise PuzzleSyntaxError(f"{size}x{size} is too large: at most {MAX_VALUES} values")
    for cell in chain.from_iterable(rows):
        if not isinstance(cell, dict):
            raise PuzzleSyntaxError(f"grid: expected an object a cell, got {shown(cell)}")
    return rows, size


def _board(cells: Sequence[Object], size: int, diagonals: bool) -> Board:
    """The board of the regions: boxes, or else rows, where none is stated; none where null."""
    box = default_box(size)
    if box is None and not any("region" in cell for cell in cells):
        return families.latin(size)
    usual = families.box_regions(*(box or (1, size)))
    labels = [cell.get("region", usual[at]) for at, cell in enumerate(cells)]
    if any(type(label) not in (int, type(None)) for label in labels):
        raise PuzzleSyntaxError("region: expected a number or null in each cell")
    return board_of(labels, size, diagonals)


def board_of(labels: Sequence[int | None], size: int, diagonals: bool = False) -> Board:
    """The board of rows, columns and the regions that cells are labelled with, if any."""
    order = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    numbers = tuple(order[label] for label in labels)
    units = [unit for unit in families.units_of_regions(numbers) if labels[unit[0]] is not None]
    if not units:
        return families.latin(size)
    if None in order or any(len(unit) != size for unit in units):
        lines = families.lines(size)
        return families.grid(
            size, size, size, lines + tuple(units), None if None in order else numbers
        )
    for rows in range(2, size):
        if size % rows == 0 and families.box_regions(rows, size // rows) == numbers:
            box = families.sudoku_x if diagonals else families.sudoku
            return box(rows, size // rows)
    return families.jigsaw(numbers, diagonals)


def _global(found: Object, rules: list[Rule], board: Board) -> Iterator[Rule]:
    """The rules of the whole board: those that are set, and those on signs that are missing."""
    negative = found.get("negative") or []
    if not isinstance(negative, list) or not set(map(str, negative)) <= NEGATIVE.keys():
        expected = ", ".join(NEGATIVE)
        raise PuzzleSyntaxError(f"negative: expected some of {expected}, got {shown(negative)}")
    both = board.family.endswith("-x")
    for key, rule in GLOBAL.items():
        if found.get(key) and not (both and key.startswith("diagonal")) and key != "nonconsecutive":
            yield rule
    signs = [sign for key in NEGATIVE if key in negative for sign in NEGATIVE[key]]
    # Where there are dots, only pairs without one are meant.
    dots = [rule for rule in rules if isinstance(rule, Difference | Ratio)]
    if found.get("nonconsecutive") and dots:
        signs = list(dict.fromkeys([*signs, "white"]))
    elif found.get("nonconsecutive"):
        yield NonConsecutive()
    asked = [sign for sign in ("white", "black") if sign in signs]
    for rule in dots if asked else ():
        # Whether dots of another kind except their pairs too is not agreed on.
        usual = bool(signed(rule, ("white", "black")))
        if not signed(rule, asked) if usual else rule.name in negative:
            other = f"{rule.name} of {rule.number}"
            raise PuzzleSyntaxError(f"negative: not supported beside a {other} on the same board")
    if signs:
        yield Negative(tuple(signs))


def _parts(key: str, value: object, size: int) -> Iterator[Part]:
    if not isinstance(value, list):
        raise PuzzleSyntaxError(f"{key}: expected a list, got {shown(value)}")
    for number, fields in enumerate(value, 1):
        if not isinstance(fields, dict):
            raise PuzzleSyntaxError(f"{key} {number}: expected an object, got {shown(fields)}")
        yield Part(f"{key} {number}", size, fields)


def given_value(value: object, board: Board, at: int) -> int:
    """The value of a given cell: a number or one in a string; 0 where there is none."""
    if value in (None, ""):
        return 0
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,3}", str(value)):
        raise PuzzleSyntaxError(f"{board.cell_name(at)}: expected a number, got {shown(value)}")
    number = int(str(value))
    if not 1 <= number <= board.D:
        raise PuzzleSyntaxError(f"{board.cell_name(at)} is {number}: expected 1 to {board.D}")
    return number


def whole_solution(found: object, board: Board) -> tuple[tuple[int, ...] | None, tuple[str, ...]]:
    """The solution that a list or a string states, or None and a note: it does not fill the board.

    A solution that is not stated takes no note.
    """
    if not found:
        return None, ()
    cells = found.split(",") if isinstance(found, str) and "," in found else found
    text = [str(value) for value in cells] if isinstance(cells, str | list) else []
    values = tuple(int(one) if re.fullmatch(r"\d{1,3}", one) else 0 for one in text)
    if len(values) == board.n and all(1 <= value <= board.D for value in values):
        return values, ()
    filled = sum(1 <= value <= board.D for value in values)
    return None, (f"the stated solution is not compared: {filled} of {board.n} cells are filled",)


def title_of(found: Object) -> str:
    """The title as one line; empty without one."""
    title = found.get("title")
    return one_line(title) if isinstance(title, str) else ""


def _drawn(key: str, value: object, found: Object) -> list[str]:
    """A key for a note; none where all of its drawings are those of rules that are read."""

    def of_rule(one: object) -> bool:
        name = one.get("fromConstraint") if isinstance(one, dict) else None
        return bool(name) and re.sub(r"[^a-z]|^(german|dutch)", "", str(name).lower()) in found

    own = [one for one in value if not of_rule(one)] if isinstance(value, list) else value
    return [counted(key, own)] if own else []


def counted(what: str, value: object) -> str:
    """A part for a note, with how many there are."""
    count = len(value) if isinstance(value, list) else value if type(value) is int else None
    return f"{count} {what}" if count and count > 1 else what


def notes(free: Sequence[str], text: object) -> tuple[str, ...]:
    """A note that names what carries no rule, and quotes what the puzzle says of its rules."""
    if not free:
        return ()
    said = one_line(text) if isinstance(text, str) else ""
    quote = f"{said[:_LONGEST_QUOTE]}..." if len(said) > _LONGEST_QUOTE else said
    return (f"not rules: {', '.join(free)}" + (f"; the rules say: {quote}" if quote else ""),)


def object_of(puzzle: Puzzle) -> Object:
    """What f-puzzles keeps of a puzzle. Raises PuzzleError where that would not be all of it."""
    board, size = puzzle.board, puzzle.board.rows
    found: Object = {"size": size, "grid": [[{} for _ in range(board.cols)] for _ in range(size)]}
    cells = list(chain.from_iterable(found["grid"]))
    usual = default_box(size)
    for at, (cell, value) in enumerate(zip(cells, puzzle.givens, strict=True)):
        if value:
            cell |= {"value": value, "given": True}
        if board.box != usual or usual is None:
            cell["region"] = board.regions[at] if board.regions else None
    if puzzle.name:
        found["title"] = one_line(puzzle.name)
    if board.family.endswith("-x"):
        found |= {"diagonal+": True, "diagonal-": True}
    keys = {rule: key for key, rule in GLOBAL.items()}
    for rule in board.rules:
        if rule in keys:
            found[keys[rule]] = True
        elif isinstance(rule, Negative):
            found["nonconsecutive"] = found.get("nonconsecutive", "white" in rule.signs)
            found["negative"] = [key for key in ("ratio", "xv") if NEGATIVE[key][0] in rule.signs]
        elif isinstance(rule, Marks):
            for at in rule.cells:
                cells[at]["givenPencilMarks"] = list(rule.numbers)
        else:
            key, entries = _written(rule, board)
            found.setdefault(key, []).extend(entries)
    return found


def name_of(board: Board, cell: int) -> str:
    """What f-puzzles calls a cell."""
    return board.cell_name(cell).upper()


def _written(rule: Rule, board: Board) -> tuple[str, list[Object]]:
    """The key of a rule of cells, and its entries."""
    cells: Cells = getattr(rule, "cells", ())
    names, size = [name_of(board, cell) for cell in cells], board.rows
    number = getattr(rule, "total", getattr(rule, "number", 0))
    for key, line in LINES.items():
        if line(cells) == rule:
            return key, [{"lines": [names]}]
    for key, several in SETS.items():
        if several(cells) == rule:
            return key, [{"cells": names}]
    for key, each in CELLS.items():
        if each(cells) == rule:
            return key, [{"cell": name} for name in names]
    for key, clue in OUTSIDE.items():
        places = _diagonals(size) if key == "littlekillersum" else _lines_from_outside(size)
        for place, seen in places.items():
            if seen == cells and clue(number, cells) == rule:
                where = {"direction": place[2]} if len(place) == 3 else {}
                entry = {"cell": f"R{place[0]}C{place[1]}", **where, "value": str(number)}
                return key, [entry]
    match rule:
        case Whisper():
            return "whispers", [{"lines": [names], "value": str(number)}]
        case Lockout() if number == size // 2:
            return "lockout", [{"lines": [names]}]
        case Arrow():
            return "arrow", [{"lines": [names], "cells": names[:1]}]
        case PillArrow():
            pill = rule.pill
            return "arrow", [{"lines": [names[pill - 1 :]], "cells": names[:pill]}]
        case Killer():
            return "killercage", [{"cells": names, "value": str(number)}]
        case Clone():
            half = len(names) // 2
            return "clone", [{"cells": names[:half], "cloneCells": names[half:]}]
        case Quadruple():
            return "quadruple", [{"cells": names, "values": list(rule.numbers)}]
        case Difference():
            return "difference", [{"cells": names, "value": str(number)}]
        case Ratio():
            return "ratio", [{"cells": names, "value": str(number)}]
        case PairSum():
            sign = {total: sign.upper() for sign, total in SIGNS.items()}.get(number)
            return ("xv" if sign else "sum"), [{"cells": names, "value": sign or str(number)}]
    raise PuzzleError(f"the fpuzzles format cannot hold the rule {rule.name}: use vmd or jsonl")

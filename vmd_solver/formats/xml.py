"""Collections and saved games of other programs, as XML; read tag by tag, as the text comes.

opensudoku  OpenSudoku: `<game data="..."/>` in a `<folder>`, or below a `<name>`. The data are 81
            digits, or `version: N` and some fields a cell: its value first, last whether it may be
            edited. Also read: Sudoku 10'000, with `<sudoku data="..."/>`.
ksudoku     KSudoku: the graph of a game (its cliques and cages) and its values: `_` is open, `.` no
            cell, `b` is 1. Cells are counted down the columns.

What the player has entered is no given, and named in a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from math import isqrt
from typing import Literal
from xml.parsers import expat

from vmd_solver.csp import families
from vmd_solver.csp.puzzle import MAX_VALUES, Board, Puzzle, Rule
from vmd_solver.csp.rules import Different, KenKen, Killer
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.boards import MAX_CELLS
from vmd_solver.formats.cells import Cells, line_of, puzzle_of, require_nine
from vmd_solver.formats.entry import (
    MAX_LINE,
    Context,
    Entry,
    Format,
    Found,
    Lines,
    Match,
    Recogniser,
    Remark,
    one_line,
)
from vmd_solver.formats.fpuzzles import board_of
from vmd_solver.formats.rows import cells_of
from vmd_solver.formats.symbols import shown

_ROOT = re.compile(r"<([^\s<>/!?]+)")
_GAMES = {"opensudoku": "game", "opensudoku2": "game", "onegravitysudoku": "sudoku"}
_KSUDOKU = ("ksudoku", "ksudoku-graph")
_VERSION = re.compile(r"version:\s*(\d+)\s+(.*)", re.DOTALL)
_FIELDS = {"1": 3, "2": 3, "3": 3, "4": 4, "5": 5}
"""Fields of a cell, by the version of the data."""

_OPERATIONS: dict[str, Literal["+", "-", "x", "/"]] = {
    "1": "/",
    "2": "-",
    "3": "x",
    "4": "+",
    "0": "+",
}
_DEEPEST = 100
_TEXTS = ("name", "values", "solution", "clique", "cage")


@dataclass
class _Tag:
    """An element but for those in it, and the line where it begins."""

    name: str
    attributes: dict[str, str]
    line: int
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text."""
        return "".join(self.parts).strip()


@dataclass
class _Document:
    """What is open in a document, the tags of its next puzzle, and the entries that are ready."""

    context: Context
    before: int
    opened: list[_Tag] = field(default_factory=list)
    tags: list[_Tag] = field(default_factory=list)
    ready: list[Entry] = field(default_factory=list)
    folder: str = ""
    count: int = 0
    size: int = 0

    def __post_init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._entity

    @property
    def line(self) -> int:
        """The line of the file that is being read."""
        return self.before + self.parser.CurrentLineNumber

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _Tag(name, attributes, self.line)
        if not self.opened and name not in (*_GAMES, *_KSUDOKU):
            known = ", ".join((*_GAMES, _KSUDOKU[0]))
            raise PuzzleSyntaxError(f"a document of {shown(name)}: expected one of {known}")
        self.opened.append(tag)
        if len(self.opened) > _DEEPEST:
            raise PuzzleSyntaxError(f"more than {_DEEPEST} elements one in another")
        if name == "folder":
            self._begin(attributes.get("name") or attributes.get("folder_name") or "")
        if self.opened[0].name == "ksudoku":
            self.tags.append(tag)
        self._grow(sum(map(len, (name, *attributes.values()))))

    def _text(self, text: str) -> None:
        if self.opened and self.opened[-1].name in _TEXTS:
            self.opened[-1].parts.append(text)
            self._grow(len(text))
        elif self.opened and self.opened[-1].name in (*_GAMES, "folder") and text.strip():
            self._odd(f"unexpected text {shown(text.strip())}", self.line)

    def _end(self, name: str) -> None:
        tag, root = self.opened.pop(), self.opened[0].name if self.opened else ""
        data = tag.attributes.get("data") or tag.attributes.get("cells_data") or ""
        if name == "name":
            self._begin(tag.text)
        elif name == _GAMES.get(root):
            self.count += 1
            title = f"{self.folder} {self.count}" if self.folder else ""
            self.ready.append(self.context.entry(tag.line, data, _game, (data, title)))
            self.size = 0
        elif root in _GAMES and tag.attributes and name not in (*_GAMES, "folder"):
            self._odd(f"unexpected {shown(name)}", tag.line)
        elif root == "ksudoku" and name == "game":
            text = next((one.text for one in self.tags if one.name == "values"), "")
            self.ready.append(self.context.entry(tag.line, text, _graph_game, self.tags))
            self.tags, self.size = [], 0
        elif name == "ksudoku-graph":
            message = "a shape of KSudoku without values: save a game on it, and give that"
            self.ready.append(self.context.failed(message, "", tag.line))

    def _odd(self, message: str, line: int) -> None:
        """Report what stands in the place of a game; once a line."""
        if not (self.ready and self.ready[-1].error and self.ready[-1].line == line):
            wanted = f"<{_GAMES[self.opened[0].name]} data=...>"
            self.ready.append(self.context.failed(f"{message}: expected {wanted}", "", line))

    def _begin(self, folder: str) -> None:
        self.folder, self.count = one_line(folder), 0

    def _grow(self, more: int) -> None:
        self.size += more
        if self.size > MAX_LINE:
            raise PuzzleSyntaxError(f"more than {MAX_LINE:,} characters before the next puzzle")

    def _entity(self, *_: object) -> None:
        raise PuzzleSyntaxError("the document declares entities: expected none")


def _read(lines: Lines, context: Context) -> Iterator[Entry | Remark]:
    """The puzzles as they come; what makes the text no XML ends it."""
    first = next(lines, None)
    while first and not first[1].lstrip().startswith("<"):
        if first[1].strip():
            yield context.skipped(*first)
        first = next(lines, None)
    if first is None:
        return
    document, fed, number = _Document(context, first[0] - 1), 0, first[0]
    try:
        for number, text in chain([first], lines):
            skipped = number - document.line  # comment lines, which do not come through
            data = ("\n" * skipped + text + "\n").encode("utf-8", "replace")
            fed += len(data)
            document.parser.Parse(data)
            yield from document.ready
            document.ready.clear()
            if fed - document.parser.CurrentByteIndex > MAX_LINE:
                raise PuzzleSyntaxError(f"a tag is longer than {MAX_LINE:,} characters")
    except (expat.ExpatError, PuzzleSyntaxError) as error:
        yield from document.ready
        said, column = str(error), 1
        if isinstance(error, expat.ExpatError):
            said, column = f"not XML ({expat.ErrorString(error.code)})", error.offset + 1
        wrong = PuzzleSyntaxError(f"{said}: nothing from here on is read", column=column)
        yield context.failed(wrong, "", document.line)
        return
    if document.opened:
        message = "the document does not end: the text is cut short, copy all of it"
        yield context.failed(message, "", number)


def _game(given: tuple[str, str], family: str) -> Found:
    """A puzzle of OpenSudoku: the values of its cells, but those that may be edited."""
    data, name = given
    if not data.strip():
        raise PuzzleSyntaxError('a game without data: expected data="...", 81 digits')
    match = _VERSION.match(data.strip())
    if match is None:
        return puzzle_of(cells_of(data.strip()), family, name)
    version, body = match.groups()
    if version not in _FIELDS:
        known = ", ".join(_FIELDS)
        raise PuzzleSyntaxError(f"data of version {version[:9]}: expected one of {known}")
    fields, each = re.split(r"\|+", body.strip().rstrip("|")), _FIELDS[version]
    if len(fields) != 81 * each:
        raise PuzzleSyntaxError(f"expected 81 cells of {each} fields, got {len(fields)} fields")
    values, fixed = fields[::each], fields[each - 1 :: each]
    odd = next((one for one in fixed if one not in ("0", "1")), None)
    if odd is not None:
        raise PuzzleSyntaxError(f"{shown(odd)}: expected 0 for a given, or 1 for another cell")
    symbols = [value if still == "0" else "." for value, still in zip(values, fixed, strict=True)]
    entered = sum(value != "0" and still == "1" for value, still in zip(values, fixed, strict=True))
    notes = (f"left open: {entered} cells that the player has entered",) if entered else ()
    return puzzle_of(Cells(symbols), family, name)._replace(notes=notes)


def _graph_game(tags: list[_Tag], family: str) -> Found:
    """A game of KSudoku: its graph as a board, its values as givens."""
    one = {tag.name: tag for tag in tags}
    if "graph" not in one or "values" not in one:
        raise PuzzleSyntaxError("a game without graph and values: expected a saved game of KSudoku")
    graph, text = one["graph"].attributes, one["values"].text
    order = _number(graph, "order")
    if graph.get("type") not in ("sudoku", "custom") or _number(graph, "sizeZ", 1) != 1:
        kind = shown(graph.get("type", ""))
        raise PuzzleSyntaxError(f"a board of type {kind} is not flat: it is not supported")
    cols, rows = (_number(graph, key, order) for key in ("sizeX", "sizeY"))
    if not 1 <= cols * rows <= MAX_CELLS or not 1 <= order <= MAX_VALUES:
        got = f"{rows}x{cols} cells of {order} values"
        raise PuzzleSyntaxError(f"expected 1 to {MAX_VALUES} values, and cells, got {got}")
    if len(text) != rows * cols:
        raise PuzzleSyntaxError(f"expected {rows * cols} values, got {len(text)}")

    def place(cell: int) -> int:
        """The cell in our order, along the rows."""
        return cell % rows * cols + cell // rows

    def cells_in(tag: _Tag) -> tuple[int, ...]:
        cells = [int(found) for found in re.findall(r"\d{1,9}", tag.text)]
        if len(cells) != _number(tag.attributes, "size") or max(cells, default=0) >= rows * cols:
            size = f"{shown(tag.attributes.get('size'))} cells from 0 to {rows * cols - 1}"
            raise PuzzleSyntaxError(f"{tag.name}: expected {size}", line=tag.line)
        return tuple(map(place, cells))

    groups = [(0, True)] if graph["type"] == "sudoku" else []
    for tag in tags:
        if tag.name == "sudokugroups":
            blocks = tag.attributes.get("withblocks", "1") == "1"
            groups.append((_number(tag.attributes, "at", 0), blocks))
    cliques = [cells_in(tag) for tag in tags if tag.name == "clique"]
    if rows == cols == order and len(groups) == 1 and groups[0][0] == 0:
        board = _square(order, groups[0][1], cliques)
    else:
        units = [tuple(map(place, unit)) for unit in _lines(order, rows, rows * cols, groups)]
        board = families.grid(rows, cols, order, list(dict.fromkeys([*units, *cliques])))
    killer = graph.get("specific-type") == "KillerSudoku"
    rules = [_cage(tag, cells_in(tag), killer) for tag in tags if tag.name == "cage"]
    values = _values(text, order)
    holes = tuple(sorted(place(at) for at, value in enumerate(values) if value is None))
    board = families.with_rules(replace(board, holes=holes), [*board.rules, *rules])

    def spread(values: Iterable[int | None]) -> tuple[int, ...]:
        """Values in our order, 1 at a hole."""
        ours = {place(at): 1 if value is None else value for at, value in enumerate(values)}
        return tuple(ours[cell] for cell in range(board.n))

    solution = None
    if answer := one["solution"].text if "solution" in one else "":
        if len(answer) != len(text) or "_" in answer:
            raise PuzzleSyntaxError(f"expected {len(text)} values in the solution, all filled")
        solution = spread(_values(answer, order))
    moves = sum(tag.name == "simple-event" for tag in tags)
    notes = (f"left out: {moves} moves of the player",) if moves else ()
    return Found(Puzzle(board, spread(values)), solution, None, notes)


def _values(text: str, order: int) -> list[int | None]:
    """The values of letters, 0 where open, None where there is no cell."""
    last = chr(ord("a") + order)
    for sign in text:
        if not ("b" <= sign <= last or sign in "_."):
            raise PuzzleSyntaxError(f"unexpected {shown(sign)}: expected b to {last}, _ or .")
    return [{"_": 0, ".": None}.get(sign, ord(sign) - ord("a")) for sign in text]


def _lines(order: int, rows: int, n: int, groups: list[tuple[int, bool]]) -> Iterator[list[int]]:
    """The rows, columns and blocks of squares that begin at cells, in KSudoku's order."""
    base, side = isqrt(order), range(order)
    for at, blocks in groups:
        if at + (order - 1) * (rows + 1) >= n:
            raise PuzzleSyntaxError(f"sudokugroups at {at}: a square of {order} does not fit there")
        yield from ([at + j * rows + i for j in side] for i in side)
        yield from ([at + i * rows + j for j in side] for i in side)
        for i in side if blocks else ():
            first = at + i // base * base * rows + i % base * base
            yield [first + j % base * rows + j // base for j in side]


def _square(order: int, blocks: bool, cliques: list[tuple[int, ...]]) -> Board:
    """A square board of blocks, or of the cliques that fill it; the other cliques are rules."""
    base, home = isqrt(order), dict[int, int]()
    if blocks:
        home = dict(enumerate(families.box_regions(base, base)))
    more = []
    for number, clique in enumerate(cliques):
        if len(clique) == order and home.keys().isdisjoint(clique):
            home |= dict.fromkeys(clique, number)
        else:
            more.append(clique)
    step = max(1, order - 1)
    crossed = [range(0, order * order, order + 1), range(order - 1, order * order - 1, step)]
    both = [clique for clique in more if set(clique) in map(set, crossed)]
    if len(home) < order * order:
        home, more, both = {}, cliques, []
    labels = [home.get(cell) for cell in range(order * order)]
    board = board_of(labels, order, len(both) == 2)
    if board.family in ("sudoku-x", "jigsaw-x"):
        more = [clique for clique in more if clique not in both]
    return families.with_rules(board, [Different(clique) for clique in more])


def _cage(tag: _Tag, cells: tuple[int, ...], killer: bool) -> Rule:
    operator, value = tag.attributes.get("operator", ""), _number(tag.attributes, "value")
    if operator not in _OPERATIONS or (operator == "0" and len(cells) > 1 and not killer):
        known = ", ".join(_OPERATIONS)
        raise PuzzleSyntaxError(
            f"operator {shown(operator)}: expected one of {known}", line=tag.line
        )
    return Killer(value, cells) if killer else KenKen(_OPERATIONS[operator], value, cells)


def _number(attributes: dict[str, str], key: str, usual: int | None = None) -> int:
    text = attributes.get(key)
    if text is None and usual is not None:
        return usual
    if not re.fullmatch(r"\d{1,9}", text or ""):
        raise PuzzleSyntaxError(f"{key}: expected a whole number, got {shown(text or '')}")
    return int(text or "")


def _recognise(*roots: str, others: bool = False) -> Recogniser:
    """Whether the first element of a text is one of these, or any other of what says to be XML."""

    def recognise(lines: Iterable[str]) -> Match | None:
        declared = False
        for line in lines:
            if not line.lstrip().startswith("<"):
                break
            declared |= others and line.lstrip().startswith("<?xml")
            if match := _ROOT.search(line):
                if match.group(1) in roots:
                    return Match(1.0, f"XML of {match.group(1)}")
                declared &= match.group(1) not in _KSUDOKU
                break
        return Match(0.5, "XML") if declared else None

    return recognise


OPENSUDOKU = Format(
    name="opensudoku",
    summary="OpenSudoku (.opensudoku), and Sudoku 10'000 (.1gsudoku)",
    recognise=_recognise(*_GAMES, others=True),
    read=_read,
    write=lambda puzzle: f'<game data="{line_of(puzzle).replace(".", "0")}"/>\n',
    require=require_nine,
    head="<opensudoku>\n",
    tail="</opensudoku>\n",
)
KSUDOKU = Format(
    name="ksudoku",
    summary="KSudoku: a saved game",
    recognise=_recognise(*_KSUDOKU),
    read=_read,
    write=None,
    families=("sudoku", "sudoku-x", "jigsaw", "jigsaw-x", "latin", "grid"),
    bare=False,
    ruled=True,
)

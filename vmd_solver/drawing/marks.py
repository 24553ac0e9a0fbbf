"""What the rules of a board look like: marks at cells, and words for a legend. A row of LOOKS says
it of a kind of rule.

Knows neither paper nor terminals: `ruled` and `signs` draw the marks there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from vmd_solver.csp import rules
from vmd_solver.csp.puzzle import Board, Cells, Rule
from vmd_solver.csp.rules import groups_of


class Outline(NamedTuple):
    """A line around cells, dashed on paper."""

    cells: Cells


class Note(NamedTuple):
    """A short text in the corner of a cell: top left, as a cage's sum, or at the bottom."""

    cell: int
    text: str
    top: bool = True


class Track(NamedTuple):
    """A line along cells, in a style of its kind; `start` and `end` name what is drawn there."""

    cells: Cells
    style: str
    start: str = ""
    end: str = ""


class Spot(NamedTuple):
    """A sign between cells, on their side or corner.

    `shape` is a white or black dot, a blank ground, or a sign that points to the smaller number;
    `sign` is the character for a terminal, where one will do.
    """

    cells: Cells
    shape: str
    text: str
    sign: str


class Fill(NamedTuple):
    """A shape on the ground of cells, and the character for it in a terminal."""

    cells: Cells
    shape: str
    sign: str


class Clue(NamedTuple):
    """A text outside the board, or in a hole, and the step (rows, columns) to its first cell."""

    row: int
    col: int
    text: str
    step: tuple[int, int]
    inside: bool = False
    """Whether it stands in a hole, as in kakuro: across or down."""


Mark = Outline | Note | Track | Spot | Fill | Clue

_DIFFERENCES = dict(enumerate("○②③④⑤⑥⑦⑧⑨", 1))
_RATIOS = {1: "❶"} | dict(enumerate("●❸❹❺❻❼❽❾", 2))

Draw = Callable[[Any, Board, str], Iterator[Mark]]
"""The marks of a rule, whose text is given."""


class Look(NamedTuple):
    """How a kind of rule is drawn: its text, with fields of the rule, and `letter` for one of its
    own. The legend names the kind, with its parameters where these are not all to be seen."""

    draw: Draw
    text: str = ""
    parameters: bool = False
    letter: str = ""
    """What goes before the text where kinds of clue are mixed."""


class Picture(NamedTuple):
    """A rule as it is drawn: its text and its marks; without marks the legend alone has it."""

    rule: Rule
    text: str
    marks: tuple[Mark, ...]


def pictures(board: Board) -> list[Picture]:
    """Each rule of the board as it is drawn.

    >>> from vmd_solver.csp.families import sudoku, with_rules
    >>> pictures(with_rules(sudoku(2, 2), [rules.Killer(5, (0, 1))]))[0].marks
    (Outline(cells=(0, 1)), Note(cell=0, text='5', top=True))
    """
    letters: dict[object, str] = {}
    mixed = len({type(rule) for rule in board.rules if LOOKS[type(rule)].draw is _outside}) > 1
    found = []
    for rule in board.rules:
        look = LOOKS[type(rule)]
        if "{letter}" in look.text:
            letters.setdefault(title(rule) if look.parameters else rule, _letter(len(letters)))
        letter = letters.get(title(rule)) or letters.get(rule, "")
        known = {key: _short(words) for key, words in parameters(rule).items()}
        text = look.letter * mixed + look.text.format(letter=letter, **known)
        found.append(Picture(rule, text, tuple(look.draw(rule, board, text))))
    return found


def legend(board: Board, paper: bool = False) -> list[tuple[str, str]]:
    """For each kind of rule a text or sign that stands on the board, if any, and its name.

    >>> from vmd_solver.csp.families import sudoku, with_rules
    >>> board = with_rules(sudoku(2, 2), [rules.Whisper(2, (0, 1)), rules.AntiKing()])
    >>> legend(board, paper=True), legend(board)
    ([('W2', 'whisper 2'), ('', 'anti-king')], [('', 'whisper 2'), ('', 'anti-king')])
    """
    found: dict[str, list[str]] = {}
    for rule, text, marks in pictures(board):
        look = LOOKS[type(rule)]
        samples = found.setdefault(title(rule) if look.parameters else rule.name, [])
        sample = next(filter(None, (_sample(mark, text, paper) for mark in marks)), "")
        if not samples or ("{letter}" in look.text and sample not in samples):
            samples.append(sample)
    return [(" ".join(samples), name) for name, samples in found.items()]


def _sample(mark: Mark, text: str, paper: bool) -> str:
    """What is to be seen of a mark, on paper or in a terminal, and may stand in a legend."""
    if isinstance(mark, Spot):
        return paper * mark.text or mark.sign
    if isinstance(mark, Fill):
        return "" if paper else mark.sign
    return (
        text if isinstance(mark, Clue) or (isinstance(mark, Note) and (mark.top or paper)) else ""
    )


def title(rule: Rule) -> str:
    """The name of a rule and its parameters, without its cells.

    >>> title(rules.KenKen("x", 12, (0, 1))), title(rules.Takuzu(True))
    ('kenken x 12', 'takuzu unique')
    """
    return " ".join(filter(None, [rule.name, *parameters(rule).values()]))


def titles_at(board: Board, cell: int) -> list[str]:
    """The titles of the rules that name a cell, or none."""
    found = (rule for rule in board.rules if cell in rule.all_cells or not rule.all_cells)
    return [*dict.fromkeys(map(title, found))]


def parameters(rule: Rule) -> dict[str, str]:
    """The fields of a rule beside its cells, in words."""
    named = ((field.name, getattr(rule, field.name)) for field in fields(rule))
    return {key: _words(key, value) for key, value in named if key not in ("cells", "more")}


def _words(key: str, value: object) -> str:
    if isinstance(value, bool):
        return key * value
    if not isinstance(value, tuple):
        return str(value)
    parts = ["-".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in value]
    return (" " if key == "signs" else ",").join(parts)


def _short(words: str) -> str:
    """Numbers of one digit without commas."""
    parts = words.split(",")
    return "".join(parts) if all(len(part) == 1 for part in parts) else words


def _letter(number: int) -> str:
    """a, b, ... z, a1, b1, ..."""
    return chr(ord("a") + number % 26) + (str(number // 26) if number >= 26 else "")


def step_between(board: Board, one: int, other: int) -> tuple[int, int]:
    """The step (rows, columns) from a cell to another.

    >>> from vmd_solver.csp.families import latin
    >>> step_between(latin(4), 1, 4)
    (1, -1)
    """
    return other // board.cols - one // board.cols, other % board.cols - one % board.cols


def neighbours(board: Board, one: int, other: int) -> bool:
    """Whether two cells have a side in common."""
    return sum(map(abs, step_between(board, one, other))) == 1


def touch(board: Board, one: int, other: int) -> bool:
    """Whether two cells have a side or a corner in common."""
    return max(map(abs, step_between(board, one, other))) == 1


def _nothing(rule: Rule, board: Board, text: str) -> Iterator[Mark]:
    return iter(())


def _fill(shape: str, sign: str, rule: Any, board: Board, text: str) -> Iterator[Mark]:
    yield Fill(rule.cells, shape, sign)


def _noted(rule: Any, board: Board, text: str) -> Iterator[Mark]:
    for cell in rule.cells:
        yield Note(cell, text, top=False)


def _indexing(rule: rules.Indexing, board: Board, text: str) -> Iterator[Mark]:
    yield Fill(rule.cells, "shade", "→" if rule.by == "column" else "↓")
    yield from _noted(rule, board, text)


def _diagonal(rule: rules.Diagonal, board: Board, text: str) -> Iterator[Mark]:
    for unit in rule.units(board):
        yield Fill(unit, rule.direction, "\\" if rule.direction == "down" else "/")


def _clone(rule: rules.Clone, board: Board, text: str) -> Iterator[Mark]:
    yield Fill(rule.cells, "shade", text)
    for half in groups_of(rule.cells, 2):
        yield Note(half[0], text, top=False)


def _groups(rule: rules.SameValues, board: Board, text: str) -> Iterator[Mark]:
    for group in groups_of(rule.cells, rule.sets):
        yield from _outlined(group, text)


def _compared(rule: rules.GreaterSum, board: Board, text: str) -> Iterator[Mark]:
    yield from _outlined(rule.more, text + ">")
    yield from _outlined(rule.cells, text + "<")


def _outlined(cells: Cells, text: str) -> Iterator[Mark]:
    yield Outline(cells)
    yield Note(min(cells), text)


def _cage(rule: Any, board: Board, text: str) -> Iterator[Mark]:
    """A cage; or a run that begins beside a hole, whose total stands in the hole as in kakuro."""
    clue = _clue(board, rule.cells, text)
    straight = len({step_between(board, *pair) for pair in pairwise(rule.cells)}) == 1
    if clue.inside and straight:
        yield clue
    else:
        yield from _outlined(rule.cells, text)


def _clue(board: Board, cells: Cells, text: str) -> Clue:
    """A text before the first of the cells."""
    row, col = divmod(cells[0], board.cols)
    step = (0, 1) if col == 0 else (1, 0)
    if len(cells) > 1 and touch(board, *cells[:2]):
        step = step_between(board, *cells[:2])
    row, col = row - step[0], col - step[1]
    on_board = 0 <= row < board.rows and 0 <= col < board.cols
    in_hole = on_board and row * board.cols + col in board.holes
    return Clue(row, col, text, step, in_hole and step in ((0, 1), (1, 0)))


def _outside(rule: Any, board: Board, text: str) -> Iterator[Mark]:
    clue = _clue(board, rule.cells, text)
    on_board = 0 <= clue.row < board.rows and 0 <= clue.col < board.cols
    if on_board and not clue.inside:
        yield from _track("thin", "", "arrow", rule, board, text)
    else:
        yield clue


def _track(style: str, start: str, end: str, rule: Any, board: Board, text: str) -> Iterator[Mark]:
    yield Track(rule.cells, style, start, end)
    if text:
        yield Note(rule.cells[0], text, top=False)


def _pill(rule: rules.PillArrow, board: Board, text: str) -> Iterator[Mark]:
    yield Track(rule.cells[rule.pill - 1 :], "thin", "", "arrow")
    yield Track(rule.cells[: rule.pill], "pill")


def _spot(shape: str, signs: dict[int, str], rule: Any, board: Board, text: str) -> Iterator[Mark]:
    """A sign between cells; `signs` has the character of each number that has one."""
    sign = signs.get(getattr(rule, "number", 0), text if len(text) == 1 else "")
    plain = sign in ("○", "●")
    if len(rule.cells) == 2 and not neighbours(board, *rule.cells):
        yield Track(rule.cells, "thin")
    yield Spot(rule.cells, shape, "" if plain else sign if sign.isalpha() else text, sign)


def _quadruple(rule: rules.Quadruple, board: Board, text: str) -> Iterator[Mark]:
    yield Spot(rule.cells, "white", text, "○")


def _greater(rule: rules.Greater, board: Board, text: str) -> Iterator[Mark]:
    signs = {(0, 1): ">", (0, -1): "<", (1, 0): "∨", (-1, 0): "∧"}  # noqa: RUF001
    for pair in pairwise(rule.cells):
        sign = signs.get(step_between(board, *pair), "")
        yield Spot(pair, "greater", "", sign) if sign else Track(pair, "thin", "", "arrow")


LOOKS: dict[type[Rule], Look] = {
    rules.AntiKnight: Look(_nothing),
    rules.AntiKing: Look(_nothing),
    rules.AntiTaxicab: Look(_nothing),
    rules.NonConsecutive: Look(_nothing),
    rules.Diagonal: Look(_diagonal, parameters=True),
    rules.DisjointGroups: Look(_nothing),
    rules.GlobalEntropy: Look(_nothing),
    rules.Negative: Look(_nothing, parameters=True),
    rules.Takuzu: Look(_nothing, parameters=True),
    rules.Different: Look(partial(_fill, "shade", "░")),
    rules.Odd: Look(partial(_fill, "disc", "○")),
    rules.Even: Look(partial(_fill, "square", "□")),
    rules.Marks: Look(_noted, "{numbers}", parameters=True),
    rules.Minimum: Look(partial(_fill, "fall", "▼")),
    rules.Maximum: Look(partial(_fill, "rise", "▲")),
    rules.Clone: Look(_clone, "{letter}"),
    rules.SameValues: Look(_groups, "{letter}"),
    rules.Quadruple: Look(_quadruple, "{numbers}"),
    rules.Difference: Look(partial(_spot, "white", _DIFFERENCES), "{number}", parameters=True),
    rules.Ratio: Look(partial(_spot, "black", _RATIOS), "{number}", parameters=True),
    rules.PairSum: Look(partial(_spot, "blank", {5: "V", 10: "X"}), "{number}", parameters=True),
    rules.Greater: Look(_greater),
    rules.GreaterSum: Look(_compared, "{letter}"),
    rules.Table: Look(partial(_spot, "blank", {}), "{letter}", parameters=True),
    rules.Killer: Look(_cage, "{total}"),
    rules.Sum: Look(_cage, "+{total}"),
    rules.KenKen: Look(_cage, "{target}{operation}"),
    rules.LittleKiller: Look(_outside, "{total}"),
    rules.Rellik: Look(_cage, "¬{total}"),
    rules.EqualityCage: Look(_cage, "="),
    rules.Lunchbox: Look(_cage, "«{total}»"),
    rules.CountingCircles: Look(partial(_fill, "circle", "◎")),
    rules.MagicSquare: Look(_cage, "M"),
    rules.Thermo: Look(partial(_track, "tube", "bulb", "")),
    rules.SlowThermo: Look(partial(_track, "pipe", "bulb", ""), "slow"),
    rules.Whisper: Look(partial(_track, "band", "", ""), "W{number}", parameters=True),
    rules.Renban: Look(partial(_track, "wide", "", ""), "R"),
    rules.Palindrome: Look(partial(_track, "line", "", ""), "P"),
    rules.Between: Look(partial(_track, "line", "circle", "circle"), "B"),
    rules.Lockout: Look(
        partial(_track, "line", "diamond", "diamond"), "L{number}", parameters=True
    ),
    rules.Zipper: Look(partial(_track, "dots", "", ""), "Z"),
    rules.RegionSumLine: Look(partial(_track, "pipe", "", ""), "RS"),
    rules.SumLine: Look(partial(_track, "dashes", "", ""), "S{total}", parameters=True),
    rules.Modular: Look(partial(_track, "short dashes", "", ""), "M{number}", parameters=True),
    rules.Entropic: Look(partial(_track, "dashes and dots", "", ""), "E"),
    rules.Arrow: Look(partial(_track, "thin", "circle", "arrow")),
    rules.PillArrow: Look(_pill),
    rules.DoubleArrow: Look(partial(_track, "thin", "circle", "circle"), "="),
    rules.Regex: Look(partial(_track, "short dashes", "", ""), "{letter}", parameters=True),
    rules.Sandwich: Look(_outside, "{total}", letter="s"),
    rules.Skyscraper: Look(_outside, "{number}", letter="k"),
    rules.HiddenSkyscraper: Look(_outside, "{number}", letter="h"),
    rules.XSum: Look(_outside, "{total}", letter="x"),
    rules.NumberedRoom: Look(_outside, "{number}", letter="n"),
    rules.FullRank: Look(_outside, "{rank}", letter="r"),
    rules.Indexing: Look(_indexing, "{by:.3}", parameters=True),
    rules.Queens: Look(partial(_track, "thin", "", ""), "Q"),
}
"""How each kind of rule is drawn."""

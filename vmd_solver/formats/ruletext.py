"""One rule as a line of text and back, such as `killer 15 r1c1 r1c2`: name, parameters, cells.

The form of a rule follows from the fields of its class, in their order but cells last. A new rule
needs nothing here.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import fields
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from vmd_solver.csp.families import with_rules
from vmd_solver.csp.puzzle import Board, Cells, Rule
from vmd_solver.csp.rules import RULES
from vmd_solver.errors import InvalidPuzzle, PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import MAX_CELLS
from vmd_solver.formats.symbols import shown

ALIASES = {
    "white": "difference 1",
    "black": "ratio 2",
    "v": "pair-sum 5",
    "x": "pair-sum 10",
    "german-whisper": "whisper 5",
    "dutch-whisper": "whisper 4",
    "cage": "killer",
    "quad": "quadruple",
    "thermometer": "thermo",
    "all-different": "different",
    "anti-consecutive": "non-consecutive",
    "disjoint-sets": "disjoint-groups",
    "negative-kropki": "negative white black",
    "negative-xv": "negative x v",
}
"""Other names that are read, and what they stand for."""

_NUMBER = r"-?\d{1,6}"
_WORD = re.compile(r'"[^"]*"|\S+')
_CELL = re.compile(r"r(\d{1,6})c(\d{1,6})(?:-r(\d{1,6})c(\d{1,6}))?", re.IGNORECASE)
_LINE = re.compile(r"(-?)([rc])(\d{1,6})", re.IGNORECASE)

Words = list[tuple[str, int]]
"""What is left of a line: its words, each with its column from 1. The last one is empty."""


class _Form(NamedTuple):
    """A kind of parameter as one word of text."""

    pattern: str
    expected: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]


def _form(hint: Any) -> _Form:
    """How a parameter of this type is written."""
    if get_origin(hint) is not tuple:
        choices = get_args(hint)
        if choices:
            pattern = "|".join(map(re.escape, choices))
            return _Form(pattern, f"one of {', '.join(choices)}", str, str)
        if hint is str:
            expected = 'a text in quotes, such as "[1-3]*"'
            return _Form('"[^"]+"', expected, lambda text: text[1:-1], '"{}"'.format)
        return _Form(_NUMBER, "a whole number", int, str)
    if get_origin(get_args(hint)[0]) is tuple:
        pair = f"{_NUMBER}-{_NUMBER}"
        return _Form(f"{pair}(,{pair})*", "pairs such as 1-2,2-4", _pairs, _paired)
    if get_args(hint)[0] is str:
        read = lambda text: tuple(re.split("[, ]+", text))  # noqa: E731
        return _Form(r"[\w, ]+", "signs such as x v", read, " ".join)
    pattern, expected = f"{_NUMBER}(,{_NUMBER})*", "numbers such as 1,2,3"
    return _Form(pattern, expected, lambda text: tuple(map(int, text.split(","))), _listed)


def _pairs(text: str) -> tuple[tuple[int, ...], ...]:
    found = re.findall(f"({_NUMBER})-({_NUMBER})", text)
    return tuple((int(a), int(b)) for a, b in found)


def _paired(pairs: Sequence[tuple[int, int]]) -> str:
    return ",".join(f"{a}-{b}" for a, b in pairs)


def _listed(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


@cache
def _parts(name: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The types of a rule's parameters by name, and its fields that are cells."""
    kind = RULES[name]
    hints = get_type_hints(kind)
    named = {field.name: hints[field.name] for field in fields(kind)}
    cells = tuple(name for name in ("more", "cells") if name in named)
    return {name: hint for name, hint in named.items() if name not in cells}, cells


def parse_rule(text: str, board: Board) -> Rule:
    """The rule that a line of text states for a board.

    Raises PuzzleSyntaxError with the column; whether the rule makes sense is another matter.

    >>> from vmd_solver.csp.families import sudoku
    >>> parse_rule("killer 15 r1c1-r1c2 r2c1", sudoku())
    Killer(total=15, cells=(0, 1, 9))
    """
    words = [(word.group(), word.start() + 1) for word in _WORD.finditer(text)]
    words.append(("", len(text.rstrip()) + 1))
    (name, column), rest = words[0], words[1:]
    if not name:
        raise PuzzleSyntaxError("expected a rule, such as killer 15 r1c1 r1c2", column=column)
    words = [(word, column) for word in ALIASES.get(name.lower(), name.lower()).split()] + rest
    known, _ = words.pop(0)
    if known not in RULES:
        near = get_close_matches(known, (*RULES, *ALIASES), 5, 0.5) or ["killer", "thermo", "white"]
        expected = f"expected {', '.join(near)} or another rule that vmd-solve --info lists"
        raise PuzzleSyntaxError(f"unknown rule {shown(name)}: {expected}", column=column)
    kind = RULES[known]
    parameters, groups = _parts(known)
    found = {key: _parameter(words, kind, key, hint) for key, hint in parameters.items()}
    for number, key in enumerate(groups):
        if number:
            _require(words, kind, words[0][0] == ">", "> between two groups of cells")
            words.pop(0)
        end = next(at for at, (word, _) in enumerate(words) if word in ("", ">"))
        _require(words, kind, end > 0, "cells such as r1c1 r1c2")
        found[key] = _all_cells(words[:end], board.rows, board.cols)
        words = words[end:]
    _require(words, kind, not words[0][0], "no more" if groups else "no cells")
    return kind(**found)


def _parameter(words: Words, kind: type[Rule], key: str, hint: Any) -> Any:
    if hint is bool:
        return words[0][0].lower() == key and bool(words.pop(0))
    form = _form(hint)
    if hint == tuple[str, ...]:
        words[:-1] = [(" ".join(word for word, _ in words[:-1]), words[0][1])]
    fits = re.fullmatch(form.pattern, words[0][0]) is not None
    _require(words, kind, fits, f"{form.expected} as its {key}")
    return form.read(words.pop(0)[0])


def _require(words: Words, kind: type[Rule], condition: bool, expected: str) -> None:
    if not condition:
        word, column = words[0]
        got = f"got {shown(word)}" if word else "the line ends here"
        raise PuzzleSyntaxError(f"{kind.name}: expected {expected}, {got}", column=column)


def parse_cells(text: str, rows: int, cols: int) -> Cells:
    """The cells that a text lists, on a board of this size: `r1c1`, `r1c1-r1c5`, `r3` or `-c2`.

    >>> parse_cells("r2c2 r1c1-r2c2 -r1", 2, 2)
    (3, 0, 3, 1, 0)
    """
    words = [(word.group(), word.start() + 1) for word in re.finditer(r"[^\s,]+", text)]
    return _all_cells(words, rows, cols)


def _all_cells(words: Words, rows: int, cols: int) -> Cells:
    found: list[int] = []
    for word in words:
        found += _cells(word, rows, cols)
        if len(found) > MAX_CELLS:
            raise PuzzleSyntaxError(f"more than {MAX_CELLS} cells in a line", column=word[1])
    return tuple(found)


def _cells(word: tuple[str, int], rows: int, cols: int) -> list[int]:
    """The cells of one word: a cell, a straight range of cells, a row or a column."""
    text, column = word
    if match := _LINE.fullmatch(text):
        back, which, number = match.groups()
        at, by_row = int(number) - 1, which in "rR"
        if 0 <= at < (rows if by_row else cols):
            line = range(at * cols, (at + 1) * cols) if by_row else range(at, rows * cols, cols)
            return list(line[::-1] if back else line)
    if match := _CELL.fullmatch(text):
        row, col, *end = (int(number) - 1 for number in match.groups() if number)
        to_row, to_col = end or (row, col)
        inside = min(row, col, to_row, to_col) >= 0 and max(row, to_row) < rows
        if inside and max(col, to_col) < cols:
            return _range(word, (row, col), (to_row, to_col), cols)
    expected = f"expected r1c1 to r{rows}c{cols}"
    raise PuzzleSyntaxError(f"{shown(text)} is not a cell: {expected}", column=column)


def _range(
    word: tuple[str, int], start: tuple[int, int], end: tuple[int, int], cols: int
) -> list[int]:
    """The cells from one to another in a straight line."""
    (row, col), down, right = start, end[0] - start[0], end[1] - start[1]
    steps = max(abs(down), abs(right))
    if {abs(down), abs(right)} - {0, steps}:
        message = f"{shown(word[0])} is no straight line: expected a row, column or diagonal"
        raise PuzzleSyntaxError(message, column=word[1])
    stride = (down * cols + right) // max(steps, 1)
    return [row * cols + col + stride * step for step in range(steps + 1)]


def rule_text(rule: Rule, board: Board) -> str:
    """The rule as the line of text that `parse_rule` turns into the same rule again.

    Raises PuzzleError where a parameter is empty, or cannot stand in a line.

    >>> from vmd_solver.csp.families import sudoku
    >>> from vmd_solver.csp.rules import Skyscraper
    >>> rule_text(Skyscraper(4, tuple(range(8, -1, -1))), sudoku())
    'skyscraper 4 -r1'
    """
    parameters, groups = _parts(rule.name)
    words = [rule.name]
    for key, hint in parameters.items():
        value = getattr(rule, key)
        if hint is not bool:
            form = _form(hint)
            words.append(form.write(value))
            if not (re.fullmatch(form.pattern, words[-1]) and words[-1].isprintable()):
                got = f"expected {form.expected}, got {shown(value)}"
                raise PuzzleError(f"{rule.name}: the {key} cannot be written: {got}")
        elif value:
            words.append(key)
    cells = [_cells_text(getattr(rule, key), board) for key in groups]
    return " ".join([*words, " > ".join(cells)] if cells else words)


def _cells_text(cells: Cells, board: Board) -> str:
    """Cells as words: a whole row or column, else straight ranges of three or more, and cells."""
    row, col = divmod(cells[0], board.cols)
    for name in (f"r{row + 1}", f"-r{row + 1}", f"c{col + 1}", f"-c{col + 1}"):
        if len(cells) > 1 and parse_cells(name, board.rows, board.cols) == cells:
            return name
    words, at = [], 0
    while at < len(cells):
        end = _end_of_range(cells, at, board.cols)
        names = [board.cell_name(cell) for cell in cells[at:end]]
        words.append(f"{names[0]}-{names[-1]}" if len(names) > 1 else names[0])
        at = end
    return " ".join(words)


def _end_of_range(cells: Cells, at: int, cols: int) -> int:
    """Where the straight range of neighbours that begins at a place ends; it has three or more."""
    end, steps = at, set[tuple[int, int]]()
    while end + 1 < len(cells):
        (row, col), (to_row, to_col) = divmod(cells[end], cols), divmod(cells[end + 1], cols)
        steps.add((to_row - row, to_col - col))
        if len(steps) > 1 or max(abs(to_row - row), abs(to_col - col)) != 1:
            break
        end += 1
    return end + 1 if end - at > 1 else at + 1


def board_with(board: Board, rules: Sequence[tuple[Rule, int | None, int | None]]) -> Board:
    """The board with rules, each given with the line and column where it stands in a text.

    Raises PuzzleSyntaxError, placed at the first rule that makes no sense on the board.
    """
    found = [rule for rule, _, _ in rules]
    try:
        return with_rules(board, found)
    except InvalidPuzzle:
        pass

    def wrong(count: int) -> str:
        try:
            with_rules(board, found[:count])
        except InvalidPuzzle as error:
            return str(error)
        return ""

    bad = bisect_left(range(len(rules) + 1), True, key=lambda count: bool(wrong(count)))
    rule, line, column = rules[bad - 1]
    message = wrong(bad)
    if not message.startswith(rule.name):
        message = f"{rule.name}: {message}"
    raise PuzzleSyntaxError(message, line=line, column=column)

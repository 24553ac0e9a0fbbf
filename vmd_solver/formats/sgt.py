"""Game ids of sgt-puzzles, one a line: solo, keen, unequal, towers and unruly.

An id is `parameters:description`, and each game has descriptions that no other has, so that an id
need not say which game it is of. An id with # stands for a random seed, not for a puzzle.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby, pairwise, product

from vmd_solver.csp import families
from vmd_solver.csp.puzzle import MAX_VALUES, Cells, Puzzle, Rule
from vmd_solver.csp.rules import (
    Difference,
    Different,
    Greater,
    KenKen,
    Killer,
    Negative,
    Skyscraper,
    Takuzu,
)
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.boards import MAX_CELLS, require_same
from vmd_solver.formats.entry import Format, Found, by_line, first_line, require_short
from vmd_solver.formats.symbols import shown

_LONGEST_RUN = 25
"""Most places that a letter passes where z, unlike in a grid, passes 25 and stays open."""

_OPERATIONS = {"a": "+", "s": "-", "m": "x", "d": "/"}
_STEPS = {"U": (-1, 0), "R": (0, 1), "D": (1, 0), "L": (0, -1)}


# -- what descriptions are made of ----------------------------------------------------------------


def _numbers(text: str, n: int, most: int) -> list[int]:
    """The numbers of n cells, 0 where a letter passes some: `b3_12a`."""
    found: list[int] = []
    for piece in re.finditer(r"_|([a-z])|(\d{1,9})|(.)", text):
        letter, number, wrong = piece.groups()
        if wrong or (number and not 1 <= int(number) <= most):
            expected = f"expected numbers from 1 to {most}, letters and _"
            raise PuzzleSyntaxError(f"{shown(piece.group())} in {shown(text)}: {expected}")
        found += [0] * _place(letter) if letter else [int(number)] if number else []
    if len(found) != n:
        raise PuzzleSyntaxError(f"expected {n} cells, got {len(found)} in {shown(text)}")
    return found


def _place(letter: str) -> int:
    return ord(letter.lower()) - ord("a") + 1


def _letter(place: int) -> str:
    return chr(ord("a") + place - 1) if place else ""


def _without_zeros(numbers: Sequence[int]) -> str:
    """Numbers as `_numbers` reads them."""
    text = ""
    for empty, run in groupby(numbers, operator.not_):
        cells = list(run)
        runs, rest = divmod(len(cells), 26)
        text += "z" * runs + _letter(rest) if empty else "_".join(map(str, cells))
    return text


def _sides(w: int) -> list[tuple[int, int]]:
    """The pairs of cells on both sides of each inner line: upright lines, then level ones."""
    upright = [(y * w + x, y * w + x + 1) for y, x in product(range(w), range(w - 1))]
    return upright + [(y * w + x, y * w + x + w) for x, y in product(range(w), range(w - 1))]


def _blocks(text: str, w: int) -> list[Cells]:
    """The blocks, by their first cells, from how many sides without a line precede each line."""
    open_sides: list[bool] = []
    for piece in re.finditer(r"([a-z_])(\d*)|(.)", text):
        letter, times, wrong = piece.groups()
        if wrong:
            raise PuzzleSyntaxError(f"{shown(wrong)} among blocks: expected letters and _")
        passed = 0 if letter == "_" else min(_place(letter), _LONGEST_RUN)
        run = [True] * passed + [False] * (letter != "z")
        open_sides += run * min(int(times[:9] or 1), 2 * w * w + 1)
    sides = _sides(w)
    if len(open_sides) != len(sides) + 1 or open_sides[-1]:
        got = len(open_sides) - 1
        raise PuzzleSyntaxError(f"blocks: expected {len(sides)} sides of cells, got {got}")
    block = [[cell] for cell in range(w * w)]
    for (one, other), joined in zip(sides, open_sides, strict=False):
        if joined and block[one] is not block[other]:
            block[one] += block[other]
            for cell in block[other]:
                block[cell] = block[one]
    return list(dict.fromkeys(tuple(sorted(block[cell])) for cell in range(w * w)))


def _drawn(blocks: Sequence[Cells], w: int, repeats: bool = False) -> str:
    """Blocks as `_blocks` reads them; with `repeats`, a letter three times or more is `a3`."""
    home = {cell: number for number, block in enumerate(blocks) for cell in block}
    text, run = "", 0
    for joined in (*(home.get(a) == home.get(b) for a, b in _sides(w)), False):
        run += 1
        if not joined:
            runs, rest = divmod(run - 1, _LONGEST_RUN)
            if runs and not rest:
                runs, rest = runs - 1, _LONGEST_RUN
            text, run = text + "z" * runs + (_letter(rest) or "_"), 0
    return re.sub(r"(.)\1\1+", lambda m: f"{m[1]}{len(m[0])}", text) if repeats else text


def _lines(w: int) -> list[Cells]:
    """Lines from outside: down, up, to the right, to the left."""
    rows = [tuple(range(at, at + w)) for at in range(0, w * w, w)]
    cols = list(zip(*rows, strict=True))
    return [*cols, *(c[::-1] for c in cols), *rows, *(row[::-1] for row in rows)]


# -- the games ------------------------------------------------------------------------------------


def _solo(match: re.Match[str]) -> Puzzle:
    first, second, letters, text = match.groups()
    marks = set(re.sub(r"d[a-z]|[amr]d?\d*", "", letters))
    if not marks <= set("jxk"):
        raise PuzzleSyntaxError(f"parameters of solo: expected x, j and k, got {shown(letters)}")
    rows, cols = int(first), int(second or 1)
    jigsaw = "j" in marks or cols == 1
    D = rows * cols
    _require_values(D)
    grid, *fields = text.split(",")
    expected = jigsaw + 2 * ("k" in marks)
    if len(fields) != expected:
        raise PuzzleSyntaxError(f"expected {expected} commas in the description, got {len(fields)}")
    givens = _numbers(grid, D * D, D)
    if jigsaw:
        blocks = _blocks(fields.pop(0), D)
        home = {cell: number for number, block in enumerate(blocks) for cell in block}
        board = families.jigsaw([home[cell] for cell in range(D * D)], "x" in marks)
    else:
        board = (families.sudoku_x if "x" in marks else families.sudoku)(rows, cols)
    if fields:
        totals = _numbers(fields[1], D * D, D * D * D)
        cages = [(totals[cells[0]], cells) for cells in _blocks(fields[0], D)]
        rules = [Killer(total, cells) if total else Different(cells) for total, cells in cages]
        board = families.with_rules(board, rules)
    return Puzzle(board, tuple(givens))


def _solo_id(puzzle: Puzzle) -> str:
    board, w = puzzle.board, puzzle.board.rows
    jigsaw, cages = board.box is None, [rule for rule in board.rules if hasattr(rule, "cells")]
    text = f"{w}j" if board.box is None else f"{board.box[0]}x{board.box[1]}"
    text += "x" * board.family.endswith("-x") + "k" * bool(cages)
    text += f":{_without_zeros(puzzle.givens)}"
    if jigsaw:
        text += f",{_drawn(families.units_of_regions(board.regions or ()), w)}"
    if cages:
        totals = [0] * board.n
        for cage in cages:
            totals[cage.all_cells[0]] = getattr(cage, "total", 0)
        text += f",{_drawn([cage.all_cells for cage in cages], w)},{_without_zeros(totals)}"
    return text


def _keen(match: re.Match[str]) -> Puzzle:
    w = _order(match)
    cages, clues = _blocks(match[2], w), re.findall(r"([asmd])(\d+)", match[3])
    if len(cages) != len(clues):
        raise PuzzleSyntaxError(f"expected {len(cages)} clues, one a block, got {len(clues)}")
    pairs = zip(clues, cages, strict=True)
    rules = [KenKen(_OPERATIONS[letter], int(n), cells) for (letter, n), cells in pairs]  # type: ignore[arg-type]
    return families.with_rules(families.latin(w), rules).empty()


def _keen_id(puzzle: Puzzle) -> str:
    cages = sorted(
        (rule for rule in puzzle.board.rules if isinstance(rule, KenKen)), key=lambda c: c.cells
    )
    letters = {operation: letter for letter, operation in _OPERATIONS.items()}
    clues = "".join(f"{letters[cage.operation]}{cage.target}" for cage in cages)
    w = puzzle.board.rows
    return f"{w}:{_drawn([cage.cells for cage in cages], w, repeats=True)},{clues}"


def _unequal(match: re.Match[str]) -> Puzzle:
    w = _order(match)
    givens: list[int] = []
    rules: list[Rule] = []
    for piece in re.finditer(r"([a-z])|(\d{1,9})([URDL]*),?|(.)", match[3]):
        letter, number, signs, wrong = piece.groups()
        if wrong or (number and int(number) > w):
            raise PuzzleSyntaxError(f"{shown(piece.group())}: expected numbers from 0 to {w}")
        row, col = divmod(len(givens), w)
        for sign in signs or "":
            y, x = row + _STEPS[sign][0], col + _STEPS[sign][1]
            if not (0 <= y < w and 0 <= x < w):
                raise PuzzleSyntaxError(f"the sign {sign} of r{row + 1}c{col + 1} leaves the board")
            rules.append(Greater((row * w + col, y * w + x)))
        givens += [0] * _place(letter) if letter else [int(number)]
    if len(givens) != w * w:
        raise PuzzleSyntaxError(f"expected {w * w} cells, got {len(givens)}")
    if match[2]:  # adjacent: signs say that numbers differ by 1, and no sign that they do not
        pairs = sorted({tuple(sorted(rule.all_cells)) for rule in rules})
        rules = [*(Difference(1, pair) for pair in pairs), Negative(("white",))]
    return Puzzle(families.with_rules(families.latin(w), rules), tuple(givens))


def _unequal_id(puzzle: Puzzle) -> str:
    board, w = puzzle.board, puzzle.board.rows
    adjacent = any(isinstance(rule, Negative) for rule in board.rules)
    signs = [""] * board.n
    for rule in board.rules:
        for one, other in pairwise(rule.all_cells):
            for a, b in ((one, other), (other, one))[: 1 + adjacent]:
                step = b // w - a // w, b % w - a % w
                signs[a] += next((sign for sign in _STEPS if _STEPS[sign] == step), "")
    cells = zip(puzzle.givens, signs, strict=True)
    texts = (f"{value}{''.join(sorted(of_cell, key='URDL'.index))}," for value, of_cell in cells)
    return f"{w}{'a' * adjacent}:{''.join(texts)}"


def _towers(match: re.Match[str]) -> Puzzle:
    w = _order(match)
    clues, lines = match[2].split("/"), _lines(w)
    if len(clues) != len(lines):
        raise PuzzleSyntaxError(f"expected {len(lines)} clues with / between, got {len(clues)}")
    seen = [(int(clue[:9]), line) for clue, line in zip(clues, lines, strict=True) if clue]
    for clue, _ in seen:
        if not 1 <= clue <= w:
            raise PuzzleSyntaxError(f"the clue {clue}: expected 1 to {w}")
    rules = [Skyscraper(clue, line) for clue, line in seen]
    givens = _numbers(match[3], w * w, w) if match[3] else [0] * (w * w)
    return Puzzle(families.with_rules(families.latin(w), rules), tuple(givens))


def _towers_id(puzzle: Puzzle) -> str:
    w = puzzle.board.rows
    clues = {rule.all_cells: getattr(rule, "number", 0) for rule in puzzle.board.rules}
    text = f"{w}:" + "/".join(str(clues.get(line, "")) for line in _lines(w))
    return text + (f",{_without_zeros(puzzle.givens)}" if any(puzzle.givens) else "")


def _unruly(match: re.Match[str]) -> Puzzle:
    cols, rows = int(match[1]), int(match[2])
    n, givens = rows * cols, list[int]()
    if n > MAX_CELLS:
        raise PuzzleSyntaxError(f"{cols}x{rows} is too large: at most {MAX_CELLS} cells")
    for letter in match[4]:
        passed = min(_place(letter), _LONGEST_RUN)
        givens += [0] * passed if letter in "zZ" else [0] * (passed - 1) + [1 + letter.isupper()]
    if len(givens) != n + 1:
        raise PuzzleSyntaxError(f"expected {n} cells and the end, got {len(givens)}")
    board = replace(families.grid(rows, cols, 2, ()), low=0)
    return Puzzle(families.with_rules(board, [Takuzu(match[3] == "u")]), tuple(givens[:-1]))


def _unruly_id(puzzle: Puzzle) -> str:
    board, text, run = puzzle.board, "", 0
    for value in (*puzzle.givens, 1):
        run += 1
        if value:
            runs, rest = divmod(run - 1, _LONGEST_RUN)
            letter = _letter(rest + 1)
            text, run = text + "z" * runs + (letter.upper() if value == 2 else letter), 0
    unique = "u" if Takuzu(True) in board.rules else ""
    return f"{board.cols}x{board.rows}{unique}:{text}"


def _order(match: re.Match[str]) -> int:
    _require_values(int(match[1]))
    return int(match[1])


def _require_values(D: int) -> None:
    if not 1 <= D <= MAX_VALUES:
        raise PuzzleSyntaxError(f"expected 1 to {MAX_VALUES} values, got {D}")


Reader = Callable[[re.Match[str]], Puzzle]

_GAMES: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (re.compile(r"(\d{1,3})x(\d{1,3})(u?)(?:d[a-z])?:([A-Za-z]+)"), _unruly),
    (re.compile(r"(\d{1,2})(?:x(\d{1,2})|(?=j))([a-z0-9]*):([a-z0-9_,]+)"), _solo),
    (re.compile(r"(\d{1,2})(?:d[a-z])?m?:([a-z_0-9]+),((?:[asmd]\d{1,9})+)"), _keen),
    (re.compile(r"(\d{1,2})(a?)(?:d[a-z])?:([a-z]*\d+[URDL]*,[a-zURDL\d,]*)"), _unequal),
    (re.compile(r"(\d{1,2})(?:d[a-z])?:([\d/]*/[\d/]*)(?:,([a-z\d_]+))?"), _towers),
)
_SEED = re.compile(r"\d{1,3}[a-z0-9]*#\S+")


def _game(text: str) -> tuple[Reader, re.Match[str]] | None:
    """The game whose ids look so. Letters alone are of unruly where they fill its board."""
    for pattern, read in _GAMES:
        match = pattern.fullmatch(text)
        if match and read is _unruly and match[4].islower():
            passed = sum(min(_place(letter), _LONGEST_RUN) for letter in match[4])
            match = match if passed == int(match[1]) * int(match[2]) + 1 else None
        if match:
            return read, match
    return None


def _parse(text: str, family: str) -> Found:
    require_short(text)
    row = text.strip()
    if "#" in row:
        raise PuzzleSyntaxError("a random seed is no puzzle: copy the game id that has a colon")
    game = _game(row)
    if game is None:
        raise PuzzleSyntaxError("no game id of solo, keen, unequal, towers or unruly")
    read, match = game
    return Found(read(match))


_SORTED = (Killer, KenKen, Different)


def _write(puzzle: Puzzle) -> str:
    """The id, of the game that the rules belong to, once it is seen to be the same puzzle."""
    board = puzzle.board
    rules = [
        replace(rule, cells=tuple(sorted(rule.cells))) if isinstance(rule, _SORTED) else rule
        for rule in board.rules
    ]
    puzzle = replace(puzzle, board=families.with_rules(board, rules))
    kinds = {type(rule) for rule in rules}
    write = _unequal_id if board.family == "latin" else _solo_id
    for kind, other in ((Takuzu, _unruly_id), (KenKen, _keen_id), (Skyscraper, _towers_id)):
        write = other if kind in kinds else write
    text = write(puzzle)
    try:
        found = _parse(text, "")[0]
    except PuzzleError:
        raise PuzzleError("the sgt format cannot hold this board: use vmd or jsonl") from None
    require_same(puzzle, found, "sgt")
    return text + "\n"


FORMAT = Format(
    name="sgt",
    summary="game ids of sgt-puzzles: solo, keen, unequal, towers, unruly",
    recognise=first_line(
        lambda text: _game(text.strip()) or _SEED.fullmatch(text.strip()),
        "parameters and a game id",
    ),
    read=by_line(_parse),
    write=_write,
    families=("sudoku", "sudoku-x", "jigsaw", "jigsaw-x", "latin", "grid"),
    bare=False,
    ruled=True,
    per_line=True,
    literal=True,
)

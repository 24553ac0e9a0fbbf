"""Writes docs/RULES.md and its pictures: `make rules`. A rule is described by its class, drawn and
written by an example here; which formats carry it is tried out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from inspect import getdoc
from pathlib import Path
from typing import NamedTuple

from vmd_solver.csp.families import grid, latin, sudoku, with_rules
from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.csp.rules import RULES
from vmd_solver.drawing.ruled import extent
from vmd_solver.drawing.shapes import MARGIN, document, svg
from vmd_solver.errors import PuzzleError
from vmd_solver.formats import FORMATS, parse, write
from vmd_solver.formats.ruletext import ALIASES, parse_rule

FOLDER = Path(__file__).resolve().parent

BOARDS = {
    "four": sudoku(2, 2),
    "six": sudoku(2, 3),
    "latin": latin(6),
    "binary": replace(grid(4, 4, 2, []), low=0),
    "square": grid(3, 3, 9, []),
}

GROUPS = {
    "anti-knight": "Rules of the whole board",
    "different": "Rules of cells",
    "difference": "Signs between cells",
    "killer": "Cages",
    "thermo": "Lines",
    "sandwich": "Clues outside the board, and rules of whole lines",
}
"""The first rule of each group."""

EXAMPLES = (
    ("six", "123645 645123 451236 236451 364512 512364", ["anti-knight"]),
    ("six", "123456 465132 312645 654321 231564 546213", ["anti-king"]),
    ("six", "123465 645312 456231 231654 312546 564123", ["anti-taxicab"]),
    ("six", "135246 462513 246351 513624 351462 624135", ["non-consecutive"]),
    ("six", "123456 456231 314625 265314 542163 631542", ["diagonal down"]),
    ("six", "123456 456123 245361 361245 512634 634512", ["disjoint-groups"]),
    ("six", "123546 546123 261354 354612 612435 435261", ["global-entropy"]),
    ("six", "123456 546123 612534 354261 435612 261345", ["x r2c2 r2c3", "negative x"]),
    ("binary", "0011 0011 1100 1100", ["takuzu"]),
    (
        "six",
        "123456 456123 241365 635241 512634 364512",
        ["different r2c2 r2c3 r3c3 r4c4 r4c5 r5c5"],
    ),
    ("four", "1234 4321 2413 3142", ["odd r1c1 r2c4 r3c3"]),
    ("four", "1234 3421 2143 4312", ["even r1c2 r2c3 r4c4"]),
    ("four", "1234 3412 2143 4321", ["marks 1,2 r1c1 r3c2"]),
    ("six", "263145 514236 126354 345612 651423 432561", ["minimum r2c2 r4c5"]),
    ("six", "314625 265134 631542 452361 126453 543216", ["maximum r2c2 r4c5"]),
    ("six", "123456 546213 214365 365124 631542 452631", ["clone r1c1 r1c2 r2c2 r4c4 r4c5 r5c5"]),
    (
        "six",
        "123456 456213 214635 635142 342561 561324",
        ["same-values 2 r1c2 r2c2 r2c3 r5c4 r5c5 r6c5"],
    ),
    ("four", "1432 3214 2143 4321", ["quadruple 1,2,4 r2c2 r2c3 r3c2 r3c3"]),
    ("four", "1243 4312 2134 3421", ["white r1c1 r1c2", "difference 3 r3c2 r4c2"]),
    ("four", "1234 3412 2341 4123", ["black r1c1 r1c2", "ratio 3 r3c2 r4c2"]),
    (
        "six",
        "416235 325146 163452 542613 234561 651324",
        ["v r1c1 r1c2", "x r3c2 r4c2", "pair-sum 7 r5c5 r5c6"],
    ),
    ("four", "2413 1342 4231 3124", ["greater r1c2 r1c1", "greater r2c3 r3c3 r3c4"]),
    (
        "six",
        "165243 324615 543126 216534 451362 632451",
        ["greater-sum r1c1 r1c2 > r3c4 r3c5 r4c5"],
    ),
    ("four", "1234 3412 2341 4123", ["table 1-2,2-4,4-1 r2c2 r2c3"]),
    ("four", "2314 1423 3142 4231", ["killer 6 r1c1 r1c2 r2c1", "killer 7 r3c3 r4c3"]),
    ("four", "1423 2314 3142 4231", ["sum 8 r2c2 r2c3 r3c3"]),
    ("four", "1324 4213 2431 3142", ["kenken x 12 r1c1 r1c2 r2c1", "kenken - 1 r3c3 r4c3"]),
    ("four", "1342 2431 4123 3214", ["little-killer 9 r1c2 r2c3 r3c4"]),
    ("six", "634125 512634 165243 243561 356412 421356", ["rellik 5 r2c2 r2c3 r3c2"]),
    ("six", "125346 346521 231465 564132 412653 653214", ["equality-cage r2c2 r2c3 r3c2 r3c3"]),
    ("six", "456123 132456 264315 315264 523641 641532", ["lunchbox 9 r2c1-r2c5"]),
    ("four", "2143 4321 3412 1234", ["counting-circles r1c1 r2c2 r2c4 r3c1 r4c2 r4c3"]),
    ("square", "294 753 618", ["magic-square r1c1-r1c3 r2c1-r2c3 r3c1-r3c3"]),
    ("six", "465123 123456 254361 316542 532614 641235", ["thermo r2c1 r2c2 r2c3 r3c3 r4c4"]),
    ("six", "125643 634125 561432 243561 316254 452316", ["slow-thermo r2c2 r2c3 r3c4 r4c4 r4c5"]),
    ("six", "134562 256314 321456 645123 412635 563241", ["whisper 3 r2c1 r2c2 r3c3 r4c3 r4c4"]),
    ("six", "123456 456132 314625 265341 531264 642513", ["renban r2c2 r2c3 r3c3 r4c4"]),
    ("six", "123456 456231 245163 361542 532614 614325", ["palindrome r2c1 r2c2 r3c3 r4c4 r4c5"]),
    ("six", "546123 123456 412365 635241 261534 354612", ["between r2c1 r2c2 r3c3 r3c4 r4c5"]),
    ("six", "245316 316524 651243 423165 134652 562431", ["lockout 3 r2c1 r2c2 r3c3 r3c4 r4c5"]),
    ("six", "345216 126354 213465 564123 451632 632541", ["zipper r2c1 r2c2 r3c3 r4c4 r4c5"]),
    ("six", "354126 612435 263514 145362 436251 521643", ["region-sum-line r2c2 r2c3 r3c3 r4c4"]),
    (
        "six",
        "134652 256314 562143 413526 321465 645231",
        ["sum-line 7 r2c1 r2c2 r2c3 r3c4 r4c4 r4c5"],
    ),
    ("six", "123456 465132 642315 531624 214563 356241", ["modular 3 r2c1 r2c2 r3c3 r4c3 r4c4"]),
    ("six", "123456 456123 561234 234561 312645 645312", ["entropic r2c1 r2c2 r3c3 r4c3 r4c4"]),
    ("six", "264513 351246 436152 125364 612435 543621", ["arrow r2c2 r2c3 r3c4 r4c4"]),
    (
        "six",
        "234516 156324 542163 361245 413652 625431",
        ["pill-arrow 2 r2c1 r2c2 r2c3 r3c4 r4c4 r5c4"],
    ),
    ("six", "123546 546213 634125 215634 451362 362451", ["double-arrow r2c1 r2c2 r2c3 r3c4 r4c4"]),
    (
        "six",
        "435216 126453 351624 264135 613542 542361",
        ['regex "[12]+3.*" r2c1 r2c2 r3c3 r4c4 r4c5'],
    ),
    ("six", "123645 645123 264351 351264 412536 536412", ["sandwich 9 r2", "sandwich 0 c4"]),
    ("six", "345612 126345 452136 613254 561423 234561", ["skyscraper 3 r2", "skyscraper 2 -c4"]),
    ("six", "145236 326145 234651 561324 412563 653412", ["hidden-skyscraper 2 r2"]),
    ("six", "145326 326145 462531 531462 213654 654213", ["x-sum 11 r2", "x-sum 8 -c4"]),
    (
        "six",
        "135246 246135 324561 561324 413652 652413",
        ["numbered-room 4 r2", "numbered-room 1 c4"],
    ),
    ("four", "1423 2341 3214 4132", ["full-rank 6 r2"]),
    ("six", "124356 356124 213465 645213 461532 532641", ["indexing column c2"]),
    ("latin", "415263 142536 236145 361452 523614 654321", ["queens r1"]),
)
"""For each rule in the order of RULES a board, a solution, and rules; the last one is the example
of its own name."""

_INTRODUCTION = """# Rules

Every rule that a puzzle may have beside the units of its board. `make rules` writes this page.

A rule is one line of text: its name, its parameters, its cells. It stands under `rules:` in our own
text format and in the list `rules` of JSONL ([FORMATS.md](FORMATS.md)). Cells are `r1c1`, a
straight range `r1c1-r1c4`, a row `r3` or a column `c2`; `-r3` is a row from its far end. A clue
outside the board names its cells from the clue on. Numbers are those on the board.

The formats named are those that give the example back. Ids of sgt-puzzles (`sgt`) hold whole games
alone: solo with cages of `killer`, keen (`kenken`), unequal (`greater`, or `white` and `negative
white`), towers (`skyscraper`) and unruly (`takuzu`).

The pictures show what `vmd-make --output`, `vmd-solve` and `vmd-play` draw, in a terminal with
characters. A solution stands in each, so that the rule can be checked.

"""


class Example(NamedTuple):
    """A rule's name, a solved puzzle that has it, and the lines of text that state its rules."""

    name: str
    puzzle: Puzzle
    values: tuple[int, ...]
    lines: list[str]


def examples() -> Iterator[Example]:
    """The example of each rule."""
    for name, (key, rows, lines) in zip(RULES, EXAMPLES, strict=True):
        board = with_rules(BOARDS[key], [parse_rule(line, BOARDS[key]) for line in lines])
        values = tuple(int(digit) - board.low + 1 for digit in rows.replace(" ", ""))
        yield Example(name, Puzzle(board, (0,) * board.n), values, lines)


def picture(example: Example) -> str:
    """The drawing of an example, as an SVG file."""
    width, height = (side + 2 * MARGIN for side in extent(example.puzzle.board)[2:])
    return document(width, height, svg(example.puzzle, example.values))


def page() -> str:
    """The page, without its pictures."""
    text = _INTRODUCTION
    for example in examples():
        name, kind = example.name, RULES[example.name]
        if name in GROUPS:
            text += f"## {GROUPS[name]}\n\n"
        words = [field.name.upper() for field in fields(kind)]
        cells = [word for word in words if word in ("MORE", "CELLS")]
        usage = " ".join([name, *(word for word in words if word not in cells), " > ".join(cells)])
        text += f"### {name}\n\n![{name}](pictures/rules/{name}.svg)\n\n"
        text += re.sub(r"\s+", " ", getdoc(kind) or "") + "\n\n"
        text += f"Written `{usage.strip()}`"
        also = [
            f"also `{short}`" if long == name else f"`{short}` is `{long}`"
            for short, long in ALIASES.items()
            if long.split()[0] == name
        ]
        text += f"; {', '.join(also)}" * bool(also) + ". Formats: " + ", ".join(carriers(example))
        text += ".\n\n```\n" + "\n".join(example.lines) + "\n```\n\n"
    return text.rstrip() + "\n"


def carriers(example: Example) -> list[str]:
    """The formats that hold the puzzle of an example and give it back."""
    names = (format.name for format in FORMATS if format.ruled and format.name != "sgt")
    found = [name for name in names if _carries(name, example.puzzle)]
    return sorted(found, key=lambda name: name not in ("vmd", "jsonl"))


def _carries(format: str, puzzle: Puzzle) -> bool:
    try:
        found = parse(write(puzzle, format), format=format).board
    except PuzzleError:
        return False
    return set(found.rules) == set(puzzle.board.rules)


def main() -> None:
    """Write the page and its pictures."""
    folder = FOLDER / "pictures" / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    for example in examples():
        (folder / f"{example.name}.svg").write_text(picture(example), encoding="utf-8")
    (FOLDER / "RULES.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()

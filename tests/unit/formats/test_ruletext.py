"""A rule as a line of text: what it looks like, what is read besides, what is wrong with one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from vmd_solver import formats
from vmd_solver.csp.families import grid, sudoku, with_rules
from vmd_solver.csp.rules import RULES, Regex, SumLine, Thermo
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError
from vmd_solver.formats.ruletext import ALIASES, parse_cells, parse_rule, rule_text

PAGE = (Path(__file__).parents[3] / "docs" / "FORMATS.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\| `([^`]+)` \|", PAGE.partition("### Rules")[2].partition("\n## ")[0], re.M)
BOARD = sudoku()
BINARY = grid(4, 4, 2, [])


def test_the_page_has_a_line_for_every_rule() -> None:
    assert [line.split()[0] for line in LINES] == list(RULES)


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_page_is_a_rule_and_what_is_written(line: str) -> None:
    board = BINARY if line.startswith("takuzu") else BOARD
    rule = parse_rule(line, board)
    assert rule.name == line.split()[0]
    assert rule_text(rule, board) == line
    assert with_rules(board, [rule]).rules == (rule,)


@pytest.mark.parametrize("alias", ALIASES)
def test_another_name_is_read_and_listed_on_the_page(alias: str) -> None:
    cells = "" if ALIASES[alias].split()[0] in PLAIN else " 7 r1c1 r1c2"[2 * (alias in FIXED) :]
    assert rule_text(parse_rule(alias.upper() + cells, BOARD), BOARD) == ALIASES[alias] + cells
    assert f"`{alias}`" in PAGE


PLAIN = ("negative", "non-consecutive", "disjoint-groups")
FIXED = {alias for alias, line in ALIASES.items() if line[-1].isdigit()}
FIXED |= {"thermometer", "all-different"}


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("r1c1", (0,)),
        ("R2C3", (6,)),
        ("r1c1-r1c4", (0, 1, 2, 3)),
        ("r1c4-r1c2", (3, 2, 1)),
        ("r1c1-R3C1", (0, 4, 8)),
        ("r3c3-r1c1", (10, 5, 0)),
        ("r1c4-r3c2", (3, 6, 9)),
        ("r2c2-r2c2", (5,)),
        ("r2", (4, 5, 6, 7)),
        ("-R2", (7, 6, 5, 4)),
        ("c3", (2, 6, 10)),
        ("-c3", (10, 6, 2)),
        ("r1c1,r1c2, c1", (0, 1, 0, 4, 8)),
    ],
)
def test_cells(text: str, cells: tuple[int, ...]) -> None:
    assert parse_cells(text, 3, 4) == cells


def test_a_line_says_as_little_as_it_can() -> None:
    def cells(*found: int) -> str:
        return rule_text(Thermo(found), BOARD)

    assert cells(0, 1, 2, 3, 12) == "thermo r1c1-r1c4 r2c4"
    assert cells(0, 10, 20, 19, 18) == "thermo r1c1-r3c3 r3c2 r3c1"
    assert cells(0, 2, 4) == "thermo r1c1 r1c3 r1c5"
    assert cells(*range(80, 7, -9)) == "thermo -c9"
    assert rule_text(SumLine(9, (0, 1), True), BOARD) == "sum-line 9 loop r1c1 r1c2"


def test_a_pattern_that_no_line_can_hold_is_refused() -> None:
    for pattern in ("", '1"', "1\n"):
        with pytest.raises(PuzzleError, match="regex: the pattern cannot be written"):
            rule_text(Regex(pattern, (0,)), BOARD)


BAD = {
    "no such rule": ("frog r1c1", 1, "unknown rule 'frog': expected killer, thermo, white or"),
    "nearly a rule": ("thermos r1c1 r1c2", 1, "unknown rule 'thermos': expected thermo, "),
    "word for a number": (
        "killer ten r1c1 r1c2",
        8,
        "killer: expected a whole number as its total",
    ),
    "no number": ("killer r1c1 r1c2", 8, "expected a whole number as its total, got 'r1c1'"),
    "endless number": ("killer 12345678 r1c1", 8, "expected a whole number as its total"),
    "empty cage": ("killer 10", 10, "killer: expected cells such as r1c1 r1c2, the line ends"),
    "no row": ("killer 10 r10c1", 11, "'r10c1' is not a cell: expected r1c1 to r9c9"),
    "no column": ("killer 10 r1c1 r1c0", 16, "'r1c0' is not a cell"),
    "no such line": ("skyscraper 4 r10", 14, "'r10' is not a cell"),
    "range askew": ("thermo r1c1-r2c3", 8, "'r1c1-r2c3' is no straight line: expected a row"),
    "range out": ("thermo r1c1-r1c12", 8, "'r1c1-r1c12' is not a cell"),
    "half a range": ("thermo r1c1-", 8, "'r1c1-' is not a cell"),
    "cells of a board": ("anti-knight r1c1", 13, "anti-knight: expected no cells, got 'r1c1'"),
    "word too many": ("takuzu uniq", 8, "takuzu: expected no cells, got 'uniq'"),
    "no direction": ("diagonal left", 10, "diagonal: expected one of down, up as its direction"),
    "no operation": ("kenken ^ 3 r1c1 r1c2", 8, "kenken: expected one of +, -, x, / as its oper"),
    "no signs": ("negative", 9, "negative: expected signs such as x v as its signs, the line"),
    "no list": ("marks 1;3 r1c1", 7, "marks: expected numbers such as 1,2,3 as its numbers"),
    "no pairs": ("table 1,2 r1c1 r1c2", 7, "table: expected pairs such as 1-2,2-4 as its pairs"),
    "no quotes": ("regex [1-3]* r1", 7, "regex: expected a text in quotes"),
    "one group": ("greater-sum r1c1 r1c2", 22, "greater-sum: expected > between two groups"),
    "empty group": ("greater-sum > r1c2", 13, "greater-sum: expected cells such as r1c1 r1c2"),
    "three groups": (
        "greater-sum r1c1 > r1c2 > r1c3",
        25,
        "greater-sum: expected no more, got '>'",
    ),
    # What can be read, and makes no sense.
    "cell twice": ("killer 10 r1c1 r1c2 r1c1", 1, "killer: r1c1 is named twice"),
    "thermo in a ring": ("thermo r1c1 r1c2 r2c2 r2c1 r1c1", 1, "thermo: r1c1 is named twice"),
    "too few cells": ("thermo r1c1", 1, "thermo: 2 cells or more expected, got 1"),
    "long thermo": ("thermo r1 r2c9", 1, "thermo: 10 cells cannot rise through 9 values"),
    "long chain": ("greater r1 r2c9", 1, "greater: 10 cells cannot fall through 9 values"),
    "small total": ("killer 5 r1c1-r1c3", 1, "killer: no values in its cells can keep it"),
    "great total": ("killer 46 r1", 1, "killer: no values in its cells can keep it"),
    "total of two": ("killer 18 r1c1 r1c2", 1, "killer: no numbers for r1c1 and r1c2 keep"),
    "sum of one": ("sum 10 r1c1", 1, "sum: no values in its cells can keep it"),
    "whisper": ("whisper 9 r1c1 r1c2", 1, "whisper: no numbers for r1c1 and r1c2 keep a rule"),
    "ratio": ("ratio 10 r1c1 r1c2", 1, "ratio: no numbers for r1c1 and r1c2 keep a rule"),
    "three for two": ("white r1c1 r1c2 r1c3", 1, "difference: needs two cells, got 3"),
    "odd clone": ("clone r1c1 r1c2 r1c3", 1, "clone: needs as many cells again"),
    "sets": ("same-values 2 r1c1 r1c2 r1c3", 1, "same-values: cannot split 3 cells into 2 sets"),
    "number of a table": ("table 1-10 r1c1 r1c2", 1, "table: 10 is no number of 1 to 9"),
    "table of three": ("table 1-2 r1c1 r1c2 r1c3", 1, "table: needs two cells, got 3"),
    "mark": ("marks 0,1 r1c1", 1, "marks: 0 is no number of 1 to 9"),
    "no number left": ("even r5c5 r5c6", 1, "even: no number is left for r5c5"),
    "no regex": ('regex "[1" r1', 1, "regex: [1 is no regular expression"),
    "regex of two": ('regex "12" r1', 1, "regex: no values in its cells can keep it"),
    "five around a corner": (
        ("quadruple 1,2,3,4,5 r1c1 r1c2 r2c1 r2c2", 1, "quadruple: 5 numbers do not fit 4 cells")
    ),
    "skyscrapers": ("skyscraper 10 r1", 1, "skyscraper: no values in its cells can keep it"),
    "x-sum": ("x-sum 0 r1", 1, "x-sum: no values in its cells can keep it"),
    "room": ("numbered-room 10 r1", 1, "numbered-room: 10 is no number of 1 to 9"),
    "sandwich": ("sandwich 60 r1", 1, "sandwich: no values in its cells can keep it"),
    "takuzu": ("takuzu", 1, "takuzu: needs two values and an even number of cells a line"),
    "no square": ("magic-square r1c1-r1c5", 1, "magic-square: 5 cells are no square"),
    "sign": ("negative x y", 1, "negative: unknown sign y, expected white, black, v, x"),
    "long pill": ("pill-arrow 3 r1c1-r1c3", 1, "pill-arrow: needs a pill of 2 or more, and other"),
    "modular": ("modular 1 r1c1 r1c2", 1, "modular: needs a number of 2 or more"),
    "rank": ("full-rank 37 r1", 1, "full-rank: needs a rank of 1 to 36"),
    "no line": ("full-rank 1 r1c1 r1c2", 1, "full-rank: needs a whole row or column"),
    "rellik": ("rellik 0 r1c1 r1c2", 1, "rellik: needs a total of 1 or more"),
}


GRID = "family: grid\nsize: 1x4\nvalues: 4\nunits:\nr1c2-r1c4\n"
ELSEWHERE = {
    "on a hole": ("killer 3 r1c1 r1c2", "killer: r1c1 is a hole"),
    "a line with a hole": ("skyscraper 2 r1", "skyscraper: r1c1 is a hole"),
    "no square board": ("diagonal up", "diagonal: needs a square board"),
    "no boxes": ("disjoint-groups", "disjoint-groups: needs boxes"),
    "no regions": ("region-sum-line r1c2 r1c3", "region-sum-line: needs regions"),
    "no thirds": ("entropic r1c2 r1c3", "entropic: needs values in three equal parts, got 4"),
}
"""What makes no sense on a row of a hole and three cells."""


def failed(text: str) -> PuzzleSyntaxError:
    with pytest.raises(PuzzleSyntaxError) as caught:
        formats.parse(text, "p.txt")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200
    return caught.value


@pytest.mark.parametrize("case", BAD)
def test_a_bad_rule_is_told_in_one_line_with_its_place(case: str) -> None:
    line, column, message = BAD[case]
    error = failed(f"family: sudoku\nrules:\nodd r5c5 r5c6\n{line}\ngivens:\n{OPEN}")
    assert message in error.message
    assert (error.source, error.line, error.column) == ("p.txt", 4, column)


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_rule_that_makes_no_sense_on_this_board(case: str) -> None:
    line, message = ELSEWHERE[case]
    error = failed(f"{GRID}rules:\n{line}\neven r1c2\ngivens:\n/...\n")
    assert message in error.message
    assert (error.line, error.column) == (7, 1)


@pytest.mark.parametrize("case", ["word for a number", "rank", "no regex"])
def test_a_bad_rule_in_json_has_its_column(case: str) -> None:
    line, column, message = BAD[case]
    text = json.dumps({"rules": ["odd r5c5", line], "givens": [0] * 81})
    error = failed(text)
    assert message in error.message
    place = text.find(json.dumps(line)) + 1
    assert error.column == place + column


OPEN = ".........\n" * 9

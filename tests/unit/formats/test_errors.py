"""What is wrong with a text: one line that says where, what was expected and what came."""

from __future__ import annotations

import pytest

from vmd_solver import formats
from vmd_solver.errors import PuzzleError, PuzzleSyntaxError

ROWS = [
    "123456789",
    "456789123",
    "789123456",
    "234567891",
    "567891234",
    "891234567",
    "345678912",
    "678912345",
    "912345678",
]
GRID = "\n".join(ROWS)
GRID_2X2 = "size: 2x2\nvalues: 2\n"
OPEN_2X2 = "givens:\n..\n.."
OPEN_3X3 = "givens:\n...\n...\n..."

BAD = {
    "short line": ("1" * 80, 1, 81, "expected 81 cells (or 16, 36,"),
    "long line": ("1" * 82, 1, 83, "got 82"),
    "foreign letter": ("1" * 80 + "y", 1, 81, "unexpected 'y': expected 1-9"),
    "in a group": (". " * 80 + "y", 1, 161, "unexpected 'y'"),
    "indented": ("  " + "." * 80 + "!", 1, 83, "unexpected '!'"),
    "beyond ASCII": ("\u0663" + "1" * 80, 1, 1, "unexpected '\u0663'"),
    "not UTF-8": ("1" * 80 + "\ufffd", 1, 81, "not UTF-8"),
    "no boxes": ("1" * 49, 1, 1, "7x7 board has no usual boxes"),
    "solution of a line": ("1" * 81 + "," + "1" * 80 + ".", 1, 163, "leaves a cell open"),
    "empty": ("", 1, 1, "no puzzle here: expected"),
    "comments only": ("\n# a\n  # b\n\n", 1, 1, "no puzzle here: expected"),
    "prose": ("Call me Ishmael. Some\nyears ago", 1, 1, "not a puzzle in any known format"),
    "ragged grid": (GRID.replace(ROWS[4], ROWS[4][:8]), 5, 9, "expected 9 cells in the row, got 8"),
    "ragged first row": (GRID[1:], 1, 9, "expected 9 cells in the row, got 8"),
    "foreign letter in a grid": (GRID.replace(ROWS[4], "5678y1234"), 5, 5, "unexpected 'y'"),
    "missing row": ("\n".join(ROWS[:8]), 8, 1, "expected 9 rows of 9 cells, got 8"),
    "unequal boxes": (
        "\n".join(row[:4] + "|" + row[4:] for row in ROWS),
        1,
        1,
        "do not make equal boxes",
    ),
    "boxes of two bars": ("12|34\n34|12\n2|1|43\n43|21", 1, 1, "do not make equal boxes"),
    "key twice": ('{"givens":[0],"givens":[0]}', 1, 1, "'givens' occurs twice"),
    "no JSON": ('{"givens":}', 1, 11, "not JSON"),
    "deep JSON": ('{"a":' + "[" * 100_000, 1, 1, "nests or counts without end"),
    "endless number": ('{"a":' + "9" * 10_000 + "}", 1, 1, "nests or counts without end"),
    "no givens": ('{"family":"latin"}', 1, 1, "expected either 'givens'"),
    "givens of no kind": ('{"givens":4}', 1, 1, "expected a list or a string, got 4"),
    "value of no kind": (
        '{"family":"latin","givens":[0,0,0,true]}',
        1,
        1,
        "r2c2 is True: expected 1 to 2",
    ),
    "value out of range": ('{"family":"latin","givens":[0,0,3,0]}', 1, 1, "r2c1 is 3: expected"),
    "symbol in JSON": ('{"puzzle":"1..........y...."}', 1, 23, "unexpected 'y': expected 1-4"),
    "givens too few": ('{"box":[3,3],"givens":[1]}', 1, 1, "expected 81 givens"),
    "no square": ('{"givens":[0,0,0]}', 1, 1, "3 cells are not a square board"),
    "size not square": ('{"rows":2,"cols":3,"givens":"......"}', 1, 1, "is square: got size 2x3"),
    "rows alone": ('{"rows":2,"givens":"...."}', 1, 1, "rows and cols go together"),
    "size of no kind": ('{"n":"9","givens":"...."}', 1, 1, "n: expected a whole number from 1"),
    "too large": ('{"family":"latin","n":128,"givens":[0]}', 1, 1, "at most 127 values"),
    "unknown family": ('{"family":"killer","givens":[0]}', 1, 1, "unknown family 'killer'"),
    "family of no kind": ('{"family":[],"givens":[0]}', 1, 1, "family: expected a name"),
    "jigsaw without regions": ('{"family":"jigsaw","givens":[0]}', 1, 1, "add regions"),
    "box for a latin": ('{"family":"latin","box":[2,2],"givens":[0]}', 1, 1, "takes no box"),
    "box and size": ('{"box":[2,3],"n":4,"givens":[0]}', 1, 1, "boxes of 2x3 do not fit 4x4"),
    "box of one number": ('{"box":[2],"givens":[0]}', 1, 1, "box: expected two numbers"),
    "regions not boxes": (
        '{"family":"sudoku","regions":[0,0,0,1,0,1,1,1,2,2,2,3,2,3,3,3],"puzzle":"'
        + "." * 16
        + '"}',
        1,
        1,
        "the regions are not boxes of 2x2: use family jigsaw",
    ),
    "regions in rows": (
        '{"regions":[[0,0],[1,1]],"puzzle":"...."}',
        1,
        1,
        "regions: expected a list of whole numbers, got a list at place 1",
    ),
    "values and size": ('{"n":4,"values":5,"givens":[0]}', 1, 1, "5 values contradict"),
    "cell outside": (
        '{"family":"grid","rows":1,"cols":2,"values":2,"units":[[0,7]],"givens":[0,0]}',
        1,
        1,
        "unit 1 names a cell outside",
    ),
    "unit of no kind": ('{"family":"grid","units":[null],"givens":[0]}', 1, 1, "units: expected"),
    "solution in JSON": ('{"givens":[0],"solution":[1,2],"family":"latin"}', 1, 1, "got 2"),
    "alphabet in JSON": ('{"givens":[0],"alphabet":7,"family":"latin"}', 1, 1, "list of strings"),
    "alphabet too short": (
        '{"n":2,"givens":"....","alphabet":"1","family":"latin"}',
        1,
        1,
        "got 1",
    ),
    "regions ragged": (f"family: jigsaw\nregions:\nAAAB\nABB\nCCC\n{OPEN_3X3}", 3, 5, "got 4"),
    "region too large": (
        f"family: jigsaw\nregions:\nAAB\nAAB\nCCC\n{OPEN_3X3}",
        2,
        1,
        "region 1 has 4 cells, expected 3",
    ),
    "key twice in a header": ("family: latin\nfamily: latin", 2, 1, "twice, first in line 1"),
    "unknown key": ("family: latin\nsise: 9", 2, 1, "unknown key 'sise': expected one of family"),
    "no header": ("family: latin\nhello", 2, 1, "expected 'key: value'"),
    "rows beside the key": ("givens: 1...", 1, 1, "its rows begin on the next line"),
    "no rows": ("family: latin\ngivens:\n", 1, 1, "no givens"),
    "box of one side": ("box: 3\n" + OPEN_3X3, 1, 1, "rows x columns, such as 3x3, got '3'"),
    "unknown cell": (
        f"family: grid\n{GRID_2X2}units:\nr1c1 r3c1\n{OPEN_2X2}",
        5,
        6,
        "'r3c1' is no",
    ),
    "cell twice": (f"family: grid\n{GRID_2X2}units:\nr1c1 r1c1\n{OPEN_2X2}", 4, 1, "a cell twice"),
    "units without size": (
        f"family: grid\nvalues: 2\nunits:\nr1c1\n{OPEN_2X2}",
        3,
        1,
        "need the size",
    ),
    "grid without units": (f"family: grid\n{GRID_2X2}{OPEN_2X2}", 2, 1, "add units"),
    "huge grid": (f"family: grid\nsize: 999999\nvalues: 2\nunits:\n{OPEN_2X2}", 1, 1, "too large"),
    "alphabet of two": (f"family: latin\nalphabet: a b\n{OPEN_3X3}", 2, 1, "3 different symbols"),
    "alphabet with a blank": (f"family: latin\nalphabet: a b .\n{OPEN_3X3}", 2, 1, "'.' cannot"),
    "foreign to the alphabet": (
        "family: latin\nalphabet: a b c\ngivens:\na . .\n. . d\n. . .",
        5,
        5,
        "unexpected 'd': expected a b c",
    ),
    "size and rows": (f"family: latin\nsize: 4\n{OPEN_3X3}", 4, 4, "expected 4 cells"),
    "open solution": (
        f"family: latin\n{OPEN_3X3}\nsolution:\n12.\n231\n312",
        7,
        3,
        "leaves a cell",
    ),
    "pls row": ("order 3\n0 1\n1 2 0\n2 0 1", 2, 4, "expected 3 cells in the row, got 2"),
    "pls value": ("order 3\n0 1 3\n1 2 0\n2 0 1", 2, 5, "unexpected '3': expected 0 to 2"),
    "pls order": ("order x", 1, 1, "expected 'order n'"),
    "pls rows": ("order 2\n0 1", 2, 1, "expected 2 rows, got 1"),
    "hodoku cells": (":0000:x:" + "." * 80 + "::", 1, 89, "got 80"),
    "exchange cells": ("0000183b305c " + "." * 80 + "y 1.0", 1, 94, "unexpected 'y'"),
    "table row": ("puzzle,solution\n1", 2, 2, "expected 2 columns"),
    "table solution": ("puzzle,solution\n1...............,12", 2, 18, "got 2"),
    "table symbol": ('puzzle,solution\n"1...y...........",', 2, 6, "unexpected 'y'"),
    "table family": ("puzzle,family\n1...............,jigsaw", 2, 1, "cells alone do not describe"),
    "sdk without puzzle": ("[State]\n123", 1, 1, "no puzzle in sdk format"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_text_is_reported_once_where_it_is_bad(case: str) -> None:
    text, line, column, message = BAD[case]
    entry, *more = formats.read(text, "file.txt")
    assert not more
    assert entry.puzzle is None
    assert entry.error is not None
    assert str(entry.error).startswith(f"file.txt:{line}:{column}: ")
    assert message in entry.error.message
    assert "\n" not in str(entry.error)


FORCED = {
    "csv": "no column of puzzles",
    "exchange": "12 hexadecimal digits",
    "hodoku": ":technique:candidates:cells:",
    "pls": "'order n'",
    "vmd": "'key: value'",
    "jsonl": "expected a JSON object",
    "json": "expected a JSON object",
    "dzn": "expected an assignment",
    "opensudoku": "no puzzle in opensudoku format",
    "ksudoku": "no puzzle in ksudoku format",
}


@pytest.mark.parametrize("name", FORCED)
def test_a_text_in_another_form_than_stated_says_what_was_expected(name: str) -> None:
    (entry,) = formats.read("1", format=name)
    assert entry.error is not None
    assert FORCED[name] in entry.error.message


def test_parse_raises_what_read_reports() -> None:
    with pytest.raises(PuzzleSyntaxError, match=r"^here:1:81: ") as caught:
        formats.parse("1" * 80, "here")
    assert (caught.value.line, caught.value.column) == (1, 81)


def test_parse_wants_one_puzzle() -> None:
    with pytest.raises(PuzzleSyntaxError, match="second puzzle begins here") as caught:
        formats.parse("." * 81 + "\n\n" + "." * 81)
    assert caught.value.line == 3


def test_unknown_names_are_refused_at_once() -> None:
    with pytest.raises(PuzzleError, match=r"unknown format 'xml': expected one of .*jsonl"):
        formats.read([], format="xml")
    with pytest.raises(PuzzleError, match="unknown family 'killer': expected one of sudoku"):
        formats.read([], family="killer")
    with pytest.raises(PuzzleError, match="cells alone do not describe a jigsaw"):
        formats.read_path("nowhere", family="jigsaw")


def test_givens_that_contradict_are_no_syntax_error() -> None:
    puzzle = formats.parse("55" + "." * 79)
    assert [violation.kind for violation in puzzle.status()] == ["repeated", "repeated"]

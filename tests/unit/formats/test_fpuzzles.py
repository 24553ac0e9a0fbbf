"""What f-puzzles and SudokuPad mean: keys as rules and back, links, notes, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lzstring import LZString

from vmd_solver import formats
from vmd_solver.csp.exact import count
from vmd_solver.csp.families import jigsaw, latin, sudoku, sudoku_x, windoku, with_rules
from vmd_solver.csp.puzzle import Board, Puzzle, Rule
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
    Greater,
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
    Sum,
    Thermo,
    Whisper,
    XSum,
    Zipper,
)
from vmd_solver.errors import PuzzleError
from vmd_solver.formats.boards import alike
from vmd_solver.formats.sudokupad import unzipped

Object = dict[str, Any]
LINE = ["R1C1", "R1C2", "R2C3", "R2C4"]
CELLS = (0, 1, 11, 12)
ALONG: Object = {"lines": [LINE]}
PAIR = ["R1C1", "R1C2"]
COLUMN = tuple(range(2, 81, 9))

KEYS: dict[str, tuple[object, list[Rule]]] = {
    "antiknight": (True, [AntiKnight()]),
    "antiking": (True, [AntiKing()]),
    "disjointgroups": (True, [DisjointGroups()]),
    "nonconsecutive": (True, [NonConsecutive()]),
    "diagonal-": (True, [Diagonal("down")]),
    "diagonal+": (True, [Diagonal("up")]),
    "negative": (["ratio", "xv"], [Negative(("black", "v", "x"))]),
    "thermometer": ([{"lines": [LINE, PAIR]}], [Thermo(CELLS), Thermo((0, 1))]),
    "slowthermometer": ([ALONG], [SlowThermo(CELLS)]),
    "palindrome": ([ALONG], [Palindrome(CELLS)]),
    "renban": ([ALONG], [Renban(CELLS)]),
    "betweenline": ([ALONG], [Between(CELLS)]),
    "lockout": ([ALONG], [Lockout(4, CELLS)]),
    "regionsumline": ([ALONG], [RegionSumLine(CELLS)]),
    "entropicline": ([ALONG], [Entropic(CELLS)]),
    "modularline": ([ALONG], [Modular(3, CELLS)]),
    "zipperline": ([ALONG], [Zipper(CELLS)]),
    "doublearrow": ([ALONG], [DoubleArrow(CELLS)]),
    "whispers": ([ALONG, {**ALONG, "value": "4"}], [Whisper(5, CELLS), Whisper(4, CELLS)]),
    "nabner": ([{"lines": [LINE[:3]]}], [Whisper(2, p) for p in ((0, 1), (0, 11), (1, 11))]),
    "arrow": ([{**ALONG, "cells": ["R1C1"]}], [Arrow(CELLS)]),
    "pill": ([{**ALONG, "cells": ["R1C2", "R1C1"]}], [PillArrow(2, CELLS)]),
    "killercage": (
        [{"cells": PAIR, "value": "12"}, {"cells": LINE}],
        [Killer(12, (0, 1)), Different(CELLS)],
    ),
    "extraregion": ([{"cells": LINE}], [Different(CELLS)]),
    "odd": ([{"cell": "R1C1"}, {"cell": "R9C9"}], [Odd((0, 80))]),
    "even": ([{"cell": "R1C1"}], [Even((0,))]),
    "minimum": ([{"cell": "R1C1"}, {"cell": "R1C2"}], [Minimum((0, 1))]),
    "maximum": ([{"cell": "R5C5"}], [Maximum((40,))]),
    "clone": ([{"cells": PAIR, "cloneCells": ["R5C5", "R5C6"]}], [Clone((0, 1, 40, 41))]),
    "quadruple": ([{"cells": LINE, "values": [3, "5"]}], [Quadruple((3, 5), CELLS)]),
    "difference": (
        [{"cells": PAIR}, {"cells": PAIR, "value": "3"}],
        [Difference(1, (0, 1)), Difference(3, (0, 1))],
    ),
    "ratio": ([{"cells": PAIR}], [Ratio(2, (0, 1))]),
    "xv": ([{"cells": PAIR, "value": "X"}], [PairSum(10, (0, 1))]),
    "sum": ([{"cells": PAIR, "value": "7"}], [PairSum(7, (0, 1))]),
    "sandwichsum": ([{"cell": "R0C3", "value": "12"}], [Sandwich(12, COLUMN)]),
    "xsum": ([{"cell": "R10C3", "value": "12"}], [XSum(12, COLUMN[::-1])]),
    "skyscraper": ([{"cell": "R2C10", "value": "3"}], [Skyscraper(3, tuple(range(17, 8, -1)))]),
    "littlekillersum": (
        [{"cell": "R0C7", "direction": "DR", "value": "9"}],
        [LittleKiller(9, (7, 17))],
    ),
    "rowindexer": ([{"cells": PAIR}], [Indexing("row", (0, 1))]),
    "columnindexer": ([{"cells": PAIR}], [Indexing("column", (0, 1))]),
}


def empty(size: int = 9) -> Object:
    return {"size": size, "grid": [[{} for _ in range(size)] for _ in range(size)]}


def read(found: Object) -> formats.Entry:
    (entry,) = formats.read(json.dumps(found))
    return entry


def puzzle(found: Object) -> Puzzle:
    entry = read(found)
    assert entry.puzzle is not None, entry.error
    return entry.puzzle


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_these_rules_and_back(key: str) -> None:
    value, rules = KEYS[key]
    found = puzzle({**empty(), key.replace("pill", "arrow"): value})
    assert found.board.rules == tuple(rules)
    for name in ("fpuzzles", "link"):
        assert alike(formats.parse(formats.write(found, name)).board, found.board)


@pytest.mark.parametrize("solution", ["1" * 80, [None] * 81, [1] * 80 + [10], {"a": 1}])
def test_a_solution_that_does_not_fill_the_board_is_named(solution: object) -> None:
    rows = [[{}] * 9] * 9
    for found in (
        {"grid": rows, "solution": solution},
        {"cells": rows, "metadata": {"solution": solution}},
    ):
        (entry,) = formats.read(json.dumps(found))
        assert entry.puzzle is not None and entry.solution is None
        assert any("the stated solution is not compared: " in note for note in entry.notes)


@given(
    st.lists(st.sampled_from([rule for _, rules in KEYS.values() for rule in rules]), max_size=6)
)
def test_rules_together_come_back_or_are_refused(rules: list[Rule]) -> None:
    try:
        board = with_rules(sudoku(), rules)
    except PuzzleError:
        return
    written = Puzzle(board, (0, 4) + (0,) * 79, (), "any\nname")
    try:
        text = formats.write(written, "fpuzzles")
    except PuzzleError as error:
        assert "fpuzzles" in str(error) or "negative" in str(error)
    else:
        found = formats.parse(text)
        assert alike(found.board, board)
        assert (found.givens, found.name) == (written.givens, "any name")


BOARDS = {
    "boxes": (6, lambda at: (), sudoku(2, 3)),
    "other boxes": (6, lambda at: at // 18 * 3 + at % 6 // 2, sudoku(3, 2)),
    "no regions": (4, lambda at: None, latin(4)),
    "no usual boxes": (5, lambda at: (), latin(5)),
    "jigsaw": (4, lambda at: [0, 0, 0, 1, 2, 0, 1, 1, 2, 2, 3, 1, 2, 3, 3, 3][at], None),
}


@pytest.mark.parametrize("name", BOARDS)
def test_regions_make_the_board(name: str) -> None:
    size, region, board = BOARDS[name]
    found = empty(size)
    for at in range(size * size):
        if region(at) != ():
            found["grid"][at // size][at % size]["region"] = region(at)
    expected = board or jigsaw([region(at) for at in range(size * size)])  # type: ignore[arg-type]
    assert puzzle(found).board == expected


def test_cells_state_only_regions_that_differ_from_the_usual() -> None:
    found = empty(5)
    for at, region in (((0, 4), 1), ((1, 4), 0)):
        found["grid"][at[0]][at[1]]["region"] = region
    rows = [cell // 5 for cell in range(25)]
    rows[4], rows[9] = 1, 0
    assert puzzle(found).board == jigsaw(rows)


def test_both_diagonals_are_a_family_where_there_are_boxes() -> None:
    both = {"diagonal+": True, "diagonal-": True}
    assert puzzle({**empty(4), **both}).board == sudoku_x(2, 2)
    assert puzzle({**empty(5), **both}).board.rules == (Diagonal("down"), Diagonal("up"))


def test_a_cell_outside_all_regions_leaves_a_grid() -> None:
    found = empty(4)
    found["grid"][0][0]["region"] = None
    board = puzzle(found).board
    assert board.family == "grid"
    assert {len(unit) for unit in board.units[8:]} == {3, 4}


def test_givens_marks_and_solution() -> None:
    found = {
        **empty(4),
        "title": "One",
        "solution": [1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1],
    }
    found["grid"][0][0] = {"value": 1, "given": True}
    found["grid"][0][1] = {"value": 2}
    found["grid"][1][0] = {"givenPencilMarks": [2, 3]}
    found["grid"][1][1] = {"parity": "Even"}
    entry = read(found)
    assert entry.puzzle is not None
    assert entry.puzzle.givens == (1,) + (0,) * 15
    assert entry.puzzle.name == "One"
    assert entry.puzzle.board.rules == (Marks((2, 3), (4,)), Even((5,)))
    assert entry.solution == tuple(found["solution"])
    assert entry.notes == ("not rules: values that are not givens",)


def test_dots_say_what_a_negative_rule_excepts() -> None:
    dot = {"difference": [{"cells": PAIR}]}
    assert puzzle({**empty(), **dot, "nonconsecutive": True}).board.rules == (
        Negative(("white",)),
        Difference(1, (0, 1)),
    )
    both = {**empty(), **dot, "ratio": [{"cells": ["R5C5", "R5C6"]}], "nonconsecutive": True}
    assert Negative(("black", "white")) in puzzle({**both, "negative": ["ratio"]}).board.rules
    assert "negative: not supported beside a ratio of 2" in str(read(both).error)
    three = {**empty(), "difference": [{"cells": PAIR, "value": "3"}]}
    assert Negative(("white",)) in puzzle({**three, "nonconsecutive": True}).board.rules
    beside = read({**three, "negative": ["difference"]}).error
    assert "negative: not supported beside a difference of 3" in str(beside)


def test_drawings_are_named_with_the_text_of_the_rules() -> None:
    found = {**empty(), "text": [{}, {}], "cage": [{"value": "A"}], "ruleset": "Lines\nare odd."}
    found["grid"][0][0]["c"] = "#fff"
    (note,) = read(found).notes
    assert note == "not rules: 2 text, cage, c of cells; the rules say: Lines are odd."
    clue = {**empty(), "sandwichsum": [{"cell": "R0C1"}]}
    assert read(clue).notes == ("not rules: sandwichsum 1 without a value",)
    assert read({**empty(), "ruleset": "Normal.", "boxindexer": []}).notes == ()
    copy = {"line": [{**ALONG, "fromConstraint": "German Whispers"}]}
    assert read({**empty(), **copy, "whispers": [ALONG]}).notes == ()
    assert read({**empty(), **copy}).notes == ("not rules: line",)


BAD: dict[str, tuple[Object, str]] = {
    "unknown rule": ({"camel": [{}]}, "the rule 'camel' of f-puzzles is not supported"),
    "box indexer": ({"boxindexer": [{"cells": PAIR}]}, "'boxindexer' of f-puzzles"),
    "grid too small": ({"grid": [[{}]]}, "grid: 1 rows of 1 cells contradict size 9"),
    "no rows": ({"grid": [[], 4]}, "grid: 2 rows of 0 cells contradict size 9"),
    "no cells": ({"grid": [[{}] + [1] * 8] * 9}, "expected an object a cell, got 1"),
    "cell outside": (
        {"odd": [{"cell": "R10C1"}]},
        "odd 1: 'R10C1' is not a cell: expected R1C1 to",
    ),
    "no cell": ({"killercage": [{"cells": [7]}]}, "killercage 1: 7 is not a cell: expected a name"),
    "no list": ({"arrow": {}, "odd": "x"}, "odd: expected a list"),
    "no object": ({"odd": ["R1C1"]}, "odd 1: expected an object, got 'R1C1'"),
    "no number": (
        {"killercage": [{"cells": PAIR, "value": "?"}]},
        "expected a whole number, got '?'",
    ),
    "no clue": ({"xsum": [{"cell": "R1C1", "value": 3}]}, "xsum 1: no cells are seen from 'R1C1'"),
    "no direction": (
        {"littlekillersum": [{"cell": "R0C1", "direction": [1], "value": 3}]},
        "littlekillersum 1: no cells are seen from 'R0C1'",
    ),
    "no sign": ({"xv": [{"cells": PAIR, "value": "W"}]}, "xv 1: expected X or V, got 'w'"),
    "cell twice": ({"extraregion": [{"cells": ["R1C1", "R1C1"]}]}, "r1c1 is named twice"),
    "no negative": ({"negative": ["king"]}, "negative: expected some of ratio, xv, difference"),
    "large given": (
        {"grid": [[{"value": 12, "given": True}] + [{}] * 8] + [[{}] * 9] * 8},
        "r1c1 is 12: expected 1 to 9",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said_in_one_line(name: str) -> None:
    change, message = BAD[name]
    error = read({**empty(), **change}).error
    assert error is not None
    assert message in str(error)
    assert str(error).startswith("1:1: ")


UNWRITTEN = [
    (with_rules(sudoku(), [Greater((0, 1))]), "cannot hold the rule greater"),
    (with_rules(sudoku(), [Skyscraper(2, (0, 1, 2))]), "cannot hold the rule skyscraper"),
    (with_rules(sudoku(), [Minimum((0,)), Minimum((1,))]), "cannot hold this board and its rules"),
    (sudoku(1, 5), "cannot hold this board"),
    (windoku(), "cannot hold a windoku puzzle"),
]


@pytest.mark.parametrize(("board", "message"), UNWRITTEN)
def test_what_would_be_lost_is_not_written(board: Board, message: str) -> None:
    with pytest.raises(PuzzleError, match=message):
        formats.write(board.empty(), "link")


# -- links ----------------------------------------------------------------------------------------

SMALL = Puzzle(with_rules(sudoku(2, 2), [Thermo((0, 1, 2))]), (1,) + (0,) * 15)
LINK = formats.write(SMALL, "link").strip()
PACKED = LINK.partition("=")[2]


@pytest.mark.parametrize(
    "text",
    [
        LINK,
        PACKED,
        f"http://www.f-puzzles.com/?load={PACKED}",
        f"https://sudokupad.app/fpuz{PACKED}?setting-nogrid=1",
        f"https://app.crackingthecryptic.com/sudoku/?puzzleid=fpuzzles{PACKED}&x=1",
        f"fpuzzles{PACKED}",
        "https://f-puzzles.com/?load=" + PACKED.replace("+", "%2B").replace("/", "%2F"),
        "https://f-puzzles.com/?load=" + PACKED.replace("+", " "),
    ],
)
def test_a_link_holds_the_puzzle(text: str) -> None:
    assert formats.parse(text) == SMALL


def test_json_may_stand_on_several_lines() -> None:
    text = json.dumps({**empty(4), "antiking": True}, indent=1)
    assert formats.parse("\n" + text + "\n").board.rules == (AntiKing(),)
    (entry,) = formats.read('{\n"size": 4,\n"grid": [[{},]\n}')
    assert str(entry.error).startswith("3:14: not JSON")


BAD_LINKS = {
    "cut": (LINK[:-20], "does not unpack: it is cut short or changed"),
    "changed": (LINK[:60] + "!" + LINK[60:], "'!' is not base64: copy the whole link"),
    "short id": ("https://sudokupad.app/abc123", "a short id stands for a puzzle"),
    "no load": ("https://f-puzzles.com/", "a short id stands for a puzzle"),
    "no puzzle": ("fpuz" + LZString().compressToBase64('{"a":[1,2,3,4,5,6]}'), "'grid' or 'cells'"),
    "list": ("fpuz" + LZString().compressToBase64('["abcdefghijklmnop"]'), "does not unpack"),
    "no JSON": ("fpuz" + LZString().compressToBase64('{"grid":[[{},{},{},{},'), "1:1: not JSON"),
    "long": ("https://sudokupad.app/scl" + "N4Ig" * 20_000, "longer than 50,000 characters"),
}


@pytest.mark.parametrize("name", BAD_LINKS)
def test_what_is_wrong_with_a_link(name: str) -> None:
    text, message = BAD_LINKS[name]
    (entry,) = formats.read(text)
    assert message in str(entry.error)


# -- SudokuPad ------------------------------------------------------------------------------------

CAGES = [
    {"value": "title: Small"},
    {"value": "rules: The line is a thermometer."},
    {"value": "solution: 1234341221434321"},
    {"cells": [[0, 0], [0, 1]], "value": "3"},
    {"cells": [[1, 0], [1, 1]], "sum": 7, "unique": False},
    {"cells": [[2, 0], [2, 1], [3, 2]], "unique": True},
    {"cells": [[3, 3]], "value": "A"},
]
PAD: Object = {
    "cellSize": 50,
    "metadata": {"antiknight": True},
    "cells": [[{"value": 1}, {}, {}, {}], *[[{}, {}, {}, {}] for _ in range(3)]],
    "regions": [
        [[row + y, col + x] for y in (0, 1) for x in (0, 1)] for row in (0, 2) for col in (0, 2)
    ],
    "cages": CAGES,
    "lines": [{"wayPoints": [[0, 0], [1, 1]], "color": "#fff"}],
    "overlays": [],
}


def test_sudokupad_has_cells_regions_cages_and_a_note_on_drawings() -> None:
    entry = read(PAD)
    assert entry.puzzle is not None
    assert entry.puzzle.board.rules == (
        AntiKnight(),
        Killer(3, (0, 1)),
        Sum(7, (4, 5)),
        Different((8, 9, 14)),
    )
    assert entry.puzzle.board.box == (2, 2)
    assert (entry.puzzle.givens[0], entry.puzzle.name) == (1, "Small")
    assert entry.solution == (1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1)
    drawn = "not rules: cage 7 marked 'A', lines; the rules say: The line is a thermometer."
    assert entry.notes == (drawn,)


def test_sudokupad_is_written_and_read_back() -> None:
    found = puzzle(PAD)
    text = formats.write(found, "sudokupad")
    assert text.startswith("https://sudokupad.app/sclN4")
    assert formats.parse(text) == found
    with pytest.raises(PuzzleError, match="cannot hold the rule thermo"):
        formats.write(SMALL, "sudokupad")


def test_the_short_form_of_json_is_read() -> None:
    short = (
        "{cs:50,ce:[[{v:1},,,],[,,,],[,,,],[,,,]],ca:[{ce:[[0,0],[0,1]],v:3,unique:t},"
        "{v:'title: It\\'s, {so}:t'}],l:[{c:FF0000,th:2}],o:[{c1:#0,r:f}]}"
    )
    assert unzipped(short)["lines"] == [{"color": "FF0000", "thickness": 2}]
    for text in (short, f"scl{LZString().compressToBase64(short)}"):
        (entry,) = formats.read(text)
        assert entry.puzzle is not None, entry.error
        assert entry.puzzle.board == with_rules(latin(4), [Killer(3, (0, 1))])
        assert entry.puzzle.name == "It's, {so}:t"
        assert entry.notes == ("not rules: lines, overlays",)


BAD_PADS: dict[str, tuple[Object, str]] = {
    "not square": ({"cells": [[{}, {}]]}, "as many columns as rows, got 1 rows of up to 2"),
    "unknown rule": ({"global": ["antixv"]}, "the rule 'antixv' of SudokuPad is not supported"),
    "point outside": ({"regions": [[[0, 4]]]}, "region 1: [0, 4] is not a cell: expected [row"),
    "metadata": ({"metadata": [1]}, "metadata: expected an object, got a list"),
    "no point": ({"cages": [{"cells": [0]}]}, "cage 1: 0 is not a cell"),
    "given": (
        {"cells": [[{"value": "x"}, {}], [{}, {}]], "regions": []},
        "r1c1: expected a number",
    ),
}


@pytest.mark.parametrize("name", BAD_PADS)
def test_what_is_wrong_with_a_pad(name: str) -> None:
    change, message = BAD_PADS[name]
    assert message in str(read({**PAD, "cages": [], **change}).error)


def test_rules_are_what_a_solver_keeps() -> None:
    """A thermometer, a cage and a white dot leave one grid of the 288 of a 4x4."""
    found = puzzle(
        {
            **empty(4),
            "thermometer": [{"lines": [["R1C1", "R1C2", "R1C3", "R1C4"]]}],
            "killercage": [{"cells": ["R2C1", "R3C1"], "value": "5"}],
            "difference": [{"cells": ["R2C2", "R3C2"], "value": 3}],
        }
    )
    grids = count(found, limit=10, stored=10).grids
    assert grids
    assert all(grid[:4] == (1, 2, 3, 4) and grid[4] + grid[8] == 5 for grid in grids)
    assert all(abs(grid[5] - grid[9]) == 3 for grid in grids)

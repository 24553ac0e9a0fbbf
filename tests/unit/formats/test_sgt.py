"""Game ids of sgt-puzzles, and graphs: what they hold, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmd_solver import formats
from vmd_solver.csp.exact import count
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, with_rules
from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.csp.rules import (
    Difference,
    Different,
    Greater,
    KenKen,
    Killer,
    Negative,
    Renban,
    Skyscraper,
    Sum,
    Takuzu,
)
from vmd_solver.errors import PuzzleError
from vmd_solver.formats.sgt import _blocks, _drawn

BINARY = with_rules(replace(grid(6, 6, 2, ()), low=0), [Takuzu(True)])
PIECES = [0, 0, 0, 1, 2, 0, 1, 1, 2, 2, 3, 1, 2, 3, 3, 3]


def cells(n: int, **values: int) -> tuple[int, ...]:
    return tuple(values.get(f"c{cell}", 0) for cell in range(n))


IDS: dict[str, Puzzle] = {
    "2x2:1b4_3k": Puzzle(sudoku(2, 2), cells(16, c0=1, c3=4, c4=3)),
    "2x3:zj": sudoku(2, 3).empty(),
    "2x2x:p": sudoku_x(2, 2).empty(),
    "4j:1o,b__b__bc___c_": Puzzle(jigsaw(PIECES), cells(16, c0=1)),
    "2x2k:p,abbba____________,3a7a7a3a5a5a6a4a": with_rules(
        sudoku(2, 2),
        [Killer(total, (2 * at, 2 * at + 1)) for at, total in enumerate((3, 7, 7, 3, 5, 5, 6, 4))],
    ).empty(),
    "3:a__aa__b,a5m6a3s2": with_rules(
        latin(3),
        [
            KenKen("+", 5, (0, 1, 3)),
            KenKen("x", 6, (2, 5, 8)),
            KenKen("+", 3, (4,)),
            KenKen("-", 2, (6, 7)),
        ],
    ).empty(),
    "3:0R,0,0,0,0,3U,0,0,0,": Puzzle(
        with_rules(latin(3), [Greater((0, 1)), Greater((5, 2))]), cells(9, c5=3)
    ),
    "3a:0R,0L,0,0,0,3,0,0,0,": Puzzle(
        with_rules(latin(3), [Difference(1, (0, 1)), Negative(("white",))]), cells(9, c5=3)
    ),
    "3:3//2///1/2/////,h1": Puzzle(
        with_rules(
            latin(3),
            [
                Skyscraper(3, (0, 3, 6)),
                Skyscraper(2, (2, 5, 8)),
                Skyscraper(1, (8, 5, 2)),
                Skyscraper(2, (0, 1, 2)),
            ],
        ),
        cells(9, c8=1),
    ),
    "6x6u:Bazah": Puzzle(BINARY, cells(36, c1=2, c2=1, c28=1)),
}


@pytest.mark.parametrize("text", IDS)
def test_an_id_is_this_puzzle_and_back(text: str) -> None:
    assert formats.parse(text) == IDS[text]
    assert formats.write(IDS[text], "sgt") == text + "\n"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("3x3dt:a1_2zzz", "3x3:a1_2zzz"),
        ("2x2xdu:p", "2x2x:p"),
        ("3de:a__aa__b,a5m6a3s2", "3:a__aa__b,a5m6a3s2"),
        ("3:a_2a2_2b,a5m6a3s2", "3:a__aa__b,a5m6a3s2"),
        ("3:a1R,a3U,d0,", "3:0,1R,0,3U,0,0,0,0,0,"),
        ("6x6udn:Bazah", "6x6u:Bazah"),
    ],
)
def test_difficulty_and_shorter_forms_are_read(text: str, same: str) -> None:
    assert formats.parse(text) == formats.parse(same)


@given(st.integers(2, 9).flatmap(lambda w: st.tuples(st.just(w), st.sets(st.integers(0, w * w)))))
def test_blocks_come_back(drawn: tuple[int, set[int]]) -> None:
    """Blocks are what lines around some cells, and around the rest, leave in one piece."""
    w, chosen = drawn
    inside = tuple(cell for cell in range(w * w) if cell in chosen)
    outside = tuple(cell for cell in range(w * w) if cell not in chosen)
    blocks = _blocks(_drawn([part for part in (inside, outside) if part], w), w)
    assert sorted(cell for block in blocks for cell in block) == list(range(w * w))
    assert all(set(block) <= set(inside) or set(block) <= set(outside) for block in blocks)
    for repeats in (False, True):
        assert _blocks(_drawn(blocks, w, repeats), w) == blocks


@given(st.lists(st.sampled_from((0, 0, 0, 1, 2)), min_size=36, max_size=36))
def test_binary_grids_come_back(givens: list[int]) -> None:
    puzzle = Puzzle(BINARY, tuple(givens))
    assert formats.parse(formats.write(puzzle, "sgt")) == puzzle


BAD = {
    "4#123": "a random seed is no puzzle: copy the game id that has a colon",
    "3x3:aa": "expected 81 cells, got 2 in 'aa'",
    "2x2:5o": "'5' in '5o': expected numbers from 1 to 4",
    "2x2k:p": "expected 2 commas in the description, got 0",
    "2x2v:p": "parameters of solo: expected x, j and k",
    "12x12:zzz": "expected 1 to 127 values, got 144",
    "4j:p,b__b__bc___c": "blocks: expected 24 sides of cells, got 23",
    "4j:p,x": "region 1 has 16 cells, expected 4",
    "3:a__aa__b,a5m6a3": "expected 4 clues, one a block, got 3",
    "3:0U,0,0,0,0,0,0,0,0,": "the sign U of r1c1 leaves the board",
    "3:0,0,4,0,0,0,0,0,0,": "'4,': expected numbers from 0 to 3",
    "3:0,0,": "expected 9 cells, got 2",
    "3:1/2/3": "expected 12 clues with / between, got 3",
    "3:4///////////": "the clue 4: expected 1 to 3",
    "6x6:AAAA": "expected 36 cells and the end, got 4",
    "900x900:AAAA": "900x900 is too large",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_with_an_id(text: str) -> None:
    (entry,) = formats.read(text)
    assert BAD[text] in str(entry.error)
    assert str(entry.error).startswith("1:1: ")


@pytest.mark.parametrize("text", ["4:a__a_", "words", "12:34", "1x:2"])
def test_other_text_is_no_id(text: str) -> None:
    (entry,) = formats.read(text, format="sgt")
    assert "no game id" in str(entry.error)
    assert formats.format_named("sgt").recognise([text]) is None


UNWRITTEN = [
    with_rules(latin(4), [Greater((0, 5))]),
    with_rules(latin(4), [Skyscraper(2, (0, 1, 2))]),
    with_rules(latin(4), [KenKen("+", 5, (0, 5))]),
    with_rules(sudoku(2, 2), [Sum(5, (0, 1))]),
    with_rules(sudoku(2, 2), [Killer(5, (0, 1)), Renban((2, 3))]),
    with_rules(sudoku(2, 2), [Killer(5, (0, 10))]),
    sudoku(4, 1),
    jigsaw([*(cell % 4 for cell in range(8)), *((cell + 1) % 4 for cell in range(8))]),
    grid(2, 3, 4, [(0, 1, 2)]),
]


@pytest.mark.parametrize("board", UNWRITTEN)
def test_what_an_id_cannot_hold_is_refused(board: Board) -> None:
    with pytest.raises(PuzzleError, match="the sgt format cannot hold"):
        formats.write(board.empty(), "sgt")


def test_cages_are_written_in_any_order() -> None:
    rules = [Killer(9, (3, 2, 7)), Different((8, 4, 5)), Killer(3, (1, 0))]
    rest = [Killer(8, (6, 10, 11)), Killer(8, (9, 13, 12)), Killer(3, (15, 14))]
    board = with_rules(sudoku(2, 2), [*rules, *rest])
    found = formats.parse(formats.write(board.empty(), "sgt"))
    assert {frozenset(rule.all_cells) for rule in found.board.rules} == {
        frozenset(rule.all_cells) for rule in board.rules
    }


@pytest.mark.parametrize(
    "text",
    [
        "3:a__aa__b,a5m6a3s2",
        "4:0,0L,0,0,0,0D,0,0,0,0R,0U,0,0,0,0,3,",
        "4a:0R,0RL,0RL,0L,0RD,0DL,0RD,2DL,0UR,0URL,0URL,0UL,0R,0L,0R,0L,",
        "4://///3//2/4//////4/",
        "6x6u:AbeHECibaa",
    ],
)
def test_the_puzzles_of_the_page_have_one_solution(text: str) -> None:
    assert count(formats.parse(text), 2).solutions == 1


# -- graphs ---------------------------------------------------------------------------------------

RING = "p edge 5 5\ne 1 2\ne 2 3\ne 3 4\ne 4 5\ne 5 1\n"


def test_a_graph_is_a_grid_of_pairs() -> None:
    puzzle = formats.parse("c a ring\nc colors 3\n" + RING + "e 1 5\n")
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)]
    assert puzzle == grid(1, 5, 3, pairs).empty()
    assert formats.parse(formats.write(puzzle, "dimacs")) == puzzle
    assert count(puzzle, 100).solutions == 30
    assert count(formats.parse("c colors 2\n" + RING), 100).solutions == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RING, "1:1: the number of colours is not stated: add a line such as 'c colors 4'"),
        ("c colors 128\n" + RING, "1:1: expected 1 to 127 colours, got 128"),
        ("c colors 3\n" + RING + "e 1 6", "8:1: 'e 1 6': expected two vertices from 1 to 5"),
        ("c colors 3\n" + RING + "e 2 2", "8:1: 'e 2 2': expected two vertices"),
        ("c colors 3\n" + RING + "n 1 2", "8:1: 'n 1 2': expected 'p edge VERTICES EDGES'"),
        ("c colors 3\np edge 0 0", "p edge: expected 1 to 65536 vertices, got 0"),
        ("c colors 3\nc nothing else", "p edge: expected 1 to 65536 vertices, got 0"),
    ],
)
def test_what_is_wrong_with_a_graph(text: str, message: str) -> None:
    (entry,) = formats.read(text)
    assert message in str(entry.error)


@pytest.mark.parametrize(
    "puzzle",
    [
        grid(1, 3, 3, [(0, 1, 2)]).empty(),
        grid(2, 2, 3, [(0, 1)]).empty(),
        Puzzle(grid(1, 3, 3, [(0, 1)]), (1, 0, 0)),
        BINARY.empty(),
    ],
)
def test_what_is_no_graph_is_refused(puzzle: Puzzle) -> None:
    with pytest.raises(PuzzleError, match="the dimacs format cannot hold"):
        formats.write(puzzle, "dimacs")

"""Each technique on a position small enough to check by hand, and beside it where it must not act.

A position is an empty board on which a few cells have few candidates; all others have all of them.
"""

from __future__ import annotations

import pytest
from positions import Marks, cell_of, cells_of, column, filled, position, rest

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.techniques import BY_NAME, LEVELS, TECHNIQUES, State, Step, apply, next_step
from vmd_solver.techniques.forcing import Net


def struck(step: Step | None) -> dict[int, set[int]]:
    """The cells that each value is struck from."""
    assert step is not None
    found: dict[int, set[int]] = {}
    for cell, value in step.eliminations:
        found.setdefault(value, set()).add(cell)
    return found


def all_struck(technique: str, state: State) -> list[dict[int, set[int]]]:
    return [struck(step) for step in BY_NAME[technique].steps(state)]


BOX_1 = "r2c123 r3c123"
X = sudoku_x()
CASES: list[tuple[str, Board, Marks, dict[int, str]]] = [
    # 5 stands in box 1 wherever it stands in row 1.
    ("locked candidates", sudoku(), {"r1c456789": "-5"}, {5: BOX_1}),
    # 5 stands in row 1 wherever it stands in box 1.
    ("locked candidates", sudoku(), {BOX_1: "-5"}, {5: "r1c456789"}),
    # One end of the diagonal is 5: of the cells off it, two corners see both ends.
    ("locked candidates", X, {f"r{at}c{at}": "-5" for at in range(2, 9)}, {5: "r1c9 r9c1"}),
    ("naked pair", sudoku(), {"r1c15": "12"}, {1: rest(1, "15"), 2: rest(1, "15")}),
    ("naked pair", latin(4), {"r1c1 r3c1": "12"}, {1: "r2c1 r4c1", 2: "r2c1 r4c1"}),
    ("hidden pair", sudoku(), {rest(1, "15"): "-12"}, dict.fromkeys(range(3, 10), "r1c15")),
    (
        "naked triple",
        sudoku(),
        {"r1c1": "12", "r1c4": "23", "r1c7": "13"},
        dict.fromkeys((1, 2, 3), rest(1, "147")),
    ),
    ("hidden triple", sudoku(), {rest(1, "147"): "-123"}, dict.fromkeys(range(4, 10), "r1c147")),
    # Where two of the cells share a box too, so do all places of 4: the box loses it as well.
    (
        "naked quad",
        sudoku(),
        {"r1c1": "12", "r1c4": "23", "r1c7": "34", "r1c8": "14"},
        {
            **dict.fromkeys((1, 2, 3), rest(1, "1478")),
            4: rest(1, "1478") + " r2c789 r3c789",
        },
    ),
    ("hidden quad", sudoku(), {rest(1, "1478"): "-1234"}, dict.fromkeys(range(5, 10), "r1c1478")),
    (
        "X-wing",
        sudoku(),
        {rest(2, "38"): "-5", rest(7, "38"): "-5"},
        {5: " ".join(f"r{row}c38" for row in (1, 3, 4, 5, 6, 8, 9))},
    ),
    (
        "swordfish",
        sudoku(),
        {rest(1, "14"): "-5", rest(4, "47"): "-5", rest(7, "17"): "-5"},
        {5: " ".join(f"r{row}c147" for row in (2, 3, 5, 6, 8, 9))},
    ),
    (
        "jellyfish",
        latin(9),
        {rest(1, "147"): "-5", rest(4, "145"): "-5", rest(7, "457"): "-5", rest(8, "157"): "-5"},
        {5: " ".join(f"r{row}c1457" for row in (2, 3, 5, 6, 9))},
    ),
    (
        "skyscraper",
        sudoku(),
        {rest(2, "38"): "-5", rest(7, "39"): "-5"},
        {5: "r1c9 r3c9 r8c8 r9c8"},
    ),
    (
        "two-string kite",
        sudoku(),
        {rest(5, "28"): "-5", column(1, "49"): "-5"},
        {5: "r9c8"},
    ),
    # r2c1 - r2c5 - r6c5 - r4c4, the last two in a box: r4c1 sees both ends.
    (
        "turbot fish",
        sudoku(),
        {rest(2, "15"): "-5", "r1c5 r3c5 r7c5 r8c5 r9c5": "-5", "r4c56 r5c456 r6c46": "-5"},
        {5: "r4c1"},
    ),
    # In box 5 it is in row 5 or in column 5; in column 2 it is in r5c2 or r9c2.
    ("empty rectangle", sudoku(), {"r4c46 r6c46": "-5", column(2, "59"): "-5"}, {5: "r9c5"}),
    # Rows 1 to 3 and columns 2 and 3 link six cells, and column 1 sees both ends.
    (
        "simple colouring",
        latin(9),
        {
            rest(1, "12"): "-5",
            rest(2, "23"): "-5",
            rest(3, "13"): "-5",
            " ".join(f"r{row}c23" for row in range(4, 10)): "-5",
        },
        {5: " ".join(f"r{row}c1" for row in range(4, 10))},
    ),
    # r2c1 - r2c5 - r5c5 - r5c8 - r7c8 - r7c2 - r3c2: the first and the last see one another.
    (
        "simple colouring",
        sudoku(),
        {
            **{rest(2, "15"): "-5", rest(5, "58"): "-5", rest(7, "28"): "-5"},
            **{column(5, "25"): "-5", column(8, "57"): "-5", column(2, "37"): "-5"},
        },
        {5: "r2c1 r3c2 r5c5 r7c8"},
    ),
    ("W-wing", sudoku(), {"r1c1 r5c5": "12", rest(9, "15"): "-1"}, {2: "r1c5 r5c1"}),
    (
        "remote pair",
        sudoku(),
        {
            "r1c15 r6c25": "12",
            **{rest(1, "15"): "-12", rest(6, "25"): "-12", column(5, "16"): "-12"},
        },
        dict.fromkeys((1, 2), "r2c2 r3c2 r4c1 r5c1"),
    ),
    (
        "finned X-wing",
        sudoku(),
        {rest(2, "389"): "-5", rest(7, "38"): "-5"},
        {5: "r1c8 r3c8"},
    ),
    (
        "sashimi X-wing",
        sudoku(),
        {rest(2, "379"): "-5", rest(7, "38"): "-5"},
        {5: "r1c8 r3c8"},
    ),
    (
        "finned swordfish",
        sudoku(),
        {rest(2, "25"): "-5", rest(5, "58"): "-5", rest(8, "289"): "-5"},
        {5: "r7c8 r9c8"},
    ),
    (
        "sashimi swordfish",
        sudoku(),
        {rest(2, "25"): "-5", rest(5, "58"): "-5", rest(8, "279"): "-5"},
        {5: "r7c8 r9c8"},
    ),
    ("XY-wing", sudoku(), {"r1c1": "12", "r1c5": "13", "r5c1": "23"}, {3: "r5c5"}),
    ("XYZ-wing", sudoku(), {"r1c1": "123", "r1c5": "13", "r2c2": "23"}, {3: "r1c23"}),
    (
        "XY-chain",
        sudoku(),
        {"r1c1": "12", "r1c5": "23", "r6c5": "34", "r6c8": "14"},
        {1: "r1c8 r6c1"},
    ),
    # 2 in r1c1, or 1: then 2 is in r5c5, 4 in r5c8 and 1 in r9c8.
    (
        "alternating inference chain",
        sudoku(),
        {"r1c1": "12", column(5, "15"): "-2", "r5c8": "24", "r9c8": "14"},
        {1: "r1c8 r9c1"},
    ),
    # The 2 of column 5 is in r1c5 or in box 5, and there r5c4 is 1 or 2.
    (
        "grouped inference chain",
        sudoku(),
        {"r1c1": "12", "r5c4": "12", column(5, "1456"): "-2"},
        {1: "r1c4 r5c1"},
    ),
    # One of the two sets lacks 1, and takes 3: r1c5 sees every 3 of both.
    (
        "ALS-XZ",
        sudoku(),
        {"r1c1": "123", "r1c2": "23", "r5c1": "14", "r5c5": "34"},
        {3: "r1c5"},
    ),
    # r1c1 takes 1 from the set in column 5, or 2 from that in row 5: 3 is in one of them.
    (
        "ALS-XY-wing",
        sudoku(),
        {"r1c1": "12", "r1c5": "134", "r2c5": "34", "r5c1": "234", "r5c6": "34"},
        {3: "r5c5"},
    ),
    # 1 and 2 stay in row 1, 3 and 4 in box 1.
    (
        "Sue de Coq",
        sudoku(),
        {"r1c12": "1234", "r1c5": "12", "r3c3": "34"},
        {
            **dict.fromkeys((1, 2), rest(1, "125")),
            **dict.fromkeys((3, 4), "r1c3 r2c123 r3c12"),
        },
    ),
    # 1 makes r1c9 4, 2 makes r9c1 4, 3 makes r2c2 5 and r2c9 4: r9c9 sees all three.
    (
        "forcing chain",
        sudoku(),
        {"r1c1": "123", "r1c9": "14", "r9c1": "24", "r2c2": "35", "r2c9": "45"},
        {4: "r9c9"},
    ),
]


@pytest.mark.parametrize(
    ("technique", "board", "marks", "expected"), CASES, ids=[case[0] for case in CASES]
)
def test_a_pattern_strikes_what_it_should_and_nothing_easier_is_there(
    technique: str, board: Board, marks: Marks, expected: dict[int, str]
) -> None:
    step = next_step(position(board, marks))
    assert step is not None and step.technique == technique
    assert struck(step) == {value: cells_of(board, names) for value, names in expected.items()}
    assert not step.placements


ONE_OF: list[tuple[str, Board, Marks, dict[int, str]]] = [
    (
        "finned jellyfish",
        sudoku(),
        {rest(2, "25"): "-5", rest(4, "58"): "-5", rest(6, "68"): "-5", rest(8, "126"): "-5"},
        {5: "r7c2 r9c2"},
    ),
    (
        "sashimi jellyfish",
        sudoku(),
        {rest(2, "25"): "-5", rest(4, "58"): "-5", rest(6, "68"): "-5", rest(8, "136"): "-5"},
        {5: "r7c2 r9c2"},
    ),
    # r1c1 - r1c2 - r2c2 - r2c3, and r3c3 - r3c1: r2c3 sees r3c3, and column 1 both ends.
    (
        "multi-colouring",
        latin(9),
        {
            **{rest(1, "12"): "-5", rest(2, "23"): "-5", rest(3, "13"): "-5"},
            " ".join(f"r{row}c2" for row in range(4, 10)): "-5",
        },
        {5: " ".join(f"r{row}c1" for row in range(4, 10))},
    ),
    (
        "X-chain",
        latin(9),
        {rest(1, "12"): "-5", rest(2, "23"): "-5", rest(3, "13"): "-5"},
        {5: " ".join(f"r{row}c123" for row in range(4, 10))},
    ),
    # A loop: whichever way around it is true, each of its weak links holds one true candidate.
    (
        "XY-chain",
        latin(9),
        {"r1c1": "12", "r1c5": "23", "r5c5": "34", "r5c1": "14"},
        {
            1: "r2c1 r3c1 r4c1 r6c1 r7c1 r8c1 r9c1",
            2: rest(1, "15"),
            3: "r2c5 r3c5 r4c5 r6c5 r7c5 r8c5 r9c5",
            4: rest(5, "15"),
        },
    ),
    # If r1c1 is 5, neither r5c1 nor r9c1 is, and r5c9 and r9c9 cannot both be.
    ("forcing net", latin(9), {rest(5, "19"): "-5", rest(9, "19"): "-5"}, {5: "r1c1"}),
    # 1 in r1c1 leaves 5 to r9c9, by way of two cells, and 2 leaves it to r8c8.
    (
        "forcing net",
        sudoku(),
        {
            **{"r1c1": "12", "r1c9": "13", "r9c1": "14", "r9c9": "345"},
            **{"r1c8": "26", "r8c1": "27", "r8c8": "567"},
        },
        {5: "r7c7"},
    ),
]
"""Patterns in which easier ones are found too."""


@pytest.mark.parametrize(
    ("technique", "board", "marks", "expected"), ONE_OF, ids=[case[0] for case in ONE_OF]
)
def test_a_pattern_is_found_beside_easier_ones(
    technique: str, board: Board, marks: Marks, expected: dict[int, str]
) -> None:
    wanted = {value: cells_of(board, names) for value, names in expected.items()}
    assert wanted in all_struck(technique, position(board, marks))


def test_a_net_goes_on_with_locked_candidates_if_it_may() -> None:
    """1 in r9c9 leaves it to r2c3 or r3c3 in column 3, and then nothing in row 1."""
    board = sudoku()
    state = position(board, {rest(1, "129"): "-1", column(3, "239"): "-1"})
    supposed = (cell_of(board, "r9c9"), 1)
    assert Net(state, supposed, 100, locking=False).broken is None
    net = Net(state, supposed, 100, locking=True)
    assert net.broken is not None and len(net.needed()) == 1


NEAR_MISSES: list[tuple[str, Board, Marks]] = [
    # One more place in a row takes the link away.
    ("skyscraper", sudoku(), {rest(2, "358"): "-5", rest(7, "39"): "-5"}),
    ("two-string kite", sudoku(), {rest(5, "258"): "-5", column(1, "49"): "-5"}),
    ("turbot fish", sudoku(), {rest(2, "15"): "-5", "r4c56 r5c456 r6c4": "-5"}),
    # The column meets no row of the box, or the box has a place beside its row and column.
    ("empty rectangle", sudoku(), {"r4c46 r6c46": "-5", column(2, "19"): "-5"}),
    ("empty rectangle", sudoku(), {"r4c4 r6c46": "-5", column(2, "59"): "-5"}),
    # The ends of the strong link are seen by one cell only.
    ("W-wing", sudoku(), {"r1c1 r5c5": "12", rest(9, "16"): "-1"}),
    # Three cells of the chain: the ends are alike.
    (
        "remote pair",
        sudoku(),
        {"r1c15 r6c5": "12", rest(1, "15"): "-12", column(5, "16"): "-12"},
    ),
    # The fin is in another box than any place that is covered.
    ("finned X-wing", sudoku(), {rest(2, "368"): "-5", rest(7, "38"): "-5"}),
    ("sashimi X-wing", sudoku(), {rest(2, "369"): "-5", rest(7, "38"): "-5"}),
    (
        "finned swordfish",
        sudoku(),
        {rest(2, "25"): "-5", rest(5, "58"): "-5", rest(8, "1289"): "-5"},
    ),
    ("X-chain", latin(9), {rest(1, "12"): "-5", rest(2, "23"): "-5", rest(3, "14"): "-5"}),
    ("XY-chain", sudoku(), {"r1c1": "12", "r1c5": "23", "r6c5": "34", "r6c8": "45"}),
    (
        "alternating inference chain",
        sudoku(),
        {"r1c1": "12", column(5, "159"): "-2", "r5c8": "24", "r9c8": "14"},
    ),
    (
        "grouped inference chain",
        sudoku(),
        {"r1c1": "12", "r5c4": "12", column(5, "14567"): "-2"},
    ),
    # r5c1 sees not every 1 of the other set.
    ("ALS-XZ", sudoku(), {"r1c1": "123", "r1c2": "123", "r5c1": "14", "r5c5": "34"}),
    (
        "ALS-XY-wing",
        sudoku(),
        {"r1c1": "12", "r1c5": "134", "r2c5": "134", "r5c1": "234", "r5c6": "34"},
    ),
    ("Sue de Coq", sudoku(), {"r1c12": "1234", "r1c5": "12", "r3c3": "35"}),
    (
        "forcing chain",
        sudoku(),
        {"r1c1": "1236", "r1c9": "14", "r9c1": "24", "r2c2": "35", "r2c9": "45"},
    ),
    ("forcing net", latin(9), {rest(5, "189"): "-5", rest(9, "19"): "-5"}),
    ("multi-colouring", latin(9), {rest(1, "12"): "-5", rest(2, "23"): "-5", rest(3, "45"): "-5"}),
]


@pytest.mark.parametrize(
    ("technique", "board", "marks"), NEAR_MISSES, ids=[case[0] for case in NEAR_MISSES]
)
def test_what_only_looks_like_a_pattern_strikes_nothing(
    technique: str, board: Board, marks: Marks
) -> None:
    assert not all_struck(technique, position(board, marks))


def test_every_technique_has_a_case() -> None:
    elsewhere = {"full house", "hidden single", "naked single", "unique rectangle"}
    elsewhere |= {"hidden rectangle", "avoidable rectangle", "BUG+1"}
    of_rules = {"comparison", "cage combinations", "45 rule", "rule by cases", "45 rule of several"}
    known = {case[0] for case in (*CASES, *ONE_OF)}
    assert known | elsewhere | of_rules == BY_NAME.keys()


def test_full_house() -> None:
    state = filled(sudoku(), {f"r1c{col}": col for col in range(1, 9)})
    step = next_step(state)
    assert step is not None and step.technique == "full house"
    assert step.placements == ((8, 9),)
    assert step.text == (
        "Look at row 1. All its cells but r1c9 are filled, and it holds every value. So r1c9 is 9."
    )


def test_hidden_single_names_what_bars_the_other_cells() -> None:
    state = filled(sudoku(), {"r2c4": 5, "r3c7": 5, "r5c2": 5, "r8c3": 5})
    step = next_step(state)
    assert step is not None and step.technique == "hidden single"
    assert step.placements == ((0, 5),)
    assert set(step.partners) == cells_of(sudoku(), "r2c4 r3c7 r5c2 r8c3")
    assert (step.where, step.follows) == ("Look for 5 in row 1.", "So r1c1 is 5.")


def test_naked_single() -> None:
    board = sudoku()
    state = filled(
        board,
        {"r1c4": 1, "r1c5": 2, "r1c6": 3, "r4c1": 4, "r5c1": 5, "r6c1": 6, "r2c2": 7, "r3c3": 8},
    )
    steps = {step.placements: step for step in BY_NAME["naked single"].steps(state)}
    assert list(steps) == [((0, 9),)]
    assert steps[((0, 9),)].why == "r1c1 sees every value but 9."
    narrowed = next_step(position(board, {"r5c5": "3"}))
    assert narrowed is not None and narrowed.technique == "naked single"
    assert narrowed.why == ("1, 2, 4, 5, 6, 7, 8 and 9 are struck from r5c5: only 3 is left.")


FLOOR = {"r1c14": "12"}
RECTANGLES: list[tuple[Marks, dict[int, str]]] = [
    ({**FLOOR, "r2c1": "12"}, {1: "r2c4", 2: "r2c4"}),
    ({**FLOOR, "r2c14": "123"}, {3: rest(2, "14")}),
    ({**FLOOR, "r2c1": "123", "r2c4": "124", rest(2, "14"): "-1"}, {2: "r2c14"}),
]


@pytest.mark.parametrize(("marks", "expected"), RECTANGLES, ids=["corner", "same extra", "roof"])
def test_unique_rectangle(marks: Marks, expected: dict[int, str]) -> None:
    board = sudoku()
    wanted = {value: cells_of(board, names) for value, names in expected.items()}
    assert wanted in all_struck("unique rectangle", position(board, marks, unique=True))
    assert not all_struck("unique rectangle", position(board, marks))


@pytest.mark.parametrize(
    ("board", "floor", "third", "corner"),
    [
        (sudoku(), "r1c14", "r4c1", "r4c4"),  # four boxes
        (sudoku_x(), "r1c14", "r2c1", "r2c4"),  # one diagonal takes r1c1 alone
        (windoku(), "r1c14", "r2c1", "r2c4"),  # one window takes r2c4 alone
        (windoku(), "r1c15", "r9c1", "r9c5"),  # four boxes
        (windoku(), "r4c15", "r6c1", "r6c5"),  # rows of one band, and no window
        (latin(9), "r1c14", "r4c1", "r4c4"),  # no boxes
    ],
)
def test_a_rectangle_needs_its_swap_to_be_free(
    board: Board, floor: str, third: str, corner: str
) -> None:
    """It is free where every unit holds the same values before and after."""
    (low, high), (other,) = sorted(cells_of(board, floor)), cells_of(board, third)
    (last,) = cells_of(board, corner)
    before, after = {low: 1, high: 2, other: 2, last: 1}, {low: 2, high: 1, other: 1, last: 2}
    free = all(
        {before.get(cell) for cell in unit} == {after.get(cell) for cell in unit}
        for unit in board.units
    )
    found = all_struck("unique rectangle", position(board, {floor: "12", third: "12"}, unique=True))
    assert ({1: {last}, 2: {last}} in found) == free


HIDDEN = {"r1c1": "12", rest(2, "14"): "-1", column(4, "12"): "-1"}


@pytest.mark.parametrize(
    ("board", "marks", "unique", "found"),
    [
        (sudoku(), HIDDEN, True, True),
        (sudoku(), HIDDEN, False, False),
        (sudoku(), {**HIDDEN, "r1c1": "123"}, True, False),  # no corner with the pair alone
        (sudoku(), {"r1c1": "12", rest(2, "14"): "-1"}, True, False),  # 1 is free in column 4
        (sudoku_x(), HIDDEN, True, False),  # one diagonal takes r1c1 alone
        (windoku(), HIDDEN, True, False),  # one window takes r2c4 alone
    ],
)
def test_hidden_rectangle(board: Board, marks: Marks, unique: bool, found: bool) -> None:
    steps = all_struck("hidden rectangle", position(board, marks, unique))
    assert ({2: cells_of(board, "r2c4")} in steps) == found


@pytest.mark.parametrize(
    ("given", "values", "marks", "unique", "expected"),
    [
        ({}, {"r1c1": 1, "r1c4": 2, "r2c1": 2}, {}, True, {1: "r2c4"}),
        ({}, {"r1c1": 1, "r1c4": 2, "r2c1": 2}, {}, False, None),
        ({"r1c1": 1}, {"r1c4": 2, "r2c1": 2}, {}, True, None),
        ({}, {"r1c1": 1, "r1c4": 2, "r4c1": 2}, {}, True, None),  # four boxes
        (
            {},
            {"r1c1": 1, "r1c4": 2},
            {"r2c1": "23", "r2c4": "13"},
            True,
            {3: rest(2, "14")},
        ),
        ({}, {"r1c1": 1, "r1c4": 2}, {"r2c1": "23", "r2c4": "134"}, True, None),
    ],
)
def test_avoidable_rectangle(
    given: dict[str, int],
    values: dict[str, int],
    marks: Marks,
    unique: bool,
    expected: dict[int, str] | None,
) -> None:
    """Only what was filled in since could be swapped, and only where one solution is known."""
    board = sudoku()
    puzzle = Puzzle(board, filled(board, given).values)
    within = position(board, marks).candidates
    state = State.of(puzzle, filled(board, {**given, **values}).values, within, unique=unique)
    steps = all_struck("avoidable rectangle", state)
    wanted = {value: cells_of(board, names) for value, names in (expected or {}).items()}
    assert bool(steps) == bool(expected) and all(step == wanted for step in steps)


BUG = {"r1c1": "123", "r1c2": "23", "r1c3": "34", "r1c4": "14", "r2c1": "23", "r2c2": "34"}
BUG |= {"r2c3": "14", "r2c4": "12", "r3c1 r3c3": "13", "r3c2 r3c4": "24"}


@pytest.mark.parametrize(
    ("marks", "unique", "placed"),
    [
        (BUG, True, [((0, 3),)]),
        (BUG, False, []),
        ({**BUG, "r1c2": "234"}, True, []),  # a second cell with three
        ({**BUG, "r1c1": "23"}, True, []),  # none with three: there is no way to fill it at all
    ],
)
def test_bug(marks: Marks, unique: bool, placed: list[tuple[tuple[int, int], ...]]) -> None:
    """Were r1c1 1 or 2, every cell could have its other candidate instead."""
    board = latin(4)
    values = filled(board, {"r4c1": 4, "r4c2": 1, "r4c3": 2, "r4c4": 3}).values
    state = State.of(board.empty(), values, position(board, marks).candidates, unique=unique)
    assert [step.placements for step in BY_NAME["BUG+1"].steps(state)] == placed


def test_places_need_a_unit_that_holds_every_value() -> None:
    """Two rows of three cells with four values: 4 may be missing in both."""
    board = grid(2, 3, 4, [(0, 1, 2), (3, 4, 5), (0, 3), (1, 4), (2, 5)])
    state = position(board, {"r1c12": "123", "r2c12": "123"})
    assert next_step(state) is None
    pair = next_step(position(board, {"r1c12": "12"}))
    assert pair is not None and pair.technique == "naked pair"
    assert struck(pair) == {1: {2}, 2: {2}}


def test_regions_can_be_covers() -> None:
    """In columns 1 and 2 the 4 stands in region 1 and in row 4 only: so not in r4c3 or r4c4."""
    board = jigsaw((0, 0, 1, 1, 0, 2, 2, 1, 0, 2, 2, 1, 3, 3, 3, 3))
    state = position(board, {"r2c2 r3c2": "-4"})
    assert {4: cells_of(board, "r4c34")} in all_struck("X-wing", state)


def test_a_step_leads_on() -> None:
    state = filled(sudoku(2, 2), {"r1c1": 1, "r1c2": 2, "r1c3": 3})
    step = next_step(state)
    assert step is not None
    after = apply(state, step)
    assert after.values[3] == 4 and after.candidates[3] == 0
    assert not after.places[4] & 1 << 7 and after.open.bit_count() == 12
    assert state.values[3] == 0


def test_the_table_is_in_order_of_difficulty() -> None:
    scores = [technique.score for technique in TECHNIQUES]
    assert scores == sorted(scores)
    levels = [technique.level for technique in TECHNIQUES]
    assert levels == sorted(levels, key=LEVELS.index)


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (filled(sudoku(2, 2), {"r1c1": 1, "r1c4": 1}), "value 1 repeats in row 1: r1c1, r1c4"),
        (position(sudoku(2, 2), {"r2c2": ""}), "r2c2 has no candidate left"),
        (position(sudoku(2, 2), {"r3c1234": "-4"}), "row 3 has no place left for 4"),
    ],
)
def test_a_contradiction_is_reported_and_ends_the_path(state: State, problem: str) -> None:
    assert state.problem == problem
    assert next_step(state) is None and not state.solved

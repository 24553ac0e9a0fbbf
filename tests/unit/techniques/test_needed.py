"""Each technique on a puzzle, from our own generator, that the easier ones leave stuck."""

from __future__ import annotations

import pytest

from vmd_solver.csp import Board
from vmd_solver.csp.exact import count
from vmd_solver.csp.families import jigsaw, latin, sudoku, sudoku_x, windoku, with_rules
from vmd_solver.csp.puzzle import Puzzle, default_alphabet
from vmd_solver.csp.rules import Greater, KenKen, Killer, Skyscraper
from vmd_solver.techniques import BY_NAME, TECHNIQUES, State, Step, apply

JIGSAW = jigsaw(
    tuple(
        map(
            int, "000011111000001111223333444222333444552233444555226777555866677588866677888886677"
        )
    )
)

KILLER = with_rules(
    sudoku(2, 3),
    [
        Killer(12, (4, 5, 11)),
        Killer(12, (16, 17, 22)),
        Killer(16, (23, 28, 29, 34, 35)),
        Killer(11, (8, 9, 10)),
        Killer(6, (1, 2, 3)),
        Killer(15, (0, 6, 7, 13)),
        Killer(9, (12, 18, 24)),
        Killer(18, (19, 25, 26, 30, 31)),
        Killer(8, (32, 33)),
        Killer(13, (14, 15, 21, 27)),
        Killer(6, (20,)),
    ],
)
KENKEN = with_rules(
    latin(4),
    [
        KenKen("x", 6, (9, 12, 13, 14)),
        KenKen("+", 10, (0, 4, 5, 8)),
        KenKen("x", 96, (1, 2, 6, 10)),
        KenKen("x", 24, (3, 7, 11, 15)),
    ],
)
SKYSCRAPERS = with_rules(latin(4), [Skyscraper(1, (13, 9, 5, 1)), Skyscraper(2, (7, 6, 5, 4))])

CASES: list[tuple[str, Board, str, str]] = [
    (
        "hidden single",
        sudoku(),
        "........12.4...9...9...86..93..........6..15..75..38....3.87.....8..5436.........",
        "So r4c4 is 8.",
    ),
    (
        "naked single",
        sudoku(),
        "...7....5..35....9......8...52.4....1..98.3..8....57.6....94.1...8...56..1.....9.",
        "So r7c7 is 2.",
    ),
    (
        "comparison",
        with_rules(latin(4), [Greater((0, 4))]),
        "......1...42...3",
        "So strike 2 from r1c1.",
    ),
    (
        "locked candidates",
        sudoku(),
        "..3..5..7....1.2.8.45..9....5..............64..62.....13..9.64....3.........715..",
        "So strike 1 from r4c7, r4c9 and r5c7.",
    ),
    (
        "cage combinations",
        KENKEN,
        "2...............",
        "So strike 4 from r3c2, r4c1, r4c2 and r4c3.",
    ),
    (
        "naked pair",
        sudoku(),
        ".1.....26..5.......7...6.498.1....7....4.....3....2.1..2...9..1.9.52.3......7....",
        "So strike 8 from r5c8, r8c9, r9c8 and r9c9.",
    ),
    (
        "hidden pair",
        sudoku(),
        "..469.7.....7..3.9.6...2..........5......64...918.5.7.24..........3..5..8.....2..",
        "So strike 1 from r3c1; 3 and 5 from r3c1 and r3c3; 8 from r3c3.",
    ),
    (
        "naked triple",
        sudoku(),
        "..62...5.1.2.9..38...36..1...49......7.....9.8...3.1...41.....2...7.....7...8....",
        "So strike 3 from r9c2 and r9c6; 9 from r8c7, r9c2 and r9c6.",
    ),
    (
        "45 rule",
        KILLER,
        ".........................6..........",
        "So strike 1 from r2c1.",
    ),
    (
        "rule by cases",
        SKYSCRAPERS,
        "...........2..1.",
        "So strike 4 from r2c4.",
    ),
    (
        "hidden triple",
        sudoku(),
        ".2..3..9...9...754.........26......74.32..16..8.47......654...9.....8......1...36",
        "So strike 5 and 7 from r3c1; 8 from r2c1.",
    ),
    (
        "BUG+1",
        latin(9),
        ".95.614...8.47..9.......3.4.2....8.9..72....39..8..71.3415.2....3...9.76.13..6...",
        "So r5c6 is 5.",
    ),
    (
        "unique rectangle",
        sudoku(),
        ".5..23.....7..4.6..4.5...32....7.1.....9.......8..2..3..3..7.2...1......5.....84.",
        "So strike 3 from r4c1 and r4c2.",
    ),
    (
        "hidden rectangle",
        JIGSAW,
        "7........1.....36.5......9........8...8......9.......2..4.83....1.5.......39.5...",
        "So strike 7 from r7c7.",
    ),
    (
        "avoidable rectangle",
        windoku(),
        "...43..2.2.7.........6....4........7.3...9...................5..6....71.5.8..3...",
        "So strike 6 from r4c8.",
    ),
    (
        "remote pair",
        sudoku_x(),
        ".........6.....4.3.......567.......1.....7...368....9....5.19.................842",
        "So strike 2 from r1c5.",
    ),
    (
        "naked quad",
        sudoku(),
        "...4...9......1..8....6.57..76...1..1....628.8..9....5.83.7....4...2..5.....5.3..",
        "So strike 2 from r1c2 and r1c3; 3 from r1c2, r3c1 and r3c2.",
    ),
    (
        "X-wing",
        sudoku(),
        "..3.....2....6841...6.9......897.....5...12...6.5...431...2....2....96....5.....1",
        "So strike 4 from r1c1, r1c6, r5c1 and r9c6.",
    ),
    (
        "skyscraper",
        windoku(),
        "......1...6........1.2..7....3.....6......3.8...5.....97..............4....7...21",
        "So strike 4 from r5c3 and r9c2.",
    ),
    (
        "two-string kite",
        windoku(),
        "3.......1.............6...3......4.....7....5.59....62..64..3...1........4.....9.",
        "So strike 3 from r9c5.",
    ),
    (
        "turbot fish",
        windoku(),
        "3.......1.............6...3......4.....7....5.59....62..64..3...1........4.....9.",
        "So strike 1 from r9c5.",
    ),
    (
        "simple colouring",
        windoku(),
        "...43..2.2.7.........6....4........7.3...9...................5..6....71.5.8..3...",
        "So strike 3 from r7c1.",
    ),
    (
        "empty rectangle",
        sudoku_x(),
        "..4...3..3..2.6....5...............2...9..7..9.......443...2...59..8....6.....8..",
        "So strike 3 from r9c8.",
    ),
    (
        "W-wing",
        sudoku_x(),
        ".........6.....4.3.......567.......1.....7...368....9....5.19.................842",
        "So strike 3 from r4c8.",
    ),
    (
        "swordfish",
        latin(9),
        "4.6.9.2.....8....71....5.49.1.3.....8..1....5.2976......8.4..2369..371.8...21.9..",
        "So strike 3 from r6c7, r9c2 and r9c3.",
    ),
    (
        "hidden quad",
        sudoku_x(),
        "......27....69...............4......2..96....3...8...4......18.7...3....1.9...7..",
        "So strike 4 from r1c2; 5 from r1c2, r1c3, r2c3 and r3c2; 9 from r1c2 and r3c2.",
    ),
    (
        "finned X-wing",
        JIGSAW,
        "..6....1...5.9.3...6..8.7...7...3..1........2.......4......79...9..........2.....",
        "So strike 2 from r7c1.",
    ),
    (
        "sashimi X-wing",
        sudoku_x(),
        ".6..8.......95.....9...3.4..........2.......171....4........5.9.....4.7..8.7.....",
        "So strike 1 from r9c1.",
    ),
    (
        "45 rule of several",
        KILLER,
        ".........................6..........",
        "So strike 1 from r2c2.",
    ),
    (
        "XY-wing",
        sudoku(),
        "2.98.......54.1.......7.1.2.....6.73.9.1.8.....8.47.....29..5...81...394....1....",
        "So strike 5 from r9c6.",
    ),
    (
        "jellyfish",
        JIGSAW,
        "..76.......1...6.3......7.5.5......4..8.......9..1..................35..5...2..87",
        "So strike 2 from r3c6, r4c6 and r5c6.",
    ),
    (
        "XYZ-wing",
        sudoku(),
        "6.79........52..9......7..11.9...6.5...6.2....5....8.7..14........37....9......34",
        "So strike 8 from r1c8.",
    ),
    (
        "multi-colouring",
        sudoku_x(),
        "...4..3.....5.......4.....28..............8.1....1...3.6.....4....3.2...9486.....",
        "So strike 5 from r1c8 and r3c1.",
    ),
    (
        "finned swordfish",
        JIGSAW,
        "..6....1...5.9.3...6..8.7...7...3..1........2.......4......79...9..........2.....",
        "So strike 2 from r7c2.",
    ),
    (
        "sashimi swordfish",
        JIGSAW,
        ".6...5.91.............2....23..9.....4..6.........3..6.......7.9.8........37..2.8",
        "So strike 4 from r2c1.",
    ),
    (
        "finned jellyfish",
        JIGSAW,
        "..3....4..6....2..2......58...4..........1.3.8.26..5............9...4......5.6...",
        "So strike 7 from r6c5.",
    ),
    (
        "Sue de Coq",
        sudoku(),
        ".6.1....42.14.8.....4........7.....9.....95.6.2..5....7....492..96.1..4..4.3.....",
        "So strike 1 and 8 from r9c8; 3 from r3c7 and r6c9; 6 from r3c7.",
    ),
    (
        "X-chain",
        windoku(),
        "..2...79..86........7..5.....136..7.4..................2....41......8....1.......",
        "So strike 4 from r1c5.",
    ),
    (
        "XY-chain",
        sudoku(),
        "...5..8.9..43.1.67......3..6.5...71..1.......3..8....5.2......3.9....65..5.7.3...",
        "So strike 2 from r9c5.",
    ),
    (
        "alternating inference chain",
        windoku(),
        "3.......1.............6...3......4.....7....5.59....62..64..3...1........4.....9.",
        "So strike 8 from r8c3.",
    ),
    (
        "grouped inference chain",
        sudoku_x(),
        "..4...3..3..2.6....5...............2...9..7..9.......443...2...59..8....6.....8..",
        "So strike 2 from r3c8.",
    ),
    (
        "ALS-XZ",
        sudoku_x(),
        ".......4...61.7...3..5..69........5.......2.8...............7.5..4.62........5.3.",
        "So strike 2 from r3c9.",
    ),
    (
        "ALS-XY-wing",
        sudoku_x(),
        "..65..2.......6....8...7.6.....5.3.........72..78.2........3..46.........9.....31",
        "So strike 1 from r1c5.",
    ),
    (
        "forcing chain",
        sudoku_x(),
        "..4...3..3..2.6....5...............2...9..7..9.......443...2...59..8....6.....8..",
        "So strike 2 from r5c3.",
    ),
    (
        "forcing net",
        sudoku_x(),
        "..4...3..3..2.6....5...............2...9..7..9.......443...2...59..8....6.....8..",
        "So strike 1 from r8c8.",
    ),
]


@pytest.mark.parametrize(
    ("name", "board", "clues", "follows"), CASES, ids=[case[0] for case in CASES]
)
def test_where_the_easier_ones_are_stuck_it_continues(
    name: str, board: Board, clues: str, follows: str
) -> None:
    symbols = (".", *default_alphabet(board.D))
    puzzle = Puzzle(board, tuple(map(symbols.index, clues)))
    technique = BY_NAME[name]
    easier = TECHNIQUES[: TECHNIQUES.index(technique)]

    def easier_step(state: State) -> Step | None:
        return next((step for one in easier for step in one.steps(state)), None)

    stuck = State.of(puzzle, unique=True)
    while found := easier_step(stuck):
        stuck = apply(stuck, found)
    assert not stuck.solved
    step = next(technique.steps(stuck))
    assert step.follows == follows
    (solution,) = count(puzzle).grids
    assert all(solution[cell] == value for cell, value in step.placements)
    assert all(solution[cell] != value for cell, value in step.eliminations)
    after = apply(stuck, step)
    assert sum(map(int.bit_count, after.candidates)) < sum(map(int.bit_count, stuck.candidates))


def test_every_technique_but_the_first_has_a_case() -> None:
    assert [case[0] for case in CASES] == [technique.name for technique in TECHNIQUES[1:]]

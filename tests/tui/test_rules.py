"""Rules on the board of vmd-play: cages, signs, clues, holes, and what is said of the cell."""

from __future__ import annotations

from typing import Any

from textual.widgets import Static

from vmd_solver.csp.families import grid, sudoku, with_rules
from vmd_solver.csp.puzzle import Board
from vmd_solver.csp.rules import AntiKnight, Difference, Killer, Thermo
from vmd_solver.formats import parse

Start = Any

FOUR = with_rules(
    sudoku(2, 2),
    [Killer(3, (0, 1)), Difference(1, (5, 6)), Thermo((8, 9, 13)), AntiKnight()],
)
KAKURO = """family: grid
size: 3x3
values: 9
units:
rules:
killer 4 r2c2 r2c3
killer 3 r2c2 r3c2
givens:
///
/..
/./
"""


def rules_of(at: Any) -> str:
    """What the side says of the rules of the cell under the cursor."""
    return str(at.screen.query_one("#rules", Static).content)


async def test_cages_signs_and_lines_are_on_the_board(start: Start) -> None:
    async with start(FOUR.empty()) as at:
        assert "┏3━" in at.text()
        assert "○" in at.text() and "→" in at.text() and "↓" in at.text()
        assert rules_of(at) == "killer 3 · anti-knight"
        await at.press("down down")
        assert rules_of(at) == "thermo · anti-knight"
        await at.press("right right")
        assert rules_of(at) == "anti-knight"


async def test_a_broken_rule_is_marked_as_other_conflicts_are(start: Start) -> None:
    async with start(FOUR.empty()) as at:
        await at.press("1 right 3")
        assert {0, 1} <= at.game.conflicts()
        assert "!1" in at.text() and "!3" in at.text()
        await at.press("2")
        assert "!1" not in at.text()


async def test_holes_hold_totals_and_are_passed_by(start: Start) -> None:
    async with start(parse(KAKURO)) as at:
        assert "█" in at.text() and "\\4" in at.text() and "3\\" in at.text()
        assert at.board.cursor == 4
        await at.press("up")  # round the edge, over the hole
        assert at.board.cursor == 7
        at.app.change(wrap=False)
        await at.press("left right down up up 3 right down")
        assert at.board.cursor == 5
        assert at.game.values[4] == 3
        assert "1/3" in at.text()


async def test_the_side_of_a_board_without_rules_is_as_before(start: Start) -> None:
    board: Board = grid(2, 3, 3, [])
    async with start(board.empty()) as at:
        assert not at.screen.query_one("#rules", Static).display

"""What is said of a frame is what it shows; the demonstrations are what they are called."""

from __future__ import annotations

import pytest

from vmd_solver.csp.exact import count
from vmd_solver.csp.families import sudoku
from vmd_solver.play.commentary import compared, reading, solutions, step
from vmd_solver.play.demonstrations import DEMONSTRATIONS
from vmd_solver.play.player import FIRST, varied
from vmd_solver.play.replay import Cell, Frame, Layer, State

BOARD = sudoku(2, 2)
GRID = (1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1)
OTHER = (2, 1, *GRID[2:8], 1, 2, *GRID[10:])
WRONG = (2, *GRID[1:])


def layer(values: tuple[int, ...] = GRID, *states: State, broken: tuple[int, ...] = ()) -> Layer:
    """These values, the first cells in these states and the others given."""
    rest = [State.GIVEN] * (len(values) - len(states))
    cells = map(Cell, [*states, *rest], values)
    return Layer(tuple(cells), frozenset(broken))


def frame(event: str, *layers: Layer, nfe: int = 3, status: str = "", guesses: int = 0) -> Frame:
    return Frame("", layers, event, nfe, status=status, guesses=guesses)


P, N, R, V = State.PROPOSED, State.NOW, State.REMASKED, State.VERIFIED


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (frame("", layer(GRID, State.OPEN, State.OPEN)), "The puzzle: 14 givens, 2 cells to fill."),
        (
            frame("Called", layer(WRONG, P, P, broken=(0, 1))),
            "Call 3 of at most 16. A value is proposed for 2 masked cells. 2 cells break a rule.",
        ),
        (
            frame("Called", layer(GRID, P)),
            "Call 3 of at most 16. A value is proposed for 1 masked cell. No cell breaks a rule.",
        ),
        (frame("Called", layer(GRID, N)), "Call 3 of at most 16. Every cell is committed."),
        (frame("Committed", layer(GRID, N, N)), "2 cells are committed at once."),
        (frame("Committed", layer(GRID, N)), "1 cell is committed."),
        (frame("Committed", layer(GRID)), "No cell is committed."),
        (
            frame("Remasked", layer(GRID, R, R, N)),
            "2 committed cells broke a rule and are masked again.",
        ),
        (frame("Remasked", layer(GRID, R)), "1 committed cell broke a rule and is masked again."),
        (frame("Remasked", layer(GRID, N)), "No cell of this latent is masked again."),
        (frame("Propagated", layer(GRID, N)), "1 cell is settled by the rules alone."),
        (frame("Searched", layer(), guesses=1), "1 guess so far."),
        (frame("Searched", layer(), guesses=300), "300 guesses so far."),
        (frame("Verified", layer(GRID, V)), "The verifier accepts this grid."),
        (frame("Verified", layer(GRID, P)), "accepts the grid of another latent."),
        (frame("Finished", layer(), status="solved"), "Solved after 3 calls: the verifier"),
        (frame("Finished", layer(), status="unsolved", nfe=1), "Not solved after 1 call."),
        (frame("Finished", layer(), status="{a trace's own}"), "{a trace's own}"),
    ],
)
def test_a_step_in_a_sentence(shown: Frame, words: str) -> None:
    assert words in step(shown, 0, FIRST)


def test_without_the_settings_nothing_is_said_that_only_they_tell() -> None:
    shown = frame("Remasked", layer(GRID, R))
    assert step(shown, 0) == "Call 3. 1 committed cell is masked again."
    doubt = varied(FIRST, "remask", 1)
    assert doubt.remask == "doubt" and "least sure" in step(shown, 0, doubt)


def test_how_a_latent_reads_the_board() -> None:
    chosen = layer(GRID)
    shown = frame("Called", chosen, layer(OTHER), layer(WRONG, broken=(0, 1, 2)), layer(GRID, V))
    told = [reading(shown, latent, chosen, BOARD) for latent in range(4)]
    assert told == [
        "a solution.",
        "4 cells differ, in boxes 1 and 3; a solution.",
        "1 cell differs, in box 1; 3 cells break a rule.",
        "the same values; verified.",
    ]


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([layer(WRONG, broken=(0, 1))], ""),
        ([layer((0, *GRID[1:]))], ""),
        ([layer(WRONG, broken=(0,)), layer(GRID)], "Latent 2 holds a solution."),
        ([layer(), layer()], "Latents 1 and 2 hold the same solution."),
        ([layer(GRID), layer(OTHER)], "2 latents hold 2 different solutions."),
        (
            [layer(GRID), layer(OTHER), layer(GRID), layer(GRID)],
            "Latents 1, 3 and 4 hold one solution, latent 2 holds another.",
        ),
    ],
)
def test_which_latents_hold_a_solution(layers: list[Layer], words: str) -> None:
    assert solutions(frame("Called", *layers)) == words


def test_with_a_latent_and_without_is_compared_by_count() -> None:
    with_latent = frame("Called", layer(WRONG, broken=(0, 1, 2)), layer(GRID))
    without = frame("Called", layer(WRONG, broken=(0, 1)))
    assert compared([with_latent]) == ""
    words = "Cells that break a rule: 0 and 3 with a latent, 2 without."
    assert compared([with_latent, without]) == words


def test_each_demonstration_has_as_many_solutions_as_it_says() -> None:
    found = {one.name: count(one.puzzle, 3).solutions for one in DEMONSTRATIONS}
    assert found == {"Two solutions": 2, "An empty board": 3, "A hard puzzle": 1}

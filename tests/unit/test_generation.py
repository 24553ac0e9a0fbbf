"""Puzzles to a spec: one solution, the level, the symmetry, the seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes import oracle, undecided

from vmd_solver.csp import exact
from vmd_solver.csp.exact import is_unique
from vmd_solver.csp.families import latin, sudoku, with_rules
from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.csp.ruled import VARIANTS
from vmd_solver.csp.verify import verify
from vmd_solver.errors import SearchError
from vmd_solver.generation import (
    SYMMETRIES,
    GeneratedPuzzle,
    ModelGrids,
    PuzzleSpec,
    Symmetry,
    make,
    make_many,
    orbits,
    usual_size,
)
from vmd_solver.techniques import Level, grade

TURNS = {
    "none": lambda pattern: pattern,
    "half-turn": lambda pattern: np.rot90(pattern, 2),
    "quarter-turn": np.rot90,
    "left-right": np.fliplr,
    "top-bottom": np.flipud,
    "diagonal": np.transpose,
    "antidiagonal": lambda pattern: np.rot90(pattern, 2).T,
    "full": lambda pattern: np.rot90(np.fliplr(pattern)),
}


def made(spec: PuzzleSpec, number: int = 0) -> GeneratedPuzzle:
    found = make(spec, number)
    assert found is not None
    return found


def pattern(puzzle: Puzzle) -> np.ndarray:
    return np.array(puzzle.givens).reshape(puzzle.board.rows, -1) > 0


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_givens_are_symmetric_and_the_solution_is_the_only_one(symmetry: Symmetry) -> None:
    found = made(PuzzleSpec(size=6, symmetry=symmetry, seed=3))
    given = pattern(found.puzzle)
    assert (TURNS[symmetry](given) == given).all()
    assert not given.all()
    assert is_unique(found.puzzle)
    assert verify(found.puzzle, found.solution).ok


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_orbits_hold_every_cell_once(symmetry: Symmetry) -> None:
    groups = orbits(latin(5), symmetry)
    assert sorted(cell for group in groups for cell in group) == list(range(25))


@pytest.mark.parametrize("level", ["easy", "medium", "hard"])
def test_a_puzzle_has_the_level_asked_for(level: Level) -> None:
    found = made(PuzzleSpec(level=level, symmetry="half-turn", seed=1))
    assert found.grade.level == level
    assert grade(found.puzzle, unique=True) == found.grade
    assert is_unique(found.puzzle)


@pytest.mark.parametrize("family", ["sudoku-x", "windoku", "latin", "jigsaw", "jigsaw-x"])
def test_every_family_can_be_made(family: str) -> None:
    found = made(PuzzleSpec(family=family, size=4 if family == "windoku" else 6, seed=2))
    assert found.puzzle.board.family == family
    assert is_unique(found.puzzle)


@pytest.mark.parametrize(
    ("family", "size"),
    [("killer", 6), ("kakuro", 6), ("takuzu", 4), ("queens", 6), ("skyscraper", 4), ("clone", 4)],
)
def test_families_with_rules_are_made_alike_by_both_machines(
    family: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = made(PuzzleSpec(family=family, size=size, seed=2))
    assert found.puzzle.board.rules
    assert verify(found.puzzle, found.solution).ok
    assert exact.count(found.puzzle, compiled=False).solutions == 1
    monkeypatch.setattr("vmd_solver.csp.compiled.available", lambda: False)
    assert found == made(PuzzleSpec(family=family, size=size, seed=2))


def test_rules_may_bring_a_solution_without_givens_and_spare_ones_go() -> None:
    puzzle = made(PuzzleSpec(family="futoshiki", size=4, seed=3)).puzzle
    assert not any(puzzle.givens)
    for rule in puzzle.board.rules:
        rest = [other for other in puzzle.board.rules if other is not rule]
        assert not is_unique(Puzzle(with_rules(puzzle.board, rest), puzzle.givens))


def test_a_kakuro_has_runs_of_two_to_nine_cells_that_hang_together() -> None:
    board = made(PuzzleSpec(family="kakuro", size=12, seed=1)).puzzle.board
    inside = set(range(board.n)) - set(board.holes)
    assert not inside & {cell for cell in range(board.n) if cell < 12 or cell % 12 == 0}
    runs = [rule.all_cells for rule in board.rules]
    assert all(2 <= len(run) <= 9 for run in runs)
    assert sorted(cell for run in runs for cell in run) == sorted([*inside, *inside])
    reached, new = set(runs[0]), True
    while new:
        new = {c for run in runs if reached & set(run) for c in run} - reached
        reached |= new
    assert reached == inside


def test_a_puzzle_with_rules_has_the_level_asked_for() -> None:
    for level in ("easy", "medium"):
        found = made(PuzzleSpec(family="killer", size=6, level=level, seed=1))
        assert found.grade.level == level == grade(found.puzzle, unique=True).level


def test_an_example_of_a_family_with_rules_has_one() -> None:
    assert all(PuzzleSpec(name, usual_size(name)).example().board.rules for name in VARIANTS)
    assert not PuzzleSpec().example().board.rules


def test_minimal_puzzles_need_every_clue() -> None:
    puzzle = made(PuzzleSpec(size=6, minimal=True, symmetry="half-turn")).puzzle
    for cell in np.flatnonzero(puzzle.givens):
        fewer = [*puzzle.givens]
        fewer[cell] = 0
        assert not is_unique(replace(puzzle, givens=tuple(fewer)))


def test_clues_are_left() -> None:
    assert sum(value > 0 for value in made(PuzzleSpec(clues=40)).puzzle.givens) == 40


def test_a_seed_and_a_number_make_one_puzzle() -> None:
    """Written down, so that a change of what seeds mean is seen."""
    first = made(PuzzleSpec(size=4, seed=5))
    assert first == made(PuzzleSpec(size=4, seed=5))
    assert "".join(map(str, first.puzzle.givens)) == "0000010200000034"
    assert first.puzzle.givens != made(PuzzleSpec(size=4, seed=5), 1).puzzle.givens


def test_a_spec_may_be_impossible_or_given_up() -> None:
    assert make(PuzzleSpec(size=4, level="beyond", tries=2)) is None
    assert make(PuzzleSpec(), cancelled=lambda: True) is None


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"family": "grid"}, "cannot make"),
        ({"symmetry": "round"}, "unknown symmetry"),
        ({"level": "fiendish"}, "unknown level"),
        ({"size": 26}, "size of 2 to 25"),
        ({"family": "latin", "box": (3, 3)}, "no boxes"),
        ({"family": "kenken", "box": (3, 3)}, "no boxes"),
        ({"family": "takuzu", "size": 9}, "size of 4, 6"),
        ({"clues": 82}, "clues of 0 to 81"),
        ({"clues": 30, "minimal": True}, "leave clues out"),
    ],
)
def test_what_cannot_be_is_reported(spec: dict[str, object], words: str) -> None:
    with pytest.raises(SearchError, match=words):
        PuzzleSpec(**spec)


def test_a_model_draws_grids_and_search_steps_in() -> None:
    board = sudoku(2, 2)
    solution = made(PuzzleSpec(size=4)).solution
    rng = np.random.default_rng(0)
    drawn = ModelGrids(oracle(np.array(solution)))(board, rng)
    assert (drawn.values, drawn.by_model) == (solution, True)
    fallen_back = ModelGrids(undecided(), nfe=1)(sudoku(), rng)
    assert fallen_back.by_model is False
    assert verify(sudoku().empty(), fallen_back.values).ok


@pytest.mark.parametrize(
    "spec",
    [
        PuzzleSpec(level="medium", seed=4),
        PuzzleSpec(level="easy", minimal=True, symmetry="none", seed=4),
        PuzzleSpec("jigsaw", 5, symmetry="half-turn", seed=4),
        PuzzleSpec("killer", 4, seed=4),
    ],
    ids=str,
)
@pytest.mark.parametrize("installed", [True, False])
def test_puzzles_made_together_are_those_made_alone(
    spec: PuzzleSpec, installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = [make(spec, number) for number in (3, 0, 1)]
    monkeypatch.setattr("vmd_solver.csp.compiled.available", lambda: installed)
    assert list(make_many(spec, (3, 0, 1))) == alone

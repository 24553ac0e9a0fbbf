"""The puzzles of an evaluation are what their names say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from vmd_solver.csp import Puzzle, exact
from vmd_solver.csp.families import latin, sudoku, with_rules
from vmd_solver.csp.rules import Greater
from vmd_solver.csp.verify import verify
from vmd_solver.errors import PuzzleError
from vmd_solver.generation import PuzzleSpec
from vmd_training import boards
from vmd_training.dataset import Dataset, Section, write
from vmd_training.evaluation import sets
from vmd_training.evaluation.boards import KINDS, kind_of
from vmd_training.recipes import RECIPES


def test_several_have_all_their_solutions_listed() -> None:
    made = sets.several("s", sudoku(2, 2), 12, seed=3)
    assert len(made.puzzles) == len(made.solutions) == 12
    for puzzle, grids in zip(made.puzzles, made.solutions, strict=True):
        assert 2 <= len(grids) == len(set(grids)) == exact.count(puzzle, 1000).solutions
        assert all(verify(puzzle, grid) for grid in grids)


def test_enumeration_leaves_out_what_has_one_or_too_many() -> None:
    board = sudoku(2, 2)
    unique = sets.minimal("m", board, 1, 0).puzzles[0]
    kept = sets.several("s", board, 2, 0).puzzles
    assert sets.enumerated("e", (unique, board.empty(), *kept)).puzzles == kept


def test_the_hardest_are_those_of_the_highest_rating(monkeypatch: pytest.MonkeyPatch) -> None:
    made = np.eye(30, 81, dtype=np.int8)
    asked = []
    monkeypatch.setattr(
        sets, "minimal_puzzles", lambda board, m, rng: (asked.append(m), made)[::-1]
    )
    monkeypatch.setattr(sets, "rate", lambda board, rows, rng, orders: rows @ np.arange(81) % 7)
    found = {puzzle.givens.index(1) for puzzle in sets.hardest("h", 3, 0).puzzles}
    assert found == {6, 13, 20}
    assert asked == [30]


def test_a_digest_names_the_puzzles() -> None:
    one, again, other = (sets.minimal("m", sudoku(2, 2), 3, seed) for seed in (0, 0, 1))
    assert one.digest == again.digest != other.digest
    assert one.first(2).puzzles == one.puzzles[:2]
    assert one.first(2).digest != one.digest


def test_a_digest_knows_the_rules() -> None:
    board = latin(4)
    one, other = (
        sets.PuzzleSet("r", (with_rules(board, [Greater(cells)]).empty(),))
        for cells in ((0, 1), (1, 0))
    )
    assert one.digest != other.digest


def test_puzzles_with_rules_have_one_solution_and_always_the_same_ones() -> None:
    spec = PuzzleSpec("futoshiki", 4)
    one, again, other = (sets.ruled(spec, 3, seed) for seed in (0, 0, 1))
    assert one == again
    assert one.digest != other.digest
    assert [exact.count(puzzle, 2).solutions for puzzle in one.puzzles] == [1, 1, 1]
    assert all(puzzle.board.rules for puzzle in one.puzzles)


def test_signs_leave_several_solutions_and_no_givens() -> None:
    made = sets.several_with_signs("s", latin(4), 3, 0)
    assert [len(grids) for grids in made.solutions] == [
        exact.count(puzzle, 100).solutions for puzzle in made.puzzles
    ]
    assert all(2 <= len(grids) <= sets.SEVERAL for grids in made.solutions)
    assert not any(any(puzzle.givens) for puzzle in made.puzzles)
    few = sets.with_signs("f", latin(4), 4, 7, 0)
    assert (len(few.puzzles), len(set(few.puzzles))) == (7, 1)
    assert len(few.puzzles[0].board.rules) == 4


def test_what_propagation_alone_solves_is_counted() -> None:
    board = with_rules(latin(2), [Greater((0, 1))])
    made = sets.PuzzleSet("p", (board.empty(), latin(2).empty(), Puzzle(latin(2), (1, 0, 0, 0))))
    assert made.propagated == 2


def test_a_file_with_rules_is_a_set_for_each_board_and_choice_of_rules(tmp_path: Path) -> None:
    rows = [{"input": f".Shape~4x4.Thermo~R1C1~R1C{col}"} for col in (2, 2, 2, 2, 2)]
    rows += [{"input": ".Shape~4x4.Renban~R1C1~R1C2"}, {"input": ".Shape~4x4.~R1C1_1"}]
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    found = {one.name: len(one.puzzles) for one in sets.kinds(path, 4)}
    assert found == {"some 4x4 sudoku, thermo": 4, "some 4x4, various": 1}


@pytest.mark.parametrize("kind", ["arrays", "dataset"])
def test_a_rated_file_gives_its_hardest_tenth(tmp_path: Path, kind: str) -> None:
    givens = np.zeros((40, 81), np.int8)
    givens[:, 0] = np.arange(40) % 9 + 1
    givens[:, 1] = np.arange(40) // 9 + 1
    ratings = np.append(np.arange(39.0), np.nan)  # the last one was not rated
    path = tmp_path / "mined"
    if kind == "arrays":
        with path.open("wb") as stream:
            np.savez(stream, givens=givens, rating=ratings)
    else:
        section = Section.of("sudoku-9x9", sudoku(3, 3), givens, givens, rating=ratings)
        write(path, Dataset({}, (section,)))
    found = sets.mined(path, 2, seed=0)
    assert {p.givens for p in found.puzzles} < {tuple(row.tolist()) for row in givens[36:39]}
    assert len(found.puzzles) == 2


@pytest.mark.parametrize("name", ["p.txt", "p.npz"])
def test_a_file_that_holds_nothing_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("# nothing\n")
    read = sets.mined if path.suffix == ".npz" else sets.read
    with pytest.raises(PuzzleError, match=name):
        read(path, *[5, 0][: 2 if path.suffix == ".npz" else 1])


NAMES = {board for recipe in RECIPES.values() for group in recipe.groups for board in group.boards}


@pytest.mark.parametrize("name", sorted({*NAMES, *KINDS}))
def test_kinds_are_named_as_training_names_them(name: str) -> None:
    assert kind_of(boards.draw(name, np.random.default_rng(0))) == name

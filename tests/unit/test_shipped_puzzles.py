"""The puzzles that ship are what their page says: readable, complete, and solved as often."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from training import make_puzzles as samples
from training.make_puzzles import SAMPLES, Sample
from vmd_solver.csp.candidates import initial_masks, masks_to_values, propagate
from vmd_solver.csp.exact import count, is_unique, solve_batch
from vmd_solver.csp.families import FAMILIES
from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.csp.rules import RULES
from vmd_solver.formats import FORMATS, read_path

FOLDER = Path(__file__).resolve().parents[2] / "puzzles"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
MOST_GUESSES = 2000
EACH = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)


@cache
def puzzles(name: str) -> list[Puzzle]:
    """All puzzles of a shipped file, recognised as any file is."""
    entries = list(read_path(FOLDER / name))
    assert [entry.error for entry in entries if entry.error] == []
    return [entry.puzzle for entry in entries if entry.puzzle]


def cells_of_page(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|\n ").split("|")]


def test_the_table_of_samples_names_every_file() -> None:
    names = [sample.file for sample in SAMPLES]
    assert sorted([*names, "README.md"]) == sorted(path.name for path in FOLDER.iterdir())


def test_every_family_and_a_range_of_sizes_ship() -> None:
    boards = [puzzle.board for sample in SAMPLES for puzzle in puzzles(sample.file)]
    assert {board.family for board in boards} == set(FAMILIES)
    assert {4, 6, 9, 12, 16, 25} <= {board.D for board in boards if board.family == "sudoku"}


def test_every_rule_ships() -> None:
    boards = [puzzle.board for sample in SAMPLES for puzzle in puzzles(sample.file)]
    assert {type(rule) for board in boards for rule in board.rules} == set(RULES.values())


def test_every_form_that_is_written_ships() -> None:
    named = {sample.form for sample in SAMPLES}
    assert named | {"line"} == {
        form.name for form in FORMATS if form.write
    }  # sdm is line, in digits


@EACH
def test_a_file_is_written_as_it_reads(sample: Sample) -> None:
    assert sample.text(puzzles(sample.file)) == (FOLDER / sample.file).read_text(encoding="utf-8")


@EACH
def test_puzzles_have_as_many_solutions_as_claimed(sample: Sample) -> None:
    assert puzzles(sample.file)
    for puzzle in puzzles(sample.file):
        found = count(puzzle, limit=2, max_guesses=MOST_GUESSES, compiled=False)
        assert puzzle.is_valid()
        assert found.complete
        assert found.solutions == {"none": 0, "one": 1, "several": 2}[sample.solutions]


@EACH
def test_the_page_has_a_line_about_each_file(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the rating, which takes a while."""
    monkeypatch.setattr(samples, "rated", lambda board, rows, seed: np.zeros(len(rows)))
    expected = cells_of_page(samples.row(sample, puzzles(sample.file)))
    lines = [line for line in PAGE.splitlines() if line.startswith(f"| [{sample.file}]")]
    assert len(lines) == 1
    found = cells_of_page(lines[0])
    assert found[:4] + found[5:] == expected[:4] + expected[5:]


@pytest.mark.parametrize("name", ["easy.txt", "medium.txt", "hard.txt"])
def test_the_page_states_the_rating(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmd_solver.csp.compiled.available", lambda: False)
    sample = next(sample for sample in SAMPLES if sample.file == name)
    assert samples.row(sample, puzzles(name)) in PAGE.splitlines(keepends=True)


def test_singles_solve_the_easy_puzzle_and_not_the_hard_ones() -> None:
    def left(name: str) -> list[int]:
        rows = np.array([puzzle.givens for puzzle in puzzles(name)])
        board = puzzles(name)[0].board
        masks, consistent = propagate(board, initial_masks(board, rows), False, singles=True)
        assert consistent.all()
        return (masks_to_values(masks) == 0).sum(axis=1).tolist()

    assert left("easy.txt") == [0]
    assert min(left("hard.txt")) > 40
    assert min(left("hard-100.sdm")) > 0


def test_the_hard_puzzles_are_all_different() -> None:
    assert len({puzzle.givens for puzzle in puzzles("hard-100.sdm")}) == 100


@pytest.mark.parametrize("name", ["medium.txt", "hard.txt"])
def test_no_clue_of_a_minimal_puzzle_can_be_spared(name: str) -> None:
    (puzzle,) = puzzles(name)
    givens = np.array(puzzle.givens)
    rows = np.tile(givens, (int((givens > 0).sum()), 1))
    rows[np.arange(len(rows)), np.flatnonzero(givens)] = 0
    assert is_unique(puzzle)
    assert (solve_batch(puzzle.board, rows, 2, compiled=False).counts == 2).all()


def test_puzzles_with_several_solutions_are_named_by_their_number() -> None:
    for puzzle in puzzles("several.txt"):
        found = count(puzzle, limit=1000, stored=0, compiled=False)
        assert puzzle.name == f"{found.solutions} solutions"


def test_the_puzzle_without_a_solution_takes_a_search() -> None:
    (puzzle,) = puzzles("none.txt")
    assert count(puzzle, compiled=False).guesses > 0


@pytest.mark.parametrize(
    "name", ["medium.sdk", "medium.ss", "medium-hodoku.txt", "medium-exchange.txt"]
)
def test_the_medium_puzzle_is_the_same_in_every_form(name: str) -> None:
    assert puzzles(name) == puzzles("medium.txt")

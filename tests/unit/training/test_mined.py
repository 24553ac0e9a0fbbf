"""The included mined file: hard, true, small, and nothing in it that is kept for evaluation."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from vmd_solver.csp import Board
from vmd_solver.csp.canonical import Known, signatures
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import dig, minimal_puzzles
from vmd_solver.csp.rating import rate, refuted
from vmd_solver.formats import read_path
from vmd_training.dataset import Section, read
from vmd_training.generate import MINED


@pytest.fixture(scope="module")
def mined() -> Section:
    """The only section there is."""
    (section,) = read(MINED).sections
    assert section.name == "sudoku-9x9"
    return section


@pytest.fixture(scope="module")
def sample(mined: Section) -> np.ndarray:
    """Some rows of it."""
    pytest.importorskip("llvmlite")
    return np.random.default_rng(1).choice(len(mined), 300, replace=False)


def test_the_file_is_small_and_says_how_it_was_made(mined: Section) -> None:
    assert MINED.stat().st_size < 3_000_000
    header = read(MINED).header
    assert header["made_by"] == "vmd-train data"
    made = header["mine"] - header["excluded"] + header["climbed"]["puzzles"]
    assert made == len(mined)


def test_what_was_climbed_to_is_deep(mined: Section) -> None:
    """Of most of it a trial refutes hardly a tenth of the wrong candidates; of the rest a third."""
    pytest.importorskip("llvmlite")
    climbed = read(MINED).header["climbed"]["puzzles"]
    shares = [
        np.median(refuted(sudoku(), rows[:300], True))
        for rows in (mined.givens[-climbed:], mined.givens)
    ]
    assert shares[0] < 0.1 < 0.2 < shares[1]


def test_puzzles_are_unique_and_minimal(mined: Section, sample: np.ndarray) -> None:
    found = solve_batch(sudoku(), mined.givens[sample], limit=2)
    assert (found.counts == 1).all() and (mined.count == 1).all()
    assert np.array_equal(found.solutions, mined.solutions[sample])
    again = dig(sudoku(), mined.solutions[sample], 1, puzzles=mined.givens[sample])
    assert np.array_equal(again, mined.givens[sample])


def test_puzzles_are_hard_as_stated(mined: Section, sample: np.ndarray) -> None:
    random, _ = minimal_puzzles(sudoku(), 300, 1)
    usual = rate(sudoku(), random, 1)
    rated = rate(sudoku(), mined.givens[sample], 1)
    assert np.median(rated) > np.quantile(usual, 0.95)
    assert np.corrcoef(np.log(rated + 1), np.log(mined.rating[sample] + 1))[0, 1] > 0.8


def test_hardly_any_two_are_the_same_up_to_symmetry(mined: Section) -> None:
    """Islands know nothing of each other, and now and then two come upon one puzzle."""
    assert len(set(signatures(sudoku(), mined.givens).tolist())) > 0.99 * len(mined)


def test_no_evaluation_puzzle_is_in_it_up_to_symmetry(mined: Section, shared_data: Path) -> None:
    by_board: dict[Board, list[tuple[int, ...]]] = defaultdict(list)
    for path in sorted(shared_data.glob("*/*.*")):
        if path.parent.name in ("sudoku", "variants"):
            for entry in read_path(path):
                assert entry.puzzle is not None, entry.error
                by_board[entry.puzzle.board].append(entry.puzzle.givens)
    known = Known()
    for board, givens in by_board.items():
        known.add(board, givens)
    sudokus = np.array(by_board[sudoku()], dtype=np.int8)
    assert len(sudokus) > 5000
    turned = sudokus[:20].reshape(-1, 9, 9)[:, ::-1].swapaxes(1, 2).reshape(-1, 81)
    assert known.holds(sudoku(), turned).all(), "the check finds what is there"
    assert not known.holds(sudoku(), mined.givens).any()

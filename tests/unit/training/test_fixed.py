"""The fixed set: what is in it, that it is apart from vmd_training, and how it is scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vmd_solver.csp import Puzzle
from vmd_solver.csp.canonical import Known
from vmd_solver.csp.exact import count, solve_batch
from vmd_solver.csp.families import sudoku
from vmd_solver.errors import PuzzleError
from vmd_training import fixed
from vmd_training.dataset import read
from vmd_training.generate import mined_puzzles
from vmd_training.mine import depth
from vmd_training.model import VMD

KEEN = "4:_a_6abaa_a3,m4d2s1m4s1a8a9"
LINE = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"


@pytest.fixture
def empty() -> fixed.FixedSet:
    """Four puzzles without givens."""
    return fixed.FixedSet("empty", (sudoku(2, 2),), np.zeros((4, 16), np.int8), True)


def test_the_stand_ins_are_small_rated_and_have_one_solution() -> None:
    minimal, magictour, forum = read(fixed.FIXED).sections
    assert [minimal.name, magictour.name, forum.name] == ["minimal", "magictour-like", "forum-like"]
    assert len(minimal) == len(magictour) == fixed.COUNT
    assert len(forum) == fixed.COUNT
    assert (depth(sudoku(), forum.givens, np.random.default_rng(0), 1) >= fixed.FORUM).all()
    assert magictour.rating.min() >= 15 and magictour.rating.max() <= 40
    for section in (minimal, magictour, forum):
        found = solve_batch(sudoku(), section.givens, limit=2)
        assert (found.counts == 1).all()
        assert np.array_equal(found.solutions, section.solutions)


def test_nothing_in_it_is_trained_on() -> None:
    known = Known()
    known.add(sudoku(), [tuple(row) for row in mined_puzzles().givens.tolist()])
    for section in read(fixed.FIXED).sections:
        assert not known.holds(sudoku(), section.givens).any()
        nearest = max(
            float((mined_puzzles().solutions == row).mean(axis=1).max())
            for row in section.solutions[::20]
        )
        assert nearest < 0.5, "no line of mined puzzles meets one trained on"


def test_the_published_are_found_beside_and_below(tmp_path: Path) -> None:
    (tmp_path / "sudoku").mkdir()
    (tmp_path / "forum.txt").write_text(f"{LINE}\n\n{LINE} # again\n")
    (tmp_path / "sudoku" / "top95.txt").write_text(LINE)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "sgt-keen.txt").write_text(f"{KEEN}\n{KEEN}\n")
    chosen = fixed.sets(7, tmp_path)
    ruled = [f"rules-{size}" for size in ("4x4", "5x5", "6x6", "8x8", "9x9")]
    names = [one.name for one in chosen[3:]]
    assert names == ["empty", *ruled, "forum", "top95", "sgt-keen-4x4"]
    assert [len(one.givens) for one in chosen] == [7] * 9 + [2, 1, 2]
    assert not chosen[3].givens.any()
    assert chosen[9].givens[0, :4].tolist() == [5, 3, 0, 0]
    assert [len(one.boards) for one in chosen] == [1] * 4 + [7] * 5 + [1, 1, 2]
    assert [one.stands_in for one in chosen] == [True] * 9 + [False] * 3
    assert fixed.digest(chosen) == fixed.digest(fixed.sets(7))
    assert fixed.digest(chosen) != fixed.digest(fixed.sets(8))


def test_a_line_that_is_no_puzzle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "forum.txt").write_text(f"{LINE}\n123\n")
    with pytest.raises(PuzzleError, match="puzzle 2 is not 81 digits or dots"):
        fixed.sets(5, tmp_path)


def test_puzzles_are_taken_evenly() -> None:
    rows = np.arange(11)[:, None]
    assert fixed.spread(rows, 3).ravel().tolist() == [0, 5, 10]
    assert len(fixed.spread(rows, 50)) == 11
    assert len(fixed.spread(rows[:0], 5)) == 0


def test_later_latents_are_tried_on_what_is_left(
    monkeypatch: pytest.MonkeyPatch, empty: fixed.FixedSet, model_of: Callable[[str], VMD]
) -> None:
    asked: list[int] = []

    def attempt(model: VMD, rows: torch.Tensor, *_: object) -> torch.Tensor:
        asked.append(len(rows))
        return torch.arange(len(rows)) == 0  # each latent reaches one more

    monkeypatch.setattr(fixed, "attempt", attempt)
    scores = fixed.measure(model_of("candidate"), [empty])
    assert asked == [4, 3, 2, 1]
    assert scores == {"empty": {"1": 0.25, "4": 1.0}}
    assert fixed.score(scores, [empty]) == pytest.approx(0.625)


def test_a_published_set_is_no_part_of_the_score(empty: fixed.FixedSet) -> None:
    real = empty._replace(name="forum", stands_in=False)
    scores = {"empty": {"1": 0.0, "4": 0.5}, "forum": {"1": 1.0, "4": 1.0}}
    assert fixed.score(scores, [empty, real]) == 0.25


def test_a_model_without_knowledge_is_measured(
    empty: fixed.FixedSet, model_of: Callable[[str], VMD]
) -> None:
    model = model_of("candidate")
    given = empty._replace(givens=np.array([[1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 0]]))
    shares = fixed.measure(model, [given])["empty"]
    assert set(shares) == {"1", "4"} and 0 <= shares["1"] <= shares["4"] <= 1
    worst = fixed.most_seconds(model, [given])
    assert 0 < worst < 60


def test_puzzles_with_rules_have_one_solution_each_and_a_board_of_their_own() -> None:
    for one in fixed.sets(5)[4:]:
        assert len(one.boards) == len(one.givens) == 5
        for board, givens in zip(one.boards, one.givens, strict=True):
            assert board.rules
            assert count(Puzzle(board, tuple(givens.tolist())), 2).solutions == 1


def test_a_model_that_hears_no_rules_is_measured_on_them_all_the_same(
    monkeypatch: pytest.MonkeyPatch, model_of: Callable[[str], VMD]
) -> None:
    monkeypatch.setattr(fixed, "CALLS", 1)
    monkeypatch.setattr(fixed, "LOOPS", 1)
    deaf, ruled = model_of("candidate"), fixed.sets(3)[4]
    hearing = VMD(replace(deaf.config, links=2)).eval()
    scores = [fixed.measure(model, [ruled]) for model in (deaf, hearing)]
    assert all(found.keys() == {"rules-4x4"} for found in scores)

"""Unmasking policies choose masked cells only, in the order they promise."""

from __future__ import annotations

import numpy as np
import pytest

from vmd_solver.sampling import Settings
from vmd_solver.sampling.policy import choose, confidence, softmax
from vmd_solver.sampling.settings import POLICIES, PolicyName

P = np.array(
    [[0.70, 0.10, 0.20], [0.34, 0.33, 0.33], [0.50, 0.49, 0.01], [0.98, 0.01, 0.01]],
    dtype=np.float32,
)


def picked(settings: Settings, masked: list[bool], calls_left: int) -> list[int]:
    cells = choose(settings, P, np.array(masked), calls_left, np.random.default_rng(0))
    return [int(cell) for cell in np.flatnonzero(cells)]


@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy != "last"])
@pytest.mark.parametrize("calls_left", [0, 1, 3])
def test_only_masked_cells_and_at_least_one(policy: PolicyName, calls_left: int) -> None:
    cells = picked(Settings(policy=policy), [False, True, True, False], calls_left)
    assert cells
    assert set(cells) <= {1, 2}


@pytest.mark.parametrize("policy", POLICIES)
def test_after_the_last_call_everything_is_committed(policy: PolicyName) -> None:
    assert picked(Settings(policy=policy), [True] * 4, 0) == [0, 1, 2, 3]


@pytest.mark.parametrize("calls_left", [1, 9])
def test_last_commits_nothing_before_the_last_call(calls_left: int) -> None:
    assert picked(Settings(policy="last"), [True] * 4, calls_left) == []


@pytest.mark.parametrize(
    ("policy", "first"), [("top", [3, 0]), ("margin", [3, 0]), ("entropy", [3, 2])]
)
def test_the_most_confident_half_comes_first(policy: PolicyName, first: list[int]) -> None:
    assert picked(Settings(policy=policy), [True] * 4, 1) == sorted(first)


def test_margin_and_top_disagree_about_a_two_horse_race() -> None:
    rng = np.random.default_rng(0)
    assert confidence("top", P, rng)[2] > confidence("top", P, rng)[1]
    assert confidence("margin", P, rng)[2] == pytest.approx(0.01, abs=1e-6)


def test_threshold_takes_all_that_are_sure_or_the_surest_one() -> None:
    assert picked(Settings(threshold=0.6), [True] * 4, 5) == [0, 3]
    assert picked(Settings(threshold=0.99), [True] * 4, 5) == [3]


def test_a_schedule_fills_the_grid_in_the_calls_it_has() -> None:
    settings, masked = Settings(policy="top", nfe=4), np.ones(10, dtype=bool)
    p = softmax(np.random.default_rng(1).standard_normal((10, 3), dtype=np.float32))
    for calls_left in (3, 2, 1, 0):
        masked &= ~choose(settings, p, masked, calls_left, np.random.default_rng(0))
    assert not masked.any()


def test_softmax_sums_to_one_for_huge_logits() -> None:
    p = softmax(np.array([[1e4, -1e4, 0.0]], dtype=np.float32))
    assert p.sum() == pytest.approx(1)
    assert p[0, 0] == pytest.approx(1)

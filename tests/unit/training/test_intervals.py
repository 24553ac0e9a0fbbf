"""Intervals, and what chance alone shows, against published values and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vmd_training.intervals import (
    kl_to_uniform,
    mean,
    mean_share,
    share,
    uniform_distinct,
    uniform_kl,
    wilson,
)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)],
)
def test_wilson_as_published(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=1e-4)


def test_of_no_puzzles_nothing_is_known() -> None:
    assert wilson(0, 0) == (0, 1)
    assert share(0, 0)["share"] == 0
    assert mean([])["mean"] is None


def test_the_interval_of_a_mean() -> None:
    spread = 1.96  # standard deviation sqrt(2), over sqrt(2)
    assert mean([1.0, 3.0]) == pytest.approx({"mean": 2, "low": 2 - spread, "high": 2 + spread})
    assert mean([1.0]) == {"mean": 1, "low": None, "high": None}
    assert mean([0.1, 5.0])["low"] == 0


def test_a_mean_of_shares_is_as_unsure_as_one_of_coins() -> None:
    assert mean_share([1.0, 0.0, 1.0, 1.0])["low"] == wilson(3, 4)[0]
    assert mean_share([0.75] * 4) == mean_share([1.0, 0.0, 1.0, 1.0])


def test_kl_of_one_outcome_of_many() -> None:
    assert kl_to_uniform([7, 0, 0], 3) == pytest.approx(math.log(3))
    assert kl_to_uniform([2, 2, 2, 2], 4) == 0


@pytest.mark.parametrize(("draws", "outcomes"), [(1, 5), (6, 1), (16, 3), (64, 20)])
def test_what_even_draws_show(draws: int, outcomes: int) -> None:
    counts = np.random.default_rng(0).multinomial(draws, [1 / outcomes] * outcomes, size=4000)
    kl = [kl_to_uniform(row.tolist(), outcomes) for row in counts]
    distinct = (counts > 0).sum(axis=1)
    assert uniform_kl(draws, outcomes) == pytest.approx(np.mean(kl), abs=0.02)
    assert uniform_distinct(draws, outcomes) == pytest.approx(distinct.mean(), abs=0.1)

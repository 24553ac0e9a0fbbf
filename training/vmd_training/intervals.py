"""95% intervals of shares and means, and what an ideal sampler would show by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Z = 1.96
"""Two-sided 95% of the standard normal."""


def wilson(k: float, n: int) -> tuple[float, float]:
    """The interval of a share k / n (Wilson 1927).

    >>> low, high = wilson(8, 10)
    >>> round(low, 2), round(high, 2)
    (0.49, 0.94)
    """
    if not n:
        return 0.0, 1.0
    center = (k + Z * Z / 2) / (n + Z * Z)
    half = Z * math.sqrt(k * (n - k) / n + Z * Z / 4) / (n + Z * Z)
    return max(0.0, center - half), min(1.0, center + half)


def share(k: int, n: int) -> dict[str, float]:
    """A share with its interval, as part of a row."""
    low, high = wilson(k, n)
    return {"solved": k, "puzzles": n, "share": k / max(1, n), "low": low, "high": high}


def mean(values: Sequence[float]) -> dict[str, float | None]:
    """A mean of numbers from 0 up with its interval (normal), which a single one does not have."""
    if len(values) < 2:
        return {"mean": values[0] if len(values) else None, "low": None, "high": None}
    center = float(np.mean(values))
    half = Z * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return {"mean": center, "low": max(0.0, center - half), "high": center + half}


def mean_share(values: Sequence[float]) -> dict[str, float]:
    """A mean of shares, with an interval that is wide enough: shares vary less than coins do."""
    low, high = wilson(sum(values), len(values))
    return {"mean": float(np.mean(values)), "low": low, "high": high}


def kl_to_uniform(counts: Sequence[int], outcomes: int) -> float:
    """KL in nats of the shares of `counts` to the uniform distribution over this many outcomes.

    >>> kl_to_uniform([5, 5], 2)
    0.0
    """
    seen = np.array([count for count in counts if count], dtype=np.float64)
    p = seen / seen.sum()
    return max(0.0, float((p * np.log(p * outcomes)).sum()))


def uniform_kl(draws: int, outcomes: int) -> float:
    """The mean of `kl_to_uniform` over samples of even draws: it is not 0 by chance alone.

    Exact: the count of each outcome is binomial.
    """
    c = np.arange(1, draws + 1)
    log_choose = np.array(
        [math.lgamma(draws + 1) - math.lgamma(k + 1) - math.lgamma(draws - k + 1) for k in c]
    )
    q = 1 / outcomes
    rest = (draws - c) * math.log1p(-q) if outcomes > 1 else np.where(c == draws, 0.0, -np.inf)
    chance = np.exp(log_choose + c * math.log(q) + rest)
    return float(outcomes * (chance * c / draws * np.log(c / draws * outcomes)).sum())


def uniform_distinct(draws: int, outcomes: int) -> float:
    """How many different outcomes this many even draws hold on average.

    >>> round(uniform_distinct(200, 288))
    144
    """
    return outcomes * -math.expm1(draws * math.log1p(-1 / outcomes)) if outcomes > 1 else 1.0

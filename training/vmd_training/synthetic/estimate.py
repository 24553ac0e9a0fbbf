"""How far a model's joint is from the truth, with what the estimate itself is worth.

The model's joint is the average, over sampled rows, of the probabilities of the last call. One row
that is even over all sequences is added to the N sampled, so that a sequence never proposed costs
something finite. The logarithm of an average is low on average (Jensen), so the divergence would
come out too high; to first order in 1 / N by an amount that the spread of the rows tells, which is
subtracted, and stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vmd_training.synthetic.data import Joint, Table
from vmd_training.synthetic.sampling import Denoiser, Plan, last_call

ROWS_A_CALL = 5000
"""Rows sampled side by side, to bound memory."""


class Means(NamedTuple):
    """Averages over rows, (V,) * n each."""

    probability: Table
    square: Table
    """Of the probability."""
    likeliest: Table
    """Of one at the sequence of the likeliest tokens."""


@dataclass(frozen=True)
class Estimate:
    """A model under a plan against the truth."""

    kl_nats: float
    """KL(true || model), less the bias of its estimate: near zero it may come out negative."""
    bias_nats: float
    """What was subtracted. Where it is not small beside differences of interest, take more rows."""
    in_support: float
    """Share of the model's mass on sequences that can occur."""
    likeliest: float
    """Share of rows that can occur if the last call's tokens are not drawn but the likeliest."""
    total_variation: float
    """Half of the summed absolute differences: the share that would have to move."""
    rows: int

    @classmethod
    def of(cls, truth: Joint, means: Means, rows: int) -> Estimate:
        """From averages over the rows."""
        mean, square, likeliest = means
        smoothed = (rows * mean + 1 / mean.size) / (rows + 1)
        held = truth.table > 0
        p, q = truth.table[held], smoothed[held]
        spread = np.maximum(square - mean**2, 0)[held] / rows
        bias = float((p * spread / (2 * q**2)).sum())
        return cls(
            kl_nats=float((p * np.log(p / q)).sum()) - bias,
            bias_nats=bias,
            in_support=float(mean[truth.support].sum()),
            likeliest=float(likeliest[truth.support].sum()),
            total_variation=float(np.abs(truth.table - mean).sum() / 2),
            rows=rows,
        )


def model_joint(denoiser: Denoiser, plan: Plan, rows: int, generator: Generator) -> Means:
    """What the rows' last calls give each sequence, on average."""
    shape = (denoiser.values,) * denoiser.length
    mean = square = likeliest = torch.zeros(())
    for done in range(0, rows, ROWS_A_CALL):
        count = min(ROWS_A_CALL, rows - done)
        probabilities = last_call(denoiser, plan, count, generator).double()
        mean = mean + _outer(probabilities)
        square = square + _outer(probabilities**2)
        chosen = F.one_hot(probabilities.argmax(dim=-1), denoiser.values)
        likeliest = likeliest + _outer(chosen.double())
    return Means(*(_table(sums / rows, shape) for sums in (mean, square, likeliest)))


def estimate(
    truth: Joint, denoiser: Denoiser, plan: Plan, rows: int, generator: Generator
) -> Estimate:
    """A denoiser under a plan, measured with this many rows."""
    with torch.no_grad():
        return Estimate.of(truth, model_joint(denoiser, plan, rows, generator), rows)


def _outer(probabilities: Tensor) -> Tensor:
    """Outer products over the tokens (N, n, V), summed over the rows: two halves, one product."""
    middle = probabilities.shape[1] // 2
    return _together(probabilities[:, :middle]).T @ _together(probabilities[:, middle:])


def _together(probabilities: Tensor) -> Tensor:
    """Each row's outer product over its tokens: (N, V^n)."""
    rows = probabilities[:, 0]
    for token in range(1, probabilities.shape[1]):
        rows = (rows[:, :, None] * probabilities[:, token, None, :]).flatten(1)
    return rows


def _table(sums: Tensor, shape: tuple[int, ...]) -> Table:
    return np.asarray(sums.view(shape).numpy(), dtype=np.float64)

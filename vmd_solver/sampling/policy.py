"""Unmasking and remasking: which masked cells to commit after a call, and which to take back.

One module for grids and text: a cell is anything that takes one of D values.

Each policy is a confidence for every cell; a schedule or a threshold then says how many to take.
Source: random, top probability and margin as compared by arXiv 2502.06768; entropy and threshold
as usual in masked diffusion samplers; last resolves the latent (and the hidden state) first and
the cells then, after the sequential variant of arXiv 2510.18114.
"""

from __future__ import annotations

from math import ceil

import numpy as np
import numpy.typing as npt

from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.sampling.settings import PolicyName, Unmasking

Cells = npt.NDArray[np.bool_]

IN_DOUBT = 0.75
"""Share of the committed cells that `in_doubt` gives back, the least sure first.

The logits of a committed cell are closed to its value, so that a value is judged again only where
its cell is masked again; what the model still wants there it will choose again. Ours, after
remasking by the confidence at commitment (ReMDM, arXiv 2503.00307)."""


def softmax(logits: Floats, temperature: float = 0.0) -> Floats:
    """Probabilities over the last axis, softmax(logits / T); those of T = 1 where T is 0.

    >>> softmax(np.array([2.0, 1.0]), 1e-300).tolist()
    [1.0, 0.0]
    """
    below = logits - logits.max(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):  # so far below that nothing is left of it
        shifted = np.exp(below / np.asarray(temperature or 1.0, np.float64)).astype(logits.dtype)
    result: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def pick(p: Floats, temperature: float, rng: np.random.Generator) -> Ints:
    """A value 1..D for every cell of p (n, D): the most probable, or one drawn from p."""
    if temperature == 0:
        place: Ints = p.argmax(axis=-1)
    else:
        steps = p.cumsum(axis=-1)
        place = (rng.random((len(p), 1)) * steps[:, -1:] > steps).sum(axis=-1)
        place = np.minimum(place, p.shape[-1] - 1)
    return place + 1


def confidence(policy: PolicyName, p: Floats, rng: np.random.Generator) -> Floats:
    """How readily each cell is committed, (n,) float32, from p (n, D)."""
    if policy == "random":
        return rng.random(len(p), dtype=np.float32)
    if policy == "margin":
        return margins(p, p.argmax(axis=-1) + 1)
    scores: Floats = -entropies(p) if policy == "entropy" else p.max(axis=-1)
    return scores


def entropies(p: Floats) -> Floats:
    """How unsure the model is of each cell, in nats, from p (n, D)."""
    found: Floats = -(p * np.log(np.maximum(p, 1e-9))).sum(-1)
    return found


def margins(p: Floats, values: Ints) -> Floats:
    """By how much each value (n,) 1..D leads the best other one of its cell, from p (n, D)."""
    own, others = values[:, None] - 1, p.copy()
    np.put_along_axis(others, own, np.float32(0), axis=-1)
    lead: Floats = np.take_along_axis(p, own, axis=-1)[:, 0] - others.max(axis=-1)
    return lead


def choose(
    settings: Unmasking, p: Floats, masked: Cells, calls_left: int, rng: np.random.Generator
) -> Cells:
    """The masked cells to commit now, (n,) bool.

    After the last call, all. Before it none with the last policy; with the threshold policy those
    whose best value has `settings.threshold`, at least one where any is masked; otherwise the most
    confident share that finishes in `calls_left` further calls.
    """
    if calls_left <= 0 or not masked.any():
        return masked
    chosen = np.zeros_like(masked)
    if settings.policy == "last":
        return chosen
    scores = np.where(masked, confidence(settings.policy, p, rng), -np.inf)
    if settings.policy == "threshold":
        chosen = masked & (scores >= settings.threshold)
        return chosen if chosen.any() else scores == scores.max()
    count = ceil(int(masked.sum()) / (calls_left + 1))
    chosen[np.argsort(-scores, kind="stable")[:count]] = True
    return chosen


def in_doubt(sure: Floats, committed: Cells) -> Cells:
    """A share IN_DOUBT of the committed cells (n,): those of which the model was least sure."""
    order = np.argsort(np.where(committed, sure, np.inf), kind="stable")
    doubted = np.zeros_like(committed)
    doubted[order[: int(IN_DOUBT * committed.sum())]] = True
    return doubted

"""What a latent is outside the networks: its bounded variance, and the waves of a global one."""

from __future__ import annotations

import numpy as np

from vmd_solver.denoiser.protocol import Floats

LOG_VAR = 3.0
"""Log variances stay within this: sigma within e^+-1.5."""


def wave_patterns(n: int, D: int, count: int) -> Floats:
    """Fixed patterns over (cell, value): (n, D, count), mean square 1, incommensurate waves.

    The number is squared for cells: in step with the values all phases would lie on one circle,
    and most of 729 candidates would look the same to the waves.
    """
    number = np.arange(1, count + 1, dtype=np.float64)
    along_cells = np.modf(number**2 * 0.754877666)[0] * 2 * np.pi
    along_values = np.modf(number * 0.569840291)[0] * 2 * np.pi
    cells, values = np.arange(n)[:, None, None], np.arange(D)[None, :, None]
    waves = np.sin(cells * along_cells + values * along_values + number)
    return (2**0.5 * waves).astype(np.float32)


def spread(z: Floats, n: int, D: int, k: int) -> Floats:
    """A global z (B, patterns) as a shape on the board: (B, n, D, k)."""
    patterns = z.shape[-1]
    shape = np.einsum("bp,cvp->bcv", z, wave_patterns(n, D, patterns)) / np.float32(patterns**0.5)
    return np.repeat(shape[..., None], k, axis=-1)


def gathered(mean: Floats, log_var: Floats, patterns: int) -> tuple[Floats, Floats]:
    """Mean and log variance (B, n, D, k) on the board as those of a global z: (B, patterns)."""
    n, D = mean.shape[1:3]
    basis = wave_patterns(n, D, patterns)
    onto = "bcvk,cvp->bp"
    return np.einsum(onto, mean, basis) / n, np.einsum(onto, log_var, basis**2) / n


def bounded(log_var: Floats) -> Floats:
    """Log variances within LOG_VAR."""
    within: Floats = LOG_VAR * np.tanh(log_var / LOG_VAR)
    return within

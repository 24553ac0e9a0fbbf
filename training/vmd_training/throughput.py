"""How much of the device a run uses: operations a step takes, against what its products can do.

Only matrix products count, forward and backward, as is customary (model FLOPs utilisation).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from vmd_training.device import Plan


def flops(step: Callable[[], Tensor]) -> float:
    """Floating-point operations of the matrix products in `step`, which returns a loss."""
    with FlopCounterMode(display=False) as counter:
        torch.autograd.backward(step())
    return float(counter.get_total_flops())


def peak_flops(plan: Plan, tries: int = 5) -> float:
    """Operations a second of a large square matrix product here, at its best."""
    m = 8192 if plan.device.type == "cuda" else 1024
    a = torch.randn(m, m, device=plan.device, dtype=plan.dtype)
    best = float("inf")
    for _ in range(tries):
        started = time.perf_counter()
        float((a @ a)[0, 0])  # waits until the device is done
        best = min(best, time.perf_counter() - started)
    return 2 * m**3 / best

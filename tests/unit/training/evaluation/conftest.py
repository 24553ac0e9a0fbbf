"""Benches of denoisers without a network, and tiny reports."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vmd_solver.denoiser import Denoiser
from vmd_training.evaluation.bench import Bench, Scale
from vmd_training.evaluation.models import Model
from vmd_training.model import VMD

TINY = Scale(
    count=4, calls=(1, 2, 3), budget=3, sampled=(1, 2), empties=5, latents=(1, 3), loops=(16, 32)
)


@pytest.fixture
def bench_of(model_of: Callable[[str], VMD]) -> Callable[..., Bench]:
    """A bench of this denoiser; its network is a tiny one."""

    def make(denoiser: Denoiser, **options: object) -> Bench:
        model = Model("fake", denoiser, model_of(denoiser.latent), "numpy", "grids")
        return Bench([model], TINY, **options)  # type: ignore[arg-type]

    return make

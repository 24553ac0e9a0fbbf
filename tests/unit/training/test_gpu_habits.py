"""What makes a step fast on a GPU, checked on the processor: few waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from vmd_training import grids
from vmd_training.device import choose
from vmd_training.generate import make_pack
from vmd_training.loop import MetricAccumulator
from vmd_training.model import VMD, ModelConfig
from vmd_training.pool import Pool
from vmd_training.recipes import Group
from vmd_training.run import Run, TrainConfig

Config = Callable[[str], ModelConfig]

WAITS_OF_A_STEP = 21
"""For how many rows are fresh, how many cells are masked and how large a graph is. Each of three
graphs (encoder and prior, draws, step) takes four of them, each of two calls three."""

WAITS = ("_local_scalar_dense", "nonzero", "masked_select", "equal")
"""Operations whose answer the host needs before it can go on."""

MASKED = ("index", "index_put", "index_put_impl")
"""Operations that wait where an index is a mask: the number of its ones is asked for."""


class Watch(TorchDispatchMode):
    """Notes every operation that would wait for a device."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = func.overloadpacket.__name__
        by_mask = name.strip("_") in MASKED and any(
            one is not None and one.dtype == torch.bool for one in args[1]
        )
        if name in WAITS or by_mask:
            self.found.append(name)
        return func(*args, **(kwargs or {}))


def pool_of(group: Group, model: VMD) -> Pool:
    packs = iter(make_pack(group, np.random.default_rng(seed)) for seed in range(1, 99))
    return Pool(group, model, lambda _: next(packs), torch.device("cpu"))


def test_the_watch_finds_what_waits() -> None:
    with Watch() as watch:
        float(torch.ones(()) + 1)
        x = torch.ones(3)
        x[x > 0] += 1
        x[torch.tensor([0])] = 2
    assert watch.found == ["_local_scalar_dense", "index", "index_put_"]


def test_the_waits_of_a_step_do_not_grow_with_its_loops(
    tmp_path: Path, config_of: Config, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = replace(group, batch=16)  # some rows are encoded, others choose among draws
    counts = []
    for loops in (2, 6):
        config = TrainConfig("tiny", loops=loops)
        run = Run(tmp_path, config, config_of("candidate"), choose("cpu"))
        pool, beta = pool_of(mixed, run.model), torch.zeros(())
        # AdamW reads its step count, which is a number on the host wherever the weights are.
        monkeypatch.setattr(run.optimizer, "step", lambda: None)
        assert 0 < pool.use_encoder.sum() < 16
        with Watch() as watch:
            _, loss, measured = grids.step(run.model, pool, beta, config, run.plan.dtype)
            norm = run.update(loss)
            means = MetricAccumulator()
            means.add({**measured, "grad_norm": (norm, None)})
        counts.append(len(watch.found))
        assert means.means()["grad_norm"] > 0
    assert counts == [WAITS_OF_A_STEP] * 2


def test_a_device_that_is_not_here_is_planned_for_not_timed() -> None:
    if torch.cuda.is_available():
        pytest.skip("CUDA is there")
    plan = choose("cuda", assume=True)
    assert (plan.device.type, plan.dtype) == ("cuda", torch.bfloat16)
    assert not plan.here and "not here" in plan.reason
    assert choose("cpu", assume=True).here

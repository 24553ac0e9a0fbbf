"""What makes a step fast on a GPU, checked on the processor: few waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from training import loop
from training.data import Group, make_pack
from training.device import choose
from training.loop import Run, TrainConfig
from training.model import VMD, ModelConfig
from training.pool import Pool

Config = Callable[[str], ModelConfig]

MOST_WAITS = 12
"""Of a step: how many rows are fresh, and the nodes and pairs of a graph, are not known before."""

WAITS = ("_local_scalar_dense", "nonzero", "masked_select", "equal")
"""Operations whose answer the host needs before it can go on."""


class Watch(TorchDispatchMode):
    """Notes every operation that would wait for a device."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = func.overloadpacket.__name__
        if name in WAITS:
            self.found.append(name)
        return func(*args, **(kwargs or {}))


def pool_of(group: Group, model: VMD) -> Pool:
    packs = iter(make_pack(group, np.random.default_rng(seed)) for seed in range(1, 99))
    return Pool(group, model, lambda _: next(packs), torch.device("cpu"))


def test_the_watch_finds_what_waits() -> None:
    with Watch() as watch:
        float(torch.ones(()) + 1)
    assert watch.found == ["_local_scalar_dense"]


def test_the_waits_of_a_step_do_not_grow_with_its_loops(
    tmp_path: Path, config_of: Config, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for loops in (2, 6):
        config = TrainConfig("tiny", loops=loops)
        run = Run(tmp_path, config, config_of("candidate"), choose("cpu"))
        pool, beta = pool_of(group, run.model), torch.zeros(())
        # AdamW reads its step count, which is a number on the host wherever the weights are.
        monkeypatch.setattr(run.optimizer, "step", lambda: None)
        sums = loop.Sums()
        with Watch() as watch:
            sums.add(loop._train_step(run, pool, beta))
        counts.append(len(watch.found))
        assert sums.means()["grad_norm"] > 0
    assert counts[0] == counts[1] <= MOST_WAITS


def test_a_device_that_is_not_here_is_planned_for_not_timed() -> None:
    if torch.cuda.is_available():
        pytest.skip("CUDA is there")
    plan = choose("cuda", assume=True)
    assert (plan.device.type, plan.dtype) == ("cuda", torch.bfloat16)
    assert not plan.here and "not here" in plan.reason
    assert choose("cpu", assume=True).here

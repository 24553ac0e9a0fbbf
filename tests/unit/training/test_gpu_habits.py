"""What makes a step fast on a GPU, checked on the processor: no waits, and one graph to compile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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


def test_a_step_waits_for_nothing(
    tmp_path: Path, config_of: Config, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, TrainConfig("tiny", loops=2), config_of("candidate"), choose("cpu"))
    pool, beta = pool_of(group, run.model), torch.zeros(())
    # AdamW reads its step count, which is a number on the host wherever the weights are.
    monkeypatch.setattr(run.optimizer, "step", lambda: None)
    sums = loop.Sums()
    with Watch() as watch:
        for share in (0.1, 0.2):
            beta.fill_(share)
            sums.add(loop._train_step(run, pool, beta))
            run.step += 1
    assert watch.found == []
    assert sums.means()["grad_norm"] > 0


@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")
def test_one_graph_serves_every_loop_and_size(
    config_of: Config, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = []

    def backend(graph: Any, inputs: Any) -> Any:
        compiled.append(graph)
        return graph.forward

    torch._dynamo.reset()
    model = VMD(config_of("candidate"))
    loop.compile_blocks(model, backend)
    monkeypatch.setattr(torch._dynamo.config, "suppress_errors", False)
    nine = Group("nine", 81, 9, 27, 1.0, 3, ("sudoku-3x3",), 0.2, 0.1)
    for one in (group, nine, replace(group, batch=7)):
        pool = pool_of(one, model)
        pool.h.requires_grad_()
        for beta in (0.1, 0.2):
            loss, _ = loop._step(model, pool, torch.tensor(beta), 3, torch.float32)
            torch.autograd.backward(loss)
    torch._dynamo.reset()
    assert 1 <= len(compiled) <= 2  # the second when a second size shows what may differ


def test_the_average_is_never_compiled(tmp_path: Path, config_of: Config, group: Group) -> None:
    run = Run(tmp_path, TrainConfig("tiny"), config_of("candidate"), choose("cpu"))
    loop.compile_blocks(run.model, "eager")
    assert any(module._compiled_call_impl for module in run.model.modules())
    assert not any(module._compiled_call_impl for module in run.ema.modules())


def test_a_device_that_is_not_here_is_planned_for_not_timed() -> None:
    if torch.cuda.is_available():
        pytest.skip("CUDA is there")
    plan = choose("cuda", assume=True)
    assert (plan.device.type, plan.dtype, plan.compile) == ("cuda", torch.bfloat16, True)
    assert not plan.here and "not here" in plan.reason
    assert choose("cpu", assume=True).here

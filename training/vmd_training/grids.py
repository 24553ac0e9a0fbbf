"""The task of training on puzzles: a group of boards by chance, one call a step, solve rates."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from vmd_solver.errors import ModelError
from vmd_training import evaluate, loop, vmd
from vmd_training.device import Plan, memory_mib
from vmd_training.generate import HELD_OUT, Pack, held_out, make_pack, ruled_pack, sources
from vmd_training.loop import UNTIL_DONE, Clock, Measured, Report, Step, Task
from vmd_training.model import VMD
from vmd_training.pool import Pool
from vmd_training.recipes import RECIPES, Group
from vmd_training.run import Run, TrainConfig, kl_weight
from vmd_training.workers import Stream

ACTIVE_NATS = 0.01
"""A latent channel is active where it carries this much a grid, on average."""
COLLAPSED_NATS = 0.1
"""A latent that carries less than this a grid, all channels together, has collapsed."""
CHANNEL = "kl_channel_"
"""Name of the KL of each channel until they are logged together."""
LATE_STEPS = 300
"""Steps at the final beta before a verdict on the latent."""
FEED_EVERY = 8
"""Steps between two looks at how many new puzzles a pool has asked for."""
EVALUATED_LOOPS = 16
"""Loops of a call in the evaluations on the way."""


def groups_of(config: TrainConfig) -> tuple[Group, ...]:
    """The recipe's groups, with their batches scaled and of their rules those that are chosen.

    Raises ModelError where none are left.
    """
    scale, chosen = config.batch_scale, []
    for group in RECIPES[config.recipe].groups:
        asked = group.rules if config.rules is None else tuple(config.rules)
        rules = tuple(name for name in group.rules if name in asked)
        if rules or not group.rules:
            batch = max(1, round(group.batch * scale))
            chosen.append(replace(group, batch=batch, rules=rules))
    if not chosen:
        raise ModelError(
            f"the recipe {config.recipe} has nothing but puzzles with rules; choose some by --rules"
        )
    return tuple(chosen)


def step(model: VMD, pool: Pool, beta: Tensor, config: TrainConfig, dtype: torch.dtype) -> Step:
    """The cost of one call with gradient on the rows of a pool, which then move on."""
    encoded = pool.fresh & pool.use_encoder  # rows whose z comes from the encoder now
    with torch.autocast(pool.h.device.type, dtype=dtype, enabled=dtype != torch.float32):
        latent = pool.latent(model, config.loops, config.draws)
        terms = vmd.call(model, pool.grid(), pool.x0, latent.z, pool.h, config.loops)
    loss = vmd.loss(terms, latent.kl, pool.grid(), beta)
    done = vmd.solved(terms.logits.detach(), pool.x0, pool.grid())
    share = encoded.sum()
    nats = terms.cross_entropy[-1].detach()
    measured: Measured = {
        "nats": (nats.mean(), None),
        "solved": (done.float().mean(), None),
        "kl_nats": (latent.kl.detach().sum(), share),
        "encoded_nats": ((nats * encoded).sum(), share),
    }
    for i, channel in enumerate(latent.per_channel):
        measured[f"{CHANNEL}{i}"] = (channel, share)
    pool.advance(terms.h, done)
    return Step(pool.group.name, loss, measured)


class GridTask(Task[Run]):
    """Puzzles: a pool of rows for each group of boards, fed by a stream of packs.

    Every process takes the same group at a step.
    """

    parts = "groups"

    def __init__(self, run: Run, groups: tuple[Group, ...], stream: Stream) -> None:
        config, device = run.config, run.plan.device
        self._groups, self._stream = groups, stream
        shares = np.array([group.weight for group in groups])
        self._shares = shares / shares.sum()
        # The same groups in every process.
        self._rng = np.random.default_rng((config.seed, run.step))
        evaluated = groups if config.evaluations else ()
        self._tests = {group.name: held_out(group, 64, config.seed) for group in evaluated}
        self._peak_flops = peak_flops(run.plan)
        self._step_flops = {group.name: _step_flops(run, group, stream.take) for group in groups}
        self._started = self._logged = time.perf_counter()
        self._flops, self._steps = 0.0, 0
        torch.manual_seed(1_000_003 * config.seed + 1009 * run.step + run.world.rank)
        self._pools = {
            group.name: Pool(group, run.model, stream.take, device, config.reuse)
            for group in groups
        }
        self._beta = torch.zeros((), device=device)

    def step(self, run: Run) -> Step:
        """One call on a group by chance; now and then the pools take in new puzzles before it."""
        if run.step % FEED_EVERY == 0:
            for pool in self._pools.values():
                pool.feed()
        group = self._groups[self._rng.choice(len(self._groups), p=self._shares)]
        # Filled in place, since a copy from the host would wait for the device.
        self._beta.fill_(kl_weight(run.config, run.progress))
        self._flops += self._step_flops[group.name]
        self._steps += 1
        run.puzzle_calls += group.batch * run.world.size
        pool = self._pools[group.name]
        return step(run.model, pool, self._beta, run.config, run.plan.dtype)

    def facts(self, run: Run) -> dict[str, Any]:
        """Speed, memory, and how long the run waited for puzzles.

        Of the device's best only matrix products count, forward and backward, since training began
        here, as is customary (model FLOPs utilisation).
        """
        now = time.perf_counter()
        mfu = self._flops / (now - self._started) / self._peak_flops
        step_ms = 1000 * (now - self._logged) / max(1, self._steps)
        self._logged, self._steps = now, 0
        return {
            "puzzle_calls": run.puzzle_calls,
            "puzzle_calls_a_second": round(run.puzzle_calls / run.elapsed_s, 1),
            "mfu": round(mfu, 4),
            "step_ms": round(step_ms, 2),
            "memory_mib": round(memory_mib(run.plan)),
            "waited_for_data_s": round(self._stream.waited_s, 1),
        }

    def summary(self, means: dict[str, float]) -> dict[str, Any]:
        """KL of the channels, nats a grid, as one list."""
        channels = [means.pop(name) for name in list(means) if name.startswith(CHANNEL)]
        if not channels:
            return {name: mean for name, mean in means.items() if name != "kl_nats"}
        active = sum(nats > ACTIVE_NATS for nats in channels)
        return {**means, "kl_channels": channels, "active_channels": active}

    def evaluate(self, run: Run) -> dict[str, Any]:
        """Held-out solve rates of the averaged weights, and grids from the smallest empty board."""
        model, loops = run.ema, EVALUATED_LOOPS
        rates = {}
        for name, packs in self._tests.items():
            found = evaluate.solve_rates(model, packs, (1, 4), loops)
            rates[name] = {calls: round(rate, 4) for calls, rate in found.items()}
        name, board = next(iter(evaluate.empty_boards(model).items()))
        empty = evaluate.valid_from_empty(model, board, 256, loops)
        return {"solve_rate": rates, "valid_empty": {name: round(empty, 4)}}


def train(run: Run, report: Report, clock: Clock = UNTIL_DONE) -> None:
    """Train on puzzles, as `loop.train` does.

    Raises ModelError where the loss is not finite any more, where no puzzles come, or where the
    latent collapsed.
    """
    if run.progress < 1:
        config, groups = run.config, groups_of(run.config)
        data = None if config.data is None else Path(config.data)
        if data is not None:
            sources(groups, data)  # errors are reported here, not in another process
        for group in groups if config.rules else ():
            ruled_pack(group, np.random.default_rng(), 1)  # likewise
        seed = (config.seed, run.step, run.world.rank)
        run.warmup_from = run.step
        with closing(Stream(groups, seed, config.workers, data)) as stream:
            loop.train(run, GridTask(run, groups, stream), report, clock)
    if run.progress >= 1 and run.needs_latent:
        require_latent(run)


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


def _step_flops(run: Run, group: Group, take: Callable[[str], Pack]) -> float:
    """Operations of a step of a group: those of two rows on the CPU, scaled."""
    model = VMD(run.model.config)
    pool = Pool(replace(group, batch=2), model, take, torch.device("cpu"))
    with FlopCounterMode(display=False) as counter:
        torch.autograd.backward(
            step(model, pool, torch.tensor(1.0), run.config, torch.float32).loss
        )
    return float(counter.get_total_flops()) * group.batch / 2


def step_seconds(run: Run) -> float:
    """Seconds of a training step here, groups by their share; takes two steps of each, in vain."""
    groups, config, device = groups_of(run.config), run.config, run.plan.device
    weight, spent = torch.tensor(config.beta, device=device), 0.0
    for group in groups:
        pack = make_pack(group, np.random.default_rng((config.seed, HELD_OUT, 1)))
        pool = Pool(group, run.model, {group.name: pack}.__getitem__, device)
        for _ in range(2):  # the first step also prepares what the second finds ready
            started = time.perf_counter()
            loss = step(run.model, pool, weight, config, run.plan.dtype).loss
            torch.autograd.backward(loss)
            float(loss.detach())  # waits until the device is done
        spent += group.weight * (time.perf_counter() - started)
        run.optimizer.zero_grad()
    return spent / sum(group.weight for group in groups)


def require_latent(run: Run) -> None:
    """Raise ModelError where a finished run's latent carries nothing.

    Looks at what was logged since beta reached its final value, in groups with free grids, and only
    if that was LATE_STEPS steps or more: a shorter run proves nothing.
    """
    config = run.config
    if run.model.config.latent == "none":
        return
    rows = [row for row in run.rows() if "groups" in row]
    late = [row for row in rows if row["progress"] > config.anneal]
    if not late or late[-1]["step"] - late[0]["step"] < LATE_STEPS:
        return
    late = late[len(late) // 2 :]
    free = [group.name for group in groups_of(config) if group.free]
    logged = [row["groups"][name] for row in late for name in free if name in row["groups"]]
    nats = [group["kl_nats"] for group in logged if "kl_nats" in group]
    if nats and sum(nats) / len(nats) < COLLAPSED_NATS:
        raise ModelError(
            f"the latent collapsed: z carries {sum(nats) / len(nats):.3f} nats a grid at the end of"
            f" the run, expected {COLLAPSED_NATS} or more. The checkpoint is kept. Train longer, or"
            " start with --init from a run with --latent none"
        )

"""The training loop: groups in turn, one call a step, an average of the weights, checkpoints.

The schedule follows the time that was planned, not a number of steps, so that `--time 30m` ends
annealed on any machine; a resumed run goes on from the time it had used.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training import checkpoint, evaluate, vmd
from training.data import RECIPES, Group, Stream, held_out
from training.device import Plan
from training.model import VMD, ModelConfig
from training.pool import Pool
from vmd_solver.csp.families import sudoku
from vmd_solver.errors import ModelError


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a run, beside the model."""

    recipe: str = "sudoku"
    time_s: float = 1800.0
    loops: int = 8
    """Loops of a training call; the exported call may have more."""
    lr: float = 2e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    beta: float = 1.0
    """Final weight of the KL."""
    anneal: float = 0.5
    """Share of the time over which beta rises to its final value."""
    ema: float = 0.999
    batch_scale: float = 1.0
    seed: int = 0
    log_every_s: float = 10.0
    checkpoint_every_s: float = 180.0
    evaluations: int = 12


def learning_rate(config: TrainConfig, progress: float, step: int) -> float:
    """Warm-up over 100 steps, flat for half of the time, then a cosine down to 1%."""
    late = max(0.0, progress - 0.5) * 2
    return config.lr * min(1.0, (step + 1) / 100) * (0.505 + 0.495 * math.cos(math.pi * late))


def kl_weight(config: TrainConfig, progress: float) -> float:
    """From a tenth of beta up to beta over the first part of the time."""
    return config.beta * min(1.0, 0.1 + 0.9 * progress / config.anneal)


class Run:
    """One training run in a folder: model, optimizer, average, time used."""

    def __init__(
        self, folder: Path, config: TrainConfig, model_config: ModelConfig, plan: Plan
    ) -> None:
        torch.manual_seed(config.seed)
        self.folder, self.config, self.plan = folder, config, plan
        self.model = VMD(model_config).to(plan.device)
        self.ema = VMD(model_config).to(plan.device).eval().requires_grad_(False)
        self.ema.load_state_dict(self.model.state_dict())
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), config.lr, (0.9, 0.95), weight_decay=config.weight_decay
        )
        self.step = 0
        self.elapsed_s = 0.0
        self.puzzle_calls = 0

    @property
    def checkpoint_path(self) -> Path:
        """Where the run is saved."""
        return self.folder / "checkpoint.pt"

    def init_from(self, state: dict[str, Any]) -> None:
        """Take the averaged weights of another run as far as they fit: same trunk, own latent."""
        fitting = self.model.state_dict()
        taken = 0
        for name, weight in state["ema"].items():
            if name in fitting and fitting[name].shape == weight.shape:
                fitting[name] = weight
                taken += 1
            elif name in fitting and fitting[name].dim() == 2 and name.endswith("update.weight"):
                # The features come last, z last of all: a trunk trained without latent fits too.
                shared = min(weight.shape[1], fitting[name].shape[1])
                fitting[name][:, :shared] = weight[:, :shared]
                fitting[name][:, shared:] *= 0.1
                taken += 1
        if not taken:
            raise ModelError("nothing in the --init checkpoint fits this model; check its widths")
        self.model.load_state_dict(fitting)
        self.ema.load_state_dict(fitting)

    def resume(self) -> None:
        """Go on from the checkpoint in the folder."""
        state = checkpoint.load(self.checkpoint_path)
        if state["model_config"] != self.model.config.to_dict():
            raise ModelError("the checkpoint has another model; resume with the options it had")
        self.model.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.elapsed_s = state["step"], state["elapsed_s"]
        self.puzzle_calls = state["puzzle_calls"]

    def save(self) -> None:
        """Write the checkpoint."""
        checkpoint.save(
            self.checkpoint_path,
            {
                "model_config": self.model.config.to_dict(),
                "train_config": asdict(self.config),
                "model": self.model.state_dict(),
                "ema": self.ema.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "elapsed_s": self.elapsed_s,
                "puzzle_calls": self.puzzle_calls,
            },
        )

    def record(self, row: dict[str, Any]) -> None:
        """Append a line to metrics.jsonl."""
        with (self.folder / "metrics.jsonl").open("a") as lines:
            lines.write(json.dumps(row) + "\n")

    def update_ema(self) -> None:
        """Exponential average of the weights, short at first."""
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        pairs = zip(self.ema.parameters(), self.model.parameters(), strict=True)
        with torch.no_grad():
            for average, weight in pairs:
                average.lerp_(weight, 1 - decay)


def groups_of(config: TrainConfig) -> tuple[Group, ...]:
    """The recipe's groups with their batches scaled."""
    from dataclasses import replace

    scale = config.batch_scale
    return tuple(
        replace(group, batch=max(1, round(group.batch * scale))) for group in RECIPES[config.recipe]
    )


def train(run: Run, report: Callable[[dict[str, Any]], None]) -> None:
    """Train until the planned time is used, handing each log row to `report` as well."""
    config = run.config
    run.folder.mkdir(parents=True, exist_ok=True)
    groups = groups_of(config)
    weights = np.array([group.weight for group in groups])
    rng = np.random.default_rng((config.seed, run.step))
    stream = Stream(groups, (config.seed, run.step))
    tests = {group.name: held_out(group, 64, config.seed) for group in groups}
    step_fn = torch.compile(_step, dynamic=False) if run.plan.compile else _step
    try:
        pools = {
            group.name: Pool(group, run.model, stream.take, run.plan.device, config.seed)
            for group in groups
        }
        sums: dict[str, dict[str, float]] = {}
        used, now = run.elapsed_s, time.perf_counter()
        logged = saved = run.elapsed_s
        evaluated = int(used / config.time_s * config.evaluations)
        started, first_step = now - used, run.step
        while run.elapsed_s < config.time_s:
            progress = run.elapsed_s / config.time_s
            group = groups[rng.choice(len(groups), p=weights / weights.sum())]
            for parameters in run.optimizer.param_groups:
                parameters["lr"] = learning_rate(config, progress, run.step - first_step)
            row = _train_step(run, pools[group.name], kl_weight(config, progress), step_fn)
            _accumulate(sums.setdefault(group.name, {}), row)
            run.step += 1
            run.puzzle_calls += group.batch
            run.elapsed_s = time.perf_counter() - started
            if run.elapsed_s - logged >= config.log_every_s:
                logged = run.elapsed_s
                log = _summary(run, sums, stream.waited_s)
                run.record(log)
                report(log)
                sums = {}
            if run.elapsed_s - saved >= config.checkpoint_every_s:
                saved = run.elapsed_s
                run.save()
            if int(run.elapsed_s / config.time_s * config.evaluations) > evaluated:
                evaluated += 1
                log = _evaluate(run, tests)
                run.record(log)
                report(log)
    finally:
        stream.close()
        run.save()


def _step(
    model: VMD, pool: Pool, beta: float, loops: int, dtype: torch.dtype
) -> tuple[Tensor, vmd.Terms]:
    grid = pool.grid()
    with torch.autocast(pool.h.device.type, dtype=dtype, enabled=dtype != torch.float32):
        terms = vmd.call(model, grid, pool.x0, pool.h, pool.noise, pool.use_encoder, loops)
    return vmd.loss(terms, grid, beta), terms


def _train_step(run: Run, pool: Pool, beta: float, step_fn: Callable[..., Any]) -> dict[str, float]:
    """One call with gradient on one pool; what it cost, averaged over rows."""
    loss, terms = step_fn(run.model, pool, beta, run.config.loops, run.plan.dtype)
    if not torch.isfinite(loss):
        raise ModelError(f"the loss became {loss.item()} at step {run.step}; lower --lr and resume")
    run.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), run.config.clip)
    run.optimizer.step()
    run.update_ema()
    done = vmd.solved(terms.logits.detach(), pool.x0, pool.grid())
    encoded = pool.use_encoder > 0
    row = {
        "loss": float(loss.detach()),
        "nats": float(terms.cross_entropy[-1].mean().detach()),
        "solved": float(done.float().mean()),
    }
    if encoded.any():
        row["kl_nats"] = float(terms.kl[encoded].mean().detach())
        row["encoded_nats"] = float(terms.cross_entropy[-1][encoded].mean().detach())
    row |= {f"kl_channel_{i}": float(nats) for i, nats in enumerate(terms.kl_per_channel)}
    pool.advance(terms.h, done)
    return row


def _accumulate(sums: dict[str, float], row: dict[str, float]) -> None:
    for name, value in row.items():
        sums[name] = sums.get(name, 0.0) + value
        sums[f"#{name}"] = sums.get(f"#{name}", 0.0) + 1


def _summary(run: Run, sums: dict[str, dict[str, float]], waited_s: float) -> dict[str, Any]:
    groups = {
        group: {
            name: round(total / row[f"#{name}"], 5) for name, total in row.items() if name[0] != "#"
        }
        for group, row in sums.items()
    }
    progress = run.elapsed_s / run.config.time_s
    return {
        "step": run.step,
        "elapsed_s": round(run.elapsed_s, 1),
        "progress": round(progress, 4),
        "lr": run.optimizer.param_groups[0]["lr"],
        "beta": round(kl_weight(run.config, progress), 3),
        "puzzle_calls": run.puzzle_calls,
        "puzzle_calls_a_second": round(run.puzzle_calls / run.elapsed_s, 1),
        "waited_for_data_s": round(waited_s, 1),
        "groups": groups,
    }


def _evaluate(run: Run, tests: dict[str, Any]) -> dict[str, Any]:
    """Held-out solve rates of the averaged weights, and grids from an empty 4x4 board."""
    loops = 16
    rates = {
        name: evaluate.solve_rates(run.ema, pack, (1, 4), loops) for name, pack in tests.items()
    }
    empty = evaluate.valid_from_empty(run.ema, sudoku(2, 2), 256, loops)
    return {
        "step": run.step,
        "elapsed_s": round(run.elapsed_s, 1),
        "solve_rate": {
            name: {f"{calls}x{loops}": round(rate, 4) for calls, rate in row.items()}
            for name, row in rates.items()
        },
        "valid_empty_4x4": round(empty, 4),
    }

"""The training loop: groups in turn, one call a step, an average of the weights, checkpoints.

The schedule follows the time that was planned, not a number of steps, so that `--time 30m` ends
annealed on any machine; a resumed run goes on from the time it had used.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training import checkpoint, evaluate, vmd
from training.data import HELD_OUT, RECIPES, Group, Pack, Stream, held_out, make_pack
from training.device import Plan
from training.model import VMD, ModelConfig
from training.pool import Pool
from vmd_solver.csp.families import sudoku
from vmd_solver.errors import ModelError

Report = Callable[[dict[str, Any]], None]

EVALUATE_EVERY_S = 120.0
"""Shortest time between two evaluations, which take some seconds each."""

ACTIVE_NATS = 0.01
"""A latent channel is active where it carries this much a grid, on average."""
COLLAPSED_NATS = 0.1
"""A latent that carries less than this a grid, all channels together, has collapsed."""
CHANNEL = "kl_channel_"
"""How the KL of each channel is called until they are logged together."""
LATE_STEPS = 300
"""Steps at the final beta before a verdict on the latent."""


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
    beta: float = 0.25
    """Final weight of the KL. At 1 the latent collapsed on the way (docs/LOG.md, 2026-11-22)."""
    anneal: float = 0.1
    """Share of the time over which beta rises to its final value."""
    ema: float = 0.999
    batch_scale: float = 1.0
    seed: int = 0
    log_every_s: float = 10.0
    checkpoint_every_s: float = 180.0
    evaluations: int = 12
    """Over the whole time, but at most one every EVALUATE_EVERY_S, and one at the end."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TrainConfig:
        """The config stored in a checkpoint, with defaults for what it does not have."""
        return cls(**{f.name: values[f.name] for f in fields(cls) if f.name in values})


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
        """Take another run's averaged weights: the same trunk, and the latent as far as it fits.

        Raises ModelError where the trunk has other widths.
        """
        theirs, ours = ModelConfig.from_dict(state["model_config"]), self.model.config
        for width in ("d", "messages", "hidden"):
            if getattr(theirs, width) != getattr(ours, width):
                raise ModelError(
                    f"the checkpoint to start from has {width} {getattr(theirs, width)}, this model"
                    f" {getattr(ours, width)}; start from one of the same widths"
                )
        fitting = self.model.state_dict()
        for name, weight in state["ema"].items():
            if name in fitting and fitting[name].shape == weight.shape:
                fitting[name] = weight
            elif name == "denoiser.block.update.weight":
                # The columns of z come last: a trunk trained without latent fits too.
                shared = min(weight.shape[1], fitting[name].shape[1])
                fitting[name][:, :shared] = weight[:, :shared]
                fitting[name][:, shared:] *= 0.1
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

    @property
    def metrics_path(self) -> Path:
        """What was logged, one row a line."""
        return self.folder / "metrics.jsonl"

    def record(self, row: dict[str, Any]) -> None:
        """Append a line to metrics.jsonl."""
        with self.metrics_path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(row) + "\n")

    def rows(self) -> list[dict[str, Any]]:
        """The rows of metrics.jsonl; a line cut short by a crash is left out."""
        rows = []
        if self.metrics_path.is_file():
            for line in self.metrics_path.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError):
                    rows.append(json.loads(line))
        return rows

    def drop_rows_after(self, step: int) -> None:
        """Forget what was logged after a step: training that no checkpoint kept is done again."""
        kept = [row for row in self.rows() if row["step"] <= step]
        self.metrics_path.write_text("".join(json.dumps(row) + "\n" for row in kept), "utf-8")

    def update_ema(self) -> None:
        """Exponential average of the weights, short at first."""
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        pairs = zip(self.ema.parameters(), self.model.parameters(), strict=True)
        with torch.no_grad():
            for average, weight in pairs:
                average.lerp_(weight, 1 - decay)


def groups_of(config: TrainConfig) -> tuple[Group, ...]:
    """The recipe's groups with their batches scaled."""
    scale = config.batch_scale
    return tuple(
        replace(group, batch=max(1, round(group.batch * scale))) for group in RECIPES[config.recipe]
    )


class Every:
    """True once in each period of a run's own time."""

    def __init__(self, period_s: float, now_s: float) -> None:
        self.period_s = period_s
        self.number = int(now_s / period_s)

    def __call__(self, now_s: float) -> bool:
        """Whether a period ended since the last time this was true."""
        before, self.number = self.number, max(self.number, int(now_s / self.period_s))
        return self.number > before


def train(run: Run, report: Report) -> None:
    """Train until the planned time is used, handing each log row to `report` as well.

    The checkpoint is written at the end, and when interrupted; not after a failure, which leaves
    the last good one. Raises ModelError where the loss is not finite any more, where no puzzles
    come, or where the latent collapsed.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    run.drop_rows_after(run.step)
    if run.elapsed_s < run.config.time_s:
        groups = groups_of(run.config)
        stream = Stream(groups, (run.config.seed, run.step))
        try:
            _train(run, groups, stream, report)
        except KeyboardInterrupt:
            run.save()
            raise
        finally:
            stream.close()
        run.save()
    require_latent(run)


def _train(run: Run, groups: tuple[Group, ...], stream: Stream, report: Report) -> None:
    config, device = run.config, run.plan.device
    shares = np.array([group.weight for group in groups])
    rng = np.random.default_rng((config.seed, run.step))
    tests = {group.name: held_out(group, 64, config.seed) for group in groups}
    step_fn = torch.compile(_step, dynamic=False) if run.plan.compile else _step
    pools = {
        group.name: Pool(group, run.model, stream.take, device, config.seed) for group in groups
    }
    sums: dict[str, dict[str, float]] = {}
    log, save, evaluation = (
        Every(period_s, run.elapsed_s)
        for period_s in (
            config.log_every_s,
            config.checkpoint_every_s,
            max(EVALUATE_EVERY_S, config.time_s / config.evaluations),
        )
    )
    started, first_step = time.perf_counter() - run.elapsed_s, run.step
    while run.elapsed_s < config.time_s:
        progress = run.elapsed_s / config.time_s
        group = groups[rng.choice(len(groups), p=shares / shares.sum())]
        for parameters in run.optimizer.param_groups:
            parameters["lr"] = learning_rate(config, progress, run.step - first_step)
        row = _train_step(run, pools[group.name], kl_weight(config, progress), step_fn)
        _accumulate(sums.setdefault(group.name, {}), row)
        run.step += 1
        run.puzzle_calls += group.batch
        run.elapsed_s = time.perf_counter() - started
        over = run.elapsed_s >= config.time_s
        if log(run.elapsed_s) or over:
            _record(run, _summary(run, sums, stream.waited_s), report)
            sums = {}
        if save(run.elapsed_s):
            run.save()
        if evaluation(run.elapsed_s) or over:
            _record(run, _evaluate(run, tests), report)


def step_seconds(run: Run) -> float:
    """Seconds of a training step here, groups by their share; takes two steps of each, in vain."""
    groups = groups_of(run.config)
    spent = sum(group.weight * _seconds(run, group) for group in groups)
    return spent / sum(group.weight for group in groups)


def _seconds(run: Run, group: Group) -> float:
    pack = make_pack(group, np.random.default_rng((run.config.seed, HELD_OUT, 1)))
    pool = Pool(group, run.model, lambda _: pack, run.plan.device, run.config.seed)
    weight = torch.tensor(run.config.beta, device=run.plan.device)
    for _ in range(2):  # the first step also prepares what the second finds ready
        started = time.perf_counter()
        loss, _ = _step(run.model, pool, weight, run.config.loops, run.plan.dtype)
        torch.autograd.backward(loss)
        float(loss.detach())  # waits until the device is done
    run.optimizer.zero_grad()
    return time.perf_counter() - started


def require_latent(run: Run) -> None:
    """Raise ModelError where a finished run's latent carries nothing.

    Looks at what was logged since beta reached its final value, in groups with free grids, and only
    if that was LATE_STEPS steps or more: a shorter run proves nothing.
    """
    config = run.config
    if run.model.config.latent == "none":
        return
    rows = [row for row in run.rows() if "groups" in row]
    late = [row for row in rows if row["elapsed_s"] > config.anneal * config.time_s]
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


def _step(
    model: VMD, pool: Pool, beta: Tensor, loops: int, dtype: torch.dtype
) -> tuple[Tensor, vmd.Terms]:
    grid = pool.grid()
    with torch.autocast(pool.h.device.type, dtype=dtype, enabled=dtype != torch.float32):
        terms = vmd.call(model, grid, pool.x0, pool.h, pool.noise, pool.use_encoder, loops)
    return vmd.loss(terms, grid, beta), terms


def _train_step(run: Run, pool: Pool, beta: float, step_fn: Callable[..., Any]) -> dict[str, float]:
    """One call with gradient on one pool; what it cost, averaged over rows."""
    # As a tensor: a compiled step would be compiled anew for every other number.
    weight = torch.tensor(beta, device=run.plan.device)
    loss, terms = step_fn(run.model, pool, weight, run.config.loops, run.plan.dtype)
    if not torch.isfinite(loss):
        again = "resume" if run.checkpoint_path.exists() else "start again"
        raise ModelError(
            f"the loss became {loss.item()} at step {run.step}; {again} with a lower --lr"
        )
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
        row |= {f"{CHANNEL}{i}": float(nats) for i, nats in enumerate(terms.kl_per_channel)}
    pool.advance(terms.h, done)
    return row


def _accumulate(sums: dict[str, float], row: dict[str, float]) -> None:
    for name, value in row.items():
        sums[name] = sums.get(name, 0.0) + value
        sums[f"#{name}"] = sums.get(f"#{name}", 0.0) + 1


def _summary(run: Run, sums: dict[str, dict[str, float]], waited_s: float) -> dict[str, Any]:
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
        "groups": {group: _means(row) for group, row in sums.items()},
    }


def _means(sums: dict[str, float]) -> dict[str, Any]:
    """Means of what was accumulated; the KL of the channels, in nats a grid, as one list."""
    means = {
        name: round(total / sums[f"#{name}"], 5) for name, total in sums.items() if name[0] != "#"
    }
    channels = [means.pop(name) for name in list(means) if name.startswith(CHANNEL)]
    if not channels:
        return means
    active = sum(nats > ACTIVE_NATS for nats in channels)
    return {**means, "kl_channels": channels, "active_channels": active}


def _record(run: Run, row: dict[str, Any], report: Report) -> None:
    run.record(row)
    report(row)


def _evaluate(run: Run, tests: dict[str, tuple[Pack, ...]]) -> dict[str, Any]:
    """Held-out solve rates of the averaged weights, and grids from an empty 4x4 board."""
    loops = 16
    rates = {
        name: evaluate.solve_rates(run.ema, packs, (1, 4), loops) for name, packs in tests.items()
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

"""The training loop: groups in turn, one call a step, an average of the weights, checkpoints.

The schedule follows what was planned: a number of steps, which means the same on any machine, or a
time, so that `--time 30m` ends annealed on any machine. A resumed run goes on from what it had
used, and a run may be cut into slices.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vmd_solver.errors import ModelError
from vmd_training import checkpoint, evaluate, throughput, vmd
from vmd_training.checkpoint import Start
from vmd_training.device import Plan, memory_mib
from vmd_training.distributed import World
from vmd_training.generate import HELD_OUT, Pack, held_out, make_pack, sources
from vmd_training.model import VMD
from vmd_training.optimizer import Optimizers
from vmd_training.pool import Pool
from vmd_training.recipes import RECIPES, Group
from vmd_training.widen import widened
from vmd_training.workers import Stream

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
FEED_EVERY = 8
"""Steps between two looks at how many new puzzles a pool has asked for."""


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a run, beside the model."""

    recipe: str = "sudoku"
    data: str | None = None
    """File of puzzles to train on; groups that it lacks, or all without it, are made."""
    time_s: float = 1800.0
    """Planned time; the schedule follows it unless steps are planned."""
    steps: int | None = None
    """Planned steps."""
    slice_s: float | None = None
    """Stop after this much time here, to be resumed."""
    loops: int = 8
    """Loops of a training call; the exported call may have more."""
    lr: float = 2e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    warmup: int = 100
    """Steps over which the rate rises, from where a run or a slice of it starts."""
    decay: float = 0.5
    """Share of the run, at its end, over which the rate falls by a cosine to 1% of its height."""
    beta: float = 0.25
    """Final weight of the KL. At 1 the latent collapses on the way, charged at every call or once
    (docs/LOG.md, 2026-11-22 and 2026-11-28)."""
    anneal: float = 0.1
    """Share of the time over which beta rises to its final value."""
    draws: int = 4
    """Latents drawn for a puzzle with one solution; the best is trained. 1: as it comes."""
    ema: float = 0.999
    batch_scale: float = 1.0
    reuse: int = 1
    """Times a puzzle is used; more where makers are slower than the device."""
    workers: int = 1
    """Processes that make puzzles, for each process that trains."""
    seed: int = 0
    log_every_s: float = 10.0
    checkpoint_every_s: float = 180.0
    evaluations: int = 12
    """Over the whole time, but at most one every EVALUATE_EVERY_S, and one at the end; 0: none."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TrainConfig:
        """The config stored in a checkpoint, with defaults for what it does not have."""
        return cls(**{f.name: values[f.name] for f in fields(cls) if f.name in values})


def rate_factor(config: TrainConfig, progress: float, step: int) -> float:
    """Share of the highest rate: warm-up, flat, a cosine down to 1% over the last share `decay`."""
    late = max(0.0, progress - 1 + config.decay) / config.decay
    warm = min(1.0, (step + 1) / config.warmup)
    return warm * (0.505 + 0.495 * math.cos(math.pi * late))


def learning_rate(config: TrainConfig, progress: float, step: int) -> float:
    """The rate itself."""
    return config.lr * rate_factor(config, progress, step)


def kl_weight(config: TrainConfig, progress: float) -> float:
    """From a tenth of beta up to beta over the first part of the time."""
    return config.beta * min(1.0, 0.1 + 0.9 * progress / config.anneal)


ALONE = World()


class Run:
    """One training run in a folder: model, optimizer, average, time used."""

    network: ClassVar[type[Any]] = VMD
    """What is trained, built from its config."""
    muon: ClassVar[bool] = True
    """Whether its matrices are moved by Muon."""

    def __init__(
        self,
        folder: Path,
        config: TrainConfig,
        model_config: Any,
        plan: Plan,
        world: World = ALONE,
    ) -> None:
        torch.manual_seed(config.seed)
        self.folder, self.config, self.plan, self.world = folder, config, plan, world
        self.model: VMD = self.network(model_config).to(plan.device)
        self.ema: VMD = self.network(model_config).to(plan.device).eval().requires_grad_(False)
        self.ema.load_state_dict(self.model.state_dict())
        self.optimizer = Optimizers(self.model, config.lr, config.weight_decay, self.muon)
        self.lr = config.lr
        """The rate of the last step."""
        self.step = 0
        self.elapsed_s = 0.0
        self.origin: tuple[int, float] = (0, 0.0)
        """Step and time from which what is planned counts: not 0 where a lineage grows on."""
        self.puzzle_calls = 0
        self.earlier: list[dict[str, Any]] = []
        """The runs whose weights this one started from: recipe, steps, minutes."""

    @property
    def progress(self) -> float:
        """Share of what was planned that is done, up to 1."""
        config, (step, elapsed_s) = self.config, self.origin
        if config.steps is not None:
            return min(1.0, (self.step - step) / config.steps)
        return min(1.0, (self.elapsed_s - elapsed_s) / config.time_s)

    @property
    def left_s(self) -> float:
        """Time until what was planned is done, at the pace so far."""
        return (self.elapsed_s - self.origin[1]) * (1 / max(self.progress, 1e-6) - 1)

    def judge(self) -> None:
        """Look at what a finished run became. Raises ModelError where its latent collapsed."""
        require_latent(self)

    def set_rate(self, step: int) -> None:
        """The rate of the step to come, the `step`-th since the warm-up began."""
        factor = rate_factor(self.config, self.progress, step)
        self.optimizer.set_rate(factor)
        self.lr = self.config.lr * factor

    @property
    def checkpoint_path(self) -> Path:
        """Where the run is saved."""
        return self.folder / "checkpoint.pt"

    def init_from(self, start: Start) -> None:
        """Take other averaged weights: the trunk, widened if need be, and what else fits.

        Raises ModelError where the trunk cannot be widened to this one.
        """
        given = widened(start.weights, start.config, self.model.config, self.config.seed)
        fitting = self.model.state_dict()
        for name, weight in given.items():
            if name in fitting and fitting[name].shape == weight.shape:
                fitting[name] = weight
        if (reads_z := "denoiser.block.inputs.weight") in fitting and reads_z not in given:
            fitting[reads_z] *= 0.1  # what z says is new to the trunk, and begins small
        self.model.load_state_dict(fitting)
        self.ema.load_state_dict(fitting)
        self.earlier = start.lineage

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
        self.earlier = state.get("earlier", [])

    def save(self) -> None:
        """Write the checkpoint."""
        if not self.world.leads:
            return
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
                "earlier": self.earlier,
            },
        )

    @property
    def metrics_path(self) -> Path:
        """What was logged, one row a line."""
        return self.folder / "metrics.jsonl"

    def record(self, row: dict[str, Any]) -> None:
        """Append a line to metrics.jsonl."""
        if not self.world.leads:
            return
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
        if not self.world.leads:
            return
        kept = [row for row in self.rows() if row["step"] <= step]
        self.metrics_path.write_text("".join(json.dumps(row) + "\n" for row in kept), "utf-8")

    def update_ema(self) -> None:
        """Exponential average of the weights, short at first."""
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        averages: list[Tensor] = list(self.ema.parameters())
        weights: list[Tensor] = list(self.model.parameters())
        with torch.no_grad():
            torch._foreach_lerp_(averages, weights, 1 - decay)


def groups_of(config: TrainConfig) -> tuple[Group, ...]:
    """The recipe's groups with their batches scaled."""
    scale = config.batch_scale
    return tuple(
        replace(group, batch=max(1, round(group.batch * scale)))
        for group in RECIPES[config.recipe].groups
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


@dataclass(frozen=True)
class Clock:
    """From when the time of a run counts, and who else may end it."""

    since: float | None = None
    """Reading of `time.perf_counter`; without one the time counts from the first step."""
    stopped: Callable[[], bool] = lambda: False
    """Asked after every step: whether to end now, saved."""


def train(run: Run, report: Report, clock: Clock = Clock()) -> None:
    """Train until what was planned is done, handing each log row to `report` as well.

    Stops early, to be resumed, after `slice_s`, or when the clock says so. The checkpoint is
    written at the end, and when interrupted; not after a failure, which leaves the last good one.
    Raises ModelError where the loss is not finite any more, where no puzzles come, or where the
    latent collapsed.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    run.drop_rows_after(run.step)
    if run.progress < 1:
        config, groups = run.config, groups_of(run.config)
        data = None if config.data is None else Path(config.data)
        if data is not None:
            sources(groups, data)  # what is wrong with it is said here, not in another process
        seed = (config.seed, run.step, run.world.rank)
        stream = Stream(groups, seed, config.workers, data)
        try:
            _train(run, groups, stream, report, clock)
        except KeyboardInterrupt:
            run.save()
            raise
        finally:
            stream.close()
    if run.progress >= 1:
        run.judge()


def _train(
    run: Run, groups: tuple[Group, ...], stream: Stream, report: Report, clock: Clock
) -> None:
    config, device = run.config, run.plan.device
    shares = np.array([group.weight for group in groups])
    rng = np.random.default_rng((config.seed, run.step))  # the same groups in every process
    evaluated_groups = groups if config.evaluations else ()
    tests = {group.name: held_out(group, 64, config.seed) for group in evaluated_groups}
    meter = Meter(run, groups, stream.take)
    torch.manual_seed(1_000_003 * config.seed + 1009 * run.step + run.world.rank)
    pools = {
        group.name: Pool(group, run.model, stream.take, device, config.reuse) for group in groups
    }
    beta = torch.zeros((), device=device)
    sums: dict[str, Sums] = {}
    log, save, evaluation = (
        Every(period_s, run.elapsed_s)
        for period_s in (config.log_every_s, config.checkpoint_every_s, EVALUATE_EVERY_S)
    )
    evaluated, first_step, began_s = run.progress, run.step, run.elapsed_s
    started = (time.perf_counter() if clock.since is None else clock.since) - began_s
    over = False
    while not over:
        group = groups[rng.choice(len(groups), p=shares / shares.sum())]
        run.set_rate(run.step - first_step)
        # Filled in place, since a copy from the host would wait for the device.
        beta.fill_(kl_weight(config, run.progress))
        row = _train_step(run, pools[group.name], beta)
        sums.setdefault(group.name, Sums()).add(row)
        meter.count(group)
        run.step += 1
        run.puzzle_calls += group.batch * run.world.size
        if run.step % FEED_EVERY == 0:
            for pool in pools.values():
                pool.feed()
        run.elapsed_s = run.world.agree(time.perf_counter() - started)
        sliced = config.slice_s is not None and run.elapsed_s - began_s >= config.slice_s
        over = run.progress >= 1 or sliced or clock.stopped()
        if log(run.elapsed_s) or over:
            _record(run, _summary(run, sums, stream.waited_s, meter), report)
            sums = {}
        if save(run.elapsed_s) or over:
            run.save()
        if not (tests and run.world.leads) or sliced:
            continue  # a slice ends when it said, and what follows it evaluates
        due = run.progress - evaluated >= 1 / config.evaluations
        if over or (due and evaluation(run.elapsed_s)):
            evaluated = run.progress
            _record(run, _evaluate(run, tests), report)


class Meter:
    """Matrix-product operations a second since training began here, against the device's best."""

    def __init__(self, run: Run, groups: tuple[Group, ...], take: Callable[[str], Pack]) -> None:
        self.peak = throughput.peak_flops(run.plan)
        self._step = {group.name: _step_flops(run, group, take) for group in groups}
        self._started = self._logged = time.perf_counter()
        self._done, self._steps = 0.0, 0

    def count(self, group: Group) -> None:
        """A step of this group was done."""
        self._done += self._step[group.name]
        self._steps += 1

    def step_ms(self) -> float:
        """Milliseconds a step since this was last asked for."""
        spent, self._logged = time.perf_counter() - self._logged, time.perf_counter()
        steps, self._steps = self._steps, 0
        return 1000 * spent / max(1, steps)

    @property
    def share(self) -> float:
        """Share of the peak."""
        return self._done / (time.perf_counter() - self._started) / self.peak


def _step_flops(run: Run, group: Group, take: Callable[[str], Pack]) -> float:
    """Operations of a step of a group: those of two rows on the CPU, scaled."""
    few, cpu = replace(group, batch=2), torch.device("cpu")
    model = VMD(run.model.config)
    pool = Pool(few, model, take, cpu)
    found = throughput.flops(
        lambda: _step(model, pool, torch.tensor(1.0), run.config, torch.float32).loss
    )
    return found * group.batch / 2


def _sample_pack(run: Run, group: Group) -> Pack:
    return make_pack(group, np.random.default_rng((run.config.seed, HELD_OUT, 1)))


def step_seconds(run: Run) -> float:
    """Seconds of a training step here, groups by their share; takes two steps of each, in vain."""
    groups = groups_of(run.config)
    spent = sum(group.weight * _seconds(run, group) for group in groups)
    return spent / sum(group.weight for group in groups)


def _seconds(run: Run, group: Group) -> float:
    pool = Pool(group, run.model, lambda _: _sample_pack(run, group), run.plan.device)
    weight = torch.tensor(run.config.beta, device=run.plan.device)
    for _ in range(2):  # the first step also prepares what the second finds ready
        started = time.perf_counter()
        loss = _step(run.model, pool, weight, run.config, run.plan.dtype).loss
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


class Step(NamedTuple):
    """What a training step computed before its gradient."""

    loss: Tensor
    terms: vmd.Terms
    latent: vmd.Latent
    encoded: Tensor
    """(B,) bool: rows whose z came from the encoder now"""


def _step(model: VMD, pool: Pool, beta: Tensor, config: TrainConfig, dtype: torch.dtype) -> Step:
    encoded = pool.fresh & pool.use_encoder
    with torch.autocast(pool.h.device.type, dtype=dtype, enabled=dtype != torch.float32):
        latent = pool.latent(model, config.loops, config.draws)
        terms = vmd.call(model, pool.grid(), pool.x0, latent.z, pool.h, config.loops)
    return Step(vmd.loss(terms, latent.kl, pool.grid(), beta), terms, latent, encoded)


def _train_step(run: Run, pool: Pool, beta: Tensor) -> Row:
    """One call with gradient on one pool; what it cost, averaged over rows, still on the device."""
    loss, terms, latent, encoded = _step(run.model, pool, beta, run.config, run.plan.dtype)
    run.optimizer.zero_grad()
    torch.autograd.backward(loss)
    run.world.average(run.model.parameters())
    norm = torch.nn.utils.clip_grad_norm_(run.model.parameters(), run.config.clip)
    run.optimizer.step()
    run.update_ema()
    done = vmd.solved(terms.logits.detach(), pool.x0, pool.grid())
    share = encoded.sum()
    nats = terms.cross_entropy[-1].detach()
    row = {
        "loss": (loss.detach(), None),
        "grad_norm": (norm, None),
        "nats": (nats.mean(), None),
        "solved": (done.float().mean(), None),
        "kl_nats": (latent.kl.detach().sum(), share),
        "encoded_nats": ((nats * encoded).sum(), share),
    }
    for i, channel in enumerate(latent.per_channel):
        row[f"{CHANNEL}{i}"] = (channel, share)
    pool.advance(terms.h, done)
    return row


Row = dict[str, tuple[Tensor, Tensor | None]]
"""What a step measured: a sum and the rows it is over, or a mean over all rows and None."""


class Sums:
    """Means over steps, kept on the device until they are asked for."""

    def __init__(self) -> None:
        self._totals: dict[str, Tensor] = {}
        self._counts: dict[str, Tensor] = {}

    def add(self, row: Row) -> None:
        """Take in what a step measured."""
        for name, (total, count) in row.items():
            count = torch.ones_like(total) if count is None else count
            self._totals[name] = self._totals.get(name, 0) + total
            self._counts[name] = self._counts.get(name, 0) + count

    def means(self) -> dict[str, Any]:
        """By name, where there was anything; KL of the channels, nats a grid, as one list."""
        counts = {name: float(count) for name, count in self._counts.items()}
        means = {
            name: round(float(total) / counts[name], 5)
            for name, total in self._totals.items()
            if counts[name]
        }
        channels = [means.pop(name) for name in list(means) if name.startswith(CHANNEL)]
        if not channels:
            return {name: mean for name, mean in means.items() if name != "kl_nats"}
        active = sum(nats > ACTIVE_NATS for nats in channels)
        return {**means, "kl_channels": channels, "active_channels": active}


def _summary(run: Run, sums: dict[str, Sums], waited_s: float, meter: Meter) -> dict[str, Any]:
    means = {group: row.means() for group, row in sums.items()}
    for group, row in means.items():
        if not math.isfinite(row["loss"]):
            again = "resume" if run.checkpoint_path.exists() else "start again"
            raise ModelError(
                f"the loss of {group} became {row['loss']} by step {run.step}; {again} with a"
                " lower --lr"
            )
    return {
        "step": run.step,
        "elapsed_s": round(run.elapsed_s, 1),
        "progress": round(run.progress, 4),
        "left_s": round(run.left_s, 1),
        "lr": run.lr,
        "beta": round(kl_weight(run.config, run.progress), 3),
        "puzzle_calls": run.puzzle_calls,
        "puzzle_calls_a_second": round(run.puzzle_calls / run.elapsed_s, 1),
        "share_of_peak": round(meter.share, 4),
        "step_ms": round(meter.step_ms(), 2),
        "memory_mib": round(memory_mib(run.plan)),
        "waited_for_data_s": round(waited_s, 1),
        "groups": means,
    }


def _record(run: Run, row: dict[str, Any], report: Report) -> None:
    run.record(row)
    report(row)


def _evaluate(run: Run, tests: dict[str, tuple[Pack, ...]]) -> dict[str, Any]:
    """Held-out solve rates of the averaged weights, and grids from the smallest empty board."""
    loops = 16
    rates = {
        name: evaluate.solve_rates(run.ema, packs, (1, 4), loops) for name, packs in tests.items()
    }
    name, board = next(iter(evaluate.empty_boards(run.ema).items()))
    empty = evaluate.valid_from_empty(run.ema, board, 256, loops)
    return {
        "step": run.step,
        "elapsed_s": round(run.elapsed_s, 1),
        "progress": round(run.progress, 4),
        "left_s": round(run.left_s, 1),
        "solve_rate": {
            name: {f"{calls}x{loops}": round(rate, 4) for calls, rate in row.items()}
            for name, row in rates.items()
        },
        "valid_empty": {name: round(empty, 4)},
    }

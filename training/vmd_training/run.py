"""One training run: its schedule, its weights, their optimizer and average, its folder on disk.

The schedule follows what was planned: a number of steps, which means the same on any machine, or a
time, so that `--time 30m` ends annealed on any machine. A resumed run continues from what it had
used, and a run may be cut into slices.
"""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from vmd_solver.errors import ModelError
from vmd_training import checkpoint, files
from vmd_training.checkpoint import Start
from vmd_training.device import Plan, World
from vmd_training.model import VMD, hears

MUON = 10.0
"""Muon's rate for one of AdamW: steps of 0.02 beside 2e-3."""
TOTALS = ("step", "elapsed_s", "puzzle_calls", "earlier")
"""What a checkpoint holds of a run beside configurations, weights and optimizer."""


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a run, beside the model."""

    recipe: str = "sudoku"
    rules: tuple[str, ...] | None = None
    """Kinds of rules that are trained; all of the recipe's without it."""
    only_rules: bool = False
    """Train nothing but what hears rules: boards with units alone keep their results."""
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
    """Over the whole time, but at most one every `loop.EVALUATE_EVERY_S`, and one at the end; 0:
    none."""

    @classmethod
    def from_dict(cls, values: dict[str, Any], path: Path) -> Self:
        """The config stored in the checkpoint at `path`, with defaults for what it does not have.

        Raises ModelError."""
        known = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        return checkpoint.stored(cls, known, path)


def rate_factor(config: TrainConfig, progress: float, step: int) -> float:
    """Share of the highest rate: warm-up, flat, a cosine down to 1% over the last share `decay`."""
    late = max(0.0, progress - 1 + config.decay) / config.decay
    warm = min(1.0, (step + 1) / config.warmup)
    return warm * (0.505 + 0.495 * math.cos(math.pi * late))


def kl_weight(config: TrainConfig, progress: float) -> float:
    """From a tenth of beta up to beta over the first part of the time."""
    return config.beta * min(1.0, 0.1 + 0.9 * progress / config.anneal)


class Optimizers:
    """Muon on matrices, AdamW on the rest, or, with `muon` False, on everything.

    Muon moves a matrix by its momentum made orthogonal, so that every direction learns at one rate
    (Jordan et al. 2024, as torch has it). `lr` is AdamW's rate, Muon's is MUON times it.
    """

    def __init__(
        self, model: nn.Module, lr: float, weight_decay: float, muon: bool = True,
        betas: tuple[float, float] = (0.9, 0.95), fused: bool = False,
    ) -> None:  # fmt: skip
        matrices: list[nn.Parameter] = []
        rest: list[nn.Parameter] = []
        for name, weight in model.named_parameters():
            # The rows of a head are no directions to be mixed: each stands for an output.
            hidden = weight.ndim == 2 and "head" not in name
            (matrices if muon and hidden else rest).append(weight)
        adamw = torch.optim.AdamW(rest, lr, betas, weight_decay=weight_decay, fused=fused or None)
        self._each: list[tuple[torch.optim.Optimizer, float]] = [(adamw, lr)]
        if matrices:
            rate = MUON * lr
            # Decay multiplies the rate: as much of it as the rest has.
            decay = weight_decay / MUON
            self._each.append((torch.optim.Muon(matrices, rate, weight_decay=decay), rate))

    def step(self) -> None:
        """Move the weights by their gradients; without a gradient a weight stays."""
        for one, _ in self._each:
            one.step()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for one, _ in self._each:
            one.zero_grad(set_to_none=True)

    def set_rate(self, factor: float) -> None:
        """Set every rate to that it was made with, times a factor in (0, 1]."""
        for one, rate in self._each:
            for group in one.param_groups:
                group["lr"] = rate * factor

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes."""
        return {"each": [one.state_dict() for one, _ in self._each]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state of the same model; the rates stay those this one was made with.

        Raises KeyError or ValueError where it is the state of another.
        """
        for (one, _), its in zip(self._each, state["each"], strict=True):
            one.load_state_dict(its)
        self.set_rate(1.0)


class Run:
    """One training run in a folder: model, optimizer, average, time used."""

    network: ClassVar[type[Any]] = VMD
    """What is trained, built from its config."""
    muon: ClassVar[bool] = True
    """Whether its matrices are moved by Muon."""
    needs_latent: ClassVar[bool] = True
    """Whether a finished run whose latent collapsed has failed."""
    kept: ClassVar[bool] = True
    """Whether anything of it is written to its folder."""

    def __init__(
        self, folder: Path, config: TrainConfig, model_config: Any, plan: Plan,
        world: World | None = None,
    ) -> None:  # fmt: skip
        torch.manual_seed(config.seed)
        self.folder, self.config, self.plan, self.world = folder, config, plan, world or World()
        self.checkpoint_path = folder / "checkpoint.pt"
        self.metrics_path = folder / "metrics.jsonl"
        """What was logged, one row a line."""
        self.model: VMD = self.network(model_config).to(plan.device)
        self.ema: VMD = self.network(model_config).to(plan.device).eval().requires_grad_(False)
        self.ema.load_state_dict(self.model.state_dict())
        for name, weight in self.model.named_parameters() if self.config.only_rules else ():
            weight.requires_grad_(hears(name))
        self.optimizer = self.optimizer_of(self.model)
        self.lr = config.lr
        """The rate of the last step."""
        self.step = 0
        self.elapsed_s = 0.0
        self.origin: tuple[int, float] = (0, 0.0)
        """Step and time from which what is planned counts: not 0 where a lineage grows on."""
        self.puzzle_calls = 0
        self.earlier: list[dict[str, Any]] = []
        """The runs whose weights this one started from: recipe, steps, minutes."""
        self.warmup_from = 0
        """The step at which the warm-up of the rate begins."""

    def optimizer_of(self, model: Any) -> Optimizers:
        """What moves the weights."""
        return Optimizers(model, self.config.lr, self.config.weight_decay, self.muon)

    @property
    def writes(self) -> bool:
        """Whether this process writes the run's files."""
        return self.kept and self.world.leads

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

    def set_rate(self) -> None:
        """The rate of the step to come."""
        factor = rate_factor(self.config, self.progress, self.step - self.warmup_from)
        self.optimizer.set_rate(factor)
        self.lr = self.config.lr * factor

    def update(self, loss: Tensor) -> Tensor:
        """Move the weights, and their average, down the gradient of the loss; its norm before it
        was clipped. The average is exponential, short at first."""
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        self.world.average(self.model.parameters())
        norm = self.clip()
        self.optimizer.step()
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        averages: list[Tensor] = list(self.ema.parameters())
        weights: list[Tensor] = list(self.model.parameters())
        with torch.no_grad():
            torch._foreach_lerp_(averages, weights, 1 - decay)
        return norm

    def clip(self) -> Tensor:
        """Limit the norm of the gradient, which is returned as it was."""
        return torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)

    def init_from(self, start: Start) -> None:
        """Take other averaged weights: the trunk, widened if need be, and what else fits.

        Raises ModelError where the trunk cannot be widened to this one.
        """
        given = checkpoint.widened(start, self.model.config, self.config.seed)
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
        """Continue from the checkpoint in the folder. Raises ModelError."""
        state = checkpoint.load(self.checkpoint_path)
        if state["model_config"] != asdict(self.model.config):
            raise ModelError("the checkpoint has another model; resume with the options it had")
        self.take(state)
        with checkpoint.understood(self.checkpoint_path):
            self.optimizer.load_state_dict(state["optimizer"])

    def take(self, state: dict[str, Any], weights: bool = True) -> None:
        """Take the totals of a checkpoint, and its weights. Raises ModelError."""
        with checkpoint.understood(self.checkpoint_path):
            for network, its in ((self.model, "model"), (self.ema, "ema")) if weights else ():
                network.load_state_dict(state[its])
        for name in TOTALS:
            setattr(self, name, state[name])

    def save(self) -> None:
        """Write the checkpoint."""
        if not self.writes:
            return
        state = {
            "model_config": asdict(self.model.config),
            "train_config": asdict(self.config),
            "model": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            **{name: getattr(self, name) for name in TOTALS},
        }
        checkpoint.save(self.checkpoint_path, state)

    def record(self, row: dict[str, Any]) -> None:
        """Append a line to metrics.jsonl."""
        if self.writes:
            path = self.metrics_path
            with files.naming(path), path.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(row) + "\n")

    def rows(self) -> list[dict[str, Any]]:
        """The rows of metrics.jsonl; a line cut short by a crash is left out."""
        rows = []
        if self.metrics_path.is_file():
            for line in self.metrics_path.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError):
                    rows.append(json.loads(line))
        return rows

    def keep_rows(self, last: int, after: int = -1) -> None:
        """Forget what was logged after a step, or not after another: training that no checkpoint
        kept is done again."""
        if self.writes:
            rows = [row for row in self.rows() if after < row["step"] <= last]
            files.write_lines(self.metrics_path, rows)

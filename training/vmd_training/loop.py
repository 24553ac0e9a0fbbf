"""The training loop: steps until what was planned is done, logged, saved and evaluated.

A task says what a step costs and what is worth knowing of it: puzzles (`vmd_training.grids`), text
(`vmd_training.text.loop`), sequences whose joint is known (`vmd_training.synthetic.fit`).
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from vmd_solver.console import uninterrupted
from vmd_solver.errors import ModelError
from vmd_training.run import Run, kl_weight

Report = Callable[[dict[str, Any]], None]

EVALUATE_EVERY_S = 120.0
"""Shortest time between two evaluations, which take some seconds each."""

Measured = dict[str, tuple[Tensor, Tensor | None]]
"""What a step measured, on the device: a sum and the number it is over, or a mean and None."""


class Step(NamedTuple):
    """One step before its gradient."""

    part: str
    """What the row of the log is filed under: a group of boards, a block length."""
    loss: Tensor
    measured: Measured


Kind = TypeVar("Kind", bound=Run)


class Task(ABC, Generic[Kind]):
    """What is learned: where batches come from, what they cost, what is logged of it."""

    parts = "parts"
    """Key of the log row that holds the means of each part."""
    part_name = ""
    """What stands before the name of a part in a message."""
    evaluates_slices = False
    """Whether a run that stops to be resumed is evaluated too."""

    @abstractmethod
    def step(self, run: Kind) -> Step:
        """The cost of the next batch."""

    def facts(self, run: Kind) -> dict[str, Any]:
        """What a log row holds beside the means and what every row does."""
        return {}

    def summary(self, means: dict[str, float]) -> dict[str, Any]:
        """The means of a part as the log holds them."""
        return means

    def evaluate(self, run: Kind) -> dict[str, Any] | None:
        """A log row about held-out data, on the averaged weights; None if there is none."""
        return None


class Interval:
    """True once in each period of a run's own time."""

    def __init__(self, period_s: float, now_s: float) -> None:
        self.period_s, self.number = period_s, int(now_s / period_s)

    def __call__(self, now_s: float) -> bool:
        """Whether a period ended since the last time this was true."""
        before, self.number = self.number, max(self.number, int(now_s / self.period_s))
        return self.number > before


class Clock(NamedTuple):
    """From when the time of a run counts, and who else may end it."""

    since: float | None = None
    """Reading of `time.perf_counter`; without one the time counts from the first step."""
    stopped: Callable[[], bool] = lambda: False
    """Asked after every step: whether to end now, saved."""


UNTIL_DONE = Clock()


class MetricAccumulator:
    """Means over steps, kept on the device until they are asked for."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[Tensor, Tensor]] = {}

    def add(self, measured: Measured) -> None:
        """Take in what a step measured."""
        for name, (total, count) in measured.items():
            count = torch.ones_like(total) if count is None else count
            if name in self._sums:
                total, count = total + self._sums[name][0], count + self._sums[name][1]
            self._sums[name] = total, count

    def means(self) -> dict[str, float]:
        """By name, where there was anything."""
        found = {name: (float(total), float(count)) for name, (total, count) in self._sums.items()}
        return {name: round(total / count, 5) for name, (total, count) in found.items() if count}


def train(run: Kind, task: Task[Kind], report: Report, clock: Clock = UNTIL_DONE) -> None:
    """Train until what was planned is done, handing each log row to `report` as well.

    Stops early, to be resumed, after `slice_s`, or when the clock says so. The checkpoint is
    written at the end, and when interrupted; not after a failure, which leaves the last good one.
    Raises ModelError where the loss is not finite any more.
    """

    def log(row: dict[str, Any]) -> None:
        done = {
            "step": run.step,
            "elapsed_s": round(run.elapsed_s, 1),
            "progress": round(run.progress, 4),
            "left_s": round(run.left_s, 1),
        }
        run.record(done | row)
        report(done | row)

    run.keep_rows(run.step)
    config, began_s, evaluated = run.config, run.elapsed_s, run.progress
    periods = config.log_every_s, config.checkpoint_every_s, EVALUATE_EVERY_S
    log_due, save_due, evaluation_due = (Interval(period_s, began_s) for period_s in periods)
    means: dict[str, MetricAccumulator] = {}
    started = (time.perf_counter() if clock.since is None else clock.since) - began_s
    over = run.progress >= 1
    try:
        while not over:
            run.set_rate()
            part, loss, measured = task.step(run)
            norm = run.update(loss)
            whole: Measured = {"loss": (loss.detach(), None), "grad_norm": (norm, None)}
            means.setdefault(part, MetricAccumulator()).add(whole | measured)
            run.step += 1
            run.elapsed_s = run.world.agree(time.perf_counter() - started)
            sliced = config.slice_s is not None and run.elapsed_s - began_s >= config.slice_s
            over = run.progress >= 1 or sliced or clock.stopped()
            if log_due(run.elapsed_s) or over:
                log(_means_row(run, task, means))
                means = {}
            if save_due(run.elapsed_s) or over:
                run.save()
            evaluates = config.evaluations and (task.evaluates_slices or not sliced)
            if not run.world.leads or not evaluates:
                continue
            share_due = run.progress - evaluated >= 1 / config.evaluations
            if over or (share_due and evaluation_due(run.elapsed_s)):
                evaluated = run.progress
                if (row := task.evaluate(run)) is not None:
                    log(row)
    except KeyboardInterrupt:
        with uninterrupted():
            run.save()
        raise


def _means_row(run: Kind, task: Task[Kind], means: dict[str, MetricAccumulator]) -> dict[str, Any]:
    """A log row of the steps since the last. Raises ModelError where a loss is not finite."""
    found = {part: accumulator.means() for part, accumulator in means.items()}
    for part, row in found.items():
        if not math.isfinite(row["loss"]):
            again = "resume" if run.checkpoint_path.exists() else "start again"
            raise ModelError(
                f"the loss of {task.part_name}{part} became {row['loss']} by step {run.step};"
                f" {again} with a lower --lr"
            )
    return {
        "lr": run.lr,
        "beta": round(kl_weight(run.config, run.progress), 3),
        **task.facts(run),
        task.parts: {part: task.summary(row) for part, row in found.items()},
    }

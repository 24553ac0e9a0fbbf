"""One slice of a lineage: from what is there to a better checkpoint and a row in the ledger.

The time given is for everything, from the command's start to its end: what is left after set-up
trains, but for a reserve in which the average of the weights is scored, saved and exported.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import torch

from vmd_solver.denoiser.manifest import check_digests
from vmd_solver.errors import ModelError, VmdError
from vmd_training import checkpoint, fixed
from vmd_training.device import Plan
from vmd_training.export import export
from vmd_training.files import copy_folder, write_lines
from vmd_training.fixed import Scores
from vmd_training.grids import groups_of, step_seconds, train
from vmd_training.lineage import Lineage
from vmd_training.loop import Clock, Report
from vmd_training.model import VMD, ModelConfig, parameter_count
from vmd_training.recipes import RECIPES
from vmd_training.report import ran
from vmd_training.run import Run, TrainConfig
from vmd_training.session import aligned
from vmd_training.tables import Row

RESERVE = 1.15
"""What the last evaluation may take, as a multiple of what it should."""
TRIES = 5
"""Sizes of batches tried where memory is short, each half of the one before."""
SCORING = 0.4
"""Largest share of the time to train in that scoring another model may take."""
LEAST_S = 1.0
"""Shortest training that a slice begins for."""
UNLIKE = "what ships cannot be built; its stated score, of another set, counts"

Say = Callable[[str], None]


@dataclass(frozen=True)
class SliceOptions:
    """What was asked of a slice."""

    budget_s: float
    started: float
    """Reading of `time.perf_counter` when the command began."""
    config: TrainConfig
    model_config: ModelConfig
    init: Path | None = None
    count: int = fixed.COUNT
    real: Path | None = None
    """Folder with published puzzles."""
    exported: Path | None = None
    """Folder of the included models; None promotes nothing."""
    name: str = "grids"
    pack: Path | None = None
    finish_s: float | None = None
    """Seconds kept for the end, beside the evaluation; the device's usual ones without it."""


class Ships(NamedTuple):
    """The included model of the name, and its score on the same set."""

    score: float | None
    note: str

    def allows(self, score: float) -> bool:
        """Whether a model may take its place; one that solves nothing never does."""
        if not score or self.score is None:
            return score > 0
        return score > self.score if self.note == UNLIKE else score >= self.score


class Stop:
    """Whether the slice was asked to end: once by a signal; twice interrupts."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM ask; as before afterwards."""

        def ask(number: int, frame: FrameType | None) -> None:
            if self.asked:
                raise KeyboardInterrupt
            self.asked = True

        before = {kind: signal.signal(kind, ask) for kind in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)


class Slice(Run):
    """A run in the folder of a lineage: each save is packed as well, where that was asked for."""

    needs_latent = False  # a slice is judged by its scores

    def __init__(self, place: Lineage, options: SliceOptions, plan: Plan, say: Say) -> None:
        super().__init__(place.folder, options.config, options.model_config, plan)
        self.place, self.options, self.say = place, options, say
        self.chosen = fixed.sets(options.count, options.real)
        self.scored = tuple(one for one in self.chosen if one.stands_in)

    def save(self) -> None:
        """Write the checkpoint, and then the pack."""
        super().save()
        self.place.pack(self.options.pack)

    def begin(self) -> None:
        """Go on from the lineage, from other weights, or from none. Raises ModelError.

        Where the model is another than the lineage's, the old weights are taken as far as they
        fit, widened if need be.
        """
        say, init = self.say, self.options.init
        if self.checkpoint_path.is_file():
            state = checkpoint.load(self.checkpoint_path)
            theirs = checkpoint.stored(ModelConfig, state["model_config"], self.checkpoint_path)
            same = theirs == self.model.config
            if not same:
                say("the model changes: weights are taken over as far as they fit")
                self.init_from(checkpoint.start(self.checkpoint_path))
            self.take(state, weights=same)
            if same:
                try:
                    self.optimizer.load_state_dict(state["optimizer"])
                except (AttributeError, LookupError, TypeError, ValueError, RuntimeError):
                    say("the optimizer starts again: the lineage's is of another kind")
            say(f"continues after {self.step:,} steps in {self.elapsed_s / 60:.1f} minutes")
            if init is not None:
                say("--init is not used: the lineage has begun")
        else:
            say(f"begins a lineage, from {init or 'nothing'}")
            if init is not None:
                self.init_from(checkpoint.start(init))
        self.origin = (self.step, self.elapsed_s)
        rows = self.place.rows()
        # The log of slices that have ended is in the ledger.
        self.keep_rows(self.step, after=rows[-1]["total"]["steps"] if rows else 0)

    @property
    def budget_left_s(self) -> float:
        """Seconds until the budget is spent."""
        return self.options.budget_s - (time.perf_counter() - self.options.started)

    def spare_s(self, before: Scores | None = None) -> float:
        """Seconds to keep for the end: the last evaluation, the save, the export, the picture."""
        finish_s = self.options.finish_s
        if finish_s is None:
            finish_s = 30.0 if self.plan.device.type == "cpu" else 20.0
        return RESERVE * fixed.most_seconds(self.ema, self.chosen, before) + finish_s

    def require_time(self, before: Scores | None) -> float:
        """Seconds to keep for the end. Raises VmdError where nothing is left to train in."""
        spare, left = self.spare_s(before), self.budget_left_s
        if left - spare >= LEAST_S:
            return spare
        budget = self.options.budget_s
        spent = budget - left
        raise VmdError(
            f"--time {budget:.0f}s is too short: set-up took {spent:.0f} s, and the end may"
            f" take {spare:.0f}; give it {1.2 * (spent + spare) + 30:.0f}s or more, or a lower"
            " --count"
        )

    def before(self, spare: float) -> Scores | None:
        """The scores of what the slice starts from, unless that is nothing, or time is short."""
        if not self.step and self.options.init is None:
            return None
        return self._measured(self.ema, "what the slice starts from", spare)

    def _measured(self, model: VMD, what: str, spare: float, else_: str = "") -> Scores | None:
        """The scores of a model, if measuring them leaves most of the time to train in."""
        if fixed.most_seconds(model, self.scored) < SCORING * (self.budget_left_s - spare):
            self.say(f"scores {what}")
            return fixed.measure(model, self.scored)
        self.say(f"{else_}no time to score {what}")
        return None

    def ships(self, spare: float, before: Scores | None) -> Ships | None:
        """What a new model has to reach; None where nothing is promoted. Raises ModelError where
        what ships was changed.

        Where what ships is what the slice starts from, its scores `before` are not measured again.
        """
        exported = self.options.exported
        if exported is None:
            return None
        if not exported.is_dir():
            self.say(f"promotes nothing: {exported} is no folder")
            return None
        folder = exported / self.options.name
        if not folder.is_dir():
            return Ships(None, "nothing ships under this name")
        check_digests(folder)
        try:
            metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
            stated, of = float(metrics["score"]), metrics.get("set")
        except (OSError, KeyError, TypeError, ValueError):
            stated, of = None, None
        if stated is not None and of == fixed.digest(self.scored):
            return Ships(stated, "as it states, of this fixed set")
        try:
            model = checkpoint.load_model(folder).to(self.plan.device)
        except ModelError:
            if stated is None:
                return Ships(None, "what ships cannot be built and states no score")
            return Ships(stated, UNLIKE)
        start, theirs = self.ema.state_dict(), model.state_dict()
        same = start.keys() == theirs.keys() and all(
            torch.equal(weight, theirs[name]) for name, weight in start.items()
        )
        if before is None or not same:
            before = self._measured(model, f"what ships in {folder}", spare, "promotes nothing: ")
        if before is None:
            return None
        return Ships(round(fixed.score(before, self.scored), 4), "measured")

    def train(self, spare: float, report: Report, stop: Stop) -> None:
        """Train until all but what is spared is spent; where memory is short, on smaller batches.

        Raises what training raises, and torch.OutOfMemoryError where the smallest are too large.
        """
        for attempt in range(TRIES):
            done_s = self.elapsed_s - self.origin[1]
            left_s = max(LEAST_S, done_s + self.budget_left_s - spare)
            self.config = replace(self.config, time_s=left_s)
            try:
                train(self, report, Clock(time.perf_counter(), lambda: stop.asked))
                return
            except torch.OutOfMemoryError:
                if attempt == TRIES - 1:
                    raise
            # Here the failed step, and all it held, is gone.
            torch.cuda.empty_cache()
            smaller = self.config.batch_scale / 2
            self.config = replace(self.config, batch_scale=smaller)
            self.say(f"out of memory: continues with batches of {smaller:g} times the recipe's")

    def end(self, before: Scores | None, ships: Ships | None, ended: str) -> Row:
        """Score, write the row, export, promote, and say so in the row."""
        self.say("scores the average of the weights")
        after = fixed.measure(self.ema, self.chosen)
        score = round(fixed.score(after, self.chosen), 4)
        self.say(f"score {score:.4f}")
        rows = self.place.rows()
        row: Row = {
            **self._effort(rows),
            "ended": ended,
            "set": fixed.digest(self.chosen),
            "puzzles": {one.name: len(one.givens) for one in self.chosen},
            "before": before,
            "after": after,
            "score": score,
            "ships": None if ships is None else ships._asdict(),
            "promoted": False,
        }
        # Before the export, which takes a while and may fail.
        write_lines(self.place.ledger, [*rows, row])
        self.place.pack(self.options.pack)
        target = None if ships is None else self._promoted(row, ships)
        row["promoted"] = target is not None
        row["spent_minutes"] = round((self.options.budget_s - self.budget_left_s) / 60, 2)
        write_lines(self.place.ledger, [*rows, row])
        self.place.draw()
        self.place.pack(self.options.pack, target)
        return row

    def _effort(self, rows: list[Row]) -> Row:
        """When, where, on what and how long: steps, calls and minutes are those since the last row.

        No name of a machine is among it.
        """
        last = rows[-1]["total"] if rows else {"steps": 0, "puzzle_calls": 0, "minutes": 0.0}
        minutes = round(self.elapsed_s / 60, 2)
        total = {"steps": self.step, "puzzle_calls": self.puzzle_calls, "minutes": minutes}
        logged = [row["groups"] for row in self.rows() if "groups" in row]
        device, kind = self.plan.device, self.plan.device.type
        return {
            "when": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
            "device": f"cuda ({torch.cuda.get_device_name(device)})" if kind == "cuda" else kind,
            "dtype": str(self.plan.dtype).removeprefix("torch."),
            "torch": torch.__version__,
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "recipe": self.config.recipe,
            "parameters": parameter_count(self.model),
            **{name: round(total[name] - last[name], 2) for name in total},
            "total": total,
            "budget_minutes": round(self.options.budget_s / 60, 2),
            "trained_minutes": round((self.elapsed_s - self.origin[1]) / 60, 2),
            "groups": {
                name: {key: row[key] for key in ("loss", "kl_nats") if key in row}
                for name, row in (logged[-1] if logged else {}).items()
            },
        }

    def _promoted(self, row: Row, ships: Ships) -> Path | None:
        """Export the average of the weights, and let it ship if it is as good as what does: where
        to."""
        options, score = self.options, row["score"]
        assert options.exported is not None
        against = "nothing" if ships.score is None else f"{ships.score:.4f}"
        compared = f"score {score:.4f} against {against} ({ships.note})"
        if not ships.allows(score):
            self.say(f"not promoted: {compared}")
            return None
        metrics = {
            "score": score,
            "set": row["set"],
            "puzzles": row["puzzles"],
            "solve_rate": {
                name: {
                    f"{fixed.CALLS}x{fixed.LOOPS} loops, best of {k}": share
                    for k, share in shares.items()
                }
                for name, shares in row["after"].items()
            },
            "empty_grids": 0,
            "valid_empty": {},
            "run": ran(self),
        }
        made = self.folder / "export" / options.name
        export(self.ema, made, options.name, fixed.LOOPS, metrics)
        target = options.exported / options.name
        copy_folder(made, target)
        shutil.rmtree(made.parent)
        self.say(f"promoted to {target}: {compared}")
        return target


def run_slice(
    place: Lineage, options: SliceOptions, plan: Plan, report: Report, say: Say,
    stop: Stop | None = None,
) -> Row | None:  # fmt: skip
    """Train for the planned time and write the row, which is returned; None if it ended before.

    Raises VmdError where the time is too short, and what training raises.
    """
    stop = stop or Stop()
    with stop.on_signals(), place.locked():
        one = Slice(place, options, plan, say)
        one.begin()
        rows = place.rows()
        same_set = rows and rows[-1]["set"] == fixed.digest(one.scored)
        known: Scores | None = rows[-1]["after"] if same_set else None
        spare = one.require_time(known)
        before = known or one.before(spare)
        ships = one.ships(spare, before)
        spare = one.require_time(before)
        if stop.asked:
            return None
        minutes = (one.budget_left_s - spare) / 60
        say(f"trains for {minutes:.1f} minutes; the end is given {spare:.0f} seconds")
        one.train(spare, report, stop)
        return one.end(before, ships, "on request" if stop.asked else "as planned")


def plan_text(place: Lineage, options: SliceOptions, plan: Plan) -> str:
    """What a slice would do, line by line; timed where the device is here."""
    groups, begun = groups_of(options.config), place.checkpoint.is_file()
    total = sum(group.weight for group in groups)
    so_far = f"{len(place.rows())} slices" if begun else str(options.init or "none")
    lines = [
        ("device", f"{plan.device}: {plan.reason}"),
        ("lineage", f"{place.folder}, so far {so_far}"),
        ("recipe", f"{options.config.recipe}, {options.config.loops} loops a call"),
        *(
            ("data", f"{group.weight / total:4.0%} {group.name}: batch {group.batch}")
            for group in groups
        ),
        ("time", f"{options.budget_s / 60:.1f} minutes for everything"),
    ]
    if plan.here:
        one = Slice(place, options, plan, print)
        spare, each = one.spare_s(), step_seconds(one)
        steps = max(0.0, one.budget_left_s - spare) / each
        lines.append(("end", f"the last {spare:.0f} seconds: evaluation, save, export"))
        lines.append(("speed", f"{each:.2g} s a step here, so about {steps:,.0f} steps"))
    else:
        lines.append(("speed", f"unknown: no {plan.device} here"))
    return aligned(lines)


def configs(
    place: Lineage,
    recipe: str,
    options: dict[str, Any],
    init: Path | None = None,
    widen: bool = False,
) -> tuple[TrainConfig, ModelConfig]:
    """What a slice trains and how: the recipe's, but for the options that are not None.

    The model is the lineage's own, if it has begun and is not to `widen`. Warm-up is short and the
    cosine spans the slice. Where the latent of the weights to continue from, the lineage's or those
    of `init`, was trained, it no longer collapses, and is charged the whole KL from the start.
    Raises VmdError where there is no such recipe, and ModelError where those weights are no model.
    """
    if recipe not in RECIPES:
        raise VmdError(f"no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    begun = place.checkpoint.is_file()
    source = place.checkpoint if begun else init
    old: Any = None if source is None else checkpoint.start(source).config
    usual = {"warmup": 30, "decay": 1.0, "evaluations": 0}
    if begun or (old is not None and old.latent != "none"):
        usual |= {"beta": 1.0, "anneal": 0.01}
    given = {name: value for name, value in options.items() if value is not None}
    theirs = RECIPES[recipe]
    model = ModelConfig(**theirs.model) if widen or not begun else old
    return TrainConfig(recipe, **{**usual, **theirs.train, **given, "steps": None}), model

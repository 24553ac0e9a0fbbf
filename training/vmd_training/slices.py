"""One slice of a lineage: from what is there to a better checkpoint and a row in the ledger.

The time given is for everything, from the command's start to its end: what is left after set-up
trains, but for a reserve in which the average of the weights is scored, saved and exported.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from vmd_solver.errors import ModelError, VmdError
from vmd_training import checkpoint, fixed, lineage
from vmd_training.device import Plan, device_name
from vmd_training.export import export
from vmd_training.files import copy_folder
from vmd_training.fixed import FixedSet, Scores
from vmd_training.grids import groups_of, step_seconds, train
from vmd_training.lineage import Lineage
from vmd_training.loop import Clock, Report
from vmd_training.model import VMD, ModelConfig, parameter_count
from vmd_training.recipes import RECIPES
from vmd_training.report import card, ran
from vmd_training.run import Run, TrainConfig
from vmd_training.session import aligned

RESERVE = 1.15
"""What the last evaluation may take, as a multiple of what it should."""
FINISH_S = {"cpu": 30.0}
"""Seconds kept for saving, exporting and the picture, by device; what CUDA needs elsewhere."""
FINISH_ELSEWHERE_S = 20.0
TRIES = 5
"""Sizes of batches tried where memory is short, each half of the one before."""
SCORING = 0.4
"""Largest share of the time to train in that scoring another model may take."""
LEAST_S = 1.0
"""Shortest training that a slice begins for."""

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

    @property
    def left_s(self) -> float:
        """Seconds until the budget is spent."""
        return self.budget_s - (time.perf_counter() - self.started)


class SliceRun(Run):
    """A run in the folder of a lineage: each save is packed as well, where that was asked for."""

    needs_latent = False  # a slice is judged by its scores

    def __init__(
        self,
        folder: Path,
        options: SliceOptions,
        plan: Plan,
        note: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(folder, options.config, options.model_config, plan)
        self._saved = note

    def save(self) -> None:
        """Write the checkpoint, and then the pack."""
        super().save()
        self._saved()


class Stop:
    """Whether the slice was asked to end: once by a signal; twice interrupts."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        """The question, as the loop asks it."""
        return self.asked

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM ask; as before afterwards. Only the main thread hears signals."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        kinds = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(kind, self._on_signal) for kind in kinds]
        try:
            yield
        finally:
            for kind, handler in zip(kinds, before, strict=True):
                signal.signal(kind, handler)


def run_slice(
    place: Lineage,
    options: SliceOptions,
    plan: Plan,
    report: Report,
    say: Say,
    stop: Stop | None = None,
) -> lineage.Row | None:
    """Train for the planned time and write the row, which is returned; None if it ended before.

    Raises VmdError where the time is too short, and what training raises.
    """
    stop = stop or Stop()
    with stop.on_signals(), place.locked():
        run = begun(place, options, plan, say)
        chosen = fixed.sets(options.count, options.real)
        scored = tuple(one for one in chosen if one.stands_in)
        spare = _spare(run, options, chosen, _known(place, scored))
        _require_time(options, spare)
        before = _before(place, run, options, scored, spare, say)
        ships = _ships(options, plan, scored, spare, say, run.ema, before)
        spare = _spare(run, options, chosen, before)
        _require_time(options, spare)
        if stop():
            return None
        minutes = (options.left_s - spare) / 60
        say(f"trains for {minutes:.1f} minutes; the end is given {spare:.0f} seconds")
        _trained(run, options, spare, report, say, stop)
        return _end(place, run, options, chosen, before, ships, stop, say)


def _trained(
    run: Run, options: SliceOptions, spare: float, report: Report, say: Say, stop: Stop
) -> None:
    """Train until all but what is spared is spent; where memory is short, on smaller batches.

    Raises what training raises, and torch.OutOfMemoryError where the smallest are too large.
    """
    for attempt in range(TRIES):
        done_s = run.elapsed_s - run.origin[1]
        run.config = replace(run.config, time_s=max(LEAST_S, done_s + options.left_s - spare))
        try:
            train(run, report, Clock(time.perf_counter(), stop))
            return
        except torch.OutOfMemoryError:
            if attempt == TRIES - 1:
                raise
        # Here the failed step, and all it held, is gone.
        torch.cuda.empty_cache()
        smaller = run.config.batch_scale / 2
        run.config = replace(run.config, batch_scale=smaller)
        say(f"out of memory: continues with batches of {smaller:g} times the recipe's")


def begun(place: Lineage, options: SliceOptions, plan: Plan, say: Say) -> SliceRun:
    """The run that continues from the lineage, from other weights, or from none.

    Where the model is to be another than the lineage's, the old weights are taken as far as they
    fit, widened if need be. Raises ModelError.
    """
    run = SliceRun(place.folder, options, plan, lambda: _packed(place, options))
    if not place.checkpoint.is_file():
        say(f"begins a lineage, from {options.init or 'nothing'}")
        if options.init is not None:
            run.init_from(checkpoint.start(options.init))
    else:
        _continue(run, place, say)
        if options.init is not None:
            say("--init is not used: the lineage has begun")
    run.origin = (run.step, run.elapsed_s)
    last = place.rows()[-1]["total"]["steps"] if place.ledger.is_file() and place.rows() else 0
    # The log of slices that have ended is in the ledger.
    run.keep_rows(row for row in run.rows() if last < row["step"] <= run.step)
    return run


def _continue(run: Run, place: Lineage, say: Say) -> None:
    """Take the lineage's weights and totals, and its optimizer where that fits."""
    state = checkpoint.load(place.checkpoint)
    if checkpoint.start(place.checkpoint).config != run.model.config:
        say("the model changes: weights are taken over as far as they fit")
        run.init_from(checkpoint.start(place.checkpoint))
    else:
        run.model.load_state_dict(state["model"])
        run.ema.load_state_dict(state["ema"])
        try:
            run.optimizer.load_state_dict(state["optimizer"])
        except (KeyError, ValueError, RuntimeError):
            say("the optimizer starts again: the lineage's is of another kind")
    run.step, run.elapsed_s = state["step"], state["elapsed_s"]
    run.puzzle_calls, run.earlier = state["puzzle_calls"], state.get("earlier", [])
    say(f"continues after {run.step:,} steps in {run.elapsed_s / 60:.1f} minutes")


def _require_time(options: SliceOptions, spare: float) -> None:
    """Raise VmdError where nothing is left to train in."""
    if options.left_s - spare >= LEAST_S:
        return
    spent = options.budget_s - options.left_s
    raise VmdError(
        f"--time {options.budget_s:.0f}s is too short: set-up took {spent:.0f} s, and the end may"
        f" take {spare:.0f}; give it {1.2 * (spent + spare) + 30:.0f}s or more, or a lower --count"
    )


def _known(place: Lineage, scored: Sequence[FixedSet]) -> Scores | None:
    """The scores of the last row, if they are of this fixed set."""
    rows = place.rows()
    if not rows or rows[-1]["set"] != fixed.digest(scored):
        return None
    scores: Scores = rows[-1]["after"]
    return scores


def _before(
    place: Lineage,
    run: Run,
    options: SliceOptions,
    scored: Sequence[FixedSet],
    spare: float,
    say: Say,
) -> Scores | None:
    """The scores that this row starts from: those of the row before, or measured of an --init."""
    known = _known(place, scored)
    if known or (not run.step and options.init is None):
        return known
    if not _affordable(run.ema, options, scored, spare):
        say("no time to score what the slice starts from")
        return None
    say("scores what the slice starts from")
    return fixed.measure(run.ema, scored)


def _affordable(
    model: VMD, options: SliceOptions, scored: Sequence[FixedSet], spare: float
) -> bool:
    """Whether measuring a model leaves most of the time to train in."""
    return fixed.most_seconds(model, scored) < SCORING * (options.left_s - spare)


UNLIKE = "what ships cannot be built; its stated score, of another set, counts"


@dataclass(frozen=True)
class Ships:
    """The included model of the name, and its score on the same set."""

    score: float | None
    note: str


def _ships(
    options: SliceOptions, plan: Plan, scored: Sequence[FixedSet], spare: float, say: Say,
    start: VMD | None = None, before: Scores | None = None,
) -> Ships | None:  # fmt: skip
    """What a new model has to reach; None where nothing is promoted.

    Where what ships is what the slice starts from, its scores `before` are not measured again.
    """
    if options.exported is None or not options.exported.is_dir():
        if options.exported is not None:
            say(f"promotes nothing: {options.exported} is no folder")
        return None
    folder = options.exported / options.name
    if not folder.is_dir():
        return Ships(None, "nothing ships under this name")
    stated, of = _stated(folder)
    if stated is not None and of == fixed.digest(scored):
        return Ships(stated, "as it states, of this fixed set")
    try:
        model = checkpoint.load_model(folder).to(plan.device)
    except ModelError:
        if stated is None:
            return Ships(None, "what ships cannot be built and states no score")
        return Ships(stated, UNLIKE)
    if start is not None and before is not None and _same_weights(model, start):
        return Ships(round(fixed.score(before, scored), 4), "measured")
    if not _affordable(model, options, scored, spare):
        say(f"promotes nothing: no time to score what ships in {folder}")
        return None
    say(f"scores what ships in {folder}")
    return Ships(round(fixed.score(fixed.measure(model, scored), scored), 4), "measured")


def _same_weights(one: VMD, other: VMD) -> bool:
    """Whether two models are the same."""
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(
        weight.shape == theirs[name].shape and torch.equal(weight, theirs[name])
        for name, weight in ours.items()
    )


def _stated(folder: Path) -> tuple[float | None, str | None]:
    """The score that a model states, and of which fixed set, where it states any."""
    try:
        metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
        return float(metrics["score"]), metrics.get("set")
    except (OSError, KeyError, TypeError, ValueError):
        return None, None


def _beats(score: float, ships: Ships) -> bool:
    """Whether a model may take the place of what ships; one that solves nothing never does."""
    if not score or ships.score is None:
        return score > 0
    return score > ships.score if ships.note == UNLIKE else score >= ships.score


def _spare(
    run: Run, options: SliceOptions, chosen: Sequence[FixedSet], before: Scores | None = None
) -> float:
    """Seconds to keep for the end: the last evaluation, the save, the export, the picture."""
    usual = FINISH_S.get(run.plan.device.type, FINISH_ELSEWHERE_S)
    finish_s = usual if options.finish_s is None else options.finish_s
    return RESERVE * fixed.most_seconds(run.ema, chosen, before) + finish_s


def _end(
    place: Lineage, run: Run, options: SliceOptions, chosen: Sequence[FixedSet],
    before: Scores | None, ships: Ships | None, stop: Stop, say: Say,
) -> lineage.Row:  # fmt: skip
    """Score, write the row, export, promote, and say so in the row."""
    ended = "on request" if stop() else "as planned"
    say("scores the average of the weights")
    after = fixed.measure(run.ema, chosen)
    score = round(fixed.score(after, chosen), 4)
    say(f"score {score:.4f}")
    rows = place.rows()
    row: lineage.Row = {
        **_effort(run, options, rows),
        "ended": ended,
        "set": fixed.digest(chosen),
        "puzzles": {one.name: len(one.givens) for one in chosen},
        "before": before,
        "after": after,
        "score": score,
        "ships": None if ships is None else {"score": ships.score, "note": ships.note},
        "promoted": False,
    }
    place.write([*rows, row])  # before the export, which takes a while and may fail
    _packed(place, options)
    if ships is not None:
        row["promoted"] = _promoted(place, run, options, row, ships, say)
    row["spent_minutes"] = round((options.budget_s - options.left_s) / 60, 2)
    place.write([*rows, row])
    lineage.draw(place)
    _packed(place, options, promoted=row["promoted"])
    return row


def _effort(run: Run, options: SliceOptions, rows: Sequence[lineage.Row]) -> lineage.Row:
    """When, where, on what and how long: steps, calls and minutes are those since the last row."""
    last = rows[-1]["total"] if rows else {"steps": 0, "puzzle_calls": 0, "minutes": 0.0}
    minutes = round(run.elapsed_s / 60, 2)
    total = {"steps": run.step, "puzzle_calls": run.puzzle_calls, "minutes": minutes}
    return {
        "when": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        **where(run.plan),
        "recipe": run.config.recipe,
        "parameters": parameter_count(run.model),
        **{name: round(total[name] - last[name], 2) for name in total},
        "total": total,
        "budget_minutes": round(options.budget_s / 60, 2),
        "trained_minutes": round((run.elapsed_s - run.origin[1]) / 60, 2),
        "groups": _last_logged(run),
    }


def _last_logged(run: Run) -> dict[str, dict[str, float]]:
    """Loss and KL of each group in the last log row."""
    logged = [row["groups"] for row in run.rows() if "groups" in row]
    return {
        name: {key: row[key] for key in ("loss", "kl_nats") if key in row}
        for name, row in (logged[-1] if logged else {}).items()
    }


def where(plan: Plan) -> dict[str, Any]:
    """What a slice ran on; no name of a machine."""
    return {
        "device": device_name(plan),
        "dtype": str(plan.dtype).removeprefix("torch."),
        "torch": torch.__version__,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
    }


def _promoted(
    place: Lineage, run: Run, options: SliceOptions, row: lineage.Row, ships: Ships, say: Say
) -> bool:
    """Export the average of the weights, and let it ship if it is as good as what does."""
    assert options.exported is not None
    target = options.exported / options.name
    against = "nothing" if ships.score is None else f"{ships.score:.4f}"
    if not _beats(row["score"], ships):
        say(f"not promoted: score {row['score']:.4f} against {against} ({ships.note})")
        return False
    metrics = _metrics(run, row)
    made = export(
        run.ema, place.folder / "export" / options.name, options.name, fixed.LOOPS, metrics,
        card(run, metrics, options.name, fixed.LOOPS),
    )  # fmt: skip
    copy_folder(made, target)
    shutil.rmtree(place.folder / "export")
    say(f"promoted to {target}: score {row['score']:.4f} against {against} ({ships.note})")
    return True


def _metrics(run: Run, row: lineage.Row) -> dict[str, Any]:
    """metrics.json of the exported model."""
    rates = {
        name: {f"{fixed.CALLS}x{fixed.LOOPS} loops, best of {k}": share
               for k, share in shares.items()}
        for name, shares in row["after"].items()
    }  # fmt: skip
    return {
        "score": row["score"],
        "set": row["set"],
        "puzzles": row["puzzles"],
        "solve_rate": rates,
        "empty_grids": 0,
        "valid_empty": {},
        "run": ran(run),
    }


def _packed(place: Lineage, options: SliceOptions, promoted: bool = False) -> None:
    """Write the pack, where one was asked for."""
    if options.pack is None:
        return
    ships = options.exported / options.name if promoted and options.exported else None
    lineage.pack(place, options.pack, ships)


def model_of(place: Lineage, theirs: ModelConfig, widen: bool) -> ModelConfig:
    """The model to train: the lineage's own, or that of the recipe if it has none or is to widen.

    Raises ModelError where the lineage's cannot be built.
    """
    if widen or not place.checkpoint.is_file():
        return theirs
    config: ModelConfig = checkpoint.start(place.checkpoint).config
    return config


def plan_text(place: Lineage, options: SliceOptions, plan: Plan) -> str:
    """What a slice would do, line by line; timed where the device is here."""
    rows, groups = place.rows(), groups_of(options.config)
    total = sum(group.weight for group in groups)
    begun_with = (
        f"{len(rows)} slices" if place.checkpoint.is_file() else str(options.init or "none")
    )
    lines = [
        ("device", f"{plan.device}: {plan.reason}"),
        ("lineage", f"{place.folder}, so far {begun_with}"),
        ("recipe", f"{options.config.recipe}, {options.config.loops} loops a call"),
        *(("data", f"{group.weight / total:4.0%} {group.name}: batch {group.batch}")
          for group in groups),
        ("time", f"{options.budget_s / 60:.1f} minutes for everything"),
    ]  # fmt: skip
    if not plan.here:
        lines.append(("speed", f"unknown: no {plan.device} here"))
        return aligned(lines)
    run = SliceRun(place.folder, options, plan)
    spare = _spare(run, options, fixed.sets(options.count, options.real))
    lines.append(("end", f"the last {spare:.0f} seconds: evaluation, save, export"))
    each = step_seconds(run)
    steps = max(0.0, options.left_s - spare) / each
    lines.append(("speed", f"{each:.2g} s a step here, so about {steps:,.0f} steps"))
    return aligned(lines)


def grown(place: Lineage, init: Path | None) -> bool:
    """Whether a slice continues from weights whose latent was trained: the lineage's, or others.

    Raises ModelError where `init` is no model.
    """
    if place.checkpoint.is_file() or init is None:
        return place.checkpoint.is_file()
    latent: str = checkpoint.start(init).config.latent
    return latent != "none"


def configs(
    recipe: str, options: dict[str, Any], grown: bool = False
) -> tuple[TrainConfig, ModelConfig]:
    """What a slice of a recipe trains and how: the recipe's, but for the options that are not None.

    Warm-up is short and the cosine spans the slice. A lineage that has grown has a latent that no
    longer collapses, and is charged the whole KL from the start. Raises VmdError.
    """
    if recipe not in RECIPES:
        raise VmdError(f"no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    theirs = RECIPES[recipe]
    given = {name: value for name, value in options.items() if value is not None}
    usual = {"warmup": 30, "decay": 1.0, "evaluations": 0}
    if grown:
        usual |= {"beta": 1.0, "anneal": 0.01}
    config = TrainConfig(recipe, **{**usual, **theirs.train, **given, "steps": None})
    return config, ModelConfig(**theirs.model)

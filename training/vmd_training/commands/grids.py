"""`vmd-train grids`, and with 9x9 alone `vmd-train sudoku`: learn puzzles, export a model."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmd_training import session
from vmd_training.options import (
    EXISTING,
    FOLDER,
    POSITIVE,
    RUN,
    file_name,
    needed,
    stated,
    together,
)  # fmt: skip
from vmd_training.session import aligned, promote_into, require_no_run, saved_state, to_its_end

if TYPE_CHECKING:
    from vmd_training.device import Plan
    from vmd_training.model import ModelConfig
    from vmd_training.run import Run, TrainConfig

FINISHING = "evaluation and export (a few minutes)"

options = together(
    *RUN,
    click.option("--recipe", default=None,
                 help="Boards, model and batch (vmd_training/recipes.py): full is for a GPU."
                 "  [default: that of the command's name]"),
    click.option("--out", type=FOLDER, default=None,
                 help="Folder of the run.  [default: runs/RECIPE-LATENT]"),
    click.option("--latent", type=click.Choice(["none", "global", "candidate"]),
                 default="candidate", show_default=True,
                 help="none is plain masked diffusion, global the paper's VMD."),
    click.option("--prior", type=click.Choice(["learned", "normal"]), default="learned",
                 show_default=True,
                 help="Of the latent, given the puzzle; normal is the papers' N(0, I)."),
    click.option("--backbone", type=click.Choice(["candidate-graph", "transformer"]),
                 default="candidate-graph", show_default=True,
                 help="The transformer is a baseline for 9x9 and --latent none."),
    click.option("--resume", is_flag=True,
                 help="Continue the run in --out, with the options it had."),
    click.option("--init", type=EXISTING, default=None,
                 help="Start from the averaged weights of a run, a checkpoint.pt or an exported"
                 " folder; a narrower network is widened."),
    click.option("--decay", type=click.FloatRange(0, 1, min_open=True), default=0.5,
                 show_default=True, help="Share of the run, at its end, over which the rate falls:"
                 " 1 is one cosine; a short --init run with 1 anneals."),
    click.option("--data", type=click.Path(exists=True, dir_okay=False), default=None,
                 help="Train on the puzzles of this file (vmd-train data)."),
    click.option("--reuse", type=click.IntRange(1), default=1, show_default=True,
                 help="Times each puzzle is used."),
    click.option("--workers", type=click.IntRange(1), default=None,
                 help="Processes that make puzzles.  [default: 1 on a CPU, else all cores but"
                 " one]"),
    click.option("--batch-scale", type=POSITIVE, default=1.0, show_default=True,
                 help="Multiplies the batch of every group."),
    click.option("--loops", type=click.IntRange(1), default=16, show_default=True,
                 help="Loops of one exported call."),
    click.option("--name", default=None, callback=file_name,
                 help="Name of the model.  [default: RECIPE]"),
    click.option("--promote/--no-promote", default=True, show_default=True,
                 help="Copy into exported/ of the checkout if it scores better."),
    click.option("--dry-run", is_flag=True, help="Print the plan and stop."),
    click.option("--quiet", is_flag=True, help="No plan and no progress."),
)  # fmt: skip
"""What both commands take."""


@click.command("grids")
@options
def command(**options: Any) -> None:
    """Learn Sudoku of several sizes, jigsaws and random all-different grids, mixed."""
    run_command("grids", **options)


def run_command(
    command: str, *, recipe: str | None, out: Path | None, latent: str, prior: str, backbone: str,
    resume: bool, init: Path | None, device: str, threads: int | None, workers: int | None,
    dry_run: bool, quiet: bool, name: str | None, loops: int, promote: bool, **planned: Any,
) -> None:  # fmt: skip
    """One training run from start to exported model. `planned` goes into its TrainConfig."""
    started, recipe = time.perf_counter(), recipe or command
    if resume and init:
        raise click.UsageError("--resume continues a run, --init starts one: choose one")
    with needed("training needs"):
        import torch

        from vmd_training import device as devices
        from vmd_training import distributed
        from vmd_training.grids import train
        from vmd_training.loop import Clock
        from vmd_training.run import Run
    if threads:
        torch.set_num_threads(threads)
    kind = latent if backbone == "candidate-graph" else backbone
    folder = out or Path("runs") / f"{recipe}-{kind}"
    plan = devices.choose(device, assume=dry_run)
    world = distributed.join()
    quiet = quiet or not world.leads
    planned["workers"] = workers or plan.workers
    shape = {"latent": latent, "prior": prior, "backbone": backbone}
    here = plan if plan.here else replace(plan, device=torch.device("cpu"))
    run = Run(folder, *_configs(recipe, folder, shape, resume, planned), here, world)
    _prepare(run, resume, init, dry_run)
    if dry_run or not quiet:
        click.echo(_plan(run, plan, measured=dry_run), err=True)
    if dry_run:
        return
    again = f"vmd-train {command} --resume --out {folder}"
    # A slice is for all that the command does, set-up included.
    clock = Clock(started if run.config.slice_s else None)

    def training() -> None:
        train(run, progress(quiet), clock)

    if to_its_end(run, training, again, "--batch-scale 0.5"):
        _finish(run, name or recipe, loops, promote, quiet)


def _configs(
    recipe: str, folder: Path, shape: dict[str, str], resume: bool, planned: dict[str, Any]
) -> tuple[TrainConfig, ModelConfig]:
    """TrainConfig and ModelConfig: of the options, or of a run that continues.

    Of a run that continues only what the command line states is changed.
    """
    from vmd_training.model import ModelConfig
    from vmd_training.recipes import RECIPES
    from vmd_training.run import TrainConfig

    if recipe not in RECIPES:
        raise click.UsageError(f"no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    if not resume:
        theirs = RECIPES[recipe]
        kept = {name: value for name, value in theirs.train.items() if not stated(name)}
        if stated("time_s") and not stated("steps"):
            kept["steps"] = None
        return TrainConfig(recipe, **{**planned, **kept}), ModelConfig(**shape, **theirs.model)  # type: ignore[arg-type]
    state = saved_state(folder)
    model_config = ModelConfig.from_dict(state["model_config"])
    for name, value in shape.items():
        had = getattr(model_config, name)
        if stated(name) and value != had:
            raise click.UsageError(
                f"{folder} holds a run with --{name} {had}, not {value};"
                f" resume it without --{name}, or start another with --init and another --out"
            )
    changes = {name: value for name, value in planned.items() if stated(name)}
    config = TrainConfig.from_dict(state["train_config"])
    if "time_s" in changes and "steps" not in changes:
        changes["steps"] = None
    changes |= {"workers": planned["workers"], "slice_s": planned["slice_s"]}
    return replace(config, recipe=recipe, **changes), model_config


def _prepare(run: Run, resume: bool, init: Path | None, dry_run: bool) -> None:
    """Load what the run starts from."""
    from vmd_training import checkpoint

    if resume:
        run.resume()
    elif not dry_run:
        require_no_run(run.folder)
    if init:
        run.init_from(checkpoint.start(init))


def _plan(run: Run, plan: Plan, measured: bool) -> str:
    """What is about to happen, line by line; with `measured`, how many steps that will be."""
    from vmd_training.grids import groups_of, step_seconds
    from vmd_training.model import parameter_count

    config, model = run.config, run.model.config
    groups = groups_of(config)
    total = sum(group.weight for group in groups)
    left = None if config.steps is not None else max(0.0, config.time_s - run.elapsed_s)
    lines = [
        ("device", f"{plan.device}: {plan.reason}"),
        ("model", f"{parameter_count(run.model):,} parameters, latent {model.latent}, d {model.d}"),
        ("call", f"{config.loops} loops, loss after each, states carried over"),
        *(
            (
                "data" if not number else "",
                f"{group.weight / total:4.0%} {group.name}: batch {group.batch},"
                f" {group.free:.0%} free grids, {group.several:.0%} with several solutions",
            )
            for number, group in enumerate(groups)
        ),
        ("schedule", f"lr {config.lr:g}, a cosine to 1% over the last {config.decay:.0%}"),
        ("steps", f"{config.steps:,}, then {FINISHING}")
        if left is None
        else ("time", f"{left / 60:.1f} minutes, until {_clock(left)}, then {FINISHING}"),
        ("folder", str(run.folder)),
    ]
    if run.step:
        done = f"{run.step:,} steps in {run.elapsed_s / 60:.1f} minutes"
        lines.insert(0, ("resumed", f"after {done}"))
    if measured and not plan.here:
        lines.append(("speed", f"unknown: no {plan.device} here"))
    elif measured:
        each = step_seconds(run)
        if left is None:
            hours = each * ((config.steps or 0) - run.step) / 3600
            lines.append(("speed", f"{each:.2g} s a step here, so about {hours:.1f} hours"))
        else:
            lines.append(("speed", f"{each:.2g} s a step here, so about {left / each:,.0f} steps"))
    return aligned(lines)


def _clock(left_s: float) -> str:
    """The time of day in this many seconds, with the date unless that is today."""
    now = datetime.now()
    then = now + timedelta(seconds=left_s)
    return f"{then:%H:%M}" if then.date() == now.date() else f"{then:%Y-%m-%d %H:%M}"


def progress(quiet: bool) -> Any:
    """What shows the log rows of puzzles."""

    def described(row: dict[str, Any]) -> str:
        if "solve_rate" in row:
            empty = ", ".join(f"empty {n} {share:.2f}" for n, share in row["valid_empty"].items())
            rates = (f"{name} {list(r.values())[-1]:.2f}" for name, r in row["solve_rate"].items())
            return f"solved: {', '.join(rates)}; {empty}"
        losses = ", ".join(f"{name} {group['loss']:.3f}" for name, group in row["groups"].items())
        speed = f"{row['puzzle_calls_a_second']:.0f} calls/s, {row['mfu']:.0%} of peak"
        return f"{speed}  loss {losses}"

    return session.progress(quiet, described)


def _finish(run: Run, name: str, loops: int, promote: bool, quiet: bool) -> None:
    """Evaluate, report, export, and promote."""
    from vmd_training.checkpoint import load_model
    from vmd_training.evaluate import final
    from vmd_training.export import export
    from vmd_training.grids import groups_of
    from vmd_training.report import card, ran, write_report

    if not quiet:
        click.echo("evaluating and exporting", err=True)
    groups = groups_of(run.config)
    metrics = final(run.ema, groups, run.config.seed, loops)
    metrics["run"] = ran(run)
    report = write_report(run, metrics)
    if run.model.config.backbone == "transformer":
        click.echo(f"report: {report}\nnot exported: the transformer is a baseline for evaluation")
        return
    text = card(run, metrics, name, loops)
    folder = export(run.ema, run.folder / "export" / name, name, loops, metrics, text)
    click.echo(f"report: {report}\nmodel: {folder}\nuse it: vmd-solve --model {folder} PUZZLE")
    if promote:

        def scored(ships: Path) -> float:
            return float(final(load_model(ships), groups, run.config.seed, loops)["score"])

        click.echo(promote_into(session.EXPORTED, folder, metrics["score"], scored))

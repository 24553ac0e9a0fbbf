"""`vmd-train grids`, and with 9x9 alone `sudoku`: learn puzzles, export a model; `export` alone."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmd_solver import completion
from vmd_solver.errors import ModelError
from vmd_training import session
from vmd_training.session import (
    COUNT,
    EXISTING,
    FILE,
    FOLDER,
    MODEL,
    POSITIVE,
    RUN,
    file_name,
    stated,
)

if TYPE_CHECKING:
    from vmd_training.device import Plan
    from vmd_training.model import ModelConfig
    from vmd_training.run import Run, TrainConfig


def kinds_of_rules(
    context: click.Context, option: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """The kinds in a list with commas, `none` for none of them."""
    if value is None:
        return None
    from vmd_training.ruled import TRAINED

    return () if value.strip() == "none" else session.listed(value, "kind", TRAINED)


options = session.together(
    *RUN,
    click.option("--recipe", shell_complete=completion.named("vmd_training.recipes:RECIPES"),
                 help="Boards, model and batch (vmd_training/recipes.py): full is for a GPU."
                 "  [default: that of the command's name]"),
    click.option("--out", type=FOLDER, help="Folder of the run.  [default: runs/RECIPE-LATENT]"),
    click.option("--latent", type=click.Choice(["none", "global", "candidate"]),
                 default="candidate",
                 help="none is plain masked diffusion, global the paper's VMD."),
    click.option("--prior", type=click.Choice(["learned", "normal"]), default="learned",
                 help="Of the latent, given the puzzle; normal is the papers' N(0, I)."),
    click.option("--backbone", type=click.Choice(["candidate-graph", "transformer"]),
                 default="candidate-graph",
                 help="The transformer is a baseline for 9x9 and --latent none."),
    click.option("--links", type=click.IntRange(0, 4096),
                 help="Width of what travels through a relation; 0: rules are not heard."
                 "  [default: the recipe's]"),
    click.option("--resume", is_flag=True,
                 help="Continue the run in --out, with the options it had."),
    click.option("--init", type=MODEL,
                 help="Start from the averaged weights of a run, a checkpoint.pt or an exported"
                 " folder; a narrower network is widened."),
    click.option("--decay", type=click.FloatRange(0, 1, min_open=True), default=0.5,
                 help="Share of the run, at its end, over which the rate falls:"
                 " 1 is one cosine; a short --init run with 1 anneals."),
    click.option("--rules", callback=kinds_of_rules, metavar="A,B,..",
                 shell_complete=completion.named("vmd_training.ruled:TRAINED", listed=True),
                 help="Kinds of rules to train on beside boards without any, or none.  [default:"
                 " all of the recipe's]"),
    click.option("--only-rules", is_flag=True,
                 help="Train nothing but what hears rules, beside --init: boards with units alone"
                 " keep their results."),
    click.option("--data", type=FILE, callback=lambda context, option, value: value and str(value),
                 help="Train on the puzzles of this file (vmd-train data)."),
    click.option("--reuse", type=COUNT, default=1, help="Times each puzzle is used."),
    click.option("--workers", type=COUNT,
                 help="Processes that make puzzles.  [default: 1 on a CPU, else all cores but"
                 " one]"),
    click.option("--batch-scale", type=POSITIVE, default=1.0,
                 help="Multiplies the batch of every group."),
    click.option("--loops", type=COUNT, default=16, help="Loops of one exported call."),
    click.option("--name", callback=file_name, help="Name of the model.  [default: RECIPE]"),
    click.option("--promote/--no-promote", default=True,
                 help="Copy into exported/ of the checkout if it scores better."),
    click.option("--dry-run", is_flag=True, help="Print the plan and stop."),
    click.option("--quiet", is_flag=True, help="No plan and no progress."),
)  # fmt: skip
"""What both commands take."""


@click.command("grids")
@options
def command(**options: Any) -> None:
    """Learn Sudoku of several sizes, jigsaws and random all-different grids, mixed."""
    train("grids", **options)


@click.command("sudoku")
@options
def sudoku(**options: Any) -> None:
    """Learn 9x9 Sudoku."""
    train("sudoku", **options)


def train(
    command: str, *, recipe: str | None, out: Path | None, latent: str, prior: str, backbone: str,
    links: int | None, resume: bool, init: Path | None, device: str, threads: int | None,
    workers: int | None, dry_run: bool, quiet: bool, name: str | None, loops: int, promote: bool,
    **planned: Any,
) -> None:  # fmt: skip
    """One training run from start to exported model. `planned` goes into its TrainConfig."""
    started, recipe = time.perf_counter(), recipe or command
    if resume and init:
        raise click.UsageError("--resume continues a run, --init starts one: choose one")
    if planned["only_rules"] and not (resume or init):
        raise click.UsageError("--only-rules leaves all other weights as --init has them: add it")
    plan = session.planned(device, threads, assume=dry_run)
    import torch

    from vmd_training import checkpoint, grids
    from vmd_training.device import join
    from vmd_training.loop import Clock
    from vmd_training.run import Run

    world = join()
    quiet = quiet or not world.leads
    kind = latent if backbone == "candidate-graph" else backbone
    folder = out or Path("runs") / f"{recipe}-{kind}"
    planned["workers"] = workers or plan.workers
    shape: dict[str, Any] = {"latent": latent, "prior": prior, "backbone": backbone}
    shape |= {} if links is None else {"links": links}
    here = plan if plan.here else replace(plan, device=torch.device("cpu"))
    config, model_config = _configs(recipe, folder, shape, resume, planned)
    if config.only_rules and not model_config.links:
        raise click.UsageError("--only-rules has nothing to train: the network hears no rules")
    run = Run(folder, config, model_config, here, world)
    if resume:
        run.resume()
    elif not dry_run:
        session.require_no_run(folder)
    if init:
        run.init_from(checkpoint.start(init))
    if dry_run or not quiet:
        click.echo(_plan(run, plan, measured=dry_run), err=True)
    if dry_run:
        return
    # A slice is for all that the command does, set-up included.
    clock = Clock(started if run.config.slice_s else None)
    done = session.to_its_end(
        run,
        lambda: grids.train(run, session.progress(quiet, described), clock),
        f"vmd-train {command} --resume --out {folder}",
        "--batch-scale 0.5",
    )
    if done:
        session.teller(quiet)("evaluating and exporting")
        _finish(run, name or recipe, loops, promote)


def _configs(
    recipe: str, folder: Path, shape: dict[str, Any], resume: bool, planned: dict[str, Any]
) -> tuple[TrainConfig, ModelConfig]:
    """TrainConfig and ModelConfig: of the options, or of a run that continues.

    Of a run that continues only what the command line states is changed.
    """
    from vmd_training import checkpoint
    from vmd_training.model import ModelConfig
    from vmd_training.recipes import RECIPES
    from vmd_training.run import TrainConfig

    if recipe not in RECIPES:
        raise click.UsageError(f"no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    unplanned: dict[str, Any] = {"steps": None} if stated("time_s") and not stated("steps") else {}
    if not resume:
        theirs = RECIPES[recipe]
        kept = {name: value for name, value in theirs.train.items() if not stated(name)}
        config = TrainConfig(recipe, **{**planned, **kept, **unplanned})
        return config, ModelConfig(**(theirs.model | shape))
    state = session.saved_state(folder)
    path = folder / "checkpoint.pt"
    model_config = checkpoint.stored(ModelConfig, state["model_config"], path)
    for name, value in shape.items():
        had = getattr(model_config, name)
        if stated(name) and value != had:
            raise click.UsageError(
                f"{folder} holds a run with --{name} {had}, not {value};"
                f" resume it without --{name}, or start another with --init and another --out"
            )
    here = ("workers", "slice_s")
    changes = {name: value for name, value in planned.items() if name in here or stated(name)}
    config = TrainConfig.from_dict(state["train_config"], path)
    return replace(config, recipe=recipe, **changes, **unplanned), model_config


def _plan(run: Run, plan: Plan, measured: bool) -> str:
    """What is about to happen, line by line; with `measured`, how many steps that will be."""
    from vmd_training.grids import groups_of, step_seconds
    from vmd_training.model import parameter_count

    config, model = run.config, run.model.config
    groups = groups_of(config)
    total = sum(group.weight for group in groups)
    left = max(0.0, config.time_s - run.elapsed_s)
    now = datetime.now()
    then = now + timedelta(seconds=left)
    until = f"{then:%H:%M}" if then.date() == now.date() else f"{then:%Y-%m-%d %H:%M}"
    finishing = "then evaluation and export (a few minutes)"
    lines = [
        ("device", f"{plan.device}: {plan.reason}"),
        ("model", f"{parameter_count(run.model):,} parameters, latent {model.latent}, d {model.d}"),
        ("call", f"{config.loops} loops, loss after each, states carried over"),
        *(
            (
                "" if number else "data",
                f"{group.weight / total:4.0%} {group.name}: batch {group.batch},"
                f" {group.free:.0%} free grids, {group.several:.0%} with several solutions"
                + (f", kinds of rules: {len(group.rules)}" if group.rules else ""),
            )
            for number, group in enumerate(groups)
        ),
        ("schedule", f"lr {config.lr:g}, a cosine to 1% over the last {config.decay:.0%}"),
        ("steps", f"{config.steps:,}, {finishing}")
        if config.steps is not None
        else ("time", f"{left / 60:.1f} minutes, until {until}, {finishing}"),
        ("folder", str(run.folder)),
    ]
    if run.step:
        done = f"after {run.step:,} steps in {run.elapsed_s / 60:.1f} minutes"
        lines.insert(0, ("resumed", done))
    if measured and not plan.here:
        lines.append(("speed", f"unknown: no {plan.device} here"))
    elif measured:
        each = step_seconds(run)
        amount = f"{left / each:,.0f} steps"
        if config.steps is not None:
            amount = f"{each * (config.steps - run.step) / 3600:.1f} hours"
        lines.append(("speed", f"{each:.2g} s a step here, so about {amount}"))
    return session.aligned(lines)


def described(row: dict[str, Any]) -> str:
    """A log row of puzzles in a line."""
    if "solve_rate" in row:
        empty = ", ".join(f"empty {n} {share:.2f}" for n, share in row["valid_empty"].items())
        rates = (f"{name} {list(r.values())[-1]:.2f}" for name, r in row["solve_rate"].items())
        return f"solved: {', '.join(rates)}; {empty}"
    losses = ", ".join(f"{name} {group['loss']:.3f}" for name, group in row["groups"].items())
    speed = f"{row['puzzle_calls_a_second']:.0f} calls/s, {row['mfu']:.0%} of peak"
    return f"{speed}  loss {losses}"


def _finish(run: Run, name: str, loops: int, promote: bool) -> None:
    """Evaluate, report, export, and promote."""
    from vmd_training.checkpoint import load_model
    from vmd_training.evaluate import final
    from vmd_training.export import export
    from vmd_training.grids import groups_of
    from vmd_training.report import ran, write_report

    groups, seed = groups_of(run.config), run.config.seed
    metrics = final(run.ema, groups, seed, loops) | {"run": ran(run)}
    report = write_report(run, metrics)
    if run.model.config.backbone == "transformer":
        click.echo(f"report: {report}\nnot exported: the transformer is a baseline for evaluation")
        return
    folder = export(run.ema, run.folder / "export" / name, name, loops, metrics)
    click.echo(f"report: {report}\nmodel: {folder}\nuse it: vmd-solve --model {folder} PUZZLE")
    if promote:

        def scored(ships: Path) -> float:
            return float(final(load_model(ships), groups, seed, loops)["score"])

        click.echo(session.promote_better(folder, metrics["score"], scored))


@click.command("export")
@click.argument("model", type=EXISTING)
@click.option("--out", type=FOLDER,
              help="Folder to write.  [default: MODEL itself, if it is an exported"
              " folder]")  # fmt: skip
@click.option("--name", help="Name of the model.  [default: that of the folder]")
@click.option("--loops", type=COUNT, help="Loops of one call.  [default: as before, or 16]")
def export_again(model: Path, out: Path | None, name: str | None, loops: int | None) -> None:
    """Write the ONNX files of MODEL (an exported folder, a run, or a checkpoint) from its weights.

    For other loops or another name, or a run that was not finished. Figures are kept, and the card
    is written anew from them.
    """
    from vmd_training.checkpoint import load_model
    from vmd_training.export import export

    weights = load_model(model)
    manifest: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    if (model / "config.json").is_file():
        try:
            manifest = json.loads((model / "config.json").read_text("utf-8"))["vmd"]
            metrics = json.loads((model / "metrics.json").read_text("utf-8"))
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{model} is damaged, or no model of vmd-train") from error
    elif out is None:
        raise click.UsageError(f"{model} is no exported folder; name one to write with --out")
    folder = out or model
    name, loops = name or folder.resolve().name, loops or int(manifest.get("loops", 16))
    click.echo(f"model: {export(weights, folder, name, loops, metrics)}")

"""`vmd-train`: learn, evaluate, export, and promote what is better than what ships."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Never

import click

from vmd_solver import __version__
from vmd_solver.errors import ModelError, RuntimeUnavailable, VmdError
from vmd_training import commands

EXITS: tuple[tuple[type[Exception], int], ...] = (
    (ModelError, 3),
    (VmdError, 2),
    (OSError, 2),
)
"""Exit codes of errors, as those of vmd-solve."""

EXPORTED = Path(__file__).resolve().parent.parent / "exported"
"""Where the models that ship are, in a checkout."""

FINISHING = "evaluation and export (a few minutes)"


def seconds(context: click.Context, option: click.Parameter, value: str | None) -> float | None:
    """The seconds of a duration: `90s`, `30m`, `2h`, or plain seconds."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", value.strip())
    if not match or not float(match[1]):
        raise click.BadParameter(f"{value!r} is not a duration; write 90s, 30m or 2h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def file_name(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """A name that can be a folder's."""
    if value is not None and not re.fullmatch(r"\w[\w.-]*", value):
        raise click.BadParameter(f"{value!r} cannot name a folder; use letters, digits, . _ and -")
    return value


def run_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every training command shares."""
    for option in reversed(
        (
            click.option("--time", "time_s", default="30m", show_default=True, metavar="DURATION",
                         callback=seconds, help="Time to train in all; the schedule follows it."),
            click.option("--steps", type=click.IntRange(1), default=None,
                         help="Steps to train in all, in place of a time."),
            click.option("--slice", "slice_s", default=None, metavar="DURATION", callback=seconds,
                         help="Stop after this much time here; --resume goes on."),
            click.option("--recipe", default=None,
                         help="Boards, model and batch (training/recipes.py): full is for a GPU."
                         "  [default: that of the command's name]"),
            click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=None,
                         help="Folder of the run.  [default: runs/RECIPE-LATENT]"),
            click.option("--latent", type=click.Choice(["none", "global", "candidate"]),
                         default="candidate", show_default=True,
                         help="none is plain masked diffusion, global the paper's VMD."),
            click.option("--prior", type=click.Choice(["learned", "normal"]), default="learned",
                         show_default=True, help="Of the latent, given the puzzle; normal is the "
                         "papers' N(0, I)."),
            click.option("--backbone", type=click.Choice(["candidate-graph", "transformer"]),
                         default="candidate-graph", show_default=True,
                         help="The transformer is a baseline for 9x9 and --latent none."),
            click.option("--resume", is_flag=True,
                         help="Go on with the run in --out, with the options it had."),
            click.option("--init", type=click.Path(path_type=Path, exists=True), default=None,
                         help="Start from the averaged weights of a run, a checkpoint.pt or an "
                         "exported folder; a narrower network is widened."),
            click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]),
                         default="auto", show_default=True),
            click.option("--threads", type=click.IntRange(1), default=None,
                         help="Processor threads for torch.  [default: torch's own choice]"),
            click.option("--lr", type=click.FloatRange(0, min_open=True), default=2e-3,
                         show_default=True, help="Learning rate, at its highest."),
            click.option("--decay", type=click.FloatRange(0, 1, min_open=True), default=0.5,
                         show_default=True, help="Share of the run, at its end, over which the "
                         "rate falls: 1 is one cosine; a short --init run with 1 anneals."),
            click.option("--data", type=click.Path(exists=True, dir_okay=False), default=None,
                         help="Train on the puzzles of this file (vmd-train data)."),
            click.option("--reuse", type=click.IntRange(1), default=1, show_default=True,
                         help="Times each puzzle is used."),
            click.option("--workers", type=click.IntRange(1), default=None,
                         help="Processes that make puzzles.  [default: 1 on a CPU, else all cores "
                         "but one]"),
            click.option("--batch-scale", type=click.FloatRange(0, min_open=True), default=1.0,
                         show_default=True, help="Multiplies the batch of every group."),
            click.option("--loops", type=click.IntRange(1), default=16, show_default=True,
                         help="Loops of one exported call."),
            click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
                         help="Seed of everything random."),
            click.option("--name", default=None, callback=file_name,
                         help="Name of the model.  [default: RECIPE]"),
            click.option("--promote/--no-promote", default=True, show_default=True,
                         help="Copy into exported/ of the checkout if it scores better."),
            click.option("--dry-run", is_flag=True, help="Print the plan and stop."),
            click.option("--quiet", is_flag=True, help="No plan and no progress."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


@contextmanager
def needed(what: str, extra: str = "train") -> Iterator[None]:
    """Imports within it that fail become RuntimeUnavailable: `what` is missing, and the extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise RuntimeUnavailable(f"{what} {error.name}; install vmd-solver[{extra}]") from error


class Commands(click.Group):
    """The commands in `training.commands` are imported when they are used, not before."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Those declared here, then one for each module there."""
        found = (module.name.replace("_", "-") for module in iter_modules(commands.__path__))
        return [*super().list_commands(context), *sorted(found)]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """One of either kind."""
        own = super().get_command(context, name)
        if own is None and name in self.list_commands(context):
            module = import_module(f"{commands.__name__}.{name.replace('-', '_')}")
            found: click.Command = module.command
            return found
        return own


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vmd-train")
def cli() -> None:
    """Train variational masked diffusion on constraint puzzles."""


@cli.command()
@run_options
def sudoku(**options: Any) -> None:
    """Learn 9x9 Sudoku."""
    _run("sudoku", **options)


@cli.command()
@run_options
def grids(**options: Any) -> None:
    """Learn Sudoku of several sizes, jigsaws and random all-different grids, mixed."""
    _run("grids", **options)


def _run(
    command: str, *, recipe: str | None, out: Path | None, latent: str, prior: str, backbone: str,
    resume: bool, init: Path | None, device: str, threads: int | None, workers: int | None,
    dry_run: bool, quiet: bool, name: str | None, loops: int, promote: bool, **planned: Any,
) -> None:  # fmt: skip
    """One training run from start to exported model. `planned` goes into its TrainConfig."""
    started, recipe = time.perf_counter(), recipe or command
    if resume and init:
        raise click.UsageError("--resume goes on with a run, --init starts one: choose one")
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
    try:
        # A slice is for all that the command does, set-up included.
        train(run, progress(quiet), Clock(started if run.config.slice_s else None))
    except KeyboardInterrupt:
        click.echo(f"\ninterrupted and saved; go on with: {again}", err=True)
        raise SystemExit(130) from None
    except torch.OutOfMemoryError as error:
        raise ModelError("out of memory; resume, or start again, with --batch-scale 0.5") from error
    finally:
        distributed.leave()
    if run.progress < 1:
        click.echo(f"{run.progress:.0%} done and saved; go on with: {again}", err=not world.leads)
    elif world.leads:
        _finish(run, name or recipe, loops, promote, quiet)


def _configs(
    recipe: str, folder: Path, shape: dict[str, str], resume: bool, planned: dict[str, Any]
) -> tuple[Any, Any]:
    """TrainConfig and ModelConfig: of the options, or of a run that goes on.

    Of a run that goes on only what the command line states is changed.
    """
    from vmd_training import checkpoint
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
    path = folder / "checkpoint.pt"
    if not path.exists():
        raise click.UsageError(f"no run in {folder}; start one without --resume, or name its --out")
    state = checkpoint.load(path)
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


def stated(option: str) -> bool:
    """Whether the command line itself says it."""
    source = click.get_current_context().get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE


def _prepare(run: Any, resume: bool, init: Path | None, dry_run: bool) -> None:
    """Load what the run starts from."""
    from vmd_training import checkpoint

    if resume:
        run.resume()
    elif run.checkpoint_path.exists() and not dry_run:
        raise click.UsageError(f"{run.folder} holds a run already; use --resume, or another --out")
    if init:
        run.init_from(checkpoint.start(init))


def _plan(run: Any, plan: Any, measured: bool) -> str:
    """What is about to happen, line by line; with `measured`, how many steps that will be."""
    from vmd_training.grids import groups_of, step_seconds
    from vmd_training.model import parameter_count

    config, model = run.config, run.model.config
    groups = groups_of(config)
    total = sum(group.weight for group in groups)
    left = None if config.steps else max(0.0, config.time_s - run.elapsed_s)
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
            hours = each * (config.steps - run.step) / 3600
            lines.append(("speed", f"{each:.2g} s a step here, so about {hours:.1f} hours"))
        else:
            lines.append(("speed", f"{each:.2g} s a step here, so about {left / each:,.0f} steps"))
    return "\n".join(f"{label:>9}  {text}" for label, text in lines)


def _clock(left_s: float) -> str:
    """The time of day in so many seconds, with the date unless that is today."""
    now = datetime.now()
    then = now + timedelta(seconds=left_s)
    return f"{then:%H:%M}" if then.date() == now.date() else f"{then:%Y-%m-%d %H:%M}"


def progress(quiet: bool) -> Callable[[dict[str, Any]], None]:
    """A line for each log row: rewritten in place on a terminal, one after another elsewhere."""
    tty = sys.stderr.isatty()

    def show(row: dict[str, Any]) -> None:
        if quiet:
            return
        head = f"step {row['step']:>6}  {row['left_s'] / 60:5.1f} min left"
        if "solve_rate" in row:
            empty = ", ".join(f"empty {n} {share:.2f}" for n, share in row["valid_empty"].items())
            rates = (f"{name} {list(r.values())[-1]:.2f}" for name, r in row["solve_rate"].items())
            body = f"solved: {', '.join(rates)}; {empty}"
        else:
            parts = (f"{name} {group['loss']:.3f}" for name, group in row["groups"].items())
            speed = f"{row['puzzle_calls_a_second']:.0f} calls/s, {row['mfu']:.0%} of peak"
            body = f"{speed}  loss {', '.join(parts)}"
        ends = "solve_rate" in row or not tty
        line = f"{head}  {body}"
        if tty and not ends:  # a line that wraps could not be rewritten
            line = line[: shutil.get_terminal_size().columns - 1]
        if tty:
            line = f"\r\033[K{line}"
        click.echo(line, err=True, nl=ends)

    return show


def _finish(run: Any, name: str, loops: int, promote: bool, quiet: bool) -> None:
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

        click.echo(promote_into(EXPORTED, folder, metrics["score"], scored))


def promote_into(
    exported: Path, folder: Path, score: float, scored: Callable[[Path], float]
) -> str:
    """Copy the model over the one of its name that ships, if it is better; says what was done.

    `scored` gives the score of the one that ships, on the same puzzles.
    """
    from vmd_training.files import copy_folder

    if not exported.is_dir():
        return "not promoted: this is no checkout of vmd-solver"
    target = exported / folder.name
    if not target.is_dir():
        return f"not promoted: no model {folder.name} ships, of which it could take the place"
    old = scored(target)
    if score <= old:
        return f"not promoted: score {score:.4f}, more than {old:.4f} is needed"
    copy_folder(folder, target)
    return f"promoted to {target}: score {score:.4f} over {old:.4f}"


def main() -> Never:
    """The script's entry: errors become one line and an exit code."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except tuple(kind for kind, _ in EXITS) as error:
        click.echo(f"vmd-train: {error}", err=True)
        sys.exit(next(code for kind, code in EXITS if isinstance(error, kind)))
    sys.exit(0)


if __name__ == "__main__":
    main()

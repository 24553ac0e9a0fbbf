"""`vmd-train`: learn, evaluate, export, and promote what is better than what ships."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Never

import click

from vmd_solver import __version__
from vmd_solver.errors import ModelError, RuntimeUnavailable, VmdError

EXITS: tuple[tuple[type[VmdError], int], ...] = ((ModelError, 3), (VmdError, 2))


class Minutes(click.ParamType):
    """A duration: `90s`, `30m`, `2h`, or plain seconds; converted to seconds."""

    name = "duration"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", str(value).strip())
        if not match or not float(match[1]):
            self.fail(f"{value!r} is not a duration; write 90s, 30m or 2h", param, ctx)
        return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def run_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every training command shares."""
    for option in reversed(
        (
            click.option("--time", "time_s", type=Minutes(), default="30m", show_default=True,
                         help="Time to train; the schedule anneals over it."),
            click.option("--out", type=click.Path(path_type=Path), default=None,
                         help="Folder of the run.  [default: runs/RECIPE-LATENT]"),
            click.option("--latent", type=click.Choice(["none", "global", "candidate"]),
                         default="candidate", show_default=True,
                         help="none is plain masked diffusion, global the paper's VMD."),
            click.option("--resume", is_flag=True, help="Go on with the run in --out."),
            click.option("--init", type=click.Path(path_type=Path), default=None,
                         help="Start from another run's averaged weights (a checkpoint.pt)."),
            click.option("--device", default="auto", show_default=True,
                         help="auto, cpu, cuda or mps."),
            click.option("--threads", type=click.IntRange(1), default=None,
                         help="Processor threads for torch.  [default: torch's own choice]"),
            click.option("--lr", type=click.FloatRange(0, min_open=True), default=2e-3,
                         show_default=True),
            click.option("--batch-scale", type=click.FloatRange(0, min_open=True), default=1.0,
                         show_default=True, help="Multiplies the batch of every group."),
            click.option("--loops", type=click.IntRange(1), default=16, show_default=True,
                         help="Loops of one exported call."),
            click.option("--seed", type=click.IntRange(0), default=0, show_default=True),
            click.option("--name", default=None, help="Name of the model.  [default: RECIPE]"),
            click.option("--promote/--no-promote", default=True, show_default=True,
                         help="Copy into exported/ of the checkout if it scores better."),
            click.option("--dry-run", is_flag=True, help="Print the plan and stop."),
            click.option("--quiet", is_flag=True, help="No progress."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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
    recipe: str, *, out: Path | None, latent: str, resume: bool, init: Path | None, device: str,
    threads: int | None, dry_run: bool, quiet: bool, name: str | None, loops: int, promote: bool,
    time_s: float, lr: float, batch_scale: float, seed: int,
) -> None:  # fmt: skip
    """One training run from start to exported model."""
    try:
        import torch

        from training import device as devices
        from training.loop import Run, TrainConfig, train
        from training.model import ModelConfig
    except ModuleNotFoundError as error:
        raise RuntimeUnavailable(
            f"training needs {error.name}; install vmd-solver[train]"
        ) from error
    if threads:
        torch.set_num_threads(threads)
    folder = out or Path("runs") / f"{recipe}-{latent}"
    config = TrainConfig(recipe, time_s, lr=lr, batch_scale=batch_scale, seed=seed)
    model_config = ModelConfig(latent=latent)  # type: ignore[arg-type]
    run = Run(folder, config, model_config, devices.choose(device))
    _prepare(run, folder, resume, init, dry_run)
    click.echo(_plan(run), err=True)
    if dry_run:
        return
    show = _progress(run.config.time_s, quiet)
    try:
        train(run, show)
    except KeyboardInterrupt:
        click.echo(f"\ninterrupted; saved. Go on with --resume --out {folder}", err=True)
        raise SystemExit(130) from None
    _finish(run, name or recipe, loops, promote)


def _prepare(run: Any, folder: Path, resume: bool, init: Path | None, dry_run: bool) -> None:
    from training import checkpoint

    if resume and init:
        raise click.UsageError("--resume goes on with a run, --init starts one: choose one")
    if resume:
        run.resume()
    elif run.checkpoint_path.exists() and not dry_run:
        raise click.UsageError(f"{folder} holds a run already; use --resume, or another --out")
    if init:
        run.init_from(checkpoint.load(init))


def _plan(run: Any) -> str:
    """What is about to happen, line by line."""
    from training.loop import groups_of
    from training.model import parameter_count

    config, model = run.config, run.model.config
    groups = groups_of(config)
    total = sum(group.weight for group in groups)
    left = max(0.0, config.time_s - run.elapsed_s)
    lines = [
        ("device", f"{run.plan.device}: {run.plan.reason}"),
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
        ("schedule", f"lr {config.lr:g}, flat for half of the time, then a cosine to 1%"),
        ("time", f"{left / 60:.1f} minutes to go, then evaluation and export (about 3 minutes)"),
        ("folder", str(run.folder)),
    ]
    return "\n".join(f"{label:>9}  {text}" for label, text in lines)


def _progress(time_s: float, quiet: bool) -> Callable[[dict[str, Any]], None]:
    """A line for each log row: rewritten in place on a terminal, one after another elsewhere."""
    tty = sys.stderr.isatty()

    def show(row: dict[str, Any]) -> None:
        if quiet:
            return
        left = max(0.0, time_s - row["elapsed_s"])
        head = f"step {row['step']:>6}  {left / 60:5.1f} min left"
        if "solve_rate" in row:
            rates = (f"{name} {list(r.values())[-1]:.2f}" for name, r in row["solve_rate"].items())
            body = f"held out: {', '.join(rates)}; empty 4x4 {row['valid_empty_4x4']:.2f}"
        else:
            parts = (f"{name} {group['loss']:.3f}" for name, group in row["groups"].items())
            body = f"{row['puzzle_calls_a_second']:.0f} calls/s  loss {', '.join(parts)}"
        ends = "solve_rate" in row or not tty
        click.echo(f"\r\033[K{head}  {body}" if tty else f"{head}  {body}", err=True, nl=ends)

    return show


def _finish(run: Any, name: str, loops: int, promote: bool) -> None:
    """Evaluate, report, export, and promote."""
    from training.evaluate import final
    from training.export import export
    from training.loop import groups_of
    from training.report import card, write_report

    click.echo("evaluating", err=True)
    metrics = final(run.ema.cpu(), groups_of(run.config), run.config.seed, loops)
    metrics["run"] = {
        "recipe": run.config.recipe, "latent": run.model.config.latent, "steps": run.step,
        "puzzle_calls": run.puzzle_calls, "minutes": round(run.elapsed_s / 60, 1),
        "seed": run.config.seed,
    }  # fmt: skip
    report = write_report(run, metrics)
    click.echo("exporting", err=True)
    text = card(run, metrics, name, loops)
    folder = export(run.ema, run.folder / "export" / name, name, loops, metrics, text)
    click.echo(f"report: {report}\nmodel: {folder}\nuse it: vmd-solve --model {folder} PUZZLE")
    if promote:
        click.echo(_promote(folder, metrics["score"]))


def _promote(folder: Path, score: float) -> str:
    """Copy the model over the one that ships, if it is better; says what was done."""
    exported = Path(__file__).resolve().parent.parent / "exported"
    if not exported.is_dir():
        return "not promoted: this is no checkout of vmd-solver"
    target = exported / folder.name
    old = -1.0
    if (target / "metrics.json").is_file():
        old = float(json.loads((target / "metrics.json").read_text())["score"])
    if score <= old:
        return f"not promoted: score {score:.4f}, the shipped {folder.name} has {old:.4f}"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    return f"promoted to {target}: score {score:.4f}" + (f" over {old:.4f}" if old >= 0 else "")


def main() -> Never:
    """The script's entry: errors become one line and an exit code."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except VmdError as error:
        click.echo(f"vmd-train: {error}", err=True)
        sys.exit(next(code for kind, code in EXITS if isinstance(error, kind)))
    sys.exit(0)


if __name__ == "__main__":
    main()

"""What commands share: options, and a run as they see it, from its device to its promotion.

Loads no torch by itself: every command is described, and wrong calls are refused, without it.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmd_solver import hub
from vmd_solver.console import ExitCode, narrate
from vmd_solver.errors import ModelError, RuntimeUnavailable
from vmd_training.files import CHECKOUT, copy_folder
from vmd_training.tables import Row

if TYPE_CHECKING:
    from vmd_training.device import Plan

EXPORTED = CHECKOUT / "exported"
"""Folder of the included models, in a checkout."""


def duration(value: str) -> float:
    """The seconds in `90s`, `30m`, `2h`, or plain seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", value.strip())
    if not match or not float(match[1]):
        raise click.BadParameter(f"{value!r} is not a duration; write 90s, 30m or 2h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def file_name(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """A name that can be a folder's."""
    if value is not None and not re.fullmatch(r"\w[\w.-]*", value):
        raise click.BadParameter(f"{value!r} cannot name a folder; use letters, digits, . _ and -")
    return value


def listed(value: str | None, kind: str = "name", known: Collection[str] = ()) -> tuple[str, ...]:
    """The names in a list with commas. Raises BadParameter where one is none of the known ones."""
    names = tuple(name.strip() for name in (value or "").split(",") if name.strip())
    for name in names:
        if known and name not in known:
            raise click.BadParameter(f"no {kind} {name!r}; there are {', '.join(known)}")
    return names


class Existing(click.Path):
    """A folder or a regular file: of a pipe or a device there may be no end."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """The path. Raises BadParameter."""
        path = Path(str(super().convert(value, param, ctx)))
        if not (path.is_dir() or path.is_file()):
            self.fail(f"{str(path)!r} is no regular file.", param, ctx)
        return path


class ModelPath(Existing):
    """The same, or the folder that `hf:owner/name[@revision]` is fetched to."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """The path. Raises BadParameter, and what `hub.folder` raises."""
        if str(value).startswith(hub.PREFIX):
            return hub.folder(str(value), narrate)
        return super().convert(value, param, ctx)


DURATION = click.types.FuncParamType(duration)
FILE = Existing(exists=True, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
EXISTING = Existing(exists=True)
MODEL = ModelPath(exists=True)
MODEL_FOLDER = ModelPath(exists=True, file_okay=False)
EXISTING_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
COUNT = click.IntRange(1)
NUMBER = click.IntRange(0)
AMOUNT = click.FloatRange(0)
POSITIVE = click.FloatRange(0, min_open=True)
PART = click.FloatRange(0, 1, min_open=True, max_open=True)

DEVICE = click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto",
                      help="Where torch runs.")  # fmt: skip
THREADS = click.option(
    "--threads", type=COUNT, help="Processor threads for torch.  [default: torch's own choice]"
)
HELD_OUT = click.option(
    "--held-out", type=PART, default=0.1, help="Share of each file, at its end."
)
QUIET = click.option("--quiet", is_flag=True, help="No progress.")
RUN = (
    click.option("--time", "time_s", type=DURATION, default="30m",
                 help="Time to train in all; the schedule follows it."),
    click.option("--steps", type=COUNT, help="Steps to train in all, in place of a time."),
    click.option("--slice", "slice_s", type=DURATION,
                 help="Stop after this much time here; --resume continues."),
    DEVICE,
    THREADS,
    click.option("--lr", type=POSITIVE, default=2e-3, help="Learning rate, at its highest."),
    click.option("--seed", type=NUMBER, default=0, help="Seed of everything random."),
)  # fmt: skip
"""What every command that trains one run takes."""


def together(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """One decorator for several options, listed in this order."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def stated(option: str) -> bool:
    """Whether the command line itself says it."""
    source = click.get_current_context().get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE


@contextmanager
def needed(what: str, extra: str = "train") -> Iterator[None]:
    """Imports within it that fail become RuntimeUnavailable: `what` is missing, and the extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise RuntimeUnavailable(f"{what} {error.name}; install vmd-solver[{extra}]") from error


@contextmanager
def interruptible(message: str) -> Iterator[None]:
    """Ctrl-C within it ends the command with this message."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"\n{message}", err=True)
        raise SystemExit(ExitCode.INTERRUPTED) from None


def planned(device: str, threads: int | None, assume: bool = False) -> Plan:
    """Where training runs, once torch has this many threads. Raises RuntimeUnavailable."""
    with needed("training needs"):
        import torch

        from vmd_training.device import choose
    if threads:
        torch.set_num_threads(threads)
    return choose(device, assume)


def aligned(lines: Iterable[tuple[str, str]]) -> str:
    """A plan: labels and what they say, line by line."""
    return "\n".join(f"{label:>9}  {text}" for label, text in lines)


def teller(quiet: bool) -> Callable[[str], None]:
    """What writes lines to stderr, or nothing."""
    return lambda line: None if quiet else click.echo(line, err=True)


def show(line: str, stays: bool = False) -> None:
    """A line of progress: on a terminal the next one replaces it, unless it `stays`."""
    tty = sys.stderr.isatty()
    if tty and not stays:  # a line that wraps could not be rewritten
        line = line[: shutil.get_terminal_size().columns - 1]
    click.echo(f"\r\033[K{line}" if tty else line, err=True, nl=stays or not tty)


def progress(quiet: bool, described: Callable[[Row], str]) -> Callable[[Row], None]:
    """Shows each log row as a line. Rows of an evaluation stay: those without a learning rate."""

    def report(row: Row) -> None:
        if not quiet:
            left = f"step {row['step']:>6}  {row['left_s'] / 60:5.1f} min left"
            show(f"{left}  {described(row)}", stays="lr" not in row)

    return report


def to_its_end(run: Any, train: Callable[[], None], again: str, smaller: str) -> bool:
    """Train; whether the run is done and this process is the one to finish it.

    Where it is not done `again`, the command that continues it, is printed. Raises ModelError where
    memory is short, with the option that makes batches `smaller`, and SystemExit after an
    interrupt.
    """
    import torch

    from vmd_training import device

    try:
        with interruptible(f"interrupted and saved; continue with: {again}"):
            train()
    except torch.OutOfMemoryError as error:
        raise ModelError(f"out of memory; resume, or start again, with {smaller}") from error
    finally:
        device.leave()
    leads: bool = run.world.leads
    if run.progress < 1:
        click.echo(f"{run.progress:.0%} done and saved; continue with: {again}", err=not leads)
    return leads and run.progress >= 1


def require_no_run(folder: Path) -> None:
    """Raise UsageError where the folder holds a run."""
    if (folder / "checkpoint.pt").exists():
        raise click.UsageError(f"{folder} holds a run already; use --resume, or another --out")


def saved_state(folder: Path) -> dict[str, Any]:
    """The checkpoint of the run in a folder. Raises UsageError if there is none."""
    from vmd_training import checkpoint

    path = folder / "checkpoint.pt"
    if not path.exists():
        raise click.UsageError(f"no run in {folder}; start one without --resume, or name its --out")
    return checkpoint.load(path)


def promote_better(folder: Path, score: float, scored: Callable[[Path], float]) -> str:
    """Copy the model over the included one of its name, if it is better; returns what was done.

    `scored` gives the score of the included one, on the same puzzles.
    """
    if not EXPORTED.is_dir():
        return "not promoted: this is no checkout of vmd-solver"
    target = EXPORTED / folder.name
    if not target.is_dir():
        return f"not promoted: no model {folder.name} ships, of which it could take the place"
    old = scored(target)
    if score <= old:
        return f"not promoted: score {score:.4f}, more than {old:.4f} is needed"
    copy_folder(folder, target)
    return f"promoted to {target}: score {score:.4f} over {old:.4f}"

"""Options that several commands of vmd-train share, and what their values must be.

Loads no torch: every command is described, and wrong calls are refused, without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from vmd_solver.errors import RuntimeUnavailable

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


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


FOLDER = click.Path(path_type=Path, file_okay=False)
EXISTING = click.Path(path_type=Path, exists=True)
POSITIVE = click.FloatRange(0, min_open=True)

DEVICE = click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto",
    show_default=True, help="Where torch runs.",
)  # fmt: skip
THREADS = click.option(
    "--threads", type=click.IntRange(1), default=None,
    help="Processor threads for torch.  [default: torch's own choice]",
)  # fmt: skip
SEED = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True,
    help="Seed of everything random.",
)  # fmt: skip
LEARNING_RATE = click.option(
    "--lr", type=POSITIVE, default=2e-3, show_default=True, help="Learning rate, at its highest."
)
TIME = click.option(
    "--time", "time_s", default="30m", show_default=True, metavar="DURATION", callback=seconds,
    help="Time to train in all; the schedule follows it.",
)  # fmt: skip
STEPS = click.option(
    "--steps", type=click.IntRange(1), default=None,
    help="Steps to train in all, in place of a time.",
)  # fmt: skip
SLICE = click.option(
    "--slice", "slice_s", default=None, metavar="DURATION", callback=seconds,
    help="Stop after this much time here; --resume continues.",
)  # fmt: skip
RUN = (TIME, STEPS, SLICE, DEVICE, THREADS, LEARNING_RATE, SEED)
"""What every command that trains one run takes."""


def together(*options: Decorator) -> Decorator:
    """One decorator for several options, listed in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@contextmanager
def needed(what: str, extra: str = "train") -> Iterator[None]:
    """Imports within it that fail become RuntimeUnavailable: `what` is missing, and the extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise RuntimeUnavailable(f"{what} {error.name}; install vmd-solver[{extra}]") from error


def stated(option: str) -> bool:
    """Whether the command line itself says it."""
    source = click.get_current_context().get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE

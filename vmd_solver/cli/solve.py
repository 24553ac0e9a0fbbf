"""The command `vmd-solve`: its options. What they need is imported once they are read."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from vmd_solver import __version__, completion
from vmd_solver.console import ExitCode, Narrator, launch, narrate
from vmd_solver.hub import pinned

if TYPE_CHECKING:
    from vmd_solver.batch.request import Asked, Request

_LIMIT = 10_000
_CONTEXT = {"help_option_names": ["-h", "--help"]}
_EPILOG = (
    "Exit codes: 0 all solved and verified, 1 some left unsolved, 2 wrong usage or input, "
    "3 no model or runtime, 4 out of time, 20 proved to have no solution, 130 interrupted."
)


def number(text: str) -> float:
    """A number that is one: neither infinite nor "not a number"."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise click.BadParameter(f"expected a number, got {text!r}")
    return value


_OF_MODEL = ("mode", "model", "device")
"""Options that ask for a model."""
_DASHED = re.compile(r"-[-0-9.]{15,}")
_COUNT = click.IntRange(min=1)
_LATENTS = click.IntRange(1, 4096)
_LIMITS = click.IntRange(1, 10**9)
_LISTED = click.IntRange(1, 1000)
"""Solutions that a search keeps."""
_FORMATS = click.Choice(["pretty", "line", "grid", "csv", "jsonl", "html"])
_COLORS = click.Choice(["auto", "always", "never"])
_DEVICES = click.Choice(["auto", "cpu", "cuda"])


class _Command(click.Command):
    """A command that takes a puzzle for one even if its first cell is open as `-`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(
            ctx, [f" {arg}" if _DASHED.fullmatch(arg) else arg for arg in args]
        )


@click.command("vmd-solve", cls=_Command, epilog=_EPILOG, context_settings=_CONTEXT)
@click.argument("files", nargs=-1, metavar="[FILES|-]", shell_complete=completion.puzzles)
@click.option(
    "-f",
    "--format",
    type=_FORMATS,
    help="Output format. On a terminal pretty, else line, or what the name of --output ends in.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=completion.files,
    help="Write here instead of standard output.",
)
@click.option(
    "--input-format",
    metavar="FORMAT",
    shell_complete=completion.named("vmd_solver.formats.registry:NAMES"),
    help="Format of the input; detected by default.",
)
@click.option(
    "--family",
    default="sudoku",
    metavar="NAME",
    shell_complete=completion.named("vmd_solver.formats:BARE"),
    help="Of puzzles that do not state theirs: sudoku, sudoku-x, windoku or latin.",
)
@click.option(
    "--mode",
    default="guided",
    metavar="MODE",
    shell_complete=completion.setting("mode"),
    help=(
        "guided: the model and a complete search in its order; neural: the model alone; "
        "exact: no model.  [guided; exact where ONNX Runtime is not installed]"
    ),
)
@click.option(
    "--model",
    metavar="NAME|FOLDER|hf:",
    shell_complete=completion.models(),
    help="A shipped model, a folder of vmd-train, or hf:owner/name.",
)
@click.option("--nfe", type=int, help="Most denoiser calls on a puzzle.  [10]")
@click.option(
    "--loops",
    type=int,
    help="Loops of a call: more take longer and solve more, to some 64.  [the model's, 16]",
)
@click.option(
    "--policy",
    metavar="NAME",
    shell_complete=completion.setting("policy"),
    help=(
        "Which cells to commit after a call: threshold, margin, top, entropy, random; or last, "
        "none before the last one.  [threshold; mode neural: last]"
    ),
)
@click.option(
    "--threshold", type=number, help="Probability that --policy threshold commits at.  [0.95]"
)
@click.option(
    "--temperature",
    type=number,
    help="0 commits the likeliest value, above 0 draws from softmax(logits / T).  [0]",
)
@click.option(
    "--latents",
    type=_LATENTS,
    help="Latents drawn in parallel for each puzzle.  [1; mode neural: 4]",
)
@click.option(
    "--z",
    metavar="STEP",
    shell_complete=completion.setting("z"),
    help=(
        "A latent between calls: keep, redraw or refine it.  "
        "[keep; mode neural: redraw, unless --policy or --threshold is given]"
    ),
)
@click.option(
    "--remask",
    metavar="WHICH",
    shell_complete=completion.setting("remask"),
    help=(
        "Mode neural, committed cells to mask again: by rules, by the model's doubt, or none.  "
        "[rules]"
    ),
)
@click.option("--no-remask", "remask", flag_value="none", help="The same as --remask none.")
@click.option(
    "--select",
    metavar="HOW",
    shell_complete=completion.setting("select"),
    help="Mode neural, the answer: the first valid grid, or by margin the surest.  [valid]",
)
@click.option("--unique", is_flag=True, help="Report whether the solution is the only one.")
@click.option("--count", is_flag=True, help="Report the number of solutions.")
@click.option("--limit", type=_LIMITS, help=f"With --count: stop at this many.  [{_LIMIT}]")
@click.option("--all", "most", type=_LISTED, metavar="N", help="List all solutions, at most N.")
@click.option("--explain", is_flag=True, help="Explain how a person would solve it, step by step.")
@click.option("--max-guesses", type=int, help="Most guesses of the search on a puzzle.  [no limit]")
@click.option(
    "--timeout", type=number, metavar="SECONDS", help="Most seconds on a puzzle.  [no limit]"
)
@click.option("--seed", type=click.IntRange(min=0), help="Of everything random.  [0]")
@click.option("--device", type=_DEVICES, default="auto", help="Where the model runs.  [auto]")
@click.option(
    "--threads",
    type=_COUNT,
    help="Most threads of the model, and of the search of many puzzles at a time.",
)
@click.option("--stats", is_flag=True, help="Summarise on standard error.")
@click.option(
    "--jobs", type=_COUNT, help="Worker processes.  [as many as processors, if there is much to do]"
)
@click.option("--ray", metavar="ADDRESS", help="Work on a Ray cluster: host:port, auto or local.")
@click.option("--resume", is_flag=True, help="Continue the --output of a run that was stopped.")
@click.option(
    "--trace",
    metavar="FILE",
    shell_complete=completion.files,
    help="Write every event of the search, as JSON lines.",
)
@click.option("-q", "--quiet", is_flag=True, help="No notes and no progress, errors only.")
@click.option(
    "--color",
    type=_COLORS,
    default="auto",
    help="Colours on a terminal; NO_COLOR turns them off.  [auto]",
)
@click.option(
    "--info", is_flag=True, help="Print versions, model, paths and formats, and how FILES are read."
)
@click.version_option(__version__, message="vmd-solve %(version)s")
@click.pass_context
def command(context: click.Context, /, **options: Any) -> Callable[[], int] | int:
    """Solve constraint puzzles, and verify every solution.

    FILES hold puzzles in any format that --info lists; - is standard input. A puzzle may also be
    given on the command line itself, as one line with . for an open cell, or as a link. Solutions
    go to standard output, everything else to standard error.
    """
    piped = sys.stdin is not None and not sys.stdin.isatty()
    if not (options["files"] or options["info"] or piped):
        click.echo(context.get_help(), err=True)
        return ExitCode.USAGE
    if options["info"]:
        from vmd_solver.cli.info import show

        return partial(show, _request(options))
    default = click.core.ParameterSource.DEFAULT
    if all(context.get_parameter_source(name) is default for name in _OF_MODEL):
        _do_without_model(options)
    from vmd_solver.cli.run import run

    return partial(run, _request(options))


def _do_without_model(options: dict[str, Any]) -> None:
    """Turn to exact mode, with a note, where nobody asked for a model and none can run."""
    from vmd_solver.denoiser.onnx import NOT_INSTALLED, is_installed

    if not is_installed():
        options["mode"] = "exact"
        if not options["quiet"]:
            narrate(f"vmd-solve: {NOT_INSTALLED}; solving without the model, by --mode exact")


def _request(options: dict[str, Any]) -> Request:
    """The options as a request. Raises SearchError and UsageError for contradictions."""
    from vmd_solver.batch.request import Request
    from vmd_solver.sampling import Settings

    asked, most = _asked(options)
    if options["files"].count("-") > 1:
        raise click.UsageError("standard input (-) can be read once only")
    # An option that is not given keeps what is usual for the mode.
    given = {name: value for name, value in options.items() if value is not None}
    stated = {name: given[name] for name in given.keys() & Settings.__dataclass_fields__}
    if "timeout" in given:
        stated["timeout_s"] = given["timeout"]
    same = {name: options[name] for name in options.keys() & Request.__dataclass_fields__}
    same["files"] = options["files"] or ("-",)
    settings = Settings.usual(solutions=most, **stated)
    if settings.mode != "exact":
        same["model"] = pinned(options["model"], Narrator(options["quiet"]).note)
    return Request(settings=settings, asked=asked, **same)


def _asked(options: dict[str, Any]) -> tuple[Asked, int]:
    """What is asked of each puzzle, and the most solutions to look for."""
    if sum(map(bool, (options["unique"], options["count"], options["most"]))) > 1:
        raise click.UsageError("--unique, --count and --all exclude one another")
    if options["limit"] and not options["count"]:
        raise click.UsageError("--limit goes with --count")
    if options["count"]:
        return "count", options["limit"] or _LIMIT
    if options["most"]:
        return "all", options["most"]
    # Some steps argue from uniqueness: find out about it where there is a search that can.
    explained = options["explain"] and options["mode"] != "neural"
    return ("unique", 2) if options["unique"] or explained else ("one", 1)


main = partial(launch, command)
"""The installed script."""

if __name__ == "__main__":
    main()

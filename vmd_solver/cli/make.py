"""The command `vmd-make`: its options. What they need is imported once they are read."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import click

from vmd_solver import __version__, completion
from vmd_solver.console import Narrator, launch
from vmd_solver.hub import pinned

_CONTEXT = {"help_option_names": ["-h", "--help"]}
_EPILOG = (
    "Exit codes: 0 all made, 1 some not found within --tries, 2 wrong usage, "
    "3 no model or runtime, 130 interrupted (what is written is whole)."
)
_COUNT = click.IntRange(1, 1_000_000)
_MODES = click.Choice(["exact", "neural"])
_PER_PAGE = click.IntRange(1, 30)
_SEEDS = 1_000_000_000
"""Seeds that may be drawn: few enough to be typed."""


def box(text: str) -> tuple[int, int]:
    """Rows and columns of a box, as 3x4."""
    rows, _, cols = text.partition("x")
    if not (rows.isdecimal() and cols.isdecimal() and int(rows) and int(cols)):
        raise click.BadParameter(f"expected rows and columns such as 3x4, got {text!r}")
    return int(rows), int(cols)


@click.command("vmd-make", epilog=_EPILOG, context_settings=_CONTEXT)
@click.option(
    "--family",
    default="sudoku",
    metavar="NAME",
    shell_complete=completion.named("vmd_solver.generation:FAMILIES"),
    help=(
        "sudoku, sudoku-x, windoku, latin, jigsaw, jigsaw-x, or of puzzles with rules: killer, "
        "kakuro, thermo, mixed and many more.  [sudoku]"
    ),
)
@click.option("--size", type=int, help="Rows of the board.  [mostly 9, or what --box makes]")
@click.option("--box", type=box, metavar="RxC", help="Boxes of R rows and C columns.")
@click.option(
    "-d",
    "--difficulty",
    metavar="LEVEL",
    shell_complete=completion.named("vmd_solver.techniques:LEVELS"),
    help=(
        "Of the hardest technique needed: easy, medium, hard, expert, extreme, or beyond all of "
        "them."
    ),
)
@click.option(
    "--symmetry",
    default="none",
    metavar="NAME",
    shell_complete=completion.named("vmd_solver.generation:SYMMETRIES"),
    help=(
        "Of the givens: none, half-turn, quarter-turn, left-right, top-bottom, diagonal, "
        "antidiagonal or full.  [none]"
    ),
)
@click.option("--minimal", is_flag=True, help="No clue to spare: each one is needed.")
@click.option("--clues", type=int, default=0, help="Fewest givens to leave.")
@click.option("-n", "--count", type=_COUNT, default=1, help="Puzzles to make.  [1]")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Of everything random.  [another each time, and said]",
)
@click.option("--tries", type=_COUNT, default=200, help="Most grids dug for one puzzle.  [200]")
@click.option(
    "--mode",
    type=_MODES,
    default="exact",
    help="Where full grids come from: search, or the model, from an empty board.  [exact]",
)
@click.option(
    "--model",
    metavar="NAME|FOLDER|hf:",
    shell_complete=completion.models(),
    help="With --mode neural: which one.",
)
@click.option("--latents", type=click.IntRange(1, 4096), default=1, help="With --mode neural.  [1]")
@click.option("--nfe", type=_COUNT, default=10, help="Most denoiser calls on a grid.  [10]")
@click.option(
    "-f",
    "--format",
    metavar="FORMAT",
    shell_complete=completion.named("vmd_solver.cli.making:NAMES"),
    help="Any format that holds the family (vmd-solve --info), or html, pdf or svg.  [line or vmd]",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=completion.files,
    help="Write here instead of standard output.",
)
@click.option(
    "--per-page", type=_PER_PAGE, default=4, help="Puzzles on a sheet of html or pdf.  [4]"
)
@click.option("--solutions", is_flag=True, help="With html, pdf and svg: solutions at the end.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, help="Worker processes.  [1]")
@click.option("--stats", is_flag=True, help="Summarise on standard error.")
@click.option("-q", "--quiet", is_flag=True, help="No notes and no progress, errors only.")
@click.version_option(__version__, message="vmd-make %(version)s")
@click.pass_context
def command(context: click.Context, /, **options: Any) -> Callable[[], int]:
    """Make puzzles with one solution each.

    The same options and --seed make the same puzzles on every machine; with --mode neural, up to
    rounding in the network. Puzzles go to standard output, everything else to standard error.
    """
    from vmd_solver.cli.making import PAGES, MakeRequest, run
    from vmd_solver.formats.boards import BARE
    from vmd_solver.generation import PuzzleSpec, usual_size

    if options["size"] is None:
        options["size"] = prod(options["box"] or (usual_size(options["family"]),))
    usual = "line" if options["family"] in BARE else "vmd"
    options["format"] = options["format"] or usual
    for name in ("model", "latents", "nfe") if options["mode"] == "exact" else ():
        if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            raise click.UsageError(f"--{name} goes with --mode neural")
    if options["solutions"] and options["format"] not in PAGES:
        raise click.UsageError("--solutions goes with --format html, pdf or svg")
    options["level"] = options["difficulty"]
    options["model"] = pinned(options["model"], Narrator(options["quiet"]).note)
    if options["seed"] is None:
        options |= {"seed": secrets.randbelow(_SEEDS), "drawn": True}
    of_spec, of_request = (
        {name: options[name] for name in options.keys() & kind.__dataclass_fields__}
        for kind in (PuzzleSpec, MakeRequest)
    )
    return partial(run, MakeRequest(PuzzleSpec(**of_spec), **of_request))


main = partial(launch, command)
"""The installed script."""

if __name__ == "__main__":
    main()

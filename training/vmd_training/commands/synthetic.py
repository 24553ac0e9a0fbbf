"""`vmd-train synthetic`: the papers' studies on data whose joint is known."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmd_solver import __version__
from vmd_training.options import needed

if TYPE_CHECKING:
    from vmd_training.synthetic.studies import Bench

STUDIES = ("two", "four", "blocks", "draws", "toy2d")
"""The names in `vmd_training.synthetic.studies`, known here without loading torch."""


@click.command()
@click.option(
    "--study",
    type=click.Choice([*STUDIES, "all"]),
    default="all",
    show_default=True,
    help="Two tokens, four tokens, four in blocks and with remasking, four with one draw of z, or"
    " points of the plane.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs/synthetic"),
    show_default=True,
    help="Folder for results.json, report.md and the figures.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
              help="Seed of everything random; models of one kind count up from it.")  # fmt: skip
@click.option("--steps", type=click.IntRange(1), default=None,
              help="Training steps of a model; the toys of the plane take three times as many."
              "  [default: 1000, with --quick 60]")  # fmt: skip
@click.option("--quick", is_flag=True,
              help="A minute for everything: too little for the models to learn.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress.")
def command(study: str, out: Path, seed: int, steps: int | None, quick: bool, quiet: bool) -> None:
    """Masked diffusion with and without latent, where the truth is known (minutes, one core).

    KL between the true joint and what is sampled, from independent to deterministic tokens.
    """
    with needed("the studies need"):
        from vmd_training.synthetic import report
        from vmd_training.tables import write_json
    out.mkdir(parents=True, exist_ok=True)  # before minutes are spent
    chosen = STUDIES if study == "all" else (study,)
    bench, used_s = _run(chosen, seed, steps, quick, quiet)
    facts = _facts(bench, used_s)
    pictures = report.save(bench.results, chosen, out)
    written = report.tables(bench.results, chosen)
    (out / "report.md").write_text(report.page(written, facts, pictures), "utf-8")
    write_json(out / "results.json", report.document(bench.results, facts), allow_nan=True)
    click.echo(f"{written}\nreport: {out / 'report.md'}\nfigures as data: {out / 'results.json'}")


def _run(
    chosen: tuple[str, ...], seed: int, steps: int | None, quick: bool, quiet: bool
) -> tuple[Bench, dict[str, float]]:
    """Everything measured, and the processor seconds of each study."""
    import torch

    from vmd_training.synthetic.studies import KNOWN, QUICK, Bench, Effort

    torch.set_num_threads(1)  # the tensors are small, and figures are the same on any machine
    effort = QUICK if quick else Effort()
    bench = Bench(replace(effort, steps=steps or effort.steps), seed, _progress(quiet))
    used_s = {}
    for name in chosen:
        started = time.process_time()
        KNOWN[name](bench)
        used_s[name] = round(time.process_time() - started, 1)
    return bench, used_s


def _progress(quiet: bool) -> Callable[[str], None]:
    """Lines on stderr, or nothing."""
    return lambda line: None if quiet else click.echo(line, err=True)


def _facts(bench: Bench, used_s: dict[str, float]) -> dict[str, Any]:
    """What the run was."""
    import torch

    return {
        "seed": bench.seed,
        **asdict(bench.effort),
        "processor_seconds": used_s,
        "machine": platform.processor() or platform.machine(),
        "torch": torch.__version__,
        "version": __version__,
    }

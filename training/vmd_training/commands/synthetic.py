"""`vmd-train synthetic`: the papers' studies on data whose joint is known."""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, replace
from pathlib import Path

import click

from vmd_solver import __version__
from vmd_training.session import COUNT, FOLDER, NUMBER, QUIET, needed, teller

STUDIES = ("two", "four", "blocks", "draws", "toy2d")
"""The names in `vmd_training.synthetic.studies`, known here without loading torch."""


@click.command()
@click.option("--study", type=click.Choice([*STUDIES, "all"]), default="all",
              help="Two tokens, four tokens, four in blocks and with remasking, four with one draw"
              " of z, or points of the plane.")  # fmt: skip
@click.option("--out", type=FOLDER, default=Path("runs/synthetic"),
              help="Folder for results.json, report.md and the figures.")  # fmt: skip
@click.option("--seed", type=NUMBER, default=0,
              help="Seed of everything random; models of one kind count up from it.")  # fmt: skip
@click.option("--steps", type=COUNT,
              help="Training steps of a model; the toys of the plane take three times as many."
              "  [default: 1000, with --quick 60]")  # fmt: skip
@click.option("--quick", is_flag=True,
              help="A minute for everything: too little for the models to learn.")  # fmt: skip
@QUIET
def command(study: str, out: Path, seed: int, steps: int | None, quick: bool, quiet: bool) -> None:
    """Masked diffusion with and without latent, where the truth is known (minutes, one core).

    KL between the true joint and what is sampled, from independent to deterministic tokens.
    """
    with needed("the studies need"):
        import torch

        from vmd_training.synthetic import report
        from vmd_training.synthetic.studies import KNOWN, QUICK, Bench, Effort
    out.mkdir(parents=True, exist_ok=True)  # before minutes are spent
    torch.set_num_threads(1)  # the tensors are small, and figures are the same on any machine
    chosen = STUDIES if study == "all" else (study,)
    effort = QUICK if quick else Effort()
    bench = Bench(replace(effort, steps=steps or effort.steps), seed, teller(quiet))
    used_s = {}
    for name in chosen:
        started = time.process_time()
        KNOWN[name](bench)
        used_s[name] = round(time.process_time() - started, 1)
    facts = {
        "seed": seed,
        **asdict(bench.effort),
        "processor_seconds": used_s,
        "machine": platform.processor() or platform.machine(),
        "torch": torch.__version__,
        "version": __version__,
    }
    written = report.write(bench.results, chosen, out, facts)
    click.echo(f"{written}\nreport: {out / 'report.md'}\nfigures as data: {out / 'results.json'}")

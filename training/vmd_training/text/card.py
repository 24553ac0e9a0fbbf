"""Figures of a trained model of text, and its card."""

from __future__ import annotations

from dataclasses import asdict

import torch

from vmd_solver.text.alphabet import Alphabet
from vmd_training.model import parameter_count
from vmd_training.tables import Cell, Row, markdown, number, rows_table, text
from vmd_training.text import bound
from vmd_training.text.corpus import Corpus
from vmd_training.text.loop import BLOCK, TextRun
from vmd_training.text.model import TextVMD

ROWS = 64
"""Windows of held-out text behind every bound."""
CALLS = (1, 2, 4, 8, 16)
"""Calls a block, as far as a block has this many tokens."""
PRIOR_DRAWS = 4
"""Draws of z from the prior for the bound that uses them."""


def figures(run: TextRun, corpus: Corpus, alphabet: Alphabet) -> Row:
    """What goes into metrics.json: the run, and bounds on held-out text."""
    L = BLOCK if run.model.config.length % BLOCK == 0 else run.model.config.length
    bounds = measured(run.ema.cpu(), corpus, alphabet, (L,), run.config.seed)
    return {
        "score": round(1 / min(row["bits"] for row in bounds), 4),
        "bounds": bounds,
        "run": {
            "corpus": list(run.config.corpus),
            "latent": run.model.config.latent,
            **({"prior": run.model.config.prior} if run.model.prior is not None else {}),
            "steps": run.step,
            "characters": run.puzzle_calls * run.model.config.length,
            "minutes": round(run.elapsed_s / 60, 1),
            "seed": run.config.seed,
        },
    }


def measured(
    model: TextVMD, corpus: Corpus, alphabet: Alphabet, lengths: tuple[int, ...], seed: int,
    rows: int = ROWS,
) -> list[Row]:  # fmt: skip
    """Bounds by block length and calls a block, in bits a character; with a latent also what is
    left of them when z comes from the prior, and when rows read each other's z."""
    windows = corpus.held_out_windows(rows, model.config.length)
    characters = len(alphabet.decode(windows.ravel()))
    x0 = torch.from_numpy(windows)
    found = []
    for L in lengths:
        for calls in (calls for calls in CALLS if L % calls == 0):
            setting = (model, x0, characters, L, calls, seed)
            encoded = bound.measure(*setting)
            row: Row = {"block": L, "calls": calls}
            if model.encoder is not None:
                row["encoder"] = asdict(encoded)
                row["prior"] = bound.measure(*setting, prior_draws=PRIOR_DRAWS).total
                if calls == 1:
                    row["shuffled"] = bound.measure(*setting, shuffle=True).cross_entropy
            row["bits"] = min(encoded.total, row.get("prior", encoded.total))
            found.append(row)
    return found


def bounds_table(rows: list[Row]) -> str:
    """Markdown of `measured`."""
    columns: dict[str, Cell] = {
        "block": text("block"),
        "calls": text("calls"),
        "bits a character": number("bits", ".3f"),
    }
    if any("encoder" in row for row in rows):
        columns["z encoded: cross-entropy + KL"] = lambda row: (
            f"{row['encoder']['cross_entropy']:.3f} + {row['encoder']['kl']:.3f}"
        )
        columns["z from the prior"] = number("prior", ".3f")
    return rows_table(columns, rows)


def card(run: TextRun, metrics: Row, name: str) -> str:
    """README.md of an exported model."""
    config, model = run.config, run.model.config
    corpus = ", ".join(config.corpus)
    latent = f"one for each block, k = {model.k}, {model.prior} prior"
    facts = [
        ("trained on", f"{corpus}, but for the last {config.held_out:.0%} of each"),
        ("latent", latent if model.latent != "none" else "none (MDM)"),
        ("parameters", f"{parameter_count(run.model):,}"),
        ("window", f"{model.length} tokens; blocks of {', '.join(map(str, config.block_lengths))}"),
        ("beta", f"{config.beta:g} in the end"),
        ("device", f"{run.plan.device} ({run.plan.reason})"),
        ("time", f"{run.elapsed_s / 60:.1f} minutes"),
        ("steps", f"{run.step:,} of {config.rows} windows"),
        ("seed", str(config.seed)),
    ]
    return f"""# {name}

A block diffusion model of text, trained with `vmd-train text --latent {model.latent}` and run by
`vmd-text`. Its method, inputs and outputs are described in docs/TEXT.md of vmd-solver.

{markdown(("what", "value"), facts)}

## Measured

Held-out text, {ROWS} windows of {model.length} tokens: bounds in bits a character on samplers that
make this many calls a block.

{bounds_table(metrics["bounds"])}

## Use and limits

It has seen {metrics["run"]["characters"]:,} characters, with repetition, of the texts named above,
and writes in their manner. It knows no facts, and what it writes means nothing.
"""

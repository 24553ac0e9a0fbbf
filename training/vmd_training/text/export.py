"""From a trained model of text to the folder that `vmd_solver.text` loads: figures, card, files.

The folder is as that of the grids. Nothing is left behind unless ONNX Runtime agrees with torch:
every parity case goes block by block, with the keys and values of finished blocks handed on, and is
compared with the one pass over all blocks that training makes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from vmd_solver.text.alphabet import Alphabet
from vmd_solver.text.denoiser import CONTRACT, OnnxText, TextManifest
from vmd_training.export import Differences, write_model
from vmd_training.model import parameter_count
from vmd_training.tables import Row, markdown
from vmd_training.text.bound import ROWS, bounds, bounds_table
from vmd_training.text.corpus import Corpus
from vmd_training.text.graphs import build
from vmd_training.text.loop import BLOCK, TextRun
from vmd_training.text.model import TextVMD, masked_blocks

TOLERANCE = 1e-3
"""Largest difference between torch and ONNX Runtime, in nats of a logit or units of z."""
PARITY_CASES = ((1, 1), (2, 4), (3, 2))
"""Rows and blocks."""
OUTPUTS = ("logits", "encoder.mean", "encoder.log_var", "prior.mean", "prior.log_var")


def figures(run: TextRun, corpus: Corpus, alphabet: Alphabet) -> Row:
    """What goes into metrics.json: the run, and bounds on held-out text."""
    config = run.model.config
    L = BLOCK if config.length % BLOCK == 0 else config.length
    found = bounds(run.ema.cpu(), corpus, alphabet, (L,), run.config.seed)
    return {
        "score": round(1 / min(row["bits"] for row in found), 4),
        "bounds": found,
        "run": {
            "corpus": list(run.config.corpus),
            "latent": config.latent,
            **({"prior": config.prior} if run.model.prior is not None else {}),
            "steps": run.step,
            "characters": run.puzzle_calls * config.length,
            "minutes": round(run.elapsed_s / 60, 1),
            "seed": run.config.seed,
        },
    }


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


def export(
    model: TextVMD, folder: Path, name: str, alphabet: Alphabet, metrics: dict[str, Any], card: str
) -> Path:
    """Write a model of text to `folder`, as `write_model` does.

    Raises ModelError where ONNX Runtime and torch disagree by more than TOLERANCE.
    """
    config = model.config
    manifest = TextManifest(
        CONTRACT, name, config.latent, config.k, config.d, config.heads, config.layers,
        config.length, config.vocabulary,
    )  # fmt: skip
    described = {"alphabet": alphabet.to_config()}
    return write_model(model, folder, manifest, described, build, parity, metrics, card)


@torch.no_grad()
def parity(model: TextVMD, folder: Path) -> dict[str, float]:
    """Largest absolute differences between torch, all blocks at once, and ONNX Runtime, block by
    block. Raises ModelError where one is above TOLERANCE."""
    onnx_model = OnnxText(folder, "cpu", torch.get_num_threads())
    found = Differences()
    for B, b in PARITY_CASES:
        L = max(1, model.config.length // (2 * b))
        rng = torch.Generator().manual_seed(B)
        x0 = torch.randint(1, model.config.vocabulary + 1, (B, b, L), generator=rng)
        z = torch.randn(B, b, model.config.k, generator=rng)
        x_t = masked_blocks(x0, 0.3, rng)
        seen, memory = model.seen(x0), onnx_model.begin(B)
        want = [model.denoiser(x_t, z, seen)]
        if model.encoder is not None and model.prior is not None:
            want += [*model.encoder(x_t, seen, x0), *model.prior(x_t, seen)]
        for block in range(b):
            now, then = x_t[:, block].numpy(), x0[:, block].numpy()
            have = [onnx_model(now, z[:, block].numpy(), memory)]
            if model.encoder is not None:
                have += [*onnx_model.encode(then, now, memory), *onnx_model.prior(now, memory)]
            for label, one, other in zip(OUTPUTS, want, have, strict=False):
                found.add(label, one[:, block], other)
            memory = onnx_model.finish(then, memory)
    return found.within(TOLERANCE)

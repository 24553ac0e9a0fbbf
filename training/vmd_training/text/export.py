"""From a trained model of text to the folder that `vmd_solver.text` loads.

The folder is as that of the grids. Nothing is left behind unless ONNX Runtime agrees with torch:
every parity case goes block by block, with the keys and values of finished blocks handed on, and is
compared with the one pass over all blocks that training makes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vmd_solver.errors import ModelError
from vmd_solver.text.alphabet import Alphabet
from vmd_solver.text.denoiser import CONTRACT, OnnxText, TextManifest
from vmd_training.export import write_model
from vmd_training.text.graphs import build
from vmd_training.text.model import Seen, TextVMD, masked_blocks

TOLERANCE = 1e-3
"""Largest difference between torch and ONNX Runtime, in nats of a logit or units of z."""
PARITY_CASES = ((1, 1), (2, 4), (3, 2))
"""Rows and blocks."""


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


def parity(model: TextVMD, folder: Path) -> dict[str, float]:
    """Largest absolute differences between torch, all blocks at once, and ONNX Runtime, block by
    block. Raises ModelError where one is above TOLERANCE."""
    onnx_model = OnnxText(folder, "cpu", torch.get_num_threads())
    worst: dict[str, float] = {}
    for B, b in PARITY_CASES:
        L = max(1, model.config.length // (2 * b))
        x0, x_t, z = example(model, B, b, L)
        memory = onnx_model.begin(B)
        want = expected(model, x0, x_t, z)
        for block in range(b):
            now, then = x_t[:, block].numpy(), x0[:, block].numpy()
            have = {"logits": onnx_model(now, z[:, block].numpy(), memory)}
            if model.encoder is not None:
                for role, gaussian in (
                    ("encoder", onnx_model.encode(then, now, memory)),
                    ("prior", onnx_model.prior(now, memory)),
                ):
                    have[f"{role}.mean"], have[f"{role}.log_var"] = gaussian
            for label, array in have.items():
                away = float(np.abs(array - want[label][:, block].numpy()).max())
                worst[label] = max(worst.get(label, 0.0), away)
            memory = onnx_model.finish(then, memory)
    if max(worst.values()) > TOLERANCE:
        raise ModelError(f"ONNX Runtime and torch disagree: {worst}; not exported")
    return worst


def example(model: TextVMD, B: int, b: int, L: int) -> tuple[Tensor, Tensor, Tensor]:
    """Random x0 and x_t (B, b, L) and z (B, b, k)."""
    rng = torch.Generator().manual_seed(B)
    x0 = torch.randint(1, model.config.vocabulary + 1, (B, b, L), generator=rng)
    z = torch.randn(B, b, model.config.k, generator=rng)
    return x0, masked_blocks(x0, 0.3, rng), z


@torch.no_grad()
def expected(model: TextVMD, x0: Tensor, x_t: Tensor, z: Tensor) -> dict[str, Tensor]:
    """What the graphs must answer, for all blocks (B, b, ...)."""
    seen: Seen = model.seen(x0)
    want = {"logits": model.denoiser(x_t, z, seen)}
    if model.encoder is not None and model.prior is not None:
        for role, gaussian in (
            ("encoder", model.encoder(x_t, seen, x0)),
            ("prior", model.prior(x_t, seen)),
        ):
            want[f"{role}.mean"], want[f"{role}.log_var"] = gaussian
    return want

"""From a trained model of text to the folder that `vmd_solver.text` loads.

The folder is as that of the grids. Nothing is left behind unless ONNX Runtime agrees with torch:
every parity case goes block by block, with the keys and values of finished blocks handed on, and is
compared with the one pass over all blocks that training makes.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors.torch import save_file
from torch import Tensor

from vmd_solver.errors import ModelError
from vmd_solver.text.alphabet import Alphabet
from vmd_solver.text.denoiser import OnnxText
from vmd_solver.text.manifest import CONTRACT, TextManifest
from vmd_training.export import write_digests
from vmd_training.model import parameter_count
from vmd_training.text.graphs import build
from vmd_training.text.model import Seen, TextVMD, masked_blocks

TOLERANCE = 1e-3
"""Largest difference between torch and ONNX Runtime, in nats of a logit or units of z."""
PARITY_CASES = ((1, 1), (2, 4), (3, 2))
"""Rows and blocks."""


def export(
    model: TextVMD, folder: Path, name: str, alphabet: Alphabet, metrics: dict[str, Any], card: str
) -> Path:
    """Write the model to `folder`, which is replaced only once everything in it was checked.

    Raises ModelError where ONNX Runtime and torch disagree by more than TOLERANCE.
    """
    model = model.cpu().eval()
    folder.parent.mkdir(parents=True, exist_ok=True)
    config = model.config
    manifest = TextManifest(
        CONTRACT, name, config.latent, config.k, config.d, config.heads, config.layers,
        config.length, config.vocabulary,
    )  # fmt: skip
    described = {
        **manifest.to_config(),
        "alphabet": alphabet.to_config(),
        "model": config.to_dict(),
        "parameters": parameter_count(model),
    }
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        target = Path(temporary) / folder.name
        target.mkdir()
        for role in ("denoiser", *(("encoder", "prior") if config.latent != "none" else ())):
            graph = build(model, role)
            for key, value in manifest.to_metadata(role).items():
                graph.metadata_props.add(key=key, value=value)
            onnx.save_model(graph, target / f"{role}.onnx")
        weights = {key: value.contiguous() for key, value in model.state_dict().items()}
        save_file(weights, target / "weights.safetensors")
        (target / "weights.safetensors").chmod(0o644)  # it comes out readable to its owner only
        (target / "config.json").write_text(json.dumps(described, indent=2) + "\n", "utf-8")
        write_digests(target)
        metrics = {**metrics, "parity": parity(model, target)}
        (target / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", "utf-8")
        (target / "README.md").write_text(card, "utf-8")
        write_digests(target)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(target, folder)
    return folder


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

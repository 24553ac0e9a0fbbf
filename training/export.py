"""From a checkpoint to the folder that `vmd_solver` loads: ONNX files, weights, card, digests.

Each file is self-contained (no external data, no source paths), takes any batch, board and alphabet
size, and says in its metadata what it is: `vmd.*` keys must be understood by whoever loads it,
`vmd.info.*` keys may be ignored. Nothing is left behind unless ONNX Runtime agrees with torch.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.export import Dim

from training.evaluate import grid_of
from training.model import VMD, Gaussian, Grid, parameter_count
from vmd_solver.csp import Board
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser.manifest import CONTRACT, Manifest
from vmd_solver.errors import ModelError

OPSET = 20
LOGIT_TOLERANCE = 2e-3
"""Largest difference of a logit between torch and ONNX Runtime, in nats, after one call."""
PARITY_BATCHES = (1, 2, 7, 64)
PARITY_BOARDS: tuple[Callable[[], Board], ...] = (
    lambda: sudoku(2, 2),
    lambda: sudoku(3, 3),
    lambda: sudoku(4, 4),
)


class DenoiserCall(nn.Module):
    """One call: grid, z and h in; logits (B, n, D) and the new h out."""

    def __init__(self, model: VMD, loops: int) -> None:
        super().__init__()
        self.model, self.loops = model, loops

    def forward(
        self, x_t: Tensor, allowed: Tensor, units: Tensor, complete: Tensor, h: Tensor, z: Tensor
    ) -> tuple[Tensor, Tensor]:
        grid = Grid(x_t, allowed, units, complete)
        logits, h = self.model.denoiser(grid, self.model.spread(z, grid), h, self.loops)
        return logits[-1], h


class PlainCall(DenoiserCall):
    """The same without a latent: no z among the inputs."""

    def forward(  # type: ignore[override]
        self, x_t: Tensor, allowed: Tensor, units: Tensor, complete: Tensor, h: Tensor
    ) -> tuple[Tensor, Tensor]:
        grid = Grid(x_t, allowed, units, complete)
        logits, h = self.model.denoiser(grid, allowed.new_zeros(0), h, self.loops)
        return logits[-1], h


class EncoderCall(nn.Module):
    """q(z | x0, x_t): mean and log variance."""

    def __init__(self, model: VMD) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, x_t: Tensor, allowed: Tensor, units: Tensor, complete: Tensor, x0: Tensor
    ) -> Gaussian:
        assert self.model.encoder is not None
        result: Gaussian = self.model.encoder(Grid(x_t, allowed, units, complete), x0)
        return result


class PriorCall(nn.Module):
    """p(z | x_t): mean and log variance."""

    def __init__(self, model: VMD) -> None:
        super().__init__()
        self.model = model

    def forward(self, x_t: Tensor, allowed: Tensor, units: Tensor, complete: Tensor) -> Gaussian:
        assert self.model.prior is not None
        result: Gaussian = self.model.prior(Grid(x_t, allowed, units, complete))
        return result


def example(model: VMD, board: Board, B: int, seed: int) -> dict[str, Tensor]:
    """Random but sensible inputs by name: some cells given, the rest masked, z and h drawn."""
    rng = torch.Generator().manual_seed(seed)
    x0 = torch.randint(1, board.D + 1, (B, board.n), generator=rng)
    x_t = torch.where(torch.rand(B, board.n, generator=rng) < 0.3, x0, 0)
    grid = grid_of(x_t, board.incidence, board.complete, board.D, torch.device("cpu"))
    return {
        "x_t": x_t,
        "allowed": grid.allowed,
        "units": grid.units.expand(B, -1, -1).contiguous(),
        "complete": grid.complete.expand(B, -1).contiguous(),
        "h": model.start(grid),
        "z": torch.randn(model.z_shape(B, board.n, board.D), generator=rng),
        "x0": x0,
    }


def _graphs(model: VMD, loops: int) -> dict[str, tuple[nn.Module, list[str], list[str]]]:
    """What is exported under which name, with the names of inputs and outputs."""
    grid = ["x_t", "allowed", "units", "complete"]
    if model.config.latent == "none":
        return {"denoiser": (PlainCall(model, loops), [*grid, "h"], ["logits", "h_out"])}
    return {
        "denoiser": (DenoiserCall(model, loops), [*grid, "h", "z"], ["logits", "h_out"]),
        "encoder": (EncoderCall(model), [*grid, "x0"], ["mean", "log_var"]),
        "prior": (PriorCall(model), grid, ["mean", "log_var"]),
    }


def _dynamic(model: VMD) -> dict[str, dict[int, Any]]:
    B, n, D, U = (Dim(name, min=1) for name in ("B", "n", "D", "U"))
    candidate = {0: B, 1: n, 2: D}
    return {
        "x_t": {0: B, 1: n},
        "allowed": candidate,
        "units": {0: B, 1: U, 2: n},
        "complete": {0: B, 1: U},
        "h": candidate,
        "z": candidate if model.config.latent == "candidate" else {0: B},
        "x0": {0: B, 1: n},
    }


def _to_onnx(
    module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], dynamic: dict[str, Any]
) -> onnx.ModelProto:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(),
            tuple(inputs.values()),
            input_names=list(inputs),
            output_names=outputs,
            dynamic_shapes=tuple(dynamic[name] for name in inputs),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


def strip(model: onnx.ModelProto) -> None:
    """Remove what the exporter notes about the machine: source paths, stack traces, doc strings."""
    del model.metadata_props[:]
    model.doc_string = ""
    graphs = [model.graph, *model.functions]
    for graph in graphs:
        graph.doc_string = ""
        del graph.metadata_props[:]
        for node in graph.node:
            node.doc_string = ""
            del node.metadata_props[:]
        for value in (*getattr(graph, "value_info", ()), *getattr(graph, "input", ())):
            if not isinstance(value, str):
                value.doc_string = ""
                del value.metadata_props[:]


def export(
    model: VMD, folder: Path, name: str, loops: int, metrics: dict[str, Any], card: str
) -> Path:
    """Write the model to `folder`, which is replaced only once everything in it was checked.

    Raises ModelError where ONNX Runtime and torch disagree by more than LOGIT_TOLERANCE.
    """
    model = model.cpu().eval()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        target = Path(temporary) / folder.name
        target.mkdir()
        manifest = Manifest(
            contract=CONTRACT,
            name=name,
            latent=model.config.latent,
            k=model.config.k,
            patterns=model.config.patterns,
            d=model.config.d,
            loops=loops,
        )
        write_graphs(model, target, manifest)
        metrics = {**metrics, "parity": parity(model, target, loops)}
        config = {**manifest.to_config(), "model": model.config.to_dict()}
        config["parameters"] = parameter_count(model)
        save_file(
            {key: value.contiguous() for key, value in model.state_dict().items()},
            target / "weights.safetensors",
        )
        (target / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        (target / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
        (target / "README.md").write_text(card)
        write_digests(target)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(target, folder)
    return folder


def write_graphs(model: VMD, folder: Path, manifest: Manifest) -> None:
    """denoiser.onnx, and encoder.onnx and prior.onnx where there is a latent."""
    inputs = example(model, sudoku(2, 3), 3, seed=0)
    dynamic = _dynamic(model)
    for role, (module, names, outputs) in _graphs(model, manifest.loops).items():
        proto = _to_onnx(module, {name: inputs[name] for name in names}, outputs, dynamic)
        strip(proto)
        for key, value in manifest.to_metadata(role).items():
            proto.metadata_props.add(key=key, value=value)
        onnx.checker.check_model(proto)
        onnx.save_model(proto, folder / f"{role}.onnx")


def write_digests(folder: Path) -> None:
    """SHA256SUMS over every other file, as `sha256sum -c` reads it."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


def parity(model: VMD, folder: Path, loops: int) -> dict[str, float]:
    """Largest absolute differences between torch and ONNX Runtime over boards and batches.

    Raises ModelError where a logit differs by more than LOGIT_TOLERANCE, or an argmax differs at
    all where the two best logits are further apart than that.
    """
    import onnxruntime

    worst: dict[str, float] = {}
    for role, (module, names, outputs) in _graphs(model, loops).items():
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            folder / f"{role}.onnx", options, providers=["CPUExecutionProvider"]
        )
        for board in (make() for make in PARITY_BOARDS):
            for B in PARITY_BATCHES:
                inputs = example(model, board, B, seed=B)
                feed = {name: inputs[name] for name in names}
                with torch.no_grad():
                    expected = module(*feed.values())
                got = session.run(outputs, {name: value.numpy() for name, value in feed.items()})
                for output, want, have in zip(outputs, expected, got, strict=True):
                    error = float(np.abs(want.numpy() - have).max())
                    label = f"{role}.{output}"
                    worst[label] = max(worst.get(label, 0.0), error)
                if role == "denoiser":
                    _same_choice(expected[0].numpy(), got[0])
    if max(worst.values()) > LOGIT_TOLERANCE:
        raise ModelError(f"ONNX Runtime and torch disagree: {worst}; not exported")
    return worst


def _same_choice(expected: np.ndarray, got: np.ndarray) -> None:
    """Both must choose the same value wherever the choice is further apart than the tolerance."""
    best = np.sort(expected, axis=-1)
    clear = best[..., -1] - best[..., -2] > 2 * LOGIT_TOLERANCE
    if (expected.argmax(-1) != got.argmax(-1))[clear].any():
        raise ModelError("ONNX Runtime and torch choose different values; not exported")

"""From a trained model to the folder that `vmd_solver` loads: ONNX files, weights, card, digests.

Each ONNX file is self-contained, takes any batch and board, and says in its metadata what it is:
`vmd.*` keys must be understood by whoever loads it, `vmd.info.*` keys may be ignored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors.torch import save
from torch import Tensor

from vmd_solver.csp import Board, rules
from vmd_solver.csp.families import sudoku, with_rules
from vmd_solver.denoiser.manifest import CONTRACT, UNLISTED, Manifest
from vmd_solver.denoiser.onnx import runtime
from vmd_solver.denoiser.protocol import Floats
from vmd_solver.denoiser.rules import NO_RULES, padded
from vmd_solver.errors import ModelError
from vmd_training import card as cards
from vmd_training.evaluate import grid_on
from vmd_training.files import replacing_folder
from vmd_training.graph import CandidateGraph, Grid, Lists
from vmd_training.graphs import build
from vmd_training.model import VMD, parameter_count
from vmd_training.tables import Row

LOGIT_TOLERANCE = 5e-3
"""Largest difference of a logit between torch and ONNX Runtime, in nats, after PARITY_LOOPS."""
PARITY_LOOPS = 4
"""One body serves all loops. On grids that contradict themselves, as random ones do, the rounding
of the first loops grows with every further one, whoever computes them."""
PARITY_BATCHES = (1, 2, 7, 64)
PARITY_RULES = (
    rules.Killer(7, (0, 1, 4)),
    rules.Greater((2, 3)),
    rules.Greater((6, 3)),
    rules.Thermo((8, 9, 10)),
    rules.Skyscraper(2, (12, 13, 14, 15)),
    rules.Sandwich(2, (15, 11, 7, 3)),
)
"""Of a 4x4 Sudoku: relations, and automata of three lengths."""
PARITY_BOARDS: tuple[Callable[[], Board], ...] = (
    *(partial(sudoku, b, b) for b in (2, 3, 4)),
    lambda: with_rules(sudoku(2, 2), PARITY_RULES),
)


def roles(model: Any) -> tuple[str, ...]:
    """The graphs that a model consists of."""
    return ("denoiser",) if model.config.latent == "none" else ("denoiser", "encoder", "prior")


def export(model: VMD, folder: Path, name: str, loops: int, metrics: dict[str, Any]) -> Path:
    """Write a model of puzzles to `folder`, as `write_model` does. Raises ModelError."""
    config = model.config
    manifest = Manifest(
        contract=CONTRACT, name=name, latent=config.latent, k=config.k, patterns=config.patterns,
        d=config.d, loops=loops, links=config.links,
    )  # fmt: skip
    return write_model(model, folder, manifest, {}, build, parity, metrics, cards.card)


def write_model(
    model: Any, folder: Path, manifest: Any, described: dict[str, Any],
    build: Callable[[Any, str], onnx.ModelProto], parity: Callable[[Any, Path], dict[str, float]],
    metrics: dict[str, Any], card: Callable[[Row, Row], str],
) -> Path:  # fmt: skip
    """Write a model of any kind to `folder`, which is replaced only once everything was checked.

    `described` goes into config.json; `build` makes the graph of a role, and `parity` compares
    those in a folder with the model, and raises ModelError where ONNX Runtime and torch disagree;
    `card` makes README.md from config.json and metrics.json.
    """
    model = model.cpu().eval()
    with replacing_folder(folder) as target:
        for role in roles(model):
            graph = build(model, role)
            for key, value in manifest.to_metadata(role).items():
                graph.metadata_props.add(key=key, value=value)
            onnx.save_model(graph, target / f"{role}.onnx")
        weights = {key: value.contiguous() for key, value in model.state_dict().items()}
        # Not by save_file, which makes something else of a full disk.
        (target / "weights.safetensors").write_bytes(save(weights))
        config = {**manifest.to_config(), **described, "model": asdict(model.config)}
        config["parameters"] = parameter_count(model)
        _write_json(target / "config.json", config)
        write_digests(target)  # some runtimes check them when parity opens the folder
        metrics = {**metrics, "parity": parity(model, target)}
        _write_json(target / "metrics.json", metrics)
        (target / "README.md").write_text(card(config, metrics), "utf-8")
        write_digests(target)
    return folder


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def write_digests(folder: Path) -> None:
    """SHA256SUMS over every other file but the card, as `sha256sum -c` reads it."""
    others = (path for path in sorted(folder.iterdir()) if path.name not in UNLISTED)
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in others)
    (folder / "SHA256SUMS").write_text("".join(lines), "utf-8")


class Differences(dict[str, float]):
    """The largest absolute difference between torch and ONNX Runtime, by output."""

    def add(self, label: str, want: Tensor, have: Floats) -> None:
        """Take in what one call answered."""
        self[label] = max(self.get(label, 0.0), float(np.abs(have - want.numpy()).max()))

    def within(self, tolerance: float) -> dict[str, float]:
        """All of them. Raises ModelError where one is above the tolerance."""
        if max(self.values()) > tolerance:
            raise ModelError(f"ONNX Runtime and torch disagree: {dict(self)}; not exported")
        return dict(self)


@torch.no_grad()
def parity(model: VMD, folder: Path) -> dict[str, float]:
    """Largest absolute differences between torch and ONNX Runtime over boards and batches. Raises
    ModelError where one is above LOGIT_TOLERANCE, or clear choices of a value differ."""
    onnxruntime, on = runtime(), ["CPUExecutionProvider"]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    found = Differences()
    boards = [make() for make in PARITY_BOARDS]
    for role in roles(model):
        session = onnxruntime.InferenceSession(folder / f"{role}.onnx", options, providers=on)
        names, outputs = (
            [value.name for value in values]
            for values in (session.get_inputs(), session.get_outputs())
        )
        for board, B in product(boards, PARITY_BATCHES):
            graph = CandidateGraph.of(example(board, B, B)[0])
            inputs = _inputs(model, graph, B)
            want = _expected(model, role, graph, inputs)
            have = session.run(outputs, {name: inputs[name].numpy() for name in names})
            for output, one, other in zip(outputs, want, have, strict=True):
                found.add(f"{role}.{output}", one, other)
            if role == "denoiser":
                ours, theirs = graph.logits(want[0]), graph.logits(torch.from_numpy(have[0]))
                same_choice(ours.numpy(), theirs.numpy())
    return found.within(LOGIT_TOLERANCE)


def example(board: Board, B: int, seed: int) -> tuple[Grid, Tensor]:
    """A random grid, and an x0 (B, n) beside it: three cells in ten are given, some values ruled
    out, some units incomplete or padding."""
    rng = torch.Generator().manual_seed(seed)
    x0 = torch.randint(1, board.D + 1, (B, board.n), generator=rng)
    x_t = torch.where(torch.rand(B, board.n, generator=rng) < 0.3, x0, 0)
    grid = grid_on([board], x_t)
    ruled_out = torch.rand(grid.allowed.shape, generator=rng) < 0.2
    kept = torch.rand(B, len(board.units), generator=rng) < 0.9
    allowed = torch.maximum(grid._replace(x_t=x0).fixed(), grid.allowed * ~ruled_out)
    complete = grid.complete * (torch.rand(kept.shape, generator=rng) < 0.9)
    return Grid(x_t, allowed, grid.units * kept[..., None], complete, grid.rules), x0


def _inputs(model: VMD, graph: CandidateGraph, seed: int) -> dict[str, Tensor]:
    """Inputs of every file by name: the graph, and a state and a latent somewhere on their way."""
    rng, N = torch.Generator().manual_seed(seed), len(graph)

    def table(lists: Lists, filling: int) -> Tensor:
        size = lists.starts.diff(append=lists.starts.new_tensor([len(lists.members)]))
        number = torch.arange(len(size)).repeat_interleave(size)
        return torch.from_numpy(padded(number.numpy(), lists.members.numpy(), len(size), filling))

    heard = NO_RULES if graph.rules is None else graph.rules.lists
    return {
        **{name: torch.from_numpy(array) for name, array in heard.inputs(N).items()},
        "nodes": table(graph.of_factor, N),
        "factors": table(graph.of_node, len(graph.facts)),
        "kinds": graph.facts[:, 1:].contiguous(),
        "h": torch.randn(N, model.config.d, generator=rng),
        "z": torch.randn(N, model.config.k, generator=rng),
        "answer": (torch.rand(N, generator=rng) < 0.3).float(),
        "loops": torch.tensor(PARITY_LOOPS),
    }


def _expected(
    model: VMD, role: str, graph: CandidateGraph, inputs: dict[str, Tensor]
) -> tuple[Tensor, ...]:
    """What the file of this role must answer: the model's own two tensors."""
    network: Any = getattr(model, role)
    if role == "denoiser":
        every, h = network.think(graph, inputs["z"], inputs["h"], PARITY_LOOPS)
        return every[-1], h
    answer = inputs["answer"][:, None] if role == "encoder" else inputs["h"][:, :0]
    return tuple(network.think(graph, answer).chunk(2, dim=-1))


def same_choice(expected: Floats, got: Floats) -> None:
    """Both must choose the same value wherever the choice is further apart than the tolerance."""
    best = np.sort(expected, axis=-1)
    clear = best[..., -1] - best[..., -2] > 2 * LOGIT_TOLERANCE
    if (expected.argmax(-1) != got.argmax(-1))[clear].any():
        raise ModelError("ONNX Runtime and torch choose different values; not exported")

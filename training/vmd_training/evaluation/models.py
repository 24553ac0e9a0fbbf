"""What is compared: an included model, an exported folder, a run, or a checkpoint.

Opens each behind the `Denoiser` that the engine uses, over ONNX Runtime or torch.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from vmd_solver import assets, denoiser, hub
from vmd_solver.console import narrate
from vmd_solver.csp import Board
from vmd_solver.denoiser import Denoiser
from vmd_solver.denoiser.manifest import read_config
from vmd_solver.denoiser.protocol import Floats, Ints, Randomness
from vmd_solver.errors import AssetNotFound, ModelError
from vmd_training import checkpoint
from vmd_training.device import choose
from vmd_training.evaluate import TorchDenoiser
from vmd_training.model import CELLS, VALUES, VMD, hears, parameter_count
from vmd_training.recipes import RECIPES

Runtime = Literal["auto", "onnx", "torch"]

LOOPS = 16
"""Loops of a call of a model that was not exported, which would say its own number."""


class OneLatent:
    """A denoiser that draws one z for all rows, and always the same one where they start alike."""

    def __init__(self, own: Denoiser, name: str) -> None:
        self.own, self.name, self.loops = own, name, own.loops
        self.latent, self.ruled = own.latent, own.ruled

    def start(self, board: Board, B: int) -> Floats:
        """As the denoiser itself."""
        return self.own.start(board, B)

    def draw(
        self, board: Board, x_t: Ints, allowed: Floats, rng: Randomness, learned: bool = True
    ) -> Floats:
        """The z of the first row, for all; what is handed in as `rng` has no say."""
        z = self.own.draw(board, x_t[:1], allowed[:1], np.random.default_rng(0), learned)
        return np.repeat(z, len(x_t), axis=0)

    def infer(self, board: Board, x0: Ints, x_t: Ints, allowed: Floats, rng: Randomness) -> Floats:
        """As the denoiser itself."""
        return self.own.infer(board, x0, x_t, allowed, rng)

    def __call__(
        self, board: Board, x_t: Ints, allowed: Floats, z: Floats, h: Floats, loops: int = 0
    ) -> tuple[Floats, Floats]:
        """As the denoiser itself."""
        return self.own(board, x_t, allowed, z, h, loops or self.loops)


@dataclass
class Model:
    """One model under evaluation."""

    name: str
    denoiser: Denoiser
    network: VMD  # the same in torch, for what the engine never asks: means and variances of z
    runtime: str
    recipe: str | None  # what it was trained on (`vmd_training.recipes`), where it says so
    boards: tuple[str, ...] | None = None  # their kinds, where it says so itself

    @property
    def latent(self) -> str:
        """none, global or candidate."""
        return self.denoiser.latent

    @property
    def looped(self) -> bool:
        """Whether it works in loops, on boards of any size; the transformer knows one size."""
        return self.network.config.backbone == "candidate-graph"

    @cached_property
    def digest(self) -> str:
        """Twelve digits of the SHA-256 of all weights."""
        hashed = sha256()
        for name, weight in sorted(self.network.state_dict().items()):
            hashed.update(name.encode() + weight.cpu().numpy().tobytes())
        return hashed.hexdigest()[:12]

    @cached_property
    def trained_on(self) -> tuple[str, ...] | None:
        """The kinds of boards it was trained on; None where it does not say."""
        if self.boards or self.recipe not in RECIPES:
            return self.boards
        groups = RECIPES[self.recipe].groups
        return tuple(dict.fromkeys(board for group in groups for board in group.boards))

    def reads(self, board: Board) -> bool:
        """Whether it can read boards of this size."""
        return self.looped or (board.n, board.D) == (CELLS, VALUES)

    @cached_property
    def deaf(self) -> Model | None:
        """The same in torch, but that what it hears of rules has no weight; None if nothing has."""
        weights = list(filter(hears, self.network.state_dict()))
        if not weights:
            return None
        network, own = deepcopy(self.network), self.denoiser
        for name in weights:
            network.get_parameter(name).data.zero_()
        name, device = f"{self.name}, deaf", next(network.parameters()).device
        denoiser = TorchDenoiser(network, name, own.loops, device)
        return replace(
            self, name=name, denoiser=denoiser, network=network, runtime=f"torch, {device.type}"
        )

    @property
    def of_one_z(self) -> Model:
        """The same, but that all rows on one board get one z."""
        name = f"{self.name}, one z"
        return replace(self, name=name, denoiser=OneLatent(self.denoiser, name))

    def facts(self) -> dict[str, str | int | None]:
        """What a report says of it."""
        return {
            "name": self.name,
            "latent": self.latent,
            "backbone": self.network.config.backbone,
            "parameters": parameter_count(self.network),
            "loops": self.denoiser.loops,
            "recipe": self.recipe,
            "runtime": self.runtime,
            "digest": self.digest,
        }


def open_all(
    places: Sequence[str],
    runtime: Runtime = "auto",
    device: str = "auto",
    threads: int | None = None,
    loops: int | None = None,
) -> list[Model]:
    """Every model, under names that differ. Raises ModelError and its kin."""
    models = [_open(place, runtime, device, threads) for place in places]
    clear = len({model.name for model in models}) == len(models)
    for model, place in zip(models, places, strict=True):
        model.name = model.name if clear else place
        model.denoiser.loops = (loops or model.denoiser.loops) if model.looped else 1
    return models


def _open(place: str, runtime: Runtime, device: str, threads: int | None) -> Model:
    """The model that a place means: one on Hugging Face, a path, or else an included one."""
    hosted = place.startswith(hub.PREFIX)
    try:
        if hosted:
            path = hub.folder(place, narrate)
        else:
            path = Path(place) if Path(place).exists() else assets.model_path(place)
    except AssetNotFound as error:
        raise ModelError(
            f"no model at {place}; give the name of an included one, a folder made by vmd-train, or"
            " a checkpoint.pt"
        ) from error
    folder = path.resolve().parent if path.is_file() else path.resolve()
    name = read_config(path).name if hosted else folder.name
    network = checkpoint.load_model(path)
    recipe, boards = _origin(path)
    exported = (path / "denoiser.onnx").is_file()
    if runtime == "onnx" and not exported:
        raise ModelError(f"{path} is not exported; use --runtime torch, or vmd-train export first")
    on_cpu = device == "cpu" or (device == "auto" and not torch.cuda.is_available())
    if runtime == "onnx" or (runtime == "auto" and exported and on_cpu):
        where = "cuda" if device == "cuda" else "cpu"
        onnx = denoiser.load(path, where, threads)
        return Model(name, onnx, network, f"ONNX Runtime, {where}", recipe, boards)
    to, loops = choose(device).device, read_config(path).loops if exported else LOOPS
    own = TorchDenoiser(network, name, loops, to)
    return Model(name, own, network, f"torch, {to.type}", recipe, boards)


def _origin(path: Path) -> tuple[str | None, tuple[str, ...] | None]:
    """The recipe, and the kinds of boards, that a model says it was trained on."""
    if not (path / "denoiser.onnx").is_file():
        state = checkpoint.load(path / "checkpoint.pt" if path.is_dir() else path)
        return state["train_config"].get("recipe"), None
    try:
        run = json.loads((path / "metrics.json").read_text("utf-8"))["run"]
        return run.get("recipe"), tuple(run.get("boards", ())) or None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, None

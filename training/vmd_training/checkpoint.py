"""A training run on disk: all it needs to continue, in one file, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from vmd_solver.errors import ModelError
from vmd_training.files import replacing
from vmd_training.model import VMD, ModelConfig

VERSION = 1
KEYS = {
    "model_config", "train_config", "model", "ema", "optimizer", "step", "elapsed_s", "puzzle_calls"
}  # fmt: skip

Made = TypeVar("Made")
Network = TypeVar("Network", bound=nn.Module)
ConfigOf = Callable[[dict[str, Any]], Any]
"""Reads the config of a kind of network."""


def save(path: Path, state: dict[str, Any]) -> None:
    """Write `state` to `path`; a crash in mid write leaves the earlier file."""
    with replacing(path) as partial:
        torch.save({"version": VERSION, **state}, partial)


def load(path: Path) -> dict[str, Any]:
    """The state written by `save`. Raises ModelError where the file is not one."""
    if not path.is_file():
        raise ModelError(f"no checkpoint at {path}")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever unpickling a file of another kind comes upon
        raise ModelError(f"{path} is damaged, or no checkpoint of vmd-train") from error
    if not isinstance(state, dict) or "version" not in state:
        raise ModelError(f"{path} is no checkpoint of vmd-train")
    if state["version"] != VERSION:
        raise ModelError(f"{path} has checkpoint version {state['version']}, expected {VERSION}")
    if missing := sorted(KEYS - set(state)):
        raise ModelError(f"{path} is a checkpoint without {', '.join(missing)}")
    return state


class Start(NamedTuple):
    """What another run begins from."""

    config: Any
    """ModelConfig, or that of another kind of network."""
    weights: dict[str, Tensor]
    """Averaged."""
    lineage: list[dict[str, Any]]
    """Recipe, steps and minutes of each run behind the weights, the first one first."""


def start(path: Path, config_of: ConfigOf = ModelConfig.from_dict) -> Start:
    """The weights of an exported folder, a run or a checkpoint, and where they come from.

    Raises ModelError.
    """
    if (path / "weights.safetensors").is_file():
        return _exported(path, config_of)
    state = load(path / "checkpoint.pt" if path.is_dir() else path)
    ran = {
        "recipe": state["train_config"]["recipe"],
        "steps": state["step"],
        "minutes": round(state["elapsed_s"] / 60, 1),
    }
    config = _understood(path, lambda: config_of(state["model_config"]))
    return Start(config, state["ema"], [*state.get("earlier", ()), ran])


def load_model(path: Path) -> VMD:
    """A model ready to use: of an exported folder, or the averaged weights of a run.

    `path` is a folder of either kind, or a checkpoint. Raises ModelError.
    """
    return built(VMD, ModelConfig.from_dict, path)


def built(network: type[Network], config_of: ConfigOf, path: Path) -> Network:
    """As `load_model`, for a network of any kind."""
    config, weights, _ = start(path, config_of)

    def make() -> Network:
        model = network(config)
        model.load_state_dict(weights)
        return model.eval()

    return _understood(path, make)


def _exported(folder: Path, config_of: ConfigOf) -> Start:
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))["model"]
        ran = json.loads((folder / "metrics.json").read_text("utf-8")).get("run", {})
        weights = load_file(folder / "weights.safetensors")
    except Exception as error:  # safetensors raises its own, and the file may hold anything
        raise ModelError(f"{folder} is damaged, or no model of vmd-train") from error
    last = {name: ran[name] for name in ("recipe", "steps", "minutes") if name in ran}
    lineage = [*ran.get("earlier", ()), *([last] if last else ())]
    return Start(_understood(folder, lambda: config_of(config)), weights, lineage)


def _understood(path: Path, make: Callable[[], Made]) -> Made:
    try:
        return make()
    except (KeyError, TypeError, RuntimeError) as error:
        raise ModelError(f"{path} holds a model that this version cannot build") from error

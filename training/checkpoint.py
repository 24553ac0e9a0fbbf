"""A training run on disk: everything needed to go on, in one file, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from training.model import VMD, ModelConfig
from vmd_solver.errors import ModelError

VERSION = 1


def save(path: Path, state: dict[str, Any]) -> None:
    """Write `state` to `path`; a crash in mid write leaves the earlier file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save({"version": VERSION, **state}, partial)
    partial.replace(path)


def load(path: Path) -> dict[str, Any]:
    """The state written by `save`. Raises ModelError where the file is not one."""
    if not path.is_file():
        raise ModelError(f"no checkpoint at {path}; start a run without --resume first")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ModelError(f"{path} is not a checkpoint of vmd-train: {error}") from error
    if state.get("version") != VERSION:
        raise ModelError(f"{path} has checkpoint version {state.get('version')}, not {VERSION}")
    return state


def load_ema(path: Path) -> VMD:
    """The averaged weights of a checkpoint, as a model ready to use."""
    state = load(path)
    model = VMD(ModelConfig.from_dict(state["model_config"]))
    model.load_state_dict(state["ema"])
    return model.eval()

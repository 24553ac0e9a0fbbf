"""A training run on disk: everything needed to go on, in one file, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from training.model import VMD, ModelConfig
from vmd_solver.errors import ModelError

VERSION = 1
KEYS = {
    "model_config", "train_config", "model", "ema", "optimizer", "step", "elapsed_s", "puzzle_calls"
}  # fmt: skip


def save(path: Path, state: dict[str, Any]) -> None:
    """Write `state` to `path`; a crash in mid write leaves the earlier file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save({"version": VERSION, **state}, partial)
    partial.replace(path)


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


def load_ema(path: Path) -> VMD:
    """The averaged weights of a checkpoint, as a model ready to use."""
    state = load(path)
    model = VMD(ModelConfig.from_dict(state["model_config"]))
    model.load_state_dict(state["ema"])
    return model.eval()

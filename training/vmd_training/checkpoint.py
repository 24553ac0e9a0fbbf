"""A training run on disk: all it needs to continue, in one file, and what another starts from.

A start may be widened: every hidden channel is copied, and what reads a channel reads each copy
with a share of the old weight. The shares differ and sum to 1, so that nothing changes in what is
computed and yet no two copies get the same gradient. LayerNorm sees the same mean and variance.
Source: Net2WiderNet, arXiv 1511.05641; uneven shares instead of noise are ours.
"""

from __future__ import annotations

import io
import json
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import UnionType
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from vmd_solver.denoiser.manifest import check_digests
from vmd_solver.errors import ModelError
from vmd_training.files import replacing
from vmd_training.model import VMD, ModelConfig

VERSION = 1
KEYS: dict[str, Any] = {
    "model_config": dict[str, Any], "train_config": dict[str, Any], "model": dict[str, Tensor],
    "ema": dict[str, Tensor], "optimizer": dict[str, Any], "step": int, "elapsed_s": float,
    "puzzle_calls": int, "earlier": list[dict[str, Any]],
}  # fmt: skip
"""What a checkpoint holds, and of which type."""
WIDTHS = ("d", "messages", "hidden", "latent_d")

Network = TypeVar("Network", bound=nn.Module)
Config = TypeVar("Config")


def save(path: Path, state: dict[str, Any]) -> None:
    """Write `state` to `path`; a crash in mid write leaves the earlier file."""
    content = io.BytesIO()  # torch's own writer makes something else of a full disk
    torch.save({"version": VERSION, **state}, content)
    with replacing(path) as partial:
        partial.write_bytes(content.getbuffer())


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
    state = {"earlier": [], **state}
    if missing := sorted(KEYS.keys() - state.keys()):
        raise ModelError(f"{path} is a checkpoint without {', '.join(missing)}")
    for name, kind in KEYS.items():
        _require(path, name, state[name], kind)
    return state


def stored(kind: type[Config], values: dict[str, Any], path: Path) -> Config:
    """A configuration, a dataclass, as the file at `path` holds it.

    Raises ModelError where a value has another type, or this version does not know its name.
    """
    hints = get_type_hints(kind)
    for name in hints.keys() & values.keys():
        _require(path, name, values[name], hints[name])
    with understood(path):
        return kind(**values)


def _require(path: Path, name: str, value: Any, kind: Any) -> None:
    if not _fits(value, kind):
        raise ModelError(f"{path} is damaged: {name} is {value!r:.60}, expected {kind}")


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value is of a type such as KEYS and configurations have."""
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if origin is Literal:
        return value in inner
    if origin is UnionType:
        return any(_fits(value, one) for one in inner)
    if origin in (tuple, list):
        return type(value) in (tuple, list) and all(_fits(one, inner[0]) for one in value)
    if origin is dict:
        return type(value) in (dict, OrderedDict) and all(
            _fits(name, inner[0]) and _fits(one, inner[1]) for name, one in value.items()
        )
    return origin is Any or type(value) in ((int, float) if origin is float else (origin,))


class Start(NamedTuple):
    """What another run begins from."""

    config: Any
    """ModelConfig, or that of another kind of network."""
    weights: dict[str, Tensor]
    """Averaged."""
    lineage: list[dict[str, Any]]
    """Recipe, steps and minutes of each run behind the weights, the first one first."""


def start(path: Path, config_of: type[Any] = ModelConfig) -> Start:
    """The weights of an exported folder, a run or a checkpoint, and where they come from.

    Raises ModelError, also where an exported folder is not as it was exported.
    """
    if (path / "weights.safetensors").exists():
        check_digests(path)
        try:
            config = json.loads((path / "config.json").read_text("utf-8"))["model"]
            ran = json.loads((path / "metrics.json").read_text("utf-8")).get("run", {})
            weights = load_file(path / "weights.safetensors")
        except Exception as error:  # safetensors raises its own, and the file may hold anything
            raise ModelError(f"{path} is damaged, or no model of vmd-train") from error
        last = {name: ran[name] for name in ("recipe", "steps", "minutes") if name in ran}
        lineage = [*ran.get("earlier", ()), *([last] if last else ())]
    else:
        state = load(path / "checkpoint.pt" if path.is_dir() else path)
        config, weights = state["model_config"], state["ema"]
        last = {
            "recipe": state["train_config"].get("recipe"),
            "steps": state["step"],
            "minutes": round(state["elapsed_s"] / 60, 1),
        }
        lineage = [*state["earlier"], last]
    return Start(stored(config_of, config, path), weights, lineage)


def load_model(path: Path) -> VMD:
    """A model ready to use: of an exported folder, or the averaged weights of a run.

    `path` is a folder of either kind, or a checkpoint. Raises ModelError.
    """
    return built(VMD, ModelConfig, path)


def built(network: type[Network], config_of: type[Any], path: Path) -> Network:
    """As `load_model`, for a network of any kind."""
    config, weights, _ = start(path, config_of)
    with understood(path):
        model = network(config)
        model.load_state_dict(weights)
    return model.eval()


@contextmanager
def understood(path: Path) -> Iterator[None]:
    """What goes wrong in the block, which takes in what the file holds, is a ModelError."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path} holds a model that this version cannot build") from error


def widened(start: Start, ours: ModelConfig, seed: int) -> dict[str, Tensor]:
    """Weights to start from, as a network with the widths of `ours` has them.

    Raises ModelError where the widths are not the same multiple of the narrower ones, or where the
    backbone is not the candidate graph.
    """
    theirs = start.config
    old, new = ([getattr(config, width) for width in WIDTHS] for config in (theirs, ours))
    times, latent_times = ours.d // theirs.d, ours.latent_d // theirs.latent_d
    factors = (times, times, times, latent_times)
    if new != [width * factor for width, factor in zip(old, factors, strict=True)]:
        had, wanted = (
            ", ".join(f"{name} {width}" for name, width in zip(WIDTHS, widths, strict=True))
            for widths in (old, new)
        )
        raise ModelError(
            f"the checkpoint to start from has {had}, this model {wanted}; start from"
            " one of the same widths, or of widths that all of them but latent_d are the same"
            " multiple of"
        )
    if old == new:
        return start.weights
    if theirs.backbone != "candidate-graph":
        raise ModelError("only candidate graphs can be widened; start from one of the same widths")
    random = torch.Generator().manual_seed(seed)
    wider = {}
    for name, weight in start.weights.items():
        network, *_, layer, kind = name.split(".")
        trunk = network == "denoiser"
        factor = times if trunk else latent_times
        d, messages = (theirs.d, theirs.messages) if trunk else (theirs.latent_d,) * 2
        if layer != "head":
            weight = torch.cat([weight] * factor)
        if kind == "weight" and layer != "norm" and factor > 1:
            # The first inputs are hidden channels, unless they all are; the rest stays as it is.
            every = weight.shape[1]
            hidden = {"factor": [messages], "update": [d, messages], "inputs": [0]}
            columns = hidden.get(layer, [every])
            *wide, narrow = torch.split(weight, [*columns, every - sum(columns)], dim=1)
            weight = torch.cat((*(_shared(part, factor, random) for part in wide), narrow), dim=1)
        wider[name] = weight
    return wider


def _shared(weight: Tensor, times: int, random: torch.Generator) -> Tensor:
    """Columns for `times` copies of each input; the columns of an input sum to the old one."""
    shares = torch.rand((times, *weight.shape), generator=random) + 0.5
    return torch.cat(tuple(weight * shares / shares.sum(dim=0)), dim=1)

"""A wider network that computes what a narrower one does, to train on from there.

Every hidden channel is copied `times` times. What reads a channel reads each copy with a share of
the old weight; the shares differ and sum to 1, so that nothing changes in what is computed and
yet no two copies get the same gradient. LayerNorm sees the same mean and variance.
Source: Net2WiderNet, arXiv 1511.05641; uneven shares instead of noise are ours.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vmd_solver.errors import ModelError
from vmd_training.model import ModelConfig

Weights = dict[str, Tensor]

WIDTHS = ("d", "messages", "hidden", "latent_d")


def widened(weights: Weights, theirs: ModelConfig, ours: ModelConfig, seed: int) -> Weights:
    """The weights `theirs` describes, as a network with the widths of `ours`.

    Raises ModelError where the widths are not the same multiple of the narrower ones, or where the
    backbone is not the candidate graph.
    """
    old, new = ([getattr(config, width) for width in WIDTHS] for config in (theirs, ours))
    times, latent_times = ours.d // theirs.d, ours.latent_d // theirs.latent_d
    factors = (times, times, times, latent_times)
    if new != [width * factor for width, factor in zip(old, factors, strict=True)]:
        raise ModelError(
            f"the checkpoint to start from has {_named(old)}, this model {_named(new)}; start from"
            " one of the same widths, or of widths that all of them but latent_d are the same"
            " multiple of"
        )
    if old == new:
        return weights
    if theirs.backbone != "candidate-graph":
        raise ModelError("only candidate graphs can be widened; start from one of the same widths")
    random = torch.Generator().manual_seed(seed)
    wider = {}
    for name, weight in weights.items():
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
            wide_columns = hidden.get(layer, [every])
            *wide, narrow = torch.split(weight, [*wide_columns, every - sum(wide_columns)], dim=1)
            shared = [_shared(part, factor, random) for part in wide]
            weight = torch.cat((*shared, narrow), dim=1)
        wider[name] = weight
    return wider


def _shared(weight: Tensor, times: int, random: torch.Generator) -> Tensor:
    """Columns for `times` copies of each input; the columns of an input sum to the old one."""
    shares = torch.rand((times, *weight.shape), generator=random) + 0.5
    return torch.cat(tuple(weight * shares / shares.sum(dim=0)), dim=1)


def _named(widths: list[int]) -> str:
    return ", ".join(f"{name} {width}" for name, width in zip(WIDTHS, widths, strict=True))

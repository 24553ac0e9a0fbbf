"""The optimizer of every run, behind five calls: Muon on matrices, AdamW on the rest.

Muon moves a matrix by its momentum made orthogonal, so that every direction learns at one rate.
Source: Jordan et al. 2024, as torch has it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

MUON = 10.0
"""Muon's rate for one of AdamW: steps of 0.02 beside 2e-3."""


class Optimizers:
    """Rates are set as a share of those it was made with; `lr` is AdamW's, Muon's is MUON times it.

    With `muon` False AdamW moves everything: the choice for networks with embeddings.
    """

    def __init__(
        self, model: nn.Module, lr: float, weight_decay: float, muon: bool = True,
        betas: tuple[float, float] = (0.9, 0.95), fused: bool = False,
    ) -> None:  # fmt: skip
        matrices: list[nn.Parameter] = []
        rest: list[nn.Parameter] = []
        for name, weight in model.named_parameters():
            # The rows of a head are no directions to be mixed: each stands for an output.
            hidden = weight.ndim == 2 and "head" not in name
            (matrices if muon and hidden else rest).append(weight)
        adamw = torch.optim.AdamW(rest, lr, betas, weight_decay=weight_decay, fused=fused or None)
        self._each: list[tuple[torch.optim.Optimizer, float]] = [(adamw, lr)]
        if matrices:
            rate = MUON * lr
            # Decay multiplies the rate: as much of it as the rest has.
            decay = weight_decay / MUON
            self._each.append((torch.optim.Muon(matrices, rate, weight_decay=decay), rate))

    def step(self) -> None:
        """Move the weights by their gradients; without a gradient a weight stays."""
        for one, _ in self._each:
            one.step()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for one, _ in self._each:
            one.zero_grad(set_to_none=True)

    def set_rate(self, factor: float) -> None:
        """Multiply every rate, as it was made, by a factor in (0, 1]."""
        for one, rate in self._each:
            for group in one.param_groups:
                group["lr"] = rate * factor

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes."""
        return {"each": [one.state_dict() for one, _ in self._each]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state of the same model; the rates stay those this one was made with.

        Raises KeyError or ValueError where it is the state of another.
        """
        states = state["each"]
        for (one, _), its in zip(self._each, states, strict=True):
            one.load_state_dict(its)
        self.set_rate(1.0)

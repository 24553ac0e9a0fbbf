"""The optimizer of every run, behind five calls."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Optimizers:
    """AdamW. Rates are set as a share of those it was made with."""

    def __init__(self, model: nn.Module, lr: float, weight_decay: float) -> None:
        self._lr = lr
        self._adamw = torch.optim.AdamW(
            model.parameters(), lr, (0.9, 0.95), weight_decay=weight_decay
        )

    def step(self) -> None:
        """Move the weights by their gradients."""
        self._adamw.step()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self._adamw.zero_grad(set_to_none=True)

    def set_rate(self, factor: float) -> None:
        """Multiply every rate, as it was made, by a factor in (0, 1]."""
        for group in self._adamw.param_groups:
            group["lr"] = self._lr * factor

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes."""
        state: dict[str, Any] = self._adamw.state_dict()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state of the same model; the rates stay those this one was made with."""
        self._adamw.load_state_dict(state)
        self.set_rate(1.0)

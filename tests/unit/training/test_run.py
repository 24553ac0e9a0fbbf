"""The optimizer of a run behind its five calls."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from vmd_training.run import Optimizers


def stepped(model: nn.Module, optimizers: Optimizers) -> float:
    """How far one step moves a weight."""
    before = next(model.parameters()).detach().clone()
    optimizers.zero_grad()
    model(torch.ones(1, 3)).sum().backward()
    optimizers.step()
    return float((next(model.parameters()).detach() - before).abs().max())


def test_a_step_moves_the_weights_by_the_rate() -> None:
    model = nn.Linear(3, 3)
    optimizers = Optimizers(model, 0.1, 0.0)
    whole = stepped(model, optimizers)
    optimizers.set_rate(0.5)
    assert stepped(model, optimizers) == pytest.approx(whole / 2, rel=0.1)
    optimizers.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_state_continues_where_another_stopped() -> None:
    torch.manual_seed(0)
    model, other = nn.Linear(3, 3), nn.Linear(3, 3)
    one, two = Optimizers(model, 0.1, 0.0), Optimizers(other, 0.1, 0.0)
    stepped(model, one)
    other.load_state_dict(model.state_dict())
    two.load_state_dict(one.state_dict())
    stepped(model, one)
    stepped(other, two)
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)

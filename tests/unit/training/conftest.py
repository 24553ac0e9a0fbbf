"""Small networks and groups: what holds for them holds for large ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from vmd_training.model import VMD, ModelConfig
from vmd_training.recipes import RECIPES, Group, Recipe

WIDTHS = {"d": 8, "messages": 8, "hidden": 8, "patterns": 5, "latent_d": 4, "latent_loops": 2}
GROUP = Group("tiny", 16, 4, 12, 1.0, 4, ("sudoku-2x2",), free=0.5, several=0.2)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def config_of() -> Callable[[str], ModelConfig]:
    """The config of a tiny model with this latent."""

    def config(latent: str) -> ModelConfig:
        return ModelConfig(**{"latent": latent, **WIDTHS})  # type: ignore[arg-type]

    return config


@pytest.fixture
def model_of(config_of: Callable[[str], ModelConfig]) -> Callable[[str], VMD]:
    """A tiny model with this latent and random weights, heads included."""

    def make(latent: str) -> VMD:
        model = VMD(config_of(latent)).eval()
        for parameter in model.parameters():
            parameter.data += 0.3 * torch.randn_like(parameter)
        return model

    return make


@pytest.fixture
def group() -> Iterator[Group]:
    """A group of 4x4 puzzles, which is all there is to the recipe `tiny`."""
    RECIPES["tiny"] = Recipe((GROUP,))
    yield GROUP
    del RECIPES["tiny"]

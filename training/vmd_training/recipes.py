"""What to train on, as data: groups of boards, their shares, and the size of model and batch.

Batches are chosen so that a step of every group of a recipe costs about the same. `drill` learns
next to nothing, in seconds: it rehearses a command.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vmd_training.data import Group

JIGSAWS_AND_MORE = (
    "sudoku-x-3x3", "sudoku-x-3x3", "windoku-3x3", "jigsaw-9", "jigsaw-9", "latin-9", "grid-9x9",
)  # fmt: skip
SIXES = ("sudoku-2x3", "sudoku-3x2", "jigsaw-6", "latin-6", "grid-6x6")


@dataclass(frozen=True)
class Recipe:
    """A choice of data, and what of ModelConfig and TrainConfig goes with it."""

    groups: tuple[Group, ...]
    model: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)


def nine(weight: float, batch: int, mined: float) -> Group:
    """9x9 Sudoku."""
    return Group(
        "sudoku-9x9", 81, 9, 27, weight, batch, ("sudoku-3x3",),
        free=0.25, several=0.1, mined=mined, symmetry=(3, 3),
    )  # fmt: skip


GRIDS = (
    nine(0.54, 32, mined=0.5),
    Group("mixed-9x9", 81, 9, 40, 0.22, 32, JIGSAWS_AND_MORE, free=0.15, several=0.1),
    Group("sudoku-16x16", 256, 16, 48, 0.09, 6, ("sudoku-4x4",), free=0.2, several=0.1),
    Group("mixed-6x6", 36, 6, 24, 0.07, 96, SIXES, free=0.4, several=0.1),
    Group("sudoku-4x4", 16, 4, 12, 0.08, 256, ("sudoku-2x2",), free=0.8, several=0.1),
)
WIDE = {"d": 64, "messages": 64, "hidden": 128}

RECIPES = {
    "sudoku": Recipe((nine(1.0, 32, mined=0.5),)),
    "grids": Recipe(GRIDS),
    "wide": Recipe(GRIDS, model=WIDE),
    "drill": Recipe(
        (Group("sudoku-4x4", 16, 4, 12, 1.0, 4, ("sudoku-2x2",), free=0.5, several=0.2),),
        model={"d": 8},
        train={"loops": 2},
    ),
    "full": Recipe(
        (
            nine(0.5, 1024, mined=0.5),
            Group("mixed-9x9", 81, 9, 40, 0.22, 1024, JIGSAWS_AND_MORE, free=0.15, several=0.1),
            Group("sudoku-16x16", 256, 16, 48, 0.12, 192, ("sudoku-4x4",), free=0.3, several=0.1),
            Group("sudoku-12x12", 144, 12, 36, 0.06, 432, ("sudoku-3x4",), free=0.2, several=0.1),
            Group("mixed-6x6", 36, 6, 24, 0.05, 3072, SIXES, free=0.4, several=0.1),
            Group("sudoku-4x4", 16, 4, 12, 0.05, 8192, ("sudoku-2x2",), free=0.8, several=0.1),
        ),
        model={**WIDE, "latent_d": 32},
        train={"steps": 60_000, "loops": 12},
    ),
}  # fmt: skip

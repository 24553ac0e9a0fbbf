"""What to train on and what datasets hold, as data: boards, shares, sizes of model and batch.

A training recipe is a set of groups; a dataset recipe is a set of makers. Must not know how puzzles
are made.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from vmd_training.ruled import TRAINED

JIGSAWS_AND_MORE = (
    "sudoku-x-3x3", "sudoku-x-3x3", "windoku-3x3", "jigsaw-9", "jigsaw-9", "latin-9", "grid-9x9",
)  # fmt: skip
SIXES = ("sudoku-2x3", "sudoku-3x2", "jigsaw-6", "latin-6", "grid-6x6")


@dataclass(frozen=True)
class Group:
    """Boards of one size, trained in one batch. Shares are of the group's puzzles."""

    name: str
    n: int
    D: int
    U: int
    """Most units a board of this group has; the rest is padding."""
    weight: float
    """Share of training steps."""
    batch: int
    """Rows a step, chosen so that a step of every group of a recipe costs about the same."""
    boards: tuple[str, ...]
    """Names that `boards.draw` knows, drawn evenly."""
    free: float
    """Share of full grids with any part masked, often all of it."""
    several: float
    """Share of puzzles dug past uniqueness: a few solutions each."""
    mined: float = 0.0
    """Share of puzzles from the mined hard tail, which holds 9x9 Sudoku only."""
    rules: tuple[str, ...] = ()
    """Kinds of rules of `ruled.TRAINED` that its puzzles have: each has a board of its own then."""
    symmetry: tuple[int, int] | None = None
    """Height and width of boxes, where all boards are such Sudokus (`symmetry.cells`)."""


@dataclass(frozen=True)
class Recipe:
    """A choice of data, and what of ModelConfig and TrainConfig goes with it."""

    groups: tuple[Group, ...]
    model: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)


def nine(weight: float, batch: int) -> Group:
    """9x9 Sudoku, half of it mined."""
    return Group(
        "sudoku-9x9", 81, 9, 27, weight, batch, ("sudoku-3x3",),
        free=0.25, several=0.1, mined=0.5, symmetry=(3, 3),
    )  # fmt: skip


def ruled(name: str, order: int, weight: float, batch: int, *boards: str) -> Group:
    """Square boards with every kind of rules that is trained."""
    return Group(
        name, order * order, order, 8 * order, weight, batch, boards, 0.0, 0.15, rules=TRAINED
    )


RULES = (
    ruled("rules-4x4", 4, 0.025, 96, "latin-4", "latin-4", "sudoku-2x2", "jigsaw-4", "grid-4x4"),
    ruled("rules-5x5", 5, 0.04, 64, "latin-5", "latin-5", "jigsaw-5", "grid-5x5"),
    ruled("rules-6x6", 6, 0.09, 48, "latin-6", "latin-6", "sudoku-2x3", "jigsaw-6", "grid-6x6"),
    ruled("rules-8x8", 8, 0.1, 24, "latin-8", "latin-8", "latin-8", "sudoku-2x4", "jigsaw-8"),
    ruled("rules-9x9", 9, 0.085, 16, "sudoku-3x3", "sudoku-3x3", "jigsaw-9", "latin-9"),
)
"""Half of the steps, beside boards without rules."""

GRIDS = (
    nine(0.16, 32),
    Group("mixed-9x9", 81, 9, 40, 0.07, 32, JIGSAWS_AND_MORE, free=0.15, several=0.1),
    Group("sudoku-16x16", 256, 16, 48, 0.03, 6, ("sudoku-4x4",), free=0.2, several=0.1),
    Group("mixed-6x6", 36, 6, 24, 0.03, 96, SIXES, free=0.4, several=0.1),
    Group("sudoku-4x4", 16, 4, 12, 0.03, 256, ("sudoku-2x2",), free=0.8, several=0.1),
    *RULES,
)
HEARS = {"links": 12}
WIDE = {"d": 64, "messages": 64, "hidden": 128, **HEARS}

RECIPES = {
    "sudoku": Recipe((nine(1.0, 32),)),
    "grids": Recipe(GRIDS, model=HEARS),
    "rules": Recipe(RULES, model=HEARS),
    "rules-small": Recipe(RULES[:3], model=HEARS),
    "wide": Recipe(GRIDS, model=WIDE),
    "toy": Recipe(
        (Group("sudoku-4x4", 16, 4, 12, 1.0, 32, ("sudoku-2x2",), free=0.8, several=0.1),),
        train={"lr": 0.004, "ema": 0.99},
    ),
    "drill": Recipe(
        (Group("sudoku-4x4", 16, 4, 12, 1.0, 4, ("sudoku-2x2",), free=0.5, several=0.2),),
        model={"d": 8},
        train={"loops": 2},
    ),
    "full": Recipe(
        (
            nine(0.5, 1024),
            Group("mixed-9x9", 81, 9, 40, 0.22, 1024, JIGSAWS_AND_MORE, free=0.15, several=0.1),
            Group("sudoku-16x16", 256, 16, 48, 0.12, 192, ("sudoku-4x4",), free=0.3, several=0.1),
            Group("sudoku-12x12", 144, 12, 36, 0.06, 432, ("sudoku-3x4",), free=0.2, several=0.1),
            Group("mixed-6x6", 36, 6, 24, 0.05, 3072, SIXES, free=0.4, several=0.1),
            Group("sudoku-4x4", 16, 4, 12, 0.05, 8192, ("sudoku-2x2",), free=0.8, several=0.1),
            *(replace(group, batch=32 * group.batch) for group in RULES),
        ),
        model={**WIDE, "latent_d": 32},
        train={"steps": 60_000, "loops": 12},
    ),
}
"""What to train on. `toy` learns 4x4 Sudoku in a minute of one core, `drill` next to nothing in
seconds: it rehearses a command."""


@dataclass(frozen=True)
class Maker:
    """The puzzles of a dataset on boards of one name."""

    section: str
    """Where they go; all boards of a section have one size."""
    board: str
    """A name that `boards.draw` knows."""
    share: float
    """Of the puzzles of a recipe."""
    part: int
    """Puzzles of one part: a minute of one core, or less."""
    max_guesses: int = 100
    """Guesses of one proof that a clue can go (`vmd_solver.csp.generate.dig`)."""


def makers(
    section: str, share: float, part: int, max_guesses: int, *names: str
) -> tuple[Maker, ...]:
    """A section's makers, one for each board, with even shares."""
    return tuple(Maker(section, name, share / len(names), part, max_guesses) for name in names)


DATASETS: dict[str, tuple[Maker, ...]] = {
    "sudoku": makers("sudoku-9x9", 1.0, 32768, 100, "sudoku-3x3"),
    "grids": (
        *makers("sudoku-4x4", 0.05, 65536, 100, "sudoku-2x2"),
        *makers("mixed-5x5", 0.03, 65536, 100, "latin-5", "jigsaw-5", "grid-5x5"),
        *makers("mixed-6x6", 0.10, 65536, 100, *SIXES),
        *makers("mixed-7x7", 0.03, 65536, 100, "latin-7", "jigsaw-7"),
        *makers("mixed-8x8", 0.05, 32768, 100, "sudoku-2x4", "sudoku-4x2", "jigsaw-8", "latin-8"),
        *makers("sudoku-9x9", 0.35, 32768, 100, "sudoku-3x3"),
        *makers("mixed-9x9", 0.14, 16384, 100,
                "sudoku-x-3x3", "windoku-3x3", "jigsaw-9", "latin-9"),
        *makers("mixed-9x9", 0.06, 4096, 100, "jigsaw-x-9", "grid-9x9"),
        *makers("mixed-10x10", 0.05, 8192, 100, "sudoku-2x5", "jigsaw-10", "latin-10"),
        *makers("mixed-12x12", 0.05, 4096, 50, "sudoku-3x4", "sudoku-2x6", "jigsaw-12", "latin-12"),
        *makers("mixed-12x12", 0.01, 512, 50, "grid-12x12"),
        *makers("sudoku-16x16", 0.05, 1024, 20, "sudoku-4x4"),
        *makers("mixed-16x16", 0.02, 1024, 8, "sudoku-x-4x4", "jigsaw-16", "latin-16"),
        *makers("mixed-20x20", 0.006, 512, 8, "sudoku-4x5", "latin-20"),
        *makers("mixed-25x25", 0.004, 256, 4, "sudoku-5x5", "latin-25"),
    ),
}  # fmt: skip
"""What `vmd-train data` makes. Proofs are bounded, from 12x12 on so tightly that some puzzles keep
a clue more than they need."""

"""What happens while a puzzle is solved, as it happens: one stream for trace, watching and tests.

Every event names the puzzle by its number in the batch, and the latent that it is about if there is
one. Cells are indices, values 1..D.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vmd_solver.csp import Puzzle
from vmd_solver.formats import write
from vmd_solver.sampling.solution import Solution


@dataclass(frozen=True)
class Event:
    """Base: something happened to puzzle number `puzzle`."""

    puzzle: int


@dataclass(frozen=True)
class Began(Event):
    """Work on the puzzle began; later events with its number are about it."""

    asked: Puzzle


@dataclass(frozen=True)
class Propagated(Event):
    """Propagation alone settled these cells."""

    cells: tuple[int, ...]
    values: tuple[int, ...]


@dataclass(frozen=True)
class DrewLatent(Event):
    """A latent was drawn from a prior, or inferred by the encoder."""

    latent: int
    source: str


@dataclass(frozen=True)
class Called(Event):
    """The denoiser was called: `nfe` calls of `loops` loops so far.

    `grid` is the most probable full grid, `probabilities` are those of its values.
    """

    nfe: int
    loops: int
    latent: int
    grid: tuple[int, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Committed(Event):
    """Masked cells were unmasked together."""

    latent: int
    cells: tuple[int, ...]
    values: tuple[int, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Remasked(Event):
    """Committed cells were masked again: they broke a rule, or were in doubt."""

    latent: int
    cells: tuple[int, ...]


@dataclass(frozen=True)
class Searched(Event):
    """The complete search went on from here; `guesses` so far."""

    guesses: int


@dataclass(frozen=True)
class Verified(Event):
    """The independent verifier accepted a full grid."""

    values: tuple[int, ...]


@dataclass(frozen=True)
class Finished(Event):
    """Nothing more will happen to this puzzle."""

    solution: Solution


Observer = Callable[[Event], None]


def to_row(event: Event) -> dict[str, Any]:
    """The event as plain values for one JSON line.

    A puzzle becomes its jsonl record; a solution is reduced to its status and counts.
    """
    row = {"event": type(event).__name__, **vars(event)}
    if isinstance(event, Began):
        row["asked"] = json.loads(write(event.asked, "jsonl"))
    elif isinstance(event, Finished):
        told = vars(row.pop("solution"))
        row |= {name: told[name] for name in ("status", "values", "nfe", "loops", "guesses")}
    return row

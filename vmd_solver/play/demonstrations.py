"""Puzzles to watch the model at, as a table: what each of them is, and what to look at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from vmd_solver.csp import Puzzle
from vmd_solver.formats import parse


@dataclass(frozen=True)
class Demonstration:
    """A puzzle with its name, its givens as a line, what to look at, and settings of the run."""

    name: str
    givens: str
    look: str
    settings: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def puzzle(self) -> Puzzle:
        """It has the demonstration's name."""
        return replace(parse(self.givens), name=self.name)


DEMONSTRATIONS = (
    Demonstration(
        "Two solutions",
        "...3.......1..735...4.58..63.76....4.9.....6.6....38.98..13.7...728..6.......2...",
        "Two grids solve this puzzle. Look at the cells marked ≠: a latent chooses for all of them "
        "together.",
        {"select": "margin"},
    ),
    Demonstration(
        "An empty board",
        "." * 81,
        "Every full grid that keeps the rules is right. Look at how many cells break one after the "
        "first call.",
        {"select": "margin"},
    ),
    Demonstration(
        "A hard puzzle",
        ".2.....85...45...9.....34...5.9..6.11.9.....8..7...3...7.84....6....7.1..3.5.....",
        "One grid solves this puzzle. Look at where the latents differ, and how unsure they are.",
    ),
)

"""What solving a puzzle ends in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vmd_solver.csp import Puzzle
from vmd_solver.sampling.settings import Mode

Status = Literal["solved", "unsolved", "unsatisfiable", "invalid", "timeout"]


@dataclass(frozen=True)
class Proposal:
    """The grid that one latent led to, valid or not."""

    values: tuple[int, ...]
    margin: float
    """The mean margin of its values when they were chosen: how sure the model was."""


@dataclass(frozen=True)
class Solution:
    """The outcome for one puzzle. "No solution" is an outcome, and never a guess.

    solved: `values` were verified. unsolved: the budget was spent. unsatisfiable: proved, by a
    complete search. invalid: the givens themselves break a rule. timeout: the seconds were spent.
    """

    puzzle: Puzzle
    status: Status
    mode: Mode
    values: tuple[int, ...] | None = None
    """The solution (n,), or None."""
    verified: bool = False
    """Whether the independent verifier accepted `values`."""
    unique: bool | None = None
    """True or False where it was asked and decided, else None."""
    solutions: tuple[tuple[int, ...], ...] = ()
    """The first 1,000 solutions found, `values` first; empty where only one was asked for."""
    count: int = 0
    """Number of solutions found."""
    counted_all: bool = False
    """Whether these are all there are."""
    best: tuple[int, ...] | None = None
    """The most convincing grid of a search that did not succeed; it breaks rules or is partial."""
    proposals: tuple[Proposal, ...] = ()
    """Neural mode: what each latent led to, one after another."""
    nfe: int = 0
    loops: int = 0
    latents: int = 0
    remasked: int = 0
    guesses: int = 0
    seconds: float = 0.0
    message: str = ""
    """One line for people, where the status alone does not say enough."""

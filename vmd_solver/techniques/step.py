"""One step of a person's solving: what it does, what to look at, and why it is right.

Knows nothing of how steps are found.
"""

from __future__ import annotations

from dataclasses import dataclass

Mark = tuple[int, int]
"""A cell and a value."""


@dataclass(frozen=True)
class Step:
    """A deduction by one technique. Cells are numbers from 0, values 1..D, units the board's.

    `placements` are values to fill in, `eliminations` candidates to strike: at least one of either,
    and every one of them true in each solution that the state before it allows (the only one, where
    the technique takes uniqueness as a reason). The words come in three stages, for a hint that
    reveals no more than is wanted: `where` to look, `why` something follows, and `follows`, what.
    """

    where: str
    why: str
    follows: str
    cells: tuple[int, ...]
    """The cells that make the pattern; of a chain, from end to end."""
    partners: tuple[int, ...] = ()
    """A second part of it: the values that bar other cells, the other colour, the pincers."""
    units: tuple[int, ...] = ()
    values: tuple[int, ...] = ()
    placements: tuple[Mark, ...] = ()
    eliminations: tuple[Mark, ...] = ()
    technique: str = ""
    """Its name in the registry."""

    @property
    def text(self) -> str:
        """All three stages as one paragraph."""
        return f"{self.where} {self.why} {self.follows}"

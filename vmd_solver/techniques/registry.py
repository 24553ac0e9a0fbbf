"""The techniques in order of difficulty, as one table; and the levels they make.

Order and scores are after HoDoKu's, rounded and made to increase, with hidden singles before naked
ones: without pencil marks they are easier to see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from vmd_solver.techniques.chains import xy_chain
from vmd_solver.techniques.colouring import simple_colouring
from vmd_solver.techniques.fish import fish
from vmd_solver.techniques.locked import locked_candidates
from vmd_solver.techniques.rectangles import unique_rectangle
from vmd_solver.techniques.singles import full_house, hidden_single, naked_single
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Step
from vmd_solver.techniques.subsets import hidden_subset, naked_subset
from vmd_solver.techniques.wings import xy_wing, xyz_wing

Level = Literal["easy", "medium", "hard", "expert", "beyond"]

LEVELS: tuple[Level, ...] = ("easy", "medium", "hard", "expert", "beyond")
"""A puzzle has the level of the hardest technique on its path; `beyond` where that ends early."""


@dataclass(frozen=True)
class Technique:
    """A way to find steps. `score` is what one step counts for in the grade of a puzzle."""

    name: str
    level: Level
    score: int
    find: Callable[[State], Iterator[Step]]

    def steps(self, state: State) -> Iterator[Step]:
        """The steps it finds, as they are found; each of them makes progress."""
        return (replace(step, technique=self.name) for step in self.find(state))


TECHNIQUES = (
    Technique("full house", "easy", 4, full_house),
    Technique("hidden single", "easy", 10, hidden_single),
    Technique("naked single", "easy", 14, naked_single),
    Technique("locked candidates", "medium", 50, locked_candidates),
    Technique("naked pair", "medium", 60, partial(naked_subset, size=2)),
    Technique("hidden pair", "medium", 70, partial(hidden_subset, size=2)),
    Technique("naked triple", "medium", 80, partial(naked_subset, size=3)),
    Technique("hidden triple", "medium", 100, partial(hidden_subset, size=3)),
    Technique("unique rectangle", "hard", 100, unique_rectangle),
    Technique("naked quad", "hard", 120, partial(naked_subset, size=4)),
    Technique("X-wing", "hard", 140, partial(fish, size=2)),
    Technique("simple colouring", "hard", 150, simple_colouring),
    Technique("swordfish", "hard", 150, partial(fish, size=3)),
    Technique("hidden quad", "hard", 150, partial(hidden_subset, size=4)),
    Technique("XY-wing", "hard", 160, xy_wing),
    Technique("XYZ-wing", "expert", 180, xyz_wing),
    Technique("jellyfish", "expert", 200, partial(fish, size=4)),
    Technique("XY-chain", "expert", 260, xy_chain),
)

BY_NAME = {technique.name: technique for technique in TECHNIQUES}

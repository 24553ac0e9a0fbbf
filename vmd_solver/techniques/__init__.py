"""How people solve: the techniques as one table, the easiest next step, paths of steps, grades.

Every step is a proof, of units, rules and candidates alone; nothing here guesses, searches or asks
a model. It must not know of text forms, networks or screens. Order and scores are after HoDoKu's,
rounded and made to increase, with hidden singles before naked ones: without pencil marks they are
easier to see. Those of rules are ours.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, get_args

from vmd_solver.csp import Puzzle
from vmd_solver.techniques import chains, forcing, links, rules, sets, unique, units
from vmd_solver.techniques.fish import fish
from vmd_solver.techniques.state import State, Step, Steps, apply

__all__ = [
    "BY_NAME",
    "LEVELS",
    "TECHNIQUES",
    "Grade",
    "Level",
    "Path",
    "State",
    "Step",
    "apply",
    "grade",
    "next_step",
    "solve_path",
]

Level = Literal["easy", "medium", "hard", "expert", "extreme", "beyond"]

LEVELS: tuple[Level, ...] = get_args(Level)
"""A puzzle has the level of the hardest technique on its path; `beyond` where that ends early."""


@dataclass(frozen=True)
class Technique:
    """A way to find steps. `score` is what one step counts for in the grade of a puzzle."""

    name: str
    level: Level
    score: int
    find: Callable[[State], Steps]

    def steps(self, state: State) -> Steps:
        """The steps it finds, as they are found; each of them makes progress."""
        return (replace(step, technique=self.name) for step in self.find(state))


TECHNIQUES = (
    Technique("full house", "easy", 4, units.full_house),
    Technique("hidden single", "easy", 10, units.hidden_single),
    Technique("naked single", "easy", 14, units.naked_single),
    Technique("comparison", "easy", 20, rules.comparison),
    Technique("locked candidates", "medium", 50, units.locked_candidates),
    Technique("cage combinations", "medium", 50, rules.cage_combinations),
    Technique("naked pair", "medium", 60, partial(units.naked_subset, size=2)),
    Technique("hidden pair", "medium", 70, partial(units.hidden_subset, size=2)),
    Technique("naked triple", "medium", 80, partial(units.naked_subset, size=3)),
    Technique("45 rule", "medium", 80, partial(rules.sums_of_units, least=1, most=1)),
    Technique("rule by cases", "medium", 90, rules.rule_by_cases),
    Technique("hidden triple", "medium", 100, partial(units.hidden_subset, size=3)),
    Technique("BUG+1", "hard", 100, unique.bug),
    Technique("unique rectangle", "hard", 100, unique.unique_rectangle),
    Technique("hidden rectangle", "hard", 100, unique.hidden_rectangle),
    Technique("avoidable rectangle", "hard", 100, unique.avoidable_rectangle),
    Technique("remote pair", "hard", 110, chains.remote_pair),
    Technique("naked quad", "hard", 120, partial(units.naked_subset, size=4)),
    Technique("X-wing", "hard", 140, partial(fish, size=2)),
    Technique("skyscraper", "hard", 140, chains.skyscraper),
    Technique("two-string kite", "hard", 150, chains.two_string_kite),
    Technique("turbot fish", "hard", 150, chains.turbot_fish),
    Technique("simple colouring", "hard", 150, links.simple_colouring),
    Technique("empty rectangle", "hard", 150, chains.empty_rectangle),
    Technique("W-wing", "hard", 150, chains.w_wing),
    Technique("swordfish", "hard", 150, partial(fish, size=3)),
    Technique("hidden quad", "hard", 150, partial(units.hidden_subset, size=4)),
    Technique("finned X-wing", "hard", 150, partial(fish, size=2, finned=True)),
    Technique("sashimi X-wing", "hard", 150, partial(fish, size=2, sashimi=True)),
    Technique("45 rule of several", "hard", 160, partial(rules.sums_of_units, least=2, most=3)),
    Technique("XY-wing", "hard", 160, partial(links.wing, size=2)),
    Technique("jellyfish", "hard", 160, partial(fish, size=4)),
    Technique("XYZ-wing", "hard", 180, partial(links.wing, size=3)),
    Technique("multi-colouring", "hard", 200, links.multi_colouring),
    Technique("finned swordfish", "expert", 200, partial(fish, size=3, finned=True)),
    Technique("sashimi swordfish", "expert", 240, partial(fish, size=3, sashimi=True)),
    Technique("finned jellyfish", "expert", 250, partial(fish, size=4, finned=True)),
    Technique("sashimi jellyfish", "expert", 250, partial(fish, size=4, sashimi=True)),
    Technique("Sue de Coq", "expert", 250, partial(sets.doubly_linked, crossing=True)),
    Technique("X-chain", "expert", 260, partial(chains.chain, cells=False)),
    Technique("XY-chain", "expert", 260, partial(chains.chain, units=False)),
    Technique("alternating inference chain", "expert", 280, chains.chain),
    Technique("grouped inference chain", "expert", 300, partial(chains.chain, grouped=True)),
    Technique("ALS-XZ", "expert", 300, sets.als_xz),
    Technique("ALS-XY-wing", "expert", 320, sets.als_xy_wing),
    Technique("forcing chain", "extreme", 500, forcing.forcing_chain),
    Technique("forcing net", "extreme", 700, forcing.forcing_net),
)

BY_NAME = {technique.name: technique for technique in TECHNIQUES}


@dataclass(frozen=True)
class Grade:
    """How hard a puzzle is for a person.

    `hardest` is the name of the hardest technique on the path, empty where nothing was to be done.
    `level` is its level, or `beyond` where the path does not reach the solution. `score` is the sum
    over the steps of what each counts for; it depends, a little, on the order they are found in.
    """

    hardest: str
    level: Level
    score: int


@dataclass(frozen=True)
class Path:
    """Steps from a state on, each the easiest there was, and the state that they end in."""

    steps: tuple[Step, ...]
    state: State

    @property
    def solved(self) -> bool:
        """Whether they lead to a solution."""
        return self.state.solved

    @property
    def grade(self) -> Grade:
        """The grade of a puzzle whose path this is."""
        used = [BY_NAME[step.technique] for step in self.steps]
        hardest = max(used, key=TECHNIQUES.index, default=None)
        level = (hardest.level if hardest else LEVELS[0]) if self.solved else LEVELS[-1]
        score = sum(technique.score for technique in used)
        return Grade(hardest.name if hardest else "", level, score)


def next_step(state: State, most: Level = LEVELS[-1]) -> Step | None:
    """A step by the easiest technique that has any, of those up to the level `most`; None where
    none has.

    None too after a contradiction, which `state.problem` names.
    """
    if state.problem:
        return None
    known = TECHNIQUES[: bisect(TECHNIQUES, LEVELS.index(most), key=_rank)]
    return next((step for technique in known for step in technique.steps(state)), None)


def _rank(technique: Technique) -> int:
    return LEVELS.index(technique.level)


def solve_path(puzzle: Puzzle, *, unique: bool = False, most: Level = LEVELS[-1]) -> Path:
    """The path from the givens of a puzzle as far as the techniques up to the level `most` lead;
    `unique` says that it is known to have one solution.

    >>> from vmd_solver.csp.families import sudoku
    >>> path = solve_path(Puzzle(sudoku(2, 2), (1, 2, 3, 0, 3) + (0,) * 7 + (4, 0, 0, 1)))
    >>> path.solved, path.grade
    (True, Grade(hardest='hidden single', level='easy', score=52))
    >>> print(path.steps[0].text)
    Look at row 1. All its cells but r1c4 are filled, and it holds every value. So r1c4 is 4.
    """
    steps, state = list[Step](), State.of(puzzle, unique=unique)
    while step := next_step(state, most):
        steps.append(step)
        state = apply(state, step)
    return Path(tuple(steps), state)


def grade(puzzle: Puzzle, *, unique: bool = False, most: Level = LEVELS[-1]) -> Grade:
    """How hard a puzzle is; `unique` says that it is known to have one solution.

    Who asks whether it is of a level need not have it solved by harder techniques: beyond `most`
    all is `beyond`.
    """
    return solve_path(puzzle, unique=unique, most=most).grade

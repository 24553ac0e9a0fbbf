"""How far a puzzle is solved: the values that stand, and the candidates of every open cell.

States never change; a step leads to another one. It must not know of any technique.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from vmd_solver.csp import Puzzle
from vmd_solver.csp.puzzle import violations
from vmd_solver.errors import InvalidPuzzle
from vmd_solver.techniques.geometry import Geometry, geometry, members
from vmd_solver.techniques.step import Step, Words


@dataclass(frozen=True)
class State:
    """A puzzle in the middle of being solved.

    `values` (n,) are 0 where open. `candidates` (n,) are masks, bit v - 1 where v is possible, and
    0 where a value stands. `unique` says that the puzzle is known to have one solution: some
    techniques take that as a reason, and are left out elsewhere.
    """

    puzzle: Puzzle
    values: tuple[int, ...]
    candidates: tuple[int, ...]
    unique: bool
    geometry: Geometry = field(repr=False, compare=False)

    @classmethod
    def of(
        cls,
        puzzle: Puzzle,
        values: Sequence[int] | None = None,
        candidates: Sequence[int] | None = None,
        *,
        unique: bool = False,
    ) -> State:
        """The state of a puzzle with `values` (n,) filled in, or only its givens.

        Its candidates are what the values that a cell sees leave, within `candidates` (n,) masks
        where these are given. Raises InvalidPuzzle where either has not n entries.
        """
        board = puzzle.board
        full = (1 << board.D) - 1
        filled = tuple(map(int, puzzle.givens if values is None else values))
        within = (full,) * board.n if candidates is None else tuple(map(int, candidates))
        if not len(filled) == len(within) == board.n:
            raise InvalidPuzzle(
                f"expected {board.n} values and candidates, got {len(filled)} and {len(within)}"
            )
        masks = [0 if value else mask & full for value, mask in zip(filled, within, strict=True)]
        for cell, value in enumerate(filled):
            for peer in board.peers[cell] if value else ():
                masks[peer] &= ~(1 << value - 1)
        return cls(puzzle, filled, tuple(masks), unique, geometry(board))

    @property
    def solved(self) -> bool:
        """Whether every cell is filled, and no rule broken."""
        return not self.open and not self.problem

    @property
    def open_cells(self) -> int:
        """How many cells are open."""
        return self.open.bit_count()

    @cached_property
    def words(self) -> Words:
        """How to speak of it."""
        return Words(self.puzzle)

    @cached_property
    def open(self) -> int:
        """The set of the open cells."""
        return sum(1 << cell for cell, value in enumerate(self.values) if not value)

    @cached_property
    def places(self) -> dict[int, int]:
        """For each value the set of open cells that may hold it."""
        found = [0] * self.puzzle.board.D
        for cell, mask in enumerate(self.candidates):
            bit = 1 << cell
            while mask:
                low = mask & -mask
                found[low.bit_length() - 1] |= bit
                mask ^= low
        return dict(enumerate(found, 1))

    @cached_property
    def filled(self) -> dict[int, int]:
        """For each value the set of cells that hold it."""
        found = dict.fromkeys(range(1, self.puzzle.board.D + 1), 0)
        for cell, value in enumerate(self.values):
            if value:
                found[value] |= 1 << cell
        return found

    @cached_property
    def bivalue(self) -> tuple[int, ...]:
        """The cells with two candidates."""
        return tuple(cell for cell, mask in enumerate(self.candidates) if mask.bit_count() == 2)

    @cached_property
    def problem(self) -> str:
        """Why no solution can be reached from here, as far as can be seen at once; or empty.

        A value that repeats, a cell without a candidate, or a value without a place in a unit that
        holds every value: the puzzle has no solution, or a value or mark on it is wrong.
        """
        if any(self.geometry.see_any(cells) & cells for cells in self.filled.values()):
            return violations(self.puzzle.board, self.values, self.puzzle.alphabet)[0].message
        for cell in members(self.open):
            if not self.candidates[cell]:
                return f"{self.words.cell(cell)} has no candidate left"
        known = [(value, held | self.places[value]) for value, held in self.filled.items()]
        for number, unit in self.geometry.complete.items():
            for value, cells in known:
                if not cells & unit:
                    words = self.words
                    return f"{words.unit(number)} has no place left for {words.value(value)}"
        return ""


def apply(state: State, step: Step) -> State:
    """The state that a step leads to."""
    values, candidates = list(state.values), list(state.candidates)
    for cell, value in step.eliminations:
        candidates[cell] &= ~(1 << value - 1)
    for cell, value in step.placements:
        values[cell], candidates[cell] = value, 0
        for peer in members(state.geometry.peers[cell] & state.places[value]):
            candidates[peer] &= ~(1 << value - 1)
    return State(state.puzzle, tuple(values), tuple(candidates), state.unique, state.geometry)

"""Deductions in words: how cells, values and units are named, and steps put together.

Knows no technique.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vmd_solver.csp.puzzle import unit_name
from vmd_solver.techniques.geometry import members
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Mark, Step


def listed(names: Iterable[str], last: str = "and") -> str:
    """The names in one phrase: `a, b and c`.

    >>> listed(["a"]), listed(["a", "b", "c"], "or")
    ('a', 'a, b or c')
    """
    *most, end = names
    return f"{', '.join(most)} {last} {end}" if most else end


class Words:
    """What the cells, values and units of a state are called, and steps in these words."""

    def __init__(self, state: State) -> None:
        self._puzzle = state.puzzle

    def cell(self, cell: int) -> str:
        """`r3c7`."""
        return self._puzzle.board.cell_name(cell)

    def cells(self, cells: Iterable[int], last: str = "and") -> str:
        """`r3c7, r3c8 and r4c1`."""
        return listed(map(self.cell, cells), last)

    def value(self, value: int) -> str:
        """The symbol of a value."""
        return self._puzzle.alphabet[value - 1]

    def values(self, values: Iterable[int], last: str = "and") -> str:
        """`2, 3 and 7`."""
        return listed(map(self.value, values), last)

    def unit(self, number: int) -> str:
        """`row 3`."""
        return unit_name(self._puzzle.board, number)

    def units(self, numbers: Iterable[int]) -> str:
        """`row 3 and row 7`."""
        return listed(map(self.unit, numbers))

    def follows(self, placements: Sequence[Mark], eliminations: Sequence[Mark]) -> str:
        """What a step does, as a sentence."""
        if placements:
            return f"So {listed(f'{self.cell(c)} is {self.value(v)}' for c, v in placements)}."
        cells_of: dict[int, list[int]] = {}
        for cell, value in eliminations:
            cells_of.setdefault(value, []).append(cell)
        values_of: dict[tuple[int, ...], list[int]] = {}
        for value, cells in cells_of.items():
            values_of.setdefault(tuple(cells), []).append(value)
        parts = (f"{self.values(v)} from {self.cells(cells)}" for cells, v in values_of.items())
        return f"So strike {'; '.join(parts)}."

    def see(self, cells: int) -> str:
        """`r3c7 sees` or `r3c7 and r4c1 see`, of a set of cells."""
        return f"{self.cells(members(cells))} {'sees' if cells.bit_count() == 1 else 'see'}"

    def placing(
        self,
        cell: int,
        value: int,
        where: str,
        why: str,
        partners: int = 0,
        units: tuple[int, ...] = (),
    ) -> Step:
        """The step that fills a value in; `partners` is a set of cells."""
        placements = ((cell, value),)
        follows = self.follows(placements, ())
        bars = tuple(members(partners))
        return Step(where, why, follows, (cell,), bars, units, (value,), placements)

    def striking(
        self,
        strikes: Mapping[int, int],
        where: str,
        why: str,
        cells: Iterable[int],
        partners: Iterable[int] = (),
        units: tuple[int, ...] = (),
        values: Iterable[int] | None = None,
    ) -> Step:
        """The step that strikes each value of `strikes` from its set of cells."""
        marks = tuple((c, value) for value in sorted(strikes) for c in members(strikes[value]))
        return Step(
            where,
            why,
            self.follows((), marks),
            tuple(cells),
            tuple(partners),
            units,
            tuple(sorted(strikes) if values is None else values),
            eliminations=marks,
        )

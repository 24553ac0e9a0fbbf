"""One step of a person's solving, and the words it is told in. Knows nothing of how it is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from vmd_solver.csp import Puzzle
from vmd_solver.csp.puzzle import unit_name
from vmd_solver.techniques.geometry import members

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
    """Its name in the table."""

    @property
    def text(self) -> str:
        """All three stages as one paragraph."""
        return f"{self.where} {self.why} {self.follows}"


Steps = Iterator[Step]


def listed(names: Iterable[str], last: str = "and") -> str:
    """The names in one phrase: `a, b and c`.

    >>> listed(["a"]), listed(["a", "b", "c"], "or")
    ('a', 'a, b or c')
    """
    *most, end = names
    return f"{', '.join(most)} {last} {end}" if most else end


class Words:
    """What the cells, values and units of a puzzle are called, and steps in these words."""

    def __init__(self, puzzle: Puzzle) -> None:
        self._alphabet, self._board = puzzle.alphabet, puzzle.board
        self.cell = puzzle.board.cell_name

    def cells(self, cells: Iterable[int], last: str = "and") -> str:
        """`r3c7, r3c8 and r4c1`."""
        return listed(map(self.cell, cells), last)

    def value(self, value: int) -> str:
        """The symbol of a value."""
        return self._alphabet[value - 1]

    def values(self, values: Iterable[int], last: str = "and") -> str:
        """`2, 3 and 7`."""
        return listed(map(self.value, values), last)

    def unit(self, number: int) -> str:
        """`row 3`."""
        return unit_name(self._board, number)

    def see(self, cells: int) -> str:
        """`r3c7 sees` or `r3c7 and r4c1 see`, of a set of cells."""
        return f"{self.cells(members(cells))} {'sees' if cells.bit_count() == 1 else 'see'}"

    def placing(
        self,
        cell: int,
        value: int,
        where: str,
        why: str,
        bars: int = 0,
        units: tuple[int, ...] = (),
    ) -> Step:
        """The step that fills a value in; `bars` is the set of cells that leave no other choice."""
        follows = f"So {self.cell(cell)} is {self.value(value)}."
        placements = ((cell, value),)
        return Step(where, why, follows, (cell,), tuple(members(bars)), units, (value,), placements)

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
        struck = {value: strikes[value] for value in sorted(strikes) if strikes[value]}
        alike: dict[int, list[int]] = {}
        for value, bits in struck.items():
            alike.setdefault(bits, []).append(value)
        parts = (f"{self.values(v)} from {self.cells(members(c))}" for c, v in alike.items())
        return Step(
            where,
            why,
            f"So strike {'; '.join(parts)}.",
            tuple(cells),
            tuple(partners),
            units,
            tuple(struck if values is None else values),
            eliminations=tuple((c, value) for value in struck for c in members(struck[value])),
        )

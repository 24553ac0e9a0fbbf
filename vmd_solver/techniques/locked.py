"""Locked candidates: wherever a value stands in one unit, certain other cells see it."""

from __future__ import annotations

from collections.abc import Iterator

from vmd_solver.techniques.geometry import members
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Step
from vmd_solver.techniques.words import Words


def locked_candidates(state: State) -> Iterator[Step]:
    """A cell that sees every place of a value in a complete unit cannot hold that value.

    Known as pointing and claiming where those places share a second unit; diagonals, windows and
    crooked regions make more of such cells.
    """
    geometry, words = state.geometry, Words(state)
    for number in geometry.complete:
        for value, places in state.places.items():
            inside = places & geometry.units[number]
            if inside.bit_count() < 2:
                continue
            struck = geometry.see_all(inside) & places
            if not struck:
                continue
            cells = tuple(members(inside))
            shared = tuple(members(geometry.shared_units(inside | struck)))
            seen = f", all in {words.unit(shared[0])}" if shared else ""
            yield words.striking(
                {value: struck},
                f"Look for {words.value(value)} in {words.unit(number)}.",
                f"It must stand in {words.cells(cells, 'or')}{seen}; "
                f"{words.see(struck)} all of these.",
                cells,
                units=(number, *shared[:1]),
            )

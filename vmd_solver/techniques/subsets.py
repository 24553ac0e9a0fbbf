"""Naked and hidden subsets, and what they share with fish: as many of one thing as of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmd_solver.techniques.geometry import members
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Step
from vmd_solver.techniques.words import Words


def tight(sets: Sequence[tuple[int, int]], size: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Choices of `size` items whose sets join to one of `size` members: the items, and that set.

    `sets` are pairs of item and set. Only sets of two members and more are looked at: smaller ones
    are a matter for easier techniques.

    >>> list(tight([(7, 0b011), (8, 0b110), (9, 0b011)], 2))
    [((7, 9), 3)]
    """
    small = [(item, bits) for item, bits in sets if 2 <= bits.bit_count() <= size]

    def choose(start: int, chosen: tuple[int, ...], joined: int) -> Iterator[tuple[int, ...]]:
        if len(chosen) == size:
            yield (*chosen, joined)
            return
        for at in range(start, len(small) - (size - len(chosen)) + 1):
            item, bits = small[at]
            both = joined | bits
            if both.bit_count() <= size:
                yield from choose(at + 1, (*chosen, item), both)

    for *items, joined in choose(0, (), 0):
        if joined.bit_count() == size:
            yield tuple(items), joined


def naked_subset(state: State, size: int) -> Iterator[Step]:
    """Cells of a unit that have as many candidates together as they are take them all.

    Cells that see every cell where one of these values may stand lose it, in the unit or not.
    """
    geometry, words = state.geometry, Words(state)
    for number, unit in enumerate(geometry.units):
        sets = [(cell, state.candidates[cell]) for cell in members(unit)]
        for cells, mask in tight(sets, size):
            values = tuple(bit + 1 for bit in members(mask))
            inside = sum(1 << cell for cell in cells)
            strikes = {}
            for value in values:
                places = state.places[value]
                struck = geometry.see_all(places & inside) & places & ~inside
                if struck:
                    strikes[value] = struck
            if strikes:
                yield words.striking(
                    strikes,
                    f"Look at {words.cells(cells)} in {words.unit(number)}.",
                    f"These {size} cells have only {words.values(values)} between them and take "
                    "one each: a cell that sees all of those with a value loses that value.",
                    cells,
                    units=(number,),
                    values=values,
                )


def hidden_subset(state: State, size: int) -> Iterator[Step]:
    """Values that have as many places together in a complete unit as they are fill them all."""
    geometry, words = state.geometry, Words(state)
    for number in geometry.complete:
        unit = geometry.units[number]
        sets = [(value, places & unit) for value, places in state.places.items()]
        for values, inside in tight(sets, size):
            strikes = {
                value: places & inside
                for value, places in state.places.items()
                if value not in values and places & inside
            }
            if strikes:
                cells = tuple(members(inside))
                yield words.striking(
                    strikes,
                    f"Look for {words.values(values)} in {words.unit(number)}.",
                    f"These {size} values have only {words.cells(cells)} to stand in there: "
                    "nothing else fits in.",
                    cells,
                    units=(number,),
                    values=values,
                )

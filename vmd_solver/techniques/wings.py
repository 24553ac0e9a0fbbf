"""XY-wing and XYZ-wing: a pivot, and two pincers that between them take a value."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from vmd_solver.techniques.geometry import members
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Step
from vmd_solver.techniques.words import Words


def xy_wing(state: State) -> Iterator[Step]:
    """A pivot with x and y, pincers with x, z and y, z: whichever it is, one pincer is z."""
    for pivot in state.bivalue:
        for first, second in _pincers(state, pivot):
            masks = [state.candidates[cell] for cell in (pivot, first, second)]
            common = masks[1] & masks[2]
            # Three different pairs out of three values, and the pivot lacks the pincers' common.
            if common.bit_count() == 1 and masks[0] == masks[1] ^ masks[2]:
                yield from _wing(state, pivot, first, second, common)


def xyz_wing(state: State) -> Iterator[Step]:
    """A pivot with x, y and z, pincers with x, z and y, z: one of the three is z."""
    for pivot, mask in enumerate(state.candidates):
        if mask.bit_count() == 3:
            for first, second in _pincers(state, pivot):
                one, other = state.candidates[first], state.candidates[second]
                if one != other and one | other == mask:
                    yield from _wing(state, pivot, first, second, one & other)


def _pincers(state: State, pivot: int) -> Iterator[tuple[int, int]]:
    """Pairs of cells with two candidates that see the pivot."""
    seen = state.geometry.peers[pivot]
    return combinations([cell for cell in state.bivalue if seen >> cell & 1], 2)


def _wing(state: State, pivot: int, first: int, second: int, common: int) -> Iterator[Step]:
    """The step of a wing whose cells hold the value of the mask `common` somewhere."""
    words, value, mask = Words(state), common.bit_length(), state.candidates[pivot]
    holders = 1 << first | 1 << second | (1 << pivot if mask & common else 0)
    struck = state.geometry.see_all(holders) & state.places[value]
    if not struck:
        return
    symbol = words.value(value)
    cases = "; ".join(
        f"if it is {words.value((state.candidates[pincer] & ~common).bit_length())}, "
        f"{words.cell(pincer)} is {symbol}"
        for pincer in (first, second)
    )
    yield words.striking(
        {value: struck},
        f"Look at {words.cell(pivot)} with {words.cells((first, second))}.",
        f"{words.cell(pivot)} is {words.values((bit + 1 for bit in members(mask)), 'or')}: "
        f"{cases}. Whichever it is, one of the {holders.bit_count()} cells "
        f"{words.cells(members(holders))} is {symbol}.",
        (pivot,),
        (first, second),
        values=sorted({bit + 1 for bit in members(mask | common)}),
    )

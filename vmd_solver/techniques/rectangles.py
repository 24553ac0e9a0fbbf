"""Unique rectangles: four cells that must not be free to swap two values.

Only a puzzle that is known to have one solution allows this argument.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from vmd_solver.techniques.geometry import Geometry, members, set_of, values_of
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Steps

Side = tuple[int, int]
"""Two corners next to one another."""


def unique_rectangle(state: State) -> Steps:
    """Four open cells which two values could fill in two ways do not hold just these two.

    That needs every unit with one of the cells to hold a neighbouring one as well: rows, columns
    and boxes do where the rectangle lies in two boxes; where a diagonal, a window or a region
    takes one corner alone, the swap is barred and nothing follows.
    """
    words = state.words
    for floor, roof, pair in _rectangles(state) if state.unique else ():
        for strikes, reason, units in _conclusions(state, roof, pair):
            yield words.striking(
                strikes,
                f"Look at the rectangle {words.cells(sorted((*floor, *roof)))}.",
                f"With {words.values(values_of(pair))} alone in its corners these could be "
                f"swapped, and the puzzle would have two solutions. {reason}",
                floor,
                roof,
                units,
                values_of(pair),
            )


def _rectangles(state: State) -> Iterator[tuple[Side, Side, int]]:
    """Corners in order around: two of the floor, which have a pair of candidates and no more, and
    two of the roof, which have it too; and the mask of the pair."""
    peers = state.geometry.peers
    for first, second in combinations(state.bivalue, 2):
        pair = state.candidates[first]
        if pair != state.candidates[second] or not peers[first] >> second & 1:
            continue
        low, high = values_of(pair)
        both = state.places[low] & state.places[high]
        for third in members(peers[second] & both & ~peers[first] & ~(1 << first)):
            for fourth in members(peers[first] & peers[third] & both & ~peers[second]):
                if fourth != second and _swaps(state.geometry, (first, second, third, fourth)):
                    yield (first, second), (third, fourth), pair


def _swaps(geometry: Geometry, around: tuple[int, int, int, int]) -> bool:
    """Whether no unit holds one of the corners and neither of its neighbours.

    Opposite corners see nothing of one another.
    """
    first, second, third, fourth = (geometry.homes[cell] for cell in around)
    return not (first & third or second & fourth) and first | third == second | fourth


def _conclusions(
    state: State, roof: Side, pair: int
) -> Iterator[tuple[dict[int, int], str, tuple[int, ...]]]:
    """What a rectangle strikes, why, and the units that this needs."""
    geometry, words, (low, high) = state.geometry, state.words, values_of(pair)
    corners = set_of(roof)
    one, other = (state.candidates[cell] & ~pair for cell in roof)
    for cell, own, opposite in zip(roof, (one, other), (other, one), strict=True):
        if own and not opposite:  # the other three have the pair alone
            yield (
                dict.fromkeys((low, high), 1 << cell),
                f"{words.cell(cell)} must be something else.",
                (),
            )
    if one == other and one.bit_count() == 1:
        extra = one.bit_length()
        if struck := geometry.see_all(corners) & state.places[extra]:
            yield {extra: struck}, f"{words.cells(roof, 'or')} must be {words.value(extra)}.", ()
    for number in geometry.shared_units(corners) if one and other else ():
        for locked, barred in ((low, high), (high, low)):
            unit = geometry.complete.get(number)
            if unit is not None and not state.places[locked] & unit & ~corners:
                reason = (
                    f"One of {words.cells(roof)} is {words.value(locked)}, having the only places "
                    f"in {words.unit(number)}; the other must not be {words.value(barred)}."
                )
                yield {barred: corners}, reason, (number,)

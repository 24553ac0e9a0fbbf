"""Unique rectangles: four cells that must not be free to swap two values.

Only a puzzle that is known to have one solution allows this argument.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from vmd_solver.techniques.geometry import Geometry, members
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Step
from vmd_solver.techniques.words import Words


class Rectangle(NamedTuple):
    """Corners in order around: two of the `floor` have the pair of the mask `pair` and no more,
    and two of the roof have it too."""

    floor: tuple[int, int]
    roof: tuple[int, int]
    pair: int


def unique_rectangle(state: State) -> Iterator[Step]:
    """Four open cells which two values could fill in two ways do not hold just these two.

    That needs every unit with one of the cells to hold a neighbouring one as well: rows, columns
    and boxes do where the rectangle lies in two boxes; where a diagonal, a window or a region
    takes one corner alone, the swap is barred and nothing follows.
    """
    if not state.unique:
        return
    for rectangle in _rectangles(state):
        yield from _one_corner(state, rectangle)
        yield from _same_extra(state, rectangle)
        yield from _locked_roof(state, rectangle)


def _rectangles(state: State) -> Iterator[Rectangle]:
    peers = state.geometry.peers
    for first, second in combinations(state.bivalue, 2):
        pair = state.candidates[first]
        if pair != state.candidates[second] or not peers[first] >> second & 1:
            continue
        low, high = (bit + 1 for bit in members(pair))
        both = state.places[low] & state.places[high]
        for third in members(peers[second] & both & ~peers[first] & ~(1 << first)):
            for fourth in members(peers[first] & peers[third] & both & ~peers[second]):
                if fourth != second and _swaps(state.geometry, (first, second, third, fourth)):
                    yield Rectangle((first, second), (third, fourth), pair)


def _swaps(geometry: Geometry, around: tuple[int, int, int, int]) -> bool:
    """Whether no unit holds one of the corners and neither of its neighbours.

    Opposite corners see nothing of one another.
    """
    first, second, third, fourth = (geometry.homes[cell] for cell in around)
    return not (first & third or second & fourth) and first | third == second | fourth


def _one_corner(state: State, rectangle: Rectangle) -> Iterator[Step]:
    """Three corners have the pair alone: the fourth has neither of it."""
    third, fourth = rectangle.roof
    for corner, other in ((third, fourth), (fourth, third)):
        if state.candidates[other] == rectangle.pair != state.candidates[corner]:
            name = Words(state).cell(corner)
            yield _step(
                state,
                rectangle,
                {bit + 1: 1 << corner for bit in members(rectangle.pair)},
                f"{name} must be something else.",
            )


def _same_extra(state: State, rectangle: Rectangle) -> Iterator[Step]:
    """Both roof corners have one more candidate, the same: it stands in one of them."""
    third, fourth = rectangle.roof
    extra = state.candidates[third] & ~rectangle.pair
    if state.candidates[third] != state.candidates[fourth] or extra.bit_count() != 1:
        return
    value, words = extra.bit_length(), Words(state)
    struck = state.geometry.see_all(1 << third | 1 << fourth) & state.places[value]
    if struck:
        yield _step(
            state,
            rectangle,
            {value: struck},
            f"{words.cells(rectangle.roof, 'or')} must be {words.value(value)}.",
        )


def _locked_roof(state: State, rectangle: Rectangle) -> Iterator[Step]:
    """One value of the pair has no place but the roof in some unit: the other leaves the roof."""
    geometry, words = state.geometry, Words(state)
    roof = sum(1 << cell for cell in rectangle.roof)
    if any(state.candidates[cell] == rectangle.pair for cell in rectangle.roof):
        return
    low, high = (bit + 1 for bit in members(rectangle.pair))
    for number in members(geometry.shared_units(roof)):
        for locked, other in ((low, high), (high, low)):
            if number in geometry.complete and not (
                state.places[locked] & geometry.units[number] & ~roof
            ):
                yield _step(
                    state,
                    rectangle,
                    {other: roof},
                    f"One of {words.cells(rectangle.roof)} is {words.value(locked)}, having the "
                    f"only places in {words.unit(number)}; the other must not be "
                    f"{words.value(other)}.",
                    (number,),
                )


def _step(
    state: State,
    rectangle: Rectangle,
    strikes: dict[int, int],
    reason: str,
    units: tuple[int, ...] = (),
) -> Step:
    words = Words(state)
    values = tuple(bit + 1 for bit in members(rectangle.pair))
    corners = (*rectangle.floor, *rectangle.roof)
    return words.striking(
        strikes,
        f"Look at the rectangle {words.cells(sorted(corners))}.",
        f"With {words.values(values)} alone in its corners these could be swapped, and the puzzle "
        f"would have two solutions. {reason}",
        rectangle.floor,
        rectangle.roof,
        units,
        values,
    )

"""What follows from there being one solution: rectangles, and boards with two candidates a cell.

Each needs a swap of two values that keeps every rule, so none is used where rules ask for more than
differences, and no unit may hold a cell of the swap without its partner.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from vmd_solver.techniques.state import (
    State,
    Steps,
    marks_in,
    members,
    set_of,
    values_of,
)


def _sound(state: State) -> bool:
    return state.unique and not state.puzzle.board.linked


def unique_rectangle(state: State) -> Steps:
    """Four open cells which two values could fill in two ways do not hold just these two.

    That needs every unit with one of the cells to hold a neighbouring one as well: rows, columns
    and boxes do where the rectangle lies in two boxes; where a diagonal, a window or a region
    takes one corner alone, the swap is barred and nothing follows. Only a puzzle that is known to
    have one solution allows this argument, and only where no rule may tell the two values apart.
    """
    words = state.words
    for floor, roof, pair in _rectangles(state) if _sound(state) else ():
        for strikes, reason in _conclusions(state, roof, pair):
            yield words.striking(
                strikes,
                f"Look at the rectangle {words.cells(sorted((*floor, *roof)))}.",
                f"{_swap(state, pair)} {reason}",
                floor,
                roof,
                values=values_of(pair),
                groups=[marks_in(state, values_of(pair), set_of((*floor, *roof)))],
            )


def _swap(state: State, pair: int) -> str:
    return (
        f"With {state.words.values(values_of(pair))} alone in its corners these could be swapped, "
        "and the puzzle would have two solutions."
    )


def hidden_rectangle(state: State) -> Steps:
    """Four open cells that could hold two values in two ways: where one has no other candidate,
    and one of the two values has its only places beside the corner opposite in the corners next to
    it, the other value in that corner would force all four."""
    words, geometry = state.words, state.geometry
    for corners, pair in _corners(state) if _sound(state) else ():
        first, second, third, fourth = corners
        for locked in values_of(pair):
            barred = (pair & ~(1 << locked - 1)).bit_length()
            units = [
                next(
                    (
                        unit
                        for unit in geometry.shared_units(1 << third | 1 << beside)
                        if unit in geometry.complete
                        and state.places[locked] & geometry.units[unit] == 1 << third | 1 << beside
                    ),
                    -1,
                )
                for beside in (second, fourth)
            ]
            if min(units) < 0:
                continue
            value, other = words.value(locked), words.value(barred)
            ways = words.units(units)
            yield words.striking(
                {barred: 1 << third},
                f"Look at the rectangle {words.cells(sorted(corners))}.",
                f"If {words.cell(third)} were {other}, {words.cells((second, fourth))} would be "
                f"{value}, being its only other places in {ways}, and {words.cell(first)} would "
                f"be {other}. {_swap(state, pair)}",
                (first, second, fourth),
                (third,),
                values=values_of(pair),
                groups=[marks_in(state, values_of(pair), set_of(corners))],
            )


def _corners(state: State) -> Iterator[tuple[tuple[int, int, int, int], int]]:
    """Corners in order around, the first of which has two candidates that all of them have, and
    the mask of these; each way around, where it is another, once."""
    peers, values = state.geometry.peers, state.places
    for first in state.bivalue:
        pair = state.candidates[first]
        low, high = values_of(pair)
        both = values[low] & values[high]
        for second, fourth in combinations(members(peers[first] & both), 2):
            if not peers[second] >> fourth & 1:
                for third in members(peers[second] & peers[fourth] & both & ~peers[first]):
                    if third != first and _free(state, first, second, third, fourth):
                        yield (first, second, third, fourth), pair


def _free(state: State, first: int, second: int, third: int, fourth: int) -> bool:
    """Whether two values can be swapped around: opposite corners see nothing of one another, and no
    unit holds one of the corners and neither of its neighbours."""
    a, b, c, d = (state.geometry.homes[cell] for cell in (first, second, third, fourth))
    return not (a & c or b & d) and a | c == b | d


def _rectangles(state: State) -> Iterator[tuple[tuple[int, int], tuple[int, int], int]]:
    """The floor of a rectangle, two corners that have a pair of candidates and no more, its roof,
    which has it too, and the mask of the pair."""
    for (first, second, third, fourth), pair in _corners(state):
        for beside, roof in ((second, (third, fourth)), (fourth, (third, second))):
            if state.candidates[beside] == pair:
                yield (first, beside), roof, pair


def _conclusions(
    state: State, roof: tuple[int, int], pair: int
) -> Iterator[tuple[dict[int, int], str]]:
    """What a rectangle strikes, and why."""
    geometry, words, (low, high) = state.geometry, state.words, values_of(pair)
    corners = set_of(roof)
    one, other = (state.candidates[cell] & ~pair for cell in roof)
    for cell, own, opposite in zip(roof, (one, other), (other, one), strict=True):
        if own and not opposite:  # the other three have the pair alone
            yield (
                dict.fromkeys((low, high), 1 << cell),
                f"{words.cell(cell)} must be something else.",
            )
    if one == other and one.bit_count() == 1:
        extra = one.bit_length()
        if struck := geometry.see_all(corners) & state.places[extra]:
            reason = f"{words.cells(sorted(roof), 'or')} must be {words.value(extra)}; "
            yield {extra: struck}, f"{reason}{words.seen_by(struck, 2)}."
    for number in geometry.shared_units(corners) if one and other else ():
        for locked, barred in ((low, high), (high, low)):
            unit = geometry.complete.get(number)
            if unit is not None and not state.places[locked] & unit & ~corners:
                reason = (
                    f"One of {words.cells(sorted(roof))} is {words.value(locked)}, being its only "
                    f"places in {words.unit(number)}, so the other is not {words.value(barred)}."
                )
                yield {barred: corners}, reason


def avoidable_rectangle(state: State) -> Steps:
    """As a unique rectangle, of cells filled in since the puzzle was given: two in which values
    could be swapped with those of the two others must not have the chance.

    With three corners filled the fourth is not what completes the swap; with two beside one
    another filled, and one more value in each of the two others, the same in both, one is that.
    """
    words, domains = state.words, state.puzzle.board.constraints.domains
    given = state.puzzle.givens
    ours = [cell for cell, value in enumerate(state.values) if value and not given[cell]]
    peers = state.geometry.peers
    for first, second in combinations(ours, 2) if _sound(state) else ():
        if not peers[first] >> second & 1:
            continue
        low, high = state.values[first], state.values[second]
        for third in members(peers[second] & ~peers[first] & _has(state, low)):
            for fourth in members(peers[first] & peers[third] & ~peers[second] & _has(state, high)):
                corners = (first, second, third, fourth)
                pair = 1 << low - 1 | 1 << high - 1
                free = all(not given[cell] and not pair & ~domains[cell] for cell in corners)
                if third == first or fourth == second or not free or not _free(state, *corners):
                    continue
                held = f"{words.cells((first, second))} are {words.values((low, high))}"
                swap = "the two values could be swapped, and the puzzle would have two solutions"
                found = {
                    cell: value
                    for cell, value in ((third, low), (fourth, high))
                    if not state.values[cell]
                }
                extras = [
                    state.candidates[cell] & ~(1 << value - 1) for cell, value in found.items()
                ]
                strikes: dict[int, int] = {}
                if len(found) == 1:
                    ((cell, value),) = found.items()
                    (other,) = {third, fourth} - {cell}
                    strikes = {value: 1 << cell}
                    end = (
                        f"{held}, {words.cell(other)} is {words.value(state.values[other])}, and "
                        f"none was given: were {words.cell(cell)} {words.value(value)}, {swap}."
                    )
                elif found and extras[0] == extras[1] and extras[0].bit_count() == 1:
                    extra = extras[0].bit_length()
                    seen = state.geometry.see_all(set_of(found)) & state.places[extra]
                    strikes = {extra: seen} if seen else {}
                    end = (
                        f"{held}, and neither was given: were {words.cells(found)} "
                        f"{words.values(found.values())}, {swap}. So one of them is "
                        f"{words.value(extra)}; {words.see(seen)} both."
                        if seen
                        else ""
                    )
                if strikes:
                    yield words.striking(
                        strikes,
                        f"Look at the rectangle {words.cells(sorted(corners))}.",
                        end,
                        [cell for cell in corners if cell not in found],
                        found,
                        values=sorted((low, high)),
                        groups=[marks_in(state, (low, high), set_of(found))],
                    )


def _has(state: State, value: int) -> int:
    """The cells that hold a value or may."""
    return state.filled[value] | state.places[value]


def bug(state: State) -> Steps:
    """All open cells have two candidates but one, which has three: were it not the value that is in
    three places of a unit, each value had two places in each unit where it has any, and every
    solution a second one with the other candidate everywhere."""
    words, geometry = state.words, state.geometry
    more = [cell for cell in members(state.open) if state.candidates[cell].bit_count() != 2]
    if not _sound(state) or len(more) != 1 or state.candidates[more[0]].bit_count() != 3:
        return
    (cell,) = more
    for value in values_of(state.candidates[cell]):
        rest = dict(state.places)
        rest[value] &= ~(1 << cell)
        if all(
            (places & unit).bit_count() in (0, 2)
            for places in rest.values()
            for unit in geometry.units
        ):
            name, symbol = words.cell(cell), words.value(value)
            units = words.near(cell)
            place = f" in {words.unit(units[0])}" if units else ""
            yield words.placing(
                cell,
                value,
                f"Look for the one open cell with three candidates{place}; all others have two.",
                f"Were {name} not {symbol}, each value would have two places in every unit that it "
                "is open in, and with the other candidate in each cell the puzzle would have two "
                "solutions.",
                units=units,
            )

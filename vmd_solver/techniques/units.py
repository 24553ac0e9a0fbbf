"""What a unit leaves: singles, locked candidates, naked and hidden subsets, fish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import permutations
from operator import or_

from vmd_solver.techniques.state import Kind, State, Steps, listed, members, set_of, values_of


def full_house(state: State) -> Steps:
    """The last open cell of a complete unit holds the value that is left."""
    words = state.words
    for number, unit in state.geometry.complete.items():
        left = unit & state.open
        if left.bit_count() == 1:
            cell = left.bit_length() - 1
            yield words.placing(
                cell,
                state.candidates[cell].bit_length(),
                f"Look at {words.unit(number)}.",
                f"All its cells but {words.cell(cell)} are filled, and it holds every value.",
                units=(number,),
            )


def hidden_single(state: State) -> Steps:
    """A value with one place left in a complete unit stands there, among other open cells."""
    words = state.words
    for number, unit in state.geometry.complete.items():
        for value, places in state.places.items():
            place = places & unit
            others = state.open & unit & ~place
            if place.bit_count() != 1 or not others:
                continue
            cell = place.bit_length() - 1
            bars, left = _bars(state, value, others)
            reasons = [f"see it in {words.cells(members(bars), 'or')}"] if bars else []
            reasons += ["lost it before"] if left else []
            yield words.placing(
                cell,
                value,
                f"Look for {words.value(value)} in {words.unit(number)}.",
                f"{words.cell(cell)} is its only place there: "
                f"the other open cells {' or '.join(reasons)}.",
                bars,
                (number,),
            )


def _bars(state: State, value: int, cells: int) -> tuple[int, int]:
    """A few cells that hold `value` and bar it from `cells`; and those of these that none does."""
    seen = {cell: state.geometry.peers[cell] & cells for cell in members(state.filled[value])}
    bars, left = 0, cells
    while any(barred & left for barred in seen.values()):
        best = max(seen, key=lambda cell: (seen[cell] & left).bit_count())
        bars |= 1 << best
        left &= ~seen[best]
    return bars, left


def naked_single(state: State) -> Steps:
    """A cell with one candidate left holds it."""
    words = state.words
    for cell, mask in enumerate(state.candidates):
        if mask.bit_count() != 1:
            continue
        value, seen = mask.bit_length(), state.geometry.peers[cell]
        holders = {other: cells & seen for other, cells in state.filled.items() if cells & seen}
        if len(holders) == state.puzzle.board.D - 1:
            why = f"It sees every value but {words.value(value)}."
        else:
            others = f"It sees {words.values(holders)}; the others" if holders else "All"
            why = f"{others} but {words.value(value)} were struck before."
        bars = sum(cells & -cells for cells in holders.values())
        yield words.placing(cell, value, f"Look at {words.cell(cell)}.", why, bars)


def locked_candidates(state: State) -> Steps:
    """A cell that sees every place of a value in a complete unit cannot hold that value.

    Known as pointing and claiming where those places share a second unit; diagonals, windows and
    crooked regions make more of such cells.
    """
    geometry, words = state.geometry, state.words
    for number, unit in geometry.complete.items():
        for value, places in state.places.items():
            inside = places & unit
            struck = geometry.see_all(inside) & places if inside.bit_count() > 1 else 0
            if not struck:
                continue
            cells = tuple(members(inside))
            shared = tuple(geometry.shared_units(inside | struck))
            seen = f", all in {words.unit(shared[0])}" if shared else ""
            yield words.striking(
                {value: struck},
                f"Look for {words.value(value)} in {words.unit(number)}.",
                f"It must stand in {words.cells(cells, 'or')}{seen}; "
                f"{words.see(struck)} all of these.",
                cells,
                units=(number, *shared[:1]),
            )


Choice = tuple[tuple[int, ...], int]
"""Items, and the set that their sets join to."""


def tight(sets: Sequence[tuple[int, int]], size: int) -> Iterator[Choice]:
    """Choices of `size` items whose sets join to one of `size` members.

    `sets` are pairs of item and set. Only sets of two members and more are looked at: smaller ones
    are a matter for easier techniques.

    >>> list(tight([(7, 0b011), (8, 0b110), (9, 0b011)], 2))
    [((7, 9), 3)]
    """
    small = [(item, bits) for item, bits in sets if 2 <= bits.bit_count() <= size]

    def choose(start: int, chosen: tuple[int, ...], joined: int) -> Iterator[Choice]:
        if len(chosen) == size:
            if joined.bit_count() == size:
                yield chosen, joined
            return
        for at in range(start, len(small) - (size - len(chosen)) + 1):
            item, bits = small[at]
            both = joined | bits
            if both.bit_count() <= size:
                yield from choose(at + 1, (*chosen, item), both)

    return choose(0, (), 0)


def naked_subset(state: State, size: int) -> Steps:
    """Cells of a unit that have as many candidates together as they are take them all.

    Cells that see every cell where one of these values may stand lose it, in the unit or not.
    """
    geometry, words = state.geometry, state.words
    for number, unit in enumerate(geometry.units):
        sets = [(cell, state.candidates[cell]) for cell in members(unit)]
        for cells, mask in tight(sets, size):
            inside, values = set_of(cells), values_of(mask)
            strikes = {}
            for value in values:
                places = state.places[value]
                strikes[value] = geometry.see_all(places & inside) & places & ~inside
            if any(strikes.values()):
                yield words.striking(
                    strikes,
                    f"Look at {words.cells(cells)} in {words.unit(number)}.",
                    f"These {size} cells have only {words.values(values)} between them and take "
                    "one each: a cell that sees all of those with a value loses that value.",
                    cells,
                    units=(number,),
                    values=values,
                )


def hidden_subset(state: State, size: int) -> Steps:
    """Values that have as many places together in a complete unit as they are fill them all."""
    words, places = state.words, state.places
    for number, unit in state.geometry.complete.items():
        sets = [(value, places[value] & unit) for value in places]
        for values, inside in tight(sets, size):
            strikes = {value: places[value] & inside for value in places if value not in values}
            if any(strikes.values()):
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


def fish(state: State, size: int) -> Steps:
    """A value whose places in `size` units lie in `size` units of another kind fills these there.

    The first units must be complete, so that each holds the value; the others hold it at most once
    each, so that none is left for a cell outside the first ones. X-wing, swordfish and jellyfish
    are fish of two, three and four units; any two kinds of units do, not rows and columns alone.
    """
    geometry, words = state.geometry, state.words
    for base, cover in permutations(geometry.kinds, 2):
        if len(base.units) < size or len(cover.units) < size:
            continue
        for value, places in state.places.items():
            for rows, covers in tight(_covers(state, base, cover, places), size):
                cols = tuple(cover.units[at] for at in members(covers))
                inside = sum(geometry.units[row] for row in rows) & places
                outside = sum(geometry.units[col] for col in cols) & places & ~inside
                if outside:
                    lines, ways = (listed(map(words.unit, units)) for units in (rows, cols))
                    yield words.striking(
                        {value: outside},
                        f"Look for {words.value(value)} in {lines}.",
                        f"There it stands nowhere but in {ways}: once in each of "
                        f"these {size}, and so nowhere else in them.",
                        members(inside),
                        units=(*rows, *cols),
                    )


def _covers(state: State, base: Kind, cover: Kind, places: int) -> list[tuple[int, int]]:
    """The complete units of `base`, each with the set of units of `cover` that its places lie in.

    Left out where a place lies in none.
    """
    found = []
    for number in base.units:
        inside = state.geometry.complete.get(number, 0) & places
        homes = [cover.home[cell] for cell in members(inside)]
        if homes and all(homes):
            found.append((number, reduce(or_, homes)))
    return found

"""What a unit leaves: singles, locked candidates, naked and hidden subsets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmd_solver.techniques.state import (
    State,
    Steps,
    marks_in,
    marks_of,
    members,
    set_of,
    values_of,
)


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
            cell, symbol = place.bit_length() - 1, words.value(value)
            bars, left = _bars(state, value, others)
            reasons = [f"in {words.cells(members(left))} it is struck"] if left else []
            if bars:
                see = "cell sees" if (others & ~left).bit_count() == 1 else "cells see"
                held = words.cells(members(bars), "or")
                reasons.append(f"the other open {see} the {symbol} in {held}")
            yield words.placing(
                cell,
                value,
                f"Look for {symbol} in {words.unit(number)}.",
                f"Only {words.cell(cell)} can hold it there: {', and '.join(reasons)}.",
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
        struck = [other for other in state.places if other != value and other not in holders]
        name, symbol = words.cell(cell), words.value(value)
        if not struck:
            why = f"{name} sees every value but {symbol}."
        else:
            sees = f"{name} sees {words.values(holders)}; " if holders else ""
            gone = f"{words.values(struck)} {'is' if len(struck) == 1 else 'are'} struck from"
            why = f"{sees}{gone} {'it' if sees else name}: only {symbol} is left."
        bars, units = sum(cells & -cells for cells in holders.values()), words.near(cell)
        place = f" in {words.unit(units[0])}" if units else ""
        where = f"Look for a cell{place} with one candidate."
        yield words.placing(cell, value, where, why, bars, units)


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
            both = "both" if len(cells) == 2 else "all"
            seen = f", {both} in {words.unit(shared[0])}" if shared else ""
            yield words.striking(
                {value: struck},
                f"Look for {words.value(value)} in {words.unit(number)}.",
                f"It must stand in {words.cells(cells, 'or')}{seen}; "
                f"{words.seen_by(struck, len(cells))}.",
                cells,
                units=(number,),
                groups=[marks_of(value, inside)],
            )


Choice = tuple[tuple[int, ...], int]
"""Items, and the set that their sets join to."""


def tight(
    sets: Sequence[tuple[int, int]], size: int, least: int = 2, begun: int = 0
) -> Iterator[Choice]:
    """Choices of `size` items whose sets join to one of `size` members, with what is `begun`.

    `sets` are pairs of item and set. Only sets of `least` members and more are looked at: of less
    than two they are mostly a matter for easier techniques.

    >>> list(tight([(7, 0b011), (8, 0b110), (9, 0b011)], 2))
    [((7, 9), 3)]
    """
    small = [(item, bits) for item, bits in sets if least <= bits.bit_count() <= size]

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

    return choose(0, (), begun)


def naked_subset(state: State, size: int) -> Steps:
    """Cells of a unit that have as many candidates together as they are take them all.

    Cells that see every cell where one of these values may stand lose it, in the unit or not.
    """
    geometry, words = state.geometry, state.words
    for number, unit in enumerate(geometry.units):
        # The other values of a complete unit are a hidden subset, of one to three an easier step.
        if size == 4 and number in geometry.complete and (unit & state.open).bit_count() < 8:
            continue
        sets = [(cell, state.candidates[cell]) for cell in members(unit)]
        for cells, mask in tight(sets, size):
            inside, values = set_of(cells), values_of(mask)
            strikes = {}
            for value in values:
                places = state.places[value]
                strikes[value] = geometry.see_all(places & inside) & places & ~inside
            if any(strikes.values()):
                alike: dict[int, list[int]] = {}
                for value, struck in strikes.items():
                    alike.setdefault(struck & ~unit, []).append(value)
                beside = "".join(
                    f" {words.see(outside)} every {words.values(lost)} among them too."
                    for outside, lost in alike.items()
                    if outside
                )
                yield words.striking(
                    strikes,
                    f"Look for {size} cells in {words.unit(number)} with {size} candidates between "
                    "them.",
                    f"{words.cells(cells)} have only {words.values(values)} between them and take "
                    f"one each: none is left for another cell of {words.unit(number)}.{beside}",
                    cells,
                    units=(number,),
                    values=values,
                    groups=[marks_in(state, values, inside)],
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
                    f"They have only {words.cells(cells)} to stand in there, and fill them: "
                    "nothing else fits in.",
                    cells,
                    units=(number,),
                    values=values,
                    groups=[marks_in(state, values, inside)],
                )

"""What few links between cells force: wings, and colourings of the places of one value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product

from vmd_solver.techniques.state import (
    State,
    Steps,
    counted,
    marks_at,
    marks_of,
    members,
    set_of,
    values_of,
)


def wing(state: State, size: int) -> Steps:
    """A pivot with x and y, pincers with x, z and y, z: whichever it is, one pincer is z.

    The XY-wing. In an XYZ-wing, of `size` 3, the pivot has z too, and one of the three is z.
    """
    words, candidates = state.words, state.candidates
    for pivot, mask in enumerate(candidates):
        if mask.bit_count() != size:
            continue
        seen = [cell for cell in state.bivalue if state.geometry.peers[pivot] >> cell & 1]
        for pincers in combinations(seen, 2):
            one, other = (candidates[cell] for cell in pincers)
            common = one & other
            # Two different pairs out of three values, and the pivot has the two not in common.
            if common.bit_count() != 1 or mask | common != one | other:
                continue
            holders = set_of((pivot, *pincers) if mask & common else pincers)
            value = common.bit_length()
            struck = state.geometry.see_all(holders) & state.places[value]
            if not struck:
                continue
            symbol = words.value(value)
            cases = "; ".join(
                f"if it is {words.value((candidates[pincer] & ~common).bit_length())}, "
                f"{words.cell(pincer)} is {symbol}"
                for pincer in pincers
            )
            yield words.striking(
                {value: struck},
                f"Look at {words.cell(pivot)} with {words.cells(pincers)}.",
                f"{words.cell(pivot)} is {words.values(values_of(mask), 'or')}: {cases}. "
                f"Whichever it is, one of {words.cells(members(holders))} is {symbol}; "
                f"{words.seen_by(struck, holders.bit_count())}.",
                (pivot,),
                pincers,
                values=values_of(mask | common),
                groups=[marks_at(state, cell) for cell in (pivot, *pincers)],
            )


def simple_colouring(state: State) -> Steps:
    """Two places of a value that are all in a complete unit get two colours, and so on from these.

    All cells of one colour hold the value, or all of the other. A colour with two cells that see
    one another is wrong; a cell that sees both colours cannot hold the value.
    """
    words = state.words
    for value, places in state.places.items():
        for first, second in _clusters(state, places):
            for struck, reason in _clashes(state, places, first, second):
                yield words.striking(
                    {value: struck},
                    f"Look for {words.value(value)} where units have two places for it.",
                    f"Such pairs link its places: {_either(state, first, second)}. {reason}",
                    members(first),
                    members(second),
                    groups=[marks_of(value, side) for side in (first, second)],
                )


def _clusters(state: State, places: int) -> Iterator[tuple[int, int]]:
    """The two colours of each cluster of linked places of a value, as sets of cells."""
    links: dict[int, int] = {}
    for unit in state.geometry.complete.values():
        pair = unit & places
        if pair.bit_count() == 2:
            for cell in members(pair):
                links[cell] = links.get(cell, 0) | pair & ~(1 << cell)
    while links:
        start = min(links)
        colours, new = [1 << start, 0], [(start, 0)]
        while new:
            cell, colour = new.pop()
            more = links.pop(cell, 0) & ~colours[1 - colour]
            colours[1 - colour] |= more
            new += [(other, 1 - colour) for other in members(more)]
        yield colours[0], colours[1]


def _either(state: State, first: int, second: int) -> str:
    """`it is in r1c2, or else in both of r1c5 and r4c2`, of two colours."""
    return f"it is in {_all(state, first)}, or else in {_all(state, second)}"


def _all(state: State, cells: int) -> str:
    count = cells.bit_count()
    return f"{counted(count) + ' of ' if count > 1 else ''}{state.words.cells(members(cells))}"


def _clashes(state: State, places: int, first: int, second: int) -> Iterator[tuple[int, str]]:
    """The cells of two colours or beside them that lose the value, and why."""
    words, geometry = state.words, state.geometry
    for wrong in (first, second):
        if geometry.see_any(wrong) & wrong:
            pair = _clash(state, wrong, wrong)
            yield wrong, f"{pair} see one another, so it is not in {_all(state, wrong)}."
    seen = geometry.see_any(first) & geometry.see_any(second)
    if struck := seen & places & ~(first | second):
        yield struck, f"{words.see(struck)} some of both."


def multi_colouring(state: State) -> Steps:
    """Two clusters of linked places of a value, where a colour of one sees a colour of the other:
    these are not both right, so that one of the two opposite colours is.

    A colour that sees both colours of another cluster is wrong.
    """
    words, geometry = state.words, state.geometry
    for value, places in state.places.items():
        clusters = list(_clusters(state, places))
        for (first, opposite), (second, rest) in _pairs(clusters):
            seen = geometry.see_any(first)
            if not seen & second:
                continue
            clash = f"{_clash(state, first, second)} see one another"
            if seen & rest:
                struck = first
                end = f"{clash}, and so do {_clash(state, first, rest)}"
                end += f": it is not in {_all(state, first)}."
            else:
                struck = geometry.see_any(opposite) & geometry.see_any(rest) & places
                if not struck:
                    continue
                end = f"{clash}, so that it is in {_all(state, opposite)}, or in "
                end += f"{_all(state, rest)}; {words.see(struck)} some of both."
            ways = (_either(state, *pair) for pair in ((first, opposite), (second, rest)))
            yield words.striking(
                {value: struck},
                f"Look for {words.value(value)} where units have two places for it.",
                f"Such pairs link its places: {'; and '.join(ways)}. {end}",
                members(first | opposite),
                members(second | rest),
                groups=[marks_of(value, side) for side in (first, opposite, second, rest)],
            )


Colours = tuple[int, int]


def _pairs(clusters: Sequence[Colours]) -> Iterator[tuple[Colours, Colours]]:
    """Two clusters, with the two colours of each in either order."""
    for one, other in permutations(clusters, 2):
        yield from product((one, one[::-1]), (other, other[::-1]))


def _clash(state: State, first: int, second: int) -> str:
    """A cell of one colour and one of another that see one another."""
    near = next(cell for cell in members(first) if state.geometry.peers[cell] & second)
    return state.words.cells((near, next(members(state.geometry.peers[near] & second))))

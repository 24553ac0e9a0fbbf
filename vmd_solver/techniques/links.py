"""What links between cells force: wings, colouring, chains, unique rectangles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from vmd_solver.techniques.state import Mark, State, Steps, members, set_of, values_of


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
                f"Whichever it is, one of the {holders.bit_count()} cells "
                f"{words.cells(members(holders))} is {symbol}.",
                (pivot,),
                pincers,
                values=values_of(mask | common),
            )


def simple_colouring(state: State) -> Steps:
    """Two places of a value that are all in a complete unit get two colours, and so on from these.

    All cells of one colour hold the value, or all of the other. A colour with two cells that see
    one another is wrong; a cell that sees both colours cannot hold the value.
    """
    words = state.words
    for value, places in state.places.items():
        for colours in _clusters(state, places):
            for first, second, struck, reason in _clashes(state, places, *colours):
                one, other = tuple(members(first)), tuple(members(second))
                yield words.striking(
                    {value: struck},
                    f"Look for {words.value(value)} where units have two places for it.",
                    f"Such pairs link its places: it stands in {'all of ' * (len(one) > 1)}"
                    f"{words.cells(one)}, or else in {'all of ' * (len(other) > 1)}"
                    f"{words.cells(other)}. {reason}",
                    one,
                    other,
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


def _clashes(
    state: State, places: int, first: int, second: int
) -> Iterator[tuple[int, int, int, str]]:
    """Two colours, that to be told of first, with the cells that lose the value, and why."""
    words, geometry = state.words, state.geometry
    for wrong, right in ((first, second), (second, first)):
        for cell in members(wrong):
            if clash := geometry.peers[cell] & wrong:
                pair = words.cells((cell, next(members(clash))))
                yield wrong, right, wrong, f"{pair} see one another, so not the former."
                break
    seen = geometry.see_any(first) & geometry.see_any(second)
    if struck := seen & places & ~(first | second):
        yield first, second, struck, f"{words.see(struck)} some of both."


def xy_chain(state: State) -> Steps:
    """If the first cell of a chain is not z, the last one is; a cell that sees both is not z.

    All cells have two candidates, and each forces the next. Shortest chains first.
    """
    words, two = state.words, set_of(state.bivalue)
    pairs = {value: places & two for value, places in state.places.items()}
    found = [
        (len(chain), chain, struck)
        for start in state.bivalue
        for z in values_of(state.candidates[start])
        for chain, struck in _chains(state, pairs, start, z)
    ]
    for _, chain, struck in sorted(found):
        (start, _), (end, z) = chain[0], chain[-1]
        forced = ", ".join(f"{words.cell(cell)} is {words.value(value)}" for cell, value in chain)
        yield words.striking(
            {z: struck},
            f"Look at {words.cells((start, end))}, and the cells with two candidates between them.",
            f"If {words.cell(start)} is not {words.value(z)}, then {forced}. Either way one of "
            f"the two ends is {words.value(z)}, and a cell that sees both is not.",
            (cell for cell, _ in chain),
            values=sorted({value for _, value in chain}),
        )


def _chains(
    state: State, pairs: dict[int, int], start: int, z: int
) -> Iterator[tuple[tuple[Mark, ...], int]]:
    """Of the chains from `start`, should it not be `z`, the first that strikes something, and what.

    Each of its marks is a cell and the value that it is forced to take; `pairs` are, for each
    value, the cells that have it and one other.
    """
    peers, candidates = state.geometry.peers, state.candidates
    began = (start, (candidates[start] & ~(1 << z - 1)).bit_length())
    chains: list[tuple[Mark, ...]] = [(began,)]
    known = {began}
    for chain in chains:
        cell, value = chain[-1]
        if value == z and (struck := peers[start] & peers[cell] & state.places[z]):
            yield chain, struck
            return
        for peer in members(peers[cell] & pairs[value]):
            forced = (peer, (candidates[peer] & ~(1 << value - 1)).bit_length())
            if forced not in known:
                known.add(forced)
                chains.append((*chain, forced))


def unique_rectangle(state: State) -> Steps:
    """Four open cells which two values could fill in two ways do not hold just these two.

    That needs every unit with one of the cells to hold a neighbouring one as well: rows, columns
    and boxes do where the rectangle lies in two boxes; where a diagonal, a window or a region
    takes one corner alone, the swap is barred and nothing follows. Only a puzzle that is known to
    have one solution allows this argument, and only where no rule may tell the two values apart.
    """
    words = state.words
    sound = state.unique and not state.puzzle.board.linked
    for floor, roof, pair in _rectangles(state) if sound else ():
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


def _rectangles(state: State) -> Iterator[tuple[tuple[int, int], tuple[int, int], int]]:
    """Corners in order around: two of the floor, which have a pair of candidates and no more, and
    two of the roof, which have it too; and the mask of the pair."""
    peers, homes = state.geometry.peers, state.geometry.homes
    for first, second in combinations(state.bivalue, 2):
        pair = state.candidates[first]
        if pair != state.candidates[second] or not peers[first] >> second & 1:
            continue
        low, high = values_of(pair)
        both = state.places[low] & state.places[high]
        for third in members(peers[second] & both & ~peers[first] & ~(1 << first)):
            for fourth in members(peers[first] & peers[third] & both & ~peers[second]):
                # Opposite corners see nothing of one another, and no unit holds one of the
                # corners and neither of its neighbours.
                a, b, c, d = (homes[cell] for cell in (first, second, third, fourth))
                if fourth != second and not (a & c or b & d) and a | c == b | d:
                    yield (first, second), (third, fourth), pair


def _conclusions(
    state: State, roof: tuple[int, int], pair: int
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

"""What locked candidates and subsets of two and three strike: see `closure`.

The subset of Python that numba compiles, like `kernel`, which says how it is run. It must not know
of techniques, their words or levels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

MOST = 3
"""Members of a subset."""

FIELDS = 10
"""Sizes and offsets at the beginning of the words."""


class Units(NamedTuple):
    """Units and peers: sizes, and offsets of what stands in the words `data`.

    Unit u, of `units`, has the cells between two entries of `starts`; `whole` says whether it holds
    every value. Cell c has likewise `peers`, and sees cell d where the entry c * n + d of `sees`
    says so. In the words to work in there are `room` holders, items and sets each.
    """

    data: Any
    n: int
    D: int
    units: int
    room: int
    starts: int
    cells: int
    whole: int
    peer_starts: int
    peers: int
    sees: int


def sweep_many(data: Any, room: Any, rows: int, masks: Any, struck: Any) -> None:
    """Strike what every unit of each row of `masks` (B, n) shows, and note in `struck` (B,) where
    that was anything."""
    d = data
    units = Units(d, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9])
    for row in range(rows):
        struck[row] = 1 if sweep(units, room, masks, row * units.n) else 0


def sweep(units: Units, room: Any, masks: Any, row: int) -> bool:
    """Strike what every unit shows; whether there was anything."""
    data, items, sets = units.data, units.room, 2 * units.room
    struck = False
    for unit in range(units.units):
        begin, end = data[units.starts + unit], data[units.starts + unit + 1]
        size = 0
        for index in range(begin, end):
            cell = data[units.cells + index]
            if 1 < few(masks[row + cell]) <= MOST:
                room[items + size], room[sets + size] = cell, masks[row + cell]
                size += 1
        struck |= subsets(units, room, masks, row, size, -1)
        if not data[units.whole + unit]:
            continue
        size = 0
        for value in range(units.D):
            held = places = 0
            for index in range(begin, end):
                if (masks[row + data[units.cells + index]] >> value) & 1:
                    room[held] = data[units.cells + index]
                    places |= 1 << (index - begin)
                    held += 1
            if held > 1:
                struck |= strike(units, room, masks, row, 1 << value, held)
            if 1 < held <= MOST:
                room[items + size], room[sets + size] = value, places
                size += 1
        struck |= subsets(units, room, masks, row, size, begin)
    return struck


def subsets(units: Units, room: Any, masks: Any, row: int, size: int, begin: int) -> bool:
    """Use every two or three of the `size` items whose sets join to as many members."""
    sets = 2 * units.room
    struck = False
    for a in range(size):
        for b in range(a + 1, size):
            two = room[sets + a] | room[sets + b]
            if few(two) == 2:
                struck |= take(units, room, masks, row, begin, two, a, b, b)
            elif few(two) == MOST:
                for c in range(b + 1, size):
                    if two | room[sets + c] == two:
                        struck |= take(units, room, masks, row, begin, two, a, b, c)
    return struck


def take(
    units: Units, room: Any, masks: Any, row: int, begin: int, joined: int, a: int, b: int, c: int
) -> bool:
    """Strike what a subset takes, of two where c is b: its values from the cells that see it, or,
    of values in the places of a unit from `begin` on, all others from these."""
    data, items, sets = units.data, units.room, 2 * units.room
    struck = False
    if begin >= 0:
        values = 1 << room[items + a] | 1 << room[items + b] | 1 << room[items + c]
        index = begin
        while joined:
            cell = data[units.cells + index]
            if joined & 1 and masks[row + cell] & ~values:
                masks[row + cell] &= values
                struck = True
            joined >>= 1
            index += 1
        return struck
    while joined:
        bit = joined & -joined
        joined ^= bit
        held = 0
        for at in (a, b, c):
            if room[sets + at] & bit:
                room[held] = room[items + at]
                held += 1
        struck |= strike(units, room, masks, row, bit, held)
    return struck


def strike(units: Units, room: Any, masks: Any, row: int, bit: int, held: int) -> bool:
    """Strike a value from every cell that sees all the first `held` of the words `room`."""
    data = units.data
    struck = False
    for index in range(data[units.peer_starts + room[0]], data[units.peer_starts + room[0] + 1]):
        peer = data[units.peers + index]
        if masks[row + peer] & bit:
            seen = 1
            while seen < held and data[units.sees + room[seen] * units.n + peer]:
                seen += 1
            if seen == held:
                masks[row + peer] &= ~bit
                struck = True
    return struck


def few(mask: int) -> int:
    """How many members a set has; one more than MOST for all larger ones."""
    found = 0
    while mask and found <= MOST:
        mask &= mask - 1
        found += 1
    return found

"""Units of small boards: for each value the set of cells that may have it, as two words.

The same propagation as by the factors of `kernel`, which says how this is run, in another form:
many cells are looked at together, by the bits of a word, and few branches depend on what is found.
On 9x9 that is three times as fast. On larger boards, where most of what is looked at has not
changed, factors are; rules need them, too.

The first `low` cells are in the first word, with the masks `all_low` and `all_high` of all cells
and `all_units` of all units. A row has, for each value, the words of its cells (2 * D,), and the
units in which it is not yet placed (D,) from `open` on; then the two words of the cells that are
placed, from `done` on. Of each cell the tables know its peers (`near`, two words), its units
(`homes`), in which word it is and at which bit (`word`, `shift`); of each unit its cells (`within`,
two words). Units that wait are in `queue`, for each value, and behind it those that had one or two
places left. It must not know of the search.

Source: bits for the cells of a value after tdoku and its forerunners; the layout is ours.
"""

from __future__ import annotations

from typing import Any


def lowest(mask: int) -> int:
    """The number of the lowest bit of a mask that is not 0; one instruction where compiled."""
    return (mask & -mask).bit_length() - 1


def bits(mask: int) -> int:
    """How many bits a mask has; one instruction where compiled."""
    return int(mask).bit_count()


def place_digit(t: Any, room: Any, row: int, cell: int, value: int) -> None:
    """Strike a value from the peers of its cell, where no other value is left."""
    data = t.data
    at, peers, todo = row + 2 * value, t.near + 2 * cell, t.queue + value
    room[row + t.done + data[t.word + cell]] |= 1 << data[t.shift + cell]
    low, high = room[at] & data[peers], room[at + 1] & data[peers + 1]
    room[at] ^= low
    room[at + 1] ^= high
    places = room[row + t.open + value] & ~data[t.homes + cell]
    room[row + t.open + value] = places
    room[todo] = places if low | high else room[todo] & places


def keep_digit(t: Any, room: Any, row: int, cell: int, value: int) -> None:
    """Strike all values but one from a cell, and that from its peers."""
    homes, shift = t.data[t.homes + cell], t.data[t.shift + cell]
    at, bit = row + t.data[t.word + cell], 1 << shift
    for other in range(t.D):
        places = room[at + 2 * other]
        room[at + 2 * other] = places & ~bit
        room[t.queue + other] |= homes & -((places >> shift) & 1)
    room[at + 2 * value] |= bit
    place_digit(t, room, row, cell, value)


def strike_digit(t: Any, room: Any, row: int, cell: int, value: int) -> None:
    """Strike one value from a cell."""
    room[row + 2 * value + t.data[t.word + cell]] &= ~(1 << t.data[t.shift + cell])
    room[t.queue + value] |= t.data[t.homes + cell]


def naked_digits(t: Any, room: Any, row: int) -> int:
    """Place the values of cells that have one left: how many, or -1 - c where cell c has none."""
    once = once_more = twice = twice_more = 0
    for value in range(t.D):
        low, high = room[row + 2 * value], room[row + 2 * value + 1]
        twice |= once & low
        once |= low
        twice_more |= once_more & high
        once_more |= high
    if once != t.all_low:
        return -1 - lowest(t.all_low & ~once)
    if once_more != t.all_high:
        return -1 - int(t.low) - lowest(t.all_high & ~once_more)
    low = once & ~twice & ~room[row + t.done]
    high = once_more & ~twice_more & ~room[row + t.done + 1]
    if low | high == 0:
        return 0
    placed = 0
    for value in range(t.D):
        at = row + 2 * value
        while room[at] & low:
            cell = lowest(room[at] & low)
            low ^= 1 << cell
            place_digit(t, room, row, cell, value)
            placed += 1
        while room[at + 1] & high:
            cell = lowest(room[at + 1] & high)
            high ^= 1 << cell
            place_digit(t, room, row, t.low + cell, value)
            placed += 1
    return placed


def hidden_digits(t: Any, room: Any, row: int) -> int:
    """Place the values that have one cell left in a unit: how many, or -1 - n - u where none is.

    Units with few places left are noted.
    """
    data, placed = t.data, 0
    for value in range(t.D):
        todo = t.queue + value
        at = row + 2 * value
        units = room[todo] & room[row + t.open + value]
        room[todo] = scanty = 0
        while units:
            unit = lowest(units)
            units &= units - 1
            low = room[at] & data[t.within + 2 * unit]
            high = room[at + 1] & data[t.within + 2 * unit + 1]
            count = bits(low) + bits(high)
            scanty |= int(count <= 2) << unit
            if count > 1:
                continue
            if count == 0:
                return -1 - int(t.n) - unit
            cell = lowest(low) if low else t.low + lowest(high)
            keep_digit(t, room, row, cell, value)
            placed += 1
            units &= room[row + t.open + value]
        room[todo + t.D] |= scanty
    return placed


def confined_digits(t: Any, room: Any, row: int) -> int:
    """Strike values from the cells that see all places of theirs in a unit: in how many cells."""
    data, struck = t.data, 0
    for value in range(t.D):
        todo = t.queue + value
        at = row + 2 * value
        units = room[todo + t.D] & room[row + t.open + value]
        while units:
            unit = lowest(units)
            units &= units - 1
            low = room[at] & data[t.within + 2 * unit]
            high = room[at + 1] & data[t.within + 2 * unit + 1]
            one = lowest(low) if low else t.low + lowest(high)
            high = high if low else high & (high - 1)
            low &= low - 1
            if low | high == 0:
                continue
            two = lowest(low) if low else t.low + lowest(high)
            one, two = t.near + 2 * one, t.near + 2 * two
            near = room[at] & data[one] & data[two]
            near_more = room[at + 1] & data[one + 1] & data[two + 1]
            if near | near_more:
                room[at] ^= near
                room[at + 1] ^= near_more
                room[todo] = room[row + t.open + value]
                struck += bits(near) + bits(near_more)
        room[todo + t.D] = 0
        if struck:
            return struck
    return struck


def settle_digits(t: Any, room: Any, row: int) -> int:
    """Narrow a row until singles and confined values yield no more.

    Returns 0, or what `naked_digits` and `hidden_digits` say of a contradiction. Units that wait
    are in `queue`, for each value.
    """
    while True:
        naked = naked_digits(t, room, row)
        if naked < 0:
            return int(naked)
        if room[row + t.done] == t.all_low and room[row + t.done + 1] == t.all_high:
            room[row + t.left] = 0
            return 0
        hidden = hidden_digits(t, room, row)
        if hidden < 0:
            return hidden
        if naked + hidden == 0 and (t.few == 1 or confined_digits(t, room, row) == 0):
            return 0


def load_digits(t: Any, room: Any, row: int, givens: Any, at: int, masks: Any, allowed: int) -> int:
    """Fill a row as `kernel.load` says, before propagation: 0, or -1 - c where givens clash."""
    data, D = t.data, t.D
    for index in range(2 * D):
        room[row + index] = room[t.root + index] = 0
    for value in range(D):
        room[row + t.open + value] = t.all_units
    for cell in range(t.n):
        value = int(givens[at + cell]) - 1 if at >= 0 else -1
        if value >= 0:
            where = 2 * value
            peers = t.near + 2 * cell
            if cell < t.low:
                room[row + where] |= 1 << cell
            else:
                room[row + where + 1] |= 1 << (cell - t.low)
            room[t.root + where] |= data[peers]
            room[t.root + where + 1] |= data[peers + 1]
            room[row + t.open + value] &= ~data[t.homes + cell]
    low = high = 0
    for value in range(D):
        low |= room[row + 2 * value]
        high |= room[row + 2 * value + 1]
    room[row + t.done], room[row + t.done + 1] = low, high
    room[row + t.left] = t.n
    for value in range(D):
        where = 2 * value
        here, here_more = room[row + where], room[row + where + 1]
        seen, seen_more = room[t.root + where], room[t.root + where + 1]
        if here & seen | here_more & seen_more:
            return -1
        room[row + where] = here | (t.all_low & ~low & ~seen)
        room[row + where + 1] = here_more | (t.all_high & ~high & ~seen_more)
        room[t.queue + value] = room[row + t.open + value]
        room[t.queue + D + value] = 0
    if allowed >= 0:
        for cell in range(t.n):
            mask = masks[allowed + cell]
            for value in range(D):
                if (mask >> value) & 1 == 0:
                    strike_digit(t, room, row, cell, value)
    return 0


def choose_digit(t: Any, room: Any, row: int) -> tuple[int, int]:
    """The cell to guess at and the value to try first, of a settled row.

    A cell with two candidates; if there is none, a value with two places in a unit, or else a cell
    with the fewest candidates. Of these the one with the greatest weight, and its scarcest value.
    """
    data = t.data
    once = once_more = twice = twice_more = more = more_more = 0
    for value in range(t.D):
        low, high = room[row + 2 * value], room[row + 2 * value + 1]
        more |= twice & low
        twice |= once & low
        once |= low
        more_more |= twice_more & high
        twice_more |= once_more & high
        once_more |= high
    best, best_value, weight = -1, 0, 0
    low, high = twice & ~more, twice_more & ~more_more
    while low:
        cell = lowest(low)
        low &= low - 1
        if room[t.weights + cell] > weight:
            best, weight = cell, room[t.weights + cell]
    while high:
        cell = t.low + lowest(high)
        high &= high - 1
        if room[t.weights + cell] > weight:
            best, weight = cell, room[t.weights + cell]
    if best >= 0:
        return best, scarcest_digit(t, room, row, best)
    for value in range(t.D):
        at = row + 2 * value
        units = room[row + t.open + value]
        while units:
            unit = lowest(units)
            units &= units - 1
            low = room[at] & data[t.within + 2 * unit]
            high = room[at + 1] & data[t.within + 2 * unit + 1]
            if bits(low) + bits(high) > 2:
                continue
            while low | high:
                if low:
                    cell = lowest(low)
                    low &= low - 1
                else:
                    cell = t.low + lowest(high)
                    high &= high - 1
                if room[t.weights + cell] > weight:
                    best, best_value, weight = cell, value, room[t.weights + cell]
    if best >= 0:
        return best, best_value
    fewest = t.D + 1
    for cell in range(t.n):
        count = bits(candidates_digit(t, room, row, cell))
        if 1 < count < fewest or (count == fewest and room[t.weights + cell] > weight):
            best, fewest, weight = cell, count, room[t.weights + cell]
    return best, scarcest_digit(t, room, row, best)


def candidates_digit(t: Any, room: Any, row: int, cell: int) -> int:
    """The candidates of a cell, as a mask."""
    at, shift = row + t.data[t.word + cell], t.data[t.shift + cell]
    mask = 0
    for value in range(t.D):
        mask |= ((room[at + 2 * value] >> shift) & 1) << value
    return mask


def scarcest_digit(t: Any, room: Any, row: int, cell: int) -> int:
    """The candidate of a cell that the fewest of its peers have, too."""
    mask = candidates_digit(t, room, row, cell)
    near, near_more = t.data[t.near + 2 * cell], t.data[t.near + 2 * cell + 1]
    best, fewest = -1, t.n
    while mask:
        value = lowest(mask)
        mask &= mask - 1
        at = row + 2 * value
        count = bits(room[at] & near) + bits(room[at + 1] & near_more)
        if count < fewest:
            best, fewest = value, count
    return best


def values_of_digits(t: Any, room: Any, row: int, found: int) -> None:
    """Write the values of a row without open cells from `found` on."""
    for value in range(t.D):
        low, high = room[row + 2 * value], room[row + 2 * value + 1]
        while low:
            room[found + lowest(low)] = value + 1
            low &= low - 1
        while high:
            room[found + t.low + lowest(high)] = value + 1
            high &= high - 1

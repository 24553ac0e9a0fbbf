"""The exact kernel: propagation of every rule and a complete search, written once for two machines.

It is the exact-cover form of a puzzle. A candidate is a (cell, value); a factor is a set of
candidates of which exactly one is true: a cell, or a value in a complete unit. Each factor is one
mask, of the values of its cell or of the positions in its unit, and striking a candidate clears a
bit in each factor that holds it. A mask with one bit left places it, one with none contradicts,
and one whose few positions all lie in another unit confines the value there ("locked"). So work
goes with what is struck, and no unit is ever looked at in vain.

Small boards without rules have their units in another form, which is faster there: see `digits`.

Everything here is the subset of Python that numba compiles on pointers: flat sequences of ints,
with offsets. It runs as it stands on lists (one puzzle, no import cost, alphabets of any size), and
as machine code on int64 arrays with at most 63 values, with the same results guess for guess: see
`compiled`. After a change: `make kernel`. It must not know of puzzles, files or networks.

Three propagators serve all rules: factors for units, arc consistency for relations, and for
automata reachability through their layers, forward and back. The cheaper ones come first.

The search is depth first and two-way: a guess copies the state and places the value in the copy;
the original waits below on the stack, to strike it. A search that fails too often restarts, and
from then on prefers cells that were the end of many branches. A caller may stop it after any number
of guesses and continue later, even on the other machine.

Sources: exact cover after Knuth, Dancing links (2000); fail-first branching after Haralick and
Elliott (1980); guesses at the place of a value, and the scarcest value first, after Dotu et al.,
Redundant modeling for the quasigroup completion problem (2003); weights of failure after Boussemart
et al., Boosting systematic search by weighting constraints (2004); restarts after Gomes et al.
(1998); automata after Pesant, A regular language membership constraint for finite sequences of
variables (2004). The layout is ours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from vmd_solver.csp.digits import (
    bits,
    candidates_digit,
    choose_digit,
    keep_digit,
    load_digits,
    lowest,
    settle_digits,
    strike_digit,
    values_of_digits,
)

PAIR = 2
"""Candidates of a cell, or places of a value in a unit, that a guess decides either way."""

FIRST_RUN = 250
"""Failures after which a search restarts for the first time; 9x9 puzzles rarely have that many."""

CELL_WEIGHT, UNIT_WEIGHT = 8, 2
"""A failure adds so much to the cell that lost its last candidate, or to each cell of the unit in
which a value lost its last place; cells start with CELL_WEIGHT."""

VALUE_BITS = 8
"""Bits of the value in a candidate or factor that waits: (cell or base) << VALUE_BITS | value."""

VALUE = (1 << VALUE_BITS) - 1

DEPTH, SOLUTIONS, GUESSES, FAILURES, RUN, PLACING, CONFINING, LEVELS, STORED = range(9)
HEAD = 9
"""The first words of `room`: rows on the stack, solutions and guesses since `load`, failures of
this run and the most that it may have, candidates and factors that wait, levels of the stack,
solutions that are kept; and how many such words there are."""


class Tables(NamedTuple):
    """A board in flat form: sizes, and offsets of what stands in the words `data`.

    There are n cells, the first `cells` the board's; the others are hidden, and follow from these.
    Values count from 0 to D - 1. Complete unit u, of `units`, has D positions and the base u * D:
    its factor of value v is number base + v, its position p the cell `members`[base + p]. Cell c
    may be any value in the mask `domains`[c].

    Cell c lies in the complete units between two entries of `home_start`: `home_unit`, with the
    base `home_base` and at the position of the bit `home_bit`; `others`, between two entries of
    `other_start`, are its peers in incomplete units alone. For position p of unit u there are,
    between two entries base + p of `cross_start`, units, by `cross_base`, that share two cells or
    more with u, one of them there; `cross_here` and `cross_there` are masks of the positions that
    they share. A factor of up to `few` positions may be confined so: 1 where no two units share as
    many.

    Relations and automata, `rules` in all. For each cell its links start at `link_start`, and
    likewise the automata that read it (`reader_start`, `readers`). A link is to the cell `link_to`,
    by the D masks that begin in `data` where `link_rows` says. Automaton a reads the cells
    `read_cells` between two entries of `read_start`; its layer i has the states from
    `layers[layer_start[a] + i]` up to the next entry, and the state after its last layer accepts.
    State s has the arcs between two entries of `arc_start`: any of `arc_values` leads to the state
    `arc_to`. A state is `free` if from there on every value is accepted. Small automata come first.

    The other offsets are into the words `room` of a search: after its first words the candidates
    (`queue`) and factors (`confined`) that wait, the `weights` (n,) of cells, which grow with their
    failures; `notes`, the candidates (n,) that the rules know of; whether each cell's links are to
    be followed (`waits`), these cells, after their number (`pending`), whether each automaton is to
    be read again (`stale`), its states (`reached`); the row where the search began, and where it
    restarts (`root`); the solutions that are kept (`found`); and the stack of rows, `width` words
    each: masks of cells (n,) and of factors (units * D,), how many cells are open (`left`), and a
    candidate that is to be struck (1 + it) or placed (-1 - it) first, or 0 (`due`); the open cells,
    32 to a word (`vacant`); and a mask of the values that are open in each unit (`unplaced`).

    The rest is for boards in the form of `digits` (`dense`), which see.
    """

    data: Any
    n: int
    cells: int
    D: int
    units: int
    few: int
    domains: int
    home_start: int
    home_base: int
    home_bit: int
    members: int
    other_start: int
    others: int
    cross_start: int
    cross_base: int
    cross_here: int
    cross_there: int
    rules: int
    automata: int
    link_start: int
    link_to: int
    link_rows: int
    reader_start: int
    readers: int
    read_start: int
    read_cells: int
    layer_start: int
    layers: int
    arc_start: int
    arc_values: int
    arc_to: int
    free: int
    queue: int
    confined: int
    weights: int
    notes: int
    waits: int
    pending: int
    stale: int
    reached: int
    root: int
    found: int
    width: int
    left: int
    due: int
    vacant: int
    unplaced: int
    home_unit: int
    dense: int
    low: int
    all_low: int
    all_high: int
    all_units: int
    near: int
    homes: int
    within: int
    open: int
    done: int
    word: int
    shift: int


def tables(data: Any) -> Tables:
    """The tables whose sizes and offsets stand at the beginning of `data`."""
    d = data
    return Tables(
        d, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13],
        d[14], d[15], d[16], d[17], d[18], d[19], d[20], d[21], d[22], d[23], d[24], d[25], d[26],
        d[27], d[28], d[29], d[30], d[31], d[32], d[33], d[34], d[35], d[36], d[37], d[38], d[39],
        d[40], d[41], d[42], d[43], d[44], d[45], d[46], d[47], d[48], d[49], d[50], d[51], d[52],
        d[53], d[54], d[55], d[56], d[57], d[58],
    )  # fmt: skip


def copy(room: Any, to: int, start: int, size: int) -> None:
    """Copy `size` words of a search; a loop where compiled."""
    room[to : to + size] = room[start : start + size]


def stack(t: Tables, room: Any) -> int:
    """Where the stack of a search begins."""
    return t.found + int(room[STORED]) * t.cells


def shared(t: Tables, base: int, places: int) -> bool:
    """Whether all these places of a unit lie in another one, too."""
    at = t.cross_start + base + lowest(places)
    for index in range(t.data[at], t.data[at + 1]):
        if places & ~t.data[t.cross_here + index] == 0:
            return True
    return False


def leave(t: Tables, room: Any, row: int, base: int, value: int, bit: int) -> int:
    """Strike the position of `bit` from a value's factor in the unit of `base`.

    Returns 0, or -1 - n - u where the value has lost its last place in unit u.
    """
    at = row + t.n + base + value
    places = room[at]
    if places & bit == 0:
        return 0
    places ^= bit
    room[at] = places
    count = bits(places)
    if count > t.few:
        return 0
    if count > 1:
        if shared(t, base, places):
            room[t.confined + room[CONFINING]] = base << VALUE_BITS | value
            room[CONFINING] += 1
    elif count == 0:
        return -1 - t.n - base // t.D
    else:
        cell = t.data[t.members + base + lowest(places)]
        mask = room[row + cell]
        if mask & (mask - 1):
            room[t.queue + room[PLACING]] = cell << VALUE_BITS | value
            room[PLACING] += 1
    return 0


def leave_units(t: Tables, room: Any, row: int, cell: int, value: int) -> int:
    """Strike a candidate from its factors in units; returns what `leave` does."""
    for home in range(t.data[t.home_start + cell], t.data[t.home_start + cell + 1]):
        base, bit = t.data[t.home_base + home], t.data[t.home_bit + home]
        blame = leave(t, room, row, base, value, bit)
        if blame:
            return blame
    return 0


def strike(t: Tables, room: Any, row: int, cell: int, value: int) -> int:
    """Strike a candidate that is there from all its factors.

    Returns 0, -1 - c where cell c has lost its last candidate, or what `leave` says.
    """
    mask = room[row + cell] ^ (1 << value)
    room[row + cell] = mask
    if mask & (mask - 1) == 0:
        if mask == 0:
            return -1 - cell
        room[row + t.left] -= 1
        room[row + t.vacant + (cell >> 5)] ^= 1 << (cell & 31)
        room[t.queue + room[PLACING]] = cell << VALUE_BITS | lowest(mask)
        room[PLACING] += 1
    return leave_units(t, room, row, cell, value)


def narrow(t: Tables, room: Any, row: int, cell: int, mask: int) -> int:
    """Strike the candidates of a cell that are not in `mask`; returns what `strike` does."""
    gone = room[row + cell] & ~mask
    while gone:
        value = lowest(gone)
        gone &= gone - 1
        blame = strike(t, room, row, cell, value)
        if blame:
            return blame
    return 0


def place(t: Tables, room: Any, row: int, cell: int, value: int) -> int:
    """Strike all that a true candidate excludes; returns what `strike` does."""
    data, bit = t.data, 1 << value
    mask = room[row + cell]
    if mask & bit == 0:
        return -1 - cell
    gone = mask ^ bit
    if gone:
        room[row + cell] = bit
        room[row + t.left] -= 1
        room[row + t.vacant + (cell >> 5)] ^= 1 << (cell & 31)
        while gone:
            other = lowest(gone)
            gone &= gone - 1
            blame = leave_units(t, room, row, cell, other)
            if blame:
                return blame
    for home in range(data[t.home_start + cell], data[t.home_start + cell + 1]):
        base, here = data[t.home_base + home], data[t.home_bit + home]
        at = row + t.n + base + value
        gone = room[at] & ~here
        room[at] = here
        room[row + t.unplaced + data[t.home_unit + home]] &= ~bit
        while gone:
            peer = data[t.members + base + lowest(gone)]
            gone &= gone - 1
            blame = strike(t, room, row, peer, value)
            if blame:
                return blame
    for index in range(data[t.other_start + cell], data[t.other_start + cell + 1]):
        peer = data[t.others + index]
        if room[row + peer] & bit:
            blame = strike(t, room, row, peer, value)
            if blame:
                return blame
    return 0


def confine(t: Tables, room: Any, row: int, base: int, value: int) -> int:
    """Where all places of a factor lie in another unit, strike the value from the rest of that.

    Returns what `strike` does.
    """
    data = t.data
    places = room[row + t.n + base + value]
    if places & (places - 1) == 0:
        return 0
    at = t.cross_start + base + lowest(places)
    for index in range(data[at], data[at + 1]):
        if places & ~data[t.cross_here + index]:
            continue
        there = data[t.cross_base + index]
        gone = room[row + t.n + there + value] & ~data[t.cross_there + index]
        while gone:
            peer = data[t.members + there + lowest(gone)]
            gone &= gone - 1
            blame = strike(t, room, row, peer, value)
            if blame:
                return blame
    return 0


def settle(t: Tables, room: Any, row: int) -> int:
    """Narrow a row until its factors yield no more: 0, or what `strike` says of a contradiction.

    Candidates and factors that wait are those from the start of `queue` and `confined` on.
    """
    placed = confined = 0
    while True:
        while placed < room[PLACING]:
            one = room[t.queue + placed]
            placed += 1
            blame = place(t, room, row, one >> VALUE_BITS, one & VALUE)
            if blame:
                return blame
        if room[row + t.left] == 0 or confined >= room[CONFINING]:
            room[PLACING] = room[CONFINING] = 0
            return 0
        one = room[t.confined + confined]
        confined += 1
        blame = confine(t, room, row, one >> VALUE_BITS, one & VALUE)
        if blame:
            return blame


def notice(t: Tables, room: Any, cell: int, mask: int, by: int) -> None:
    """Let the relations and automata of a cell know its candidates; automaton `by` does."""
    data = t.data
    room[t.notes + cell] = mask
    if room[t.waits + cell] == 0:
        room[t.waits + cell] = 1
        room[t.pending] += 1
        room[t.pending + room[t.pending]] = cell
    for index in range(data[t.reader_start + cell], data[t.reader_start + cell + 1]):
        automaton = data[t.readers + index]
        if automaton != by:
            room[t.stale + automaton] = 1


def relate(t: Tables, room: Any, row: int) -> int:
    """Follow the links of pending cells until each value has a partner.

    Returns what `strike` does.
    """
    data = t.data
    while room[t.pending] > 0:
        cell = room[t.pending + room[t.pending]]
        room[t.pending] -= 1
        room[t.waits + cell] = 0
        for index in range(data[t.link_start + cell], data[t.link_start + cell + 1]):
            other = data[t.link_to + index]
            before = room[row + other]
            at = data[t.link_rows + index]
            left = room[row + cell]
            partners = 0
            while left:
                partners |= data[at + lowest(left)]
                left &= left - 1
            mask = before & partners
            if mask == before:
                continue
            if mask == 0:
                return -1 - int(other)
            blame = narrow(t, room, row, other, mask)
            if blame:
                return blame
            notice(t, room, other, mask, -1)
    return 0


def read(t: Tables, room: Any, row: int, automaton: int) -> int:
    """Leave in the cells of an automaton the values on some way from its start to its end.

    Returns what `strike` does, and -1 - n - units - automaton where there is no way.
    """
    data, arc_start, arc_values, arc_to = t.data, t.arc_start, t.arc_values, t.arc_to
    start = data[t.read_start + automaton]
    cells = t.read_cells + start
    layer = t.layers + data[t.layer_start + automaton]
    reached = t.reached - data[layer]
    room[reached + data[layer]] = 1
    index, going = 0, True
    while going:
        mask = room[row + data[cells + index]]
        going = False
        for state in range(data[layer + index + 1], data[layer + index + 2]):
            room[reached + state] = 0
        for state in range(data[layer + index], data[layer + index + 1]):
            if room[reached + state]:
                for arc in range(data[arc_start + state], data[arc_start + state + 1]):
                    if data[arc_values + arc] & mask:
                        to = data[arc_to + arc]
                        room[reached + to] = 1
                        going |= data[t.free + to] == 0
        index += 1
    # All that is reached is free: the rest of the cells does not matter.
    some = False
    for state in range(data[layer + index], data[layer + index + 1]):
        if room[reached + state]:
            room[reached + state] = 2
            some = True
    if not some:
        return -1 - t.n - t.units - automaton
    while index > 0:
        index -= 1
        cell = data[cells + index]
        mask = room[row + cell]
        kept = 0
        for state in range(data[layer + index], data[layer + index + 1]):
            if room[reached + state]:
                for arc in range(data[arc_start + state], data[arc_start + state + 1]):
                    values = data[arc_values + arc] & mask
                    if values and room[reached + data[arc_to + arc]] == 2:
                        kept |= values
                        room[reached + state] = 2
        if kept == mask:
            continue
        if kept == 0:  # a cell that is read twice
            return -1 - t.n - t.units - automaton
        blame = narrow(t, room, row, cell, kept)
        if blame:
            return blame
        notice(t, room, cell, kept, automaton)
    return 0


def follow(t: Tables, room: Any, row: int) -> int:
    """Narrow a row, which factors have left, until no rule yields more. Returns as `read` does."""
    while True:
        for cell in range(t.n):
            if room[row + cell] != room[t.notes + cell]:
                notice(t, room, cell, room[row + cell], -1)
        if room[t.pending] > 0:
            blame = relate(t, room, row)
        else:
            automaton = 0
            while automaton < t.automata and room[t.stale + automaton] == 0:
                automaton += 1
            if automaton == t.automata:
                return 0
            room[t.stale + automaton] = 0
            blame = read(t, room, row, automaton)
            if blame == 0 and room[t.pending] > 0:
                blame = relate(t, room, row)
        if blame == 0:
            blame = settle(t, room, row)
        if blame:
            return blame


def forget(t: Tables, room: Any, row: int) -> None:
    """Begin with rules that know the candidates of a row."""
    while room[t.pending] > 0:
        room[t.waits + room[t.pending + room[t.pending]]] = 0
        room[t.pending] -= 1
    for automaton in range(t.automata):
        room[t.stale + automaton] = 0
    copy(room, t.notes, row, t.n)


def best_by_score(t: Tables, mask: int, scores: Any, start: int) -> tuple[int, float]:
    """The candidate value with the greatest of the scores from `start` on, and its margin."""
    best = lowest(mask)
    first = second = -1e300
    while mask:
        value = lowest(mask)
        mask &= mask - 1
        score = scores[start + value]
        if score > first:
            second = first
            first = score
            best = value
        elif score > second:
            second = score
    return best, first - second


def scarcest(t: Tables, room: Any, row: int, cell: int, mask: int) -> int:
    """The value in `mask` that has the fewest places in the units of a cell."""
    best, fewest = lowest(mask), t.n * t.D
    while mask:
        value = lowest(mask)
        mask &= mask - 1
        count = 0
        for home in range(t.data[t.home_start + cell], t.data[t.home_start + cell + 1]):
            count += bits(room[row + t.n + t.data[t.home_base + home] + value])
        for index in range(t.data[t.other_start + cell], t.data[t.other_start + cell + 1]):
            count += (room[row + t.data[t.others + index]] >> value) & 1
        if count < fewest:
            best, fewest = value, count
    return best


def candidates(t: Tables, room: Any, row: int, cell: int) -> int:
    """The candidates of a cell, as a mask."""
    if t.dense:
        return int(candidates_digit(t, room, row, cell))
    return int(room[row + cell])


def choose_place(t: Tables, room: Any, row: int, count: int, weight: int) -> tuple[int, int]:
    """A cell and a value with two places in a unit, if that weighs more than the best so far.

    That is a cell with `count` candidates and `weight`; (-1, 0) where nothing does.
    """
    best, best_value = -1, 0
    for unit in range(t.units):
        base, values = unit * t.D, room[row + t.unplaced + unit]
        while values:
            value = lowest(values)
            values &= values - 1
            places = room[row + t.n + base + value]
            rest = places & (places - 1)
            if rest == 0 or rest & (rest - 1):
                continue
            for position in (lowest(places), lowest(rest)):
                cell = t.data[t.members + base + position]
                if PAIR * weight < count * room[t.weights + cell]:
                    best, count, weight = cell, PAIR, room[t.weights + cell]
                    best_value = value
    return best, best_value


def choose_scored(t: Tables, room: Any, row: int, scores: Any, scored: int) -> tuple[int, int]:
    """`choose`, steered: of the best cells the one with the greatest margin between its two best
    scores (n * D,), from `scored` on, and its best value."""
    best, best_value, best_margin = -1, 0, 0.0
    count = weight = 1
    for cell in range(t.cells):
        mask = candidates(t, room, row, cell)
        mine = bits(mask)
        more, least = mine * weight, count * room[t.weights + cell]
        if mine == 1 or (best >= 0 and more > least):
            continue
        value, margin = best_by_score(t, mask, scores, scored + cell * t.D)
        if best == -1 or more < least or margin > best_margin:
            best, best_value, best_margin = cell, value, margin
            count, weight = mine, room[t.weights + cell]
    return best, best_value


def choose(t: Tables, room: Any, row: int) -> tuple[int, int]:
    """The cell to guess at and the value to try first.

    A cell with the fewest candidates for its weight, and its scarcest value; where no cell is down
    to two, a value with two places in a unit will do as well.
    """
    best = -1
    count = weight = 1
    for word in range(t.vacant, t.unplaced):
        vacant = room[row + word]
        while vacant:
            cell = ((word - t.vacant) << 5) + lowest(vacant)
            vacant &= vacant - 1
            mine = bits(room[row + cell])
            if cell < t.cells and (best == -1 or mine * weight < count * room[t.weights + cell]):
                best, count, weight = cell, mine, room[t.weights + cell]
    if count > PAIR:
        cell, value = choose_place(t, room, row, count, weight)
        if cell >= 0:
            return cell, value
    return best, scarcest(t, room, row, best, room[row + best])


def load(t: Tables, room: Any, givens: Any, at: int, masks: Any, allowed: int) -> bool:
    """Begin a search: False where propagation refutes it, and nothing waits on the stack.

    Cells have the values `givens[at:]`, 0 where open, and the masks `masks[allowed:]`; -1 for
    either says that there are none.
    """
    data, row = t.data, stack(t, room)
    for index in range(HEAD - 2):  # all but LEVELS and STORED
        room[index] = 0
    room[RUN] = FIRST_RUN
    room[row + t.due] = 0
    if t.dense:
        for cell in range(t.n):
            room[t.weights + cell] = CELL_WEIGHT
        blame = load_digits(t, room, row, givens, at, masks, allowed)
        if blame == 0:
            blame = settle_digits(t, room, row)
        if blame == 0:
            room[DEPTH] = 1
            if room[row + t.left]:
                copy(room, t.root, row, t.width)
        return blame == 0
    factors = row + t.n
    for index in range(factors, row + t.width):
        room[index] = 0
    # What a placed value excludes goes first, all at a time: with many givens that is faster than
    # to strike candidates one by one. The first factor of a unit holds what is placed there.
    for cell in range(t.n):
        mask = data[t.domains + cell]
        if cell < t.cells:
            if at >= 0 and givens[at + cell]:
                mask &= 1 << (int(givens[at + cell]) - 1)
            if allowed >= 0:
                mask &= masks[allowed + cell]
        room[row + cell] = mask
        room[t.weights + cell] = CELL_WEIGHT
        if mask & (mask - 1) == 0:
            if mask == 0:
                return False
            for home in range(data[t.home_start + cell], data[t.home_start + cell + 1]):
                used = factors + data[t.home_base + home]
                if room[used] & mask:
                    return False
                room[used] |= mask
            if data[t.other_start + cell] < data[t.other_start + cell + 1]:
                room[t.queue + room[PLACING]] = cell << VALUE_BITS | lowest(mask)
                room[PLACING] += 1
    for cell in range(t.n):
        mask = room[row + cell]
        if mask & (mask - 1):
            used = 0
            for home in range(data[t.home_start + cell], data[t.home_start + cell + 1]):
                used |= room[factors + data[t.home_base + home]]
            mask &= ~used
            if mask & (mask - 1) == 0:
                if mask == 0:
                    return False
                room[t.queue + room[PLACING]] = cell << VALUE_BITS | lowest(mask)
                room[PLACING] += 1
            else:
                room[row + t.left] += 1
                room[row + t.vacant + (cell >> 5)] |= 1 << (cell & 31)
            room[row + cell] = mask
    for unit in range(t.units):
        room[row + t.unplaced + unit] = ((1 << t.D) - 1) & ~room[factors + unit * t.D]
        room[factors + unit * t.D] = 0
    for cell in range(t.n):
        for home in range(data[t.home_start + cell], data[t.home_start + cell + 1]):
            base, bit = factors + data[t.home_base + home], data[t.home_bit + home]
            mask = room[row + cell]
            while mask:
                room[base + lowest(mask)] |= bit
                mask &= mask - 1
    for unit in range(t.units):
        base = unit * t.D
        for value in range(t.D):
            places = room[factors + base + value]
            count = bits(places)
            if count > t.few:
                continue
            if count == 0:
                return False
            if count > 1:
                if shared(t, base, places):
                    room[t.confined + room[CONFINING]] = base << VALUE_BITS | value
                    room[CONFINING] += 1
                continue
            cell = data[t.members + base + lowest(places)]
            mask = room[row + cell]
            if mask & (mask - 1):
                room[t.queue + room[PLACING]] = cell << VALUE_BITS | value
                room[PLACING] += 1
    blame = settle(t, room, row)
    if blame == 0 and t.rules > 0:
        forget(t, room, row)
        for cell in range(t.n):
            room[t.notes + cell] = 0
        for automaton in range(t.automata):
            room[t.stale + automaton] = 1
        blame = follow(t, room, row)
    if blame == 0:
        copy(room, t.root, row, t.width)
        room[DEPTH] = 1
    return blame == 0


def fail(t: Tables, room: Any, blame: int) -> None:
    """Add a failure to the weights of cells: `blame` is what `settle` or `follow` returned."""
    data, place = t.data, -1 - blame
    if place < t.n:
        room[t.weights + place] += CELL_WEIGHT
        return
    unit = place - t.n
    if unit < t.units:
        for index in range(unit * t.D, unit * t.D + t.D):
            room[t.weights + data[t.members + index]] += UNIT_WEIGHT
        return
    start = t.read_start + unit - t.units
    for index in range(data[start], data[start + 1]):
        room[t.weights + data[t.read_cells + index]] += UNIT_WEIGHT


def look(t: Tables, room: Any, row: int) -> int:
    """Narrow a row that waits by what is due there; returns what `follow` does."""
    due = room[row + t.due]
    room[row + t.due] = blame = 0
    if t.dense:
        for value in range(2 * t.D):
            room[t.queue + value] = 0
        if due > 0:
            strike_digit(t, room, row, (due - 1) >> VALUE_BITS, (due - 1) & VALUE)
        elif due < 0:
            keep_digit(t, room, row, (-1 - due) >> VALUE_BITS, (-1 - due) & VALUE)
        else:
            return 0
        return settle_digits(t, room, row)
    room[PLACING] = room[CONFINING] = 0
    if t.rules > 0:
        forget(t, room, row)
    if due > 0:
        cell, value = (due - 1) >> VALUE_BITS, (due - 1) & VALUE
        if (room[row + cell] >> value) & 1:
            blame = strike(t, room, row, cell, value)
    elif due < 0:
        blame = place(t, room, row, (-1 - due) >> VALUE_BITS, (-1 - due) & VALUE)
    if blame == 0:
        blame = settle(t, room, row)
    if blame == 0 and t.rules > 0:
        blame = follow(t, room, row)
    return blame


def search(t: Tables, room: Any, scores: Any, scored: int, limit: int, budget: int) -> bool:
    """Continue until `limit` solutions are found or no row waits (True).

    False where `budget` is spent, or the stack is full.

    Solutions and guesses count from `load`. Scores (n * D,), from `scored` on, steer it; -1 says
    that there are none. As long as there is no solution, too many failures end a run; each may have
    half as many again.
    """
    first = stack(t, room)
    while room[DEPTH] > 0 and room[SOLUTIONS] < limit:
        row = first + (room[DEPTH] - 1) * t.width
        blame = look(t, room, row)
        if blame:
            room[DEPTH] -= 1
            fail(t, room, blame)
            room[FAILURES] += 1
            if room[DEPTH] > 0 and room[FAILURES] >= room[RUN] and room[SOLUTIONS] == 0:
                room[FAILURES] = 0
                room[RUN] += (room[RUN] + 1) // 2
                copy(room, first, t.root, t.width)
                room[DEPTH] = 1
        elif room[row + t.left] == 0:
            room[DEPTH] -= 1
            if room[SOLUTIONS] < room[STORED]:
                found = t.found + room[SOLUTIONS] * t.cells
                if t.dense:
                    values_of_digits(t, room, row, found)
                else:
                    for cell in range(t.cells):
                        room[found + cell] = lowest(room[row + cell]) + 1
            room[SOLUTIONS] += 1
        elif room[GUESSES] >= budget or room[DEPTH] == room[LEVELS]:
            break
        else:
            if scored >= 0:
                cell, value = choose_scored(t, room, row, scores, scored)
            elif t.dense:
                cell, value = choose_digit(t, room, row)
            else:
                cell, value = choose(t, room, row)
            candidate = cell << VALUE_BITS | value
            copy(room, row + t.width, row, t.width)
            room[row + t.due] = 1 + candidate
            room[row + t.width + t.due] = -1 - candidate
            room[DEPTH] += 1
            room[GUESSES] += 1
    return bool(room[DEPTH] == 0 or room[SOLUTIONS] >= limit)


def load_on(data: Any, room: Any, givens: Any, masks: Any, allowed: int) -> None:
    """`load` of one puzzle; `masks` are read from `allowed` on, or not if that is -1."""
    load(tables(data), room, givens, 0, masks, allowed)


def search_on(
    data: Any, room: Any, scores: Any, scored: int, limit: int, budget: int, done: Any
) -> None:
    """`search`, with the answer in `done[0]`."""
    done[0] = 1 if search(tables(data), room, scores, scored, limit, budget) else 0


def propagate_many(data: Any, room: Any, rows: int, givens: Any, masks: Any) -> None:
    """Narrow each of `rows` rows of `masks` (B, cells) in place; zeros where it contradicts.

    No `givens` are read.
    """
    t = tables(data)
    first = stack(t, room)
    for row in range(rows):
        at = row * t.cells
        alive = load(t, room, givens, -1, masks, at)
        for cell in range(t.cells):
            masks[at + cell] = candidates(t, room, first, cell) if alive else 0


def solve_many(
    data: Any,
    room: Any,
    rows: int,
    givens: Any,
    masks: Any,
    masked: int,
    scores: Any,
    scored: int,
    limit: int,
    budget: int,
    solutions: Any,
    told: Any,
) -> None:
    """Search from each row of `givens` (B, cells), and fill the two last arguments.

    `masks` (B, cells) and `scores` (B, n * D) are read where `masked` and `scored` are 1.
    `solutions` (B, cells) are values, the first solution of each row; `told` (B, 3) how many there
    are, guesses, and 1 where `limit` was reached or no more exist.
    """
    t = tables(data)
    for row in range(rows):
        at = row * t.cells
        load(t, room, givens, at, masks, at if masked else -1)
        done = search(t, room, scores, at * t.D if scored else -1, limit, budget)
        told[3 * row], told[3 * row + 1] = room[SOLUTIONS], room[GUESSES]
        told[3 * row + 2] = 1 if done else 0
        if room[SOLUTIONS] > 0:
            for cell in range(t.cells):
                solutions[at + cell] = room[t.found + cell]


def lone_many(
    data: Any,
    room: Any,
    rows: int,
    givens: Any,
    scores: Any,
    limit: int,
    budget: int,
    lone: Any,
) -> None:
    """Fill `lone` (B, cells) with masks of the values that one solution alone has in a cell.

    Zeros where a row of `givens` (B, cells) has fewer than two solutions, `limit` or more, or a
    search of `budget` guesses does not tell. `room` keeps `limit` solutions; no `scores` are read.
    """
    t = tables(data)
    for row in range(rows):
        at = row * t.cells
        load(t, room, givens, at, lone, -1)
        done = search(t, room, scores, -1, limit, budget)
        solutions = int(room[SOLUTIONS])
        known = solutions if done and 1 < solutions < limit else 0
        for cell in range(t.cells):
            once = twice = 0
            for index in range(known):
                bit = 1 << (room[t.found + index * t.cells + cell] - 1)
                twice |= once & bit
                once |= bit
            lone[at + cell] = once & ~twice


def dig(
    t: Tables,
    room: Any,
    solutions: Any,
    orders: Any,
    at: int,
    scores: Any,
    givens: int,
    budget: int,
    puzzles: Any,
) -> None:
    """Take clues out of the puzzle from `at` on, as `dig_many` says."""
    n = t.cells
    index = 0
    while index < n and puzzles[at + orders[at + index]] == 0:
        index += 1
    size = (n - index) // 2
    while size > 1 and index + givens < n:
        take = min(size, n - givens - index)
        for step in range(index, index + take):
            puzzles[at + orders[at + step]] = 0
        if load(t, room, puzzles, at, orders, -1) and room[stack(t, room) + t.left] == 0:
            index += take
        else:
            for step in range(index, index + take):
                cell = at + orders[at + step]
                puzzles[cell] = solutions[cell]
            size //= 2
    left = n - index
    while index < n and left > givens:
        cell = orders[at + index]
        index += 1
        puzzles[at + cell] = 0
        value = solutions[at + cell] - 1
        load(t, room, puzzles, at, orders, -1)
        room[stack(t, room) + t.due] = 1 + (cell << VALUE_BITS | value)
        if search(t, room, scores, -1, 1, budget) and room[SOLUTIONS] == 0:
            left -= 1
        else:
            puzzles[at + cell] = solutions[at + cell]


def dig_many(
    data: Any,
    room: Any,
    rows: int,
    solutions: Any,
    orders: Any,
    scores: Any,
    givens: int,
    budget: int,
    puzzles: Any,
) -> None:
    """Take clues out of puzzles, in the order of `orders` (B, n), while one solution is left.

    `solutions` and `puzzles` (B, n) are values; a puzzle may be the full grid. `orders` name its
    open cells first. Row by row, until `givens` clues are left or each was tried once: what is left
    then is minimal. A clue goes where a search proves, within `budget` guesses, that no solution
    has another value in its cell.

    At first many clues go at a time, as long as singles alone solve what is left: the outcome is
    the same as one at a time, in two thirds of the time. No `scores` are read.
    """
    t = tables(data)
    for row in range(rows):
        dig(t, room, solutions, orders, row * t.cells, scores, givens, budget, puzzles)

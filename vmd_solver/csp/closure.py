"""What singles, locked candidates and subsets of two and three strike, to the end, for batches.

Each of these steps stays possible whatever else is struck first, so that the end does not depend on
their order. From `sweep_many` on everything is the subset of Python that numba compiles, and runs
on both machines of the kernel. It must not know of techniques, their words or levels.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import accumulate, chain
from typing import Any, NamedTuple

import numpy as np

from vmd_solver.csp.candidates import Masks, propagate
from vmd_solver.csp.compiled import compile_entry, machine
from vmd_solver.csp.memory import kept
from vmd_solver.csp.puzzle import Board

MOST = 3
"""Members of a subset."""


class Units(NamedTuple):
    """Units and peers in flat form, lists or arrays.

    Unit u has the cells `cells[starts[u]:starts[u + 1]]`; `whole[u]` says whether it holds every
    value. Cell c has likewise `peers`, and sees cell d where `sees[c * n + d]`. The last three are
    room to work in.
    """

    n: int
    D: int
    starts: Any
    cells: Any
    whole: Any
    peer_starts: Any
    peers: Any
    sees: Any
    holders: Any
    items: Any
    sets: Any


def closure(board: Board, masks: Masks, compiled: bool | None = None) -> Masks:
    """Masks (B, n) of puzzles that have solutions, and no rules beside units, narrowed.

    >>> from vmd_solver.csp.families import latin
    >>> closure(latin(3), np.array([[3, 3, 7, 7, 7, 7, 7, 7, 7]], np.uint64)).tolist()
    [[3, 3, 4, 7, 7, 3, 7, 7, 3]]
    """
    use = machine(compiled, masks.size)
    units, work = _units(use.compiled, board), _entry(use.compiled)
    narrowed, going = masks.copy(), np.arange(len(masks))
    while len(going):
        narrowed[going] = propagate(board, narrowed[going], use.compiled)[0]
        words, struck = use.give(narrowed[going]), use.give(np.zeros(len(going)))
        work(units, words, struck)
        narrowed[going] = np.array(words, dtype=np.uint64)
        going = going[np.array(struck) > 0]
    return narrowed


@cache
def _entry(compiled: bool) -> Callable[..., None]:
    if not compiled:
        return sweep_many
    from numba.extending import register_jitable

    for part in (few, strike, take, subsets, sweep):
        register_jitable(part)
    return compile_entry(sweep_many)


@kept(256)  # boards may be drawn by the thousand
def _units(compiled: bool, board: Board) -> Units:
    give = machine(compiled).give
    sees = np.zeros((board.n, board.n))
    for cell, peers in enumerate(board.peers):
        sees[cell, list(peers)] = 1
    room = np.zeros(max(board.D, *map(len, board.units)))
    return Units(
        board.n,
        board.D,
        give(list(accumulate(map(len, board.units), initial=0))),
        give(list(chain(*board.units))),
        give([len(unit) == board.D for unit in board.units]),
        give(list(accumulate(map(len, board.peers), initial=0))),
        give(list(chain(*board.peers))),
        give(sees.ravel()),
        give(room),
        give(room),
        give(room),
    )


def sweep_many(units: Units, masks: Any, struck: Any) -> None:
    """Strike what every unit of each row of `masks` (B, n) shows, and note in `struck` (B,) where
    that was anything."""
    for row in range(len(masks)):
        struck[row] = 1 if sweep(units, masks[row]) else 0


def sweep(units: Units, masks: Any) -> bool:
    """Strike what every unit shows; whether there was anything."""
    holders, items, sets = units.holders, units.items, units.sets
    struck = False
    for unit in range(len(units.whole)):
        begin, end = units.starts[unit], units.starts[unit + 1]
        size = 0
        for index in range(begin, end):
            cell = units.cells[index]
            if 1 < few(masks[cell]) <= MOST:
                items[size], sets[size] = cell, masks[cell]
                size += 1
        struck |= subsets(units, masks, size, -1)
        if not units.whole[unit]:
            continue
        size = 0
        for value in range(units.D):
            held = places = 0
            for index in range(begin, end):
                if (masks[units.cells[index]] >> value) & 1:
                    holders[held] = units.cells[index]
                    places |= 1 << (index - begin)
                    held += 1
            if held > 1:
                struck |= strike(units, masks, 1 << value, held)
            if 1 < held <= MOST:
                items[size], sets[size] = value, places
                size += 1
        struck |= subsets(units, masks, size, begin)
    return struck


def subsets(units: Units, masks: Any, size: int, begin: int) -> bool:
    """Use every two or three of the `size` items whose sets join to as many members."""
    sets = units.sets
    struck = False
    for a in range(size):
        for b in range(a + 1, size):
            two = sets[a] | sets[b]
            if few(two) == 2:
                struck |= take(units, masks, begin, two, a, b, b)
            elif few(two) == MOST:
                for c in range(b + 1, size):
                    if two | sets[c] == two:
                        struck |= take(units, masks, begin, two, a, b, c)
    return struck


def take(units: Units, masks: Any, begin: int, joined: int, a: int, b: int, c: int) -> bool:
    """Strike what a subset takes, of two where c is b: its values from the cells that see it, or,
    of values in the places of a unit from `begin` on, all others from these."""
    holders, items, sets = units.holders, units.items, units.sets
    struck = False
    if begin >= 0:
        values = 1 << items[a] | 1 << items[b] | 1 << items[c]
        index = begin
        while joined:
            cell = units.cells[index]
            if joined & 1 and masks[cell] & ~values:
                masks[cell] &= values
                struck = True
            joined >>= 1
            index += 1
        return struck
    while joined:
        bit = joined & -joined
        joined ^= bit
        held = 0
        for at in (a, b, c):
            if sets[at] & bit:
                holders[held] = items[at]
                held += 1
        struck |= strike(units, masks, bit, held)
    return struck


def strike(units: Units, masks: Any, bit: int, held: int) -> bool:
    """Strike a value from every cell that sees all the first `held` of `holders`."""
    holders, peer_starts, n = units.holders, units.peer_starts, units.n
    struck = False
    for index in range(peer_starts[holders[0]], peer_starts[holders[0] + 1]):
        peer = units.peers[index]
        if masks[peer] & bit:
            seen = 1
            while seen < held and units.sees[holders[seen] * n + peer]:
                seen += 1
            if seen == held:
                masks[peer] &= ~bit
                struck = True
    return struck


def few(mask: int) -> int:
    """How many members a set has; one more than MOST for all larger ones."""
    found = 0
    while mask and found <= MOST:
        mask &= mask - 1
        found += 1
    return found

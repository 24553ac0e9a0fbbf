"""Boards in the flat form that the kernel reads: see `kernel.Tables` and `digits`."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from itertools import accumulate, chain

from vmd_solver.csp import kernel
from vmd_solver.csp.constraints import Layers, Relation, turned
from vmd_solver.csp.puzzle import Board

WORD = 63
"""Bits of a word: the sign is left alone."""

Homes = list[list[tuple[int, int]]]
"""For each cell the complete units that hold it: unit, and position there."""


def full_mask(board: Board) -> int:
    """The mask of an open cell; 0 where some unit has more cells than there are values."""
    return 0 if any(len(unit) > board.D for unit in board.units) else (1 << board.D) - 1


def flat(board: Board, singles: bool = False) -> list[int]:
    """The words of a board: sizes and offsets in the order of `kernel.Tables`, then the rest.

    With `singles` no value is confined: what singles yield is all that units do.
    """
    domains, relations, automata = board.constraints
    n, D = len(domains), board.D
    complete = [unit for unit in board.units if len(unit) == D]
    homes: Homes = [[] for _ in range(n)]
    for number, unit in enumerate(complete):
        for position, cell in enumerate(unit):
            homes[cell].append((number, position))
    full = full_mask(board)
    crosses = _crosses(complete, homes)
    automata = tuple(sorted(automata, key=lambda read: sum(map(len, chain(*read.layers)))))
    sizes = {
        "n": n,
        "cells": board.n,
        "D": D,
        "units": len(complete),
        "few": max((one[1].bit_count() for place in crosses for one in place), default=1),
        "rules": len(relations) + len(automata),
        "automata": len(automata),
    }
    sizes["dense"] = int(
        not board.rules and n <= 2 * WORD and len(complete) <= WORD and 0 < full < 1 << WORD
    )
    head = len(kernel.Tables._fields) - 1
    parts = {"domains": [mask & full for mask in domains], "members": list(chain(*complete))}
    if sizes["dense"]:
        sizes |= _halves(complete, n)
        parts |= _digits(board, complete, homes, sizes["low"])
    else:
        parts |= _relations(relations, n, D, head + n + D * len(complete))
        parts |= _factors(board, complete, homes, D)
        parts |= {
            "cross_start": _starts(crosses),
            "cross_base": [D * there for place in crosses for there, _, _ in place],
            "cross_here": [here for place in crosses for _, here, _ in place],
            "cross_there": [there for place in crosses for _, _, there in place],
        }
        parts |= _automata([(read.cells, read.layers) for read in automata], n, D)
    words = [0] * head
    for name, part in parts.items():
        sizes[name] = len(words)
        words += part
    sizes |= _room(sizes, max((sum(map(len, read.layers)) + 1 for read in automata), default=0))
    sizes["few"] = 1 if singles else sizes["few"]
    words[:head] = [sizes.get(name, 0) for name in kernel.Tables._fields[1:]]
    return words


def _room(sizes: dict[str, int], states: int) -> dict[str, int]:
    """Offsets in the words of a search, and of what is in a row of it."""
    n, D, units, few = (sizes[name] for name in ("n", "D", "units", "few"))
    if sizes["dense"]:
        row = {"": 2 * D, "open": D, "done": 2, "left": 1, "due": 1}
        waiting = {"queue": D, "confined": D}
    else:
        row = {"": n + units * D, "left": 1, "due": 1, "vacant": n // 32 + 1, "unplaced": units}
        waiting = {"queue": n + units * D + 1, "confined": (few - 1) * units * D + 1}
    width = sum(row.values())
    rules = {"notes": n, "waits": n, "pending": n + 1, "stale": sizes["automata"]}
    room = waiting | {"weights": n} | rules | {"reached": states, "root": width, "found": 0}
    return (
        dict(zip(room, accumulate(room.values(), initial=kernel.HEAD), strict=False))
        | dict(zip(row, accumulate(row.values(), initial=0), strict=False))
        | {"width": width}
    )


def _factors(
    board: Board, complete: list[tuple[int, ...]], homes: Homes, D: int
) -> dict[str, list[int]]:
    members = list(map(set, complete))
    others = [
        sorted(set(peers).difference(*(members[unit] for unit, _ in homes[cell])))
        for cell, peers in enumerate(board.peers)
    ] + [[] for _ in homes[board.n :]]
    flat_homes = list(chain(*homes))
    return {
        "home_start": _starts(homes),
        "home_unit": [unit for unit, _ in flat_homes],
        "home_base": [D * unit for unit, _ in flat_homes],
        "home_bit": [1 << position for _, position in flat_homes],
        "other_start": _starts(others),
        "others": list(chain(*others)),
    }


def _crosses(complete: list[tuple[int, ...]], homes: Homes) -> list[list[tuple[int, int, int]]]:
    """For each position of each unit, the units that share two cells or more with it, one there.

    As (unit, mask of the positions that are shared here, and there).
    """
    shared: dict[tuple[int, int], int] = {}
    for cell in homes:
        for here, position in cell:
            for there, _ in cell:
                shared[here, there] = shared.get((here, there), 0) | 1 << position
    return [
        [
            (there, shared[here, there], shared[there, here])
            for there, _ in homes[cell]
            if there != here and shared[here, there].bit_count() > 1
        ]
        for here, unit in enumerate(complete)
        for cell in unit
    ]


def _halves(complete: list[tuple[int, ...]], n: int) -> dict[str, int]:
    """Cells and units as masks; how many cells are in the first word, so that few units are in
    both."""
    low = min(
        range((n + 1) // 2, min(n, WORD) + 1),
        key=lambda low: sum(min(unit) < low <= max(unit) for unit in complete),
    )
    masks = {"all_low": low, "all_high": n - low, "all_units": len(complete)}
    return {"low": low} | {name: (1 << size) - 1 for name, size in masks.items()}


def _digits(
    board: Board, complete: list[tuple[int, ...]], homes: Homes, low: int
) -> dict[str, list[int]]:
    def halves(cells: Iterable[int]) -> tuple[int, int]:
        mask = sum(1 << cell for cell in cells)
        return mask & (1 << low) - 1, mask >> low

    return {
        "near": list(chain(*map(halves, board.peers))),
        "homes": [sum(1 << unit for unit, _ in cell) for cell in homes],
        "within": list(chain(*map(halves, complete))),
        "word": [int(cell >= low) for cell in range(board.n)],
        "shift": [cell - low * (cell >= low) for cell in range(board.n)],
    }


def _starts(lists: Iterable[Sized]) -> list[int]:
    """Where each of the lists begins if they stand one after another, and where the last ends."""
    return list(accumulate(map(len, lists), initial=0))


def _relations(relations: Iterable[Relation], n: int, D: int, at: int) -> dict[str, list[int]]:
    """The links of each cell, both ways, and their rows, which come first and stand at `at`."""
    tables: dict[tuple[int, ...], int] = {}
    links: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for a, b, rows in relations:
        links[a].append((b, at + D * tables.setdefault(rows, len(tables))))
        links[b].append((a, at + D * tables.setdefault(turned(rows), len(tables))))
    every = list(chain(*links))
    return {
        "rows": [row for rows in tables for row in rows],
        "link_start": _starts(links),
        "link_to": [to for to, _ in every],
        "link_rows": [rows for _, rows in every],
    }


def _automata(
    automata: list[tuple[tuple[int, ...], Layers]], n: int, D: int
) -> dict[str, list[int]]:
    readers: list[list[int]] = [[] for _ in range(n)]
    for number, (cells, _) in enumerate(automata):
        for cell in dict.fromkeys(cells):
            readers[cell].append(number)
    first, layers, arcs = _states([layers for _, layers in automata])
    every = list(chain(*arcs))
    return {
        "reader_start": _starts(readers),
        "readers": list(chain(*readers)),
        "read_start": _starts([cells for cells, _ in automata]),
        "read_cells": [cell for cells, _ in automata for cell in cells],
        "layer_start": first,
        "layers": layers,
        "arc_start": _starts(arcs),
        "arc_values": [values for values, _ in every],
        "arc_to": [to for _, to in every],
        "free": _free(arcs, D),
    }


def _free(arcs: list[tuple[tuple[int, int], ...]], D: int) -> list[int]:
    """Which states accept whatever follows: each value leads to such a state, or nothing does."""
    free = [0] * len(arcs)
    for state in reversed(range(len(arcs))):
        taken = 0
        for values, to in arcs[state]:
            taken |= values * free[to]
        free[state] = int(not arcs[state] or taken == (1 << D) - 1)
    return free


def _states(
    machines: Iterable[Layers],
) -> tuple[list[int], list[int], list[tuple[tuple[int, int], ...]]]:
    """Where each automaton's layers begin; the first state of each layer; the arcs of each state.

    Equal automata share their states.
    """
    known: dict[Layers, int] = {}
    layers: list[int] = []
    arcs: list[tuple[tuple[int, int], ...]] = []
    for machine in machines:
        if machine in known:
            continue
        known[machine] = len(layers)
        for layer in machine:
            layers.append(len(arcs))
            following = len(arcs) + len(layer)
            arcs += [tuple((values, following + to) for values, to in state) for state in layer]
        layers += len(arcs), len(arcs) + 1
        arcs.append(())
    return [known[machine] for machine in machines], layers, arcs

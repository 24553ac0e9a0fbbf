"""XY-chain: cells of two candidates, each forcing the next, with the same value at both ends."""

from __future__ import annotations

from collections.abc import Iterator

from vmd_solver.techniques.geometry import members
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Mark, Step
from vmd_solver.techniques.words import Words


def xy_chain(state: State) -> Iterator[Step]:
    """If the first cell of a chain is not z, the last one is; a cell that sees both is not z.

    Shortest chains first.
    """
    found = [
        chain
        for start in state.bivalue
        for bit in members(state.candidates[start])
        for chain in _chains(state, start, bit + 1)
    ]
    for chain in sorted(found, key=lambda chain: (len(chain), chain)):
        yield _step(state, chain)


def _chains(state: State, start: int, z: int) -> Iterator[tuple[Mark, ...]]:
    """Of the chains from `start`, should it not be `z`, the first that strikes something.

    Each of its marks is a cell and the value that it is forced to take.
    """
    geometry, pairs = state.geometry, _pairs(state)
    began = (start, _other(state, start, z))
    origin: dict[Mark, Mark | None] = {began: None}
    line = [began]
    for mark in line:
        cell, value = mark
        if value == z and _struck(state, start, cell, z):
            yield _back(origin, mark)
            return
        for peer in members(geometry.peers[cell] & pairs[value]):
            forced = (peer, _other(state, peer, value))
            if forced not in origin:
                origin[forced] = mark
                line.append(forced)


def _pairs(state: State) -> dict[int, int]:
    """For each value the set of cells that have it and one other candidate."""
    two = sum(1 << cell for cell in state.bivalue)
    return {value: places & two for value, places in state.places.items()}


def _other(state: State, cell: int, value: int) -> int:
    """The candidate of a cell with two that is not `value`."""
    return (state.candidates[cell] & ~(1 << value - 1)).bit_length()


def _struck(state: State, start: int, end: int, z: int) -> int:
    peers = state.geometry.peers
    return peers[start] & peers[end] & state.places[z]


def _back(origin: dict[Mark, Mark | None], mark: Mark | None) -> tuple[Mark, ...]:
    """The marks from the first to `mark`."""
    marks = []
    while mark is not None:
        marks.append(mark)
        mark = origin[mark]
    return tuple(reversed(marks))


def _step(state: State, chain: tuple[Mark, ...]) -> Step:
    words, z = Words(state), chain[-1][1]
    (start, _), (end, _) = chain[0], chain[-1]
    symbol = words.value(z)
    forced = ", ".join(f"{words.cell(cell)} is {words.value(value)}" for cell, value in chain)
    return words.striking(
        {z: _struck(state, start, end, z)},
        f"Look at {words.cell(start)} and {words.cell(end)}, and the cells with two candidates "
        "between them.",
        f"If {words.cell(start)} is not {symbol}, then {forced}. Either way one of the two ends "
        f"is {symbol}, and a cell that sees both is not.",
        tuple(cell for cell, _ in chain),
        values=sorted({value for _, value in chain}),
    )

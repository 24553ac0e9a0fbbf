"""Full houses, hidden singles and naked singles: the steps that fill a value in."""

from __future__ import annotations

from collections.abc import Iterator

from vmd_solver.techniques.geometry import members
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Step
from vmd_solver.techniques.words import Words


def full_house(state: State) -> Iterator[Step]:
    """The last open cell of a complete unit holds the value that is left."""
    words, open_cells = Words(state), _open_cells(state)
    for number in state.geometry.complete:
        left = state.geometry.units[number] & open_cells
        if left.bit_count() != 1:
            continue
        cell = left.bit_length() - 1
        unit = words.unit(number)
        yield words.placing(
            cell,
            state.candidates[cell].bit_length(),
            f"Look at {unit}.",
            f"All its cells but {words.cell(cell)} are filled, and it holds every value.",
            units=(number,),
        )


def hidden_single(state: State) -> Iterator[Step]:
    """A value with one place left in a complete unit stands there, among other open cells."""
    words, open_cells = Words(state), _open_cells(state)
    for number in state.geometry.complete:
        unit = state.geometry.units[number]
        for value, places in state.places.items():
            place = places & unit
            others = open_cells & unit & ~place
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


def naked_single(state: State) -> Iterator[Step]:
    """A cell with one candidate left holds it."""
    words = Words(state)
    for cell, mask in enumerate(state.candidates):
        if mask and not mask & (mask - 1):
            seen = state.geometry.peers[cell]
            values = {value: cells & seen for value, cells in state.filled.items() if cells & seen}
            bars = sum(cells & -cells for cells in values.values())
            yield words.placing(
                cell,
                mask.bit_length(),
                f"Look at {words.cell(cell)}.",
                _only_value(words, mask.bit_length(), list(values), state.puzzle.board.D),
                bars,
            )


def _open_cells(state: State) -> int:
    return sum(1 << cell for cell, value in enumerate(state.values) if not value)


def _bars(state: State, value: int, cells: int) -> tuple[int, int]:
    """A few cells that hold `value` and bar it from `cells`; and those of these that none does."""
    seen = {cell: state.geometry.peers[cell] & cells for cell in members(state.filled[value])}
    bars, left = 0, cells
    while any(barred & left for barred in seen.values()):
        best = max(seen, key=lambda cell: (seen[cell] & left).bit_count())
        bars |= 1 << best
        left &= ~seen[best]
    return bars, left


def _only_value(words: Words, value: int, seen: list[int], D: int) -> str:
    if len(seen) == D - 1:
        return f"It sees every value but {words.value(value)}."
    sees = f"It sees {words.values(seen)}; the others" if seen else "All"
    return f"{sees} but {words.value(value)} were struck before."

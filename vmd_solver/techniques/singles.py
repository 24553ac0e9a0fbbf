"""Full houses, hidden singles and naked singles: the steps that fill a value in."""

from __future__ import annotations

from vmd_solver.techniques.geometry import members
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Steps


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
        if len(holders) == state.puzzle.board.D - 1:
            why = f"It sees every value but {words.value(value)}."
        else:
            others = f"It sees {words.values(holders)}; the others" if holders else "All"
            why = f"{others} but {words.value(value)} were struck before."
        bars = sum(cells & -cells for cells in holders.values())
        yield words.placing(cell, value, f"Look at {words.cell(cell)}.", why, bars)

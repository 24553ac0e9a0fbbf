"""Simple colouring: places of one value, linked in pairs of which exactly one is right."""

from __future__ import annotations

from collections.abc import Iterator

from vmd_solver.techniques.geometry import members
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Step
from vmd_solver.techniques.words import Words


def simple_colouring(state: State) -> Iterator[Step]:
    """Two places of a value that are all in a complete unit get two colours, and so on from these.

    All cells of one colour hold the value, or all of the other. A colour with two cells that see
    one another is wrong; a cell that sees both colours cannot hold the value.
    """
    for value in state.places:
        for first, second in _clusters(state, value):
            yield from _wrong_colour(state, value, first, second)
            yield from _wrong_colour(state, value, second, first)
            yield from _seen_by_both(state, value, first, second)


def _clusters(state: State, value: int) -> Iterator[tuple[int, int]]:
    """The two colours of each cluster of linked places, as sets of cells."""
    links = _links(state, value)
    while links:
        start = min(links)
        colours, new = [1 << start, 0], [(start, 0)]
        while new:
            cell, colour = new.pop()
            more = links.pop(cell, 0) & ~colours[1 - colour]
            colours[1 - colour] |= more
            new += [(other, 1 - colour) for other in members(more)]
        yield colours[0], colours[1]


def _links(state: State, value: int) -> dict[int, int]:
    """For each place of a value that has any, the places it forms a pair with."""
    links: dict[int, int] = {}
    for number in state.geometry.complete:
        pair = state.geometry.units[number] & state.places[value]
        if pair.bit_count() == 2:
            for cell in members(pair):
                links[cell] = links.get(cell, 0) | pair & ~(1 << cell)
    return links


def _wrong_colour(state: State, value: int, wrong: int, right: int) -> Iterator[Step]:
    words, geometry = Words(state), state.geometry
    for cell in members(wrong):
        clash = geometry.peers[cell] & wrong
        if clash:
            other = next(members(clash))
            yield _step(
                state,
                value,
                wrong,
                right,
                wrong,
                f"{words.cells((cell, other))} see one another, so not the former.",
            )
            return


def _seen_by_both(state: State, value: int, first: int, second: int) -> Iterator[Step]:
    seen = state.geometry.see_any(first) & state.geometry.see_any(second)
    struck = seen & state.places[value] & ~(first | second)
    if struck:
        reason = f"{Words(state).see(struck)} some of both."
        yield _step(state, value, first, second, struck, reason)


def _step(state: State, value: int, first: int, second: int, struck: int, reason: str) -> Step:
    words = Words(state)
    one, other = tuple(members(first)), tuple(members(second))
    return words.striking(
        {value: struck},
        f"Look for {words.value(value)} where units have two places for it.",
        f"Such pairs link its places: it stands in {_all(words, one)}, or else in "
        f"{_all(words, other)}. {reason}",
        one,
        other,
    )


def _all(words: Words, cells: tuple[int, ...]) -> str:
    return f"{'all of ' * (len(cells) > 1)}{words.cells(cells)}"

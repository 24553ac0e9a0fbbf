"""Almost locked sets: cells of a unit with one candidate more than they are, and what links them.

A set that lacks one of its values holds all others. Two sets are linked by a value if each cell of
one that may hold it sees each such cell of the other: only one of the two holds that value.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, reduce
from itertools import combinations
from operator import or_
from typing import NamedTuple

from vmd_solver.techniques.state import State, Step, Steps, marks_at, members

MOST_CELLS = 4
"""Cells of an almost locked set."""


class Almost(NamedTuple):
    """The cells of an almost locked set, and for each of its values those that may hold it."""

    cells: int
    places: dict[int, int]


class Sets:
    """All almost locked sets of a state, smallest first, and which of them are linked; a set of
    these is a whole number too."""

    def __init__(self, state: State) -> None:
        self.state = state
        found = sorted(_cells(state), key=lambda cells: (cells.bit_count(), cells))
        self.all: list[Almost] = []
        homes: dict[int, dict[int, int]] = {value: {} for value in state.places}
        for number, cells in enumerate(found):
            places = {value: at & cells for value, at in state.places.items() if at & cells}
            self.all.append(Almost(cells, places))
            for value, at in places.items():
                homes[value][at] = homes[value].get(at, 0) | 1 << number
        seen = {
            value: {at: state.geometry.see_all(at) & state.places[value] for at in known}
            for value, known in homes.items()
        }
        self.linked: dict[int, dict[int, int]] = {}
        self.barred: dict[int, dict[int, int]] = {}
        for value, known in homes.items():
            links = self.linked[value] = {}
            for at, sees in seen[value].items():
                joined = 0
                for other, numbers in known.items():
                    if not other & ~sees:
                        joined |= numbers
                links[at] = joined
            bars = self.barred[value] = {}
            for at, numbers in known.items():
                for cell in members(seen[value][at]):
                    bars[cell] = bars.get(cell, 0) | numbers

    def links(self, number: int, value: int) -> int:
        """The sets that a set is linked to by a value of it."""
        return self.linked[value][self.all[number].places[value]]


def _cells(state: State) -> set[int]:
    """The cells of each almost locked set."""
    found = set[int]()
    masks = state.candidates

    def choose(cells: list[int], start: int, chosen: int, size: int, joined: int) -> None:
        for at in range(start, len(cells)):
            both = joined | masks[cells[at]]
            count = both.bit_count()
            if count <= MOST_CELLS + 1:
                more = chosen | 1 << cells[at]
                if count == size + 2:
                    found.add(more)
                if size + 1 < MOST_CELLS:
                    choose(cells, at + 1, more, size + 1, both)

    for unit in state.geometry.units:
        choose(list(members(unit & state.open)), 0, 0, 0, 0)
    return found


@lru_cache(maxsize=2)
def _sets(state: State) -> Sets:
    return Sets(state)


def doubly_linked(state: State, crossing: bool) -> Steps:
    """Two sets linked by two values: each lacks one of these, so that both hold all else.

    It is a Sue de Coq where the two lie in units that cross, the links between them in one.
    """
    sets = _sets(state)
    for number, one in enumerate(sets.all):
        for x, y in combinations(one.places, 2):
            both = sets.links(number, x) & sets.links(number, y)
            for other in members(both):
                two = sets.all[other]
                if one.cells & two.cells or _crossing(state, one, two, x, y) != crossing:
                    continue
                if not crossing and other < number:
                    continue  # the same again
                yield from _doubly(sets, number, other, x, y)


def _crossing(state: State, one: Almost, two: Almost, x: int, y: int) -> bool:
    """Whether cells of one set are in a unit with the other, and hold all that links them."""
    common = one.places[x] | one.places[y]
    if one.cells == common or common.bit_count() < 2:
        return False
    return any(state.geometry.shared_units(common | two.cells))


def _doubly(sets: Sets, number: int, other: int, x: int, y: int) -> Steps:
    state, one, two = sets.state, sets.all[number], sets.all[other]
    words, geometry = state.words, state.geometry
    strikes: dict[int, int] = {}
    for value in sorted(one.places.keys() | two.places.keys()):
        sides = [side.places[value] for side in (one, two) if value in side.places]
        if value in (x, y):
            sides = [sum(sides)]
        seen = reduce(or_, map(geometry.see_all, sides))
        strikes[value] = seen & state.places[value] & ~(one.cells | two.cells)
    if any(strikes.values()):
        pair = words.values((x, y), "or")
        why = (
            f"No {pair} goes in both, as its places in one see those in the other: each lacks one "
            f"of these, and holds all else. What sees every {pair} of both, or every place of "
            "another value in one of them, is not that value."
        )
        yield _step(state, strikes, (one, two), why)


def _step(state: State, strikes: dict[int, int], sets: tuple[Almost, ...], why: str) -> Step:
    """The step of a few sets, called A, B and C."""
    words = state.words
    named = [words.cells(members(one.cells)) for one in sets]
    told = [
        f"{name} is {cells} with {words.values(one.places)}"
        for name, cells, one in zip("ABC", named, sets, strict=False)
    ]
    return words.striking(
        strikes,
        f"Look at {'; '.join(named)}.",
        f"{'; '.join(told)}: each has one value more than cells. {why}",
        members(sets[0].cells),
        members(reduce(or_, (one.cells for one in sets[1:]))),
        values=sorted({value for one in sets for value in one.places}),
        groups=[marks_at(state, *members(one.cells)) for one in sets],
    )


def als_xz(state: State) -> Steps:
    """Two linked sets: one of them lacks the value that links them, and holds every other value
    of its own, so that what sees all places of such a value in both cannot hold it."""
    yield from doubly_linked(state, crossing=False)
    sets, words = _sets(state), state.words
    for number, z, via in _hits(sets, 1):
        (x, other), one = via[0], sets.all[number]
        two = sets.all[other]
        struck = state.geometry.see_all(one.places[z] | two.places[z]) & state.places[z]
        yield _step(
            state,
            {z: struck},
            (one, two),
            f"Only one of A and B holds {words.value(x)}, since its places in one see those in the "
            f"other; the one that lacks it holds {words.value(z)}; {words.see(struck)} every "
            f"{words.value(z)} of both.",
        )


def als_xy_wing(state: State) -> Steps:
    """A set linked to two others by two values, of which it lacks one at most: one of the others
    lacks its link, and holds every other value of its own."""
    sets, words = _sets(state), state.words
    for number, z, ((x, first), (y, second)) in _hits(sets, 2):
        pivot, one, two = sets.all[number], sets.all[first], sets.all[second]
        struck = state.geometry.see_all(one.places[z] | two.places[z]) & state.places[z]
        yield _step(
            state,
            {z: struck},
            (pivot, one, two),
            f"A lacks only one value. So it holds {words.value(x)}, and B, whose places for that "
            f"see those of A, does not; or it holds {words.value(y)}, and C does not for the same "
            f"reason. So B or C holds {words.value(z)}; {words.see(struck)} every "
            f"{words.value(z)} of both.",
        )


Via = tuple[tuple[int, int], ...]


def _hits(sets: Sets, links: int) -> Iterator[tuple[int, int, Via]]:
    """Sets that would lack two values should a cell be z: one of them z itself, or both of them
    through further sets that would lack z. With z, and the values and sets that link; fewest
    cells first, each once."""
    found: dict[tuple[int, int, Via], int] = {}
    for z, cells in sets.barred.items():
        for barred in cells.values():
            lost: dict[int, int] = {}
            by: dict[int, list[int]] = {}
            for number in members(barred):
                for value in sets.all[number].places:
                    if value != z:
                        lost[value] = lost.get(value, 0) | sets.links(number, value)
                        by.setdefault(value, []).append(number)
            ways = [(value, barred) for value in lost] if links == 1 else combinations(lost, 2)
            for one, other in ways:
                also = other if links == 1 else lost[other]
                values = (one,) if links == 1 else (one, other)
                for hit in members(lost[one] & also):
                    via = tuple(
                        (value, next(at for at in by[value] if sets.links(at, value) >> hit & 1))
                        for value in values
                    )
                    numbers = {hit, *(at for _, at in via)}
                    if len(numbers) > links:
                        size = sum(sets.all[at].cells.bit_count() for at in numbers)
                        found[hit, z, via] = size
                        break
    return (key for key, _ in sorted(found.items(), key=lambda one: (one[1], one[0])))

"""Fish: a value that is confined, in some units, to as many other units.

X-wing, swordfish and jellyfish are fish of two, three and four units. Rows and columns make the
best known; here any two kinds of units do (see `geometry.Kind`).
"""

from __future__ import annotations

from collections.abc import Iterator

from vmd_solver.techniques.geometry import Geometry, Kind, members
from vmd_solver.techniques.state import State
from vmd_solver.techniques.step import Step
from vmd_solver.techniques.subsets import tight
from vmd_solver.techniques.words import Words


def fish(state: State, size: int) -> Iterator[Step]:
    """A value whose places in `size` units lie in `size` units of another kind fills these there.

    The first units must be complete, so that each holds the value; the others hold it at most once
    each, so that none is left for a cell outside the first ones.
    """
    geometry, words = state.geometry, Words(state)
    for base, cover in _pairs(geometry, size):
        for value, places in state.places.items():
            for rows, covers in tight(_covers(geometry, base, cover, places), size):
                cols = tuple(cover.units[at] for at in members(covers))
                inside = sum(geometry.units[row] for row in rows) & places
                outside = sum(geometry.units[col] for col in cols) & places & ~inside
                if outside:
                    yield words.striking(
                        {value: outside},
                        f"Look for {words.value(value)} in {words.units(rows)}.",
                        f"There it stands nowhere but in {words.units(cols)}: once in each of "
                        f"these {size}, and so nowhere else in them.",
                        tuple(members(inside)),
                        units=(*rows, *cols),
                    )


def _pairs(geometry: Geometry, size: int) -> Iterator[tuple[Kind, Kind]]:
    """Two kinds of units with enough of them on either side."""
    for base in geometry.kinds:
        if sum(number in geometry.complete for number in base.units) >= size:
            for cover in geometry.kinds:
                if cover is not base and len(cover.units) >= size:
                    yield base, cover


def _covers(geometry: Geometry, base: Kind, cover: Kind, places: int) -> list[tuple[int, int]]:
    """The complete units of `base`, each with the set of units of `cover` that its places lie in.

    Left out where a place lies in none.
    """
    found = []
    for number in base.units:
        inside = places & geometry.units[number]
        homes = [cover.home[cell] for cell in members(inside)]
        if homes and all(homes) and number in geometry.complete:
            joined = 0
            for home in homes:
                joined |= home
            found.append((number, joined))
    return found

"""Fish: a value whose places in some units lie in as few units of another kind, but for fins."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import permutations
from typing import NamedTuple

from vmd_solver.techniques.state import (
    Geometry,
    Kind,
    Numbers,
    State,
    Steps,
    counted,
    marks_of,
    members,
)
from vmd_solver.techniques.units import tight


class Fish(NamedTuple):
    """Units `base`, each of which holds the value, and as many, `cover`, of another kind.

    `body` are the places in both, `fins` those in base units alone, `struck` the cells of the
    cover that see all fins.
    """

    base: Numbers
    cover: Numbers
    body: int
    fins: int
    struck: int


def fish(state: State, size: int, finned: bool = False, sashimi: bool = False) -> Steps:
    """A value whose places in `size` units lie in `size` units of another kind fills these there.

    The first units must be complete, so that each holds the value; the others hold it at most once
    each, so that none is left for a cell outside the first ones. X-wing, swordfish and jellyfish
    are fish of two, three and four units; any two kinds of units do, not rows and columns alone.
    If a fish has *fins*, places beside those units, it or a fin is right, so that only cells that
    see all fins lose the value. It is *sashimi* if without its fins one of the first units would
    have a single place.
    """
    words = state.words
    for value, found in _all(state, size, finned or sashimi):
        parts = [found.body & state.geometry.units[row] for row in found.base]
        thin = any(part.bit_count() < 2 for part in parts)
        if found.fins and thin != sashimi:
            continue
        symbol = words.value(value)
        rows, cols = (words.units(units) for units in (found.base, found.cover))
        ways = words.units(found.cover, "or")
        if found.fins:
            fins = words.cells(members(found.fins), "or")
            why = (
                f"Unless it is in {fins}, every {symbol} of {rows} is in {ways}, so that {rows} "
                f"take the {symbol} of {counted(size)} of these; "
                f"{words.see(found.struck)} {fins.replace(' or ', ' and ')} and "
                f"{'is' if found.struck.bit_count() == 1 else 'are'} in {_ways(state, found)}."
            )
        else:
            why = (
                f"There it stands nowhere but in {cols}, so that {rows} take the {symbol} of "
                f"{counted(size)} of these: none is left for another cell there."
            )
        body = marks_of(value, found.body)
        fins_ = marks_of(value, found.fins)
        yield words.striking(
            {value: found.struck},
            f"Look for {symbol} in {rows}.",
            why,
            members(found.body),
            members(found.fins),
            units=found.base,
            groups=[body, fins_] if fins_ else [body],
        )


def _all(state: State, size: int, finned: bool) -> Iterator[tuple[int, Fish]]:
    for value, places in state.places.items():
        for found in _caught(state.geometry, places, size, finned):
            yield value, found


def _ways(state: State, found: Fish) -> str:
    """The units of the cover that the cells struck are in."""
    struck = [unit for unit in found.cover if state.geometry.units[unit] & found.struck]
    return state.words.units(struck, "or")


@lru_cache(maxsize=1 << 12)  # most steps leave the places of most values as they were
def _caught(geometry: Geometry, places: int, size: int, finned: bool) -> tuple[Fish, ...]:
    """Every fish of a value that strikes something, with or without fins, once each."""
    found = dict[Fish, None]()
    for cover, home, rows in _nets(geometry, places, finned):
        for chosen, covers in tight(rows, size, least=0, begun=home):
            inside = sum(geometry.units[row] for row in chosen) & places
            cols = tuple(cover.units[at] for at in members(covers))
            across = sum(geometry.units[col] for col in cols) & places
            fins = inside & ~across
            struck = across & ~inside & geometry.see_all(fins)
            if struck and bool(fins) == finned:
                found[Fish(chosen, cols, inside & across, fins, struck)] = None
    return tuple(found)


Rows = tuple[tuple[int, int], ...]
Net = tuple[Kind, int, Rows]


@lru_cache(maxsize=1 << 8)
def _nets(geometry: Geometry, places: int, finned: bool) -> list[Net]:
    """What fish of a value there may be, of units of two kinds.

    For each base unit with two places and more, as a set, the units of the cover that these lie in.
    With fins, that is told for each home of a cell of the cover, and of what such a cell, which
    sees some, leaves: should the value be in that cell, its own unit of the cover is used up, and
    base units whose sets join, with that one, to as many units as they are have one too few left.
    """
    found = list[Net]()
    for base, cover in permutations(geometry.kinds, 2):
        rows = [
            (row, geometry.units[row] & places) for row in base.units if geometry.whole >> row & 1
        ]
        rows = [(row, inside) for row, inside in rows if inside & inside - 1]
        if len(rows) < 2:
            continue
        known = [(row, inside, _homes(cover, inside)) for row, inside in rows]
        if not finned:
            found.append((cover, 0, tuple((row, homes) for row, _, homes in known if homes)))
            continue
        sets = set[tuple[int, Rows]]()
        for cell in members(places):
            home, seen = cover.home[cell], geometry.peers[cell] & places
            own = geometry.units[cover.units[home.bit_length() - 1]] if home else -1
            if any(inside & seen & ~own for _, inside in rows):
                left = [
                    (row, _homes(cover, inside & ~seen) if inside & seen & ~own else homes)
                    for row, inside, homes in known
                    if not inside >> cell & 1
                ]
                sets.add((home, tuple((row, homes | home) for row, homes in left if homes)))
        found += [(cover, home, left) for home, left in sorted(sets)]
    return found


def _homes(cover: Kind, cells: int) -> int:
    """The units of a cover that cells lie in, as a set; nothing where one lies in none."""
    found = 0
    for cell in members(cells):
        if not cover.home[cell]:
            return 0
        found |= cover.home[cell]
    return found

"""Chains of links between candidates, from skyscrapers to grouped ones, told by their shape."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial
from itertools import combinations, permutations
from typing import TypedDict

from vmd_solver.csp import Board
from vmd_solver.techniques.graph import (
    Chain,
    Forced,
    Graph,
    Node,
    closed,
    graph,
    links_of,
    traced,
)
from vmd_solver.techniques.state import (
    Link,
    Mark,
    State,
    Step,
    Steps,
    marks_at,
    marks_of,
    members,
    values_of,
)

LONGEST = 12
"""Strong links of a chain."""


def chain(state: State, cells: bool = True, units: bool = True, grouped: bool = False) -> Steps:
    """Of two candidates one is true, as each link of a chain forces the next: what goes with
    neither is struck, and a candidate that forces itself is placed. Shortest chains first.

    With links in `units` alone an X-chain, in `cells` alone an XY-chain. If its ends do not go
    together the chain is a loop, each weak link of which holds one true candidate.
    """
    links = graph(state, cells, units, grouped)
    found = [
        (len(chain), number, chain)
        for number, start in enumerate(links.strong)
        if (chain := _first(links, start))
    ]
    for _, _, chain in sorted(found, key=lambda one: one[:2]):
        yield _step(links, chain)


def _first(links: Graph, start: Node) -> Chain | None:
    """The shortest chain from a node that strikes something."""
    weak, bits = links.weak(start), links.bits(start)
    for node, parents in links.reach(links.strong[start], LONGEST):
        reached = links.weak(node)
        if weak & reached:
            return traced(parents, node)
        if not bits & ~reached and links.strikes(found := traced(parents, node)):
            return found
    return None


def skyscraper(state: State) -> Steps:
    """Two lines side by side with two places each of a value, of which two see one another."""
    return _turbot(state, "skyscraper")


def two_string_kite(state: State) -> Steps:
    """A row and a column with two places each of a value, of which two see one another."""
    return _turbot(state, "two-string kite")


def turbot_fish(state: State) -> Steps:
    """Any two units with two places each of a value, of which two see one another."""
    return _turbot(state, "turbot fish")


def empty_rectangle(state: State) -> Steps:
    """A unit with two places of a value, and one whose places fall in two groups, such as a box
    with a row and a column: a place of the first rules a group of the second out."""
    return _turbot(state, "empty rectangle", grouped=True)


def _turbot(state: State, name: str, grouped: bool = False) -> Steps:
    links = graph(state, cells=False, units=True, grouped=grouped)
    lines = _lines(state.puzzle.board)
    for first in (one for ones in links.strong.values() for one in ones):
        if grouped and (lines[first.unit] or not _groups(first)):
            continue
        for second in links.next(first.on):
            called = name if grouped else _shape(lines[first.unit], lines[second.unit])
            if called == name and links.strikes((first, second)):
                yield _step(links, (first, second))


def _groups(forced: Forced) -> bool:
    """Whether a link is one of groups."""
    return any(cells & cells - 1 for _, cells in (forced.off, forced.on))


def _shape(first: str, second: str) -> str:
    """What a chain of two units is called, which are a row, a column, or something else."""
    if not first or not second:
        return "turbot fish"
    return "skyscraper" if first == second else "two-string kite"


@lru_cache(maxsize=64)
def _lines(board: Board) -> list[str]:
    """For each unit whether it is a row or a column, or empty."""
    found = []
    for unit in board.units:
        rows, cols = {cell // board.cols for cell in unit}, {cell % board.cols for cell in unit}
        found.append("row" if len(rows) == 1 else "column" if len(cols) == 1 else "")
    return found


def w_wing(state: State) -> Steps:
    """Two cells with the same two candidates, one of which has two places in a unit, each seen by
    one of the cells: it cannot be in both cells, so that one of them is the other value."""
    links = graph(state)
    for one, other in combinations(state.bivalue, 2):
        mask = state.candidates[one]
        if mask == state.candidates[other]:
            for x, y in permutations(values_of(mask)):
                first = Forced((x, 1 << one), (y, 1 << one), -1)
                last = Forced((y, 1 << other), (x, 1 << other), -1)
                for between in links.next(first.on):
                    ends = {between.off[0], between.on[0]}
                    if ends != {y} or links.bits(last.off) & ~links.weak(between.on):
                        continue
                    chain = first, between, last
                    if between.unit >= 0 and links.strikes(chain):
                        yield _step(links, chain)


def remote_pair(state: State) -> Steps:
    """Cells with the same two candidates, each of which sees the next: every other one is alike,
    and a cell that sees two which differ has neither value."""
    words, geometry = state.words, state.geometry
    kin: dict[int, int] = {}
    for cell in state.bivalue:
        kin[state.candidates[cell]] = kin.get(state.candidates[cell], 0) | 1 << cell
    for mask, cells in kin.items():
        pair = [bit + 1 for bit in members(mask)]
        while cells:
            first, second, new = cells & -cells, 0, cells & -cells
            while new:
                rim = geometry.see_any(new) & cells & ~(first | second)
                first, second = (first, second | rim) if new & first else (first | rim, second)
                new = rim
            cells &= ~(first | second)
            seen = geometry.see_any(first) & geometry.see_any(second)
            strikes = {value: seen & state.places[value] & ~(first | second) for value in pair}
            if any(strikes.values()) and not _clash(state, first) and not _clash(state, second):
                struck = strikes[pair[0]] | strikes[pair[1]]
                named = words.values(pair)
                yield words.striking(
                    strikes,
                    f"Look at the cells that have only {named}.",
                    "They make a chain in which each sees the next, so that "
                    f"{words.cells(members(first))} hold one of {named} and "
                    f"{words.cells(members(second))} the other; "
                    f"{words.see(struck)} some of both.",
                    members(first),
                    members(second),
                    values=pair,
                    groups=[marks_at(state, *members(side)) for side in (first, second)],
                )


def _clash(state: State, cells: int) -> int:
    return state.geometry.see_any(cells) & cells


# -- words ---------------------------------------------------------------------------------------


class Shown(TypedDict):
    """What of a chain a picture shows."""

    cells: list[int]
    groups: list[list[Mark]]
    links: list[Link]


def marks_of_nodes(nodes: Iterable[Node]) -> list[Mark]:
    """The candidates of some nodes, each once."""
    marks = (mark for value, cells in nodes for mark in marks_of(value, cells))
    return [*dict.fromkeys(marks)]


def _step(links: Graph, chain: Chain) -> Step:
    """The step of a chain, told link by link."""
    words, state = links.state.words, links.state
    first, last = chain[0].off, chain[-1].on
    offs, ons = ([getattr(forced, side) for forced in chain] for side in ("off", "on"))
    used = [*dict.fromkeys(cell for node in (*offs, *ons) for cell in members(node[1]))]
    values = sorted({node[0] for node in (*offs, *ons)})
    shown = Shown(
        cells=used,
        groups=[marks_of_nodes(nodes) for nodes in (offs, ons)],
        links=links_of(links, chain),
    )
    ends = words.cells(members(first[1])), words.cells(members(last[1]))
    if len(chain) == 2 and len(values) == 1:
        where = f"Look for {words.value(values[0])} in {words.units(one.unit for one in chain)}."
    elif first == last:
        where = f"Look at what follows from the candidates of {ends[0]}."
    else:
        where = f"Look at {' and '.join(ends)}, and at what links them."
    told = f"If {fails(state, first)}, {_other(state, chain[0])}"
    told = "; so ".join([told, *map(partial(_linked, state), chain[1:])])
    struck = links.strikes(chain)
    if first == last and first[1].bit_count() == 1:
        cell, value = first[1].bit_length() - 1, first[0]
        why = f"{told}. It is {words.value(value)} even if it is not, so it must be."
        return words.placing(cell, value, where, why, **shown)
    marks = links.marks(struck)
    strikes: dict[int, int] = {}
    for cell, value in marks:
        strikes[value] = strikes.get(value, 0) | 1 << cell
    if first == last:
        end = f"So {holds(state, first)} in any case."
    elif closed(links, chain):
        end = (
            f"Then {fails(state, first)}, so the chain is a loop: of every two candidates that "
            "follow one another in it, one is true."
        )
    elif first[0] == last[0] == marks[0][1] and len(strikes) == 1:
        both = first[1] | last[1]
        end = f"So {words.value(first[0])} is in {words.cells(members(both), 'or')}; "
        end += f"{words.seen_by(strikes[first[0]], both.bit_count())}."
    else:
        end = f"So {holds(state, first)}, or {holds(state, last)}: "
        end += f"neither goes with {words.marks(marks, 'or')}."
    return words.striking(strikes, where, f"{told}. {end}", values=values, **shown)


def followed(state: State, chain: Chain) -> str:
    """What each link of a chain forces, in words."""
    return "; so ".join(_linked(state, forced) for forced in chain)


def _linked(state: State, forced: Forced) -> str:
    words, (off, on, unit) = state.words, forced
    if unit < 0:
        return f"{fails(state, off)} but {words.value(on[0])}"
    return f"{fails(state, off)}, and {_other(state, forced)}"


def _other(state: State, forced: Forced) -> str:
    """What is true then, and where that comes from."""
    words = state.words
    if forced.unit < 0:
        return f"it is {words.value(forced.on[0])}"
    return f"{holds(state, forced.on)} ({words.unit(forced.unit)})"


def holds(state: State, node: Node) -> str:
    """`r3c7 is 5`, or `one of r3c7 and r3c8 is 5`."""
    value, cells = node
    many = "one of " if cells & cells - 1 else ""
    return f"{many}{state.words.cells(members(cells))} is {state.words.value(value)}"


def fails(state: State, node: Node) -> str:
    """`r3c7 is not 5`, or `neither r3c7 nor r3c8 is 5`."""
    value, cells = node
    if not cells & cells - 1:
        return f"{state.words.cells(members(cells))} is not {state.words.value(value)}"
    if cells.bit_count() == 2:
        named = f"neither {state.words.cells(members(cells), 'nor')}"
    else:
        named = f"none of {state.words.cells(members(cells))}"
    return f"{named} is {state.words.value(value)}"

"""The last resort: what every candidate of a cell or place of a value leads to, and suppositions
that lead to a contradiction."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import and_
from typing import NamedTuple

from vmd_solver.techniques.chains import LONGEST, Shown, fails, followed, holds, marks_of_nodes
from vmd_solver.techniques.graph import (
    Chain,
    Graph,
    Node,
    Parents,
    graph,
    links_between,
    traced,
)
from vmd_solver.techniques.parts import Part
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


class Cases(NamedTuple):
    """Candidates one of which is true, and the complete unit that asks for it, or -1 for a cell."""

    nodes: list[Node]
    unit: int


def forcing_chain(state: State) -> Steps:
    """What follows from each candidate of a cell, or each place of a value in a complete unit,
    along chains of links, holds: one of them is true. Few cases first."""
    links = graph(state, grouped=True)
    known: dict[Node, Led] = {}
    for cases in sorted(_cases(state, 3), key=lambda cases: len(cases.nodes)):
        led = [known.setdefault(node, _led(links, node)) for node in cases.nodes]
        rest = links.open & ~links.union(cases.nodes)  # such a candidate is a chain's matter
        on = reduce(and_, (one.on for one in led), rest)
        off = reduce(and_, (one.off for one in led), rest)
        if targets := [*members(on)] or [*members(off)]:
            ways = [[_way(links, one, bit, bool(on)) for one in led] for bit in targets]
            _, at = min((sum(map(len, way)), at) for at, way in enumerate(ways))
            yield _cased(links, cases, ways[at], targets[at], bool(on))


def _cases(state: State, least: int) -> Iterator[Cases]:
    for cell in members(state.open):
        nodes = [(value, 1 << cell) for value in values_of(state.candidates[cell])]
        if len(nodes) >= least:
            yield Cases(nodes, -1)
    for number, unit in state.geometry.complete.items():
        for value, places in state.places.items():
            if (places & unit).bit_count() >= least:
                yield Cases([(value, 1 << cell) for cell in members(places & unit)], number)


class Led(NamedTuple):
    """What a true node leads to: candidates that are true, and such that are not; by node, what
    rules these out; and the links on the way."""

    start: Node
    on: int
    off: int
    parents: Parents


def _led(links: Graph, start: Node) -> Led:
    on, off, parents = 0, links.weak(start), Parents()
    for node, parents in links.reach(links.next(start), LONGEST):  # noqa: B007
        off |= links.weak(node)
        if not node[1] & node[1] - 1:
            on |= links.bits(node)
    return Led(start, on, off, parents)


def _way(links: Graph, led: Led, bit: int, on: bool) -> Chain:
    """The links that lead to a candidate being true, or not."""
    if on:
        return traced(led.parents, links.node(bit))
    if links.weak(led.start) >> bit & 1:
        return ()
    return traced(led.parents, next(node for node in led.parents if links.weak(node) >> bit & 1))


def _cased(links: Graph, cases: Cases, ways: list[Chain], bit: int, on: bool) -> Step:
    """The step that all cases lead to, told case by case."""
    state, words, target = links.state, links.state.words, links.node(bit)
    end = holds(state, target) if on else fails(state, target)
    where, told = _asked(state, cases)
    for node, way in zip(cases.nodes, ways, strict=True):
        parts = [followed(state, way)] if way else []
        parts += [] if way and way[-1].on == target else [end]
        told.append(f"If {holds(state, node)}, then {'; so '.join(parts)}.")
    forced = [one for way in ways for one in way]
    sides = cases.nodes, [one.on for one in forced], [one.off for one in forced]
    shown = Shown(
        cells=[*dict.fromkeys(cells.bit_length() - 1 for _, cells in cases.nodes)],
        groups=[marks for nodes in sides if (marks := marks_of_nodes(nodes))],
        links=[
            link
            for node, way in zip(cases.nodes, ways, strict=True)
            for link in _links(node, way, target, on)
        ],
    )
    if on:
        cell = target[1].bit_length() - 1
        return words.placing(cell, target[0], where, " ".join(told), **shown)
    return words.striking({target[0]: target[1]}, where, " ".join(told), **shown)


def _asked(state: State, cases: Cases) -> tuple[str, list[str]]:
    """Where some cases are, and what they are."""
    words, (value, _) = state.words, cases.nodes[0]
    cells = [*dict.fromkeys(cells.bit_length() - 1 for _, cells in cases.nodes)]
    if cases.unit < 0:
        held = words.values((value for value, _ in cases.nodes), "or")
        return f"Look at {words.cells(cells)}.", [f"It is {held}."]
    where = f"Look for {words.value(value)} in {words.unit(cases.unit)}."
    return where, [f"It is in {words.cells(cells, 'or')}."]


def _links(start: Node, way: Chain, target: Node, on: bool) -> list[Link]:
    """The links from a case to the target."""
    nodes = [start, *(node for forced in way for node in (forced.off, forced.on))]
    return links_between(nodes if on else [*nodes, target], False)


# -- nets -----------------------------------------------------------------------------------------


STAGES = (10, False), (30, False), (10_000, False), (10_000, True)
"""How many events suppositions are followed for, all of them before any is followed further; and
whether locked candidates are among these."""

MOST_NETS = 2_000
"""With more candidates they are followed no further than that, and not compared."""


class Event(NamedTuple):
    """A cell takes a value: as its only place in `unit`, or the only one left, where that is -1.

    Or a part of a rule leaves less of a cell; or nothing is left, without a value of the cell, or
    without a cell of the value in the unit.
    """

    cell: int
    value: int
    unit: int = -1
    part: Part | None = None


class Net:
    """What a supposition leads to by singles and rules, to a contradiction or as far as it goes.

    `events` are in order, a contradiction the last one; `cause` has, for each candidate that is
    struck, the number of the event that strikes it.
    """

    def __init__(self, state: State, supposed: Mark, most: int, locking: bool) -> None:
        self.state, self.masks, self.places = state, list(state.masks), dict(state.places)
        self.settled, self.locking = ~state.open, locking
        self.events: list[Event] = []
        self.cause: dict[Mark, int] = {}
        self.broken: Event | None = None
        self._new = [Event(*supposed)]
        self._at = 0
        while self.broken is None and len(self.events) < most and self._more():
            event = self._new[self._at]
            self._at += 1
            if not self.settled >> event.cell & 1:
                self._settle(event)

    def _more(self) -> bool:
        return self._at < len(self._new) or self._by_rules() or self._by_locking()

    def _settle(self, event: Event) -> None:
        cell, value, bit = event.cell, event.value, 1 << event.cell
        self.events.append(event)
        self.settled |= bit
        for other in values_of(self.masks[cell] & ~(1 << value - 1)):
            self._strike(other, bit)
        self._strike(value, self.state.geometry.peers[cell] & self.places[value])

    def _strike(self, value: int, cells: int) -> None:
        """Strike a value from cells because of the last event, and note what is left alone."""
        geometry, masks, touched = self.state.geometry, self.masks, 0
        places = self.places[value] = self.places[value] & ~cells
        number, bit = len(self.events) - 1, 1 << value - 1
        for cell in members(cells):
            left = masks[cell] = masks[cell] & ~bit
            self.cause[cell, value] = number
            touched |= geometry.homes[cell]
            if not left:
                self.broken = Event(cell, 0)
            elif not left & left - 1 and not self.settled >> cell & 1:
                self._new.append(Event(cell, left.bit_length()))
        for unit in members(touched & geometry.whole):
            inside = places & geometry.units[unit]
            if not inside:
                if not self.state.filled[value] & geometry.units[unit]:
                    self.broken = Event(-1, value, unit)
            elif not inside & inside - 1 and not inside & self.settled:
                self._new.append(Event(inside.bit_length() - 1, value, unit))

    def _by_rules(self) -> bool:
        """Strike what parts of rules do not leave, until a cell is settled by that."""
        before = -1
        while len(self.events) > before:
            before = len(self.events)
            for part in self.state.geometry.parts:
                for cell, left in zip(part.cells, part.left(self.masks), strict=True):
                    lost = self.masks[cell] & ~left
                    if lost and not self.state.values[cell]:
                        self.events.append(Event(cell, 0, part=part))
                        for value in values_of(lost):
                            self._strike(value, 1 << cell)
                if self.broken or self._at < len(self._new):
                    return self.broken is None
        return False

    def _by_locking(self) -> bool:
        """Strike what sees every place of a value in a unit, until a cell is settled by that."""
        geometry, before = self.state.geometry, -1
        while self.locking and len(self.events) > before:
            before = len(self.events)
            for number, unit in geometry.complete.items():
                for value, places in self.places.items():
                    inside = places & unit
                    if inside & inside - 1 and (struck := geometry.see_all(inside) & places):
                        self.events.append(Event(-1, value, number))
                        self._strike(value, struck)
                        if self.broken or self._at < len(self._new):
                            return self.broken is None
        return False

    def needed(self, target: Mark | None = None) -> list[int]:
        """The numbers of the events that the contradiction needs, or else that strike a candidate
        need, in order, without the supposition."""
        if target:
            new = [self.cause[target]]
        else:
            assert self.broken is not None
            new = self._causes(self.broken, len(self.events))
        found = {0}
        while new:
            number = new.pop()
            if number not in found:
                found.add(number)
                new += self._causes(self.events[number], number)
        return sorted(found)[1:]

    def settled_by(self, numbers: list[int]) -> list[Mark]:
        """The candidates that some events fill in."""
        events = (self.events[number] for number in numbers)
        return [(event.cell, event.value) for event in events if event.value and event.cell >= 0]

    def _causes(self, event: Event, number: int) -> list[int]:
        """The events before `number` that an event comes from."""
        state, (cell, value, unit, part) = self.state, event
        if part is not None:
            marks = marks_at(state, *part.cells)
        elif unit >= 0:
            marks = list(marks_of(value, state.places[value] & state.geometry.units[unit]))
        else:
            marks = marks_at(state, cell)
        return [at for mark in marks if (at := self.cause.get(mark, number)) < number]


def forcing_net(state: State) -> Steps:
    """A candidate that leads to a contradiction, by singles and by rules, is struck; where none
    does, what all candidates of a cell, or all places of a value in a complete unit, strike.

    The shortest way that is found comes first; one of few events is looked for before longer ones.
    """
    for most, locking in STAGES:
        marks = marks_at(state, *members(state.open))
        nets = {mark: Net(state, mark, most, locking) for mark in marks}
        found = [(len(net.needed()), mark) for mark, net in nets.items() if net.broken]
        for _, mark in sorted(found):
            yield _supposed(state, mark, nets[mark])
        if found:
            return
        if len(nets) > MOST_NETS:
            break
    for cases in sorted(_cases(state, 2), key=lambda cases: len(cases.nodes)):
        known = [nets[cells.bit_length() - 1, value] for value, cells in cases.nodes]
        common = reduce(and_, (net.cause.keys() for net in known))
        ways = [(sum(len(net.needed(mark)) for net in known), mark) for mark in common]
        if ways:
            yield _in_all(state, cases, known, min(ways)[1])


def _supposed(state: State, supposed: Mark, net: Net) -> Step:
    """The step of a supposition that fails, told event by event."""
    words, needed = state.words, net.needed()
    told = [f"Suppose that {holds(state, _node(supposed))}."]
    told += [f"Then {_told(state, net, needed)}."] if needed else []
    assert net.broken is not None
    cell, value, unit, _ = net.broken
    if unit < 0:
        told.append(f"So nothing is left for {words.cell(cell)}.")
    else:
        told.append(f"So no place is left for {words.value(value)} in {words.unit(unit)}.")
    forced = net.settled_by(needed)
    return words.striking(
        {supposed[1]: 1 << supposed[0]},
        f"Look at {words.cell(supposed[0])}, and try its candidates.",
        " ".join(told),
        (supposed[0],),
        (cell for cell, _ in forced),
        groups=[[supposed], forced] if forced else [[supposed]],
    )


def _in_all(state: State, cases: Cases, nets: list[Net], target: Mark) -> Step:
    """The step of what all cases strike, each told event by event."""
    where, told = _asked(state, cases)
    forced = dict[Mark, None]()
    for node, net in zip(cases.nodes, nets, strict=True):
        needed = net.needed(target)
        parts = [_told(state, net, needed)] if needed else []
        parts.append(fails(state, _node(target)))
        told.append(f"If {holds(state, node)}, then {'; so '.join(parts)}.")
        forced.update(dict.fromkeys(net.settled_by(needed)))
    return state.words.striking(
        {target[1]: 1 << target[0]},
        where,
        " ".join(told),
        dict.fromkeys(cells.bit_length() - 1 for _, cells in cases.nodes),
        groups=[marks for marks in (marks_of_nodes(cases.nodes), [*forced]) if marks],
    )


def _node(mark: Mark) -> Node:
    return mark[1], 1 << mark[0]


def _told(state: State, net: Net, needed: list[int]) -> str:
    """Some events of a net, one after another."""
    return ", ".join(_event(state, net, number) for number in needed)


def _event(state: State, net: Net, number: int) -> str:
    words, event = state.words, net.events[number]
    if event.part is not None:
        lost = sorted(value for (_, value), by in net.cause.items() if by == number)
        rule = words.rule(event.part.rule, event.part.cells)
        return f"{words.cell(event.cell)} is not {words.values(lost, 'or')} ({rule})"
    if event.cell < 0:
        struck = [cell for (cell, _), by in net.cause.items() if by == number]
        symbol, unit = words.value(event.value), words.unit(event.unit)
        return f"{words.cells(sorted(struck), 'or')} is not {symbol} (all places in {unit} see it)"
    why = "nothing else is left" if event.unit < 0 else words.unit(event.unit)
    return f"{words.cell(event.cell)} is {words.value(event.value)} ({why})"

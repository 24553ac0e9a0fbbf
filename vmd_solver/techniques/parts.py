"""The rules of a board in parts that can be thought through one at a time, and what each leaves.

A part is a relation of two cells, or the automata of one rule that share hidden cells: mostly one.
Knows candidates as masks, and nothing of steps or words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from vmd_solver.csp import Board
from vmd_solver.csp.constraints import Automaton, Domain, Relation
from vmd_solver.csp.puzzle import Rule

Masks = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Part:
    """What of a rule is thought through at once; `hidden` are masks of cells that others lack."""

    rule: Rule
    relation: Relation | None = None
    automata: tuple[Automaton, ...] = ()
    hidden: dict[int, int] = field(default_factory=dict)

    @cached_property
    def cells(self) -> tuple[int, ...]:
        """The cells of the board that it is about."""
        if self.relation is not None:
            return self.relation.a, self.relation.b
        read = dict.fromkeys(cell for automaton in self.automata for cell in automaton.cells)
        return tuple(cell for cell in read if cell >= 0)

    def left(self, masks: Sequence[int]) -> Masks:
        """Of the masks (n,) of a board, those of `cells`, without what no way to keep it has."""
        return _left(self, tuple(masks[cell] for cell in self.cells))


@lru_cache(maxsize=1 << 14)  # most steps leave most parts as they were
def _left(part: Part, masks: Masks) -> Masks:
    known = {**part.hidden, **dict(zip(part.cells, masks, strict=True))}
    if part.relation is not None:
        _follow(part.relation, known)
    before = None
    while before != known:
        before = dict(known)
        for automaton in part.automata:
            known.update(_read(automaton, known))
        if len(part.automata) < 2:
            break
    return tuple(known[cell] for cell in part.cells)


def _follow(relation: Relation, known: dict[int, int]) -> None:
    """Keep what has a partner in the other cell, on both sides."""
    first, second = known[relation.a], known[relation.b]
    known[relation.a] = known[relation.b] = 0
    for at, row in enumerate(relation.rows):
        if first >> at & 1 and row & second:
            known[relation.a] |= 1 << at
            known[relation.b] |= row & second


def _read(automaton: Automaton, known: dict[int, int]) -> dict[int, int]:
    """What of each cell is on some way through the layers."""
    reached, kept = [{0}], dict.fromkeys(automaton.cells, 0)
    reading = list(zip(automaton.cells, automaton.layers, strict=True))
    for cell, layer in reading:
        mask = known[cell]
        reached.append({to for at in reached[-1] for arc, to in layer[at] if arc & mask})
    useful = reached.pop()
    for (cell, layer), states in zip(reversed(reading), reversed(reached), strict=True):
        mask, before = known[cell], set()
        for at in states:
            for arc, to in layer[at]:
                if to in useful and arc & mask:
                    kept[cell] |= arc & mask
                    before.add(at)
        useful = before
    return kept


def parts_of(board: Board) -> tuple[Part, ...]:
    """All parts of a board's rules, in the order of these."""
    return tuple(part for rule in board.rules for part in _parts(rule, board))


def _parts(rule: Rule, board: Board) -> Iterator[Part]:
    found = list(rule.constraints(board))
    hidden = {
        part.cell: part.values for part in found if isinstance(part, Domain) and part.cell < 0
    }
    automata = tuple(part for part in found if isinstance(part, Automaton))
    yield from (Part(rule, part) for part in found if isinstance(part, Relation))
    if hidden:
        yield Part(rule, automata=automata, hidden=hidden)
    else:
        yield from (Part(rule, automata=(automaton,)) for automaton in automata)


def rules_of_units(board: Board) -> tuple[Rule | None, ...]:
    """For each unit of a board the rule that brought it."""
    found = [rule for rule in board.rules for _ in rule.units(board)]
    return (*(None,) * (len(board.units) - len(found)), *found)

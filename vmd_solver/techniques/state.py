"""What every technique works on: a board as sets of cells, a puzzle half solved, and one step.

A set of cells, of units or of values is one whole number, bit i standing for member i: such sets
are cut and joined in one operation whatever the size of the board. It must not know of any
technique.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.meaning import broken, title
from vmd_solver.csp.puzzle import Rule, unit_name, violations
from vmd_solver.errors import InvalidPuzzle
from vmd_solver.techniques.parts import parts_of, rules_of_units


def members(bits: int) -> Iterator[int]:
    """The members of a set, in order.

    >>> list(members(0b10110))
    [1, 2, 4]
    """
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def set_of(members: Iterable[int]) -> int:
    """The set of different members."""
    return sum(1 << member for member in members)


def values_of(mask: int) -> tuple[int, ...]:
    """The values of a mask of candidates, bit v - 1 standing for v."""
    return tuple(bit + 1 for bit in members(mask))


class Kind(NamedTuple):
    """Units that share no cell with one another, such as the rows, or the windows."""

    units: list[int]
    """Their numbers."""
    home: list[int]
    """For each cell the set that holds the position in `units` of the one with it, or nothing."""


class Geometry:
    """A board's units and peers as sets.

    `units[number]` and `peers[cell]` are sets of cells, `homes[cell]` is the set of the cell's
    units. `complete` has the units that hold every value, by number, and `whole` is the set of
    these numbers. `kinds` shares all units of two cells and more out, each to the first kind that
    it fits into. `parts` are those of rules, and `rules` has, for each unit, the rule that brought
    it, if any.
    """

    def __init__(self, board: Board) -> None:
        self.units = tuple(map(set_of, board.units))
        self.peers = tuple(map(set_of, board.peers))
        self.homes = tuple(map(set_of, board.homes))
        self.parts, self.rules = parts_of(board), rules_of_units(board)
        sized = enumerate(self.units)
        self.complete = {number: unit for number, unit in sized if unit.bit_count() == board.D}
        self.whole = set_of(self.complete)
        self.kinds: list[Kind] = []
        rest = [number for number, unit in enumerate(board.units) if len(unit) > 1]
        while rest:
            taken: list[int] = []
            home = [0] * board.n
            for number in rest:
                if not any(home[cell] for cell in board.units[number]):
                    for cell in board.units[number]:
                        home[cell] = 1 << len(taken)
                    taken.append(number)
            rest = [number for number in rest if number not in taken]
            self.kinds.append(Kind(taken, home))

    def see_all(self, cells: int) -> int:
        """The cells that see each of `cells`; none of these among them."""
        seen = -1
        for cell in members(cells):
            seen &= self.peers[cell]
            if not seen:
                break
        return seen

    def see_any(self, cells: int) -> int:
        """The cells that see one of `cells` at least."""
        seen = 0
        for cell in members(cells):
            seen |= self.peers[cell]
        return seen

    def shared_units(self, cells: int) -> Iterator[int]:
        """The units that hold all of `cells`, of which there are some."""
        shared = -1
        for cell in members(cells):
            shared &= self.homes[cell]
        return members(shared)


geometry = lru_cache(maxsize=64)(Geometry)
"""The geometry of a board."""

Mark = tuple[int, int]
"""A cell and a value."""
Numbers = tuple[int, ...]


class Link(NamedTuple):
    """A link between two candidates: strong where one of the two is true, else weak: not both."""

    start: Mark
    end: Mark
    strong: bool


@dataclass(frozen=True)
class Step:
    """A deduction by one technique. Cells are numbers from 0, values 1..D, units the board's.

    `placements` are values to fill in, `eliminations` candidates to strike: at least one of either,
    and every one of them true in each solution that the state before it allows (the only one, where
    the technique takes uniqueness as a reason). The words come in three stages, for a hint that
    reveals no more than is wanted: `where` to look, `why` something follows, and `follows`, what.
    """

    where: str
    why: str
    follows: str
    cells: Numbers
    """The cells that make the pattern; of a chain, from end to end."""
    partners: Numbers = ()
    """A second part of it: the values that bar other cells, the other colour, the pincers."""
    units: Numbers = ()
    values: Numbers = ()
    placements: tuple[Mark, ...] = ()
    eliminations: tuple[Mark, ...] = ()
    technique: str = ""
    """Its name in the table."""
    groups: tuple[tuple[Mark, ...], ...] = ()
    """Candidates that make the pattern, for a colour each: of a fish its own, then its fins; of a
    colouring or chain one side, then the other; of linked sets one after the other."""
    links: tuple[Link, ...] = ()
    """What ties these candidates together, in the order of the argument."""

    def area(self, board: Board) -> frozenset[int]:
        """Where to look, without the answer: the cells of its units, or else of the pattern."""
        cells = (cell for number in self.units for cell in board.units[number])
        return frozenset(cells) or frozenset((*self.cells, *self.partners))

    @property
    def title(self) -> str:
        """The technique's name as a heading: `ALS-XZ`, `Hidden single`."""
        return self.technique[:1].upper() + self.technique[1:]

    @property
    def text(self) -> str:
        """Its stages as one paragraph."""
        return " ".join(filter(None, (self.where, self.why, self.follows)))

    def up_to(self, stage: int) -> Step:
        """As much of it as a hint tells: at stage 1 where to look, at 2 why too, at 3 all."""
        step = self
        if stage < 3:
            step = replace(step, follows="", placements=(), eliminations=())
        return replace(step, why="", groups=(), links=()) if stage < 2 else step


Steps = Iterator[Step]

MOST_NAMED = 6
"""Cells of a rule that are named one by one; of more the first and the last."""


def listed(names: Iterable[str], last: str = "and") -> str:
    """The names in one phrase: `a, b and c`.

    >>> listed(["a"]), listed(["a", "b", "c"], "or")
    ('a', 'a, b or c')
    """
    *most, end = names
    return f"{', '.join(most)} {last} {end}" if most else end


def counted(n: int) -> str:
    """`both`, or `all 3`."""
    return "both" if n == 2 else f"all {n}"


def marks_of(value: int, cells: int) -> tuple[Mark, ...]:
    """A value in each of a set of cells."""
    return tuple((cell, value) for cell in members(cells))


def _shown(item: object) -> str:
    """A parameter of a rule: a number, or a pair of numbers."""
    return "-".join(map(str, item)) if isinstance(item, tuple) else str(item)


class Words:
    """What the cells, values and units of a puzzle are called, and steps in these words."""

    def __init__(self, puzzle: Puzzle, rules: Sequence[Rule | None]) -> None:
        self._alphabet, self._board, self._rules = puzzle.alphabet, puzzle.board, rules
        self.cell = puzzle.board.cell_name

    def cells(self, cells: Iterable[int], last: str = "and") -> str:
        """`r3c7, r3c8 and r4c1`."""
        return listed(map(self.cell, cells), last)

    def value(self, value: int) -> str:
        """The symbol of a value."""
        return self._alphabet[value - 1]

    def values(self, values: Iterable[int], last: str = "and") -> str:
        """`2, 3 and 7`."""
        return listed(map(self.value, values), last)

    def unit(self, number: int) -> str:
        """`row 3`."""
        rule = self._rules[number]
        cells = self._board.units[number]
        return unit_name(self._board, number) if rule is None else self.rule(rule, cells)

    def units(self, numbers: Iterable[int], last: str = "and") -> str:
        """`rows 3 and 7`, `row 3 or 7`, or `row 3 and box 2`, each once."""
        names = [*dict.fromkeys(map(self.unit, numbers))]
        kind, *_ = names[0].split()
        if len(names) < 2 or not all(re.fullmatch(rf"{kind} \d+", name) for name in names):
            return listed(names, last)
        several = "" if last == "or" else "es" if kind == "box" else "s"
        return f"{kind}{several} {listed((name.split()[1] for name in names), last)}"

    def rule(self, rule: Rule, cells: Sequence[int]) -> str:
        """`killer of 15 in r3c7, r3c8 and r4c1`, of a rule and the cells of it that matter."""
        board, own = self._board, self._rules.count(None)
        lines = [at for at in range(own) if set(board.units[at]) == set(cells)]
        if lines:
            where = f"in {unit_name(board, lines[0])}"
        elif len(cells) > MOST_NAMED:
            where = f"from {self.cell(cells[0])} to {self.cell(cells[-1])}"
        else:
            where = f"in {self.cells(cells)}"
        return f"{title(rule)} {where}"

    def says(self, rule: Rule) -> str:
        """What a rule says, with its own numbers and cells."""
        text = " ".join((rule.__doc__ or "").split())
        for key, value in vars(rule).items():
            if key in ("more", "cells"):
                text = text.replace(f"`{key}`", self.cells(value))
            elif not isinstance(value, bool):
                items = value if isinstance(value, tuple) else (value,)
                text = text.replace(f"`{key}`", listed(map(_shown, items)))
        return text.replace("`", "")

    def see(self, cells: int) -> str:
        """`r3c7 sees` or `r3c7 and r4c1 see`, of a set of cells."""
        return f"{self.cells(members(cells))} {'sees' if cells.bit_count() == 1 else 'see'}"

    def seen_by(self, struck: int, seen: int) -> str:
        """`r3c7 sees both of them`, of a set of cells and how many they see."""
        return f"{self.see(struck)} {counted(seen)} of them" if seen > 1 else self.see(struck)

    def marks(self, marks: Iterable[Mark], last: str = "and") -> str:
        """`2 and 3 in r3c7 and 5 in r4c1 and r4c2`: alike values and cells are told once."""
        held: dict[int, int] = {}
        for cell, value in marks:
            held[value] = held.get(value, 0) | 1 << cell
        alike: dict[int, list[int]] = {}
        for value in sorted(held):
            alike.setdefault(held[value], []).append(value)
        parts = (
            f"{self.values(values)} in {self.cells(members(cells))}"
            for cells, values in alike.items()
        )
        return listed(parts, last)

    def near(self, cell: int) -> Numbers:
        """A unit to look at for a cell, the first of its largest: its row, if that is one."""
        homes = self._board.homes[cell]
        return (max(homes, key=lambda number: len(self._board.units[number])),) if homes else ()

    def placing(
        self,
        cell: int,
        value: int,
        where: str,
        why: str,
        bars: int = 0,
        units: Numbers = (),
        cells: Iterable[int] | None = None,
        groups: Iterable[Iterable[Mark]] = (),
        links: Iterable[Link] = (),
    ) -> Step:
        """The step that fills a value in; `bars` is the set of cells that leave no other choice.

        Without `groups` its pattern is the candidate itself.
        """
        return Step(
            where,
            why,
            f"So {self.cell(cell)} is {self.value(value)}.",
            (cell,) if cells is None else tuple(cells),
            tuple(members(bars)),
            units,
            (value,),
            placements=((cell, value),),
            groups=tuple(map(tuple, groups)) or (((cell, value),),),
            links=tuple(links),
        )

    def striking(
        self,
        strikes: Mapping[int, int],
        where: str,
        why: str,
        cells: Iterable[int],
        partners: Iterable[int] = (),
        units: Numbers = (),
        values: Iterable[int] | None = None,
        groups: Iterable[Iterable[Mark]] = (),
        links: Iterable[Link] = (),
    ) -> Step:
        """The step that strikes each value of `strikes` from its set of cells."""
        struck = {value: strikes[value] for value in sorted(strikes) if strikes[value]}
        alike: dict[int, list[int]] = {}
        for value, bits in struck.items():
            alike.setdefault(bits, []).append(value)
        parts = (f"{self.values(v)} from {self.cells(members(c))}" for c, v in alike.items())
        return Step(
            where,
            why,
            f"So strike {'; '.join(parts)}.",
            tuple(cells),
            tuple(partners),
            units,
            tuple(struck if values is None else values),
            eliminations=tuple(mark for value in struck for mark in marks_of(value, struck[value])),
            groups=tuple(map(tuple, groups)),
            links=tuple(links),
        )


@dataclass(frozen=True)
class State:
    """A puzzle in the middle of being solved.

    `values` (n,) are 0 where open. `candidates` (n,) are masks, bit v - 1 where v is possible, and
    0 where a value stands. `unique` says that the puzzle is known to have one solution: some
    techniques take that as a reason, and are left out elsewhere.
    """

    puzzle: Puzzle
    values: tuple[int, ...]
    candidates: tuple[int, ...]
    unique: bool
    geometry: Geometry = field(repr=False, compare=False)

    @classmethod
    def of(
        cls,
        puzzle: Puzzle,
        values: Sequence[int] | None = None,
        candidates: Sequence[int] | None = None,
        *,
        unique: bool = False,
    ) -> State:
        """The state of a puzzle with `values` (n,) filled in, or only its givens.

        Its candidates are what the values that a cell sees leave, of those that rules allow it,
        within `candidates` (n,) masks where these are given. Raises InvalidPuzzle where either has
        not n entries.
        """
        board = puzzle.board
        full = (1 << board.D) - 1
        filled = tuple(map(int, puzzle.givens if values is None else values))
        within = (full,) * board.n if candidates is None else tuple(map(int, candidates))
        if not len(filled) == len(within) == board.n:
            raise InvalidPuzzle(
                f"expected {board.n} values and candidates, got {len(filled)} and {len(within)}"
            )
        known = board.constraints.domains if board.rules else (full,) * board.n
        masks = [
            0 if value else mask & full & allowed
            for value, mask, allowed in zip(filled, within, known, strict=False)
        ]
        for cell, value in enumerate(filled):
            for peer in board.peers[cell] if value else ():
                masks[peer] &= ~(1 << value - 1)
        return cls(puzzle, filled, tuple(masks), unique, geometry(board))

    @property
    def solved(self) -> bool:
        """Whether every cell is filled, and no rule broken."""
        return not self.open and not self.problem

    @cached_property
    def words(self) -> Words:
        return Words(self.puzzle, self.geometry.rules)

    @cached_property
    def open(self) -> int:
        """The set of the open cells."""
        return set_of(cell for cell, value in enumerate(self.values) if not value)

    @cached_property
    def masks(self) -> tuple[int, ...]:
        """The candidates (n,), with the value of each cell that is filled."""
        both = zip(self.candidates, self.values, strict=True)
        return tuple(1 << value - 1 if value else mask for mask, value in both)

    @cached_property
    def places(self) -> dict[int, int]:
        """For each value the set of open cells that may hold it."""
        found = [0] * self.puzzle.board.D
        for cell, mask in enumerate(self.candidates):
            bit = 1 << cell
            while mask:
                low = mask & -mask
                found[low.bit_length() - 1] |= bit
                mask ^= low
        return dict(enumerate(found, 1))

    @cached_property
    def filled(self) -> dict[int, int]:
        """For each value the set of cells that hold it."""
        found = dict.fromkeys(range(self.puzzle.board.D + 1), 0)
        for cell, value in enumerate(self.values):
            found[value] |= 1 << cell
        del found[0]
        return found

    @cached_property
    def bivalue(self) -> tuple[int, ...]:
        """The cells with two candidates."""
        return tuple(cell for cell, mask in enumerate(self.candidates) if mask.bit_count() == 2)

    @cached_property
    def problem(self) -> str:
        """Why no solution can be reached from here, as far as can be seen at once; or empty.

        A value that repeats, a cell without a candidate, a value without a place in a unit that
        holds every value, or a rule that filled cells break: the puzzle has no solution, or a value
        or mark on it is wrong.
        """
        if any(self.geometry.see_any(cells) & cells for cells in self.filled.values()):
            return violations(self.puzzle.board, self.values, self.puzzle.alphabet)[0].message
        for cell in members(self.open):
            if not self.candidates[cell]:
                return f"{self.words.cell(cell)} has no candidate left"
        known = [(value, held | self.places[value]) for value, held in self.filled.items()]
        for number, unit in self.geometry.complete.items():
            for value, cells in known:
                if not cells & unit:
                    words = self.words
                    return f"{words.unit(number)} has no place left for {words.value(value)}"
        return next((message for _, message in broken(self.puzzle.board, self.values)), "")


def marks_at(state: State, *cells: int) -> list[Mark]:
    """All candidates of some cells."""
    return [(cell, value) for cell in cells for value in values_of(state.candidates[cell])]


def marks_in(state: State, values: Iterable[int], cells: int) -> list[Mark]:
    """The candidates of some values in a set of cells."""
    return [mark for value in values for mark in marks_of(value, state.places[value] & cells)]


def apply(state: State, step: Step) -> State:
    """The state that a step leads to."""
    values, candidates = list(state.values), list(state.candidates)
    for cell, value in step.eliminations:
        candidates[cell] &= ~(1 << value - 1)
    for cell, value in step.placements:
        values[cell], candidates[cell] = value, 0
        for peer in members(state.geometry.peers[cell] & state.places[value]):
            candidates[peer] &= ~(1 << value - 1)
    return State(state.puzzle, tuple(values), tuple(candidates), state.unique, state.geometry)

"""A game: a puzzle, what was filled in and pencilled in, by which moves, and the time it took.

Knows the rules of its board and, once known, how many solutions there are; no file and no screen.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from vmd_solver.csp.meaning import broken
from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.csp.verify import verify
from vmd_solver.techniques import Grade


class Stopwatch:
    """Seconds that ran; stopped at first. `clock` gives seconds that never go back."""

    def __init__(self, elapsed_s: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._before_s, self._clock = elapsed_s, clock
        self._since: float | None = None

    @property
    def running(self) -> bool:
        return self._since is not None

    @property
    def elapsed_s(self) -> float:
        """Seconds so far."""
        return self._before_s + (0.0 if self._since is None else self._clock() - self._since)

    def start(self) -> None:
        if self._since is None:
            self._since = self._clock()

    def stop(self) -> None:
        self._before_s, self._since = self.elapsed_s, None


def shown(seconds: float) -> str:
    """A time as people write it.

    >>> shown(59.9), shown(754), shown(3723)
    ('00:59', '12:34', '1:02:03')
    """
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute:02}:{second:02}"


class Rules:
    """The rules of one board, asked of any values (n entries, 0 where open)."""

    def __init__(self, board: Board) -> None:
        self.board, self.full_mask = board, (1 << board.D) - 1
        complete = {tuple(sorted(unit)) for unit in board.units if len(unit) == board.D}
        rows = (tuple(range(at, at + board.cols)) for at in range(0, board.n, board.cols))
        self.places = board.rows if complete.issuperset(rows) else None
        """How often each value occurs in a full grid, where complete rows settle it."""

    def candidates(self, values: Sequence[int]) -> list[int]:
        """Masks (n,) of the values that no peer holds, nor a rule for that cell or with one other
        excludes; 0 where the cell is filled."""
        held, seen = [1 << value >> 1 for value in values], [0] * len(self.board.units)
        for number, unit in enumerate(self.board.units):
            for cell in unit:
                seen[number] |= held[cell]
        masks, (domains, relations, _) = [], self.board.constraints
        for cell, (value, homes) in enumerate(zip(values, self.board.homes, strict=True)):
            mask = 0 if value else domains[cell]
            for unit_number in homes:
                mask &= ~seen[unit_number]
            masks.append(mask)
        for a, b, rows in relations:
            if values[a]:
                masks[b] &= rows[values[a] - 1]
            elif values[b]:
                masks[a] &= sum(1 << at for at, row in enumerate(rows) if row & held[b])
        return masks

    def conflicts(self, values: Sequence[int]) -> frozenset[int]:
        """The cells whose value occurs again in one of their units, and those of broken rules."""
        found: set[int] = set()
        for unit in self.board.units:
            places: dict[int, int] = {}
            for cell in unit:
                value = values[cell]
                if value and places.setdefault(value, cell) != cell:
                    found |= {cell, places[value]}
        return frozenset(found.union(*(cells for cells, _ in broken(self.board, values))))


def mask_values(mask: int) -> Iterator[int]:
    """The values of a mask, in rising order.

    >>> list(mask_values(0b1010))
    [2, 4]
    """
    return (at for at in range(1, mask.bit_length() + 1) if mask >> at - 1 & 1)


@dataclass(frozen=True)
class SolutionCount:
    """What is known: `kind`, and the solution where it is the only one."""

    kind: Literal["unknown", "one", "several", "none", "undecided"] = "unknown"
    solution: tuple[int, ...] | None = None

    @property
    def words(self) -> str:
        """What to tell the player."""
        return {
            "unknown": "solutions not counted yet",
            "one": "one solution",
            "several": "several solutions: any of them will do",
            "none": "no solution (proved)",
            "undecided": "solutions not counted: the search took too long",
        }[self.kind]


class Content(NamedTuple):
    """What is in a cell: its value (0 open), its marks, corner marks and colour (0 none).

    Marks are masks, bit v - 1 for value v.
    """

    value: int = 0
    marks: int = 0
    corners: int = 0
    colour: int = 0


COLOURS = 9
"""Colours that cells can have, 1 to 9."""

Typing = Literal["values", "marks", "corners", "colours"]
"""What a value that is typed becomes."""

TYPINGS: tuple[Typing, ...] = get_args(Typing)

Contents = Mapping[int, Content]
"""What is in some cells."""


@dataclass(frozen=True)
class Move:
    """The contents of the cells that a move changed, before it and after it."""

    before: Contents
    after: Contents


@dataclass(frozen=True)
class Savepoint:
    """A position to come back to: the content of each cell (n,)."""

    name: str
    cells: tuple[Content, ...]

    @property
    def open_cells(self) -> int:
        return sum(not content.value for content in self.cells)


class Game:
    """One puzzle being played. Every method that edits returns whether anything changed.

    Givens never change, but for their colour. Marks lie beneath a value and show again when it is
    taken away.

    >>> from vmd_solver.csp.families import latin
    >>> game = Game(Puzzle(latin(2), (1, 0, 0, 0)))
    >>> game.fill_candidates(), game.enter([1], 2), game.marks
    (True, True, [0, 2, 2, 1])
    >>> game.undo(), game.marks
    (True, [0, 2, 2, 3])
    """

    def __init__(self, puzzle: Puzzle, title: str = "", watch: Stopwatch | None = None) -> None:
        self.puzzle, self.board = puzzle, puzzle.board
        self.title = title or puzzle.name
        self.rules = Rules(puzzle.board)
        self.cells = [Content(value) for value in puzzle.givens]
        """What is in each cell (n,)."""
        self.done: list[Move] = []
        self.undone: list[Move] = []
        self.savepoints: list[Savepoint] = []
        self.watch = watch or Stopwatch()
        self.solution_count = SolutionCount()
        self.grade: Grade | None = None  # how hard the puzzle is, once that is known
        self.helped = False  # by anything beyond the rules: such games have no best times
        self.finished = False  # whether it was solved once: a game counts once
        self.version = 0  # grows with every change of what there is to save
        self.cursor = self.values.index(0) if 0 in self.values else 0
        self.typing: Typing = "values"

    @property
    def values(self) -> list[int]:
        """The value of each cell (n,), 0 where open."""
        return [content.value for content in self.cells]

    @property
    def marks(self) -> list[int]:
        """The marks of each cell (n,), as masks."""
        return [content.marks for content in self.cells]

    def is_given(self, cell: int) -> bool:
        return self.puzzle.givens[cell] > 0

    # What is filled in and pencilled in

    def enter(self, cells: Iterable[int], value: int, clean: bool = True) -> bool:
        """Fill the cells; with `clean` take the value out of their peers' marks, in one move."""
        chosen = [cell for cell in cells if not self.is_given(cell)]
        contents = {
            cell: now._replace(marks=now.marks & keep, corners=now.corners & keep)
            for keep in [~(1 << value - 1)]
            for other in (chosen if clean else ())
            for cell in self.board.peers[other]
            for now in [self.cells[cell]]
        }
        for cell in chosen:
            contents[cell] = self.cells[cell]._replace(value=value)
        return any(self.cells[cell].value != value for cell in chosen) and self.play(contents)

    def mark(self, cells: Iterable[int], value: int, corner: bool = False) -> bool:
        """Pencil the value into the open cells, or take it out where all of them have it."""
        kind, bit = "corners" if corner else "marks", 1 << value - 1
        masks = {
            cell: getattr(self.cells[cell], kind) for cell in cells if not self.cells[cell].value
        }
        held = all(mask & bit for mask in masks.values())
        return self.play(
            {
                cell: self.cells[cell]._replace(**{kind: mask & ~bit if held else mask | bit})
                for cell, mask in masks.items()
            }
        )

    def paint(self, cells: Iterable[int], colour: int) -> bool:
        """Give the cells a colour, or none where all of them have it."""
        chosen = [*cells]
        new = 0 if all(self.cells[cell].colour == colour for cell in chosen) else colour
        return self.play({cell: self.cells[cell]._replace(colour=new) for cell in chosen})

    def clear(self, cells: Iterable[int]) -> bool:
        """Take the values away; where there are none all marks; where there are none colours."""
        chosen = {cell: self.cells[cell] for cell in cells}
        own = {cell: now for cell, now in chosen.items() if not self.is_given(cell)}
        return (
            self.play({cell: now._replace(value=0) for cell, now in own.items()})
            or self.play({cell: now._replace(marks=0, corners=0) for cell, now in own.items()})
            or self.play({cell: now._replace(colour=0) for cell, now in chosen.items()})
        )

    def fill_candidates(self, cells: Iterable[int] | None = None) -> bool:
        """Pencil in, in every open cell or those named, exactly what no filled peer rules out."""
        masks = self.rules.candidates(self.values)
        chosen = range(self.board.n) if cells is None else cells
        return self.play(
            {
                cell: self.cells[cell]._replace(marks=masks[cell])
                for cell in chosen
                if not self.cells[cell].value
            }
        )

    def clear_marks(self) -> bool:
        """Take all marks of both kinds away."""
        return self.play(
            {at: now._replace(marks=0, corners=0) for at, now in enumerate(self.cells)}
        )

    def restart(self) -> bool:
        """Back to the givens, as a move that can be undone."""
        return self.play(dict(enumerate(map(Content, self.puzzle.givens))))

    def play(self, contents: Contents) -> bool:
        """Put contents, which leave givens as they are, in place as one move.

        What was undone before is forgotten, unless nothing changes.
        """
        after = {cell: new for cell, new in contents.items() if new != self.cells[cell]}
        if not after:
            return False
        self.done.append(Move({cell: self.cells[cell] for cell in after}, after))
        self.undone.clear()
        return self._put(after)

    def _put(self, contents: Contents) -> bool:
        for cell, content in contents.items():
            self.cells[cell] = content
        self.version += 1
        return True

    # Back and forth

    def undo(self) -> bool:
        """Take the last move back; False where there is none."""
        if not self.done:
            return False
        self.undone.append(self.done.pop())
        return self._put(self.undone[-1].before)

    def redo(self) -> bool:
        """Do again what was undone last; False where there is nothing."""
        if not self.undone:
            return False
        self.done.append(self.undone.pop())
        return self._put(self.done[-1].after)

    def undo_mistakes(self) -> int:
        """Undo to the last position without a mistake; how many moves that took back.

        Counts as help where the solution was used.
        """
        before = len(self.done)
        while self.mistakes() and self.undo():
            pass
        taken = before - len(self.done)
        self.helped |= taken > 0 and self.solution_count.solution is not None
        return taken

    def save_point(self, name: str = "") -> Savepoint:
        """Keep the position of this moment, under a name."""
        named = name or f"{len(self.savepoints) + 1}"
        self.savepoints.append(Savepoint(named, tuple(self.cells)))
        self.version += 1
        return self.savepoints[-1]

    def return_to(self, point: Savepoint) -> bool:
        """Put a kept position back in place, as a move that can be undone."""
        return self.play(dict(enumerate(point.cells)))

    def forget_point(self, point: Savepoint) -> None:
        self.savepoints.remove(point)
        self.version += 1

    # How it stands

    def conflicts(self) -> frozenset[int]:
        """The cells that break a rule among themselves."""
        return self.rules.conflicts(self.values)

    def wrong(self) -> frozenset[int]:
        """The entries that differ from the solution; none as long as no single one is known."""
        right = self.solution_count.solution or self.values
        return frozenset(at for at, value in enumerate(self.values) if value not in (0, right[at]))

    def reveal_wrong(self) -> frozenset[int]:
        """`wrong`, for the player to see: that is help, where there is anything to see."""
        found = self.wrong()
        self.helped |= bool(found)
        return found

    def mistakes(self) -> frozenset[int]:
        """Wrong entries; without a single solution to go by, entries that break a rule."""
        if self.solution_count.solution is not None:
            return self.wrong()
        return frozenset(cell for cell in self.conflicts() if not self.is_given(cell))

    def dead(self) -> frozenset[int]:
        """The open cells for which the filled ones leave no value at all."""
        both = zip(self.values, self.rules.candidates(self.values), strict=True)
        return frozenset(cell for cell, (value, mask) in enumerate(both) if not value | mask)

    def possible(self, value: int) -> frozenset[int]:
        """The open cells where the filled ones do not rule the value out, nor marks left it out."""
        bit, both = 1 << value - 1, zip(self.marks, self.rules.candidates(self.values), strict=True)
        return frozenset(
            cell for cell, (marks, mask) in enumerate(both) if mask & (marks or mask) & bit
        )

    def left(self) -> list[int | None]:
        """How often each value 1..D is still missing; below 0 where there are too many.

        None where neither the rules nor the solution tell how often it occurs.
        """
        values, placed = range(1, self.board.D + 1), Counter(self.values)
        if self.rules.places is not None:
            return [self.rules.places - placed[value] for value in values]
        if self.solution_count.solution is None:
            return [None] * self.board.D
        needed = Counter(self.solution_count.solution)
        return [needed[value] - placed[value] for value in values]

    @property
    def open_cells(self) -> int:
        return self.values.count(0)

    def finish(self) -> bool:
        """Stop the time if the game is solved; whether it is so for the first time."""
        if not self.is_solved():
            return False
        self.watch.stop()
        first, self.finished = not self.finished, True
        self.version += first
        return first

    def is_solved(self) -> bool:
        """Whether every cell is filled and every rule kept, by the independent verifier."""
        return not self.open_cells and verify(self.puzzle, self.values).ok

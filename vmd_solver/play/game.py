"""A game: a puzzle, what was filled in and pencilled in, how that came about, and the time it took.

Knows the rules and, once known, the solution count on the puzzle; nothing of files or screens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.csp.verify import verify
from vmd_solver.play.analysis import SolutionCount
from vmd_solver.play.history import Content, History
from vmd_solver.play.rules import Rules
from vmd_solver.play.stopwatch import Stopwatch
from vmd_solver.techniques import Grade


@dataclass(frozen=True)
class Savepoint:
    """A position to come back to: values and marks (n,) each."""

    name: str
    values: tuple[int, ...]
    marks: tuple[int, ...]


class Game:
    """One puzzle being played. Every method that edits returns whether anything changed.

    Givens never change. Marks lie beneath a value and show again when it is taken away.

    >>> from vmd_solver.csp.families import latin
    >>> game = Game(Puzzle(latin(2), (1, 0, 0, 0)))
    >>> game.fill_candidates(), game.enter(1, 2), game.marks
    (True, True, [0, 2, 2, 1])
    >>> game.undo(), game.marks
    (True, [0, 2, 2, 3])
    """

    def __init__(self, puzzle: Puzzle, title: str = "", watch: Stopwatch | None = None) -> None:
        self.puzzle = puzzle
        self.board = puzzle.board
        self.title = title or puzzle.name
        self.rules = Rules(puzzle.board)
        self.history = History(puzzle.givens)
        self.savepoints: list[Savepoint] = []
        self.watch = watch or Stopwatch()
        self.solution_count = SolutionCount()
        self.grade: Grade | None = None
        """How hard the puzzle is, once that is known."""
        self.helped = False
        """Whether anything beyond the rules helped: such games have no best times."""
        self.finished = False
        """Whether it was solved once: a game counts once."""
        self.version = 0
        """Grows with every change of what there is to save."""

    @property
    def values(self) -> Sequence[int]:
        """What each cell (n,) holds, 0 where open."""
        return self.history.values

    @property
    def marks(self) -> Sequence[int]:
        """Pencil marks (n,) as masks: bit v - 1 for value v."""
        return self.history.marks

    def is_given(self, cell: int) -> bool:
        """Whether the puzzle itself fills the cell."""
        return self.puzzle.givens[cell] > 0

    # What is filled in and pencilled in

    def enter(self, cell: int, value: int, clean: bool = True) -> bool:
        """Fill the cell; with `clean` take the value out of its peers' marks, in the same move."""
        if self.is_given(cell) or self.values[cell] == value:
            return False
        contents = [(cell, value, self.marks[cell])]
        if clean:
            struck = ~(1 << value - 1)
            peers = self.board.peers[cell]
            contents += [(peer, self.values[peer], self.marks[peer] & struck) for peer in peers]
        return self.play(contents)

    def mark(self, cell: int, value: int) -> bool:
        """Pencil the value in, or take it out; only in open cells."""
        if self.values[cell]:
            return False
        return self.play([(cell, 0, self.marks[cell] ^ 1 << value - 1)])

    def clear(self, cell: int) -> bool:
        """Take the value away, or, where there is none, all marks."""
        if self.is_given(cell):
            return False
        return self.play([(cell, 0, self.marks[cell] if self.values[cell] else 0)])

    def fill_candidates(self, cells: Iterable[int] | None = None) -> bool:
        """Pencil in, in every open cell or those named, exactly what no filled peer rules out."""
        masks = self.rules.candidates(self.values)
        chosen = range(self.board.n) if cells is None else cells
        return self.play([(cell, 0, masks[cell]) for cell in chosen if not self.values[cell]])

    def clear_marks(self) -> bool:
        """Take all marks away."""
        return self.play((cell, value, 0) for cell, value in enumerate(self.values))

    def restart(self) -> bool:
        """Back to the givens, as a move that can be undone."""
        return self.play((cell, value, 0) for cell, value in enumerate(self.puzzle.givens))

    def play(self, contents: Iterable[Content]) -> bool:
        """Put contents, each of another cell and none of a given, in place as one move."""
        return self._changed(self.history.play(contents))

    def _changed(self, changed: bool) -> bool:
        self.version += changed
        return changed

    # Back and forth

    def undo(self) -> bool:
        """Take the last move back."""
        return self._changed(self.history.undo())

    def redo(self) -> bool:
        """Do again what was undone last."""
        return self._changed(self.history.redo())

    def undo_mistakes(self) -> int:
        """Undo to the last position without a mistake; how many moves that took back.

        Counts as help where the solution was used.
        """
        taken = 0
        while self.mistakes() and self.undo():
            taken += 1
        self.helped |= taken > 0 and self.solution_count.solution is not None
        return taken

    def save_point(self, name: str = "") -> Savepoint:
        """Keep the position of this moment, under a name."""
        named = name or f"{len(self.savepoints) + 1}"
        point = Savepoint(named, tuple(self.values), tuple(self.marks))
        self.savepoints.append(point)
        self.version += 1
        return point

    def return_to(self, point: Savepoint) -> bool:
        """Put a kept position back in place, as a move that can be undone."""
        return self.play(
            (cell, value, marks)
            for cell, (value, marks) in enumerate(zip(point.values, point.marks, strict=True))
        )

    def forget_point(self, point: Savepoint) -> None:
        """Drop a kept position."""
        self.savepoints.remove(point)
        self.version += 1

    # How it stands

    def conflicts(self) -> frozenset[int]:
        """The cells that break a rule among themselves."""
        return self.rules.conflicts(self.values)

    def wrong(self) -> frozenset[int]:
        """The entries that differ from the solution; none as long as no single one is known."""
        solution = self.solution_count.solution
        if solution is None:
            return frozenset()
        filled = zip(self.values, solution, strict=True)
        return frozenset(
            cell
            for cell, (value, right) in enumerate(filled)
            if value and value != right and not self.is_given(cell)
        )

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
        masks = self.rules.candidates(self.values)
        return frozenset(
            cell for cell, mask in enumerate(masks) if not mask and not self.values[cell]
        )

    def possible(self, value: int) -> frozenset[int]:
        """The open cells where the filled ones do not rule the value out, nor marks left it out."""
        bit = 1 << value - 1
        masks = self.rules.candidates(self.values)
        return frozenset(
            cell for cell, mask in enumerate(masks) if mask & (self.marks[cell] or mask) & bit
        )

    def left(self) -> list[int | None]:
        """How often each value 1..D is still missing; below 0 where there are too many.

        None where neither the rules nor the solution tell how often it occurs.
        """
        placed, values = Counter(self.values), range(1, self.board.D + 1)
        if self.rules.places is not None:
            return [self.rules.places - placed[value] for value in values]
        if self.solution_count.solution is None:
            return [None for _ in values]
        needed = Counter(self.solution_count.solution)
        return [needed[value] - placed[value] for value in values]

    @property
    def open_cells(self) -> int:
        """How many cells are open."""
        return self.history.values.count(0)

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

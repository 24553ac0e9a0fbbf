"""Moves, done and undone: every state that a board was in can be had again.

Knows nothing of rules or puzzles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Content = tuple[int, int, int]
"""A cell, its value (0 open) and its marks (a mask)."""


class Move(NamedTuple):
    """What a move changed: the contents of these cells before it and after it."""

    before: tuple[Content, ...] = ()
    after: tuple[Content, ...] = ()


class History:
    """Values and marks of n cells, and the moves that made them."""

    def __init__(self, values: Sequence[int]) -> None:
        self.values = list(values)
        self.marks = [0] * len(self.values)
        self.done: list[Move] = []
        self.undone: list[Move] = []

    def play(self, contents: Iterable[Content]) -> bool:
        """Put contents, each of another cell, in place as one move; False where nothing changes.

        What was undone before is forgotten, unless nothing changes.
        """
        after = tuple(content for content in contents if content != self._content(content[0]))
        if after:
            self.done.append(Move(tuple(self._content(cell) for cell, _, _ in after), after))
            self.undone.clear()
            self._put(after)
        return bool(after)

    def undo(self) -> bool:
        """Take the last move back; False where there is none."""
        if not self.done:
            return False
        self.undone.append(self.done.pop())
        self._put(self.undone[-1].before)
        return True

    def redo(self) -> bool:
        """Do again what was undone last; False where there is nothing."""
        if not self.undone:
            return False
        self.done.append(self.undone.pop())
        self._put(self.done[-1].after)
        return True

    def _content(self, cell: int) -> Content:
        return cell, self.values[cell], self.marks[cell]

    def _put(self, contents: Iterable[Content]) -> None:
        for cell, value, marks in contents:
            self.values[cell], self.marks[cell] = value, marks

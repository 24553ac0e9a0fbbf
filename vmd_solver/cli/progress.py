"""How far a run got, how fast it goes and how long it may still take.

Knows nothing of terminals.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from vmd_solver.batch.parts import entries_in
from vmd_solver.batch.report import Tally
from vmd_solver.formats import Entry, Piece


class Progress:
    """Watches what goes in; `size` are the bytes of the whole input, or None where not known."""

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._bytes = self._entries = 0
        self._start = time.perf_counter()

    def watch(self, parts: Iterable[Piece | Entry]) -> Iterator[Piece | Entry]:
        """The parts, counted as they pass."""
        for part in parts:
            texts = (part.text,) if isinstance(part, Entry) else part.lines
            self._bytes += sum(map(len, texts)) + len(texts)
            self._entries += entries_in(part)
            yield part

    def rate(self, tally: Tally) -> float:
        """Puzzles a second of this run."""
        return tally.done / max(time.perf_counter() - self._start, 1e-9)

    def line(self, before: int, tally: Tally) -> str:
        """Counts, rate and the time left, where `before` puzzles were done already."""
        done, solved, rate = before + tally.done, tally.statuses["solved"], self.rate(tally)
        text = f"{done:,} done, {solved:,} solved, {rate:,.0f} a second"
        left = self._left(done)
        return text if left is None or not rate else f"{text}, {duration(left / rate)} left"

    def _left(self, done: int) -> float | None:
        """Puzzles not yet done, if those to come are as long as those that came."""
        if self._size is None or not self._bytes:
            return None
        return max(0.0, self._entries * max(1.0, self._size / self._bytes) - done)


def duration(seconds: float) -> str:
    """A duration in its two largest units.

    >>> duration(7.2), duration(83), duration(7384)
    ('7 s', '1 min 23 s', '2 h 3 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"

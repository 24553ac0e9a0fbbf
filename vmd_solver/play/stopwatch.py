"""The time spent on a game, without the pauses. Knows nothing of games."""

from __future__ import annotations

import time
from collections.abc import Callable


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

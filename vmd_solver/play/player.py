"""Replays being watched: where they are, whether they run and how fast; and recording a new one.

Knows no screen and no clock: `tick` is called from outside, every `delay_s` seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import Any

from vmd_solver.csp import Puzzle
from vmd_solver.denoiser import Denoiser
from vmd_solver.play.replay import Frame, Replay, Row
from vmd_solver.sampling import Settings, Solver
from vmd_solver.sampling.settings import CHOICES

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Frames a second."""

MOST_LATENTS, MOST_CALLS = 16, 512
"""Bounds of what can be asked for while watching."""

FIRST = Settings(mode="neural", policy="top", nfe=16, latents=4, timeout_s=60.0)
"""How a puzzle is solved to be watched: the model alone, four latents, a few cells a call."""

Timestamp = tuple[int, int]
"""When a frame is: after this many calls, and how many frames after the first of these."""


def _timestamps(replay: Replay) -> list[Timestamp]:
    """When each frame of a replay is, in rising order: replays are watched together by these."""
    found: list[Timestamp] = []
    calls = since = 0
    for frame in replay.frames:
        since = since + 1 if found and frame.nfe <= calls else 0
        calls = max(calls, frame.nfe)
        found.append((calls, since))
    return found


class Player:
    """Replays of one puzzle that are watched together, call by call, and where in them one is."""

    def __init__(self, *replays: Replay) -> None:
        self._speed = SPEEDS.index(2.0)
        self.show(*replays)

    def show(self, *replays: Replay) -> None:
        """Play other replays from their beginning."""
        self.replays, self.playing = replays, True
        self._now: Timestamp = (0, 0)
        self._known: list[int] = []

    @property
    def replay(self) -> Replay:
        """The first of the replays."""
        return self.replays[0]

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return all(replay.ended for replay in self.replays)

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frame of each replay that is to be seen: its last one up to now."""
        return self._at(self._now)

    @property
    def frame(self) -> Frame:
        """The frame of the first replay."""
        return self.frames[0]

    @property
    def timeline(self) -> list[tuple[Frame, ...]]:
        """`frames` at every timestamp."""
        return [self._at(when) for when in self._looked()]

    @property
    def count(self) -> int:
        """Timestamps at which any replay has a frame."""
        return len(self._looked())

    @property
    def at(self) -> int:
        """The number of the timestamp that is shown."""
        return bisect_right(self._looked(), self._now) - 1

    def _at(self, now: Timestamp) -> tuple[Frame, ...]:
        self._looked()
        both = zip(self.replays, self._when, strict=True)
        return tuple(replay.frames[bisect_right(when, now) - 1] for replay, when in both)

    def _looked(self) -> list[Timestamp]:
        """Every timestamp in order; found anew if replays have grown."""
        lengths = [len(replay.frames) for replay in self.replays]
        if lengths != self._known:
            self._known, self._when = lengths, [*map(_timestamps, self.replays)]
            self._timestamps = sorted({*chain(*self._when)})
        return self._timestamps

    @property
    def speed(self) -> float:
        return SPEEDS[self._speed]

    @property
    def delay_s(self) -> float:
        """Seconds that a frame is seen."""
        return 1 / self.speed

    def faster(self, step: int) -> None:
        """Change the speed by steps, within bounds."""
        self._speed = min(max(self._speed + step, 0), len(SPEEDS) - 1)

    def go(self, at: int) -> None:
        """Go to a timestamp, by its number, or as far as there are any, and stay there."""
        self.playing = False
        self._now = self._looked()[min(max(at, 0), self.count - 1)]

    def toggle(self) -> None:
        """Play or pause; at the end play again."""
        over = self.ended and self.at == self.count - 1
        self.playing = over or not self.playing
        if over:
            self._now = self._looked()[0]

    def tick(self) -> bool:
        """While playing advance by one timestamp; whether there was one to go to."""
        if not self.playing or self.at + 1 >= self.count:
            self.playing = self.playing and not self.ended
            return False
        self._now = self._looked()[self.at + 1]
        return True


def varied(settings: Settings, name: str, step: int) -> Settings:
    """The settings with one of them changed by a step: the next choice, twice as many, one more.

    >>> varied(FIRST, "latents", 1).latents, varied(FIRST, "nfe", -1).nfe
    (8, 8)
    """
    now: Any = getattr(settings, name)
    if name in CHOICES:
        choices = CHOICES[name]
        new: Any = choices[(choices.index(now) + step) % len(choices)]
    elif name == "seed":
        new = max(0, now + step)
    else:
        most = {"latents": MOST_LATENTS, "nfe": MOST_CALLS}[name]
        new = min(max(now * 2 if step > 0 else now // 2, 1), most)
    return replace(settings, **{name: new})


def record(
    puzzle: Puzzle, settings: Settings, denoiser: Denoiser, on_row: Callable[[Row], None]
) -> None:
    """Solve a puzzle and hand over each event as a row, at least one a call.

    What `on_row` raises ends the run.
    """
    Solver(settings, denoiser, on_row).solve(puzzle)

"""A film being watched: where it is, whether it runs and how fast; and the making of a new one.

Knows no screen and no clock: `tick` is called from outside, every `delay_s` seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from vmd_solver.csp import Puzzle
from vmd_solver.denoiser import Denoiser
from vmd_solver.play.film import Film, Frame, Row
from vmd_solver.sampling import Settings, Solver
from vmd_solver.sampling.events import Event, to_row
from vmd_solver.sampling.settings import CHOICES

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Frames a second."""

MOST_LATENTS, MOST_CALLS = 16, 512
"""Bounds of what can be asked for while watching."""

FIRST = Settings(mode="neural", policy="top", nfe=16, timeout_s=60.0)
"""How a puzzle is solved to be watched: the model alone, a few cells a call."""


class Player:
    """A film, and where in it one is."""

    def __init__(self, film: Film) -> None:
        self.film = film
        self.at = 0
        self.playing = True
        self._speed = SPEEDS.index(2.0)

    @property
    def frame(self) -> Frame:
        """The frame to be seen."""
        return self.film.frames[self.at]

    @property
    def speed(self) -> float:
        """Frames a second."""
        return SPEEDS[self._speed]

    @property
    def delay_s(self) -> float:
        """Seconds that a frame is seen."""
        return 1 / self.speed

    def faster(self, step: int) -> None:
        """Change the speed by steps, within bounds."""
        self._speed = min(max(self._speed + step, 0), len(SPEEDS) - 1)

    def go(self, at: int) -> None:
        """Go to a frame, or as far as there are any, and stay there."""
        self.playing = False
        self.at = min(max(at, 0), len(self.film.frames) - 1)

    def toggle(self) -> None:
        """Play or pause; at the end of a film play it again."""
        over = self.film.ended and self.at == len(self.film.frames) - 1
        self.playing = over or not self.playing
        self.at = 0 if over else self.at

    def tick(self) -> bool:
        """While playing go on by a frame; whether there was one to go to."""
        if not self.playing or self.at + 1 >= len(self.film.frames):
            self.playing = self.playing and not self.film.ended
            return False
        self.at += 1
        return True

    def show(self, film: Film) -> None:
        """Play another film from its beginning."""
        self.film, self.at, self.playing = film, 0, True


def varied(settings: Settings, name: str, step: int) -> Settings:
    """The settings with one of them changed by a step: the next choice, twice as many, one more.

    >>> varied(FIRST, "latents", 1).latents, varied(FIRST, "nfe", -1).nfe
    (2, 8)
    """
    now: Any = getattr(settings, name)
    if name in CHOICES:
        choices = CHOICES[name]
        return replace(settings, **{name: choices[(choices.index(now) + step) % len(choices)]})
    if name == "seed":
        return replace(settings, seed=max(0, now + step))
    most = {"latents": MOST_LATENTS, "nfe": MOST_CALLS}[name]
    changed = now * 2 if step > 0 else now // 2
    return replace(settings, **{name: min(max(changed, 1), most)})


class _Stopped(Exception):
    """The run is no longer wanted."""


def shoot(
    puzzle: Puzzle,
    settings: Settings,
    denoiser: Denoiser,
    told: Callable[[Row], None],
    cancelled: Callable[[], bool] = bool,
) -> None:
    """Solve a puzzle and hand over each event as a row; ends early where `cancelled` says so.

    It is asked at each event, that is at least once a call.
    """

    def observe(event: Event) -> None:
        if cancelled():
            raise _Stopped
        told(to_row(event))

    try:
        Solver(settings, denoiser, observe).solve(puzzle)
    except _Stopped:
        return

"""What happens while text is sampled, as it happens: for watching, and for tests.

`latent` is the number of the text among K sampled side by side; places count tokens from 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vmd_solver.text.alphabet import Ints


@dataclass(frozen=True)
class Event:
    """Base: something happened."""


@dataclass(frozen=True, eq=False)
class Began(Event):
    """Work on x_t (m,), 0 where masked, began; this many samples are made in parallel."""

    x_t: Ints
    latents: int


@dataclass(frozen=True)
class Committed(Event):
    """Masked tokens were unmasked together."""

    latent: int
    places: tuple[int, ...]
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class Remasked(Event):
    """Committed tokens were in doubt, and masked again."""

    latent: int
    places: tuple[int, ...]


@dataclass(frozen=True)
class Chosen(Event):
    """All texts are complete, and this one is the answer; `nats` are the bounds on all."""

    latent: int
    nats: tuple[float, ...]


Observer = Callable[[Event], None]

"""All settings of sampling text, in one struct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from vmd_solver.errors import SearchError
from vmd_solver.sampling.settings import POLICIES, Between, PolicyName, require_sound

Remask = Literal["doubt", "none"]
CHOICES = {"policy": POLICIES, "z": get_args(Between), "remask": get_args(Remask)}


@dataclass(frozen=True)
class TextSettings:
    """How to sample. Raises SearchError for values out of range."""

    nfe: int = 16
    """Most denoiser calls on a block."""
    block_length: int = 16
    """Tokens of a block of new text; gaps are filled in blocks as long as the model has them."""
    policy: PolicyName = "top"
    """Which masked tokens to commit after a call; "last" commits none before the last one."""
    threshold: float = 0.95
    """With the threshold policy: commit every token whose best value is at least this probable."""
    temperature: float = 0.7
    """0 commits the most probable tokens; above, they are drawn from softmax(logits / T)."""
    latents: int = 1
    """K: texts sampled side by side, each with latents of its own; the likeliest is taken."""
    z: Between = "keep"
    """What becomes of z between the calls on a block: kept, drawn again from the prior, or inferred
    by the encoder from the block that the last call proposed."""
    remask: Remask = "none"
    """Whether committed tokens in doubt are masked again after a call. What is given never is."""
    seed: int = 0

    def __post_init__(self) -> None:
        require_sound(self, CHOICES, ("nfe", "latents", "block_length"))
        if not 0 <= self.temperature < float("inf"):
            raise SearchError(f"temperature must be 0 or more, got {self.temperature}")

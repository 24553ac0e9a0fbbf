"""All settings of a search, in one struct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vmd_solver.errors import SearchError

Mode = Literal["neural", "guided", "exact"]
PolicyName = Literal["random", "top", "margin", "entropy", "threshold"]

MODES: tuple[Mode, ...] = ("guided", "neural", "exact")
POLICIES: tuple[PolicyName, ...] = ("threshold", "margin", "top", "entropy", "random")


@dataclass(frozen=True)
class Settings:
    """How to solve. Raises SearchError for values out of range."""

    mode: Mode = "guided"
    policy: PolicyName = "threshold"
    """Which masked cells to commit after a call."""
    threshold: float = 0.95
    """With the threshold policy: commit every cell whose best value is at least this probable."""
    nfe: int = 10
    """Most denoiser calls on one puzzle; K latents side by side count once each call."""
    latents: int = 1
    """K: latents drawn and unmasked in parallel for each puzzle."""
    prior: Literal["learned", "normal"] = "learned"
    """Where z is drawn from: p(z | x_t), or the standard normal of the paper."""
    redraw: bool = False
    """Draw z anew before every call; otherwise once for each puzzle and latent."""
    temperature: float = 0.0
    """0 commits the most probable value; above, values are drawn from softmax(logits / T)."""
    remask: bool = True
    """Take back committed cells that break a rule. Givens are never touched."""
    solutions: int = 1
    """Stop at this many different solutions; 2 decides uniqueness. More than 1 needs search."""
    max_guesses: int | None = None
    """Most guesses of the complete search; None searches until it is done."""
    timeout_s: float | None = None
    """Most seconds on one puzzle."""
    seed: int = 0
    batch: int = 64
    """Rows (puzzles times latents) of one denoiser call."""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise SearchError(f"unknown mode {self.mode!r}; use one of {', '.join(MODES)}")
        if self.policy not in POLICIES:
            raise SearchError(f"unknown policy {self.policy!r}; use one of {', '.join(POLICIES)}")
        for name in ("nfe", "latents", "solutions", "batch"):
            if getattr(self, name) < 1:
                raise SearchError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not 0 < self.threshold <= 1:
            raise SearchError(f"threshold must lie in (0, 1], got {self.threshold}")
        if not self.temperature >= 0:
            raise SearchError(f"temperature cannot be negative, got {self.temperature}")
        if self.timeout_s is not None and not self.timeout_s > 0:
            raise SearchError(f"timeout must be positive, got {self.timeout_s}")
        if self.max_guesses is not None and self.max_guesses < 0:
            raise SearchError(f"guesses cannot be negative, got {self.max_guesses}")
        if self.solutions > 1 and self.mode == "neural":
            raise SearchError(
                "counting and uniqueness need a complete search; use --mode guided or exact"
            )

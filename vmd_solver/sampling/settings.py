"""All settings of a search, in one struct."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from vmd_solver.errors import SearchError

Mode = Literal["guided", "neural", "exact"]
PolicyName = Literal["threshold", "margin", "top", "entropy", "random", "last"]
Between = Literal["keep", "redraw", "refine"]
Remask = Literal["rules", "doubt", "none"]
Select = Literal["valid", "margin"]

MODES: tuple[Mode, ...] = get_args(Mode)
POLICIES: tuple[PolicyName, ...] = get_args(PolicyName)

CHOICES = {
    "mode": MODES,
    "policy": POLICIES,
    "prior": ("learned", "normal"),
    "z": get_args(Between),
    "remask": get_args(Remask),
    "select": get_args(Select),
}


class Unmasking:
    """The settings that decide what is committed, of grids and of text."""

    policy: PolicyName
    threshold: float

    def require(self, choices: Mapping[str, Sequence[str]], counts: Iterable[str]) -> None:
        """Raise SearchError for an unknown choice, a count below 1 or a threshold out of range."""
        for name, known in choices.items():
            if (chosen := getattr(self, name)) not in known:
                raise SearchError(f"unknown {name} {chosen!r}; use one of {', '.join(known)}")
        for name in counts:
            if (number := getattr(self, name)) is not None and number < 1:
                raise SearchError(f"{name} must be at least 1, got {number}")
        if not 0 < self.threshold <= 1:
            raise SearchError(f"threshold must lie in (0, 1], got {self.threshold}")


@dataclass(frozen=True)
class Settings(Unmasking):
    """How to solve. Raises SearchError for values out of range."""

    mode: Mode = "guided"
    policy: PolicyName = "threshold"
    """Which masked cells to commit after a call; "last" commits none before the last one."""
    threshold: float = 0.95
    """With the threshold policy: commit every cell whose best value is at least this probable."""
    nfe: int = 10
    """Most denoiser calls on one puzzle; K latents side by side count once each call."""
    loops: int | None = None
    """Loops of a call, in guided mode the most; None: the model's own number."""
    latents: int = 1
    """K: latents drawn and unmasked in parallel for each puzzle."""
    prior: Literal["learned", "normal"] = "learned"
    """Where z is drawn from: p(z | x_t), or the standard normal of the paper."""
    z: Between = "keep"
    """What becomes of z between calls: kept, drawn again from the prior, or refined: inferred by
    the encoder, q(z | x0, x_t), from the grid of the last call in place of x0."""
    temperature: float = 0.0
    """0 commits the most probable value; above, values are drawn from softmax(logits / T)."""
    remask: Remask = "rules"
    """Neural mode: which committed cells are masked again after a call. Those that break a rule;
    those in doubt, of which the model itself was least sure; or none. Givens are never touched."""
    select: Select = "valid"
    """Neural mode: which of K grids is the answer. The first valid one, checked after every call;
    or, without any such check, the one with the greatest margin after the last call (of any call,
    where policy "last" begins each with another z)."""
    solutions: int = 1
    """Stop at this many different solutions; 2 decides uniqueness. More than 1 needs search."""
    max_guesses: int | None = None
    """Most guesses of the complete search; None searches until it is done."""
    timeout_s: float | None = None
    """Most seconds on one puzzle."""
    seed: int = 0
    batch: int = 64
    """Rows (puzzles times latents) of one denoiser call."""

    @classmethod
    def usual(cls, **given: Any) -> Settings:
        """These settings; in neural mode, unless given, what solves most with the same work
        (docs/RESULTS.md)."""
        if given.get("mode") == "neural":
            given = {"latents": 4, **given}
            if not given.keys() & {"policy", "threshold", "z"}:
                given = {"policy": "last", "z": "redraw", **given}
        return cls(**given)

    def __post_init__(self) -> None:
        self.require(CHOICES, ("nfe", "loops", "latents", "solutions", "batch"))
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
        if self.mode != "neural" and (self.select, self.remask) != ("valid", "rules"):
            raise SearchError(
                f"mode {self.mode} always checks rules; --select and --remask go with --mode neural"
            )

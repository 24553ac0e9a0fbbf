"""What the user asked for, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from vmd_solver.sampling import Settings

Asked = Literal["one", "unique", "count", "all"]


@dataclass(frozen=True)
class Request:
    """One run of the command."""

    files: tuple[str, ...]
    settings: Settings
    asked: Asked = "one"
    """One solution, whether it is the only one, how many there are, or all up to a limit."""
    family: str = "sudoku"
    input_format: str | None = None
    format: str | None = None
    output: str | None = None
    model: str | None = None
    device: str = "auto"
    threads: int | None = None
    trace: str | None = None
    color: str = "auto"
    stats: bool = False
    jobs: int | None = None
    """Worker processes; None leaves the number, and whether there are any, to the run."""
    ray: str | None = None
    """Address of a cluster whose workers are to do it."""
    resume: bool = False
    quiet: bool = False
    explain: bool = False
    """Whether to explain how a person would solve it."""

    @property
    def counts(self) -> bool:
        """Whether the number of solutions was asked for."""
        return self.asked in ("count", "all")

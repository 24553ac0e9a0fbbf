"""Solve constraint puzzles with a variational masked diffusion model, and verify every answer.

>>> import vmd_solver
>>> puzzle = vmd_solver.parse(".1...3....2...1.")
>>> vmd_solver.solve(puzzle).status, vmd_solver.count(puzzle)
('solved', 1)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmd_solver.api import Drawing, count, draw, explain, load, make, solve
    from vmd_solver.csp import Board, Puzzle, Violation
    from vmd_solver.errors import VmdError
    from vmd_solver.formats import parse, write
    from vmd_solver.sampling import Settings, Solution
    from vmd_solver.techniques import Grade, Step

__version__ = "0.1.0"

__all__ = ["Board", "Drawing", "Grade", "Puzzle", "Settings", "Solution", "Step", "Violation"]
__all__ += ["VmdError", "count", "draw", "explain", "load", "make", "parse", "solve", "write"]


def __getattr__(name: str) -> Any:
    """The names of `vmd_solver.api`, loaded when first used: commands start without them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from vmd_solver import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]

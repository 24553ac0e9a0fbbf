"""What is to be written, counted and said of some entries of the input, in their order.

The one thing that comes out of solving, whoever solves and however many at a time; processes hand
it to one another. Knows no stream.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vmd_solver.cli.tally import Tally


@dataclass(frozen=True)
class Saying:
    """A line for standard error; --quiet takes notes away, and leaves errors."""

    text: str
    is_error: bool = False


@dataclass(frozen=True)
class Report:
    """Whole records as `data`, without what comes before the first or between two reports."""

    data: bytes = b""
    tally: Tally = field(default_factory=Tally)
    said: tuple[Saying, ...] = ()


def joined(reports: Iterable[Report], between: bytes) -> Report:
    """One report of all, with `between` where two records meet."""
    data: list[bytes] = []
    said: list[Saying] = []
    tally = Tally()
    for report in reports:
        if report.data:
            data.append(report.data)
        said += report.said
        tally.merge(report.tally)
    return Report(between.join(data), tally, tuple(said))

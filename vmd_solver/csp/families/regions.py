"""Units from a region map, shared by every family that draws regions."""

from __future__ import annotations

from collections.abc import Sequence


def units_of_regions(regions: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The cells of each region, in order of the region's label.

    >>> units_of_regions((0, 1, 1, 0))
    ((0, 3), (1, 2))
    """
    return tuple(
        tuple(cell for cell, region in enumerate(regions) if region == label)
        for label in sorted(set(regions))
    )

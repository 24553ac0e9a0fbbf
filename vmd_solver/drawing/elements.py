"""What drawings for paper consist of: y goes downwards, and a cell has CELL units a side."""

from __future__ import annotations

from dataclasses import dataclass

CELL = 36
"""Side of a cell."""

BLACK, WHITE = "#000000", "#ffffff"


@dataclass(frozen=True)
class Box:
    """A cell filled with a colour, #rrggbb."""

    x: int
    y: int
    colour: str


@dataclass(frozen=True)
class Strokes:
    """Black lines of one width: x and y of both ends."""

    lines: tuple[tuple[int, int, int, int], ...]
    width: int


@dataclass(frozen=True)
class Label:
    """A text whose base line has its middle at (x, y), or its left end."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    middle: bool = True
    colour: str = BLACK


@dataclass(frozen=True)
class Labels:
    """Texts that look alike: x and y of the middle of each base line, and the text. In SVG they are
    shorter than labels that say each how they look."""

    texts: tuple[tuple[float, float, str], ...]
    size: float
    bold: bool = False
    colour: str = BLACK


@dataclass(frozen=True)
class Path:
    """A line through points with round ends, broken by `dashes`; or with `filled` what it encloses.

    Between two equal points a line is a disc.
    """

    points: tuple[tuple[float, float], ...]
    width: float = 0
    colour: str = BLACK
    dashes: tuple[float, ...] = ()
    filled: bool = False


Shape = Box | Strokes | Label | Path

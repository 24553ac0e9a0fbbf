"""From a file to a puzzle to play. Knows nothing of games or screens."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from vmd_solver.assets import path as asset
from vmd_solver.assets import shipped
from vmd_solver.errors import AssetNotFound
from vmd_solver.formats import Entry, read_path
from vmd_solver.formats.entry import one_line

MOST_ENTRIES = 2000
"""Puzzles of a file that are offered; files may hold millions."""


def entries(name: str | Path) -> list[Entry]:
    """The puzzles of a file, bad ones with their error; `puzzles/...` may be an included one."""
    return list(islice(read_path(shipped(str(name))), MOST_ENTRIES))


def shipped_files() -> list[Path]:
    """The included puzzle files, by name."""
    try:
        folder = asset("puzzles")
    except AssetNotFound:
        return []
    return sorted(path for path in folder.iterdir() if path.suffix != ".md")


def title_of(entry: Entry, number: int, of: int) -> str:
    """What to call a puzzle of a file: its own name, or the file's and its number there."""
    if entry.puzzle is not None and entry.puzzle.name:
        return entry.puzzle.name
    name = one_line(Path(entry.source or "puzzle").name)
    return f"{name} {number}" if of > 1 else name

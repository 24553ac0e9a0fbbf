"""Puzzles of files, by family."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from vmd_solver.formats import Entry
from vmd_training.evaluation.sets import entries


def families(paths: list[str], most: int) -> Iterator[tuple[str, list[Entry]]]:
    """Each family: the file's name, and its first puzzles that can be read."""
    for path in map(Path, paths):
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            every = list(islice(entries(file), most))
            readable = [entry for entry in every if entry.puzzle]
            if len(readable) < len(every):
                print(f"{file.name}: {len(every) - len(readable)} cannot be read", file=sys.stderr)
            if readable:
                yield file.name, readable

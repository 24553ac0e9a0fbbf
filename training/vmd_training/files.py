"""Files and folders that are written whole or not at all, however the writer ends."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write a file or make a folder at, which takes the place of `path`
    once the block ends.

    After an error nothing of it is left; a process that is killed leaves `NAME.partial`, which the
    next writer removes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial, earlier = (path.with_name(f"{path.name}.{end}") for end in ("partial", "earlier"))
    _remove(partial)
    try:
        yield partial
    except BaseException:
        _remove(partial)
        raise
    if path.is_dir():  # a folder cannot be replaced in one step
        _remove(earlier)
        path.rename(earlier)
    partial.replace(path)
    _remove(earlier)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole."""
    with replacing(path) as partial:
        partial.write_text(text, "utf-8")


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as JSON, one a line, whole."""
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))


def copy_folder(folder: Path, target: Path) -> None:
    """Put a copy of a folder in the place of another."""
    with replacing(target) as partial:
        shutil.copytree(folder, partial)

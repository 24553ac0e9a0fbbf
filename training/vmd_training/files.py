"""Files and folders that are written whole or not at all, however the writer ends."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
"""The checkout that this package is in; of an installed one a folder without ours."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An OSError in the block, as a full disk makes one, names this file if it names none."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write a file at, which takes the place of `path` once the block ends.

    After an error nothing of it is left; a process that is killed leaves `NAME.partial`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with naming(path):
            yield partial
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    partial.replace(path)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """As `replacing`, an empty folder to fill."""
    partial, earlier = (path.with_name(f"{path.name}.{end}") for end in ("partial", "earlier"))
    for rest in (partial, earlier):
        shutil.rmtree(rest, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        with naming(path):
            yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if path.exists():  # a folder cannot be replaced in one step
        path.rename(earlier)
    partial.rename(path)
    shutil.rmtree(earlier, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole."""
    with replacing(path) as partial:
        partial.write_text(text, "utf-8")


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as JSON, one a line, whole."""
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))


def copy_folder(folder: Path, target: Path) -> None:
    """Put a copy of a folder in the place of another."""
    with replacing_folder(target) as partial:
        shutil.copytree(folder, partial, dirs_exist_ok=True)

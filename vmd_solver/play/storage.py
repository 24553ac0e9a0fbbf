"""Where games, statistics and settings are kept; files that survive a crash in mid write and a
second program at the same time. Knows nothing of what the files hold.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any

from platformdirs import user_config_path, user_data_path

from vmd_solver import files
from vmd_solver.errors import SaveError

_DRAFT, DELETED = ".draft", ".deleted"
"""How the names of files end that are being written, and that were deleted."""


@dataclass(frozen=True)
class Folders:
    """The folder of saved games, the file of finished games, and the file of settings."""

    games: Path
    statistics: Path
    settings: Path


def folders_at(data: Path, config: Path | None = None) -> Folders:
    """Everything in `data`, but for the settings where there is a folder for these."""
    return Folders(data / "games", data / "finished.jsonl", (config or data) / "play.json")


def usual_folders() -> Folders:
    """The folders that the operating system has for us."""
    data, config = (of("vmd-solver", appauthor=False) for of in (user_data_path, user_config_path))
    return folders_at(data, config)


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises SaveError for another file; FileNotFoundError passes."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SaveError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise SaveError(f"{path} is not a complete JSON file: {error}") from error


def write_json(path: Path, value: Any) -> None:
    """Write the file as a whole or not at all: a crash leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}{_DRAFT}")
    try:
        with draft.open("w", encoding="utf-8") as stream:
            json.dump(value, stream, separators=(",", ":"))
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    with suppress(OSError):  # flush the folder too, where the system can
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def append_line(path: Path, line: str) -> None:
    """Add one line; the remains of a line that a crash cut short stay a line of their own.

    Waits for the file's lock, but not for long: without it writers do no harm.
    """
    lock, given_up = Lock(path), time.monotonic() + 2.0
    while not lock.take() and time.monotonic() < given_up:
        time.sleep(0.02)
    try:
        with path.open("a+b") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - 1))
            cut_short = stream.read(1) not in (b"", b"\n")
            stream.write(b"\n" * cut_short + line.encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
    finally:
        lock.release()


def set_aside(path: Path) -> Path | None:
    """Rename a file that cannot be used, over no other; where it is now, None if it stays."""
    names = (path.with_name(f"{path.stem}.unreadable{n or ''}{path.suffix}") for n in count())
    place = next(name for name in names if not name.exists())
    with suppress(OSError):
        return path.rename(place)
    return None


_KEPT_S = {_DRAFT: 3600.0, DELETED: 30 * 24 * 3600.0}
"""How long such files are kept."""


def sweep(folder: Path) -> None:
    """Remove drafts that crashes left behind, and what was deleted weeks ago."""
    for ending, kept_s in _KEPT_S.items():
        for path in folder.glob(f"*{ending}"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > kept_s:
                    path.unlink()


class Lock:
    """A lock that belongs to one program, until `release` or the program's end, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}.lock")
        self._stream: IO[bytes] | None = None

    def take(self) -> bool:
        """Take the lock; False where another has it. Raises OSError where none can be made."""
        if self._stream is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        stream = self._path.open("ab")
        if not files.lock(stream.fileno()):
            stream.close()
            return False
        self._stream = stream
        return True

    def release(self) -> None:
        """Give the lock back. Its file stays: removing it could take it from under another."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

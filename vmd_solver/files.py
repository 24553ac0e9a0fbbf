"""Files that several programs may use at a time: which are the same, whose turn it is, a cache."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

_PLACE = 1 << 40
"""The byte that a lock takes on Windows, where nobody else may read what is locked."""


def identity(file: str | Path | int) -> tuple[int, int] | str | None:
    """What a file has in common with itself under any name, or None if it holds nothing: a device
    or a pipe. Of one that is not there yet, its path. `file` may be the number of an open one."""
    try:
        facts = os.fstat(file) if isinstance(file, int) else Path(file).stat()
    except (OSError, ValueError):
        return None if isinstance(file, int) else os.path.realpath(file)
    return (facts.st_dev, facts.st_ino) if stat.S_ISREG(facts.st_mode) else None


def lock(descriptor: int) -> bool:
    """Take the lock of an open file until it is closed, or the program ends; False if another has.

    True too where the file system has no locks: better to write without than not at all.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            before = os.lseek(descriptor, 0, os.SEEK_CUR)
            os.lseek(descriptor, _PLACE, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(descriptor, before, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        pass
    return True


def caches() -> tuple[Path, ...]:
    """Folders for what is made once on a machine: the package's own, and the user's."""
    from platformdirs import user_cache_path

    return Path(__file__).parent / "__pycache__", user_cache_path("vmd-solver", appauthor=False)


def cached(name: str, make: Callable[[], bytes]) -> bytes:
    """What `make` makes, from a cache if it is there, whole; `name` says all that it is made of.

    It is kept in the first folder that can be written; if none can, it is made each time.
    """
    folders = caches()
    for folder in folders:
        with suppress(OSError):
            found = (folder / name).read_bytes()
            if sha256(found[32:]).digest() == found[:32]:
                return found[32:]
    made = make()
    for folder in folders:
        draft = folder / f"{name}.{os.getpid()}"
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            try:
                draft.write_bytes(sha256(made).digest() + made)
                draft.replace(folder / name)
                break
            finally:
                draft.unlink(missing_ok=True)
    return made

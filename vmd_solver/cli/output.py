"""Where data goes: whole records, each at once, to a file or standard output."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import stat
import sys
from collections.abc import Iterator
from types import FrameType

from vmd_solver.console import write_at_once
from vmd_solver.errors import OutputInUse
from vmd_solver.files import lock


class Output:
    """A file, or standard output where `name` is None or `-`. Use it in a `with` statement.

    Raises OSError, with the name, where it cannot be opened or written, and OutputInUse where
    another run writes it. What a file holds stays until `begin`, or the first record. A record that
    does not fit on the disk is taken back, so that a file holds whole records only.

    `is_file`: it is on a disk, and stays when this process goes. `is_terminal`: a person reads it
    as it comes. `is_pipe`: another program does, and perhaps shows it. `encoding` is for text that
    people read; data is UTF-8 everywhere.
    """

    def __init__(self, name: str | None) -> None:
        self._owned = name not in (None, "-")
        self._name = str(name) if self._owned else "standard output"
        self._written = 0
        if self._owned:
            binary = getattr(os, "O_BINARY", 0)  # of Windows, which would write \r\n for \n
            self._fd = os.open(self._name, os.O_WRONLY | os.O_CREAT | binary, 0o666)
        elif sys.stdout is None:
            raise OSError(errno.EBADF, "is closed", self._name)
        else:
            self._fd = sys.stdout.fileno()
        mode = os.fstat(self._fd).st_mode
        self.is_file, self.is_pipe = self._owned and stat.S_ISREG(mode), stat.S_ISFIFO(mode)
        self.is_terminal = os.isatty(self._fd)
        self.encoding = "utf-8" if self._owned else sys.stdout.encoding
        self._begun = not self.is_file
        if self.is_file and not lock(self._fd):
            os.close(self._fd)
            raise OutputInUse(f"{self._name} is being written by another run: wait until it ends")

    def __enter__(self) -> Output:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owned:
            os.close(self._fd)

    @property
    def started(self) -> bool:
        """Whether there are records in it."""
        return self._written > 0

    def begin(self, kept: int = 0) -> None:
        """Forget what a file holds beyond the first `kept` bytes; records follow these."""
        self._begun, self._written = True, kept
        if self.is_file:
            try:
                os.ftruncate(self._fd, kept)
            except OSError as error:
                error.filename = self._name
                raise
            os.lseek(self._fd, kept, os.SEEK_SET)

    def write(self, record: bytes) -> None:
        """Write a record as a whole, interrupt or not."""
        if not self._begun:
            self.begin()
        # Nothing is buffered: what stays in a buffer fails again, with a traceback, at exit.
        rest = memoryview(record)
        with _uninterrupted():
            try:
                while rest:
                    rest = rest[self._write_some(rest) :]
            except BrokenPipeError:
                raise
            except OSError as error:
                if sys.platform == "win32" and self.is_pipe and error.errno == errno.EINVAL:
                    raise BrokenPipeError from error  # what Windows calls it
                self._take_back()
                error.filename = self._name
                raise
            self._written += len(record)

    def _write_some(self, data: memoryview) -> int:
        return os.write(self._fd, data) if self._owned else write_at_once(sys.stdout, data)

    def _take_back(self) -> None:
        """Cut a file of our own after its last whole record."""
        if self._owned:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._written)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put an interrupt off until the block is done."""
    usual = signal.getsignal(signal.SIGINT)
    if not callable(usual):
        yield
        return
    came: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        # A second one breaks a write that no reader ever takes.
        if came:
            raise KeyboardInterrupt
        came.append(number)

    signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if came:
        usual(came[0], None)

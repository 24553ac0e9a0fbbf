"""From a file to numbered lines: encoding, line ends, comments, and limits on memory.

Knows nothing of puzzles.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.entry import MAX_LINE, Lines

_PEEK = 1 << 16


def open_source(path: str | Path) -> TextIO:
    """The text of a puzzle file; close it, or use it in a `with` statement.

    UTF-8 with or without a byte order mark, any line ends. Raises PuzzleSyntaxError, with the file
    as its source, where the file cannot be opened or is not text.
    """
    try:
        stream = Path(path).open("rb", buffering=_PEEK)  # noqa: SIM115
    except IsADirectoryError:
        raise PuzzleSyntaxError(
            "is a directory: expected a puzzle file", source=str(path)
        ) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise PuzzleSyntaxError(f"cannot be read: {reason}", source=str(path)) from None
    return decode_source(stream, str(path))


def decode_source(stream: BinaryIO, source: str | None = None) -> TextIO:
    """The text of an open binary stream (standard input, say). Raises as `open_source` does."""
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]
    try:
        _require_text(buffered.peek(_PEEK), source)
    except OSError as error:
        buffered.close()
        reason = (error.strerror or str(error)).lower()
        raise PuzzleSyntaxError(f"cannot be read: {reason}", source=source) from None
    except PuzzleSyntaxError:
        buffered.close()
        raise
    return io.TextIOWrapper(buffered, encoding="utf-8-sig", errors="replace", newline=None)


def numbered(lines: Iterable[str]) -> Lines:
    """Lines with their numbers, line ends and comment lines (`#`) taken away.

    A text stream is read in pieces, so that a line without an end cannot fill the memory: of a line
    longer than MAX_LINE only the first MAX_LINE + 1 characters come through.
    """
    source = _bounded(lines) if isinstance(lines, io.TextIOBase) else lines
    for number, line in enumerate(source, 1):
        text = line.rstrip("\r\n")
        if number == 1:
            text = text.removeprefix("\ufeff")
        if "#" not in text or not text.lstrip().startswith("#"):
            yield number, text


def _bounded(stream: io.TextIOBase) -> Iterator[str]:
    while line := stream.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith("\n"):
            line = stream.readline(MAX_LINE + 1)


def _require_text(head: bytes, source: str | None) -> None:
    """Raise PuzzleSyntaxError where the first bytes of a file are not UTF-8 text."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise PuzzleSyntaxError("is UTF-16 text: save it as UTF-8", source=source)
    if b"\0" in head:
        raise PuzzleSyntaxError("is a binary file: expected a text of puzzles", source=source)
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end == len(head) and "unexpected end" in error.reason:
            return
        before = head[: error.start]
        raise PuzzleSyntaxError(
            f"byte 0x{head[error.start]:02x} is not UTF-8 text: save the file as UTF-8",
            line=before.count(b"\n") + 1,
            column=error.start - before.rfind(b"\n"),
            source=source,
        ) from None

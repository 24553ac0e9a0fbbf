"""From a file to numbered lines: encoding, line ends, comments, and limits on memory.

Knows nothing of puzzles.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.entry import MAX_LINE, Lines

_PEEK = 1 << 16

BLOCK = 1 << 18
"""Bytes that are read at a time; less than MAX_LINE."""

Block = tuple[int, Iterable[str]]
"""Lines without their ends, and the number of the first."""


def open_source(path: str | Path) -> TextIO:
    """The text of a puzzle file; close it, or use it in a `with` statement.

    UTF-8 with or without a byte order mark, any line ends. Raises PuzzleSyntaxError, with the file
    as its source, where the file cannot be opened or is not text.
    """
    return _as_text(open_bytes(path))


def decode_source(stream: BinaryIO, source: str | None = None) -> TextIO:
    """The text of an open binary stream (standard input, say). Raises as `open_source` does."""
    return _as_text(checked(stream, source))


def _as_text(stream: io.BufferedReader) -> TextIO:
    return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline=None)


def open_bytes(path: str | Path) -> io.BufferedReader:
    """The bytes of a puzzle file, once they are seen to be text. Raises as `open_source` does."""
    try:
        stream = Path(path).open("rb", buffering=_PEEK)  # noqa: SIM115
    except IsADirectoryError:
        raise PuzzleSyntaxError(
            "is a directory: expected a puzzle file", source=str(path)
        ) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise PuzzleSyntaxError(f"cannot be read: {reason}", source=str(path)) from None
    return checked(stream, str(path))


def checked(stream: BinaryIO, source: str | None = None) -> io.BufferedReader:
    """The bytes of an open stream, once they are seen to be text. Raises as `open_source` does."""
    buffered: io.BufferedReader
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore
    try:
        _require_text(buffered.peek(_PEEK), source)
    except OSError as error:
        buffered.close()
        reason = (error.strerror or str(error)).lower()
        raise PuzzleSyntaxError(f"cannot be read: {reason}", source=source) from None
    except PuzzleSyntaxError:
        buffered.close()
        raise
    return buffered


def numbered(lines: Iterable[str]) -> Lines:
    """Lines with their numbers, line ends and comment lines (`#`) taken away.

    A text stream is read in pieces, so that a line without an end cannot fill the memory: of a line
    longer than MAX_LINE only the first MAX_LINE + 1 characters come through.
    """
    source = _bounded(lines) if isinstance(lines, io.TextIOBase) else lines
    return lines_of((1, (line.rstrip("\r\n") for line in source)))


def _bounded(stream: io.TextIOBase) -> Iterator[str]:
    while line := stream.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith("\n"):
            line = stream.readline(MAX_LINE + 1)


def blocks(stream: io.BufferedReader) -> Iterator[Block]:
    """The lines of a text as they come: each block is what one read of the stream brings.

    So a large file comes fast, and a line that a pipe brings does not wait for the next one. Of a
    line longer than MAX_LINE only the first MAX_LINE + 1 characters come through.
    """
    utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")
    decoder = io.IncrementalNewlineDecoder(utf8, translate=True)
    number, rest, data = 1, "", b"begin"
    while data:
        data = stream.read1(BLOCK)
        text = rest + decoder.decode(data, final=not data)
        end = text.rfind("\n") + 1 if data else len(text)
        whole, rest = text[:end], text[end : end + MAX_LINE + 1]
        if whole:
            lines = whole.removesuffix("\n").split("\n")
            lines[0] = lines[0][: MAX_LINE + 1]  # no other can be longer than a block
            yield number, lines
            number += len(lines)


def lines_of(block: Block) -> Lines:
    """The lines of a block with their numbers, without comment lines."""
    start, lines = block
    for number, line in enumerate(lines, start):
        text = line.removeprefix("\ufeff") if number == 1 else line
        if "#" not in text or not text.lstrip().startswith("#"):
            yield number, text


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

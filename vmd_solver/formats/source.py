"""From a file to numbered lines, or to pieces of them that any process can read, in any order.

Encoding, line ends, comments, and limits on memory. Knows nothing of puzzles.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.entry import MAX_LINE, Context, Entry, Format, Lines
from vmd_solver.formats.registry import format_named

_PEEK = 1 << 16

BLOCK = 1 << 18
"""Bytes that are read at a time; less than MAX_LINE."""

Block = tuple[int, Iterable[str]]
"""Lines without their ends, and the number of the first."""


@dataclass(frozen=True)
class Piece:
    """Lines that hold one entry each; `numbers` are theirs in the file, `header` is its first.

    `format` is its name. As large as what is read at a time, with no object but a string for each
    line.
    """

    format: str
    context: Context
    header: str | None
    numbers: Sequence[int]
    lines: Sequence[str]

    def __len__(self) -> int:
        return len(self.lines)

    def cut(self, at: int) -> tuple[Piece, Piece]:
        """The first `at` entries, and the others."""
        first = replace(self, numbers=self.numbers[:at], lines=self.lines[:at])
        return first, replace(self, numbers=self.numbers[at:], lines=self.lines[at:])

    def entries(self, places: Iterable[int]) -> Iterator[Entry]:
        """The entries at these places among the lines, in the order of the places."""
        chosen = ((self.numbers[place], self.lines[place]) for place in places)
        head = () if self.header is None else ((1, self.header),)
        return format_named(self.format).read(chain(head, chosen), self.context)


def in_pieces(blocks: Iterable[Block], format: Format, context: Context) -> Iterator[Piece]:
    """The lines of a text in a format that is `per_line`; blank ones are left out."""
    header: str | None = None
    for block in blocks:
        kept = [(number, text) for number, text in lines_of(block) if text.strip()]
        if format.headed and header is None and kept:
            header = kept.pop(0)[1]
        if kept:
            numbers, lines = [number for number, _ in kept], [text for _, text in kept]
            yield Piece(format.name, context, header, numbers, lines)


def open_bytes(path: str | Path) -> io.BufferedReader:
    """The bytes of a puzzle file, once they are seen to be text.

    Raises PuzzleSyntaxError, with the file as its source, where it cannot be opened or is no text.
    """
    try:
        stream = Path(path).open("rb", buffering=_PEEK)  # noqa: SIM115
    except IsADirectoryError:
        message = "is a directory: expected a puzzle file"
        raise PuzzleSyntaxError(message, source=str(path)) from None
    except (OSError, ValueError) as error:
        raise unreadable(error, str(path)) from None
    return checked(stream, str(path))


def checked(stream: BinaryIO, source: str | None = None) -> io.BufferedReader:
    """The bytes of an open stream, once they are seen to be text. Raises as `open_bytes` does."""
    buffered: io.BufferedReader
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore
    try:
        _require_text(buffered.peek(_PEEK), source)
    except OSError as error:
        buffered.close()
        raise unreadable(error, source) from None
    except PuzzleSyntaxError:
        buffered.close()
        raise
    return buffered


def unreadable(error: Exception, source: str | None) -> PuzzleSyntaxError:
    """The error of a file that the operating system does not let us read."""
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return PuzzleSyntaxError(f"cannot be read: {reason}", source=source)


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

    UTF-8 with or without a byte order mark, any line ends. So a large file comes fast, and a line
    that a pipe brings does not wait for the next one. Long lines are cut as by `numbered`.
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
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as error:
        before = head[: error.start]
        raise PuzzleSyntaxError(
            f"byte 0x{head[error.start]:02x} is not UTF-8 text: save the file as UTF-8",
            line=before.count(b"\n") + 1,
            column=error.start - before.rfind(b"\n"),
            source=source,
        ) from None

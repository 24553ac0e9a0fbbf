"""A run that continues where it was killed: the rows in its output say what is done.

A row is written for each entry of the input, in order, so the whole rows of the file are the first
of them. During a run a note of what was asked is kept beside the file as FILE.run, and removed at
its end.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO

from vmd_solver import __version__
from vmd_solver.batch.parts import Part, cut, entries_in
from vmd_solver.batch.records import COLUMNS, OutputFormat, Table, puzzle_text, safe
from vmd_solver.batch.request import Request
from vmd_solver.errors import PuzzleError, ResumeError
from vmd_solver.formats import Entry, Piece, Remark
from vmd_solver.formats.symbols import shown

RESUMABLE = ("jsonl", "csv")
"""Formats whose rows state what became of every entry."""

_STATUS = re.compile(rb'"status": "(\w+)"')
_SHOWN = ("format", "output", "trace", "color", "stats", "quiet")
_HOW = ("device", "threads", "jobs", "resume")
"""What may differ when a run is resumed. The format is in the note under its own name."""
_SIGNS = {"version", "format", "files", "asked"}
"""What every note tells, and hardly another file."""


@dataclass
class Done:
    """What the whole rows of an output say: how many they are, what became of each entry.

    `size` is their length in bytes, `last` the puzzle of the last one.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    size: int = 0
    last: str = ""

    @property
    def count(self) -> int:
        return self.statuses.total()

    def rest(self, parts: Iterable[Part]) -> Iterator[Part]:
        """The parts without what is done. Raises PuzzleError where they are not those of the rows.

        The last row decides: its puzzle must be the entry of that number.
        """
        seen = 0
        for part in parts:
            number, body = part
            seen = number + entries_in(body)
            left: Part | None = part
            if number < self.count <= seen:
                place = self.count - 1 - number
                entry = next(body.entries([place])) if isinstance(body, Piece) else body
                text = puzzle_text(entry) if isinstance(entry, Entry) else self.last
                if self.last not in (text, safe(text)):
                    raise self._mismatch("the input has another there")
                _, left = cut(part, place + 1)
            told = isinstance(body, Remark) and number >= self.count
            if left is not None and (seen > self.count or told):
                yield left
        if seen < self.count:
            raise self._mismatch("the input ends before")

    def _mismatch(self, found: str) -> PuzzleError:
        return PuzzleError(
            f"cannot resume: row {self.count:,} of the output is about {shown(self.last)}, and "
            f"{found}; give the input of the stopped run"
        )


class Note:
    """The note beside an output: what decides its rows, as asked of the run that writes it.

    `before` is what the note says that is there, None where there is none. Raises ResumeError where
    another file has its name.
    """

    def __init__(self, request: Request, format: str) -> None:
        self.path, self.format = Path(f"{request.output}.run"), format
        asked = asdict(request)
        facts = {"version": __version__, "format": format, **asked.pop("settings")}
        facts |= {name: asked[name] for name in asked if name not in _SHOWN + _HOW}
        self._facts = json.loads(json.dumps(facts))
        self.before = self._read()

    def _read(self) -> dict[str, Any] | None:
        try:
            # Nothing but a file of its own is opened: no pipe, and not what a link leads to.
            regular = S_ISREG(self.path.lstat().st_mode)
            found = json.loads(self.path.read_bytes()) if regular else None
        except FileNotFoundError:
            return None
        except ValueError:
            found = None
        if isinstance(found, dict) and found.keys() >= _SIGNS:
            return found
        raise ResumeError(
            f"{self.path} is no note of a run, and one is kept there: "
            "move it, or choose another --output"
        )

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Have it in its place once the block is done; what may fail is done before."""
        self._read()  # again: what was opened meanwhile is no file of ours
        draft = Path(f"{self.path}.{os.getpid()}")
        stream = draft.open("x", encoding="utf-8")
        try:
            with stream:
                stream.write(json.dumps(self._facts) + "\n")
            yield
            draft.replace(self.path)
        except BaseException as error:
            with suppress(OSError):
                draft.unlink()
            if isinstance(error, OSError) and error.filename is None:
                error.filename = str(self.path)
            raise

    def remove(self) -> None:
        with suppress(OSError):
            self.path.unlink()

    def require_same(self) -> None:
        """Raise ResumeError if a run was asked for something else."""
        before = self.before or {}
        for name in sorted({*before, *self._facts}):
            if before.get(name) != self._facts.get(name):
                raise ResumeError(
                    f"cannot resume: {name} was {json.dumps(before.get(name))} and is now "
                    f"{json.dumps(self._facts.get(name))}; ask for the same, or run without "
                    "--resume"
                )


def done_in(path: str | Path, form: OutputFormat) -> Done:
    """What is done in an output of this format; a torn last row does not count.

    Raises ResumeError if the file holds something else.
    """
    done, record, head, table = Done(), b"", form.head.encode(), isinstance(form, Table)
    with Path(path).open("rb") as stream:
        start = stream.read(len(head))
        if start != head and not head.startswith(start):
            name = "csv" if table else "jsonl"
            raise ResumeError(f"cannot resume: {path} is not in format {name}")
        if start == head:
            done.size = len(head)
            for record in _records(stream, table):
                try:
                    # An unescaped quote ends every string of JSON, so this stands nowhere else.
                    found = None if table else _STATUS.search(record)
                    status = found[1].decode() if found else str(_row(record, table)["status"])
                except (ValueError, KeyError, TypeError, csv.Error):
                    raise ResumeError(
                        f"cannot resume: {path}: row {done.count + 1:,} is not a row that "
                        "vmd-solve wrote"
                    ) from None
                done.statuses[status] += 1
                done.size += len(record)
    done.last = _row(record, table)["puzzle"] if record else ""
    return done


def _records(stream: BinaryIO, table: bool) -> Iterator[bytes]:
    """The whole records that follow. In a table a record may hold line ends, between quotes."""
    record = b""
    for line in stream:
        record += line
        if record.endswith(b"\n") and not (table and record.count(b'"') % 2):
            yield record
            record = b""


def _row(record: bytes, table: bool) -> dict[str, Any]:
    text = record.decode("utf-8")
    if not table:
        return dict(json.loads(text))
    return dict(zip(COLUMNS, next(csv.reader(io.StringIO(text, newline=""))), strict=False))

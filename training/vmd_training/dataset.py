"""A file of training puzzles: a zip of plain arrays with a header, written whole and checked.

One section for each group of boards of one size. The same puzzles and header give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board
from vmd_solver.csp.generate import Values
from vmd_solver.errors import PuzzleError, VmdError
from vmd_training.files import replacing

FORMAT = 1
"""Version of the file; readers refuse every other."""

HEADER = "header.json"
ARRAYS = {"givens": "int8", "solutions": "int8", "board": "int32", "count": "int32",
          "rating": "float32", "units": "uint8", "regions": "int8"}  # fmt: skip
"""What a section stores, each as the member `SECTION/NAME.npy`."""

_ROWS = ("givens", "solutions", "board", "count", "rating")

_DAMAGE = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, EOFError,
           NotImplementedError, PuzzleError)  # fmt: skip
"""What comes of reading bytes that are no dataset."""


class DatasetError(VmdError):
    """A file that is no dataset, is damaged, or lacks what is asked of it."""


@dataclass(frozen=True, eq=False)
class Section:
    """m puzzles on boards of one size; rows of one board follow one another."""

    name: str
    boards: tuple[Board, ...]
    givens: Values
    """(m, n), 0 where open."""
    solutions: Values
    """(m, n): one of the puzzle's solutions."""
    board: npt.NDArray[np.int32]
    """(m,) index into `boards`, rising."""
    count: npt.NDArray[np.int32]
    """(m,) how many solutions; the header's `most_solutions` stands for that or more."""
    rating: npt.NDArray[np.float32]
    """(m,) mean guesses of a search (`vmd_solver.csp.rating`), nan where not rated."""

    @classmethod
    def of(
        cls, name: str, board: Board, givens: Values, solutions: Values,
        count: npt.ArrayLike = 1, rating: npt.ArrayLike = np.nan,
    ) -> Section:  # fmt: skip
        """Puzzles (m, n) on one board, as they come with one solution each and not rated."""
        m = len(givens)
        counts = np.broadcast_to(np.asarray(count, np.int32), m)
        ratings = np.broadcast_to(np.asarray(rating, np.float32), m)
        return cls(name, (board,), givens, solutions, np.zeros(m, np.int32), counts, ratings)

    def __len__(self) -> int:
        return len(self.givens)

    @property
    def size(self) -> tuple[int, int, int]:
        """Cells, values, and the most units of a board: (n, D, U)."""
        first = self.boards[0]
        return first.n, first.D, max(len(board.units) for board in self.boards)

    @cached_property
    def starts(self) -> npt.NDArray[np.intp]:
        """First row of each board, and the number of rows at the end: (boards + 1,)."""
        return np.searchsorted(self.board, np.arange(len(self.boards) + 1))

    def where(self, rows: npt.NDArray[Any]) -> Section:
        """The rows that a mask (m,) or rising indices name; every board stays."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _ROWS})


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a file holds. `header` says what made it; `write` adds the table of sections."""

    header: dict[str, Any]
    sections: tuple[Section, ...]

    def section(self, name: str) -> Section:
        """The section of that name. Raises DatasetError if there is none."""
        named = {section.name: section for section in self.sections}
        if name in named:
            return named[name]
        names = ", ".join(named) or "none"
        raise DatasetError(f"no section {name!r} in this dataset; it has {names}")


def joined(sections: Sequence[Section]) -> Section:
    """Sections of one name, one after another, as one. Equal boards become one where they meet."""
    boards: list[Board] = []
    numbers = []
    for section in sections:
        places = []
        for board in section.boards:
            if boards[-1:] != [board]:
                boards.append(board)
            places.append(len(boards) - 1)
        numbers.append(np.array(places, dtype=np.int32)[section.board])
    rows = {name: np.concatenate([getattr(part, name) for part in sections]) for name in _ROWS}
    return Section(sections[0].name, tuple(boards), **{**rows, "board": np.concatenate(numbers)})


def write(path: Path, dataset: Dataset) -> None:
    """Write the file whole; a crash in mid write leaves what was there. Raises OSError."""
    header = {"format": FORMAT, **dataset.header, "sections": {}}
    for section in dataset.sections:
        header["sections"][section.name] = {
            **{name: getattr(section.boards[0], name) for name in ("rows", "cols", "D")},
            "puzzles": len(section),
            "unique": int((section.count == 1).sum()),
            "boards": [(board.family, board.box) for board in section.boards],
            "sha256": _digest(_stored(section)),
        }
    with replacing(path) as partial, zipfile.ZipFile(partial, "w") as file:

        def add(name: str, content: bytes) -> None:
            member = zipfile.ZipInfo(name)  # dated 1980: nothing depends on when and where
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 0
            file.writestr(member, content, compresslevel=9)

        add(HEADER, json.dumps(header, indent=1).encode())
        for section in dataset.sections:
            for name, array in _stored(section).items():
                stream = io.BytesIO()
                np.save(stream, array)
                add(f"{section.name}/{name}.npy", stream.getvalue())


def read(path: Path) -> Dataset:
    """The dataset in a file. Raises DatasetError, one line, if it is none, or damaged."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise OSError("no regular file")
        with zipfile.ZipFile(path) as file:
            header = json.loads(file.read(HEADER))
            if (version := header["format"]) != FORMAT:
                told = f"{path} is a dataset of format {version}, expected {FORMAT}"
                raise DatasetError(f"{told}; make it again with vmd-train data")
            sections = tuple(_section(file, *each) for each in header["sections"].items())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DatasetError(f"{path} cannot be read: {reason}") from error
    except _DAMAGE as error:
        raise DatasetError(f"{path} is damaged, or no dataset of vmd-train data") from error
    return Dataset(header, sections)


def _section(file: zipfile.ZipFile, name: str, table: dict[str, Any]) -> Section:
    files = {part: io.BytesIO(file.read(f"{name}/{part}.npy")) for part in ARRAYS}
    arrays = {part: np.load(content, allow_pickle=False) for part, content in files.items()}
    if _digest(arrays) != table["sha256"]:
        raise ValueError("digest differs")
    stored = zip(table["boards"], arrays.pop("units"), arrays.pop("regions"), strict=True)
    boards = tuple(
        Board(
            family, table["rows"], table["cols"], table["D"],
            units=tuple(tuple(np.flatnonzero(unit).tolist()) for unit in units if unit.any()),
            box=box and tuple(box),
            regions=None if regions[0] < 0 else tuple(regions.tolist()),
        )
        for (family, box), units, regions in stored
    )  # fmt: skip
    return Section(name, boards, **arrays)


def _stored(section: Section) -> dict[str, npt.NDArray[Any]]:
    """The arrays of the rows and of the boards as they are stored: `units` (boards, U, n) with
    zeros where a board has fewer, `regions` (boards, n) with -1 for none."""
    n, _, U = section.size
    units = np.zeros((len(section.boards), U, n), np.uint8)
    for board, table in zip(section.boards, units, strict=True):
        table[: len(board.units)] = board.incidence
    regions = np.array([board.regions or (-1,) * n for board in section.boards])
    arrays = {name: getattr(section, name) for name in _ROWS}
    arrays |= {"units": units, "regions": regions}
    return {name: arrays[name].astype(kind) for name, kind in ARRAYS.items()}


def _digest(arrays: dict[str, npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()

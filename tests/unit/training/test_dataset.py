"""Datasets come back as they were written, byte for byte the same, or are refused in one line."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from vmd_solver.csp.verify import verify
from vmd_training import dataset
from vmd_training.dataset import Dataset, DatasetError, Section, joined, read, write
from vmd_training.generate import DATA, Part, make_part
from vmd_training.recipes import DATASETS

MAKERS = {maker.board: maker for maker in DATASETS["grids"]}


def made(name: str, rows: int, seed: int = 1) -> Section:
    return make_part(Part(MAKERS[name], False, rows, (seed, 1, 1, 0, DATA)))


@pytest.fixture(scope="module")
def sections() -> tuple[Section, ...]:
    """Two sections: one of a single board, one of jigsaws and Latin squares."""
    several = joined([made("jigsaw-6", 70), made("latin-6", 6), made("grid-6x6", 5)])
    return made("sudoku-2x2", 40), several


@pytest.fixture
def file(sections: tuple[Section, ...], tmp_path: Path) -> Path:
    """A dataset on disk."""
    write(tmp_path / "d.npz", Dataset({"made_by": "a test", "seed": 1}, sections))
    return tmp_path / "d.npz"


def rewritten(file: Path, change: dict[str, bytes]) -> Path:
    """The same zip with some members changed."""
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()} | change
    with zipfile.ZipFile(file, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    return file


def test_what_is_written_is_read(file: Path, sections: tuple[Section, ...]) -> None:
    back = read(file)
    assert back.header["made_by"] == "a test" and back.header["seed"] == 1
    assert [section.name for section in back.sections] == ["sudoku-4x4", "mixed-6x6"]
    for section, before in zip(back.sections, sections, strict=True):
        for name in ("givens", "solutions", "board", "count", "rating"):
            one, other = getattr(section, name), getattr(before, name)
            assert one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
        assert section.boards == before.boards
        assert section.size == before.size
    assert (
        max(len(board.units) for board in sections[1].boards) == back.section("mixed-6x6").size[2]
    )


def test_the_header_says_what_there_is(file: Path, sections: tuple[Section, ...]) -> None:
    with zipfile.ZipFile(file) as members:
        header = json.loads(members.read("header.json"))
    assert header["format"] == dataset.FORMAT
    table = header["sections"]["mixed-6x6"]
    assert table["puzzles"] == 81 and table["unique"] == int((sections[1].count == 1).sum())
    assert [family for family, _ in table["boards"]] == ["jigsaw", "jigsaw", "latin", "grid"]


def test_the_same_puzzles_give_the_same_bytes(file: Path, sections: tuple[Section, ...]) -> None:
    again = file.with_name("again.npz")
    write(again, Dataset({"made_by": "a test", "seed": 1}, sections))
    assert again.read_bytes() == file.read_bytes()
    assert not list(file.parent.glob("*.partial"))


def test_numpy_reads_it_too(file: Path, sections: tuple[Section, ...]) -> None:
    with np.load(file) as arrays:
        assert np.array_equal(arrays["sudoku-4x4/givens"], sections[0].givens)


def test_no_file_and_no_dataset_are_refused(tmp_path: Path, file: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read: no such file"):
        read(tmp_path / "nothing.npz")
    with pytest.raises(DatasetError, match="cannot be read: is a directory"):
        read(tmp_path)
    text = tmp_path / "text.npz"
    text.write_text("..1.4..")
    with pytest.raises(DatasetError, match="damaged, or no dataset"):
        read(text)
    np.savez(tmp_path / "other.npz", givens=np.zeros(3))
    with pytest.raises(DatasetError, match="damaged, or no dataset"):
        read(tmp_path / "other.npz")


def test_another_format_is_refused(file: Path) -> None:
    with zipfile.ZipFile(file) as members:
        header = json.loads(members.read("header.json"))
    changed = json.dumps({**header, "format": 99}).encode()
    with pytest.raises(DatasetError, match="of format 99, expected 1"):
        read(rewritten(file, {"header.json": changed}))


def test_damage_is_noticed_wherever_it_is(file: Path) -> None:
    whole = file.read_bytes()
    rng = np.random.default_rng(1)
    for at in rng.integers(60, len(whole) - 60, size=20).tolist():
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            back = read(file)
        except DatasetError as error:
            assert "damaged" in str(error) and "\n" not in str(error)
        else:  # a bit of the zip that says nothing, such as a date
            assert [len(section) for section in back.sections] == [40, 81]
            assert back.sections[1].givens.any()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DatasetError, match="damaged"):
        read(file)


def test_arrays_that_differ_from_their_digest_are_refused(file: Path) -> None:
    with zipfile.ZipFile(file) as members:
        givens = bytearray(members.read("sudoku-4x4/givens.npy"))
    givens[-1] ^= 1
    with pytest.raises(DatasetError, match="damaged"):
        read(rewritten(file, {"sudoku-4x4/givens.npy": bytes(givens)}))


def test_a_section_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(DatasetError, match="it has sudoku-4x4, mixed-6x6"):
        read(file).section("sudoku-9x9")


def test_rows_of_a_board_are_found_together(sections: tuple[Section, ...]) -> None:
    section = sections[1]
    assert section.starts.tolist() == [0, 64, 70, 76, 81]
    for at, board in enumerate(section.boards):
        rows = section.solutions[section.starts[at] : section.starts[at + 1]]
        assert all(verify(board.empty(), row) for row in rows.tolist())


def test_rows_can_be_chosen(sections: tuple[Section, ...]) -> None:
    section = sections[1]
    hard = section.where(section.rating > 1)
    assert 0 < len(hard) < len(section) and (hard.rating > 1).all()
    assert hard.boards == section.boards and (np.diff(hard.board) >= 0).all()
    assert len(section.where(section.rating > 1e9)) == 0


def test_equal_boards_become_one_where_they_meet() -> None:
    parts = [made("latin-6", 3, 1), made("latin-6", 4, 2), made("sudoku-2x3", 2)]
    both = joined(parts)
    assert len(both.boards) == 2 and both.board.tolist() == [0] * 7 + [1] * 2
    assert np.array_equal(both.givens[3:7], parts[1].givens)

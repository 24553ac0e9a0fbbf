"""What is replaced is replaced whole; what fails leaves what was there."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmd_training.files import copy_folder, replacing, replacing_folder, write_lines


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_once_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.jsonl"
    write_lines(path, [{"a": 1}])
    with replacing(path) as partial:
        partial.write_text("later")
        assert path.read_text() == '{"a": 1}\n'
    assert path.read_text() == "later"
    assert names(path.parent) == ["rows.jsonl"]


def test_a_writer_that_fails_leaves_the_file_before(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), replacing(path) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "before"
    assert names(tmp_path) == ["file"]


def test_a_folder_is_replaced_with_all_that_was_in_it(tmp_path: Path) -> None:
    """Whatever writers that were killed left beside it."""
    for name in ("model", "model.partial", "model.earlier"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "old").touch()
    source = tmp_path / "source"
    source.mkdir()
    (source / "new").touch()
    copy_folder(source, tmp_path / "model")
    assert names(tmp_path / "model") == ["new"]
    assert names(tmp_path) == ["model", "source"]
    with pytest.raises(OSError, match="full"), replacing_folder(tmp_path / "model") as partial:
        (partial / "half").touch()
        raise OSError("disk full")
    assert names(tmp_path / "model") == ["new"]
    assert names(tmp_path) == ["model", "source"]

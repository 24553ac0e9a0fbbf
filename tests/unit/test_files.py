"""What is made once on a machine: kept whole where it can be, made again where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmd_solver import files
from vmd_solver.files import cached


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The package's cache, which is no folder and cannot become one, and the user's."""
    (tmp_path / "package").write_text("a file")
    found = tmp_path / "package" / "cache", tmp_path / "user" / "cache"
    monkeypatch.setattr(files, "caches", lambda: found)
    return found


class Maker:
    """Makes the same each time, and counts."""

    made = 0

    def __call__(self) -> bytes:
        self.made += 1
        return b"machine code"


def test_what_was_made_is_kept_in_the_first_folder_that_can_be_written(
    folders: tuple[Path, Path],
) -> None:
    make = Maker()
    assert {cached("name", make) for _ in range(3)} == {b"machine code"}
    assert make.made == 1
    assert [path.name for path in folders[1].iterdir()] == ["name"]
    cached("another name", make)
    assert make.made == 2


def test_what_is_not_whole_is_made_again(folders: tuple[Path, Path]) -> None:
    make = Maker()
    cached("name", make)
    path = folders[1] / "name"
    whole = path.read_bytes()
    for torn in (b"", whole[:-1], whole[:-1] + b"x"):
        path.write_bytes(torn)
        assert cached("name", make) == b"machine code"
        assert path.read_bytes() == whole
    assert make.made == 4


def test_without_any_folder_it_is_made_each_time(folders: tuple[Path, Path]) -> None:
    folders[1].parent.write_text("a file")
    make = Maker()
    assert {cached("name", make) for _ in range(2)} == {b"machine code"}
    assert make.made == 2


def test_the_caches_are_the_package_s_and_the_user_s() -> None:
    package, user = files.caches()
    assert package == Path(files.__file__).parent / "__pycache__"
    assert "vmd-solver" in user.parts

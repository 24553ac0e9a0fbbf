"""Assets: the installed copy wins over the checkout, and a missing file names the places tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmd_solver import assets
from vmd_solver.errors import AssetNotFound


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package folder, in a folder that is no checkout, standing in for the real one."""
    folder = tmp_path / "vmd_solver"
    folder.mkdir()
    monkeypatch.setattr(assets, "_PACKAGE", folder)
    return folder


def write(place: Path) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("", encoding="utf-8")
    return place


def make_checkout(package: Path) -> Path:
    write(package.parent / "pyproject.toml")
    return package.parent


def test_finds_the_installed_copy(package: Path) -> None:
    place = write(package / "_assets" / "puzzles" / "hard.txt")
    assert assets.path("puzzles/hard.txt") == place


def test_finds_the_checkout_of_an_editable_install(package: Path) -> None:
    place = write(make_checkout(package) / "puzzles" / "hard.txt")
    assert assets.path("puzzles/hard.txt") == place


def test_prefers_the_installed_copy_to_the_checkout(package: Path) -> None:
    write(make_checkout(package) / "puzzles" / "hard.txt")
    place = write(package / "_assets" / "puzzles" / "hard.txt")
    assert assets.path("puzzles/hard.txt") == place


def test_a_folder_that_is_no_checkout_is_not_searched(package: Path) -> None:
    write(package.parent / "puzzles" / "hard.txt")
    with pytest.raises(AssetNotFound):
        assets.path("puzzles/hard.txt")


@pytest.mark.parametrize("name", ["hard", "hard.txt"])
def test_puzzles_are_named_with_or_without_suffix(package: Path, name: str) -> None:
    place = write(package / "_assets" / "puzzles" / "hard.txt")
    assert assets.puzzle_path(name) == place


def test_models_are_named_and_one_is_the_default(package: Path) -> None:
    exported = package / "_assets" / "exported"
    for name in (assets.DEFAULT_MODEL, "other"):
        (exported / name).mkdir(parents=True)
    assert assets.model_path() == exported / assets.DEFAULT_MODEL
    assert assets.model_path("other") == exported / "other"


def test_a_missing_asset_says_what_was_tried_and_what_to_do(package: Path) -> None:
    checkout = make_checkout(package)
    with pytest.raises(AssetNotFound) as caught:
        assets.model_path("absent")
    expected = (
        str(package / "_assets" / "exported" / "absent"),
        str(checkout / "exported" / "absent"),
    )
    assert caught.value.tried == expected
    for part in (*expected, "exported/absent", "reinstall"):
        assert part in str(caught.value)


def test_the_real_package_finds_its_puzzles_and_models() -> None:
    assert assets.path("puzzles").is_dir()
    assert assets.path("exported").is_dir()


def test_the_demonstration_counts_only_where_it_was_built(package: Path) -> None:
    checkout = make_checkout(package)
    write(checkout / "docs" / "demo" / "index.html")
    assert assets.demo_folder() is None
    write(checkout / "docs" / "demo" / "vendor" / "examples.json")
    assert assets.demo_folder() == checkout / "docs" / "demo"
    write(package / "_assets" / "demo" / "vendor" / "examples.json")
    assert assets.demo_folder() == package / "_assets" / "demo"

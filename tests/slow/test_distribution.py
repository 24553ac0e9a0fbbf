"""What the wheel and the sdist hold, and that an installed package finds its files."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from fnmatch import fnmatch
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from packaging.requirements import Requirement

import vmd_solver

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
NAME = f"vmd_solver-{vmd_solver.__version__}"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and with the wheel that was built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(built / f"{NAME}-py3-none-any.whl") as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    return Parser().parsestr(wheel.read(f"{NAME}.dist-info/METADATA").decode())


def source_files(*folders: str) -> set[str]:
    """Files of the checkout, or of some of its folders, without those that git ignores."""
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]
    ignored.append(".git")
    found = set()
    for top in folders or (".",):
        for place, subfolders, files in os.walk(ROOT / top):
            subfolders[:] = [name for name in subfolders if not matches(name, ignored)]
            for name in files:
                if not matches(name, ignored):
                    found.add((Path(place) / name).relative_to(ROOT).as_posix())
    return found


def matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def test_the_wheel_holds_the_packages_and_the_assets_and_nothing_else(
    wheel: zipfile.ZipFile,
) -> None:
    code = source_files("vmd_solver", "training/vmd_training")
    code = {name.removeprefix("training/") for name in code}
    assets = {f"vmd_solver/_assets/{name}" for name in source_files("puzzles", "exported")}
    assets |= {
        f"vmd_solver/_assets/{name.removeprefix('docs/')}" for name in source_files("docs/demo")
    }
    notes = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    shared = {
        f"{NAME}.data/data/{name.removeprefix('docs/')}" for name in source_files("docs/share")
    }
    assert assets
    assert shared
    held = code | assets | shared | {f"{NAME}.dist-info/{note}" for note in notes}
    assert set(wheel.namelist()) == held


def test_the_wheel_says_that_it_is_typed(wheel: zipfile.ZipFile) -> None:
    assert "vmd_solver/py.typed" in wheel.namelist()


def test_the_sdist_holds_the_whole_source(built: Path) -> None:
    with tarfile.open(built / f"{NAME}.tar.gz") as archive:
        held = {member.name.removeprefix(f"{NAME}/") for member in archive if member.isfile()}
    assert held == source_files() | {"PKG-INFO"}


def test_an_index_would_take_both(built: Path) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, built.iterdir())]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_the_readme_of_an_index_leads_to_no_file_of_the_checkout(metadata: Message) -> None:
    assert metadata["Description-Content-Type"] == "text/markdown"
    text = str(metadata.get_payload())
    assert README.splitlines()[0] in text
    links = list(targets(MarkdownIt("commonmark").parse(text)))
    assert links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert "<img" not in text


def targets(tokens: list[Token]) -> Iterator[str]:
    """What links and pictures lead to."""
    for token in tokens:
        for name in token.attrs.keys() & {"href", "src"}:
            yield str(token.attrs[name])
        yield from targets(token.children or [])


def test_a_container_builds_the_same_wheel(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """From what .dockerignore leaves."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in (line.removeprefix("!") for line in lines if line.startswith("!")):
        target = tmp_path / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", str(tmp_path / "source")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = (tmp_path / "source" / "dist").iterdir()
    with zipfile.ZipFile(made) as archive:
        assert set(archive.namelist()) == set(wheel.namelist())


def test_the_container_starts_small_and_not_as_root() -> None:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert bases and all(re.fullmatch(r"python:3\.\d+-slim", base) for base in bases)
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["1000"]


def test_files_keep_their_bytes(wheel: zipfile.ZipFile) -> None:
    for name in source_files("puzzles", "exported"):
        assert wheel.read(f"vmd_solver/_assets/{name}") == (ROOT / name).read_bytes(), name


def test_metadata_names_the_extras_and_the_version(metadata: Message) -> None:
    assert metadata["Name"] == "vmd-solver"
    assert metadata["Version"] == vmd_solver.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == PROJECT["license"] == "MIT"
    urls = [line.split(", ") for line in metadata.get_all("Project-URL", [])]
    assert dict(urls) == PROJECT["urls"]
    assert set(metadata.get_all("Provides-Extra", [])) == {*PROJECT["optional-dependencies"]}


def test_nothing_large_is_required_without_an_extra(metadata: Message) -> None:
    lines = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    core = {line.name for line in lines if "extra" not in str(line.marker)}
    assert core == {Requirement(line).name for line in PROJECT["dependencies"]}
    assert not core & {"numba", "onnx", "onnxruntime", "onnxruntime-gpu", "torch"}


def test_no_extra_brings_both_runtimes() -> None:
    """Installed together, onnxruntime and onnxruntime-gpu silently lose CUDA."""
    extras = PROJECT["optional-dependencies"]

    def brings(extra: str) -> set[str]:
        names = set()
        for line in map(Requirement, extras[extra]):
            names |= {line.name}.union(*(brings(inner) for inner in line.extras & extras.keys()))
        return names

    both = {"onnxruntime", "onnxruntime-gpu"}
    assert {extra: brings(extra) & both for extra in extras} == {
        "cpu": {"onnxruntime"},
        "gpu": {"onnxruntime-gpu"},
        "fast": set(),
        "ray": set(),
        "sat": set(),
        "train": set(),
        "subwords": set(),
        "tensorboard": set(),
        "web": set(),
        "hub": set(),
        "docs": set(),
        "dev": {"onnxruntime"},
    }


@pytest.mark.parametrize("script", PROJECT["scripts"])
def test_scripts_start_something_that_can_be_called(script: str) -> None:
    module, _, function = PROJECT["scripts"][script].partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_the_wheel_finds_its_assets_from_any_folder(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    site = tmp_path / "site"
    wheel.extractall(site)
    assert puzzles_found(site, tmp_path) == site / "vmd_solver" / "_assets" / "puzzles"


def test_a_checkout_finds_its_assets_from_any_folder(tmp_path: Path) -> None:
    assert puzzles_found(ROOT, tmp_path) == ROOT / "puzzles"


def puzzles_found(site: Path, cwd: Path) -> Path:
    """What a fresh interpreter, started in `cwd` with the package in `site`, finds as puzzles."""
    command = "from vmd_solver import assets; print(assets.path('puzzles'))"
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(done.stdout.strip())

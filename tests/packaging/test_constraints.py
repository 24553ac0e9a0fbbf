"""The constraints file pins everything that an install for the tests brings."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]

ACCELERATOR = re.compile(r"nvidia-|cuda-|triton")
"""What torch brings on a machine with CUDA; torch itself says which version."""


def pins() -> dict[str, str]:
    """Version of each package that the constraints file names."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(line.name): str(line.specifier).removeprefix("==") for line in found}


def declared() -> list[Requirement]:
    """What the package and its dev extra ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + [
        line
        for extra in ("cpu", "docs", "fast", "hub", "train", "web", "dev")
        for line in extras[extra]
    ]
    return [line for line in map(Requirement, lines) if line.name != project["name"]]


def needed() -> set[str]:
    """Packages that `declared` brings on this machine, what they bring in turn included."""
    seen: set[tuple[str, str]] = set()
    waiting = declared()
    while waiting:
        line = waiting.pop()
        name = canonicalize_name(line.name)
        for extra in {"", *line.extras} - {extra for known, extra in seen if known == name}:
            seen.add((name, extra))
            if not ACCELERATOR.match(name):
                waiting += brought(name, extra)
    return {name for name, _ in seen if not ACCELERATOR.match(name)}


def brought(name: str, extra: str) -> list[Requirement]:
    lines = [Requirement(line) for line in requires(name) or []]
    return [line for line in lines if line.marker is None or line.marker.evaluate({"extra": extra})]


def test_everything_that_the_tests_need_is_pinned() -> None:
    assert needed() <= pins().keys()


def test_pins_are_what_the_package_asks_for() -> None:
    for line in declared():
        assert line.specifier.contains(pins()[canonicalize_name(line.name)], prereleases=True), line


def test_the_two_runtimes_are_pinned_alike() -> None:
    assert pins()["onnxruntime"] == pins()["onnxruntime-gpu"]


def test_pins_are_exact() -> None:
    assert all(re.fullmatch(r"[0-9][0-9a-z.]*", pinned) for pinned in pins().values())

"""The files of the demonstration: its examples, its addresses, and the packages that it names."""

from __future__ import annotations

import json
import re
from pathlib import Path

from vmd_solver.formats import parse

PAGE = Path(__file__).resolve().parents[2] / "docs" / "demo"


def test_the_examples_are_puzzles_of_the_package(vendor: Path) -> None:
    for example in json.loads((vendor / "examples.json").read_text(encoding="utf-8")):
        parse(example["text"]).require_valid()


def test_the_models_are_those_that_ship(vendor: Path) -> None:
    files = [path for path in (vendor / "models").rglob("*") if path.is_file()]
    assert len(files) == 5
    for path in files:
        shipped = PAGE.parents[1] / "exported" / path.relative_to(vendor / "models")
        assert path.read_bytes() == shipped.read_bytes(), f"{path} is old: make demo"


def test_every_address_in_the_files_is_relative() -> None:
    """mkdocs copies the folder as it is, to any depth."""
    for file in [*PAGE.glob("*.js"), *PAGE.glob("*.css"), PAGE / "index.html"]:
        text = file.read_text(encoding="utf-8")
        for address in re.findall(r"""(?:src|href|from|import|url)\W{0,3}["'(]([^"')]+)""", text):
            assert not address.startswith("/"), (file.name, address)
            if "//" in address:
                assert address == "https://arxiv.org/abs/2510.23606", (file.name, address)


def test_nothing_names_a_registry() -> None:
    lock = json.loads((PAGE / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((PAGE / "package.json").read_text(encoding="utf-8"))
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert not any("resolved" in one for one in lock["packages"].values())

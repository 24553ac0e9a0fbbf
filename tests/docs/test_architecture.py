"""docs/ARCHITECTURE.md names every module, and a puzzle goes the way that it describes."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from vmd_solver.cli import solve

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
PRODUCT = ("vmd_solver", "training/vmd_training", "benchmarks")


def rooms() -> dict[str, set[str]]:
    """The modules that the page names, by folder: names in backticks under the folder's heading."""
    found = {}
    for folder, body in re.findall(r"^### `([\w/]+)/`\n(.*?)(?=^#|\Z)", PAGE, re.M | re.S):
        cells = re.findall(r"^(?:\| ([^|]*) \||([^|\n].*))", body, re.M)
        named = " ".join(first or text for first, text in cells)
        found[folder] = set(re.findall(r"`(\w+\.py)`", named))
    return found


def modules() -> dict[str, set[str]]:
    """The modules that there are, by folder."""
    found: dict[str, set[str]] = {}
    for top in PRODUCT:
        for path in (ROOT / top).rglob("*.py"):
            if path.name != "__init__.py" and "_assets" not in path.parts:
                found.setdefault(path.parent.relative_to(ROOT).as_posix(), set()).add(path.name)
    return found


def test_every_module_is_named_and_every_name_is_a_module() -> None:
    page, tree = rooms(), modules()
    assert page.keys() == tree.keys()
    for folder, names in tree.items():
        assert page[folder] >= names, folder
        others = {name for known in tree.values() for name in known}
        assert page[folder] - names <= others, folder


def way() -> list[str]:
    """The functions on the way of one puzzle, as `file:function`."""
    body = PAGE.partition("## The way of one puzzle")[2].partition("\n## ")[0]
    return re.findall(r"^\d+\. `([\w/.]+:[\w.]+)`", body, re.M)


def test_the_way_of_one_puzzle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """At most 15 functions, called in this order, and none of them twice."""
    expected = way()
    assert 10 <= len(expected) <= 15
    called: list[str] = []
    frames: list[FrameType] = []  # kept, so that no two have one identity

    def trace(frame: FrameType, event: str, argument: Any) -> None:
        _, room, inner = frame.f_code.co_filename.rpartition("vmd_solver/")
        name = f"{inner}:{frame.f_code.co_qualname}"
        # A generator that continues is the same frame.
        if event == "call" and room and name in expected and frame not in frames:
            frames.append(frame)
            called.append(name)

    puzzle, output = str(ROOT / "puzzles" / "hard.txt"), tmp_path / "solution.txt"
    monkeypatch.setattr(sys, "argv", ["vmd-solve", "--quiet", "-o", str(output), puzzle])
    before = sys.getprofile()
    sys.setprofile(trace)
    try:
        with pytest.raises(SystemExit) as ended:
            solve.main()
    finally:
        sys.setprofile(before)
    assert ended.value.code == 0
    assert re.fullmatch(r"[1-9]{81}\n", output.read_text())
    assert called == expected


def test_functions_on_the_way_of_one_key_exist() -> None:
    body = PAGE.partition("## The way of one key")[2].partition("\n## ")[0]
    named = re.findall(r"`([\w/]+\.py):([\w.]+)`", body)
    assert len(named) > 5
    for path, function in named:
        text = (ROOT / "vmd_solver" / path).read_text(encoding="utf-8")
        assert f"def {function.rpartition('.')[2]}(" in text, f"{path}:{function}"

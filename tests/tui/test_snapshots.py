"""What whole screens say, as text kept beside this file; UPDATE_SNAPSHOTS=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from vmd_solver.formats import parse

Start = Any

FOLDER = Path(__file__).with_name("snapshots")
PUZZLES = Path(__file__).resolve().parents[2] / "puzzles"


@pytest.mark.parametrize(
    ("puzzle", "size", "keys"),
    [
        ("x", (80, 24), "c tab 1 tab f"),
        ("jigsaw-6", (60, 26), "c 4 down"),
        ("windoku", (100, 40), "e tab m 1 2 9"),
    ],
)
async def test_screens(start: Start, puzzle: str, size: tuple[int, int], keys: str) -> None:
    read = parse((PUZZLES / f"{puzzle}.txt").read_text())
    async with start(read, size=size) as at:
        at.app.change(show_timer=False)
        await at.analysed()
        await at.press(keys)
        path = FOLDER / f"{puzzle}.txt"
        if "UPDATE_SNAPSHOTS" in os.environ:
            path.parent.mkdir(exist_ok=True)
            path.write_text(at.text() + "\n", encoding="utf-8")
        assert at.text() + "\n" == path.read_text(encoding="utf-8")

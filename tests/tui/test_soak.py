"""Random keys never end the application, nor leave it in a state that cannot be saved.

`benchmarks/tui.py --soak 10000` presses more of them.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from vmd_solver.csp import Puzzle
from vmd_solver.play import Library
from vmd_solver.play.storage import Folders
from vmd_solver.tui.commands import TABLES

Start = Any

ALL = [one for table in TABLES for one in table if one.action != "app.quit"]
KEYS = [key for one in ALL for key in one.keys.split(",") if key not in ("q", "d", "delete")]
"""All but those that quit and those that delete games."""
OTHERS = [*"1234", "enter", "escape", "escape", "tab", "down", "up", "alt+3", "ctrl+p", "z"]


async def test_random_keys(
    start: Start, four: Puzzle, folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where replays may be written
    rng = random.Random(7)
    async with start(four) as at:
        await at.press("2")
        for step in range(300):
            at.app.simulate_key(rng.choice(KEYS + OTHERS))
            if step % 10 == 0:
                await at.settle()
        await at.settle()
        assert at.app.is_running
    assert not list(folders.games.glob("*unreadable*"))
    assert len(list(folders.games.glob("*.json"))) == len(Library(folders.games).saved())

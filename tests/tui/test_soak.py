"""Random keys never end the application, nor leave it in a state that cannot be saved.

`benchmarks/tui.py --soak 10000` presses more of them.
"""

from __future__ import annotations

import random
from typing import Any

from vmd_solver.csp import Puzzle
from vmd_solver.play import Library
from vmd_solver.play.folders import Folders
from vmd_solver.tui.commands import COMMANDS

Start = Any

KEYS = [key for one in COMMANDS if one.name != "quit" for key in one.keys.split(",")]
OTHERS = [*"1234", "enter", "escape", "escape", "tab", "down", "up", "alt+3", "ctrl+p", "z"]


async def test_random_keys(start: Start, four: Puzzle, folders: Folders) -> None:
    rng = random.Random(7)
    async with start(four) as at:
        for step in range(300):
            at.app.simulate_key(rng.choice(KEYS + OTHERS))
            if step % 10 == 0:
                await at.pilot.pause()
        await at.pilot.pause()
        assert at.app.is_running
    assert not list(folders.games.glob("*unreadable*"))
    assert len(list(folders.games.glob("*.json"))) == len(Library(folders.games).saved()) > 0

"""docs/PLAY.md names every command and every setting, as the application does."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmd_solver.play.settings import TOGGLES, Settings
from vmd_solver.tui.commands import COMMANDS, ENTERING, LISTING, WATCHING, WRITING, Command
from vmd_solver.tui.themes import FIRST

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "PLAY.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[str]:
    """The rows of the table under a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("|")]


@pytest.mark.parametrize(
    ("heading", "commands"),
    [
        ("Keys", COMMANDS),
        ("Watching the model", WATCHING),
        ("Text", WRITING),
        ("The first screen", (*LISTING, *ENTERING)),
    ],
)
def test_every_command_is_described(heading: str, commands: tuple[Command, ...]) -> None:
    table = "\n".join(rows(heading))
    missing = [one.text for one in commands if one.text not in table]
    assert missing == []


def test_every_toggle_is_described_with_its_default() -> None:
    table = rows("Settings")
    for one in TOGGLES:
        usual = "on" if getattr(Settings(), one.name) else "off"
        assert any(f"{one.metadata['text']} | {usual} |" in row for row in table), one.name


def test_themes_are_named() -> None:
    assert all(f"`{name}`" in PAGE for name in FIRST)

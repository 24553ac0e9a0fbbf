"""Where games, statistics and settings are kept. Nothing is made before something is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path, user_data_path


@dataclass(frozen=True)
class Folders:
    """The folder of saved games, the file of finished games, and the file of settings."""

    games: Path
    statistics: Path
    settings: Path


def folders_at(data: Path, config: Path | None = None) -> Folders:
    """Everything in `data`, but for the settings where there is a folder for these."""
    return Folders(data / "games", data / "finished.jsonl", (config or data) / "play.json")


def usual_folders() -> Folders:
    """The folders that the operating system has for us."""
    data, config = (of("vmd-solver", appauthor=False) for of in (user_data_path, user_config_path))
    return folders_at(data, config)

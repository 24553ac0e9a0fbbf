"""Where games, statistics and settings are kept. Nothing is made before something is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path, user_data_path

_NAME = "vmd-solver"


@dataclass(frozen=True)
class Folders:
    """The user's folders: `data` for games and statistics, `config` for settings."""

    data: Path
    config: Path

    @property
    def games(self) -> Path:
        """The folder of saved games."""
        return self.data / "games"

    @property
    def statistics(self) -> Path:
        """The file of finished games."""
        return self.data / "finished.jsonl"

    @property
    def settings(self) -> Path:
        """The file of settings."""
        return self.config / "play.json"


def usual_folders() -> Folders:
    """The folders that the operating system keeps for us."""
    return Folders(user_data_path(_NAME, appauthor=False), user_config_path(_NAME, appauthor=False))


def folders_at(root: Path) -> Folders:
    """Everything in one folder of the player's choice."""
    return Folders(root, root)

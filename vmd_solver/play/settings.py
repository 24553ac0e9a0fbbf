"""How a player likes it: each toggle on its own, the theme, and keys. Knows nothing of screens."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from vmd_solver.errors import SaveError
from vmd_solver.play.storage import read_json, set_aside, write_json

DEFAULT_THEME = "paper-dark"


def _toggle(default: bool, area: str, text: str) -> Any:
    return field(default=default, metadata={"area": area, "text": text})


@dataclass(frozen=True)
class Settings:
    """Every setting; the toggles carry the area and the words that a screen shows them with."""

    show_conflicts: bool = _toggle(True, "Warnings", "Mark values that break a rule")
    show_wrong: bool = _toggle(False, "Warnings", "Mark entries that differ from the solution")
    show_dead: bool = _toggle(False, "Warnings", "Mark open cells that no value fits")
    auto_clean: bool = _toggle(True, "Pencil marks", "Entering a value cleans its peers' marks")
    auto_candidates: bool = _toggle(False, "Pencil marks", "New games start with all candidates")
    highlight_lines: bool = _toggle(True, "Highlight", "Row and column of the cursor")
    highlight_regions: bool = _toggle(True, "Highlight", "Other units of the cursor's cell")
    highlight_same: bool = _toggle(True, "Highlight", "Cells with the value under the cursor")
    show_counts: bool = _toggle(True, "Display", "How many of each value are left")
    show_timer: bool = _toggle(True, "Display", "The time")
    wrap: bool = _toggle(True, "Display", "The cursor goes round the edges")
    pause_on_blur: bool = _toggle(False, "Display", "Pause when the terminal loses the focus")
    theme: str = DEFAULT_THEME
    toured: bool = False  # whether the player knows how to begin
    keys: dict[str, str] = field(default_factory=dict)  # by command, where not the usual ones


TOGGLES = tuple(one for one in fields(Settings) if "area" in one.metadata)
"""The toggles, as dataclass fields with `area` and `text` in their metadata."""


def load(path: Path) -> tuple[Settings, str]:
    """The settings of a file, and a note where it could not be read and was kept aside.

    Keys that this version does not know are ignored.
    """
    try:
        return _of(read_json(path)), ""
    except FileNotFoundError:
        return Settings(), ""
    except SaveError as error:
        place = set_aside(path)
        kept = f"kept as {place.name}" if place else "left as it is"
        return Settings(), f"The settings could not be read; the file is {kept} ({error})."


def save(path: Path, settings: Settings) -> None:
    """Keep the settings. Raises OSError where the disk refuses."""
    write_json(path, asdict(settings))


def _of(data: Any) -> Settings:
    if not isinstance(data, dict):
        raise SaveError("settings are expected as one JSON object")
    usual = asdict(Settings())
    known = {name: value for name, value in data.items() if name in usual}
    for name, value in known.items():
        if type(value) is not type(usual[name]):
            raise SaveError(f"{name} cannot be {value!r}")
    for command, keys in known.get("keys", {}).items():
        if not isinstance(keys, str):
            raise SaveError(f"the keys of {command} cannot be {keys!r}")
    return Settings(**known)

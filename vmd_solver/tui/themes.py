"""The themes of our own. Textual brings more, those of sixteen colours (`ansi-...`) among them."""

from __future__ import annotations

from typing import Any

from textual.theme import Theme

_NAMES = ("paper-dark", "paper-light", "contrast-dark", "contrast-light")

_LOOKS: dict[str, tuple[Any, ...]] = {
    "dark": (True, False, True, False),
    "text_alpha": (0.95, 0.95, 1.0, 1.0),
    "primary": ("#7aa2c8", "#4a7aa8", "#00a2ff", "#0057d8"),
    "secondary": ("#8f83b8", "#7c6fa6", "#a56bff", "#6a00c8"),
    "accent": ("#86c6f4", "#1257a0", "#5fffff", "#0000c8"),
    "warning": ("#e8b84b", "#e0a526", "#ffff00", "#000000"),
    "error": ("#ff7369", "#b3261e", "#ff5c5c", "#b00000"),
    "success": ("#86b86b", "#5d9440", "#00ff5f", "#007a1f"),
    "foreground": ("#e6e1d6", "#22211e", "#ffffff", "#000000"),
    "background": ("#1b1d21", "#f7f3e9", "#000000", "#ffffff"),
    "surface": ("#24272d", "#ece6d8", "#000000", "#ffffff"),
    "panel": ("#2c3038", "#e2dbca", "#1a1a1a", "#e8e8e8"),
}
"""What each theme sets, in the order of their names."""

THEMES = tuple(
    Theme(name=name, **{role: row[place] for role, row in _LOOKS.items()})
    for place, name in enumerate(_NAMES)
)

FIRST = (*_NAMES, "ansi-dark", "ansi-light")
"""The themes that are named first where one is chosen."""

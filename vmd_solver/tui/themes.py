"""The themes of our own. Textual brings more, those of sixteen colours (`ansi-...`) among them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rich.color import Color as Ink
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

LEAST_CONTRAST = 4.5
"""Between text and its ground, as WCAG 2 has it for text of usual size (level AA)."""


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(colour: Color) -> float:
        linear = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in colour.normalized
        )
        return sum(
            share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=False)
        )

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def contrasting(ink: Color, *grounds: Color) -> Color:
    """The ink, lighter or darker where that is needed to read it on each of these grounds."""

    def least(colour: Color) -> float:
        return min(contrast(ground, colour) for ground in grounds)

    ends = sorted((Color(0, 0, 0), Color(255, 255, 255)), key=least)
    steps = (ink.blend(ends[-1], at / 20) for at in range(21))
    return next((step for step in steps if least(step) >= LEAST_CONTRAST), ends[-1])


@lru_cache(maxsize=4096)
def readable(style: Style) -> Style:
    """The style with an ink that can be read on its ground; colours of a terminal's own stay."""
    ink, ground = style.color, style.bgcolor
    if ink is None or ground is None or ink.triplet is None or ground.triplet is None:
        return style
    new = contrasting(Color(*ink.triplet), Color(*ground.triplet))
    return style + Style(color=Ink.from_rgb(*new.rgb))


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

_INKS = ("primary", "secondary", "accent", "warning", "error", "success")


def with_inks(variables: dict[str, str]) -> dict[str, str]:
    """The variables of a theme, and of each of its colours one for text on any of its grounds.

    `$primary-ink` is `$primary`, as far as that can be read, and so is `$foreground`; `$quiet` is
    for what is less important.
    """
    grounds = [Color.parse(variables[name]) for name in ("background", "surface", "panel")]
    inks = {f"{name}-ink": Color.parse(variables[name]) for name in _INKS}
    if any(colour.ansi is not None for colour in (*grounds, *inks.values())):
        # A terminal's own colours, of which nothing is known.
        own = {f"{name}-ink": variables[name] for name in _INKS}
        return variables | own | {"quiet": variables["foreground"]}
    inks["foreground"] = Color.parse(variables["foreground"])
    inks["quiet"] = grounds[0].blend(inks["foreground"], 0.62)
    chosen = contrasting(grounds[0], Color.parse(variables["primary"]))
    variables = variables | {"block-cursor-foreground": chosen.hex}
    return variables | {name: contrasting(ink, *grounds).hex for name, ink in inks.items()}

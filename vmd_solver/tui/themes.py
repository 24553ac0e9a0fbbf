"""The themes of our own. Textual brings more, those of sixteen colours (`ansi-...`) among them."""

from __future__ import annotations

from textual.theme import Theme

THEMES = (
    Theme(
        name="paper-dark",
        primary="#7aa2c8",
        secondary="#8f83b8",
        accent="#86c6f4",
        warning="#e8b84b",
        error="#ff7369",
        success="#86b86b",
        foreground="#e6e1d6",
        background="#1b1d21",
        surface="#24272d",
        panel="#2c3038",
    ),
    Theme(
        name="paper-light",
        primary="#4a7aa8",
        secondary="#7c6fa6",
        accent="#1257a0",
        warning="#e0a526",
        error="#b3261e",
        success="#5d9440",
        foreground="#22211e",
        background="#f7f3e9",
        surface="#ece6d8",
        panel="#e2dbca",
        dark=False,
    ),
    Theme(
        name="contrast-dark",
        primary="#00a2ff",
        secondary="#a56bff",
        accent="#5fffff",
        warning="#ffff00",
        error="#ff5c5c",
        success="#00ff5f",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#1a1a1a",
        text_alpha=1.0,
    ),
    Theme(
        name="contrast-light",
        primary="#0057d8",
        secondary="#6a00c8",
        accent="#0000c8",
        warning="#000000",
        error="#b00000",
        success="#007a1f",
        foreground="#000000",
        background="#ffffff",
        surface="#ffffff",
        panel="#e8e8e8",
        text_alpha=1.0,
        dark=False,
    ),
)

FIRST = (*(theme.name for theme in THEMES), "ansi-dark", "ansi-light")
"""The themes that are named first where one is chosen."""

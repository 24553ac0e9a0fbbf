"""A check box for people who see no colour."""

from __future__ import annotations

from textual.widgets import Checkbox


class Toggle(Checkbox):
    """A check box that tells without colour whether it is on."""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]
        """What stands in the box."""
        return "X" if self.value else " "

"""What is to be written of a film, and the file's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Select, Static

from vmd_solver.errors import SaveError
from vmd_solver.play.film import Film, Frame
from vmd_solver.tui.export import export
from vmd_solver.tui.screens.dialog import Dialog

_MOMENT, _SHEET, _CAST = "this moment, as SVG", "all moments, as one SVG", "the film, as asciicast"
_NAMES = {_MOMENT: "moment.svg", _SHEET: "film.svg", _CAST: "film.cast"}


class ExportScreen(Dialog[None]):
    """Writes the file, over no other one."""

    TITLE = "Export"
    SUB_TITLE = "tab, enter, esc"

    def __init__(self, films: Sequence[Film], moment: Sequence[Frame], speed: float) -> None:
        super().__init__()
        self._films, self._moment, self._speed = films, moment, speed

    def contents(self) -> ComposeResult:
        options = [(text, text) for text in _NAMES]
        yield Select(options, value=_MOMENT, allow_blank=False, compact=True)
        yield Input(_NAMES[_MOMENT], placeholder="path of a file", compact=True)
        yield Static(id="problem", markup=False)

    def on_mount(self) -> None:
        """Enter writes the moment."""
        self.query_one(Input).focus()

    @on(Select.Changed)
    def _what(self, event: Select.Changed) -> None:
        box = self.query_one(Input)
        if box.value in _NAMES.values():  # what was typed stays
            box.value = _NAMES[str(event.value)]

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        path = Path(event.value.strip()).expanduser()
        moment = self._moment if self.query_one(Select).value == _MOMENT else None
        try:
            if path.exists():
                raise SaveError(f"{path.name} is there already: choose another name")
            export(path, self._films, moment, self._speed)
        except SaveError as error:
            self.query_one("#problem", Static).update(str(error))
            return
        self.notify(f"Written: {path.absolute()}", markup=False)
        self.dismiss(None)

"""What is to be written of a replay, and the file's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Select, Static

from vmd_solver.errors import SaveError
from vmd_solver.play.replay import Frame, Replay
from vmd_solver.tui.export import export
from vmd_solver.tui.screens.dialog import Dialog

_FRAME, _SHEET, _CAST = "this frame, as SVG", "all frames, as one SVG", "the replay, as asciicast"
_NAMES = {_FRAME: "frame.svg", _SHEET: "replay.svg", _CAST: "replay.cast"}


class ExportScreen(Dialog[None]):
    """Writes the file, over no other one."""

    TITLE = "Export"
    SUB_TITLE = "tab, enter, esc"

    def __init__(self, replays: Sequence[Replay], frames: Sequence[Frame], speed: float) -> None:
        super().__init__()
        self._replays, self._frames, self._speed = replays, frames, speed

    def contents(self) -> ComposeResult:
        options = [(text, text) for text in _NAMES]
        yield Select(options, value=_FRAME, allow_blank=False, compact=True)
        yield Input(_NAMES[_FRAME], placeholder="path of a file", compact=True)
        yield Static(id="problem", markup=False)

    def on_mount(self) -> None:
        """Enter writes the frames."""
        self.query_one(Input).focus()

    @on(Select.Changed)
    def _what(self, event: Select.Changed) -> None:
        box = self.query_one(Input)
        if box.value in _NAMES.values():  # what was typed stays
            box.value = _NAMES[str(event.value)]

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        path = Path(event.value.strip()).expanduser()
        frames = self._frames if self.query_one(Select).value == _FRAME else None
        try:
            if path.exists():
                raise SaveError(f"{path.name} is there already: choose another name")
            export(path, self._replays, frames, self._speed)
        except SaveError as error:
            self.query_one("#problem", Static).update(str(error))
            return
        self.notify(f"Written: {path.absolute()}", markup=False)
        self.dismiss(None)

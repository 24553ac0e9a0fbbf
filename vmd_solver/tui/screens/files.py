"""Puzzles from outside and to outside: what is opened or pasted, one of several, copies."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.suggester import Suggester
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from vmd_solver.csp import Puzzle
from vmd_solver.drawing.diagrams import Diagram, document_of
from vmd_solver.errors import PuzzleError, SaveError
from vmd_solver.formats import Entry, write
from vmd_solver.play import Game, opening
from vmd_solver.play.library import key_of, kind_of
from vmd_solver.play.opening import MOST_ENTRIES, title_of
from vmd_solver.tui.export import save
from vmd_solver.tui.screens.base import Dialog, Toggle, message, row
from vmd_solver.tui.widgets.preview import Preview


def about(puzzle: Puzzle) -> str:
    """The kind of a puzzle and how many givens it has."""
    clues = sum(value > 0 for value in puzzle.givens) - len(puzzle.board.holes)
    return f"{kind_of(puzzle)}, {clues} given{'s' * (clues != 1)}"


class _Box(Input):
    """A line that takes a pasted text as a whole, where Textual takes its first line alone."""

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        screen = self.screen
        if isinstance(screen, OpenScreen) and len(event.text.strip().splitlines()) > 1:
            event.stop()
            screen.take(event.text)
        else:
            super()._on_paste(event)


def _named(text: str) -> str:
    """What stands for a pasted text of several lines."""
    return f"{len(text.strip().splitlines())} pasted lines"


class OpenScreen(Dialog[list[Entry]]):
    """Gives the puzzles of a file, or of a text that was typed or pasted."""

    TITLE = "Open or paste a puzzle"
    SUB_TITLE = "enter, → complete, esc"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text
        self._pasted = ""
        """A pasted text of several lines, in place of what is typed."""

    def contents(self) -> ComposeResult:
        yield Static("A file, or a puzzle in any form: a line, a grid, an id, a link.")
        yield _Box(placeholder="type or paste here", suggester=_Paths(self.app.root))
        yield message()
        yield Preview(self.app.settings)

    def on_mount(self) -> None:
        """Begin with a text that was pasted elsewhere."""
        if self._text:
            self.take(self._text)

    def take(self, text: str) -> None:
        """Read a pasted text; one of several lines stands for itself, out of the line."""
        self._pasted = text if len(text.strip().splitlines()) > 1 else ""
        self.query_one(Input).value = _named(text) if self._pasted else text.strip()
        self._show(self._read())

    @on(Input.Changed)
    def _changed(self) -> None:
        """What is typed takes the place of what was pasted, and is shown as soon as it is one."""
        value = self.query_one(Input).value
        if self._pasted and value == _named(self._pasted):
            return
        self._pasted = ""
        found = self._read() if value.strip() else []
        self._show(found if any(entry.puzzle for entry in found) else [])

    @on(Input.Submitted)
    def _submitted(self) -> None:
        found = self._read()
        if any(entry.puzzle for entry in found):
            self.dismiss(found)
        else:
            self._show(found)

    def _read(self) -> list[Entry]:
        return opening.typed(self._pasted or self.query_one(Input).value, self.app.root)

    def _show(self, found: Sequence[Entry]) -> None:
        """Tell what was read: the puzzles, or the first mistake."""
        puzzles = [entry.puzzle for entry in found if entry.puzzle]
        mistakes = [str(entry.error) for entry in found if entry.error]
        read = about(puzzles[0]) if puzzles else ""
        if len(puzzles) > 1:
            read = f"{len(puzzles)} puzzles, the first: {read}"
        notes = [f"{read}. Enter plays." if read else "", *mistakes[:1]]
        self.say("\n".join(filter(None, notes)))
        self.query_one("#message").set_class(not puzzles, "-wrong")
        preview = self.query_one(Preview)
        preview.set_class(bool(puzzles), "-found")
        preview.show("", (), Game(puzzles[0]) if puzzles else None)


class _Paths(Suggester):
    """Completes a path with the first file or folder, by name, that begins so."""

    def __init__(self, root: Path | None) -> None:
        super().__init__(use_cache=False)
        self._root = root

    async def get_suggestion(self, value: str) -> str | None:
        folder, begun = os.path.split(value)
        place = opening.within(folder or ".", self._root)
        if place is None:
            return None
        try:
            with os.scandir(place) as found:
                names = [
                    entry.name + (os.sep if entry.is_dir() else "")
                    for entry in found
                    if entry.name.startswith(begun)
                    and (begun or not entry.name.startswith("."))
                    and opening.within(entry.path, self._root)
                ]
        except (OSError, ValueError):
            return None
        return os.path.join(folder, min(names)) if names else None  # noqa: PTH118


class PickScreen(Dialog[int]):
    """Gives the place of the chosen puzzle among several; begins at the first that is not solved.

    `solved` and `begun` are the keys of the puzzles that were.
    """

    SUB_TITLE = "enter, esc"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012

    def __init__(
        self,
        entries: Sequence[Entry],
        title: str = "",
        solved: Collection[str] = (),
        begun: Collection[str] = (),
    ) -> None:
        super().__init__()
        self.entries, self._solved, self._begun = entries, solved, begun
        count = len(entries)
        number = f"{count} puzzles" if count < MOST_ENTRIES else f"The first {count} puzzles"
        self.title = f"{title}: {number}" if title else number

    def contents(self) -> ComposeResult:
        options, first = [], None
        for number, entry in enumerate(self.entries, 1):
            parts = str(number), str(entry.error), ""
            if (puzzle := entry.puzzle) is not None:
                key, name = key_of(puzzle), title_of(entry, number, len(self.entries))
                state = "solved" if key in self._solved else "begun" if key in self._begun else ""
                parts = str(number), f"{about(puzzle)}  {name}", state
                if first is None and key not in self._solved:
                    first = number - 1
            options.append(Option(row(*parts, shares=(2, 19, 3)), disabled=puzzle is None))
        choices = OptionList(*options, markup=False)
        choices.highlighted = first
        yield Horizontal(choices, Preview(self.app.settings))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        entry, preview = self.entries[event.option_index], self.query_one(Preview)
        if preview.display and entry.puzzle is not None:
            preview.show("", (), Game(entry.puzzle))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)


_FORMS = {
    "line": "One line of cells",
    "grid": "A grid of lines",
    "vmd": "Text of vmd-solve, with all rules",
    "sudokupad": "A link to SudokuPad",
    "link": "A link to f-puzzles",
}
_PICTURE, _HINT = "svg", "hint"


class CopyScreen(Dialog[None]):
    """Copies the puzzle of a game out: as a text, or as a picture in a file."""

    TITLE = "Copy out"
    SUB_TITLE = "enter, tab, esc"

    def __init__(self, game: Game, hint: str = "") -> None:
        """`hint` is the picture of what is shown of a hint, as SVG, if there is one."""
        super().__init__()
        self.game, self.hint = game, hint

    def contents(self) -> ComposeResult:
        forms = _FORMS | {_PICTURE: "A picture, as the file below (SVG)"}
        if self.hint:
            forms = {_HINT: "A picture of the hint, as the file below (SVG)"} | forms
        yield OptionList(*(Option(text, form) for form, text in forms.items()))
        yield Toggle("With what is filled in", False, compact=True)
        yield Input("puzzle.svg", placeholder="path of a file", compact=True)
        yield message()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._copy(str(event.option_id))

    @on(Input.Submitted)
    def _named(self) -> None:
        self._copy(_PICTURE)

    def _copy(self, form: str) -> None:
        filled = self.query_one(Toggle).value
        puzzle, values = self.game.puzzle, self.game.values
        try:
            if form == _HINT:
                self._save(self.hint)
                return
            if form == _PICTURE:
                now = Diagram(puzzle, values, self.game.marks)
                self._save(document_of(now if filled else Diagram(puzzle, puzzle.givens)))
                return
            text = write(replace(puzzle, givens=tuple(values)) if filled else puzzle, form)
        except (PuzzleError, SaveError) as error:
            self.say(str(error))
            return
        self.app.copy_to_clipboard(text.rstrip("\n"))
        self.say(f"Copied, if the terminal allows it:\n{text}")

    def _save(self, picture: str) -> None:
        """Write a picture, over no other file. Raises SaveError where that fails."""
        name, root = self.query_one(Input).value.strip(), self.app.root
        path = opening.within(name, root)
        if path is None:
            raise SaveError(f"{name}: cannot be written")
        save(path, picture, name)
        self.notify(f"Written: {name if root else path.absolute()}")
        self.dismiss(None)

"""The commands of each screen in a table: name, keys, words, and where they are shown.

Bindings, the help, the command palette and the screen of keys are all made from these.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True)
class Command:
    """A command: `name` is its id in the settings, `keys` the usual ones, `action` what it does.

    `shown` is the word in the footer, empty where it is not shown there.
    """

    name: str
    keys: str
    action: str
    text: str
    area: str
    shown: str = ""

    @property
    def binding(self) -> Binding:
        return Binding(
            self.keys, self.action, self.shown or self.text, bool(self.shown), id=self.name
        )


_MOVE, _FILL, _BACK, _GAME = "Moving", "Filling in", "Back and forth", "The game"

COMMANDS = (
    Command("up", "up,k", "move(-1, 0)", "Up", _MOVE),
    Command("down", "down,j", "move(1, 0)", "Down", _MOVE),
    Command("left", "left,h", "move(0, -1)", "Left", _MOVE),
    Command("right", "right,l", "move(0, 1)", "Right", _MOVE),
    Command("next-open", "tab", "open(1)", "Next open cell", _MOVE),
    Command("previous-open", "shift+tab", "open(-1)", "Previous open cell", _MOVE),
    Command("marks", "m,space", "marks", "Pencil marks, or values", _FILL, "Marks"),
    Command("one-mark", "full_stop", "one_mark", "The next value is a pencil mark", _FILL),
    Command("clear", "delete,backspace,0", "clear", "Clear the cell", _FILL),
    Command("candidates", "c", "candidates", "Pencil in all candidates", _FILL),
    Command("cell-candidates", "e", "cell_candidates", "The candidates of this cell", _FILL),
    Command("clear-marks", "x", "clear_marks", "Take all marks away", _FILL),
    Command("undo", "u,ctrl+z", "undo", "Undo", _BACK, "Undo"),
    Command("redo", "r,ctrl+y", "redo", "Redo", _BACK),
    Command("undo-mistakes", "b", "undo_mistakes", "Undo to before the first mistake", _BACK),
    Command("savepoint", "s", "savepoint", "Keep this position", _BACK),
    Command("savepoints", "g", "savepoints", "Go to a kept position", _BACK),
    Command("restart", "ctrl+r", "restart", "Start over (can be undone)", _BACK),
    Command("filter", "f", "filter", "Filter for the value under the cursor", _GAME, "Filter"),
    Command("filter-next", "right_square_bracket", "filter_by(1)", "Filter: next value", _GAME),
    Command(
        "filter-previous", "left_square_bracket", "filter_by(-1)", "Filter: previous value", _GAME
    ),
    Command("hint", "i", "hint", "Hint: where, why, what; then do it", _GAME, "Hint"),
    Command("watch", "v", "watch", "Watch the model solve it", _GAME),
    Command("wrong", "w", "wrong", "Show wrong entries, or not", _GAME),
    Command("pause", "p", "pause", "Pause", _GAME, "Pause"),
    Command("larger", "plus", "zoom(1)", "Larger cells", _GAME),
    Command("smaller", "minus", "zoom(-1)", "Smaller cells", _GAME),
    Command("fit", "equals_sign", "zoom(0)", "Cells that fit the window", _GAME),
    Command("home", "escape,n", "app.leave_game", "Other puzzles", _GAME, "Puzzles"),
    Command("settings", "comma", "app.settings", "Settings", _GAME),
    Command("help", "question_mark", "app.help", "Help", _GAME, "Help"),
    Command("quit", "q", "app.quit", "Quit; the game is saved", _GAME),
)
"""The commands of a game."""

_FILM, _RUN = "Watching", "Watching: another run"

WATCHING = (
    Command("watch-play", "space", "play", "Play, or pause", _FILM, "Play"),
    Command("watch-step", "full_stop", "step(1)", "A frame on", _FILM, "Step"),
    Command("watch-back", "comma", "step(-1)", "A frame back", _FILM, "Back"),
    Command("watch-first", "home,0", "first", "Rewind", _FILM),
    Command("watch-last", "end,dollar_sign", "last", "To the end", _FILM),
    Command("watch-faster", "plus", "faster(1)", "Faster", _FILM),
    Command("watch-slower", "minus", "faster(-1)", "Slower", _FILM),
    Command("watch-latent", "tab", "latent(1)", "The next latent", _FILM),
    Command("watch-latent-before", "shift+tab", "latent(-1)", "The latent before", _FILM),
    Command("watch-all", "a", "all", "One latent, or all side by side", _FILM, "All"),
    Command(
        "watch-beside", "c", "beside", "Compare with the model without latent", _FILM, "Compare"
    ),
    Command("watch-export", "e", "export", "Export as a file", _FILM),
    Command("watch-up", "up", "move(-1, 0)", "Cursor up", _FILM),
    Command("watch-down", "down", "move(1, 0)", "Cursor down", _FILM),
    Command("watch-left", "left", "move(0, -1)", "Cursor left", _FILM),
    Command("watch-right", "right", "move(0, 1)", "Cursor right", _FILM),
    Command("watch-leave", "escape", "leave", "Leave", _FILM, "Leave"),
    Command("watch-help", "question_mark", "app.help", "Help", _FILM, "Help"),
    Command("watch-quit", "q", "app.quit", "Quit", _FILM),
    Command("watch-run", "r", "run", "Run again", _RUN),
    Command("watch-policy", "p", "vary('policy', 1)", "Run again, the next policy", _RUN),
    Command(
        "watch-more-latents",
        "k",
        "vary('latents', 1)",
        "Run again, twice as many latents",
        _RUN,
    ),
    Command(
        "watch-fewer-latents",
        "K",
        "vary('latents', -1)",
        "Run again, half as many latents",
        _RUN,
    ),
    Command("watch-more-calls", "n", "vary('nfe', 1)", "Run again, twice as many calls", _RUN),
    Command("watch-fewer-calls", "N", "vary('nfe', -1)", "Run again, half as many calls", _RUN),
    Command("watch-seed", "s", "vary('seed', 1)", "Run again, the next seed", _RUN),
    Command("watch-seed-before", "S", "vary('seed', -1)", "Run again, the seed before", _RUN),
    Command("watch-remask", "m", "vary('remask', 1)", "Run again, other remasking", _RUN),
)
"""The commands of the watch screen."""

_PLACE, _TEXT, _SAMPLE = "Moving in the text", "Text", "Text: sampling"

WRITING = (
    Command("text-left", "left", "move('left')", "A character left", _PLACE),
    Command("text-right", "right", "move('right')", "A character right", _PLACE),
    Command("text-up", "up", "move('up')", "A line up", _PLACE),
    Command("text-down", "down", "move('down')", "A line down", _PLACE),
    Command("text-word-left", "ctrl+left", "move('word-left')", "A word left", _PLACE),
    Command("text-word-right", "ctrl+right", "move('word-right')", "A word right", _PLACE),
    Command("text-home", "home", "move('home')", "Begin of the line", _PLACE),
    Command("text-end", "end", "move('end')", "End of the line", _PLACE),
    Command("text-select-left", "shift+left", "select('left')", "Select left", _PLACE),
    Command("text-select-right", "shift+right", "select('right')", "Select right", _PLACE),
    Command("text-select-up", "shift+up", "select('up')", "Select up", _PLACE),
    Command("text-select-down", "shift+down", "select('down')", "Select down", _PLACE),
    Command("text-select-all", "ctrl+a", "select_all", "Select all", _PLACE),
    Command("text-mask", "ctrl+g", "mask", "Mask the word, the selection, or a gap", _TEXT, "Mask"),
    Command("text-fill", "ctrl+f", "fill", "Fill what is masked", _SAMPLE, "Fill"),
    Command("text-again", "ctrl+r", "again", "Sample again, the next seed", _SAMPLE, "Again"),
    Command("text-lock", "ctrl+l", "lock", "Lock what was sampled, or no longer", _SAMPLE, "Lock"),
    Command("text-on", "ctrl+e", "write_on", "64 masked tokens at the end", _TEXT, "+64"),
    Command("text-undo", "ctrl+z", "undo", "Undo in the text", _TEXT),
    Command("text-redo", "ctrl+y", "redo", "Redo in the text", _TEXT),
    Command("text-backspace", "backspace", "delete(-1)", "Delete backwards", _TEXT),
    Command("text-delete", "delete", "delete(1)", "Delete", _TEXT),
    Command("text-copy", "ctrl+c", "copy", "Copy the selection, or all", _TEXT),
    Command("text-leave", "escape", "leave", "Stop filling; leave", _SAMPLE, "Leave"),
    Command("text-help", "f1", "app.help", "Help", _SAMPLE, "Help"),
)
"""The commands of the text screen. Characters are typed there."""

_LIST = "The list of puzzles"

LISTING = (
    Command("list-new", "n", "new", "A new puzzle", _LIST, "New"),
    Command("list-find", "o", "find", "Open a file", _LIST, "Open"),
    Command("list-remove", "d,delete", "remove", "Delete the game", _LIST, "Delete"),
    Command("list-text", "w", "app.text", "Write text with the model", _LIST, "Write"),
    Command("list-statistics", "t", "app.statistics", "Finished games", _LIST, "Stats"),
    Command("list-down", "j", "focused.cursor_down", "Down the list", _LIST),
    Command("list-up", "k", "focused.cursor_up", "Up the list", _LIST),
    Command("list-back", "escape", "app.last_game", "Back to the game", _LIST),
    Command("list-settings", "comma", "app.settings", "Settings", _LIST, "Settings"),
    Command("list-help", "question_mark", "app.help", "Help", _LIST, "Help"),
    Command("list-quit", "q", "app.quit", "Quit", _LIST, "Quit"),
)
"""The commands of the list of puzzles."""

TABLES = (COMMANDS, WATCHING, WRITING, LISTING)
"""A key has one meaning in each of these."""

BY_NAME = {command.name: command for table in TABLES for command in table}


def bindings(table: tuple[Command, ...]) -> list[BindingType]:
    return [command.binding for command in table]


def rivals(command: Command) -> tuple[Command, ...]:
    """The commands of the same screen, this one among them."""
    return next(table for table in TABLES if command in table)


def known_keys(names: dict[str, str]) -> dict[str, str]:
    """The keys of commands that exist, out of what the settings hold."""
    return {name: keys for name, keys in names.items() if name in BY_NAME and keys}

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

    area: str
    name: str
    keys: str
    action: str
    text: str
    shown: str = ""

    @property
    def binding(self) -> Binding:
        words = self.shown or self.text
        return Binding(self.keys, self.action, words, bool(self.shown), id=self.name)


def _table(*rows: str | tuple[str, ...]) -> tuple[Command, ...]:
    """Commands by name, keys, action, text and `shown`; a string is the area of those after it."""
    commands, area = [], ""
    for row in rows:
        if isinstance(row, str):
            area = row
        else:
            commands.append(Command(area, *row))
    return tuple(commands)


COMMANDS = _table(
    "Moving",
    ("up", "up,k", "move(-1, 0)", "Up"),
    ("down", "down,j", "move(1, 0)", "Down"),
    ("left", "left,h", "move(0, -1)", "Left"),
    ("right", "right,l", "move(0, 1)", "Right"),
    ("next-open", "tab", "board('move_open', 1)", "Next open cell"),
    ("previous-open", "shift+tab", "board('move_open', -1)", "Previous open cell"),
    "Moving: several cells",
    ("select-up", "shift+up", "move(-1, 0, True)", "Select up"),
    ("select-down", "shift+down", "move(1, 0, True)", "Select down"),
    ("select-left", "shift+left", "move(0, -1, True)", "Select left"),
    ("select-right", "shift+right", "move(0, 1, True)", "Select right"),
    ("select-all", "ctrl+a", "select_all", "Select all cells"),
    "Filling in",
    ("marks", "m,space", "typing('marks')", "Type marks, or values again", "Marks"),
    ("corners", "z", "typing('corners')", "Type corner marks, or values again", "Corners"),
    ("colours", "o", "typing('colours')", "Type colours 1 to 9, or values again"),
    ("one-mark", "full_stop", "once('marks')", "The next value is a mark"),
    ("one-corner", "semicolon", "once('corners')", "The next value is a corner mark"),
    ("clear", "delete,backspace,0", "clear", "Clear: values, else marks, else colours"),
    ("candidates", "c", "edit('fill_candidates')", "Pencil in all candidates"),
    ("cell-candidates", "e", "cell_candidates", "Pencil in the candidates of these cells"),
    ("clear-marks", "x", "edit('clear_marks')", "Clear all marks"),
    "Back and forth",
    ("undo", "u,ctrl+z", "edit('undo')", "Undo", "Undo"),
    ("redo", "r,ctrl+y", "edit('redo')", "Redo"),
    ("undo-mistakes", "b", "undo_mistakes", "Undo to before the first mistake"),
    ("savepoint", "s", "savepoint", "Keep this position"),
    ("savepoints", "g", "savepoints", "Go to a kept position"),
    ("restart", "ctrl+r", "restart", "Start over (can be undone)"),
    "The game",
    ("filter", "f", "filter", "Filter for the value under the cursor", "Filter"),
    ("filter-next", "right_square_bracket", "filter_by(1)", "Filter: next value"),
    ("filter-previous", "left_square_bracket", "filter_by(-1)", "Filter: previous value"),
    ("hint", "i", "hint", "Hint: where, why, what; then do it", "Hint"),
    ("words-down", "pagedown", "scroll_words(1)", "Scroll the text beside the board"),
    ("words-up", "pageup", "scroll_words(-1)", "Scroll it back"),
    ("watch", "v", "watch", "Watch the model solve it"),
    ("copy", "y", "copy", "Copy out: a text, a link, a picture"),
    ("rules", "t", "rules", "The rules in words"),
    ("wrong", "w", "wrong", "Show wrong entries, or not"),
    ("pause", "p", "pause", "Pause", "Pause"),
    ("larger", "plus", "board('zoom', 1)", "Larger cells"),
    ("smaller", "minus", "board('zoom', -1)", "Smaller cells"),
    ("fit", "equals_sign", "board('zoom', 0)", "Cells that fit the window"),
    ("next", "n", "app.next_puzzle", "Next puzzle"),
    ("home", "escape", "escape", "One cell; other puzzles", "Puzzles"),
    ("settings", "comma", "app.dialog('settings')", "Settings"),
    ("help", "question_mark", "app.dialog('help')", "Help", "Help"),
    ("quit", "q", "app.quit", "Quit; the game is saved"),
)
"""The commands of a game."""

WATCHING = _table(
    "Watching",
    ("watch-play", "space", "play", "Play, or pause", "Play"),
    ("watch-step", "full_stop", "step(1)", "Next frame", "Step"),
    ("watch-back", "comma", "step(-1)", "Previous frame", "Back"),
    ("watch-first", "home,0", "go(0)", "To the start"),
    ("watch-last", "end,dollar_sign", "go(-1)", "To the end"),
    ("watch-faster", "plus", "faster(1)", "Faster"),
    ("watch-slower", "minus", "faster(-1)", "Slower"),
    ("watch-latent", "tab", "latent(1)", "Next latent", "Latent"),
    ("watch-latent-before", "shift+tab", "latent(-1)", "Previous latent"),
    ("watch-all", "a", "all", "One latent, or all side by side", "All"),
    ("watch-shade", "h", "shade", "Shade differences, or entropy", "Shade"),
    ("watch-beside", "c", "run(True)", "Compare with the model without latent", "Compare"),
    ("watch-demonstrate", "d", "demonstrate", "Next demonstration", "Demo"),
    ("watch-export", "e", "export", "Export as a file"),
    ("watch-up", "up", "move(-1, 0)", "Cursor up"),
    ("watch-down", "down", "move(1, 0)", "Cursor down"),
    ("watch-left", "left", "move(0, -1)", "Cursor left"),
    ("watch-right", "right", "move(0, 1)", "Cursor right"),
    ("watch-page-down", "pagedown", "scroll(1)", "Words: a page down"),
    ("watch-page-up", "pageup", "scroll(-1)", "Words: a page up"),
    ("watch-leave", "escape", "leave", "Leave", "Leave"),
    ("watch-help", "question_mark", "app.dialog('help')", "Help", "Help"),
    ("watch-quit", "q", "app.quit", "Quit"),
    "Watching: another run",
    ("watch-run", "r", "run", "Run again"),
    ("watch-policy", "p", "vary('policy', 1)", "Run again with the next policy"),
    ("watch-more-latents", "k", "vary('latents', 1)", "Run again with twice as many latents"),
    ("watch-fewer-latents", "K", "vary('latents', -1)", "Run again with half as many latents"),
    ("watch-more-calls", "n", "vary('nfe', 1)", "Run again with twice as many calls"),
    ("watch-fewer-calls", "N", "vary('nfe', -1)", "Run again with half as many calls"),
    ("watch-seed", "s", "vary('seed', 1)", "Run again with the next seed"),
    ("watch-seed-before", "S", "vary('seed', -1)", "Run again with the previous seed"),
    ("watch-remask", "m", "vary('remask', 1)", "Run again with other remasking"),
    ("watch-select", "v", "vary('select', 1)", "Run again to the first valid grid, or to the end"),
)
"""The commands of the watch screen."""

WRITING = _table(
    "Moving in the text",
    ("text-left", "left", "move('left')", "Character left"),
    ("text-right", "right", "move('right')", "Character right"),
    ("text-up", "up", "move('up')", "Line up"),
    ("text-down", "down", "move('down')", "Line down"),
    ("text-word-left", "ctrl+left", "move('word-left')", "Word left"),
    ("text-word-right", "ctrl+right", "move('word-right')", "Word right"),
    ("text-home", "home", "move('home')", "Start of the line"),
    ("text-end", "end", "move('end')", "End of the line"),
    ("text-select-left", "shift+left", "move('left', True)", "Select left"),
    ("text-select-right", "shift+right", "move('right', True)", "Select right"),
    ("text-select-up", "shift+up", "move('up', True)", "Select up"),
    ("text-select-down", "shift+down", "move('down', True)", "Select down"),
    ("text-select-all", "ctrl+a", "select_all", "Select all"),
    "Text",
    ("text-mask", "ctrl+g", "edit('mask')", "Mask the word, the selection, or a gap", "Mask"),
    "Text: sampling",
    ("text-fill", "ctrl+f", "fill", "Fill what is masked", "Fill"),
    ("text-again", "ctrl+r", "fill(True)", "Sample again with the next seed", "Again"),
    ("text-lock", "ctrl+l", "edit('lock')", "Lock what was sampled, or unlock it", "Lock"),
    "Text",
    ("text-on", "ctrl+e", "edit('write_on', 64)", "Add 64 masked tokens at the end", "+64"),
    ("text-undo", "ctrl+z", "edit('undo')", "Undo in the text"),
    ("text-redo", "ctrl+y", "edit('redo')", "Redo in the text"),
    ("text-backspace", "backspace", "edit('delete', -1)", "Delete the character before"),
    ("text-delete", "delete", "edit('delete', 1)", "Delete the character after"),
    ("text-copy", "ctrl+c", "copy", "Copy the selection, or all"),
    "Text: sampling",
    ("text-leave", "escape", "leave", "Stop filling, or leave", "Leave"),
    ("text-help", "f1", "app.dialog('help')", "Help", "Help"),
)
"""The commands of the text screen. Characters are typed there."""

LISTING = _table(
    "The first screen",
    ("list-new", "n", "new", "New puzzle", "New"),
    ("list-daily", "y", "app.daily", "Daily puzzle", "Daily"),
    ("list-find", "o", "app.open", "Open or paste a puzzle", "Open"),
    ("list-help", "question_mark", "app.dialog('help')", "Help", "Help"),
    ("list-enter", "e", "app.enter", "Enter a puzzle by hand"),
    ("list-remove", "d,delete", "remove", "Delete a game", "Delete"),
    ("list-restore", "u,ctrl+z", "restore", "Bring back a deleted game"),
    ("list-statistics", "t", "app.dialog('statistics')", "Statistics", "Stats"),
    ("list-text", "w", "app.dialog('text')", "Write text with the model", "Write"),
    ("list-down", "j", "move('down')", "Down the list"),
    ("list-up", "k", "move('up')", "Up the list"),
    ("list-back", "escape", "back", "Back to the last game"),
    ("list-settings", "comma", "app.dialog('settings')", "Settings"),
    ("list-quit", "q", "app.quit", "Quit", "Quit"),
)
"""The commands of the first screen, the list of what can be played."""

ENTERING = _table(
    "Entering a puzzle",
    ("enter-up", "up", "move(-1, 0)", "Cell above"),
    ("enter-down", "down", "move(1, 0)", "Cell below"),
    ("enter-left", "left", "move(0, -1)", "Cell to the left"),
    ("enter-right", "right", "move(0, 1)", "Cell to the right"),
    ("enter-clear", "delete,backspace,0", "clear", "Take the given away", "Clear"),
    ("enter-undo", "u,ctrl+z", "edit('undo')", "Undo a given", "Undo"),
    ("enter-redo", "r,ctrl+y", "edit('redo')", "Redo a given"),
    ("enter-play", "p,enter", "play", "Play this puzzle", "Play"),
    ("enter-leave", "escape", "leave", "Back to the first screen", "Back"),
    ("enter-help", "question_mark", "app.dialog('help')", "Help", "Help"),
)
"""The commands of the screen on which a puzzle is entered by hand."""

TABLES = (COMMANDS, WATCHING, WRITING, LISTING, ENTERING)
"""A key has one meaning in each of these."""

BY_NAME = {command.name: command for table in TABLES for command in table}


def bindings(table: tuple[Command, ...]) -> list[BindingType]:
    return [command.binding for command in table]

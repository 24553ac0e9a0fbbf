"""Makes docs/pictures/ by the application itself: `make pictures`. Screens of `vmd-play`, run
without a terminal; a step of solving, as `vmd-solve --explain --format html` draws it; and
`play.cast`, a minute of `vmd-play` in a terminal (asciicast, version 2). Names of pictures make
these alone.

What is pressed stands in tables: keys as Textual names them, and `:hint` for the command `hint`.
"""

from __future__ import annotations

import asyncio
import codecs
import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from html import escape, unescape
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from rich.cells import cell_len
from textual.keys import key_to_character
from textual.pilot import Pilot

from vmd_solver.drawing.diagrams import Diagram, document_of
from vmd_solver.drawing.geometry import HEAVY
from vmd_solver.formats import read_path
from vmd_solver.play import game, opening
from vmd_solver.play.replay import Replay
from vmd_solver.play.storage import folders_at
from vmd_solver.techniques import State, apply, solve_path
from vmd_solver.tui.app import PlayApp
from vmd_solver.tui.commands import BY_NAME

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
DAY, SEED = date(2026, 1, 1), 7
"""The day of all pictures, and the seed where nobody chose one."""


class Shot(NamedTuple):
    """A screen: the name of its picture, columns and lines, the keys that lead there, the puzzle it
    begins with, where there is one, how long a game of it took, and the theme, if not the usual."""

    name: str
    size: tuple[int, int]
    keys: str
    puzzle: str = ""
    watch: bool = False
    seconds: int = 0
    theme: str = ""


LOOK = ":watch-demonstrate :watch-first :watch-step"
"""The next demonstration after the first call of the model."""

SHOTS = (
    Shot("play", (112, 41), ":candidates 7 right right right 5 :filter", "medium", seconds=83),
    Shot("hint", (112, 41), ":candidates" + " :hint" * 23, "hard", seconds=201),
    Shot("watch", (120, 36), f"{LOOK} down down down down right right right", "x", watch=True),
    Shot(
        "watch-empty",
        (120, 36),
        f":watch-demonstrate {LOOK} :watch-beside :watch-first :watch-step :watch-all",
        "x",
        watch=True,
    ),
    Shot("new", (80, 24), ":list-new"),
    Shot("home", (120, 38), ""),
)
"""One after the other, with the same saved games, so that the last has some to show."""

STEP = "hard", "hidden pair"
"""A puzzle, and the technique whose first step in it is drawn."""

CAST_SIZE = 100, 32
BEGUN = Shot("", CAST_SIZE, ":candidates", "medium", seconds=42)
"""The game that the recording continues."""

CAST = (
    *((3.0, "down"), (0.7, "down"), (0.7, "up"), (0.7, "up"), (1.5, "enter")),
    *((3.0, "7"), (1.0, "right"), (0.3, "right"), (0.3, "right"), (1.0, "5")),
    *((1.5, ":filter"), (2.5, ":filter")),
    *((1.0, "down"), (0.3, "left"), (0.3, "left"), (0.8, ":one-mark"), (0.5, "8")),
    *((2.0, ":hint"), (5.0, ":hint"), (6.0, ":hint"), (5.0, ":hint")),
    *((3.0, ":watch"), (14.0, ":watch-leave")),
    *((3.0, ":home"), (3.0, "q")),
)
"""Seconds to wait, and then a key: home, a game, values and marks, a hint in its stages, the model
at work, and back."""


# --- screens ---


class _Clock:
    """Time that stands still, except for what a picture asks for."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


CLOCK = _Clock()


def steady() -> None:
    """Let the day, the time of games and the seeds of the application be those of the pictures."""
    day = type("Day", (date,), {"today": classmethod(lambda kind: kind(*DAY.timetuple()[:3]))})
    for name, module in list(sys.modules.items()):
        if name.startswith("vmd_solver.") and getattr(module, "date", None) is date:
            vars(module)["date"] = day
    game.Stopwatch.__init__.__defaults__ = (0.0, CLOCK)
    opening.any_seed = lambda: SEED


async def screen(shot: Shot, games: Path) -> str:
    """The picture of a shot, with saved games in a folder."""
    entries = [*read_path(ROOT / "puzzles" / f"{shot.puzzle}.txt")][:1] if shot.puzzle else []
    replays: list[Replay | None] | None = [None] if shot.watch else None
    app = PlayApp(folders_at(games), entries, replays=replays)
    async with app.run_test(size=shot.size) as pilot:
        app.theme = shot.theme or app.theme
        await settled(pilot)
        for key in keys_of(shot.keys):
            await pilot.press(key)
            await settled(pilot)
        CLOCK.seconds += shot.seconds
        await pilot.pause(1.1)  # what shows the time does so every second
        await settled(pilot)
        return drawn(app.export_screenshot(), *shot.size)


async def settled(pilot: Pilot[None]) -> None:
    """Wait until the screen stays as it is, and nothing but dialogs is at work."""
    before, quiet = "", 0
    while quiet < 4:
        await pilot.pause(0.1)
        after = pilot.app.export_screenshot()
        busy = any(one.is_running and one.group != "dialog" for one in pilot.app.workers)
        quiet = 0 if busy or after != before else quiet + 1
        before = after


def keys_of(text: str) -> list[str]:
    """Keys, with the usual one of each command."""
    words = text.split()
    return [BY_NAME[w[1:]].keys.split(",")[0] if w[0] == ":" else w for w in words]


# --- a screen as a drawing in which lines meet ---

WIDTH, HEIGHT, SIZE, MARGIN, BAR = 9, 18, 15, 9, 30
"""Of a character; of letters; around the screen, and of the bar above it."""

FONT = "ui-monospace,'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace"

ARMS = {sign: arms for arms, sign in HEAVY.items() if sign != " "}
ARMS |= dict(zip("╭╮╰╯", [(0, 1, 0, 1), (0, 1, 1, 0), (1, 0, 0, 1), (1, 0, 1, 0)], strict=True))

Part = tuple[float, float, float, float]
"""A rectangle in a character: x, y, width and height, of its width and height."""


def _blocks() -> Iterator[tuple[str, list[Part]]]:
    for at in range(1, 9):
        yield chr(0x2580 + at), [(0, 1 - at / 8, 1, at / 8)]
        yield chr(0x2590 - at), [(0, 0, at / 8, 1)]
    yield from {"▀": [(0, 0, 1, 0.5)], "▔": [(0, 0, 1, 1 / 8)]}.items()  # type: ignore[misc]
    yield from {"▐": [(0.5, 0, 0.5, 1)], "▕": [(7 / 8, 0, 1 / 8, 1)]}.items()  # type: ignore[misc]
    for sign, bits in zip("▖▗▘▙▚▛▜▝▞▟", (4, 8, 1, 13, 9, 7, 11, 2, 6, 14), strict=True):
        yield sign, _raster(bits, 2)
    for at in range(60):
        bits = at + 1 + (at >= 20) + (at >= 40)
        yield chr(0x1FB00 + at), _raster(bits, 3)


def _raster(bits: int, rows: int) -> list[Part]:
    """The set parts of a character of two columns, row by row."""
    return [
        (at % 2 / 2, at // 2 / rows, 1 / 2, 1 / rows) for at in range(2 * rows) if bits >> at & 1
    ]


BLOCKS = dict(_blocks())
WEIGHTS = (0.0, 1.2, 2.4)
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}


class Cell(NamedTuple):
    """A character of a screen, its colour and what else its style says."""

    text: str
    ink: str
    more: str


def drawn(screenshot: str, columns: int, lines: int) -> str:
    """Textual's picture of a screen, drawn again: there a line of text is higher than its letters,
    so that lines which go on below each other have gaps, and a font decides what they look like.
    Here lines, blocks and dots are shapes."""
    cells, grounds = _read(screenshot, columns, lines)
    base = Counter(ground for row in grounds for ground in row).most_common(1)[0][0]
    body = _grounds(grounds, base) + _graphics(cells) + "".join(_texts(cells))
    width, height = WIDTH * columns + 2 * MARGIN, HEIGHT * lines + BAR + MARGIN
    dots = ((18, "#ff5f57"), (38, "#febc2e"), (58, "#28c840"))
    buttons = "".join(f'<circle cx="{x}" cy="15" r="6" fill="{ink}"/>' for x, ink in dots)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' font-family="{FONT}" font-size="{SIZE}" xml:space="preserve">\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="#15171a"/>\n{buttons}\n'
        f'<g transform="translate({MARGIN} {BAR})">\n'
        f'<rect width="{WIDTH * columns}" height="{HEIGHT * lines}" fill="{base}"/>\n'
        f"{body}</g>\n</svg>\n"
    )


def _read(screenshot: str, columns: int, lines: int) -> tuple[list[list[Cell]], list[list[str]]]:
    """The characters of a screen and what is behind them, from Textual's picture of it."""
    wide, tall = 12.2, 24.4
    looks = {
        name: (ink, more.strip("; "))
        for name, ink, more in re.findall(r"\.([\w-]+-r\d+) { fill: (#\w+);?([^}]*)}", screenshot)
    }
    cells = [[Cell(" ", "", "")] * columns for _ in range(lines)]
    grounds = [["#000000"] * columns for _ in range(lines)]
    rect = r'<rect fill="(#\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"[^>]*crispEdges'
    for ink, x, y, width in re.findall(rect, screenshot):
        first, row = round(float(x) / wide), int(float(y) / tall)
        for at in range(first, first + round(float(width) / wide)):
            grounds[row][at] = ink
    text = r'<text class="([\w-]+-r\d+)" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>'
    for name, x, y, shown in re.findall(text, screenshot):
        at, row = round(float(x) / wide), int(float(y) / tall)
        for sign in unescape(shown).replace("\xa0", " ").rstrip("\n"):
            cells[row][at] = Cell(sign, *looks[name])
            at += cell_len(sign)
    return cells, grounds


def _grounds(grounds: list[list[str]], base: str) -> str:
    """Rectangles of one colour, each as wide and as high as it goes."""
    spans: dict[tuple[int, int, str], list[int]] = defaultdict(list)
    for row, colours in enumerate(grounds):
        start = 0
        for ink, same in groupby(colours):
            width = len([*same])
            if ink != base:
                spans[start, width, ink].append(row)
            start += width
    inked: dict[str, str] = defaultdict(str)
    for (start, width, ink), rows in spans.items():
        for first, count in _runs(rows):
            x, y = WIDTH * start, HEIGHT * first
            inked[ink] += f"M{x} {y}h{WIDTH * width}v{HEIGHT * count}h-{WIDTH * width}z"
    return "".join(_path(path, f'fill="{ink}" {CRISP}') for ink, path in inked.items())


CRISP = 'shape-rendering="crispEdges"'


def _path(path: str, look: str) -> str:
    return f'<path d="{path}" {look}/>\n'


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Rising numbers as runs without a gap: the first, and how many."""
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        found = [number for _, number in run]
        yield found[0], len(found)


def _graphics(cells: list[list[Cell]]) -> str:
    """Lines, blocks and dots, by colour."""
    across: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    down: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    filled: dict[tuple[str, float], str] = defaultdict(str)
    dots: dict[str, str] = defaultdict(str)
    for row, line in enumerate(cells):
        for col, (sign, ink, _) in enumerate(line):
            x, y = WIDTH * col, HEIGHT * row
            if sign in ARMS:
                above, below, left, right = ARMS[sign]
                for half, weight in ((2 * col, left), (2 * col + 1, right)):
                    across[ink, weight, row].append(half)
                for half, weight in ((2 * row, above), (2 * row + 1, below)):
                    down[ink, weight, col].append(half)
            for dx, dy, wide, tall in BLOCKS.get(sign, [(0, 0, 1, 1)] * (sign in SHADES)):
                w, h = WIDTH * wide, HEIGHT * tall
                rect = f"M{x + WIDTH * dx:g} {y + HEIGHT * dy:g}h{w:g}v{h:g}h-{w:g}z"
                filled[ink, SHADES.get(sign, 1.0)] += rect
            for at, (dx, dy) in enumerate(_DOTS) if "⠀" < sign <= "⣿" else ():
                if ord(sign) >> at & 1:
                    dots[ink] += f"M{x + WIDTH * dx:g} {y + HEIGHT * dy:g}h0"
    found = "".join(
        _path(path, f'fill="{ink}" {CRISP}' + f' opacity="{share}"' * (share < 1))
        for (ink, share), path in filled.items()
    )
    lines: dict[tuple[str, int], str] = defaultdict(str)
    for (ink, weight, row), halves in across.items():
        for start, length in _strokes(halves, WIDTH / 2, WEIGHTS[weight]):
            lines[ink, weight] += f"M{start:g} {HEIGHT * (row + 0.5):g}h{length:g}"
    for (ink, weight, col), halves in down.items():
        for start, length in _strokes(halves, HEIGHT / 2, WEIGHTS[weight]):
            lines[ink, weight] += f"M{WIDTH * (col + 0.5):g} {start:g}v{length:g}"
    for (ink, weight), path in lines.items():
        if weight:
            found += _path(path, f'stroke="{ink}" stroke-width="{WEIGHTS[weight]}"')
    for ink, path in dots.items():
        found += _path(path, f'stroke="{ink}" stroke-width="2.6" stroke-linecap="round"')
    return found


_DOTS = [(x, (y + 0.5) / 4) for y, x in ((0, 0.25), (1, 0.25), (2, 0.25), (0, 0.75), (1, 0.75))]
_DOTS += [(0.75, 0.625), (0.25, 0.875), (0.75, 0.875)]
"""Of a braille character, in the order of its bits."""


def _strokes(halves: list[int], half: float, weight: float) -> Iterator[tuple[float, float]]:
    """Where strokes through halves of characters begin, and how long they are: what ends in the
    middle of a character meets others there, and covers their width."""
    for first, count in _runs(halves):
        start, end = half * first, half * (first + count)
        before, after = weight / 2 * (first % 2), weight / 2 * ((first + count) % 2)
        yield start - before, end + after - start + before


def _texts(cells: list[list[Cell]]) -> Iterator[str]:
    """Everything else: words in one style, each in the room that a terminal gives it."""
    looks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row, line in enumerate(cells):
        col = 0
        for (ink, more, graphic), run in groupby(line, lambda c: (c.ink, c.more, _graphic(c.text))):
            text = "".join(cell.text for cell in run)
            for word in () if graphic else re.finditer(r"\S+( \S+)*", text):
                x, y = WIDTH * (col + word.start()), HEIGHT * row + 13
                room = f'textLength="{WIDTH * cell_len(word[0])}"'
                looks[ink, more].append(f'<text x="{x}" y="{y}" {room}>{escape(word[0])}</text>')
            col += len(text)
    for (ink, more), texts in looks.items():
        style = f' style="{more}"' if more else ""
        yield f'<g fill="{ink}"{style}>{"".join(texts)}</g>\n'


def _graphic(sign: str) -> bool:
    return sign in ARMS or sign in BLOCKS or sign in SHADES or "⠀" < sign <= "⣿"


# --- a step ---


def step(name: str, technique: str) -> str:
    """The picture of the first step of a technique in a puzzle, with its words."""
    puzzle = next(read_path(ROOT / "puzzles" / f"{name}.txt")).puzzle
    assert puzzle is not None
    state, steps = State.of(puzzle, unique=True), solve_path(puzzle, unique=True).steps
    at = [one.technique for one in steps].index(technique)
    for before in steps[:at]:
        state = apply(state, before)
    one = steps[at]
    diagram = Diagram(
        *(puzzle, state.values, state.candidates, one.area(puzzle.board), one.groups, one.links),
        *(one.eliminations, one.placements),
    )
    words = [one.where, one.why, one.follows]
    return document_of(diagram, technique[:1].upper() + technique[1:], words)


# --- a minute in a terminal ---

SEQUENCES = {
    **{"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D"},
    **{"home": "\x1b[H", "end": "\x1b[F", "delete": "\x1b[3~", "shift+tab": "\x1b[Z"},
    **{"enter": "\r", "escape": "\x1b", "tab": "\t", "space": " ", "backspace": "\x7f"},
    **{"shift+up": "\x1b[1;2A", "shift+down": "\x1b[1;2B"},
    **{"shift+right": "\x1b[1;2C", "shift+left": "\x1b[1;2D"},
}
"""What a terminal sends for a key."""


def sent(key: str) -> str:
    """The characters of a key.

    >>> sent("full_stop"), sent("ctrl+z"), sent("5")
    ('.', '\\x1a', '5')
    """
    if key.startswith("ctrl+"):
        return chr(ord(key[5:].upper()) & 0x1F)
    return SEQUENCES.get(key) or key_to_character(key) or key


def cast(command: list[str], script: Iterable[tuple[float, str]], size: tuple[int, int]) -> str:
    """What a program writes to a terminal of this size, and when, while keys come. Time begins when
    the program first writes."""
    columns, rows = size
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        os.execvpe(command[0], command, kept | colours)
    decode = codecs.getincrementaldecoder("utf-8")().decode
    events: list[tuple[float, str]] = []

    def take(seconds: float) -> bool:
        """Take what comes for so long, and at first at once; whether the program goes on."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([terminal], [], [], left)[0]:
                try:
                    data = os.read(terminal, 1 << 16)
                except OSError:  # the other end is closed
                    return False
                if not data:
                    return False
                events.append((time.monotonic(), decode(data)))
                if len(events) == 1:
                    break
        return True

    take(60)
    for pause, word in script:
        take(pause)
        (key,) = keys_of(word)
        os.write(terminal, sent(key).encode())
    while take(1.0):
        pass
    os.close(terminal)
    os.waitpid(pid, 0)
    head: Any = {"version": 2, "width": columns, "height": rows, "title": "vmd-play"}
    start, screen = events[0][0], _Screen(columns, rows)
    changes = ((at, screen.change(text)) for at, text in _joined(events))
    lines = [head, *([round(at - start, 3), "o", text] for at, text in changes if text)]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _joined(events: list[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    """Events, those within a frame of one another as one."""
    since, text = events[0]
    for at, more in events[1:]:
        if at - since > 0.03:
            yield since, text
            since, text = at, ""
        text += more
    yield since, text


class _Screen:
    """What a terminal shows; programs write whole lines anew of which few characters change."""

    def __init__(self, columns: int, rows: int) -> None:
        self._cells = [[(" ", "")] * columns for _ in range(rows)]
        self._x = self._y = 0
        self._style = self._rest = ""
        self._lead = "\x1b[?25l\x1b[2J"

    def change(self, text: str) -> str:
        """What has to be written for the same to be seen."""
        before = [[*line] for line in self._cells]
        self._feed(self._rest + text)
        out, style, at = self._lead, None, (-1, -1)
        self._lead = ""
        for y, (line, known) in enumerate(zip(self._cells, before, strict=True)):
            for x, (cell, old) in enumerate(zip(line, known, strict=True)):
                if cell != old:
                    out += f"\x1b[{y + 1};{x + 1}H" * (at != (y, x))
                    out += f"\x1b[0;{cell[1]}m" * (cell[1] != style) + cell[0]
                    style, at = cell[1], (y, x + 1)
        return out

    def _feed(self, text: str) -> None:
        """Take text, and of its sequences those that Textual draws with."""
        text, self._rest = re.fullmatch(r"(.*?)(\x1b[^a-zA-Z~\x07]*)?", text, re.S).groups("")  # type: ignore[union-attr]
        part = r"\x1b\[([\d;]*)([Hm])|\x1b(?:\[[^a-zA-Z~]*[a-zA-Z~]|\][^\x07]*\x07|.)|(.)"
        for found in re.finditer(part, text, re.S):
            numbers, kind, sign = found.groups()
            if kind == "H":
                self._y, self._x = (int(number) - 1 for number in (numbers or "1;1").split(";"))
            elif kind == "m":
                self._style = "" if numbers in ("", "0") else numbers
            elif sign == "\r":
                self._x = 0
            elif sign == "\n":
                self._y += 1
            elif sign and sign >= " " and self._y < len(self._cells):
                line, wide = self._cells[self._y], cell_len(sign)
                for column, shown in enumerate([sign, ""][:wide], self._x):
                    if column < len(line):
                        line[column] = (shown, self._style)
                self._x += wide


def minute() -> str:
    """The cast of the documentation."""
    with TemporaryDirectory() as folder:
        asyncio.run(screen(BEGUN, Path(folder)))
        command = [sys.executable, "-m", "vmd_solver.tui.command", "--data-dir", folder]
        return cast(command, CAST, CAST_SIZE)


async def screens(names: set[str], folder: Path) -> None:
    """Draw these screens; the list of games needs the games of all others."""
    steady()
    with TemporaryDirectory() as games:
        for shot in SHOTS:
            if {shot.name, "home"} & names:
                write(folder / f"{shot.name}.svg", await screen(shot, Path(games)))


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    print(f"{path.name}: {len(text.encode()):,} bytes")


def main(names: set[str], folder: Path) -> None:
    """Write the pictures that are named, or all."""
    names = names or {*(shot.name for shot in SHOTS), "step", "cast"}
    asyncio.run(screens(names, folder))
    if "step" in names:
        write(folder / "step.svg", step(*STEP))
    if "cast" in names:
        write(folder / "play.cast", minute())


if __name__ == "__main__":
    main({*sys.argv[1:]}, FOLDER)

"""docs/pictures/ is what docs/pictures.py makes: every picture is there, of a sensible size, and
shown on a page; and how it draws screens and records a terminal."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console
from rich.text import Text
from scripts import script

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"


SCRIPT = script("pictures")
NAMES = [*(f"{shot.name}.svg" for shot in SCRIPT.SHOTS), "step.svg", "play.cast"]
MOVING = ["solve.svg", "write.svg"]
"""Those of docs/moving.py."""


def test_every_picture_is_made_and_shown() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.is_file()} == {*NAMES, *MOVING}
    pages = [ROOT / "README.md", *ROOT.glob("docs/*.md")]
    shown = " ".join(page.read_text(encoding="utf-8") for page in pages)
    assert [name for name in NAMES + MOVING if f"pictures/{name}" not in shown] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".svg")])
def test_pictures(name: str) -> None:
    """Small, whole, and nothing in them is fetched from elsewhere."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert len(text.encode()) < 150_000
    assert len([*ElementTree.fromstring(text).iter(f"{SVG}text")]) > 20
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_the_recording_takes_a_minute() -> None:
    text = (FOLDER / "play.cast").read_text(encoding="utf-8")
    head, *events = map(json.loads, text.splitlines())
    assert len(text.encode()) < 600_000
    assert (head["version"], head["width"], head["height"]) == (2, *SCRIPT.CAST_SIZE)
    times = [at for at, _, _ in events]
    assert times == sorted(times) and 45 < times[-1] < 75


def test_the_script_makes_what_is_named(tmp_path: Path) -> None:
    code = (
        "import runpy, sys; from pathlib import Path; "
        "runpy.run_path(sys.argv[1])['main']({'new', 'step'}, Path(sys.argv[2]))"
    )
    script = ROOT / "docs" / "pictures.py"
    subprocess.run([sys.executable, "-c", code, script, tmp_path], check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"new.svg", "step.svg"}
    step = (tmp_path / "step.svg").read_text(encoding="utf-8")
    assert step == (FOLDER / "step.svg").read_text(encoding="utf-8")


def screen(*lines: str, style: str = "#ffffff on #000000") -> ElementTree.Element:
    """The drawing of a screen of such lines."""
    columns = max(map(len, lines))
    console = Console(
        **{"width": columns, "file": io.StringIO(), "record": True},
        **{"force_terminal": True, "color_system": "truecolor"},
    )
    for line in lines:
        console.print(Text(line.ljust(columns), style=style), end="\n")
    return ElementTree.fromstring(SCRIPT.drawn(console.export_svg(), columns, len(lines)))


def paths(root: ElementTree.Element, look: str) -> str:
    return " ".join(str(path.get("d")) for path in root.iter(f"{SVG}path") if path.get(look))


def test_lines_go_on_from_line_to_line() -> None:
    """One stroke down each side, however many lines of text it takes; corners meet."""
    wide, tall = SCRIPT.WIDTH, SCRIPT.HEIGHT
    found = paths(screen("┏━━┓", "┃  ┃", "┃  ┃", "┗━━┛"), "stroke")
    left, right, top, bottom = wide / 2, 3.5 * wide, tall / 2, 3.5 * tall
    weight = SCRIPT.WEIGHTS[2]
    across, down = right - left + weight, bottom - top + weight
    assert {*re.findall(r"M[^M]*", found)} == {
        f"M{left - weight / 2:g} {top:g}h{across:g}",
        f"M{left - weight / 2:g} {bottom:g}h{across:g}",
        f"M{left:g} {top - weight / 2:g}v{down:g}",
        f"M{right:g} {top - weight / 2:g}v{down:g}",
    }
    weights = {path.get("stroke-width") for path in screen("┏─").iter(f"{SVG}path")} - {None}
    assert len(weights) == 2


@pytest.mark.parametrize(
    ("sign", "part"),
    [("▀", "M0 0h9v9h-9z"), ("▐", "M4.5 0h4.5v18h-4.5z"), ("▂", "M0 13.5h9v4.5h-9z")],
)
def test_blocks_are_shapes(sign: str, part: str) -> None:
    root = screen(sign)
    assert part in paths(root, "fill") and not [*root.iter(f"{SVG}text")]


def test_dots_and_shades_are_shapes() -> None:
    assert paths(screen("⠁⣿"), "stroke").count("h0") == 9
    assert any(path.get("opacity") == "0.25" for path in screen("░").iter(f"{SVG}path"))


def test_words_have_their_room() -> None:
    texts = [*screen("  one two   3", "<&").iter(f"{SVG}text")]
    found = [(text.text, text.get("x"), text.get("textLength")) for text in texts]
    assert found == [("one two", "18", "63"), ("3", "108", "9"), ("<&", "0", "18")]


def test_keys_as_a_terminal_sends_them() -> None:
    keys = SCRIPT.keys_of(":hint right ctrl+z full_stop 5")
    assert [SCRIPT.sent(key) for key in keys[1:]] == ["\x1b[C", "\x1a", ".", "5"]
    assert SCRIPT.sent(keys[0]) == "i"


def test_a_terminal_is_recorded() -> None:
    """Keys reach the program, and what it writes is kept until it ends."""
    program = "import os; print(os.get_terminal_size().columns, input('? '), chr(0x2500))"
    script = [(0.0, "h"), (0.0, "full_stop"), (0.0, "enter")]
    text = SCRIPT.cast([sys.executable, "-c", program], script, (80, 24))
    head, *events = map(json.loads, text.splitlines())
    assert (head["width"], head["height"], events[0][0]) == (80, 24, 0)
    written = re.split(r"\x1b\[[\d;?]*\w", "".join(data for _, _, data in events))
    assert "".join(written).replace(" ", "") == "?h.80h.\u2500"


def test_only_what_changes_is_recorded() -> None:
    screen = SCRIPT._Screen(6, 2)
    red, blue = "\x1b[31m", "\x1b[34m"
    first = screen.change(f"\x1b[?1049h\x1b[1;1H{red}abc\x1b[0m\r\n{blue}x\x1b[0m")
    assert first.endswith("\x1b[1;1H\x1b[0;31mabc\x1b[2;1H\x1b[0;34mx")
    assert screen.change(f"\x1b[1;1H{red}abd\x1b[0m\x1b") == "\x1b[1;3H\x1b[0;31md"
    assert screen.change("[1;1H ") == "\x1b[1;1H\x1b[0;m "
    assert screen.change("\x1b[1;1H \x1b[2;1H" + blue + "x") == ""

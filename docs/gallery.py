"""Writes docs/GALLERY.md and its pictures: `make pictures`. What makes a picture stands below it on
the page, and is what is run here: commands as they are, Python as it is, keys in vmd-play."""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import vmd_solver

DOCS = Path(__file__).resolve().parent


class Made(NamedTuple):
    """A picture that a command writes to NAME.svg; `title` says what it shows, and `command` is run
    in a shell, after `before`. Seeds say which puzzle: it is the same everywhere."""

    name: str
    title: str
    command: str
    before: str = ""


class Drawn(NamedTuple):
    """A picture that Python draws, or several: the last expression of `code`, as in a notebook, is
    a Drawing, or a list of them."""

    name: str
    title: str
    code: str
    count: int = 1


class Explained(NamedTuple):
    """The first step of a technique in a puzzle, as `vmd-solve --explain` draws it."""

    name: str
    title: str
    puzzle: str
    technique: str


class Screen(NamedTuple):
    """A screen of `vmd-play`, in a theme: columns and lines, keys, and a puzzle, as in
    docs/pictures.py."""

    name: str
    title: str
    puzzle: str
    keys: str
    theme: str
    size: tuple[int, int]


class Shown(NamedTuple):
    """A picture of another page: its file below docs/pictures, and the command that shows it."""

    name: str
    title: str
    command: str


Picture = Made | Drawn | Explained | Screen | Shown

BOARD = ":candidates 7 right right right 5 :filter"
LATENTS = """run = vmd_solver.solve(
    "." * 81, "neural", latents=4, nfe=4, policy="last", z="refine", select="margin"
)
[vmd_solver.draw(run.puzzle, proposal.values) for proposal in run.proposals]"""

SECTIONS: Mapping[str, tuple[Picture, ...]] = {
    "Families": (
        Made(
            *("sudoku", "A Sudoku, and its solution"),
            "vmd-make -d medium --symmetry half-turn --seed 7 --solutions",
        ),
        Made("jigsaw", "A jigsaw", "vmd-make --family jigsaw --seed 3 --solutions"),
        Made("box", "Boxes of three rows and four columns", "vmd-make --box 3x4 --seed 1"),
        Made("windoku", "A windoku: four more boxes", "vmd-make --family windoku --seed 4"),
        Drawn("16x16", "16x16, solved", 'solved("puzzles/16x16.txt")'),
        Drawn("25x25", "25x25, solved", 'solved("puzzles/25x25.txt")'),
        Drawn("butterfly", "Four boards that overlap", 'solved("puzzles/butterfly.txt")'),
    ),
    "Rules": (
        Made(
            *("killer", "Killer: the sums of cages"),
            "vmd-make --family killer -d medium --seed 3",
        ),
        Made(
            *("thermo", "Thermometers: values rise from the bulb on"),
            "vmd-make --family thermo -d medium --seed 2 --solutions",
        ),
        Made(
            *("kakuro", "Kakuro: the sums of rows and columns"),
            "vmd-make --family kakuro --seed 2 --solutions",
        ),
        Made(
            *("takuzu", "Takuzu: never three alike in a row"),
            "vmd-make --family takuzu --size 8 --seed 2 --solutions",
        ),
        Made(
            *("mixed", "Four kinds of rules at once"),
            "vmd-make --family mixed -d medium --seed 5 --solutions",
        ),
        Made("kenken", "KenKen", "vmd-make --family kenken --size 6 --seed 1"),
        Made("futoshiki", "Futoshiki", "vmd-make --family futoshiki --size 6 --seed 1"),
        Made("skyscraper", "Skyscrapers", "vmd-make --family skyscraper --size 6 --seed 1"),
        Made("sandwich", "Sandwich sums", "vmd-make --family sandwich --size 6 --seed 1"),
        Made("arrow", "Arrows", "vmd-make --family arrow --size 6 --seed 2"),
        Drawn("queens", "Queens: none sees another one", 'solved("puzzles/queens.txt")'),
    ),
    "Hard ones": (
        Made(
            *("extreme", "Forcing chains are needed, and no technique below them is enough"),
            "vmd-make -d extreme --seed 2",
        ),
        Made(
            *("minimal", "No clue to spare, and a pattern that stays when turned by 180 degrees"),
            "vmd-make -d expert --minimal --symmetry half-turn --seed 4",
        ),
    ),
    "A page to print": (
        Made(
            *(
                "sheet",
                "Four puzzles, and their solutions below: with --format html or pdf on A4 pages",
            ),
            "vmd-make -d medium -n 4 --seed 11 --solutions",
        ),
    ),
    "How a person would do it": (
        Shown(
            *("step.svg", "A hidden pair: one step of many"),
            "vmd-solve --explain --format html puzzles/hard.txt -o steps.html",
        ),
        Explained("skyscraper-step", "A skyscraper", "hard", "skyscraper"),
        Explained("chain", "An inference chain", "hard", "grouped inference chain"),
        Shown("hint.svg", "A hint in vmd-play, at its third stage", "vmd-play puzzles/hard.txt"),
    ),
    "Play": (
        Shown("play.svg", "The theme paper-dark", "vmd-play puzzles/medium.txt"),
        Screen("light", "paper-light", "medium", BOARD, "paper-light", (112, 41)),
        Screen("contrast", "contrast-dark", "medium", BOARD, "contrast-dark", (112, 41)),
        Screen("contrast-light", "contrast-light", "medium", BOARD, "contrast-light", (112, 41)),
        Screen("play-killer", "A killer", "killer", ":candidates", "paper-dark", (112, 41)),
        Screen("play-16x16", "16x16", "16x16", ":candidates", "paper-light", (150, 54)),
        Shown("new.svg", "A new puzzle", "vmd-play"),
    ),
    "The model at work": (
        Shown("solve.svg", "Four latents fill in a hard Sudoku", "python docs/moving.py"),
        Shown("watch.svg", "What the model thinks of a cell", "vmd-play --watch puzzles/x.txt"),
        Shown(
            *("watch-empty.svg", "An empty board, without a latent beside three with one"),
            "vmd-play --watch",
        ),
        Made(
            *("run", "A whole run on one picture, call by call"),
            "vmd-play --watch run.jsonl --export",
            "vmd-solve --mode neural --policy top --nfe 4 --latents 2 --quiet puzzles/6x6.txt"
            " --trace run.jsonl",
        ),
    ),
    "Several grids from one empty board": (
        Drawn("latent", "Four latents, four grids, in four calls of the model", LATENTS, 4),
    ),
    "Text": (
        Shown(
            *("write.svg", "The secondary mode: a small model of Shakespeare's plays writes"),
            "vmd-text --watch -n 160 --nfe 8 --seed 1 $'ROMEO:\\n'",
        ),
    ),
}

INTRODUCTION = """# Gallery

What the programs draw. Below each picture is what makes it; `make pictures` makes them all, and
this page. Every rule has a picture in [RULES.md](RULES.md), and the techniques of solving are in
[TECHNIQUES.md](TECHNIQUES.md). Puzzles whose command has a seed are the same everywhere; what the
model draws depends on its weights.
"""

SOLVED = """Where Python says `solved` below, this is meant:

```python
import vmd_solver


def solved(path):
    puzzle = vmd_solver.load(path)[0]
    return vmd_solver.draw(vmd_solver.solve(puzzle))
```
"""


def solved(path: str) -> vmd_solver.Drawing:
    """The first puzzle of a file with its solution."""
    return vmd_solver.draw(vmd_solver.solve(vmd_solver.load(path)[0]))


# --- the page ---


def page() -> str:
    """The text of docs/GALLERY.md."""
    text = f"{INTRODUCTION}\n{SOLVED}"
    for heading, pictures in SECTIONS.items():
        text += f"\n## {heading}\n"
        for one in pictures:
            text += f"\n**{one.title}.**\n\n{' '.join(_links(one))}\n\n{_made_by(one)}\n"
    return text


def _links(one: Picture) -> Iterator[str]:
    folder = "pictures" if isinstance(one, Shown) else "pictures/gallery"
    files = names(one)
    for number, name in enumerate(files, 1):
        which = f", {number} of {len(files)}" if len(files) > 1 else ""
        yield f"![{one.title}{which}]({folder}/{name})"


def names(one: Picture) -> list[str]:
    """The files of a picture."""
    if isinstance(one, Shown):
        return [one.name]
    if isinstance(one, Drawn) and one.count > 1:
        return [f"{one.name}-{number}.svg" for number in range(1, one.count + 1)]
    return [f"{one.name}.svg"]


def _made_by(one: Picture) -> str:
    """What the reader can type, in a block of code."""
    if isinstance(one, Drawn):
        return f"```python\n{one.code}\n```"
    if isinstance(one, Explained):
        command = f"vmd-solve --explain --format html puzzles/{one.puzzle}.txt -o steps.html"
    elif isinstance(one, Screen):
        command = f"vmd-play puzzles/{one.puzzle}.txt"
    else:
        command = "\n".join(commands(one))
    return f"```sh\n{command}\n```"


def commands(one: Made | Shown) -> list[str]:
    """The commands of a picture, one a line."""
    if isinstance(one, Shown):
        return [one.command]
    if one.before:
        return [one.before, f"{one.command} {one.name}.svg"]
    return [f"{one.command} --format svg -o {one.name}.svg"]


# --- the pictures ---


def drawings(one: Picture) -> list[str]:
    """The files of a picture as text, made now."""
    if isinstance(one, Made):
        return [_run(one)]
    if isinstance(one, Drawn):
        names = {"vmd_solver": vmd_solver, "solved": solved}
        *before, last = ast.parse(one.code).body
        exec(compile(ast.Module(before, []), one.name, "exec"), names)
        found = eval(ast.unparse(last), names)
        return [drawing.svg for drawing in (found if one.count > 1 else [found])]
    if isinstance(one, Explained):
        return [_pictures().step(one.puzzle, one.technique)]
    if isinstance(one, Screen):
        return [_screen(one)]
    return []


def _run(one: Made) -> str:
    """What the commands of a picture write in an empty folder."""
    bin_first = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    with TemporaryDirectory() as folder:
        for command in commands(one):
            environment = os.environ | {"PATH": bin_first}
            subprocess.run(shlex.split(command), cwd=folder, env=environment, check=True)
        return (Path(folder) / f"{one.name}.svg").read_text(encoding="utf-8")


def _screen(one: Screen) -> str:
    script = _pictures()
    script.steady()
    with TemporaryDirectory() as games:
        shot = script.Shot(one.name, one.size, one.keys, one.puzzle, seconds=83, theme=one.theme)
        return str(asyncio.run(script.screen(shot, Path(games))))


def _pictures() -> Any:
    """docs/pictures.py, whether this is run or imported."""
    spec = importlib.util.spec_from_file_location("pictures_for_gallery", DOCS / "pictures.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(wanted: set[str], docs: Path = DOCS) -> None:
    """Write the pictures that are named, or all, and the page."""
    folder = docs / "pictures" / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    for one in (one for pictures in SECTIONS.values() for one in pictures):
        if isinstance(one, Shown) or (wanted and one.name not in wanted):
            continue
        for name, text in zip(names(one), drawings(one), strict=True):
            (folder / name).write_text(text, encoding="utf-8")
            print(f"{name}: {len(text.encode()):,} bytes")
    (docs / "GALLERY.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main({*sys.argv[1:]})

"""The pictures that move, docs/pictures/solve.svg and write.svg: they are small and whole, what CSS
shows adds up, and the first ends with a grid that is right; and how docs/moving.py draws a run."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from scripts import script

from vmd_solver.csp.verify import verify
from vmd_solver.formats import parse, read_path
from vmd_solver.play.replay import Replay

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"
GRID = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"


SCRIPT = script("moving")
TEXT = (SCRIPT.FOLDER / "solve.svg").read_text(encoding="utf-8")


def boards(text: str) -> list[ElementTree.Element]:
    return [*ElementTree.fromstring(text).findall(f"{SVG}g[@transform]")][:-1]


def standing(board: ElementTree.Element) -> list[str]:
    """The values (n,) of a board that are seen without motion."""
    side, found = SCRIPT.CELL, {}
    for group in board.findall(f"{SVG}g[@class='d']/{SVG}g"):
        if "f" not in (look := group.get("class", "").split()) or "l" in look:
            for text in group.iter(f"{SVG}text"):
                at = int(text.get("y", "")) // side * 9 + int(text.get("x", "")) // side
                assert found.setdefault(at, text.text or "") == text.text
    return [found[at] for at in range(81)]


WRITTEN = (SCRIPT.FOLDER / "write.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [TEXT, WRITTEN], ids=["solve", "write"])
def test_they_are_small_and_fetch_nothing(text: str) -> None:
    assert len(text.encode()) < 150_000
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme:dark" in text and "prefers-reduced-motion:reduce" in text


@pytest.mark.parametrize("text", [TEXT, WRITTEN], ids=["solve", "write"])
def test_all_that_moves_is_told_how(text: str) -> None:
    told = {*re.findall(r"@keyframes (\S+?){", text)}
    moving = {*re.findall(r'class="f (\S+?)[ "]', text)}
    assert moving == told and len(told) > 20


def test_it_ends_with_a_right_grid() -> None:
    name, number = SCRIPT.PUZZLE
    puzzle = [*read_path(ROOT / "puzzles" / name)][number].puzzle
    assert puzzle is not None and len(boards(TEXT)) == 4
    won = [
        (tuple(map(int, standing(board))), board.find(f".//{SVG}rect[@class='win']") is not None)
        for board in boards(TEXT)
    ]
    assert [verify(puzzle, values).ok for values, _ in won] == [wins for _, wins in won]
    assert sum(wins for _, wins in won) >= 1


def run(*rows: dict[str, Any]) -> Replay:
    """A replay of two latents on a puzzle that has its first two cells masked."""
    replay = Replay(parse(".." + GRID[2:]), 2)
    for row in rows:
        replay.add({"puzzle": 0, **row})
    return replay


def called(latent: int, first: int, second: int) -> dict[str, Any]:
    grid = [first, second, *map(int, GRID[2:])]
    chances = [0.9, 0.3] + [1.0] * 79
    return {"event": "Called", "nfe": 1, "loops": 16, "latent": latent} | {
        "grid": grid,
        "probabilities": chances,
    }


VERIFIED = {"event": "Verified", "values": [*map(int, GRID)]}


def test_what_is_drawn_of_a_run() -> None:
    committed = {"event": "Committed", "latent": 1, "cells": [0], "values": [3]}
    rows = (
        called(0, 5, 3), called(1, 3, 3), committed | {"probabilities": [0.9]},
        {"event": "Remasked", "latent": 1, "cells": [0]}, VERIFIED,
    )  # fmt: skip
    text = SCRIPT.animated(run(*rows))
    first, second = boards(text)
    looks = Counter(
        (text.get("class"), text.text)
        for group in second.findall(f"{SVG}g[@class='d']/{SVG}g[@class]")
        for text in group
    )
    assert looks == {("p3 x", "3"): 1, ("p1 x", "3"): 1, ("n", "3"): 1, ("r", "3"): 1}
    assert "".join(standing(first)) == GRID and "".join(standing(second)) == "33" + GRID[2:]
    seconds = sum(SCRIPT.SECONDS.values())
    assert f"{seconds:g}s linear infinite" in text and "Latent 1 has a grid" in text


def test_a_run_without_a_verified_grid_is_no_picture() -> None:
    with pytest.raises(ValueError, match="verified grid expected"):
        SCRIPT.animated(run(called(0, 3, 5)))


def test_what_is_drawn_of_a_text() -> None:
    text = SCRIPT.typed(["A:\n···", "A:\n·b·", "A:\nxb\n"])
    letters = ElementTree.fromstring(text).findall(f"{SVG}g[@class='w']/{SVG}g")
    found = {
        (group.get("class", ""), "".join(one.text or "" for one in group)) for group in letters
    }
    assert found == {
        ("", "A:"), ("f k0-1", "·"), ("f k0-2", "··"), ("f k1-3 l", "b"), ("f k2-3 l", "x")
    }  # fmt: skip
    assert SCRIPT._places("ab\nc" + "d" * 64)[2:5] == [(2, 0), (0, 1), (1, 1)]
    assert SCRIPT._places("a" * 65)[-1] == (0, 1)

"""Replays as files: drawings that are XML, casts that any player can read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from fakes import oracle, undecided

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku, windoku
from vmd_solver.drawing.slides import cast, storyboard
from vmd_solver.errors import SaveError
from vmd_solver.play.player import FIRST, Player, record, varied
from vmd_solver.play.replay import Replay
from vmd_solver.tui.export import DIFFERS, MOST_FRAMES, chosen, export, slideshow

TEXT = "{http://www.w3.org/2000/svg}text"


def texts(drawing: str) -> list[str]:
    return [found.text or "" for found in ElementTree.fromstring(drawing).iter(TEXT)]


@pytest.fixture
def solved(four: Puzzle, solution: tuple[int, ...]) -> Replay:
    replay = Replay(four)
    record(four, FIRST, oracle(np.array(solution)), replay.add)
    return replay


@pytest.fixture
def unsolved() -> Replay:
    replay = Replay(windoku().empty())
    asked = varied(varied(FIRST, "latents", -1), "nfe", -1)
    record(replay.puzzle, asked, undecided(), replay.add)
    return replay


def test_a_moment_is_drawn_with_its_signs_probabilities_and_legend(solved: Replay) -> None:
    found = texts(storyboard(slideshow(solved.puzzle, [Player(solved).timeline[1]])))
    assert found[0] == "call 1, latent 1"
    assert found.count("1'") == 2 * 4 and found.count("2?") == 2 * 4
    assert "latents differ here" not in found
    assert "given" in found and "breaks a rule" in found
    assert any(text.isdecimal() and int(text) > 90 for text in found)


def test_a_whole_film_has_a_board_for_each_latent_at_each_moment(unsolved: Replay) -> None:
    timeline = Player(unsolved).timeline
    found = texts(storyboard(slideshow(unsolved.puzzle, timeline)))
    captions = [text for text in found if text.startswith(("call ", "commit ", "unsolved"))]
    assert sum(text.endswith("latent 2") for text in captions) * 2 == len(captions)
    assert any(text.startswith("!") for text in found)


def test_where_latents_differ_is_marked(unsolved: Replay) -> None:
    one, other = unsolved.frames[1].layers
    show = slideshow(unsolved.puzzle, [Player(unsolved).timeline[1]])
    differ = len(other.differing([one]))
    found = texts(storyboard(show))
    assert found.count("≠") == differ > 20
    assert "≠5" in found and "latents differ here" in found
    (_, _, text), *_ = map(json.loads, cast(show, 0.5, "").splitlines()[1:])
    assert "≠ latents differ here" in text and DIFFERS.sgr in text


def test_of_a_long_film_moments_are_chosen_equally_far_apart(solved: Replay) -> None:
    frame = solved.frames[0]
    timeline = [(frame, *[frame] * at) for at in range(200)]
    some = chosen(timeline)
    assert len(some) == MOST_FRAMES
    assert (some[0], some[-1]) == (timeline[0], timeline[-1])
    assert chosen(timeline[:3]) == timeline[:3]


def test_a_cast_shows_each_moment_in_its_time(unsolved: Replay) -> None:
    timeline = Player(unsolved).timeline
    head, *events = map(
        json.loads, cast(slideshow(unsolved.puzzle, timeline), 0.5, "t").splitlines()
    )
    assert head["version"] == 2 and head["title"] == "t"
    times = [when for when, _, _ in events]
    assert times == sorted(times) and times[1] == 0.5
    assert len(events) == len(timeline) + 1
    for (_, kind, text), frames in zip(events, timeline, strict=False):
        lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).split("\r\n")
        assert kind == "o" and lines[0].startswith(frames[0].step)
        assert len(lines) <= head["height"] and max(map(len, lines)) <= head["width"]


def test_the_name_says_what_is_written(solved: Replay, tmp_path: Path) -> None:
    export(tmp_path / "a.svg", [solved])
    export(tmp_path / "b.svg", [solved], solved.frames[:1])
    export(tmp_path / "c.cast", [solved, solved])
    assert texts((tmp_path / "a.svg").read_text()).count("given") == 1
    assert len((tmp_path / "b.svg").read_text()) < len((tmp_path / "a.svg").read_text())
    assert "no latent" in (tmp_path / "c.cast").read_text()
    with pytest.raises(SaveError, match=r"ends in \.svg or \.cast"):
        export(tmp_path / "d.gif", [solved])
    with pytest.raises(SaveError, match="cannot be written"):
        export(tmp_path / "nowhere" / "d.svg", [solved])


def test_large_boards_are_drawn_too() -> None:
    replay = Replay(sudoku(5, 5).empty())
    head = json.loads(
        cast(slideshow(replay.puzzle, Player(replay).timeline), 1.0, "").splitlines()[0]
    )
    assert head["height"] >= 25 and head["width"] >= 80
    assert texts(storyboard(slideshow(replay.puzzle, Player(replay).timeline)))[0] == "the puzzle"

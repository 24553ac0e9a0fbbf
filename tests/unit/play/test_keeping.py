"""Statistics, settings and folders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from vmd_solver.play import settings
from vmd_solver.play.settings import TOGGLES, Settings
from vmd_solver.play.statistics import Finished, Statistics, Tally
from vmd_solver.play.storage import folders_at, usual_folders


def finished(
    seconds: float, helped: bool = False, kind: str = "sudoku 9x9", level: str = "", day: str = ""
) -> Finished:
    return Finished(kind, "key", seconds, helped, "2026-01-01T00:00:00+00:00", level, day)


def test_finished_games_add_up_by_kind(tmp_path: Path) -> None:
    statistics = Statistics(tmp_path / "deep" / "finished.jsonl")
    assert statistics.tallies() == []
    for game in (finished(90), finished(60), finished(1, helped=True), finished(5, kind="x")):
        statistics.add(game)
    assert statistics.tallies() == [
        Tally("sudoku 9x9", "", 3, 1, 60, 75, 60),
        Tally("x", "", 1, 0, 5, 5, 5),
    ]
    assert statistics.best_s("sudoku 9x9") == 60
    assert statistics.best_s("latin 4x4") is None


def test_levels_have_times_of_their_own(tmp_path: Path) -> None:
    statistics = Statistics(tmp_path / "finished.jsonl")
    for game in (finished(90, level="hard"), finished(60, level="easy"), finished(70)):
        statistics.add(game)
    assert [(one.level, one.best_s) for one in statistics.tallies()] == [
        ("", 70),
        ("easy", 60),
        ("hard", 90),
    ]
    assert statistics.best_s("sudoku 9x9", "hard") == 90


def test_the_days_whose_puzzle_was_solved(tmp_path: Path) -> None:
    statistics = Statistics(tmp_path / "finished.jsonl")
    for day in ("", "2026-01-02", "2026-01-01", "2026-01-02"):
        statistics.add(finished(60, day=day))
    assert statistics.days() == {"2026-01-01", "2026-01-02"}
    assert statistics.keys() == {"key"}


def test_lines_of_earlier_versions_are_read_and_strange_ones_left(tmp_path: Path) -> None:
    statistics = Statistics(tmp_path / "finished.jsonl")
    known = {"kind": "x", "key": "k", "elapsed_s": 5, "helped": False, "when": "2026"}
    strange = ({"level": "unheard of"}, {"level": 3}, {"day": []}, {"elapsed_s": -1}, {"new": 1})
    lines = [known, *(known | more for more in strange)]
    statistics.path.write_text("\n".join(map(json.dumps, lines)))
    assert statistics.games() == [Finished("x", "k", 5, False, "2026")]


def test_a_line_that_was_cut_short_loses_itself_only(tmp_path: Path) -> None:
    statistics = Statistics(tmp_path / "finished.jsonl")
    statistics.add(finished(90))
    whole = statistics.path.read_text()
    statistics.path.write_text(whole + whole[:30])
    statistics.add(finished(60))
    assert [game.elapsed_s for game in statistics.games()] == [90, 60]
    assert statistics.path.read_text().startswith(whole + whole[:30] + "\n")


def test_settings_come_back(tmp_path: Path) -> None:
    path = tmp_path / "play.json"
    assert settings.load(path) == (Settings(), "")
    mine = replace(Settings(), show_wrong=True, theme="nord", keys={"undo": "ctrl+u"})
    settings.save(path, mine)
    assert settings.load(path) == (mine, "")


@pytest.mark.parametrize("text", ["{", "[]", '{"wrap": 1}', '{"keys": {"undo": 3}}'])
def test_broken_settings_are_kept_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "play.json"
    path.write_text(text)
    found, note = settings.load(path)
    assert found == Settings()
    assert "kept as play.unreadable.json" in note
    assert (tmp_path / "play.unreadable.json").read_text() == text


def test_settings_of_another_version_keep_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "play.json"
    path.write_text('{"wrap": false, "unheard_of": 1}')
    assert settings.load(path) == (replace(Settings(), wrap=False), "")


def test_every_toggle_is_described() -> None:
    assert len(TOGGLES) >= 10
    assert all(one.metadata["area"] and one.metadata["text"] for one in TOGGLES)


def test_folders(tmp_path: Path) -> None:
    usual = usual_folders()
    assert usual.games.parent == usual.statistics.parent
    assert "vmd-solver" in str(usual.settings)
    assert folders_at(tmp_path).statistics.parent == tmp_path

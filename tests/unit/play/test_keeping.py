"""Statistics, settings and folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vmd_solver.play import settings
from vmd_solver.play.settings import TOGGLES, Settings
from vmd_solver.play.statistics import Finished, Statistics, Tally
from vmd_solver.play.storage import folders_at, usual_folders


def finished(seconds: float, helped: bool = False, kind: str = "sudoku 9x9") -> Finished:
    return Finished(kind, "key", seconds, helped, "2026-01-01T00:00:00+00:00")


def test_finished_games_add_up_by_kind(tmp_path: Path) -> None:
    statistics = Statistics(tmp_path / "deep" / "finished.jsonl")
    assert statistics.tallies() == []
    for game in (finished(90), finished(60), finished(1, helped=True), finished(5, kind="x")):
        statistics.add(game)
    assert statistics.tallies() == [
        Tally("sudoku 9x9", 3, 1, 60, 75, 60),
        Tally("x", 1, 0, 5, 5, 5),
    ]
    assert statistics.best_s("sudoku 9x9") == 60
    assert statistics.best_s("latin 4x4") is None


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

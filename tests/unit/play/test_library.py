"""Saved games: resumed by their puzzle, safe against crashes, broken files and other programs."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import grid, sudoku
from vmd_solver.errors import SaveError
from vmd_solver.play import Library, Opened, storage
from vmd_solver.play.library import ELSEWHERE, from_data, to_data
from vmd_solver.play.storage import Lock
from vmd_solver.techniques import Grade

ROOT = Path(__file__).resolve().parents[3]
PUZZLE = Puzzle(sudoku(2, 2), (1, 2, 0, 0) + (0,) * 12, name="four")


class Closing(Library):
    """A library whose games are all closed in the end."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.all: list[Opened] = []

    def open(self, puzzle: Puzzle, title: str = "") -> Opened:
        self.all.append(super().open(puzzle, title))
        return self.all[-1]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Closing(tmp_path / "games")
    yield library
    for opened in library.all:
        opened.close()


def files(library: Library) -> set[str]:
    return {path.name for path in library.folder.glob("*") if path.suffix != ".lock"}


def test_a_game_is_resumed_with_its_history(library: Library) -> None:
    opened = library.open(PUZZLE, "my puzzle")
    opened.game.enter([2], 3)
    opened.game.mark([5], 4)
    opened.game.save_point("here")
    opened.game.enter([3], 4)
    opened.game.undo()
    opened.close()
    again = library.open(PUZZLE)
    assert again.resumed
    assert again.notes == ()
    assert (again.game.title, again.game.values[2], again.game.marks[5]) == ("my puzzle", 3, 8)
    assert again.game.savepoints == opened.game.savepoints
    assert again.game.redo()
    assert again.game.values[3] == 4
    assert [again.game.undo() for _ in range(4)] == [True, True, True, False]
    again.close()


def test_cursor_and_typing_and_colours_are_kept(library: Library) -> None:
    opened = library.open(PUZZLE)
    opened.game.mark([2, 3], 3, corner=True)
    opened.game.paint([2, 7], 5)
    opened.game.save_point("here")
    opened.game.cursor, opened.game.typing = 7, "corners"
    opened.close()
    again = library.open(PUZZLE).game
    assert (again.cursor, again.typing) == (7, "corners")
    assert again.cells == opened.game.cells
    assert again.savepoints == opened.game.savepoints


def test_a_game_of_the_version_before_is_read(library: Library) -> None:
    data = to_data(library.open(PUZZLE).game)
    del data["cursor"], data["typing"]
    data |= {"version": 1, "moves": [[[2, 3, 0]], [[5, 0, 8]]], "done": 1}
    point = {"name": "1", "values": [1, 2, 3] + [0] * 13, "marks": [0] * 15 + [8]}
    game = from_data(data | {"savepoints": [point]})
    assert (game.values[2], game.marks[5], game.cursor) == (3, 0, 2)
    assert game.redo()
    assert game.marks[5] == 8
    assert game.return_to(game.savepoints[0])
    assert (game.values[2], game.marks[15]) == (3, 8)


def test_looking_at_a_puzzle_leaves_no_file(library: Library) -> None:
    library.open(PUZZLE).close()
    assert files(library) == set()


def test_nothing_is_written_twice(library: Library) -> None:
    opened = library.open(PUZZLE)
    opened.game.enter([2], 3)
    opened.save()
    assert opened.draft() is None
    opened.game.undo()
    assert opened.draft() is not None
    opened.close()


def test_an_old_draft_never_replaces_a_newer_one(library: Library) -> None:
    opened = library.open(PUZZLE)
    opened.game.enter([2], 3)
    old = opened.draft()
    opened.game.enter([3], 4)
    opened.save()
    opened.write(old)
    opened.close()
    opened.write(old)
    assert library.open(PUZZLE).game.values[3] == 4


def test_a_crash_in_mid_write_leaves_the_last_save(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = library.open(PUZZLE)
    opened.game.enter([2], 3)
    opened.save()
    before = opened.path.read_bytes()

    def crash(value: Any, stream: Any, **options: Any) -> None:
        stream.write('{"version": 1, "puz')
        stream.flush()
        raise KeyboardInterrupt

    opened.game.enter([3], 4)
    monkeypatch.setattr(storage.json, "dump", crash)
    with pytest.raises(KeyboardInterrupt):
        opened.save()
    assert opened.path.read_bytes() == before
    assert files(library) == {opened.path.name}


def test_a_full_disk_is_tried_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = library.open(PUZZLE)
    opened.game.enter([2], 3)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(storage.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            opened.save()
    opened.save()
    assert json.loads(opened.path.read_text())["moves"] == [[[2, 3, 0, 0, 0]]]
    opened.close()


def test_a_killed_program_leaves_a_whole_file_and_no_lock(library: Library) -> None:
    """A process that writes without end is killed in the middle of it, several times."""
    code = (
        "import sys; from pathlib import Path; from vmd_solver.csp import Puzzle;"
        "from vmd_solver.csp.families import sudoku; from vmd_solver.play import Library\n"
        "puzzle = Puzzle(sudoku(2, 2), (1, 2, 0, 0) + (0,) * 12)\n"
        "opened = Library(Path(sys.argv[1])).open(puzzle)\n"
        "assert opened.saves\n"
        "while True:\n"
        "    opened.game.mark([5], 4); opened.save(); print(flush=True)\n"
    )
    for saves in (1, 3):
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(library.folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        for _ in range(saves):
            assert child.stdout.readline()
        child.kill()
        child.wait()
        child.stdout.close()
        opened = library.open(PUZZLE)
        assert opened.saves
        assert opened.resumed
        assert len(opened.game.done) >= saves
        opened.close()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 1}',
        '{"version": 99}',
        "\x00\xff",
        "[" * 100_000,
    ],
)
def test_a_broken_file_is_kept_aside_and_reported(library: Library, text: str) -> None:
    opened = library.open(PUZZLE)
    opened.game.enter([2], 3)
    opened.close()
    for _ in range(2):
        opened.path.write_text(text, encoding="latin-1")
        again = library.open(PUZZLE)
        assert not again.resumed
        assert again.game.values[2] == 0
        assert "kept as" in again.notes[0]
        again.game.enter([2], 4)
        again.close()
    kept = sorted(library.folder.glob("*.unreadable*"))
    assert len(kept) == 2
    assert all(path.read_text(encoding="latin-1") == text for path in kept)


@pytest.mark.parametrize(
    "change",
    [
        {"moves": [[[0, 2, 0]]]},  # in place of a given
        {"moves": [[[16, 2, 0]]]},
        {"moves": [[[2, 5, 0]]]},
        {"moves": [[[2, 3, 16]]]},
        {"moves": [[[2, 3]]]},
        {"moves": [[]]},
        {"moves": [[[2, 0, 0]]]},  # changes nothing
        {"moves": 3},
        {"done": 2},
        {"done": -1},
        {"done": "1"},
        {"elapsed_s": -1.0},
        {"elapsed_s": float("nan")},
        {"puzzle": "nonsense"},
        {"puzzle": None},
        {"savepoints": [{"name": "x", "values": [1], "marks": [0]}]},
        {"savepoints": 1},
    ],
)
def test_data_that_makes_no_sense_is_refused(library: Library, change: dict[str, Any]) -> None:
    opened = library.open(PUZZLE)
    opened.game.enter([2], 3)
    data = json.loads(json.dumps(to_data(opened.game)))
    assert from_data(data).values == opened.game.values
    with pytest.raises(SaveError):
        from_data({**data, **change})


def test_a_second_player_plays_without_saving(library: Library) -> None:
    first = library.open(PUZZLE)
    first.game.enter([2], 3)
    first.save()
    second = library.open(PUZZLE)
    assert second.resumed
    assert not second.saves
    assert second.notes == (ELSEWHERE,)
    second.game.enter([3], 4)
    second.close()
    assert not library.remove(first.path.stem)
    first.close()
    third = library.open(PUZZLE)
    assert third.saves
    assert third.game.values[3] == 0
    third.close()
    assert library.remove(first.path.stem)
    assert library.saved() == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    opened = Library(tmp_path / "games").open(PUZZLE)
    assert "not saved" in opened.notes[0]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "games").write_text("")
    opened = Library(tmp_path / "games").open(PUZZLE)
    opened.game.enter([2], 3)
    assert "not saved" in opened.notes[0]
    with pytest.raises(OSError, match="exists"):
        opened.save()
    (tmp_path / "games").unlink()
    opened.close()
    assert json.loads(opened.path.read_text())["moves"] == [[[2, 3, 0, 0, 0]]]


def test_a_game_that_another_took_meanwhile_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "games").write_text("")
    opened = Library(tmp_path / "games").open(PUZZLE)
    opened.game.enter([2], 3)
    (tmp_path / "games").unlink()
    other = Library(tmp_path / "games").open(PUZZLE)
    with pytest.raises(OSError, match="another vmd-play"):
        opened.close()
    assert not opened.path.exists()
    other.close()


def test_games_are_listed_the_last_saved_first(library: Library) -> None:
    other = Puzzle(sudoku(2, 2), (0,) * 16)
    for at, puzzle in enumerate((PUZZLE, other)):
        opened = library.open(puzzle, f"game {at}")
        opened.game.enter([5], 4)
        opened.close()
        os.utime(opened.path, (at, at))
    (library.folder / "broken.json").write_text("{")
    assert [one.title for one in library.saved()] == ["game 1", "game 0"]
    last = library.last()
    assert last is not None
    assert (last.kind, last.cells, last.open_cells) == ("sudoku 4x4", 16, 15)
    resumed = library.resume(last.key)
    assert resumed.game.puzzle == other
    resumed.close()


def test_a_broken_game_cannot_be_resumed(library: Library) -> None:
    library.folder.mkdir(parents=True)
    (library.folder / "abc.json").write_text("{")
    with pytest.raises(SaveError, match="kept as"):
        library.resume("abc")
    with pytest.raises(SaveError, match="gone"):
        library.resume("abc")


def test_names_do_not_matter_and_units_do(library: Library) -> None:
    one = library.open(PUZZLE)
    renamed = Puzzle(PUZZLE.board, PUZZLE.givens, name="other")
    free = Puzzle(grid(4, 4, 4, [(0, 1)]), PUZZLE.givens)
    assert library.open(renamed).path == one.path
    assert library.open(free).path != one.path


def test_a_lock_is_held_once(tmp_path: Path) -> None:
    one, other = Lock(tmp_path / "x"), Lock(tmp_path / "x")
    assert one.take()
    assert one.take()
    assert not other.take()
    one.release()
    assert other.take()
    other.release()


def test_drafts_of_crashes_are_swept_when_old(library: Library) -> None:
    library.folder.mkdir(parents=True)
    old, new = library.folder / "a.json.1.draft", library.folder / "b.json.2.draft"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    Library(library.folder)
    assert files(library) == {new.name}


def test_a_deleted_game_is_brought_back_whole(library: Library) -> None:
    opened = library.open(PUZZLE)
    opened.game.enter([2], 3)
    opened.close()
    key = opened.path.stem
    before = opened.path.read_bytes()
    assert library.remove(key) and library.saved() == []
    again = Library(library.folder)  # as another program, or this one after a crash
    assert again.saved() == [] and again.restore(key)
    assert opened.path.read_bytes() == before
    assert files(library) == {opened.path.name}


def test_a_deleted_game_never_replaces_one_that_was_begun_since(library: Library) -> None:
    for value in (3, 4):
        opened = library.open(PUZZLE)
        opened.game.enter([2], value)
        opened.close()
        if value == 3:
            assert library.remove(opened.path.stem)
    assert not library.restore(opened.path.stem)
    assert library.look(opened.path.stem).values[2] == 4


def test_a_deleted_game_is_kept_for_weeks_not_for_ever(library: Library) -> None:
    opened = library.open(PUZZLE)
    opened.game.enter([2], 3)
    opened.close()
    os.utime(opened.path, (0, 0))  # played long ago, and deleted now
    library.remove(opened.path.stem)
    (kept,) = library.folder.glob("*.deleted")
    Library(library.folder)
    assert kept.exists()
    os.utime(kept, (0, 0))
    Library(library.folder)
    assert not kept.exists()


def test_the_level_is_known_where_the_game_was_graded(library: Library) -> None:
    opened = library.open(PUZZLE)
    for cell, level in ((2, ""), (3, "easy")):
        opened.game.enter([cell], cell + 1)
        opened.game.grade = Grade("full house", "easy", 1) if level else None
        opened.save()
        assert library.saved()[0].level == level

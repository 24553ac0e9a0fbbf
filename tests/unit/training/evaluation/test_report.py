"""A report keeps every measurement, goes on where it stopped, and mixes nothing up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import undecided

from vmd_solver.errors import VmdError
from vmd_training.commands import eval as command
from vmd_training.evaluation import report
from vmd_training.evaluation.bench import Bench, Section, Task
from vmd_training.evaluation.report import SECTIONS
from vmd_training.tables import Row, Table

Made = Callable[..., Bench]


class Counted:
    """A section of three tasks that counts what it measures, and may be interrupted."""

    def __init__(self, stop_at: str = "") -> None:
        self.ran: list[str] = []
        self.stop_at = stop_at
        self.section = Section("counted", "Counted", "How many?", self.tasks, self.tables)

    def tasks(self, bench: Bench) -> Iterator[Task]:
        for key in ("one", "two", "three"):
            yield Task(key, 1.0, lambda key=key: self.run(key))  # type: ignore[misc]

    def run(self, key: str) -> list[Row]:
        if key == self.stop_at:
            raise KeyboardInterrupt
        self.ran.append(key)
        return [{"key": key}]

    def tables(self, rows: list[Row]) -> list[Table]:
        return [Table("Keys", ("key",), [(row["key"],) for row in rows], "Seed 0.")]


def ignore(what: str, left_s: float) -> None:
    pass


def test_what_was_cut_off_continues_and_measures_nothing_twice(
    bench_of: Made, tmp_path: Path
) -> None:
    bench, first, second = bench_of(undecided()), Counted(stop_at="three"), Counted()
    with pytest.raises(KeyboardInterrupt):
        report.measure(report.opened(tmp_path, bench, False), bench, [first.section], ignore)
    again = report.opened(tmp_path, bench, True)
    report.measure(again, bench, [second.section], ignore)
    assert (first.ran, second.ran) == (["one", "two"], ["three"])
    text = report.write(again, [second.section]).read_text()
    assert "| one |\n| two |\n| three |\n\nSeed 0." in text
    kept = json.loads((tmp_path / "report.json").read_text())
    assert kept["sections"]["counted"]["three"] == [{"key": "three"}]
    assert kept["about"]["models"][0]["name"] == "fake"


def test_a_report_is_not_overwritten_unasked(bench_of: Made, tmp_path: Path) -> None:
    bench = bench_of(undecided())
    report.opened(tmp_path, bench, False).save()
    with pytest.raises(VmdError, match="use --resume, or another --out"):
        report.opened(tmp_path, bench, False)


def test_a_report_of_other_options_is_not_gone_on_with(bench_of: Made, tmp_path: Path) -> None:
    bench = bench_of(undecided())
    report.opened(tmp_path, bench, False).save()
    report.opened(tmp_path, bench, True)
    others = {
        "seed": bench_of(undecided(), seed=1),
        "sets": bench_of(undecided(), names=("minimal",)),
        "scale": replace(bench, scale=replace(bench.scale, count=5)),
        "models": bench_of(undecided()),  # other random weights
    }
    for part, other in others.items():
        if part != "models":
            other.models = bench.models
        with pytest.raises(VmdError, match=f"with other {part}"):
            report.opened(tmp_path, other, True)


def test_a_damaged_report_is_named(bench_of: Made, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{")
    with pytest.raises(VmdError, match="is no report"):
        report.opened(tmp_path, bench_of(undecided()), True)


def test_the_time_left_falls_to_nothing(bench_of: Made, tmp_path: Path) -> None:
    told: list[float] = []
    bench = bench_of(undecided())
    report.measure(
        report.opened(tmp_path, bench, False),
        bench,
        [Counted().section],
        lambda what, left_s: told.append(left_s),
    )
    assert len(told) == 3
    assert told[0] == pytest.approx(3 * report.PACE_S)


def test_sets_are_taken_by_name_or_path_and_unknown_ones_refused(
    bench_of: Made, tmp_path: Path
) -> None:
    path = tmp_path / "some.txt"
    path.write_text("1" + "." * 80 + "\n")
    bench = bench_of(undecided(), names=(str(path), "minimal"))
    assert [one.name for one in bench.sets] == [str(path), "minimal"]
    assert [one.name for one in bench.core] == ["minimal"]
    assert len(bench.sets[0].made.puzzles) == 1
    (tmp_path / "sudoku").mkdir()
    path.rename(tmp_path / "sudoku" / "some.txt")
    found = bench_of(undecided(), data=tmp_path).sets
    assert [one.name for one in found] == ["minimal", "hardest", "some"]
    with pytest.raises(VmdError, match="no set or file hradest; there are minimal, hardest"):
        bench_of(undecided(), names=("hradest",))


def test_the_command_knows_the_sections_by_name() -> None:
    assert tuple(SECTIONS) == command.SECTIONS

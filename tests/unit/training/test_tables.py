"""Rows become the tables, cells and documents that reports are made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vmd_training import tables
from vmd_training.tables import Row, listed, mean_cell, measured, pivot, range_cell, share_cell

ROWS: list[Row] = [
    {"set": name, "nfe": nfe, "share": nfe / 10, "low": 0.0, "high": 1.0, "seed": 0}
    for name, calls in (("easy", (1, 5)), ("hard", (5,)))
    for nfe in calls
]


def test_a_pivot_spreads_one_key_over_the_columns_and_leaves_gaps_empty() -> None:
    table = pivot("Solved", ROWS, {"puzzles": "set"}, "nfe", label="{} NFE".format, note="Seed 0.")
    assert table.markdown() == (
        "**Solved**\n\n"
        "| puzzles | 1 NFE | 5 NFE |\n| --- | --- | --- |\n"
        "| easy | 0.10 (0.00-1.00) | 0.50 (0.00-1.00) |\n"
        "| hard |  | 0.50 (0.00-1.00) |\n"
        "\nSeed 0.\n"
    )


def test_a_list_has_a_line_for_each_row() -> None:
    columns = {"set": tables.text("set"), "solved": tables.number("share", ".1f")}
    assert listed("", ROWS, columns).rows == [("easy", "0.1"), ("easy", "0.5"), ("hard", "0.5")]
    assert (
        tables.rows_table(columns, ROWS[:1]) == "| set | solved |\n| --- | --- |\n| easy | 0.1 |\n"
    )


def test_cells_show_as_much_of_an_interval_as_there_is() -> None:
    interval = {"mean": 0.25, "share": 0.25, "low": 0.125, "high": 0.5}
    assert share_cell(interval, 3, " to ") == "0.250 (0.125 to 0.500)"
    assert mean_cell(interval, 3) == "0.250 (0.125 to 0.500)"
    assert mean_cell({"mean": 0.25, "low": None}) == "0.25"
    assert mean_cell({"mean": None}) == "-"
    assert range_cell([]) == "-"
    assert range_cell([0.5]) == "0.500"
    assert range_cell([0.5, -0.25]) == "0.125 (-0.250 to 0.500)"


def test_a_note_says_each_value_once_in_order() -> None:
    rows = [{"nfe": nfe, "seed": 0} for nfe in (10, 2, 10)]
    assert measured(rows, "nfe", "seed") == "NFE at most 2, 10; seed 0."


def test_a_document_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.json"
    tables.write_json(path, ROWS)
    with pytest.raises(ValueError, match="Out of range float"):
        tables.write_json(path, float("nan"))
    assert json.loads(path.read_text()) == ROWS
    tables.write_json(path, float("inf"), allow_nan=True)
    assert path.read_text() == "Infinity\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["rows.json"]


def test_a_name_is_one_cell_of_printable_text() -> None:
    assert tables.markdown(("model",), [("a\x1b]0;b\nc",)]).endswith("| a\\x1b]0;b\\nc |\n")

"""docs/FORMATS.md: every example is recognised as what it says it is, and reads."""

from __future__ import annotations

import io
import re
from itertools import chain
from pathlib import Path

import pytest

from vmd_solver import formats
from vmd_solver.formats.registry import Prefix, recognised
from vmd_solver.formats.source import blocks_of, lines_of

PAGE = (Path(__file__).parents[3] / "docs" / "FORMATS.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```text (\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_format_has_an_example() -> None:
    assert {name for name, _ in EXAMPLES} == {format.name for format in formats.FORMATS}


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_an_example_is_recognised_and_reads(name: str, text: str) -> None:
    lines = chain.from_iterable(map(lines_of, blocks_of(io.StringIO(text))))
    found, _ = recognised(Prefix(lines)) or (None, None)
    assert found is not None
    assert found.name == {"sdm": "line"}.get(name, name)
    for entry in formats.read(text):
        reported = "is reported" in entry.text
        assert (entry.error is not None) == reported, entry.error


@pytest.mark.parametrize("name", [format.name for format in formats.FORMATS])
def test_the_table_says_what_a_format_holds(name: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("|") and f"`{name}`]" in line)
    families = formats.format_named(name).families
    held = row.split("|")[2].strip()
    short = {
        "every family": 7,
        "every family but windoku": 6,
        "every family but windoku and grid": 5,
        "the same": 4,
        "sudoku, sudoku-x, windoku, latin": 4,
        "sudoku, jigsaw, latin": 3,
        "latin": 1,
        "grid": 1,
    }
    assert short[held] == len(families)

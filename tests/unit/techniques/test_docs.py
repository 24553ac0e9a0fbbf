"""docs/TECHNIQUES.md against the table of techniques."""

from __future__ import annotations

import re
from pathlib import Path

from vmd_solver.techniques import LEVELS, TECHNIQUES

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "TECHNIQUES.md").read_text(encoding="utf-8")


def test_the_page_lists_the_techniques_in_order() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| (\d+) \| [^|]+ \|$", PAGE, re.MULTILINE)
    assert rows == [(one.name, one.level, str(one.score)) for one in TECHNIQUES]


def test_the_last_level_is_for_what_has_no_technique() -> None:
    assert f"`{LEVELS[-1]}`" in PAGE
    assert {one.level for one in TECHNIQUES} == set(LEVELS[:-1])

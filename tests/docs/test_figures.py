"""docs/images/ holds the figures that docs/figures.py makes, and docs/METHOD.md shows them."""

from __future__ import annotations

import re
from pathlib import Path

from scripts import script

ROOT = Path(__file__).resolve().parents[2]


SCRIPT = script("figures")


def test_every_figure_is_shown() -> None:
    page = (ROOT / "docs" / "METHOD.md").read_text(encoding="utf-8")
    assert {*re.findall(r"images/([\w-]+\.svg)", page)} == {*SCRIPT.FIGURES}


def test_figures_of_arithmetic_are_current(tmp_path: Path) -> None:
    for name in ("two-cells.svg", "graph.svg"):
        SCRIPT.main([name], tmp_path)
        assert (tmp_path / name).read_bytes() == (SCRIPT.FOLDER / name).read_bytes()


def test_the_figure_of_the_model_is_of_this_model(tmp_path: Path) -> None:
    """Rounding differs between machines, so only the shares are compared, and not to the last."""
    name = "unmasking.svg"
    SCRIPT.main([name], tmp_path)
    now, kept = (shares((folder / name).read_text()) for folder in (tmp_path, SCRIPT.FOLDER))
    assert len(now) == len(kept) == 2 and now[0] < 5 and now[1] > 50
    assert all(abs(one - other) <= 3 for one, other in zip(now, kept, strict=True))


def shares(text: str) -> list[int]:
    return [int(of) for of in re.findall(r"(\d+) of 100 such grids are valid", text)]

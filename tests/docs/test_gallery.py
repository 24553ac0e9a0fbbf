"""docs/GALLERY.md is as docs/gallery.py writes it, its pictures are there and small, and those that
take little time are made again, and come out the same."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from scripts import script

from vmd_solver.csp.verify import verify
from vmd_solver.formats import parse

SVG = "{http://www.w3.org/2000/svg}"
DOCS = Path(__file__).resolve().parents[2] / "docs"
FOLDER = DOCS / "pictures" / "gallery"


SCRIPT = script("gallery")
PICTURES = [one for pictures in SCRIPT.SECTIONS.values() for one in pictures]
FILES = [
    name for one in PICTURES if not isinstance(one, SCRIPT.Shown) for name in SCRIPT.names(one)
]
QUICK = ("jigsaw", "thermo", "kakuro", "sandwich", "25x25", "queens", "chain")
"""What no model has a say in, of each kind."""


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "GALLERY.md").read_text(encoding="utf-8") == SCRIPT.page()


def test_the_pictures_are_there_and_no_others() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(FILES)
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_000_000
    shown = [one.name for one in PICTURES if isinstance(one, SCRIPT.Shown)]
    assert [name for name in shown if not (DOCS / "pictures" / name).is_file()] == []


@pytest.mark.parametrize("name", FILES)
def test_pictures(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag == f"{SVG}svg"
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("name", QUICK)
def test_they_come_out_the_same(name: str) -> None:
    one = next(one for one in PICTURES if one.name == name)
    kept = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert SCRIPT.drawings(one) == [kept]


def test_the_grids_of_the_latents_are_right_and_differ() -> None:
    grids = set()
    for name in SCRIPT.names(next(one for one in PICTURES if one.name == "latent")):
        drawing = ElementTree.parse(FOLDER / name)
        values = tuple(int(text.text or "") for text in drawing.iter(f"{SVG}text"))
        assert verify(parse("." * 81), values)
        grids.add(values)
    assert len(grids) == 4


def test_the_script_makes_what_is_named(tmp_path: Path) -> None:
    SCRIPT.main({"butterfly"}, tmp_path)
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {"GALLERY.md", "pictures/gallery/butterfly.svg"}

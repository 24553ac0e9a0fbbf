"""docs/RULES.md and its pictures are as docs/rules.py writes them; the examples are right."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts import script

from vmd_solver.csp.families import without_rules
from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.csp.rules import RULES
from vmd_solver.csp.verify import verify
from vmd_solver.drawing.marks import LOOKS, legend, pictures
from vmd_solver.drawing.signs import in_words
from vmd_solver.drawing.text import picture

DOCS = Path(__file__).resolve().parents[2] / "docs"

UNSEEN = {
    *("anti-knight", "anti-king", "anti-taxicab", "non-consecutive", "disjoint-groups"),
    *("global-entropy", "negative", "takuzu"),
}
"""Rules of the whole board, which the legend alone has."""


SCRIPT = script("rules")
EXAMPLES = {example.name: example for example in SCRIPT.examples()}


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "RULES.md").read_text(encoding="utf-8") == SCRIPT.page()


def test_there_is_a_picture_of_each_rule_and_no_other() -> None:
    kept = {path.stem: path.read_text(encoding="utf-8") for path in DOCS.glob("pictures/rules/*")}
    assert kept == {name: SCRIPT.picture(example) for name, example in EXAMPLES.items()}


def test_every_rule_has_an_example_and_a_look() -> None:
    assert [*EXAMPLES] == [*RULES]
    assert LOOKS.keys() == set(RULES.values())


@pytest.mark.parametrize("name", RULES)
def test_examples(name: str) -> None:
    """The example has the rule, its solution keeps it, and it is drawn or named everywhere."""
    example = EXAMPLES[name]
    board = example.puzzle.board
    assert type(board.rules[-1]) is RULES[name]
    assert verify(example.puzzle, example.values).ok
    assert bool(pictures(board)[-1].marks) == (name not in UNSEEN)
    for paper in (False, True):
        assert any(f" {name} " in f" {words} " for _, words in legend(board, paper))
    plain = Puzzle(without_rules(board), example.puzzle.givens, example.puzzle.alphabet)
    drawn, bare = (list(picture(one, example.values, 80)) for one in (example.puzzle, plain))
    listed = bool(in_words(board))
    assert listed or drawn != bare or name in UNSEEN
    assert (drawn == bare) == (name in UNSEEN - {"negative"} or name == "marks")

"""Whatever is done to a game can be undone, redone, saved and loaded."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku, windoku
from vmd_solver.errors import SaveError
from vmd_solver.play import Game, Library
from vmd_solver.play.game import COLOURS, Content, Rules, mask_values
from vmd_solver.play.library import from_data, to_data

PUZZLE = Puzzle(sudoku(2, 2), (1, 2, 0, 0) + (0,) * 11 + (1,))
SELECTED = st.sets(st.integers(0, 15), min_size=1, max_size=4)
VALUES = st.integers(1, 4)


class Playing(RuleBasedStateMachine):
    """A game beside a plain list of all its positions."""

    def __init__(self) -> None:
        super().__init__()
        self.game = Game(PUZZLE)
        self.positions = [self.position()]
        self.at = 0

    def position(self) -> tuple[Content, ...]:
        return tuple(self.game.cells)

    def moved(self, changed: bool) -> None:
        assert changed == (self.position() != self.positions[self.at])
        if changed:
            self.positions[self.at + 1 :] = [self.position()]
            self.at += 1

    @rule(cells=SELECTED, value=VALUES, clean=st.booleans())
    def enter(self, cells: set[int], value: int, clean: bool) -> None:
        self.moved(self.game.enter(cells, value, clean))

    @rule(cells=SELECTED, value=VALUES, corner=st.booleans())
    def mark(self, cells: set[int], value: int, corner: bool) -> None:
        self.moved(self.game.mark(cells, value, corner))

    @rule(cells=SELECTED, colour=st.integers(1, COLOURS))
    def paint(self, cells: set[int], colour: int) -> None:
        self.moved(self.game.paint(cells, colour))

    @rule(cells=SELECTED)
    def clear(self, cells: set[int]) -> None:
        self.moved(self.game.clear(cells))

    @rule()
    def fill_candidates(self) -> None:
        self.moved(self.game.fill_candidates())

    @rule()
    def clear_marks(self) -> None:
        self.moved(self.game.clear_marks())

    @rule()
    def restart(self) -> None:
        self.moved(self.game.restart())

    @rule()
    def save_point(self) -> None:
        self.game.save_point()

    @rule(data=st.data())
    def return_to(self, data: st.DataObject) -> None:
        if self.game.savepoints:
            self.moved(self.game.return_to(data.draw(st.sampled_from(self.game.savepoints))))

    @rule()
    def undo(self) -> None:
        assert self.game.undo() == (self.at > 0)
        self.at = max(0, self.at - 1)

    @rule()
    def redo(self) -> None:
        last = len(self.positions) - 1
        assert self.game.redo() == (self.at < last)
        self.at = min(last, self.at + 1)

    @rule()
    def save_and_load(self) -> None:
        points = self.game.savepoints
        self.game = from_data(json.loads(json.dumps(to_data(self.game))))
        assert self.game.savepoints == points

    @invariant()
    def every_position_is_as_it_was(self) -> None:
        assert self.position() == self.positions[self.at]
        assert all(
            self.game.values[cell] == value for cell, value in enumerate(PUZZLE.givens) if value
        )


Playing.TestCase.settings = settings(max_examples=25, stateful_step_count=30)
TestPlaying = Playing.TestCase


@given(st.lists(st.integers(0, 9), min_size=81, max_size=81))
def test_candidates_and_conflicts_are_what_the_units_say(values: list[int]) -> None:
    board = windoku()
    rules = Rules(board)
    for cell, mask in enumerate(rules.candidates(values)):
        held = {values[peer] for peer in board.peers[cell]}
        free = set() if values[cell] else set(range(1, 10)) - held
        assert set(mask_values(mask)) == free
    clashing = {
        cell
        for cell, peers in enumerate(board.peers)
        if values[cell] and any(values[peer] == values[cell] for peer in peers)
    }
    assert rules.conflicts(values) == clashing


@given(st.data())
@settings(max_examples=25)
def test_a_save_cut_short_anywhere_is_kept_and_never_believed(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        opened = library.open(PUZZLE)
        opened.game.fill_candidates()
        opened.close()
        whole = opened.path.read_bytes()
        cut = data.draw(st.integers(0, len(whole) - 1))
        opened.path.write_bytes(whole[:cut])
        again = library.open(PUZZLE)
        assert not again.resumed
        again.game.enter([2], 3)
        again.close()
        (kept,) = Path(folder).glob("*.unreadable*.json")
        assert kept.read_bytes() == whole[:cut]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.sampled_from(
        sorted(to_data(Game(PUZZLE)).keys() - {"title", "helped", "finished", "summary"})
    ),
)
def test_any_data_is_a_game_or_an_error_of_ours(value: object, key: str) -> None:
    game = Game(PUZZLE)
    game.enter([2], 3)
    data = {**to_data(game), key: value}
    try:
        from_data(data)
    except SaveError:
        return

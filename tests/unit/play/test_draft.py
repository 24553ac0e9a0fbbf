"""Drafts: what is given, masked, sampled and locked, edit by edit."""

from __future__ import annotations

from vmd_solver.play.draft import MASK, MOST, Cell, Cells, Draft, Kind


def drafted(text: str) -> Draft:
    draft = Draft()
    assert draft.insert(text)
    return draft


def kinds(cells: Cells) -> str:
    """A letter for the kind of each cell."""
    return "".join(cell.kind.name[0] for cell in cells)


def sampled(draft: Draft, new: str) -> None:
    """Put these characters in place of the masked tokens."""
    rest = iter(new)
    draft.put(
        tuple(Cell(Kind.SAMPLED, next(rest)) if cell == MASK else cell for cell in draft.cells)
    )


def test_what_is_typed_is_given() -> None:
    draft = drafted("to be")
    assert draft.text == "to be" and kinds(draft.cells) == "GGGGG" and draft.cursor == 5
    draft.go(2)
    draft.insert("!")
    assert draft.text == "to! be"


def test_line_ends_are_one_character_and_controls_are_none() -> None:
    assert drafted("a\r\nb\rc\x1b[\x00\td").text == "a\nb\nc[\td"


def test_a_word_is_masked_without_what_stands_beside_it() -> None:
    draft = drafted("My lord, no")
    draft.go(5)
    assert draft.mask()
    assert draft.text == "My ____, no" and kinds(draft.cells) == "GGGMMMMGGGG"
    assert draft.cursor == 7, "behind what was masked"


def test_a_selection_is_masked_whatever_it_holds() -> None:
    draft = drafted("My lord, no")
    draft.go(6)
    draft.go(9, select=True)
    draft.mask()
    assert draft.text == "My lor___no" and draft.anchor is None


def test_on_a_space_a_mask_and_at_the_end_a_masked_token_is_put() -> None:
    draft = drafted("a b")
    draft.mask()
    draft.go(1)
    draft.mask()
    draft.go(1)
    draft.mask()
    assert draft.text == "a__ b_"


def test_what_is_deleted_is_the_selection_or_a_cell() -> None:
    draft = drafted("abcd")
    draft.delete(1)
    draft.delete(-1)
    assert draft.text == "abc"
    draft.go(0)
    draft.delete(-1)
    draft.delete(1)
    assert draft.text == "bc"
    draft.go(2, select=True)
    draft.delete(-1)
    assert draft.text == ""


def test_again_masks_what_was_sampled_and_neither_given_nor_locked() -> None:
    draft = drafted("ab cd ef")
    draft.go(0)
    draft.mask()
    draft.go(6)
    draft.mask()
    sampled(draft, "xyzw")
    assert draft.text == "xy cd zw"
    draft.go(7)
    assert draft.lock()
    assert kinds(draft.cells) == "SSGGGGLL"
    assert kinds(draft.again()) == "MMGGGGLL"
    assert draft.lock(), "a second time unlocks"
    assert kinds(draft.cells) == "SSGGGGSS"


def test_a_lock_needs_something_sampled_and_leaves_given_cells_alone() -> None:
    draft = drafted("ab")
    draft.go(0)
    assert not draft.lock()
    draft.go(2)
    draft.mask()
    sampled(draft, "x")
    draft.go(0)
    assert draft.lock()
    assert kinds(draft.cells) == "GGL"


def test_a_cell_of_several_tokens_becomes_as_many_masks() -> None:
    draft = drafted("a")
    draft.put((*draft.cells, Cell(Kind.SAMPLED, "é", 2), Cell(Kind.GIVEN, "b")))
    assert kinds(draft.again()) == "GMMG"
    draft.go(2)
    draft.amend(draft.again())
    assert draft.cursor == 3, "still before the b"


def test_every_state_is_had_again() -> None:
    draft = drafted("ab")
    draft.mask()
    states = [draft.cells]
    draft.put((*draft.cells[:2], Cell(Kind.SAMPLED, "x")))
    draft.amend((*draft.cells[:2], Cell(Kind.SAMPLED, "y")))
    states.append(draft.cells)
    assert draft.undo() and draft.cells == states[0], "an amended edit is one"
    assert draft.redo() and draft.cells == states[1]
    assert not draft.redo()
    draft.undo()
    draft.insert("z")
    assert not draft.redo(), "an edit forgets what was undone"
    while draft.undo():
        pass
    assert draft.cells == ()


def test_a_text_has_room_for_that_many_cells() -> None:
    draft = drafted("a" * (MOST - 3))
    assert not draft.write_on(5)
    assert len(draft.cells) == MOST and draft.count(Kind.MASKED) == 3
    assert not draft.insert("b") and not draft.mask()
    assert len(draft.cells) == MOST

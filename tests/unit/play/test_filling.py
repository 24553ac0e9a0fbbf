"""Drafts filled by the sampler: seen token by token, given and locked cells as they were."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import FakeText
from hypothesis import given
from hypothesis import strategies as st

from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.errors import TextError
from vmd_solver.play.draft import MASK, Cell, Cells, Kind, fill_in, filled, tokens_of
from vmd_solver.text.alphabet import KNOWN, Alphabet
from vmd_solver.text.sampler import TextSettings

BYTES, TEXT8 = KNOWN["bytes"], KNOWN["text8"]
WORDS = Alphabet("words", (b"a", b"b", b"c", b" ", b"abc"))


def model(alphabet: Alphabet, length: int = 32) -> FakeText:
    """All tokens are alike to it."""

    def logits(x_t: Ints, z: Floats) -> Floats:
        return np.zeros((*x_t.shape, alphabet.V), dtype=np.float32)

    return FakeText(logits, alphabet, length)


def quiet(cells: Cells) -> None:
    """Look away."""


def typed(text: str) -> Cells:
    return tuple(Cell(Kind.GIVEN, letter) if letter != "_" else MASK for letter in text)


def kept(cells: Cells) -> list[Cell]:
    return [cell for cell in cells if cell.kind in (Kind.GIVEN, Kind.LOCKED)]


@given(text=st.text("ab é_\n", max_size=20), seed=st.integers(0, 9), latents=st.integers(1, 3))
def test_every_step_keeps_what_is_given_and_the_last_one_has_no_mask(
    text: str, seed: int, latents: int
) -> None:
    cells = typed(text)
    seen: list[Cells] = []
    how = TextSettings(seed=seed, latents=latents, nfe=4, temperature=1.0)
    sample = fill_in(cells, model(BYTES), how, seen.append)
    assert sample is not None and "".join(cell.text for cell in seen[-1]) == sample.text
    assert all(kept(state) == kept(cells) for state in seen)
    assert MASK not in seen[-1]
    tokens = [sum(cell.tokens for cell in state) for state in seen]
    assert len(set(tokens)) == 1, "no mask is lost on the way, and none comes"


def test_text_appears_call_by_call() -> None:
    seen: list[Cells] = []
    fill_in(typed("a" + "_" * 8), model(TEXT8), TextSettings(nfe=4), seen.append)
    masked = [state.count(MASK) for state in seen]
    assert masked[0] == 8 and masked[-1] == 0
    assert masked == sorted(masked, reverse=True) and len(set(masked)) == 5


class Unwanted(Exception):
    """Whoever watches has seen enough."""


def test_it_ends_where_its_observer_raises() -> None:
    seen: list[Cells] = []
    fake = model(TEXT8)
    cells = typed("_" * 8)

    def third(state: Cells) -> None:
        seen.append(state)
        if len(seen) == 3:
            raise Unwanted

    with pytest.raises(Unwanted):
        fill_in(cells, fake, TextSettings(nfe=8), third)
    assert len(seen) == 3 and len(fake.asked) == 2


def test_a_character_is_shown_once_it_is_all_there() -> None:
    cells = typed("a___b")
    lead, tail, other = (1 + byte for byte in "éx".encode())
    assert filled(cells, np.array([0, tail, other]), BYTES) == (
        cells[0], MASK, MASK, Cell(Kind.SAMPLED, "x"), cells[4],
    )  # fmt: skip
    assert filled(cells, np.array([lead, tail, other]), BYTES) == (
        cells[0], Cell(Kind.SAMPLED, "é", 2), Cell(Kind.SAMPLED, "x"), cells[4],
    )  # fmt: skip


def test_subwords_are_cells_of_several_characters() -> None:
    cells = typed("ab _ c")
    assert tokens_of(cells, WORDS).tolist() == [1, 2, 4, 0, 4, 3]
    assert filled(cells, np.array([5]), WORDS)[3] == Cell(Kind.SAMPLED, "abc", 1)


def test_a_character_that_the_alphabet_lacks_is_named_with_its_place() -> None:
    with pytest.raises(TextError, match=r"'text8' lacks 'É', character 4: mask it"):
        fill_in(typed("a_bÉ_"), model(TEXT8), TextSettings(), quiet)


def test_more_masks_than_the_model_fills_are_refused() -> None:
    with pytest.raises(TextError, match="up to 8 tokens together, got 9"):
        fill_in(typed("_" * 9), model(TEXT8, length=8), TextSettings(), quiet)

"""Whole characters, whatever the model wants."""

from __future__ import annotations

import unicodedata
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmd_solver.text.alphabet import KNOWN, Alphabet
from vmd_solver.text.whole import DEAD, START, Whole, byte_steps

BYTES = KNOWN["bytes"]
WHOLE = Whole(BYTES)


def accepted(data: bytes, written: bool) -> bool:
    state = START
    for value in data:
        state = int(byte_steps(written)[state, value])
    return state == START


@given(st.one_of(st.binary(max_size=4), st.text(max_size=3).map(str.encode)))
def test_given_text_is_accepted_where_python_reads_it(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        assert not accepted(data, written=False)
    else:
        assert accepted(data, written=False)


def test_every_two_and_three_bytes_that_begin_a_character_are_told_as_python_does() -> None:
    for head, second in product(range(0xC0, 0x100), range(0x70, 0xD0, 3)):
        for data in (bytes([head, second]), bytes([head, second, 0x9F])):
            readable = data.decode("utf-8", "ignore").encode() == data
            assert accepted(data, written=False) == readable, data


@given(st.text())
def test_what_is_written_has_no_control_characters(text: str) -> None:
    controls = any(unicodedata.category(a) == "Cc" and a not in "\n\t" for a in text)
    assert accepted(text.encode(), written=True) == (not controls)


@given(
    seed=st.integers(0, 2**32 - 1),
    text=st.text(min_size=1, max_size=6),
    drawn=st.booleans(),
)
def test_proposals_are_text_and_keep_what_is_given(seed: int, text: str, drawn: bool) -> None:
    rng = np.random.default_rng(seed)
    gap = np.zeros(rng.integers(0, 5), dtype=np.int64)
    x_t = np.concatenate((BYTES.encode(text), gap, BYTES.encode(text)))
    p = rng.dirichlet(np.full(256, 0.01), len(x_t)).astype(np.float32)
    for _ in range(3):
        found = WHOLE.propose(p, x_t, rng if drawn else None)
        BYTES.join(found).decode("utf-8")
        assert (found[x_t > 0] == x_t[x_t > 0]).all()
        # Any part of it may be committed: the rest is still to be found.
        x_t = np.where(rng.random(len(x_t)) < 0.5, found, x_t)


def test_draws_follow_the_product_given_that_the_text_is_whole() -> None:
    """Two tokens, each a, or either half of a character: only aa and the character can come.

    400 draws; a share off by 0.1 is four standard deviations.
    """
    letter = "é".encode()
    weights = np.zeros((2, 256), dtype=np.float32)
    weights[:, [ord("a"), *letter]] = 0.6, 0.2, 0.2
    weights[0, letter[0]], weights[1, letter[1]] = 0.4, 0.5
    true = 0.4 * 0.5 / (0.4 * 0.5 + 0.6 * 0.6)
    rng = np.random.default_rng(3)
    drawn = [
        BYTES.join(WHOLE.propose(weights, np.zeros(2, dtype=np.int64), rng)) for _ in range(400)
    ]
    assert set(drawn) == {b"aa", letter}
    assert drawn.count(letter) / 400 == pytest.approx(true, abs=0.1)


def test_the_most_probable_tokens_are_taken_together() -> None:
    p = np.full((2, 256), 1e-6, dtype=np.float32)
    p[0, 0xC3], p[0, ord("a")], p[1, ord("b")] = 0.6, 0.4, 0.9
    assert BYTES.join(WHOLE.propose(p, np.zeros(2, dtype=np.int64), None)) == b"ab"


def test_tokens_of_several_bytes_are_stepped_through() -> None:
    alphabet = Alphabet("bpe", (b"a", "né".encode(), b"\xc3"))
    assert Whole(alphabet)._written[START].tolist() == [START, START, 1]
    assert (Whole(alphabet)._written[1] == DEAD).all()

"""Text to tokens and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmd_solver.errors import ManifestMismatch, TextError
from vmd_solver.text.alphabet import KNOWN, LETTERS, Alphabet, from_config

BYTES, TEXT8 = KNOWN["bytes"], KNOWN["text8"]
SUBWORDS = Alphabet("bpe", tuple(token.encode() for token in ("t", "h", "e", "the", "é", " ")))


@given(st.text())
def test_bytes_hold_any_text(text: str) -> None:
    assert BYTES.decode(BYTES.encode(text)) == text


@given(st.text(LETTERS))
def test_letters_hold_what_is_made_of_them(text: str) -> None:
    assert TEXT8.decode(TEXT8.encode(text)) == text


def test_the_longest_subword_is_taken() -> None:
    assert SUBWORDS.encode("the hé").tolist() == [4, 6, 2, 5]


def test_a_foreign_character_is_named_with_its_place() -> None:
    with pytest.raises(TextError, match=r"'T' \(character 3\).*27.*text8.*--replace"):
        TEXT8.encode("a The")


def test_what_is_foreign_is_replaced_only_if_asked() -> None:
    assert TEXT8.decode(TEXT8.encode("To-be É", replace=True)) == "to be  "


def test_gaps_are_masked_tokens() -> None:
    tokens = BYTES.encode_gaps("_a__é_", "_")
    assert (tokens == 0).tolist() == [True, False, True, True, False, False, True]
    assert BYTES.decode(tokens, "_") == "_a__é_"


def test_a_character_that_is_not_all_there_is_shown_as_blanks() -> None:
    tokens = BYTES.encode("aé€b")
    tokens[2] = tokens[4] = 0  # the second byte of both
    assert BYTES.decode(tokens, "·") == "a·····b"


@pytest.mark.parametrize("alphabet", [BYTES, TEXT8, SUBWORDS], ids=lambda a: a.name)
def test_an_alphabet_survives_its_configuration(alphabet: Alphabet) -> None:
    assert from_config(alphabet.to_config(), "here") == alphabet


@pytest.mark.parametrize(
    "values", [None, {}, {"name": "runes", "tokens": None}, {"name": "x", "tokens": ["a", "a"]},
               {"name": "x", "tokens": ["", "a"]}, {"name": "x", "tokens": 3}],
)  # fmt: skip
def test_a_configuration_that_describes_none_is_refused(values: object) -> None:
    with pytest.raises(ManifestMismatch):
        from_config(values, "here")


def test_tokens_count_from_one() -> None:
    assert np.array_equal(TEXT8.encode(" az"), [1, 2, 27])

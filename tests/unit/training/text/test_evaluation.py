"""The judge of n-grams, and what is measured of samples."""

from __future__ import annotations

from math import log2

import pytest

from vmd_training.text.evaluation import Judge, quality, words

TEXT = "the cat sat on the mat. the cat sat on the hat. "


def test_probabilities_sum_to_one_less_what_is_kept_for_the_unseen() -> None:
    judge = Judge(TEXT, order=3)
    for context in ("", "t", "th", "xx"):
        total = sum(2 ** -judge.bits(letter, context) for letter in set(TEXT))
        assert 0.95 < total + 2 ** -judge.bits("#", context) <= 1.0000001


def test_one_letter_by_hand() -> None:
    """ "ab" read with order 1: each once, two kinds: (1 + 2 / 3) / (2 + 2)."""
    assert Judge("ab", order=1).bits("a") == pytest.approx(-log2((1 + 2 / 3) / 4))


def test_text_like_what_was_read_is_likelier() -> None:
    judge = Judge(TEXT * 5)
    assert judge.bits("the cat sat") < judge.bits("cta teh sta") < judge.bits("zzzzzzzzzzz")


def test_words_leave_out_those_cut_off() -> None:
    assert words("ome are whole, isn't i") == ["are", "whole", "isn't"]


def test_quality_counts_words_and_repetition() -> None:
    judge, known = Judge(TEXT), {"the", "cat"}
    good = quality(judge, known, [("", "x the cat xyz the cat x")])
    dull = quality(judge, known, [("", "the the the the the the the the the")])
    assert good["real_words"] == pytest.approx(4 / 5)
    assert dull["real_words"] == 1.0 and dull["distinct"] < 0.2 < 0.8 < good["distinct"]

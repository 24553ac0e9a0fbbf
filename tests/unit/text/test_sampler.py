"""Sampling with models that are no networks."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import FakeText
from hypothesis import given
from hypothesis import strategies as st

from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.errors import SearchError, TextError
from vmd_solver.text.alphabet import KNOWN
from vmd_solver.text.sampler import (
    CHOICES,
    Began,
    Chosen,
    Committed,
    Event,
    Remasked,
    TextSettings,
    extend,
    fill,
)

BYTES, TEXT8 = KNOWN["bytes"], KNOWN["text8"]


def even(length: int = 32) -> FakeText:
    """All bytes are alike."""
    return FakeText(lambda x_t, z: np.zeros((*x_t.shape, 256), dtype=np.float32), BYTES, length)


def knows(answer: str) -> FakeText:
    """Is sure of one token for each place of a block."""
    tokens = TEXT8.encode(answer)

    def logits(x_t: Ints, z: Floats) -> Floats:
        peaks = 20.0 * (tokens[: x_t.shape[1], None] == np.arange(1, TEXT8.V + 1))
        return np.broadcast_to(peaks, (*x_t.shape, TEXT8.V)).astype(np.float32)

    return FakeText(logits, TEXT8, length=2 * len(answer))


settings = st.builds(
    TextSettings,
    nfe=st.integers(1, 5),
    block_length=st.integers(1, 9),
    policy=st.sampled_from(CHOICES["policy"]),
    temperature=st.sampled_from([0.0, 1.0]),
    latents=st.integers(1, 3),
    z=st.sampled_from(CHOICES["z"]),
    remask=st.sampled_from(CHOICES["remask"]),
    seed=st.integers(0, 99),
)


@given(prompt=st.text(max_size=20), count=st.integers(1, 20), how=settings)
def test_a_prompt_stays_and_as_many_tokens_follow_as_were_asked_for(
    prompt: str, count: int, how: TextSettings
) -> None:
    given_ = BYTES.encode(prompt)
    sample = extend(even(), given_, count, how)
    assert len(sample.tokens) == len(given_) + count
    assert sample.text.startswith(prompt)
    assert BYTES.join(sample.tokens).decode("utf-8") == sample.text


@given(text=st.text(max_size=30), places=st.sets(st.integers(0, 29), max_size=12), how=settings)
def test_gaps_anywhere_are_filled_and_the_rest_is_as_it_was(
    text: str, places: set[int], how: TextSettings
) -> None:
    marked = "".join("\0\0" if i in places else letter for i, letter in enumerate(text))
    x_t = BYTES.encode_gaps(marked, "\0")
    sample = fill(even(), x_t, how)
    assert (sample.tokens > 0).all()
    assert (sample.tokens == x_t)[x_t > 0].all()
    assert BYTES.join(sample.tokens).decode("utf-8") == sample.text


def test_blocks_come_in_order_and_a_finished_one_is_handed_on() -> None:
    model = even()
    extend(model, BYTES.encode("abcde"), 7, TextSettings(nfe=1, block_length=3))
    assert [block.shape[1] for block in model.finished] == [2, 3, 3, 3]
    assert [block.shape[1] for block in model.asked] == [3, 3, 1]
    assert BYTES.decode(np.concatenate(model.finished[:2], axis=1)[0]) == "abcde"


def test_of_a_long_prompt_only_the_end_is_read() -> None:
    model = even(length=32)
    extend(model, BYTES.encode("x" * 1000), 4, TextSettings(nfe=1, block_length=4))
    assert sum(block.shape[1] for block in model.finished) == 32


@pytest.mark.parametrize("nfe", [1, 2, 4, 8])
def test_a_block_takes_that_many_calls_and_each_commits_an_equal_share(nfe: int) -> None:
    seen: list[Event] = []
    sample = extend(knows("thequick"), TEXT8.encode(""), 8,
                    TextSettings(nfe=nfe, block_length=8), seen.append)  # fmt: skip
    committed = [event for event in seen if isinstance(event, Committed)]
    assert sample.nfe == len(committed) == nfe
    assert {len(event.places) for event in committed} == {8 // nfe}
    assert sample.text == "thequick"


def test_the_threshold_commits_all_that_is_sure_at_once() -> None:
    how = TextSettings(nfe=8, block_length=8, policy="threshold")
    assert extend(knows("thequick"), TEXT8.encode(""), 8, how).nfe == 1


def test_doubt_masks_again_but_never_what_was_given() -> None:
    seen: list[Event] = []
    x_t = BYTES.encode_gaps("ab____cd", "_")
    sample = fill(even(), x_t, TextSettings(nfe=4, remask="doubt"), seen.append)
    again = [place for event in seen if isinstance(event, Remasked) for place in event.places]
    assert len(again) == sample.remasked > 0
    assert set(again) <= {2, 3, 4, 5}


def test_events_tell_how_the_text_came_about() -> None:
    seen: list[Event] = []
    how = TextSettings(nfe=3, latents=2, remask="doubt", block_length=4)
    sample = extend(even(), BYTES.encode("so "), 8, how, seen.append)
    began, chosen = seen[0], seen[-1]
    assert isinstance(began, Began) and isinstance(chosen, Chosen)
    x = np.repeat(began.x_t[None], began.latents, axis=0)
    for event in seen[1:-1]:
        assert isinstance(event, Committed | Remasked)
        tokens = event.tokens if isinstance(event, Committed) else 0
        x[event.latent, list(event.places)] = tokens
    assert BYTES.decode(x[chosen.latent]) == sample.text


def test_of_several_texts_the_likeliest_is_taken() -> None:
    """The model likes one letter better the larger z is, so texts differ in their likelihood."""

    def logits(x_t: Ints, z: Floats) -> Floats:
        liked = np.arange(1, TEXT8.V + 1) == 2
        return np.broadcast_to(3 * liked, (*x_t.shape, TEXT8.V)).astype(np.float32)

    model = FakeText(logits, TEXT8)
    seen: list[Event] = []
    how = TextSettings(nfe=1, block_length=16, latents=6)
    sample = extend(model, TEXT8.encode(""), 16, how, seen.append)
    chosen = seen[-1]
    assert isinstance(chosen, Chosen)
    assert sample.nats == min(chosen.nats) < max(chosen.nats)
    cost = -np.log(np.exp(3 * (sample.tokens == 2)) / (np.exp(3) + TEXT8.V - 1)).sum()
    assert sample.nats == pytest.approx(cost, rel=1e-5)


def test_the_same_seed_writes_the_same_text() -> None:
    def write(seed: int) -> str:
        return extend(even(), BYTES.encode("a"), 12, TextSettings(seed=seed)).text

    assert write(1) == write(1) != write(2)


def test_more_gaps_than_the_model_is_long_are_refused() -> None:
    with pytest.raises(TextError, match="up to 8 tokens together, got 9"):
        fill(even(length=8), np.zeros(9, dtype=np.int64), TextSettings())


def test_a_longer_block_than_the_model_has_is_refused() -> None:
    with pytest.raises(TextError, match=r"at most 4 tokens with model 'fake'.*got 5"):
        extend(even(length=8), BYTES.encode(""), 9, TextSettings(block_length=5))


def test_a_long_text_with_few_gaps_is_cut_between_characters() -> None:
    text = "ééééé_ééééé_é"
    sample = fill(even(length=8), BYTES.encode_gaps(text, "_"), TextSettings())
    assert sample.text[:5] + sample.text[6:11] + sample.text[12:] == "é" * 11


@pytest.mark.parametrize(
    "wrong", [{"nfe": 0}, {"latents": 0}, {"block_length": 0}, {"policy": "best"},
              {"temperature": -1.0}, {"temperature": float("nan")}, {"threshold": 0.0},
              {"remask": "rules"}, {"z": "lose"}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SearchError):
        TextSettings(**wrong)  # type: ignore[arg-type]

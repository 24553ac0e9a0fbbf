"""The text screen: typed, masked, filled, locked, sampled again, stopped."""

from __future__ import annotations

import json
import threading
from typing import Any

import numpy as np
import pytest
from fakes import FakeText
from textual.events import Key, Paste
from textual.geometry import Offset
from textual.widgets import Input, OptionList, Static
from waiting import HANG_S

from vmd_solver import assets
from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.errors import AssetNotFound
from vmd_solver.play.draft import MASK, Draft, Kind
from vmd_solver.text.alphabet import KNOWN
from vmd_solver.text.denoiser import DEFAULT_MODEL
from vmd_solver.tui.screens import text as module
from vmd_solver.tui.screens.home import HomeScreen
from vmd_solver.tui.screens.text import Page, TextScreen

Start = Any


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRAME_S", 0)


def letters(x_t: Ints, z: Floats) -> Floats:
    """All letters are alike, and nothing else is ever taken."""
    logits = np.full((*x_t.shape, 256), -50.0, dtype=np.float32)
    logits[..., ord("A") : ord("Z") + 1] = 0.0
    return logits


def capitals() -> FakeText:
    """Fills with capital letters."""
    return FakeText(letters, KNOWN["bytes"])


def draft(at: Any) -> Draft:
    assert isinstance(at.app.screen, TextScreen), at.app.screen
    return at.app.screen.draft


def said(at: Any) -> str:
    return str(at.app.screen.query_one("#message", Static).content)


async def typed(at: Any, text: str) -> None:
    """Go to the text screen, and paste a text; its last character is typed."""
    await at.press("w")
    at.app.screen.query_one(Page).post_message(Paste(text[:-1]))
    await at.press(text[-1])


async def filled(at: Any, key: str = "ctrl+f") -> str:
    """Press the key, wait until nothing is masked, and have the text."""
    await at.press(key)
    await at.until(lambda: not at.app.screen.filling)
    return draft(at).text


async def test_typed_masked_filled_locked_and_sampled_again(start: Start) -> None:
    async with start(text=capitals) as at:
        await typed(at, "my lord is old")
        await at.press("ctrl+left ctrl+g ctrl+left ctrl+left ctrl+left ctrl+g")
        assert draft(at).text == "my ____ is ___"
        assert "my ···· is ···" in at.text()
        first = await filled(at)
        assert first[:3] == "my " and first[7:11] == " is " and first[3:7].isupper()
        assert "Filled in" in said(at) and first in at.text()
        draft(at).go(4)
        await at.press("ctrl+l")
        assert draft(at).count(Kind.LOCKED) == 4
        second = await filled(at, "ctrl+r")
        assert second[:11] == first[:11] and second[11:] != first[11:]
        assert at.app.screen.query_one("#seed", Input).value == "1"
        await at.press("ctrl+z")
        assert draft(at).text == first, "one step back is what was sampled before"


async def test_a_selection_is_masked_and_masks_are_put_at_the_end(start: Start) -> None:
    async with start(text=capitals) as at:
        await typed(at, "abcd")
        await at.press("shift+left shift+left ctrl+g")
        assert draft(at).text == "ab__"
        await at.press("ctrl+a backspace x enter y ctrl+e")
        assert draft(at).text == "x\ny" + "_" * 64
        await at.press("up up home delete")
        assert draft(at).text == "\ny" + "_" * 64
        await filled(at)
        assert "up to 32 tokens together, got 64" in said(at) and draft(at).count(Kind.MASKED) == 64


async def test_settings_are_numbers_beside_the_page(start: Start) -> None:
    async with start(text=capitals) as at:
        await typed(at, "a")
        await at.press("ctrl+g ctrl+g ctrl+g tab backspace backspace 0 ctrl+f")
        assert said(at) == "nfe must be at least 1, got 0." and draft(at).text == "a___"
        await at.press("backspace 1 tab tab backspace 3 enter")
        assert isinstance(at.app.focused, Page)
        assert (await filled(at))[1:].isupper()
        assert said(at).startswith("Filled in 1 calls, the best bound")


async def test_filling_is_stopped_and_nothing_is_lost(start: Start) -> None:
    go_on = threading.Semaphore(0)

    def slowly(x_t: Ints, z: Floats) -> Floats:
        assert go_on.acquire(timeout=HANG_S)
        return letters(x_t, z)

    async with start(text=lambda: FakeText(slowly, KNOWN["bytes"])) as at:
        await typed(at, "a")
        await at.press("ctrl+g ctrl+g ctrl+g ctrl+g ctrl+f")
        go_on.release()
        await at.until(lambda: draft(at).count(Kind.SAMPLED) == 1)
        assert "filling" in at.text()
        await at.press("b ctrl+g ctrl+r")
        assert "is being filled" in said(at) and draft(at).count(Kind.GIVEN) == 1
        await at.press("escape")
        assert said(at).startswith("Stopped.") and not at.app.screen.filling
        go_on.release(9)
        await at.until(lambda: all(worker.is_finished for worker in at.app.workers))
        await at.settle()
        assert draft(at).count(Kind.SAMPLED) == 1 and draft(at).count(Kind.MASKED) == 3
        await at.press("ctrl+z")
        assert draft(at).text == "a____"


async def test_without_a_model_that_is_reported_and_the_text_stays(start: Start) -> None:
    def missing() -> FakeText:
        raise AssetNotFound("no model 'text' is installed; vmd-train text makes one")

    async with start(text=missing) as at:
        await typed(at, "ab")
        await at.press("ctrl+g")
        assert await filled(at) == "ab_"
        assert said(at) == "no model 'text' is installed; vmd-train text makes one"
        await at.press("c")
        assert draft(at).text == "ab_c" and said(at) == ""


async def test_a_character_that_the_alphabet_lacks_is_reported(start: Start) -> None:
    def small(x_t: Ints, z: Floats) -> Floats:
        return np.zeros((*x_t.shape, 27), dtype=np.float32)

    async with start(text=lambda: FakeText(small, KNOWN["text8"])) as at:
        await typed(at, "abÉ")
        await at.press("ctrl+g")
        assert await filled(at) == "abÉ_"
        assert "lacks 'É', character 3" in said(at)
        await at.press("left backspace")
        assert MASK not in (await filled(at), *draft(at).cells)


async def test_nothing_to_do_is_reported_with_the_key_that_helps(start: Start) -> None:
    async with start() as at:
        at.app.change(keys={"text-mask": "f7"})
        await typed(at, "ab")
        await at.press("ctrl+f")
        assert said(at) == "Nothing is masked: f7 masks the word at the cursor."
        await at.press("ctrl+l")
        assert said(at).startswith("Nothing was sampled here")
        await at.press("left f7")
        assert draft(at).text == "__"


async def test_the_text_is_there_again_after_leaving(start: Start) -> None:
    async with start() as at:
        await typed(at, "qw")
        await at.press("tab escape")
        assert isinstance(at.app.focused, Page)
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen)
        options = at.app.screen.query_one(OptionList)
        options.highlighted = options.get_option_index("text")
        await at.press("enter")
        assert draft(at).text == "qw" and "qw" in at.text()


async def test_no_key_overtakes_another(start: Start) -> None:
    """Letters and arrows sent without pause come in their order."""
    async with start() as at:
        await at.press("w")
        for letter in "abcdefgh":
            at.app.post_message(Key(letter, letter))
            at.app.post_message(Key("left", None))
        await at.settle()
        assert draft(at).text == "hgfedcba"


async def test_the_screen_says_what_the_model_was_trained_on(start: Start) -> None:
    """From the files of the model that ships."""
    async with start() as at:
        await at.press("w")
        card = assets.model_folder(None, DEFAULT_MODEL) / "metrics.json"
        read = json.loads(card.read_text())["run"]["characters"] / 1e6
        assert f"Trained on tiny shakespeare: {read:.1f} million characters read" in at.text()
        assert "It knows no facts, and what it writes means nothing." in at.text()


async def test_without_a_model_nothing_is_said_of_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise AssetNotFound("no models")

    monkeypatch.setattr(assets, "model_folder", missing)
    async with start() as at:
        await at.press("w")
        assert "Trained on" not in at.text() and not at.app.about_text


async def test_kinds_differ_without_colour(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with start() as at:
        await at.press("w")
        page = at.app.screen.query_one(Page)
        looks = {(style.bold, style.italic, style.underline) for style in map(page.style_of, Kind)}
        assert len(looks) == len(Kind)
        assert all(kind.value in at.text() for kind in Kind)


async def test_the_mouse_chooses_and_selects(start: Start) -> None:
    async with start(text=capitals) as at:
        await typed(at, "my lord")
        page = at.app.screen.query_one(Page)
        await at.pilot.click(page, offset=(1, 0))
        assert draft(at).cursor == 1
        await at.pilot.mouse_down(page, offset=(3, 0))
        await at.pilot.hover(page, offset=(5, 0))
        await at.pilot.mouse_up(page, offset=(5, 0))
        assert draft(at).chosen == slice(3, 5)
        await at.press("ctrl+g")
        assert draft(at).text == "my __rd"
        await at.pilot.click("#hint")
        await at.pilot.click(page, offset=(9, 5))
        await at.press("x")
        assert draft(at).text == "my __rdx"
        await at.pilot.click("#hint")
        await at.press("y")
        assert draft(at).text == "my __rdxy", "a click beside the page leaves it its keys"


async def test_long_texts_scroll_with_the_cursor(start: Start) -> None:
    async with start(size=(50, 10)) as at:
        await typed(at, "\r\n".join(f"line {n}" for n in range(15)))
        page = at.app.screen.query_one(Page)
        await at.until(lambda: "line 14" in at.text())
        assert "line 0" not in at.text()
        await at.pilot.press("home", *["up"] * 14)
        await at.until(lambda: "line 0" in at.text())
        assert page.region_of_cursor().offset == Offset(0, 0)

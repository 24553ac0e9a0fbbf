"""The demonstration in Chromium: what it shows, that all can use it, that it needs nobody else."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from scripts import script
from waiting import HANG_S

from vmd_solver.csp.families import sudoku
from vmd_solver.csp.verify import verify
from vmd_solver.formats import parse, write

playwright = pytest.importorskip("playwright.sync_api", exc_type=ImportError)

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "demo"
SHOTS = script("shots")
pytestmark = pytest.mark.skipif(SHOTS.CHROMIUM is None, reason="Chromium is not installed")

EASY = write(parse((ROOT / "puzzles" / "easy.txt").read_text(encoding="utf-8")), "line")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with SHOTS.chromium() as started:
        yield started


@dataclass
class Demo:
    """The page, with what it asked for and complained of."""

    page: Any
    address: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self) -> Demo:
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(self.address)
        self.page.wait_for_selector("body[data-ready]")
        return self

    def done(self) -> None:
        """Wait until the run is complete."""
        self.page.wait_for_selector('#watch[data-state="done"]')

    def show(self, example: str) -> None:
        """Run an example."""
        self.page.select_option("#example", label=example)
        self.done()

    def ask(self, text: str) -> None:
        """Run a puzzle that is typed."""
        self.page.evaluate("document.getElementById('typed').open = true")
        self.page.fill("#text", text)
        self.page.click("#solve")
        self.done()

    def to_call(self, number: int) -> None:
        self.page.locator("#scrub").fill(str(number))

    def values(self, board: Any) -> list[int]:
        """What the cells of a board hold."""
        texts = board.locator("[role=gridcell]").all_text_contents()
        return [" 123456789ABCDEFG".index(text or " ") for text in texts]


@pytest.fixture
def demo(browser: Any, vendor: Path, serve: Callable[[Path], str]) -> Iterator[Callable[..., Demo]]:
    """Opens the page, which begins to run its first example and shows the puzzle."""
    contexts = []

    def opened(**options: Any) -> Demo:
        context = browser.new_context(**{"reduced_motion": "reduce", **options})
        context.set_default_timeout(1000 * HANG_S)
        contexts.append(context)
        return Demo(context.new_page(), f"{serve(PAGE)}index.html").open()

    yield opened
    for context in contexts:
        context.close()


def test_an_example_is_solved_and_nothing_comes_from_outside(demo: Callable[..., Demo]) -> None:
    opened = demo()
    page = opened.page
    opened.show("An easy 9x9")
    opened.to_call(10)
    lane = page.get_by_role("region", name="With a latent")
    assert "✓ Verified: a valid grid at call 1" in lane.inner_text()
    examples = json.loads((PAGE / "vendor" / "examples.json").read_text(encoding="utf-8"))
    puzzle = parse(next(one["text"] for one in examples if one["name"] == "An easy 9x9"))
    for board in lane.locator(".board").all():
        assert verify(puzzle, opened.values(board))
    assert page.locator("#lanes .attempt").count() == 5
    assert "NFE 10" in lane.inner_text()
    assert any(url.endswith(".wasm") for url in opened.asked)
    assert any(url.endswith("prior.onnx") for url in opened.asked)
    home = opened.address.removesuffix("index.html")
    assert [url for url in opened.asked if not url.startswith((home, "data:", "blob:"))] == []
    loaded = len(opened.asked)
    page.click("#again")
    opened.done()
    assert len(opened.asked) == loaded  # nothing is fetched once it is loaded
    assert opened.complaints == []


FOLLOW = """async ([home, puzzle, model, settings, bytes]) => {
  const load = (name) => import(home + name);
  const [{ parse }, { Model }, { sample }] =
    await Promise.all(["boards.js", "model.js", "sampler.js"].map(load));
  const ort = await load("vendor/runtime/ort.wasm.bundle.min.mjs");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { wasm: home + "vendor/runtime/ort-wasm-simd-threaded.wasm" };
  const read = async (path) =>
    new Uint8Array(await (await fetch(home + "vendor/models/" + path)).arrayBuffer());
  let at = 0;
  const next = (count) => bytes.slice(at, (at += count));
  const random = {
    normal: (count) => Float32Array.from(next(count), (part) => ((part << 24) >> 24) / 32),
    uniform: (count) => Float64Array.from(next(count), (part) => part / 256),
  };
  const calls = [];
  for await (const { attempts } of sample(
    await Model.open(ort, read, model), parse(puzzle), settings, random)) {
    calls.push(attempts.map(({ committed, remasked }) => ({ committed, remasked })));
  }
  return calls;
}"""
"""Runs a trace in the page itself."""


def test_traces_are_followed_in_the_browser(demo: Callable[..., Demo]) -> None:
    opened = demo()
    home = opened.address.removesuffix("index.html")
    traces = json.loads(Path(__file__).with_name("traces.json").read_text(encoding="utf-8"))
    for trace in (traces[0], traces[3]):  # with a latent; drawn without one, with remasks
        numbers = list(zlib.decompress(base64.b64decode(trace["random"])))
        asked = [home, *(trace[key] for key in ("puzzle", "model", "settings")), numbers]
        due = [
            [{key: row[key] for key in ("committed", "remasked")} for row in call]
            for call in trace["calls"]
        ]
        assert opened.page.evaluate(FOLLOW, asked) == due


def test_typed_puzzles_and_mistakes(demo: Callable[..., Demo]) -> None:
    opened = demo()
    page = opened.page
    page.fill("#latents", "1")
    opened.ask("1.../..3./..../...1".replace("/", "\n"))
    opened.to_call(10)
    assert page.locator("#lanes .board").first.locator("[role=gridcell]").count() == 16
    for text, words in (
        (EASY[:80], "found 80"),
        (EASY.replace("9", "x"), 'found "x"'),
        ("55" + EASY[2:], "The same value in row 1, column 1 and row 1, column 2"),
    ):
        page.fill("#text", text)
        page.click("#solve")
        page.wait_for_function("words => wrong.textContent.includes(words)", arg=words)
        assert page.evaluate("document.activeElement.id") == "text"
    opened.ask("family: sudoku\ngivens:\n" + EASY)
    assert page.inner_text("#wrong") == ""
    opened.to_call(10)
    board = page.locator("#lanes .board").first
    assert verify(parse(EASY), opened.values(board))
    assert opened.complaints == []


def test_a_run_is_stepped_through_call_by_call(demo: Callable[..., Demo]) -> None:
    opened = demo()
    opened.show("An empty 6x6 board")
    page, call = opened.page, opened.page.locator("#call")
    assert call.inner_text() == "Before call 1" and page.is_disabled("#back")
    assert page.locator("#lanes .fresh").count() == 0  # an empty board, all of it masked
    page.click("#step")
    assert call.inner_text() == "Call 1 of 10"
    boards = page.locator("#lanes .board").all()
    assert len(boards) == 8
    # ceil(36 / 10) cells of each board, together
    assert [b.locator(".fresh, .back").count() for b in boards] == [4] * 8
    kinds = set[str]()
    for number in range(1, 11):
        opened.to_call(number)
        for kind in ("held", "fresh", "masked", "back", "clash"):
            kinds |= {kind} if page.locator(f"#lanes .{kind}").count() else set()
        assert f"NFE {number}" in page.locator(".lane-head").first.inner_text()
    assert kinds == {"held", "fresh", "masked", "back", "clash"}
    assert page.is_disabled("#step")
    for name in ("With a latent", "Plain masked diffusion"):
        lane = page.get_by_role("region", name=name)
        grids = [opened.values(board) for board in lane.locator(".board").all()]
        right = sum(bool(verify(sudoku(2, 3).empty(), grid)) for grid in grids)
        verdict = lane.locator(".lane-head").inner_text()
        assert f"now {right} of 4" in verdict or (not right and "✗ Not verified" in verdict)
    page.click("#back")
    assert call.inner_text() == "Call 9 of 10"
    page.click("#first")
    assert call.inner_text() == "Before call 1"


def test_seeds_and_settings(demo: Callable[..., Demo]) -> None:
    opened = demo()
    page = opened.page

    def grids() -> list[list[int]]:
        opened.to_call(2)
        return [opened.values(board) for board in page.locator("#lanes .board").all()]

    opened.show("An empty 4x4 board")
    first = grids()
    page.click("#again")
    opened.done()
    second = grids()
    page.fill("#seed", "0")
    page.click("#solve")
    opened.done()
    assert grids() == first != second
    page.click("summary:has-text('Settings')")
    page.check("#valid")
    page.fill("#latents", "8")
    page.select_option("#temperature", "0")
    page.click("#solve")
    opened.done()
    assert page.locator("#lanes .board").count() == 9
    opened.to_call(1)
    lane = page.get_by_role("region", name="With a latent")
    assert "✓ Verified: a valid grid at call 1" in lane.inner_text()
    right = lane.locator(".attempt:has-text('valid grid') .board").all()
    assert right
    for board in right:
        assert verify(sudoku(2, 2).empty(), opened.values(board))


def test_it_plays_to_the_end_by_itself_unless_motion_is_unwanted(
    demo: Callable[..., Demo],
) -> None:
    assert demo().page.inner_text("#play") == "Play"
    page = demo(reduced_motion="no-preference").page
    page.fill("#nfe", "3")
    page.select_option("#example", label="An empty 4x4 board")
    page.wait_for_selector("#call:has-text('Call 3 of 3')")
    page.wait_for_selector("#play:has-text('Play')")
    page.click("#play")  # once more, from the beginning
    page.wait_for_selector("#play:has-text('Pause')")
    page.click("#play")
    assert page.inner_text("#play") == "Play"


def test_probabilities_of_the_cell_under_the_pointer(demo: Callable[..., Demo]) -> None:
    opened = demo()
    page = opened.page
    opened.show("A hard 9x9")
    page.click("#step")
    cell = page.locator("#lanes .board").nth(1).locator("[role=gridcell]:not(.given)").first
    cell.hover()
    assert "Latent 2, row 1, column 1" in page.inner_text("#inspector")
    chances = page.locator("#inspector small").all_inner_texts()
    assert len(chances) == 9
    assert 95 <= sum(int(re.sub(r"\D", "", text)) for text in chances) <= 105
    spoken = cell.get_attribute("aria-label")
    best = max(range(9), key=lambda at: int(re.sub(r"\D", "", chances[at])))
    assert spoken is not None and f"{best + 1} {chances[best]}" in spoken
    assert page.locator("#lanes .peer").count() == 5


def test_keys_alone_suffice(demo: Callable[..., Demo]) -> None:
    opened = demo()
    page = opened.page

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"Tab never comes to {selector}")

    tab_to("#example")
    page.keyboard.type("A hard")  # a letter chooses in a list
    page.wait_for_function("example.selectedOptions[0].text === 'A hard 9x9'")
    tab_to("#solve")
    page.keyboard.press("Enter")
    page.wait_for_function("lanes.querySelectorAll('.given').length === 5 * 22")
    tab_to("#lanes [role=gridcell]")
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "End", "ArrowLeft", "Control+Home"):
        page.keyboard.press(key)
    assert "row 1, column 1" in page.inner_text("#inspector")
    page.keyboard.press("ArrowDown")
    assert "row 2, column 1" in page.inner_text("#inspector")
    page.wait_for_selector("#step:enabled")
    tab_to("#step")
    page.keyboard.press("Enter")
    page.wait_for_selector("#call:has-text('Call 1 of 10')")
    spoken = page.get_by_role("status").first.inner_text()
    assert spoken.startswith("Call 1 of 10. With a latent: ")
    tab_to("#across")
    for _ in range(100):
        page.keyboard.press("ArrowRight")
    assert page.input_value("#across") == "1"
    page.wait_for_selector("#answer[data-at='1,0']")
    assert page.inner_text("#here").startswith(("Valid grid", "The grid"))
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2


def test_a_latent_is_dragged_through_valid_grids(demo: Callable[..., Demo]) -> None:
    opened = demo()
    page = opened.page
    page.locator("#plane").scroll_into_view_if_needed()
    board = page.locator("#answer .board")
    page.wait_for_selector("#answer .held")
    met = {tuple(opened.values(board))}
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for across, along in ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + along * box["height"])
        page.wait_for_function(
            "at => answer.dataset.at === at",
            arg=f"{page.input_value('#across')},{page.input_value('#along')}",
        )
        grid = tuple(opened.values(board))
        valid = bool(verify(sudoku(2, 2).empty(), grid))
        assert ("valid grid" in page.inner_text("#answer figcaption")) == valid
        met.add(grid)
    page.mouse.up()
    assert len(met) >= 3
    page.wait_for_selector("#drag[data-done]")
    assert int(re.findall(r"(\d+) different", page.inner_text("#met"))[0]) >= 5
    colours = page.evaluate(
        "new Set(new Uint32Array(map.getContext('2d').getImageData(0, 0, 31, 31).data.buffer)).size"
    )
    assert colours >= 5
    page.select_option("#plane-board", "puzzle")
    page.wait_for_function("document.querySelectorAll('#answer [role=gridcell]').length === 81")
    assert opened.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_it_fits_and_is_accessible(demo: Callable[..., Demo], width: int, scheme: str) -> None:
    axe = ROOT / "build" / "demo" / "node_modules" / "axe-core" / "axe.min.js"
    opened = demo(viewport={"width": width, "height": 740}, color_scheme=scheme)
    page = opened.page
    page.fill("#latents", "2")
    opened.show("An empty 6x6 board")
    opened.to_call(5)
    page.locator("#lanes .masked").first.hover()
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")

    def fits() -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    assert fits()
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    shade = sum(map(int, re.findall(r"\d+", background))) / 3
    assert shade > 200 if scheme == "light" else shade < 60
    if width == 360:
        page.fill("#nfe", "1")
        opened.show("A 16x16")
        opened.to_call(1)
        page.locator("#lanes .fresh").first.hover()
        assert fits()
    if not axe.is_file():
        pytest.skip("axe-core is not installed: make demo")
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document)")
    seen = {
        rule["id"]: [node["html"] + node["failureSummary"] for node in rule["nodes"][:3]]
        for rule in found["violations"]
    }
    assert seen == {}
    assert {"color-contrast", "label", "button-name"} <= {rule["id"] for rule in found["passes"]}


def test_it_runs_where_vmd_play_serves_it(browser: Any, vendor: Path, tmp_path: Path) -> None:
    """Under the policies of that server, which a browser enforces."""
    pytest.importorskip("textual_serve")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    options = ("--serve", "--port", port, "--data-dir", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-m", "vmd_solver.tui.command", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None and f":{port}/" in process.stderr.readline()
            page = browser.new_page()
            demo = Demo(page, f"http://127.0.0.1:{port}/demo").open()
            page.wait_for_selector("#step:enabled")
            page.close()
            assert demo.complaints == []
        finally:
            process.kill()


def test_without_the_build_the_page_says_what_to_run(
    browser: Any, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    shutil.copytree(PAGE, tmp_path / "demo", ignore=shutil.ignore_patterns("vendor"))
    page = browser.new_page()
    page.goto(f"{serve(tmp_path)}demo/index.html")
    page.wait_for_selector("#status:has-text('make demo')", timeout=1000 * HANG_S)
    assert "\n" not in page.inner_text("#status")
    page.close()

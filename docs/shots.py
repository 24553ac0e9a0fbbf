"""Takes a picture of every page of the site, into build/shots/: `make shots`, after `make site`.

Needs Chromium. Desktop and phone, light and dark; the pages are served on this machine, as what
the demonstration is made of does not work from a file.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
SITE, SHOTS = ROOT / "site", ROOT / "build" / "shots"

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""It is to speak with nobody, and may run as root in a container."""

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = {"desktop": (1280, 900), "phone": (360, 740)}
MOST_HEIGHT = 16_000
"""Pixels that a picture of Chromium can be high; the rest of a longer page is left out."""

SETTLED_MS = 1_500
"""For what moves, and for the first call of the demonstration."""


class Quiet(SimpleHTTPRequestHandler):
    """Files, with the types that modules need on every machine."""

    extensions_map = {  # noqa: RUF012
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a folder that is served on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The installed Chromium, without a window."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


def main() -> None:
    """A picture of each page in each size and scheme of colours."""
    if CHROMIUM is None or not SITE.is_dir():
        sys.exit("make shots needs Chromium, and the site: make site")
    SHOTS.mkdir(parents=True, exist_ok=True)
    names = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    with serving(SITE) as address, chromium() as browser:
        for size, scheme in product(SIZES, SCHEMES):
            width, height = SIZES[size]
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            for name in names:
                page.goto(address + name)
                page.wait_for_timeout(SETTLED_MS)
                tall = page.evaluate("document.documentElement.scrollHeight")
                shot = f"{name.removesuffix('.html').replace('/', '-')}-{size}-{scheme}.png"
                page.screenshot(
                    path=SHOTS / shot,
                    full_page=True,
                    clip={"x": 0, "y": 0, "width": width, "height": min(tall, MOST_HEIGHT)},
                )
            page.close()
    print(f"{len([*SHOTS.glob('*.png')])} pictures in {SHOTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

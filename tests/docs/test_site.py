"""The site is built without a warning, its links lead somewhere, and it fetches nothing."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from pkgutil import resolve_name
from urllib.parse import unquote, urlsplit

import click
import pytest
from scripts import script

import vmd_solver
from vmd_solver.scripts import COMMANDS as installed
from vmd_training.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
FETCHED = {("link", "href"), *((tag, "src") for tag in ("script", "img", "iframe", "source"))}
"""What a browser fetches by itself."""


class Page(HTMLParser):
    """Addresses in a page, and what in it can be an address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors = {""}
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            if name in ("href", "src") and value is not None:
                self.links.append(value)
                if (tag, name) in FETCHED:
                    self.fetched.append(value)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, built as `make site` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Page]:
    """The pages; what a server shows for an address that leads nowhere is none of them."""
    paths = [path for path in site.rglob("*.html") if path.name != "404.html"]
    return {path: Page(path.read_text(encoding="utf-8")) for path in paths}


def test_every_page_is_there(site: Path, pages: dict[Path, Page]) -> None:
    sources = {path.stem for path in ROOT.glob("docs/*.md")} | {"CHANGELOG", "CONTRIBUTING"}
    assert {path.stem for path in pages if path.parent == site} >= sources
    assert not [*site.rglob("*.py")]


def test_links_lead_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    """Relative all of them, so that the site works in any folder, and from a file."""
    lost = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            anchors = pages[target].anchors if target in pages else {unquote(parts.fragment)}
            there = target.is_file() and not link.startswith("/")
            if not there or unquote(parts.fragment) not in anchors:
                lost.append(f"{path.relative_to(site)}: {link}")
    assert lost == []
    assert sum(len(page.links) for page in pages.values()) > 1000


def test_addresses_elsewhere_are_whole(pages: dict[Path, Page]) -> None:
    """Whether they answer cannot be seen from here."""
    links = {link for page in pages.values() for link in page.links}
    links = {link for link in links if urlsplit(link).scheme not in ("", "data")}
    assert links
    whole = re.compile(r"https?://(localhost|[\w-]+(\.[\w-]+)+)(:\d+)?(/[^\s\"<>]*)?")
    assert [link for link in links if not whole.fullmatch(link)] == []


def test_nothing_is_fetched_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        outside = [link for link in page.fetched if re.match(r"(\w+:)?//", link)]
        assert outside == [], path
    for path in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(\w+:)?//", path.read_text(encoding="utf-8"))


def test_every_command_and_option_is_listed(pages: dict[Path, Page], site: Path) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert installed.keys() == scripts.keys()
    text = html.unescape((site / "COMMANDS.html").read_text(encoding="utf-8"))
    below = {f"vmd-train {name}": command for name, command in COMMANDS.items()}
    above = {name: f"{module}:command" for name, module in installed.items()}
    for name, where in {**above, **below}.items():
        section = text.partition(f'<h{2 + (name in below)} id="{name.replace(" ", "-")}">')[2]
        section = section.partition("<h")[0]
        options = [one for one in resolve_name(where).params if isinstance(one, click.Option)]
        names = [name for option in options for name in (*option.opts, *option.secondary_opts)]
        assert names and [name for name in names if name not in section] == []


def test_every_public_name_is_documented(site: Path, pages: dict[Path, Page]) -> None:
    named = {anchor.rpartition(".")[2] for anchor in pages[site / "API.html"].anchors}
    assert [name for name in vmd_solver.__all__ if name not in named] == []


def anchors(page: Path) -> set[str]:
    """What a code host makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", SOURCES, ids=lambda path: path.stem)
def test_links_lead_somewhere_on_a_code_host(page: Path) -> None:
    """The same pages as they lie in the checkout."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        if ":" in path:
            continue
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_search_works_from_a_file(site: Path) -> None:
    """And a page with its search asks for nothing beside the files of the site."""
    shots = script("shots")
    if shots.CHROMIUM is None:
        pytest.skip("no Chromium here")
    asked: list[str] = []
    with shots.chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "PLAY.html").as_uri())
        page.fill("input.md-search__input", "remask")
        page.wait_for_selector(".md-search-result__article")
        found = page.locator(".md-search-result__article h1").all_inner_texts()
    assert "Text" in found
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []

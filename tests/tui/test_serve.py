"""vmd-play in a browser: a page that needs nothing from outside, and a socket that plays."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from waiting import HANG_S, until

ROOT = Path(__file__).resolve().parents[2]

aiohttp = pytest.importorskip("aiohttp")
pytest.importorskip("textual_serve")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[str]:
    """The host and port of a server of one puzzle."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["--serve", "--port", str(port), "--data-dir", str(home), "puzzles/4x4.txt"]
    with subprocess.Popen(
        [sys.executable, "-m", "vmd_solver.tui.command", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert f"http://127.0.0.1:{port}" in said, said
        until(lambda: listens(port), process)
        yield f"127.0.0.1:{port}"
        process.terminate()
        assert process.wait(timeout=HANG_S) == 0


def listens(port: int) -> bool:
    """Whether somebody answers there."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def fetched(url: str) -> tuple[int, str, bytes]:
    """Status, policy and content of a page."""
    with urlopen(url, timeout=HANG_S) as answer:
        return answer.status, answer.headers.get("Content-Security-Policy", ""), answer.read()


def test_everything_that_the_page_needs_is_here(served: str) -> None:
    status, policy, content = fetched(f"http://{served}/?fontsize=20")
    page = content.decode()
    assert status == 200 and 'data-font-size="20"' in page
    needed = re.findall(r"""(?:src|href)=["']([^"']+)|url\(["']?([^"')]+)""", page)
    paths = [one or other for one, other in needed]
    assert len(paths) >= 4
    for path in paths:
        assert path.startswith(("/", "data:")) and not path.startswith("//"), path
        if path.startswith("/static"):
            assert fetched(f"http://{served}{path}")[0] == 200
    assert re.findall(r"\w+://([^/\"]+)", page) == [served]
    assert re.findall(r"\w+://\S+", policy) == [f"ws://{served}"]
    assert "default-src 'self';" in policy


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}]
)
@pytest.mark.parametrize("path", ["/", "/ws"])
def test_pages_from_elsewhere_are_refused(served: str, path: str, headers: dict[str, str]) -> None:
    with pytest.raises(OSError, match="403"):
        urlopen(Request(f"http://{served}{path}", headers=headers), timeout=HANG_S)


async def test_the_socket_plays_and_the_game_is_saved(served: str, home: Path) -> None:
    async with (
        asyncio.timeout(HANG_S),
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"http://{served}/ws?width=80&height=24", headers={"Origin": f"http://{served}"}
        ) as browser,
    ):
        shown = b""
        while b"Puzzles" not in shown:
            shown += await browser.receive_bytes()
        assert b"4x4.txt" in shown
        for key in "cq":
            await browser.send_json(["stdin", key])
        async for _ in browser:
            pass
        until(lambda: list((home / "games").glob("*.json")))  # the process ends after its page


def test_without_the_extra_that_is_one_line(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['textual_serve'] = None; sys.argv[1:] = ['--serve'];"
        "from vmd_solver.tui.command import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("vmd-play: --serve needs the extra web (textual_serve")

"""vmd-play in a browser: a page that needs nothing from outside, and a socket that plays."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest
from waiting import HANG_S, until

from vmd_solver.play import Library, Opened
from vmd_solver.play.opening import entries
from vmd_solver.tui.page import MOST_SIZE, bounded

ROOT = Path(__file__).resolve().parents[2]

aiohttp = pytest.importorskip("aiohttp")
pytest.importorskip("textual_serve")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@contextmanager
def serving(home: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A server of one puzzle: its process, host and port from here, and the address it says."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["--serve", "--port", str(port), "--data-dir", str(home), *options]
    with subprocess.Popen(
        [sys.executable, "-m", "vmd_solver.tui.command", *arguments, "puzzles/4x4.txt"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            assert f":{port}/" in said, said
            yield process, f"127.0.0.1:{port}", said.split()[1]
        finally:
            process.kill()


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[str]:
    """The host and port of a server of one puzzle, for two pages."""
    with serving(home, "--pages", "2") as (process, host, address):
        assert address == f"http://{host}/"
        yield host
        process.terminate()
        assert process.wait(timeout=HANG_S) == 0


@asynccontextmanager
async def page(host: str, query: str = "width=80&height=24") -> AsyncIterator[Any]:
    """The socket of a page that shows the game, once there is room for it."""
    async with asyncio.timeout(HANG_S), aiohttp.ClientSession() as session:
        socket = None
        while socket is None:
            with suppress(aiohttp.WSServerHandshakeError):
                socket = await session.ws_connect(f"http://{host}/ws?{query}")
        async with socket:
            shown = b""
            while b"4x4" not in shown:
                shown += await socket.receive_bytes()
            yield socket


def saved(home: Path) -> Opened:
    """The game of the puzzle that is served, opened here."""
    (entry,) = entries(ROOT / "puzzles/4x4.txt")[:1]
    assert entry.puzzle is not None
    return Library(home / "games").open(entry.puzzle)


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
    assert "default-src 'self';" in policy and "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}]
)
@pytest.mark.parametrize("path", ["/", "/ws"])
def test_pages_from_elsewhere_are_refused(served: str, path: str, headers: dict[str, str]) -> None:
    with pytest.raises(HTTPError, match="403") as refused:
        urlopen(Request(f"http://{served}{path}", headers=headers), timeout=HANG_S)
    refused.value.close()


async def test_the_socket_plays_and_the_game_is_saved(served: str, home: Path) -> None:
    async with (
        asyncio.timeout(HANG_S),
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"http://{served}/ws?width=80&height=24", headers={"Origin": f"http://{served}"}
        ) as browser,
    ):
        shown = b""
        while not (b"Puzzles" in shown and b"4x4.txt" in shown):
            shown += await browser.receive_bytes()
        for key in "cq":
            await browser.send_json(["stdin", key])
        async for _ in browser:
            pass
        until(lambda: list((home / "games").glob("*.json")))  # the process ends after its page


@pytest.mark.parametrize("path", ["/", "/static/css/xterm.css", "/nowhere", "/download/x"])
def test_every_answer_says_what_a_browser_may_do_with_it(served: str, path: str) -> None:
    try:
        answer = urlopen(f"http://{served}{path}", timeout=HANG_S)
    except HTTPError as error:
        answer = error
    with answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "asked", ["Host: [", "Host: localhost.", "Host: a b", "Origin: http://[", "Origin: null"]
)
def test_names_that_are_none_are_refused(served: str, asked: str) -> None:
    own = "" if asked.startswith("Host") else f"Host: {served}\r\n"
    name, _, port = served.partition(":")
    with socket.create_connection((name, int(port)), timeout=HANG_S) as client:
        client.sendall(f"GET / HTTP/1.1\r\n{own}{asked}\r\n\r\n".encode())
        assert client.recv(1 << 12).startswith(b"HTTP/1.1 403 ")


async def test_pages_are_limited_in_number_and_size(served: str) -> None:
    huge = "width=99999999&height=99999999"
    async with page(served, huge) as first, page(served, "width=x&height="):
        await first.send_json(["resize", {"width": 99999999, "height": "x"}])
        with pytest.raises(HTTPError, match="503") as refused:
            await asyncio.to_thread(urlopen, f"http://{served}/ws", timeout=HANG_S)
        refused.value.close()
    async with page(served):  # there is room again
        pass


@pytest.mark.parametrize("sent", ["{}", "[]", '["stdin", 5]', "no JSON", '["resize", {}]'])
async def test_what_no_page_sends_ends_the_page(served: str, sent: str) -> None:
    async with page(served) as browser:
        await browser.send_str(sent)
        async for _ in browser:
            pass
        assert browser.close_code == 1000


def test_sizes_are_bounded() -> None:
    assert bounded(99999999, -5) == (MOST_SIZE[0], 1)
    assert bounded(80, 24) == (80, 24)
    assert bounded("x", None) == MOST_SIZE


async def test_others_need_the_token(tmp_path: Path) -> None:
    with serving(tmp_path, "--host", "0.0.0.0") as (_, host, address):
        query = address.partition("?")[2]
        token = query.removeprefix("token=")
        assert len(token) > 30 and query != token
        jar = aiohttp.CookieJar(unsafe=True)
        async with (
            asyncio.timeout(HANG_S),
            aiohttp.ClientSession(f"http://{host}", cookie_jar=jar) as session,
        ):

            async def status(path: str, **headers: str) -> int:
                async with session.get(path, headers=headers) as answer:
                    return answer.status

            for path in ("/", "/?token=", f"/?token={token}x", "/?token=%ff", "/ws", "/download/x"):
                assert await status(path) == 403
            assert await status("/static/css/xterm.css") == 403
            assert await status("/", Cookie="vmd-play=x") == 403
            assert await status(f"/?{query}", Host="evil.example") == 403
            assert await status(f"/?{query}", Origin="http://evil.example") == 403
            async with session.get(f"/?{query}&fontsize=20") as answer:
                assert answer.status == 200 and str(answer.url).endswith("/?fontsize=20")
                (moved,) = answer.history
                assert "HttpOnly" in moved.headers["Set-Cookie"]
                assert 'data-font-size="20"' in await answer.text()
            assert await status("/static/css/xterm.css") == 200
            assert await status("/", Host="evil.example") == 403
            async with session.ws_connect("/ws") as browser:
                assert (await browser.receive()).type == aiohttp.WSMsgType.BINARY


async def test_a_page_ends_with_a_server_that_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, host, _):
        async with page(host) as browser:
            pages = psutil.Process(process.pid).children(recursive=True)
            assert pages
            await browser.send_json(["stdin", "c"])
            await asyncio.to_thread(until, lambda: [*tmp_path.glob("games/*.json")], process)
            process.kill()
            async for _ in browser:
                pass
        until(lambda: not any(map(alive, pages)))
    opened = saved(tmp_path)
    assert opened.resumed and opened.saves
    opened.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("hangs", [False, True])
async def test_an_interrupt_ends_it_with_a_page_open(tmp_path: Path, hangs: bool) -> None:
    """Also where the page can do nothing: then it ends by itself when it can."""
    with serving(tmp_path) as (process, host, _):
        async with page(host) as browser:
            pages = psutil.Process(process.pid).children(recursive=True)
            await browser.send_json(["stdin", "c"])
            await asyncio.to_thread(until, lambda: [*tmp_path.glob("games/*.json")], process)
            for one in pages if hangs else ():
                one.suspend()
            process.send_signal(signal.SIGINT)
            assert await asyncio.to_thread(process.wait, HANG_S) == 0
            assert process.stderr is not None and process.stderr.read() == ""
            for one in pages if hangs else ():
                one.resume()
        until(lambda: not any(map(alive, pages)))
    opened = saved(tmp_path)
    assert opened.resumed and opened.saves
    opened.close()


def alive(process: psutil.Process) -> bool:
    """Whether it runs still; a process that nobody asked about since it ended does not."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "nowhere.invalid"], "--host nowhere.invalid --port"),
        (["--folder", "a file"], "is a file"),
    ],
)
def test_what_cannot_be_served_is_one_line(tmp_path: Path, options: list[str], words: str) -> None:
    (tmp_path / "a file").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "vmd_solver.tui.command", "--serve", "--data-dir", "d", *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = done.stderr.split("\n")[:-1]
    assert done.returncode == 2 and words in line


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as that of the demonstration, with a file beside it."""
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "demo" / "vendor").mkdir(parents=True)
    for name in ("index.html", "app.js", "vendor/run.mjs", "vendor/run.wasm", "notes.txt"):
        (tmp_path / "demo" / name).write_text(name)
    return tmp_path / "demo"


@asynccontextmanager
async def at_home(folder: Path | None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A browser at a server that found the demonstration in this folder."""
    from aiohttp.test_utils import TestClient, TestServer

    from vmd_solver.tui import serve

    monkeypatch.setattr(serve, "demo_folder", lambda: folder)
    server = serve.PlayServer([], "127.0.0.1", 8000, 1)
    async with TestClient(TestServer(await server._make_app())) as client:
        yield client


async def test_the_demonstration_is_served_where_it_was_built(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_home(built, monkeypatch) as client:
        assert 'href="/demo/"' in await (await client.get("/")).text()
        answer = await client.get("/demo")
        assert answer.status == 200 and answer.url.path == "/demo/"
        for name, kind in (
            ("", "text/html"),
            ("app.js", "text/javascript"),
            ("vendor/run.mjs", "text/javascript"),
            ("vendor/run.wasm", "application/wasm"),
        ):
            answer = await client.get(f"/demo/{name}")
            assert answer.status == 200 and answer.content_type == kind
            assert await answer.text() == (name or "index.html")
            policy = answer.headers["Content-Security-Policy"]
            assert "'wasm-unsafe-eval'" in policy and "frame-ancestors 'none'" in policy
            assert "unsafe-inline" not in policy and "default-src 'none'" in policy
        for name in ("notes.txt", "nowhere.js", "vendor", "%2e%2e/secret.json", "../secret.json"):
            assert (await client.get(f"/demo/{name}")).status == 404
        (built / "out.json").symlink_to(built.parent / "secret.json")
        assert (await client.get("/demo/out.json")).status == 404


async def test_without_the_demonstration_there_is_no_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with at_home(None, monkeypatch) as client:
        assert "demo" not in await (await client.get("/")).text()
        assert (await client.get("/demo/")).status == 404


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

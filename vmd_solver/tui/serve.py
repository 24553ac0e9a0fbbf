"""vmd-play in a browser, through textual-serve: a process for each page, and nothing from outside.

Imported only where that is asked for: textual-serve is an extra.
"""

from __future__ import annotations

import logging
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
from asyncio import create_task, get_running_loop, wait
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from html import escape
from ipaddress import ip_address
from string import Template
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.app_service import AppService
from textual_serve.server import Server, to_int

from vmd_solver.assets import demo_folder
from vmd_solver.console import narrate

_GRACE_S = 1.0
"""Seconds that a browser has to say goodbye, and that the end of the server waits for pages."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Of every answer; the page has a policy of its own."""

_POLICY = Template(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "connect-src 'self' $socket"
)
"""What a browser may fetch for the page: only what this server has; and nobody may frame it."""

_DEMO_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The same for the demonstration, whose scripts are files and whose model is WebAssembly."""

_DEMO_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".onnx": "application/octet-stream",
    ".wasm": "application/wasm",
}
"""What is served of its folder, whatever this machine calls such files."""

_DEMO_LINK = """<nav id="links">
<a href="/demo/" target="_blank">The model at work, in this browser</a>
</nav>
"""
"""In a window of its own: a game ends with its page."""

_SIZE = (("width", 80), ("height", 24))
"""Of a page that states none; the process bounds what is stated."""

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>$title</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/css/xterm.css">
<script src="/static/js/textual.js"></script>
<style>
@font-face {
  font-family: "Roboto Mono";
  src: url("/static/fonts/RobotoMono-VariableFont_wght.ttf");
  font-weight: 100 700;
}
body { background: #1b1d21; color: #e6e1d6; font-family: "Roboto Mono", monospace; margin: 0; }
#ended { display: none; position: absolute; inset: 0; z-index: 9; background: #1b1d21; }
body.-closed #ended { display: grid; place-items: center; }
a { color: #86c6f4; }
#links { height: 1.6rem; padding: 0 0.5rem; font-size: 0.85rem; line-height: 1.6rem; }
#links + #terminal { height: calc(100vh - 1.6rem); }
</style>
</head>
<body>
<div id="ended"><p>This page has ended, or too many are open. <a href="/">Continue</a></p></div>
$links<div id="terminal" class="textual-terminal" data-session-websocket-url="$socket/ws"
  data-font-size="$size"></div>
<script>
new MutationObserver((_, watch) => {
  if (!document.body.classList.contains("-first-byte")) return;
  watch.disconnect();
  document.querySelector(".xterm-helper-textarea").focus();
}).observe(document.body, { attributeFilter: ["class"] });
</script>
</body>
</html>
""")


def _address(host: str) -> str:
    """An IP address in its usual form, or "" for a name."""
    try:
        return str(ip_address(host))
    except ValueError:
        return ""


class _Page(AppService):
    """The process of a page; whatever ends it ends the page."""

    async def run(self) -> None:
        await super().run()
        await self.remote_close()
        if self._process is not None:
            await self._process.wait()


class PlayServer(Server):
    """Serves a command of the terminal, to at most `pages` pages at once.

    Others than this machine may come where `host` is not its own address to itself: then they need
    the token that is in the address.
    """

    def __init__(self, arguments: Sequence[str], host: str, port: int, pages: int) -> None:
        words = [sys.executable, "-m", "vmd_solver.tui.command", *arguments]
        windows = sys.platform == "win32"
        command = subprocess.list2cmdline(words) if windows else f"exec {shlex.join(words)}"
        super().__init__(command, host, port, title="vmd-play")
        self._most, self._pages = pages, set[_Page]()
        address = _address(host)
        local = ip_address(address).is_loopback if address else host.lower() == "localhost"
        self._token = "" if local else secrets.token_urlsafe()
        self._cookie = f"vmd-play-{port}"
        self._here = socket.gethostname().lower()
        """What this machine calls itself."""
        self._demo = demo_folder()

    def serve(self, debug: bool = False) -> None:
        """Serve until interrupted; a second interrupt does not wait for the pages."""
        for name in ("aiohttp", "textual-serve"):  # what a stranger sends is not for this terminal
            logging.getLogger(name).addHandler(logging.NullHandler())
        with redirect_stdout(sys.stderr):  # where textual-serve puts the words of a page's end
            web.run_app(
                self._make_app(),
                host=self.host,
                port=self.port,
                shutdown_timeout=_GRACE_S,
                access_log=None,
                print=lambda _: narrate(f"vmd-play: {self._url}  (Ctrl+C ends it)"),
            )

    @property
    def _url(self) -> str:
        """The address to open."""
        address = _address(self.host)
        host = self._here if address and ip_address(address).is_unspecified else self.host
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}/{f'?token={self._token}' if self._token else ''}"

    async def on_startup(self, app: web.Application) -> None:
        """The address is said once the port is ours."""

    async def on_shutdown(self, app: web.Application) -> None:
        """Let every page save and end, but wait for none that hangs, nor after a second interrupt.

        Such a page ends by itself once the server is gone, if asyncio does not come to kill it.
        """
        for number in (signal.SIGINT, signal.SIGTERM) if os.name == "posix" else ():
            get_running_loop().add_signal_handler(number, os._exit, 128 + number)
        if self._pages:
            pages = [create_task(page.stop()) for page in self._pages]
            _, hung = await wait(pages, timeout=_GRACE_S)
            if hung:
                os._exit(0)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._own_pages_only)
        if self._demo is not None:
            app.router.add_get("/demo", self._to_demo)
            app.router.add_get("/demo/{name:.*}", self._handle_demo)
        app.on_response_prepare.append(self._with_headers)
        return app

    async def _with_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)

    @web.middleware
    async def _own_pages_only(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what a page from elsewhere asks for: it could type, and read, for the player.

        A browser names the page's origin, and the name that it was given; a name of
        someone else's may lead here as well, an address in digits is what it says.
        """
        origin = request.headers.get("Origin")
        try:
            host = request.url.host or ""
            foreign = origin is not None and urlsplit(origin).netloc != request.host
        except ValueError:
            host, foreign = "", True
        if foreign or not (host in ("localhost", self.host.lower(), self._here) or _address(host)):
            raise web.HTTPForbidden(text="only for pages of vmd-play itself\n")
        given = request.query.get("token") or request.cookies.get(self._cookie, "")
        if self._token and not secrets.compare_digest(
            given.encode(errors="replace"), self._token.encode()
        ):
            raise web.HTTPForbidden(text="open the address that vmd-play printed, with its token\n")
        return await handler(request)

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page: a terminal, fed by a socket of this server.

        The token goes from the address, which others may see, to a cookie.
        """
        socket = f"{'wss' if request.secure else 'ws'}://{request.host}"
        asked = request.query.get("fontsize", "")
        size = asked if asked.isdecimal() and 8 <= int(asked) <= 48 else "16"
        if self._token and "token" in request.query:
            answer = web.HTTPFound(f"/?fontsize={size}")
            answer.set_cookie(self._cookie, self._token, httponly=True, samesite="Lax")
            raise answer
        text = _PAGE.substitute(
            title=escape(self.title),
            socket=escape(socket),
            size=size,
            links=_DEMO_LINK if self._demo else "",
        )
        policy = {"Content-Security-Policy": _POLICY.substitute(socket=socket)}
        return web.Response(text=text, content_type="text/html", headers=policy)

    async def _to_demo(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/demo/")

    async def _handle_demo(self, request: web.Request) -> web.StreamResponse:
        """A file of the demonstration."""
        assert self._demo is not None
        root = self._demo.resolve()
        file = (root / (request.match_info["name"] or "index.html")).resolve()
        kind = _DEMO_TYPES.get(file.suffix)
        if kind is None or not file.is_relative_to(root) or not file.is_file():
            raise web.HTTPNotFound
        headers = {"Content-Type": kind, "Content-Security-Policy": _DEMO_POLICY}
        return web.FileResponse(file, headers=headers)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """A page in play: its process lives until the browser or the game leaves."""
        if len(self._pages) >= self._most:
            text = (
                f"{self._most} pages are open: close one, or begin with --pages {self._most + 1}\n"
            )
            raise web.HTTPServiceUnavailable(text=text)
        browser = web.WebSocketResponse(heartbeat=15, timeout=_GRACE_S)

        async def close() -> None:
            await browser.close()

        page = _Page(
            self.command,
            write_bytes=browser.send_bytes,
            write_str=browser.send_str,
            close=close,
            download_manager=self.download_manager,
        )
        self._pages.add(page)
        try:
            await browser.prepare(request)
            size = (to_int(request.query.get(name, ""), usual) for name, usual in _SIZE)
            await page.start(*size)
            # A message that no page of ours sends ends it.
            with suppress(AssertionError, AttributeError, LookupError, TypeError, ValueError):
                await self._process_messages(browser, page)
        finally:
            await page.stop()
            self._pages.discard(page)
        return browser

"""vmd-play in a browser, through textual-serve: a process for each page, and nothing from outside.

Imported only where that is asked for: textual-serve is an extra.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from html import escape
from string import Template
from urllib.parse import urlsplit

import click
from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.server import Server

LOCAL = ("localhost", "127.0.0.1", "::1")
"""The names of this machine to itself."""

_POLICY = Template(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self' $socket"
)
"""What a browser may fetch for the page: only what this server has."""

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
</style>
</head>
<body>
<div id="ended"><p>The game is saved. <a href="/">Continue</a></p></div>
<div id="terminal" class="textual-terminal" data-session-websocket-url="$socket/ws"
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


class PlayServer(Server):
    """Serves a command of the terminal; `public` where others than this machine may come."""

    def __init__(self, arguments: Sequence[str], host: str, port: int) -> None:
        joined = subprocess.list2cmdline if sys.platform == "win32" else shlex.join
        command = joined([sys.executable, "-m", "vmd_solver.tui.command", *arguments])
        super().__init__(command, host, port, title="vmd-play")
        self._public = host not in LOCAL

    def initialize_logging(self) -> None:
        """Say nothing of every request."""

    async def on_startup(self, app: web.Application) -> None:
        host = f"[{self.host}]" if ":" in self.host else self.host
        click.echo(f"vmd-play: http://{host}:{self.port}  (Ctrl+C ends it)", err=True)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._own_pages_only)
        return app

    @web.middleware
    async def _own_pages_only(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what a page from elsewhere asks for: it could type, and read, for the player.

        A browser names the page's origin, and the name that it was given; a name of
        someone else's may lead here as well.
        """
        origin = request.headers.get("Origin")
        foreign = origin is not None and urlsplit(origin).netloc != request.host
        if foreign or not (self._public or request.url.host in LOCAL):
            raise web.HTTPForbidden(text="only for pages of vmd-play itself\n")
        return await handler(request)

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page: a terminal, fed by a socket of this server."""
        socket = f"{'wss' if request.secure else 'ws'}://{request.host}"
        asked = request.query.get("fontsize", "")
        size = asked if asked.isdecimal() and 8 <= int(asked) <= 48 else "16"
        text = _PAGE.substitute(title=escape(self.title), socket=escape(socket), size=size)
        policy = {"Content-Security-Policy": _POLICY.substitute(socket=socket)}
        return web.Response(text=text, content_type="text/html", headers=policy)

"""What huggingface_hub asks of the hub, on loopback: enough to push a model, and to fetch it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

OWNER, TOKEN = "somebody", "hf_secret"
"""The one account, and what it is known by."""

Files = dict[str, bytes]


@dataclass
class Repository:
    """One repository: its commits by hash, and what its branch and tags point at."""

    private: bool = False
    gated: bool = False
    commits: dict[str, Files] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def commit(self, files: Files) -> str:
        """Put files in the place of all that was there; the hash."""
        listed = repr((sorted(files.items()), len(self.commits)))
        sha = hashlib.sha1(listed.encode()).hexdigest()
        self.commits[sha], self.refs["main"] = dict(files), sha
        return sha


@dataclass
class Hub:
    """The state of the hub, and what was asked of it."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    stored: Files = field(default_factory=dict)
    """Large files by SHA-256."""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and headers."""
    cut: int | None = None
    """Bytes after which a file ends."""
    address: str = ""


class Refused(Exception):
    """An answer other than 200."""


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub that answers at `address` until the block ends."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing."""

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            hub.asked.append((self.command, path, dict(self.headers)))
            status, headers = 200, dict[str, str]()
            try:
                found = _answer(hub, self.command, path, body, self.headers["Authorization"])
                data, headers = found if isinstance(found, tuple) else (json.dumps(found), {})
            except Refused as refused:
                status, code, said, *known = refused.args
                data = json.dumps({"error": said, **dict(known)})
                headers = {"X-Error-Code": code, "X-Error-Message": said}
            raw = data.encode() if isinstance(data, str) else data
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(raw)

        do_GET = do_HEAD = do_POST = do_PUT = _answer

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


def _answer(hub: Hub, method: str, path: str, body: bytes, token: str | None) -> Any:
    """JSON, or bytes with headers. Raises Refused."""
    known = token == f"Bearer {TOKEN}"
    if token and not known:
        raise Refused(401, "", "Invalid credentials in Authorization header")
    if path == "/api/repos/create":
        return _create(hub, json.loads(body), known)
    if path == "/api/validate-yaml":
        return _validated(json.loads(body)["content"])
    if found := re.fullmatch(r"/lfs/(\w+)", path):
        hub.stored[found[1]] = body
        return {}
    found = re.fullmatch(r"(?:/api/models)?/([^/]+/[^/]+?)(?:\.git)?(?:/(.*))?", path)
    assert found, path
    repository = hub.repositories.get(found[1])
    if repository is None or (repository.private and not known):
        raise Refused(404 if known else 401, "RepoNotFound", "Repository not found")
    what, _, rest = (found[2] or "").partition("/")
    if repository.gated and what == "resolve":
        raise Refused(403, "GatedRepo", "Access is restricted")
    if what in ("preupload", "commit", "info") and not known:
        raise Refused(401, "", "No token")
    if what == "preupload":
        files = json.loads(body)["files"]
        return {"files": [_mode(file["path"]) for file in files]}
    if what == "info":
        return {"transfer": "basic", "objects": [_upload(hub, one) for one in _objects(body)]}
    if what == "commit":
        return _commit(hub, found[1], repository, body)
    revision, _, name = rest.partition("/") if what else ("main", "", "")
    sha = repository.refs.get(revision, revision)
    if sha not in repository.commits:
        raise Refused(404, "RevisionNotFound", "Invalid rev id")
    files = repository.commits[sha]
    if what == "tree":
        return [_entry(name, data) for name, data in sorted(files.items())]
    if what == "resolve":
        headers = {"X-Repo-Commit": sha, "ETag": f'"{hashlib.sha1(files[name]).hexdigest()}"'}
        return files[name] if method == "HEAD" else files[name][: hub.cut], headers
    siblings = [{"rfilename": name, "size": len(data)} for name, data in files.items()]
    return {"id": found[1], "sha": sha, "private": repository.private, "siblings": siblings}


def _create(hub: Hub, asked: dict[str, Any], known: bool) -> dict[str, str]:
    name = f"{asked['organization']}/{asked['name']}"
    if not known:
        raise Refused(401, "", "No token")
    if asked["organization"] != OWNER:
        raise Refused(403, "", f"You have no rights under {asked['organization']}")
    if name in hub.repositories:
        address = ("url", f"{hub.address}/{name}")
        raise Refused(409, "", "You already created this model repo", address)
    one = hub.repositories[name] = Repository(asked.get("visibility") == "private")
    one.commit({".gitattributes": b"*.onnx filter=lfs\n"})
    return {"url": f"{hub.address}/{name}"}


def _validated(card: str) -> dict[str, list[Any]]:
    """As the hub does, as far as that the facts of a card are a mapping."""
    if card.startswith("---\n") and not isinstance(yaml.safe_load(card.split("---\n")[1]), dict):
        raise Refused(400, "", "no", ("errors", [{"message": "the facts are no mapping"}]))
    return {"errors": [], "warnings": []}


def _is_large(name: str) -> bool:
    return name.endswith((".onnx", ".safetensors"))


def _mode(name: str) -> dict[str, Any]:
    how = "lfs" if _is_large(name) else "regular"
    return {"path": name, "uploadMode": how, "shouldIgnore": False}


def _objects(body: bytes) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = json.loads(body)["objects"]
    return objects


def _upload(hub: Hub, one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "actions": {"upload": {"href": f"{hub.address}/lfs/{one['oid']}"}}}


def _commit(hub: Hub, name: str, repository: Repository, body: bytes) -> dict[str, Any]:
    files = dict(repository.commits[repository.refs["main"]])
    for line in body.splitlines():
        row = json.loads(line)
        value = row["value"]
        if row["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif row["key"] == "lfsFile":
            files[value["path"]] = hub.stored[value["oid"]]
        elif row["key"] == "deletedFile":
            del files[value["path"]]
    sha = repository.commit(files)
    return {"success": True, "commitOid": sha, "commitUrl": f"{hub.address}/{name}/commit/{sha}"}


def _entry(name: str, data: bytes) -> dict[str, Any]:
    entry = {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
    if _is_large(name):
        sums = hashlib.sha256(data).hexdigest()
        entry["lfs"] = {"oid": sums, "size": len(data), "pointerSize": 130}
    return entry

"""What a shell completes for the commands: files, included puzzles and models, and names.

A shell starts the command for each press of a key, so names are imported when they are asked for.
Must not know of any one command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from glob import escape, iglob
from pkgutil import resolve_name
from typing import Literal

from click import Context, Parameter
from click.shell_completion import CompletionItem

from vmd_solver import assets
from vmd_solver.errors import AssetNotFound

Items = list[CompletionItem[str]]
Completer = Callable[[Context, Parameter, str], Items]
"""What click asks: the command so far, the option or argument, and what of it is typed."""


def paths(kind: Literal["file", "dir"], typed: str) -> Items:
    """Has the shell complete files or folders itself: alone, as zsh does it with no other items."""
    return [CompletionItem(typed or "./", type=kind)]  # the script for zsh loses what is empty


def among(names: Iterable[str], typed: str, listed: bool = False) -> Items:
    """Those that begin with what is typed; `listed`: with the last of several with commas."""
    before, comma, last = typed.rpartition(",") if listed else ("", "", typed)
    found = (name for name in names if name.startswith(last))
    return [CompletionItem(f"{before}{comma}{name}") for name in found]


def named(place: str, listed: bool = False) -> Completer:
    """Completes the names in a collection, as "vmd_solver.generation:FAMILIES"."""
    return lambda context, parameter, typed: among(resolve_name(place), typed, listed)


def setting(name: str) -> Completer:
    """Completes the choices of a setting of the solver."""
    choices = "vmd_solver.sampling.settings:CHOICES"
    return lambda context, parameter, typed: among(resolve_name(choices)[name], typed)


def files(context: Context, parameter: Parameter, typed: str) -> Items:
    """Files."""
    return paths("file", typed)


def puzzles(context: Context, parameter: Parameter, typed: str) -> Items:
    """Files or, where none begins with what is typed, included puzzles."""
    if not typed or any(iglob(f"{escape(typed)}*")):  # noqa: PTH207 (may be absolute)
        return paths("file", typed)
    return among(_puzzles(), typed) or paths("file", typed)


def models(kind: Literal["grids", "text"] = "grids") -> Completer:
    """Completes the names of the included models of that kind, or folders."""
    return lambda context, parameter, typed: among(_models(kind), typed) or paths("dir", typed)


def _puzzles() -> list[str]:
    with suppress(AssetNotFound):
        found = sorted(path.name for path in assets.path("puzzles").iterdir())
        return [f"puzzles/{name}" for name in found if not name.endswith(".md")]
    return []


def _models(kind: str) -> list[str]:
    found = []
    with suppress(AssetNotFound):
        for path in sorted(assets.path("exported").glob("*/config.json")):
            contract = json.loads(path.read_text("utf-8"))["vmd"]
            if contract.get("kind", "grids") == kind:
                found.append(path.parent.name)
    return found

"""What a shell completes for the commands: files, included puzzles and models, and names.

A shell starts the command for each press of a key, so names are imported when they are asked for.
Must not know of any one command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from glob import escape, iglob
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


def named(names: Callable[[], Iterable[str]], listed: bool = False) -> Completer:
    """Completes the names that `names` gives; `listed`: the last of several with commas."""

    def complete(context: Context, parameter: Parameter, typed: str) -> Items:
        before, comma, last = typed.rpartition(",") if listed else ("", "", typed)
        found = (name for name in names() if name.startswith(last))
        return [CompletionItem(f"{before}{comma}{name}") for name in found]

    return complete


def files(context: Context, parameter: Parameter, typed: str) -> Items:
    """Files."""
    return paths("file", typed)


def puzzles(context: Context, parameter: Parameter, typed: str) -> Items:
    """Files or, where none begins with what is typed, included puzzles."""
    if not typed or any(iglob(f"{escape(typed)}*")):  # noqa: PTH207 (may be absolute)
        return paths("file", typed)
    return named(_puzzles)(context, parameter, typed) or paths("file", typed)


def models(kind: Literal["grids", "text"] = "grids") -> Completer:
    """Completes the names of the included models of that kind, or folders."""

    def complete(context: Context, parameter: Parameter, typed: str) -> Items:
        found = named(lambda: _models(kind))(context, parameter, typed)
        return found or paths("dir", typed)

    return complete


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


def setting(name: str) -> Completer:
    """Completes the choices of a setting of the solver."""

    def choices() -> Iterable[str]:
        from vmd_solver.sampling.settings import CHOICES

        return CHOICES[name]

    return named(choices)


@named
def bare() -> Iterable[str]:
    """Families whose puzzles can be cells alone."""
    from vmd_solver.formats import BARE

    return BARE


@named
def formats() -> Iterable[str]:
    """Formats that are read."""
    from vmd_solver.formats import FORMATS

    return [one.name for one in FORMATS]

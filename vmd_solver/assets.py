"""Where the included puzzles and models are; not what they hold.

An installed package has them in `vmd_solver/_assets/`, an editable install in its checkout.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from vmd_solver import hub
from vmd_solver.errors import AssetNotFound

DEFAULT_MODEL = "grids"
"""The model that is used unless another is named."""

BASELINE_MODEL = f"{DEFAULT_MODEL}-none"
"""The same network without latents, trained alike."""

_PACKAGE = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """The shipped file or folder `name`, such as `exported` or `puzzles/hard.txt`.

    Raises AssetNotFound, with every place that was tried.
    """
    tried = [_PACKAGE / "_assets" / name]
    # Without this check, site-packages would pass for a checkout and its `puzzles` for ours.
    if (_PACKAGE.parent / "pyproject.toml").is_file():
        tried.append(_PACKAGE.parent / name)
    for place in tried:
        if place.exists():
            return place
    places = [str(place) for place in tried]
    raise AssetNotFound(
        f"expected the shipped {name}, found nothing at {' and '.join(places)}; "
        "give the path of a file of your own, or reinstall vmd-solver",
        places,
    )


def shipped(name: str) -> str:
    """The place of `puzzles/...` included in the package, if there is no such file here."""
    place = name.replace(os.sep, "/")  # Windows completes names with backslashes
    if place.startswith("puzzles/") and not os.path.lexists(name):
        with suppress(AssetNotFound):
            return str(path(place))
    return name


def puzzle_path(name: str) -> Path:
    """The shipped puzzle file `name`, with or without its `.txt`. Raises AssetNotFound."""
    return path(f"puzzles/{name.removesuffix('.txt')}.txt")


def model_path(name: str | None = None) -> Path:
    """The folder of the shipped model `name`, or of the default one. Raises AssetNotFound."""
    return path(f"exported/{name or DEFAULT_MODEL}")


def demo_folder() -> Path | None:
    """The folder of the demonstration in the browser; None where it was not built (`make demo`)."""
    for name in ("demo", "docs/demo"):
        with suppress(AssetNotFound):
            folder = path(name)
            if (folder / "vendor").is_dir():
                return folder
    return None


def model_folder(model: str | Path | None, default: str = DEFAULT_MODEL) -> Path:
    """The folder `model`, or the shipped one of that name where it is no path (None: `default`);
    of `hf:owner/name[@revision]` the folder that it is fetched to.

    Raises AssetNotFound for a name that no shipped model has, and what `hub.folder` raises.
    """
    name = str(default if model is None else model)
    if name.startswith(hub.PREFIX):
        return hub.folder(name)
    is_name = not {"/", os.sep} & {*name} and not Path(name).exists()
    return model_path(name) if is_name else Path(name)

"""The demonstration, built if that can be done here, on a server of this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from scripts import script
from waiting import until

from vmd_solver.files import lock

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "demo"


@pytest.fixture(scope="session")
def vendor() -> Path:
    """docs/demo/vendor, built by one of the processes that test; skipped where that cannot be."""
    folder = PAGE / "vendor"
    if not folder.is_dir():
        if shutil.which("npm") is None:
            pytest.skip("docs/demo/vendor is not built, and there is no npm to build it")
        (ROOT / "build").mkdir(exist_ok=True)
        with (ROOT / "build" / "demo.lock").open("w") as turn:
            until(lambda: lock(turn.fileno()))
            if not folder.is_dir():
                build()
    return folder


def build() -> None:
    """`make demo`; skipped without a connection to where npm gets its packages."""
    done = subprocess.run([sys.executable, ROOT / "docs" / "demo.py"], check=False)
    if done.returncode and subprocess.run(["npm", "ping"], check=False).returncode:
        pytest.skip("docs/demo/vendor is not built, and npm cannot reach its registry")
    done.check_returncode()


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Path], str]]:
    """Serves folders until the module's tests are done."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(script("shots").serving(folder))

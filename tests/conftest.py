"""What every test shares: the repository's folder, one thread a process, and settled hypothesis."""

from __future__ import annotations

import os
from pathlib import Path

# Before anything imports numpy or torch: the tests run in several processes on few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# The same examples on every run, and no deadline: a busy machine must not fail a test.
# `pytest --hypothesis-profile=explore` looks for new ones.
settings.register_profile("check", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("check")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The evaluation data beside the checkout; the test is skipped where there is none."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no evaluation data beside the checkout")
    return folder

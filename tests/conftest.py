"""What every test shares: the folder, one thread a process, Ctrl-C, and settled hypothesis."""

from __future__ import annotations

import os
import signal
from pathlib import Path

# Before anything imports numpy or torch: the tests run in several processes on few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# In the background of a script Ctrl-C is ignored, and would be by every process that tests start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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

"""The commands. Presentation and nothing else: no search, no network, no rules of puzzles."""

import os

# numpy multiplies no matrices here, and what it would do that with takes longest to start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

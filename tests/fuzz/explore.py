"""Looks for text that a reader, or a configuration that the manifest, answers with a traceback.

    python -m pip install atheris
    python -m tests.fuzz.explore SECONDS [CORPUS]

Guided by coverage (atheris, libFuzzer), and no part of the test suite: it ends after SECONDS, or at
the first text that raises anything but the error it should, which it prints and keeps as a file.
The property tests of the readers and the manifest check the same without guidance.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import suppress


def explore(seconds: int, *corpus: str) -> None:
    """Look for so long."""
    import atheris

    with atheris.instrument_imports(include=["vmd_solver"]):
        from vmd_solver import formats
        from vmd_solver.denoiser.manifest import Manifest
        from vmd_solver.errors import ManifestMismatch
        from vmd_solver.formats import FORMATS, Entry, Piece
        from vmd_solver.formats.columns import columns

    forms = [None, *(form.name for form in FORMATS)]

    def read(data: bytes) -> None:
        """The first byte chooses the form; pieces, columns and entries must agree."""
        form, text = forms[data[0] % len(forms)], data[1:]
        found: list[Entry] = []
        for part in formats.parts(io.BytesIO(text), "f", form):
            if isinstance(part, Piece):
                found += part.entries(range(len(part)))
                common = columns(part)
                assert common is None or len(common.places) == len(common.givens)
            elif isinstance(part, Entry):
                found.append(part)
        with suppress(UnicodeDecodeError):
            expected = formats.read(text.decode("utf-8-sig"), "f", form)
            assert b"\0" in text or [*map(repr, found)] == [*map(repr, expected)]

    def manifest(data: bytes) -> None:
        with suppress(ValueError, RecursionError):
            values = json.loads(data)
            if isinstance(values, dict):
                with suppress(ManifestMismatch):
                    Manifest.of(values, "f")

    def once(data: bytes) -> None:
        if data:
            read(data)
            manifest(data)

    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-timeout=20", *corpus], once)
    atheris.Fuzz()


if __name__ == "__main__":
    explore(int(sys.argv[1]), *sys.argv[2:])

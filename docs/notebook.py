"""Executes docs/notebook.ipynb and writes it with what came out: `make notebook`.

What differs from machine to machine, and says nothing, is left out: names, versions and times.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FILE = Path(__file__).resolve().parent / "notebook.ipynb"
TIMEOUT_S = 900
"""Most seconds of one cell: training takes one minute of a core, longer where it is shared."""

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def executed(path: Path, folder: Path) -> NotebookNode:
    """The notebook, run from its beginning in a new kernel that works in `folder`.

    Raises nbclient.exceptions.CellExecutionError where a cell does.
    """
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=TIMEOUT_S, resources=place, record_timing=False)
    client.execute()
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return notebook


def main() -> None:
    """Execute it in an empty folder, and write it in its place."""
    with TemporaryDirectory() as folder:
        notebook = executed(FILE, Path(folder))
    nbformat.write(notebook, FILE)
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

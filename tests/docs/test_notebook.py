"""docs/notebook.ipynb runs from its beginning in an empty folder, and what it claims holds, as its
cells assert. What is committed is small, was executed in order, and says nothing of a machine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

from scripts import script

DOCS = Path(__file__).resolve().parents[2] / "docs"
FILE = DOCS / "notebook.ipynb"


SCRIPT = script("notebook")


def code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def require_whole(notebook: dict[str, Any]) -> None:
    """Every cell was executed, in order, without an error and without a word on standard error."""
    cells = code(notebook)
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell["outputs"]]
    kinds = {output.get("name", output["output_type"]) for output in outputs}
    assert kinds == {"stdout", "execute_result", "display_data"}


def test_what_is_committed() -> None:
    text = FILE.read_text(encoding="utf-8")
    notebook = json.loads(text)
    require_whole(notebook)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert len(text.encode()) < 400_000
    assert re.findall(r"/(?:home|tmp|root|usr|work)/|site-packages", text) == []


def test_its_pages_are_there() -> None:
    cells = json.loads(FILE.read_text(encoding="utf-8"))["cells"]
    words = "".join("".join(cell["source"]) for cell in cells)
    linked = {*re.findall(r"\]\(([A-Z]+\.md)", words)}
    assert linked and {name for name in linked if not (DOCS / name).is_file()} == set()


@pytest.mark.slow
def test_it_runs(tmp_path: Path) -> None:
    """In a process of its own, whose warnings are those of Jupyter."""
    committed = json.loads(FILE.read_text(encoding="utf-8"))
    copy = tmp_path / "copy.ipynb"
    copy.write_text(json.dumps(committed), encoding="utf-8")
    (folder := tmp_path / "empty").mkdir()
    executed = SCRIPT.executed(copy, folder)
    require_whole(executed)
    sources = [["".join(cell["source"]) for cell in code(one)] for one in (committed, executed)]
    assert sources[0] == sources[1]
    assert [path.name for path in folder.iterdir()] == ["toy"]

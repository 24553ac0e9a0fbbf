"""The examples of README and of the pages in docs/ run as they are printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from doctest import (
    ELLIPSIS,
    REPORT_NDIFF,
    DebugRunner,
    DocTestParser,
    Example,
    OutputChecker,
)
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]


@dataclass(frozen=True)
class Step:
    """One command of an example, and what the page says it prints."""

    command: str
    output: str


def blocks(page: Path, language: str) -> list[str]:
    """Contents of the fenced blocks in `language`."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def steps(block: str) -> list[Step]:
    """The commands of a console block; what follows `$ ` up to the next is its output."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert not parts[0], f"an example starts with `$ `, not with {parts[0]!r}"
    return [Step(*part.split("\n", 1)) for part in parts[1:]]


def run(command: str, folder: Path) -> str:
    """What `command` prints in a terminal, with this interpreter's scripts on the path."""
    scripts = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"], "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\nended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def pages(language: str) -> Iterator[object]:
    """The pages with examples in `language`; those that train are slow."""
    for page in PAGES:
        if found := blocks(page, language):
            trains = any("$ vmd-train" in block for block in found)
            yield pytest.param(page, id=page.stem, marks=pytest.mark.slow if trains else ())


@pytest.mark.parametrize("page", pages("console"))
def test_examples_print_what_the_page_says(page: Path, tmp_path: Path) -> None:
    """One after another in a folder that holds the shipped puzzles; `...` stands for any text."""
    shutil.copytree(ROOT / "puzzles", tmp_path / "puzzles")
    checker = OutputChecker()
    for step in [step for block in blocks(page, "console") for step in steps(block)]:
        printed = run(step.command, tmp_path)
        if not checker.check_output(step.output, printed, ELLIPSIS):
            example = Example(step.command, step.output)
            difference = checker.output_difference(example, printed, ELLIPSIS | REPORT_NDIFF)
            pytest.fail(f"$ {step.command}\n{difference}", pytrace=False)


@pytest.mark.parametrize("page", pages("python"))
def test_python_prints_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an empty folder: included puzzles and models are found from anywhere."""
    monkeypatch.chdir(tmp_path)
    text = "\n".join(blocks(page, "python"))
    example = DocTestParser().get_doctest(text, {}, page.name, page.name, 0)
    assert DebugRunner(optionflags=ELLIPSIS).run(example).attempted


def test_there_are_examples() -> None:
    assert {"README", "index", "TUTORIAL", "BATCH"} <= {
        page.stem for page in PAGES if blocks(page, "console")
    }

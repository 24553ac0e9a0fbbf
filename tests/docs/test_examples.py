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
    NORMALIZE_WHITESPACE,
    REPORT_NDIFF,
    DebugRunner,
    DocTestParser,
    Example,
    OutputChecker,
)
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]


@dataclass(frozen=True)
class Step:
    """One command of an example, and what the page says it prints."""

    command: str
    output: str
    exact: bool
    """Whether its numbers are; else they are figures of a model, of which only the form is held."""


def blocks(page: Path, language: str) -> list[tuple[str, str]]:
    """Contents of the fenced blocks in `language`, after the second word of their fence if any."""
    text = page.read_text(encoding="utf-8")
    fence = rf"^```{language}(?: (\w+))?\n(.*?)^```$"
    return re.findall(fence, text, re.MULTILINE | re.DOTALL)


def steps(page: Path) -> Iterator[Step]:
    """The commands of a page; what follows `$ `, and `> ` where it goes on, is their output."""
    for word, block in blocks(page, "console"):
        assert word in ("", "figures") and block.startswith("$ "), block
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command = re.match(r".*(\n> .*)*\n", part)[0]
            output = part.removeprefix(command)
            yield Step(command.replace("\n> ", "\n"), output, exact=not word)


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


def pages(language: str, prompt: str) -> list[Any]:
    """The pages with examples in `language`; those that train are slow."""
    found = {page: "".join(block for _, block in blocks(page, language)) for page in PAGES}
    return [
        pytest.param(page, id=page.stem, marks=[pytest.mark.slow] * ("$ vmd-train" in text))
        for page, text in found.items()
        if prompt in text
    ]


@pytest.mark.parametrize("page", pages("console", "$ "))
def test_examples_print_what_the_page_says(page: Path, tmp_path: Path) -> None:
    """One after another in a folder that holds the shipped puzzles; `...` stands for any text."""
    shutil.copytree(ROOT / "puzzles", tmp_path / "puzzles")
    checker = OutputChecker()
    for step in steps(page):
        printed, expected, flags = run(step.command, tmp_path), step.output, ELLIPSIS
        if not step.exact:
            printed, expected = (re.sub(r"\d+", "#", text) for text in (printed, expected))
            flags |= NORMALIZE_WHITESPACE
        if not checker.check_output(expected, printed, flags):
            example = Example(step.command, expected)
            difference = checker.output_difference(example, printed, flags | REPORT_NDIFF)
            pytest.fail(f"$ {step.command}\n{difference}", pytrace=False)


@pytest.mark.parametrize("page", pages("python", ">>> "))
def test_python_prints_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an empty folder: included puzzles and models are found from anywhere."""
    monkeypatch.chdir(tmp_path)
    text = "\n".join(block for _, block in blocks(page, "python") if ">>> " in block)
    example = DocTestParser().get_doctest(text, {}, page.name, page.name, 0)
    assert DebugRunner(optionflags=ELLIPSIS).run(example).attempted


def test_there_are_examples() -> None:
    assert {"README", "index", "TUTORIAL", "BATCH"} <= {
        page.stem for page in PAGES if blocks(page, "console")
    }

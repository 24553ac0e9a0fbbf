"""The README's examples run as they are printed, and its set-up commands are the ones CI runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
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
README = (ROOT / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Step:
    """One command of an example, and what the page says it prints."""

    command: str
    output: str


def blocks(language: str) -> list[str]:
    """Contents of the fenced blocks in `language`."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


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


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.split("\n", 1)[0])
def test_examples_print_what_the_page_says(block: str, tmp_path: Path) -> None:
    """In a folder of their own that holds the shipped puzzles; `...` stands for any text."""
    shutil.copytree(ROOT / "puzzles", tmp_path / "puzzles")
    checker = OutputChecker()
    for step in steps(block):
        printed = run(step.command, tmp_path)
        if not checker.check_output(step.output, printed, ELLIPSIS):
            example = Example(step.command, step.output)
            difference = checker.output_difference(example, printed, ELLIPSIS | REPORT_NDIFF)
            pytest.fail(f"$ {step.command}\n{difference}", pytrace=False)


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.split("\n", 1)[0])
def test_python_prints_what_the_page_says(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an empty folder: included puzzles and models are found from anywhere."""
    monkeypatch.chdir(tmp_path)
    example = DocTestParser().get_doctest(block, {}, "README.md", "README.md", 0)
    assert DebugRunner(optionflags=ELLIPSIS).run(example).attempted


def test_there_are_examples() -> None:
    assert len(blocks("python")) >= 1
    assert len(blocks("console")) >= 2


def test_the_first_command_solves_a_puzzle_that_ships() -> None:
    install_and_solve = blocks("sh")[0]
    assert "vmd-solve" in install_and_solve
    assert (ROOT / shlex.split(install_and_solve)[-1]).is_file()


def test_ci_runs_the_test_command_of_the_page() -> None:
    test_command = blocks("sh")[1]
    assert (ROOT / ".ci" / "run").read_text().endswith(f"\n{test_command}")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_make_uses_the_same_commands() -> None:
    install, run_tests = blocks("sh")[1].strip().rsplit(" && ", 1)
    makefile = (ROOT / "Makefile").read_text()
    assert f"venv:\n\t{install}\n" in makefile
    assert f"test:\n\t{run_tests.replace('.venv/bin/python', '$(PYTHON)')}\n" in makefile


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []

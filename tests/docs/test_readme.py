"""README's set-up commands are those that CI and make run."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_first_command_solves_a_puzzle_that_ships() -> None:
    install_and_solve = COMMANDS[0]
    assert "vmd-solve" in install_and_solve
    assert (ROOT / shlex.split(install_and_solve)[-1]).is_file()


def test_ci_runs_the_test_command_of_the_page() -> None:
    test_command = COMMANDS[1]
    assert (ROOT / ".ci" / "run").read_text().endswith(f"\n{test_command}")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_make_uses_the_same_commands() -> None:
    install, run_tests = COMMANDS[1].strip().rsplit(" && ", 1)
    makefile = (ROOT / "Makefile").read_text()
    assert f"venv:\n\t{install}\n" in makefile
    assert f"test:\n\t{run_tests.replace('.venv/bin/python', '$(PYTHON)')}\n" in makefile


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []

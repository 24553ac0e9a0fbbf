"""docs/CLI.md and --help against the command: options, defaults, choices, keys and exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from vmd_solver.batch.records import ERROR_COLUMNS, columns_of
from vmd_solver.batch.request import Request
from vmd_solver.cli.solve import command
from vmd_solver.console import ExitCode
from vmd_solver.formats import BARE
from vmd_solver.sampling import Settings
from vmd_solver.sampling.settings import CHOICES

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "CLI.md").read_text(encoding="utf-8")
HELP = command.get_help(command.make_context("vmd-solve", ["-"], resilient_parsing=True))
OPTIONS = [name for option in command.params for name in option.opts if name.startswith("-")]


@pytest.mark.parametrize("page", ["CLI.md", "BATCH.md"])
def test_options_that_pages_name_are_those_of_the_command(page: str) -> None:
    """That all options are listed is for the reference: tests/docs/test_site.py."""
    text = (DOCS / page).read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    code = re.findall(r"`((?:-|vmd-solve )[^`]+)`", prose)
    named = {name for one in code for name in re.findall(r"(?<!\S)--?[a-z][a-z-]*", one)}
    assert len(named) > 5
    assert named <= {*OPTIONS, "--help"}


NAMED = [name for option in ("mode", "policy", "z", "remask", "select") for name in CHOICES[option]]


@pytest.mark.parametrize("name", NAMED)
def test_choices_are_told_in_both(name: str) -> None:
    assert re.search(rf"[` ]{name}`", PAGE)
    assert re.search(rf"\b{name}\b", HELP)


@pytest.mark.parametrize("name", BARE)
def test_families_are_named(name: str) -> None:
    assert re.search(rf"\b{name}\b", HELP)


@pytest.mark.parametrize(
    "name",
    [
        *("mode", "nfe", "policy", "threshold", "temperature", "latents"),
        *("z", "remask", "select", "seed"),
    ],
)
def test_defaults_are_those_of_the_solver(name: str) -> None:
    """What the help of an option has in brackets: [guided], or [1; mode neural: 4]."""
    option = next(one for one in command.params if one.name == name)
    assert isinstance(option, click.Option)
    stated = re.search(r"\[([^];]+)(?:; mode neural: (\w+).*|; .*)?\]$", option.help or "")
    assert stated is not None
    default = getattr(Settings(), name)
    assert stated[1] == (f"{default:g}" if isinstance(default, float) else str(default))
    neural = getattr(Settings.usual(mode="neural"), name)
    assert name == "mode" or stated[2] == (str(neural) if neural != default else None)


def test_every_key_of_a_row_is_described() -> None:
    for key in (*columns_of(Request((), Settings(), asked="all", explain=True)), *ERROR_COLUMNS):
        assert re.search(rf"^\|.*`{key}`.*\|", PAGE, re.MULTILINE), key


def test_every_exit_code_is_described() -> None:
    described = re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)
    assert list(map(int, described)) == sorted(ExitCode)

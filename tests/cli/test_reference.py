"""docs/CLI.md against the command: every option, default, key, format and exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vmd_solver.batch.records import ERROR_COLUMNS, columns_of
from vmd_solver.batch.request import Request
from vmd_solver.cli.solve import command
from vmd_solver.console import ExitCode
from vmd_solver.formats import BARE
from vmd_solver.sampling import Settings
from vmd_solver.sampling.settings import CHOICES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "CLI.md").read_text(encoding="utf-8")
HELP = command.get_help(command.make_context("vmd-solve", ["-"], resilient_parsing=True))
OPTIONS = [name for option in command.params for name in option.opts if name.startswith("-")]


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_is_described(option: str) -> None:
    assert re.search(rf"`{option}[` ]", PAGE)


def test_nothing_else_is_described() -> None:
    named = re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)
    options = {name for cell in named for name in re.findall(r"(?<!\w)--?[a-z][a-z-]*", cell)}
    assert options == {*OPTIONS, "-h", "--help"}


NAMED = [name for option in ("mode", "policy", "z", "remask", "select") for name in CHOICES[option]]


@pytest.mark.parametrize("name", [*NAMED, *BARE])
def test_choices_and_families_are_named_in_both(name: str) -> None:
    assert re.search(rf"[`|\\]{name}[`|\\]", PAGE)
    assert re.search(rf"\b{name}\b", HELP)


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("--mode", "mode"),
        ("--nfe", "nfe"),
        ("--policy", "policy"),
        ("--threshold", "threshold"),
        ("--temperature", "temperature"),
        ("--latents", "latents"),
        ("--z", "z"),
        ("--remask", "remask"),
        ("--select", "select"),
        ("--seed", "seed"),
    ],
)
def test_defaults_are_those_of_the_solver(option: str, name: str) -> None:
    row = re.search(
        rf"^\| `{option} .*\| `([^|`]*)`(?:; mode `neural`(.*))? \|$", PAGE, re.MULTILINE
    )
    assert row is not None
    default = getattr(Settings(), name)
    assert row.group(1) == (f"{default:g}" if isinstance(default, float) else str(default))
    neural = getattr(Settings.usual(mode="neural"), name)
    assert name == "mode" or (row.group(2) or "").endswith(f"`{neural}`") == (neural != default)


def test_every_key_of_a_row_is_described() -> None:
    for key in (*columns_of(Request((), Settings(), asked="all", explain=True)), *ERROR_COLUMNS):
        assert re.search(rf"^\|.*`{key}`.*\|", PAGE, re.MULTILINE), key


def test_every_exit_code_is_described() -> None:
    described = re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)
    assert list(map(int, described)) == sorted(ExitCode)

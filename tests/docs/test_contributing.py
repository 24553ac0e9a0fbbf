"""CONTRIBUTING names what there is; CITATION.cff and the hooks agree with the project."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import vmd_solver

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_paths_and_links_lead_somewhere() -> None:
    paths = re.findall(r"`([\w./-]+/[\w./-]*)`", PAGE) + re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert len(paths) > 30
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_names_are_those_of_the_code() -> None:
    """The name of a function, class or table stands with the module that has it."""
    named = {
        "vmd_solver.formats.entry": ("Format", "Entry", "by_line"),
        "vmd_solver.csp.families": ("windoku", "FAMILIES"),
        "vmd_solver.csp.puzzle": ("Board", "unit_name"),
        "vmd_solver.techniques.units": ("locked_candidates",),
        "vmd_solver.techniques": ("TECHNIQUES",),
        "vmd_solver.techniques.state": ("State", "Step", "Words"),
        "vmd_solver.errors": ("PuzzleError",),
    }
    for module, names in named.items():
        for name in names:
            assert f"`{name}`" in PAGE, f"add {name} to the page, or take it away here"
            assert hasattr(importlib.import_module(module), name)


def field(key: str) -> str:
    """The value of a top-level key of CITATION.cff that stands on one line."""
    return re.findall(rf"^{key}: (.+)$", CITATION, re.MULTILINE)[0]


def test_the_citation_is_of_this_version_and_names_the_paper() -> None:
    assert field("cff-version") == "1.2.0"
    assert field("version") == vmd_solver.__version__
    assert (field("title"), field("license")) == (PROJECT["name"], PROJECT["license"])
    assert f"\n    url: {PROJECT['urls']['Paper']}\n" in CITATION
    assert [f"name: {author['name']}" in CITATION for author in PROJECT["authors"]] == [True]


def test_hooks_run_what_make_runs() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = re.findall(r"entry: python (.+)$", hooks, re.MULTILINE)
    assert len(commands) == hooks.count("- id:") == 3
    assert all(f"$(PYTHON) {command}" in makefile for command in commands)

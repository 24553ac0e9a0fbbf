"""Who may import whom, within the project and beyond it, read from the source of every module."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "vmd_solver": ROOT / "vmd_solver",
    "vmd_training": ROOT / "training" / "vmd_training",
}

RANKS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("hub",),
    ("assets", "files"),
    ("csp",),
    ("formats", "denoiser"),
    ("sampling", "techniques", "drawing"),
    ("text",),
    ("generation",),
    ("api",),
    ("vmd_solver",),  # the package's own __init__: a version, and the names of api when asked for
    ("play", "batch", "console"),
    ("tui", "cli"),
    ("scripts",),
    ("vmd_training",),
)
"""The parts in order of dependency. A part imports itself and parts of an earlier rank."""

THIRD_PARTY: dict[str, set[str]] = {
    "errors": set(),
    "hub": {"huggingface_hub"},
    "assets": set(),
    "files": {"platformdirs"},
    "console": {"click"},
    "csp": {"interegular", "llvmlite", "numpy", "pysat"},
    "formats": {"lzstring", "numpy"},
    "denoiser": {"numpy", "onnxruntime"},
    "sampling": {"numpy"},
    "techniques": {"numpy"},
    "drawing": set(),
    "text": {"numpy"},
    "generation": {"numpy"},
    "api": set(),
    "vmd_solver": set(),
    "play": {"numpy", "platformdirs"},
    "batch": {"numpy", "ray"},
    "tui": {"aiohttp", "click", "numpy", "rich", "textual", "textual_serve"},
    "cli": {"click", "numpy"},
    "scripts": set(),
    "vmd_training": {
        "click",
        "matplotlib",
        "numpy",
        "onnx",
        "rich",
        "safetensors",
        "tokenizers",
        "torch",
        "yaml",
    },
}
"""What each part may import from beyond the standard library."""

LAZY = {"huggingface_hub", "interegular", "llvmlite", "lzstring", "numba"}
"""Imported inside a function only: most runs never need them, and some take seconds to load."""

HEAVY = {"huggingface_hub", "llvmlite", "numba", "onnx", "textual", "torch", "vmd_training"}
"""What importing the solver's command must never load."""

NARROW: dict[str, set[str]] = {
    "vmd_training.graph": {"vmd_solver.denoiser.rules"},
    "vmd_training.model": {
        "vmd_training.graph",
        "vmd_solver.denoiser.latent",
        "vmd_solver.errors",
    },
    "vmd_training.vmd": {"vmd_training.graph", "vmd_training.model"},
    "vmd_training.graphs": {"vmd_training.graph", "vmd_training.model"},
    "vmd_solver.denoiser.graph": {
        "vmd_solver.csp",
        "vmd_solver.csp.candidates",
        "vmd_solver.csp.memory",
        "vmd_solver.denoiser.protocol",
        "vmd_solver.denoiser.rules",
    },
    "vmd_solver.denoiser.rules": {
        "vmd_solver.csp",
        "vmd_solver.csp.constraints",
        "vmd_solver.csp.memory",
        "vmd_solver.denoiser.protocol",
    },
    "vmd_solver.denoiser.latent": {"vmd_solver.denoiser.protocol"},
}
"""All that these modules know of the project: a graph knows of no network, nor a network of how it
is trained."""


@dataclass(frozen=True)
class Import:
    """One import statement: module `name`, written at `where`, for the part `importer`."""

    importer: str
    name: str
    where: str
    at_start: bool


def part_of(module: str) -> str:
    """The part of the project that a dotted module name belongs to."""
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] or package if package == "vmd_solver" else package


def sources() -> Iterator[Path]:
    for package in PACKAGES.values():
        yield from sorted(package.rglob("*.py"))


def module_name(source: Path) -> str:
    package = next(package for package in PACKAGES.values() if source.is_relative_to(package))
    parts = source.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def source_of(module: str) -> Path:
    package, *rest = module.split(".")
    return PACKAGES[package].joinpath(*rest).with_suffix(".py")


def imports_of(source: Path) -> Iterator[Import]:
    """Every import of one file, those inside functions too."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    inside_functions = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        for name in names_imported(node):
            where = f"{source.relative_to(ROOT)}:{node.lineno}"  # type: ignore[attr-defined]
            yield Import(part_of(module_name(source)), name, where, node not in inside_functions)


def names_imported(node: ast.AST) -> list[str]:
    """Dotted modules that a statement imports; `from vmd_solver import assets` names the latter."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"line {node.lineno}: imports are absolute here"
        assert node.module is not None
        if node.module == "vmd_solver":
            return [submodule(alias.name) for alias in node.names]
        return [node.module]
    return []


def submodule(name: str) -> str:
    """`vmd_solver.name` where that is a module, and the package itself for its other names."""
    package = ROOT / "vmd_solver"
    is_module = (package / name).is_dir() or (package / f"{name}.py").is_file()
    return f"vmd_solver.{name}" if is_module else "vmd_solver"


def module_of(requirement: str) -> str:
    """The module that a package brings, most often named as it is."""
    name = Requirement(requirement).name
    return {"python-sat": "pysat", "pyyaml": "yaml"}.get(name, name.replace("-", "_"))


def is_ours(name: str) -> bool:
    return name.partition(".")[0] in PACKAGES


ALL = [found for source in sources() for found in imports_of(source)]
OURS = [found for found in ALL if is_ours(found.name)]
THIRD = [
    found
    for found in ALL
    if not is_ours(found.name) and found.name.partition(".")[0] not in sys.stdlib_module_names
]
RANK = {part: rank for rank, parts in enumerate(RANKS) for part in parts}


def test_every_part_has_a_rank_and_its_third_party_imports() -> None:
    parts = {part_of(module_name(source)) for source in sources()}
    assert parts <= RANK.keys(), "give the new part a place in RANKS"
    assert RANK.keys() == THIRD_PARTY.keys()


def test_no_part_imports_its_own_rank_or_a_later_one() -> None:
    wrong = [
        f"{found.where}: {found.importer} imports {found.name}"
        for found in OURS
        if (target := part_of(found.name)) != found.importer
        and RANK[target] >= RANK[found.importer]
    ]
    assert not wrong


@pytest.mark.parametrize("module", NARROW)
def test_a_narrow_module_knows_no_more_than_it_may(module: str) -> None:
    source = source_of(module)
    found = {one.name for one in imports_of(source) if is_ours(one.name)}
    assert found == NARROW[module]


def test_parts_import_only_the_third_party_modules_granted_to_them() -> None:
    wrong = [
        f"{found.where}: {found.importer} imports {found.name}"
        for found in THIRD
        if found.name.partition(".")[0] not in THIRD_PARTY[found.importer]
    ]
    assert not wrong


def test_slow_modules_are_imported_inside_functions_only() -> None:
    wrong = [
        f"{found.where}: {found.name}"
        for found in THIRD
        if found.at_start and found.name.partition(".")[0] in LAZY
    ]
    assert not wrong


def test_the_runtime_is_loaded_in_one_place_which_turns_its_telemetry_off() -> None:
    folders = ("vmd_solver", "training", "benchmarks", "tests")
    loads = re.compile(r"^ *(?:import|from) onnxruntime|importorskip\(.onnxruntime", re.MULTILINE)
    found = [
        str(path.relative_to(ROOT))
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        for _ in loads.findall(path.read_text("utf-8"))
    ]
    assert found == ["vmd_solver/denoiser/onnx.py"]


def test_what_is_imported_is_declared() -> None:
    """The runtime's imports by the package or its own extras, training's by train too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    runtime = project["dependencies"] + [
        line for extra in ("cpu", "fast", "hub", "ray", "sat", "web") for line in extras[extra]
    ]
    of_training = runtime + extras["train"] + extras["subwords"]
    declared = {
        "vmd_training": {module_of(line) for line in of_training},
        "vmd_solver": {module_of(line) for line in runtime},
    }
    wrong = [
        f"{found.where}: {found.name}"
        for found in THIRD
        if found.name.partition(".")[0]
        not in declared["vmd_training" if found.importer == "vmd_training" else "vmd_solver"]
    ]
    assert not wrong


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter holds after a statement."""
    command = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_solver_loads_nothing_heavy() -> None:
    assert not HEAVY & loaded_by("import vmd_solver.cli.solve")


def test_one_puzzle_loads_no_workers_no_unpackers_and_no_random_numbers() -> None:
    solve = "from vmd_solver.batch.run import solve_parts; import vmd_solver.cli.run"
    late = {"multiprocessing", "zipfile", "lzma", "numpy.random"}
    assert not late & loaded_by(f"import vmd_solver.cli.solve; {solve}")


def test_the_package_loads_its_names_when_they_are_used() -> None:
    assert {name for name in loaded_by("import vmd_solver") if is_ours(name)} == {"vmd_solver"}
    assert "numpy" not in loaded_by("import vmd_solver")
    assert not HEAVY & loaded_by("import vmd_solver; vmd_solver.solve")


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("import numpy.typing as npt", ["numpy.typing"]),
        ("from vmd_solver.csp.puzzle import Board", ["vmd_solver.csp.puzzle"]),
        ("from vmd_solver import assets, __version__", ["vmd_solver.assets", "vmd_solver"]),
        ("x = 1", []),
    ],
)
def test_statements_are_read_as_python_reads_them(statement: str, names: list[str]) -> None:
    assert names_imported(ast.parse(statement).body[0]) == names

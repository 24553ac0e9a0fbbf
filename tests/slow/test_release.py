"""`make release` on a copy of the repository: files, commit, tag, or nothing at all."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import vmd_solver

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("git") is None, reason="a release needs git"),
]

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = (
    *(".git", ".venv", "*cache*", "__pycache__", "build", "dist", "runs", "site", "tests"),
    *("vendor", "*.safetensors"),
)
"""Not needed here, and large: what is left is built twice."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A repository with one commit, and a change that is not released."""
    root = tmp_path / "copy"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (root / "tests").mkdir()
    (root / "tests" / "kept").touch()  # the sdist asks for the folder
    (root / "docs" / "demo" / "vendor").mkdir()
    (root / "docs" / "demo" / "vendor" / "built").touch()
    (root / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n", encoding="utf-8"
    )
    git(root, "init", "--quiet")
    git(root, "config", "user.name", "A tester")
    git(root, "config", "user.email", "tester@localhost")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "All of it")
    return root


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, encoding="utf-8", check=True
    )
    return done.stdout


def release(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / ".ci" / "release.py"), *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def test_a_dry_run_shows_the_release_and_keeps_nothing(copy: Path) -> None:
    before = git(copy, "rev-parse", "HEAD")
    done = release(copy, "7.0.0", "--dry-run", "--date", "2030-01-02")
    assert done.returncode == 0, done.stderr
    assert "Release 7.0.0" in done.stdout
    assert "dist/vmd_solver-7.0.0-py3-none-any.whl, dist/vmd_solver-7.0.0.tar.gz" in done.stdout
    assert git(copy, "rev-parse", "HEAD") == before
    assert git(copy, "status", "--porcelain") == git(copy, "tag") == ""
    assert not (copy / "dist").exists()


def test_a_release_is_one_commit_with_a_tag_and_its_files(copy: Path) -> None:
    done = release(copy, "7.0.0", "--date", "2030-01-02")
    assert done.returncode == 0, done.stderr
    assert git(copy, "status", "--porcelain") == ""
    assert git(copy, "log", "-1", "--format=%s") == "Release 7.0.0\n"
    assert git(copy, "describe") == "v7.0.0\n"
    assert '__version__ = "7.0.0"\n' in (copy / "vmd_solver" / "__init__.py").read_text("utf-8")
    assert "## [Unreleased]\n\n## [7.0.0] - 2030-01-02\n\n### Added\n" in (
        copy / "CHANGELOG.md"
    ).read_text("utf-8")
    citation = (copy / "CITATION.cff").read_text("utf-8")
    assert re.findall(r"^(?:version|date-released): .*$", citation, re.MULTILINE) == [
        "version: 7.0.0",
        "date-released: 2030-01-02",
    ]
    assert '"vmd\\-solver 7.0.0"' in (copy / "docs/share/man/man1/vmd-solve.1").read_text("utf-8")
    assert sorted(path.name for path in (copy / "dist").iterdir()) == [
        "vmd_solver-7.0.0-py3-none-any.whl",
        "vmd_solver-7.0.0.tar.gz",
    ]
    again = release(copy, "7.0.1")
    assert again.returncode == 1
    assert "nothing under [Unreleased]" in again.stderr


def test_what_cannot_be_released_is_refused_and_left_alone(copy: Path) -> None:
    refused = {
        "1.2": "expected three numbers",
        "0.0.1": f"0.0.1 does not come after {vmd_solver.__version__}",
    }
    for version, reason in refused.items():
        done = release(copy, version)
        assert done.returncode in (1, 2)
        assert reason in done.stderr
    shutil.rmtree(copy / "docs" / "demo" / "vendor")
    assert "make demo" in release(copy, "7.0.0").stderr
    shutil.copytree(ROOT / ".ci", copy / "docs" / "demo" / "vendor")
    (copy / "README.md").unlink()
    assert "not committed" in release(copy, "7.0.0").stderr
    git(copy, "commit", "--quiet", "--all", "--message", "No README, so that nothing can be built")
    done = release(copy, "7.0.0")
    assert done.returncode == 1
    assert "build --no-isolation failed" in done.stderr
    assert git(copy, "status", "--porcelain") == git(copy, "tag") == ""

"""One release: version, changelog, man pages, wheel and sdist, commit and tag. Sends nothing.

`make release VERSION=1.2.3` runs it. With --dry-run it works on a clone that is thrown away.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, CHANGES, CITATION = "vmd_solver/__init__.py", "CHANGELOG.md", "CITATION.cff"
_FORM = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


@click.command()
@click.argument("version")
@click.option("--date", help="Day of the release, as YYYY-MM-DD.  [today]")
@click.option("--dry-run", is_flag=True, help="Do it in a clone, show the commit, keep nothing.")
def release(version: str, date: str | None, dry_run: bool) -> None:
    """Make release VERSION of what is committed."""
    if not _FORM.fullmatch(version):
        raise click.BadParameter(f"expected three numbers such as 1.2.3, got {version!r}")
    date = date or datetime.now(UTC).date().isoformat()
    require_ready(version)
    if not dry_run:
        make(ROOT, version, date)
        click.echo(f"v{version} is committed and tagged, dist/ has its files. To publish it: git")
        click.echo("push --follow-tags, and python -m twine upload dist/*")
        return
    with TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        run(ROOT, "git", "clone", "--quiet", str(ROOT), str(clone))
        make(clone, version, date)
        click.echo(run(clone, "git", "--no-pager", "show", "--stat", "--format=%s"))
        click.echo(f"dry run: nothing is changed here; dist/ would have {built(clone)}")


def require_ready(version: str) -> None:
    """Raise ClickException unless this tree can become that version."""
    if run(ROOT, "git", "status", "--porcelain"):
        raise click.ClickException("there are changes that are not committed")
    if not (ROOT / "docs" / "demo" / "vendor").is_dir():
        raise click.ClickException(
            "the wheel would lack the demonstration in the browser: make demo"
        )
    if run(ROOT, "git", "tag", "--list", f"v{version}"):
        raise click.ClickException(f"there is a tag v{version} already")
    now = re.search(r'^__version__ = "(.*)"$', read(ROOT, PACKAGE), re.MULTILINE)
    # The first release may be of the version that stands there from the start.
    tagged = bool(run(ROOT, "git", "tag", "--list", "v*"))
    if now is None or not (
        Version(version) > Version(now[1]) or (now[1] == version and not tagged)
    ):
        raise click.ClickException(f"{version} does not come after {now and now[1]}")
    if not re.search(r"^## \[Unreleased\]\n+(?!## |\n|\Z)", read(ROOT, CHANGES), re.MULTILINE):
        raise click.ClickException(f"{CHANGES} has nothing under [Unreleased]")


def make(root: Path, version: str, date: str) -> None:
    """Write the files, build and check, commit and tag; if the build fails, undo."""
    try:
        edit(root, PACKAGE, r'^__version__ = ".*"$', f'__version__ = "{version}"')
        edit(root, CHANGES, r"^## \[Unreleased\]$", f"## [Unreleased]\n\n## [{version}] - {date}")
        edit(root, CITATION, r"^version: .*(\ndate-released: .*)?$",
             f"version: {version}\ndate-released: {date}")  # fmt: skip
        run(root, sys.executable, "docs/share.py")
        shutil.rmtree(root / "dist", ignore_errors=True)
        run(root, sys.executable, "-m", "build", "--no-isolation")
        run(root, sys.executable, "-m", "twine", "check", "--strict", *built(root).split(", "))
    except BaseException:
        run(root, "git", "checkout", "--quiet", "--", ".")
        raise
    run(root, "git", "commit", "--quiet", "--all", "--message", f"Release {version}")
    run(root, "git", "tag", "--annotate", f"v{version}", "--message", f"Release {version}")


def built(root: Path) -> str:
    """The files in dist/."""
    return ", ".join(sorted(path.relative_to(root).as_posix() for path in root.glob("dist/*")))


def read(root: Path, name: str) -> str:
    """The text of a file."""
    return (root / name).read_text(encoding="utf-8")


def edit(root: Path, name: str, pattern: str, text: str) -> None:
    """Put `text` in the one place where the pattern is."""
    changed, count = re.subn(pattern, lambda _: text, read(root, name), flags=re.MULTILINE)
    if count != 1:
        raise click.ClickException(f"{name}: {count} places look like {pattern!r}, expected one")
    (root / name).write_text(changed, encoding="utf-8", newline="\n")


def run(root: Path, *command: str) -> str:
    """What a command prints, in the tree and with its packages. Raises ClickException."""
    paths = os.pathsep.join([str(root), str(root / "training")])
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise click.ClickException(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout


if __name__ == "__main__":
    release()

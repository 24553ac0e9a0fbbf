"""docs/share/ is as docs/share.py writes it; shells and readers of man pages take it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from scripts import script

ROOT = Path(__file__).resolve().parents[2]
SHARE = ROOT / "docs" / "share"
PAGES = sorted((SHARE / "man" / "man1").iterdir())


SCRIPT = script("share")


def program(name: str) -> str:
    """Where a program is; the test is skipped where it is not."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here")
    return found


def test_the_files_are_up_to_date() -> None:
    there = {path.relative_to(SHARE).as_posix() for path in SHARE.rglob("*") if path.is_file()}
    texts = SCRIPT.files()
    assert there == texts.keys(), "make share"
    for name, text in texts.items():
        assert (SHARE / name).read_text("utf-8") == text, f"{name}: make share"


def test_every_script_has_a_page_and_a_completion() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert scripts.keys() == SCRIPT.COMMANDS.keys()


def test_pages_have_no_mistakes_for_mandoc() -> None:
    command = [program("mandoc"), "-Tlint", "-W", "warning", *map(str, PAGES)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    # A page changes with the version, not from day to day.
    assert [line for line in done.stdout.splitlines() if "missing date" not in line] == []


def test_pages_have_no_mistakes_for_groff() -> None:
    command = [program("groff"), "-man", "-ww", "-z", *map(str, PAGES)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file and a folder, where the commands are on the path."""
    (tmp_path / "mine.txt").touch()
    (tmp_path / "puns").mkdir()
    scripts = tmp_path / ".scripts"
    scripts.mkdir()
    for name in SCRIPT.COMMANDS:
        function = name.removeprefix("vmd-")
        script = scripts / name
        script.write_text(
            f"#!{sys.executable}\nfrom vmd_solver import scripts\nscripts.{function}()\n",
            encoding="utf-8",
        )
        script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([str(scripts), os.environ["PATH"]]))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "training")]))
    return tmp_path


def by_bash(words: list[str]) -> list[str]:
    script = f"""
        compopt() {{ printf 'option %s\n' "$2"; }}
        . '{SHARE}/bash-completion/completions/{words[0]}'
        complete -p {words[0]} | grep -q -- '-F {function(words[0])} {words[0]}' || exit 1
        COMP_WORDS=({" ".join(map(repr, words))}) COMP_CWORD={len(words) - 1}
        {function(words[0])} {words[0]}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return answers([program("bash"), "--norc", "-c", script])


def by_fish(words: list[str]) -> list[str]:
    script = f"""
        source '{SHARE}/fish/vendor_completions.d/{words[0]}.fish'
        complete --do-complete '{" ".join(words)}'
    """
    return answers([program("fish"), "--no-config", "-c", script])


def by_zsh(words: list[str]) -> list[str]:
    """What the function hands to the completion of zsh, which itself needs a terminal."""
    script = f"""
        compdef() {{ [[ $1 == {function(words[0])} && $2 == {words[0]} ]] || exit 1; }}
        compadd() {{ print -l -- ${{completions}}; }}
        _describe() {{ print -l -- ${{completions_with_descriptions%%:*}}; }}
        _path_files() {{ print -- option $*; }}
        . '{SHARE}/zsh/site-functions/_{words[0]}'
        words=({" ".join(map(repr, words))}) CURRENT={len(words)}
        {function(words[0])}
    """
    return answers([program("zsh"), "-f", "-c", script])


def function(name: str) -> str:
    return f"_{name.replace('-', '_')}_completion"


def answers(command: list[str]) -> list[str]:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\n")[:-1]


BY = {"bash": by_bash, "fish": by_fish, "zsh": by_zsh}
MODES = ["guided", "neural", "exact"]


@pytest.mark.parametrize("shell", BY)
def test_shells_complete_names(shell: str, place: Path) -> None:
    assert sorted(BY[shell](["vmd-solve", "--mode", ""])) == sorted(MODES)
    assert BY[shell](["vmd-train", "gr"])[0].split("\t")[0] == "grids"


@pytest.mark.parametrize("shell", BY)
def test_shells_complete_included_puzzles_and_files(shell: str, place: Path) -> None:
    found = BY[shell](["vmd-solve", "puzzles/jig"])
    assert found == ["puzzles/jigsaw-6.txt", "puzzles/jigsaw-9.txt", "puzzles/jigsaw-x.txt"]
    found = BY[shell](["vmd-play", "mi"])
    assert [one for one in found if one] == {"bash": ["option default"], "fish": ["mine.txt"],
                                             "zsh": ["option -f"]}[shell]  # fmt: skip


def completed(*words: str) -> list[str]:
    """What a command answers a shell."""
    done = subprocess.run(
        [words[0]],
        env={
            **os.environ,
            f"_{words[0].upper().replace('-', '_')}_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(words),
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return re.findall(r"^\w+,(.*)$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "some"),
    [
        ("vmd-solve --input-format f", ["fpuzzles"]),
        ("vmd-solve --family su", ["sudoku", "sudoku-x"]),
        ("vmd-solve --policy t", ["threshold", "top"]),
        ("vmd-solve --model ''", ["grids", "grids-none"]),
        ("vmd-solve pu", ["pu"]),
        ("vmd-solve puz", ["puzzles/12x12.txt"]),
        ("vmd-make --family kil", ["killer"]),
        ("vmd-make --difficulty e", ["easy", "expert", "extreme"]),
        ("vmd-make --symmetry half", ["half-turn"]),
        ("vmd-make --format s", ["sudokupad", "sgt", "sdk", "ss", "sdm", "svg"]),
        ("vmd-solve --model mine/", ["mine/"]),
        ("vmd-text --model t", ["text"]),
        ("vmd-train grids --rules killer,the", ["killer,thermo"]),
        ("vmd-train slice --recipe g", ["grids"]),
        ("vmd-train eval --only rates,r", ["rates,rates", "rates,rules"]),
    ],
)
def test_commands_know_what_can_follow(words: str, some: list[str], place: Path) -> None:
    found = completed(*(word.strip("'") for word in words.split()))
    assert found[: len(some)] == some


def test_a_completion_of_options_loads_neither_numpy_nor_textual(place: Path) -> None:
    for name in ("vmd-make", "vmd-play", "vmd-solve", "vmd-text"):
        module = str(SCRIPT.COMMANDS[name].callback.__module__)
        loaded = f"import sys, {module}; print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, check=True)
        assert not {b"numpy", b"textual"} & {*done.stdout.split()}, name

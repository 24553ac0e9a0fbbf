"""The command on puzzles that are in order: what goes where, in which form, with which code."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lzstring import LZString

from vmd_solver.formats import read

Solve = Callable[..., Any]
WriteModel = Callable[..., None]

EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
ANSWER = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
NUMBERS = " ".join(str((at // 36 + at) % 36 + 1) if at % 37 else "." for at in range(1296))
SMALL = "1...............", "12........3...4.", "1..y............"
"""With many solutions, with none, and no puzzle."""


def test_a_file_gives_a_line(solve: Solve, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text(EASY + "\n")
    done = solve("--mode", "exact", "p.txt")
    assert (done.code, done.out, done.err) == (0, ANSWER + "\n", "")


@pytest.mark.parametrize("arguments", [(), ("-",)], ids=["no argument", "dash"])
def test_standard_input_is_read(arguments: tuple[str, ...], solve: Solve) -> None:
    done = solve("--mode", "exact", *arguments, stdin=EASY)
    assert (done.code, done.out) == (0, ANSWER + "\n")


def test_a_puzzle_may_be_typed(solve: Solve) -> None:
    done = solve("--mode", "exact", EASY, "1..4............")
    assert (done.code, done.lines[0], len(done.lines[1])) == (0, ANSWER, 16)


def test_a_puzzle_may_be_a_link_or_an_id(solve: Solve) -> None:
    cells = '[{"value":1,"given":true},{},{},{}],[{},{},{},{}],[{},{},{},{}],[{},{},{},{}]'
    thermo = '[{"lines":[["R1C1","R1C2","R1C3"]]}]'
    drawn = f'{{"grid":[{cells}],"thermometer":{thermo},"text":[{{}}]}}'
    link = "https://f-puzzles.com/?load=" + LZString().compressToBase64(drawn)
    done = solve("--mode", "exact", link, "6x6u:AbeHECibaa", "https://sudokupad.app/abc")
    assert done.code == 2
    assert done.lines[0][:3] in ("123", "124", "134")
    assert len(done.lines[1]) == 36
    note, error = done.err.splitlines()
    assert note == "argument:1: not rules: text"
    assert error.startswith("argument:1:1: a short id stands for a puzzle")
    assert solve("--mode", "exact", "-q", link).err == ""


def test_shipped_puzzles_are_found_from_any_folder(solve: Solve, tmp_path: Path) -> None:
    shipped = solve("--mode", "exact", "puzzles/easy.txt")
    assert (shipped.code, len(shipped.lines[0])) == (0, 81)
    (tmp_path / "puzzles").mkdir()
    (tmp_path / "puzzles" / "easy.txt").write_text("." * 16)
    assert len(solve("--mode", "exact", "puzzles/easy.txt").lines[0]) == 16
    assert solve("--mode", "exact", "puzzles/absent.txt").code == 2


def test_line_numbers_match_the_input(solve: Solve) -> None:
    done = solve("--mode", "exact", stdin="\n".join([EASY, *SMALL, EASY]))
    assert done.code == 2
    assert [len(line) for line in done.lines] == [81, 16, 0, 0, 81]
    unsatisfiable, bad = done.err.splitlines()
    assert unsatisfiable == "standard input:3: no solution (proved)"
    assert bad.startswith("standard input:4:4: unexpected 'y'")


def test_quiet_leaves_errors_only(solve: Solve) -> None:
    done = solve("--mode", "exact", "-q", stdin="\n".join([EASY, *SMALL]))
    assert [line[:18] for line in done.err.splitlines()] == ["standard input:4:4"]


def test_rows_of_json(solve: Solve) -> None:
    done = solve("--mode", "exact", "-f", "jsonl", stdin="\n".join([EASY, *SMALL]))
    easy, many, none, bad = done.rows
    keys = "puzzle family status solution verified unique mode settled_by nfe loops latents"
    names = [*keys.split(), "remasked", "guesses", "seconds"]
    assert list(easy) == list(many) == list(none) == names
    assert list(bad) == [*names, "error", "source", "line", "column"]
    settled = ["propagation", "search", "propagation", None]
    assert [row["settled_by"] for row in done.rows] == settled
    assert (easy["puzzle"], easy["solution"]) == (EASY, ANSWER)
    assert [row["status"] for row in done.rows] == ["solved", "solved", "unsatisfiable", "invalid"]
    assert [row["verified"] for row in done.rows] == [True, True, False, False]
    assert [row["unique"] for row in done.rows] == [None] * 4
    assert [row["mode"] for row in done.rows] == ["exact"] * 4
    assert (none["solution"], bad["solution"], bad["family"]) == (None, None, None)
    assert (bad["puzzle"], bad["line"], bad["column"]) == (SMALL[2], 4, 4)
    assert done.code == 2


def test_rows_of_json_can_be_read_again(solve: Solve) -> None:
    done = solve("--mode", "exact", "-f", "jsonl", "--family", "sudoku-x", stdin=SMALL[0])
    (entry,) = read(done.lines)
    assert entry.puzzle is not None
    assert entry.puzzle.board.family == "sudoku-x"
    assert entry.solution is not None and 0 not in entry.solution


def test_contradicting_givens_are_placed(solve: Solve) -> None:
    done = solve("--mode", "exact", "-f", "jsonl", stdin="1...\n1...\n....\n....\n")
    (row,) = done.rows
    assert (row["status"], row["line"], row["column"]) == ("invalid", 1, None)
    assert "value 1 repeats in column 1: r1c1, r2c1" in row["error"]
    assert (row["puzzle"], row["family"]) == ("1...1...........", "sudoku")


def test_rows_of_csv(solve: Solve) -> None:
    done = solve("--mode", "exact", "-f", "csv", "--count", stdin="\n".join([EASY, *SMALL]))
    easy, many, none, bad = csv.DictReader(done.lines)
    assert (easy["solution"], easy["count"], easy["counted_all"]) == (ANSWER, "1", "true")
    assert (many["count"], none["count"], none["verified"]) == ("72", "0", "false")
    assert (bad["status"], bad["line"], easy["error"]) == ("invalid", "4", "")


HOSTILE = ("=1+1", "+1", "-1", "@a", "'a", "\x1b[2Ja", "a\x9b\u202e")


def test_rows_of_csv_are_no_formulas_and_no_commands(solve: Solve, tmp_path: Path) -> None:
    """Nor are those of JSON."""
    (tmp_path / "=p.txt").write_text("\n".join(("puzzle", *HOSTILE, "")))
    asked = ("--mode", "exact", "--input-format", "csv", "=p.txt")
    rows = list(csv.DictReader(solve(*asked, "-f", "csv").lines))
    cells = [row["puzzle"] for row in rows]
    assert cells == ["'=1+1", "'+1", "'-1", "'@a", "'a", r"\x1b[2Ja", r"a\x9b\u202e"]
    assert {row["source"] for row in rows} == {"'=p.txt"}
    done = solve(*asked, "-f", "jsonl")
    assert all(line.isprintable() for line in done.lines)
    assert tuple(row["puzzle"] for row in done.rows) == HOSTILE


def test_grids_read_back(solve: Solve) -> None:
    done = solve("--mode", "exact", "-f", "grid", stdin="\n".join([EASY, SMALL[1], EASY]))
    found = ["".join(map(str, entry.puzzle.givens)) for entry in read(done.out) if entry.puzzle]
    assert found == [ANSWER, ANSWER]
    assert "# standard input:2: unsatisfiable\n" in done.out


def test_uniqueness(solve: Solve) -> None:
    done = solve("--mode", "exact", "--unique", "-f", "jsonl", stdin=f"{EASY}\n{SMALL[0]}\n")
    assert [row["unique"] for row in done.rows] == [True, False]
    assert done.code == 0


def test_counts(solve: Solve) -> None:
    """A 4x4 grid has 288 fillings, 72 with any one given."""
    asked = ("--mode", "exact", "-f", "jsonl", "--count")
    rows = solve(*asked, stdin=f"{SMALL[0]}\n{'.' * 16}\n").rows
    assert [(row["count"], row["counted_all"]) for row in rows] == [(72, True), (288, True)]
    (row,) = solve(*asked, "--limit", "10", SMALL[0]).rows
    assert (row["count"], row["counted_all"], "solutions" in row) == (10, False, False)


MANY = [SMALL[0], SMALL[1], ".1...3....2...1."]
"""With 72 solutions, with none, with one: what that is called, by what is asked."""

ANSWERS = (
    (("--unique",), ["not unique", "no solution", "unique"]),
    (("--count",), ["72 solutions", "0 solutions", "1 solution"]),
    (("--count", "--limit", "10"), [">= 10 solutions", "0 solutions", "1 solution"]),
    (("--count", "--max-guesses", "8"), [">= 6 solutions", "0 solutions", "1 solution"]),
)


@pytest.mark.parametrize(("asked", "answers"), ANSWERS, ids=lambda value: " ".join(value))
@pytest.mark.parametrize("form", ["line", "grid"])
def test_what_was_asked_is_said_and_reads_back(
    asked: tuple[str, ...], answers: list[str], form: str, solve: Solve
) -> None:
    done = solve("--mode", "exact", "--quiet", "-f", form, *asked, stdin="\n".join(MANY))
    said = [line.partition("# ")[2] for line in done.lines if "#" in line]
    if form == "grid":
        answers = [answers[0], "standard input:2: unsatisfiable", answers[2]]
    else:
        assert [line.partition(" # ")[0] for line in done.lines][2] == "4132234114233214"
    assert (said, done.code, done.err) == (answers, 20, "")
    assert [entry.error for entry in read(done.out)] == [None, None]


def test_an_answer_stands_apart_from_symbols_of_several_characters(solve: Solve) -> None:
    done = solve("--mode", "exact", "--family", "latin", "--unique", stdin=NUMBERS)
    line, _, answer = done.out.partition(" # ")
    assert answer == "unique\n" and sorted(map(int, line.split())) == sorted([*range(1, 37)] * 36)


def test_all_solutions(solve: Solve) -> None:
    lines = solve("--mode", "exact", "--all", "100", stdin=f"{SMALL[0]}\n{EASY}\n").lines
    assert len(set(lines[:72])) == 72 and all(line.startswith("1") for line in lines[:72])
    assert lines[72:] == ["", ANSWER, ""]
    (row,) = solve("--mode", "exact", "--all", "5", "-f", "jsonl", SMALL[0]).rows
    assert len(set(row["solutions"])) == row["count"] == 5
    assert row["solutions"][0] == row["solution"]
    text = solve("--mode", "exact", "--all", "5", "-f", "pretty", SMALL[0]).out
    assert text.count("┌") == 5 and "solved by search, verified, at least 5 solutions" in text


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((EASY,), 0),
        ((EASY, SMALL[1]), 20),
        ((EASY, SMALL[1], SMALL[2]), 2),
    ],
    ids=["solved", "one without", "one bad"],
)
def test_the_gravest_outcome_names_the_code(
    lines: tuple[str, ...], code: int, solve: Solve
) -> None:
    assert solve("--mode", "exact", stdin="\n".join(lines)).code == code


@pytest.mark.parametrize("mode", ["guided", "neural"])
@pytest.mark.parametrize("latents", ["1", "3"])
def test_a_model_solves(mode: str, latents: str, solve: Solve, write_model: WriteModel) -> None:
    """A model that knows nothing: search makes up for it in guided mode, and only there."""
    write_model("model")
    puzzle = ("1234.............", "." * 16)[1]
    done = solve(
        *("--model", "./model", "--mode", mode, "--latents", latents, "-f", "jsonl"),
        *("--device", "cpu", "--threads", "1", "--nfe", "3", "--stats", puzzle),
        *("--policy", "random"),  # without it, and without a latent, one attempt is all there is
    )
    (row,) = done.rows
    assert (row["mode"], row["latents"]) == (mode, int(latents))
    assert 1 <= row["nfe"] <= 3 and row["loops"] == 2 * row["nfe"]
    if mode == "guided":
        assert (done.code, row["status"], row["verified"]) == (0, "solved", True)
    else:
        assert (done.code, row["status"]) in [(0, "solved"), (1, "unsolved")]
    assert re.match(r"1 puzzle: 1 (un)?solved\n(settled by .*\n)?mean NFE \d", done.err)


def test_the_loops_of_a_call_are_those_asked_for(solve: Solve, write_model: WriteModel) -> None:
    write_model("model")
    asked = ("--model", "./model", "--mode", "neural", "--loops", "5", "--nfe", "3", "-f", "jsonl")
    (row,) = solve(*asked, "--policy", "random", "." * 16).rows
    assert row["loops"] == 5 * row["nfe"]
    refused = solve("--loops", "0", "." * 16)
    assert refused.code == 2 and "loops must be at least 1, got 0" in refused.err


def test_the_seed_settles_everything(solve: Solve, write_model: WriteModel) -> None:
    write_model("model")
    asked = ("--model", "./model", "--policy", "random", "--temperature", "1", "." * 16)
    grids = [solve(*asked, "--seed", seed).out for seed in "7789"]
    assert grids[0] == grids[1]
    assert len(set(grids)) > 1


def test_a_trace(solve: Solve, write_model: WriteModel, tmp_path: Path) -> None:
    write_model("model")
    lines = "\n".join([EASY, SMALL[2], "." * 16])
    assert solve("--model", "./model", "--trace", "t.jsonl", stdin=lines).code == 2
    rows = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert {row["puzzle"] for row in rows} == {0, 2}
    assert {"Called", "Searched", "Verified", "Finished"} <= {row["event"] for row in rows}


def test_pretty_has_no_colour_unless_asked(solve: Solve) -> None:
    plain = solve("--mode", "exact", "-f", "pretty", EASY).out
    painted = solve("--mode", "exact", "-f", "pretty", "--color", "always", EASY, NO_COLOR="1").out
    assert "\x1b" not in plain and "\x1b[1m5'\x1b[m" in painted
    seconds = re.compile(r"\d\.\d+ s")
    assert seconds.sub("", re.sub(r"\x1b\[\d*m", "", painted)) == seconds.sub("", plain)
    assert "solved by propagation, verified: 0 guesses" in plain


def test_pretty_of_several_names_each(solve: Solve) -> None:
    done = solve("--mode", "exact", "-f", "pretty", stdin="\n".join([EASY, *SMALL]))
    assert re.findall(r"^standard input:\d", done.out, re.MULTILINE) == [
        f"standard input:{line}" for line in (1, 2, 3)
    ]
    assert "\nno solution (proved): " in done.out
    assert done.out.count("verified") == 2
    assert done.err.count("\n") == 1


def test_pretty_falls_back_to_ascii(solve: Solve) -> None:
    done = solve("--mode", "exact", "-f", "pretty", EASY, PYTHONIOENCODING="ascii")
    assert done.code == 0 and done.out.isascii() and "+---------+" in done.out


@pytest.mark.parametrize(
    ("name", "starts"), [("o.jsonl", "{"), ("o.csv", "puzzle,"), ("o.txt", ANSWER)]
)
def test_the_output_file_names_the_form(
    name: str, starts: str, solve: Solve, tmp_path: Path
) -> None:
    done = solve("--mode", "exact", "-o", name, EASY)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (tmp_path / name).read_text().startswith(starts)


def test_data_is_utf8_whatever_the_terminal(solve: Solve) -> None:
    text = "family: sudoku\nsize: 4\nalphabet: ä ö ü ß\ngivens:\nä...\n....\n....\n....\n"
    done = solve("--mode", "exact", stdin=text, PYTHONIOENCODING="ascii")
    assert done.code == 0 and set(done.out.strip()) == set("äöüß")


def test_no_argument_on_a_terminal_is_a_question(on_terminal: Solve) -> None:
    done = on_terminal()
    assert done.code == 2
    assert done.err.startswith("Usage: vmd-solve [OPTIONS] [FILES|-]")


def test_a_terminal_gets_pretty_in_colour(on_terminal: Solve) -> None:
    assert "\x1b[1m5'" in on_terminal("--mode", "exact", EASY).out
    for changes in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = on_terminal("--mode", "exact", EASY, **changes).out
        assert "│ 5' 3' 4 │" in plain and "\x1b" not in plain


def test_progress_is_for_terminals(on_terminal: Solve, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text(f"{EASY}\n" * 20)
    arguments = ["--mode", "exact", "-o", "o.txt", "p.txt"]
    shown = on_terminal(*arguments, stream="stderr").err
    assert " solved, " in shown and shown.endswith("\r\x1b[K")
    assert on_terminal(*arguments, "-q", stream="stderr").err == ""
    assert on_terminal(*arguments).err == ""


def test_help_names_everything_at_once(solve: Solve) -> None:
    done = solve("--help")
    assert done.code == 0 and done.out.startswith("Usage: vmd-solve")
    assert done.err == ""


def test_version(solve: Solve) -> None:
    assert re.fullmatch(r"vmd-solve \d+\.\d+\.\d+\n", solve("--version").out)


def test_info(solve: Solve, write_model: WriteModel) -> None:
    write_model("model")
    done = solve("--info", "--model", "./model")
    assert done.code == 0
    facts = dict(line.split(maxsplit=1) for line in done.lines)
    assert facts["model"].startswith("tiny, none latent, 2 loops")
    assert (facts["digests"], facts["parameters"]) == ("as exported", "1,234")
    assert "CPUExecutionProvider" in facts["providers"]
    assert {"vmd-solver", "python", "numpy", "onnxruntime", "models", "puzzles"} <= facts.keys()


def test_the_name_of_a_model_is_text(solve: Solve, write_model: WriteModel) -> None:
    write_model("model", name="tiny\x1b]0;owned\x07\nfolder      elsewhere")
    done = solve("--info", "--model", "./model")
    assert r"tiny\x1b]0;owned\x07\nfolder" in done.out
    assert all(line.isprintable() for line in done.lines)


def test_info_of_a_model_that_is_not_there(solve: Solve) -> None:
    done = solve("--info", "--model", "nowhere")
    assert done.code == 3
    assert "cannot be used: expected the shipped exported/nowhere" in done.out


def test_nothing_heavy_is_loaded(solve: Solve, tmp_path: Path) -> None:
    """Solving exactly needs neither a network's runtime nor a compiler."""
    done = solve("--mode", "exact", EASY, PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    assert "numpy" in loaded
    assert not {"torch", "textual", "llvmlite", "onnx", "onnxruntime", "rich"} & loaded


STEPS = "123.3.......4..1"
"""Solved by full houses and hidden singles alone."""
BEYOND = "...526....4...3.7....1....58.......6.........6.....39......5...4.........79.1...."
"""With one solution where both diagonals count too, which no technique reaches."""


def test_explained_in_text(solve: Solve) -> None:
    done = solve("--mode", "exact", "--explain", STEPS)
    assert done.code == 0
    (summary,) = (line for line in done.lines if line.startswith("easy: 10 steps, "))
    first = done.lines[done.lines.index(summary) + 1 :][:2]
    assert " ".join(line.strip() for line in first) == (
        "1. full house: Look at row 1. All its cells but r1c4 are filled, and it holds "
        "every value. So r1c4 is 4."
    )
    assert " 10. " in done.out and "No technique" not in done.out
    assert max(map(len, done.lines)) <= 80


def test_explained_as_data(solve: Solve) -> None:
    (row,) = solve("--mode", "exact", "--explain", "-f", "jsonl", STEPS).rows
    assert (row["explained"], row["level"], row["hardest"]) == (True, "easy", "hidden single")
    assert (row["unique"], row["stuck"], len(row["steps"])) == (True, None, 10)
    assert row["steps"][0]["placements"] == [[3, 4]]
    assert row["steps"][0]["groups"] == [[[3, 4]]] and row["steps"][0]["links"] == []
    values = [int(symbol) for symbol in STEPS.replace(".", "0")]
    for step in row["steps"]:
        for cell, value in step["placements"]:
            values[cell] = value
    assert "".join(map(str, values)) == row["solution"]


def test_what_is_not_explained_is_reported_not_to_be(solve: Solve) -> None:
    done = solve("--mode", "exact", "--explain", "--family", "sudoku-x", BEYOND)
    text = " ".join(done.out.split())
    assert done.code == 0
    assert re.search(r"beyond: \d+ steps?, without reaching a solution ", text)
    assert re.search(r" of 81 cells stay open.* are not explained\.", text)
    done = solve("--mode", "exact", "--explain", SMALL[0], SMALL[1])
    text = " ".join(done.out.split())
    assert done.code == 20
    assert "16 cells stay open. The puzzle has several solutions" in text
    assert "to a contradiction" in text and text.endswith("So there is no solution.")
    stuck = [
        row["stuck"]
        for row in solve("--explain", "-f", "jsonl", "--mode", "exact", *SMALL[:2]).rows
    ]
    assert stuck[0].endswith("cells stay open") and stuck[1].startswith("After these steps ")


def test_explained_as_a_page(solve: Solve, tmp_path: Path) -> None:
    """Puzzle, solution and one picture for a run of singles; each other step has its own."""
    done = solve("--mode", "exact", "--explain", "-o", "steps.html", STEPS, BEYOND, SMALL[0])
    page = (tmp_path / "steps.html").read_text(encoding="utf-8")
    assert (done.code, done.out) == (0, "")
    easy, beyond, several = page.split("<article>")[1:]
    assert easy.count("<svg") == 3 and easy.count("<li>") == 10
    assert "<h3>1 to 10. Full house (" in easy and "easy: 10 steps, hardest hidden single" in easy
    assert "<b>full house:</b> " in easy
    for stage in ("where", "why", "follows"):
        assert f'<p class="{stage}">' in beyond
    sections = beyond.count('<section class="step">')
    assert beyond.count("<svg") == sections + 2 and sections > 3
    assert "of 16 cells stay open. The puzzle has several solutions" in several
    # Nothing is fetched, nothing runs, and what pictures share is there.
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "") and "<script" not in page
    for text in (easy, beyond, several):
        (board,) = re.findall(r'<g id="(\w+)">', text)
        assert {*re.findall(r'href="#(\w+)"', text)} == {board}


def test_a_page_of_solutions(solve: Solve, tmp_path: Path) -> None:
    done = solve("--mode", "exact", "-f", "html", *SMALL, "11..............")
    solved, none, unread, invalid = done.out.split("<article>")[1:]
    assert done.code == 2 and len(done.err.splitlines()) == 2
    assert [text.count("<svg") for text in (solved, none, unread, invalid)] == [2, 1, 0, 0]
    assert "</h2>\n<p>solved by search, verified</p>" in solved and "no solution (proved)" in none
    assert "<p>invalid: " in invalid and "<p>invalid: " in unread
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "one.txt").write_text(SMALL[0])
    named = solve("--mode", "exact", "-f", "html", f"{tmp_path}/mine/one.txt")
    assert "<h2>one.txt:1</h2>" in named.out and str(tmp_path) not in named.out
    both = solve("--mode", "exact", "-f", "html", "--all", "2", SMALL[0])
    assert both.out.count("<svg") == 3


def test_a_page_is_the_same_by_workers(solve: Solve) -> None:
    arguments = ("--mode", "exact", "--explain", "-f", "html", *SMALL, STEPS)
    assert solve(*arguments, "--jobs", "2").out == solve(*arguments, "--jobs", "1").out


def test_a_bad_puzzle_has_no_steps(solve: Solve) -> None:
    done = solve("--explain", "--mode", "exact", "-f", "jsonl", stdin="11..............\nx\n")
    assert done.code == 2
    for row in done.rows:
        assert row["error"] and row["steps"] is row["level"] is row["explained"] is None


@pytest.mark.parametrize(
    "arguments", [("-f", "line"), ("-f", "csv"), ("-f", "grid"), ("-o", "steps.csv")]
)
def test_steps_need_room(arguments: tuple[str, ...], solve: Solve, tmp_path: Path) -> None:
    done = solve("--mode", "exact", "--explain", *arguments, STEPS)
    assert (done.code, done.out) == (2, "")
    assert "--explain goes with --format pretty, jsonl or html, not " in done.err
    assert not (tmp_path / "steps.csv").exists()

"""What each form means: boards, alphabets, names, solutions and ratings out of texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmd_solver import formats
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.puzzle import Board, Puzzle, default_alphabet

LINE = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"
SOLVED = "417369825632158947958724316825437169791586432346912758289643571573291684164875293"
GIVENS = tuple(0 if cell == "." else int(cell) for cell in LINE)
SIXTEEN = ("1.G" + "." * 13) + "." * 240
LATIN = "12345" + "....." * 4


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        LINE.replace(".", "0"),
        LINE.replace(".", "_"),
        LINE.replace(".", "*"),
        LINE.replace(".", "?"),
        LINE.replace(".", "-"),
        f"  {LINE}\t",
        f"\ufeff# a comment\r\n\r\n{LINE}\r\n",
        " ".join(LINE[start : start + 9] for start in range(0, 81, 9)),
        " ".join(LINE),
        f"{LINE} # {SOLVED}",
        f"{LINE},{SOLVED}",
        "\n".join(LINE[start : start + 9] for start in range(0, 81, 9)),
        "\n\n".join(
            "\n".join(LINE[start : start + 9] for start in range(top, top + 27, 9))
            for top in (0, 27, 54)
        ),
        "\n".join(" ".join(LINE[start : start + 9]) + " # row" for start in range(0, 81, 9)),
    ],
)
def test_one_puzzle_written_in_many_ways(text: str) -> None:
    assert formats.parse(text) == Puzzle(sudoku(), GIVENS)


@pytest.mark.parametrize(
    ("cells", "family", "board"),
    [
        (16, "sudoku", sudoku(2, 2)),
        (36, "sudoku", sudoku(2, 3)),
        (64, "sudoku", sudoku(2, 4)),
        (144, "sudoku", sudoku(3, 4)),
        (256, "sudoku", sudoku(4, 4)),
        (400, "sudoku", sudoku(4, 5)),
        (625, "sudoku", sudoku(5, 5)),
        (81, "sudoku-x", sudoku_x()),
        (81, "windoku", windoku()),
        (49, "latin", latin(7)),
    ],
)
def test_the_number_of_cells_gives_the_board(cells: int, family: str, board: Board) -> None:
    assert formats.parse("." * cells, family=family) == board.empty()


def digits(text: str) -> tuple[int, ...]:
    return formats.parse(text).givens[:6]


def test_alphabets_are_distinguished_from_the_symbols() -> None:
    assert formats.parse(SIXTEEN).alphabet == default_alphabet(16)
    assert digits(SIXTEEN.lower())[:3] == (1, 0, 16)
    zeros = formats.parse("0.F" + SIXTEEN[3:])
    assert (zeros.givens[:3], zeros.alphabet[15]) == ((1, 0, 16), "F")
    assert digits("01G" + SIXTEEN[3:].replace(".", "0"))[:3] == (0, 1, 16)
    letters = formats.parse("A.Y" + "." * 622)
    assert (letters.givens[:3], letters.alphabet[:2]) == ((1, 0, 25), ("A", "B"))
    assert digits("1.P" + "." * 622)[:3] == (1, 0, 25)
    numbers = formats.parse("16 . 07 " + ". " * 253)
    assert (numbers.givens[:3], numbers.alphabet[15]) == ((16, 0, 7), "16")


def test_numbers_in_a_drawn_grid() -> None:
    open_row = "\t|\t".join(["\t".join("...")] * 4)
    rows = ["10  .  3  | 01  .  .  |  .  .  .  | 12  .  ."] + [open_row] * 11
    puzzle = formats.parse("\n".join(rows))
    assert puzzle.board == sudoku(4, 3)
    assert puzzle.givens[:10] == (10, 0, 3, 1, 0, 0, 0, 0, 0, 12)


@pytest.mark.parametrize(
    ("rows", "board"),
    [
        (["12|..|.."] * 3 + ["--+--+--"] + ["..|..|.."] * 3, sudoku(3, 2)),
        (["12.|..."] * 6, sudoku(2, 3)),
        (["12...."] * 3 + ["======"] + ["......"] * 3, sudoku(3, 2)),
        (["|1|2|.|.|.|.|", "-------------"] * 6, sudoku(2, 3)),
        (["1 2 : . . : . ."] * 6, sudoku(3, 2)),
        (["┌──┬──┬──┐"] + ["│12│..│..│"] * 6 + ["└──┴──┴──┘"], sudoku(3, 2)),
    ],
)
def test_drawn_lines_give_the_box_shape(rows: list[str], board: Board) -> None:
    puzzle = formats.parse("\n".join(rows))
    assert puzzle.board == board
    assert puzzle.givens[:2] == (1, 2)


def test_rows_of_sixteen_are_one_grid_or_small_puzzles() -> None:
    small = ["1...2...3...4...", ".1...2...3...4.."]
    assert [entry.puzzle.board.D for entry in formats.read(small) if entry.puzzle] == [4, 4]
    large = ["1...2...3...4..."] * 15 + ["G..............."]
    assert formats.parse("\n".join(large)).board == sudoku(4, 4)


def test_titles_divide_grids_and_name_them() -> None:
    rows = [LINE[start : start + 9] for start in range(0, 81, 9)]
    entries = list(formats.read(["Grid 01", *rows, "Grid 02", *rows[:8], "Grid 03", *rows]))
    assert [entry.line for entry in entries] == [2, 12, 21]
    assert [entry.puzzle and entry.puzzle.name for entry in entries] == ["Grid 01", None, "Grid 03"]


def test_a_broken_grid_never_borrows_rows_from_the_next() -> None:
    rows = ["1234", "3412", "2143", "4321"]
    broken = [*rows[:2], "", *rows, "", *rows]
    found = [entry.puzzle for entry in formats.read(broken)]
    assert found == [None, *[formats.parse("\n".join(rows))] * 2]
    assert [entry.line for entry in formats.read([*rows, *rows, *rows[:3]])] == [1, 5, 9]


def test_lines_keep_solutions_and_remarks() -> None:
    (entry,) = formats.read(f"{LINE};{SOLVED};ER 1.2 hard")
    assert entry.solution == tuple(map(int, SOLVED))
    assert entry.puzzle is not None
    assert entry.puzzle.name == "ER 1.2 hard"
    assert entry.text == f"{LINE};{SOLVED};ER 1.2 hard"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("header", "row"),
    [
        (["quizzes", "solutions"], [LINE.replace(".", "0"), SOLVED]),
        (["source", "question", "answer", "rating"], ["top", LINE, SOLVED, "12"]),
        (["ID", "Puzzle", "Solution", "clues", "difficulty"], ["top", LINE, SOLVED, "17", "1.5"]),
        (["rating", "name", "puzzle"], ["", '"top"', f'"{LINE}"']),
    ],
)
def test_tables_are_read_by_their_headers(
    separator: str, header: list[str], row: list[str]
) -> None:
    (entry,) = formats.read([separator.join(header), separator.join(row)])
    assert entry.puzzle == Puzzle(sudoku(), GIVENS)
    assert entry.puzzle.name == ("" if "quizzes" in header else "top")
    assert entry.solution == (tuple(map(int, SOLVED)) if SOLVED in row else None)
    assert entry.rating == {"source": 12.0, "ID": 1.5}.get(header[0])


def test_exchange_lines_carry_name_and_rating() -> None:
    line = formats.write(Puzzle(sudoku(), GIVENS), "exchange")
    assert len(line) == 100  # as in the bank
    (entry,) = formats.read(line.replace(" 0.0", " 7.1"))
    assert entry.rating == 7.1
    assert entry.puzzle is not None
    assert len(entry.puzzle.name) == 12
    assert next(formats.read(line)).rating is None


def test_hodoku_leaves_placed_cells_open() -> None:
    placed = ":0100:5:" + LINE.replace("3", "+3", 1) + "::537:"
    expected = Puzzle(sudoku(), tuple(0 if cell == 10 else v for cell, v in enumerate(GIVENS)))
    assert formats.parse(placed) == expected


def test_partial_latin_squares_count_from_zero() -> None:
    text = "order 3\n 0 -1  2\n-1 -1 -1\n-1  2 -1\norder 2\n-1 -1\n-1 1\n"
    found = [entry.puzzle for entry in formats.read(text)]
    assert found == [
        Puzzle(latin(3), (1, 0, 3, 0, 0, 0, 0, 3, 0)),
        Puzzle(latin(2), (0, 0, 0, 2)),
    ]


def test_sdk_reads_the_puzzle_and_leaves_the_state_out() -> None:
    rows = "\n".join(LINE[start : start + 9] for start in range(0, 81, 9))
    state = rows.replace(".", "1")
    text = f"#A me\n[Puzzle]\n{rows}\n[State]\n{state}\n[Puzzle]\n{rows}\n"
    assert [entry.puzzle for entry in formats.read(text)] == [Puzzle(sudoku(), GIVENS)] * 2


def test_simple_sudoku_signature_and_crosses() -> None:
    text = formats.write(Puzzle(sudoku(), GIVENS), "ss").replace(".", "X")
    assert formats.parse(text + "Simple Sudoku Version 4.2n\n") == Puzzle(sudoku(), GIVENS)


PIECES = [0, 0, 0, 1, 2, 0, 1, 1, 2, 2, 3, 1, 2, 3, 3, 3]


@pytest.mark.parametrize(
    ("row", "board"),
    [
        ('"kind":"sudoku","n":4,"box":[2,2],"diag":false', sudoku(2, 2)),
        ('"kind":"sudoku","n":4,"box":[2,2],"diag":true', sudoku_x(2, 2)),
        (f'"kind":"sudoku","n":4,"regions":{PIECES},"diag":false', jigsaw(PIECES)),
        (f'"kind":"sudoku","n":4,"regions":{PIECES},"diag":true', jigsaw(PIECES, True)),
        (f'"family":"jigsaw-x","regions":{PIECES}', jigsaw(PIECES, True)),
        ('"kind":"latin","n":4', latin(4)),
        ('"family":"windoku"', windoku(2, 2)),
        ('"family":"grid","rows":4,"cols":4,"values":9,"units":[[0,5]]', grid(4, 4, 9, [[0, 5]])),
    ],
)
def test_json_rows_of_other_collections(row: str, board: Board) -> None:
    given = (1,) + (0,) * 15
    assert formats.parse(f'{{{row},"givens":{list(given)}}}') == Puzzle(board, given)
    assert formats.parse(f'{{{row},"puzzle":"1{"." * 15}"}}') == Puzzle(board, given)


def test_json_carries_name_solution_and_rating() -> None:
    solution = "1234341221434321"
    text = f'{{"puzzle":"{"." * 16}","id":"a\\u0007 b","solution":"{solution}","rating":2}}'
    (entry,) = formats.read(text)
    assert entry.solution == tuple(map(int, solution))
    assert entry.rating == 2.0
    assert entry.puzzle is not None
    assert entry.puzzle.name == "a b"


def test_our_text_form_carries_solution_and_name() -> None:
    text = "family: latin\nname:  a  b \ngivens:\n1.\n..\nsolution:\n12\n21\n"
    (entry,) = formats.read(text)
    assert entry.puzzle == Puzzle(latin(2), (1, 0, 0, 0))
    assert entry.puzzle.name == "a b"
    assert entry.solution == (1, 2, 2, 1)


def test_a_bad_puzzle_in_our_text_form_does_not_hide_the_next() -> None:
    good = "family: latin\ngivens:\n1.\n..\n"
    text = f"{good}family: latin\nsise: 3\ngivens:\n1\n{good}---\nhello\n---\n{good}"
    entries = list(formats.read(text))
    assert [entry.line for entry in entries] == [1, 5, 9, 14, 16]
    assert [entry.error and entry.error.line for entry in entries] == [None, 6, None, 14, None]


def test_evaluation_data_reads_without_an_error(shared_data: Path) -> None:
    paths = [path for kind in ("sudoku", "variants") for path in (shared_data / kind).iterdir()]
    assert paths
    for path in (*paths, shared_data / "large" / "sudoku16.jsonl"):
        for entry in formats.read_path(path):
            assert entry.error is None
            assert entry.puzzle is not None
            assert entry.puzzle.is_valid()
            assert entry.solution is None or Puzzle(entry.puzzle.board, entry.solution).is_valid()


def test_latin_squares_of_more_than_63_values_are_read(shared_data: Path) -> None:
    entries = list(formats.read_path(shared_data / "large" / "latin.jsonl"))
    assert all(entry.puzzle is not None and entry.puzzle.is_valid() for entry in entries)
    assert sum(entry.puzzle.board.D == 70 for entry in entries if entry.puzzle) == 2

"""OpenSudoku and KSudoku: what is a given, what a board is made of, and what ends a document."""

from __future__ import annotations

import re

import pytest

from vmd_solver import formats
from vmd_solver.csp.families import jigsaw, latin, sudoku, sudoku_x, with_rules
from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.csp.rules import Different, KenKen, Killer

LINE = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"
ZEROS = LINE.replace(".", "0")
PUZZLE = Puzzle(sudoku(), tuple(map(int, ZEROS)))
GAME = f'<game data="{ZEROS}"/>'


def saved(version: int, notes: str, entered: bool = False) -> str:
    """The data of a saved game; the player may have filled in every cell."""
    cells = (
        f"{cell if cell != '0' or not entered else 9}|{notes}{int(cell == '0')}|" for cell in ZEROS
    )
    return f"version: {version}&#10;{''.join(cells)}"


@pytest.mark.parametrize(
    "data",
    [
        *(ZEROS, LINE, saved(1, "-|"), saved(1, "1,2,|"), saved(2, "12||"), saved(2, "0|")),
        *(saved(3, "511|"), saved(4, "0|3|"), saved(5, "0|0|7|")),
    ],
)
@pytest.mark.parametrize("form", ["opensudoku:game:data", "opensudoku2:game:cells_data"])
def test_every_version_of_a_game_is_read(data: str, form: str) -> None:
    root, tag, key = form.split(":")
    (entry,) = formats.read(f'<{root}><{tag} {key}="{data}" time="1"/></{root}>')
    assert (entry.puzzle, entry.notes) == (PUZZLE, ())


def test_games_of_another_program_differ_in_their_elements() -> None:
    text = f'<onegravitysudoku><sudoku level="1" data="{ZEROS}"/></onegravitysudoku>'
    assert formats.parse(text) == PUZZLE


def test_what_the_player_entered_is_no_given() -> None:
    (entry,) = formats.read(f'<opensudoku><game data="{saved(3, "0|", True)}"/></opensudoku>')
    assert entry.puzzle == PUZZLE
    assert entry.notes == (f"left open: {LINE.count('.')} cells that the player has entered",)


def test_folders_name_games_and_places_are_those_of_the_file() -> None:
    text = (
        '<?xml version="1.0" encoding="UTF-16"?>\n<opensudoku version="2">\n# ours\n'
        f'<folder name="A &amp; B">\n{GAME}<game/>\n{GAME}\n</folder><folder>{GAME}</folder>\n'
        f"</opensudoku>\n"
    )
    found = list(formats.read(text, "f"))
    assert [entry.line for entry in found] == [5, 5, 6, 7]
    assert [entry.puzzle and entry.puzzle.name for entry in found] == [
        "A & B 1",
        None,
        "A & B 3",
        "",
    ]
    assert "f:5:1: a game without data" in str(found[1].error)
    (entry,) = formats.read(f"<opensudoku><name>Easy</name>{GAME}</opensudoku>")
    assert entry.puzzle is not None and entry.puzzle.name == "Easy 1"


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
ENDS = {
    f"{GAME}\n</opensudoku": (2, "the document does not end"),
    f"{GAME}\n<a></b>\n{GAME}</opensudoku>": (2, "not XML (mismatched tag): nothing from here on"),
    f"{GAME}\n<name>A & B</name>{GAME}</opensudoku>": (2, "not XML (not well-formed"),
    f"{GAME}</opensudoku>\n<opensudoku>{GAME}</opensudoku>": (2, "not XML (junk after document"),
    f"{GAME}\n<game data='" + "1\n" * 600_000: (2, "a tag is longer than 1,000,000"),
    f"{GAME}\n{'<a>' * 100}": (2, "more than 100 elements one in another"),
    f"{GAME}\n<name>" + "a\n" * 600_000: (500_000, "more than 1,000,000 characters"),
}


@pytest.mark.parametrize("text", ENDS, ids=[message for _, message in ENDS.values()])
def test_what_ends_a_document_takes_no_game_before_it(text: str) -> None:
    number, message = ENDS[text]
    game, last = formats.read(f"<opensudoku>{text}", "f")
    assert game.puzzle == PUZZLE
    assert re.match(rf"f:{number}:\d+: ", str(last.error))
    assert message in str(last.error)


def test_entities_are_refused() -> None:
    head = f'<!DOCTYPE opensudoku [<!ENTITY a0 "aaaaaaaaaa">{BOMB}]>\n'
    (entry,) = formats.read(f"{head}<opensudoku><name>&a9;</name>{GAME}</opensudoku>")
    assert "declares entities" in str(entry.error)


def test_other_documents_are_named() -> None:
    (entry,) = formats.read('<?xml version="1.0"?>\n<puzzles>\n</puzzles>', "f")
    assert str(entry.error).startswith("f:2:1: a document of 'puzzles': expected one of opensudoku")


BAD = {
    f'<gamme data="{ZEROS}"/>': "unexpected 'gamme': expected <game data=...>",
    f'<ame data="{ZEROS}"></ame>': "unexpected 'ame'",
    f'game data="{ZEROS}"': "unexpected text 'game data=",
    '<game data="12"/>': "expected 81 cells",
    '<game data="version: 9&#10;1|"/>': "data of version 9: expected one of 1, 2, 3, 4, 5",
    '<game data="version: 3&#10;1|0|0|"/>': "expected 81 cells of 3 fields, got 3 fields",
    f'<game data="version: 3&#10;{"1|0|2|" * 81}"/>': "'2': expected 0 for a given",
}


@pytest.mark.parametrize("game", BAD)
def test_a_bad_game_does_not_hide_the_next(game: str) -> None:
    bad, good = formats.read(f"<opensudoku>{game}{GAME}</opensudoku>")
    assert bad.error is not None and BAD[game] in bad.error.message
    assert good.puzzle == PUZZLE


def down(rows: str, order: int) -> str:
    """Cells as KSudoku writes them, down the columns."""
    signs = [rows[row * order + col] for col in range(order) for row in range(order)]
    return "".join("_" if sign in ".0" else chr(ord("a") + int(sign)) for sign in signs)


def ksudoku(graph: str, values: str, more: str = "") -> str:
    return (
        f"<!DOCTYPE ksudoku>\n<ksudoku>\n<game>\n<puzzle>{graph}<values>{values}</values></puzzle>"
        f"{more}</game></ksudoku>"
    )


def custom(order: int, kind: str, inside: str, size: int = 0) -> str:
    return (
        f'<graph order="{order}" type="custom" specific-type="{kind}" sizeX="{size or order}" '
        f'sizeY="{size or order}" sizeZ="1">{inside}</graph>'
    )


def clique(cells: object) -> str:
    found = list(cells)  # type: ignore[call-overload]
    return f'<clique size="{len(found)}"> {" ".join(map(str, found))} </clique>'


BLOCKS, LINES = (f'<sudokugroups at="0" withblocks="{blocks}"/>' for blocks in (1, 0))
CAGE = '<cage operator="%d" value="%d" size="%d"> %s </cage>'
DIAGONALS = clique(range(0, 16, 5)) + clique(range(3, 13, 3))
PIECES = [0, 0, 0, 1, 2, 0, 1, 1, 2, 2, 3, 1, 2, 3, 3, 3]
DRAWN = "".join(
    clique(col * 4 + row for row in range(4) for col in range(4) if PIECES[row * 4 + col] == piece)
    for piece in range(4)
)
WIDE = "".join(
    clique((col + dc) * 6 + row + dr for dc in range(3) for dr in range(2))
    for row in (0, 2, 4)
    for col in (0, 3)
)
GRAPHS: dict[str, tuple[str, Board]] = {
    "two": (custom(2, "Jigsaw", LINES), latin(2)),
    "plain": ('<graph order="4" type="sudoku"/>', sudoku(2, 2)),
    "blocks": (custom(4, "Plain", BLOCKS), sudoku(2, 2)),
    "wide boxes": (custom(6, "6x6", LINES + WIDE), sudoku(2, 3)),
    "pieces": (custom(4, "Jigsaw", LINES + DRAWN), jigsaw(PIECES)),
    "diagonals": (custom(4, "XSudoku", BLOCKS + DIAGONALS), sudoku_x(2, 2)),
    "pieces and diagonals": (custom(4, "Jigsaw", LINES + DRAWN + DIAGONALS), jigsaw(PIECES, True)),
    "lines": (custom(4, "Plain", LINES), latin(4)),
    "one more": (
        custom(4, "Plain", BLOCKS + clique([0, 5])),
        with_rules(sudoku(2, 2), [Different((0, 5))]),
    ),
    "killer": (
        custom(4, "KillerSudoku", BLOCKS + CAGE % (4, 5, 2, "0 1") + CAGE % (0, 3, 1, "5")),
        with_rules(sudoku(2, 2), [Killer(5, (0, 4)), Killer(3, (5,))]),
    ),
    "mathdoku": (
        custom(4, "Mathdoku", LINES + CAGE % (1, 2, 2, "0 1") + CAGE % (3, 6, 2, "4 8")),
        with_rules(latin(4), [KenKen("/", 2, (0, 4)), KenKen("x", 6, (1, 2))]),
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_board_of_ksudoku_is_what_its_graph_says(name: str) -> None:
    graph, board = GRAPHS[name]
    (entry,) = formats.read(ksudoku(graph, down(f"12{'.' * (board.n - 2)}", board.D)))
    assert entry.puzzle == Puzzle(board, (1, 2) + (0,) * (board.n - 2))
    assert (entry.line, entry.notes) == (3, ())


def test_a_board_of_one_cell_is_read() -> None:
    puzzle = formats.parse(ksudoku(custom(1, "Plain", LINES + clique([0])), "b"))
    assert (puzzle.board.n, puzzle.givens) == (1, (1,))


def test_a_samurai_has_five_squares_and_holes() -> None:
    starts = (0, 12, 132, 252, 264)
    used = {at + i * 21 + j for at in starts for i in range(9) for j in range(9)}
    groups = "".join(f'<sudokugroups at="{at}"/>' for at in starts)
    values = "".join("_" if cell in used else "." for cell in range(441))
    puzzle = formats.parse(ksudoku(custom(9, "Samurai", groups, 21), values))
    assert (puzzle.board.rows, puzzle.board.D, len(puzzle.board.holes)) == (21, 9, 441 - len(used))
    assert len(set(puzzle.board.units)) == 5 * 27 - 4
    assert puzzle.is_valid()


def test_moves_are_counted_and_a_solution_is_kept() -> None:
    moves = '<history><simple-event index="1" value="3"/></history>'
    solved = "<solution>" + down("1234341221434321", 4) + "</solution>"
    text = ksudoku(GRAPHS["plain"][0], down("1..4" + "." * 12, 4) + "</values>" + solved, moves)
    (entry,) = formats.read(text.replace("</solution></values>", "</solution>"))
    assert entry.solution == tuple(map(int, "1234341221434321"))
    assert entry.notes == ("left out: 1 moves of the player",)


UNFIT = {
    "no values": (ksudoku(GRAPHS["plain"][0], ""), "expected 16 values, got 0"),
    "no graph": (ksudoku("", "_" * 16), "a game without graph and values"),
    "in space": (ksudoku('<graph order="9" type="roxdoku"/>', "_" * 27), "is not flat"),
    "no order": (ksudoku('<graph type="sudoku"/>', "_"), "order: expected a whole number, got ''"),
    "huge": (
        ksudoku('<graph type="sudoku" order="999999"/>', "_"),
        "got 999999x999999 cells of 999999 values",
    ),
    "none": (ksudoku('<graph type="sudoku" order="0"/>', ""), "got 0x0 cells of 0 values"),
    "sign": (ksudoku(GRAPHS["plain"][0], "z" * 16), "unexpected 'z': expected b to e, _ or ."),
    "cells": (
        ksudoku(custom(4, "Plain", LINES + '<clique size="2">1</clique>'), "_" * 16),
        "clique: expected '2' cells from 0 to 15",
    ),
    "outside": (
        ksudoku(custom(4, "Plain", '<sudokugroups at="13"/>'), "_" * 16),
        "sudokugroups at 13: a square of 4 does not fit",
    ),
    "operator": (
        ksudoku(custom(4, "Mathdoku", LINES + CAGE % (7, 5, 1, "0")), "_" * 16),
        "operator '7': expected one of",
    ),
    "hidden operator": (
        ksudoku(custom(4, "Mathdoku", LINES + CAGE % (0, 5, 2, "0 1")), "_" * 16),
        "operator '0': expected one of",
    ),
    "shape": ("<ksudoku-graph><graph/></ksudoku-graph>", "a shape of KSudoku without values"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_ksudoku_states_wrongly_is_said(name: str) -> None:
    text, message = UNFIT[name]
    (entry,) = formats.read(text)
    assert entry.error is not None
    assert message in entry.error.message

"""Pictures of steps: what is where, that all of it can be read, and that colour only repeats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from textual.color import Color

from vmd_solver.csp.families import latin, sudoku, sudoku_x, windoku, with_rules
from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.csp.rules import Even, Killer, Maximum, Sandwich
from vmd_solver.drawing.diagrams import DARK, Diagram, document_of, extent, shapes, svg
from vmd_solver.drawing.elements import CELL, WHITE, Box, Label, Labels, Path
from vmd_solver.tui.themes import contrast

SVG = "{http://www.w3.org/2000/svg}"
FOUR = Diagram(
    Puzzle(sudoku(2, 2), (1, *(0,) * 15)),
    (1, 2, *(0,) * 14),
    (0, 0, *(0b1111,) * 14),
    area=range(4),
    groups=([(4, 3), (5, 3)], [(4, 4), (5, 4)]),
    links=[((4, 3), (10, 3), True), ((10, 3), (15, 3), False)],
    struck=[(6, 3), (5, 4)],
    placed=[(2, 3)],
)
"""A given, a value that was entered, and something of everything else."""


def texts(diagram: Diagram) -> Iterator[tuple[float, float, str, bool, str]]:
    """All texts: x, y, what they say, whether they are bold, their colour."""
    for shape in shapes(diagram):
        if isinstance(shape, Labels):
            yield from ((*text, shape.bold, shape.colour) for text in shape.texts)
        elif isinstance(shape, Label):
            yield shape.x, shape.y, shape.text, shape.bold, shape.colour


def in_cell(diagram: Diagram, cell: int) -> list[tuple[str, bool, str]]:
    """What stands in a cell, how, from the top."""
    row, col = divmod(cell, diagram.puzzle.board.cols)
    return [
        tuple(look)  # type: ignore[misc]
        for x, y, *look in sorted(texts(diagram), key=lambda text: (text[1], text[0]))
        if CELL * col < x < CELL * (col + 1) and CELL * row < y < CELL * (row + 1)
    ]


def test_values_given_entered_and_placed() -> None:
    given, entered, placed = ((in_cell(FOUR, cell)) for cell in (0, 1, 2))
    assert [(text, bold) for text, bold, _ in given + entered + placed] == [
        ("1", True),
        ("2", False),
        ("3", True),
    ]
    assert len({colour for _, _, colour in given + entered + placed}) == 3
    frames = (s for s in shapes(FOUR) if isinstance(s, Path) and s.width == 1.5 and s.points[4:])
    assert len([*frames]) == 1


def test_candidates_stand_in_a_raster() -> None:
    assert [text for text, *_ in in_cell(FOUR, 15)] == ["1", "2", "3", "4"]
    places = [(x, y) for x, y, text, *_ in texts(FOUR) if x > 3 * CELL and y > 3 * CELL]
    (left, top), (right, _), (_, bottom), _ = places
    assert len({*places}) == 4 and left < right and top < bottom


@pytest.mark.parametrize("D", [6, 9, 16, 25])
def test_every_candidate_is_within_its_cell(D: int) -> None:
    puzzle = Puzzle(latin(D), (0,) * D * D)
    diagram = Diagram(puzzle, puzzle.givens, ((1 << D) - 1,) * D * D)
    for cell in (0, D + 1, D * D - 1):
        assert [text for text, *_ in in_cell(diagram, cell)] == [*puzzle.alphabet]


def test_candidates_are_clear_of_cages() -> None:
    board = with_rules(sudoku(2, 2), [Killer(3, (0, 1)), Maximum((15,))])
    first = list(shapes(replace(FOUR, puzzle=Puzzle(board, FOUR.puzzle.givens))))
    (marks,) = (s for s in first if isinstance(s, Labels) and len(s.texts) > 30)
    assert min(y % CELL - 0.72 * marks.size for _, y, _ in marks.texts) > 8
    assert max(y % CELL for _, y, _ in marks.texts) < CELL - 4


def test_groups_have_shapes_of_their_own() -> None:
    one, other = (
        {len(shape.points) for shape in shapes(replace(FOUR, groups=groups)) if _is_chip(shape)}
        for groups in ([[(4, 3)]], [[], [(4, 4)]])
    )
    assert not one & other


def test_the_first_group_of_a_candidate_counts() -> None:
    once, twice = (replace(FOUR, groups=groups) for groups in ([[(4, 3)]], [[(4, 3)], [(4, 3)]]))
    assert [*shapes(once)] == [*shapes(twice)]


def _is_chip(shape: object) -> bool:
    """Whether it is the ground of a candidate of cell 4."""
    inside = isinstance(shape, Path) and all(x < CELL < y < 2 * CELL for x, y in shape.points)
    return (
        inside
        and isinstance(shape, Path)
        and (shape.filled or shape.points[:1] * 2 == shape.points)
    )


def test_more_groups_than_looks() -> None:
    marks = [(cell, value) for cell in (4, 5) for value in (1, 2, 3, 4)]
    document_of(replace(FOUR, groups=[[mark] for mark in marks]))


def test_links_are_solid_or_dashed_and_have_a_head() -> None:
    solid, dashed = (
        [shape for shape in shapes(replace(FOUR, groups=(), links=[link])) if _is_line(shape)]
        for link in FOUR.links
    )
    assert [bool(shape.dashes) for shape in solid + dashed] == [False, True]
    heads = [s for s in shapes(FOUR) if isinstance(s, Path) and s.filled and len(s.points) == 3]
    assert len(heads) == 2


def _is_line(shape: object) -> bool:
    return isinstance(shape, Path) and not shape.filled and len(shape.points) == 9


def test_neighbours_are_linked_too() -> None:
    near = replace(FOUR, groups=(), struck=(), area=(), placed=(), links=[((4, 1), (4, 2), False)])
    (line,) = (shape for shape in shapes(near) if isinstance(shape, Path))
    assert line.dashes and len(line.points) == 2


def test_a_placed_value_that_links_lead_to_stays_a_candidate() -> None:
    end = replace(FOUR, placed=[(15, 3)])
    assert [(text, bold) for text, bold, _ in in_cell(end, 15)] == [
        ("1", False),
        ("2", False),
        ("3", True),
        ("4", False),
    ]


def test_what_goes_is_struck_through() -> None:
    def lines(diagram: Diagram) -> list[tuple[tuple[float, float], ...]]:
        paths = (shape for shape in shapes(diagram) if isinstance(shape, Path))
        return [path.points for path in paths if len(path.points) == 2 and path.width == 0.9]

    assert len(lines(FOUR)) == 2 and not lines(replace(FOUR, struck=()))
    places = {text[:2] for text in texts(FOUR) if text[2] in "34"}
    for (x1, y1), (x2, y2) in lines(FOUR):
        middle = (x1 + x2) / 2, (y1 + y2) / 2
        assert any(abs(x - middle[0]) + abs(y - 5 - middle[1]) < 3 for x, y in places)
    # Where a value is written large, there is nothing left to strike.
    assert len(lines(replace(FOUR, struck=[(2, 4)]))) == 0


def test_the_area_is_shaded_and_outlined() -> None:
    """Two cells that meet in a corner have an outline each; a row has four corners."""
    row = [s for s in shapes(FOUR) if isinstance(s, Path) and s.width == 2.2]
    assert {point for path in row for point in path.points} >= {(0, 0), (4 * CELL, CELL)}
    apart = [
        s for s in shapes(replace(FOUR, area=(5, 10))) if isinstance(s, Path) and s.width == 2.2
    ]
    assert sum(len(path.points) - 1 for path in apart) == 8
    assert sum(isinstance(shape, Box) for shape in shapes(FOUR)) == 4
    assert not any(isinstance(shape, Box) for shape in shapes(replace(FOUR, area=(), placed=())))


BOARDS = {
    "x": sudoku_x(2, 2),
    "cages": with_rules(
        sudoku(2, 2), [Killer(3, (0, 1)), Even((6, 15)), Sandwich(2, (4, 5, 6, 7))]
    ),
    "plain": sudoku(2, 2),
}


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
@pytest.mark.parametrize("dark", [False, True])
def test_every_text_stands_out(board: Board, dark: bool) -> None:
    """By 4.5:1 of what is drawn last below its middle, on paper and on a dark page."""
    every = [[(cell, value)] for cell in (4, 5) for value in (1, 2, 3, 4)]
    for groups in (FOUR.groups, every):
        diagram = replace(FOUR, puzzle=Puzzle(board, FOUR.puzzle.givens), groups=groups)
        grounds: list[Box | Path] = []
        seen = 0
        for shape in shapes(diagram):
            if isinstance(shape, Box | Path):
                grounds.append(shape)
            elif isinstance(shape, Label | Labels):
                alone = shape.texts if isinstance(shape, Labels) else [(shape.x, shape.y, "")]
                for x, y, _ in alone:
                    ground = _under(grounds, x, y - 0.36 * shape.size)
                    inks = [DARK[ink] if dark else ink for ink in (shape.colour, ground)]
                    assert contrast(*map(Color.parse, inks)) >= 4.5, (shape, ground)
                    seen += 1
        assert seen > 60


def _under(grounds: list[Box | Path], x: float, y: float) -> str:
    colour = WHITE
    for shape in grounds:
        if isinstance(shape, Box):
            inside = 0 < x - shape.x < CELL and 0 < y - shape.y < CELL
        elif shape.filled:
            xs, ys = zip(*shape.points, strict=True)
            inside = min(xs) < x < max(xs) and min(ys) < y < max(ys)
        else:
            (cx, cy), *others = shape.points
            disc = all(point == (cx, cy) for point in others)
            inside = disc and (x - cx) ** 2 + (y - cy) ** 2 < shape.width**2 / 4
        colour = shape.colour if inside else colour
    return colour


@pytest.mark.parametrize("board", [*BOARDS.values(), windoku()], ids=[*BOARDS, "windoku"])
def test_it_is_xml_within_its_size(board: Board) -> None:
    puzzle = Puzzle(board, (0,) * board.n)
    diagram = Diagram(puzzle, puzzle.givens, (1,) * board.n, area=range(board.cols))
    left, top, width, height = extent(board)
    for shape in shapes(diagram):
        points = shape.points if isinstance(shape, Path) else ()
        points += ((shape.x, shape.y),) if isinstance(shape, Label | Box) else ()
        points += tuple(text[:2] for text in shape.texts) if isinstance(shape, Labels) else ()
        for x, y in points:
            assert -left < x < width - left and -top < y < height - top, shape
    root = ElementTree.fromstring(svg(diagram, "step <1>"))
    assert root.get("aria-label") == "step <1>"
    names = [text.text for text in root.iter(f"{SVG}text") if str(text.text)[:1] in "rc"]
    rows = [f"r{row}" for row in range(1, board.rows + 1)]
    assert {*rows, *(f"c{col}" for col in range(1, board.cols + 1))} <= {*names}


def test_pictures_of_a_page_share_their_board() -> None:
    first, other = svg(FOUR, "a", "board", first=True), svg(FOUR, "b", "board")
    assert '<g id="board">' in first and '<use href="#board"/>' in other
    assert first.replace('<g id="board">', "").count("r4<") == 1 and "r4<" not in other


def test_a_file_has_a_title_and_words() -> None:
    bare = ElementTree.fromstring(document_of(FOUR))
    named = ElementTree.fromstring(document_of(FOUR, "Naked <pair>", ["Look here. " * 9, "So."]))
    found = [str(text.text) for text in named.iter(f"{SVG}text")]
    assert found[0] == "Naked <pair>"
    assert " ".join(found[1:]).startswith("Look here. " * 9 + "So. ")
    heights = [float(str(root.get("viewBox")).split()[3]) for root in (bare, named)]
    assert heights[1] > heights[0] + 5 * 12

"""Rules that a full grid keeps, drawn from it by chance: what puzzles with rules are made of.

A table says, for each family, which board it is on, under which rules a grid is to be found, and
which ones are then drawn from it. Everything follows from the generator that is handed in. Knows no
search and no option.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import combinations, pairwise
from math import prod
from typing import Any

import numpy as np

from vmd_solver.csp import rules as r
from vmd_solver.csp.families import grid
from vmd_solver.csp.meaning import MEANINGS
from vmd_solver.csp.puzzle import Board, Cells, Rule

TRIES = 120
"""Lines or cages drawn for one that the grid keeps; of several the longest is taken."""


@dataclass
class Sheet:
    """A full grid to draw rules on: its `numbers`, by cell, and the cells that are still free."""

    board: Board
    numbers: tuple[int, ...]
    rng: np.random.Generator
    free: set[int] = field(default_factory=set)
    tries: int = TRIES

    def __post_init__(self) -> None:
        self.free = set(range(self.board.n)) - set(self.board.holes)

    @cached_property
    def sides(self) -> dict[int, list[int]]:
        """The neighbours of each cell along rows and columns."""
        return _linked(r.neighbours(self.board))

    @cached_property
    def around(self) -> dict[int, list[int]]:
        """The neighbours of each cell, at its corners too."""
        return _linked(r.apart(self.board, ((0, 1), (1, 0), (1, 1), (1, -1))))

    def of(self, cells: Iterable[int]) -> list[int]:
        """The numbers in the cells."""
        return [self.numbers[cell] for cell in cells]

    def pick(self, items: Sequence[Any]) -> Any:
        """One of the items."""
        return items[int(self.rng.integers(len(items)))]

    def shuffled(self, items: Iterable[Any]) -> list[Any]:
        """The items in random order."""
        listed = list(items)
        return [listed[at] for at in self.rng.permutation(len(listed))]

    def size(self, least: int, most: int) -> int:
        """A size from `least` to `most`."""
        return int(self.rng.integers(least, most + 1))

    def path(self, length: int) -> Cells:
        """Free cells, each beside the one before or at its corner; no more where it is stuck."""
        cells = [self.pick(sorted(self.free))]
        while len(cells) < length:
            near = [c for c in self.around.get(cells[-1], ()) if c in self.free and c not in cells]
            if not near:
                break
            cells.append(self.pick(near))
        return tuple(cells)

    def region(self, size: int, start: int | None = None, different: bool = True) -> Cells:
        """Free cells that hang together, with `different` numbers; fewer where there are none."""
        cells = [self.pick(sorted(self.free)) if start is None else start]
        while len(cells) < size:
            used = self.of(cells) if different else []
            near = {c for cell in cells for c in self.sides.get(cell, ()) if c in self.free}
            fit = sorted(c for c in near - set(cells) if self.numbers[c] not in used)
            if not fit:
                break
            cells.append(self.pick(fit))
        return tuple(sorted(cells))

    def lines(self) -> list[Cells]:
        """Rows and columns, from both ends."""
        rows, cols = r.grid_lines(self.board)
        return [line for forward in rows + cols for line in (forward, forward[::-1])]

    def corners(self) -> list[Cells]:
        """The four cells around each corner."""
        cols = self.board.cols
        starts = (row * cols + col for row in range(self.board.rows - 1) for col in range(cols - 1))
        return [(at, at + 1, at + cols, at + cols + 1) for at in starts]

    def diagonals(self) -> list[Cells]:
        """Diagonals of two cells and more that begin at an edge, from each of their ends."""
        rows, cols, found = self.board.rows, self.board.cols, []
        for cell in range(self.board.n):
            row, col = divmod(cell, cols)
            for down, right in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                if 0 <= row - down < rows and 0 <= col - right < cols:
                    continue
                steps = range(max(rows, cols))
                places = [(row + step * down, col + step * right) for step in steps]
                line = [y * cols + x for y, x in places if 0 <= y < rows and 0 <= x < cols]
                found += [tuple(line)] if len(line) > 1 else []
        return found

    def keeps(self, rule: Rule) -> bool:
        """Whether the grid keeps a rule."""
        checks = MEANINGS[type(rule)](rule, self.board)
        return all(check.test(*self.of(check.cells)) for check in checks)


def _linked(pairs: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for a, b in pairs:
        found.setdefault(a, []).append(b)
        found.setdefault(b, []).append(a)
    return found


Make = Callable[[Sheet, Cells], Rule | None]
"""The rule that cells make, or None; whether the grid keeps it is asked afterwards."""
Drawn = Callable[[Sheet], Iterable[Rule]]
"""The rules that a grid gives, in random order."""


def lines(make: Make, most: int = 6, share: float = 0.45, least: int = 3) -> Drawn:
    """Lines of up to `most` cells, none crossing another, until they take a share of the cells."""

    def draw(sheet: Sheet) -> Iterator[Rule]:
        left = len(sheet.free) * (1 - share)
        for _ in range(sheet.board.n // 4):
            if len(sheet.free) <= left:
                return
            length, best, rule = sheet.size(least, most), Cells(), None
            for _ in range(sheet.tries):
                path = sheet.path(length)
                for end in range(len(path), len(best), -1):
                    made = make(sheet, path[:end])
                    if made is not None and sheet.keeps(made):
                        best, rule = path[:end], made
                        break
                if len(best) == length:
                    break
            if rule is not None:
                sheet.free -= set(rule.all_cells)
                yield rule

    return draw


def line_of(kind: Callable[..., Rule], least: int, **given: Any) -> Make:
    """A line of `least` cells or more."""
    return lambda _, cells: kind(cells=cells, **given) if len(cells) >= least else None


def cages(make: Make, most: int = 5, share: float = 1.0, different: bool = True) -> Drawn:
    """Cages of cells that hang together, none overlapping another, over a share of the cells."""

    def draw(sheet: Sheet) -> Iterator[Rule]:
        left = len(sheet.free) * (1 - share)
        waiting = sheet.shuffled(sorted(sheet.free))
        while len(sheet.free) > left and waiting:
            # Cells in a corner first, so that few are left alone.
            start = min(waiting, key=lambda c: len(sheet.free.intersection(sheet.sides.get(c, ()))))
            cells = sheet.region(sheet.size(2, most), start, different)
            rule = make(sheet, cells)
            waiting.remove(start)
            if rule is not None and sheet.keeps(rule):
                sheet.free -= set(cells)
                waiting = [cell for cell in waiting if cell in sheet.free]
                yield rule

    return draw


def each(shapes: Callable[[Sheet], Iterable[Cells]], make: Make, share: float = 1.0) -> Drawn:
    """A rule for each of the shapes that makes one, or for a share of these."""

    def draw(sheet: Sheet) -> Iterable[Rule]:
        made = (make(sheet, cells) for cells in sheet.shuffled(shapes(sheet)))
        found = [rule for rule in made if rule is not None and sheet.keeps(rule)]
        return found[: round(len(found) * share)]

    return draw


def all_of(*draws: Drawn) -> Drawn:
    """The rules of several, one after another."""
    return lambda sheet: [rule for draw in draws for rule in draw(sheet)]


def cells_with(kind: Callable[..., Rule], share: float = 1.0) -> Drawn:
    """One rule for a share of the cells that keep it one by one."""

    def draw(sheet: Sheet) -> Iterable[Rule]:
        found = [cell for cell in sorted(sheet.free) if sheet.keeps(kind(cells=(cell,)))]
        chosen = sheet.shuffled(found)[: max(1, round(len(found) * share))]
        return [kind(cells=tuple(sorted(chosen)))] if found else []

    return draw


def pairs(sheet: Sheet) -> list[Cells]:
    """Neighbours along rows and columns."""
    return list(r.neighbours(sheet.board))


# -- rules of shapes ----------------------------------------------------------------------------


def _total(kind: Callable[..., Rule], least: int = 1) -> Make:
    return lambda sheet, cells: kind(sum(sheet.of(cells)), cells) if len(cells) >= least else None


def _sorted(kind: Callable[..., Rule]) -> Make:
    """Two cells, the greater one first."""
    return lambda sheet, cells: kind(tuple(sorted(cells, key=lambda c: -sheet.numbers[c])))


def _ratio(sheet: Sheet, cells: Cells) -> Rule | None:
    low, high = sorted(sheet.of(cells))
    return r.Ratio(high // low, cells) if low and high > low and high % low == 0 else None


def _kenken(sheet: Sheet, cells: Cells) -> Rule:
    numbers = sorted(sheet.of(cells))
    made: dict[str, int] = {"+": sum(numbers)}
    if len(numbers) > 1:
        made["x"] = prod(numbers)
    if len(numbers) == 2:
        made["-"] = numbers[1] - numbers[0]
        if numbers[0] and numbers[1] % numbers[0] == 0:
            made["/"] = numbers[1] // numbers[0]
    operation = sheet.pick(sorted(made))
    return r.KenKen(operation, made[operation], cells)


def _rellik(sheet: Sheet, cells: Cells) -> Rule | None:
    sums = {0}
    for number in sheet.of(cells):
        sums |= {total + number for total in sums}
    missing = sorted(set(range(1, max(sums))) - sums)
    return r.Rellik(sheet.pick(missing), cells) if missing and len(cells) > 1 else None


def _lunchbox(sheet: Sheet, cells: Cells) -> Rule | None:
    return r.Lunchbox(_between(sheet.of(cells)), cells) if len(cells) > 2 else None


def _between(numbers: Sequence[int], ends: tuple[int, int] | None = None) -> int:
    """The sum of the numbers between the least and the greatest."""
    low, high = ends or (min(numbers), max(numbers))
    first, last = sorted((numbers.index(low), numbers.index(high)))
    return sum(numbers[first + 1 : last])


def _sandwich(sheet: Sheet, cells: Cells) -> Rule:
    ends = (sheet.board.low, sheet.board.high)
    return r.Sandwich(_between(sheet.of(cells), ends), cells)


def _skyscraper(sheet: Sheet, cells: Cells) -> Rule:
    numbers = sheet.of(cells)
    return r.Skyscraper(
        sum(n > max(numbers[:at], default=-1) for at, n in enumerate(numbers)), cells
    )


def _hidden_skyscraper(sheet: Sheet, cells: Cells) -> Rule | None:
    numbers = sheet.of(cells)
    hidden = [n for at, n in enumerate(numbers) if n <= max(numbers[:at], default=-1)]
    return r.HiddenSkyscraper(hidden[0], cells) if hidden else None


def _numbered_room(sheet: Sheet, cells: Cells) -> Rule | None:
    numbers = sheet.of(cells)
    inside = 1 <= numbers[0] <= len(cells)
    return r.NumberedRoom(numbers[numbers[0] - 1], cells) if inside else None


def _x_sum(sheet: Sheet, cells: Cells) -> Rule:
    numbers = sheet.of(cells)
    return r.XSum(sum(numbers[: numbers[0]]), cells)


def _full_rank(sheet: Sheet) -> Iterable[Rule]:
    found = sorted((sheet.of(line), line) for line in sheet.lines())
    alone = Counter(tuple(numbers) for numbers, _ in found)
    ranked = [
        r.FullRank(rank, line)
        for rank, (numbers, line) in enumerate(found, 1)
        if alone[tuple(numbers)] == 1
    ]
    return sheet.shuffled(ranked)[: len(ranked) // 4]


def _quadruple(sheet: Sheet, cells: Cells) -> Rule:
    numbers = sheet.shuffled(sheet.of(cells))[: sheet.size(1, 4)]
    return r.Quadruple(tuple(sorted(numbers)), cells)


def _table(sheet: Sheet, cells: Cells) -> Rule:
    """The pair of numbers that is right, and some that might be."""
    low, high = sheet.board.low, sheet.board.high
    others = {(sheet.size(low, high), sheet.size(low, high)) for _ in range(sheet.board.D)}
    a, b = sheet.of(cells)
    return r.Table(tuple(sorted({(a, b), *others})), cells)


def _marks(sheet: Sheet, cells: Cells) -> Rule:
    numbers = {*sheet.of(cells), sheet.size(sheet.board.low, sheet.board.high)}
    return r.Marks(tuple(sorted(numbers)), cells)


def _clones(sheet: Sheet) -> Iterator[Rule]:
    """Regions whose numbers stand in the same places once more."""
    cols = sheet.board.cols
    for _ in range(10 * sheet.tries):
        if not sheet.free:
            return
        one = sheet.region(2)
        shift = sheet.pick(sorted(sheet.free)) - one[0]
        other = tuple(cell + shift for cell in one)
        same = [
            (c + shift) // cols - c // cols == (one[0] + shift) // cols - one[0] // cols
            for c in one
        ]
        apart = set(other) <= sheet.free and set(one).isdisjoint(other)
        if len(one) == 2 and apart and all(same) and sheet.of(one) == sheet.of(other):
            sheet.free -= {*one, *other}
            yield r.Clone(one + other)


def _same_values(sheet: Sheet) -> Iterator[Rule]:
    """Two regions with the same numbers."""
    for _ in range(10 * sheet.tries):
        if not sheet.free:
            return
        size = sheet.size(2, 3)
        one, other = sheet.region(size), sheet.region(size)
        alike = sorted(sheet.of(one)) == sorted(sheet.of(other)) and len(one) == size
        if alike and set(one).isdisjoint(other):
            sheet.free -= {*one, *other}
            yield r.SameValues(2, one + other)


def _greater_sums(sheet: Sheet) -> Iterator[Rule]:
    """Two cages side by side, the greater one first."""
    found = list(cages(_total(r.Killer, 2), 3, 0.9)(sheet))
    for one, other in combinations(found, 2):
        near = {near for cell in one.all_cells for near in sheet.sides[cell]}
        if not near.isdisjoint(other.all_cells):
            sides = sorted((one, other), key=lambda rule: -sum(sheet.of(rule.all_cells)))
            rule = r.GreaterSum(sides[0].all_cells, sides[1].all_cells)
            if sheet.keeps(rule):
                yield rule


def _circles(sheet: Sheet) -> Iterable[Rule]:
    """As many circles with a number as it says, for some of the numbers."""
    cells: list[int] = []
    for number in sheet.shuffled(range(max(1, sheet.board.low), sheet.board.high + 1)):
        places = [cell for cell in sorted(sheet.free) if sheet.numbers[cell] == number]
        if len(cells) + number <= sheet.board.n // 2 and len(places) >= number:
            cells += sheet.shuffled(places)[:number]
    return [r.CountingCircles(tuple(sorted(cells)))] if cells else []


def _regex(sheet: Sheet, cells: Cells) -> Rule | None:
    """Each number, or one of some others."""
    low, high = sheet.board.low, sheet.board.high
    classes = [
        sorted({number, *(sheet.size(low, high) for _ in range(sheet.board.D // 2))})
        for number in sheet.of(cells)
    ]
    pattern = "".join(f"({'|'.join(map(str, numbers))})" for numbers in classes)
    return r.Regex(pattern, cells) if len(cells) > 1 and high < 10 else None


def _pill(sheet: Sheet, cells: Cells) -> Rule | None:
    return r.PillArrow(2, cells) if len(cells) > 3 else None


def _sum_line(sheet: Sheet, cells: Cells) -> Rule | None:
    """Two parts or more with the sum of the first ones."""
    numbers = sheet.of(cells)
    for end in range(1, len(cells) - 1):
        rule = r.SumLine(sum(numbers[:end]), cells)
        if sheet.keeps(rule):
            return rule
    return None


def _region_sum(sheet: Sheet, cells: Cells) -> Rule | None:
    parts = r.segments(sheet.board, cells)
    return r.RegionSumLine(cells) if len(parts) > 1 and len(cells) > 2 else None


def _kakuro_sums(sheet: Sheet) -> Iterable[Rule]:
    return [r.Killer(sum(sheet.of(run)), run) for run in _runs(sheet.board)]


def _middle(board: Board) -> list[Rule]:
    """A magic square in the middle box."""
    labels = board.regions or (0,) * board.n
    middle = labels[board.n // 2]
    return [r.MagicSquare(tuple(cell for cell in range(board.n) if labels[cell] == middle))]


# -- boards that families have to themselves ----------------------------------------------------


def _takuzu(size: int, rng: np.random.Generator) -> Board:
    return replace(grid(size, size, 2, ()), low=0)


def _queens(size: int, rng: np.random.Generator) -> Board:
    return grid(1, size, size, ())


def _kakuro(size: int, rng: np.random.Generator) -> Board:
    """Holes along the first row and column, where clues stand, and others by chance, so that runs
    have two to nine cells and all cells hang together."""
    whole = grid(size, size, 9, ())
    edge = {cell for cell in range(size * size) if cell < size or cell % size == 0}
    while True:
        holes = set(edge)
        for cell in rng.permutation(size * size).tolist():
            row, col = divmod(cell, size)
            more = {cell, (size - row) * size + size - col} if row and col else set()
            board = replace(whole, holes=tuple(sorted(holes | more)))
            if more and len(holes) < 0.45 * size * size and _fair(board):
                holes |= more
        board = replace(whole, holes=tuple(sorted(holes)))
        if all(len(run) <= 9 for run in _runs(board)):
            return board


def _fair(board: Board) -> bool:
    """Whether no run has one cell alone, and all cells hang together."""
    near = _linked(r.neighbours(board))
    left = set(range(board.n)) - set(board.holes)
    reach = [min(left)]
    seen = set(reach)
    for cell in reach:
        reach += [c for c in near.get(cell, ()) if c not in seen]
        seen.update(near.get(cell, ()))
    both = Counter(cell for run in _runs(board) for cell in run)
    return seen == left and all(both[cell] == 2 for cell in left)


def _runs(board: Board) -> list[Cells]:
    """The longest rows and columns of two cells or more without a hole."""
    rows, cols = r.grid_lines(board)
    holes, found = set(board.holes), list[Cells]()
    for line in rows + cols:
        ends = [-1, *(at for at, cell in enumerate(line) if cell in holes), len(line)]
        parts = [line[a + 1 : b] for a, b in pairwise(ends)]
        found += [part for part in parts if len(part) > 1]
    return found


# -- the table ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Variant:
    """A family of puzzles with rules: `base`, a bare family or a board of its own; the rules
    `within` which a grid is to be found; and those to be `drawn` from it, which may be `thinned`
    out as long as the solution stays the only one. `whole` rules replace those of the board.
    `sizes` are the rows it can have, if the base allows it, and `usual` is their usual number."""

    drawn: Drawn = lambda sheet: ()
    base: str | Callable[[int, np.random.Generator], Board] = "sudoku"
    within: Callable[[Board], Iterable[Rule]] = lambda board: ()
    thinned: bool = False
    whole: bool = False
    sizes: Sequence[int] = range(2, 17)
    usual: int = 9


def _within(*rules: Rule, sizes: Sequence[int] = range(2, 17)) -> Variant:
    return Variant(within=lambda board: rules, sizes=sizes)


THIRDS = (6, 9, 12, 15)
"""Sizes whose numbers fall into a low, a middle and a high third."""


def _half(board: Board) -> int:
    return (board.D + 1) // 2


KROPKI = (
    each(pairs, lambda sheet, cells: r.Difference(1, cells)),
    each(pairs, lambda sheet, cells: r.Ratio(2, cells)),
)
XV = (
    each(pairs, lambda sheet, cells: r.PairSum(5, cells)),
    each(pairs, lambda sheet, cells: r.PairSum(10, cells)),
)


def _whisper(sheet: Sheet, cells: Cells) -> Rule | None:
    return r.Whisper(_half(sheet.board), cells) if len(cells) > 2 else None


def _lockout(sheet: Sheet, cells: Cells) -> Rule | None:
    return r.Lockout(max(1, _half(sheet.board) - 1), cells) if len(cells) > 2 else None


LINES: dict[str, Drawn] = {
    "thermo": lines(line_of(r.Thermo, 2)),
    "slow-thermo": lines(line_of(r.SlowThermo, 2)),
    "whisper": lines(_whisper),
    "renban": lines(line_of(r.Renban, 2), 5),
    "palindrome": lines(line_of(r.Palindrome, 3), 5),
    "between": lines(line_of(r.Between, 3), 5),
    "lockout": lines(_lockout, 5),
    "zipper": lines(line_of(r.Zipper, 3), 5),
    "region-sum-line": lines(_region_sum),
    "sum-line": lines(_sum_line),
    "modular": lines(line_of(r.Modular, 3, number=3)),
    "entropic": lines(line_of(r.Entropic, 3)),
    "arrow": lines(line_of(r.Arrow, 2), 4),
    "pill-arrow": lines(_pill, 6, 0.3, least=5),
    "double-arrow": lines(line_of(r.DoubleArrow, 3), 5),
    "regex": lines(_regex, 5),
}
"""Rules of lines."""

CAGES: dict[str, Drawn] = {
    "killer": cages(_total(r.Killer)),
    "sum": cages(_total(r.Sum), 4, different=False),
    "rellik": cages(_rellik),
    "equality-cage": cages(lambda _, cells: r.EqualityCage(cells) if len(cells) > 1 else None, 6),
    "lunchbox": cages(_lunchbox),
    "different": cages(lambda _, cells: r.Different(cells) if len(cells) > 2 else None, 9),
}
"""Rules of cages."""

SIGNS: dict[str, Drawn] = {
    "difference": each(
        pairs, lambda s, cells: r.Difference(abs(s.numbers[cells[0]] - s.numbers[cells[1]]), cells)
    ),
    "ratio": each(pairs, _ratio),
    "pair-sum": each(pairs, _total(r.PairSum)),
    "greater": each(pairs, _sorted(r.Greater)),
    "table": each(pairs, _table),
    "quadruple": each(Sheet.corners, _quadruple),
}
"""Rules of neighbours."""

CLUES: dict[str, Drawn] = {
    "sandwich": each(lambda sheet: sheet.lines()[::2], _sandwich),
    "skyscraper": each(Sheet.lines, _skyscraper),
    "hidden-skyscraper": each(Sheet.lines, _hidden_skyscraper),
    "x-sum": each(Sheet.lines, _x_sum),
    "numbered-room": each(Sheet.lines, _numbered_room),
    "little-killer": each(Sheet.diagonals, _total(r.LittleKiller)),
    "full-rank": _full_rank,
}
"""Rules of clues outside."""

CELLS: dict[str, Drawn] = {
    "odd": cells_with(r.Odd, 0.6),
    "even": cells_with(r.Even, 0.6),
    "marks": each(lambda sheet: [(cell,) for cell in sorted(sheet.free)], _marks, 0.4),
    "minimum": cells_with(r.Minimum),
    "maximum": cells_with(r.Maximum),
    "indexing": all_of(
        cells_with(partial(r.Indexing, "column")), cells_with(partial(r.Indexing, "row"))
    ),
    "clone": _clones,
    "same-values": _same_values,
    "greater-sum": _greater_sums,
    "counting-circles": _circles,
}
"""Rules of single cells, and of groups of them."""


def _mixed(sheet: Sheet) -> Iterator[Rule]:
    """A few rules of four kinds."""
    for kinds in sheet.shuffled((LINES, CAGES, SIGNS, CLUES)):
        names = sorted(set(kinds) - {"regex", "full-rank", "region-sum-line", "entropic"})
        for name in sheet.shuffled(names)[:1]:
            found = list(kinds[name](sheet))
            yield from found[: max(3, len(found) // 3)]


VARIANTS: dict[str, Variant] = {
    **{name: Variant(draw) for name, draw in (LINES | CAGES | CELLS).items()},
    **{name: Variant(draw, thinned=True) for name, draw in (SIGNS | CLUES).items()},
    "entropic": Variant(LINES["entropic"], sizes=THIRDS),
    "futoshiki": Variant(SIGNS["greater"], "latin", thinned=True, usual=6),
    "skyscraper": Variant(CLUES["skyscraper"], "latin", thinned=True, usual=6),
    "kenken": Variant(cages(_kenken, 4, different=False), "latin", usual=6),
    "kropki": Variant(all_of(*KROPKI), thinned=True),
    "xv": Variant(all_of(*XV), thinned=True),
    "negative-kropki": Variant(all_of(*KROPKI, lambda _: [r.Negative(("white", "black"))])),
    "negative-xv": Variant(all_of(*XV, lambda _: [r.Negative(("v", "x"))])),
    "anti-knight": _within(r.AntiKnight()),
    "anti-king": _within(r.AntiKing()),
    "anti-taxicab": _within(r.AntiTaxicab()),
    "non-consecutive": _within(r.NonConsecutive()),
    "disjoint-groups": _within(r.DisjointGroups()),
    "global-entropy": _within(r.GlobalEntropy(), sizes=THIRDS),
    "diagonal": _within(r.Diagonal("down"), r.Diagonal("up")),
    "magic-square": Variant(within=_middle, sizes=(9,)),
    "queens": Variant(
        base=_queens,
        within=lambda board: [r.Queens(tuple(range(board.n)))],
        sizes=range(4, 17),
        usual=8,
    ),
    "takuzu": Variant(
        base=_takuzu, within=lambda board: [r.Takuzu(unique=True)], sizes=range(4, 17, 2), usual=8
    ),
    "kakuro": Variant(
        _kakuro_sums,
        _kakuro,
        within=lambda board: map(r.Different, _runs(board)),
        whole=True,
        sizes=range(5, 17),
        usual=8,
    ),
    "mixed": Variant(_mixed, thinned=True),
}
"""The families of puzzles with rules, by name."""


def ruled(
    board: Board, values: Sequence[int], variant: Variant, rng: np.random.Generator
) -> list[Rule]:
    """The rules of a puzzle whose solution is `values` (n,) 1..D, those of the board first."""
    sheet = Sheet(board, tuple(map(board.number, values)), rng)
    drawn = list(variant.drawn(sheet))
    return drawn if variant.whole else [*board.rules, *drawn]

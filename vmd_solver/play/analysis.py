"""What is known of a puzzle beyond its rules: solutions, how hard it is, the next step, an opinion.

The first by complete search, the next two by the techniques of a person, the last by a model. A
search can be cancelled, and gives up after a while: a puzzle is playable without a solution count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vmd_solver.csp.candidates import masks_to_allowed, words_of
from vmd_solver.csp.exact import count
from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.denoiser import Denoiser
from vmd_solver.drawing.diagrams import Diagram, document_of
from vmd_solver.play.game import Content, Game, SolutionCount
from vmd_solver.sampling.policy import softmax
from vmd_solver.techniques import LEVELS, Grade, Path, State, Step, apply, next_step

STUCK = "No technique known here applies."

_LATENTS = 8
"""Latents that an opinion is the mean of."""


def analyse(
    puzzle: Puzzle, cancelled: Callable[[], bool] = bool, time_limit_s: float = 20.0
) -> SolutionCount:
    """The solution count on the puzzle; "undecided" where time ran out or `cancelled` said so.

    >>> from vmd_solver.csp.families import latin
    >>> analyse(Puzzle(latin(2), (1, 0, 0, 0)))
    SolutionCount(kind='one', solution=(1, 2, 2, 1))
    >>> analyse(latin(2).empty()).kind
    'several'
    """
    if not puzzle.is_valid():
        return SolutionCount("none")
    found = count(puzzle, 2, deadline_s=time_limit_s, cancelled=cancelled)
    if found.solutions > 1:
        return SolutionCount("several")
    if not found.complete:
        return SolutionCount("undecided")
    return SolutionCount("one", found.grids[0]) if found.solutions else SolutionCount("none")


def graded(puzzle: Puzzle, cancelled: Callable[[], bool] = bool) -> Grade | None:
    """How hard a puzzle with one solution is; None where `cancelled` said so."""
    state, steps = State.of(puzzle, unique=True), []
    while step := next_step(state):
        if cancelled():
            return None
        steps.append(step)
        state = apply(state, step)
    return Path(tuple(steps), state).grade


def grade_words(grade: Grade) -> str:
    """The grade in a sentence or two.

    >>> grade_words(Grade("X-wing", "hard", 740))
    'Hard: the hardest step is by X-wing. Score 740.'
    """
    if grade.level == LEVELS[-1]:
        return "Beyond the techniques known here."
    hardest = f": the hardest step is by {grade.hardest}" if grade.hardest else ""
    return f"{grade.level.capitalize()}{hardest}. Score {grade.score}."


@dataclass(frozen=True)
class Opinion:
    """The open cell and the value that a model is surest of: a probability, not a proof."""

    cell: int
    value: int
    probability: float


def state_of(game: Game) -> State:
    """The game as the techniques see it: pencil marks, once every open cell has some, are its
    candidates.

    As long as some have none, marks are notes: pairs of places, say, and not all that is left. So
    are those of a cell that leave out its value.
    """
    full, solution = game.rules.full_mask, game.solution_count.solution
    marks = [full if content.value else content.marks for content in game.cells]
    if not all(marks):
        marks = [full] * game.board.n
    for cell, value in enumerate(solution or ()):
        if not marks[cell] >> value - 1 & 1:
            marks[cell] = full
    unique = game.solution_count.kind == "one"
    state = State.of(game.puzzle, game.values, marks, unique=unique)
    return State.of(game.puzzle, game.values, unique=unique) if state.problem else state


def hint(state: State) -> Step | str:
    """The easiest next step, or in words why there is none."""
    return next_step(state) or state.problem or STUCK


def drawing_of(step: Step, state: State) -> str:
    """As much of a step as is told, as SVG."""
    shown = Diagram(
        state.puzzle,
        state.values,
        state.candidates,
        step.area(state.puzzle.board),
        groups=step.groups,
        links=step.links,
        struck=step.eliminations,
        placed=step.placements,
    )
    words = filter(None, (step.where, step.why, step.follows))
    return document_of(shown, step.title, words)


def opinion(state: State, denoiser: Denoiser) -> Opinion:
    """What a model thinks of a state with open cells; always the same.

    One call on the values and candidates (n, D) as they are; the mean over some latents.
    """
    board = state.puzzle.board
    filled = np.array(state.values, dtype=np.int64)
    both = zip(state.values, state.candidates, strict=True)
    masks = np.array([1 << value >> 1 or mask for value, mask in both], dtype=words_of(board.D))
    possible = masks_to_allowed(masks, board.D)
    x_t = np.tile(filled, (_LATENTS, 1))
    allowed = np.tile(possible.astype(np.float32), (_LATENTS, 1, 1))
    z = denoiser.draw(board, x_t, allowed, np.random.default_rng(0))
    logits, _ = denoiser(board, x_t, allowed, z, denoiser.start(board, _LATENTS))
    p = np.where((filled == 0)[:, None], softmax(logits).mean(axis=0) * possible, 0)
    cell, value = divmod(int(p.argmax()), board.D)
    return Opinion(cell, value + 1, float(p[cell, value]))


def take(game: Game, step: Step) -> bool:
    """Do what the step says: fill in its values, strike its candidates from marks.

    Where candidates are struck every open cell gets its own first, or else the next hint could not
    know of it.
    """
    masks, contents = state_of(game).candidates, dict[int, Content]()
    if step.eliminations:
        for cell, now in enumerate(game.cells):
            if not now.value:
                contents[cell] = now._replace(marks=masks[cell])
    for cell, value in step.placements:
        contents[cell] = game.cells[cell]._replace(value=value)
        for peer in game.board.peers[cell]:
            now, keep = contents.get(peer, game.cells[peer]), ~(1 << value - 1)
            contents[peer] = now._replace(marks=now.marks & keep, corners=now.corners & keep)
    for cell, value in step.eliminations:
        contents[cell] = contents[cell]._replace(marks=contents[cell].marks & ~(1 << value - 1))
    return game.play(contents)

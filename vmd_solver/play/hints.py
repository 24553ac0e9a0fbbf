"""The next step that a person could take in a game, and what stands in its way.

The steps are those of `techniques`; nothing here looks at the solution but to tell of a mistake.
"""

from __future__ import annotations

from vmd_solver.play.game import Game
from vmd_solver.techniques import State, Step, next_step


def state_of(game: Game) -> State:
    """The game as the techniques see it: pencil marks, where a cell has any, are its candidates."""
    masks = [mask or game.rules.full_mask for mask in game.marks]
    unique = game.verdict.kind == "one"
    return State.of(game.puzzle, game.values, masks, unique=unique)


def obstacle(game: Game) -> str:
    """Why a hint would lead astray: a mistake on the board, or marks that leave out the value."""
    if game.mistakes():
        return "There is a mistake on the board."
    for cell, value in enumerate(game.verdict.solution or ()):
        if not game.values[cell] and game.marks[cell] and not game.marks[cell] >> value - 1 & 1:
            return f"The marks of {game.board.cell_name(cell)} leave out its value."
    return ""


def hint(state: State) -> Step | str:
    """The easiest next step, or in words why there is none."""
    return next_step(state) or state.problem or "No technique known here applies."


def take(game: Game, step: Step) -> bool:
    """Do what the step says: fill in its values, strike its candidates from marks.

    A cell without marks gets its candidates first, so that there is something to strike.
    """
    masks = state_of(game).candidates
    contents = {cell: (cell, value, game.marks[cell]) for cell, value in step.placements}
    for cell, value in step.placements:
        for peer in game.board.peers[cell]:
            held, marks = game.values[peer], game.marks[peer]
            contents.setdefault(peer, (peer, held, marks & ~(1 << value - 1)))
    for cell, value in step.eliminations:
        _, _, marks = contents.get(cell, (cell, 0, masks[cell]))
        contents[cell] = (cell, 0, marks & ~(1 << value - 1))
    return game.play(contents.values())

"""A frame of a replay in sentences, each computed from what the frame shows. Knows no screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from vmd_solver.csp.puzzle import Board
from vmd_solver.play.replay import Frame, Layer, State
from vmd_solver.sampling import Settings
from vmd_solver.techniques.state import listed

_REASONS = {
    "rules": "broke a rule and {are} masked again",
    "doubt": "{are} masked again: the model was least sure of them",
    "": "{are} masked again",
}
"""Why committed cells are masked again, by the setting; "" where it is unknown."""

_ENDS = {
    "solved": "Solved{after}: the verifier, a check of its own, accepts the grid.",
    "unsolved": "Not solved{after}.",
    "unsatisfiable": "The complete search proved that there is no solution.",
    "invalid": "The givens break a rule, or there is not enough memory.",
    "timeout": "The time is over.",
}


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "cell"), counted(5, "cell"), counted(5, "guess")
    ('1 cell', '5 cells', '5 guesses')
    """
    return f"{number} {noun}{'es' if noun.endswith('s') else 's'}" if number != 1 else f"1 {noun}"


def step(frame: Frame, latent: int, asked: Settings | None = None) -> str:
    """What the last step did on a latent's board; `asked` is None where the run is of a trace."""
    layer, call = frame.layers[latent], f"Call {frame.nfe}"
    if asked is not None:
        call += f" of at most {asked.nfe}"
    if frame.event == "Called":
        if not (masked := layer.count(State.PROPOSED)):
            return f"{call}. Every cell is committed."
        broken = _broken(layer).capitalize()
        return f"{call}. A value is proposed for {counted(masked, 'masked cell')}. {broken}."
    if frame.event == "Committed":
        now = layer.count(State.NOW)
        return f"{call}. {_said(now, 'cell', 'committed at once' if now > 1 else 'committed')}."
    if frame.event == "Remasked":
        again = layer.count(State.REMASKED)
        if not again:
            return f"{call}. No cell of this latent is masked again."
        reason = _REASONS[asked.remask if asked and asked.remask in _REASONS else ""]
        are = "is" if again == 1 else "are"
        return f"{call}. {counted(again, 'committed cell')} {reason.format(are=are)}."
    if frame.event == "Propagated":
        settled = layer.count(State.NOW, State.EARLIER)
        return f"Propagation: {_said(settled, 'cell', 'settled by the rules alone')}."
    if frame.event == "Searched":
        return f"Search in the order of the model: {counted(frame.guesses, 'guess')} so far."
    if frame.event == "Verified":
        accepted = layer.count(State.VERIFIED)
        return f"The verifier accepts {'this grid' if accepted else 'the grid of another latent'}."
    if frame.event == "Finished":
        after = f" after {counted(frame.nfe, 'call')}" if frame.nfe else ""
        return _ENDS[frame.status].format(after=after) if frame.status in _ENDS else frame.status
    givens = layer.count(State.GIVEN)
    return f"The puzzle: {counted(givens, 'given')}, {len(layer.cells) - givens} cells to fill."


def reading(frame: Frame, latent: int, chosen: Layer, board: Board) -> str:
    """How a latent read the board: where it differs from the chosen one, and what breaks a rule."""
    layer = frame.layers[latent]
    cells, state = layer.differing([chosen]), f"{_state(layer)}."
    if layer is chosen:
        return state
    if not cells:
        return f"the same values; {state}"
    differ = f"{counted(len(cells), 'cell')} differ{'s' * (len(cells) == 1)}"
    return f"{differ}{_where(cells, board)}; {state}"


def _state(layer: Layer) -> str:
    if layer.count(State.VERIFIED):
        return "verified"
    return "a solution" if layer.solved else _broken(layer)


def _broken(layer: Layer) -> str:
    count = len(layer.conflicts)
    return f"{count or 'no'} cell{'s' * (count > 1)} break{'s' * (count <= 1)} a rule"


def _said(count: int, noun: str, done: str) -> str:
    return (
        f"{counted(count, noun) if count else f'No {noun}'} {'are' if count > 1 else 'is'} {done}"
    )


def _where(cells: Collection[int], board: Board) -> str:
    """The few regions that most of the cells are in, if there are such.

    >>> from vmd_solver.csp.families import sudoku
    >>> _where([0, 1, 2, 3], sudoku(3, 3)), _where(range(81), sudoku(3, 3))
    (', mostly in box 1', '')
    """
    if board.regions is None or not cells:
        return ""
    counts = Counter(board.regions[cell] for cell in cells).most_common()
    for many in range(1, min(3, len(counts)) + 1):
        share = sum(count for _, count in counts[:many]) / len(cells)
        if share >= 0.6:
            names = listed(map(str, sorted(region + 1 for region, _ in counts[:many])))
            kind = ("box" if board.box else "region") + ("es" if board.box else "s") * (many > 1)
            return f", {'mostly ' * (share < 1)}in {kind} {names}"
    return ""


def solutions(frame: Frame) -> str:
    """Which latents hold a full grid that breaks no rule, and how many such grids; "" for none."""
    held: dict[tuple[int, ...], list[int]] = {}
    for number, layer in enumerate(frame.layers, 1):
        if layer.solved:
            held.setdefault(layer.values, []).append(number)
    who = [f"latent{'s' * (len(some) > 1)} {listed(map(str, some))}" for some in held.values()]
    several = [len(some) > 1 for some in held.values()]
    count = sum(map(len, held.values()))
    if len(held) > 2 or (len(held) == 2 and count == 2):
        return f"{count} latents hold {len(held)} different solutions."
    if len(held) == 2:
        one, other = (
            f"{name} hold{'s' * (not many)}" for name, many in zip(who, several, strict=True)
        )
        return f"{one} one solution, {other} another.".capitalize()
    if len(held) == 1:
        return f"{who[0]} hold{' the same' if several[0] else 's a'} solution.".capitalize()
    return ""


def compared(frames: Sequence[Frame]) -> str:
    """How many cells break a rule with a latent and without; "" where nothing is compared."""
    if len(frames) < 2:
        return ""
    own = sorted(len(layer.conflicts) for layer in frames[0].layers)
    several = listed(map(str, own)) if len(own) <= 4 else f"{own[0]} to {own[-1]}"
    without = len(frames[1].layers[0].conflicts)
    return f"Cells that break a rule: {several} with a latent, {without} without."

"""Neural mode: the model alone. Givens are clamped; no candidate is eliminated, nothing searched.

After each call the policy commits some cells, and `remask` takes some back. With `select="valid"`
the proposed grids are checked after each call, and a valid one ends the puzzle; with "margin" no
rule decides when to stop or what to answer, and the answer meets the verifier only in the end.
"""

from __future__ import annotations

import numpy as np

from vmd_solver.csp import memory
from vmd_solver.csp.candidates import initial_masks, masks_to_allowed
from vmd_solver.csp.constraints import Automaton, Relation
from vmd_solver.csp.puzzle import Board, conflicts
from vmd_solver.sampling.job import Attempt, Job
from vmd_solver.sampling.policy import in_doubt


def begin(job: Job) -> None:
    """Give the job its attempts. Raises TooLarge."""
    memory.require(memory.of_call(job.board) * job.settings.latents, "a call of the model")
    x_t = job.puzzle.to_array().astype(np.int64)
    # Given marks are givens too; of the candidates that the rules leave nothing else is used.
    domains = initial_masks(job.board, np.zeros(job.board.n, dtype=np.int64))
    allowed = masks_to_allowed(domains, job.board.D).astype(np.float32)
    job.attempts = [Attempt(k, x_t, allowed) for k in range(job.settings.latents)]


def unheard(board: Board) -> tuple[str, ...]:
    """Names of the board's rules that a model hears nothing of that reads units and domains alone.

    >>> from vmd_solver.csp.families import sudoku, with_rules
    >>> from vmd_solver.csp.rules import AntiKing, Odd, Thermo
    >>> unheard(with_rules(sudoku(), [AntiKing(), Odd((0,)), Thermo((0, 1))]))
    ('thermo',)
    """
    linked = (
        rule.name
        for rule in board.rules
        if any(isinstance(part, Relation | Automaton) for part in rule.constraints(board))
    )
    return tuple(dict.fromkeys(linked))


def advance(job: Job) -> None:
    """What follows a call: finish, or commit and continue."""
    for attempt in job.attempts if job.settings.select == "valid" else ():
        if not attempt.broken.any():
            job.finish("solved", tuple(attempt.grid.tolist()), settled_by="model")
            return
    over = job.late or job.nfe >= job.settings.nfe
    for attempt in () if over else job.attempts:
        attempt.x_t = np.where(job.commit(attempt), attempt.grid, attempt.x_t)
        _remask(job, attempt)
    if over or all((attempt.x_t > 0).all() for attempt in job.attempts):  # nothing left to ask
        values = job.best_attempt.answer.values
        if job.settings.select == "margin" and not conflicts(job.board, np.array([values])).any():
            job.finish("solved", values, settled_by="model")
        else:
            job.give_up(f"no valid grid within {job.nfe} calls")


def _remask(job: Job, attempt: Attempt) -> None:
    """Mask committed cells again, as the settings say; the givens stay."""
    committed = (attempt.x_t > 0) & (job.puzzle.to_array() == 0)
    if job.settings.remask == "none" or not committed.any():
        return
    if job.settings.remask == "rules":
        wrong = committed & conflicts(job.board, attempt.x_t[None])[0]
    else:
        wrong = in_doubt(attempt.margins, committed)
    if wrong.any():
        attempt.x_t = np.where(wrong, 0, attempt.x_t)
        job.remask(attempt, wrong)

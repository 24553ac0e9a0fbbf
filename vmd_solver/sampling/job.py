"""One puzzle while it is being solved, what that ends in, and a call of the model on several.

A puzzle is a job, with one attempt for each latent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.candidates import Masks
from vmd_solver.csp.exact import Count
from vmd_solver.csp.puzzle import conflicts
from vmd_solver.csp.verify import verify
from vmd_solver.denoiser.protocol import Denoiser, Floats, Ints
from vmd_solver.errors import TooLarge, VmdError
from vmd_solver.sampling.policy import Cells, choose, entropies, margins, pick, softmax
from vmd_solver.sampling.settings import Mode, Settings

Event = dict[str, Any]
"""Something that happened, in plain values, as a line of a trace has it (docs/CLI.md): `event` is
its name, `puzzle` the number of the puzzle in the batch. Cells are indices, values 1..D."""

Observer = Callable[[Event], None]

LIKELIEST = 3
"""Values of a cell that a call is observed to find most probable."""

Status = Literal["solved", "unsolved", "unsatisfiable", "invalid", "timeout"]
Settler = Literal["propagation", "model", "search"]


@dataclass(frozen=True)
class Proposal:
    """The grid that one latent led to, valid or not."""

    values: tuple[int, ...]
    margin: float
    """The mean margin of its values when they were chosen: how sure the model was."""


@dataclass(frozen=True)
class Solution:
    """The outcome for one puzzle. "No solution" is an outcome, and never a guess.

    solved: `values` were verified. unsolved: the budget was spent. unsatisfiable: proved, by a
    complete search. invalid: the givens themselves break a rule, or there is not enough memory.
    timeout: the seconds were spent.
    """

    puzzle: Puzzle
    status: Status
    mode: Mode
    values: tuple[int, ...] | None = None
    """The solution (n,), or None."""
    verified: bool = False
    """Whether the independent verifier accepted `values`."""
    settled_by: Settler | None = None
    """What found the solution, or proved that there is none."""
    unique: bool | None = None
    """True or False where it was asked and decided, else None."""
    solutions: tuple[tuple[int, ...], ...] = ()
    """The first 1,000 solutions found, `values` first; empty where only one was asked for."""
    count: int = 0
    """Number of solutions found."""
    counted_all: bool = False
    """Whether these are all there are."""
    best: tuple[int, ...] | None = None
    """The most convincing grid of a search that did not succeed; it breaks rules or is partial."""
    proposals: tuple[Proposal, ...] = ()
    """Neural mode: what each latent led to, one after another."""
    nfe: int = 0
    """Calls of the denoiser; K latents side by side count once each call."""
    loops: int = 0
    """Loops in these calls, all together."""
    latents: int = 0
    """Latents drawn."""
    remasked: int = 0
    """Cells that were committed and taken back."""
    guesses: int = 0
    """Guesses of the search."""
    seconds: float = 0.0
    message: str = ""
    """One line for people, where the status alone does not say enough."""


@dataclass
class Attempt:
    """One latent's way through a puzzle; what follows from a call is there after the first one."""

    latent: int
    x_t: Ints
    """(n,) 0 where masked."""
    allowed: Floats
    """(n, D) values not ruled out from outside."""
    z: Floats | None = None
    h: Floats | None = None
    p: Floats = field(init=False)
    """(n, D) probabilities of the last call."""
    grid: Ints = field(init=False)
    """(n,) the full grid the last call proposes."""
    broken: Cells = field(init=False)
    """(n,) cells of `grid` that break a rule."""
    margins: Floats = field(init=False)
    """(n,) by how much each value of `grid` led when the model was last asked; givens lead by 1."""
    answer: Proposal = field(init=False)
    """The grid of the last call, or the surest of all calls where each begins with another z."""

    def __post_init__(self) -> None:
        self.margins = np.ones(len(self.x_t), dtype=np.float32)
        self.answer = Proposal((), -np.inf)

    def see(self, p: Floats, grid: Ints, broken: Cells, surest: bool) -> None:
        """Take in what a call answered; with `surest` the answer stays an earlier, surer one."""
        self.p, self.grid, self.broken = p, grid, broken
        # The logits of a committed cell say nothing: its margin is that of when it was committed.
        self.margins = np.where(self.x_t > 0, self.margins, margins(p, grid))
        margin = float(self.margins.mean())
        if not surest or margin > self.answer.margin:
            self.answer = Proposal(tuple(grid.tolist()), margin)


class Propagated(NamedTuple):
    """What propagation left of the givens: masks (n,), and whether it met no contradiction."""

    masks: Masks
    consistent: bool


@dataclass
class Job:
    """One puzzle, its attempts, what it has cost, and who observes it."""

    number: int
    puzzle: Puzzle
    settings: Settings
    observe: Observer | None = None
    propagated: Propagated | None = None
    """None until that is done."""
    attempts: list[Attempt] = field(default_factory=list)
    nfe: int = 0
    loops: int = 0
    remasked: int = 0
    guesses: int = 0
    seconds: float = 0.0
    """Time spent on it: its own, and its share of what it does together with others."""
    started: float = field(default_factory=time.perf_counter)
    since: float = field(default_factory=time.perf_counter)
    """When it last began to be timed."""
    solution: Solution | None = None

    @cached_property
    def rng(self) -> np.random.Generator:
        """Its own: the result of a puzzle does not depend on what else is in the batch."""
        return np.random.default_rng((self.settings.seed, self.number))

    @property
    def board(self) -> Board:
        return self.puzzle.board

    @property
    def seconds_left(self) -> float | None:
        timeout = self.settings.timeout_s
        return None if timeout is None else self.started + timeout - time.perf_counter()

    @property
    def late(self) -> bool:
        left = self.seconds_left
        return left is not None and left <= 0

    @property
    def best_attempt(self) -> Attempt:
        """The one that is surest of its answer."""
        return max(self.attempts, key=lambda attempt: attempt.answer.margin)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Charge the time of a block to this job, which ends where it takes too much memory."""
        self.since = time.perf_counter()
        with refused([self]):
            yield
        self.seconds += time.perf_counter() - self.since

    def emit(self, event: str, **facts: Any) -> None:
        if self.observe is not None:
            self.observe({"event": event, "puzzle": self.number, **facts})

    def commit(self, attempt: Attempt) -> Cells:
        """The cells (n,) that the policy unmasks now, none of them before."""
        # The call that will come last needs no commit after it: it proposes every cell left.
        left = self.settings.nfe - self.nfe
        chosen = choose(self.settings, attempt.p, attempt.x_t == 0, left, self.rng)
        cells = np.flatnonzero(chosen)
        if self.observe is not None and len(cells):
            self.emit(
                "Committed",
                latent=attempt.latent,
                cells=tuple(cells.tolist()),
                values=tuple(attempt.grid[cells].tolist()),
                probabilities=_sure(attempt, cells),
            )
        return chosen

    def remask(self, attempt: Attempt, cells: Cells) -> None:
        """Count and tell that these cells (n,) are masked again."""
        self.remasked += int(cells.sum())
        where = tuple(np.flatnonzero(cells).tolist())
        self.emit("Remasked", latent=attempt.latent, cells=where)

    def decide(self, count: Count) -> None:
        """Turn what a complete search found into an outcome."""
        if count.grids:
            asked, several = self.settings.solutions > 1, count.solutions > 1
            self.finish(
                "solved",
                count.grids[0],
                unique=not several if asked and (several or count.complete) else None,
                solutions=count.grids if asked else (),
                count=count.solutions,
                counted_all=count.complete and count.solutions < self.settings.solutions,
            )
        elif count.complete:
            self.finish("unsatisfiable", message="the complete search found no solution")
        else:
            self.give_up(f"the budget of {self.guesses} guesses was spent")

    def give_up(self, message: str) -> None:
        """End the job undecided, for this reason or because its time is over."""
        if self.late:
            self.finish("timeout", message="the time was spent")
        else:
            self.finish("unsolved", message=message)

    def finish(self, status: Status, values: tuple[int, ...] | None = None, **facts: Any) -> None:
        """End the job. Values go through the verifier, and only its word makes them a solution."""
        if values is not None:
            certificate = verify(self.puzzle, values)
            if not certificate:
                raise VmdError(f"internal error, please report: {certificate.problems[0]}")
            self.emit("Verified", values=values)
        if status in ("solved", "unsatisfiable"):
            searched = self.guesses or self.nfe
            facts = {"settled_by": "search" if searched else "propagation", **facts}
        answers = [attempt.answer for attempt in self.attempts if attempt.answer.values]
        best = max(answers, key=lambda answer: answer.margin, default=None)
        self.solution = Solution(
            self.puzzle,
            status,
            self.settings.mode,
            values=values,
            verified=values is not None,
            best=None if status == "solved" or best is None else best.values,
            proposals=tuple(answers) if self.settings.mode == "neural" else (),
            nfe=self.nfe,
            loops=self.loops,
            latents=len(self.attempts),
            remasked=self.remasked,
            guesses=self.guesses,
            seconds=self.seconds + time.perf_counter() - self.since,
            **{
                "count": int(values is not None),
                "counted_all": status == "unsatisfiable",
                **facts,
            },
        )
        told = ("status", "values", "nfe", "loops", "guesses")
        self.emit("Finished", **{name: getattr(self.solution, name) for name in told})


@contextmanager
def refused(jobs: list[Job]) -> Iterator[None]:
    """End jobs that in the block take too much memory, so that others can go on."""
    try:
        yield
        return
    except TooLarge as error:
        message = str(error)
    except MemoryError:
        message = "too large: there is not enough memory for it"
    for job in jobs:
        if job.solution is None:
            job.attempts = []
            job.finish("invalid", message=message)


Rows = list[tuple[Job, Attempt]]


def call(denoiser: Denoiser, jobs: list[Job], loops: int) -> None:
    """One denoiser call on every attempt of jobs that share a board; fills in p, grid, broken."""
    board, settings, started = jobs[0].board, jobs[0].settings, time.perf_counter()
    rows = [(job, attempt) for job in jobs for attempt in job.attempts]
    _latents(denoiser, rows)
    attempts = [attempt for _, attempt in rows]
    x_t = np.stack([attempt.x_t for attempt in attempts])
    allowed = np.stack([attempt.allowed for attempt in attempts])
    z = np.stack([attempt.z for attempt in attempts if attempt.z is not None])
    h = np.stack([attempt.h for attempt in attempts if attempt.h is not None])
    logits, h = denoiser(board, x_t, allowed, z, h, loops)
    p = softmax(logits, settings.temperature)
    picked = [pick(p[row], settings.temperature, job.rng) for row, (job, _) in enumerate(rows)]
    grids = np.where(x_t > 0, x_t, np.stack(picked))
    broken = conflicts(board, grids)
    surest = settings.policy == "last" and settings.z == "redraw"
    for row, attempt in enumerate(attempts):
        attempt.h = h[row]
        attempt.see(p[row], grids[row], broken[row], surest)
    share = (time.perf_counter() - started) / len(jobs)
    for job in jobs:
        job.nfe += 1
        job.loops += loops
        job.seconds += share
        for attempt in job.attempts if job.observe is not None else ():
            job.emit(
                "Called",
                nfe=job.nfe,
                loops=job.loops,
                latent=attempt.latent,
                grid=tuple(attempt.grid.tolist()),
                probabilities=_sure(attempt, np.arange(board.n)),
                likeliest=_likeliest(attempt.p),
                entropies=tuple(_rounded(entropies(attempt.p))),
            )


def _latents(denoiser: Denoiser, rows: Rows) -> None:
    """Give each row the z of its next call, and a hidden state if it has none."""
    settings, board = rows[0][0].settings, rows[0][0].board
    stages: tuple[Rows, Rows, Rows] = ([], [], [])
    for job, attempt in rows:
        # The learned prior costs as much as four loops, and a first call is as good without.
        early = settings.mode == "guided" and job.nfe == 0
        stages[2 if attempt.z is not None else 0 if early else 1].append((job, attempt))
    prior = f"{settings.prior} prior"
    later = {"keep": "", "redraw": prior, "refine": "encoder"}[settings.z]
    for source, group in zip(("normal prior", prior, later), stages, strict=True):
        if not (source and group):
            continue
        x_t = np.stack([attempt.x_t for _, attempt in group])
        allowed = np.stack([attempt.allowed for _, attempt in group])
        rngs = [job.rng for job, _ in group]
        if source == "encoder":
            proposed = np.stack([attempt.grid for _, attempt in group])
            drawn = denoiser.infer(board, proposed, x_t, allowed, rngs)
        else:
            drawn = denoiser.draw(board, x_t, allowed, rngs, source == "learned prior")
        for (job, attempt), z in zip(group, drawn, strict=True):
            attempt.z = z
            job.emit("DrewLatent", latent=attempt.latent, source=source)
    fresh = [attempt for _, attempt in rows if attempt.h is None]
    for attempt, h in zip(fresh, denoiser.start(board, len(fresh)), strict=True):
        attempt.h = h


def _sure(attempt: Attempt, cells: npt.NDArray[np.intp]) -> tuple[float, ...]:
    """The probabilities of what an attempt proposes for these cells, for people."""
    return tuple(_rounded(attempt.p[cells, attempt.grid[cells] - 1]))


def _likeliest(p: Floats) -> tuple[tuple[tuple[int, float], ...], ...]:
    """For each cell of p (n, D) its most probable values, the likeliest first, none below 1e-4."""
    order = np.argsort(-p, axis=-1, kind="stable")[:, :LIKELIEST]
    chances = map(_rounded, np.take_along_axis(p, order, axis=-1))
    return tuple(
        tuple((value, chance) for value, chance in zip(values, row, strict=True) if chance)
        for values, row in zip((order + 1).tolist(), chances, strict=True)
    )


def _rounded(numbers: Floats) -> list[float]:
    return [round(float(number), 4) for number in numbers]

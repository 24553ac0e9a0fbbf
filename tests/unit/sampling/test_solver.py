"""The engine with denoisers that know everything, nothing, or the opposite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from fakes import FakeDenoiser, adversary, oracle, undecided

from vmd_solver.csp import Puzzle, memory
from vmd_solver.csp.families import grid, latin, sudoku
from vmd_solver.csp.puzzle import conflicts
from vmd_solver.csp.verify import verify
from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.sampling import Settings, Solution, Solver, guided
from vmd_solver.sampling.job import Event
from vmd_solver.sampling.policy import IN_DOUBT
from vmd_solver.sampling.settings import POLICIES, Between, Mode, PolicyName

# Needs guesses: propagation of singles alone stalls on it.
HARD = "....468.......5...56..1..3....4..3.9.......14..9.7..2.3.52.79..7.6......4..1....3"
SOLVED = "931746852274835196568912437857421369623589714149673528385267941716394285492158673"
FAKES: dict[str, Callable[[], FakeDenoiser]] = {
    "oracle": lambda: oracle(values(SOLVED)),
    "adversary": lambda: adversary(values(SOLVED)),
    "undecided": undecided,
}


def values(text: str) -> np.ndarray:
    return np.array([0 if symbol == "." else int(symbol) for symbol in text], dtype=np.int64)


def puzzle(text: str) -> Puzzle:
    return Puzzle(sudoku(3, 3), tuple(int(value) for value in values(text)))


def empty() -> Puzzle:
    return sudoku(2, 2).empty()


def unsatisfiable() -> Puzzle:
    """Row 1 needs a 4 in its last cell, and column 4 has one."""
    return Puzzle(sudoku(2, 2), (1, 2, 3, 0, *(0,) * 8, 0, 0, 0, 4))


def hidden_unsatisfiable() -> Puzzle:
    """Three cells, all different in pairs, two values: propagation alone sees nothing wrong."""
    return grid(1, 3, 2, [(0, 1), (1, 2), (0, 2)]).empty()


@pytest.mark.parametrize("name", FAKES)
@pytest.mark.parametrize("policy", POLICIES)
def test_guided_is_right_with_any_denoiser(name: str, policy: PolicyName) -> None:
    settings = Settings(policy=policy, nfe=4, latents=2)
    solution = Solver(settings, FAKES[name]()).solve(puzzle(HARD))
    assert (solution.status, solution.verified) == ("solved", True)
    assert solution.values == tuple(values(SOLVED))


def test_an_oracle_needs_one_call_and_no_guess() -> None:
    solution = Solver(Settings(), oracle(values(SOLVED))).solve(puzzle(HARD))
    assert (solution.nfe, solution.loops, solution.guesses) == (1, 1, 0)


def test_an_adversary_costs_calls_remasking_and_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guided, "FIRST_GUESSES", 1)
    solution = Solver(Settings(nfe=4), adversary(values(SOLVED))).solve(puzzle(HARD))
    assert solution.verified and solution.nfe == 4
    assert solution.remasked > 0
    assert solution.guesses > 1 + 2 + 4


def test_search_settles_early_what_a_wrong_model_would_not() -> None:
    solution = Solver(Settings(nfe=4), adversary(values(SOLVED))).solve(puzzle(HARD))
    assert solution.verified and solution.nfe == 1
    assert 0 < solution.guesses <= guided.FIRST_GUESSES


@pytest.mark.parametrize(("order", "calls"), [(9, 1), (10, 0)])
def test_boards_of_10x10_and_more_are_searched_first(order: int, calls: int) -> None:
    fake = undecided()
    solution = Solver(Settings(), fake).solve(latin(order).empty())
    assert solution.verified
    assert fake.calls == solution.nfe == calls


def test_only_the_first_puzzles_of_an_input_are_the_models_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guided, "MODEL_FIRST", 2)
    solutions = list(Solver(Settings(), undecided()).stream([puzzle(HARD)] * 4))
    assert [solution.nfe for solution in solutions] == [1, 1, 0, 0]
    monkeypatch.setattr(guided, "FIRST_GUESSES", 1)  # search is long, so the model is asked
    late = next(Solver(Settings(nfe=1), undecided()).numbered([(2, puzzle(HARD), None)]))
    assert (late.nfe, late.settled_by) == (1, "search") and late.guesses > 1


@pytest.mark.parametrize("mode", ["guided", "exact"])
def test_many_at_once_end_as_each_alone_does(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmd_solver.sampling.solver.BATCH_PAYS", 2)
    monkeypatch.setattr(guided, "MODEL_FIRST", 1)
    puzzles = [puzzle(HARD), empty(), hidden_unsatisfiable(), unsatisfiable(), *[puzzle(HARD)] * 4]
    solver = Solver(Settings(mode=mode), undecided())
    together = list(solver.stream(puzzles))
    for number, found in enumerate(together):
        (alone,) = Solver(Settings(mode=mode), undecided()).numbered([(number, found.puzzle, None)])
        assert replace(found, seconds=0) == replace(alone, seconds=0)


def test_who_settled_it_is_said() -> None:
    settings, hard = Settings(), puzzle(HARD)
    easy = puzzle(SOLVED[:40] + "." * 9 + SOLVED[49:])
    knowing, wrong = oracle(values(SOLVED)), adversary(values(SOLVED))
    assert Solver(settings, wrong).solve(easy).settled_by == "propagation"
    assert Solver(settings, wrong).solve(unsatisfiable()).settled_by == "propagation"
    assert Solver(settings, knowing).solve(hard).settled_by == "model"
    assert Solver(settings, wrong).solve(hard).settled_by == "search"
    assert Solver(replace(settings, solutions=2), knowing).solve(hard).settled_by == "search"
    assert Solver(Settings(mode="neural"), knowing).solve(hard).settled_by == "model"
    assert Solver(Settings(mode="neural", nfe=1), wrong).solve(hard).settled_by is None
    assert Solver(Settings(mode="exact")).solve(easy).settled_by == "propagation"
    assert Solver(Settings(mode="exact")).solve(hard).settled_by == "search"


def test_what_propagation_settles_never_reaches_the_denoiser() -> None:
    easy = SOLVED[:40] + "." * 9 + SOLVED[49:]
    fake = undecided()
    solution = Solver(Settings(), fake).solve(puzzle(easy))
    assert (solution.status, solution.nfe, fake.calls) == ("solved", 0, 0)


@pytest.mark.parametrize("mode", ["guided", "exact"])
@pytest.mark.parametrize("make", [unsatisfiable, hidden_unsatisfiable])
def test_no_solution_is_proved(mode: Mode, make: Callable[[], Puzzle]) -> None:
    solution = Solver(Settings(mode=mode, nfe=2), undecided()).solve(make())
    assert (solution.status, solution.values) == ("unsatisfiable", None)
    assert not solution.verified


def test_neural_never_claims_that_there_is_no_solution() -> None:
    solution = Solver(Settings(mode="neural", nfe=3), undecided()).solve(hidden_unsatisfiable())
    assert solution.status == "unsolved"
    assert solution.best is not None


@pytest.mark.parametrize("mode", ["neural", "guided", "exact"])
def test_contradicting_givens_are_invalid(mode: Mode) -> None:
    wrong = Puzzle(sudoku(2, 2), (1, 1, *(0,) * 14))
    solution = Solver(Settings(mode=mode), undecided()).solve(wrong)
    assert solution.status == "invalid"
    assert "repeats in row 1" in solution.message


@pytest.mark.parametrize("mode", ["guided", "exact"])
def test_uniqueness_is_decided_where_it_is_asked(mode: Mode) -> None:
    ask, fake = Settings(mode=mode, solutions=2, nfe=2), oracle(values(SOLVED))
    assert Solver(ask, fake).solve(puzzle(HARD)).unique is True
    several = Solver(ask, undecided()).solve(empty())
    assert several.unique is False
    assert len(set(several.solutions)) == 2
    assert Solver(Settings(mode=mode), fake).solve(puzzle(HARD)).unique is None


@pytest.mark.parametrize("mode", ["guided", "exact"])
def test_all_288_grids_of_4x4_are_counted(mode: Mode) -> None:
    solution = Solver(Settings(mode=mode, solutions=1000, nfe=1), undecided()).solve(empty())
    assert len(set(solution.solutions)) == 288
    assert solution.counted_all
    assert all(verify(empty(), found) for found in solution.solutions)


def test_a_guess_budget_is_not_a_proof() -> None:
    settings = Settings(mode="exact", max_guesses=1)
    solution = Solver(settings).solve(puzzle(HARD))
    assert solution.status == "unsolved"
    assert "1 guesses" in solution.message


def test_a_spent_time_limit_is_a_timeout() -> None:
    solution = Solver(Settings(timeout_s=1e-9), undecided()).solve(puzzle(HARD))
    assert solution.status == "timeout"


def test_neural_commits_by_policy_and_keeps_the_givens() -> None:
    seen: list[Event] = []
    settings = Settings(mode="neural", policy="top", nfe=5)
    solution = Solver(settings, adversary(values(SOLVED)), seen.append).solve(puzzle(HARD))
    given = set(np.flatnonzero(values(HARD)))
    touched = {
        cell
        for event in seen
        if event["event"] in ("Committed", "Remasked")
        for cell in event["cells"]
    }
    assert solution.status == "unsolved"
    assert solution.remasked > 0
    assert touched and not touched & given


def test_neural_without_remasking_takes_nothing_back() -> None:
    settings = Settings(mode="neural", policy="top", nfe=5, remask="none")
    assert Solver(settings, adversary(values(SOLVED))).solve(puzzle(HARD)).remasked == 0


def test_events_tell_the_story_in_order() -> None:
    seen: list[Event] = []
    solution = Solver(Settings(latents=2), oracle(values(SOLVED)), seen.append).solve(puzzle(HARD))
    names = [event["event"] for event in seen]
    told = ["Began", "Propagated", *["DrewLatent"] * 2, *["Called"] * 2, "Verified", "Finished"]
    assert names == told
    assert seen[-1]["values"] == solution.values


def test_a_batch_keeps_its_order_whatever_the_boards() -> None:
    mixed = [puzzle(HARD), empty(), unsatisfiable(), puzzle(SOLVED), hidden_unsatisfiable()] * 3
    solutions = list(Solver(Settings(nfe=2, batch=2), undecided()).stream(mixed))
    assert [solution.puzzle for solution in solutions] == mixed
    expected = ["solved", "solved", "unsatisfiable", "solved", "unsatisfiable"] * 3
    assert [solution.status for solution in solutions] == expected


def test_a_stream_holds_a_window_and_no_more() -> None:
    taken = 0

    def endless():  # type: ignore[no-untyped-def]
        nonlocal taken
        while True:
            taken += 1
            yield empty()

    stream = Solver(Settings(nfe=1, batch=2), undecided()).stream(endless())
    next(stream)
    assert taken == 1
    for _ in range(100):
        next(stream)
    assert taken <= 101 + 2 * 16


def test_an_answer_does_not_wait_for_the_rest_of_its_window() -> None:
    fake = undecided()
    stream = Solver(Settings(mode="neural", nfe=1, batch=1), fake).stream([empty()] * 20)
    for _ in range(10):
        next(stream)
    assert fake.calls <= 11


@pytest.mark.parametrize("mode", ["guided", "exact"])
def test_a_large_batch_is_solved_like_its_parts(mode: Mode) -> None:
    mixed = [puzzle(HARD), puzzle(SOLVED), puzzle(HARD[::-1])] * 30
    solutions = list(Solver(Settings(mode=mode, nfe=1), undecided()).stream(mixed))
    assert [solution.status for solution in solutions] == ["solved"] * 90
    assert all(s.values and verify(s.puzzle, s.values) for s in solutions)


def test_the_same_seed_gives_the_same_samples_in_any_batch() -> None:
    def sample(batch: int) -> list[tuple[int, ...] | None]:
        settings = Settings(mode="neural", temperature=1.0, nfe=16, seed=7, batch=batch)
        return [found.best for found in Solver(settings, undecided()).stream([empty()] * 6)]

    assert sample(1) == sample(4)
    assert len(set(sample(1))) > 1


def test_conflicts_names_every_cell_that_breaks_a_rule() -> None:
    board = sudoku(2, 2)
    filled = np.array([[1, 1, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0]])
    assert np.flatnonzero(conflicts(board, filled)[0]).tolist() == [0, 1]
    assert not conflicts(board, np.zeros((1, 16), dtype=np.int64)).any()


def asked(settings: Settings, fake: FakeDenoiser) -> list[Event]:
    """Every event of HARD."""
    seen: list[Event] = []
    Solver(settings, fake, seen.append).solve(puzzle(HARD))
    return seen


@pytest.mark.parametrize(
    ("z", "sources"),
    [
        ("keep", ["learned prior"]),
        ("redraw", ["learned prior"] * 3),
        ("refine", ["learned prior", "encoder", "encoder"]),
    ],
)
def test_where_z_comes_from_at_each_call(z: Between, sources: list[str]) -> None:
    seen = asked(Settings("neural", nfe=3, z=z), adversary(values(SOLVED)))
    assert [event["source"] for event in seen if event["event"] == "DrewLatent"] == sources


def test_a_glance_takes_z_from_the_standard_normal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guided, "FIRST_GUESSES", 0)
    seen = asked(Settings(nfe=3), adversary(values(SOLVED)))
    first, *later = [event["source"] for event in seen if event["event"] == "DrewLatent"]
    assert first == "normal prior"
    assert set(later) == {"learned prior"}


def test_refinement_infers_z_from_the_grid_of_the_last_call() -> None:
    inferred: list[tuple[int, ...]] = []

    class Watched(FakeDenoiser):
        def infer(self, board, x0, x_t, allowed, rng):  # type: ignore[no-untyped-def]
            inferred.append(tuple(x0[0].tolist()))
            return self.draw(board, x_t, allowed, rng)

    fake = Watched("noise", lambda x_t, allowed, z: z)
    settings = Settings("neural", "random", nfe=6, z="refine", remask="none")
    seen = asked(settings, fake)
    grids = [event["grid"] for event in seen if event["event"] == "Called"]
    assert inferred == grids[:-1]
    assert len(set(grids)) == 6


def test_doubt_asks_the_least_sure_again_and_knows_no_rule() -> None:
    shown: list[set[int]] = []
    sure = 0.05 * np.random.default_rng(0).permutation(81)

    def logits(x_t, allowed, z):  # type: ignore[no-untyped-def]
        shown.append(set(np.flatnonzero(x_t[0])))
        return np.broadcast_to((sure[:, None] * (np.arange(9) == 0)), allowed.shape)

    settings = Settings("neural", threshold=1e-9, nfe=3, remask="doubt", select="margin")
    solution = Solver(settings, FakeDenoiser("all ones", logits)).solve(puzzle(HARD))
    given, open_ = np.flatnonzero(values(HARD)), np.flatnonzero(values(HARD) == 0)
    doubted = int(IN_DOUBT * len(open_))
    surest = open_[np.argsort(-sure[open_])][: len(open_) - doubted]
    assert shown == [set(given), *[{*given, *surest}] * 2]
    assert solution.remasked == 2 * doubted
    assert solution.status == "unsolved"


def leader(right: int) -> FakeDenoiser:
    """Of two rows the first is sure of the solution if `right` is 0, and half sure if it is 1."""
    peaks = np.stack([values(SOLVED)] * 2)
    peaks[1 - right] = np.roll(peaks[0], 1)
    heights = np.array([9.0, 1.0])[:, None, None]
    return FakeDenoiser(
        "two minds",
        lambda x_t, allowed, z: heights * (peaks[..., None] == np.arange(1, 10)),
    )


@pytest.mark.parametrize(("right", "status"), [(0, "solved"), (1, "unsolved")])
def test_by_margin_the_surest_grid_is_the_answer_right_or_wrong(right: int, status: str) -> None:
    settings = Settings("neural", "top", nfe=4, latents=2, remask="none", select="margin")
    solution = Solver(settings, leader(right)).solve(puzzle(HARD))
    assert (solution.status, solution.nfe) == (status, 4)
    margins = [proposal.margin for proposal in solution.proposals]
    assert margins[0] > margins[1]
    assert solution.proposals[right].values == tuple(values(SOLVED))
    by_validity = Solver(replace(settings, select="valid"), leader(right)).solve(puzzle(HARD))
    assert (by_validity.status, by_validity.nfe) == ("solved", 1)


@pytest.mark.parametrize(("z", "status"), [("redraw", "solved"), ("keep", "unsolved")])
def test_of_calls_that_each_begin_with_another_z_the_surest_counts(z: Between, status: str) -> None:
    """Sure and right in the first call, unsure and wrong in the two that follow."""
    heights = iter([9.0, 1.0, 1.0])

    def logits(x_t: Ints, allowed: Floats, z: Floats) -> Floats:
        height = next(heights)
        peaks = values(SOLVED) if height > 1 else np.roll(values(SOLVED), 1)
        found: Floats = (height * (peaks[:, None] == np.arange(1, 10))).astype(np.float32)
        return found[None]

    settings = Settings("neural", "last", nfe=3, z=z, select="margin")
    solution = Solver(settings, FakeDenoiser("wanderer", logits)).solve(puzzle(HARD))
    assert (solution.status, solution.nfe) == (status, 3)
    assert (solution.proposals[0].margin > 0.9) == (status == "solved")


def test_a_grid_with_nothing_left_to_ask_costs_no_more_calls() -> None:
    settings = Settings("neural", threshold=1e-9, nfe=9, remask="none")
    assert Solver(settings, adversary(values(SOLVED))).solve(puzzle(HARD)).nfe == 1


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        (Settings("neural", latents=4), 1),
        (Settings("neural", "random", latents=4), 4),
        (Settings("neural", temperature=1, latents=4), 4),
    ],
)
def test_without_latent_only_attempts_that_differ_are_made(settings: Settings, rows: int) -> None:
    fake = undecided()
    fake.latent = "none"
    seen = asked(settings, fake)
    assert {event["latent"] for event in seen if event["event"] == "Called"} == {*range(rows)}


def solved_around(mode: Mode, large: Puzzle, denoiser: FakeDenoiser | None) -> list[Solution]:
    """The outcomes of three puzzles, of which the second is large."""
    solver = Solver(Settings.usual(mode=mode, latents=1), denoiser)
    return list(solver.stream([puzzle(SOLVED), large, puzzle(SOLVED)]))


@pytest.mark.parametrize("mode", ["neural", "guided", "exact"])
def test_a_puzzle_that_memory_cannot_hold_is_refused_alone(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In guided mode the search then goes without the model; its own tables have no room."""
    monkeypatch.setattr(memory, "MOST", 4_000_000)
    large = grid(40, 40, 40, [range(at, at + 40) for at in range(0, 1600, 2)][:-20])
    found = solved_around(mode, large.empty(), oracle(values(SOLVED)))
    assert [one.status for one in found] == ["solved", "invalid", "solved"]
    what = "a call of the model" if mode == "neural" else "its search"
    assert found[1].message.startswith(f"too large: {what} takes about ")


def test_guided_mode_searches_alone_where_the_model_has_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "MOST", memory.of_call(sudoku()) - 1)
    solution = Solver(Settings(), oracle(values(SOLVED))).solve(puzzle(HARD))
    assert (solution.status, solution.nfe) == ("solved", 0)


@pytest.mark.parametrize("mode", ["neural", "guided"])
def test_a_call_that_runs_out_of_memory_ends_its_puzzles_alone(mode: Mode) -> None:
    def logits(x_t: Ints, allowed: Floats, z: Floats) -> Floats:
        if allowed.shape[1] == 16:
            raise MemoryError
        return z

    large = grid(4, 4, 4, [(0, 1)]).empty()
    found = solved_around(mode, large, FakeDenoiser("greedy", logits))
    assert [one.status for one in found] == ["solved", "invalid", "solved"]
    assert found[1].message == "too large: there is not enough memory for it"


def test_few_large_puzzles_are_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "HELD", 3 * memory.size(sudoku()))
    taken: list[int] = []
    source = (taken.append(number) or puzzle(SOLVED) for number in range(40))
    ahead = [
        len(taken) - done for done, _ in enumerate(Solver(Settings(mode="exact")).stream(source))
    ]
    assert max(ahead) == 4

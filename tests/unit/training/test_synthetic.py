"""The synthetic studies: the truth, the measure, the samplers, and what small models learn."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vmd_training import cli
from vmd_training.sequence import MASK, SequenceConfig
from vmd_training.synthetic import data, studies
from vmd_training.synthetic.data import VALUES, Joint, entropy_nats, marginal
from vmd_training.synthetic.fit import Recipe, clip, fit
from vmd_training.synthetic.sampling import (
    Plan,
    Trained,
    TrueConditionals,
    estimate,
    give_back,
    last_call,
    limit,
    settled,
)

ONE, TWO, FOUR = Plan(1), Plan(2), Plan(4)


def generator(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def mutual_information(p: float) -> float:
    """Of two tokens, from the one row that all rows of p(next | k) are."""
    others = (1 - p) / VALUES
    row = np.array([p + others] + [others] * (VALUES - 1))
    return math.log(VALUES) - entropy_nats(row)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_the_joints_are_distributions_of_the_claimed_dependence(p: float) -> None:
    for joint, links in ((data.pair(p), 1), (data.two_pairs(p), 2), (data.chain(p), 3)):
        assert joint.table.sum() == pytest.approx(1)
        assert joint.total_correlation_nats == pytest.approx(links * mutual_information(p))
        for token in range(joint.length):
            np.testing.assert_allclose(marginal(joint.table, token), 1 / VALUES)


def test_at_p_1_the_data_are_the_papers() -> None:
    def sequences(joint: Joint) -> set[tuple[int, ...]]:
        return {tuple(map(int, index)) for index in np.argwhere(joint.support)}

    ks = range(10)
    assert sequences(data.pair(1.0)) == {(k, (k + 1) % 10) for k in ks}
    assert sequences(data.chain(1.0)) == {tuple((k + i) % 10 for i in range(4)) for k in ks}
    pairs = {(k, (k + 1) % 10, m, (m + 1) % 10) for k in ks for m in ks}
    assert sequences(data.two_pairs(1.0)) == pairs
    rising = data.pair(1.0, data.RISING).table
    assert [rising[k, (k + 1) % 10] for k in ks] == pytest.approx([(k + 1) / 55 for k in ks])
    halfway = data.pair(0.5, data.RISING)  # what p changes is the dependence alone
    np.testing.assert_allclose(marginal(halfway.table, 1), rising.sum(axis=0))


def test_the_planes_toys_are_distributions_with_a_support() -> None:
    board, roll = data.checkerboard(16), data.swiss_roll(32)
    assert board.table.sum() == pytest.approx(1) == roll.table.sum()
    assert board.total_correlation_nats == pytest.approx(math.log(2))
    assert board.support.mean() == 0.5
    assert 0.99 <= roll.table[roll.support].sum() < 0.995
    assert roll.support.mean() < 0.5


@pytest.mark.parametrize("joint", [data.pair(0.5), data.pair(1, data.RISING), data.chain(0.6)])
def test_tokens_drawn_apart_lose_the_total_correlation(joint: Joint) -> None:
    found = estimate(joint, TrueConditionals(joint), ONE, 5000, generator())
    assert found.kl_nats == pytest.approx(joint.total_correlation_nats, abs=1e-3)


def test_tokens_drawn_in_turn_lose_nothing() -> None:
    for joint, plan in ((data.pair(0.5), TWO), (data.two_pairs(1.0), FOUR)):
        found = estimate(joint, TrueConditionals(joint), plan, 5000, generator())
        assert abs(found.kl_nats) < 0.005
        assert found.total_variation < 0.1


def test_two_pairs_in_two_calls_fail_where_a_pair_is_drawn_at_once() -> None:
    joint = data.two_pairs(1.0)
    found = estimate(joint, TrueConditionals(joint), TWO, 20_000, generator())
    # 2 of the 6 ways to choose two tokens choose a pair; then neither pair is more than chance
    assert found.in_support == pytest.approx(2 / 3 + 1 / 3 * 0.01, abs=0.015)


class Counted:
    """A denoiser that proposes whole sequences drawn from a joint: the last call is a count."""

    blocks = 1

    def __init__(self, joint: Joint, seed: int) -> None:
        self.joint, self.rng = joint, np.random.default_rng(seed)
        self.length, self.values = joint.length, joint.values

    def draw(self, x_t: Tensor, generator: Generator) -> Tensor:
        return torch.zeros(len(x_t), 1, 0)

    def probabilities(self, x_t: Tensor, z: Tensor) -> Tensor:
        return F.one_hot(torch.from_numpy(self.joint.sample(len(x_t), self.rng)) - 1).float()


def test_the_bias_of_the_estimate_is_stated_and_taken_off() -> None:
    """100 equal cells counted with N rows: the plug-in is high by 99 / 2N on average."""
    joint, rows = data.pair(0.0), 4000
    found = [estimate(joint, Counted(joint, seed), ONE, rows, generator()) for seed in range(40)]
    biases, kls = ([getattr(e, name) for e in found] for name in ("bias_nats", "kl_nats"))
    assert np.mean(biases) == pytest.approx(99 / (2 * rows), rel=0.1)
    assert abs(np.mean(kls)) < 0.1 * 99 / (2 * rows)


def test_a_known_mixture_is_measured_exactly() -> None:
    """z chooses between two products of two tokens; the truth is even over two sequences."""
    p = 0.8
    truth = Joint("coins", np.array([[0.5, 0.0], [0.0, 0.5]]))

    class Mixture(Counted):
        def draw(self, x_t: Tensor, generator: Generator) -> Tensor:
            return torch.arange(len(x_t)).view(-1, 1, 1) % 2  # both equally often

        def probabilities(self, x_t: Tensor, z: Tensor) -> Tensor:
            coin = torch.tensor([[p, 1 - p], [1 - p, p]])
            return coin[z.view(-1)][:, None].expand(-1, 2, -1)

    found = estimate(truth, Mixture(truth, 0), ONE, 4000, generator())
    both = (p**2 + (1 - p) ** 2) / 2
    assert found.kl_nats == pytest.approx(math.log(0.5 / both), abs=1e-3)
    assert found.in_support == pytest.approx(2 * both, abs=1e-6)
    assert found.total_variation == pytest.approx(1 - 2 * both, abs=1e-6)
    assert found.likeliest == 1.0


def test_the_limit_of_one_draw_is_short_of_everything_and_less_so_where_z_is_cheap() -> None:
    dear, cheap = (limit(2, 1, beta, 200, choices=2) for beta in (1.0, 0.1))
    assert 0.8 < dear.share < cheap.share < 1
    assert 0 < dear.gap_nats < cheap.gap_nats, "the bound is that of beta 1"
    for one in (dear, cheap):  # equal only where both sequences are drawn as often
        assert one.kl_nats >= -math.log(one.share)
    two = dear.twice()
    assert two.share == pytest.approx(dear.share**2)
    assert (two.kl_nats, two.gap_nats) == (2 * dear.kl_nats, 2 * dear.gap_nats)


def test_a_latent_that_costs_less_is_used_more() -> None:
    joint = data.pair(1.0)
    config = SequenceConfig(VALUES, 2, k=2, d=16, layers=1)
    recipe = Recipe(steps=60, batch=16, draws=1, anneal=0.5, lr=1e-2)
    x0 = torch.from_numpy(joint.sample(500, np.random.default_rng(0)))
    noise = torch.randn(1, 500, 1, 2, generator=generator())
    kl = []
    for beta in (0.0, 1.0):
        (model,) = fit(config, [joint], [0], replace(recipe, beta=beta))
        kl.append(float(model(x0, torch.full_like(x0, MASK), noise).kl.mean()))
    assert kl[0] > 2 * kl[1]


class Watched:
    """A denoiser of even guesses that keeps every x_t it was asked about."""

    length, values = 6, 4

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self.asked: list[Tensor] = []
        self.latents: list[Tensor] = []

    def draw(self, x_t: Tensor, generator: Generator) -> Tensor:
        return torch.randn(len(x_t), self.blocks, 1, generator=generator)

    def probabilities(self, x_t: Tensor, z: Tensor) -> Tensor:
        self.asked.append(x_t.clone())
        self.latents.append(z.clone())
        return settled(x_t, torch.full((*x_t.shape, self.values), 1 / self.values))


@pytest.mark.parametrize(("blocks", "nfe"), [(1, 1), (1, 3), (2, 2), (2, 6), (3, 6), (6, 6)])
def test_blocks_are_filled_in_order_and_never_touched_again(blocks: int, nfe: int) -> None:
    watched = Watched(blocks)
    last = last_call(watched, Plan(nfe), 50, generator())
    assert len(watched.asked) == nfe
    tokens_a_call = watched.length // nfe
    for call, x_t in enumerate(watched.asked):
        assert ((x_t != MASK).sum(dim=1) == call * tokens_a_call).all()
        finished = call // (nfe // blocks) * (watched.length // blocks)
        assert (x_t[:, :finished] != MASK).all()
        later = finished + watched.length // blocks
        assert (x_t[:, later:] == MASK).all()
    for before, after in zip(watched.asked, watched.asked[1:], strict=False):
        assert torch.where(before == MASK, 0, after).equal(before)
    end = watched.asked[-1]
    carried = last.argmax(dim=-1) + 1
    assert torch.where(end == MASK, MASK, carried).equal(end)


def test_z_is_drawn_once_for_a_block_or_at_every_call() -> None:
    once, anew = Watched(2), Watched(2)
    last_call(once, Plan(6), 5, generator())
    last_call(anew, Plan(6, anew=True), 5, generator())
    first, last = once.latents[0], once.latents[-1]
    assert first[:, 0].equal(last[:, 0])
    assert once.latents[3][:, 1].equal(last[:, 1])
    assert not anew.latents[3][:, 1].equal(anew.latents[5][:, 1])


def test_remasking_gives_back_what_was_least_probable() -> None:
    x_t, sure = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[0.9, 0.2, 0.8, 0.1]])
    plan = Plan(3, rounds=1, remask="least confident", given_back=2)
    assert give_back(x_t, sure, plan, generator()).tolist() == [[1, MASK, 3, MASK]]
    watched = Watched(1)
    last_call(watched, Plan(4, rounds=3, remask="random", given_back=2), 200, generator())
    masked = torch.stack(watched.asked[1:]) == MASK
    assert (masked.sum(dim=-1) == 2).all()
    assert masked.float().mean(dim=(0, 1)) == pytest.approx(1 / 3, abs=0.1)  # any token


def test_each_model_is_clipped_by_its_own_gradient() -> None:
    weights = [torch.zeros(2, 3, requires_grad=True), torch.zeros(2, 4, 4, requires_grad=True)]
    for weight in weights:
        weight.grad = torch.ones_like(weight)
        weight.grad[1] = 1e-3
    clip(weights)
    norms = [sum(float(w.grad[m].square().sum()) for w in weights) ** 0.5 for m in (0, 1)]  # type: ignore[index]
    assert norms == pytest.approx([1, 1e-3 * 19**0.5], rel=1e-3)


def test_a_latent_beats_independence_in_one_call_and_nothing_else_can() -> None:
    joint = Joint("four right pairs of sixteen", np.roll(np.eye(4), 1, axis=1) / 4)
    bound, recipe = joint.total_correlation_nats, Recipe(steps=150, draws=2, anneal=0.5, lr=1e-2)
    config = SequenceConfig(4, 2, k=2, d=16, layers=1)
    (vmd,) = fit(config, [joint], [0], recipe)
    (mdm,) = fit(replace(config, latent="none"), [joint], [0], recipe)
    apart = estimate(joint, Trained(mdm), ONE, 1000, generator())
    assert apart.kl_nats > bound - 1e-3
    assert apart.in_support < 0.35
    in_turn = estimate(joint, Trained(mdm), TWO, 1000, generator())
    assert in_turn.kl_nats < 0.2 * bound
    together = estimate(joint, Trained(vmd), ONE, 1000, generator())
    assert together.kl_nats < 0.4 * bound
    assert together.in_support > 0.6


def test_the_same_seed_gives_the_same_model() -> None:
    config = SequenceConfig(VALUES, 2, k=2, d=8, layers=1)
    joints = [data.pair(1.0), data.pair(0.5)]
    one, again = (fit(config, joints, [3, 4], Recipe(steps=3, batch=4, draws=2)) for _ in range(2))
    for model, same in zip(one, again, strict=True):
        for weight, other in zip(model.parameters(), same.parameters(), strict=True):
            assert weight.equal(other)
    assert not one[0].denoiser.head.weight.equal(one[1].denoiser.head.weight)


@pytest.fixture
def vmd_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.chdir(tmp_path)
    few = replace(studies.QUICK, rows=200, levels=8, points=100)
    monkeypatch.setattr(studies, "QUICK", few)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["vmd-train", "synthetic", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return run


def test_a_run_leaves_its_tables_figures_and_data(
    vmd_train: Callable[..., int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert vmd_train("--quick", "--steps", "2") == 0
    out, err = capfd.readouterr()
    folder = tmp_path / "runs" / "synthetic"
    pictures = {f"synthetic_{name}.png" for name in ("two", "four", "blocks", "toy2d")}
    assert {path.name for path in folder.iterdir()} == {"report.md", "results.json", *pictures}
    for name in pictures:
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    report = (folder / "report.md").read_text()
    assert "| pair | 1 | 2.303 |" in report
    assert all(line in report for line in out.split("report: ")[0].splitlines())
    assert "training" in err
    found = json.loads((folder / "results.json").read_text())
    assert found["seed"] == 0
    assert found["steps"] == 2
    one = [e for e in found["estimates"] if e["model"] == "true conditionals" and e["p"] == 1.0]
    assert {e["data"] for e in one} == {"pair", "rising pair", "D1", "D2"}
    assert all(e["rows"] == 200 for e in found["estimates"])


def test_one_draw_stands_beside_its_limit_and_the_papers_figures(
    vmd_train: Callable[..., int], tmp_path: Path
) -> None:
    assert vmd_train("--study", "draws", "--quick", "--steps", "1", "--quiet", "--out", "one") == 0
    report = (tmp_path / "one" / "report.md").read_text()
    for name, share in (("D1", "0.873"), ("D2", "0.800")):
        assert f"| {name} | paper | {share} |" in report
        assert f"| {name} | VMD, 1 draw, learned prior |" in report
        assert f"| {name} | perfect denoiser, 1 draw, k 8, beta 1 |" in report
    found = json.loads((tmp_path / "one" / "results.json").read_text())
    assert {(best["data"], best["k"], best["beta"]) for best in found["limits"]} == {
        (name, k, beta) for name, narrow in (("D1", 1), ("D2", 2)) for k in (narrow, 8)
        for beta in (0.25, 1.0)
    }  # fmt: skip


@pytest.mark.parametrize("study", ["two", "four", "blocks"])
def test_a_study_stands_alone(vmd_train: Callable[..., int], tmp_path: Path, study: str) -> None:
    assert vmd_train("--study", study, "--quick", "--steps", "1", "--quiet", "--out", "one") == 0
    assert (tmp_path / "one" / f"synthetic_{study}.png").stat().st_size
    assert f"![synthetic_{study}]" in (tmp_path / "one" / "report.md").read_text()


def test_the_same_seed_gives_the_same_results(
    vmd_train: Callable[..., int], tmp_path: Path
) -> None:
    for out in ("a", "b"):
        asked = ("--study", "toy2d", "--quick", "--steps", "1", "--quiet", "--out", out)
        assert vmd_train(*asked, "--seed", "5") == 0
    one, again = (json.loads((tmp_path / out / "results.json").read_text()) for out in ("a", "b"))
    assert one["estimates"] == again["estimates"]
    assert one["latents"] == again["latents"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("--study", "three"),
            "'three' is not one of 'two', 'four', 'blocks', 'draws', 'toy2d', 'all'",
        ),
        (("--steps", "0"), "0 is not in the range x>=1"),
        (("--seed", "x"), "'x' is not a valid integer"),
    ],
)
def test_a_wrong_option_is_one_clear_line(
    arguments: tuple[str, ...],
    says: str,
    vmd_train: Callable[..., int],
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert vmd_train(*arguments) == 2
    err = capfd.readouterr().err
    assert says in err
    assert err.count("\n") == 1

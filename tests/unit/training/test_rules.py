"""What a network hears of rules, against counting every way to fill the cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from vmd_solver.csp import Board, rules
from vmd_solver.csp.families import latin, sudoku, with_rules
from vmd_training.device import Plan
from vmd_training.evaluate import grid_on
from vmd_training.graph import LEAST, SMOOTHING, TINY, CandidateGraph, Grid
from vmd_training.model import VMD, ModelConfig
from vmd_training.run import Run, TrainConfig

CAGES = with_rules(
    sudoku(2, 2),
    [rules.Killer(7, (0, 1, 4)), rules.Skyscraper(2, (0, 4, 8, 12)), rules.Sum(5, (13, 14))],
)
PAIRS = with_rules(latin(4), [rules.Greater((0, 1)), rules.Thermo((5, 9, 13))])
Config = Callable[[str], ModelConfig]


def on(board: Board, givens: dict[tuple[int, int], int], B: int = 2) -> Grid:
    """Rows on a board with rules; givens by row and cell."""
    x_t = torch.zeros(B, board.n, dtype=torch.long)
    for place, value in givens.items():
        x_t[place] = value
    return grid_on([board], x_t)


def predicted(graph: CandidateGraph) -> tuple[Tensor, np.ndarray]:
    """Some p (N, 1), and the weight of every (row, cell, value) as automata read it."""
    p = graph.softmax(2 * torch.randn(len(graph)))[:, None]
    weight = graph.fixed.double().numpy().copy()
    weight.reshape(-1)[graph.index.numpy()] = p[:, 0].double().numpy() + SMOOTHING
    return p, weight


def test_belief_is_the_sum_over_every_accepted_sequence() -> None:
    graph = CandidateGraph.of(on(CAGES, {(1, 4): 2, (0, 13): 1}))
    p, weight = predicted(graph)
    due = np.zeros(weight.shape)
    for row, (cells, layers) in product(range(2), CAGES.constraints.automata):
        ways, total = np.zeros((len(cells), CAGES.D)), 0.0
        for values in product(range(CAGES.D), repeat=len(cells)):
            states = {0}
            for layer, value in zip(layers, values, strict=True):
                states = {to for s in states for mask, to in layer[s] if mask >> value & 1}
            weights = [weight[row, c, v] for c, v in zip(cells, values, strict=True)]
            if states:
                total += np.prod(weights)
                for at, value in enumerate(values):
                    ways[at, value] += np.prod(weights[:at] + weights[at + 1 :])
        told = np.log(ways + LEAST * total + TINY) - np.log(total + TINY)
        for at, cell in enumerate(cells):
            due[row, cell] += told[at]
    assert graph.rules is not None
    belief = graph.rules.belief(p)[:, 0].numpy()
    np.testing.assert_allclose(belief, due.reshape(-1)[graph.index.numpy()], atol=1e-4)
    assert np.ptp(belief) > 1


def test_belief_in_what_cannot_be_is_finite() -> None:
    graph = CandidateGraph.of(on(CAGES, {(0, 0): 1, (0, 1): 1, (1, 13): 4}))
    assert graph.rules is not None
    sure = torch.zeros(len(graph), 1)  # nothing is likely, and some sums cannot be reached
    assert graph.rules.belief(sure).isfinite().all()


def test_a_relation_tells_each_value_what_goes_with_it() -> None:
    graph = CandidateGraph.of(on(PAIRS, {(1, 1): 2}))
    p, _ = predicted(graph)
    message = torch.rand(len(graph), 3, requires_grad=True)
    D, place = PAIRS.D, graph.index.tolist()
    due = torch.zeros(len(graph), 4)
    for row, (a, b, table) in product(range(2), PAIRS.constraints.relations):
        for source, cell, flip in ((a, b, False), (b, a, True)):
            if graph.fixed[row, source].any():
                continue
            for w in range(D):
                if (hearer := (row * PAIRS.n + cell) * D + w) not in place:
                    continue
                goes = [v for v in range(D) if (table[w] >> v if flip else table[v] >> w) & 1]
                nodes = [(row * PAIRS.n + source) * D + v for v in goes]
                nodes = [place.index(node) for node in nodes if node in place]
                sums = message[nodes].sum(dim=0), torch.log(p[nodes].sum(dim=0) + SMOOTHING)
                due[place.index(hearer)] += torch.cat(sums)
    assert graph.rules is not None
    told = graph.rules.told(message, p)
    torch.testing.assert_close(told, due)
    weights = torch.rand_like(told)
    (gradient,) = torch.autograd.grad((told * weights).sum(), message)
    (expected,) = torch.autograd.grad((due * weights).sum(), message)
    torch.testing.assert_close(gradient, expected)


def test_rows_with_rules_of_their_own_are_told_what_each_is_alone() -> None:
    one, other = on(PAIRS, {(0, 0): 3}, 1), on(CAGES, {(0, 4): 2}, 1)
    shape = [(0, 0, 0, 12 - grid.units.shape[1]) for grid in (one, other)]
    units = [torch.nn.functional.pad(g.units, s) for g, s in zip((one, other), shape, strict=True)]
    complete = [torch.nn.functional.pad(g.complete, (0, 12 - g.complete.shape[1]))
                for g in (one, other)]  # fmt: skip
    both = Grid(
        torch.cat((one.x_t, other.x_t)), torch.cat((one.allowed, other.allowed)),
        torch.cat(units), torch.cat(complete), one.rules + other.rules,
    )  # fmt: skip
    graph = CandidateGraph.of(both)
    p, _ = predicted(graph)
    message = torch.rand(len(graph), 3)
    start = 0
    for grid in (one, other):
        alone = CandidateGraph.of(grid)
        part = slice(start, start + len(alone))
        assert alone.rules is not None
        assert graph.rules is not None
        torch.testing.assert_close(
            graph.rules.told(message, p)[part], alone.rules.told(message[part], p[part])
        )
        torch.testing.assert_close(graph.rules.belief(p)[part], alone.rules.belief(p[part]))
        start += len(alone)
    assert start == len(graph)


@pytest.mark.parametrize("latent", ["none", "candidate"])
def test_without_rules_nothing_changes_to_the_last_bit(config_of: Config, latent: str) -> None:
    deaf = VMD(config_of(latent)).eval()
    hearing = VMD(replace(deaf.config, links=3)).eval()
    for weight in hearing.parameters():
        weight.data += torch.randn_like(weight)
    deaf.load_state_dict({name: hearing.state_dict()[name] for name in deaf.state_dict()})
    grid = grid_on([sudoku(2, 2)], torch.randint(0, 5, (3, 16)))
    z, h = torch.randn(deaf.z_shape(3, 16, 4)), torch.randn(3, 16, 4, deaf.config.d)
    with torch.no_grad():
        for one, other in zip(
            deaf.denoiser(grid, z, h, 3), hearing.denoiser(grid, z, h, 3), strict=True
        ):
            assert torch.equal(one, other)
        if deaf.prior is not None and hearing.prior is not None:
            assert torch.equal(deaf.prior(grid).mean, hearing.prior(grid).mean)


def test_only_what_hears_rules_is_trained_where_that_is_asked(
    tmp_path: Path, config_of: Config
) -> None:
    config = TrainConfig(only_rules=True)
    plan = Plan(torch.device("cpu"), torch.float32, "")
    run = Run(tmp_path, config, replace(config_of("candidate"), links=3), plan)
    before = {name: weight.clone() for name, weight in run.model.named_parameters()}
    grid = on(CAGES, {(1, 4): 2})
    z, h = torch.randn(run.model.z_shape(2, 16, 4)), run.model.start(grid)
    torch.nn.init.normal_(run.model.denoiser.head.weight)  # type: ignore[arg-type]
    before["denoiser.head.weight"] = run.model.denoiser.head.weight.detach().clone()  # type: ignore[operator,union-attr]
    run.update(run.model.denoiser(grid, z, h, 2)[0].square().mean())
    moved = {n for n, weight in run.model.named_parameters() if not torch.equal(weight, before[n])}
    assert moved
    assert all(".tell." in name or ".rules." in name for name in moved)


def test_what_is_heard_begins_at_nothing(config_of: Config) -> None:
    deaf = VMD(config_of("candidate")).eval()
    torch.nn.init.normal_(deaf.denoiser.head.weight)  # type: ignore[arg-type]
    hearing = VMD(replace(deaf.config, links=3)).eval()
    hearing.load_state_dict(hearing.state_dict() | deaf.state_dict())
    grid = on(CAGES, {(1, 4): 2})
    z, h = torch.randn(deaf.z_shape(2, 16, 4)), deaf.start(grid)
    with torch.no_grad():
        before, after = (model.denoiser(grid, z, h, 3)[0] for model in (deaf, hearing))
        torch.testing.assert_close(before, after)
        hearing.denoiser.block.rules.weight.normal_()  # type: ignore[union-attr]
        assert not torch.allclose(before, hearing.denoiser(grid, z, h, 3)[0])

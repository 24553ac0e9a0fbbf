"""Settings out of range are refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from vmd_solver.errors import SearchError
from vmd_solver.sampling import Settings, Solver


@pytest.mark.parametrize(
    "wrong",
    [
        {"nfe": 0},
        {"loops": 0},
        {"latents": 0},
        {"batch": 0},
        {"solutions": 0},
        {"threshold": 0.0},
        {"threshold": 1.1},
        {"temperature": -1.0},
        {"temperature": float("nan")},
        {"timeout_s": 0.0},
        {"timeout_s": float("nan")},
        {"max_guesses": -1},
        {"mode": "magic"},
        {"policy": "best"},
        {"mode": "neural", "solutions": 2},
        {"z": "lose"},
        {"prior": "flat"},
        {"mode": "neural", "remask": True},
        {"mode": "neural", "select": "luck"},
        {"remask": "doubt"},
        {"select": "margin"},
    ],
)
def test_out_of_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SearchError, match=r"."):
        Settings(**wrong)


def test_a_mode_that_needs_a_model_says_so() -> None:
    with pytest.raises(SearchError, match="needs a model"):
        Solver(Settings(mode="guided"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("threshold", "keep", 1)),
        ({"mode": "guided", "latents": 2}, ("threshold", "keep", 2)),
        ({"mode": "neural"}, ("last", "redraw", 4)),
        ({"mode": "neural", "latents": 1}, ("last", "redraw", 1)),
        ({"mode": "neural", "policy": "top"}, ("top", "keep", 4)),
        ({"mode": "neural", "threshold": 0.5}, ("threshold", "keep", 4)),
        ({"mode": "neural", "z": "redraw"}, ("threshold", "redraw", 4)),
    ],
)
def test_a_mode_has_a_schedule_of_its_own(
    given: dict[str, Any], expected: tuple[str, str, int]
) -> None:
    settings = Settings.usual(**given)
    assert (settings.policy, settings.z, settings.latents) == expected

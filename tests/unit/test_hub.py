"""Names of models on Hugging Face, before anything is asked of it."""

from __future__ import annotations

import sys

import pytest

from vmd_solver import hub
from vmd_solver.errors import ModelError


@pytest.fixture(autouse=True)
def _no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)


@pytest.mark.parametrize(
    "name", ["", "model", "a/b/c", "../b", "a/..", "a/b@", "a/b@../c", "a/b@c/..", "a/b\n", "é/b"]
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="write hf:owner/name"):
        hub.folder(f"hf:{name}")


@pytest.mark.parametrize("name", ["a/b", "a-b/c.d_e", "a/b@main", "a/b@refs/pr/1", "a/b@v1.0"])
def test_a_name_needs_the_client(name: str) -> None:
    with pytest.raises(ModelError, match=r"install vmd-solver\[hub\]"):
        hub.folder(f"hf:{name}")


@pytest.mark.parametrize("name", [None, "grids", "runs/grids", "./hf:a/b"])
def test_other_models_are_left_as_they_are(name: str | None) -> None:
    assert hub.pinned(name, pytest.fail) == name

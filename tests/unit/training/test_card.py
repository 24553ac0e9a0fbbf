"""Cards are made from what lies beside them, and Hugging Face's client reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vmd_training import card as cards
from vmd_training.text import export as of_text

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = sorted(path.parent for path in (ROOT / "exported").glob("*/config.json"))


def facts(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """config.json and metrics.json."""
    config, metrics = (
        json.loads((folder / name).read_text("utf-8")) for name in ("config.json", "metrics.json")
    )
    return config, metrics


def written(config: dict[str, Any], metrics: dict[str, Any]) -> str:
    """The card of a model of either kind."""
    of_kind = of_text.card if config["vmd"].get("kind") == "text" else cards.card
    return of_kind(config, metrics)


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_a_card_that_ships_is_that_of_its_figures(folder: Path) -> None:
    assert (folder / "README.md").read_text("utf-8") == written(*facts(folder))


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_the_client_reads_the_facts(folder: Path) -> None:
    client = pytest.importorskip("huggingface_hub")
    config, metrics = facts(folder)
    card = client.ModelCard.load(folder / "README.md")
    assert (card.data.license, card.data.library_name) == ("mit", "vmd-solver")
    assert card.data.model_name == config["vmd"]["name"]
    measured = [result.metric_value for result in card.data.eval_results]
    rates = metrics.get("solve_rate", {}).values()
    bits = [round(row["bits"], 4) for row in metrics.get("bounds", ())]
    assert measured == [rate for row in rates for rate in row.values()] + bits
    again = client.ModelCardData(**card.data.to_dict())
    assert again.to_dict() == card.data.to_dict()
    for title in ("Use", "Training", "Measured", "Licence", "Limits"):
        assert f"\n## {title}\n\n" in card.text
    assert "--model hf:OWNER/NAME" in card.text


def test_what_a_text_is_under_is_not_made_up() -> None:
    config, metrics = facts(ROOT / "exported" / "text")
    metrics["run"]["corpus"] = ["letters.txt", "tiny_shakespeare.txt"]
    card = written(config, metrics)
    assert "license: unknown" in card and "language" not in card
    assert "State it before you share it" in card
    metrics["run"]["corpus"] = ["tiny_shakespeare.txt"]
    assert "license: mit" in written(config, metrics)


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_a_model_without_figures_has_a_card_that_says_so(folder: Path) -> None:
    config, _ = facts(folder)
    card = written(config, {})
    assert "model-index" not in card
    assert "\n## Measured\n\nNothing" in card
    assert "None" not in card and "[]" not in card


def test_a_value_that_yaml_would_read_otherwise_stays_text() -> None:
    yaml = pytest.importorskip("yaml")
    text = cards.front_matter({"tags": ["no", "1.5", "a: b"], "name": "Ä"})
    assert yaml.safe_load(text.split("---\n")[1]) == {"tags": ["no", "1.5", "a: b"], "name": "Ä"}

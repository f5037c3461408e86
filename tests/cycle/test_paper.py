"""What the words of a document mean for a company, and what a source without tables leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from icpfit.config import Config, OutcomeSettings
from icpfit.cycle.opened import open_source
from icpfit.cycle.paper import market, meanings, voices

FLAT = {
    "source": {
        "kind": "flat",
        "path": "deals.csv",
        "columns": {"result": "Churn", "positive": ["No"], "negative": ["Yes", "Partly"]},
        "layers": {"firmographic": ["Region"]},
    }
}


def test_a_flat_file_means_what_its_column_says() -> None:
    source = {**FLAT["source"], "outcome": "retention"}
    said = dict(meanings(Config.model_validate({"source": source}), OutcomeSettings()))
    assert said == {"Stayed": "the column “Churn” says “No”", "Left": "the column “Churn” says “Yes” or “Partly”"}
    assert [word for word, _ in meanings(Config.model_validate(FLAT), OutcomeSettings())] == ["Won", "Lost"]


@pytest.mark.parametrize(
    ("settings", "word", "said"),
    [
        ({}, "Stayed, kept", "a customer who 395 days after the start pays at least as much a year as at the start"),
        ({"retention_horizon_days": 180, "renewal_grace_days": 0}, "Stayed, kept", "a customer who 180 days after the start pays"),
        ({"retention_rule": "expanded_or_referred"}, "Stayed, kept", "pays more a year than at the start, or has brought another customer"),
        ({}, "Won", "a win at more than 30% below the list price teaches nothing about fit"),
        ({"stale_after_days": 1_000}, "Lost", "a new customer's deal that was closed as lost, or is open for more than 1,000 days"),
    ],
)
def test_the_settings_are_in_the_words(settings: dict[str, object], word: str, said: str) -> None:
    config = Config.model_validate({"source": {"kind": "folder", "path": "data"}})
    assert said in dict(meanings(config, OutcomeSettings.model_validate(settings)))[word]


def test_without_a_limit_on_discounts_none_is_named() -> None:
    config = Config.model_validate({"source": {"kind": "folder", "path": "data"}})
    assert "discount" not in str(meanings(config, OutcomeSettings(max_discount=None)))
    assert "list price" not in str(meanings(config, OutcomeSettings(max_discount=None)))


def test_a_flat_file_without_dates_has_no_market_and_no_voices(tmp_path: Path) -> None:
    rows = "".join(f"{'No' if i % 2 else 'Yes'},{'North' if i % 3 else 'South'}\n" for i in range(40))
    (tmp_path / "deals.csv").write_text(f"Churn,Region\n{rows}", encoding="utf-8")
    source = {**FLAT["source"], "path": str(tmp_path / "deals.csv")}
    opened = open_source(Config.model_validate({"source": source}))
    assert market(opened, 10**15) is None
    assert market(opened, None) is None
    assert voices(opened, 10**15) == []

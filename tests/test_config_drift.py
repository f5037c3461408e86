"""The section ``drift`` of a configuration: it wakes people, and changes nothing that is learned."""

from __future__ import annotations

from pathlib import Path

import pytest

from icpfit.config import parse_config
from icpfit.errors import ConfigError

PLACE = Path("acme.yaml")
BASE = "source: {kind: folder, path: data}\n"


def test_the_fingerprint_is_that_of_a_configuration_without_it():
    body = "drift: {win_rate_floor: 0.2, churn_above: 0.15, product_launches: [{name: Cloud, date: 2026-05-01}]}\n"
    assert parse_config(BASE + body, PLACE).fingerprint() == parse_config(BASE, PLACE).fingerprint()


@pytest.mark.parametrize("written", ["2026-05-01", "'2026-05-01'", "2026-05-01 00:00:00"])
def test_a_day_is_read_as_yaml_writes_it_or_in_quotes(written):
    config = parse_config(f"{BASE}drift:\n  product_launches:\n    - name: Cloud\n      date: {written}\n", PLACE)
    assert [(p.name, p.date) for p in config.drift.product_launches] == [("Cloud", "2026-05-01")]


@pytest.mark.parametrize(
    ("body", "words", "hint"),
    [
        ("drift: {win_rate_flor: 0.2}", "drift.win_rate_flor: there is no such setting", "win_rate_floor"),
        ("drift: {product_launches: [{name: Cloud, on: 2026-05-01}]}", "drift.product_launches.0.date: is needed", None),
        ("drift: {product_launches: [{name: Cloud, date: May 1st}]}", "drift.product_launches.0.date: 'May 1st' is not a date", None),
        ("drift: {churn_above: 15}", "drift.churn_above: must be less than 1, not 15", None),
        ("drift: {customers_reached: 0}", "drift.customers_reached: must be at least 1, not 0", None),
        ("win_rate_floor: 0.2", "win_rate_floor: there is no such setting", "drift.win_rate_floor"),
    ],
)
def test_a_slip_of_the_pen_is_answered_with_its_place(body, words, hint):
    with pytest.raises(ConfigError) as caught:
        parse_config(BASE + body + "\n", PLACE)
    assert words in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")


def test_the_example_of_the_documentation_is_read():
    page = (Path(__file__).parents[1] / "docs" / "triggers.md").read_text(encoding="utf-8")
    config = parse_config(BASE + page.split("```yaml\n")[1].split("```")[0], PLACE)
    assert (config.drift.product_launches[0].name, config.drift.win_rate_floor, config.drift.churn_above) == ("Cloud edition", 0.2, 0.15)

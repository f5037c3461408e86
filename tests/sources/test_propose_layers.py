"""Which columns may teach, and what is said of those that mislead: money, running numbers, lists in one cell."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest
import yaml

from icpfit.sources.leak_names import refused_by_meaning
from icpfit.sources.propose import Proposal, propose

ROWS = 300
TOOLS = ("SAP", "Jira", "Slack", "Data Warehouse", "HubSpot")


def proposed(tmp_path: Path, columns: dict[str, list[str]]) -> Proposal:
    columns = {"Deal ID": [f"D-{i}" for i in range(ROWS)], "Stage": ["Won", "Lost", "Lost"] * (ROWS // 3), **columns}
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([list(columns), *zip(*columns.values(), strict=True)])
    return propose(path)


def layer(proposal: Proposal, header: str) -> str | None:
    layers = yaml.safe_load(proposal.yaml_text)["source"]["layers"]
    return next((name for name, headers in layers.items() if header in (headers or [])), None)


def doubts(proposal: Proposal, header: str) -> list[str]:
    return [d for d in proposal.doubts if d.startswith(f"{header!r}: ")]


def unused(proposal: Proposal, header: str) -> str:
    return next(line for line in proposal.yaml_text.splitlines() if line.startswith(f"  #   {header}: "))


def money(seed: int, middle: float = 12.0) -> list[str]:
    chance = random.Random(seed)
    return [str(int(chance.lognormvariate(middle, 1.5))) for _ in range(ROWS)]


@pytest.mark.parametrize(
    "header", ["Est. Revenue", "Geschätzter Umsatz", "Erwarteter Umsatz", "Voraussichtlicher Umsatz", "Ingresos estimados", "Revenu estimé"]
)
def test_what_a_deal_is_estimated_at_is_asked_about_in_every_language(tmp_path: Path, header: str) -> None:
    proposal = proposed(tmp_path, {header: money(1)})
    assert layer(proposal, header) == "firmographic"
    assert "known only once it is decided? Then take it out" in doubts(proposal, header)[0]
    assert yaml.safe_load(proposal.yaml_text)["source"]["columns"]["amount"] is None


@pytest.mark.parametrize("header", ["Annual Revenue", "Jahresumsatz", "Umsatz", "Zorp"])
def test_money_that_differs_from_row_to_row_is_no_running_number(tmp_path: Path, header: str) -> None:
    proposal = proposed(tmp_path, {header: money(2)})
    assert layer(proposal, header) == "firmographic"
    assert [d.endswith("no word of this name says which layer it is") for d in doubts(proposal, header)] == [True] * (header == "Zorp")


@pytest.mark.parametrize("start", [0, 7_000, 10_000_000])
def test_counters_and_codes_are_running_numbers(tmp_path: Path, start: int) -> None:
    codes = random.Random(4).sample(range(10_000_000, 99_999_999), ROWS)
    proposal = proposed(tmp_path, {"Zorp": [str(start + i) for i in range(ROWS)], "Quux": [str(c) for c in codes]})
    for header in ("Zorp", "Quux"):
        assert "a running number?" in unused(proposal, header)


def test_an_amount_in_the_companys_currency_is_an_amount(tmp_path: Path) -> None:
    both = proposed(tmp_path, {"Amount": money(3), "Amount in company currency": money(4), "Currency": ["EUR"] * ROWS})
    assert "an amount too, and 'Amount' is taken" in unused(both, "Amount in company currency")
    assert unused(both, "Currency").endswith("says in which money an amount is written")
    alone = proposed(tmp_path, {"Amount in company currency": money(4)})
    assert yaml.safe_load(alone.yaml_text)["source"]["columns"]["amount"] == "Amount in company currency"
    assert layer(alone, "Amount in company currency") == "firmographic"
    weighted = proposed(tmp_path, {"Amount": money(3), "Weighted amount in company currency": money(4)})
    assert "training refuses it" in unused(weighted, "Weighted amount in company currency")


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("Actual Revenue", "it is filled in when the deal is won"),
        ("Tatsächlicher Umsatz", "it is filled in when the deal is won"),
        ("Expected Revenue", "it is an amount times the probability, which moves to 0 or 100 as the deal is decided"),
        ("Probability (%)", "it moves to 0 or 100 as the deal is decided"),
        ("Rabatt", "terms are settled at the end of the deal"),
    ],
)
def test_the_reason_for_a_refusal_is_the_true_one(header: str, why: str) -> None:
    assert refused_by_meaning((header,), "win") == why


def lists(separator: str, tools: tuple[str, ...] = TOOLS) -> list[str]:
    chance = random.Random(5)
    return [separator.join(chance.sample(tools, chance.randint(0, 3))) for _ in range(ROWS)]


@pytest.mark.parametrize("separator", [";", "; ", "|", " | "])
def test_cells_that_are_lists_are_asked_about(tmp_path: Path, separator: str) -> None:
    proposal = proposed(tmp_path, {"Tools": lists(separator)})
    assert layer(proposal, "Tools") == "technographic"
    assert "each combination is read as one text, so that what a single item does is lost" in doubts(proposal, "Tools")[0]
    assert "make each of the 5 items a yes/no column of its own" in doubts(proposal, "Tools")[0]


def test_lists_with_too_many_combinations_are_asked_about_where_they_are_left_out(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, {"Tools": lists(";", tuple(f"Tool {i}" for i in range(20)))})
    assert layer(proposal, "Tools") is None
    assert "make each of the 20 items a yes/no column of its own" in doubts(proposal, "Tools")[0]
    assert proposal.yaml_text.count("# unsure: ") == len(proposal.doubts)


@pytest.mark.parametrize(
    "texts",
    [
        ["Food; drinks", "Cars; parts", "Media"],  # names of groups, though a separator stands in them
        [f"Said {i}; called back | done {i}" for i in range(ROWS)],  # free text
        [*["Retail", "Media", "Food"] * 99, "Retail;Media", "Food", "Food"],  # a slip in one row
    ],
)
def test_texts_with_a_separator_in_them_are_no_lists(tmp_path: Path, texts: list[str]) -> None:
    proposal = proposed(tmp_path, {"Industry": (texts * ROWS)[:ROWS]})
    assert not [d for d in proposal.doubts if "lists" in d]

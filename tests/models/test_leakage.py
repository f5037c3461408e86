"""Leaks are refused by name and by behaviour, and honest attributes are not."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from icpfit.config import FeatureSpec, LeakageAllowance
from icpfit.errors import ConfigError
from icpfit.models.leakage import find_leaks, single_attribute_auc
from icpfit.sources.leak_names import meaning_rules, refused_by_meaning
from icpfit.training_set import TrainingSet


def training(columns: dict[str, object], label: np.ndarray, *, aggregate: str = "column") -> TrainingSet:
    n = len(label)
    frame = pd.DataFrame(
        {
            "deal_id": [f"D{i}" for i in range(n)],
            "account_id": [f"A{i}" for i in range(n)],
            "as_of": pd.Series(np.arange(n).astype("datetime64[us]")),
            "cohort": "2025Q1",
            "label": label.astype(np.int8),
            **columns,
        }
    )
    specs = tuple(
        FeatureSpec(
            name=c,
            label=c,
            layer="firmographic",
            table="flat",
            aggregate=aggregate,
            column=c,
            kind="category" if frame[c].dtype == object else "number",
        )
        for c in columns
    )
    return TrainingSet(
        outcome="win",
        frame=frame,
        specs=specs,
        position=np.arange(n),
        labels_at=lambda _: label.astype(float),
        amount=np.full(n, np.nan),
        timing="ordered",
        considered=n,
        left_out={},
        left_out_rows=pd.DataFrame(),
        fingerprint="",
    )


@pytest.mark.parametrize(
    "name",
    [
        "Elapsed_Time", "callDuration", "Days in Stage", "Days_To_Close", "Sales Cycle Length", "Stage Changes", "Last Contacted Date",
        "Lead Rating", "Tags", "Probability", "forecast_category", "Closed Date", "Loss Reason", "closed_lost_reason", "CSM_Owner__c",
        "hs_deal_stage_probability", "IsWon", "StageName", "Contract Signed", "Next Step", "Discount %",
        "Reason For Loss", "closedate", "Verlustgrund", "Abschlusswahrscheinlichkeit", "Motivo de pérdida",
    ],
)  # fmt: skip
def test_names_of_the_trade_that_know_the_outcome(name: str) -> None:
    assert refused_by_meaning((name,), "win") is not None


@pytest.mark.parametrize(
    "name",
    [
        "Industry", "Number of Employees", "Annual Revenue", "Country", "Region",
        "Lead Source", "Total Visits", "Total Time Spent on Website",
        "Page Views Per Visit", "Pricing Page Views", "Uses Snowflake", "Funding Stage", "Founded Year", "Integrations Connected",
        "Job Postings", "Route To Market", "Product Line", "Occupation", "Client Size By Revenue", "Days Since Funding", "Users Activated",
    ],
)  # fmt: skip
def test_honest_names_of_the_trade_pass(name: str) -> None:
    assert refused_by_meaning((name,), "win") is None


@pytest.mark.parametrize("name", ["Contract", "tenure", "Monthly Charges", "Payment Method", "Tech Support"])
def test_a_customers_terms_are_known_while_it_is_a_customer(name: str) -> None:
    assert refused_by_meaning((name,), "retention") is None


def test_every_rule_has_its_reason() -> None:
    assert all(len(rule.reason) > 15 and rule.outcomes for rule in meaning_rules())


def test_filled_for_winners_only_is_refused_and_chance_gaps_are_not() -> None:
    rng = np.random.default_rng(1)
    label = (rng.random(600) < 0.3).astype(float)
    filled = np.where((label == 1) & (rng.random(600) < 0.8), 1.0, np.nan)
    gaps = np.where(rng.random(600) < 0.5, 1.0, np.nan)
    leaks = find_leaks(training({"helper": filled, "honest": gaps}, label))
    assert [(r.attribute, r.code) for r in leaks.refused] == [("helper", "WINNERS-ONLY")]
    assert leaks.suspects == ()


def test_strength_is_refused_as_it_stands_and_only_suspected_as_of_a_moment() -> None:
    rng = np.random.default_rng(2)
    label = (rng.random(800) < 0.4).astype(float)
    echo = label + rng.normal(0, 0.3, 800)
    assert [r.code for r in find_leaks(training({"echo": echo}, label)).refused] == ["TOO-GOOD"]
    computed = find_leaks(training({"echo": echo}, label, aggregate="count"))
    assert computed.refused == ()
    assert [r.attribute for r in computed.suspects] == ["echo"]


def test_an_allowance_brings_an_attribute_back_and_stays_named() -> None:
    label = (np.arange(200) % 3 == 0).astype(float)
    data = training({"duration": np.arange(200.0)}, label)
    assert [r.attribute for r in find_leaks(data).refused] == ["duration"]
    allowed = find_leaks(data, (LeakageAllowance(feature="duration", why="contract duration asked in the form"),))
    assert allowed.refused == ()
    assert "asked in the form" in allowed.suspects[0].reason
    with pytest.raises(ConfigError, match="not declared"):
        find_leaks(data, (LeakageAllowance(feature="durration", why="contract duration asked in the form"),))


def test_strength_alone_of_noise_is_a_half() -> None:
    rng = np.random.default_rng(3)
    label = (rng.random(4_000) < 0.3).astype(np.int8)
    auc = single_attribute_auc(pd.Series(rng.normal(size=4_000)), label, np.arange(4_000))
    assert abs(auc - 0.5) < 0.03


def test_what_is_made_of_a_refused_attribute_is_refused_hidden_or_not():
    label = np.arange(100) % 2
    noise = np.random.default_rng(0).normal(size=100)
    data = training({"csm_owner": noise, "employees": noise}, label, aggregate="value")
    by_owner = FeatureSpec(name="by_owner", label="x", layer="intent", aggregate="any_of", of=("inner",))
    inner = FeatureSpec(name="inner", label="x", layer="intent", aggregate="all_of", of=("csm_owner > 0", "employees > 0"), hidden=True)
    owner, employees = data.specs
    for specs, helpers in (((owner, employees, by_owner), (inner,)), ((employees, by_owner), (inner, owner))):
        frame = data.frame.drop(columns="csm_owner" if owner in helpers else []).assign(by_owner=noise)
        leaks = find_leaks(dataclasses.replace(data, frame=frame, specs=specs, helpers=helpers))
        reasons = {r.attribute: r.reason for r in leaks.refused}
        assert reasons["by_owner"].startswith("made of csm_owner: ")
        assert "employees" not in reasons

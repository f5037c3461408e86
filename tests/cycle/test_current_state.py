"""A field that has a history is read as it was; without one it is read as it is, and everything that speaks of the model says so."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from icpfit.cycle.check import check_source
from icpfit.cycle.opened import Opened, open_config
from icpfit.cycle.retrain import learn
from icpfit.models.leakage import find_leaks
from icpfit.models.model_card import model_card_text
from icpfit.simulate import simulate_company, write_company
from icpfit.sources.propose import propose

KEPT = ("employee_count", "industry", "api_call_first_2d", "pricing_page_view_30d")


@pytest.fixture(scope="module")
def opened_without(small_company: Any, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """The small company's own configuration, over its tables without the history."""
    folder = tmp_path_factory.mktemp("bare")
    shutil.copytree(small_company.data, folder / "data", ignore=shutil.ignore_patterns("account_history.*"))
    body = yaml.safe_load(small_company.config.read_text())
    body["features"] = [f for f in body["features"] if f["name"] in KEPT]
    body["scorecard"]["disqualifiers"] = [d for d in body["scorecard"]["disqualifiers"] if d["feature"] in KEPT]
    body["source"]["path"] = "data"
    body["training"]["min_train_rows"] = 1_000_000  # what is said of the data does not wait for a model
    (folder / "acme.yaml").write_text(yaml.safe_dump(body, sort_keys=False))
    return open_config(folder / "acme.yaml")


def test_headcount_is_read_as_it_was_where_there_is_a_history(small_company: Any) -> None:
    opened = small_company.opened
    assert not {"employee_count", "industry"} & set(opened.current_state())
    training = small_company.learned.training["win"]
    now = opened.warehouse.frame("accounts").set_index("account_id")["employee_count"].reindex(training.frame["account_id"]).to_numpy(float)
    then = training.frame["employee_count"].to_numpy()
    told = ~np.isnan(then)
    assert told.mean() > 0.9
    assert (then[told] != now[told]).mean() > 0.3, "companies grow: the headcount of then is not that of today"
    assert "employee_count" not in small_company.learned.metrics["current_state"]


def test_without_the_history_check_and_retrain_and_the_model_card_name_it(small_company: Any, opened_without: Opened) -> None:
    opened = opened_without
    asked = {s.name: s.history for s in opened.config.features}
    assert asked["employee_count"], "the configuration asks for its history, and there is none"
    report = check_source(opened, None)
    assert {"employee_count", "industry"} <= set(report.values["current_state"])
    assert any(line.startswith("read from today's values") and "employee_count" in line for line in report.lines)
    learned = learn(opened, opened.moment(None))
    assert {"employee_count", "industry"} <= set(learned.metrics["current_state"])
    assert "Known as of today only" in model_card_text(learned.metrics)
    training = learned.training["win"]
    accounts = opened.warehouse.frame("accounts").set_index("account_id")
    now = accounts["employee_count"].reindex(training.frame["account_id"])
    np.testing.assert_array_equal(training.frame["employee_count"].to_numpy(), now.to_numpy(float))


def refused_and_suspected(seed: int, accounts: int, folder: Path) -> tuple[set[str], set[str]]:
    """What is refused, and what is in doubt, of all that icpfit init proposes for a simulated company, for either outcome."""
    write_company(simulate_company(accounts=accounts, seed=seed), folder / "data")
    config = folder / "company.yaml"
    config.write_text(propose(folder / "data", out=config).yaml_text)
    opened = open_config(config)
    leaks = [find_leaks(opened.training_set(outcome, opened.moment(None)), ()) for outcome in opened.outcomes]
    return {r.attribute for one in leaks for r in one.refused}, {r.attribute for one in leaks for r in one.suspects}


@pytest.mark.parametrize("seed", [11, 12])
def test_no_honest_attribute_of_a_small_company_is_refused(seed: int, tmp_path: Path) -> None:
    refused, _ = refused_and_suspected(seed, 500, tmp_path)
    assert refused == {"csm_owner"}


@pytest.mark.verify
@pytest.mark.parametrize("seed", range(11, 21))
def test_no_honest_attribute_of_a_company_is_refused(seed: int, tmp_path: Path) -> None:
    refused, suspects = refused_and_suspected(seed, 6_000, tmp_path)
    assert refused == {"csm_owner"}
    assert suspects == set()

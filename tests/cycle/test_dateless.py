"""A flat file without dates: learned from, scored and watched, and nothing claims to know a day."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from icpfit.cli import main
from icpfit.cycle.challenge import gate_evidence
from icpfit.cycle.opened import open_config
from icpfit.cycle.retrain import learn
from icpfit.errors import SourceError
from icpfit.gates import judge
from icpfit.registry import Workspace, write_bundle
from icpfit.registry.store import write_challenger


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """(folder, learned): a file of 700 deals, its configuration, and a challenger in its workspace."""
    folder = tmp_path_factory.mktemp("flat")
    rng = np.random.default_rng(4)
    n = 700
    size, region = rng.integers(5, 400, n), rng.choice(["EU", "US", "APAC"], n)
    trial = rng.integers(0, 9, n)
    unsaid = rng.random(n) < 0.1
    odds = -2 + 0.35 * trial + 0.9 * ((size > 50) & (size < 120)) + 0.4 * (region == "US")
    won = rng.random(n) < 1 / (1 + np.exp(-odds))
    deals = pd.DataFrame(
        {
            "Deal": [f"D{i}" for i in range(n)],
            "Result": np.where(won, "Won", "Loss"),
            "Size": size,
            "Region": np.where(unsaid, "Select", region),
            "Trial users": trial,
        }
    )
    deals.to_csv(folder / "deals.csv", index=False)
    body = {
        "company": "Flat & Co",
        "source": {
            "kind": "flat",
            "path": "deals.csv",
            "columns": {"id": "Deal", "result": "Result", "positive": ["Won"], "negative": ["Loss"]},
            "missing": [" Select"],
            "layers": {"firmographic": ["Size", "Region"], "behavioral": ["Trial users"]},
        },
        "training": {"trials": 1, "permutations": 199, "bootstrap": 50},
    }
    (folder / "flat.yaml").write_text(yaml.safe_dump(body))
    opened = open_config(folder / "flat.yaml")
    learned = learn(opened, opened.moment(None))
    write_bundle(Workspace(folder), learned.bundle)
    write_challenger(Workspace(folder), learned.version)
    return folder, learned


def icpfit(folder, *arguments):
    result = CliRunner().invoke(main, [*map(str, arguments), "--config", str(folder / "flat.yaml")])
    assert result.exit_code == 0, result.output
    return result


def test_past_wins_are_judged_by_cards_of_other_accounts_and_that_is_said(flat):
    folder, learned = flat
    opened = open_config(folder / "flat.yaml")
    challenger, _ = gate_evidence(opened, learned, None)
    recall = next(g for g in judge(challenger, None, opened.config.gates) if g.gate == "retrospective_recall")
    assert recall.answer == "passed"
    assert recall.numbers["wins"] == learned.training["win"].label.sum(), "each account is in one of the groups"
    assert recall.numbers["not_judged"] == 0
    assert "scored by a card that was made from other accounts alone" in recall.words
    assert "before" not in recall.words


def test_no_deal_is_known_to_be_newer_than_the_champion(flat):
    """So the two models cannot be compared on deals that the champion has not learned from; their tiers still can."""
    folder, learned = flat
    against = gate_evidence(open_config(folder / "flat.yaml"), learned, learned.bundle)[1]
    assert len(against.label) == len(against.champion) == len(against.challenger) == 0
    assert against.tiers_then == against.tiers_now
    assert len(against.tiers_then) == len(learned.training["win"].frame)


def test_the_record_of_the_run_names_no_day(flat):
    _, learned = flat
    assert learned.metrics["as_of"] is None
    assert learned.metrics["timing"] == "none"
    assert learned.version.startswith("1970-01-01-")
    assert "no dates" in learned.bundle.model_card
    assert "1970" not in learned.bundle.model_card.replace(learned.version, "")


def test_scored_rows_have_no_moment_unless_one_is_said(flat):
    folder, learned = flat
    targets = pd.read_csv(folder / "deals.csv").drop(columns="Result")
    targets.to_csv(folder / "targets.csv", index=False)
    common = ("score", folder / "targets.csv", "--workspace", folder, "--model", "challenger")
    words = icpfit(folder, *common, "--out", folder / "scored.parquet", "--features-out", folder / "f.parquet").stdout
    scored, used = pd.read_parquet(folder / "scored.parquet"), pd.read_parquet(folder / "f.parquet")
    assert "(no dates)" in words
    assert scored["as_of"].isna().all()
    assert used["as_of"].isna().all()
    assert scored["hot"].isna().all()
    training = learned.training["win"]
    by_deal = pd.Series(learned.bundle.win.probability(training.features), index=training.frame["deal_id"])
    np.testing.assert_array_equal(scored["p_win"], by_deal[scored["account_id"]])
    assert scored["Deal"].tolist() == scored["account_id"].tolist()
    assert scored["p_retain"].isna().all()
    np.testing.assert_array_equal(scored["p_icp"], scored["p_win"])
    icpfit(folder, *common, "--out", folder / "dated.csv", "--as-of", "2026-02-01")
    assert set(pd.read_csv(folder / "dated.csv")["as_of"]) == {"2026-02-01"}


def test_scoring_needs_the_bundle_and_the_list_not_the_deals(flat):
    folder, _ = flat
    deals = folder / "deals.csv"
    text = deals.read_text()
    (folder / "one.csv").write_text("Deal,Size,Region,Trial users\nX1,80,US,5\n")
    try:
        deals.unlink()
        common = ("score", folder / "one.csv", "--workspace", folder, "--model", "challenger")
        icpfit(folder, *common, "--out", folder / "one.out.csv")
        opened = open_config(folder / "flat.yaml")
        with pytest.raises(SourceError):
            opened.training_set("win", 0)
    finally:
        deals.write_text(text)


def test_a_cell_that_is_no_number_is_told_where_a_file_taught(flat):
    folder, _ = flat
    rows = 'X1,12k,US,5\nX2,"1,500",US,about 5\nX3,n/a,EU,\n'
    (folder / "odd.csv").write_text(f"Deal,size,Region,Trial users\n{rows}")
    common = ("score", folder / "odd.csv", "--workspace", folder, "--model", "challenger", "--out", folder / "odd.out.csv")
    told = icpfit(folder, *common, "--features-out", folder / "odd.parquet")
    assert pd.read_parquet(folder / "odd.parquet")["size"].fillna(-1).tolist() == [-1, 1500, -1]
    words = told.stderr
    assert "odd.csv: 1 of 3 rows has a number that cannot be read, e.g. line 2: size '12k'." in words
    assert "odd.csv: 1 of 3 rows has a number that cannot be read, e.g. line 3: Trial users 'about 5'." in words
    assert "1,500" not in words


def test_a_list_with_the_files_own_headers_says_who_each_row_is(flat):
    """The configuration says which column is the domain and which the name; a list bears the same headers."""
    folder, _ = flat
    text = (folder / "flat.yaml").read_text()
    body = yaml.safe_load(text)
    body["source"]["columns"] |= {"name": "Firma", "domain": "Web Site"}
    rows = "Ziel AG,https://www.ziel.example/,80,US,5\nWeit GmbH,weit.example,20,EU,1\n"
    (folder / "own.csv").write_text(f"Firma,web site,Size,Region,Trial users\n{rows}")
    (folder / "both.csv").write_text(f"name,domain,Size,Region,Trial users\n{rows}")
    try:
        (folder / "flat.yaml").write_text(yaml.safe_dump(body))
        for name in ("own", "both"):
            icpfit(
                folder, "score", folder / f"{name}.csv", "--workspace", folder, "--model", "challenger", "--out", folder / f"{name}.out.csv"
            )
    finally:
        (folder / "flat.yaml").write_text(text)
    own, both = pd.read_csv(folder / "own.out.csv"), pd.read_csv(folder / "both.out.csv")
    assert own["name"].tolist() == own["Firma"].tolist() == ["Ziel AG", "Weit GmbH"]
    assert own["domain"].tolist() == both["domain"].tolist() == own["web site"].tolist()
    pd.testing.assert_series_equal(own["p_win"], both["p_win"])


def test_a_list_is_read_as_the_model_learned_to_read_whatever_the_configuration_says_now(flat):
    folder, learned = flat
    (folder / "texts.csv").write_text("Deal,Size,Region,Trial users\nX1,80,Select,5\nX2,80,,5\nX3,80,EU,5\nX4,EU,US,EU\n")
    common = ("score", folder / "texts.csv", "--workspace", folder, "--model", "challenger")
    text = (folder / "flat.yaml").read_text()
    try:
        for name, missing in (("then", [" Select"]), ("none", []), ("others", ["EU"])):
            (folder / "flat.yaml").write_text(
                yaml.safe_dump({**yaml.safe_load(text), "source": {**yaml.safe_load(text)["source"], "missing": missing}})
            )
            icpfit(folder, *common, "--out", folder / f"{name}.csv", "--features-out", folder / f"{name}.parquet")
    finally:
        (folder / "flat.yaml").write_text(text)
    used = pd.read_parquet(folder / "then.parquet")
    assert used["region"].fillna("unknown").tolist() == ["unknown", "unknown", "EU", "US"]
    assert used["size"].fillna(-1).tolist() == [80, 80, 80, -1]
    for name in ("none", "others"):
        assert (folder / f"{name}.csv").read_bytes() == (folder / "then.csv").read_bytes()
        assert (folder / f"{name}.parquet").read_bytes() == (folder / "then.parquet").read_bytes()
    assert learned.bundle.missing == ("Select",)


def test_check_and_training_set_say_no_dates(flat):
    folder, _ = flat
    words = icpfit(folder, "check").stdout.splitlines()
    assert "no dates" in words[0]
    assert words[1].startswith("deals.csv: 700 rows in, ")
    assert list(json.loads(icpfit(folder, "check", "--json").stdout)["rows"]) == ["flat"]
    assert json.loads(icpfit(folder, "check", "--json").stdout)["as_of"] is None
    assert "(no dates)" in icpfit(folder, "training-set", "--out", folder / "t.parquet").stdout

"""Scored lists: one row for each that can be scored, in order, in fixed columns; the rest with reasons."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from icpfit.cycle.score_list import score_list
from icpfit.errors import BundleError, ConfigError, SourceError
from icpfit.models.expected_arr import ExpectedArr

FIXED = [
    "account_id",
    "domain",
    "name",
    "p_win",
    "p_win_low",
    "p_win_high",
    "p_retain",
    "p_retain_low",
    "p_retain_high",
    "p_icp",
    "expected_arr",
    "points",
    "points_firmographic",
    "points_technographic",
    "points_behavioral",
    "points_intent",
    "tier",
    "disqualified",
    "unfamiliar",
    "hot",
    "reason_1",
    "reason_2",
    "reason_3",
    "reason_4",
    "reason_5",
    "reason_1_points",
    "reason_2_points",
    "reason_3_points",
    "reason_4_points",
    "reason_5_points",
    "model_version",
    "as_of",
]


@pytest.fixture
def score(small_company, tmp_path):
    """``score(text)``: the scored list, the rejected rows, the features that were used, and the answer."""

    def run(text: str, **more):
        (tmp_path / "list.csv").write_text(text)
        report = score_list(
            small_company.opened,
            small_company.workspace,
            tmp_path / "list.csv",
            tmp_path / "scored.parquet",
            features_out=tmp_path / "features.parquet",
            as_of=small_company.opened.moment(None),
            **more,
        )
        rejected = pd.read_csv(tmp_path / "scored.parquet.rejected.csv", dtype=str)
        return pd.read_parquet(tmp_path / "scored.parquet"), rejected, pd.read_parquet(tmp_path / "features.parquet"), report

    return run


@pytest.fixture(scope="module")
def accounts(small_company):
    return small_company.opened.warehouse.frame("accounts")


def test_the_columns_are_the_fixed_ones_then_the_lists_own(score, accounts):
    domain = accounts["domain"].dropna().iloc[0]
    scored, *_ = score(f"Domain,owner,points,input_tier,tier,as_of,Name,hot\n{domain},Kim,7,x,gold,2025-05-01,Acme,maybe\n")
    assert list(scored.columns) == [*FIXED, "owner", "input_points", "input_tier", "input_input_tier", "input_hot"]
    (row,) = scored.to_dict("records")
    assert (row["owner"], row["input_points"], row["input_tier"], row["input_input_tier"], row["input_hot"]) == (
        "Kim",
        "7",
        "x",
        "gold",
        "maybe",
    )
    assert (row["domain"], row["name"], row["as_of"]) == (domain, "Acme", "2025-05-01")


def test_the_scored_list_says_what_the_bundle_that_mlflow_serves_says(score, small_company):
    scored, _, features, _ = score((small_company.data / "target_list.csv").read_text())
    served = small_company.bundle.predict(features)
    pd.testing.assert_frame_equal(scored[list(served.columns)], served, check_dtype=False, rtol=0, atol=0)


def test_what_the_list_does_not_say_is_looked_up(score, accounts):
    known = accounts[accounts["name"].notna() & accounts["domain"].notna()].iloc[3]
    scored, *_ = score(f"account_id\n{known['account_id']}\n")
    assert scored[["account_id", "domain", "name"]].iloc[0].tolist() == [known["account_id"], known["domain"], known["name"]]


def test_what_is_not_known_of_a_list_is_told(score, small_company):
    card = small_company.bundle.card
    nothing, *_, report = score("domain\nnewcomer-a.example\nnewcomer-b.example\n")
    assert nothing["points"].nunique() == 1
    assert report["unknown"] == {"attributes": len(card.attributes), "rows_without_any": 2, "never": [a.label for a in card.attributes]}
    assert report["notes"] == [
        "nothing that the card asks is known of any of the 2 accounts: all have the same points, which say nothing of them"
    ]
    whole, _, features, report = score((small_company.data / "target_list.csv").read_text())
    asked = features[[a.name for a in card.attributes]]
    assert report["unknown"]["rows_without_any"] == (asked.isna() | (asked == "")).all(axis=1).sum()
    assert report["unknown"]["never"] == []
    assert len(whole) > report["unknown"]["rows_without_any"]


def test_an_account_unknown_here_is_scored_from_what_the_list_says(score, small_company):
    text = "domain,employee_count,industry,region\n"
    scored, _, features, _ = score(text + "newcomer-a.example,80,Retail,APAC\nnewcomer-b.example,,,\nnewcomer-c.example,about 80,,\n")
    assert features["employee_count"].fillna(-1).tolist() == [80.0, -1.0, -1.0]
    assert features["industry"].tolist()[0] == "Retail"
    assert features["login_users_30d"].isna().all()
    assert scored["p_win"].tolist() == small_company.bundle.win.probability(features).tolist()
    assert scored["account_id"].isna().all()
    assert scored["hot"].isna().all()
    assert scored["p_win"].notna().all()


def test_the_features_that_were_used_name_each_account_as_the_scored_list_does(score, accounts):
    """So that the rows of accounts that are known by their domain alone can be joined back."""
    known = accounts[accounts["name"].notna() & accounts["domain"].notna()].iloc[0]
    rows = ["new-b.example,New B,20", f"{known['domain']},,30", "new-a.example,,40"]
    scored, _, features, _ = score("domain,name,employee_count\n" + "\n".join(rows) + "\n")
    same = ["account_id", "domain", "name", "as_of"]
    assert list(features.columns[:4]) == same
    pd.testing.assert_frame_equal(features[same], scored[same])
    assert features["domain"].tolist() == ["new-b.example", known["domain"], "new-a.example"]
    assert features["name"].tolist()[:2] == ["New B", known["name"]]


def test_texts_that_are_no_numbers_are_scored_as_unknown_and_told(score, accounts):
    """None of them may be read as a number in silence, and none may be lost in silence; a word for nothing is no fault."""
    known = accounts.loc[accounts["employee_count"].notna(), "account_id"].iloc[0]
    head = "account_id,domain,Employee Count,note\n"
    rows = [f'{known},,"1,500",a', ",not a domain,,b", ",new-a.example,12k,c", ",new-b.example,n/a,d", ",new-c.example,none,e"]
    _, _, features, report = score(head + "\n".join([*rows, ",new-d.example, 90 ,f"]) + "\n")
    assert features["employee_count"].fillna(-1).tolist() == [-1, -1, -1, -1, 90]
    (found,) = report["findings"]
    assert (found["code"], found["severity"], found["rows"]) == ("ROWS-BAD-NUMBER", "warning", 3)
    assert found["words"] in report["notes"]
    assert found["words"].startswith("list.csv: 3 of 5 rows have numbers that cannot be read, e.g. line 2: Employee Count '1,500'.")
    assert "scored as if Employee Count were not known" in found["words"]
    assert "without thousands separators" in found["words"]
    *_, report = score('domain,employee_count\nnew-a.example,90\nnew-b.example,"2,000"\n')
    assert report["findings"][0]["words"].startswith("list.csv: 1 of 2 rows has a number that cannot be read, e.g. line 3:")
    *_, report = score("domain,employee_count\nnew-a.example,90\nnew-b.example,\n")
    assert report["findings"] == []


def test_the_lists_own_word_stands_in_for_the_folders(score, accounts):
    known = accounts[accounts["employee_count"].notna()].iloc[0]
    _, _, features, _ = score(f"account_id,Employee Count\n{known['account_id']},77\n")
    assert features["employee_count"].tolist() == [77.0]


def test_disqualifiers_force_d_and_the_row_is_scored_all_the_same(score, small_company, accounts):
    reason = next(d.reason for d in small_company.bundle.card.disqualifiers if d.feature == "free_email_domain")
    scored, *_ = score("domain,employee_count\nann@gmail.com,80\nnewcomer.example,80\n")
    assert scored["disqualified"].tolist() == [reason, ""]
    assert scored["tier"].iloc[0] == "D"
    assert scored["p_win"].notna().all()
    assert scored["hot"].isna().all()


def test_tier_is_a_function_of_the_points_by_the_frozen_edges(score, small_company):
    text = (small_company.data / "target_list.csv").read_text()
    scored, *_ = score(text)
    folder = small_company.workspace.bundle_folder(small_company.bundle.version)
    edges = [(t["name"], t["from_points"]) for t in json.loads((folder / "scorecard.json").read_text())["tiers"]]
    for points, tier, disqualified in scored[["points", "tier", "disqualified"]].itertuples(index=False):
        assert tier == ("D" if disqualified else next(name for name, edge in edges if points >= edge))
    layers = scored[[f"points_{layer}" for layer in ("firmographic", "technographic", "behavioral", "intent")]]
    assert (layers.sum(axis=1) == scored["points"]).all()
    assert scored["points"].between(0, 100).all()
    assert len(set(scored["tier"])) >= 3


def test_expected_arr_is_the_joint_chance_times_the_pooled_first_arr(score, small_company):
    scored, _, features, _ = score((small_company.data / "target_list.csv").read_text())
    first = ExpectedArr.from_dict(small_company.bundle.expected_arr).expect(features)
    np.testing.assert_array_equal(scored["expected_arr"], scored["p_win"] * scored["p_retain"] * first)
    assert scored["expected_arr"].gt(0).all()


def test_a_product_in_the_list_is_used_and_carried_over(score, small_company):
    """The deals of the simulated company are for Growth or Enterprise; a target has neither unless the list says so."""
    head, rows = "domain,employee_count", [f"newcomer-{i}.example,{size}" for i, size in enumerate((20, 300, 20, 300, 20, 300))]
    plain, *_ = score("\n".join([head, *rows]) + "\n")
    said, _, features, _ = score(
        "\n".join([head + ",Product", *(f"{r},{p}" for r, p in zip(rows, ["Growth"] * 2 + ["enterprise"] * 2 + ["", "?"], strict=True))])
    )
    assert said["p_icp"].tolist() == plain["p_icp"].tolist()
    assert said["Product"].fillna("").tolist() == ["Growth", "Growth", "enterprise", "enterprise", "", "?"]
    assert said["expected_arr"].tolist()[4:] == plain["expected_arr"].tolist()[4:]
    assert set(said["expected_arr"][:4]).isdisjoint(plain["expected_arr"])
    table = ExpectedArr.from_dict(small_company.bundle.expected_arr)
    assert {name for name, _, _ in table.products} == {"growth", "enterprise"}
    np.testing.assert_array_equal(said["expected_arr"], said["p_icp"] * table.expect(features, said["Product"].to_numpy(object)))


def test_every_oddity_in_a_list_is_scored_or_rejected_in_order(score, accounts):
    known = accounts[accounts["domain"].notna()].iloc[:2]
    (a, b), (first, second) = known["account_id"], known["domain"]
    text = f"""Account ID;domain;employee_count;founded_year;note;as_of
{a};;12.5;2010;odd;
;https://WWW.{first.upper()}/x?y=1;many;-3;same as the first;
X-unknown;{second};1e3;MMX;by domain;
{b};{second};;;same as the line before;
{b};;;;another moment;2025-06-01
;;;;nobody;
;not a domain;;;nobody either;
;new-one.example;-5;;unknown;
;new-one.example;;;unknown again;
{a};;;;bad moment;yesterday
;sam@gmail.com;;;free mail;
;sam@gmail.com;;;free mail, maybe another company;
"""
    scored, rejected, features, report = score(text)
    assert report["rows_in"] == 12
    assert (report["rows_scored"], report["rows_rejected"]) == (len(scored), len(rejected)) == (6, 6)
    assert scored["note"].tolist() == ["odd", "by domain", "another moment", "unknown", "free mail", "free mail, maybe another company"]
    assert rejected["line"].tolist() == ["3", "5", "7", "8", "10", "11"]
    assert rejected["reason"].tolist() == [
        "the same as line 2 by its account, which is scored; other values, e.g. employee_count",
        "the same as line 4 by its account, which is scored; other values, e.g. employee_count",
        "no account_id and no usable domain",
        "no account_id and no usable domain",
        "the same as line 9 by its account, which is scored; other values, e.g. employee_count",
        "as_of is not a date",
    ]
    assert report["reasons"] == {"as_of is not a date": 1, "no account_id and no usable domain": 2, "the same as another line": 3}
    assert any("3 rows name an account that stands above them with other values, e.g. line 3: employee_count" in w for w in report["notes"])
    assert len(features) == len(scored)
    assert features["account_id"].tolist() == scored["account_id"].tolist()
    assert scored["account_id"].fillna("").tolist()[:3] == [a, "X-unknown", b]
    assert scored["p_win"].between(0, 1).all()


def test_the_order_of_the_list_changes_no_row(score, small_company):
    targets = pd.read_csv(small_company.data / "target_list.csv", dtype=str)
    scored, *_ = score(targets.to_csv(index=False))
    mixed, *_ = score(targets.iloc[::-1].to_csv(index=False))
    pd.testing.assert_frame_equal(mixed.iloc[::-1].reset_index(drop=True), scored, check_exact=True)


def test_csv_and_parquet_say_the_same_to_the_byte_each_time(small_company, tmp_path):
    for name in ("a.csv", "b.csv", "a.parquet", "b.parquet"):
        score_list(small_company.opened, small_company.workspace, small_company.data / "target_list.csv", tmp_path / name, as_of=10**15)
    for kind in ("csv", "parquet"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()
    read, written = pd.read_csv(tmp_path / "a.csv"), pd.read_parquet(tmp_path / "a.parquet")
    for column in ("p_win", "expected_arr", "points", "reason_1_points"):
        np.testing.assert_array_equal(read[column], written[column])
    assert read["reason_1"].tolist() == written["reason_1"].tolist()


def test_parquet_columns_have_their_types_even_where_nothing_is_known(score, tmp_path):
    score("domain,extra\nnewcomer.example,\n")
    types = {f.name: str(f.type) for f in pq.read_schema(tmp_path / "scored.parquet")}
    assert {types[c] for c in ("hot", "unfamiliar")} == {"bool"}
    assert {types[c] for c in ("account_id", "name", "tier", "reason_1", "as_of", "extra")} == {"string"}
    assert {types[c] for c in ("p_win", "expected_arr", "reason_5_points")} == {"double"}
    assert types["points"] == "int64"


def test_a_moment_of_any_year_is_written_as_it_is_read(score, accounts):
    domain = accounts["domain"].dropna().iloc[0]
    days = ["0001-01-01", "1900-12-31", "2025-01-01T08:30:00", "9999-12-31"]
    scored, *_ = score("domain,as_of\n" + "".join(f"{domain},{d}\n" for d in days))
    assert scored["as_of"].tolist() == days


def test_the_list_is_not_overwritten_under_another_name_of_its_own(small_company, tmp_path):
    (tmp_path / "list.csv").write_text("domain\nacme.example\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "list.csv")
    for out in (tmp_path / "link.csv", tmp_path / "nowhere" / ".." / "list.csv"):
        with pytest.raises(ConfigError, match="the list and the result"):
            score_list(small_company.opened, small_company.workspace, tmp_path / "list.csv", out, as_of=0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.csv", "list.csv"]


def test_a_name_that_the_disk_does_not_take_is_said(small_company, tmp_path):
    (tmp_path / "list.csv").write_text("domain\nacme.example\n")
    with pytest.raises(SourceError, match="cannot be written"):
        score_list(small_company.opened, small_company.workspace, tmp_path / "list.csv", tmp_path / f"{'x' * 250}.csv", as_of=0)
    assert [p.name for p in tmp_path.iterdir()] == ["list.csv"]


def test_nothing_is_written_unless_everything_can_be(small_company, tmp_path):
    (tmp_path / "list.csv").write_text("domain\nacme.example\n")
    (tmp_path / "file").write_text("in the way")
    scored, features = tmp_path / "scored.csv", tmp_path / "file" / "features.parquet"
    with pytest.raises(SourceError, match="cannot be written"):
        score_list(small_company.opened, small_company.workspace, tmp_path / "list.csv", scored, features_out=features, as_of=0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "list.csv"]


@pytest.mark.parametrize(("out", "features"), [("scored.xlsx", None), ("scored", None), ("a.csv", "f.csv"), ("list.csv", None)])
def test_an_ending_or_a_name_that_cannot_be_is_refused_before_any_work(small_company, tmp_path, out, features):
    (tmp_path / "list.csv").write_text("domain\nacme.example\n")
    with pytest.raises(ConfigError, match=r"ending|the list and the result"):
        score_list(
            small_company.opened,
            small_company.workspace,
            tmp_path / "list.csv",
            tmp_path / out,
            features_out=tmp_path / features if features else None,
            as_of=0,
        )
    assert [p.name for p in tmp_path.iterdir()] == ["list.csv"]


def test_points_of_a_line_are_those_of_its_own_card(small_company, score, accounts):
    text = "account_id\n" + "\n".join(accounts["account_id"].iloc[:300]) + "\n"
    whole, _, features, _ = score(text)
    scored, _, _, _ = score(text, line="Growth")
    expected = small_company.bundle.lines["Growth"].score(features)
    assert (scored["tier"].to_numpy() == expected["tier"].to_numpy()).all()
    assert (scored["points"].to_numpy() == expected["points"].to_numpy()).all()
    assert (scored["p_icp"] == whole["p_icp"]).all()
    assert (scored["tier"] != whole["tier"]).any()
    with pytest.raises(BundleError, match="no card of the line 'Growht'") as told:
        score(text, line="Growht")
    assert "Growth" in told.value.hint

"""What is said of the pictures, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from icpfit.documents.shap_page import shap_page

POINTS = {"phi": [0.5, -0.5], "level": [11, 0]}


def one(ends: list[float], of: str = "number") -> dict[str, Any]:
    ticks = [[0.0, "not known"], [1.0, "no"], [2.0, "yes"]]
    return {"label": "Size", "unit": "", "of": of, "steps": True, "x": [1.0, 2.0], "phi": [0.1, 0.2], "ticks": ticks, "ends": ends}


def seen(**changes: Any) -> dict[str, Any]:
    account = {
        "tier": "A",
        "points": 78,
        "disqualified": "",
        "period": "2025Q4",
        "chance": [0.2, 0.6],
        "parts": [{"said": "Size: 20", "phi": 1.0}, {"said": "Mail: free", "phi": -0.4}],
        "others": {"count": 3, "phi": 0.1},
        "base": -1.4,
    }
    win = {
        "rows": 900,
        "base": -1.4,
        "additive": True,
        "in_use": 3,
        "ranked": [{"label": "Size", "mean": 0.6, **POINTS}, {"label": "Mail", "mean": 0.2, **POINTS}],
        "dependence": [one([-0.5, 0.0, 0.5])],
        "accounts": [account, {**account, "tier": "D", "points": 1, "disqualified": "free mail", "period": None}],
        "pairs": [],
    }
    return {"win": {**win, **changes}, "retention": {k: win[k] for k in ("rows", "base", "additive", "in_use", "ranked")}}


def captions(**changes: Any) -> dict[str, str]:
    page = shap_page(seen(**changes))
    assert page
    return {f["title"]: f["caption"] for g in page["groups"] for f in g["figures"]}


def test_groups_stand_in_the_order_of_the_page() -> None:
    page = shap_page(seen())
    assert page
    assert [g["title"] for g in page["groups"]] == [
        "What counts most for winning a deal",
        "How the strongest attributes count, one by one",
        "What two attributes do only together",
        "Why an account stands where it does",
        "What counts most for keeping a customer",
    ]
    assert shap_page({}) is None
    assert shap_page(None) is None


def test_the_swarm_tells_the_ranks_and_what_is_not_shown() -> None:
    said = captions()["What counts most for winning a deal"]
    assert "the weightiest first: Size and Mail." in said
    assert "Drawn are 2 of 900, chosen by lot. 1 weaker attribute is not shown." in said


def test_an_account_is_titled_by_tier_and_points() -> None:
    said = captions()
    first = said["Why this account is tier A: 78 points"]
    assert "A deal of 2025Q4" in first
    assert "From a chance of 20% at the start, all that is known of it leads to 60%" in first
    assert "Most for it: Size: 20. Most against it: Mail: free." in first
    out = said["Why this account is out, whatever its 1 point"]
    assert "out because of: free mail." in out
    assert "A deal, as it was known" in out


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (0.3, "though 30% of the deals were won: the likeliest ones pull that share up, and move the middle less."),
        (0.1, "though 10% of the deals were won: the least likely ones pull that share down"),
        (0.2, None),
        (None, None),
    ],
)
def test_the_start_is_the_middle_of_the_log_odds_and_not_the_share_won(rate: float | None, words: str | None) -> None:
    page = shap_page(seen(), {"win": rate})
    assert page
    told = next(g for g in page["groups"] if g["title"].startswith("Why an account"))["words"][0]
    assert "the model starts at its middle, the mean of its log-odds, which is a chance of 20%." in told
    assert (words in told) if words else ("though" not in told)
    assert "average" not in " ".join([*page["words"], told, *(f.get("axis", "") for g in page["groups"] for f in g["figures"])])


@pytest.mark.parametrize(
    ("ends", "of", "words"),
    [
        ([-0.5, 0.0, 0.5], "number", "higher is better: the highest fifth has 2.7 times the odds of the lowest"),
        ([0.5, 0.0, -0.5], "number", "lower is better: the lowest fifth has 2.7 times the odds of the highest"),
        ([-0.7, 0.7, -0.7], "number", "The middle is best: it has 4.1 times"),
        ([0.7, -0.7, 0.7], "number", "The ends are best"),
        ([0.02, 0.0, 0.0], "number", "fare alike"),
        ([-0.3, 0.0, 0.3], "flag", "Yes is better: 1.8 times the odds of no"),
        ([0.3, 0.0, -0.3], "flag", "No is better: 1.8 times the odds of yes"),
        ([0.0, 0.0, 0.05], "flag", "make little difference"),
        ([-1.0, 0.0, 1.0], "category", "no to yes"),
        ([], "number", "one value only"),
    ],
)
def test_the_trend_in_words(ends: list[float], of: str, words: str) -> None:
    assert words in captions(dependence=[one(ends, of)])["Size"]


def test_pairs_or_why_there_are_none() -> None:
    def words(**changes: Any) -> str:
        page = shap_page(seen(**changes))
        assert page
        return " ".join(next(g for g in page["groups"] if "together" in g["title"])["words"])

    assert "each attribute counts by itself" in words()
    assert "Next to nothing" in words(additive=False)
    pair = {**one([0.0, 0.0, 0.0]), "mean": 0.1, "share": 0.04, "by": "Region", "level": [0, 11], "colours": ["APAC", "NA"]}
    assert "exact SHAP interaction values" in words(additive=False, pairs=[pair])
    said = captions(additive=False, pairs=[pair])["Size with Region"]
    assert "Orange: Region APAC; blue: NA; grey: any other, or not known." in said
    assert "by 4.0% of what all attributes do alone" in said


@pytest.mark.parametrize(
    ("of", "colours", "between", "words"),
    [
        ("number", ["low", "high"], [], "Orange: Region low; blue: high; greyer: between; grey: the middle, or not known."),
        ("flag", ["no", "yes"], [], "Orange: Region no; blue: yes; grey: not known."),
        ("category", ["APAC", "NA"], [], "Orange: Region APAC; blue: NA; grey: not known."),
        ("category", ["NA", "NA"], [], "Orange: Region NA; grey: not known."),
        (
            "category",
            ["APAC", "NA"],
            ["LATAM", "EMEA"],
            "Orange: Region APAC, which goes least with won deals; blue: NA, which goes most; in between, in this order: LATAM and EMEA; "
            "not known is grey.",
        ),
    ],
)
def test_the_colours_of_a_pair_are_said_as_its_kind_has_them(of: str, colours: list[str], between: list[str], words: str) -> None:
    pair = {**one([0.0, 0.0, 0.0]), "mean": 0.1, "share": 0.04, "by": "Region", "by_of": of, "level": [0, 11]}
    said = captions(additive=False, pairs=[pair | {"colours": colours, "between": between}])["Size with Region"]
    assert f"Left to right: Size. {words} Together" in said

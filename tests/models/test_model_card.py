"""The model card says every figure that it is given, hides none that is missing, and lets no text become markup."""

from __future__ import annotations

import copy
from typing import Any

from icpfit.models.model_card import FOR, NOT_FOR, READING, model_card_text

METRICS = {
    "company": "Acme | Söns <b>",
    "currency": "EUR",
    "as_of": "2026-07-01",
    "version": "2026-07-01-0123abcd",
    "timing": "dated",
    "verdict": "signal",
    "words": "The model tells winners from losers.",
    "evidence": {"level": "established", "wins": 140, "losses": 410},
    "refused": [{"attribute": "Deal_Owner", "outcome": "win", "reason": "set after the sale", "code": "MEANING"}],
    "win": {
        "verdict": "signal",
        "base_rate": [0.254, 0.22, 0.29],
        "training": {"considered": 700, "used": 550, "left_out": {"open": 100, "already a customer": 50}},
        "forward": True,
        "auc": 0.8123,
        "auc_low": 0.77,
        "auc_high": 0.85,
        "rows": 320,
        "positives": 81,
        "calibration_slope": None,
        "baselines": {"logistic": {"auc": 0.79}, "firmographic_only": {"auc": 0.6}},
        "by_quarter": {"2026Q1": {"auc": float("nan"), "rows": 12, "positives": 0}},
    },
    "retention": None,
    "scorecard": {"kind": "win", "spearman": 0.93, "auc_card": 0.8, "auc_model": 0.81, "auc_loss_se": 0.004, "rows": 320},
    "rows": {"deals": {"in": 712, "used": 700, "left_out": {"closed before created": 12}}},
    "current_state": ["employee_count"],
    "notes": ["The newest month was left out."],
}


def test_every_figure_is_on_the_card():
    text = model_card_text(METRICS)
    for said in (
        "2026-07-01-0123abcd", "established (140 won, 410 lost)", "| AUC | 0.812 (0.770 to 0.850) |", "25.4 % (22.0 % to 29.0 %)",
        "| Left out: already a customer | 50 |", "| Left out: open | 100 |", "| deals | 712 | 700 | closed before created: 12 |",
        "| AUC of logistic regression | 0.790 |", "| AUC of firmographics alone | 0.600 |", "| Deal\\_Owner | win | set after the sale |",
        "employee\\_count", "created after what the tested model knew",
    ):  # fmt: skip
        assert said in text, said
    assert all(words in text for words in NOT_FOR)


def test_weights_of_segments_and_what_is_borrowed_are_on_the_card():
    metrics = copy.deepcopy(METRICS)
    weight = {
        "attribute": "region",
        "level": "A|B",
        "code": 0,
        "layer": "intent",
        "times": 1.2,
        "rows": 1_234,
        "compared": 0.8,
        "low": 0.6,
        "high": 0.95,
    }
    metrics["win"] |= {"layer_weights": [weight], "borrowed": 11}
    text = model_card_text(metrics)
    assert "| A\\|B | intent | 0.800 (0.600 to 0.950) times | 1,234 |" in text
    assert "| Of them first learned from won and lost deals, and weighed anew | 11 |" in text


def test_what_cannot_be_told_is_unknown():
    text = model_card_text(METRICS)
    assert "| Calibration slope (1 is right) | unknown |" in text
    assert "| 2026Q1 | unknown | 12 | 0 |" in text
    assert "nan" not in text.lower().replace("finance", "")
    assert "unknown" in model_card_text({})


def test_a_companys_words_do_not_become_markup():
    text = model_card_text(METRICS)
    assert "Acme \\| Söns &lt;b&gt;" in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") in (3, 4, 5)


def test_without_times_the_card_says_that_it_was_not_tested_forward():
    metrics = copy.deepcopy(METRICS) | {"timing": "none"}
    metrics["win"]["forward"] = False
    text = model_card_text(metrics)
    assert "not forward in time" in text
    assert "Tested across accounts" in text
    assert "later than the model" not in text


def test_dates_alone_are_no_test_forward_in_time():
    across = copy.deepcopy(METRICS)
    across["win"]["forward"] = False
    assert "created after what the tested model knew" in model_card_text(METRICS)
    assert "created after what the tested model knew" not in model_card_text(across)
    assert "tested across accounts, not forward in time" in model_card_text(across)


def richer() -> dict[str, Any]:
    """With all that a run of today says."""
    metrics = copy.deepcopy(METRICS)
    tried = {"maturity_share": 0.9, "stale_after_days": 180, "rows": 550, "wins": 140, "rate": 0.25, "low": 0.22, "high": 0.29}
    rule = dict.fromkeys(("rate_top", "rate_bottom"), 0.4) | {"held": 0.7, "held_low": 0.6, "held_high": 0.8, "most": 1.0, "missing": 0}
    metrics["win"] |= {
        "training": {**metrics["win"]["training"], "first": "2024-01-03", "last": "2026-05-30"},
        "log_loss": 0.48,
        "value_in_top_20": 0.6,
        "intervals": {"log_loss": [0.45, 0.51], "value_in_top_20": [0.5, 0.7]},
        "acceptance": {"answer": "yes", "share": 0.3, "times": 12.0, "times_low": 9.0, "times_high": 20.0, "sure": False, **rule},
        "maturity": [{**tried, "in_force": True}],
        "without_layer": {"intent": 0.01, "behavioral": 0.04},
        "signal": {"p_value": 0.002},
        "features": ["a", "b"],
    }
    metrics["suspects"] = [{"attribute": "phase", "outcome": "win", "reason": "rewritten after 84 of 120 won deals were closed"}]
    return metrics


def test_whoever_never_saw_it_finds_what_it_is_made_of_and_how_to_read_it():
    text = model_card_text(richer())
    for said in (
        "| Period of the rows it learned from | 2024-01-03 to 2026-05-30 |", "| Log loss | 0.480 (0.450 to 0.510) |",
        "| Share of their value in the top 20 % | 60.0 % (50.0 % to 70.0 %) |", "| Attributes in the model | 2 |",
        "**yes**, though the ranges leave it open. The best 30.0 % hold 70.0 % (60.0 % to 80.0 %) of the wins",
        "are won 12.0 (9.0 to 20.0) times as often as the last 30.0 %",
        "| 90.0 % (in use) | lost after 180 days | 550 | 25.0 % (22.0 % to 29.0 %) |",
        "| phase | win | rewritten after 84 of 120 won deals were closed |", "enough to tell what goes with the outcome",
        "| Chance alone would do as well, at most, with probability | 0.002 |",
    ):  # fmt: skip
        assert said in text, said
    assert text.index("| behavioral | 0.040 |") < text.index("| intent | 0.010 |"), "the weightiest layer first"
    assert all(words in text for words in (*FOR, *READING))
    assert "Where it is weak" not in text, "segments were not looked at"


def test_of_few_rows_the_card_says_that_all_were_asked():
    metrics = richer()
    metrics["win"]["signal"] = {"p_value": 0.002, "associated": 1_280}
    assert "| Lots would seem as closely tied to the attributes of all 1,280 rows with probability | 0.002 |" in model_card_text(metrics)
    assert "Chance alone" not in model_card_text(metrics)


def test_the_rule_that_cannot_be_told_says_what_is_missing_and_one_that_cannot_be_met_says_so():
    metrics = richer()
    metrics["win"]["acceptance"] |= {"answer": "no", "most": 0.55, "sure": True}
    assert "even a perfect ranking would hold no more than 55.0 % there" in model_card_text(metrics)
    metrics["win"]["acceptance"] = dict.fromkeys(metrics["win"]["acceptance"]) | {"answer": "cannot tell", "missing": 7}
    assert "cannot tell; 7 more wins or losses are needed" in model_card_text(metrics)


def test_segments_where_it_is_weak_are_named():
    inside = {"rows": 120, "auc": 0.61, "auc_low": 0.5, "auc_high": 0.7}
    strong = {**inside, "value": "EMEA", "auc": 0.8, "weak": False}
    weak = {**inside, "value": "APAC | <b>", "weak": True}

    def card(*values: dict) -> str:  # type: ignore[type-arg]
        return model_card_text({**METRICS, "segments": {"models": {"win": {"region": {"label": "Region", "values": list(values)}}}}})

    assert "| win | Region | APAC \\| &lt;b&gt; | 120 | 0.610 (0.500 to 0.700) |" in card(strong, weak)
    assert "EMEA" not in card(strong, weak)
    assert "Of 1 segment with enough rows" in card(strong)
    assert "Where it is weak" not in card()


def test_customers_who_stayed_are_not_called_won():
    metrics = {**METRICS, "win": None, "retention": METRICS["win"]}
    assert "established (140 stayed, 410 left)" in model_card_text(metrics)

"""The model card says every figure that it is given, hides none that is missing, and lets no text become markup."""

from __future__ import annotations

import copy

from icpfit.models.model_card import NOT_FOR, model_card_text

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

"""The gates answer from numbers, and say so when the numbers cannot tell."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from icpfit.config import GateSettings
from icpfit.gates import TITLES, Against, Challenger, Gate, Past, decide, judge, title_of
from icpfit.manifest import json_text

SETTINGS = GateSettings()
NAMES = (
    "evidence", "signal", "no_worse", "calibration", "card_fidelity", "leakage_clean",
    "tier_stability", "reverse_validation", "retrospective_recall",
)  # fmt: skip


def outcomes(rows, seed, slope=1.0):
    """Labels drawn from true probabilities, the predicted ones too extreme by 1 / slope, and accounts of two deals."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-1, 1.2, rows)
    label = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(float)
    account = np.array([f"a{i // 2}" for i in range(rows)], dtype=object)
    return label, 1 / (1 + np.exp(-log_odds / slope)), account


def past(kept=(60.0,) * 40, churned=(45.0,) * 30, tiers=("A",) * 40 + ("D",) * 10):
    """One quarter of customers and of other wins."""
    points, stayed = np.array([*kept, *churned]), np.repeat([1.0, 0.0], [len(kept), len(churned)])
    n = len(points) + len(tiers)
    return Past(
        period=np.full(n, "2025Q1", dtype=object),
        points=np.concatenate([points, np.full(len(tiers), 50.0)]),
        tier=np.array(["B"] * len(points) + list(tiers), dtype=object),
        won=np.repeat([0.0, 1.0], [len(points), len(tiers)]),
        stayed=np.concatenate([stayed, np.full(len(tiers), np.nan)]),
        wins=len(tiers),
        customers=len(points),
    )


def challenger(rows=2_000, seed=1, slope=1.0, **changes):
    label, probability, account = outcomes(rows, seed, slope)
    good = Challenger(
        verdict="signal",
        evidence="established",
        wins=int(label.sum()),
        label=label,
        probability=probability,
        account=account,
        card_spearman=0.93,
        card_rows=rows,
        attributes=("employees", "views_30d"),
        refused=("owner", "probability"),
        past=past(),
    )
    return dataclasses.replace(good, **changes)


def against(rows=2_000, seed=2, noise_champion=0.0, noise_challenger=0.0, **changes):
    label, probability, account = outcomes(rows, seed)
    rng = np.random.default_rng(seed + 1)
    log_odds = np.log(probability / (1 - probability))

    def blurred(noise):
        return 1 / (1 + np.exp(-(log_odds + noise * rng.normal(size=rows))))

    good = Against(
        "2026-01-01-00000000",
        label,
        blurred(noise_champion),
        blurred(noise_challenger),
        account,
        ("A", "B", "C", "D") * 25,
        ("A", "B", "C", "D") * 25,
    )
    return dataclasses.replace(good, **changes)


def answers(gates):
    return {g.gate: g.answer for g in gates}


def test_a_good_challenger_passes_every_gate_and_the_answers_are_plain_json():
    gates = judge(challenger(), against(), SETTINGS)
    assert tuple(g.gate for g in gates) == NAMES
    assert set(answers(gates).values()) == {"passed"}
    decision = decide(gates, SETTINGS)
    assert decision.promotable
    assert not decision.reasons
    assert not decision.warnings
    values = [g.values() for g in gates]
    assert [Gate(**g).values() for g in json.loads(json_text(values))] == values


def test_without_a_champion_the_comparisons_do_not_apply():
    gates = judge(challenger(), None, SETTINGS)
    assert {n for n, a in answers(gates).items() if a == "not applicable"} == {"no_worse", "tier_stability"}
    assert decide(gates, SETTINGS).promotable
    assert decide(gates, GateSettings(cannot_tell_passes=False)).promotable


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"evidence": "patterns only", "wins": 12}, "evidence"),
        ({"verdict": "no signal"}, "signal"),
        ({"card_spearman": 0.8}, "card_fidelity"),
        ({"attributes": ("employees", "owner")}, "leakage_clean"),
        ({"slope": 2.5}, "calibration"),
        ({"slope": 0.4}, "calibration"),
    ],
)
def test_each_binding_gate_stops_the_challenger_alone(changes, gate):
    gates = judge(challenger(**changes), None, SETTINGS)
    assert [n for n, a in answers(gates).items() if a == "failed"] == [gate]
    decision = decide(gates, SETTINGS)
    assert not decision.promotable
    assert decision.reasons[0].startswith(f"{title_of(gate)}: ")


def test_refused_attributes_in_use_are_named():
    (gate,) = [g for g in judge(challenger(attributes=("owner", "x", "probability")), None, SETTINGS) if g.gate == "leakage_clean"]
    assert gate.numbers["in_use"] == ["owner", "probability"]
    assert "owner, probability" in gate.words


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"past": past(kept=(40.0,) * 40)}, "reverse_validation"),
        ({"past": past(tiers=("D",) * 30 + ("A",) * 20)}, "retrospective_recall"),
    ],
)
def test_the_last_two_warn_unless_the_configuration_binds_them(changes, gate):
    gates = judge(challenger(**changes), None, SETTINGS)
    assert answers(gates)[gate] == "failed"
    decision = decide(gates, SETTINGS)
    assert decision.promotable
    assert decision.warnings[0].startswith(f"{title_of(gate)}: ")
    binding = GateSettings(binding_warnings=True)
    assert not decide(judge(challenger(**changes), None, binding), binding).promotable


def test_too_few_rows_cannot_tell_and_the_configuration_decides():
    few = against(rows=40)
    thin = challenger(rows=40, past=past(kept=(0.0,) * 3, tiers=("A",) * 3))
    gates = judge(thin, few, SETTINGS)
    assert {n for n, a in answers(gates).items() if a == "cannot tell"} == {
        "no_worse", "calibration", "card_fidelity", "reverse_validation", "retrospective_recall",
    }  # fmt: skip
    assert all(g.passed is None for g in gates if g.answer == "cannot tell")
    assert decide(gates, SETTINGS).promotable
    assert len(decide(gates, SETTINGS).warnings) == 5
    strict = decide(gates, GateSettings(cannot_tell_passes=False))
    assert not strict.promotable
    assert len(strict.reasons) == 3


def test_a_single_class_since_the_champion_cannot_tell():
    a = against()
    assert answers(judge(challenger(), dataclasses.replace(a, label=np.ones(len(a.label))), SETTINGS))["no_worse"] == "cannot tell"


def test_a_worse_challenger_fails_and_a_better_one_passes():
    worse = judge(challenger(), against(noise_challenger=3.0), SETTINGS)
    assert answers(worse)["no_worse"] == "failed"
    numbers = next(g.numbers for g in worse if g.gate == "no_worse")
    assert numbers["difference"] == pytest.approx(numbers["auc_challenger"] - numbers["auc_champion"])
    assert numbers["low"] <= numbers["difference"] <= numbers["high"] < 0
    assert answers(judge(challenger(), against(noise_champion=3.0), SETTINGS))["no_worse"] == "passed"


def test_equals_are_seldom_called_worse():
    """Two recipes of equal worth, on quarters of 300 deals: at 5 % a side, 40 companies see it at most 6 times (chance .03)."""
    gates = [judge(challenger(), against(300, seed, 0.8, 0.8), SETTINGS, resamples=200) for seed in range(40)]
    assert sum(answers(g)["no_worse"] == "failed" for g in gates) <= 6


def test_a_slope_outside_by_less_than_noise_cannot_tell():
    label, probability, account = outcomes(70, 5, slope=1.6)
    gates = judge(challenger(label=label, probability=probability, account=account), None, SETTINGS)
    gate = next(g for g in gates if g.gate == "calibration")
    assert gate.answer in ("cannot tell", "passed")
    assert gate.numbers["slope_low"] < gate.numbers["slope"] < gate.numbers["slope_high"]


def test_moved_tiers_are_counted():
    moved = against(tiers_then=("A",) * 60 + ("B",) * 40, tiers_now=("A",) * 50 + ("B",) * 50)
    gate = next(g for g in judge(challenger(), moved, SETTINGS) if g.gate == "tier_stability")
    assert gate.numbers["share"] == 0.1
    assert gate.answer == "passed"
    far = against(tiers_then=("A",) * 100, tiers_now=("D",) * 36 + ("A",) * 64)
    assert answers(judge(challenger(), far, SETTINGS))["tier_stability"] == "failed"


def test_the_same_evidence_gives_the_same_answer():
    assert judge(challenger(), against(), SETTINGS, seed=3) == judge(challenger(), against(), SETTINGS, seed=3)


def test_evidence_that_does_not_fit_together_cannot_be_made():
    with pytest.raises(ValueError, match="one entry each per deal"):
        against(label=np.ones(3))
    with pytest.raises(ValueError, match="a tier then and a tier now"):
        against(tiers_now=("A",))


def test_every_gate_is_asked_in_words_before_its_short_name():
    gates = judge(challenger(), None, SETTINGS)
    assert tuple(g.gate for g in gates) == tuple(TITLES) == NAMES
    for gate in gates:
        assert title_of(gate.gate) == f"“{TITLES[gate.gate]}” ({gate.gate})"
        assert not any(word in f"{TITLES[gate.gate]} {gate.words}" for word in ("_", "slope", "fold", "teach"))


def test_the_documentation_asks_what_the_gates_ask():
    text = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert [f"| `{gate}` | {title} |" for gate, title in TITLES.items()] == [
        r for r in text.splitlines() if r.startswith("| `") and r[3:].split("`")[0] in TITLES
    ]


@pytest.mark.parametrize(("wins", "words"), [(1, "1 win to"), (2, "2 wins to"), (1_200, "1,200 wins to")])
def test_one_is_one(wins, words):
    (evidence,) = (g for g in judge(challenger(wins=wins), None, SETTINGS) if g.gate == "evidence")
    assert words in evidence.words

"""docs/benchmarks-models.md: every word of it is made from the figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contestants.report import machine

from icpfit.plural import counted

LABELS = {
    "ours": "**icpfit**",
    "logistic": "logistic regression",
    "lightgbm": "LightGBM, default",
    "tuned": "LightGBM, tuned",
    "flaml": "LightGBM by FLAML",
    "ebm": "EBM",
}
NOISE = 2.0
"""standard errors"""
MOVED = 0.10
"""a rate of good ends that moves by more than this between what is known and what is tested is told"""

Found = Mapping[str, Any]
"""one set: ``about``, and ``results`` by contestant, each with its figures or with ``failed``"""


def below(found: Found, measure: str) -> list[str]:
    """Contestants that do better than icpfit beyond the noise; ``measure``: auc or loss."""
    sign = 1 if measure == "auc" else -1
    return [
        name
        for name, r in found["results"].items()
        if f"{measure}_more" in r and sign * r[f"{measure}_more"] > NOISE * r[f"{measure}_more_se"] + 1e-12
    ]


def above(found: Found, measure: str) -> list[str]:
    sign = 1 if measure == "auc" else -1
    return [
        name
        for name, r in found["results"].items()
        if f"{measure}_more" in r and -sign * r[f"{measure}_more"] > NOISE * r[f"{measure}_more_se"] + 1e-12
    ]


def document(sets: Mapping[str, Found], versions: str, asked: Mapping[str, Any]) -> str:
    names = [n for n in LABELS if any(n in f["results"] for f in sets.values())]
    peers = [n for n in names if n != "ours"]
    lines = [
        "# The model beside its peers",
        "",
        f"Made by `make bench-models` (`{asked['command']}`); nothing here is written by hand.",
        "",
        f"{machine()}. {versions}.",
        "",
        "Everyone learns on the same rows of the same folds, with the labels as they were known when the fold began, and is tested on",
        "the same later rows (where a set has no time: on other groups of accounts). The attributes that icpfit refuses as leaks are",
        "kept from all. AUC is within folds. A difference is the peer less icpfit; its standard error is that of a bootstrap in which",
        f"whole accounts are drawn; **beyond the noise** is more than {NOISE:g} standard errors.",
        "",
        "* icpfit: its whole fit, as `retrain` does it: attributes and settings chosen, every fold, the test for signal, the final model.",
        f"* LightGBM, tuned: Optuna's TPE, {asked['trials']} trials as icpfit has, on icpfit's own tuning folds; the best log loss wins.",
        "* LightGBM by FLAML: its own search, with the time that icpfit took.",
        "* EBM (interpret) and LightGBM, default: as they come, but for EBM's bags: 4 and not 14 on sets of more than 50 attributes,",
        "  where 14 take longer than everything else together. Logistic regression: standardised, one-hot, C by cross-validation.",
        "",
        "Seconds are those of the wall clock, all folds together, on a machine that was not kept free of other work: compare their",
        "order of size.",
        "",
        "## In short",
        "",
        *_short(sets),
        "",
        "| set | " + " | ".join(f"{LABELS[n]}" for n in names) + " |",
        "|---|" + "---|" * len(names),
    ]
    for found in sets.values():
        cells = [_auc_cell(found, n) for n in names]
        lines.append(f"| {found['about']['title']} | " + " | ".join(cells) + " |")
    lines += ["", "AUC; in brackets the difference to icpfit and its standard error. † better than icpfit, ‡ worse, beyond the noise.", ""]
    for found in sets.values():
        lines += _one_set(found, names)
    lines += ["## Where a peer is ahead, and what differs there", "", *_where(sets, peers), ""]
    return "\n".join(lines)


def _short(sets: Mapping[str, Found]) -> list[str]:
    pairs = [(f, n) for f in sets.values() for n, r in f["results"].items() if n != "ours" and "auc" in r]
    out = []
    for words, measure in (("AUC", "auc"), ("log loss", "loss")):
        ahead = sum(n in below(f, measure) for f, n in pairs)
        behind = sum(n in above(f, measure) for f, n in pairs)
        out.append(
            f"* {words}: of {len(pairs)} comparisons, icpfit is better beyond the noise in {behind}, worse in {ahead}, "
            f"and level in {len(pairs) - behind - ahead}."
        )
    failed = [f"{f['about']['title']}: {LABELS[n]}: {r['failed']}" for f in sets.values() for n, r in f["results"].items() if "failed" in r]
    return out + [f"* not measured: {words}." for words in failed]


def _auc_cell(found: Found, name: str) -> str:
    r = found["results"].get(name, {})
    if "auc" not in r:
        return "not measured"
    if name == "ours":
        return f"{r['auc']:.3f}"
    mark = " †" if name in below(found, "auc") else " ‡" if name in above(found, "auc") else ""
    return f"{r['auc']:.3f} ({r['auc_more']:+.3f} ± {r['auc_more_se']:.3f}){mark}"


def _one_set(found: Found, names: list[str]) -> list[str]:
    about, results = found["about"], found["results"]
    rows = f"{about['rows']:,} rows"
    if about["rows_before"] > about["rows"]:
        rows += f" (drawn from {about['rows_before']:,}, the same for all)"
    tested = "later rows" if about["forward"] else "unseen accounts"
    chosen = "settings tuned" if about["tuned"] else "too few outcomes to tune on: icpfit takes its standard settings"
    ours = results["ours"]
    lines = [
        f"## {about['title']}",
        "",
        f"{rows}, {counted(about['attributes'], 'attribute')}, {len(about['refused'])} refused as leaks; {about['tested']:,} {tested} "
        f"tested in {counted(about['folds'], 'fold')}; {chosen}. icpfit's verdict: {ours['verdict']}; "
        f"its newest fold's model has {counted(ours['attributes'], 'attribute')}, trees of depth {ours['depth']}.",
        "",
        "| | AUC | log loss | less icpfit's | Brier | calibration slope | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in names:
        r = results.get(name, {})
        if "auc" not in r:
            lines.append(f"| {LABELS[name]} | {r.get('failed', 'not asked')} | | | | | |")
            continue
        loss = "" if name == "ours" else f"{r['loss_more']:+.4f} ± {r['loss_more_se']:.4f}"
        slope = "—" if r["slope"] is None else f"{r['slope']:.2f}"
        lines.append(
            f"| {LABELS[name]} | {r['auc']:.3f} | {r['log_loss']:.4f} | {loss} | {r['brier']:.4f} | {slope} | {r['seconds']:.0f} |"
        )
    return [*lines, ""]


def _where(sets: Mapping[str, Found], peers: list[str]) -> list[str]:
    lines = []
    for found in sets.values():
        about, ours = found["about"], found["results"]["ours"]
        for measure, words in (("auc", "AUC"), ("loss", "log loss")):
            ahead = [n for n in peers if n in below(found, measure)]
            if not ahead:
                continue
            said = ", ".join(f"{LABELS[n]} ({found['results'][n][f'{measure}_more']:+.4f})" for n in ahead)
            lines.append(f"* **{about['title']}**, {words}: {said}. {_differs(about, ours, measure)}")
    return lines or ["Nowhere: on no set is icpfit below a peer beyond the noise, neither in AUC nor in log loss."]


def _differs(about: Found, ours: Found, measure: str) -> str:
    """What icpfit did on this set that its peers did not, and what nobody could know; facts of the run, and no claim of a cause."""
    facts = []
    known, came = max(about["rates"], key=lambda pair: abs(pair[1] - pair[0]))
    if measure == "loss" and abs(came - known) > MOVED:
        facts.append(
            f"in one fold {came:.0%} of the rows tested end well where {known:.0%} of those known before did: the level of a chance, which "
            "the log loss asks for and the order does not, is a guess there"
        )
    if ours["attributes"] < about["attributes"]:
        facts.append(f"icpfit's model keeps {ours['attributes']} of {counted(about['attributes'], 'attribute')}; the peers have them all")
    if ours["depth"] == 1:
        facts.append("icpfit's trees have one split, so it knows no interactions; LightGBM and EBM do")
    if not about["tuned"]:
        facts.append("icpfit does not tune on so few outcomes; the tuned peers do, inside each fold")
    if ours["verdict"] != "signal":
        facts.append(f"icpfit's verdict is {ours['verdict']}")
    return "What differs: " + "; ".join(facts or ["nothing that the run shows"]) + "."

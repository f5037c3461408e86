"""docs/benchmarks-scorecard.md: every word of it is made from the figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contestants.report import machine

from icpfit.plural import counted

LABELS = {
    "ours": "**icpfit's card**",
    "plain": "the same without rules",
    "additive_card": "card of the depth-1 model",
    "optbinning": "optbinning, 12 by IV",
    "optbinning_path": "optbinning, 12 by L1",
    "fasterrisk": "FasterRisk, 12",
    "logistic_few": "logistic regression, 12 attributes",
    "logistic": "logistic regression, all",
    "ebm": "EBM, main effects",
    "additive": "depth-1 model",
    "model": "the model",
}
OWN = ("ours", "plain", "additive_card", "additive", "model")
EQUAL_SIZE = ("optbinning", "optbinning_path", "fasterrisk", "logistic_few")
"""peers of at most 12 attributes"""
LARGER = ("logistic", "ebm")
NOISE = 2.0
"""standard errors"""

Found = Mapping[str, Any]
"""one set: ``about``, and ``results`` by contestant, each with its figures or with ``failed``"""


def beyond(found: Found, names: tuple[str, ...], sign: int) -> list[str]:
    """Of the contestants those that are better (``sign`` 1) or worse (-1) than icpfit's card beyond the noise."""
    results = found["results"]
    return [
        n for n in names if "auc_more" in results.get(n, {}) and sign * results[n]["auc_more"] > NOISE * results[n]["auc_more_se"] + 1e-12
    ]


def document(sets: Mapping[str, Found], versions: str, asked: Mapping[str, Any]) -> str:
    names = [n for n in LABELS if any(n in f["results"] for f in sets.values())]
    shown = [n for n in names if n not in ("plain", "additive")]
    lines = [
        "# The card beside its peers",
        "",
        f"Made by `make bench-scorecard` (`{asked['command']}`); nothing here is written by hand.",
        "",
        f"{machine()}. {versions}.",
        "",
        "Everyone learns on the same rows of the same folds, with the labels as they were known when the fold began, and is tested on",
        "the same later rows (where a set has no time: on other groups of accounts). The attributes that icpfit refuses as leaks are",
        "kept from all. AUC is within folds. A difference is the other less icpfit's card; its standard error is that of a bootstrap in",
        f"which whole accounts are drawn; **beyond the noise** is more than {NOISE:g} standard errors.",
        "",
        f"* icpfit's card: distilled from the fold's model (settings tuned in {asked['trials']} trials): at most 12 attributes of at most",
        "  5 bins, at most 2 rules of two attributes together, whole points whose maxima sum to 100. *Without rules*: the same, but no",
        "  rules are asked for. *Card of the depth-1 model*: the same of LightGBM with one split a tree.",
        "* optbinning's Scorecard: at most 5 bins a variable beside missing, logistic regression, points of 0 to 100; the 12 variables",
        "  of the highest information value, or the 12 that enter first along the L1 path on their weights of evidence. FasterRisk: 12",
        "  whole coefficients of -5 to 5 on yes/no columns (a number's 5 %, 10 %, … quantiles; every text of at least 1 % of the rows).",
        "  Logistic regression, 12 attributes: those that enter first along the L1 path. These are of **equal size**.",
        "* Larger: logistic regression on all attributes (standardised, one-hot, C by cross-validation) and EBM without interactions. The",
        "  models themselves are there to show what a card could know.",
        "",
        "Cells: what a person has to look at, in the mean of the folds: rows of the table that have points (a rule is one), coefficients,",
        "EBM's bins, the models' leaves. Fidelity is to the model that the card was made from, on rows that neither has seen. Seconds are",
        "those of the wall clock, all folds together, on a machine that was not kept free of other work: compare their order of size.",
        "icpfit's model is its whole fit: search, every fold, the test for signal, the final model.",
        "",
        "## In short",
        "",
        *_short(sets),
        "",
        "| set | " + " | ".join(LABELS[n] for n in shown) + " |",
        "|---|" + "---|" * len(shown),
    ]
    for found in sets.values():
        lines.append(f"| {found['about']['title']} | " + " | ".join(_auc_cell(found, n) for n in shown) + " |")
    lines += ["", "AUC; in brackets the difference to icpfit's card and its standard error. † better, ‡ worse, beyond the noise.", ""]
    for found in sets.values():
        lines += _one_set(found, names)
    return "\n".join(lines).rstrip("\n") + "\n"


def _short(sets: Mapping[str, Found]) -> list[str]:
    out = []
    for words, group in (("of equal size", EQUAL_SIZE), ("that are larger", LARGER)):
        pairs = sum("auc" in f["results"].get(n, {}) for f in sets.values() for n in group)
        ahead = sum(len(beyond(f, group, 1)) for f in sets.values())
        behind = sum(len(beyond(f, group, -1)) for f in sets.values())
        out.append(
            f"* Peers {words}: of {counted(pairs, 'comparison')}, icpfit's card is better beyond the noise in {behind}, worse in {ahead}, "
            f"and level in {pairs - behind - ahead}."
        )
    failed = [f"{f['about']['title']}: {LABELS[n]}: {r['failed']}" for f in sets.values() for n, r in f["results"].items() if "failed" in r]
    return out + [f"* not measured: {words}." for words in failed]


def _auc_cell(found: Found, name: str) -> str:
    r = found["results"].get(name, {})
    if "auc" not in r:
        return "not measured"
    if name == "ours":
        return f"{r['auc']:.3f}"
    mark = " †" if beyond(found, (name,), 1) else " ‡" if beyond(found, (name,), -1) else ""
    return f"{r['auc']:.3f} ({r['auc_more']:+.3f} ± {r['auc_more_se']:.3f}){mark}"


def _one_set(found: Found, names: list[str]) -> list[str]:
    about, results = found["about"], found["results"]
    rows = f"{about['rows']:,} rows"
    if about["rows_before"] > about["rows"]:
        rows += f" (drawn from {about['rows_before']:,}, the same for all)"
    tested = "later rows" if about["forward"] else "unseen accounts"
    lines = [
        f"## {about['title']}",
        "",
        f"{rows}, {counted(about['attributes'], 'attribute')}, {len(about['refused'])} refused as leaks; {about['tested']:,} {tested} "
        f"tested in {counted(about['folds'], 'fold')}. The newest fold's model has trees of depth {results['model']['depth']}.",
        "",
        "| | AUC | less icpfit's card | Spearman to its model | R² to its model | attributes | cells | seconds, of these the card |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in names:
        r = results.get(name, {})
        if "auc" not in r:
            lines.append(f"| {LABELS[name]} | {r.get('failed', 'not asked')} | | | | | | |")
            continue
        more = "" if name == "ours" else f"{r['auc_more']:+.4f} ± {r['auc_more_se']:.4f}"
        fidelity = f"{r['spearman']:.3f} | {r['r2']:.3f}" if "spearman" in r else "— | —"
        attributes = f"{r['attributes']:.1f}" + (f" + {counted_rules(r['rules'])}" if r.get("rules") else "")
        seconds = f"{r['seconds'] + r['card_seconds']:.1f}, {r['card_seconds']:.1f}" if "card_seconds" in r else f"{r['seconds']:.1f}"
        lines.append(f"| {LABELS[name]} | {r['auc']:.4f} | {more} | {fidelity} | {attributes} | {r['cells']:,.0f} | {seconds} |")
    return [*lines, "", *_verdict(found), ""]


def counted_rules(rules: float) -> str:
    return f"{rules:.1f} rules"


def _verdict(found: Found) -> list[str]:
    """Who is ahead of icpfit's card, and whether the model that it was made from is ahead of them too."""
    results = found["results"]
    ahead = beyond(found, (*EQUAL_SIZE, *LARGER), 1)
    model = results["model"]
    gap = f"Its model is at {model['auc']:.4f} ({model['auc_more']:+.4f} ± {model['auc_more_se']:.4f})"
    if not ahead:
        return [f"**Verdict**: below no peer beyond the noise, of equal size or larger. {gap}."]
    said = []
    for n in ahead:
        size = "of equal size" if n in EQUAL_SIZE else "larger"
        where = "the model is above it: the loss is the card's" if model["auc"] > results[n]["auc"] else "the model is below it too"
        said.append(f"{LABELS[n]} ({size}; {results[n]['auc_more']:+.4f} ± {results[n]['auc_more_se']:.4f}; {where})")
    return [f"**Verdict**: below {'; '.join(said)}. {gap}."]

"""How much of what could be known do the two models and the win card learn?

    python benchmarks/attainable.py --seeds 11 12 13 [--null] [--out results.json]

For each seed: simulate a company, propose a configuration as ``icpfit init`` does, retrain, and compare
on the same later deals the AUC of the model, of the win card, of the truth, and of the limit: a logistic
regression that is *given* the true functional form, fitted at the same origins. The share is
(AUC - .5) / (AUC of the truth - .5). Each share is given twice: on the outcomes as they were drawn, and
``expected``, on the true probabilities themselves, which takes the luck of the draw out of it. The model of staying
is measured beside a limit of its own, made the same way, in AUC; so is the card of winning and staying, on the deals whose whole
story is known. Of each card it says how near it comes to its model, which planted drivers are missing, and how many points
industry and noise hold. Results are
added to ``--out`` seed by seed; a seed that is there is not run again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from company_cards import expected_auc, held, joint_shares
from sklearn.metrics import roc_auc_score

from icpfit.config import load_config
from icpfit.cycle.opened import Opened, open_source
from icpfit.cycle.retrain import Learned, learn
from icpfit.models.results import Backtest
from icpfit.scorecard.folds import later_rows
from icpfit.simulate import simulate_company, write_company
from icpfit.simulate.company import BOUGHT
from icpfit.simulate.limit import logistic_scores, share
from icpfit.simulate.timeline import Floats
from icpfit.sources.files import write_text
from icpfit.sources.propose import propose
from icpfit.training_set import joint_labels_for

NEWEST = 3
"""quarters of ``newest_…``: their models had about as many deals to learn from as the final one"""


def measure(seed: int, *, accounts: int, null: bool) -> dict[str, Any]:
    """One company: verdict and evidence, and the AUCs where there is a signal."""
    started = time.perf_counter()
    company = simulate_company(accounts=accounts, seed=seed, null=null)
    with tempfile.TemporaryDirectory() as folder:
        data, config_path = Path(folder) / "data", Path(folder) / "company.yaml"
        write_company(company, data)
        write_text(config_path, propose(data, out=config_path).yaml_text)
        opened = open_source(load_config(config_path))
        learned = learn(opened, opened.moment(None))
    win = learned.metrics["win"]
    row: dict[str, Any] = {
        "seed": seed,
        "null": null,
        "verdict": learned.metrics["verdict"],
        "retention": learned.metrics["retention"]["verdict"],
    }
    row["refused"] = [r["attribute"] for r in learned.metrics["refused"]]
    row["p_value"] = win["signal"]["p_value"] if win.get("signal") else None
    if learned.metrics["verdict"] == "signal" and not null:
        row |= shares(learned, company.truth["deals"].set_index("deal_id"), opened.config)
        row |= staying(learned, company.truth["customers"].set_index("deal_id"))
        row |= of_cards(opened, learned, company.truth["deals"].set_index("deal_id"))
    row["seconds"] = round(time.perf_counter() - started, 1)
    return row


def shares(learned: Learned, truth: Any, config: Any) -> dict[str, Any]:
    """AUCs on the backtest's own rows."""
    truth = truth.drop(columns=["p_retain_fit", "under_30"])
    training, result = learned.training["win"], learned.results["win"]
    assert result.backtest is not None
    known = truth.loc[training.frame["deal_id"]]
    form = known.filter(like="x_").to_numpy(np.float64)
    limit = limit_of(result.backtest, form)
    tested = result.backtest.predictions
    rows, label = tested["row"].to_numpy(int), tested["label"].to_numpy(int)
    read = later_rows((training, result), None, training.label.astype(float), config.scorecard, config.training.seed)
    auc_truth = roc_auc_score(label, known["p_win"].to_numpy()[rows])
    out: dict[str, Any] = {"rows": len(rows), "auc_truth": auc_truth}
    named = {
        "limit": limit[rows],
        "model": tested["probability"],
        "logistic": tested["logistic"],
        "firmographic": tested["firmographic_only"],
    }
    for name, score in named.items():
        out[f"auc_{name}"] = roc_auc_score(label, score)
    out["auc_card"] = roc_auc_score(training.label[read.row], read.card)
    shared = {f"share_{n}": share(out[f"auc_{n}"], auc_truth) for n in (*named, "card")}
    out |= shared
    out["model_of_limit"] = shared["share_model"] / shared["share_limit"]
    out["card_of_limit"] = shared["share_card"] / shared["share_limit"]
    chance = known["p_win_fit"].to_numpy() / (known["p_win_fit"] + (1 - known["p_win_fit"]) * (1 - BOUGHT)).to_numpy()
    best = expected_auc(chance[rows], chance[rows])
    model, limit_ = (share(expected_auc(np.asarray(named[n]), chance[rows]), best) for n in ("model", "limit"))
    card_best, at = expected_auc(chance[read.row], chance[read.row]), read.row
    out["expected_model_of_limit"] = model / limit_
    out["expected_card_of_limit"] = share(expected_auc(read.card, chance[at]), card_best) / share(
        expected_auc(limit[at], chance[at]), card_best
    )
    newest = np.isin(tested["fold"], [f.name for f in result.backtest.folds[-NEWEST:]])
    auc = {n: roc_auc_score(label[newest], np.asarray(v)[newest]) for n, v in {**named, "truth": known["p_win"].to_numpy()[rows]}.items()}
    out["newest_model_of_limit"] = share(auc["model"], auc["truth"]) / share(auc["limit"], auc["truth"])
    out["slope"] = result.backtest.metrics.calibration_slope
    out["newest_training_rows"] = len(result.backtest.folds[-NEWEST].train)
    out["depth"] = result.model.parameters["max_depth"] if result.model else None
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in out.items()}


def of_cards(opened: Opened, learned: Learned, truth: Any) -> dict[str, Any]:
    """What the cards hold, and the card of winning and staying beside its limit."""
    win = learned.training["win"], learned.results["win"]
    out: dict[str, Any] = {"cards": {kind: held(card) for kind, card in learned.cards.items()}}
    if "icp" in learned.cards and opened.warehouse is not None:
        keep = learned.training["retention"], learned.results["retention"]
        label = joint_labels_for(opened.warehouse, opened.config, win[0], learned.as_of)
        found = joint_shares(win, keep, label, truth, opened.config)
        out |= {k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()}
    return out


def staying(learned: Learned, truth: Any) -> dict[str, Any]:
    """AUC of who stays, of the model and of its limit, on the outcomes and on the chances."""
    training, result = learned.training["retention"], learned.results["retention"]
    if result.backtest is None:
        return {}
    known = truth.loc[training.frame["deal_id"]]
    # a customer that a deep discount bought teaches nothing, so the limit needs no term for it
    form = known[[c for c in known if c.startswith("x_") and c != "x_deep_discount"]].to_numpy(np.float64)
    tested = result.backtest.predictions
    rows, label = tested["row"].to_numpy(int), tested["label"].to_numpy(int)
    limit, chance = limit_of(result.backtest, form)[rows], known["p_retain"].to_numpy()[rows]
    model = tested["probability"].to_numpy()
    return {
        "stay_rows": len(rows),
        "stay_truth": round(expected_auc(chance, chance), 4),
        "stay_limit": round(float(roc_auc_score(label, limit)), 4),
        "stay_model": round(float(roc_auc_score(label, model)), 4),
        "stay_expected_limit": round(expected_auc(limit, chance), 4),
        "stay_expected_model": round(expected_auc(model, chance), 4),
        "stay_slope": result.backtest.metrics.calibration_slope,
    }


def limit_of(backtest: Backtest, form: Floats) -> Floats:
    """Chances by a logistic regression given the true form, at each fold's origin; NaN in rows that none tests."""
    limit = np.full(len(form), np.nan)
    for fold in backtest.folds:
        limit[fold.test] = logistic_scores(form[fold.train], fold.train_labels.astype(np.int8), form[fold.test])
    return limit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--accounts", type=int, default=6_000)
    parser.add_argument("--null", action="store_true")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    rows = json.loads(asked.out.read_text()) if asked.out and asked.out.exists() else []
    for seed in asked.seeds:
        if any(r["seed"] == seed and r["null"] == asked.null for r in rows):
            continue
        rows.append(measure(seed, accounts=asked.accounts, null=asked.null))
        print(json.dumps(rows[-1]), flush=True)
        if asked.out:
            write_text(asked.out, json.dumps(rows, indent=1) + "\n")
    done = [r for r in rows if "model_of_limit" in r]
    if done:
        shown = ("model_of_limit", "newest_model_of_limit", "card_of_limit", "share_limit", "share_logistic", "share_firmographic")
        for name in ("expected_model_of_limit", "expected_card_of_limit", *shown):
            print(f"{name}: mean {np.mean([r[name] for r in done]):.3f}, lowest {min(r[name] for r in done):.3f}", file=sys.stderr)
        joint = [r for r in done if "joint_card" in r]
        for name in ("model", "card") if joint else ():
            drawn = np.mean([(r[f"joint_{name}"] - 0.5) / (r["joint_limit"] - 0.5) for r in joint])
            true = np.mean([r[f"joint_share_{name}"] / r["joint_share_limit"] for r in joint])
            print(f"winning and staying, {name} of the limit: {drawn:.3f} on the outcomes, {true:.3f} on the chances", file=sys.stderr)
        for kind in ("win", "icp", "retention"):
            cards = [r["cards"][kind] for r in done if kind in r["cards"]]
            if cards:
                ranks = [c["spearman"] for c in cards]
                words = f"Spearman to the model, mean {np.mean(ranks):.3f}, lowest {min(ranks):.3f}"
                most = f"most points of industry {max(c['industry'] for c in cards)}, of noise {max(c['noise'] for c in cards)}"
                print(f"{kind} card: {words}; {most}; missing: {[c['missing'] for c in cards]}", file=sys.stderr)
        inside = sum(0.85 <= r["slope"] <= 1.15 for r in done)
        print(f"slope of winning in [.85, 1.15]: {inside} of {len(done)}", file=sys.stderr)
        stay = [r for r in done if "stay_model" in r]
        for words, middle in (("outcomes", ""), ("chances", "expected_")):
            gaps = [r[f"stay_{middle}limit"] - r[f"stay_{middle}model"] for r in stay]
            if gaps:
                print(f"staying, AUC below its limit on the {words}: mean {np.mean(gaps):.4f}, most {max(gaps):.4f}", file=sys.stderr)


if __name__ == "__main__":
    main()

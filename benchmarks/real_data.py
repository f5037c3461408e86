"""Public data sets through the commands that a user runs; the results become docs/real-data.md.

    ICPFIT_REAL_DATA=/path/to/data python benchmarks/real_data.py --workspace /tmp/real [--only telco …] [--write]

Each set runs ``icpfit check``, ``retrain``, ``approve`` (where there is something to approve) and
``score`` as separate processes. Nothing of the data is kept in the repository.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "configs" / "examples"
OLIST_WINDOW_DAYS = 60


@dataclass(frozen=True)
class Public:
    """A public set: its configuration, where its target list comes from, and what it is called in public."""

    name: str
    origin: str
    targets: str
    as_of: str | None = None


SETS = (
    Public("ibm_sales_win_loss", "IBM Watson Analytics sample “Sales Win-Loss”", "ibm_sales_win_loss/WA_Fn-UseC_-Sales-Win-Loss.csv"),
    Public("maven_crm", "Maven Analytics “CRM Sales Opportunities”", "maven_crm/accounts.csv"),
    Public("olist", "Kaggle “Marketing Funnel by Olist”", "", "2018-08-01"),
    Public("bank_marketing", "UCI “Bank Marketing” (bank-additional-full)", "uci_bank_marketing/bank-additional-full.csv"),
    Public("telco", "IBM sample “Telco Customer Churn”", "telco_ibm/WA_Fn-UseC_-Telco-Customer-Churn.csv"),
    Public("x_education", "“X Education” lead-scoring case study", "x_education/Leads.csv"),
)


def run(public: Public, data: Path, workspace: Path) -> dict[str, Any]:
    """All commands on one set; raises when one of them leaves with 2."""
    folder = workspace / public.name
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / f"{public.name}.yaml"
    shutil.copy(EXAMPLES / f"{public.name}.yaml", config)
    targets = folder / "targets.csv"
    if public.name == "olist":
        join_olist(data / "olist", folder / "olist_funnel.csv")
        pd.read_csv(folder / "olist_funnel.csv", dtype=str).head(200).to_csv(targets, index=False)
    else:
        separator = ";" if public.name == "bank_marketing" else ","
        listed = pd.read_csv(data / public.targets, dtype=str, sep=separator, keep_default_na=False).head(200)
        if public.name == "bank_marketing":
            listed.insert(0, "account_id", [f"call {i}" for i in range(1, len(listed) + 1)])
        if public.name == "maven_crm":
            listed = listed.rename(columns={"account": "account_id"})
        listed.to_csv(targets, index=False)
    common = ["--config", str(config), *(["--as-of", public.as_of] if public.as_of else [])]
    place = ["--workspace", str(folder)]
    started = time.perf_counter()
    report: dict[str, Any] = {"check": icpfit("check", *common, "--json")}
    report["retrain"] = icpfit("retrain", *common, *place, "--json")
    report["seconds"] = time.perf_counter() - started
    if report["retrain"]["registered"]:
        icpfit(
            "approve",
            report["retrain"]["version"],
            "--by",
            "benchmark",
            "--override",
            "a benchmark, not a company",
            *common[:2],
            *place,
            "--json",
        )
        report["score"] = icpfit("score", str(targets), "--out", str(folder / "scored.csv"), *common, *place, "--json")
    return report


def icpfit(*arguments: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "icpfit", *arguments], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"icpfit {' '.join(arguments)}\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def join_olist(folder: Path, out: Path) -> None:
    """One row per lead: won when its deal was signed within sixty days of the first contact."""
    leads = pd.read_csv(folder / "olist_marketing_qualified_leads_dataset.csv", parse_dates=["first_contact_date"])
    deals = pd.read_csv(folder / "olist_closed_deals_dataset.csv", usecols=["mql_id", "won_date"], parse_dates=["won_date"])
    both = leads.merge(deals, on="mql_id", how="left", validate="1:1")
    won = (both["won_date"] - both["first_contact_date"]).dt.days <= OLIST_WINDOW_DAYS
    both = both.assign(result=won.map({True: "won", False: "not won"})).drop(columns="won_date")
    both.sort_values(["first_contact_date", "mql_id"]).to_csv(out, index=False)


def row_of(public: Public, report: dict[str, Any]) -> str:
    learned = report["retrain"]
    one = learned["win"] or learned["retention"]
    rows = learned["rows"].get("deals") or learned["rows"]["flat"]
    used = f"{one['training']['used']:,} of {rows['in']:,}"
    refused = ", ".join(dict.fromkeys(r["attribute"] for r in learned["refused"])) or "none"
    if "auc" in one:
        interval = f"{one['auc']:.3f} ({one['auc_low']:.3f} to {one['auc_high']:.3f})"
        unseen = "unseen accounts" + (" (no dates)" if learned["timing"] == "none" else " (history too short)")
        tested = {"dated": "later deals", "ordered": "later rows"}[learned["timing"]] if one["forward"] else unseen
        others = [f"{one['baselines'][b]['auc']:.3f}" if b in one["baselines"] else "—" for b in ("logistic", "firmographic_only")]
    else:
        interval, tested, others = "—", "—", ["—", "—"]
    cells = [
        public.name,
        used,
        one["evidence"]["level"],
        learned["verdict"],
        refused,
        interval,
        *others,
        tested,
        f"{report['seconds']:.0f} s",
    ]
    return "| " + " | ".join(cells) + " |"


def page(reports: dict[str, dict[str, Any]]) -> str:
    lines = [
        "# Public data through the same commands",
        "",
        "Made by `ICPFIT_REAL_DATA=… python benchmarks/real_data.py --workspace DIR --write` on two cores. AUC with its 90 % interval, on",
        "rows that the model had not seen: later ones where the set has time, and always within one period (a base rate that moves earns",
        "nothing). Logistic regression and the firmographics-only model stand on the same folds. Time: `check` and `retrain`.",
        "",
        "| set | rows that teach | evidence | verdict | refused | AUC | logistic | firmographics only | tested on | time |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [row_of(p, reports[p.name]) for p in SETS if p.name in reports]
    lines += ["", "## What each run said, and its command", ""]
    for public in SETS:
        if public.name not in reports:
            continue
        learned = reports[public.name]["retrain"]
        one = learned["win"] or learned["retention"]
        moment = f" --as-of {public.as_of}" if public.as_of else ""
        lines += [f"### {public.name}: {public.origin}", "", f"    icpfit retrain --config configs/examples/{public.name}.yaml{moment}", ""]
        lines += [learned["words"], ""]
        rows = learned["rows"].get("deals") or learned["rows"]["flat"]
        lines += [f"* {n:,} rows left out: {reason}" for reason, n in {**rows["left_out"], **one["training"]["left_out"]}.items()]
        lines += [f"* {note}" for note in learned["notes"]]
        lines += [f"* refused: {r['attribute']}: {r['reason']}" for r in learned["refused"]]
        lines += [f"* suspect: {r['attribute']}: {r['reason']}" for r in learned["suspects"]]
        if "score" in reports[public.name]:
            scored = reports[public.name]["score"]
            lines += [
                f"* scored: {scored['rows_scored']:,} of the first {scored['rows_in']:,} rows; rejected: {scored['reasons'] or 'none'}"
            ]
        lines += [""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=[p.name for p in SETS])
    parser.add_argument("--write", action="store_true", help="write docs/real-data.md")
    asked = parser.parse_args()
    data = Path(os.environ["ICPFIT_REAL_DATA"])
    kept = asked.workspace / "reports.json"
    reports: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    for public in SETS:
        if asked.only and public.name not in asked.only:
            continue
        reports[public.name] = run(public, data, asked.workspace)
        print(row_of(public, reports[public.name]), flush=True)
        kept.write_text(json.dumps(reports, indent=1))
    if asked.write:
        (ROOT / "docs" / "real-data.md").write_text(page(reports))


if __name__ == "__main__":
    main()

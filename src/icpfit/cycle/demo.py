"""The whole cycle on the demo company, as a newcomer sees it first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icpfit.config import FolderSource, load_config
from icpfit.cycle.opened import open_source
from icpfit.cycle.paper import document_champion
from icpfit.cycle.report import tested_words
from icpfit.cycle.retrain import retrain, retrain_report
from icpfit.cycle.score_list import score_list
from icpfit.errors import ConfigError
from icpfit.registry import Workspace, approve
from icpfit.simulate import simulate_company, write_company

DEMO_SEED = 7


@dataclass(frozen=True)
class DemoReport:
    values: Mapping[str, Any]
    lines: list[str]


def run_demo(config_path: Path, workspace_path: Path, progress: Callable[[str], None]) -> DemoReport:
    """Simulate the company that the configuration names, learn, sign off as "demo", score, document."""
    config = load_config(config_path)
    if not isinstance(config.source, FolderSource):
        raise ConfigError(f"{config_path}: the demo needs a source of kind folder", hint="use configs/demo.yaml")
    data, workspace = config.source.path.resolve(), Workspace(workspace_path)
    progress(f"simulating a company in {data}")
    write_company(simulate_company(seed=DEMO_SEED), data)
    opened = open_source(config)
    as_of = opened.moment(None)
    learned = retrain(opened, workspace, as_of, progress)
    report = retrain_report(learned)
    if learned.bundle is None:
        return DemoReport(report, [f"verdict: {report['verdict']}. {report['words']}"])
    approve(workspace, learned.version, "demo", note="the demo company's first champion")
    out = data.parent
    progress("scoring the target list")
    scored = score_list(opened, workspace, data / "target_list.csv", out / "scored.csv", as_of=as_of)
    written = document_champion(opened, workspace, as_of, out / "document")
    card = workspace.path / "models" / learned.version / "scorecard.json"
    lines = [
        f"verdict: {report['verdict']}. {report['words']}",
        *_figures(report),
        f"ICP document:  {written[0]}",
        f"scorecard:     {card}",
        f"scored list:   {scored['out']} ({scored['rows_scored']:,} accounts)",
        f"not scored:    {scored['rejected']} ({scored['rows_rejected']:,} rows, each with its reason)",
    ]
    return DemoReport({**report, "scored": scored, "documents": [str(p) for p in written], "scorecard_file": str(card)}, lines)


def _figures(report: Mapping[str, Any]) -> list[str]:
    lines = []
    for outcome in ("win", "retention"):
        one = report[outcome]
        if one and "auc" in one:
            alone = one["baselines"].get("firmographic_only", {}).get("auc")
            beside = f", firmographics alone {alone:.3f}" if alone is not None else ""
            lines.append(
                f"{outcome}: AUC {one['auc']:.3f} ({one['auc_low']:.3f} to {one['auc_high']:.3f}) {tested_words(one)}, "
                f"logistic regression {one['baselines']['logistic']['auc']:.3f}{beside}; "
                f"the best tenth holds {one['lift_10']:.1f} times as many as a tenth drawn by lot"
            )
    card = report["scorecard"]
    lines.append(f"scorecard: {card['attributes']} attributes, AUC {card['auc_card']:.3f} beside the model's {card['auc_model']:.3f}")
    return lines

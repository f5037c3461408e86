"""The sets: each becomes a training set as icpfit makes it, and the rows, folds and labels of it a folder of plain files."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from real_data import EXAMPLES, join_olist

from icpfit.config import Config, TrainingSettings, load_config
from icpfit.cycle.opened import open_source
from icpfit.models.fit import fit_outcome
from icpfit.models.folds import Fold, FoldPlan, group_of, plan_folds, sample_accounts
from icpfit.models.leakage import find_leaks
from icpfit.models.matrix import Matrix, build_matrix
from icpfit.models.results import Refusal
from icpfit.simulate import simulate_company, write_company
from icpfit.sources.files import write_text
from icpfit.sources.propose import propose
from icpfit.training_set import TrainingSet
from icpfit.versioning import code_version

PUBLIC = {
    "ibm_sales_win_loss": "IBM sales",
    "olist": "Olist",
    "bank_marketing": "UCI bank",
    "telco": "Telco",
    "x_education": "X Education",
    "maven_crm": "Maven CRM",
}
SIMULATED = {"simulated_11": 11, "simulated_12": 12}
NAMES = (*PUBLIC, *SIMULATED)
AS_OF = {"olist": "2018-08-01"}


@dataclass(frozen=True)
class Prepared:
    """A set as icpfit sees it, and the folder of what a peer sees. ``key`` names the content of that folder."""

    name: str
    folder: Path
    training: TrainingSet
    settings: TrainingSettings
    refused: tuple[Refusal, ...]
    matrix: Matrix
    plan: FoldPlan
    rows_before: int
    key: str


def prepare(name: str, workspace: Path, data: Path | None, *, rows: int, accounts: int, trials: int) -> Prepared:
    """Read, sampled where there are more than ``rows``, freed of leaks, cut into folds and written down."""
    folder = workspace / name
    folder.mkdir(parents=True, exist_ok=True)
    return prepare_from(_configuration(name, folder, data, accounts), name, folder, rows=rows, trials=trials)


def prepare_from(config: Config, name: str, folder: Path, *, rows: int, trials: int) -> Prepared:
    """The same for a set that has its configuration."""
    opened = open_source(config, AS_OF.get(name))
    outcome = opened.outcomes[0]
    training = opened.training_set(outcome, opened.moment(AS_OF.get(name)))
    before = len(training.frame)
    training = sampled(training, rows, config.training.seed)
    settings = config.training.model_copy(update={"trials": trials})
    refused = find_leaks(training, settings.allow).refused
    matrix, _ = build_matrix(training, frozenset(r.attribute for r in refused))
    plan = plan_folds(matrix, settings)
    if plan is None:
        raise SystemExit(f"{name}: no fold can be made")
    return Prepared(name, folder, training, settings, refused, matrix, plan, before, export(matrix, plan, settings, folder))


def _configuration(name: str, folder: Path, data: Path | None, accounts: int) -> Config:
    path = folder / f"{name}.yaml"
    if name in SIMULATED:
        if not path.exists():
            write_company(simulate_company(accounts=accounts, seed=SIMULATED[name]), folder / "data")
            write_text(path, propose(folder / "data", out=path).yaml_text)
        return load_config(path)
    if data is None:
        raise SystemExit(f"{name} is a public set: set ICPFIT_REAL_DATA to the folder that holds it, or ask for other sets with --sets")
    shutil.copy(EXAMPLES / f"{name}.yaml", path)
    if name == "olist":
        join_olist(data / "olist", folder / "olist_funnel.csv")
    return load_config(path)


def sampled(training: TrainingSet, most: int, seed: int) -> TrainingSet:
    """All rows, or those of accounts (of deals, where no account is named) drawn by a hash until there are ``most``."""
    n = len(training.frame)
    if n <= most:
        return training
    account = training.frame["account_id"]
    unit = account.where(account.notna() & (account != ""), training.frame["deal_id"]).to_numpy(object)
    place = group_of(unit, 2**62, seed, "benchmark")
    kept = np.flatnonzero(place < np.sort(place)[most])
    return dataclasses.replace(
        training,
        frame=training.frame.iloc[kept].reset_index(drop=True),
        position=training.position[kept],
        labels_at=lambda moment: training.labels_at(moment)[kept],
        amount=training.amount[kept],
        considered=len(kept) + sum(training.left_out.values()),
    )


def export(matrix: Matrix, plan: FoldPlan, settings: TrainingSettings, folder: Path) -> str:
    """Write what ``model_contestants.peers`` reads; the hash of it."""
    X = pd.DataFrame(matrix.X, columns=list(matrix.names))
    for name, texts in matrix.encoding.categories.items():
        words = np.array([*texts, None], dtype=object)
        X[name] = pd.Series(words[np.nan_to_num(X[name].to_numpy(), nan=-1).astype(int)], dtype=object)
    X.to_parquet(folder / "X.parquet", index=False)
    pd.DataFrame({"account": matrix.account}).to_parquet(folder / "rows.parquet", index=False)
    kept = sample_accounts(matrix, settings.max_rows_tuning, settings.seed)
    tuning = plan.tuning if kept.all() else tuple(f.within(kept) for f in plan.tuning)
    parts = [_part("tuning", f, matrix.y[f.test]) for f in tuning]
    parts += [_part("test", f, np.full(len(f.test), np.nan)) for f in plan.backtest]
    pd.concat(parts, ignore_index=True).to_parquet(folder / "folds.parquet", index=False)
    names = ("X.parquet", "rows.parquet", "folds.parquet")
    return hashlib.sha256(b"".join((folder / n).read_bytes() for n in names)).hexdigest()[:16]


def _part(purpose: str, fold: Fold, test_labels: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "purpose": purpose,
            "fold": fold.name,
            "side": np.repeat(["train", "test"], [len(fold.train), len(fold.test)]),
            "row": np.concatenate([fold.train, fold.test]),
            "label": np.concatenate([fold.train_labels, test_labels]),
        }
    )


def run_ours(prepared: Prepared) -> dict[str, Any]:
    """icpfit's whole fit of the outcome: its choice of attributes and settings, every fold, the test for signal, the final model."""
    began = time.perf_counter()
    result = fit_outcome(prepared.training, prepared.settings, refused=prepared.refused)
    seconds = time.perf_counter() - began
    if result.backtest is None:
        raise SystemExit(f"{prepared.name}: {result.words}")
    seen = result.backtest.predictions
    rows = prepared.matrix.places(seen["row"].to_numpy())
    if not np.array_equal(rows, np.concatenate([f.test for f in prepared.plan.backtest])):
        raise ValueError("icpfit tested other rows than the peers are given")
    answer = pd.DataFrame({"row": rows, "probability": seen["probability"].to_numpy()})
    answer.to_parquet(prepared.folder / "ours.parquet", index=False)
    newest = result.backtest.folds[-1].model
    return {
        "seconds": seconds,
        "verdict": result.verdict,
        "attributes": len(newest.encoding.columns),
        "depth": int(newest.parameters["max_depth"]),
    }


def described(prepared: Prepared) -> dict[str, Any]:
    """What the page says of the set."""
    plan, matrix = prepared.plan, prepared.matrix
    return {
        "title": PUBLIC.get(prepared.name, prepared.name.replace("_", " seed ")),
        "rows": len(matrix),
        "rows_before": prepared.rows_before,
        "attributes": len(matrix.names),
        "refused": [r.attribute for r in prepared.refused],
        "forward": plan.forward,
        "folds": len(plan.backtest),
        "tested": int(sum(len(f.test) for f in plan.backtest)),
        "tuned": bool(plan.tuning),
        "rates": [(float(f.train_labels.mean()), float(matrix.y[f.test].mean())) for f in plan.backtest],
        "key": prepared.key,
        "code": code_version(),
    }


def truth(prepared: Prepared) -> dict[str, np.ndarray]:
    """What became of the rows that are tested, in the order of every answer."""
    folds, matrix = prepared.plan.backtest, prepared.matrix
    rows = np.concatenate([f.test for f in folds])
    stratum = np.concatenate([np.full(len(f.test), k) for k, f in enumerate(folds)])
    return {"row": rows, "label": matrix.y[rows], "account": matrix.account[rows], "stratum": stratum}


def kept_figures(path: Path, key: dict[str, Any]) -> dict[str, Any] | None:
    """What an earlier run wrote down, if it was asked the same."""
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text())
    return found if found.get("asked") == key else None

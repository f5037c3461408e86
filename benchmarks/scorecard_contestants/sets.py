"""The sets: those of the models' benchmark, one of scikit-learn's, and one whose only strong driver is two attributes together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from model_contestants.sets import PUBLIC, SIMULATED, Prepared, prepare, prepare_from
from sklearn.datasets import load_breast_cancer

from icpfit.config import load_config
from icpfit.sources.files import write_text

FROM_MODELS = ("x_education", "telco", "ibm_sales_win_loss", "simulated_11")
MADE = {"breast_cancer": "breast cancer", "and_gate": "AND-gate"}
NAMES = (*FROM_MODELS, *MADE)
TITLES = {**PUBLIC, **{n: n.replace("_", " seed ") for n in SIMULATED}, **MADE}
GATE_ROWS = 4_000


def prepared(name: str, workspace: Path, data: Path | None, *, rows: int, accounts: int, trials: int) -> Prepared:
    if name not in MADE:
        return prepare(name, workspace, data, rows=rows, accounts=accounts, trials=trials)
    folder = workspace / name
    folder.mkdir(parents=True, exist_ok=True)
    table = breast_cancer() if name == "breast_cancer" else and_gate(min(rows, GATE_ROWS))
    return flat(name, table, folder, rows=rows, trials=trials)


def flat(name: str, table: pd.DataFrame, folder: Path, *, rows: int, trials: int) -> Prepared:
    """A table of attributes and ``result`` (won or lost), one deal a row, without times: groups of deals are tested in turn."""
    table.assign(id=[f"D-{i:05d}" for i in range(len(table))]).to_csv(folder / f"{name}.csv", index=False)
    listed = "\n".join(f"      - {c}" for c in table if c != "result")
    text = f"""company: {name}
source:
  kind: flat
  path: {folder.resolve() / name}.csv
  separator: ','
  outcome: win
  columns: {{id: id, result: result, positive: [won], negative: [lost]}}
  missing: []
  layers:
    firmographic:
{listed}
    technographic: []
    behavioral: []
    intent: []
"""
    path = folder / f"{name}.yaml"
    write_text(path, text)
    return prepare_from(load_config(path), name, folder, rows=rows, trials=trials)


def breast_cancer() -> pd.DataFrame:
    """569 tumours, 30 measures of each, many of them twins; benign counts as won."""
    found = load_breast_cancer()
    table = pd.DataFrame(found.data, columns=[str(c).replace(" ", "_") for c in found.feature_names])
    return table.assign(result=np.where(found.target == 1, "won", "lost"))


def and_gate(rows: int, seed: int = 7) -> pd.DataFrame:
    """Twelve numbers, two of them twins, and a text: three tell by themselves a little, two only together."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 12))
    x[:, 6] = x[:, 0] + 0.5 * rng.normal(size=rows)
    text = rng.choice(["north", "east", "south", "west"], rows, p=[0.4, 0.3, 0.2, 0.1])
    gate = (x[:, 3] > -0.2) & (x[:, 4] > 0.1)
    odds = -1.8 + 0.6 * x[:, 0] - 0.5 * x[:, 1] + 0.5 * (np.abs(x[:, 2]) > 1) + 0.4 * (text == "south") + 2.5 * gate
    won = rng.random(rows) < 1 / (1 + np.exp(-odds))
    numbers = pd.DataFrame(x.round(3), columns=[f"x_{j:02d}" for j in range(12)])
    return numbers.assign(area=text, result=np.where(won, "won", "lost"))

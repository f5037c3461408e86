"""Champions that were really trained, and deals of the same law that they did not know: are what they said then and say now alike?"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from icpfit.bundle import Bundle
from icpfit.cycle.opened import open_config
from icpfit.cycle.retrain import learn
from icpfit.drift.answered import Answered
from icpfit.drift.icp import icp_findings
from icpfit.drift.model import model_findings
from icpfit.drift.unseen import then_of

LAYERS = {
    "firmographic": ["employees", "industry", "region", "noise"],
    "technographic": ["warehouse"],
    "behavioral": ["views", "trial"],
}
COLUMNS = {"id": "deal", "result": "result", "positive": ["Won"], "negative": ["Lost"], "created_at": "created", "closed_at": "closed"}
ALPHA = 0.05


def deals(n: int, seed: int, start: str, days: int, *, level: float = 0.0, warehouse: float = 1.0) -> pd.DataFrame:
    """What a company's wins are made of, one attribute that says nothing among it; ``warehouse`` is what one is worth, in log-odds."""
    rng = np.random.default_rng(seed)
    employees = np.round(np.exp(rng.normal(4.3, 1.2, n))) + 1
    has, trial, views = rng.random(n) < 0.4, rng.random(n) < 0.5, rng.poisson(2, n)
    true = -1.6 + level + warehouse * has + 0.175 * views + 0.8 * trial - 0.4 * np.abs(np.log(employees) - 4.4)
    created = pd.Timestamp(start) + pd.to_timedelta(np.sort(rng.random(n)) * days, unit="D")
    closed = created + pd.to_timedelta(np.minimum(rng.gamma(3, 12, n), 75), unit="D")
    return pd.DataFrame(
        {
            "deal": [f"D{seed}-{i}" for i in range(n)],
            "created": created.strftime("%Y-%m-%d"),
            "closed": closed.strftime("%Y-%m-%d"),
            "result": np.where(rng.random(n) < 1 / (1 + np.exp(-true)), "Won", "Lost"),
            "employees": employees.astype(int),
            "industry": rng.choice(["Software", "Retail", "Media", "Health", "Finance"], n),
            "warehouse": np.where(has, "yes", "no"),
            "views": views,
            "region": rng.choice(["NA", "EMEA", "APAC"], n),
            "trial": np.where(trial, "yes", "no"),
            "noise": rng.normal(size=n).round(3),
        }
    )


def champion(folder, n: int, seed: int) -> Bundle | None:
    deals(n, seed, "2024-01-01", 365).to_csv(folder / "deals.csv", index=False)
    source = {"kind": "flat", "path": "deals.csv", "columns": COLUMNS, "layers": LAYERS}
    training = {"trials": 1, "permutations": 199, "bootstrap": 50}
    (folder / "acme.yaml").write_text(yaml.safe_dump({"company": "Acme", "source": source, "training": training}))
    opened = open_config(folder / "acme.yaml")
    return learn(opened, opened.moment(None)).bundle


def answered(bundle: Bundle, frame: pd.DataFrame) -> Answered:
    """What the champion says of them, as ``icpfit.cycle.asked`` asks it."""
    columns = {s.name: frame[s.column or s.name] for s in bundle.specs}
    kinds = {"number": lambda c: c.astype(float), "category": lambda c: c.astype(object), "flag": lambda c: (c == "yes").astype(float)}
    features = pd.DataFrame({s.name: kinds[s.kind](columns[s.name]) for s in bundle.specs})
    scored = bundle.card.score(features)
    return Answered(
        deal_id=frame["deal"].to_numpy(object),
        account=frame["deal"].to_numpy(object),
        created=pd.to_datetime(frame["created"]).to_numpy().astype("datetime64[us]").astype(np.int64),
        good=(frame["result"] == "Won").to_numpy(),
        probability=bundle.win.probability(features),
        points=scored["points"].to_numpy(np.int64),
        tier=scored["tier"].to_numpy(object),
        parts=bundle.card.parts_of(features),
    )


def asked(bundle: Bundle, n: int, seed: int, **law: float) -> tuple[set[str], set[str]]:
    """Codes of the model's and of the profile's alarms; an attribute's with its words."""
    then, now = then_of(bundle.unseen, "win"), answered(bundle, deals(n, seed, "2025-01-01", 90, **law))
    model = model_findings("win", then, now, alpha=ALPHA, seed=seed)
    profile = icp_findings(bundle.card, then, now, alpha=ALPHA, seed=seed)
    return tuple({f"{f.code} {f.subject}" for f in part if f.alarm} for part in (model, profile))


@pytest.mark.verify
@pytest.mark.parametrize("rows", [500, 1_000])
def test_with_no_change_champions_that_were_trained_are_silent_and_with_one_they_are_not(tmp_path, rows):
    """At 60 to 20,000 new deals; their own errors, and those of the models before them, are not called drift."""
    silent: dict[int, Counter[str]] = {n: Counter() for n in (60, 200, 1_000, 20_000)}
    hits: Counter[str] = Counter()
    champions = 0
    for k in range(150):
        bundle = champion(tmp_path, rows, 10_000 + k)
        if bundle is None:
            continue
        champions += 1
        for n, told in silent.items():
            model, profile = asked(bundle, n, 1_000_000 + 10 * k)
            told.update(model=bool(model), profile=bool(profile))
        hits["fallen"] += "MODEL-WINRATE win rate" in asked(bundle, 1_000, 2_000_000 + k, level=-0.6)[0]
        hits["lost"] += "ICP-POINTS Warehouse" in asked(bundle, 3_000, 3_000_000 + k, warehouse=-0.3)[1]
    assert champions >= 100
    for n, told in silent.items():
        for part in ("model", "profile"):
            assert stats.binomtest(told[part], champions, ALPHA, alternative="greater").pvalue >= 0.01, (n, part, told, champions)
    if rows == 1_000:
        assert hits["fallen"] >= 0.8 * champions
        assert hits["lost"] >= 0.3 * champions, hits

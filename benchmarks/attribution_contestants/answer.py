"""One contestant in a process of its own: ``python -m attribution_contestants.answer NAME FOLDER --rows N``; prints its figures as JSON.

Each walks its rows once after a first small call, on one thread. ``FOLDER`` has model.txt and rows.parquet.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

CHECKED = 300
"""rows whose answer is kept, to be compared"""
Answer = Callable[[pd.DataFrame], Any]


def icpfit(booster: lgb.Booster, figures: dict[str, Any], *, reasons: bool) -> Answer:
    from icpfit.attribution import tables_of
    from icpfit.attribution.frame import columns_of

    began = time.perf_counter()
    tables = tables_of(booster)
    if tables is None:
        raise ValueError("no tables")
    figures |= {"tables": time.perf_counter() - began, "megabytes": tables.plan.table.nbytes / 1e6, "version": version("icpfit")}

    def answer(X: pd.DataFrame) -> Any:
        columns = columns_of(X, booster.num_feature(), booster.pandas_categorical)
        if columns is None:
            raise ValueError("the frame is not read")
        if reasons:
            return tables.top_reasons(columns, 5, threads=1, engine="numba")
        return tables.contributions(columns, threads=1, engine="numba")

    return answer


def by_lightgbm(booster: lgb.Booster, what: str) -> Answer:
    if what == "predict":
        return lambda X: booster.predict(X, raw_score=True, num_threads=1)
    if what == "contributions":
        return lambda X: booster.predict(X, pred_contrib=True, num_threads=1)

    def top(X: pd.DataFrame) -> Any:
        phi = np.asarray(booster.predict(X, pred_contrib=True, num_threads=1))
        order = np.argsort(-np.abs(phi[:, :-1]), axis=1, kind="stable")[:, :5]
        return order, np.take_along_axis(phi, order, axis=1), phi.sum(axis=1)

    return top


def by_peer(name: str, booster: lgb.Booster) -> Answer:
    if name == "shap":
        import shap

        return shap.TreeExplainer(booster).shap_values  # type: ignore[no-any-return]
    if name == "woodelf":
        from woodelf import WoodelfExplainer

        return WoodelfExplainer(booster).shap_values  # type: ignore[no-any-return]
    import fasttreeshap

    explainer = fasttreeshap.TreeExplainer(booster, algorithm="v2", n_jobs=1)
    return lambda X: explainer.shap_values(X, check_additivity=False)  # its own check fails where values are missing


def answerer(name: str, booster: lgb.Booster, figures: dict[str, Any]) -> Answer:
    if name.startswith("ours"):
        return icpfit(booster, figures, reasons=name == "ours_top")
    if name in ("predict", "contributions", "contributions_top"):
        figures["version"] = version("lightgbm")
        return by_lightgbm(booster, name)
    figures["version"] = version({"woodelf": "woodelf-explainer"}.get(name, name))
    return by_peer(name, booster)


def kept(name: str, found: Any) -> np.ndarray | None:
    """Contributions of the features alone, whatever form they come in."""
    if name == "predict" or name.endswith("_top"):
        return None
    phi = np.asarray(found[-1] if isinstance(found, list) else found, dtype=np.float64)
    return phi[:, :-1] if name in ("ours", "contributions") else phi


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, required=True)
    asked = parser.parse_args()
    booster = lgb.Booster(model_file=str(asked.folder / "model.txt"))
    X = pd.read_parquet(asked.folder / "rows.parquet").iloc[: asked.rows]
    figures: dict[str, Any] = {"rows": len(X)}
    answer = answerer(asked.name, booster, figures)
    began = time.perf_counter()
    phi = kept(asked.name, answer(X.iloc[:CHECKED]))
    figures["first"] = time.perf_counter() - began
    if phi is not None:
        np.save(asked.folder / f"{asked.name}.npy", phi)
    began = time.perf_counter()
    answer(X)
    figures["seconds"] = time.perf_counter() - began
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

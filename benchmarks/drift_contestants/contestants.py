"""Who is asked, each as its makers would have it used: two tables in, alarms with the features that they name out.

The peers' libraries are imported where they are asked, since each lives in an environment of its own.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import pandas as pd
from drift_contestants.correlations import correlations
from scipy import stats

Alarms = list[tuple[str, frozenset[str]]]
"""kind (feature, missing, correlation, whole; dataset: a second, coarser flag of the same answer) and the features that it names"""
Asked = Callable[[pd.DataFrame, pd.DataFrame], Alarms]

ALPHA = 0.05
PSI_CUT, PSI_BINS, LEAST = 0.2, 10, 1e-4


def ours(reference: pd.DataFrame, current: pd.DataFrame) -> Alarms:
    """icpfit.drift.compare, as it comes."""
    from icpfit.drift import compare

    kinds = {"DRIFT-FEATURE": "feature", "DRIFT-MISSING": "missing", "DRIFT-CORRELATION": "correlation", "DRIFT-WHOLE": "whole"}
    alarms = [f for f in compare(reference, current, alpha=ALPHA) if f.alarm]
    return [(kinds.get(f.code, "whole"), frozenset(_named(f.subject, f.words, set(reference.columns)))) for f in alarms]


def _named(subject: str, words: str, names: set[str]) -> set[str]:
    """The feature that a finding is about, or those that its words name."""
    return {subject} & names or {word.strip(".,;:()") for word in words.split()} & names


def raw(reference: pd.DataFrame, current: pd.DataFrame) -> Alarms:
    """Kolmogorov-Smirnov or chi-squared on the contingency table, each feature at 5 %."""
    return [("feature", frozenset({name})) for name, p in p_values(reference, current).items() if p <= ALPHA]


def ks_bh(reference: pd.DataFrame, current: pd.DataFrame) -> Alarms:
    """The same p-values after Benjamini-Hochberg."""
    p = p_values(reference, current)
    q = stats.false_discovery_control(list(p.values()))
    return [("feature", frozenset({name})) for name, value in zip(p, q, strict=True) if value <= ALPHA]


def p_values(reference: pd.DataFrame, current: pd.DataFrame) -> dict[str, float]:
    out = {}
    for name in reference:
        a, b = reference[name].dropna(), current[name].dropna()
        if _numeric(a):
            out[name] = float(stats.ks_2samp(a, b, method="asymp").pvalue)
            continue
        levels = pd.unique(pd.concat([a, b]))
        table = np.array([s.value_counts().reindex(levels, fill_value=0).to_numpy() for s in (a, b)])
        out[name] = float(stats.chi2_contingency(table, correction=False).pvalue) if len(levels) > 1 else 1.0
    return out


def psi(reference: pd.DataFrame, current: pd.DataFrame) -> Alarms:
    """Population stability index of any feature above .2: ten bins of the reference, or every level; gaps are a bin where there are any."""
    out = []
    for name in reference:
        a, b = reference[name], current[name]
        if _numeric(a):
            edges = np.unique(np.nanquantile(a.to_numpy(np.float64), np.arange(1, PSI_BINS) / PSI_BINS))
            a, b = (s.isna() * 1_000 + np.searchsorted(edges, s.to_numpy(np.float64), side="left") * s.notna() for s in (a, b))
        a, b = (s.astype(str) for s in (a, b))
        levels = pd.unique(pd.concat([a, b]))
        share = [np.maximum(s.value_counts(normalize=True).reindex(levels, fill_value=0).to_numpy(), LEAST) for s in (a, b)]
        if float(((share[1] - share[0]) * np.log(share[1] / share[0])).sum()) > PSI_CUT:
            out.append(("feature", frozenset({name})))
    return out


def evidently(reference: pd.DataFrame, current: pd.DataFrame) -> Alarms:
    """DataDriftPreset as it comes: every column whose test says drift, and the flag of the data set, which half of the columns raise."""
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    numbers = [c for c in reference if _numeric(reference[c])]
    data = DataDefinition(numerical_columns=numbers, categorical_columns=[c for c in reference if c not in numbers])
    sides = [Dataset.from_pandas(_texts(s), data_definition=data) for s in (current, reference)]
    metrics = Report([DataDriftPreset()]).run(*sides).dict()["metrics"]
    drifted, counted = [], None
    for metric in metrics:
        config, value = metric["config"], metric["value"]
        if config["type"].endswith("ValueDrift"):
            by_p = "p_value" in config["method"]
            if (value < config["threshold"]) if by_p else (value >= config["threshold"]):
                drifted.append(config["column"])
        else:
            counted = value
    if counted is None or int(counted["count"]) != len(drifted):
        raise ValueError(f"evidently counts {counted}, and its columns say {drifted}")
    flag: Alarms = [("dataset", frozenset(drifted))] if counted["share"] >= 0.5 else []
    return [*(("feature", frozenset({name})) for name in drifted), *flag]


def nannyml(reference: pd.DataFrame, current: pd.DataFrame) -> Alarms:
    """UnivariateDriftCalculator as it comes (Jensen-Shannon; thresholds from chunks of the reference as large as the current table)."""
    os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
    import nannyml as nml

    names = list(reference.columns)
    calculator = nml.UnivariateDriftCalculator(column_names=names, chunk_size=len(current)).fit(_texts(reference))
    table = calculator.calculate(_texts(current)).filter(period="analysis").to_df()
    return [("feature", frozenset({c[0]})) for c in table.columns if c[-1] == "alert" and bool(table[c].any())]


def _numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Flags as words, as a file would have them."""
    return frame.assign(**{c: frame[c].map({True: "yes", False: "no"}).astype(object) for c in frame if frame[c].dtype == bool})


CONTESTANTS: dict[str, Asked] = {
    "ours": ours,
    "ks_bh": ks_bh,
    "correlations": correlations,
    "raw": raw,
    "psi": psi,
    "evidently": evidently,
    "nannyml": nannyml,
}
LIBRARY = {"ours": "icpfit", "evidently": "evidently", "nannyml": "nannyml"}


def version_of(name: str) -> str:
    library = LIBRARY.get(name, "scipy")
    return f"{library} {version(library)}"


def ask(name: str, reference: pd.DataFrame, current: pd.DataFrame) -> Alarms:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CONTESTANTS[name](reference, current)

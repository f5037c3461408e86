"""What the pictures of a model show, as plain JSON values: attributions in log-odds, attributes and their values in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.attribution import contributions
from icpfit.config import FeatureSpec, Outcome
from icpfit.models.results import FittedModel
from icpfit.scorecard.card import Scorecard
from icpfit.scorecard.drafted import newest_rows
from icpfit.scorecard.material import sample_rows
from icpfit.scoring.by_hand import typical
from icpfit.scoring.reasons import describe, said_of
from icpfit.shap_interactions import interactions, is_additive
from icpfit.training_set import TrainingSet

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RANKED_ROWS = 4_000
"""rows that the order of attributes is told from"""
SHOWN_ROWS = 300
"""rows that are drawn as points"""
MOST_RANKED = 12
MOST_DEPENDENCE = 4
MOST_PARTS = 8
"""attributes of one account that stand alone; the others are added up"""
MOST_PAIRS = 2
PAIR_ROWS = 200
"""rows that pairs are told from"""
PAIR_SHARE = 0.02
"""of all that moves rows apart; a pair below this adds next to nothing"""
MOST_TEXTS = 8
LEVELS = 11
"""from the lowest value (0) to the highest"""
OTHERS, NOT_KNOWN = "all others", "not known"
ACCOUNT_TIERS = ("A", "C")


def seen_by(
    training: Mapping[Outcome, TrainingSet], models: Mapping[Outcome, FittedModel | None], card: Scorecard, seed: int
) -> dict[str, Any]:
    """By outcome that has a model, the main one first: ``rows`` (learned from), ``base`` (the margin at no knowledge), ``additive``,
    ``ranked`` (every attribute shown, with the mean size of its attribution and, for each point, attribution and level of the value).

    Of the main outcome beside it: ``dependence``, ``accounts`` and ``pairs``. Everything is in log-odds, before calibration.
    """
    found: dict[str, Any] = {}
    for outcome, data in training.items():
        model = models.get(outcome)
        if model is not None and len(data.frame) and model.encoding.columns:
            found[outcome] = _of_model(data, model, card if not found else None, seed)
    return found


def _of_model(data: TrainingSet, model: FittedModel, card: Scorecard | None, seed: int) -> dict[str, Any]:
    specs = [data.spec(name) for name in model.encoding.columns]
    ranked_rows = sample_rows(np.arange(len(data.frame), dtype=np.int64), RANKED_ROWS, seed)
    phi = contributions(model.booster, model.encode(data.features.iloc[ranked_rows]))
    mean = np.abs(phi[:, :-1]).mean(axis=0)
    order = [int(j) for j in np.argsort(-mean, kind="stable") if mean[j] > 0]
    places = sample_rows(np.arange(len(ranked_rows), dtype=np.int64), SHOWN_ROWS, seed)
    shown, rows = phi[places], data.features.iloc[ranked_rows[places]]
    out: dict[str, Any] = {
        "rows": len(data.frame),
        "base": _short(phi[0, -1]),
        "additive": is_additive(model.booster),
        "in_use": len(order),
        "ranked": [
            {"label": specs[j].label, "mean": _short(mean[j]), "phi": _rounded(shown[:, j]), "level": levels(specs[j], rows)}
            for j in order[:MOST_RANKED]
        ],
    }
    if card is not None:
        out["dependence"] = [dependence(specs[j], rows[specs[j].name], shown[:, j]) for j in order[:MOST_DEPENDENCE]]
        out["accounts"] = _accounts(data, model, specs, card)
        out["pairs"] = [] if out["additive"] else _pairs(model, specs, rows, shown, float(mean.sum()))
    return out


def levels(spec: FeatureSpec, rows: pd.DataFrame) -> list[int | None]:
    """How high each row's value is among all, from 0 to ``LEVELS``; None for texts, which have no order, and for what is not known.

    >>> spec = FeatureSpec(name="n", label="N", layer="intent", table="t", aggregate="value")
    >>> levels(spec, pd.DataFrame({"n": [5.0, float("nan"), 9_000.0, 6.0]}))
    [0, None, 11, 6]
    """
    if spec.kind == "category":
        return [None] * len(rows)
    return _levels(pd.to_numeric(rows[spec.name], errors="coerce"))


def _levels(values: pd.Series) -> list[int | None]:
    rank = values.rank()
    width = rank.max() - rank.min()
    level = LEVELS * (rank - rank.min()) / (width if width > 0 else 1.0)
    return [None if np.isnan(v) else round(v) for v in level]


def dependence(spec: FeatureSpec, values: pd.Series, phi: Floats) -> dict[str, Any]:
    """``x`` (the place of each point from left to right), ``phi``, ``ticks`` (place, words), ``steps`` (places are few: spread points).

    Numbers over a wide range stand on a scale of ratios; texts in the order of their mean attribution, the rarest of many together;
    what is not known stands apart on the left.
    """
    if spec.kind == "number":
        place, ticks, steps = _numbers(values.to_numpy(np.float64))
    else:
        said = np.array([said_of(spec, None if v is None or v != v else v) for v in values], dtype=object)
        place, ticks = _texts(said, phi, ordered=spec.kind == "category")
        steps = True
    shown = {"label": spec.label, "unit": spec.unit, "of": spec.kind, "steps": steps}
    return {
        **shown,
        "x": _rounded(place),
        "phi": _rounded(phi),
        "ticks": ticks,
        "ends": _ends(ticks, place, phi, steps=spec.kind != "number"),
    }


def _numbers(values: Floats) -> tuple[Floats, list[tuple[float, str]], bool]:
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values)), [(0.0, NOT_KNOWN)], True
    low, high = float(values[known].min()), float(values[known].max())
    wide = low >= 0 and high >= 100 * max(float(np.quantile(values[known], 0.05)), 0.2)
    shift = 1.0 if low < 1 else 0.0
    whole = bool((values[known] % 1 == 0).all())

    def at(value: float) -> float:
        return float(np.log10(value + shift)) if wide else value

    if wide:
        marks = [float(f * 10**e) for e in range(0 if whole else -1, 13) for f in (1, 3)] + [0.0]
    else:
        step = _round_step(high - low)
        marks = [k * step for k in range(int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9)) + 1)]
    inside = sorted(m for m in marks if low <= m <= high and (not wide or m == 0 or m + shift >= 1))
    while len(inside) > 6:
        inside = inside[::2]
    place = np.array([at(v) if k else np.nan for v, k in zip(np.clip(values, low, high), known, strict=True)])
    ticks = [(at(m), f"{m:,.10g}") for m in inside]
    distinct = len(np.unique(values[known]))
    if not known.all():
        apart = at(low) - 0.16 * ((at(high) - at(low)) or 1.0)
        place, ticks = np.where(known, place, apart), [(apart, NOT_KNOWN), *ticks]
    return place, ticks, distinct <= 12


def _round_step(width: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that cuts ``width`` into at most six."""
    if width <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(width / 5))
    return float(next(f * power for f in (1, 2, 5, 10) if f * power >= width / 6))


def _texts(said: npt.NDArray[np.object_], phi: Floats, *, ordered: bool) -> tuple[Floats, list[tuple[float, str]]]:
    unknown = said == "unknown"
    names, counts = np.unique(said[~unknown].astype(str), return_counts=True)
    if len(names) > MOST_TEXTS:
        kept = {str(n) for n in names[np.argsort(-counts, kind="stable")[: MOST_TEXTS - 1]]}
        said = np.array([s if s in kept or u else OTHERS for s, u in zip(said, unknown, strict=True)], dtype=object)
        names = np.unique(said[~unknown].astype(str))
    by_name = {str(n): float(phi[(said == n) & ~unknown].mean()) for n in names}
    order = sorted(by_name, key=(lambda n: (by_name[n], n)) if ordered else str)
    if unknown.any():
        order = [NOT_KNOWN, *order]
        said = np.where(unknown, NOT_KNOWN, said)
    place = np.array([order.index(s) for s in said], dtype=np.float64)
    return place, [(float(i), name) for i, name in enumerate(order)]


def _ends(ticks: Sequence[tuple[float, str]], place: Floats, phi: Floats, *, steps: bool) -> list[float]:
    """The mean attribution at the left end, between, and at the right end; what is not known is left aside.

    An end is a single text, or a number's lowest or highest fifth. Nothing where there is one value only.
    """
    first = float(ticks[0][0]) if ticks and ticks[0][1] == NOT_KNOWN else None
    known = place != first
    if not known.any() or np.ptp(place[known]) == 0:
        return []
    low, high = (place[known].min(), place[known].max()) if steps else np.quantile(place[known], [0.2, 0.8])
    left, right = known & (place <= low), known & (place >= high) & (place > low)
    if not right.any():
        right = known & (place > low)
    between = known & ~left & ~right
    return [_short(phi[part].mean()) if part.any() else _short(phi[left | right].mean()) for part in (left, between, right)]


def _accounts(data: TrainingSet, model: FittedModel, specs: Sequence[FeatureSpec], card: Scorecard) -> list[dict[str, Any]]:
    """A typical account of each of ``ACCOUNT_TIERS`` and one that is out whatever its points, where there are such."""
    newest = newest_rows(data, np.arange(len(data.frame), dtype=np.int64))
    features = data.features.iloc[newest]
    chosen = [typical(card, features, tier) for tier in ACCOUNT_TIERS] + [_typical_out(card, features)]
    out = []
    for row in (int(newest[c]) for c in chosen if c is not None):
        one = data.features.iloc[[row]]
        scored = card.score(one).iloc[0]
        phi = contributions(model.booster, model.encode(one))[0]
        order = [int(j) for j in np.argsort(-np.abs(phi[:-1]), kind="stable") if phi[j]]
        alone = order if len(order) <= MOST_PARTS + 1 else order[:MOST_PARTS]
        margin = float(phi.sum())
        out.append(
            {
                "tier": str(scored["tier"]),
                "points": int(scored["points"]),
                "disqualified": str(scored["disqualified"]),
                "period": str(data.frame["cohort"].iloc[row]) if data.timing == "dated" else None,
                "chance": [round(float(p), 4) for p in model.calibration.probability(np.array([phi[-1], margin]))],
                "parts": [{"said": describe(specs[j], one[specs[j].name].iloc[0]), "phi": _short(phi[j])} for j in alone],
                "others": {"count": len(order) - len(alone), "phi": _short(phi[order[len(alone) :]].sum())},
                "base": _short(phi[-1]),
            }
        )
    return out


def _typical_out(card: Scorecard, features: pd.DataFrame) -> int | None:
    """Of the rows that a disqualifier takes out, the one nearest to their median points; ties: the first. None where there is none."""
    scored = card.score(features)
    out = np.flatnonzero(scored["disqualified"] != "")
    points = scored["points"].to_numpy()[out]
    return int(out[np.argmin(np.abs(points - np.median(points)))]) if len(out) else None


def _pairs(model: FittedModel, specs: Sequence[FeatureSpec], rows: pd.DataFrame, phi: Floats, total: float) -> list[dict[str, Any]]:
    """The pairs that are worth most, if any is worth ``PAIR_SHARE`` of all: what both add, over the one's value, by the other's."""
    rows, phi = rows.iloc[:PAIR_ROWS], phi[:PAIR_ROWS]
    found = interactions(model.booster, model.encode(rows))
    mean = np.abs(found.values).mean(axis=0)
    out: list[dict[str, Any]] = []
    for p in np.argsort(-mean, kind="stable")[:MOST_PAIRS]:
        if mean[p] < PAIR_SHARE * total:
            break
        i, j = sorted(found.pairs[p], key=lambda f: (specs[f].kind != "number", -rows[specs[f].name].nunique(), f))
        along, by = dependence(specs[i], rows[specs[i].name], found.values[:, p]), specs[j]
        level, ends, between = _coded(by, rows, phi[:, j])
        coded = {"by": by.label, "by_of": by.kind, "level": level, "colours": ends, "between": between}
        out.append({**along, "mean": _short(mean[p]), "share": _short(mean[p] / total), **coded})
    return out


def _coded(spec: FeatureSpec, rows: pd.DataFrame, phi: Floats) -> tuple[list[int | None], list[str], list[str]]:
    """Levels by which points are coloured, the lowest and the highest in words, and the texts between these, from low to high.

    Texts go by their mean attribution.
    """
    if spec.kind == "number":
        return levels(spec, rows), ["low", "high"], []
    if spec.kind == "flag":
        return levels(spec, rows), ["no", "yes"], []
    said = np.array([said_of(spec, None if v is None or v != v else v) for v in rows[spec.name]], dtype=object)
    place, ticks = _texts(said, phi, ordered=True)
    unknown = [at for at, name in ticks if name == NOT_KNOWN]
    known = [name for _, name in ticks if name != NOT_KNOWN]
    codes = pd.Series(np.where(np.isin(place, unknown), np.nan, place))
    codes = (codes - codes.min()) / ((codes.max() - codes.min()) or 1.0) * LEVELS
    return [None if np.isnan(c) else round(c) for c in codes], [known[0], known[-1]] if known else ["", ""], known[1:-1]


def _short(value: float) -> float:
    return round(float(value), 3) + 0.0


def _rounded(values: Floats) -> list[float]:
    return [_short(v) for v in values]

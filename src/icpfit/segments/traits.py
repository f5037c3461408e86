"""Which segment an account's deal stood in, as of the deal's own moment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import FeatureSpec
from icpfit.models.leakage import FILL_GAP
from icpfit.segments.bands import size_bands
from icpfit.sources.vocabulary import plain_words

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

_OF = r"((company|account|client|customer|lead|organi[sz]ation|deal|opportunity) )?"
INDUSTRY = re.compile(_OF + r"(industry|sector|vertical)( name)?")
SIZE = re.compile(
    _OF + r"(employees?( count| number)?|(number|no|num|count) of employees|num employees|headcount|employee (size|range|band)"
    r"|by employee count)|(company|account|client|customer|organi[sz]ation) size( by employee count)?"
)
FUNDING = re.compile(_OF + r"((last|latest) )?funding( stage| round| status| type)?")
COUNTRY = re.compile(_OF + r"((billing|mailing|shipping|hq|headquarters?) )?country( name| code)?")
REGION = re.compile(_OF + r"((sales|geographic(al)?|market) )?(region|territory|geography|geo|continent)( name)?")
PRODUCT = re.compile(_OF + r"((main|primary) )?(product|solution)( line| family| group| name| type| category)?")
SOURCE = re.compile(
    _OF + r"((original|first|traffic|acquisition|marketing|utm) )?(source|channel)( name| type| category)?|lead origin|route to market"
)
"""Headers that can mean nothing else, by their plain words."""

_KNOWN: Mapping[str, tuple[str, re.Pattern[str]]] = {
    "industry": ("Industry", INDUSTRY),
    "size": ("Employees", SIZE),
    "funding": ("Funding stage", FUNDING),
    "country": ("Country", COUNTRY),
    "region": ("Region", REGION),
    "product": ("Product", PRODUCT),
    "source": ("Source of the deal", SOURCE),
}
KNOWN_TRAITS = (*_KNOWN, "technology")
"""The traits that are looked for; ``technology`` stands for one trait per category of tools."""

OF_THE_DEAL = ("product", "source")
MOST_GROUPS = 8
"""A number with no more distinct values than this is a code for groups of the file's own, and no headcount."""
MOST_VALUES = 60
"""values of a trait that are looked at, the commonest first"""
MOST_TOOLS = 12
IN_USE, NOT_SEEN = "in use", "not seen"


@dataclass(frozen=True)
class Trait:
    """``values``: one text per row, None where it was not known. ``shown``: the values that are segments, the commonest first.

    A flag (a category of tools) has the one segment ``in use``; that a tool was not seen is its rest, not a segment.
    ``today``: no history says how it was at the deal's moment, so it is read as it is now.
    """

    name: str
    label: str
    values: Texts
    shown: tuple[str, ...]
    today: bool = False
    flag: bool = False
    beyond: int = 0
    """values too rare to be looked at, beyond the ``MOST_VALUES``"""

    def __post_init__(self) -> None:
        if len(set(self.shown)) != len(self.shown):
            raise ValueError(f"{self.name}: a value stands twice among {self.shown}")

    def words(self, value: str) -> str:
        """The segment's name as people read it.

        >>> Trait("region", "Region", np.array(["EU"], dtype=object), ("EU",)).words("EU")
        'Region: EU'
        """
        return self.label if self.flag else f"{self.label}: {value}"


@dataclass(frozen=True)
class TraitsFound:
    """``missing``: traits of which there is no data. ``refused``: (label, reason) of those whose value knows the outcome."""

    traits: tuple[Trait, ...]
    missing: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]

    def named(self, name: str) -> Trait | None:
        return next((t for t in self.traits if t.name == name), None)


def read_traits(
    features: pd.DataFrame,
    specs: Sequence[FeatureSpec],
    *,
    of_deals: Mapping[str, Texts],
    won: Floats,
    refused: Mapping[str, str],
    today: Sequence[str] = (),
) -> TraitsFound:
    """The traits among the features of a training set, and those of the deals themselves.

    ``features``: one row per deal, as of its moment. ``of_deals``: ``product`` and ``source`` as the deals' own table has them
    (a file has them among its features). ``won`` (1, 0, NaN) only judges whether a deal's field was filled after the
    outcome. ``refused``: features that training refuses, with the reason: they are no traits either. ``today``: features
    without a history. A trait that is known of no row is missing.
    """
    found: list[Trait] = []
    said: list[tuple[str, str]] = []
    missing: list[str] = []
    for name, (label, meant) in _KNOWN.items():
        if name in OF_THE_DEAL and name in of_deals and _known(of_deals[name]).any():
            values, why = of_deals[name], _filled_later(of_deals[name], won)
            spec_label, is_today = label, True
        else:
            spec = next((s for s in specs if _may_be(s, meant, number=name == "size")), None)
            if spec is None:
                missing.append(name)
                continue
            values, why = _texts(features[spec.name], spec, banded=name == "size"), refused.get(spec.name, "")
            spec_label, is_today = spec.label, spec.name in today
        if why:
            said.append((spec_label, why))
        elif not _known(values).any():
            missing.append(name)
        else:
            found.append(_trait(name, spec_label, values, today=is_today))
    tools, why_not = _tools(features, specs, refused, today)
    said += why_not
    if not tools:
        missing.append("technology")
    return TraitsFound((*found, *tools), tuple(missing), tuple(said))


def trait_of_feature(name: str, features: pd.DataFrame, specs: Sequence[FeatureSpec], refused: Mapping[str, str]) -> Trait | None:
    """A further feature that the configuration names, as a trait; None where there is none, or training refuses it.

    A number that is no code for groups stands in fifths.
    """
    spec = next((s for s in specs if s.name == name), None)
    if spec is None or name in refused:
        return None
    values = features[name]
    if spec.kind == "number" and values.nunique() > MOST_GROUPS:
        edges = np.unique(np.quantile(values.dropna().to_numpy(np.float64), [0.2, 0.4, 0.6, 0.8]))
        edges = _short(edges, values.dropna().to_numpy(np.float64))
        said = [code_text(float(e)) for e in edges]
        ends = [f"below {said[0]}", *(f"{a} to {b}" for a, b in pairwise(said)), f"{said[-1]} and more"]
        at = np.searchsorted(edges, values.to_numpy(np.float64), side="right")
        texts = np.array([None if v != v else ends[i] for v, i in zip(values, at, strict=True)], dtype=object)
    else:
        texts = _texts(values, spec, banded=False)
    return _trait(name, spec.label, texts) if _known(texts).any() else None


def _short(edges: Floats, values: Floats) -> Floats:
    """The edges with as few digits as leave every value on its side of each.

    >>> _short(np.array([2.34567, 2_000_001.0]), np.array([1.0, 2.3, 2.4, 2_000_000.0, 2_000_003.0])).tolist()
    [2.35, 2000001.0]
    """
    ordered = np.sort(values)
    place = np.searchsorted(ordered, edges)
    tried = [np.array([float(f"{e:.{digits}g}") for e in edges]) for digits in range(1, 18)]
    fits = [np.searchsorted(ordered, t) == place for t in tried]
    return np.unique([next(t[i] for t, ok in zip(tried, fits, strict=True) if ok[i]) for i in range(len(edges))])


def _may_be(spec: FeatureSpec, meant: re.Pattern[str], *, number: bool) -> bool:
    kinds = ("category", "number") if number else ("category",)
    if spec.aggregate not in ("value", "column") or spec.kind not in kinds:
        return False
    return meant.fullmatch(plain_words(spec.column or spec.name)) is not None


def _texts(values: pd.Series, spec: FeatureSpec, *, banded: bool) -> Texts:
    if banded and spec.kind == "number" and (spec.aggregate == "value" or values.nunique() > MOST_GROUPS):
        return size_bands(values.to_numpy(np.float64))
    return np.array([None if v is None or v != v else code_text(v) for v in values], dtype=object)


def code_text(value: object) -> str:
    """A number as a file writes it, to its last digit; a text as it is.

    >>> code_text(1234567.0), code_text(2.5), code_text("1-10")
    ('1234567', '2.5', '1-10')
    """
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if value.is_integer() else repr(value)


def _tools(
    features: pd.DataFrame, specs: Sequence[FeatureSpec], refused: Mapping[str, str], today: Sequence[str]
) -> tuple[list[Trait], list[tuple[str, str]]]:
    """A flag per category of tools that is in use; of a flat file, per yes-or-no column of the technographic layer."""
    found: list[Trait] = []
    said: list[tuple[str, str]] = []
    for spec in specs:
        of_tables = spec.aggregate == "present" and re.search(r"\bcategory\b", spec.where or "") and "technology" not in (spec.where or "")
        of_file = spec.aggregate == "column" and spec.layer == "technographic" and spec.kind == "flag"
        if not (of_tables or of_file):
            continue
        if spec.name in refused:
            said.append((spec.label, refused[spec.name]))
            continue
        values = features[spec.name].to_numpy(np.float64)
        texts = np.array([None if v != v else IN_USE if v > 0 else NOT_SEEN for v in values], dtype=object)
        if (texts == IN_USE).any():
            found.append(Trait(spec.name, spec.label, texts, (IN_USE,), today=spec.name in today, flag=True))
    found.sort(key=lambda t: -int((t.values == IN_USE).sum()))
    return found[:MOST_TOOLS], said


def _trait(name: str, label: str, values: Texts, *, today: bool = False) -> Trait:
    counts = pd.Series(values, dtype=object).value_counts()
    ranked = sorted(((str(v), int(n)) for v, n in counts.items()), key=lambda kv: (-kv[1], kv[0]))
    return Trait(name, label, values, tuple(v for v, _ in ranked[:MOST_VALUES]), today=today, beyond=max(0, len(ranked) - MOST_VALUES))


def _known(values: Texts) -> npt.NDArray[np.bool_]:
    return np.array([v is not None for v in values], dtype=bool)


def _filled_later(values: Texts, won: Floats) -> str:
    """Why a field of the deals is no trait: it is filled for winners or losers alone, so it was filled after the outcome."""
    known = _known(values)
    good, bad = known[won == 1], known[won == 0]
    if not len(good) or not len(bad) or abs(good.mean() - bad.mean()) <= FILL_GAP:
        return ""
    return f"whether it is filled tells the outcome: known for {good.mean():.0%} of won and {bad.mean():.0%} of lost"

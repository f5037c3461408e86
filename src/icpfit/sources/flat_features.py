"""The columns of a flat file as features: what kind each is, and its values, alike in training and in scoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import LAYERS, FeatureSpec, FlatSource, Kind
from icpfit.sources.names import TAKEN, free_name, snake_case, words_of
from icpfit.sources.rows import DataFinding
from icpfit.sources.texts import as_texts
from icpfit.sources.values import NO_NUMBER, categories, flags, numbers, parse_number, with_points

MOST_TEXTS = 200
"""A text column with more distinct values than this names things rather than groups them."""
MOST_DISTINCT = 0.5
NUMERIC_SHARE = 0.99
TABLE = "flat"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a column is: its kind, or why it cannot be used, and what a person should know of it."""

    kind: Kind | None
    finding: DataFinding | None = None


@dataclass(frozen=True)
class FlatFeatures:
    """``frame`` has one column per spec: float64 for numbers and flags (NaN = unknown), object text or None.

    ``bad`` tells per column (the file's own header) which rows hold a text that is not what it should be:
    such a cell is unknown here, and a training row with one is left out.
    """

    frame: pd.DataFrame
    bad: Mapping[str, npt.NDArray[np.bool_]]


def judge_column(header: str, texts: pd.Series, missing: frozenset[str], place: str, row: npt.NDArray[np.int64]) -> Judged:
    """Number, flag or category, from the values that are there.

    A number where at least 99 % of the known values (or, from 20 on, all but one) read as numbers, so that a
    slip in one row is that row's fault. Yes and no, or true and false, are flags. Other texts are
    categories, unless more than 200 are distinct, or more than half of all values are.
    """
    counts = texts.value_counts(sort=False)
    counts = counts[[bool(t) and t not in missing for t in counts.index]]
    known = int(counts.sum())
    if not known:
        return Judged(None, DataFinding("FLAT-EMPTY", "note", TABLE, f"{place}: {header!r} is empty in every row; it is not used"))
    if _are_flags({str(t).lower() for t in counts.index}):
        return Judged("flag")
    read = {str(t): parse_number(str(t)) for t in counts.index}
    nothing = sum(int(n) for t, n in counts.items() if str(t).lower() in NO_NUMBER)
    bad_texts = [t for t, v in read.items() if v is None]
    bad = int(counts[bad_texts].sum())
    told = known - nothing
    if told and bad <= max((1 - NUMERIC_SHARE) * told, 1 if told >= 20 else 0):
        return Judged("number")
    distinct = len(counts)
    mixed = told and bad <= 0.5 * told
    if distinct > MOST_TEXTS or distinct > MOST_DISTINCT * known:
        if mixed:
            at, example = _first(texts, set(bad_texts), row)
            return Judged(
                None,
                DataFinding(
                    "FLAT-MIXED",
                    "warning",
                    TABLE,
                    f"{place}: {header!r} is not used: {bad:,} of its {told:,} values are not numbers, e.g. row {at:,}: {example!r}. "
                    "If that text means unknown, add it to source.missing.",
                    bad,
                ),
            )
        return Judged(
            None,
            DataFinding(
                "FLAT-TOO-MANY-TEXTS",
                "warning",
                TABLE,
                f"{place}: {header!r} is not used: {distinct:,} different texts in {known:,} rows name things rather than group them. "
                "Give it in groups (at most 200, each in several rows).",
                known,
            ),
        )
    if mixed:
        at, example = _first(texts, set(bad_texts), row)
        words = (
            f"{place}: {header!r} is taken as text: {bad:,} of its {told:,} values are not numbers, e.g. row {at:,}: {example!r}. "
            "If that text means unknown, add it to source.missing."
        )
        return Judged("category", DataFinding("FLAT-MIXED", "warning", TABLE, words, bad))
    return Judged("category")


def _are_flags(words: set[str]) -> bool:
    """Yes and no, true and false, alone or together; of single letters both must be there, since N may be north."""
    return words <= {"yes", "no"} or words <= {"true", "false"} or words in ({"y", "n"}, {"t", "f"})


def _first(texts: pd.Series, wanted: set[str], row: npt.NDArray[np.int64]) -> tuple[int, str]:
    at = int(np.flatnonzero(texts.isin(wanted).to_numpy())[0])
    return int(row[at]), str(texts.iloc[at])


def declare_specs(
    source: FlatSource, texts: pd.DataFrame, row: npt.NDArray[np.int64], place: str
) -> tuple[tuple[FeatureSpec, ...], tuple[DataFinding, ...]]:
    """One spec per usable column that was given a layer; layers in their order, columns as configured."""
    missing = frozenset(source.missing)
    specs: list[FeatureSpec] = []
    findings: list[DataFinding] = []
    taken: set[str] = set(TAKEN)
    for layer in LAYERS:
        for header in source.layers.get(layer, ()):
            judged = judge_column(header, texts[header], missing, place, row)
            findings += [judged.finding] if judged.finding else []
            if judged.kind is None:
                continue
            wanted = snake_case(header)
            name = free_name(f"{wanted[:55]}_in_file" if wanted in TAKEN else wanted, taken)
            taken.add(name)
            label = source.labels.get(header) or words_of(header)
            specs.append(FeatureSpec(name=name, label=label, layer=layer, kind=judged.kind, table=TABLE, aggregate="column", column=header))
    return tuple(specs), tuple(findings)


def parse_features(texts: pd.DataFrame, specs: tuple[FeatureSpec, ...], missing: frozenset[str]) -> FlatFeatures:
    """Feature values of ``texts`` (str columns under the file's headers). A column that is not there is unknown."""
    out: dict[str, object] = {}
    bad: dict[str, npt.NDArray[np.bool_]] = {}
    for spec in specs:
        header = spec.column or spec.name
        if header not in texts.columns:
            out[spec.name] = np.full(
                len(texts), None if spec.kind == "category" else np.nan, dtype=object if spec.kind == "category" else float
            )
        elif spec.kind == "category":
            out[spec.name] = categories(texts[header], missing)
        else:
            parsed = (flags if spec.kind == "flag" else numbers)(texts[header], missing)
            out[spec.name] = parsed.values
            if parsed.bad.any():
                bad[header] = parsed.bad
    columns = {s.name: pd.Series(out[s.name], index=texts.index, dtype=object if s.kind == "category" else "float64") for s in specs}
    return FlatFeatures(pd.DataFrame(columns, index=texts.index, columns=[s.name for s in specs]), bad)


def flat_targets(
    missing: tuple[str, ...], specs: tuple[FeatureSpec, ...], targets: pd.DataFrame, *, decimal_comma: bool = False
) -> pd.DataFrame:
    """Features of a target list whose columns bear the flat file's headers.

    A header is matched exactly first, then without regard to case, then by its snake_case name. What the
    list does not carry, what ``missing`` names, and what does not read as the number or flag it should be, is unknown. Values are
    equal to those of training: it is the same code.
    """
    return _as_in_training(missing, specs, targets, _own_headers(specs, targets), decimal_comma).frame


def flat_unread(
    missing: tuple[str, ...], specs: tuple[FeatureSpec, ...], targets: pd.DataFrame, *, decimal_comma: bool = False
) -> dict[str, tuple[Kind, npt.NDArray[np.bool_]]]:
    """Of :func:`flat_targets`, by the list's own header: what the column should be, and which rows hold a text that it is not."""
    headers = _own_headers(specs, targets)
    kinds = {s.column or s.name: s.kind for s in specs}
    bad = _as_in_training(missing, specs, targets, headers, decimal_comma).bad
    return {headers[h]: (kinds[h], rows) for h, rows in bad.items()}


def _own_headers(specs: tuple[FeatureSpec, ...], targets: pd.DataFrame) -> dict[str, str]:
    """The list's header for each of the flat file's that it has."""
    wanted = dict.fromkeys(s.column or s.name for s in specs)
    return {h: own for h in wanted if (own := match_header(h, targets.columns)) is not None}


def _as_in_training(
    missing: tuple[str, ...], specs: tuple[FeatureSpec, ...], targets: pd.DataFrame, headers: Mapping[str, str], decimal_comma: bool
) -> FlatFeatures:
    texts = pd.DataFrame({h: as_texts(targets[own]) for h, own in headers.items()}, index=targets.index)
    if decimal_comma:
        texts = texts.apply(with_points)
    return parse_features(texts, specs, frozenset(missing))


def match_header(header: str, columns: pd.Index) -> str | None:
    """The column that means ``header``, or None.

    >>> match_header("Client Size", pd.Index(["client_size", "CLIENT SIZE"]))
    'CLIENT SIZE'
    """
    if header in columns:
        return header
    names = [str(c) for c in columns]
    for same in (str.casefold, snake_case):
        close = [n for n in names if same(n.strip()) == same(header)]
        if close:
            return close[0]
    return None

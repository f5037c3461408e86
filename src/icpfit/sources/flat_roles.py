"""What the configuration says of a flat file's columns and results, held against the file."""

from __future__ import annotations

import difflib

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import FlatSource
from icpfit.errors import ConfigError
from icpfit.moments import Micros
from icpfit.sources.flat_features import TABLE, match_header
from icpfit.sources.rows import DataFinding
from icpfit.sources.texts import TextTable


def check_columns(source: FlatSource, texts: TextTable) -> None:
    """Every column that the configuration names is in the file.

    Raises:
        ConfigError: a column is not there; with the one that was probably meant.
    """
    named = [(f"source.columns.{role}", name) for role, name in source.columns.model_dump().items() if isinstance(name, str)]
    named += [("source.columns.closed_at", name) for name in source.columns.closings]
    named += [(f"source.layers.{layer}", name) for layer, names in source.layers.items() for name in names]
    named += [(f"source.labels.{name}", name) for name in source.labels]
    absent = [(where, name) for where, name in dict.fromkeys(named) if name not in texts.columns]
    if not absent:
        return
    where, name = absent[0]
    more = f" (and {len(absent) - 1} more)" if len(absent) > 1 else ""
    raise ConfigError(f"{texts.place}: there is no column {name!r}, which {where} names{more}", hint=_meant(name, texts.columns, source))


def _meant(name: str, columns: tuple[str, ...], source: FlatSource) -> str:
    """A column that plays a part already is not what was meant: one date for two would close every deal at once."""
    played = {*source.columns.model_dump(exclude={"positive", "negative", "closed_at"}).values(), *source.columns.closings}
    free = [c for c in columns if c not in played]
    same = match_header(name, pd.Index(free))
    close = [same] if same else difflib.get_close_matches(name, free, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(repr(c) for c in columns[:12]) + (f" and {len(columns) - 12} more" if len(columns) > 12 else "")
    return f"the columns are {shown}"


def result_key(text: str) -> str:
    """How results are compared: no case, 1 is 1.0, and yes is true, since YAML takes both for one thing.

    >>> result_key("Won") == result_key(" won"), result_key("1") == result_key("1.0"), result_key("Yes") == result_key("true")
    (True, True, True)
    """
    word = text.strip().casefold()
    word = {"true": "yes", "false": "no"}.get(word, word)
    try:
        return repr(float(word) + 0.0)
    except ValueError:
        return word


def label_of(source: FlatSource, results: pd.Series) -> npt.NDArray[np.float64]:
    """1 for a positive result, 0 for a negative one, NaN for all others.

    Raises:
        ConfigError: a result is both positive and negative once case is forgotten.
    """
    positive = {result_key(v) for v in source.columns.positive}
    negative = {result_key(v) for v in source.columns.negative}
    if both := sorted(positive & negative):
        raise ConfigError(f"source.columns: {both[0]!r} is both positive and negative", hint="upper and lower case are the same here")
    codes, distinct = pd.factorize(results)
    keys = [result_key(str(v)) for v in distinct]
    values = np.array([1.0 if k in positive else 0.0 if k in negative else np.nan for k in keys] or [np.nan])
    return np.asarray(values[codes], dtype=np.float64)


def check_results(source: FlatSource, results: pd.Series, label: npt.NDArray[np.float64], as_of: Micros | None) -> tuple[DataFinding, ...]:
    """A warning for each result that the configuration names and no usable row has.

    One class alone is no error: it is too little data, and the evidence level says so. As of a moment the later
    results are not there yet, and nothing is said.

    Raises:
        ConfigError: no row at all has one of the results.
    """
    if as_of is not None:
        return ()
    counts = results[results != ""].value_counts()
    seen = ", ".join(f"{v!r} ({n:,})" for v, n in list(counts.items())[:6]) or "nothing but empty cells"
    named = (*source.columns.positive, *source.columns.negative)
    if np.isnan(label).all():
        raise ConfigError(
            f"{source.path.name}: no row of {source.columns.result!r} is one of {', '.join(repr(v) for v in named)}; there is {seen}",
            hint="name the results under source.columns.positive and negative as the file writes them",
        )
    there = {result_key(str(v)) for v in counts.index}
    return tuple(
        DataFinding(
            "FLAT-RESULT-NEVER",
            "warning",
            TABLE,
            f"{source.path.name}: no usable row of {source.columns.result!r} is {value!r}; there is {seen}. "
            "If it is written otherwise in the file, mend it under source.columns.",
        )
        for value in named
        if result_key(value) not in there
    )

"""From the whole numbers and texts of a query to a feature's values. The last step, the same wherever the query ran."""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from icpfit.features.plan import OF_TWO, Finish
from icpfit.moments import DAY
from icpfit.sources.identity import is_disposable_email, is_free_email, normalise_domains
from icpfit.sources.sql import NO_VALUE, known, number_of

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

_YES = frozenset(("true", "yes", "y", "t"))
_NO = frozenset(("false", "no", "n", "f"))
FIRST_YEAR = 1000
"""A founding year before this is a placeholder, not a year."""
MONTH = 30 * DAY
"""What a rate counts in."""


def as_frame(answer: pa.Table) -> pd.DataFrame:
    """An engine's answer as pandas. A decimal becomes the double that is nearest to it, however it was stored.

    >>> from decimal import Decimal
    >>> as_frame(pa.table({"a": pa.array([Decimal("0.1"), None])}))["a"].tolist()
    [0.1, nan]
    """

    def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
        if not pa.types.is_decimal(column.type):
            return column
        # Through its digits: the way straight to a double divides, and may miss the nearest by one.
        digits = column if column.type.scale == 0 else column.cast(pa.string())
        return digits.cast(pa.float64())

    frame: pd.DataFrame = pa.table({name: plain(answer[name]) for name in answer.column_names}).to_pandas()
    return frame


def parse_numbers(connection: duckdb.DuckDBPyConnection, texts: Texts) -> Floats:
    """The number in each text, as the reader of the data reads numbers; NaN where there is none or it is not finite.

    >>> import duckdb
    >>> parse_numbers(duckdb.connect(), np.array([" 12 ", "1e3", "50-100", "inf", None], dtype=object)).tolist()
    [12.0, 1000.0, nan, nan, nan]
    """
    codes, distinct = pd.factorize(pd.Series(texts, dtype=object), use_na_sentinel=True)
    if len(distinct) == 0:
        return np.full(len(texts), np.nan)
    cells = pa.table({"_i": pa.array(range(len(distinct)), pa.int64()), "_text": pa.array([str(t).strip() for t in distinct], pa.string())})
    connection.register("_texts", cells)
    try:
        numbers = connection.sql(f"SELECT {number_of(known('_text'), 'VARCHAR')} AS _number FROM _texts ORDER BY _i").df()["_number"]
    finally:
        connection.unregister("_texts")
    parsed = numbers.to_numpy(np.float64, copy=True, na_value=np.nan)
    parsed[~np.isfinite(parsed)] = np.nan
    return np.where(codes >= 0, parsed[np.maximum(codes, 0)], np.nan)


def parse_flags(connection: duckdb.DuckDBPyConnection, texts: Texts) -> Floats:
    """1 for yes and true, 0 for no and false, a number as it stands, NaN for anything else.

    >>> import duckdb
    >>> parse_flags(duckdb.connect(), np.array(["Yes", "false", "1", "maybe"], dtype=object)).tolist()
    [1.0, 0.0, 1.0, nan]
    """
    words = pd.Series(texts, dtype=object).map(lambda t: str(t).strip().lower(), na_action="ignore")
    numbers = parse_numbers(connection, texts)
    numbers[words.isin(_YES).to_numpy()] = 1.0
    numbers[words.isin(_NO).to_numpy()] = 0.0
    return numbers


def unread(connection: duckdb.DuckDBPyConnection, texts: Texts, *, as_flags: bool = False) -> npt.NDArray[np.bool_]:
    """Where a text says something, and it is no number (nor, of flags, a yes or no): its value is then unknown.

    >>> import duckdb
    >>> unread(duckdb.connect(), np.array(["1,500", "12k", "7", "none", " ", None], dtype=object)).tolist()
    [True, True, False, False, False, False]
    """
    said = ~pd.Series(texts, dtype=object).fillna("").map(lambda t: str(t).strip().lower()).isin(["", *NO_VALUE]).to_numpy(bool)
    values = parse_flags(connection, texts) if as_flags else parse_numbers(connection, texts)
    return np.asarray(said & np.isnan(values))


def as_texts(column: pd.Series) -> Texts:
    """Texts or None; a whole number without its ``.0``.

    >>> as_texts(pd.Series([2015.0, None, 0.5])).tolist()
    ['2015', None, '0.5']
    """
    if pd.api.types.is_numeric_dtype(column):
        return np.array(
            [None if n != n else (f"{n:.0f}" if float(n).is_integer() else repr(float(n))) for n in column.tolist()], dtype=object
        )
    texts = column.astype(object)
    return texts.where(texts.notna(), None).to_numpy(dtype=object)


def finished(
    connection: duckdb.DuckDBPyConnection,
    finish: Finish,
    columns: list[pd.Series],
    as_of: npt.NDArray[np.int64],
    domains: tuple[str, ...] = (),
) -> Floats | Texts:
    """A feature's values, one per row of ``columns``: float64 with NaN for unknown, or texts and None for a category."""
    if finish == "category":
        return as_texts(columns[0])
    if finish in ("free_email_domain", "disposable_email_domain", "competitor_domain"):
        return _of_domains(as_texts(columns[0]), finish, domains)
    if finish == "flag" and not pd.api.types.is_numeric_dtype(columns[0]):
        return parse_flags(connection, as_texts(columns[0]))
    numbers = _numbers(connection, columns[0])
    if finish == "days":
        return numbers / DAY
    if finish == "age_years":
        year = as_of.astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64) + 1970
        return np.where((numbers >= FIRST_YEAR) & (numbers <= year), year - numbers, np.nan)
    if finish in OF_TWO:
        second = _numbers(connection, columns[1])
        return quotient(numbers * MONTH if finish == "rate" else numbers, second)
    return numbers


def quotient(above: Floats, below: Floats) -> Floats:
    """One by the other; by 0 it is unknown.

    >>> quotient(np.array([3.0, 3.0, 0.0]), np.array([2.0, 0.0, 0.0])).tolist()
    [1.5, nan, nan]
    """
    return np.asarray(above / np.where(below == 0, np.nan, below), dtype=np.float64)


def _numbers(connection: duckdb.DuckDBPyConnection, column: pd.Series) -> Floats:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64, na_value=np.nan)
    return parse_numbers(connection, as_texts(column))


def _of_domains(texts: Texts, finish: Finish, named: tuple[str, ...]) -> Floats:
    """1 where the domain is one of a list's, 0 where it is none, NaN where there is none."""
    domains = normalise_domains(texts)

    def listed(domain: str) -> bool:
        if finish == "competitor_domain":
            return any(domain == d or domain.endswith(f".{d}") for d in named)
        return is_free_email(domain) if finish == "free_email_domain" else is_disposable_email(domain)

    # Each distinct domain is looked up once.
    said = {d: float(listed(d)) for d in dict.fromkeys(domains) if d is not None}
    return np.array([np.nan if d is None else said[d] for d in domains], dtype=np.float64)

"""Target lists: the rows to score, as they were given, and those that cannot be scored, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.errors import SourceError
from icpfit.sources.contract import TABLES
from icpfit.sources.csvfile import open_csv
from icpfit.sources.identity import normalise_domains
from icpfit.sources.parquetfile import open_parquet
from icpfit.sources.raw import RawColumn, RawTable
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import connect, id_of, is_time, known, micros_of, text_of

NO_MOMENT = -(2**62)
"""Stands in ``TargetList.as_of`` where a row names no moment of its own."""

NOBODY = "no account_id and no usable domain"
BAD_MOMENT = "as_of is not a date"
UNREADABLE = "the line cannot be read"
_HINT = "each row needs the company's web domain, or its account_id"
_MOMENT_HINT = "write it as 2026-01-31 or 2026-01-31T12:00:00+00:00, or leave it empty for the moment of --as-of"


@dataclass(frozen=True)
class TargetList:
    """A list to score.

    ``frame``: the rows that can be scored, in the list's order, with its own columns as text (None = empty).
    ``line``: where each stands, from 1: among the rows of a CSV file with the header as line 1, among the
    rows of a Parquet file. ``account_id`` and ``domain`` (normalised): text or None, never both None.
    ``as_of``: microseconds, ``NO_MOMENT`` where the row names none of its own. ``roles``: column of the
    contract (or ``as_of``) -> column of the list that holds it, whatever its capitals. ``rejected``: the
    other rows: ``line``, ``reason``, then the list's own columns.

    A free mail provider's domain is usable: such a row is scored, though no account is found by it.
    """

    path: Path
    frame: pd.DataFrame
    line: npt.NDArray[np.int64]
    account_id: npt.NDArray[np.object_]
    domain: npt.NDArray[np.object_]
    as_of: npt.NDArray[np.int64]
    rejected: pd.DataFrame
    roles: Mapping[str, str]
    findings: tuple[DataFinding, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.frame) == len(self.line) == len(self.account_id) == len(self.domain) == len(self.as_of):
            raise ValueError("frame, line, account_id, domain and as_of have one entry per row")

    @property
    def rows_in(self) -> int:
        return len(self.frame) + len(self.rejected)

    def column(self, name: str) -> str | None:
        """The list's column for a column of accounts, of the contract or further, whatever its capitals; None if it has none."""
        if name in self.roles:
            return self.roles[name]
        return next((str(c) for c in self.frame.columns if plain_name(str(c)) == plain_name(name)), None)

    def text(self, role: str) -> npt.NDArray[np.object_]:
        """What the list says of a column of the contract, one entry per scorable row; None throughout where it says nothing."""
        if role not in self.roles:
            return np.full(len(self.frame), None, dtype=object)
        return self.frame[self.roles[role]].to_numpy(dtype=object)


def plain_name(name: str) -> str:
    """A column's name in small letters, with underscores for spaces and hyphens.

    >>> plain_name("Account-ID")
    'account_id'
    """
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def read_target_list(path: Path, *, also: Mapping[str, Sequence[str]] | None = None) -> TargetList:
    """Read a CSV (comma, semicolon, tab or bar) or Parquet list with at least a ``domain`` or an ``account_id``.

    Args:
        also: further names under which ``account_id``, ``domain`` or ``name`` may stand, best first: those of
            the company's own export.

    Raises:
        SourceError: a file fault, or neither column is there; no row can be scored.
    """
    connection = connect()
    is_parquet = path.suffix.lower() in (".parquet", ".pq")
    raw = open_parquet(connection, path) if is_parquet else open_csv(connection, path, separator=None, alias="targets")
    roles, findings = _roles(raw, also or {})
    frame, raw = _texts(connection, raw, roles)
    if not len(frame) and not raw.unreadable:
        raise SourceError(f"{path.name}: the list has a header and no rows", hint="nothing to score")
    header = 0 if is_parquet else 1
    line = raw.row_numbers(np.arange(len(frame))) + header
    as_of = frame.pop("icpfit as_of").to_numpy(np.int64)
    moment_is_bad = frame.pop("icpfit bad").to_numpy(bool)
    frame.columns = pd.Index(_own_names(raw))
    nothing = np.full(len(frame), None, dtype=object)
    account_id = frame[roles["account_id"]].to_numpy(dtype=object) if "account_id" in roles else nothing
    domain = normalise_domains(frame[roles["domain"]].to_numpy(dtype=object)) if "domain" in roles else nothing
    nobody = np.array([a is None and d is None for a, d in zip(account_id, domain, strict=True)], dtype=bool)
    bad = nobody | moment_is_bad
    reason = np.where(nobody, NOBODY, BAD_MOMENT)[bad]
    if bad.all():
        hint = _MOMENT_HINT if len(reason) and reason[0] == BAD_MOMENT else _HINT
        first = f"e.g. line {int(line[0]):,}: {reason[0]}" if len(reason) else f"e.g. line {raw.unreadable[0] + header:,}: {UNREADABLE}"
        raise SourceError(f"{raw.place}: none of its {len(bad) + len(raw.unreadable):,} rows can be scored, {first}", hint=hint)
    return TargetList(
        path=path,
        frame=frame[~bad].reset_index(drop=True),
        line=line[~bad],
        account_id=account_id[~bad],
        domain=domain[~bad],
        as_of=as_of[~bad],
        rejected=_rejected(frame[bad], line[bad], reason, np.array(raw.unreadable, dtype=np.int64) + header),
        roles=roles,
        findings=findings,
    )


def _roles(raw: RawTable, also: Mapping[str, Sequence[str]]) -> tuple[dict[str, str], tuple[DataFinding, ...]]:
    """Columns of accounts, and ``as_of``, in whatever capitals and with blanks or hyphens for underscores."""
    wanted = (*TABLES["accounts"].columns, "as_of")
    roles: dict[str, str] = {}
    findings = []
    for name in sorted(raw.names, key=lambda n: n not in wanted):  # exact names first
        role = plain_name(name)
        if role not in wanted:
            continue
        if role in roles:
            words = f"{raw.place}: {name!r} is not used; {roles[role]!r} says the same"
            findings.append(DataFinding("COLUMN-IGNORED", "note", "target list", words))
            continue
        roles[role] = name
    plain = {plain_name(n): n for n in reversed(raw.names)}
    for role, names in also.items():
        found = [plain[plain_name(n)] for n in names if plain_name(n) in plain]
        if role not in roles and found:
            roles[role] = found[0]
    if "domain" not in roles and "account_id" not in roles:
        names = list(dict.fromkeys(("domain", "account_id", *also.get("domain", ()), *also.get("account_id", ()))))
        wanted_ids = ", ".join(repr(n) for n in names[:-1]) + f" or {names[-1]!r}"
        listed = ", ".join(n or "(no name)" for n in raw.names[:12]) + (" …" if len(raw.names) > 12 else "")
        raise SourceError(
            f"{raw.place}: no column tells which company a row is; its name would be {wanted_ids}. The list has: {listed}",
            hint="name the column with the companies' web domains 'domain'",
        )
    return roles, tuple(findings)


def _texts(connection: duckdb.DuckDBPyConnection, raw: RawTable, roles: Mapping[str, str]) -> tuple[pd.DataFrame, RawTable]:
    """Every cell as text, with the moment parsed; past broken lines where there are any."""
    parts = [f"{_shown(c, roles)} AS {c.sql}" for c in raw.columns]
    if "as_of" in roles:
        column = raw.column(roles["as_of"])
        micros = micros_of(column.sql, column.duck_type, None)
        text = text_of(column.sql, column.duck_type)
        if not is_time(column.duck_type):  # a number or a list is no moment either, and says so as text
            text = known(f"CAST({text} AS VARCHAR)")
            micros = micros_of(f"({text})", "VARCHAR", None)
        parts += [f'coalesce({micros}, {NO_MOMENT}) AS "icpfit as_of"', f'{text} IS NOT NULL AND ({micros}) IS NULL AS "icpfit bad"']
    else:
        parts += [f'CAST({NO_MOMENT} AS BIGINT) AS "icpfit as_of"', 'false AS "icpfit bad"']
    try:
        frame: pd.DataFrame = connection.sql(f"SELECT {', '.join(parts)} FROM {raw.relation}").df()
    except duckdb.Error as error:
        if raw.row_by_row is None:
            raise SourceError(f"{raw.place}: cannot be read to its end ({str(error).splitlines()[0]})", hint="export it again") from error
        return _texts(connection, raw.row_by_row(), roles)
    for column in raw.columns:
        cells = frame[column.sql].astype(object)
        frame[column.sql] = cells.where(cells.notna(), None)
    return frame, raw


def _shown(column: RawColumn, roles: Mapping[str, str]) -> str:
    text = text_of(column.sql, column.duck_type)
    return id_of(f"({text})") if roles.get("account_id") == column.name else f"CAST({text} AS VARCHAR)"


def _own_names(raw: RawTable) -> list[str]:
    """The list's names; a column without one is called by its number, so that it can be carried over."""
    names = list(raw.names)
    for i, name in enumerate(names, start=1):
        if not name:
            called = f"column_{i}"
            while called in names:
                called += "_"
            names[i - 1] = called
    return names


def _rejected(
    frame: pd.DataFrame, line: npt.NDArray[np.int64], reason: npt.NDArray[np.str_], unreadable: npt.NDArray[np.int64]
) -> pd.DataFrame:
    broken = pd.DataFrame(None, index=range(len(unreadable)), columns=frame.columns, dtype=object)
    rest = pd.concat([frame, broken], ignore_index=True) if len(broken) else frame
    rest = rejected_rows(rest, np.concatenate([line, unreadable]), [*reason.tolist(), *[UNREADABLE] * len(unreadable)])
    return rest.sort_values("line", kind="stable", ignore_index=True)


def rejected_rows(frame: pd.DataFrame, line: npt.NDArray[np.int64], reason: list[str]) -> pd.DataFrame:
    """``line, reason``, then the list's own columns; one of theirs that has such a name is called ``input_line``."""
    names = ["line", "reason"]
    for own in frame.columns:
        name = str(own)
        while name in names:
            name = f"input_{name}"
        names.append(name)
    out = pd.concat([pd.Series(line), pd.Series(reason, dtype=object), frame.reset_index(drop=True)], axis=1)
    return out.set_axis(names, axis=1)

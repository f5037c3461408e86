"""Features as an analyst would build them from the tables: raw counts, flags, fields as of the moment."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from icpfit.simulate.accounts import FREE_MAIL
from icpfit.simulate.timeline import DAY, Floats, Ints, Log

FIRMOGRAPHIC = "firm_"
"""Prefix of the firmographic columns."""


def plain_features(tables: Mapping[str, pd.DataFrame], account_id: pd.Series, at: pd.Series) -> pd.DataFrame:
    """One float column per feature and one row per (account, moment); categories are one-hot, NaN is unknown.

    Args:
        tables: the data contract's tables.
        account_id: of each row; must stand in ``accounts``.
        at: the moment (datetime64); only rows strictly before it are seen.
    """
    index = pd.Index(tables["accounts"]["account_id"])
    account = _row(index, account_id)
    moment = _seconds(at)
    columns: dict[str, Floats] = {}
    _fields(columns, tables, index, account, moment)
    _technologies(columns, tables["technologies"], index, account, moment)
    _events(columns, tables["events"], index, account, moment)
    signals = tables["signals"]
    for name in sorted(signals["signal"].unique()):
        log = _log(index, signals[signals["signal"] == name], "occurred_at")
        for window in (30, 90, 180):
            columns[f"signal_{name}_{window}d"] = log.count(account, since=moment - window * DAY, until=moment).astype(np.float64)
    return pd.DataFrame(columns)


def _seconds(at: pd.Series) -> Ints:
    return at.to_numpy("datetime64[s]").astype(np.int64)


def _row(index: pd.Index, account_id: pd.Series) -> Ints:
    return index.get_indexer(pd.Index(account_id)).astype(np.int64)


def _log(index: pd.Index, rows: pd.DataFrame, time: str) -> Log:
    return Log(_row(index, rows["account_id"]), _seconds(rows[time]))


def _fields(columns: dict[str, Floats], tables: Mapping[str, pd.DataFrame], index: pd.Index, account: Ints, moment: Ints) -> None:
    history = tables["account_history"]
    for field in ("employee_count", "annual_revenue", "funding_stage", "industry", "region"):
        rows = history[history["field"] == field]
        keys = (_row(index, rows["account_id"]) << 33) | _seconds(rows["valid_from"])
        order = np.argsort(keys, kind="stable")
        newest = np.searchsorted(keys[order], (account << 33) | moment) - 1
        value = rows["value"].to_numpy()[order][newest]
        if field in ("employee_count", "annual_revenue"):
            columns[f"firm_{field}"] = np.asarray(value, dtype=np.float64)
        else:
            for option in sorted(set(value)):
                columns[f"firm_{field}_{option}"] = np.asarray(value == option, dtype=np.float64)
    accounts = tables["accounts"]
    columns["firm_age"] = 2026.0 - accounts["founded_year"].to_numpy(np.float64)[account]
    columns["firm_free_email"] = np.asarray(accounts["domain"].isin(FREE_MAIL), dtype=np.float64)[account]


def _technologies(columns: dict[str, Floats], rows: pd.DataFrame, index: pd.Index, account: Ints, moment: Ints) -> None:
    for category in sorted(rows["category"].unique()):
        mine = rows[rows["category"] == category]
        seen = _log(index, mine, "first_seen_at").count(account, since=np.zeros_like(moment), until=moment)
        gone = _log(index, mine[mine["last_seen_at"].notna()], "last_seen_at").count(account, since=np.zeros_like(moment), until=moment)
        columns[f"tech_{category}"] = np.asarray(seen > gone, dtype=np.float64)


def _events(columns: dict[str, Floats], rows: pd.DataFrame, index: pd.Index, account: Ints, moment: Ints) -> None:
    logs = {str(name): _log(index, rows[rows["event"] == name], "occurred_at") for name in sorted(rows["event"].unique())}
    for name, log in logs.items():
        for window in (30, 90):
            columns[f"event_{name}_{window}d"] = log.count(account, since=moment - window * DAY, until=moment).astype(np.float64)
    # A person was active in a window if the last thing they did lies in it.
    named = rows[rows["user_id"].notna()]
    keys = (_row(index, named["account_id"]) << 33) | _seconds(named["occurred_at"])
    order = np.argsort(keys, kind="stable")
    user = pd.factorize(named["user_id"])[0].astype(np.int64)[order]
    for window in (30, 90):
        low = np.searchsorted(keys[order], (account << 33) | (moment - window * DAY))
        high = np.searchsorted(keys[order], (account << 33) | moment)
        row = np.repeat(np.arange(len(account)), high - low)
        place = np.arange(len(row)) - np.repeat(np.cumsum(high - low) - (high - low), high - low) + np.repeat(low, high - low)
        pairs = np.unique((row << 32) | user[place])
        columns[f"users_{window}d"] = np.bincount(pairs >> 32, minlength=len(account)).astype(np.float64)
    trials = rows[rows["event"] == "trial_started"].groupby("account_id")["occurred_at"].min()
    began = np.full(len(index), 1 << 32, dtype=np.int64)
    began[_row(index, pd.Series(trials.index))] = _seconds(trials)
    start = began[account]
    for name in ("api_call", "login", "integration_connected"):
        first = logs[name].count(account, since=start, until=np.minimum(start + 2 * DAY, moment))
        columns[f"first_48h_{name}"] = np.where(start < moment, first, 0).astype(np.float64)

"""Which account a row means: every row is scored or rejected, in order, with a reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from icpfit.moments import DAY
from icpfit.scoring.resolve import resolve
from icpfit.sources.directory import Directory
from icpfit.sources.targets import NO_MOMENT, TargetList, read_target_list

AS_OF = 1_000 * DAY
KNOWN = frozenset({"A1", "A2", "A3"})
BY_DOMAIN = {"acme.example": "A1", "beta.example": "A2", "gmail.com": "A3"}
DIRECTORY = Directory.of(KNOWN, BY_DOMAIN)

Row = tuple[str | None, str | None, int | None]

row = st.tuples(
    st.sampled_from([None, "A1", "A2", "X9"]),
    st.sampled_from([None, "acme.example", "beta.example", "gmail.com", "new.example"]),
    st.sampled_from([None, AS_OF, AS_OF - DAY]),
).filter(lambda r: r[0] is not None or r[1] is not None)


def listed(rows: list[Row], rejected: pd.DataFrame | None = None) -> TargetList:
    n = len(rows)
    accounts, domains = (np.array([r[k] for r in rows] + [None], dtype=object)[:n] for k in (0, 1))
    frame = pd.DataFrame({"account_id": accounts, "domain": domains, "line": [f"own {i}" for i in range(n)]}, dtype=object)
    return TargetList(
        path=Path("list.csv"),
        frame=frame,
        line=np.arange(2, n + 2),
        account_id=accounts,
        domain=domains,
        as_of=np.array([NO_MOMENT if r[2] is None else r[2] for r in rows], dtype=np.int64),
        rejected=rejected if rejected is not None else pd.DataFrame({"line": [], "reason": []}),
        roles={"account_id": "account_id", "domain": "domain"},
    )


def meant(row: Row) -> tuple[str, str] | None:
    """By the contract's own words; None where two such rows may be two companies."""
    account, domain, _ = row
    if account in KNOWN:
        return "account", str(account)
    if domain in BY_DOMAIN and domain != "gmail.com":
        return "account", BY_DOMAIN[str(domain)]
    if domain is not None and domain != "gmail.com":
        return "domain", domain
    return ("id", str(account)) if account is not None else None


@given(st.lists(row, max_size=40))
@example([("A1", None, None), (None, "acme.example", AS_OF), ("A1", "beta.example", AS_OF - DAY)])
def test_each_row_is_scored_or_rejected_as_the_contract_says(rows):
    found = resolve(listed(rows), DIRECTORY, AS_OF)
    assert len(found.rows) + len(found.rejected) == len(rows)
    assert (np.diff(found.rows) > 0).all()
    seen: dict[tuple[tuple[str, str], int], int] = {}
    scored: list[int] = []
    reasons: list[tuple[int, str]] = []
    for i, one in enumerate(rows):
        who, moment = meant(one), AS_OF if one[2] is None else one[2]
        if who is not None and (who, moment) in seen:
            reasons.append((i + 2, f"the same as line {seen[who, moment]} by its account, which is scored; other values, e.g. line"))
            continue
        if who is not None:
            seen[who, moment] = i + 2
        scored.append(i)
    assert found.rows.tolist() == scored
    assert list(zip(found.rejected["line"], found.rejected["reason"], strict=True)) == reasons
    assert found.as_of.tolist() == [AS_OF if rows[i][2] is None else rows[i][2] for i in scored]
    for i, account in zip(found.rows.tolist(), found.account_id, strict=True):
        who = meant(rows[i])
        assert account == (who[1] if who is not None and who[0] == "account" else None)


@given(st.lists(row, max_size=20))
def test_a_list_twice_over_scores_the_same_rows_and_rejects_the_rest(rows):
    once, twice = (resolve(listed(r), DIRECTORY, AS_OF) for r in (rows, rows + rows))
    nameless = sum(meant(r) is None for r in rows)
    assert len(twice.rows) == len(once.rows) + nameless


def test_a_free_mail_domain_names_no_account_though_one_has_it():
    found = resolve(listed([(None, "gmail.com", None), (None, "gmail.com", None)]), DIRECTORY, AS_OF)
    assert found.account_id == [None, None]


def test_account_id_decides_over_the_domain():
    found = resolve(listed([("A1", "beta.example", None), ("X9", "beta.example", None)]), DIRECTORY, AS_OF)
    assert found.account_id == ["A1", "A2"]


def test_without_any_moment_rows_have_none():
    found = resolve(listed([("A1", None, None), ("A1", None, AS_OF), ("A1", None, None)]), DIRECTORY, None)
    assert found.as_of.tolist() == [NO_MOMENT, AS_OF]
    assert found.rejected["reason"].tolist() == ["the same as line 2 by its account, which is scored; other values, e.g. line"]


def test_rejected_rows_stand_in_the_order_of_their_lines_with_their_own_columns():
    broken = pd.DataFrame({"line": [3], "reason": ["as_of is not a date"], "account_id": ["A2"], "domain": [None], "input_line": ["own"]})
    found = resolve(listed([("A1", None, None), ("A1", None, None), ("A1", None, None)], broken), DIRECTORY, AS_OF)
    assert found.rejected["line"].tolist() == [3, 3, 4]
    assert list(found.rejected.columns) == ["line", "reason", "account_id", "domain", "input_line"]
    assert found.rejected["input_line"].tolist() == ["own", "own 1", "own 2"]


def test_counts_agree_on_a_file_with_every_oddity(tmp_path):
    text = """domain,account_id,as_of,line,reason,input_line
acme.example,,,x,,
https://www.ACME.example/about,,,x,,
,A1,,x,,
,,,nobody here,,
not a domain,,,x,,
new.example,X9,2024-13-01,x,,
new.example,X9,2024-12-01,x,,
new.example,X8,2024-12-01T00:00:00Z,x,,
jane@gmail.com,,,x,,
jane@gmail.com,,,x,,
"""
    (tmp_path / "list.csv").write_text(text)
    targets = read_target_list(tmp_path / "list.csv")
    found = resolve(targets, DIRECTORY, AS_OF)
    assert targets.rows_in == 10
    assert targets.line[found.rows].tolist() == [2, 8, 10, 11]
    assert dict(zip(found.rejected["line"], found.rejected["reason"], strict=True)) == {
        3: "the same as line 2",
        4: "the same as line 2",
        5: "no account_id and no usable domain",
        6: "no account_id and no usable domain",
        7: "as_of is not a date",
        9: "the same as line 8",
    }
    assert list(found.rejected.columns) == [
        "line",
        "reason",
        "domain",
        "account_id",
        "as_of",
        "input_line",
        "input_reason",
        "input_input_line",
    ]
    assert Counter(found.rejected["input_line"]) == {"x": 5, "nobody here": 1}


def read(tmp_path: Path, text: str) -> TargetList:
    (tmp_path / "list.csv").write_text(text)
    return read_target_list(tmp_path / "list.csv")


def test_a_row_that_says_otherwise_than_the_one_that_is_scored_says_where_and_the_list_says_how_many(tmp_path):
    text = "account_id,domain,Employees,Country\nA1,,20,DE\nA1,,200,DE\n,acme.example,20,\nA2,,7,FR\nA2,beta.example, 7 ,FR\nA1,,20,DE\n"
    found = resolve(read(tmp_path, text), DIRECTORY, AS_OF)
    same = "the same as line"
    assert dict(zip(found.rejected["line"], found.rejected["reason"], strict=True)) == {
        3: f"{same} 2 by its account, which is scored; other values, e.g. Employees",
        4: f"{same} 2 by its account, which is scored; other values, e.g. Country",
        6: f"{same} 5",
        7: f"{same} 2",
    }
    assert [(f.words, f.rows) for f in found.findings] == [
        (
            "list.csv: 2 rows name an account that stands above them with other values, e.g. line 3: Employees '200', line 2 says '20'; "
            "the first is scored. To score another, leave one row per account in the list.",
            2,
        )
    ]


def test_rows_that_say_the_same_leave_nothing_to_say(tmp_path):
    found = resolve(
        read(tmp_path, "domain,Employees\nacme.example,20\nhttps://www.acme.example,20\nnew.example,\nnew.example,\n"), DIRECTORY, AS_OF
    )
    assert found.rejected["line"].tolist() == [3, 5]
    assert not found.findings

"""Proposals for flat files: they load, they work without editing, and they say what they are unsure of."""

from __future__ import annotations

import csv
import io
import os
import random
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpfit.config import Config, FlatSource, load_config
from icpfit.errors import SourceError
from icpfit.sources.flat import FlatTable, read_flat
from icpfit.sources.propose import Proposal, propose


def write(tmp_path: Path, header: list[str], rows: list[list[object]], name: str = "export.csv", separator: str = ",") -> Path:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerows([header, *rows])
    path = tmp_path / name
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def use(tmp_path: Path, path: Path) -> tuple[Proposal, Config, FlatTable]:
    """Propose, write, load and read: the way of somebody who edits nothing."""
    out = tmp_path / "configs" / "own.yaml"
    out.parent.mkdir(exist_ok=True)
    proposal = propose(path, out=out)
    out.write_text(proposal.yaml_text, encoding="utf-8")
    config = load_config(out)
    assert isinstance(config.source, FlatSource)
    return proposal, config, read_flat(config.source, max_left_out=config.max_left_out)


def deals(n: int = 200) -> tuple[list[str], list[list[object]]]:
    chance = random.Random(3)
    header = [
        "Deal ID",
        "Company",
        "Website",
        "Stage",
        "Created Date",
        "Close Date",
        "Amount",
        "Industry",
        "Employees",
        "CRM",
        "Source",
        "Hiring?",
        "Owner",
    ]
    rows: list[list[object]] = []
    for i in range(n):
        stage = chance.choice(["Closed Won", "Closed Lost", "Closed Lost", "Negotiation"])
        created = f"{i % 12 + 1}/{i % 28 + 1}/2025"
        closed = f"{i % 12 + 1}/28/2026" if "Closed" in stage else ""
        head: list[object] = [f"D-{i}", f"Company {i % 90}", f"c{i % 90}.com", stage, created, closed]
        size: list[object] = [f"${chance.randint(1, 90)},000", chance.choice(["Retail", "Media"]), chance.randint(5, 900)]
        rest = [chance.choice(pair) for pair in (["HubSpot", "None"], ["Inbound", "Outbound"], ["Yes", "No"], ["Ann", "Bob"])]
        rows.append([*head, *size, *rest])
    return header, rows


def test_roles_and_layers_of_a_crm_export(tmp_path: Path) -> None:
    proposal, config, flat = use(tmp_path, write(tmp_path, *deals()))
    source = config.source
    assert isinstance(source, FlatSource)
    columns = source.columns
    assert (columns.id, columns.result, columns.positive, columns.negative) == ("Deal ID", "Stage", ("Closed Won",), ("Closed Lost",))
    assert (columns.created_at, columns.closed_at, source.date_format) == ("Created Date", "Close Date", "%m/%d/%Y")
    assert (columns.account_id, columns.domain, columns.amount) == ("Company", "Website", "Amount")
    assert source.layers == {
        "firmographic": ("Amount", "Industry", "Employees"),
        "technographic": ("CRM",),
        "behavioral": ("Source",),
        "intent": ("Hiring?",),
    }
    assert source.outcome == "win"
    assert flat.unused == ("Owner",)
    assert "#   Owner: says who on our side worked it" in proposal.yaml_text
    assert any("'Negotiation' is neither" in d for d in proposal.doubts)
    assert flat.count.used == 200
    assert flat.frame["amount"].between(1_000, 90_000).all()
    assert flat.frame["account_id"].nunique() == 90


def test_who_is_known_by_a_name_has_that_name(tmp_path: Path) -> None:
    _, config, flat = use(tmp_path, write(tmp_path, *deals()))
    assert isinstance(config.source, FlatSource)
    assert config.source.columns.account_id == config.source.columns.name == "Company"
    assert flat.frame["name"].tolist() == flat.frame["account_id"].tolist()


def test_the_proposal_is_the_same_twice_and_every_doubt_stands_in_it(tmp_path: Path) -> None:
    path = write(tmp_path, *deals())
    first, second = propose(path), propose(path)
    assert first == second
    assert first.doubts
    assert first.yaml_text.count("# unsure: ") == len(first.doubts)
    for doubt in first.doubts:
        assert doubt.split(": ", 1)[1] in first.yaml_text


def test_the_path_is_relative_to_the_configuration_where_that_is_short(tmp_path: Path) -> None:
    path = write(tmp_path, *deals())
    body = yaml.safe_load(propose(path, out=tmp_path / "configs" / "own.yaml", company="Acme: the #1").yaml_text)
    assert body["source"]["path"] == "../export.csv"
    assert body["company"] == "Acme: the #1"
    assert yaml.safe_load(propose(path).yaml_text)["source"]["path"] == path.as_posix()


@pytest.mark.parametrize(
    ("header", "values", "outcome", "positive"),
    [
        ("Churn", ("Yes", "No"), "retention", ("No",)),
        ("churned", ("1", "0"), "retention", ("0",)),
        ("Customer Status", ("Churned", "Stayed"), "retention", ("Stayed",)),
        ("renewed", ("true", "false"), "retention", ("true",)),
        ("y", ("yes", "no"), "win", ("yes",)),
        ("is_won", ("TRUE", "FALSE"), "win", ("TRUE",)),
        ("Converted", ("1", "0"), "win", ("1",)),
        ("Ergebnis", ("Gewonnen", "Verloren"), "win", ("Gewonnen",)),
        ("Outcome", ("Signed", "Other"), "win", ("Signed",)),
    ],
)
def test_results(tmp_path: Path, header: str, values: tuple[str, str], outcome: str, positive: tuple[str, ...]) -> None:
    rows: list[list[object]] = [[i, values[i % 3 == 0], ("A", "B", "C")[i % 3]] for i in range(60)]
    _, config, flat = use(tmp_path, write(tmp_path, ["id", header, "Region"], rows))
    source = config.source
    assert isinstance(source, FlatSource)
    assert (source.columns.result, source.outcome, source.columns.positive) == (header, outcome, positive)
    assert flat.frame["label"].notna().all()


def test_no_outcome_at_all_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column looks like the outcome"):
        propose(write(tmp_path, ["id", "Region"], [[i, "ABC"[i % 3]] for i in range(30)]))


def test_an_unclear_outcome_is_marked(tmp_path: Path) -> None:
    proposal, _, _ = use(tmp_path, write(tmp_path, ["id", "Thing", "Region"], [[i, "pq"[i % 4 == 0], "ABC"[i % 3]] for i in range(40)]))
    assert "no column says clearly how a deal ended" in proposal.doubts[0]


def test_a_close_that_only_wins_have_becomes_a_window(tmp_path: Path) -> None:
    rows: list[list[object]] = []
    for i in range(300):
        day = i // 1
        won = i % 3 == 0 and day > 150
        created = f"2025-{1 + day // 28:02d}-{1 + day % 28:02d}"
        closed = f"2025-{1 + (day + 20) // 28:02d}-{1 + (day + 20) % 28:02d}" if won else ""
        rows.append([f"L{i}", created, closed, "yes" if won else "no", "ABC"[i % 3]])
    proposal, config, flat = use(tmp_path, write(tmp_path, ["lead_id", "first_contact_date", "won_date", "converted", "origin"], rows))
    source = config.source
    assert isinstance(source, FlatSource)
    assert (source.columns.created_at, source.columns.closed_at) == ("first_contact_date", "won_date")
    assert source.outcome_window_days in range(20, 25)
    assert source.no_outcome_before is not None
    assert flat.count.left_out["created before outcomes were recorded"] > 100
    assert any("only good results have 'won_date'" in d for d in proposal.doubts)


def test_placeholders_are_missing_and_none_is_a_value(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [i, "yn"[i % 2], ("Select", "Retail", "Media")[i % 3], ("None", "SAP")[i % 2], ("unknown", "x")[i % 2]] for i in range(60)
    ]
    proposal, config, _ = use(tmp_path, write(tmp_path, ["id", "won", "Industry", "CRM", "Region"], rows))
    assert isinstance(config.source, FlatSource)
    assert config.source.missing == ("Select",)
    assert any("does 'unknown' mean unknown too?" in d for d in proposal.doubts)


def test_a_number_that_stands_apart_is_asked_about(tmp_path: Path) -> None:
    rows: list[list[object]] = [[i, "yn"[i % 2], 999 if i % 4 else i % 20] for i in range(100)]
    proposal, _, _ = use(tmp_path, write(tmp_path, ["id", "won", "Visits"], rows))
    assert any("999 stands apart" in d for d in proposal.doubts)


def test_what_training_refuses_by_its_name_is_left_out_with_the_reason(tmp_path: Path) -> None:
    header, rows = deals()
    header = [*header, "Loss Reason", "Win Probability", "ACV"]
    rows = [[*row, ("Price", "")[i % 2], i % 100, f"{i}.5"] for i, row in enumerate(rows)]
    proposal, config, _ = use(tmp_path, write(tmp_path, header, rows))
    assert isinstance(config.source, FlatSource)
    layered = {name for names in config.source.layers.values() for name in names}
    refused = {"Loss Reason", "Win Probability", "ACV"}
    assert not layered & refused
    assert "#   Loss Reason: training refuses it: a reason for the outcome is written after it" in proposal.yaml_text
    assert refused <= {line.split("#   ")[1].split(":")[0] for line in proposal.yaml_text.splitlines() if "training refuses it" in line}


def test_no_column_is_used_and_not_used_at_once_and_none_is_passed_over(tmp_path: Path) -> None:
    header, rows = deals()
    amounts = [[*row[:6], 1_000_003 + 7_919 * i, *row[7:]] for i, row in enumerate(rows)]  # different in every row, as full amounts are
    proposal, config, flat = use(
        tmp_path, write(tmp_path, [*header, "Annual Revenue", "Serial"], [[*r, 90_001 * i, i] for i, r in enumerate(amounts)])
    )
    assert isinstance(config.source, FlatSource)
    assert {"Amount", "Annual Revenue"} <= set(config.source.layers["firmographic"])
    said = {line.split("#   ")[1].split(":")[0] for line in proposal.yaml_text.splitlines() if line.startswith("  #   ")}
    assert said == set(flat.unused) == {"Owner", "Serial"}


def test_an_export_in_another_language_and_rows_marked_as_tests(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [
            f"OPP{i}",
            f"Compte {i % 40}",
            ("Gagnée", "Perdue", "En cours")[i % 3],
            "Prix" if i % 3 == 1 else "",
            ("Nord", "Sud")[i % 2],
            "ab"[i % 2],
        ]
        for i in range(120)
    ]
    header = ["N° opportunité", "Compte", "Étape", "Motif de perte", "Région", "Is Test"]
    proposal, config, _ = use(tmp_path, write(tmp_path, header, rows, separator=";"))
    assert isinstance(config.source, FlatSource)
    columns = config.source.columns
    assert (columns.result, columns.positive, columns.negative, columns.account_id) == ("Étape", ("Gagnée",), ("Perdue",), "Compte")
    assert config.source.layers["firmographic"] == ("Région",)
    assert "#   Is Test: marks rows that are no real deals: leave such rows out of the file" in proposal.yaml_text


def test_a_split_close_and_two_forms_of_dates_are_proposed_and_read(tmp_path: Path) -> None:
    rows: list[list[object]] = []
    for i in range(120):
        won = i % 3 == 0
        closed = f"2025-{i % 12 + 1:02d}-27 10:00:00"
        rows.append(
            [i, "Won" if won else "Lost", f"{i % 28 + 1}/{i % 12 + 1}/2024", closed if won else "", "" if won else closed, "ABC"[i % 3]]
        )
    header = ["Deal - ID", "Deal - Status", "Deal - Deal created", "Deal - Won time", "Deal - Lost time", "Deal - Region"]
    proposal, config, flat = use(tmp_path, write(tmp_path, header, rows))
    assert isinstance(config.source, FlatSource)
    assert config.source.columns.closed_at == ("Deal - Won time", "Deal - Lost time")
    assert config.source.date_format == {"Deal - Deal created": "%d/%m/%Y"}
    assert flat.frame["closed_at"].notna().all()
    assert flat.count.used == 120
    assert config.source.outcome_window_days is None
    assert not [d for d in proposal.doubts if d.startswith("closed_at")]


awkward = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=14)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=st.lists(awkward, min_size=2, max_size=5, unique_by=lambda h: h.strip().lower()),
    cells=st.lists(awkward, min_size=1, max_size=4),
)
def test_whatever_the_headers_and_texts_are_the_proposal_loads_and_works(tmp_path: Path, headers: list[str], cells: list[str]) -> None:
    taken = {"result", "key", *(f"column {i}" for i in range(9))}
    headers = [h for h in headers if h.strip().lower() not in taken]
    rows: list[list[object]] = [
        [f"k{i}", ("Won", "Lost")[i % 2], *(cells[(i + j) % len(cells)] for j in range(len(headers)))] for i in range(24)
    ]
    path = tmp_path / "export.csv"
    lines = [",".join('"' + str(c).replace('"', '""') + '"' for c in row) for row in [["key", "result", *headers], *rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _, config, flat = use(tmp_path, path)
    assert isinstance(config.source, FlatSource)
    assert flat.count.rows_in == 24
    assert flat.frame["label"].notna().all()


REAL = Path(os.environ.get("ICPFIT_REAL_DATA", "."))


def real(tmp_path: Path, *place: str) -> tuple[FlatSource, FlatTable, Proposal]:
    proposal, config, flat = use(tmp_path, REAL.joinpath(*place))
    assert isinstance(config.source, FlatSource)
    return config.source, flat, proposal


@pytest.mark.real_data
def test_ibm_sales(tmp_path: Path) -> None:
    source, flat, proposal = real(tmp_path, "ibm_sales_win_loss", "WA_Fn-UseC_-Sales-Win-Loss.csv")
    assert (source.columns.id, source.columns.result, source.columns.amount) == (
        "Opportunity Number",
        "Opportunity Result",
        "Opportunity Amount USD",
    )
    assert (source.columns.positive, source.columns.negative, source.outcome) == (("Won",), ("Loss",), "win")
    assert "Client Size By Employee Count" in source.layers["firmographic"]
    assert source.layers["technographic"] == ("Competitor Type",)
    assert "None" not in source.missing
    leaks = [line for line in proposal.yaml_text.splitlines() if "training refuses it" in line]
    assert len(leaks) == 7
    assert all(line.startswith("  #   ") for line in leaks)
    assert flat.count.used == 78_025 - 55


@pytest.mark.real_data
def test_telco_churn(tmp_path: Path) -> None:
    source, flat, _ = real(tmp_path, "telco_ibm", "WA_Fn-UseC_-Telco-Customer-Churn.csv")
    assert (source.columns.id, source.columns.result, source.columns.positive, source.outcome) == (
        "customerID",
        "Churn",
        ("No",),
        "retention",
    )
    assert len(flat.specs) == 19
    assert flat.count.used == 7_043


@pytest.mark.real_data
def test_x_education(tmp_path: Path) -> None:
    source, flat, proposal = real(tmp_path, "x_education", "Leads.csv")
    assert (source.columns.id, source.columns.result, source.columns.positive) == ("Prospect ID", "Converted", ("1",))
    assert source.missing == ("Select",)
    leaks = {"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}
    assert set(flat.unused) == {"Lead Number", "column 38", *leaks}
    assert set(source.layers["intent"]) == {"Asymmetrique Activity Index", "Asymmetrique Activity Score"}
    for leak in leaks:
        assert f"  #   {leak}: training refuses it: " in proposal.yaml_text


@pytest.mark.real_data
def test_uci_bank(tmp_path: Path) -> None:
    source, flat, proposal = real(tmp_path, "uci_bank_marketing", "bank-additional-full.csv")
    assert (source.separator, source.columns.id, source.columns.result, source.columns.positive) == (";", None, "y", ("yes",))
    assert source.missing == ("unknown",)
    assert source.row_order_is_time
    assert any(d.startswith("row_order_is_time: 'month' goes through the year") for d in proposal.doubts)
    assert any(d.startswith("'pdays': ") and "999 stands apart" in d for d in proposal.doubts)
    assert flat.count.used == 41_188
    assert flat.frame["label"].mean() == pytest.approx(0.113, abs=0.001)

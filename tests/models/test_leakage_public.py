"""The rules of meaning on public sets that they were not written from: what leaks is refused, what is honest is not."""

import csv
import os
from pathlib import Path

import pytest

from icpfit.sources.leak_names import refused_by_meaning

pytestmark = pytest.mark.real_data

IBM = {
    "Elapsed Days In Sales Stage",
    "Sales Stage Change Count",
    "Total Days Identified Through Closing",
    "Total Days Identified Through Qualified",
    "Ratio Days Identified To Total Days",
    "Ratio Days Validated To Total Days",
    "Ratio Days Qualified To Total Days",
}
X_EDUCATION = {"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}


@pytest.mark.parametrize(
    ("place", "separator", "leaks"),
    [
        ("ibm_sales_win_loss/WA_Fn-UseC_-Sales-Win-Loss.csv", ",", IBM),
        ("x_education/Leads.csv", ",", X_EDUCATION),
        ("uci_bank_marketing/bank-additional-full.csv", ";", {"duration"}),
    ],
)
def test_exactly_the_leaking_columns_are_refused(place: str, separator: str, leaks: set[str]) -> None:
    with (Path(os.environ["ICPFIT_REAL_DATA"]) / place).open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file, delimiter=separator))
    assert {name for name in header if refused_by_meaning((name,), "win")} == leaks


def test_no_honest_column_of_the_telco_customers_is_refused() -> None:
    place = Path(os.environ["ICPFIT_REAL_DATA"]) / "telco_ibm" / "WA_Fn-UseC_-Telco-Customer-Churn.csv"
    header = place.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert [name for name in header if name != "Churn" and refused_by_meaning((name,), "retention")] == []

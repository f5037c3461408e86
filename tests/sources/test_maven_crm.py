"""A CRM export of other people's making (Maven Analytics "CRM Sales Opportunities"), mapped by the example configuration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from icpfit.config import FolderSource, load_config
from icpfit.moments import day_text
from icpfit.sources.folder import read_folder
from icpfit.sources.intake import Intake

CONFIG = Path(__file__).parents[2] / "configs" / "examples" / "maven_crm.yaml"


@pytest.mark.real_data
def test_maven_crm_is_mapped_to_the_contract() -> None:
    config = load_config(CONFIG)
    assert isinstance(config.source, FolderSource)
    source = config.source.model_copy(update={"path": Path(os.environ["ICPFIT_REAL_DATA"]) / "maven_crm"})
    warehouse = read_folder(source, Intake.of(config))
    accounts, deals = warehouse.counts
    assert (accounts.rows_in, accounts.used) == (85, 85)
    assert dict(deals.left_out) == {"no account": 1425, "no created_at": 163}
    assert (deals.rows_in, deals.used) == (8_800, 7_212)
    frame = warehouse.frame("deals")
    assert frame["stage"].value_counts().to_dict() == {"won": 4238, "lost": 2473, "open": 501}
    assert "GTX Pro" in set(frame["product"])
    assert "GTXPro" not in set(frame["product"])
    assert day_text(int(frame["created_at"].min())) == "2016-10-20"
    assert day_text(warehouse.newest) == "2018-01-01"
    assert "technology" in set(warehouse.frame("accounts")["industry"])
    assert any(f.code == "COLUMN-ABSENT" and "domain" in f.words for f in warehouse.findings)

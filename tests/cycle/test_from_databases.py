"""The demo company from a data folder, a DuckDB file and a real PostgreSQL is one company: one version, one card, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from databases import write_duckdb, write_postgres

from icpfit.bundle import to_files
from icpfit.cli import main
from icpfit.cycle.opened import open_config
from icpfit.cycle.retrain import learn
from icpfit.sources.contract import TABLES
from icpfit.training_set import write_parquet

if TYPE_CHECKING:
    from conftest import SmallCompany

VARIABLE = "ICPFIT_TEST_PG_URL"


def frames_of(folder: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet")) if path.stem in TABLES}


def config_elsewhere(config: Path, source: dict[str, str], out: Path) -> Path:
    """The same declaration, but for where the tables lie."""
    body = yaml.safe_load(config.read_text())
    out.write_text(yaml.safe_dump({**body, "source": source}, sort_keys=False))
    return out


@pytest.fixture
def elsewhere(small_company: SmallCompany, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """The small company's configuration, for its tables in ``duckdb`` or ``postgres``."""
    frames = frames_of(small_company.data)

    def written(kind: str) -> Path:
        if kind == "duckdb":
            write_duckdb(tmp_path / "acme.duckdb", frames)
            source = {"kind": "duckdb", "path": "acme.duckdb"}
        else:
            write_postgres(postgres_url, frames, schema="crm", types={"deals": {"amount": "numeric(12,2)", "created_at": "timestamptz"}})
            monkeypatch.setenv(VARIABLE, postgres_url)
            source = {"kind": "postgres", "url_env": VARIABLE, "schema": "crm"}
        return config_elsewhere(small_company.config, source, tmp_path / f"{kind}.yaml")

    return written


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_the_same_company_elsewhere_gives_the_same_bytes(
    kind: str, elsewhere: Callable[[str], Path], small_company: SmallCompany, tmp_path: Path
) -> None:
    opened, as_of = open_config(elsewhere(kind)), small_company.opened.moment(None)
    assert opened.fingerprint == small_company.opened.fingerprint
    assert opened.moment(None) == as_of
    for outcome in ("win", "retention"):
        found = []
        for one in (small_company.opened, opened):
            data = one.training_set(outcome, as_of)
            write_parquet(data.frame, data.specs, tmp_path / "rows.parquet")
            found.append((data.fingerprint, (tmp_path / "rows.parquet").read_bytes()))
        assert found[0] == found[1]


def test_a_retrain_from_postgres_on_the_command_line(
    elsewhere: Callable[[str], Path], small_company: SmallCompany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, workspace = elsewhere("postgres"), tmp_path / "workspace"
    done = CliRunner().invoke(main, ["retrain", "--config", str(config), "--workspace", str(workspace)])
    assert done.exit_code == 0, done.output
    version = small_company.bundle.version
    made, known = (folder / "models" / version for folder in (workspace, small_company.workspace.path))
    assert {p.name: p.read_bytes() for p in made.iterdir()} == {p.name: p.read_bytes() for p in known.iterdir()}
    signed = ["approve", version, "--by", "Ann", "--override", "a small company", "--workspace", str(workspace), "--config", str(config)]
    assert CliRunner().invoke(main, signed).exit_code == 0
    lists = []
    for name, other in (("postgres", config), ("folder", small_company.config)):
        out = tmp_path / f"{name}.csv"
        asked = [
            "score",
            str(small_company.data / "target_list.csv"),
            "--out",
            str(out),
            "--config",
            str(other),
            "--workspace",
            str(workspace),
        ]
        assert CliRunner().invoke(main, asked).exit_code == 0
        lists.append(out.read_bytes())
    assert lists[0] == lists[1]


@pytest.mark.verify
def test_the_demo_company_from_postgres_has_the_demo_s_scorecard(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole demo, twice: some minutes."""
    demo = Path(__file__).parents[2] / "configs" / "demo.yaml"
    data = tmp_path / "data"
    assert CliRunner().invoke(main, ["simulate", "--out", str(data)]).exit_code == 0
    write_postgres(postgres_url, frames_of(data))
    monkeypatch.setenv(VARIABLE, postgres_url)
    cards = []
    for kind, source in {"folder": {"path": str(data)}, "postgres": {"url_env": VARIABLE}}.items():
        config = config_elsewhere(demo, {"kind": kind, **source}, tmp_path / f"{kind}.yaml")
        opened = open_config(config)
        learned = learn(opened, opened.moment(None))
        assert learned.bundle is not None
        cards.append(to_files(learned.bundle))
    assert cards[0] == cards[1]

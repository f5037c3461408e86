"""The demo's configuration is what icpfit init proposes on the demo's data, without editing."""

from __future__ import annotations

from pathlib import Path

from icpfit.cycle.demo import DEMO_SEED
from icpfit.simulate import simulate_company, write_company
from icpfit.sources.propose import propose

ROOT = Path(__file__).parents[2]


def test_the_demos_configuration_is_the_proposal(tmp_path, monkeypatch):
    write_company(simulate_company(seed=DEMO_SEED), tmp_path / "demo" / "data")
    monkeypatch.chdir(tmp_path)
    proposal = propose(Path("demo/data"), out=Path("configs/demo.yaml"), company="Northwind Analytics")
    assert proposal.yaml_text == (ROOT / "configs" / "demo.yaml").read_text(encoding="utf-8")

"""What the pictures of drift show is counted from the same rows as the findings, and nothing is made up where there are none."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace

import pytest

from icpfit.criteria.shares import Share
from icpfit.cycle import paper
from icpfit.cycle.asked import Asked
from icpfit.cycle.drift_pictures import MOST_QUARTERS, SHOWN_ANYWAY, drift_pictures
from icpfit.documents.drift_values import DriftPictures
from icpfit.drift import Finding
from icpfit.errors import FeatureError
from icpfit.moments import parse_moment
from icpfit.registry import Workspace, write_bundle
from icpfit.registry.store import write_challenger

THEN = parse_moment("2025-01-01")


@pytest.fixture(scope="module")
def asked(small_company) -> Asked:
    """The small company's bundle as if it were a year old."""
    return Asked(small_company.opened, replace(small_company.bundle, as_of=THEN), small_company.opened.moment(None))


@pytest.fixture
def workspace(small_company, tmp_path) -> Workspace:
    shutil.copytree(small_company.workspace.path, tmp_path / "w")
    return Workspace(tmp_path / "w")


def finding(subject: str, *, alarm: bool, effect: float | None = 0.2) -> dict:
    return {"code": "DRIFT-FEATURE", "subject": subject, "alarm": alarm, "effect": effect}


def label(asked: Asked, name: str) -> str:
    return next(s.label for s in asked.bundle.specs if s.name == name)


def test_an_attribute_with_an_alarm_is_shown_then_and_now(asked, workspace):
    subject = label(asked, "industry")
    (shown,) = drift_pictures(asked, [finding(subject, alarm=True), finding("wins", alarm=True)], workspace).features
    now, before, newer = asked.training("win"), asked.before("win"), asked.newer("win")
    assert (shown.label, shown.alarm, shown.n_then, shown.n_now) == (subject, True, before.sum(), newer.sum())
    column = now.features["industry"]
    for words, then, later in shown.bands:
        if words not in ("not known", "all others"):
            assert then == pytest.approx((column[before] == words).mean())
            assert later == pytest.approx((column[newer] == words).mean())


def test_without_an_alarm_those_that_moved_most_are_shown(asked, workspace):
    labels = [s.label for s in asked.bundle.specs][:5]
    found = [finding(subject, alarm=False, effect=i / 10) for i, subject in enumerate(labels)] + [finding("x", alarm=False, effect=None)]
    shown = drift_pictures(asked, found, workspace).features
    assert [f.label for f in shown] == labels[::-1][:SHOWN_ANYWAY]
    assert not any(f.alarm for f in shown)


def test_the_rates_are_those_of_the_training_set_by_quarter(asked, workspace):
    rates = drift_pictures(asked, [], workspace).rates
    now, newer = asked.training("win"), asked.newer("win")
    expected = asked.bundle.win.probability(now.features)
    cohort = now.frame["cohort"].to_numpy()
    assert 1 < len(rates.periods) <= MOST_QUARTERS
    for period in rates.periods:
        rows = cohort == period.name
        accounts = now.frame["account_id"][rows].nunique()
        assert period.seen == Share(int(now.label[rows].sum()), int(rows.sum()), accounts)
        assert period.expected == pytest.approx(expected[rows].mean())
        assert period.newer == (newer[rows].mean() > 0.5)
    first = rates.periods[0].name
    assert rates.trained == "2025-01-01"
    assert rates.at == 4 * (2025 - int(first[:4])) - (int(first[-1]) - 1) - 0.5, "the first of January is the edge before the first quarter"


def test_the_card_is_asked_of_newer_deals_where_no_newer_card_is_there(asked, workspace):
    card = drift_pictures(asked, [], workspace).card
    now, newer = asked.training("win"), asked.newer("win")
    points = asked.bundle.card.parts_of(now.features)
    assert card.by == "deals"
    for row in card.rows:
        name = next(a.name for a in asked.bundle.card.attributes if a.label == row.label)
        good, others = (points[name][newer & (now.label == label)] for label in (1, 0))
        value, low, high = row.now
        assert value == pytest.approx(good.mean() - others.mean())
        assert low <= value <= high
    assert sum(r.then[0] for r in card.rows) == pytest.approx(_gap(asked), abs=1e-9), "attributes add up to the points"


def _gap(asked: Asked) -> float:
    now, before = asked.training("win"), asked.before("win")
    points = asked.bundle.card.score(now.features)["points"].to_numpy()
    return points[before & (now.label == 1)].mean() - points[before & (now.label == 0)].mean()


def test_the_challengers_card_stands_beside_the_champions_and_the_layers_over_time(asked, small_company, workspace, make_bundle):
    older = replace(small_company.bundle, version="2025-01-01-0a1b2c3d")
    write_bundle(workspace, older)
    write_challenger(workspace, small_company.bundle.version)
    pictures = drift_pictures(replace(asked, bundle=replace(asked.bundle, version=older.version)), [], workspace)
    assert (pictures.card.by, pictures.card.newest) == ("cards", small_company.bundle.version)
    most = {a.label: a.max_points for a in older.card.attributes}
    for row in pictures.card.rows:
        assert row.then == row.now
        assert row.now[0] == most[row.label]
        assert row.now[1] <= row.now[0] <= row.now[2]
    assert [at.day for at in pictures.layers] == ["2025-01-01", small_company.bundle.version[:10]]
    assert pictures.layers[0].learned == older.card.layer_weights_learned
    early = drift_pictures(replace(asked, as_of=parse_moment("2025-06-01")), [], workspace)
    assert [at.day for at in early.layers] == ["2025-01-01"], "a version that was learned later is not shown"


class Elsewhere(Asked):
    """The same, with data that lacks what the champion was made of."""

    def training(self, outcome):
        raise FeatureError("no table of events")


class Undated(Asked):
    def training(self, outcome):
        return replace(super().training(outcome), timing="none")


@pytest.mark.parametrize("kind", [Elsewhere, Undated])
def test_data_without_dates_or_without_features_has_no_rows_to_show(asked, workspace, kind):
    pictures = drift_pictures(kind(asked.opened, asked.bundle, asked.as_of), [finding("Industry", alarm=False)], workspace)
    assert pictures == DriftPictures("win", layers=pictures.layers)


def test_without_newer_rows_the_quarters_alone_are_shown(asked, small_company, workspace):
    late = replace(asked, bundle=small_company.bundle)
    assert not late.newer("win").any()
    pictures = drift_pictures(late, [finding(label(asked, "industry"), alarm=False)], workspace)
    assert pictures.features == ()
    assert pictures.card is None
    assert pictures.rates.at > len(pictures.rates.periods) - 1
    assert not any(p.newer for p in pictures.rates.periods)


def test_a_champion_without_a_model_of_winning_and_damaged_versions_are_passed_over(asked, workspace):
    folder = workspace.models / "2024-01-01-0a1b2c3d"
    folder.mkdir()
    (folder / "scorecard.json").write_text("{}", encoding="utf-8")
    alone = replace(asked, bundle=replace(asked.bundle, win=None))
    pictures = drift_pictures(alone, [], workspace)
    assert (pictures.rates, pictures.features) == (None, ())
    assert len(pictures.layers) == 1


@pytest.fixture
def written(monkeypatch) -> list[dict]:
    """Pages instead of files."""
    pages: list[dict] = []
    monkeypatch.setattr(paper, "_write", lambda page, out: pages.append(page) or ())
    return pages


def test_the_champions_documents_have_the_findings_and_their_pictures(small_company, workspace, tmp_path, written):
    paper.document_champion(small_company.opened, workspace, small_company.opened.moment(None), tmp_path)
    (page,) = written
    assert page["drift"]["state"] == "cannot tell"
    assert "rates" in {f["key"] for f in page["drift"]["figures"]}
    assert page["drift"]["about"].startswith(f"What became known between {small_company.bundle.metrics['as_of']}")


def test_a_retrain_tells_what_moved_since_the_profile_in_force(small_company, tmp_path, written):
    learned, moved = small_company.learned, asdict(Finding("MODEL-WINRATE", "wins", -3.0, 0.001, 0.001, 0.1, 90, 60, True, "fewer wins"))
    for drift in ((), (moved,)):
        paper.write_documents(small_company.opened, replace(learned, drift=drift), tmp_path)
    assert [page["drift"]["state"] for page in written] == ["not asked", "moved"]
    assert "in force when this run was made" in written[1]["drift"]["about"]

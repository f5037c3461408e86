"""MLflow follows the files: a real database, real artifacts, nothing pickled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from icpfit.errors import BundleError
from icpfit.registry import Workspace, approve, load_bundle, log_retrain, read_challenger, read_gates, reject, rollback, status
from icpfit.registry.database import EXPERIMENT, open_mlflow
from icpfit.registry.tracking import MODEL

DAYS = ("2026-01-01", "2026-04-01", "2026-07-01")


def aliases(workspace) -> dict[str, str]:
    """alias -> our version, as MLflow says."""
    with open_mlflow(workspace) as client:
        numbers = {alias: str(n) for m in client.search_registered_models(f"name = '{MODEL}'") for alias, n in m.aliases.items()}
        return {alias: client.get_model_version(MODEL, n).tags["version"] for alias, n in numbers.items()}


def test_a_retrain_is_a_run_with_children_a_fingerprint_and_a_challenger(tracked, retrained, tmp_path):
    record = retrained(DAYS[0])
    run_id = log_retrain(tracked, record)
    assert aliases(tracked) == {"challenger": record.version}
    assert read_challenger(tracked) == record.version
    assert read_gates(tracked, record.version).decision.promotable
    with open_mlflow(tracked) as client:
        run = client.get_run(run_id)
        assert run.info.status == "FINISHED"
        assert run.data.tags["fingerprint.win"] == "f" * 64
        assert run.data.tags["evidence"] == "established"
        assert run.data.metrics["win.auc"] == 0.8
        assert run.data.metrics["gate.signal.passed"] == 1.0
        assert run.inputs.dataset_inputs[0].dataset.digest == "f" * 36
        experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
        children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run_id}'")
        assert {c.info.run_name for c in children} == {"win", "win trials", "win backtest", "card", "drift", "document"}
        backtest = next(c for c in children if c.info.run_name == "win backtest")
        assert backtest.data.metrics["baselines.logistic.auc"] == 0.75
        folder = client.download_artifacts(run_id, "bundle", str(tmp_path))
    logged = {p.name: p.read_bytes() for p in Path(folder).iterdir()}
    kept = {p.name: p.read_bytes() for p in tracked.bundle_folder(record.version).iterdir()}
    assert logged == kept


def test_the_same_version_again_is_another_run_and_nothing_else(tracked, retrained):
    record = retrained(DAYS[0])
    first, second = log_retrain(tracked, record), log_retrain(tracked, record)
    assert first != second
    with open_mlflow(tracked) as client:
        (only,) = client.search_model_versions(f"name = '{MODEL}'")
        assert only.run_id == first
    approve(tracked, record.version, "Ada")
    log_retrain(tracked, record)
    assert read_challenger(tracked) is None
    assert aliases(tracked) == {"champion": record.version}


def test_without_a_signal_there_is_a_run_and_no_model(tracked, retrained):
    record = retrained(DAYS[0], registered=False)
    run_id = log_retrain(tracked, record)
    with open_mlflow(tracked) as client:
        assert client.get_run(run_id).data.tags["verdict"] == "no signal"
        assert client.get_run(run_id).info.status == "FINISHED"
        assert not client.search_registered_models()
    assert read_challenger(tracked) is None
    assert not tracked.bundle_folder(record.version).exists()
    why = f"the last retrain ({record.version}) came to 'no signal', so it put nothing up for a sign-off"
    for which in ("champion", "challenger"):
        with pytest.raises(BundleError) as found:
            load_bundle(tracked, which)
        assert why in str(found.value.hint)
    assert any(why in line for line in status(tracked).lines)
    assert status(tracked).values["last_retrain"] == {"version": record.version, "verdict": "no signal", "registered": False}

    better = retrained(DAYS[1])
    log_retrain(tracked, better)
    with pytest.raises(BundleError, match="no version is in force") as found:
        load_bundle(tracked)
    assert f"icpfit approve {better.version} --by NAME" in str(found.value.hint)
    assert not any("the last retrain" in line for line in status(tracked).lines)


def test_aliases_follow_the_sign_offs(tracked, retrained):
    first, second = retrained(DAYS[0]), retrained(DAYS[1])
    log_retrain(tracked, first)
    approve(tracked, first.version, "Ada")
    log_retrain(tracked, second)
    assert aliases(tracked) == {"champion": first.version, "challenger": second.version}
    approve(tracked, second.version, "Ada")
    assert aliases(tracked) == {"champion": second.version}
    rollback(tracked, "Ada")
    assert aliases(tracked) == {"champion": first.version}
    log_retrain(tracked, second)
    reject(tracked, second.version, "Ada")
    log_retrain(tracked, second)
    assert aliases(tracked) == {"champion": first.version}


def test_a_version_deleted_in_mlflow_is_missed_and_mended(tracked, retrained):
    record = retrained(DAYS[0])
    log_retrain(tracked, record)
    approve(tracked, record.version, "Ada")
    with open_mlflow(tracked) as client:
        client.delete_model_version(MODEL, "1")
    assert aliases(tracked) == {}
    found = status(tracked)
    assert any("registered again" in words for words in found.mended)
    assert aliases(tracked) == {"champion": record.version}
    assert not status(tracked).mended
    assert load_bundle(tracked).version == record.version


def test_an_alias_moved_by_hand_does_not_move_the_champion(tracked, retrained):
    first, second = retrained(DAYS[0]), retrained(DAYS[1])
    log_retrain(tracked, first)
    approve(tracked, first.version, "Ada")
    log_retrain(tracked, second)
    with open_mlflow(tracked) as client:
        client.set_registered_model_alias(MODEL, "champion", "2")
    assert load_bundle(tracked).version == first.version
    assert any("stood on another version" in words for words in status(tracked).mended)
    assert aliases(tracked) == {"champion": first.version, "challenger": second.version}


def test_a_lost_database_costs_the_records_and_nothing_else(tracked, retrained, migrated):
    first = retrained(DAYS[0])
    log_retrain(tracked, first)
    approve(tracked, first.version, "Ada")
    tracked.database.write_bytes(b"not a database, " * 100)
    found = status(tracked)
    assert any("mlflow.db" in words for words in found.problems)
    assert found.values["champion"] == first.version
    tracked.database.unlink()
    assert not status(tracked).problems
    assert load_bundle(tracked).version == first.version


LOAD = """if True:
    import json, sys
    import mlflow, pandas as pd
    sys.path = [p for p in sys.path if not p.endswith("src")]  # a server that has never heard of this package
    mlflow.set_tracking_uri(sys.argv[1])
    model = mlflow.pyfunc.load_model("models:/icp@challenger")
    import icpfit
    rows = pd.read_json(sys.argv[2], orient="split", dtype={"region": object})
    answer = model.predict(rows.astype({"employees": float, "views_30d": float}))
    print(json.dumps({"package": icpfit.__file__, "answer": answer.to_dict("list"), "types": [str(t) for t in answer.dtypes]}))
"""


def test_the_logged_model_loads_with_pickle_forbidden_and_says_what_the_bundle_says(tracked, retrained, make_features, tmp_path):
    record = retrained(DAYS[0])
    log_retrain(tracked, record)
    features = make_features(50, 4)
    features.to_json(tmp_path / "rows.json", orient="split", double_precision=15)
    environment = {**os.environ, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    arguments = [sys.executable, "-c", LOAD, f"sqlite:///{tracked.database}", str(tmp_path / "rows.json")]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["package"].startswith(str(tracked.artifacts))
    answer = pd.DataFrame(json.loads(done.stdout)["answer"])
    expected = load_bundle(tracked, "challenger").predict(features)
    pd.testing.assert_frame_equal(answer, expected, check_dtype=False, rtol=0, atol=0)


def test_a_served_model_answers_what_the_bundle_says(tracked, retrained, make_features):
    """What ``mlflow models serve`` calls for each POST to /invocations, without the minute that a server takes to start."""
    from mlflow.pyfunc.scoring_server import invocations

    log_retrain(tracked, retrained(DAYS[0]))
    features = make_features(50, 6)
    with open_mlflow(tracked):
        model = mlflow.pyfunc.load_model(f"models:/{MODEL}@challenger")
        body = json.dumps({"dataframe_split": json.loads(features.to_json(orient="split", double_precision=15))})
        said = invocations(body, "application/json", model, model.metadata.get_input_schema())
        few = invocations('{"dataframe_records": [{"region": "EMEA"}]}', "application/json", model, model.metadata.get_input_schema())
    assert (said.status, few.status) == (200, 200)
    bundle = load_bundle(tracked, "challenger")
    answer = pd.DataFrame(json.loads(said.response)["predictions"])
    pd.testing.assert_frame_equal(answer, bundle.predict(features), check_dtype=False, rtol=0, atol=0)
    alone = pd.DataFrame(json.loads(few.response)["predictions"])
    pd.testing.assert_frame_equal(alone, bundle.predict(pd.DataFrame({"region": ["EMEA"]})), check_dtype=False, rtol=0, atol=0)


def test_the_model_takes_missing_columns_and_refuses_a_damaged_bundle(tracked, retrained, make_features):
    record = retrained(DAYS[0])
    log_retrain(tracked, record)
    bundle, features = load_bundle(tracked, "challenger"), make_features(30, 5)
    with open_mlflow(tracked):
        model = mlflow.pyfunc.load_model(f"models:/{MODEL}@challenger")
        pd.testing.assert_frame_equal(model.predict(features), bundle.predict(features), check_dtype=False)
        few = features[["views_30d"]]
        pd.testing.assert_frame_equal(model.predict(few), bundle.predict(few), check_dtype=False)
        signature = {c.name: c.type.name for c in model.metadata.signature.inputs}
        assert signature == {"employees": "double", "region": "string", "views_30d": "double"}
    (damaged,) = [p for p in tracked.artifacts.rglob("win.txt") if "models" in p.parts]
    damaged.write_bytes(damaged.read_bytes() + b"\n")
    with open_mlflow(tracked), pytest.raises(BundleError, match=r"win\.txt was changed"):
        mlflow.pyfunc.load_model(f"models:/{MODEL}@challenger")


def test_a_moved_workspace_goes_on_where_it_was(tracked, retrained, tmp_path):
    first = retrained(DAYS[0])
    log_retrain(tracked, first)
    approve(tracked, first.version, "Ada")
    second = retrained(DAYS[1])
    moved = Workspace(tmp_path / "moved to")
    tracked.path.rename(moved.path)
    log_retrain(moved, second)
    assert aliases(moved) == {"champion": first.version, "challenger": second.version}
    assert not tracked.path.exists()
    with open_mlflow(moved):
        for alias in ("champion", "challenger"):
            mlflow.pyfunc.load_model(f"models:/{MODEL}@{alias}")


def test_what_the_process_had_set_is_put_back(tracked, retrained, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9/")
    monkeypatch.delenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", raising=False)
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri(), dict(os.environ)
    with warnings.catch_warnings(record=True) as told:
        log_retrain(tracked, retrained(DAYS[0]))
    assert not told
    assert (mlflow.get_tracking_uri(), mlflow.get_registry_uri(), dict(os.environ)) == before
    assert mlflow.active_run() is None

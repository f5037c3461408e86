"""The command line: words, exit codes, nothing heavy before it is needed, nothing written on failure."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result

from icpfit.cli import main
from icpfit.cli.learn import _retrain_lines
from icpfit.cli.options import steps
from icpfit.config import load_config
from icpfit.progress import Counted
from icpfit.scorecard.sql import scorecard_sql
from icpfit.training_set import parquet_bytes

HEAVY = ("pandas", "lightgbm", "mlflow", "shap", "optuna", "numpy", "duckdb", "sklearn", "scipy", "pyarrow", "pydantic")
COMMANDS = [
    "simulate",
    "init",
    "check",
    "training-set",
    "retrain",
    "approve",
    "reject",
    "rollback",
    "ledger",
    "status",
    "score",
    "drift",
    "document",
    "export",
    "demo",
    "ledger/verify",
    "export/scorecard",
]


def icpfit(*arguments: object) -> Result:
    """In this process; a fault that is not the user's would be an exception here."""
    return CliRunner().invoke(main, [str(a) for a in arguments])


def process(*arguments: object, timeout: float = 240) -> subprocess.CompletedProcess[str]:
    """As a person runs it."""
    return subprocess.run([sys.executable, "-m", "icpfit", *map(str, arguments)], capture_output=True, text=True, timeout=timeout)


def refused(result: Result, *words: str) -> None:
    """One clear sentence on standard error, exit code 2, no traceback, nothing on standard output."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("icpfit: ")
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 2
    for word in words:
        assert word in result.stderr, result.stderr


def said(result: Result | subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON object on standard output, which holds no NaN and no infinity."""

    def never(constant: str) -> float:
        raise AssertionError(f"JSON knows no {constant}")

    body = json.loads(result.stdout, parse_constant=never)
    assert isinstance(body, dict)
    return body


@pytest.fixture
def options(small_company) -> list[str]:
    return ["--config", str(small_company.config), "--workspace", str(small_company.workspace.path)]


def test_help_answers_at_once_and_imports_nothing_heavy():
    code = f"""if True:
        import sys, time
        from icpfit.cli import main
        try:
            main(["--help"])
        except SystemExit as done:
            assert done.code == 0
        print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)
    """
    best = math.inf
    for _ in range(3):
        start = time.perf_counter()
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
        best = min(best, time.perf_counter() - start)
    assert ran.stderr.strip() == "[]"
    assert "Learn an ideal customer profile" in ran.stdout
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    assert best < 0.5 * max(1.0, 2 * load)  # half a second on a quiet machine


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(command):
    result = icpfit(*command.split("/"), "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: ")
    assert "--help" in result.stdout


def test_commands_stand_in_the_order_of_the_work():
    listed = [line.split()[0] for line in icpfit("--help").stdout.split("Commands:")[1].splitlines() if line.strip()]
    assert listed.index("init") < listed.index("check") < listed.index("retrain") < listed.index("approve") < listed.index("score")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"trainng": {}}, ("trainng: there is no such setting", "did you mean 'training'?")),
        ({"training": {"trails": 3}}, ("training.trails: there is no such setting", "did you mean 'trials'?")),
        ({"disqualifiers": []}, ("disqualifiers: there is no such setting", "did you mean 'scorecard.disqualifiers'?")),
        (
            {"source": {"kind": "mysql", "path": "."}},
            ("source: there is no kind 'mysql'; there are 'folder', 'duckdb', 'postgres'",),
        ),
        ({"source": {"kind": "postgres", "path": "."}}, ("source.url_env: is needed and is not there",)),
        ({"training": {"trials": "many"}}, ("training.trials",)),
        ({"scorecard": {"assumed_weights": {"firmografic": 100}}}, ("firmografic",)),
        ({"source": {"kind": "foldr", "path": "."}}, ("foldr",)),
        ({"source": None}, ("source",)),
    ],
)
def test_a_typo_in_the_configuration_is_one_clear_sentence(tmp_path, line, words):
    body = {"company": "Acme", "source": {"kind": "folder", "path": "data"}, **line}
    (tmp_path / "acme.yaml").write_text(yaml.safe_dump(body))
    refused(icpfit("check", "--config", tmp_path / "acme.yaml"), "acme.yaml", *words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1", "not valid YAML"),
        ("just words", "is a mapping"),
        ("", "is a mapping"),
        ("\x00", "not valid YAML"),
        ("[" * 5_000, "too many brackets"),
        ("company: A\nsince: 2026-02-30\n", "line 2, column 8: '2026-02-30' cannot be read as a date or a number"),
        ("company: " + "9" * 5_000, "line 1, column 10: '99"),
        ("company: !!int ''", "line 1, column 10: '' cannot be read"),
        ("company: !!bool perhaps", "'perhaps' cannot be read"),
        ("company: !!timestamp soon", "'soon' cannot be read"),
        (
            f"source: {{kind: folder, path: d}}\nmax_left_out: 0x{'9' * 5_000}\n",
            "max_left_out: must be a number, not a number of so many digits",
        ),
        ("company: A\ntraining: {trials: 4}\ntraining: {seed: 1}\n", "line 3, column 1: 'training' stands there twice"),
    ],
)
def test_what_is_no_configuration_is_one_clear_sentence(tmp_path, text, words):
    (tmp_path / "acme.yaml").write_text(text)
    refused(icpfit("check", "--config", tmp_path / "acme.yaml"), "acme.yaml", words)


def test_a_full_disk_is_one_clear_sentence(small_company, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("icpfit.cycle.check.check_source", full)
    refused(icpfit("check", "--config", small_company.config), "no room is left on the disk", "make room")


def test_a_configuration_or_data_that_is_not_there_is_named(tmp_path):
    refused(icpfit("check", "--config", tmp_path / "no.yaml"), "no.yaml: no such configuration", "icpfit init")
    refused(icpfit("init", "--from", tmp_path / "nowhere", "--out", tmp_path / "c.yaml"), "nowhere", "no such file or folder")
    (tmp_path / "c.yaml").write_text("source: {kind: folder, path: gone}\n")
    refused(icpfit("check", "--config", tmp_path / "c.yaml"), "gone")
    assert [p.name for p in tmp_path.iterdir()] == ["c.yaml"]


def test_a_path_in_the_configuration_is_shown_as_people_read_it(tmp_path, monkeypatch):
    """Which file was looked for, where a relative path starts, what to do; and no ``configs/../`` anywhere."""
    (tmp_path / "configs").mkdir()
    flat = {"kind": "flat", "columns": {"result": "r", "positive": ["w"], "negative": ["l"]}}
    for name, source in (("flat", {**flat, "path": "../deals.csv"}), ("folder", {"kind": "folder", "path": "../data"})):
        (tmp_path / "configs" / f"{name}.yaml").write_text(yaml.safe_dump({"source": source}))
    monkeypatch.chdir(tmp_path)
    for name, gone in (("flat", "deals.csv"), ("folder", "data")):
        result = icpfit("check", "--config", f"configs/{name}.yaml")
        refused(
            result,
            f"icpfit: {gone}: no such",
            "source.path in the configuration",
            "the configuration's own folder",
            f"{tmp_path / gone}",
        )
        assert ".." not in result.stderr
    result = icpfit("score", "list.csv", "--out", "x.csv", "--workspace", "configs/..", "--config", "configs/flat.yaml")
    assert ".." not in result.stderr


@pytest.mark.parametrize("kind", ["flat", "folder"])
def test_a_path_that_cannot_be_looked_at_is_one_clear_sentence(tmp_path, kind):
    flat = {"columns": {"result": "r", "positive": ["w"], "negative": ["l"]}} if kind == "flat" else {}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump({"source": {"kind": kind, "path": "x" * 300, **flat}}))
    refused(icpfit("check", "--config", tmp_path / "c.yaml"), "cannot be opened")


def test_a_folder_behind_a_link_is_still_the_folder_that_was_meant(tmp_path):
    (tmp_path / "far" / "configs").mkdir(parents=True)
    (tmp_path / "far" / "deals.csv").write_text("r\nw\nl\n")
    (tmp_path / "configs").symlink_to(tmp_path / "far" / "configs")
    flat = {"kind": "flat", "path": "../deals.csv", "columns": {"result": "r", "positive": ["w"], "negative": ["l"]}}
    (tmp_path / "configs" / "acme.yaml").write_text(yaml.safe_dump({"source": flat}))
    assert load_config(tmp_path / "configs" / "acme.yaml").source.path == tmp_path.resolve() / "far" / "deals.csv"


def test_init_writes_nothing_over_what_is_there(small_company):
    before = small_company.config.read_bytes()
    refused(icpfit("init", "--from", small_company.data, "--out", small_company.config), "is there already", "--force")
    assert small_company.config.read_bytes() == before


def test_init_proposes_a_configuration_that_works(small_company, tmp_path):
    result = icpfit("init", "--from", small_company.data, "--out", tmp_path / "proposed.yaml", "--company", "Acme", "--json")
    assert result.exit_code == 0
    config = load_config(tmp_path / "proposed.yaml")
    assert said(result)["features"] == len(config.features) > 50
    assert config.company == "Acme"
    assert config.source.path.resolve() == small_company.data.resolve()


def test_unknown_commands_and_options_leave_with_2():
    for arguments in (["scor"], ["score"], ["check", "--asof", "x"], ["export", "scorecard", "--format", "pdf", "--out", "x"]):
        assert icpfit(*arguments).exit_code == 2


def test_progress_bears_its_time_on_a_terminal_and_nowhere_else(capsys, monkeypatch) -> None:
    steps()("tuning")
    assert capsys.readouterr() == ("", "tuning\n")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    steps()("tuning")
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r" +0 s  reading the data\n +\d+ s  tuning\n", err)


def test_what_is_counted_is_a_bar_on_a_terminal_and_lines_elsewhere(capsys, monkeypatch) -> None:
    counts = [Counted("win: tuning", done, 4, "trials") for done in (0, 2, 4)]
    plain = steps()
    for words in counts:
        plain(words)
    assert capsys.readouterr() == ("", "".join(f"win: tuning: {done} of 4 trials\n" for done in (0, 2, 4)))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for name, value in (("TERM", "xterm"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)
    drawn = steps()
    for words in counts:
        drawn(words)
    out, err = capsys.readouterr()
    assert out == "", "nothing on standard output, where --json stands"
    assert "2/4" in err
    assert "2 of 4 trials" not in err
    assert re.search(r"\d s  win: tuning: 4 of 4 trials\n$", err), "a line is left of the bar"


def test_the_bar_goes_however_the_command_ends(capsys, monkeypatch) -> None:
    @click.command()
    def fails() -> None:
        steps()(Counted("win: tuning", 2, 4, "trials"))
        raise KeyboardInterrupt

    for name, value in (("TERM", "xterm"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with pytest.raises(click.Abort):
        fails.main([], standalone_mode=False)
    _, err = capsys.readouterr()
    hidden, shown = "\x1b[?25l", "\x1b[?25h"
    assert err.count(hidden) == err.count(shown) == 1
    assert err.index(hidden) < err.index(shown)


def test_the_line_for_the_sign_off_can_be_pasted() -> None:
    report = {
        "verdict": "signal",
        "words": "",
        "win": None,
        "retention": None,
        "refused": [],
        "gates": [],
        "notes": [],
        "findings": [],
        "version": "V",
        "registered": True,
        "promotable": True,
    }
    line = _retrain_lines(report, Path("my ws"), Path("configs/a b.yaml"))[-1]
    assert shlex.split(line)[1:] == ["icpfit", "approve", "V", "--by", "YOUR_NAME", "--workspace", "my ws", "--config", "configs/a b.yaml"]


def test_a_version_that_failed_its_gates_is_not_put_forward_for_a_plain_approval() -> None:
    gate = {"gate": "no_worse", "answer": "failed", "passed": False, "binding": True, "numbers": {}, "words": "worse by far"}
    report = {"verdict": "signal", "words": "", "win": None, "retention": None, "refused": [], "notes": ["look here"], "version": "V"}
    report |= {"findings": [{"severity": "warning", "words": "3 rows were left out"}, {"severity": "note", "words": "all is well"}]}
    report |= {
        "registered": True,
        "promotable": False,
        "gates": [gate, {**gate, "binding": False, "answer": "cannot tell", "passed": None}],
    }
    lines = _retrain_lines(report, Path("ws"), Path("c.yaml"))
    title = "“It is no worse than the profile in force” (no_worse): worse by far"
    assert not any("all is well" in line for line in lines)
    assert {
        "warning: 3 rows were left out",
        "note: look here",
        f"gate FAILED: {title}",
        f"gate cannot tell yet: {title} (a warning only)",
    } <= set(lines)
    (no,) = (line for line in lines if line.startswith("next: "))
    assert "icpfit reject V --by YOUR_NAME --workspace ws --config c.yaml" in no
    assert shlex.split(lines[-1])[-4:] == ["--workspace", "ws", "--config", "c.yaml"]
    assert '--override "YOUR REASON"' in lines[-1]


@pytest.mark.parametrize("command", [["check"], ["training-set", "--out", "x.parquet"], ["retrain"], ["drift"], ["document", "--out", "x"]])
@pytest.mark.parametrize("day", ["yesterday", "2025-13-01", ""])
def test_a_bad_as_of_is_one_clear_sentence(small_company, tmp_path, monkeypatch, command, day):
    monkeypatch.chdir(tmp_path)
    refused(icpfit(*command, "--config", small_company.config, "--as-of", day), "is not a date", "2026-01-31")
    assert list(tmp_path.iterdir()) == []


def test_a_moment_before_the_data_is_answered_with_the_days_that_it_spans(small_company):
    result = icpfit("check", "--config", small_company.config, "--as-of", "1999-01-01")
    assert result.exit_code == 0
    created = pd.read_parquet(small_company.data / "deals.parquet")["created_at"]
    span = f"created from {created.min():%Y-%m-%d} to {created.max():%Y-%m-%d}"
    assert f"nothing was known as of 1999-01-01: the deals were {span}: give a later --as-of" in result.stdout
    assert "nothing was known" not in icpfit("check", "--config", small_company.config).stdout


def test_check_counts_rows_and_names_what_is_refused(small_company):
    result = icpfit("check", "--config", small_company.config, "--json")
    assert result.exit_code == 0
    body = said(result)
    assert {"rows", "refused", "evidence", "identity", "findings"} <= set(body)
    for counts in body["rows"].values():
        assert counts["in"] == counts["used"] + sum(counts["left_out"].values())
    assert "csm_owner" in {r["attribute"] for r in body["refused"]}
    assert [f["code"] for f in body["identity"]] == ["DOMAIN-FREE-EMAIL"]
    assert body["evidence"]["level"] == small_company.learned.metrics["evidence"]["level"]


def test_check_says_it_in_words(small_company):
    """No table of ours that the user has not, no code, no word of the trade of modelling; the JSON keeps the reasons' own names."""
    words = icpfit("check", "--config", small_company.config).stdout
    assert " teach" not in words
    assert "can be learned from" in words
    assert "creation month not mature" not in words
    assert "created too recently (slower deals of the same month are still open)" in words
    left = said(icpfit("check", "--config", small_company.config, "--json"))["outcomes"]["win"]["left_out"]
    assert "creation month not mature" in left


def test_training_set_writes_what_the_model_learned_from(small_company, tmp_path):
    for model in ("win", "retention"):
        out = tmp_path / f"{model}.parquet"
        result = icpfit("training-set", "--out", out, "--model", model, "--config", small_company.config, "--json")
        assert result.exit_code == 0, result.output
        training = small_company.learned.training[model]
        assert out.read_bytes() == parquet_bytes(training.frame, training.specs)
        body = said(result)
        assert (body["out"], body["rows"], body["fingerprint"]) == (str(out), len(training.frame), training.fingerprint)
        assert body["considered"] == body["rows"] + sum(body["left_out"].values())


def test_score_before_any_sign_off_says_what_to_do(small_company, tmp_path):
    out = tmp_path / "scored.csv"
    asked = ["score", small_company.data / "target_list.csv", "--out", out, "--config", small_company.config]
    refused(icpfit(*asked, "--workspace", tmp_path), "no version is in force", "icpfit approve VERSION --by NAME")
    refused(icpfit(*asked, "--workspace", tmp_path, "--model", "challenger"), "no challenger", "icpfit retrain")
    refused(icpfit(*asked, "--workspace", tmp_path, "--model", "../../etc"), "is not a version")
    assert not out.exists()
    assert not (tmp_path / "models").exists()


def test_score_answers_in_json_and_in_words(small_company, options, tmp_path):
    out = tmp_path / "new" / "folder" / "scored.csv"
    result = icpfit("score", small_company.data / "target_list.csv", "--out", out, *options, "--json")
    assert result.exit_code == 0, result.output
    body = said(result)
    assert {"rows_in", "rows_scored", "rows_rejected", "reasons", "model_version", "out", "rejected", "seconds"} <= set(body)
    assert body["rows_in"] == body["rows_scored"] + body["rows_rejected"] == 500
    assert len(pd.read_csv(out)) == body["rows_scored"]
    assert len(pd.read_csv(body["rejected"])) == body["rows_rejected"]
    assert body["model_version"] == small_company.bundle.version
    words = icpfit("score", small_company.data / "target_list.csv", "--out", out, *options)
    assert f"{body['rows_scored']:,} of 500 rows scored by {small_company.bundle.version}" in words.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ("list.csv",)),
        ("", ("list.csv",)),
        ("name,city\nAcme,Rome\n", ("'domain' or 'account_id'", "The list has: name, city")),
        ("domain\n", ("no rows",)),
        ("domain\nnot a domain\n", ("none of its 1 rows can be scored",)),
    ],
)
def test_a_list_that_cannot_be_scored_is_one_clear_sentence(options, tmp_path, text, words):
    if text is not None:
        (tmp_path / "list.csv").write_text(text)
    refused(icpfit("score", tmp_path / "list.csv", "--out", tmp_path / "scored.csv", *options), *words)
    assert {p.name for p in tmp_path.iterdir()} <= {"list.csv"}


def test_a_place_that_cannot_be_written_to_is_one_clear_sentence(small_company, options, tmp_path):
    (tmp_path / "file").write_text("in the way")
    inside = tmp_path / "file"
    targets = small_company.data / "target_list.csv"
    refused(icpfit("score", targets, "--out", inside / "scored.csv", *options), "cannot be written")
    refused(icpfit("score", targets, "--out", tmp_path / "scored.xlsx", *options), "scored.xlsx", ".csv or .parquet")
    refused(icpfit("training-set", "--out", inside / "x.parquet", "--config", small_company.config), "cannot be written")
    refused(icpfit("export", "scorecard", "--format", "json", "--out", inside / "x.json", *options), "cannot be written")
    refused(icpfit("document", "--out", inside / "x", *options), "cannot be written")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_exported_card_is_the_bundles_own(small_company, options, tmp_path):
    folder = small_company.workspace.bundle_folder(small_company.bundle.version)
    for form in ("json", "sql"):
        out = tmp_path / f"card.{form}"
        assert said(icpfit("export", "scorecard", "--format", form, "--out", out, *options, "--json"))["out"] == str(out)
        assert out.read_bytes() == (folder / f"scorecard.{form}").read_bytes()


def test_the_card_is_written_for_other_systems_and_the_same_again(small_company, options, tmp_path):
    starts = {"xlsx": b"PK", "hubspot": b"# The scorecard", "salesforce": b"# The scorecard"}
    for form, start in starts.items():
        body = said(icpfit("export", "scorecard", "--format", form, "--out", tmp_path / form, *options, "--json"))
        assert (body["format"], body["kind"]) == (form, small_company.bundle.card.kind)
        icpfit("export", "scorecard", "--format", form, "--out", tmp_path / "again", *options)
        assert (tmp_path / form).read_bytes() == (tmp_path / "again").read_bytes()
        assert (tmp_path / form).read_bytes().startswith(start)
    for dialect in ("duckdb", "postgres", "snowflake", "bigquery", "spark"):
        out = tmp_path / f"{dialect}.sql"
        assert icpfit("export", "scorecard", "--format", "sql", "--dialect", dialect, "--out", out, *options).exit_code == 0
        assert out.read_text() == scorecard_sql(small_company.bundle.card, dialect)


def test_the_other_cards_can_be_had_by_their_kind(small_company, options, tmp_path):
    there = {small_company.bundle.card.kind: small_company.bundle.card, **small_company.bundle.cards}
    for kind in ("icp", "win", "retention"):
        command = ("export", "scorecard", "--format", "json", "--kind", kind, "--out", tmp_path / kind, *options)
        if kind in there:
            assert said(icpfit(*command, "--json"))["kind"] == kind
            assert json.loads((tmp_path / kind).read_text())["kind"] == kind
        else:
            refused(icpfit(*command), f"no {kind} card", *there)
            assert not (tmp_path / kind).exists()
    wrong = icpfit("export", "scorecard", "--format", "xlsx", "--dialect", "spark", "--out", tmp_path / "x", *options)
    refused(wrong, "--dialect spark", "xlsx")


def test_documents_are_written_and_listed(options, tmp_path):
    body = said(icpfit("document", "--out", tmp_path / "paper", *options, "--json"))
    assert sorted(body["files"]) == sorted(str(p) for p in (tmp_path / "paper").iterdir())
    assert "Acme" in (tmp_path / "paper" / "icp.md").read_text()


def test_status_and_ledger_hold_and_leave_with_0(small_company, options):
    looked = icpfit("status", *options, "--json")
    assert looked.exit_code == 0
    assert said(looked)["champion"] == small_company.bundle.version
    checked = icpfit("ledger", "verify", *options, "--json")
    assert checked.exit_code == 0
    assert said(checked)["holds"] is True


def test_a_ledger_that_was_changed_leaves_with_1(small_company, tmp_path):
    shutil.copytree(small_company.workspace.models, tmp_path / "models")
    ledger = tmp_path / "models" / "ledger.jsonl"
    assert icpfit("ledger", "verify", "--workspace", tmp_path).exit_code == 0
    ledger.write_text(ledger.read_text().replace('"Ann"', '"Bob"'))
    result = icpfit("ledger", "verify", "--workspace", tmp_path, "--json")
    assert result.exit_code == 1
    assert said(result)["holds"] is False
    assert icpfit("status", "--workspace", tmp_path).exit_code == 1


def test_drift_right_after_training_cannot_tell_and_leaves_with_0(options):
    result = icpfit("drift", *options, "--json")
    assert result.exit_code == 0
    words = icpfit("drift", *options).stdout.splitlines()
    assert words[1] == "win rate: cannot tell; 20 more deals are needed before anything is asked (MODEL-WINRATE)"
    assert words[-1].startswith("nothing can be told yet")
    fixed = ["code", "subject", "statistic", "p_value", "q_value", "effect", "n_reference", "n_current", "alarm", "words"]
    for finding in said(result)["findings"]:
        assert list(finding) == [*fixed, "power", "needed", "cohort", "rows", "action"]
        assert "cannot tell" in finding["words"]


def test_the_weekly_look_right_after_training_cannot_tell_either(options):
    result = icpfit("drift", "--weekly", *options, "--json")
    assert result.exit_code == 0
    assert {f["code"] for f in said(result)["findings"]} <= {"WATCH-WINRATE", "WATCH-SIGNAL"}
    assert not any(f["alarm"] for f in said(result)["findings"])


@pytest.fixture(scope="module")
def by_command(small_company, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A workspace made by ``icpfit retrain`` itself, with MLflow's record: (folder, the finished process)."""
    folder = tmp_path_factory.mktemp("by-command")
    ran = process("retrain", "--config", small_company.config, "--workspace", folder, "--json")
    assert ran.returncode == 0, ran.stderr
    return folder, ran


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_retrain_answers_in_one_json_object_and_reports_its_progress_aside(small_company, by_command):
    _, ran = by_command
    body = said(ran)
    keys = "version verdict evidence refused win retention scorecard gates seconds"
    assert set(keys.split()) <= set(body)
    assert body["version"] == small_company.bundle.version
    assert body["win"]["auc_low"] <= body["win"]["auc"] <= body["win"]["auc_high"]
    assert {"logistic", "firmographic_only", "base_rate"} <= set(body["win"]["baselines"])
    assert {"gate", "passed", "numbers"} <= set(body["gates"][0])
    assert "building the training set" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_same_inputs_make_the_same_bundle_to_the_byte(small_company, by_command):
    """Another process, with MLflow, against this one: the second training of the same data."""
    folder, _ = by_command
    version = small_company.bundle.version
    assert files_of(folder / "models" / version) == files_of(small_company.workspace.bundle_folder(version))


def test_the_pipelines_do_what_the_commands_do(small_company, by_command, options, tmp_path):
    """Each as a script: the quarterly one trains again and changes nothing; the others give the commands' own files."""
    folder, _ = by_command
    version = small_company.bundle.version
    approved = process("approve", version, "--by", "Ann", "--override", "a small company", "--workspace", folder, "--json")
    assert approved.returncode == 0, approved.stderr
    assert said(approved)["champion"] == version
    before = files_of(folder / "models")

    def script(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        path = Path(__file__).parents[1] / "pipelines" / name
        common = ["--config", small_company.config, "--workspace", folder]
        return subprocess.run([sys.executable, path, *map(str, [*arguments, *common])], capture_output=True, text=True, timeout=240)

    trained = script("quarterly_retrain.py")
    assert trained.returncode in (0, 1), trained.stderr
    assert f"challenger {version}" in trained.stdout
    after = files_of(folder / "models")
    assert {k: v for k, v in after.items() if k.startswith(version)} == {k: v for k, v in before.items() if k.startswith(version)}
    assert after["champion.json"] == before["champion.json"]

    targets = small_company.data / "target_list.csv"
    scored = script("weekly_scoring.py", targets, "--out", tmp_path / "weekly.csv")
    assert scored.returncode == 0, scored.stderr
    assert icpfit("score", targets, "--out", tmp_path / "command.csv", *options).exit_code == 0
    for ending in ("", ".rejected.csv"):
        assert (tmp_path / f"weekly.csv{ending}").read_bytes() == (tmp_path / f"command.csv{ending}").read_bytes()
    assert "A: " in scored.stdout

    written = script("icp_documentation.py", "--out", tmp_path / "paper")
    assert written.returncode == 0, written.stderr
    assert icpfit("document", "--out", tmp_path / "paper2", "--config", small_company.config, "--workspace", folder).exit_code == 0
    assert files_of(tmp_path / "paper") == files_of(tmp_path / "paper2")

    (tmp_path / "bad.csv").write_text("name\nAcme\n")
    failed = script("weekly_scoring.py", tmp_path / "bad.csv", "--out", tmp_path / "x.csv")
    assert failed.returncode == 2
    assert failed.stderr.startswith("weekly_scoring: ")
    assert "Traceback" not in failed.stderr


def test_a_pipe_that_closes_early_is_no_fault(options):
    command = f'"{sys.executable}" -m icpfit status {" ".join(options)} | head -c 0; exit ${{PIPESTATUS[0]}}'
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in ran.stderr

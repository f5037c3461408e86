"""Killed at any moment, a command leaves the champion in force and whole, and the next run succeeds. Two at once never mix."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from icpfit.bundle import to_files
from icpfit.errors import BusyError
from icpfit.registry import Workspace, approve, read_champion, status, verify_ledger, write_bundle
from icpfit.registry.ledger import read_ledger

DAYS = ("2026-01-01", "2026-04-01", "2026-07-01")


@pytest.fixture
def kill_everywhere(workspace, tmp_path, child_environment):
    """Runs killing.py on the workspace as a template; a list of what it saw at each step."""

    def run(command: str, version: str, moments: int = 0) -> list[dict]:
        script = Path(__file__).with_name("killing.py")
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        arguments = [sys.executable, str(script), str(workspace.path), str(scratch), command, version, str(moments)]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=900, env=child_environment)
        assert done.returncode == 0, done.stderr
        said = [json.loads(line) for line in done.stdout.splitlines()]
        if not moments:
            assert [s["killed"] for s in said] == [True] * (len(said) - 1) + [False]
        for s in said:
            assert "error" not in s, s
            assert s["holds"], s
            assert not s["left"], s
        return said

    return run


def test_an_approval_killed_at_any_step(workspace, put, kill_everywhere):
    first, second = put(DAYS[0]), put(DAYS[1])
    approve(workspace, first.version, "Ada")
    said = kill_everywhere("approve", second.version)
    assert len(said) > 10
    in_force = [s["after"]["champion"] for s in said]
    moved = in_force.index(second.version)
    assert in_force == [first.version] * moved + [second.version] * (len(said) - moved)
    for s in said:
        assert s["again"]["champion"] == second.version
        assert s["actions"] == ["approve", "approve"], "one line, however often it was cut off"
        assert s["challenger"] is None


def test_the_first_approval_killed_at_any_step(workspace, put, kill_everywhere):
    first = put(DAYS[0])
    for s in kill_everywhere("approve", first.version):
        assert s["after"]["champion"] in (None, first.version)
        assert s["again"]["champion"] == first.version
        assert s["actions"] == ["approve"]


def test_a_rollback_killed_at_any_step_goes_back_once(workspace, put, kill_everywhere):
    bundles = [put(day) for day in DAYS]
    for bundle in bundles:
        approve(workspace, bundle.version, "Ada")
    for s in kill_everywhere("rollback", bundles[2].version):
        assert s["after"]["champion"] in (bundles[1].version, bundles[2].version)
        assert s["again"]["champion"] == bundles[1].version
        assert s["actions"] == ["approve"] * 3 + ["rollback"]


def test_a_rejection_killed_at_any_step(workspace, put, kill_everywhere):
    first, second = put(DAYS[0]), put(DAYS[1])
    approve(workspace, first.version, "Ada")
    put(DAYS[1])
    for s in kill_everywhere("reject", second.version):
        assert s["again"]["champion"] == s["after"]["champion"] == first.version
        assert s["actions"] == ["approve", "reject"]
        assert s["challenger"] is None


def test_a_bundle_is_there_whole_or_not_at_all(workspace, put, make_bundle, kill_everywhere):
    first, new = put(DAYS[0]), make_bundle(DAYS[1])
    approve(workspace, first.version, "Ada")
    folder = workspace.path / "new" / new.version
    folder.mkdir(parents=True)
    for name, text in to_files(new).items():
        (folder / name).write_bytes(text.encode())
    for s in kill_everywhere("write", new.version):
        assert s["after"]["champion"] == first.version
        assert s["after"]["versions"] in ([first.version], [first.version, new.version])
        assert s["again"]["versions"] == [first.version, new.version]


def _kill_retrains(workspace, put, make_bundle, kill_everywhere, moments):
    first, new = put(DAYS[0]), make_bundle(DAYS[1])
    approve(workspace, first.version, "Ada")
    write_bundle(workspace, new)
    said = kill_everywhere("retrain", new.version, moments)
    assert len(said) == moments + 1
    # The first run sets the pace; on a busy machine later ones can be done before their moment comes.
    assert sum(s["killed"] for s in said) >= max(1, moments // 4)
    for s in said:
        assert s["after"]["champion"] == s["again"]["champion"] == first.version
        assert s["challenger"] == new.version
        found = s["mlflow"]
        assert found["aliases"] == {"champion": found["versions"][first.version], "challenger": found["versions"][new.version]}
        assert found["count"] == 2
        assert found["running"] == 0


def test_a_retrain_killed_while_it_writes_to_mlflow(workspace, tracked, put, make_bundle, kill_everywhere):
    _kill_retrains(workspace, put, make_bundle, kill_everywhere, 3)


@pytest.mark.verify
def test_a_retrain_killed_at_forty_moments(workspace, tracked, put, make_bundle, kill_everywhere):
    _kill_retrains(workspace, put, make_bundle, kill_everywhere, 40)


@pytest.mark.verify
def test_a_retrain_killed_while_it_makes_the_database(workspace, put, make_bundle, kill_everywhere):
    _kill_retrains(workspace, put, make_bundle, kill_everywhere, 8)


APPROVE = """if True:
    import sys
    from icpfit.errors import BusyError
    from icpfit.registry import Workspace, approve
    workspace = Workspace(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    approve(workspace, sys.argv[2], sys.argv[3])
"""


def test_two_approvals_at_once_both_stand_one_after_the_other(workspace, put, run_child):
    first, second = put(DAYS[0]), put(DAYS[1])
    children = [run_child(APPROVE, first.version, "Ada"), run_child(APPROVE, second.version, "Grace")]
    assert [c.stdout.readline() for c in children] == ["ready\n"] * 2
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        _, errors = child.communicate(timeout=120)
        assert child.returncode == 0, errors
    entries = read_ledger(workspace).entries
    assert sorted(e.version for e in entries) == [first.version, second.version]
    assert entries[1].body["from"] == entries[0].version
    assert read_champion(workspace).version == entries[1].version
    assert verify_ledger(workspace).holds


HOLD = """if True:
    import sys
    from icpfit.registry import Workspace
    with Workspace(sys.argv[1]).locked("retrain"):
        print("held", flush=True)
        sys.stdin.readline()
"""


def test_while_another_is_at_work_one_is_refused_by_a_clear_word_and_nothing_changes(workspace, put, run_child):
    first = put(DAYS[0])
    holder = run_child(HOLD)
    assert holder.stdout.readline() == "held\n"
    with (
        pytest.raises(BusyError, match=rf"icpfit retrain \(process {holder.pid}\) is at work here"),
        workspace.locked("approve", wait_seconds=0.2),
    ):
        pass
    found = status(workspace)
    assert found.champion is None
    assert any("is at work" in p for p in found.problems)
    holder.kill()
    holder.communicate(timeout=60)
    assert approve(workspace, first.version, "Ada").changed


def test_one_waits_for_the_other_to_end(workspace, put, run_child):
    first = put(DAYS[0])
    holder = run_child(HOLD)
    assert holder.stdout.readline() == "held\n"
    waiter = run_child(APPROVE, first.version, "Ada")
    assert waiter.stdout.readline() == "ready\n"
    waiter.stdin.write("go\n")
    waiter.stdin.flush()
    time.sleep(0.5)
    assert waiter.poll() is None
    assert read_champion(workspace) is None
    holder.communicate("done\n", timeout=60)
    waiter.communicate(timeout=60)
    assert waiter.returncode == 0
    assert read_champion(workspace).version == first.version


def test_the_lock_may_be_taken_again_inside(workspace):
    with workspace.locked("retrain"), workspace.locked("approve", wait_seconds=0):
        pass
    with Workspace(workspace.path).locked("approve", wait_seconds=0):
        pass

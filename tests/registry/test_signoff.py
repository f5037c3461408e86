"""The version in force changes by a signed line and in no other way."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.errors import BundleError, SignOffError
from icpfit.registry import (
    Workspace,
    approve,
    load_bundle,
    read_challenger,
    read_champion,
    reject,
    rollback,
    status,
    verify_ledger,
    write_bundle,
)
from icpfit.registry.ledger import read_ledger
from icpfit.registry.store import check_bundle, write_champion

DAYS = ("2026-01-01", "2026-04-01", "2026-07-01")


def lines(workspace: Workspace) -> list[dict]:
    return [json.loads(line) for line in workspace.ledger_file.read_text(encoding="utf-8").splitlines()]


def test_approval_puts_a_version_in_force_and_says_who_when_what_why(workspace, put, clock):
    first = put(DAYS[0])
    assert load_bundle(workspace, missing_ok=True) is None
    done = approve(workspace, first.version, "  Zoë   Q. ", note="as agreed", clock=clock)
    assert done.changed
    assert load_bundle(workspace) == first
    assert read_challenger(workspace) is None
    (line,) = lines(workspace)
    assert (line["by"], line["at"], line["action"], line["version"], line["note"]) == (
        "Zoë Q.", "2026-07-02T09:30:00+00:00", "approve", first.version, "as agreed",
    )  # fmt: skip
    assert line["hashes"]["data"] == first.data_fingerprint
    assert set(line["hashes"]["model"]) == {"win.txt", "retention.txt", "calibration.json"}
    assert set(line["hashes"]) >= {"data", "config", "model", "card", "thresholds", "manifest"}


def test_approving_what_is_in_force_adds_no_line(workspace, put):
    first = put(DAYS[0])
    approve(workspace, first.version, "Ada")
    before = workspace.ledger_file.read_bytes(), workspace.champion_file.read_bytes()
    done = approve(workspace, first.version, "Grace")
    assert not done.changed
    assert "Ada" in done.words
    assert (workspace.ledger_file.read_bytes(), workspace.champion_file.read_bytes()) == before


@pytest.mark.parametrize("name", ["", "  \n"])
def test_a_sign_off_needs_a_name(workspace, put, name):
    first = put(DAYS[0])
    for act in (
        lambda: approve(workspace, first.version, name),
        lambda: reject(workspace, first.version, name),
        lambda: rollback(workspace, name),
    ):
        with pytest.raises(SignOffError, match="needs a name"):
            act()
    assert not workspace.ledger_file.exists()


def test_failed_gates_refuse_unless_overridden_with_a_reason(workspace, put, make_bundle):
    first = put(DAYS[0], passed=False)
    for override in (None, "  "):
        with pytest.raises(SignOffError, match=r"did not pass its gates: “It is better than chance” \(signal\): AUC"):
            approve(workspace, first.version, "Ada", override=override)
    assert read_champion(workspace) is None
    approve(workspace, first.version, "Ada", override="the board wants it")
    assert lines(workspace)[0]["override"] == "the board wants it"
    assert lines(workspace)[0]["gates"]["failed"] == ["signal"]
    unjudged = make_bundle(DAYS[1])
    write_bundle(workspace, unjudged)
    with pytest.raises(SignOffError, match="never judged"):
        approve(workspace, unjudged.version, "Ada")


def test_a_changed_bundle_is_not_approved_and_not_scored_with(workspace, put):
    first, second = put(DAYS[0]), put(DAYS[1])
    approve(workspace, first.version, "Ada")
    for name in ("win.txt", "scorecard.json", "thresholds.json", "manifest.json"):
        path = workspace.bundle_folder(second.version) / name
        good = path.read_bytes()
        path.write_bytes(good.replace(b"0", b"1", 1))
        with pytest.raises(BundleError, match=name):
            approve(workspace, second.version, "Ada")
        path.write_bytes(good)
    path = workspace.bundle_folder(first.version) / "win.txt"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(BundleError, match=r"win\.txt was changed"):
        load_bundle(workspace)
    assert read_champion(workspace).version == first.version


def test_a_whole_bundle_in_the_place_of_the_signed_one_is_refused(workspace, put, make_bundle):
    first = put(DAYS[0])
    approve(workspace, first.version, "Ada")
    folder = workspace.bundle_folder(first.version)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    write_bundle(workspace, make_bundle(DAYS[0], company="Someone else", version=first.version))
    with pytest.raises(BundleError, match="not the one that was signed off"):
        load_bundle(workspace)


def test_an_unknown_version_is_named_with_those_that_are_there(workspace, put):
    first = put(DAYS[0])
    with pytest.raises(BundleError, match="no such version") as found:
        approve(workspace, "2026-01-01-00000000", "Ada")
    assert first.version in str(found.value)
    with pytest.raises(BundleError, match="not a version"):
        approve(workspace, "../models", "Ada")


def test_rollback_undoes_the_last_approval_once(workspace, put):
    first, second, third = (put(d) for d in DAYS)
    for bundle in (first, second, third):
        approve(workspace, bundle.version, "Ada")
    assert rollback(workspace, "Grace").champion == second.version
    again = rollback(workspace, "Grace")
    assert not again.changed
    assert again.champion == second.version
    assert "approve VERSION" in again.words
    assert [line["action"] for line in lines(workspace)] == ["approve"] * 3 + ["rollback"]
    approve(workspace, first.version, "Ada")
    assert rollback(workspace, "Ada").champion == second.version
    assert load_bundle(workspace) == second
    assert verify_ledger(workspace).holds


def test_there_is_nothing_before_the_first_version(workspace, put):
    with pytest.raises(SignOffError, match="no version is in force"):
        rollback(workspace, "Ada")
    first = put(DAYS[0])
    approve(workspace, first.version, "Ada")
    with pytest.raises(SignOffError, match="first version ever"):
        rollback(workspace, "Ada")


def test_a_rollback_is_only_advised_where_it_would_do_something(workspace, put):
    first, second = put(DAYS[0]), put(DAYS[1])

    def advised(version: str) -> bool:
        with pytest.raises(SignOffError, match="in force and cannot be rejected") as found:
            reject(workspace, version, "Ada")
        assert "icpfit" in str(found.value.hint)
        return "icpfit rollback" in str(found.value.hint)

    approve(workspace, first.version, "Ada")
    assert not advised(first.version)
    approve(workspace, second.version, "Ada")
    assert advised(second.version)
    assert rollback(workspace, "Ada").changed
    assert not advised(first.version)
    assert not rollback(workspace, "Ada").changed


def test_rollback_goes_only_to_what_was_signed(workspace, put):
    first, second = put(DAYS[0]), put(DAYS[1])
    approve(workspace, first.version, "Ada")
    approve(workspace, second.version, "Ada")
    path = workspace.bundle_folder(first.version) / "calibration.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(BundleError, match=r"calibration\.json"):
        rollback(workspace, "Ada")
    assert load_bundle(workspace) == second


def test_a_rejected_version_no_longer_waits_and_may_still_be_approved(workspace, put):
    first, second = put(DAYS[0]), put(DAYS[1])
    approve(workspace, first.version, "Ada")
    put(DAYS[1])
    assert reject(workspace, second.version, "Grace", "too early").changed
    assert not reject(workspace, second.version, "Ada", "again").changed
    assert read_challenger(workspace) is None
    assert read_champion(workspace).version == first.version
    with pytest.raises(SignOffError, match="in force and cannot be rejected"):
        reject(workspace, first.version, "Ada")
    done = approve(workspace, second.version, "Ada")
    assert any("Grace rejected it" in w for w in done.warnings)
    assert len(lines(workspace)) == 3


def test_gates_judged_against_another_champion_are_pointed_out(workspace, put):
    first, second = put(DAYS[0]), put(DAYS[1])
    approve(workspace, first.version, "Ada")
    done = approve(workspace, second.version, "Ada")
    assert any("judged against no version" in w for w in done.warnings)


def test_the_word_challenger_stands_for_its_version(workspace, put):
    first = put(DAYS[0])
    assert load_bundle(workspace, "challenger") == first
    assert approve(workspace, "challenger", "Ada").version == first.version
    with pytest.raises(BundleError, match="no challenger awaits") as none:
        load_bundle(workspace, "challenger")
    assert "where it finds none" in str(none.value.hint)


def _two_signed(workspace, put):
    for day in DAYS[:2]:
        approve(workspace, put(day).version, "Ada")
    reject(workspace, put(DAYS[2]).version, "Grace")
    assert verify_ledger(workspace).holds
    return workspace.ledger_file.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda ls: [ls[0].replace(b"Ada", b"Eve"), *ls[1:]],
        lambda ls: [*ls[:2], ls[2].replace(b"Grace", b"Mallo")],
        lambda ls: ls[1:],
        lambda ls: [ls[0], ls[2]],
        lambda ls: ls[:2],
        lambda ls: [],
        lambda ls: [ls[1], ls[0], ls[2]],
        lambda ls: [ls[0], ls[2], ls[1]],
        lambda ls: [*ls, ls[2]],
        lambda ls: [ls[0], b"\n", *ls[1:]],
        lambda ls: [*ls[:2], b"not a sign-off\n"],
        lambda ls: [*ls[:2], ls[2][:40]],
    ],
)
def test_no_line_can_be_edited_taken_away_added_or_moved_unseen(workspace, put, tamper):
    changed = b"".join(tamper(_two_signed(workspace, put)))
    workspace.ledger_file.write_bytes(changed)
    assert not verify_ledger(workspace).holds
    assert status(workspace).problems
    with pytest.raises(SignOffError, match="does not hold"):
        rollback(workspace, "Ada")
    assert workspace.ledger_file.read_bytes() == changed


@pytest.fixture(scope="module")
def three_signed(tmp_path_factory, make_bundle):
    workspace = Workspace(tmp_path_factory.mktemp("bytes"))
    for day in DAYS:
        bundle = make_bundle(day)
        write_bundle(workspace, bundle)
        approve(workspace, bundle.version, "Ada", override="for the test")
    return workspace, workspace.ledger_file.read_bytes()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_byte_of_the_ledger_can_change_unseen(three_signed, data):
    workspace, good = three_signed
    at = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != good[at]))
    try:
        workspace.ledger_file.write_bytes(good[:at] + bytes([byte]) + good[at + 1 :])
        check = verify_ledger(workspace)
    finally:
        workspace.ledger_file.write_bytes(good)
    assert not check.holds
    assert verify_ledger(workspace).holds


def test_a_champion_that_nobody_signed_is_refused(workspace, put):
    first, second = put(DAYS[0]), put(DAYS[1])
    approve(workspace, first.version, "Ada")
    champion = read_champion(workspace)
    forged = second.version, check_bundle(workspace, second.version).sha256
    write_champion(workspace, type(champion)(*forged, champion.entry, champion.by, champion.at))
    assert not verify_ledger(workspace).holds
    with pytest.raises(SignOffError, match="no line of the ledger put it in force"):
        approve(workspace, second.version, "Ada")
    workspace.champion_file.unlink()
    assert status(workspace).values["champion"] == first.version
    assert verify_ledger(workspace).holds


def test_a_half_written_last_line_is_seen_and_taken_away(workspace, put):
    first, second = put(DAYS[0]), put(DAYS[1])
    approve(workspace, first.version, "Ada")
    good = workspace.ledger_file.read_bytes()
    workspace.ledger_file.write_bytes(good + b'{"line": 2, "previous": "ab')
    check = verify_ledger(workspace)
    assert check.holds
    assert check.torn
    assert "half written" in check.words
    assert load_bundle(workspace) == first
    approve(workspace, second.version, "Ada")
    assert workspace.ledger_file.read_bytes().startswith(good)
    assert [e.version for e in read_ledger(workspace).entries] == [first.version, second.version]
    assert not verify_ledger(workspace).torn


def test_the_same_bundle_again_changes_nothing_and_another_under_its_name_is_refused(workspace, put, make_bundle):
    first = put(DAYS[0])
    folder = workspace.bundle_folder(first.version)
    before = {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in folder.iterdir()}
    write_bundle(workspace, make_bundle(DAYS[0]))
    assert {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in folder.iterdir()} == before
    with pytest.raises(BundleError, match=r"metrics\.json differs"):
        write_bundle(workspace, make_bundle(DAYS[0], metrics={"other": 1}))
    with pytest.raises(BundleError, match="other versions of the libraries"):
        write_bundle(workspace, make_bundle(DAYS[0], metrics={"other": 1}, libraries={"lightgbm": "1"}))
    with pytest.raises(BundleError, match="a limit in minutes"):
        write_bundle(workspace, make_bundle(DAYS[0], metrics={"win": {"tuning": {"reproducible": False}}}))


def test_status_says_where_things_stand(workspace, put):
    assert status(workspace).values["champion"] is None
    first, second = put(DAYS[0]), put(DAYS[1], passed=False)
    approve(workspace, first.version, "Ada")
    found = status(workspace)
    assert found.values["champion"] == first.version
    assert found.values["challenger"] == second.version
    assert found.values["promotable"] is False
    assert found.values["evidence"] == "established"
    assert found.values["ledger"]["holds"]
    assert not found.problems
    assert "  it did not pass its gates" in found.lines
    assert json.dumps(found.values, allow_nan=False)


def test_moving_the_folder_breaks_nothing(workspace, put, tmp_path):
    first = put(DAYS[0])
    approve(workspace, first.version, "Ada")
    workspace.path.rename(tmp_path / "elsewhere")
    moved = Workspace(tmp_path / "elsewhere")
    assert load_bundle(moved) == first
    assert verify_ledger(moved).holds

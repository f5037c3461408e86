"""Batches of trials come back to the bit; one that was cut off is dropped, and a file that was changed is not trusted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.errors import SourceError
from icpfit.registry import TrialFiles, Workspace

NAME = "win-" + "0" * 64
OTHER = "win-" + "1" * 64
BATCHES = [[{"losses": [[0.1 + 0.2, 5e-324], [1 / 3]], "pruned": False}, {"losses": [[1e300]], "pruned": True}], [{"é": "\u2028"}], []]


@pytest.fixture
def written(tmp_path):
    """(workspace, the file): three batches of a search."""
    workspace = Workspace(tmp_path / "Our compañy")
    log = TrialFiles(workspace)
    assert log.read(NAME) == ()
    for batch in BATCHES:
        log.write(NAME, batch)
    return workspace, workspace.models / ".tuning" / f"{NAME}.jsonl"


def read(workspace: Workspace, name: str = NAME) -> tuple[list, list[str]]:
    told: list[str] = []
    return list(TrialFiles(workspace, told.append).read(name)), told


@settings(max_examples=30, deadline=None)
@given(losses=st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_what_was_written_comes_back_to_the_bit(tmp_path_factory, losses):
    workspace = Workspace(tmp_path_factory.mktemp("exact"))
    TrialFiles(workspace).write(NAME, [{"losses": losses}])
    ((batch,), told) = read(workspace)
    assert [x.hex() for x in batch[0]["losses"]] == [x.hex() for x in losses]
    assert not told


def test_a_search_knows_its_own_batches_only(written):
    workspace, _ = written
    assert read(workspace) == (BATCHES, [])
    assert read(workspace, OTHER) == ([], [])


def test_cut_off_at_any_byte_the_batches_before_stand_and_writing_goes_on(written):
    workspace, path = written
    body = path.read_bytes()
    ends = [i + 1 for i, b in enumerate(body) if b == ord("\n")]
    for cut in sorted({*range(0, len(body), 13), *ends, *(end - 1 for end in ends)}):
        path.write_bytes(body[:cut])
        told: list[str] = []
        log = TrialFiles(workspace, told.append)
        whole = sum(end <= cut for end in ends)
        assert list(log.read(NAME)) == BATCHES[:whole]
        assert not told
        for batch in BATCHES[whole:]:
            log.write(NAME, batch)
        assert path.read_bytes() == body


def test_a_file_that_was_changed_is_told_and_taken_away(written):
    workspace, path = written
    body = path.read_bytes()
    lines = body.splitlines(keepends=True)
    first = json.loads(lines[0])
    first["trials"][0]["pruned"] = True
    for changed, line in (
        (json.dumps(first).encode() + b"\n" + lines[1], 1),  # its content without its hash
        (lines[0] + lines[2] + lines[1], 2),  # another order
        (lines[0] + lines[2], 2),  # a batch is gone
        (lines[0] + lines[0], 2),  # a batch stands there twice
        (b"\0" * 40 + b"\n", 1),  # what a power cut leaves
        (lines[0] + b"\xff\n", 2),
        (lines[0] + b"[1]\n", 2),
        (lines[0] + b"\n" + lines[1], 2),
    ):
        path.write_bytes(changed)
        batches, (told,) = read(workspace)
        assert batches == []
        assert f".tuning/{NAME}.jsonl: line {line} was changed or damaged; its trials are not used" in told
        assert not path.exists()


def test_any_flipped_bit_is_seen(written):
    workspace, path = written
    body = path.read_bytes()
    for place in range(0, len(body) - 1, 7):
        path.write_bytes(body[:place] + bytes([body[place] ^ 4]) + body[place + 1 :])
        batches, _ = read(workspace)
        assert batches in ([], BATCHES[:1], BATCHES[:2]), "what is left was written so"


def test_the_trials_of_one_search_under_the_name_of_another_are_not_used(written):
    workspace, path = written
    path.rename(path.with_name(f"{OTHER}.jsonl"))
    batches, told = read(workspace, OTHER)
    assert batches == []
    assert len(told) == 1


def test_when_the_retrain_has_ended_nothing_is_left(written):
    workspace, path = written
    TrialFiles(workspace).write(OTHER, BATCHES[0])
    TrialFiles(workspace).clear()
    assert not path.parent.exists()
    TrialFiles(workspace).clear()
    assert read(workspace) == ([], [])


def test_a_file_that_cannot_be_read_is_named_with_what_to_do(written):
    workspace, path = written
    path.unlink()
    path.mkdir()
    with pytest.raises(SourceError, match="cannot be read") as told:
        read(workspace)
    assert str(path) in str(told.value)
    assert "delete" in str(told.value.hint)

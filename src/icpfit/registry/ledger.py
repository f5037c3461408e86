"""Who signed what: one JSON object a line, each carrying the hash of the line before, so that no line can be
changed, taken away or moved without it showing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from icpfit.errors import SignOffError
from icpfit.plural import counted
from icpfit.registry.workspace import Workspace, append_line, write_whole

FIRST = "0" * 64
"""What the first line carries in place of a hash."""

MOVES = ("approve", "rollback")
"""The actions that change which version is in force."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``sha256`` is the line's own hash, which the next line carries."""

    body: Mapping[str, Any]
    sha256: str

    @property
    def action(self) -> str:
        return str(self.body["action"])

    @property
    def version(self) -> str:
        return str(self.body["version"])

    @property
    def moves(self) -> bool:
        return self.action in MOVES


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """``holds``: the chain is whole. ``torn``: the last line was cut off while it was written; it never took effect."""

    holds: bool
    lines: int
    torn: bool
    words: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """The lines whose chain holds, from the first on; ``problem`` says where it breaks, or is None."""

    entries: tuple[Entry, ...]
    torn: bytes
    problem: str | None

    @property
    def last_move(self) -> Entry | None:
        return next((e for e in reversed(self.entries) if e.moves), None)

    def last_on(self, version: str) -> Entry | None:
        return next((e for e in reversed(self.entries) if e.version == version), None)


def parse_ledger(content: bytes) -> Ledger:
    """Read lines and follow the chain. Pure.

    >>> parse_ledger(b"").problem is None
    True
    >>> parse_ledger(b'{"previous": "1"}\\n').problem
    'line 1 does not follow the line before it'
    """
    whole, _, torn = content.rpartition(b"\n")
    entries: list[Entry] = []
    before = FIRST
    for number, line in enumerate(whole.split(b"\n") if whole else [], start=1):
        try:
            body = json.loads(line)
        except (json.JSONDecodeError, UnicodeDecodeError):
            return Ledger(tuple(entries), torn, f"line {number} is not a sign-off")
        if not isinstance(body, dict) or body.get("previous") != before:
            return Ledger(tuple(entries), torn, f"line {number} does not follow the line before it")
        if body.get("line") != number or not {"action", "version", "by", "at"} <= body.keys():
            return Ledger(tuple(entries), torn, f"line {number} is not a sign-off")
        before = hashlib.sha256(line).hexdigest()
        entries.append(Entry(body, before))
    return Ledger(tuple(entries), torn, None)


def read_ledger(workspace: Workspace) -> Ledger:
    """The workspace's ledger; one that is not there has no lines.

    A chain cannot show that its last lines were cut off, so the hash of the last one is kept beside it.
    The note may lag by one line, since a command can be killed between the two.
    """
    try:
        content = workspace.ledger_file.read_bytes()
    except FileNotFoundError:
        content = b""
    ledger = parse_ledger(content)
    if ledger.problem is None and (noted := _noted_head(workspace)) is not None:
        number, sha256 = noted
        held = ledger.entries[number - 1].sha256 if 1 <= number <= len(ledger.entries) else None
        if held != sha256:
            found = len(ledger.entries)
            fewer = f"{counted(number, 'line')} should be there, not {found}"
            missing = fewer if found < number else f"line {number} is not the one that was written"
            return Ledger(ledger.entries, ledger.torn, missing)
    return ledger


def _noted_head(workspace: Workspace) -> tuple[int, str] | None:
    try:
        note = json.loads(workspace.ledger_head_file.read_text(encoding="utf-8"))
        return int(note["lines"]), str(note["sha256"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        return -1, ""


def verify_ledger(workspace: Workspace) -> LedgerCheck:
    """Whether every sign-off stands as it was written, and the version in force is the last one signed."""
    from icpfit.registry.store import read_champion

    ledger = read_ledger(workspace)
    n = len(ledger.entries)
    if ledger.problem is not None:
        return LedgerCheck(False, n, bool(ledger.torn), f"the ledger does not hold: {ledger.problem}")
    champion = read_champion(workspace)
    if champion is not None:
        signed = next((e for e in ledger.entries if e.sha256 == champion.entry), None)
        if signed is None or not signed.moves or signed.version != champion.version:
            return LedgerCheck(
                False, n, bool(ledger.torn), f"champion.json names {champion.version}, and no line of the ledger put it in force"
            )
    if ledger.torn:
        words = "the last line is half written: a command was cut off before it took effect; the next sign-off takes it away"
        return LedgerCheck(True, n, True, f"{n} sign-offs hold; {words}")
    return LedgerCheck(True, n, False, f"{n} sign-offs hold" if n != 1 else "1 sign-off holds")


def append(workspace: Workspace, ledger: Ledger, body: Mapping[str, Any]) -> Entry:
    """Write one more line after ``ledger``'s last. Call it under the lock, with a ledger that holds and is not torn.

    Raises:
        SignOffError: the chain is broken already; nothing is added to it.
    """
    require_whole(ledger)
    previous = ledger.entries[-1].sha256 if ledger.entries else FIRST
    line = json.dumps({"line": len(ledger.entries) + 1, "previous": previous, **body}, ensure_ascii=False, allow_nan=False)
    append_line(workspace.ledger_file, line)
    entry = Entry(json.loads(line), hashlib.sha256(line.encode()).hexdigest())
    note_head(workspace, len(ledger.entries) + 1, entry.sha256)
    return entry


def note_head(workspace: Workspace, lines: int, sha256: str) -> None:
    write_whole(workspace.ledger_head_file, json.dumps({"lines": lines, "sha256": sha256}) + "\n")


def require_whole(ledger: Ledger) -> None:
    """Raises SignOffError when the chain is broken: nothing may be signed on top of it."""
    if ledger.problem is not None:
        raise SignOffError(
            f"models/ledger.jsonl does not hold: {ledger.problem}",
            hint="nothing can be signed off until the ledger is restored from a backup; icpfit ledger verify says where it breaks",
        )


def drop_torn_end(workspace: Workspace, ledger: Ledger) -> Ledger:
    """Take away a last line that was cut off while it was written (what it would have said never took effect)."""
    if not ledger.torn or ledger.problem is not None:
        return ledger
    content = workspace.ledger_file.read_bytes()
    write_whole(workspace.ledger_file, content[: len(content) - len(ledger.torn)].decode())
    return read_ledger(workspace)

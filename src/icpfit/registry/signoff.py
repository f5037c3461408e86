"""Leadership's sign-off: the only way the version in force changes.

The order of writing is what makes it safe to be killed anywhere: the ledger's line first (from then on
the sign-off stands), then champion.json, renamed into place (from then on it is in force), then the
rest, which the next command mends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from icpfit.errors import BundleError, SignOffError
from icpfit.manifest import Manifest
from icpfit.registry.ledger import Entry, Ledger, append, drop_torn_end, note_head, read_ledger, require_whole
from icpfit.registry.store import (
    CHAMPION_HINT,
    Champion,
    check_bundle,
    read_challenger,
    read_champion,
    read_gates,
    resolve,
    write_challenger,
    write_champion,
)
from icpfit.registry.workspace import Workspace

Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """The system's time in UTC, to the second."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class SignOff:
    """``changed``: a line was added to the ledger. ``champion``: the version in force now, or None. ``words`` say what happened."""

    action: str
    version: str
    champion: str | None
    changed: bool
    words: str
    warnings: tuple[str, ...] = ()


def approve(
    workspace: Workspace, version: str, by: str, note: str | None = None, override: str | None = None, *, clock: Clock = utc_now
) -> SignOff:
    """Put ``version`` (or the word ``challenger``) in force. Approving what is in force already changes nothing.

    Raises:
        SignOffError: no name, failed or missing gates without an override, a broken ledger.
        BundleError: there is no such version, or its hashes do not hold.
        BusyError: another command is at work in this workspace.
    """
    by = _name(by)
    with workspace.locked("approve"):
        version, _ = resolve(workspace, version)
        manifest = check_bundle(workspace, version)
        ledger, _ = recover(workspace)
        champion = read_champion(workspace)
        if champion is not None and champion.version == version:
            check_bundle(workspace, version, champion.manifest)
            _settle(workspace)
            words = f"{version} is in force already, signed off by {champion.by} on {champion.at[:10]}"
            return SignOff("approve", version, version, False, words, _follow(workspace))
        judged = read_gates(workspace, version)
        reason = _text(override)
        if reason is None and (judged is None or not judged.decision.promotable):
            if judged is None:
                raise SignOffError(
                    f"{version}: its gates were never judged", hint=f'icpfit retrain judges them; or --override "REASON" to {_OVERRIDE}'
                )
            why = "; ".join(judged.decision.reasons)
            raise SignOffError(
                f"{version} did not pass its gates: {why}", hint=f'icpfit approve {version} --by NAME --override "REASON" to {_OVERRIDE}'
            )
        warnings = list(judged.decision.warnings) if judged is not None else []
        now = champion.version if champion is not None else None
        if judged is not None and judged.against != now:
            warnings.append(f"its gates were judged against {judged.against or 'no version'}, and {now or 'no version'} is in force now")
        if (last := ledger.last_on(version)) is not None and last.action == "reject":
            warnings.append(f"{last.body['by']} rejected it on {str(last.body['at'])[:10]}")
        body = {"from": now, "note": _text(note), "override": reason, "gates": judged.values() if judged is not None else None}
        _sign(workspace, ledger, "approve", manifest, by, clock, body)
        words = f"{version} is in force, signed off by {by}" + (f", over its gates: {reason}" if reason is not None else "")
        return SignOff("approve", version, version, True, words, (*warnings, *_follow(workspace)))


_OVERRIDE = "sign it off all the same; the reason stands in the ledger"
_ANOTHER = "icpfit retrain makes another, icpfit approve VERSION --by NAME puts it in force"


def _before(ledger: Ledger) -> str | None:
    """The version that a rollback would put back in force; None where there is none, or it has been undone already."""
    last = ledger.last_move
    if last is None or last.action == "rollback" or last.body.get("from") is None:
        return None
    return str(last.body["from"])


def reject(workspace: Workspace, version: str, by: str, note: str | None = None, *, clock: Clock = utc_now) -> SignOff:
    """Say no to a version. It stays on disk, and is no longer the challenger. Rejecting it again changes nothing.

    Raises:
        SignOffError: no name, or the version is in force.
        BundleError: there is no such version.
    """
    by = _name(by)
    with workspace.locked("reject"):
        version, _ = resolve(workspace, version)
        manifest = check_bundle(workspace, version)
        ledger, _ = recover(workspace)
        champion = read_champion(workspace)
        now = champion.version if champion is not None else None
        if now == version:
            hint = "icpfit rollback --by NAME puts the one before it back in force" if _before(ledger) else _ANOTHER
            raise SignOffError(f"{version} is in force and cannot be rejected", hint=hint)
        last = ledger.last_on(version)
        if last is not None and last.action == "reject":
            _settle(workspace)
            return SignOff(
                "reject", version, now, False, f"{version} was rejected already, by {last.body['by']} on {str(last.body['at'])[:10]}"
            )
        append(workspace, ledger, _line("reject", manifest, by, clock, {"from": now, "note": _text(note)}))
        _settle(workspace)
        return SignOff("reject", version, now, True, f"{version} was rejected by {by}", _follow(workspace))


def rollback(workspace: Workspace, by: str, note: str | None = None, *, clock: Clock = utc_now) -> SignOff:
    """Undo the last approval: the version before it is in force again. A second rollback in a row changes nothing.

    A rollback that was cut off after it was signed is finished, not repeated.

    Raises:
        SignOffError: no name, or no version was in force before.
        BundleError: the version to go back to is not what was signed off.
    """
    by = _name(by)
    with workspace.locked("rollback"):
        ledger, finished = recover(workspace)
        champion = read_champion(workspace)
        last = ledger.last_move
        if champion is None or last is None:
            raise SignOffError("no version is in force, so there is nothing to go back from", hint="icpfit approve VERSION --by NAME")
        if last.action == "rollback":
            if finished:
                return SignOff(
                    "rollback", champion.version, champion.version, True, f"{champion.version} is in force again", _follow(workspace)
                )
            words = (
                f"{champion.version} is in force since the rollback by {champion.by}; to go further back: icpfit approve VERSION --by NAME"
            )
            return SignOff("rollback", champion.version, champion.version, False, words)
        before = _before(ledger)
        if before is None:
            raise SignOffError(f"{champion.version} is the first version ever in force; there is none to go back to", hint=_ANOTHER)
        signed = next((e for e in reversed(ledger.entries) if e.moves and e.version == before), None)
        if signed is None:
            raise SignOffError(f"the ledger has no sign-off of {before}")
        manifest = check_bundle(workspace, before, str(signed.body["hashes"]["manifest"]))
        _sign(workspace, ledger, "rollback", manifest, by, clock, {"from": champion.version, "note": _text(note)})
        return SignOff(
            "rollback", manifest.version, manifest.version, True, f"{manifest.version} is in force again, by {by}", _follow(workspace)
        )


def recover(workspace: Workspace) -> tuple[Ledger, bool]:
    """Finish what a killed command began: under the lock, before anything is signed.

    Takes away a half-written last line, notes the last hash, and puts in force what was signed last.
    Returns the ledger and whether champion.json had to be written.

    Raises:
        SignOffError: the ledger's chain is broken, or champion.json names a version that nobody signed off.
        BundleError: the version signed last is not what was signed.
    """
    ledger = drop_torn_end(workspace, read_ledger(workspace))
    require_whole(ledger)
    if ledger.entries:
        note_head(workspace, len(ledger.entries), ledger.entries[-1].sha256)
    champion, last = read_champion(workspace), ledger.last_move
    if champion is not None:
        signed = next((e for e in ledger.entries if e.sha256 == champion.entry), None)
        if signed is None or not signed.moves or signed.version != champion.version:
            raise SignOffError(
                f"{workspace.champion_file}: names {champion.version}, and no line of the ledger put it in force", hint=CHAMPION_HINT
            )
        if last is signed:
            return ledger, False
    if last is None:
        return ledger, False
    _put_in_force(workspace, last)
    _settle(workspace)
    return ledger, True


def _sign(workspace: Workspace, ledger: Ledger, action: str, manifest: Manifest, by: str, clock: Clock, body: Mapping[str, object]) -> None:
    _put_in_force(workspace, append(workspace, ledger, _line(action, manifest, by, clock, body)))
    _settle(workspace)


def _follow(workspace: Workspace) -> tuple[str, ...]:
    """MLflow's aliases follow the files; when they cannot, the sign-off stands all the same, and icpfit status mends them later."""
    if not workspace.database.exists():
        return ()
    from icpfit.registry.tracking import mend_aliases

    try:
        mend_aliases(workspace)
    except BundleError as error:
        return (error.message,)
    return ()


def _line(action: str, manifest: Manifest, by: str, clock: Clock, body: Mapping[str, object]) -> dict[str, object]:
    return {"at": clock().isoformat(), "by": by, "action": action, "version": manifest.version, **body, "hashes": manifest.hashes()}


def _put_in_force(workspace: Workspace, entry: Entry) -> None:
    manifest = str(entry.body["hashes"]["manifest"])
    check_bundle(workspace, entry.version, manifest)
    write_champion(workspace, Champion(entry.version, manifest, entry.sha256, str(entry.body["by"]), str(entry.body["at"])))


def _settle(workspace: Workspace) -> None:
    """A version that was decided on no longer waits."""
    try:
        version = read_challenger(workspace)
    except BundleError:
        version = None
    if version is None or decided(workspace, version) is not None:
        write_challenger(workspace, None)


def decided(workspace: Workspace, version: str) -> str | None:
    """``in force`` or ``rejected`` when nobody need be asked about the version; else None."""
    champion = read_champion(workspace)
    if champion is not None and champion.version == version:
        return "in force"
    last = read_ledger(workspace).last_on(version)
    return "rejected" if last is not None and last.action == "reject" else None


def _name(by: str) -> str:
    name = " ".join(by.split())
    if not name:
        raise SignOffError("a sign-off needs a name", hint='--by "Your Name"')
    return name


def _text(words: str | None) -> str | None:
    return words.strip() or None if words is not None else None

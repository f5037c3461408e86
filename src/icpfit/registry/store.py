"""Bundles, gates and the two pointers, as files: all that scoring and signing off need, without MLflow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from icpfit.errors import BundleError
from icpfit.gates import Decision, Gate
from icpfit.manifest import MANIFEST, Manifest, check_files, json_text, sha256_text
from icpfit.registry.workspace import Workspace, remove, write_folder_whole, write_whole
from icpfit.versioning import VERSION, check_version

if TYPE_CHECKING:  # the models' libraries take seconds to import, and signing off does not need them
    from icpfit.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Champion:
    """``champion.json``: the version in force, its manifest's hash, and the ledger line that put it there."""

    version: str
    manifest: str
    entry: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class LastRetrain:
    """What the newest retrain came to. Not ``registered``: nothing awaits a sign-off because of it."""

    version: str
    verdict: str
    registered: bool

    @property
    def words(self) -> str:
        why = f"documents/{self.version}/icp.html says why"
        return f"the last retrain ({self.version}) came to '{self.verdict}', so it put nothing up for a sign-off; {why}"


@dataclass(frozen=True)
class Judged:
    """The gates of a version, as judged when it was trained. ``against`` is the champion of that moment."""

    version: str
    against: str | None
    gates: tuple[Gate, ...]
    decision: Decision
    sha256: str

    def values(self) -> dict[str, Any]:
        return {
            "promotable": self.decision.promotable,
            "failed": [g.gate for g in self.gates if g.passed is False and g.binding],
            "against": self.against,
            "sha256": self.sha256,
        }


def write_bundle(workspace: Workspace, bundle: Bundle) -> Path:
    """Put a bundle under ``models/<version>/``, whole or not at all. The same bundle again changes nothing.

    Raises:
        BundleError: that version is there with other content (the file is named), or was damaged since.
    """
    from icpfit.bundle import to_files

    return write_files(workspace, to_files(bundle))


def write_files(workspace: Workspace, files: dict[str, str]) -> Path:
    """What ``write_bundle`` does, for files that are text already."""
    new = check_files(files)
    folder = workspace.bundle_folder(new.version)
    with workspace.locked("retrain"):
        if not folder.exists():
            write_folder_whole(folder, files)
            return folder
        old = check_bundle(workspace, new.version)
        for name in sorted(set(old.files) | set(new.files)):
            if old.files.get(name) != new.files.get(name):
                why = "; it was trained on other versions of the libraries" if old.body["libraries"] != new.body["libraries"] else ""
                if any('"reproducible": false' in found.get("metrics.json", "") for found in (files, read_files(workspace, new.version))):
                    why += "; a limit in minutes (training.minutes) ended the tuning of one of them"
                raise BundleError(
                    f"{folder}: {name} differs from what the same inputs give now{why}",
                    hint="a version never changes its content; remove the folder if nobody signed it off, or train with another seed",
                )
    return folder


def read_files(workspace: Workspace, version: str) -> dict[str, str]:
    """The files of a version as text, unchecked.

    Raises:
        BundleError: there is no such version, or a file of it cannot be read.
    """
    folder = workspace.bundle_folder(check_version(version))
    if not folder.is_dir():
        there = ", ".join(versions(workspace)[-3:]) or "none"
        raise BundleError(f"{folder}: there is no such version", hint=f"the newest that are there: {there}")
    files = {}
    for path in sorted(p for p in folder.iterdir() if p.is_file()):
        try:
            files[path.name] = path.read_bytes().decode()
        except UnicodeDecodeError:
            files[path.name] = "\0"  # no hash can match it; a file that is not the bundle's own is passed over
        except OSError as error:
            raise BundleError(f"{path}: cannot be read ({error.strerror})") from error
    return files


def check_bundle(workspace: Workspace, version: str, manifest: str | None = None) -> Manifest:
    """The manifest of a version, once every hash holds; ``manifest`` is the hash it must have, where one was signed.

    Raises:
        BundleError: a file is missing or changed (it is named), or the whole is not what was signed.
    """
    return _check(read_files(workspace, version), workspace, version, manifest)


def _check(files: Mapping[str, str], workspace: Workspace, version: str, manifest: str | None) -> Manifest:
    folder = workspace.bundle_folder(version)
    found = check_files(files, str(folder))
    if found.version != version:
        raise BundleError(f"{folder}: {MANIFEST} is that of version {found.version}", hint="give the folder its own name back")
    if manifest is not None and found.sha256 != manifest:
        raise BundleError(
            f"{folder}: {MANIFEST} is not the one that was signed off", hint="take the folder from a backup, or icpfit rollback"
        )
    return found


@overload
def load_bundle(workspace: Workspace, which: str = ..., *, missing_ok: Literal[False] = ...) -> Bundle: ...
@overload
def load_bundle(workspace: Workspace, which: str = ..., *, missing_ok: Literal[True]) -> Bundle | None: ...
def load_bundle(workspace: Workspace, which: str = "champion", *, missing_ok: bool = False) -> Bundle | None:
    """The bundle of ``champion``, ``challenger`` or a version, read from files alone.

    With ``missing_ok``, None when no champion or challenger is named yet; one that is named and damaged
    is an error all the same.

    Raises:
        BundleError: there is none, or its hashes do not hold; the file is named.
    """
    from icpfit.bundle import from_files

    if missing_ok and (
        (which == "champion" and read_champion(workspace) is None) or (which == "challenger" and read_challenger(workspace) is None)
    ):
        return None
    version, manifest = resolve(workspace, which)
    files = read_files(workspace, version)
    _check(files, workspace, version, manifest)
    return from_files(files, str(workspace.bundle_folder(version)))


def resolve(workspace: Workspace, which: str) -> tuple[str, str | None]:
    """``champion``, ``challenger`` or a version as (version, the manifest hash it was signed with, or None).

    Raises:
        BundleError: there is no champion or challenger.
    """
    if which == "champion":
        champion = read_champion(workspace)
        if champion is None:
            hint = "icpfit retrain makes a challenger where it finds a signal, icpfit approve VERSION --by NAME puts it in force"
            if (waiting := read_challenger(workspace)) is not None:
                hint = f"{waiting} awaits a sign-off: icpfit status shows its gates, icpfit approve {waiting} --by NAME puts it in force"
            else:
                hint = _why_nothing(workspace) or hint
            raise BundleError(f"{workspace.champion_file}: no version is in force", hint=hint)
        return champion.version, champion.manifest
    if which == "challenger":
        version = read_challenger(workspace)
        if version is None:
            hint = "icpfit retrain makes one where it finds a signal; where it finds none, the document that it writes says why"
            raise BundleError(f"{workspace.challenger_file}: no challenger awaits a sign-off", hint=_why_nothing(workspace) or hint)
        return version, None
    return check_version(which), None


def _why_nothing(workspace: Workspace) -> str | None:
    """Why the newest retrain put nothing up for a sign-off; None where it did, or where there was none."""
    last = read_last_retrain(workspace)
    return last.words if last is not None and not last.registered else None


def versions(workspace: Workspace) -> tuple[str, ...]:
    """The versions whose folders are there, oldest first."""
    if not workspace.models.is_dir():
        return ()
    return tuple(sorted(p.name for p in workspace.models.iterdir() if p.is_dir() and VERSION.fullmatch(p.name)))


def read_champion(workspace: Workspace) -> Champion | None:
    """What is in force; None before the first sign-off.

    Raises:
        BundleError: champion.json is not what icpfit wrote.
    """
    body = _read_json(workspace.champion_file)
    if body is None:
        return None
    try:
        champion = Champion(**{name: str(body[name]) for name in Champion.__slots__})
        check_version(champion.version)
    except (KeyError, TypeError, BundleError) as error:
        raise BundleError(f"{workspace.champion_file}: is not what icpfit wrote", hint=CHAMPION_HINT) from error
    return champion


CHAMPION_HINT = "remove the file and run icpfit status: it is written again from the ledger of sign-offs"


def write_champion(workspace: Workspace, champion: Champion) -> None:
    write_whole(workspace.champion_file, json_text(champion))


def read_challenger(workspace: Workspace) -> str | None:
    """The version that awaits a sign-off, or None."""
    body = _read_json(workspace.challenger_file)
    if body is None:
        return None
    try:
        return check_version(str(body["version"]))
    except (KeyError, TypeError, BundleError) as error:
        raise BundleError(f"{workspace.challenger_file}: is not what icpfit wrote", hint="icpfit retrain writes it again") from error


def write_challenger(workspace: Workspace, version: str | None) -> None:
    """Name the challenger; None: nothing awaits a sign-off."""
    if version is None:
        remove(workspace.challenger_file)
    else:
        write_whole(workspace.challenger_file, json_text({"version": version}))


def write_last_retrain(workspace: Workspace, last: LastRetrain) -> None:
    write_whole(workspace.last_retrain_file, json_text(last))


def read_last_retrain(workspace: Workspace) -> LastRetrain | None:
    """What the newest retrain came to; None before the first.

    Raises:
        BundleError: the file is not what icpfit wrote.
    """
    body = _read_json(workspace.last_retrain_file)
    if body is None:
        return None
    try:
        return LastRetrain(check_version(str(body["version"])), str(body["verdict"]), bool(body["registered"]))
    except (KeyError, BundleError) as error:
        raise BundleError(f"{workspace.last_retrain_file}: is not what icpfit wrote", hint="icpfit retrain writes it again") from error


def write_gates(workspace: Workspace, version: str, gates: tuple[Gate, ...], decision: Decision) -> None:
    """Keep a version's gates with their numbers beside the bundle; they belong to the moment, the bundle does not."""
    body = {
        "version": version,
        "against": next((str(g.numbers["against"]) for g in gates if "against" in g.numbers), None),
        "gates": [g.values() for g in gates],
        "promotable": decision.promotable,
        "reasons": decision.reasons,
        "warnings": decision.warnings,
    }
    write_whole(workspace.gates_file(check_version(version)), json_text(body))


def read_gates(workspace: Workspace, version: str) -> Judged | None:
    """The gates of a version as they were judged, or None.

    Raises:
        BundleError: the file is not what icpfit wrote.
    """
    path = workspace.gates_file(check_version(version))
    body = _read_json(path)
    if body is None:
        return None
    try:
        if body["version"] != version:
            raise BundleError(f"{path}: holds the gates of {body['version']}")
        gates = tuple(Gate(**g) for g in body["gates"])
        decision = Decision(body["promotable"], tuple(body["reasons"]), tuple(body["warnings"]))
        return Judged(version, body["against"], gates, decision, sha256_text(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{path}: is not what icpfit wrote", hint="icpfit retrain judges the gates again") from error


def _read_json(path: Path) -> Mapping[str, Any] | None:
    try:
        body = json.loads(path.read_bytes().decode())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        hint = CHAMPION_HINT if path.name == "champion.json" else "icpfit retrain writes it again"
        raise BundleError(f"{path}: cannot be read", hint=hint) from error
    if not isinstance(body, dict):
        raise BundleError(f"{path}: is not what icpfit wrote")
    return body

"""Where a workspace stands: what is in force, what awaits a sign-off, and whether the records agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from icpfit.errors import BundleError, BusyError, IcpfitError, SourceError
from icpfit.gates import title_of
from icpfit.manifest import plain
from icpfit.registry.ledger import LedgerCheck, verify_ledger
from icpfit.registry.signoff import recover
from icpfit.registry.store import (
    Champion,
    Judged,
    LastRetrain,
    check_bundle,
    read_challenger,
    read_champion,
    read_gates,
    read_last_retrain,
    versions,
)
from icpfit.registry.workspace import Workspace


@dataclass(frozen=True)
class Status:
    """``problems`` need a person; ``mended`` is what differed and was put right. ``evidence`` is the champion's level,
    or the challenger's where nothing is in force."""

    champion: Champion | None
    challenger: str | None
    judged: Judged | None
    """the challenger's gates"""
    last_retrain: LastRetrain | None
    evidence: str | None
    versions: tuple[str, ...]
    ledger: LedgerCheck
    mended: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def values(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "champion": self.champion.version if self.champion is not None else None,
            "signed": {"by": self.champion.by, "at": self.champion.at} if self.champion is not None else None,
            "challenger": self.challenger,
            "promotable": self.judged.decision.promotable if self.judged is not None else None,
            "gates": [plain(g.values()) for g in self.judged.gates] if self.judged is not None else [],
            "last_retrain": plain(self.last_retrain),
            "evidence": self.evidence,
            "versions": list(self.versions),
            "ledger": {"holds": self.ledger.holds, "lines": self.ledger.lines, "words": self.ledger.words},
            "mended": list(self.mended),
            "problems": list(self.problems),
        }

    @property
    def lines(self) -> list[str]:
        """The same in words."""
        if self.champion is None:
            said = ["champion: none is in force"]
        else:
            said = [f"champion: {self.champion.version}, signed off by {self.champion.by} on {self.champion.at[:10]}"]
        said.append(f"challenger: {self.challenger or 'none awaits a sign-off'}")
        if self.last_retrain is not None and not self.last_retrain.registered:
            said.append(f"note: {self.last_retrain.words}")
        if self.judged is not None:
            said += [
                f"  {_MARKS[g.answer]} {title_of(g.gate)}: {g.words}{'' if g.binding else ' (a warning only)'}" for g in self.judged.gates
            ]
            if not self.judged.decision.promotable:
                said.append("  it did not pass its gates")
        if self.evidence is not None:
            said.append(f"evidence: {self.evidence}")
        said.append(f"ledger: {self.ledger.words}")
        return said + [f"mended: {words}" for words in self.mended] + [f"problem: {words}" for words in self.problems]


_MARKS = {"passed": "yes", "failed": "NO ", "cannot tell": " ? ", "not applicable": " - "}


def status(workspace: Workspace, mend: bool = True) -> Status:
    """Look, and mend what a killed command or a hand in MLflow left apart: champion.json from the ledger, the aliases from the files.

    While another command is at work, or where the workspace cannot be written to, nothing is mended.
    """
    mended: list[str] = []
    problems: list[str] = []
    if mend and workspace.models.is_dir():
        try:
            with workspace.locked("status", wait_seconds=0):
                _mend(workspace, mended, problems)
        except (BusyError, SourceError) as error:
            problems.append(error.message)
    champion: Champion | None = None
    challenger, evidence, judged, last = None, None, None, None
    try:
        champion = read_champion(workspace)
        challenger = read_challenger(workspace)
        judged = read_gates(workspace, challenger) if challenger is not None else None
        for version, manifest in ((challenger, None), (champion.version if champion else None, champion.manifest if champion else None)):
            if version is not None:
                evidence = check_bundle(workspace, version, manifest).evidence
        last = read_last_retrain(workspace)
    except BundleError as error:
        problems.append(error.message)
    try:
        ledger = verify_ledger(workspace)
    except BundleError as error:
        ledger = LedgerCheck(False, 0, False, error.message)
    if not ledger.holds:
        problems.append(ledger.words)
    return Status(champion, challenger, judged, last, evidence, versions(workspace), ledger, tuple(mended), tuple(dict.fromkeys(problems)))


def _mend(workspace: Workspace, mended: list[str], problems: list[str]) -> None:
    try:
        _, finished = recover(workspace)
        if finished and (champion := read_champion(workspace)) is not None:
            mended.append(f"{champion.version} was signed off and is in force now: the command that did it had been cut off")
    except IcpfitError as error:
        problems.append(error.message)
        return
    if not workspace.database.exists():
        return
    from icpfit.registry.tracking import mend_aliases

    try:
        mended.extend(mend_aliases(workspace))
    except IcpfitError as error:
        problems.append(error.message)

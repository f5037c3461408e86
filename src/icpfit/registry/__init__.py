"""Versions of the profile: kept whole, judged, signed off, and logged to MLflow (which nothing but this package imports)."""

from icpfit.registry.drift_log import DriftLogged, log_drift
from icpfit.registry.drift_record import DriftRecord
from icpfit.registry.ledger import LedgerCheck, verify_ledger
from icpfit.registry.past_cards import PastCard, past_cards
from icpfit.registry.record import RetrainRecord
from icpfit.registry.signoff import SignOff, approve, reject, rollback
from icpfit.registry.status import Status, status
from icpfit.registry.store import load_bundle, read_challenger, read_champion, read_gates, versions, write_bundle
from icpfit.registry.tracking import log_retrain
from icpfit.registry.trial_files import TrialFiles
from icpfit.registry.workspace import Workspace

__all__ = [
    "DriftLogged",
    "DriftRecord",
    "LedgerCheck",
    "PastCard",
    "RetrainRecord",
    "SignOff",
    "Status",
    "TrialFiles",
    "Workspace",
    "approve",
    "load_bundle",
    "log_drift",
    "log_retrain",
    "past_cards",
    "read_challenger",
    "read_champion",
    "read_gates",
    "reject",
    "rollback",
    "status",
    "verify_ledger",
    "versions",
    "write_bundle",
]

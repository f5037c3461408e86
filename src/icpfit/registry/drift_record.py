"""What a question about drift leaves in MLflow: plain values, put together before MLflow is opened."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from icpfit.manifest import json_text, sha256_text
from icpfit.versioning import check_version

FIGURES = ("statistic", "effect", "p_value", "q_value", "power", "needed", "n_reference", "n_current")
"""a finding's numbers, each a metric; what cannot be told has none"""
LONGEST = 200
SEEN = ("DRIFT-RESULTS", "DRIFT-LOST")
"""facts that are told without a test: they are no question that could not be answered"""

Found = Mapping[str, Any]


@dataclass(frozen=True)
class DriftRecord:
    """One answer to "has anything moved since the champion was trained?".

    ``champion`` is its version, ``as_of`` the day it was asked as of (None: the source has no dates), ``data`` the fingerprint
    of the data. The three together make it one record, however often it is asked. ``looks`` names the kind of look where
    there are several (a weekly one is another question than the whole).
    """

    champion: str
    as_of: str | None
    data: str
    findings: Sequence[Found]
    looks: str = "drift"

    def __post_init__(self) -> None:
        check_version(self.champion)

    @property
    def name(self) -> str:
        return f"{self.looks} {self.as_of or 'without dates'}"

    @property
    def key(self) -> str:
        """The question: who asks the same of the same data has the same key."""
        return sha256_text(json_text([self.looks, self.champion, self.as_of, self.data]))

    @property
    def text(self) -> str:
        """``findings.json``"""
        return json_text([dict(f) for f in self.findings])

    def tags(self) -> dict[str, str]:
        """What one looks for in MLflow's list of runs."""
        return {
            "drift_key": self.key,
            "champion": self.champion,
            "as_of": self.as_of or "",
            "fingerprint": self.data,
            "alarms": str(sum(bool(f.get("alarm")) for f in self.findings)),
            "alarmed": ", ".join(dict.fromkeys(str(f.get("code")) for f in self.findings if f.get("alarm"))),
            "answer": sha256_text(self.text),
        }


def drift_numbers(findings: Sequence[Found]) -> dict[str, float]:
    """``findings``, ``alarms``, ``cannot_tell``; the first two by code too; and each finding's own figures, all by flat names.

    A name is the same in every run, so that MLflow draws it over time. A second finding of one code and subject has a 2 behind it.

    >>> f = {"code": "DRIFT-FEATURE", "subject": "Size (EU/US)", "alarm": True, "p_value": 0.01, "effect": 0.2}
    >>> sorted(drift_numbers([f]))[:4]
    ['DRIFT-FEATURE.Size _EU_US_.effect', 'DRIFT-FEATURE.Size _EU_US_.p_value', 'alarms', 'alarms.DRIFT-FEATURE']
    """
    out = {
        "findings": float(len(findings)),
        "alarms": float(sum(bool(f.get("alarm")) for f in findings)),
        "cannot_tell": float(sum(f.get("p_value") is None and f.get("code") not in SEEN for f in findings)),
    }
    seen: dict[str, int] = {}
    for f in findings:
        code = _flat(str(f.get("code") or "other"))
        out[f"findings.{code}"] = out.get(f"findings.{code}", 0.0) + 1
        out[f"alarms.{code}"] = out.get(f"alarms.{code}", 0.0) + bool(f.get("alarm"))
        name = f"{code}.{_flat(str(f.get('subject') or 'all'))}"[:LONGEST]
        seen[name] = seen.get(name, 0) + 1
        name = name if seen[name] == 1 else f"{name} {seen[name]}"
        for figure in FIGURES:
            value = f.get(figure)
            if isinstance(value, (int, float)) and math.isfinite(value):
                out[f"{name}.{figure}"] = float(value)
    return out


def _flat(text: str) -> str:
    """Text as a part of a metric's name: MLflow reads names as paths, and takes few signs.

    >>> _flat("a/../b"), _flat(" x: y "), _flat("§")
    ('a_.._b', 'x_ y', '_')
    """
    return re.sub(r"[^\w\-. ]", "_", text).strip() or "_"

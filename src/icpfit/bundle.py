"""All that scoring needs, as plain text files that a person can read, and back without losing a bit. No disk here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import numpy as np
import pandas as pd
import yaml
from pydantic import ValidationError

from icpfit.config import FeatureSpec, Outcome, OutcomeSettings
from icpfit.errors import BundleError, IcpfitError
from icpfit.features.combine import parts_of
from icpfit.manifest import MANIFEST, check_files, json_text, json_value, manifest_text, plain
from icpfit.models.results import EvidenceLevel, FittedModel
from icpfit.models.serialise import model_from, model_values
from icpfit.moments import Micros, day_text
from icpfit.scorecard.card import CardKind, Scorecard
from icpfit.scorecard.serialise import card_from_dict, card_from_json, card_to_dict, card_to_json
from icpfit.scorecard.sql import scorecard_sql
from icpfit.versioning import check_version, code_version, library_versions, make_version

__all__ = ["Bundle", "code_version", "from_files", "make_version", "thresholds_of", "to_files"]

MODEL_FILES: dict[Outcome, str] = {"win": "win.txt", "retention": "retention.txt"}
LINES_FILE = "scorecard_lines.json"
OPTIONAL_PARTS = ("attributions", "unseen", "learned")
"""plain JSON by the name of its field, each in a file of its name; no file where it is empty"""
JSON_PARTS = ("thresholds", "familiarity", "expected_arr", "metrics")
"""the same, always there"""


@dataclass(frozen=True)
class Bundle:
    """A version of the profile: models, card, features and what is known of them.

    ``as_of`` is the moment of knowing (microseconds). ``retention_base`` is (rate, low, high), used where
    retention has no model; None where the company declares no retention at all. ``card`` is the card that
    makes points and tiers; ``cards`` the others by kind. ``specs`` are the features it wants, ``helpers`` the
    hidden ones that some of them are made of, ``missing`` the texts that a flat file's columns mean nothing by,
    ``decimal_comma`` how its numbers are written (a target list's too).
    ``familiarity`` and ``expected_arr`` belong to the modules that made them. ``thresholds`` holds the
    frozen tier edges (see :func:`thresholds_of`) and other limits. ``metrics`` is free, plain JSON.

    Two bundles are equal when they would write the same files.

    Raises:
        BundleError: the parts do not belong together, or hold something that cannot be written as text.
    """

    version: str
    as_of: Micros
    company: str
    currency: str
    win: FittedModel | None
    retention: FittedModel | None
    retention_base: tuple[float, float, float] | None
    card: Scorecard
    cards: Mapping[CardKind, Scorecard]
    specs: tuple[FeatureSpec, ...]
    familiarity: Mapping[str, Any]
    expected_arr: Mapping[str, Any]
    metrics: Mapping[str, Any]
    model_card: str
    data_fingerprint: str
    config_fingerprint: str
    seed: int
    evidence_level: EvidenceLevel
    lines: Mapping[str, Scorecard] = field(default_factory=dict)
    """cards of single product lines, by the line's name"""
    helpers: tuple[FeatureSpec, ...] = ()
    missing: tuple[str, ...] = ()
    decimal_comma: bool = False
    outcomes: OutcomeSettings = field(default_factory=OutcomeSettings)
    attributions: Mapping[str, Any] = field(default_factory=dict)
    """what the documents' pictures of the models show; empty where nothing was kept"""
    unseen: Mapping[str, Any] = field(default_factory=dict)
    """by outcome, what models and cards of the past said of deals they did not know (``icpfit.drift.unseen``); empty in old bundles"""
    learned: Mapping[str, Any] = field(default_factory=dict)
    """by outcome, what its training rows looked like (``icpfit.drift.learned``); empty in old bundles"""
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    """the card's edges are put in where nothing is said"""
    code_version: str = field(default_factory=code_version)
    libraries: Mapping[str, str] = field(default_factory=library_versions)
    """library -> the version that training ran on"""

    def __post_init__(self) -> None:
        check_version(self.version)
        if self.win is None and self.retention is None:
            raise BundleError("a bundle holds at least one model")
        for outcome in MODEL_FILES:
            model: FittedModel | None = getattr(self, outcome)
            if model is not None:
                if model.outcome != outcome:
                    raise BundleError(f"the {outcome} model of a bundle cannot be a {model.outcome} model")
                self._set(outcome, _plain_model(model))
        known = {s.name for s in self.specs}
        for outcome, model in self.models().items():
            if missing := sorted(set(model.encoding.columns) - known):
                raise BundleError(f"the {outcome} model uses {missing[0]!r}, which no feature of the bundle makes")
        inside = {s.name for s in self.declared}
        if missing := sorted({part for s in self.declared for part in parts_of(s)} - inside):
            raise BundleError(f"a feature is made of {missing[0]!r}, which is not in the bundle")
        if self.retention_base is not None:
            rate, low, high = (float(v) for v in self.retention_base)
            if not 0 <= low <= rate <= high <= 1:
                raise BundleError(f"a base rate lies inside its interval, got {rate} in [{low}, {high}]")
            self._set("retention_base", (rate, low, high))
        if self.card.kind in self.cards:
            raise BundleError(f"the main card is the {self.card.kind} card; it cannot stand among the others too")
        for name in (*JSON_PARTS, *OPTIONAL_PARTS, "libraries"):
            self._set(name, plain(getattr(self, name)))
        self._set("thresholds", {**thresholds_of(self.card), **self.thresholds})
        if (edges := self.thresholds["tiers"]) != thresholds_of(self.card)["tiers"]:
            raise BundleError(f"thresholds and card disagree on the tiers' edges: {edges}")

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def declared(self) -> tuple[FeatureSpec, ...]:
        """All that is needed to compute its features."""
        return (*self.specs, *self.helpers)

    def models(self) -> dict[Outcome, FittedModel]:
        """The models that are there, win first."""
        found: dict[Outcome, FittedModel | None] = {"win": self.win, "retention": self.retention}
        return {k: v for k, v in found.items() if v is not None}

    def of_line(self, line: str) -> Bundle:
        """The bundle with the card of one product line as its main card: points and tiers are then that line's.

        Raises:
            BundleError: there is no card of such a line; those that there are are named.
        """
        if line not in self.lines:
            there = ", ".join(self.lines) or "none has one: a line needs 100 of each outcome"
            raise BundleError(f"{self.version} has no card of the line {line!r}", hint=f"lines with a card: {there}")
        limits = {k: v for k, v in self.thresholds.items() if k != "tiers"}
        return replace(self, card=self.lines[line], cards={}, thresholds=limits)

    def card_of(self, kind: CardKind) -> Scorecard:
        """The main card, or one of the others.

        Raises:
            BundleError: the bundle has no card of the kind.
        """
        there = {self.card.kind: self.card, **self.cards}
        if kind not in there:
            raise BundleError(f"{self.version} has no {kind} card", hint=f"it has: {', '.join(there)}")
        return there[kind]

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """``p_win, p_retain, p_icp, points, tier`` for each row of training-set columns, same index.

        A probability that the bundle cannot tell is NaN; ``p_icp`` is the product of those it can.
        """
        n = len(features)
        win = self.win.probability(features) if self.win is not None else np.full(n, np.nan)
        if self.retention is not None:
            keep = self.retention.probability(features)
        else:
            keep = np.full(n, self.retention_base[0] if self.retention_base is not None else np.nan)
        icp = np.where(np.isnan(win), 1.0, win) * np.where(np.isnan(keep), 1.0, keep)
        scored = self.card.score(features)
        return pd.DataFrame(
            {"p_win": win, "p_retain": keep, "p_icp": icp, "points": scored["points"], "tier": scored["tier"]}, index=features.index
        )


def thresholds_of(card: Scorecard, **limits: object) -> dict[str, Any]:
    """The tiers' frozen edges in points, and further limits by name (``hot={"days": 7, "tiers": ["A", "B"]}``)."""
    return {"tiers": {t.name: t.from_points for t in card.tiers}, **{k: plain(v) for k, v in limits.items()}}


class _Exact(yaml.SafeDumper):
    """Writes texts so that they come back as they were: YAML folds the line breaks that only Unicode knows, unless they are escaped."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        escaped = '"' if any(sign in text for sign in "\x85\u2028\u2029") else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=escaped)


_Exact.add_representer(str, _Exact.represent_text)


def to_files(bundle: Bundle) -> dict[str, str]:
    """File name to text; ``manifest.json`` stands last and holds the hash of each. No clock time is in any of them."""
    files = {MODEL_FILES[outcome]: model.booster_text for outcome, model in bundle.models().items()}
    files["calibration.json"] = json_text(
        {"models": {outcome: model_values(model) for outcome, model in bundle.models().items()}, "retention_base": bundle.retention_base}
    )
    files["features.yaml"] = yaml.dump(
        {
            "outcomes": bundle.outcomes.model_dump(mode="json"),
            "missing": list(bundle.missing),
            "decimal_comma": bundle.decimal_comma,
            "features": [s.model_dump(mode="json") for s in bundle.declared],
        },
        Dumper=_Exact,
        sort_keys=False,
        allow_unicode=True,
        width=120,
    )
    files["scorecard.json"] = card_to_json(bundle.card, bundle.version)
    files["scorecard.sql"] = scorecard_sql(bundle.card)
    for kind in sorted(bundle.cards):
        files[f"scorecard_{kind}.json"] = card_to_json(bundle.cards[kind], bundle.version)
    if bundle.lines:
        files[LINES_FILE] = json_text({line: card_to_dict(card, bundle.version) for line, card in bundle.lines.items()})
    for name in (*(part for part in OPTIONAL_PARTS if getattr(bundle, part)), *JSON_PARTS):
        files[f"{name}.json"] = json_text(getattr(bundle, name))
    files["MODEL_CARD.md"] = bundle.model_card
    head = {name: getattr(bundle, name) for name in _HEAD}
    files[MANIFEST] = manifest_text({**head, "as_of_day": day_text(bundle.as_of), "evidence": bundle.evidence_level}, files)
    return files


_HEAD = ("version", "as_of", "company", "currency", "data_fingerprint", "config_fingerprint", "code_version", "seed", "libraries")


def from_files(files: Mapping[str, str], place: str = "the bundle") -> Bundle:
    """The bundle that wrote ``files``. ``place`` names the folder in messages.

    Raises:
        BundleError: a hash does not hold, or a file does not say what a bundle needs; the file is named.
    """
    manifest = check_files(files, place)
    named = {name: files[name] for name in manifest.files}
    reading = "manifest.json"
    try:
        head = {name: manifest.body[name] for name in _HEAD}
        reading = "calibration.json"
        calibration = json_value(reading, named[reading])
        models = {o: model_from(o, calibration["models"][o], named[f]) for o, f in MODEL_FILES.items() if o in calibration["models"]}
        base = calibration["retention_base"]
        reading = "features.yaml"
        features = yaml.load(named[reading], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        specs = tuple(FeatureSpec.model_validate(s) for s in features["features"])
        outcomes = OutcomeSettings.model_validate(features["outcomes"])
        missing = tuple(str(text) for text in features.get("missing", ()))
        decimal_comma = bool(features.get("decimal_comma", False))
        reading = "scorecard.json"
        card = card_from_json(named[reading])
        cards: dict[CardKind, Scorecard] = {}
        for kind in get_args(CardKind):
            reading = f"scorecard_{kind}.json"
            if reading in named:
                cards[kind] = card_from_json(named[reading])
        reading = LINES_FILE
        lines = {line: card_from_dict(body) for line, body in json_value(reading, named[reading]).items()} if reading in named else {}
        loose: dict[str, Any] = {}
        for name in (*JSON_PARTS, *OPTIONAL_PARTS):
            reading = f"{name}.json"
            if name in JSON_PARTS or reading in named:
                loose[name] = json_value(reading, named[reading])
        reading = "MODEL_CARD.md"
        return Bundle(
            **head,
            evidence_level=manifest.evidence,
            **loose,
            win=models.get("win"),
            retention=models.get("retention"),
            retention_base=None if base is None else (base[0], base[1], base[2]),
            card=card,
            cards=cards,
            lines=lines,
            specs=tuple(s for s in specs if not s.hidden),
            helpers=tuple(s for s in specs if s.hidden),
            missing=missing,
            decimal_comma=decimal_comma,
            outcomes=outcomes,
            model_card=named[reading],
        )
    except (KeyError, IndexError, TypeError, ValueError, ValidationError, yaml.YAMLError, IcpfitError) as error:
        words = error.message if isinstance(error, IcpfitError) else f"{type(error).__name__} {error}".splitlines()[0]
        raise BundleError(f"{place}: {reading} does not hold what a bundle needs: {words}") from error


def _plain_model(model: FittedModel) -> FittedModel:
    parameters = plain(model.parameters)
    return model if parameters == model.parameters else replace(model, parameters=parameters)

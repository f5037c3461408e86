"""Criteria that force tier D whatever the points: what the configuration declares, with the evidence beside it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Disqualifier, FeatureSpec
from icpfit.errors import ConfigError
from icpfit.features.spelling import nearest_spelling
from icpfit.scorecard.card import Disqualification
from icpfit.scorecard.reading import as_texts, number_of
from icpfit.training_set import TrainingSet

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_DOUBT = {True: "is it spelt as in the data?", False: "is that the number you mean?"}


def check_disqualifiers(rules: Sequence[Disqualifier], specs: Sequence[FeatureSpec]) -> None:
    """Every rule asks a feature that is there, for what its kind can be.

    Raises:
        ConfigError: a rule names a feature that is not there, compares a text with a number, or names texts of a number.
    """
    kinds = {s.name: s.kind for s in specs}
    for i, rule in enumerate(rules):
        place = f"scorecard.disqualifiers.{i}"
        if rule.feature not in kinds:
            close = difflib.get_close_matches(rule.feature, sorted(kinds), n=1)
            hint = f"did you mean {close[0]!r}?" if close else "a disqualifier names one of the features, by its name"
            raise ConfigError(f"{place}: there is no feature {rule.feature!r}", hint=hint)
        if kinds[rule.feature] == "category" and not rule.is_one_of:
            message = f"{place}: {rule.feature!r} is text, and a disqualifier compares a number"
            raise ConfigError(message, hint="name the texts: is_one_of: [...]; or declare a yes/no feature for it")
        if kinds[rule.feature] != "category" and rule.is_one_of:
            what = "a yes/no" if kinds[rule.feature] == "flag" else "a number"
            n = next((f"{number_of(t):g}" for t in rule.is_one_of if math.isfinite(number_of(t))), "1")
            message = f"{place}: {rule.feature!r} is {what}, and is_one_of names texts"
            raise ConfigError(message, hint=f"in place of is_one_of say at_least: {n}, or below: {n}")


def disqualified(
    rules: Sequence[Disqualifier], specs: Sequence[FeatureSpec], features: pd.DataFrame, label: Floats
) -> tuple[tuple[Disqualification, ...], Bools]:
    """Each rule with its evidence, and the rows that any of them takes out; ``label`` is 1, 0 or NaN (none) per row.

    ``specs`` say which of the features are yes/no.
    """
    flags = {s.name for s in specs if s.kind == "flag"}
    out = np.zeros(len(features), dtype=bool)
    found = []
    for rule in rules:
        asked = Disqualification(
            rule.feature, rule.at_least, rule.reason, 0, None, None, rule.below, rule.is_one_of, is_flag=rule.feature in flags
        )
        met = asked.condition.met(features[rule.feature])
        out |= met
        found.append(replace(asked, rows=int(met.sum()), rate=_rate(label[met]), rate_otherwise=_rate(label[~met])))
    return tuple(found), out


def unmet_words(rules: Sequence[Disqualifier], training: Sequence[TrainingSet]) -> tuple[str, ...]:
    """A sentence for each rule that no row of ``training`` meets, and for each text that none has where one has nearly the same.

    It may be right, since what disqualifies may never have come to a deal; but it may be a typing error, and then it takes nobody out.
    """
    if not any(len(t.frame) for t in training):
        return ()
    met = [disqualified(rules, t.specs, t.frame, t.label.astype(np.float64))[0] for t in training]
    words = []
    for i, rule in enumerate(rules):
        known = frozenset(text for t in training if rule.is_one_of for text in as_texts(t.frame[rule.feature])[1] if text is not None)
        close = {text: nearest_spelling(text, known) for text in rule.is_one_of if text not in known}
        meant = [f"for '{text}', did you mean '{near}'?" for text, near in close.items() if near is not None]
        place = f"scorecard.disqualifiers.{i} ({rule.reason}): no row of the training data has"
        if not any(of_one[i].rows for of_one in met):
            words.append(" ".join([f"{place} {_asked(rule)}, so it takes none of them out;", *(meant or [_DOUBT[bool(rule.is_one_of)]])]))
        elif meant:
            words.append(" ".join([f"{place} {_asked(rule, [text for text, near in close.items() if near is not None])};", *meant]))
    return tuple(words)


def _asked(rule: Disqualifier, texts: Sequence[str] = ()) -> str:
    if rule.is_one_of:
        return f"{rule.feature} {' or '.join(repr(text) for text in texts or rule.is_one_of)}"
    return f"{rule.feature} of {rule.at_least:g} or more" if rule.at_least is not None else f"{rule.feature} below {rule.below:g}"


def _rate(label: Floats) -> float | None:
    known = label[~np.isnan(label)]
    return round(float(known.mean()), 6) if len(known) else None

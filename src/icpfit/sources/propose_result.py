"""Which column of a flat file says how it ended, and what its texts mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icpfit.config import Outcome
from icpfit.errors import SourceError
from icpfit.sources import vocabulary as words
from icpfit.sources.propose_look import Look

_ROLES: tuple[words.Role, ...] = ("result", "left", "kept")
_WELL, _BADLY = ("positive", "kept"), ("negative", "left")


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome column, what its values mean, and why one should look at it again.

    ``also`` are other columns that say how it ended: they are no signals.
    """

    header: str
    outcome: Outcome
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    doubt: str = ""
    also: tuple[str, ...] = ()

    def labels(self, look: Look) -> npt.NDArray[np.float64]:
        """1, 0 or NaN for each row of the column."""
        good, bad = look.texts.isin(self.positive).to_numpy(), look.texts.isin(self.negative).to_numpy()
        return np.where(good, 1.0, np.where(bad, 0.0, np.nan))


def guess_result(looks: Sequence[Look], place: str) -> Result:
    """The column that says how it ended. A column called the result counts even where all rows ended alike.

    Raises:
        SourceError: no column holds a result, or no deal in the file is decided.
    """
    scored = sorted(((score, look) for look in looks if (score := _score(look)) >= 4), key=lambda s: (-s[0], not _speaks_of_winning(s[1])))
    if scored:
        return _compared(scored, looks)
    alike = sorted((look for look in looks if len(look.counts) and _named(look) and _ends(look)), key=lambda k: not _speaks(k))
    if alike:
        return _read(alike[0])
    if open_ones := [look for look in looks if _named(look) and look.values and all(_kind(look, v) == "open" for v in look.values)]:
        shown = ", ".join(repr(v) for v in open_ones[0].values[:3])
        raise SourceError(
            f"{place}: no deal in it is decided: {open_ones[0].header!r} holds {shown}, and neither won nor lost",
            hint="export the closed deals too, won and lost",
        )
    binary = [look for look in looks if len(look.counts) == 2 and words.layer_of(look.header).words == words.NO_WORD]
    unread = _unread(looks)
    if not binary:
        raise SourceError(
            f"{place}: no column looks like the outcome of a deal (won and lost, yes and no, 1 and 0){f'; {unread}' if unread else ''}",
            hint="one row per deal, customer or lead, with a column such as Result that holds Won and Lost",
        )
    result = _read(binary[-1])
    doubt = f"no column says clearly how a deal ended; {result.header!r} was taken because it holds two values"
    if unread:
        doubt += f". {unread}: if it is the result, name it, and which of its texts are positive and negative"
    return Result(result.header, result.outcome, result.positive, result.negative, doubt)


def _named(look: Look) -> bool:
    called = any(words.rank(role, look.words) is not None for role in _ROLES)
    leak = words.looks_like_a_leak(look.header) and words.rank("result", look.words) is None and words.rank("left", look.words) is None
    return called and not leak


def _kind(look: Look, text: str) -> words.Texts | None:
    return words.read_result(text, loosely=_named(look))


def _kinds(look: Look) -> set[words.Texts | None]:
    return {_kind(look, v) for v in look.values}


def _speaks(look: Look) -> bool:
    return bool(_kinds(look) & {*_WELL, *_BADLY})


def _speaks_of_winning(look: Look) -> bool:
    return bool(_kinds(look) & {"positive", "negative"})


def _ends(look: Look) -> bool:
    """Whether some text of it is an outcome: won or lost, or yes or no and nothing else."""
    return _speaks(look) or _kinds(look) in ({"yes"}, {"no"})


def _score(look: Look) -> int:
    if not 2 <= len(look.counts) <= 100:
        return 0
    named = _named(look)
    if len(look.counts) > 30 and not named:
        return 0
    kinds = _kinds(look)
    strong = bool(kinds & set(_WELL)) + bool(kinds & set(_BADLY))
    plain = ("yes" in kinds) + ("no" in kinds) if len(look.counts) <= 3 else 0
    name = 3 if named else 0
    if name and look.words in ("y", "target", "label", "class", "response"):
        name = 3 if len(look.counts) == 2 else 0  # so short a name says little, unless the column is a yes or no
    return name + 2 * (strong == 2) + strong + plain if max(strong, plain) >= 1 else 0


def _compared(scored: Sequence[tuple[int, Look]], looks: Sequence[Look]) -> Result:
    """The best column, held against the others that could be it: those that say the same are no doubt, and no signal."""
    best = scored[0][1]
    result = _read(best)
    own = result.labels(best)
    doubts, also = [result.doubt] if result.doubt else [], []
    for score, look in scored[1:]:
        other = _read(look).labels(look)
        both = ~np.isnan(own) & ~np.isnan(other)
        differ = int((own[both] != other[both]).sum())
        echo = both.sum() >= 10 and differ <= 0.01 * both.sum()
        if score >= 5 or echo:
            also.append(look.header)
        if score >= 5 and not echo and both.any():
            doubts.append(f"{look.header!r} could be the result too, and says otherwise in {differ:,} of {int(both.sum()):,} rows")
    if {_kind(best, v) for v in result.negative} == {"no"} and (still := _still_open(own, looks)):
        doubts.append(still)
    return Result(result.header, result.outcome, result.positive, result.negative, "; ".join(doubts), tuple(also))


def _unread(looks: Sequence[Look]) -> str:
    """What is called a stage, with some of its texts, of which none is known."""
    look = next((k for k in looks if words.is_stage(k.words) and len(k.counts) > 1), None)
    if look is None:
        return ""
    shown = ", ".join(repr(v) for v in look.values[:3])
    return f"{look.header!r} holds {shown}"


def _still_open(label: npt.NDArray[np.float64], looks: Sequence[Look]) -> str:
    """A flag of winning is no for open deals too; a flag of being closed, or of being lost, tells."""
    for look in looks:
        lost = words.says_lost(look.words)
        if (lost or words.says_closed(look.words)) and _kinds(look) == {"yes", "no"}:
            no = look.texts.map(lambda t: words.read_result(t, loosely=False) == "no").to_numpy(dtype=bool)
            if (n := int((no & (label == 0)).sum())) and (lost or not (no & (label == 1)).any()):
                return f"{n:,} of the {int((label == 0).sum()):,} rows taken as lost are still open, says {look.header!r}: leave them out"
    return ""


def _read(look: Look) -> Result:
    leaves, keeps = words.rank("left", look.words) is not None, words.rank("kept", look.words) is not None
    kinds = {v: _kind(look, v) for v in look.values}
    # beside won and lost, an active deal is an open one
    well = ("positive",) if "positive" in kinds.values() else _WELL
    good = [v for v, k in kinds.items() if k in well]
    bad = [v for v, k in kinds.items() if k in _BADLY]
    if not good and not bad:
        good, bad = [v for v, k in kinds.items() if k == "yes"], [v for v, k in kinds.items() if k == "no"]
        if leaves:
            good, bad = bad, good
    speaks_of_keeping = {"kept", "left"} & set(kinds.values()) and "positive" not in kinds.values() and "negative" not in kinds.values()
    kept = bool(leaves or keeps or speaks_of_keeping)
    rest = [v for v in look.values if v not in good and v not in bad]
    unread = [v for v in rest if kinds[v] != "open"]
    doubts = []
    if not good and not bad:
        good, bad, rest = [look.values[-1]], [look.values[0]], []
        doubts.append(f"which result is the good one? The rarer, {good[0]!r}, was taken")
    elif not (good and bad) and len(unread) == len(rest) == 1:
        good, bad, rest = good or unread, bad or unread, []
        doubts.append(f"{unread[0]!r} was taken for the other result")
    elif not (good and bad):
        only = (good or bad)[0]
        good, bad = good or [words.opposite(only)], bad or [words.opposite(only)]
        doubts.append(f"{only!r} is the only outcome in the file, and one alone teaches nothing: export the others too")
    if rest:
        shown = ", ".join(repr(v) for v in rest[:4]) + (" and others" if len(rest) > 4 else "")
        doubts.append(f"{shown} {'are' if len(rest) > 1 else 'is'} neither: taken as still open")
    return Result(look.header, "retention" if kept else "win", tuple(sorted(good)), tuple(sorted(bad)), "; ".join(doubts))

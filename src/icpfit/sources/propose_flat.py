"""A configuration for one flat file: roles, layers and texts that mean nothing, with a doubt where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from icpfit.config import LAYERS
from icpfit.sources import propose_roles as roles
from icpfit.sources.propose_currency import propose_currency
from icpfit.sources.propose_layers import Chosen, Unused, choose_layers
from icpfit.sources.propose_leaks import age_of_what
from icpfit.sources.propose_look import Look, decimal_comma
from icpfit.sources.propose_result import Result, guess_result
from icpfit.sources.propose_times import Times, guess_times
from icpfit.sources.texts import is_parquet, read_texts
from icpfit.sources.values import with_point, with_points
from icpfit.sources.vocabulary import placeholder_texts, plain_words, rank, says_closed
from icpfit.sources.yaml_text import flow, flow_map, one_line, remark, scalar


@dataclass
class _Remarks:
    """Doubts, in the order of the lines that they stand on."""

    doubts: list[str] = field(default_factory=list)

    def unsure(self, subject: str, text: str) -> str:
        """The remark behind a line; nothing where there is no doubt."""
        if not text:
            return ""
        self.doubts.append(f"{subject}: {text}")
        return remark(f"unsure: {text}")


def propose_flat(path: Path, shown_path: str, company: str) -> tuple[list[str], list[str]]:
    """Lines of YAML, and the doubts.

    Raises:
        SourceError: the file cannot be read, or no column could be an outcome.
    """
    texts = read_texts(path)
    looks = [Look.at(h, texts.frame[h]) for h in texts.columns]
    if comma := decimal_comma(looks):
        texts = replace(texts, frame=texts.frame.apply(with_points))
        looks = [Look.at(h, texts.frame[h]) for h in texts.columns]
    result = guess_result(looks, texts.place)
    times = guess_times(looks, result)
    guesses = _roles(looks, result, times)
    missing, missing_doubts = _missing(looks, {result.header})
    plays = {g.header for g in guesses.values() if g.header} | {result.header, times.created_at, *times.closings}
    apart = (plays - {guesses["amount"].header}) | {*times.dates}
    told = {look.header: "says whether it is decided" for look in looks if says_closed(look.words) and len(look.counts) <= 3}
    told |= {look.header: why for look in looks if look.words == "age" and (why := age_of_what(looks))}
    amount = guesses["amount"].header
    told |= roles.other_amounts(looks, amount)
    told |= {**dict.fromkeys(result.also, "says how it ended too"), **times.told}
    rest = [k for k in looks if k.header not in apart]
    layers, unused = choose_layers(rest, texts, frozenset(missing), told, result.outcome)
    unused += [(header, "a date that plays no part", "") for header in times.dates]
    unused = [left for left in unused if left[0] not in plays]
    currency, currency_doubt = propose_currency(looks, amount)
    said = _Remarks()
    lines = [
        f"# Proposed from {one_line(texts.place)}: {len(texts.frame) + len(texts.broken):,} rows, {len(texts.columns):,} columns.",
        "# What is marked unsure deserves a look. A column that is given no layer teaches nothing.",
        f"company: {scalar(company)}",
        f"currency: {currency}{said.unsure('currency', currency_doubt)}",
        "source:",
        "  kind: flat",
        f"  path: {scalar(shown_path)}",
    ]
    if not is_parquet(path):
        lines.append(f"  separator: {scalar(texts.separator)}")
    lines.append(f"  outcome: {result.outcome}")
    lines += _column_lines(guesses, result, times, said)
    lines += _time_lines(times, said, comma)
    doubt = said.unsure("missing", missing_doubts) if missing_doubts else remark("texts that mean unknown")
    lines.append(f"  missing: {flow(missing)}{doubt}")
    lines += _layer_lines(layers, unused, said)
    return lines, said.doubts


def _column_lines(guesses: Mapping[str, roles.Guess], result: Result, times: Times, said: _Remarks) -> list[str]:
    of_times = _doubts_of(times)
    closed = flow(times.closings) if len(times.closings) > 1 else scalar(next(iter(times.closings), None))
    several = remark("where both are filled, the later holds") if len(times.closings) > 1 and "closed_at" not in of_times else ""
    lines = [
        "  columns:",
        f"    id: {scalar(guesses['id'].header)}{said.unsure('id', guesses['id'].doubt)}",
        f"    result: {scalar(result.header)}{said.unsure('result', result.doubt)}",
        f"    positive: {flow(result.positive)}",
        f"    negative: {flow(result.negative)}",
        f"    created_at: {scalar(times.created_at)}{said.unsure('created_at', of_times.get('created_at', ''))}",
        f"    closed_at: {closed}{said.unsure('closed_at', of_times.get('closed_at', ''))}{several}",
    ]
    for role in ("account_id", "domain", "name", "amount"):
        lines.append(f"    {role}: {scalar(guesses[role].header)}{said.unsure(role, guesses[role].doubt)}")
    return lines


def _time_lines(times: Times, said: _Remarks, comma: str) -> list[str]:
    of_times = _doubts_of(times)
    lines = []
    if isinstance(times.date_format, str):
        lines.append(f"  date_format: {scalar(times.date_format)}")
    elif times.date_format:
        lines.append(
            f"  date_format: {flow_map(times.date_format)}{remark('each column has its own form; one that is not named, 2026-01-31')}"
        )
    if comma:
        lines.append(f"  decimal_comma: true{said.unsure('decimal_comma', f'{comma!r} is read as {with_point(comma)}')}")
    for setting, value in (
        ("no_outcome_before", times.no_outcome_before),
        ("outcome_window_days", times.outcome_window_days),
        ("row_order_is_time", times.row_order_is_time or None),
    ):
        if value is not None:
            lines.append(f"  {setting}: {scalar(value)}{said.unsure(setting, of_times[setting])}")
    return lines


def _doubts_of(times: Times) -> dict[str, str]:
    """setting -> its doubts, in one text"""
    said: dict[str, str] = {}
    for setting, words in times.doubts:
        said[setting] = f"{said[setting]}; {words}" if setting in said else words
    return said


def _layer_lines(layers: Chosen, unused: Unused, said: _Remarks) -> list[str]:
    lines = ["  layers:"]
    for layer in LAYERS:
        own = [(k, m) for k, m in layers if m.layer == layer]
        lines.append(f"    {layer}:" + ("" if own else " []"))
        lines += [f"      - {scalar(k.header)}{said.unsure(repr(k.header), m.words)}" for k, m in own]
    if unused:
        lines.append("  # Not used:")
        lines += [
            f"  #   {one_line(header) or '(no name)'}: {one_line(why)}{said.unsure(repr(header), doubt)}" for header, why, doubt in unused
        ]
    return lines


def _roles(looks: Sequence[Look], result: Result, times: Times) -> Mapping[str, roles.Guess]:
    taken = frozenset({result.header, *times.dates, *result.also})
    rest = [look for look in looks if look.header not in taken]
    found = {"id": roles.guess_id(rest), "account_id": roles.Guess()}
    if not (found["id"].header and rank("account", plain_words(found["id"].header)) is not None):  # else a row is an account
        found["account_id"] = roles.guess_account(rest, taken | {str(found["id"].header)})
    for role, guess in (
        ("domain", roles.guess_domain),
        ("name", roles.guess_name),
        ("amount", roles.guess_amount),
    ):
        found[role] = guess(rest, taken | {g.header for g in found.values() if g.header})
    if found["name"].header is None and found["account_id"].doubt == roles.BY_NAME:
        found["name"] = roles.Guess(found["account_id"].header)  # who is known by a name has one
    return found


def _missing(looks: Sequence[Look], apart: set[str]) -> tuple[list[str], str]:
    """Placeholders that stand in the file as they are written there, and a doubt about those that may be values."""
    always, often = placeholder_texts("always"), placeholder_texts("often")
    where: dict[str, int] = {}
    for look in looks:
        if look.header in apart or look.is_number():
            continue
        for text in look.values[:1_000]:
            if text.casefold() in always | often:
                where[text] = where.get(text, 0) + 1
    sure = sorted(t for t, n in where.items() if t.casefold() in always or n >= 2)
    perhaps = sorted(t for t in where if t not in sure)
    doubt = f"does {perhaps[0]!r} mean unknown too? It stands in one column, and was taken for a value" if perhaps else ""
    return sure, doubt

"""A configuration for one flat file: roles, layers and texts that mean nothing, with a doubt where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from icpfit.config import LAYERS
from icpfit.sources import propose_roles as roles
from icpfit.sources.flat_features import judge_column
from icpfit.sources.propose_currency import propose_currency
from icpfit.sources.propose_leaks import age_of_what
from icpfit.sources.propose_look import Look, decimal_comma
from icpfit.sources.propose_result import Result, guess_result
from icpfit.sources.propose_times import Times, guess_times
from icpfit.sources.texts import TextTable, is_parquet, read_texts
from icpfit.sources.values import parse_number, with_point, with_points
from icpfit.sources.vocabulary import Meaning, layer_of, placeholder_texts, plain_words, rank, repeat_business, says_closed
from icpfit.sources.yaml_text import flow, one_line, remark, scalar


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
    rest = [k for k in looks if k.header not in {g.header for n, g in guesses.items() if n != "amount"} | {result.header, *times.dates}]
    told = {look.header: "says whether it is decided" for look in looks if says_closed(look.words) and len(look.counts) <= 3}
    told |= {look.header: why for look in looks if look.words == "age" and (why := age_of_what(looks))}
    told |= {**dict.fromkeys(result.also, "says how it ended too"), **times.told}
    layers, unused = _layers(rest, texts, frozenset(missing), told)
    unused += [(header, "a date that plays no part") for header in times.dates if header not in (times.created_at, times.closed_at)]
    currency, currency_doubt = propose_currency(looks, guesses["amount"].header)
    doubts: list[str] = []

    def unsure(subject: str, text: str) -> str:
        if not text:
            return ""
        doubts.append(f"{subject}: {text}")
        return remark(f"unsure: {text}")

    said: dict[str, str] = {}
    for setting, words in times.doubts:
        said[setting] = f"{said[setting]}; {words}" if setting in said else words
    lines = [
        f"# Proposed from {one_line(texts.place)}: {len(texts.frame) + len(texts.broken):,} rows, {len(texts.columns):,} columns.",
        "# What is marked unsure deserves a look. A column that is given no layer is not used.",
        f"company: {scalar(company)}",
        f"currency: {currency}{unsure('currency', currency_doubt)}",
        "source:",
        "  kind: flat",
        f"  path: {scalar(shown_path)}",
    ]
    if not is_parquet(path):
        lines.append(f"  separator: {scalar(texts.separator)}")
    lines += [
        f"  outcome: {result.outcome}",
        "  columns:",
        f"    id: {scalar(guesses['id'].header)}{unsure('id', guesses['id'].doubt)}",
        f"    result: {scalar(result.header)}{unsure('result', result.doubt)}",
        f"    positive: {flow(result.positive)}",
        f"    negative: {flow(result.negative)}",
        f"    created_at: {scalar(times.created_at)}{unsure('created_at', said.get('created_at', ''))}",
        f"    closed_at: {scalar(times.closed_at)}{unsure('closed_at', said.get('closed_at', ''))}",
    ]
    for role in ("account_id", "domain", "name", "amount"):
        lines.append(f"    {role}: {scalar(guesses[role].header)}{unsure(role, guesses[role].doubt)}")
    if times.date_format:
        lines.append(f"  date_format: {scalar(times.date_format)}")
    if comma:
        lines.append(f"  decimal_comma: true{unsure('decimal_comma', f'{comma!r} is read as {with_point(comma)}')}")
    if times.no_outcome_before:
        lines.append(f"  no_outcome_before: {scalar(times.no_outcome_before)}{unsure('no_outcome_before', said['no_outcome_before'])}")
    if times.outcome_window_days:
        lines.append(f"  outcome_window_days: {times.outcome_window_days}{unsure('outcome_window_days', said['outcome_window_days'])}")
    if times.row_order_is_time:
        lines.append(f"  row_order_is_time: true{unsure('row_order_is_time', said['row_order_is_time'])}")
    lines.append(f"  missing: {flow(missing)}{unsure('missing', missing_doubts) if missing_doubts else remark('texts that mean unknown')}")
    lines.append("  layers:")
    for layer in LAYERS:
        chosen = [(k, m) for k, m in layers if m.layer == layer]
        lines.append(f"    {layer}:" + ("" if chosen else " []"))
        for look, meaning in chosen:
            doubt = "; ".join(t for t in (meaning.words, _sentinel(look)) if t)
            lines.append(f"      - {scalar(look.header)}{unsure(repr(look.header), doubt)}")
    if unused:
        lines.append("  # Not used:")
        lines += [f"  #   {one_line(header) or '(no name)'}: {one_line(why)}" for header, why in unused]
    return lines, doubts


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
    return {**found, "created_at": roles.Guess(times.created_at), "closed_at": roles.Guess(times.closed_at)}


def _layers(
    looks: Sequence[Look], texts: TextTable, missing: frozenset[str], told: Mapping[str, str]
) -> tuple[list[tuple[Look, Meaning]], list[tuple[str, str]]]:
    chosen, unused = [], []
    for look in looks:
        judged = judge_column(look.header, look.texts, missing, texts.place, texts.row)
        meaning = layer_of(look.header)
        odd = look.like_numbers()
        if look.header in told:
            unused.append((look.header, told[look.header]))
        elif judged.kind is None:
            why = f"{len(look.counts):,} different texts name things rather than group them"
            unread = f"holds numbers that cannot be read, such as {odd!r}: write them as 1234.50, and give it a layer"
            unused.append((look.header, "empty in every row" if not look.known else unread if odd else why))
        elif meaning.layer is None:
            unused.append((look.header, meaning.words))
        elif judged.kind == "number" and look.distinct_share > 0.99 and look.known > 100 and all(v.isdigit() for v in look.values[:100]):
            unused.append((look.header, "different in almost every row: a running number?"))
        else:
            doubts = [meaning.words, _several_kinds(look)]
            if judged.kind == "category" and odd and len(look.counts) > 5:
                doubts.append(f"{odd!r} is taken as a text: write numbers as 1234.50")
            chosen.append((look, Meaning(meaning.layer, "; ".join(d for d in doubts if d))))
    return chosen, unused


def _several_kinds(look: Look) -> str:
    """New business and renewals have causes of their own."""
    kinds = [v for v in look.values[:30] if v.casefold() in repeat_business()]
    return f"{kinds[0]!r} is no new logo: leave such rows out of the file, or the profile mixes both" if kinds else ""


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


def _sentinel(look: Look) -> str:
    """999 among numbers that end at 27 is no number."""
    if not look.is_number() or len(look.counts) < 5:
        return ""
    numbers = sorted(n for v in look.values if (n := parse_number(v)) is not None and n == n)
    if len(numbers) < 2:
        return ""
    top, next_one = numbers[-1], numbers[-2]
    if top in (99, 999, 9_999, 99_999, 999_999) and top > 5 * max(next_one, 1):
        return f"{top:.0f} stands apart from all others (the next is {next_one:g}): does it mean never, or unknown?"
    return ""

"""What is wrong with a configuration, in one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

from pydantic import BaseModel, ValidationError


def words_of(error: ValidationError) -> str:
    """The first problem, by its place in the file, and how many more there are."""
    problems = error.errors()
    first = problems[0]
    place = ".".join(str(p) for p in first["loc"] if p not in ("folder", "flat", "[key]")) or "the configuration"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{place}: {_plain(first)}{more}"


_PLAIN = {
    "extra_forbidden": "there is no such setting",
    "missing": "is needed and is not there",
    "union_tag_invalid": "there is no kind {tag!r}; there are {expected_tags}",
    "union_tag_not_found": "its 'kind' is not said",
    "too_short": "is a list of {actual_length}; at least {min_length} has to stand there",
    "too_long": "is a list of {actual_length}; at most {max_length} may stand there",
    "string_too_short": "is an empty text",
    "string_too_long": "has to be a text of length {max_length} at most, not {input}",
    "string_pattern_mismatch": "has to fit the pattern {pattern}, not {input}",
    "greater_than": "has to be more than {gt}, not {input}",
    "greater_than_equal": "has to be at least {ge}, not {input}",
    "less_than": "has to be less than {lt}, not {input}",
    "less_than_equal": "has to be at most {le}, not {input}",
    "literal_error": "has to be {expected}, not {input}",
}
_KINDS = {
    "path": "a path, such as deals.csv",
    "int": "a whole number",
    "float": "a number",
    "finite": "a number",
    "bool": "true or false",
    "string": "a text, in quotes where it looks like a number",
    "list": "a list, such as [a, b]",
    "tuple": "a list, such as [a, b]",
    "dict": "settings with their names, such as {name: value}",
    "model": "settings with their names, such as {name: value}",
}
_SHOWN = 40


def _plain(problem: Any) -> str:
    """A problem in words for people who do not know what a type is."""
    kind, given = problem["type"], problem.get("input")
    told = str(given).lower() if isinstance(given, bool) else "empty" if given is None else str(given) if isinstance(given, date) else repr(given)
    told = told if len(told) <= _SHOWN else f"{told[: _SHOWN - 1]}…"
    if kind in _PLAIN:
        return _PLAIN[kind].format(**{**problem.get("ctx", {}), "input": told})
    if (expected := _KINDS.get(kind.split("_")[0])) is not None:
        return f"has to be {expected}, not {told}"
    return str(problem["msg"].removeprefix("Value error, "))


def did_you_mean(error: ValidationError, model: type[BaseModel]) -> str | None:
    """The setting whose name is closest to the first unknown one; None where none is close.

    A name that is right and stands in the wrong section is answered with its full place.
    """
    places = sorted(set(_places(model, "")))
    known = {place.rsplit(".", 1)[-1] for place in places}
    for problem in error.errors():
        if problem["type"] != "extra_forbidden":
            continue
        written = str(problem["loc"][-1])
        if written in known:
            right = [repr(place) for place in places if place.rsplit(".", 1)[-1] == written]
            return f"did you mean {' or '.join(right)}?"
        close = difflib.get_close_matches(written, sorted(known), n=1)
        if close:
            return f"did you mean {close[0]!r}?"
    return None


def _places(kind: Any, above: str) -> Iterator[str]:
    """Every setting of a model with its place, as ``scorecard.tiers.share``; unions and lists are looked into."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            yield above + name
            yield from _places(field.annotation, f"{above}{name}.")
    else:
        for part in get_args(kind):
            yield from _places(part, above)

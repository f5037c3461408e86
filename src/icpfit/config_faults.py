"""What is wrong with a configuration, in one sentence."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

MOST_SHOWN = 60
"""The most letters of a wrong value that are shown."""

_MUST_BE = {
    "string_type": "text",
    "path_type": "a path, as text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "literal_error": "{expected}",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "tuple_type": "a list, such as [a, b]",
    "dict_type": "names with their values, such as {{a: b}}",
    "model_type": "settings with their values, such as {{a: b}}",
    "model_attributes_type": "settings with their values, such as {{a: b}}",
    "string_pattern_mismatch": "a small letter, then small letters, digits and underscores (63 in all at most)",
}
"""What each kind of pydantic's errors says that a value must be; the braces are filled from the error."""

_OTHERS = {
    "extra_forbidden": "there is no such setting",
    "invalid_key": "there is no such setting",
    "missing": "is needed and is not there",
    "union_tag_invalid": "there is no kind {tag!r}; there are {expected_tags}",
    "union_tag_not_found": "its 'kind' is not said",
    "string_too_short": "needs a text of {min_length} or more letters",
    "string_too_long": "needs a text of {max_length} or fewer letters",
    "too_short": "needs a list of {min_length} or more entries",
    "too_long": "needs a list of {max_length} or fewer entries",
}


def words_of(error: ValidationError) -> str:
    """The first problem, by its place in the file, and how many more there are.

    Where a setting is missing because its name was written wrong, the first is what was written.
    """
    problems = error.errors()
    first = next((p for p in problems if p["type"] == "extra_forbidden" and _slip(p["loc"], problems[0])), problems[0])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{problem_words(first)}{more}"


def _slip(written: tuple[int | str, ...], problem: ErrorDetails) -> bool:
    """Whether what is missing may be what was ``written``, in the same section."""
    meant = problem["loc"]
    near = difflib.get_close_matches(str(written[-1]), [str(meant[-1])], n=1)
    return problem["type"] == "missing" and written[:-1] == meant[:-1] and bool(near)


def problem_words(problem: ErrorDetails, skip: int = 0) -> str:
    """One problem by its place; ``skip`` so many steps of the place that the reader knows already."""
    loc = problem["loc"][skip:]
    loc = loc[:1] + loc[2:] if loc[:1] == ("source",) else loc  # what follows is the source's kind, which nobody wrote there
    loc = loc[:2] + loc[3:] if loc[:2] == ("source", "over") else loc  # and the kind of the place of a CRM's tables
    place = ".".join(str(p) for p in loc if p != "[key]")
    return f"{place or 'the configuration'}: {_message(problem)}"


def _message(problem: ErrorDetails) -> str:
    kind, context, value = problem["type"], problem.get("ctx", {}), problem["input"]
    if kind in _OTHERS:
        return _OTHERS[kind].format(**context)
    if kind not in _MUST_BE:
        return problem["msg"].removeprefix("Value error, ")
    what = "the name" if problem["loc"][-1:] == ("[key]",) else ""
    quotes = " (in quotes it is text)" if kind == "string_type" and isinstance(value, (int, float, dt.date)) else ""
    return f"{what} must be {_MUST_BE[kind].format(**context)}, not {_as_written(value)}{quotes}".lstrip()


def _as_written(value: object) -> str:
    """A value as people say it or as YAML writes it.

    >>> _as_written(None), _as_written(True), _as_written([1]), _as_written(2.5), _as_written("many")
    ('empty', 'true', 'a list', '2.5', "'many'")
    """
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list, tuple)):
        return "names with their values" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) >= 10**MOST_SHOWN:
        return "a number of so many digits"  # Python writes out no number of thousands of them
    written = repr(value) if isinstance(value, str) else str(value)
    return written if len(written) <= MOST_SHOWN else f"{written[:MOST_SHOWN]} …"


def did_you_mean(error: ValidationError, model: type[BaseModel]) -> str | None:
    """The setting whose name is closest to the first unknown one; None where none is close.

    A name that is right and stands in the wrong section is answered with its full place.
    """
    places = sorted(set(_places(model, "")))
    known = {place.rsplit(".", 1)[-1] for place in places}
    for problem in error.errors():
        if problem["type"] == "literal_error" and (choice := _close_choice(problem)):
            return f"did you mean {choice!r}?"
        if problem["type"] != "extra_forbidden":
            continue
        written = str(problem["loc"][-1])
        if written in known and problem["loc"][0] != "source":  # what another kind of source has is no slip of the pen
            right = [repr(place) for place in places if place.rsplit(".", 1)[-1] == written]
            return f"did you mean {' or '.join(right)}?"
        close = difflib.get_close_matches(written, sorted(known - {written}), n=1)
        if close:
            return f"did you mean {close[0]!r}?"
    return None


def _close_choice(problem: ErrorDetails) -> str | None:
    """The one of the values that may stand there that is closest to the one that does."""
    choices = re.findall(r"'([^']*)'", str(problem.get("ctx", {}).get("expected", "")))
    close = difflib.get_close_matches(str(problem["input"]), choices, n=1)
    return close[0] if close else None


def _places(kind: Any, above: str) -> Iterator[str]:
    """Every setting of a model with its place, as ``scorecard.tiers.share``; unions and lists are looked into."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            written = field.alias or name
            yield above + written
            yield from _places(field.annotation, f"{above}{written}.")
    else:
        for part in get_args(kind):
            yield from _places(part, above)

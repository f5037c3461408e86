"""Fields of an account: as its history had them, or as they stand today."""

from __future__ import annotations

from collections.abc import Sequence

from icpfit.config import FeatureSpec
from icpfit.features.plan import Finish, Output, Query
from icpfit.features.row_query import window_micros
from icpfit.features.schema import Schema
from icpfit.features.sqltext import common_tables, identifier, known_moments, literal
from icpfit.sources.identity import normalise_domain

OF_DOMAIN = ("free_email_domain", "disposable_email_domain", "competitor_domain")
FIELD_OF = {"age_years": "founded_year", **dict.fromkeys(OF_DOMAIN, "domain")}
"""The accounts column that an aggregate reads unless ``column`` says another."""


def field_of(spec: FeatureSpec) -> str | None:
    """The accounts column that a feature reads."""
    return spec.column or FIELD_OF.get(spec.aggregate)


def account_queries(schema: Schema, specs: Sequence[FeatureSpec]) -> tuple[Query, ...]:
    """At most two queries: fields from ``account_history``, and fields of ``accounts`` as they stand.

    A company without the table ``account_history`` has no history of any field. Where there is the
    table, a field without a row in it is unknown, not today's: else the answer would depend on rows
    that came later.
    """
    historic = [s for s in specs if is_historic(schema, s)]
    current = [s for s in specs if s not in historic]
    return (*_from_history(schema, historic), *_from_accounts(schema, current))


def is_historic(schema: Schema, spec: FeatureSpec) -> bool:
    """Whether a field is read as its history had it; of all others there is only what stands there today."""
    return spec.aggregate == "change" or (spec.history and schema.has("account_history"))


def _finish(spec: FeatureSpec) -> Finish:
    if spec.aggregate == "value":
        return spec.kind
    finish: Finish = spec.aggregate  # type: ignore[assignment]  # the others finish as they are called
    return finish


def _domains(spec: FeatureSpec) -> tuple[str, ...]:
    return tuple(sorted({plain for d in spec.domains if (plain := normalise_domain(d)) is not None}))


def _from_accounts(schema: Schema, specs: Sequence[FeatureSpec]) -> tuple[Query, ...]:
    if not specs:
        return ()
    fields = sorted({str(field_of(s)) for s in specs})
    columns = "".join(f",\n  a.{identifier(f)} AS _field{i}" for i, f in enumerate(fields))
    known = common_tables({"_known": known_moments(schema)})
    sql = f"{known}\nSELECT k._moment{columns}\nFROM _known k JOIN accounts a ON a.account_id = k.account_id"
    outputs = tuple(Output(s.name, (f"_field{fields.index(str(field_of(s)))}",), _finish(s), field_of(s), _domains(s)) for s in specs)
    return (Query("accounts", sql, outputs, {}),)


def _from_history(schema: Schema, specs: Sequence[FeatureSpec]) -> tuple[Query, ...]:
    """Each field as of the moment, and as it was so long before as a ``change`` asks; the latter by what is known at the moment."""
    if not specs:
        return ()
    fields = sorted({str(field_of(s)) for s in specs})
    windows = sorted({int(window_micros(s) or 0) for s in specs} | {0})
    # The key makes valid_from unique per field; the further order decides where a source breaks it.
    newest = "h.valid_from DESC, h.visible_at DESC, CASE WHEN h.value IS NULL THEN 1 ELSE 0 END, h.value DESC"
    ranks, old = "", ""
    for j, window in enumerate(windows):
        before = f"k.as_of - h.valid_from > {window}"
        first = f"CASE WHEN {before} THEN 0 ELSE 1 END, " if window else ""
        old += f", CASE WHEN {before} THEN TRUE ELSE FALSE END AS _old{j}" if window else ""
        ranks += f", ROW_NUMBER() OVER (\n    PARTITION BY k._moment, h.field\n    ORDER BY {first}{newest}) AS _rank{j}"
    latest = f"""SELECT k._moment, h.field, h.value{old}{ranks}
  FROM _known k JOIN account_history h
    ON h.account_id = k.account_id AND h.valid_from < k.as_of AND h.visible_at < k.as_of
  WHERE h.field IN ({", ".join(literal(f) for f in fields)})"""
    wanted = sorted({(str(field_of(s)), windows.index(w)) for s in specs for w in (0, int(window_micros(s) or 0))})
    columns = ""
    for field, j in wanted:
        of_field = f"l.field = {literal(field)} AND l._rank{j} = 1" + (f" AND l._old{j}" if j else "")
        columns += f",\n  MAX(CASE WHEN {of_field} THEN l.value END) AS {_column(fields, field, j)}"
    chosen = " OR ".join(f"l._rank{j} = 1" for j in range(len(windows)))
    parts = {"_known": known_moments(schema), "_latest": latest}
    sql = f"{common_tables(parts)}\nSELECT l._moment{columns}\nFROM _latest l WHERE {chosen} GROUP BY l._moment"
    outputs = []
    for s in specs:
        field = str(field_of(s))
        made = [_column(fields, field, 0)]
        if s.aggregate == "change":
            made.append(_column(fields, field, windows.index(int(window_micros(s) or 0))))
        # A list states a field as it is now; against what it was is not the list's to say.
        outputs.append(Output(s.name, tuple(made), _finish(s), None if s.aggregate == "change" else field, _domains(s)))
    return (Query("account_history", sql, tuple(outputs), {}),)


def _column(fields: Sequence[str], field: str, window: int) -> str:
    return f"_field{fields.index(field)}" + (f"_{window}" if window else "")

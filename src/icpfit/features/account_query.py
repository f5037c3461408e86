"""Fields of an account: as its history had them, or as they stand today."""

from __future__ import annotations

from collections.abc import Sequence

from icpfit.config import FeatureSpec
from icpfit.features.plan import Finish, Output, Query
from icpfit.features.schema import Schema
from icpfit.features.sqltext import common_tables, identifier, known_moments, literal

FIELD_OF = {"age_years": "founded_year", "free_email_domain": "domain"}
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
    historic = [s for s in specs if s.history and schema.has("account_history")]
    current = [s for s in specs if s not in historic]
    return (*_from_history(schema, historic), *_from_accounts(schema, current))


def _outputs(specs: Sequence[FeatureSpec], fields: Sequence[str]) -> tuple[Output, ...]:
    return tuple(Output(s.name, (f"_field{fields.index(str(field_of(s)))}",), _finish(s), field_of(s)) for s in specs)


def _finish(spec: FeatureSpec) -> Finish:
    if spec.aggregate == "age_years":
        return "age_years"
    return "free_email_domain" if spec.aggregate == "free_email_domain" else spec.kind


def _fields(specs: Sequence[FeatureSpec]) -> list[str]:
    return sorted({str(field_of(s)) for s in specs})


def _from_accounts(schema: Schema, specs: Sequence[FeatureSpec]) -> tuple[Query, ...]:
    if not specs:
        return ()
    fields = _fields(specs)
    columns = "".join(f",\n  a.{identifier(f)} AS _field{i}" for i, f in enumerate(fields))
    known = common_tables({"_known": known_moments(schema)})
    sql = f"{known}\nSELECT k._moment{columns}\nFROM _known k JOIN accounts a ON a.account_id = k.account_id"
    return (Query("accounts", sql, _outputs(specs, fields), {}),)


def _from_history(schema: Schema, specs: Sequence[FeatureSpec]) -> tuple[Query, ...]:
    if not specs:
        return ()
    fields = _fields(specs)
    # The key makes valid_from unique per field; the further order decides where a source breaks it.
    latest = f"""SELECT k._moment, h.field, h.value, ROW_NUMBER() OVER (
    PARTITION BY k._moment, h.field
    ORDER BY h.valid_from DESC, h.visible_at DESC, CASE WHEN h.value IS NULL THEN 1 ELSE 0 END, h.value DESC) AS _rank
  FROM _known k JOIN account_history h
    ON h.account_id = k.account_id AND h.valid_from < k.as_of AND h.visible_at < k.as_of
  WHERE h.field IN ({", ".join(literal(f) for f in fields)})"""
    columns = "".join(f",\n  MAX(CASE WHEN l.field = {literal(f)} THEN l.value END) AS _field{i}" for i, f in enumerate(fields))
    parts = {"_known": known_moments(schema), "_latest": latest}
    sql = f"{common_tables(parts)}\nSELECT l._moment{columns}\nFROM _latest l WHERE l._rank = 1 GROUP BY l._moment"
    return (Query("account_history", sql, _outputs(specs, fields), {}),)

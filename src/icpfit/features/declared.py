"""Which features a company has: its own, those of the files it names, and the built-in ones that its tables allow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from icpfit.config import LAYERS, Config, FeatureSpec
from icpfit.config_features import parse_features
from icpfit.features.account_query import FIELD_OF
from icpfit.features.checks import problems, together
from icpfit.features.combine import COMBINATIONS, in_order, parts_of
from icpfit.features.schema import Schema, read_schema
from icpfit.sources.rows import DataFinding
from icpfit.sources.warehouse import Warehouse


@dataclass(frozen=True)
class Declared:
    """``specs`` in the order own, files, built in; ``findings`` say what gave way to what, and what is not available and why."""

    specs: tuple[FeatureSpec, ...]
    findings: tuple[DataFinding, ...]


@cache
def built_in_features() -> tuple[FeatureSpec, ...]:
    """The features in ``features/defaults`` of the package, layer by layer."""
    folder = resources.files("icpfit.features").joinpath("defaults")
    texts = {f"{layer}.yaml": folder.joinpath(f"{layer}.yaml").read_text(encoding="utf-8") for layer in LAYERS}
    return tuple(spec for name, text in texts.items() for spec in parse_features(text, Path(name)))


def declare(config: Config, warehouse: Warehouse) -> Declared:
    """The features that ``config`` asks of ``warehouse``. Where it declares none, they are the built-in ones."""
    own = tuple(_with_domains(s, config.competitor_domains) for s in config.features)
    findings = _given_way(config)
    if own and not config.built_in_features:
        return Declared(own, findings)
    taken = {s.name for s in own}
    offered = [_with_domains(s, config.competitor_domains) for s in built_in_features()]
    nearer = [s.name for s in offered if s.name in taken]
    if nearer:
        words = f"the configuration's own features go before the built-in ones of the same names: {', '.join(nearer)}"
        findings += (_note("FEATURE-NEARER", words),)
    available, absent = _available(warehouse, [s for s in offered if s.name not in taken], own)
    for why, names in absent.items():
        words = f"built-in features that are not available, since {why}: {', '.join(names)}"
        findings += (_note("FEATURE-ABSENT", words),)
    return Declared((*own, *available), findings)


def check_features(warehouse: Warehouse, specs: Sequence[FeatureSpec], places: Mapping[str, str]) -> None:
    """Look at every declaration before anything is computed. ``places``: the file of each feature that came from one.

    Raises:
        FeatureError: at least one cannot be computed as of a moment; all that are wrong are named, each with its file.
    """
    found = problems(warehouse.connection, read_schema(warehouse), specs)
    if found:
        raise together(found, places)


def _with_domains(spec: FeatureSpec, domains: tuple[str, ...]) -> FeatureSpec:
    if spec.aggregate != "competitor_domain" or spec.domains:
        return spec
    return spec.model_copy(update={"domains": domains})


def _given_way(config: Config) -> tuple[DataFinding, ...]:
    by_file: dict[str, list[str]] = {}
    for name, place in config.gave_way.items():
        by_file.setdefault(place, []).append(name)
    words = "the configuration's own features go before those of the same names in"
    return tuple(_note("FEATURE-NEARER", f"{words} {place}: {', '.join(names)}") for place, names in by_file.items())


def _note(code: str, words: str) -> DataFinding:
    return DataFinding(code, "note", "features", words)


def _available(
    warehouse: Warehouse, offered: Sequence[FeatureSpec], own: Sequence[FeatureSpec]
) -> tuple[list[FeatureSpec], dict[str, list[str]]]:
    """Those that can be computed here, in their order, and for each reason the names of those that cannot."""
    schema, told = read_schema(warehouse), _fields_with_history(warehouse)
    reasons = {s.name: why for s in offered if s.aggregate not in COMBINATIONS and (why := _why_not(warehouse, schema, s, told))}
    for spec in in_order(offered):
        if gone := [p for p in parts_of(spec) if p in reasons]:
            reasons[spec.name] = f"{gone[0]} is not available"
    used = {p for s in (*offered, *own) if s.name not in reasons for p in parts_of(s)}
    kept = [_as_told(s, told) for s in offered if s.name not in reasons and (not s.hidden or s.name in used)]
    absent: dict[str, list[str]] = {}
    for spec in offered:
        if spec.name in reasons and not spec.hidden:
            absent.setdefault(reasons[spec.name], []).append(spec.name)
    return kept, absent


def _why_not(warehouse: Warehouse, schema: Schema, spec: FeatureSpec, told: Collection[str]) -> str | None:
    if not schema.has(spec.table):
        return f"there is no table {spec.table}"
    if spec.aggregate == "competitor_domain" and not spec.domains:
        return "the configuration names no competitor_domains"
    if spec.aggregate == "change" and spec.column not in told:
        return f"the table account_history tells nothing of {spec.column}"
    found = problems(warehouse.connection, schema, [spec.model_copy(update={"hidden": False})])
    return found[0].words.replace(f"feature {spec.name!r} ", "it ") if found else None


def _fields_with_history(warehouse: Warehouse) -> frozenset[str]:
    if not warehouse.has("account_history"):
        return frozenset()
    rows = warehouse.connection.sql("SELECT DISTINCT field FROM account_history").fetchall()
    return frozenset(str(field) for (field,) in rows)


def _as_told(spec: FeatureSpec, told: Collection[str]) -> FeatureSpec:
    """A field whose history nobody wrote is read as it stands: with ``history`` it would be unknown everywhere."""
    return spec.model_copy(update={"history": spec.history and (spec.column or FIELD_OF.get(spec.aggregate)) in told})

"""score and export: the lists that people work from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from icpfit.cli.options import answer, as_of_option, config_option, json_option, say, workspace_option
from icpfit.errors import ScorecardError

if TYPE_CHECKING:
    from icpfit.scorecard.card import CardKind


@click.command()
@click.argument("targets", metavar="LIST", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="CSV or Parquet, by its ending.")
@click.option("--model", default="champion", show_default=True, help="champion, challenger or a VERSION.")
@click.option("--line", help="A product line: points and tiers are then those of its own card.")
@click.option("--features-out", type=click.Path(path_type=Path, dir_okay=False), help="Parquet: the feature values that were used.")
@config_option
@workspace_option
@as_of_option
@json_option
def score(
    targets: Path,
    out: Path,
    model: str,
    line: str | None,
    features_out: Path | None,
    config_path: Path,
    workspace: Path,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Score a target list: probabilities, points, tier and reasons for each account."""
    from icpfit.cycle.opened import open_config
    from icpfit.cycle.score_list import score_list
    from icpfit.plural import counted
    from icpfit.registry import Workspace

    opened = open_config(config_path, as_of)
    moment = opened.scoring_moment(as_of)
    report = score_list(opened, Workspace(workspace), targets, out, model=model, line=line, features_out=features_out, as_of=moment)
    lines = [f"{out}: {report['rows_scored']:,} of {counted(report['rows_in'], 'row')} scored by {report['model_version']}"]
    if moment is None:
        lines[0] += " (no dates)"
    if report["rows_rejected"]:
        lines.append(f"{report['rejected']}: {counted(report['rows_rejected'], 'row')} that cannot be scored")
        lines += [f"  {n:,} {reason}" for reason, n in report["reasons"].items()]
    for words in report["notes"]:
        say(words)
    answer(report, lines, as_json=as_json)


@click.group()
def export() -> None:
    """The card for other systems."""


FORMATS = ["json", "sql", "xlsx", "hubspot", "salesforce"]
DIALECTS = ["duckdb", "postgres", "snowflake", "bigquery", "spark"]


@export.command()
@click.option("--format", "form", type=click.Choice(FORMATS), required=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--dialect", type=click.Choice(DIALECTS), default=None, show_default="duckdb", help="Of --format sql.")
@click.option("--kind", type=click.Choice(["icp", "win", "retention"]), default=None, show_default="the main card", help="Which card.")
@click.option("--line", help="The card of a product line.")
@click.option("--model", default="champion", show_default=True, help="champion, challenger or a VERSION.")
@config_option
@workspace_option
@json_option
def scorecard(
    form: str,
    out: Path,
    dialect: str | None,
    kind: CardKind | None,
    line: str | None,
    model: str,
    config_path: Path,
    workspace: Path,
    as_json: bool,
) -> None:
    """Write the scorecard for another system.

    json, sql (one query over a table of features), xlsx (a workbook with a calculator), hubspot or salesforce (what a person enters there).
    """
    from icpfit.exports import export_card
    from icpfit.registry import Workspace, load_bundle
    from icpfit.sources.files import write_bytes

    if dialect is not None and form != "sql":
        raise ScorecardError(
            f"--dialect {dialect} says which SQL to write; the format is {form}", hint="leave --dialect out, or --format sql"
        )
    bundle = load_bundle(Workspace(workspace), model)
    if line is not None and kind is not None:
        raise ScorecardError("--kind and --line name two cards", hint="a line has one card: leave --kind out")
    card = bundle.of_line(line).card if line is not None else bundle.card_of(kind or bundle.card.kind)
    named = bundle.version if line is None else f"{bundle.version}, {line}"
    write_bytes(out, export_card(card, named, form, dialect or "duckdb"))
    lines = [f"{out}: the {card.kind} card of {bundle.version}{f', {line}' if line is not None else ''}"]
    answer({"out": str(out), "format": form, "kind": card.kind, "line": line, "model_version": bundle.version}, lines, as_json=as_json)


COMMANDS = (score, export)

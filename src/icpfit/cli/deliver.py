"""score and export: the lists that people work from."""

from __future__ import annotations

from pathlib import Path

import click

from icpfit.cli.options import answer, as_of_option, config_option, json_option, say, workspace_option


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


@export.command()
@click.option("--format", "form", type=click.Choice(["json", "sql"]), required=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--model", default="champion", show_default=True, help="champion, challenger or a VERSION.")
@click.option("--dialect", type=click.Choice(["duckdb"]), default="duckdb", show_default=True, help="For --format sql.")
@config_option
@workspace_option
@json_option
def scorecard(form: str, out: Path, model: str, dialect: str, config_path: Path, workspace: Path, as_json: bool) -> None:
    """Write the scorecard as JSON, or as one SQL query over a table of features."""
    from icpfit.bundle import to_files
    from icpfit.registry import Workspace, load_bundle
    from icpfit.sources.files import write_text

    bundle = load_bundle(Workspace(workspace), model)
    write_text(out, to_files(bundle)[f"scorecard.{form}"])
    answer({"out": str(out), "format": form, "model_version": bundle.version}, [f"{out}: the card of {bundle.version}"], as_json=as_json)


COMMANDS = (score, export)

"""retrain, drift, document, demo."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from icpfit.cli.options import answer, as_of_option, config_option, json_option, steps, workspace_option


@click.command()
@config_option
@workspace_option
@as_of_option
@json_option
def retrain(config_path: Path, workspace: Path, as_of: str | None, as_json: bool) -> None:
    """Train, backtest, make the card and the documents, log to MLflow, register the challenger."""
    progress = steps()
    from icpfit.cycle.opened import open_config
    from icpfit.cycle.retrain import retrain as run
    from icpfit.cycle.retrain import retrain_report
    from icpfit.registry import Workspace

    opened = open_config(config_path, as_of)
    learned = run(opened, Workspace(workspace), opened.moment(as_of), progress)
    report = retrain_report(learned)
    answer(report, _retrain_lines(report, workspace, config_path), as_json=as_json)


def _retrain_lines(report: dict[str, Any], workspace: Path, config: Path) -> list[str]:
    from icpfit.cycle.report import tested_words
    from icpfit.documents.words import ANSWERS
    from icpfit.gates import title_of

    lines = [f"verdict: {report['verdict']}. {report['words']}"]
    lines += [f"{f['severity']}: {f['words']}" for f in report["findings"] if f["severity"] != "note"]
    lines += [f"note: {note}" for note in report["notes"]]
    for outcome in ("win", "retention"):
        one = report[outcome]
        if one is None:
            continue
        if outcome == "retention" and report["win"] is not None:
            lines.append(f"retention: {one['verdict']}. {one['words']}")
        if "auc" not in one:
            continue
        lines.append(
            f"{outcome}: AUC {one['auc']:.3f} ({one['auc_low']:.3f} to {one['auc_high']:.3f}) {tested_words(one)}, "
            f"logistic regression {one['baselines']['logistic']['auc']:.3f}"
        )
    for refusal in report["refused"]:
        lines.append(f"refused: {refusal['attribute']}: {refusal['reason']}")
    for gate in report["gates"]:
        mark = {"passed": "passed", "failed": "FAILED"}.get(gate["answer"]) or ANSWERS[gate["answer"]]
        lines.append(f"gate {mark}: {title_of(gate['gate'])}: {gate['words']}{'' if gate['binding'] else ' (a warning only)'}")
    lines.append(f"document: {workspace / 'documents' / report['version'] / 'icp.html'}")
    if report["registered"]:
        # With its places: without them the line would sign in the current folder, where the version is not.
        places = f"--workspace {shlex.quote(str(workspace))} --config {shlex.quote(str(config))}"
        version = report["version"]
        lines.append(f"challenger: {version}")
        if report["promotable"]:
            lines.append(f"next: icpfit approve {version} --by YOUR_NAME {places}")
        else:
            lines.append(f"next: it did not pass its gates, so: icpfit reject {version} --by YOUR_NAME {places}")
            lines.append(f'or, over its gates: icpfit approve {version} --by YOUR_NAME --override "YOUR REASON" {places}')
    else:
        lines.append("nothing was registered; the champion, if there is one, stays in force")
    return lines


@click.command()
@config_option
@workspace_option
@as_of_option
@click.option("--weekly", is_flag=True, help="Only whether each signal still tells wins from losses; may be asked every week.")
@json_option
@click.pass_context
def drift(ctx: click.Context, config_path: Path, workspace: Path, as_of: str | None, weekly: bool, as_json: bool) -> None:
    """Has the data, the model or the ICP moved since the champion was trained?

    Leaves with 1 when it needs action, and with 2 when the data must be mended before anything can be told.
    """
    from icpfit.cycle.intake import refuse_earlier
    from icpfit.cycle.opened import open_config
    from icpfit.cycle.watch import watch
    from icpfit.cycle.weekly import weekly_report
    from icpfit.moments import parse_moment
    from icpfit.registry import DriftRecord, Workspace, log_drift

    place = Workspace(workspace)
    if as_of is not None:
        refuse_earlier(place, parse_moment(as_of))
    opened = open_config(config_path, as_of)
    moment = opened.moment(as_of)
    report = (weekly_report if weekly else watch)(opened, place, moment)
    findings, looks = report.values["findings"], "weekly drift" if weekly else "drift"
    record = DriftRecord(report.values["champion"], opened.day(moment), opened.fingerprint, findings, looks)
    logged = None if report.refused else log_drift(place, record)  # nothing was asked: there is nothing to keep
    answer(report.values, [*report.lines, *([logged.words] if logged and logged.words else [])], as_json=as_json)
    ctx.exit(2 if report.refused else 1 if report.alarmed else 0)


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the ICP document and the signal report."
)
@config_option
@workspace_option
@as_of_option
@json_option
def document(out: Path, config_path: Path, workspace: Path, as_of: str | None, as_json: bool) -> None:
    """Write the champion's ICP document and the signal report."""
    from icpfit.cycle.opened import open_config
    from icpfit.cycle.paper import document_champion
    from icpfit.registry import Workspace

    opened = open_config(config_path, as_of)
    written = document_champion(opened, Workspace(workspace), opened.moment(as_of), out)
    answer({"out": str(out), "files": [str(p) for p in written]}, [str(p) for p in written], as_json=as_json)


@click.command()
@config_option
@workspace_option
@json_option
def demo(config_path: Path, workspace: Path, as_json: bool) -> None:
    """A whole quarterly cycle on the demo company: simulate, retrain, sign off as "demo", score, document."""
    progress = steps()
    from icpfit.cycle.demo import run_demo

    report = run_demo(config_path, workspace, progress)
    answer(report.values, report.lines, as_json=as_json)


COMMANDS = (retrain, drift, document, demo)

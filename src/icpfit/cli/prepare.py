"""simulate, init, check, training-set: from a company's tables to rows that can teach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from icpfit.cli.options import answer, as_of_option, config_option, json_option, say
from icpfit.plural import counted

if TYPE_CHECKING:
    from icpfit.simulate.stories import Story


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write.")
@click.option("--accounts", type=click.IntRange(200, 200_000), default=6_000, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--null", is_flag=True, help="Outcomes depend on nothing: an honest system finds no signal.")
@click.option(
    "--story",
    type=click.Choice(["usual", "unchanged", "up_market", "churn", "falling"]),
    default="usual",
    show_default=True,
    help="What happens in the last year; all but the usual one stand on a market that is otherwise steady.",
)
@json_option
def simulate(out: Path, accounts: int, seed: int, null: bool, story: Story, as_json: bool) -> None:
    """Write a demo company as a data folder, with its truth in OUT/truth/."""
    from icpfit.simulate import simulate_company, write_company

    company = simulate_company(accounts=accounts, seed=seed, null=null, story=story)
    write_company(company, out)
    rows = {name: len(frame) for name, frame in company.tables.items()}
    answer(
        {"out": str(out), "rows": rows, "seed": seed, "null": null, "story": story},
        [f"{out}: {sum(rows.values()):,} rows in {len(rows)} tables"],
        as_json=as_json,
    )


@click.command()
@click.option(
    "--from", "source", type=click.Path(path_type=Path), required=True, help="A folder of tables, or a CSV, Parquet or DuckDB file."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The configuration to write.")
@click.option("--company", help="The company's name, for the documents.")
@click.option("--force", is_flag=True, help="Write over a configuration that is there.")
@json_option
def init(source: Path, out: Path, company: str | None, force: bool, as_json: bool) -> None:
    """Look at an export and propose a configuration; what is unsure is marked in it."""
    from icpfit.config import parse_config
    from icpfit.errors import ConfigError
    from icpfit.sources.files import write_text
    from icpfit.sources.propose import propose

    if out.exists() and not force:
        raise ConfigError(f"{out}: is there already", hint="choose another name, or add --force to write over it")
    proposal = propose(source, out=out, company=company)
    config = parse_config(proposal.yaml_text, out)
    write_text(out, proposal.yaml_text)
    lines = [f"{out}: a configuration for {config.company}", *(f"unsure: {d}" for d in proposal.doubts)]
    lines.append(f"next: icpfit check --config {out}")
    answer({"out": str(out), "features": len(config.features), "doubts": list(proposal.doubts)}, lines, as_json=as_json)


@click.command()
@config_option
@as_of_option
@click.option("--merges", type=click.Path(path_type=Path, dir_okay=False), help="A CSV file to write: every account that is another one.")
@json_option
@click.pass_context
def check(ctx: click.Context, config_path: Path, as_of: str | None, merges: Path | None, as_json: bool) -> None:
    """Contract, row accounting, identity, leakage and evidence; leaves with 1 when there is an error."""
    from icpfit.cycle.check import check_source
    from icpfit.cycle.opened import open_config
    from icpfit.cycle.report import merges_csv
    from icpfit.sources.files import write_text

    opened = open_config(config_path, as_of)
    report = check_source(opened, as_of)
    if merges is not None:
        write_text(merges, merges_csv(opened.merges))
        say(f"{merges}: {counted(len(opened.merges), 'account')} merged into another")
    answer(report.values, report.lines, as_json=as_json)
    ctx.exit(1 if report.failed else 0)


@click.command("training-set")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="A Parquet file to write.")
@click.option("--model", type=click.Choice(["win", "retention"]), default="win", show_default=True)
@config_option
@as_of_option
@json_option
def training_set(out: Path, model: str, config_path: Path, as_of: str | None, as_json: bool) -> None:
    """Write the training set alone: keys, as_of, cohort, label, then the features by name."""
    from icpfit.cycle.opened import open_config
    from icpfit.cycle.report import left_out_lines
    from icpfit.errors import ConfigError
    from icpfit.sources.files import write_bytes
    from icpfit.training_set import parquet_bytes

    opened = open_config(config_path, as_of)
    if model not in opened.outcomes:
        raise ConfigError(f"{config_path}: this source holds {' and '.join(opened.outcomes)}, not {model}")
    moment = opened.moment(as_of)
    data = opened.training_set("win" if model == "win" else "retention", moment)
    write_bytes(out, parquet_bytes(data.frame, data.specs))
    day = opened.day(moment)
    when = f"as of {day}" if day is not None else "(no dates)"
    lines = [f"{out}: {counted(len(data.frame), 'row')} {when}, {data.considered - len(data.frame):,} left out"]
    lines += left_out_lines(data.left_out)
    values = {
        "out": str(out),
        "as_of": day,
        "rows": len(data.frame),
        "considered": data.considered,
        "left_out": dict(data.left_out),
        "fingerprint": data.fingerprint,
    }
    answer(values, lines, as_json=as_json)
    for note in data.notes:
        say(note)


COMMANDS = (simulate, init, check, training_set)

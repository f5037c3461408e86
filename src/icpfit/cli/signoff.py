"""approve, reject, rollback, ledger, status: leadership decides which model is in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from icpfit.cli.options import answer, config_option, json_option, workspace_option

if TYPE_CHECKING:
    from icpfit.registry import SignOff


@click.command()
@click.argument("version")
@click.option("--by", required=True, help="Who signs.")
@click.option("--note", help="Words for the ledger.")
@click.option("--override", help="Why a version with a failed gate is approved all the same.")
@config_option
@workspace_option
@json_option
def approve(version: str, by: str, note: str | None, override: str | None, config_path: Path, workspace: Path, as_json: bool) -> None:
    """Put VERSION in force."""
    from icpfit.registry import Workspace
    from icpfit.registry import approve as sign

    done = sign(Workspace(workspace), version, by, note=note, override=override)
    answer(
        {"champion": done.champion, "by": by, "changed": done.changed},
        _lines(done),
        as_json=as_json,
    )


@click.command()
@click.argument("version")
@click.option("--by", required=True, help="Who decides.")
@click.option("--note", help="Words for the ledger.")
@config_option
@workspace_option
@json_option
def reject(version: str, by: str, note: str | None, config_path: Path, workspace: Path, as_json: bool) -> None:
    """Turn VERSION down; the champion stays."""
    from icpfit.registry import Workspace
    from icpfit.registry import reject as sign

    done = sign(Workspace(workspace), version, by, note=note)
    answer(
        {"rejected": done.version, "champion": done.champion, "by": by, "changed": done.changed},
        _lines(done),
        as_json=as_json,
    )


@click.command()
@click.option("--by", required=True, help="Who decides.")
@click.option("--note", help="Words for the ledger.")
@config_option
@workspace_option
@json_option
def rollback(by: str, note: str | None, config_path: Path, workspace: Path, as_json: bool) -> None:
    """Put the champion before this one back in force."""
    from icpfit.registry import Workspace
    from icpfit.registry import rollback as sign

    done = sign(Workspace(workspace), by, note=note)
    answer(
        {"champion": done.champion, "by": by, "changed": done.changed},
        _lines(done),
        as_json=as_json,
    )


def _lines(done: SignOff) -> list[str]:
    return [done.words, *(f"note: {w}" for w in done.warnings)]


@click.group()
def ledger() -> None:
    """The sign-offs so far."""


@ledger.command()
@config_option
@workspace_option
@json_option
@click.pass_context
def verify(ctx: click.Context, config_path: Path, workspace: Path, as_json: bool) -> None:
    """Does the chain of hashes hold? Leaves with 1 when it does not."""
    from icpfit.registry import Workspace, verify_ledger

    found = verify_ledger(Workspace(workspace))
    answer({"holds": found.holds, "lines": found.lines, "words": found.words}, [found.words], as_json=as_json)
    ctx.exit(0 if found.holds else 1)


@click.command()
@config_option
@workspace_option
@json_option
@click.pass_context
def status(ctx: click.Context, config_path: Path, workspace: Path, as_json: bool) -> None:
    """Champion, challenger, gates and evidence; what differs between the records, and what was mended."""
    from icpfit.registry import Workspace
    from icpfit.registry import status as look

    found = look(Workspace(workspace))
    answer(found.values, found.lines, as_json=as_json)
    ctx.exit(1 if found.problems else 0)


COMMANDS = (approve, reject, rollback, ledger, status)

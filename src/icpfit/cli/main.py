"""``icpfit``: the group of commands, and the one place where errors become words and exit codes."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from typing import Any

import click

from icpfit import __version__
from icpfit.cli import deliver, learn, prepare, signoff
from icpfit.cli.options import say
from icpfit.errors import IcpfitError
from icpfit.progress import listen

# Libraries that would report on their users are told not to, before any of them is imported.
for _name in ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ.setdefault(_name, "true")

NO_ROOM = "No space left on device"
"""How DuckDB says it, whose errors have no number."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order of the work, not of the alphabet

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except IcpfitError as error:
            click.echo(f"icpfit: {error}", err=True)
            ctx.exit(error.exit_code)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except BrokenPipeError:
            # The reader of our output has gone (`icpfit status | head`); there is nobody to tell.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except Exception as error:
            if (isinstance(error, OSError) and error.errno == errno.ENOSPC) or NO_ROOM in str(error):
                click.echo("icpfit: no room is left on the disk\nHint: make room, and run the command again", err=True)
                ctx.exit(2)
            if type(error).__name__ == "OutOfMemoryException":  # DuckDB's, which is not imported here
                hint = "allow more than the 1 GB of memory that is the rule: ICPFIT_MEMORY_GB=2; or name a larger disk: TMPDIR=/path"
                click.echo(f"icpfit: the data does not fit ({str(error).splitlines()[0]})\nHint: {hint}", err=True)
                ctx.exit(2)
            # Not the user's doing: 1 and 2 have meanings of their own, so a fault of ours leaves with 3.
            traceback.print_exc()
            click.echo("icpfit: this is a fault of icpfit, not of your data; please report it with the lines above", err=True)
            ctx.exit(3)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="icpfit")
def main() -> None:
    """Learn an ideal customer profile from closed deals, and keep it true.

    The work in order: init, check, retrain, approve, score, document; then drift, every week.
    """
    if sys.stderr.isatty():  # somebody waits
        listen(say)


for _command in (*prepare.COMMANDS, *learn.COMMANDS, *signoff.COMMANDS, *deliver.COMMANDS):
    main.add_command(_command)

"""Once a week: score a target list with the champion, count the tiers and the hot accounts, and watch the champion's signals.

What the watch finds is told and stops nothing.

python pipelines/weekly_scoring.py targets.csv --out scored.csv --config configs/acme.yaml
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from icpfit.cycle.opened import open_config
from icpfit.cycle.score_list import score_list
from icpfit.cycle.weekly import weekly_report
from icpfit.errors import IcpfitError
from icpfit.registry import Workspace


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=Path("configs/demo.yaml"))
    parser.add_argument("--workspace", type=Path, default=Path())
    parser.add_argument("--as-of")
    asked = parser.parse_args()
    try:
        opened = open_config(asked.config, asked.as_of)
        report = score_list(opened, Workspace(asked.workspace), asked.targets, asked.out, as_of=opened.scoring_moment(asked.as_of))
    except IcpfitError as error:
        print(f"weekly_scoring: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{report['rows_scored']:,} of {report['rows_in']:,} accounts scored by {report['model_version']}: {report['out']}")
    print(", ".join(f"{name}: {n:,}" for name, n in report["tiers"].items()), f"· hot: {report['hot']:,}")
    for reason, n in report["reasons"].items():
        print(f"not scored: {n:,} {reason}")
    try:
        print("\n".join(weekly_report(opened, Workspace(asked.workspace), opened.moment(asked.as_of)).lines[1:]))
    except IcpfitError as error:
        print(f"the weekly watch: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

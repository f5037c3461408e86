"""Once a month: the champion's ICP document and the signal report.

python pipelines/icp_documentation.py --out documents/ --config configs/acme.yaml
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from icpfit.cycle.opened import open_config
from icpfit.cycle.paper import document_champion
from icpfit.errors import IcpfitError
from icpfit.registry import Workspace


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=Path("configs/demo.yaml"))
    parser.add_argument("--workspace", type=Path, default=Path())
    parser.add_argument("--as-of")
    asked = parser.parse_args()
    try:
        opened = open_config(asked.config, asked.as_of)
        written = document_champion(opened, Workspace(asked.workspace), opened.moment(asked.as_of), asked.out)
    except IcpfitError as error:
        print(f"icp_documentation: {error}", file=sys.stderr)
        return error.exit_code
    for path in written:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())

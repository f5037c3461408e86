"""Once a quarter: train the challenger, and say whether leadership may be asked.

    python pipelines/quarterly_retrain.py --config configs/acme.yaml --workspace .

Leaves with 0 when a challenger waits for a sign-off, 1 when a gate failed or there is no signal.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from icpfit.cycle.opened import open_config
from icpfit.cycle.retrain import retrain
from icpfit.errors import IcpfitError
from icpfit.gates import decide
from icpfit.registry import Workspace


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, default=Path("configs/demo.yaml"))
    parser.add_argument("--workspace", type=Path, default=Path())
    parser.add_argument("--as-of")
    asked = parser.parse_args()
    try:
        opened = open_config(asked.config, asked.as_of)
        learned = retrain(opened, Workspace(asked.workspace), opened.moment(asked.as_of), lambda words: print(words, file=sys.stderr))
    except IcpfitError as error:
        print(f"quarterly_retrain: {error}", file=sys.stderr)
        return error.exit_code
    if learned.bundle is None:
        print(f"{learned.metrics['verdict']}: {learned.metrics['words']}")
        return 1
    decision = decide(learned.gates, opened.config.gates)
    for words in (*decision.reasons, *decision.warnings):
        print(words)
    print(f"challenger {learned.version}: {'ready for a sign-off' if decision.promotable else 'a gate failed'}")
    return 0 if decision.promotable else 1


if __name__ == "__main__":
    sys.exit(main())

"""The model that MLflow logs, as code over a bundle's text files: nothing in it is pickled.

MLflow runs this file when it loads the model. Columns are the features by name, text and double;
the answer is ``p_win, p_retain, p_icp, points, tier``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from icpfit.bundle import Bundle, from_files
from icpfit.manifest import MANIFEST, json_value


class IcpModel(PythonModel):
    """A bundle behind MLflow's interface."""

    bundle: Bundle

    def load_context(self, context: Any) -> None:
        """Read the bundle; a file that was changed is refused by name."""
        folder = Path(context.artifacts["bundle"])
        names = [MANIFEST, *json_value(MANIFEST, (folder / MANIFEST).read_bytes().decode())["files"]]
        self.bundle = from_files({name: (folder / name).read_bytes().decode() for name in names if (folder / name).exists()}, str(folder))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row for each row of features; a column that is not there is unknown."""
        return self.bundle.predict(model_input)


set_model(IcpModel())

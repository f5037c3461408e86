"""The list of a bundle's files with their hashes: what makes a bundle whole, checked without reading the models."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from icpfit.errors import BundleError
from icpfit.versioning import VERSION

if TYPE_CHECKING:  # its module imports the models' libraries
    from icpfit.models.results import EvidenceLevel

MANIFEST = "manifest.json"
FORMAT = 1

HASHED_AS = {
    "model": ("win.txt", "retention.txt", "calibration.json"),
    "card": ("scorecard.json",),
    "thresholds": ("thresholds.json",),
}
"""What a sign-off is for, and the files that hold it."""


def sha256_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: object) -> Any:
    """The value as JSON knows it: dicts, lists, text, numbers, true, false, null. NaN ("cannot be told") is null.

    >>> plain({"a": (1, np.float64(0.5)), "b": float("nan")})
    {'a': [1, 0.5], 'b': None}

    Raises:
        BundleError: something that JSON has no word for, an infinite number among it.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if math.isinf(value):
            raise BundleError("a bundle holds finite numbers, and one of them is infinite")
        return None if math.isnan(value) else float(value)
    if isinstance(value, Mapping):
        if not all(isinstance(k, str) for k in value):
            raise BundleError(f"a bundle's names are text, got {next(k for k in value if not isinstance(k, str))!r}")
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise BundleError(f"a bundle holds plain values, got {type(value).__name__}")


def json_text(value: object) -> str:
    """JSON that a person can read: names in their order, a list of numbers or texts on one line, floats exact.

    >>> print(json_text({"grid": (0.1, 2), "empty": {}}), end="")
    {
     "grid": [0.1, 2],
     "empty": {}
    }
    """
    return _json(plain(value), "\n") + "\n"


def _json(value: Any, line: str) -> str:
    nested = line + " "
    if isinstance(value, dict) and value:
        return "{" + nested + f",{nested}".join(f"{_json(k, nested)}: {_json(v, nested)}" for k, v in value.items()) + line + "}"
    if isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value):
        return "[" + nested + f",{nested}".join(_json(v, nested) for v in value) + line + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def json_value(name: str, text: str) -> Any:
    """What a bundle's JSON file says.

    Raises:
        BundleError: it is not JSON; the file is named.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BundleError(f"{name}: not valid JSON at line {error.lineno}, column {error.colno}") from error


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself. ``files`` maps each file to its sha256; ``sha256`` is of the manifest's own text."""

    version: str
    as_of: int
    evidence: EvidenceLevel
    data_fingerprint: str
    config_fingerprint: str
    files: Mapping[str, str]
    body: Mapping[str, Any]
    sha256: str

    def hashes(self) -> dict[str, Any]:
        """The hashes a sign-off stands for: data, configuration, model, card, thresholds, and the manifest over them all."""
        named = {what: {f: self.files[f] for f in files if f in self.files} for what, files in HASHED_AS.items()}
        return {"data": self.data_fingerprint, "config": self.config_fingerprint, **named, "manifest": self.sha256}


def manifest_text(body: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """``manifest.json`` for these files; ``seal`` is the hash of everything else in it, so that no line can be changed alone."""
    whole = {**body, "format": FORMAT, "files": {name: sha256_text(text) for name, text in files.items()}}
    return json_text({**whole, "seal": sha256_text(json_text(whole))})


def check_files(files: Mapping[str, str], place: str = "the bundle") -> Manifest:
    """The manifest of ``files`` (name to text), once every hash in it holds. Files it does not name are passed over.

    Raises:
        BundleError: a file is missing or is not what it was, or the manifest itself is; it is named.
    """
    if MANIFEST not in files:
        raise BundleError(f"{place}: {MANIFEST} is missing, so nothing says what the bundle should hold", hint=_HINT)
    body = json_value(f"{place}: {MANIFEST}", files[MANIFEST])
    if not isinstance(body, dict) or not isinstance(body.get("files"), dict):
        raise BundleError(f"{place}: {MANIFEST} names no files", hint=_HINT)
    if body.get("format") != FORMAT:
        raise BundleError(
            f"{place}: {MANIFEST} is of format {body.get('format')!r}; this icpfit reads format {FORMAT}",
            hint="use the icpfit that wrote it",
        )
    seal = body.pop("seal", None)
    if seal != sha256_text(json_text(body)) or files[MANIFEST] != json_text({**body, "seal": seal}):
        raise BundleError(f"{place}: {MANIFEST} was changed since it was written", hint=_HINT)
    for name, expected in body["files"].items():
        if name not in files:
            raise BundleError(f"{place}: {name} is missing", hint=_HINT)
        if (found := sha256_text(files[name])) != expected:
            raise BundleError(
                f"{place}: {name} was changed since it was written (sha256 {found[:12]}, {expected[:12]} expected)", hint=_HINT
            )
    if not VERSION.fullmatch(str(body["version"])):
        raise BundleError(f"{place}: {MANIFEST} names no version", hint=_HINT)
    return Manifest(
        version=body["version"],
        as_of=body["as_of"],
        evidence=body["evidence"],
        data_fingerprint=body["data_fingerprint"],
        config_fingerprint=body["config_fingerprint"],
        files=body["files"],
        body=body,
        sha256=sha256_text(files[MANIFEST]),
    )


_HINT = "take the folder from a backup, or remove it and run icpfit retrain: the same inputs make the same bundle"

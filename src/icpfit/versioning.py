"""What identifies a model: the code, the libraries and the inputs that made it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import icpfit
from icpfit.errors import BundleError
from icpfit.moments import Micros, day_text

VERSION = re.compile(r"\d{4,}-\d{2}-\d{2}-[0-9a-f]{8}")
"""A version is the day of knowing and eight digits of a hash; nothing else may become a folder's name."""

LIBRARIES = ("duckdb", "lightgbm", "numpy", "optuna", "pandas", "scikit-learn", "scipy")
"""The libraries whose version may change what is learned."""


def source_hash(files: Mapping[str, bytes]) -> str:
    """sha256 over names and contents, whatever their order; line ends do not count.

    >>> source_hash({"a.py": b"x", "b.py": b"y"}) == source_hash({"b.py": b"y", "a.py": b"x"})
    True
    >>> source_hash({"a.py": b"xb"}) == source_hash({"a.pyx": b"b"})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(files):
        body = files[name].replace(b"\r\n", b"\n")
        digest.update(f"{len(name)}:{name}:{len(body)}:".encode())
        digest.update(body)
    return digest.hexdigest()


@cache
def code_version() -> str:
    """``<package version>+<sha256 of the package's own files>``: other code, other version."""
    root = Path(icpfit.__file__).parent
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    return f"{icpfit.__version__}+{source_hash(files)}"


def library_versions() -> dict[str, str]:
    """The installed versions of the libraries that training rests on."""
    return {name: metadata.version(name) for name in LIBRARIES}


def make_version(as_of: Micros, data_fingerprint: str, config_fingerprint: str, code_version: str, seed: int) -> str:
    """``<as_of>-<first 8 of sha256>``: the same inputs give the same version, any other input another.

    >>> make_version(0, "d", "c", "1", 7)
    '1970-01-01-d405a3ae'
    >>> make_version(0, "d", "c", "1", 7) == make_version(0, "dc", "", "1", 7)
    False
    """
    parts = (str(int(as_of)), data_fingerprint, config_fingerprint, code_version, str(int(seed)))
    body = "\n".join(f"{len(p)}:{p}" for p in parts)
    return f"{day_text(as_of)}-{hashlib.sha256(body.encode()).hexdigest()[:8]}"


def check_version(text: str) -> str:
    """The text itself, when it can be a version.

    Raises:
        BundleError: it cannot, so that no path can be smuggled in as a version.
    """
    if not VERSION.fullmatch(text):
        raise BundleError(
            f"{text!r} is not a version", hint="a version looks like 2026-10-01-1a2b3c4d; icpfit status names those that are there"
        )
    return text

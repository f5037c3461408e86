"""The errors that a person can act on. Each becomes one sentence and an exit code, never a traceback."""

from __future__ import annotations


class IcpfitError(Exception):
    """Something the user can fix.

    ``str(error)`` is one clear sentence: the file, the column, the row, how many there are and one
    example. ``hint`` says what to do. The command line prints both and leaves with code 2.

    >>> print(IcpfitError("deals.csv: the column 'deal_id' is missing", hint="name it under columns"))
    deals.csv: the column 'deal_id' is missing
    Hint: name it under columns
    """

    exit_code = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nHint: {self.hint}"


class ConfigError(IcpfitError):
    """The configuration is not well formed, or names something that is not there."""


class SourceError(IcpfitError):
    """A file fault: the data cannot be read as the contract asks. Nothing was written."""


class FeatureError(IcpfitError):
    """A declared feature cannot be computed as of a moment."""


class FoldError(IcpfitError):
    """A validation fold would let the future into the training rows."""


class ScorecardError(IcpfitError):
    """A scorecard that does not hold together."""


class BundleError(IcpfitError):
    """A model bundle is missing, half there, or not what its manifest says."""


class SignOffError(IcpfitError):
    """A sign-off that may not happen: gates failed, no name given, an unknown version."""


class BusyError(IcpfitError):
    """Another icpfit command holds this workspace."""

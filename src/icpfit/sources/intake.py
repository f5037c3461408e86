"""On what terms rows are taken in, wherever they lie."""

from __future__ import annotations

from dataclasses import dataclass

from icpfit.config import Config, Feed
from icpfit.config_identity import DEFAULT_IDENTITY, IdentitySettings


@dataclass(frozen=True, slots=True)
class Intake:
    """What a company says of its rows, whatever the source.

    ``max_left_out`` is the share of a table's rows that may be left out before it counts as a fault of the file, and with
    ``accountless_rows_exempt`` rows without an account do not count towards it. ``identity`` says which accounts are one
    company; ``feeds`` are files that add rows to the tables.
    """

    max_left_out: float
    accountless_rows_exempt: bool = False
    identity: IdentitySettings = DEFAULT_IDENTITY
    feeds: tuple[Feed, ...] = ()

    @classmethod
    def of(cls, config: Config) -> Intake:
        """As a configuration declares it."""
        return cls(config.max_left_out, config.accountless_rows_exempt, config.identity, config.feeds)

"""What a company declares of its scorecard: its size, its tiers, what disqualifies, and the weights that it believes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from icpfit.config_sources import LAYERS, Layer, Strict

Weighed = Literal[Layer, "propensity"]
"""what a company may give a weight of its own"""


class Disqualifier(Strict):
    """A yes/no criterion outside the points: it forces tier D. A number is at least so much (1, where nothing is said: yes), or
    below so much; a text is one of those named."""

    feature: str
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)
    is_one_of: tuple[str, ...] = ()
    reason: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _yes(cls, said: Any) -> Any:
        if isinstance(said, Mapping) and not {"at_least", "below", "is_one_of"} & set(said):
            return {**said, "at_least": 1}
        return said

    @model_validator(mode="before")
    @classmethod
    def _no_numbers(cls, said: Any) -> Any:
        """Only the features say whether it is a number or a text of digits, and they are not known here: so both ways out are named."""
        texts = said.get("is_one_of") if isinstance(said, Mapping) else None
        wrong = next((t for t in texts if isinstance(t, (int, float))), None) if isinstance(texts, (list, tuple)) else None
        if wrong is None:
            return said
        feature, written = said.get("feature") or "the feature", str(wrong).lower() if isinstance(wrong, bool) else wrong
        raise ValueError(
            f"is_one_of names texts, and {written} is none: where {feature} is a number or a yes/no, say at_least or below instead;"
            f" where it is a text, write '{written}' in quotes"
        )

    @model_validator(mode="after")
    def _one(self) -> Disqualifier:
        if any(text in ("", "nan") for text in self.is_one_of):
            raise ValueError("is_one_of names texts; an empty one is unknown, and unknown disqualifies nobody")
        if (self.at_least is not None) + (self.below is not None) + bool(self.is_one_of) != 1:
            raise ValueError("a disqualifier says one of: at_least, below, is_one_of")
        return self


class TierSettings(Strict):
    """A tier, where it begins, and what follows from it. It begins where its ``share`` of accounts is reached, or the ``accounts`` a
    quarter that the team can work, or from the chance ``expected`` on; at training that becomes a frozen edge in points."""

    name: Literal["A", "B", "C", "D"]
    share: float | None = Field(default=None, ge=0, le=1)
    accounts: int | None = Field(default=None, ge=1, description="that the team can work in a quarter")
    expected: float | None = Field(default=None, gt=0, lt=1, description="the least chance of the card's outcome")
    sla_hours: int | None = None
    owner: str = ""
    action: str = ""


class ScorecardSettings(Strict):
    attributes: int = Field(default=12, ge=2, le=40)
    bins: int = Field(default=5, ge=3, le=10, description="lines of an attribute at most; one of them is for what is not known")
    rules: int = Field(default=2, ge=0, le=5, description="rows for two attributes together, at most, where the model asks for them")
    assumed_weights: dict[Layer, int] = Field(
        default={"firmographic": 30, "technographic": 20, "behavioral": 35, "intent": 15},
        description="what the company believed before (unless it says so, a rule of thumb); shown beside what the data says, never imposed",
    )
    imposed_weights: dict[Weighed, Annotated[int, Field(ge=0)]] | None = Field(
        default=None, description="layer weights that the company insists on; what goes to propensity is shared as the data says"
    )
    lines: str | None = Field(
        default="product", description="a card for each value of this trait or feature whose deals are evidence enough; null: none"
    )
    disqualifiers: tuple[Disqualifier, ...] = ()
    tiers: tuple[TierSettings, ...] = (
        TierSettings(name="A", share=0.10, sla_hours=4, owner="account executive", action="call today"),
        TierSettings(name="B", share=0.20, sla_hours=24, owner="SDR", action="sequence this week"),
        TierSettings(name="C", share=0.30, sla_hours=72, owner="marketing", action="nurture"),
        TierSettings(name="D", share=0.40, owner="none", action="do not work"),
    )
    accounts_per_quarter: int | None = Field(
        default=None, ge=1, description="that the team chooses from; unless said, the deals of a quarter of the newest year that teach"
    )

    @model_validator(mode="after")
    def _shares(self) -> ScorecardSettings:
        if [t.name for t in self.tiers] != ["A", "B", "C", "D"]:
            raise ValueError("tiers are A, B, C, D, in that order")
        for t in self.tiers:
            said = sum(v is not None for v in (t.share, t.accounts, t.expected))
            if t.name != "D" and said != 1:
                raise ValueError(f"tier {t.name} begins by one of: share, accounts, expected")
            if t.name == "D" and (said > 1 or t.accounts or t.expected):
                raise ValueError("tier D is what is left: it says its share, or nothing")
        worked = [(t.name, t.accounts) for t in self.tiers if t.accounts]
        if self.accounts_per_quarter and (total := sum(n for _, n in worked)) > self.accounts_per_quarter:
            names = " and ".join(name for name, _ in worked)
            raise ValueError(
                f"{f'tiers {names} take' if len(worked) > 1 else f'tier {names} takes'} {total:,} accounts a quarter, and"
                f" accounts_per_quarter is {self.accounts_per_quarter:,}: name fewer accounts, or the number that really come"
            )
        chances = [t.expected for t in self.tiers if t.expected is not None]
        if chances != sorted(chances, reverse=True):
            raise ValueError("the tiers' expected chances fall from A to C")
        shares = [t.share for t in self.tiers]
        known = [share for share in shares if share is not None]
        if len(known) == 4 and abs(sum(known) - 1) > 1e-9:
            raise ValueError("the tiers' shares must sum to 1")
        if sum(known) > 1 + 1e-9:
            raise ValueError("the tiers' shares must not sum to more than 1")
        if len(known) < 4 and shares[3] is not None:
            raise ValueError("tier D's share is what the others leave: say nothing of it")
        for name, weights in (("assumed_weights", self.assumed_weights), ("imposed_weights", self.imposed_weights)):
            if weights and (total := sum(weights.values())) != 100:
                raise ValueError(f"{name} must sum to 100, not to {total}")
        if self.imposed_weights is not None and not any(self.imposed_weights.get(layer) for layer in LAYERS):
            raise ValueError(f"imposed_weights must give something to one of the layers: {', '.join(LAYERS)}")
        return self

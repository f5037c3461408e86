"""The accounts: who they are, how large they were when, and what a CRM says of them today."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.simulate.timeline import END, START, Flags, Floats, Ints, days, generator, pick, stamps

# name, share of accounts, technical maturity, log size shift, sub-industries
INDUSTRIES: tuple[tuple[str, float, float, float, tuple[str, ...]], ...] = (
    ("Software", 0.18, 0.9, -0.1, ("Developer tools", "Vertical SaaS", "Security")),
    ("Financial services", 0.12, 0.6, 0.1, ("Payments", "Lending", "Insurance")),
    ("E-commerce", 0.13, 0.4, -0.1, ("Marketplaces", "Direct to consumer")),
    ("Media", 0.08, 0.1, -0.1, ("Publishing", "Streaming", "Advertising")),
    ("Healthcare", 0.11, -0.2, 0.1, ("Providers", "Medical devices", "Biotech")),
    ("Logistics", 0.09, -0.1, 0.1, ("Freight", "Last mile")),
    ("Manufacturing", 0.11, -0.6, 0.3, ("Machinery", "Components", "Chemicals")),
    ("Retail", 0.09, -0.5, 0.1, ("Grocery", "Fashion", "Home")),
    ("Education", 0.05, -0.7, 0.0, ("Universities", "Training")),
    ("Business services", 0.04, -0.3, -0.3, ("Consulting", "Staffing", "Legal")),
)
COUNTRIES: dict[str, tuple[tuple[str, float], ...]] = {
    "NA": (("United States", 0.85), ("Canada", 0.15)),
    "EMEA": (("United Kingdom", 0.32), ("Germany", 0.25), ("France", 0.18), ("Netherlands", 0.14), ("Sweden", 0.11)),
    "APAC": (("Australia", 0.3), ("India", 0.28), ("Singapore", 0.22), ("Japan", 0.2)),
}
REGIONS = ("NA", "EMEA", "APAC")
FREE_MAIL = ("gmail.com", "outlook.com", "yahoo.com", "hotmail.com")
FUNDING_STAGES = ("Bootstrapped", "Seed", "Series A", "Series B", "Series C", "Public")
CHECKPOINTS = 8

_HEADS = ["Alder", "Brook", "Cedar", "Delta", "Ember", "Falcon", "Garnet", "Harbor", "Iris", "Juniper"]
_HEADS += ["Kestrel", "Lumen", "Maple", "Nimbus", "Onyx", "Pine", "Quartz", "River", "Summit", "Tidal"]
_TAILS = ["bridge", "craft", "dale", "field", "forge", "gate", "grid", "haven", "lane", "loop"]
_TAILS += ["mark", "mill", "point", "port", "stack", "stone", "vale", "view", "ware", "works"]
_KINDS = ["Analytics", "Cloud", "Digital", "Energy", "Foods", "Group", "Health", "Labs"]
_KINDS += ["Logistics", "Media", "Mobility", "Networks", "Partners", "Payments", "Robotics", "Systems"]


@dataclass(frozen=True)
class Firms:
    """What is true of the accounts. Arrays have one entry (or row) per account.

    ``moments`` and ``sizes`` (accounts x 1 + CHECKPOINTS): employees from each moment on.
    """

    industry: Ints
    region: Ints
    country: npt.NDArray[np.object_]
    name: npt.NDArray[np.object_]
    domain: npt.NDArray[np.object_]
    founded: Ints
    free_mail: Flags
    maturity: Floats
    stage: Ints
    moments: Ints
    sizes: Ints
    revenue_each: Floats

    def __len__(self) -> int:
        return len(self.industry)

    @property
    def account_id(self) -> npt.NDArray[np.object_]:
        return np.array([f"A{i:06d}" for i in range(1, len(self) + 1)], dtype=object)

    @property
    def apac(self) -> Flags:
        return np.asarray(self.region == REGIONS.index("APAC"))

    def employees(self, account: Ints, at: Ints) -> Ints:
        """Employees as known strictly before ``at``."""
        step = (self.moments[account] < at[:, None]).sum(axis=1) - 1
        return np.asarray(self.sizes[account, np.maximum(step, 0)])


def company_names(rng: np.random.Generator, n: int) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Names and reserved domains; a name that comes again gets a number in its domain."""
    name = pick(rng, _HEADS, n) + pick(rng, _TAILS, n)
    kind = pick(rng, _KINDS, n)
    stem = pd.Series([f"{a}-{b}".lower() for a, b in zip(name, kind, strict=True)])
    again = stem.groupby(stem).cumcount().to_numpy()
    domain = [f"{s}{'' if k == 0 else k + 1}.example" for s, k in zip(stem, again, strict=True)]
    full = [f"{a} {b}{'' if k == 0 else f' {k + 1}'}" for a, b, k in zip(name, kind, again, strict=True)]
    return np.array(full, dtype=object), np.array(domain, dtype=object)


def make_firms(n: int, seed: int) -> Firms:
    """Draw the accounts, with their growth before anything was bought."""
    rng = generator(seed, "accounts")
    industry = rng.choice(len(INDUSTRIES), n, p=np.array([i[1] for i in INDUSTRIES]))
    region = rng.choice(3, n, p=[0.44, 0.31, 0.25])
    country = np.empty(n, dtype=object)
    for r, code in enumerate(REGIONS):
        options = COUNTRIES[code]
        country[region == r] = pick(rng, [c for c, _ in options], int((region == r).sum()), [w for _, w in options])
    free_mail = rng.random(n) < 0.06
    log_size = np.log(82) + np.array([i[3] for i in INDUSTRIES])[industry] + rng.normal(0, 1.15, n)
    log_size = np.where(free_mail, np.log(14) + rng.normal(0, 0.8, n), log_size)
    maturity = np.array([i[2] for i in INDUSTRIES])[industry] * 0.65 + rng.normal(0, 0.95, n)
    first = rng.uniform(3, 182, n)
    moments = np.column_stack([np.full(n, START), START + days(first[:, None] + 182.5 * np.arange(CHECKPOINTS)[None, :])])
    steps = rng.normal(0.03, 0.05, n)[:, None] + rng.normal(0, 0.06, (n, CHECKPOINTS))
    path = log_size[:, None] + np.column_stack([np.zeros(n), np.cumsum(steps, axis=1)])
    name, domain = company_names(rng, n)
    domain = np.where(free_mail, pick(rng, list(FREE_MAIL), n, [0.6, 0.2, 0.1, 0.1]), domain)
    stage = np.clip(np.round((log_size - 3.0) * 0.9 + rng.normal(0, 1.1, n)), 0, 5).astype(np.int64)
    return Firms(
        industry=industry.astype(np.int64),
        region=region.astype(np.int64),
        country=country,
        name=name,
        domain=np.asarray(domain, dtype=object),
        founded=(2021 - np.minimum(np.round(rng.gamma(2.0, 6.0, n) + log_size), 90)).astype(np.int64),
        free_mail=free_mail,
        maturity=maturity,
        stage=stage,
        moments=moments,
        sizes=_whole(path),
        revenue_each=np.exp(np.log(120_000) + rng.normal(0, 0.5, n)),
    )


def _whole(path: Floats) -> Ints:
    return np.clip(np.round(np.exp(path)), 2, 40_000).astype(np.int64)


def grown(firms: Firms, bought_at: Ints, yearly: Floats) -> Ints:
    """Sizes (accounts x 1 + CHECKPOINTS) once the growth that follows a purchase is in."""
    since = np.clip(firms.moments - bought_at[:, None], 0, None) / (365.0 * 86_400)
    return _whole(np.log(firms.sizes) + since * yearly[:, None])


def accounts_table(firms: Firms, sizes: Ints, stage_now: Ints, customer: Flags, seed: int) -> pd.DataFrame:
    """The accounts as the CRM shows them today; ``csm_owner`` stands at customers only."""
    rng = generator(seed, "crm")
    n = len(firms)
    now = sizes[np.arange(n), np.maximum((firms.moments < END).sum(axis=1) - 1, 0)]
    subs = [i[4] for i in INDUSTRIES]
    draw = rng.random(n)
    owner = pick(rng, ["Amara", "Ben", "Chiara", "Dmitri"], n)
    owner[~customer] = None
    return pd.DataFrame(
        {
            "account_id": firms.account_id,
            "name": firms.name,
            "domain": firms.domain,
            "industry": np.array([i[0] for i in INDUSTRIES], dtype=object)[firms.industry],
            "sub_industry": [subs[i][int(u * len(subs[i]))] for i, u in zip(firms.industry, draw, strict=True)],
            "employee_count": now,
            "annual_revenue": np.round(now * firms.revenue_each, -3),
            "country": firms.country,
            "region": np.array(REGIONS, dtype=object)[firms.region],
            "funding_stage": np.array(FUNDING_STAGES, dtype=object)[stage_now],
            "founded_year": firms.founded,
            "csm_owner": owner,
            "has_tech_blog": pick(rng, ["yes", "no"], n, [0.3, 0.7]),
        }
    )


def history_table(firms: Firms, sizes: Ints, stage_at: pd.DataFrame) -> pd.DataFrame:
    """What the CRM said and from when: a first row for every account and field, then each change.

    ``stage_at``: ``account, at, stage`` after each funding round.
    """
    n = len(firms)
    names = pd.Series(firms.account_id)
    changed = np.column_stack([np.ones(n, dtype=bool), sizes[:, 1:] != sizes[:, :-1]]) & (firms.moments < END)
    who, step = np.nonzero(changed)
    size = sizes[who, step]
    parts = [(who, "employee_count", size.astype(str), firms.moments[who, step])]
    yearly = step % 2 == 0
    revenue = np.round(size * firms.revenue_each[who], -3).astype(np.int64)
    parts.append((who[yearly], "annual_revenue", revenue[yearly].astype(str), firms.moments[who, step][yearly]))
    everyone, opening = np.arange(n), np.full(n, START)
    industries = np.array([i[0] for i in INDUSTRIES], dtype=object)
    for field, value in (
        ("industry", industries[firms.industry]),
        ("country", firms.country),
        ("region", np.array(REGIONS, dtype=object)[firms.region]),
        ("funding_stage", np.array(FUNDING_STAGES, dtype=object)[firms.stage]),
    ):
        parts.append((everyone, field, value, opening))
    later = stage_at["account"].to_numpy(np.int64)
    stages = np.array(FUNDING_STAGES, dtype=object)[stage_at["stage"].to_numpy(np.int64)]
    parts.append((later, "funding_stage", stages, stage_at["at"].to_numpy(np.int64)))
    frames = [
        pd.DataFrame({"account_id": names.to_numpy()[a], "field": f, "value": np.asarray(v, dtype=object), "at": t}) for a, f, v, t in parts
    ]
    table = pd.concat(frames, ignore_index=True).sort_values(["account_id", "field", "at"], kind="stable", ignore_index=True)
    table["valid_from"] = stamps(table.pop("at").to_numpy(np.int64))
    return table.drop_duplicates(["account_id", "field", "valid_from"], keep="last", ignore_index=True)

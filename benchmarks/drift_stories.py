"""Are the stories found that a company lives through, and is it left in peace where nothing happens? The table of docs/drift-stories.md.

    python benchmarks/drift_stories.py --workspace DIR [--stories unchanged up_market …] [--seeds 20] [--accounts 2500]
        [--as-of 2026-01-01] [--seconds 3600] [--write docs/drift-stories.md]

For each story and seed: simulate the company, learn from what was known when the change begins (a search of one trial, 24 of the
features that ``icpfit init`` proposes), sign off, and ask all of ``icpfit drift`` some quarters later. Every answer is a line in the
workspace and is asked again only where the code has changed, so that a run that was cut off goes on. ``--seeds 0`` writes the page of
what is there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from contestants.report import machine
from scipy import stats

import icpfit
from icpfit.cycle.opened import open_config
from icpfit.cycle.retrain import learn
from icpfit.cycle.told import told_words
from icpfit.cycle.watch import watch
from icpfit.registry import Workspace, approve, write_bundle
from icpfit.simulate import simulate_company, write_company
from icpfit.simulate.stories import CHANGE_FROM, CHURNING, LARGE, STORIES, Story
from icpfit.sources.propose import propose

FEATURES = """industry employee_count country region free_email_domain csm_owner has_data_warehouse has_competitor has_crm login_users_30d
users_30d api_call_first_2d users_first_7d last_seen_days integration_connected_days_ago pricing_page_view_30d pricing_page_view_days_ago
api_call_days_ago invite_sent_first_2d topic_surge_90d funding_round_180d layoffs_180d hiring_freeze_180d job_posting_90d""".split()
TRAINING = {"trials": 1, "permutations": 199, "bootstrap": 50, "test_quarters": 6, "final_quarters": 3}
LEARNED_AT = str(np.datetime64(CHANGE_FROM, "s"))[:10]
SILENT_AT_LEAST, FOUND_AT_LEAST, OF = 19, 18, 20

Found = dict[str, Any]
"""one finding as ``icpfit drift --json`` gives it"""


@dataclass(frozen=True)
class Plot:
    """What is asked of a story. ``found``: a finding that tells it. ``told``: the finding whose power is shown."""

    title: str
    asks: str
    found: Callable[[Found], bool]
    told: Callable[[Found], bool]


def names_large(f: Found) -> bool:
    """The move up-market, with a size band of large accounts that makes it up."""
    bands = re.findall(r"accounts of (?:more than )?([\d,]+)", f["words"])
    return f["code"] == "TRADE-UPMARKET" and any(int(low.replace(",", "")) >= LARGE for low in bands)


PLOTS: dict[Story, Plot] = {
    "unchanged": Plot("nothing happens", "no alarm at all", lambda _: False, lambda f: f["code"] == "MODEL-WINRATE"),
    "up_market": Plot(
        "deals of 200 and more employees much more common",
        "TRADE-UPMARKET, named by size band",
        names_large,
        lambda f: f["code"] == "TRADE-UPMARKET" and "wins" not in f["subject"],
    ),
    "churn": Plot(
        f"the customers in {CHURNING} leave",
        f"TRADE-CHURN, naming {CHURNING}",
        lambda f: f["code"] == "TRADE-CHURN" and CHURNING in f"{f['subject']} {f['words']}",
        lambda f: f["code"] == "TRADE-CHURN",
    ),
    "falling": Plot(
        "every deal loses .7 log-odds",
        "MODEL-WINRATE, with the cohort",
        lambda f: f["code"] == "MODEL-WINRATE" and bool(f["cohort"]),
        lambda f: f["code"] == "MODEL-WINRATE",
    ),
}


def lived(story: Story, seed: int, accounts: int, as_of: str) -> dict[str, Any]:
    """One company, from its first deal to the question whether anything has moved: what alarmed, and what could not be told."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        config = place / "acme.yaml"
        write_company(simulate_company(accounts=accounts, seed=seed, story=story), place / "data")
        body = yaml.safe_load(propose(place / "data", out=config, company="Acme").yaml_text)
        body["features"] = [f for f in body["features"] if f["name"] in FEATURES]
        body["training"] = TRAINING
        config.write_text(yaml.safe_dump(body, sort_keys=False), encoding="utf-8")
        opened, workspace = open_config(config), Workspace(place / "workspace")
        learned = learn(opened, opened.moment(LEARNED_AT))
        if learned.bundle is None:
            raise ValueError(f"{story}, seed {seed}: {learned.metrics['words']}")
        write_bundle(workspace, learned.bundle)
        approve(workspace, learned.version, "Ann", override="a champion to be watched")
        taught = time.perf_counter()
        findings = watch(opened, workspace, opened.moment(as_of)).values["findings"]
    plot = PLOTS[story]
    return {
        "alarms": [f for f in findings if f["alarm"]],
        "told": [f for f in findings if plot.told(f)],
        "asked": len(findings),
        "rows": max((f["n_current"] for f in findings), default=0),
        "seconds": [round(taught - began, 1), round(time.perf_counter() - taught, 1)],
    }


def code() -> str:
    """Of everything that an answer comes from."""
    root = Path(icpfit.__file__).parent
    files = [
        f for f in sorted(root.rglob("*.py")) if f.parent.name in ("drift", "simulate") or "icpfit.drift" in f.read_text(encoding="utf-8")
    ]
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:12]


def kept(file: Path, asked: dict[str, Any]) -> dict[tuple[str, int], dict[str, Any]]:
    """Answers by story and seed, of the same question and code."""
    out = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            one = json.loads(line)
        except json.JSONDecodeError:
            continue
        if one["of"] == asked:
            out[one["story"], one["seed"]] = one
    return out


def document(answers: dict[tuple[str, int], dict[str, Any]], asked: dict[str, Any]) -> str:
    lines = [
        "# Stories that drift has to find",
        "",
        "Made by `python benchmarks/drift_stories.py --workspace DIR --write docs/drift-stories.md`; nothing here is written by hand.",
        "",
        f"{machine()}. [Simulated companies](simulated-company.md) of {asked['accounts']:,} accounts; the champion learned as of",
        f"{LEARNED_AT}, when the change begins, and was asked as of {asked['as_of']}. An alarm counts for a story by its code and what it",
        "names. Power: what the finding itself says, how often a change that matters would be found among so many rows (median).",
        "",
        "| story | what happens | what is asked for | found | newer rows | power told | any alarm |",
        "|---|---|---|---|---|---|---|",
    ]
    for story, plot in PLOTS.items():
        mine = [one for (of, _), one in sorted(answers.items()) if of == story]
        if not mine:
            lines.append(f"| `{story}` | {plot.title} | {plot.asks} | not asked | | | |")
            continue
        alarmed = sum(bool(one["alarms"]) for one in mine)
        found = len(mine) - alarmed if story == "unchanged" else sum(any(plot.found(f) for f in one["alarms"]) for one in mine)
        powers = [f["power"] for one in mine for f in one["told"] if f["power"] is not None]
        power = f"{np.median(powers):.0%} ({min(powers):.0%} to {max(powers):.0%})" if powers else "—"
        rows = f"{np.median([one['rows'] for one in mine]):,.0f}"
        lines.append(
            f"| `{story}` | {plot.title} | {plot.asks} | **{found} of {len(mine)}** | {rows} | {power} | {alarmed} of {len(mine)} |"
        )
    lines += ["", *_verdicts(answers), *_codes(answers), *_words(answers)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _verdicts(answers: dict[tuple[str, int], dict[str, Any]]) -> list[str]:
    quiet = [not one["alarms"] for (story, _), one in answers.items() if story == "unchanged"]
    if not quiet:
        return []
    p = stats.binomtest(len(quiet) - sum(quiet), len(quiet), 0.05, alternative="greater").pvalue
    return [
        f"Asked for: a story found in {FOUND_AT_LEAST} of {OF}, silence in {SILENT_AT_LEAST} of {OF}. Unchanged companies were silent in "
        f"{sum(quiet)} of {len(quiet)}; at most 5 % of commands with an alarm is {'refuted' if p < 0.01 else 'not refuted'} at 1 % "
        f"(p = {p:.2g}).",
        "",
    ]


def _codes(answers: dict[tuple[str, int], dict[str, Any]]) -> list[str]:
    """In how many companies of each story a code alarmed."""
    counts = pd.DataFrame(
        [(story, f["code"]) for (story, _), one in answers.items() for f in {f["code"]: f for f in one["alarms"]}.values()]
    )
    if counts.empty:
        return []
    table = pd.crosstab(counts[1], counts[0]).reindex(columns=list(PLOTS), fill_value=0)
    asked = {s: sum(of == s for of, _ in answers) for s in PLOTS}
    out = [
        "## Companies in which a code alarmed",
        "",
        "| code | " + " | ".join(f"`{s}` ({asked[s]})" for s in PLOTS) + " |",
        "|---|---|---|---|---|",
    ]
    out += [f"| {name} | " + " | ".join(str(row[s]) if row[s] else "" for s in PLOTS) + " |" for name, row in table.iterrows()]
    return [*out, ""]


def _words(answers: dict[tuple[str, int], dict[str, Any]]) -> list[str]:
    """The finding of each story's first company, as it is told."""
    out = ["## In words", ""]
    for story, plot in PLOTS.items():
        told = [f for (of, _), one in sorted(answers.items()) if of == story for f in one["alarms"] if plot.found(f)]
        if told:
            f = told[0]
            out += [f"* `{story}`: {told_words(f)} *{f['cohort']}* **{f['action']}**"]
    return [*out, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path, required=True, help="where the answers are kept")
    parser.add_argument("--stories", nargs="+", choices=list(PLOTS), default=list(PLOTS))
    parser.add_argument("--seeds", type=int, default=OF, help="of each story, from 1 on")
    parser.add_argument("--accounts", type=int, default=6_000)
    parser.add_argument("--as-of", default="2026-01-01", help="when the champion is asked about")
    parser.add_argument("--seconds", type=float, default=36_000, help="for this run; the next one goes on")
    parser.add_argument("--write", type=Path, help="the document to write; by default it is printed only")
    given = parser.parse_args()
    given.workspace.mkdir(parents=True, exist_ok=True)
    file, asked = given.workspace / "stories.jsonl", {"accounts": given.accounts, "as_of": given.as_of, "code": code()}
    answers, until = kept(file, asked), time.perf_counter() + given.seconds
    with file.open("a", encoding="utf-8") as lines:
        for seed in range(1, given.seeds + 1):
            for story in (s for s in STORIES if s in given.stories):
                if (story, seed) in answers or time.perf_counter() > until:
                    continue
                one = {"story": story, "seed": seed, "of": asked, **lived(story, seed, given.accounts, given.as_of)}
                lines.write(json.dumps(one, default=str) + "\n")
                lines.flush()
                answers[story, seed] = one
    text = document(answers, asked)
    print(text)
    if given.write:
        given.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
